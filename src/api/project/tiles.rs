//! The layers as vector tiles.

use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use parcels::id::LayerId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::park::named;
use super::{Answer, Served, refused};
use crate::api::PREFIX;
use crate::api::cache::Known;
use crate::api::problem::Problem;
use crate::api::tiles::{Wanted, answer, in_query, place};
use crate::app::layers::tiles::content::ZOOM_MAX;
use crate::app::schemas::TileJson;

/// What a layer's tiles hold and where they are (TileJSON 3.0.0) · 图层切片说明
#[utoipa::path(get, path = "/layers/{id}/tiles.json", tag = "map", responses((status = 200, description = "TileJSON", body = TileJson)))]
pub(super) async fn description(Served(project): Served, Path(id): Path<String>) -> Response {
    match project.tiles.of_layer(&LayerId(id.clone())).await {
        Ok(tiles) => {
            let version = tiles.version();
            let address = format!("{PREFIX}/layers/{id}/tiles/{{z}}/{{x}}/{{y}}{}", in_query(version));
            named(axum::Json(tiles.description(&address)).into_response(), &[version, "tiles.json"])
        }
        Err(error) => refused(&error),
    }
}

/// What an address of TileJSON carries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Version {
    /// Names what the tiles were made of; with it they may be kept for ever.
    #[serde(default)]
    v: Option<String>,
}

/// A tile (Mapbox Vector Tile 2.1): parcels with their numbers as ids, the present zone, its blocks, sub-parks, barriers, overlays · 矢量切片
#[utoipa::path(get, path = "/layers/{id}/tiles/{z}/{x}/{y}", tag = "map", params(Version), responses(
    (status = 200, description = "A tile", body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
    (status = 204, description = "Nothing is there"),
))]
pub(super) async fn tile(
    Served(project): Served,
    Path((id, z, x, y)): Path<(String, u8, u32, u32)>,
    Query(Version { v }): Query<Version>,
    known: Known,
    headers: HeaderMap,
) -> Answer {
    place(z, x, y, ZOOM_MAX)?;
    let id = LayerId(id);
    let ready = v.as_deref().and_then(|version| project.tiles.ready(&id, version));
    let tiles = match ready {
        Some(ready) => ready,
        None => project.tiles.of_layer(&id).await.map_err(|error| Problem::from(&error))?,
    };
    answer(tiles, (z, x, y), Wanted { version: v.as_deref(), known, headers: &headers }).await
}
