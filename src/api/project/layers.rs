//! The layers of a project.

use axum::extract::Path;
use axum::response::Response;
use parcels::id::LayerId;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Served, said};
use crate::store::{DataSetRecord, LayerRecord};

/// All layers, in the order they came · 全部图层
#[utoipa::path(get, path = "/layers", tag = "project", responses((status = 200, description = "All layers, in the order they came", body = Vec<LayerRecord>)))]
pub(super) async fn layers(Served(project): Served) -> Response {
    said(project.store.layers().await)
}

/// A layer with its data sets · 图层与其数据集
#[utoipa::path(get, path = "/layers/{id}", tag = "project", responses((status = 200, description = "A layer with its data sets", body = LayerWithDataSets)))]
pub(super) async fn layer(Served(project): Served, Path(id): Path<String>) -> Response {
    let id = LayerId(id);
    let (layer, all) = (project.store.layer(&id).await, project.store.data_sets().await);
    let of_it = |all: Vec<DataSetRecord>| all.into_iter().filter(|one| one.layer == id).collect();
    said(layer.and_then(|layer| Ok(LayerWithDataSets { layer, data_sets: of_it(all?) })))
}

/// A layer and its data sets.
#[derive(Serialize, ToSchema)]
pub(super) struct LayerWithDataSets {
    layer: LayerRecord,
    /// In the order they came.
    data_sets: Vec<DataSetRecord>,
}
