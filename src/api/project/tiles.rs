//! The layers as vector tiles.

use axum::extract::{Path, Query};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use parcels::id::LayerId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tiles::coord::TileCoord;
use utoipa::IntoParams;

use super::park::named;
use super::{Served, refused};
use crate::api::problem::Problem;
use crate::app::tiles::ZOOM_MAX;
use crate::app::workshop::blocking;

const MVT: &str = "application/vnd.mapbox-vector-tile";

/// What a layer's tiles hold and where they are (TileJSON 3.0.0) · 图层切片说明
#[utoipa::path(get, path = "/api/layers/{id}/tiles.json", tag = "map", responses((status = 200, description = "TileJSON", body = Object)))]
pub(super) async fn description(Served(workshop): Served, Path(id): Path<String>) -> Response {
    match workshop.tiles(&LayerId(id.clone())).await {
        Ok(tiles) => {
            let version = tiles.version();
            let address = format!(
                "/api/layers/{id}/tiles/{{z}}/{{x}}/{{y}}?v={}",
                utf8_percent_encode(&version, NON_ALPHANUMERIC)
            );
            named(axum::Json(tiles.description(&address)).into_response(), &[&version, "tiles.json"])
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
#[utoipa::path(get, path = "/api/layers/{id}/tiles/{z}/{x}/{y}", tag = "map", params(Version), responses(
    (status = 200, description = "A tile", body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
    (status = 204, description = "Nothing is there"),
))]
pub(super) async fn tile(
    Served(workshop): Served,
    Path((id, z, x, y)): Path<(String, u8, u32, u32)>,
    Query(Version { v }): Query<Version>,
    headers: HeaderMap,
) -> Response {
    let at = match TileCoord::new(z, x, y) {
        Ok(at) if z <= ZOOM_MAX => at,
        Ok(_) => return Problem::not_found(format!("tiles go down to zoom {ZOOM_MAX}")).into_response(),
        Err(why) => return Problem::not_found(why.to_string()).into_response(),
    };
    let tiles = match workshop.tiles(&LayerId(id)).await {
        Ok(tiles) => tiles,
        Err(error) => return refused(&error),
    };
    let version = tiles.version();
    let tile = match blocking(move || tiles.tile(at)).await {
        Ok(tile) => tile,
        Err(error) => return refused(&error),
    };
    let mut response = match tile {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(bytes) if takes_gzip(&headers) => {
            let compressed = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ([compressed], bytes).into_response()
        }
        Some(bytes) => match plain(&bytes) {
            Ok(bytes) => bytes.into_response(),
            Err(why) => return Problem::internal(&why).into_response(),
        },
    };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MVT));
    let mut response = named(response, &[&version, &format!("{z}/{x}/{y}")]);
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if v.as_deref() == Some(version.as_str()) {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

/// Whether a client takes gzip, and does not merely say that it does not.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|v| v.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let none = weight.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0);
        (name.trim().eq_ignore_ascii_case("gzip") || name.trim() == "*") && !none
    })
}

fn plain(gzip: &[u8]) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(gzip).read_to_end(&mut bytes)?;
    Ok(bytes)
}
