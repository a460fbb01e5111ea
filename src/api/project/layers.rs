//! The layers of a project.

use axum::extract::Path;
use axum::response::Response;
use parcels::id::LayerId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Served, said};
use crate::store::LayerRecord;

/// All layers, in the order they came · 全部图层
#[utoipa::path(get, path = "/layers", tag = "project", responses((status = 200, description = "All layers, in the order they came", body = Vec<LayerRecord>)))]
pub(super) async fn layers(Served(project): Served) -> Response {
    said(project.store.layers().await)
}

/// A layer with what checking it found · 图层与检查报告
#[utoipa::path(get, path = "/layers/{id}", tag = "project", responses((status = 200, description = "A layer with what checking it found", body = LayerWithReport)))]
pub(super) async fn layer(Served(project): Served, Path(id): Path<String>) -> Response {
    let id = LayerId(id);
    let (layer, report) = (project.store.layer(&id).await, project.store.layer_report(&id).await);
    said(layer.and_then(|layer| Ok(LayerWithReport { layer, report: report? })))
}

/// A layer and what checking it found.
#[derive(Serialize, ToSchema)]
pub(super) struct LayerWithReport {
    layer: LayerRecord,
    /// Every defect with what was done about it.
    #[schema(value_type = BTreeMap<String, Value>)]
    report: Value,
}
