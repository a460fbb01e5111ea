//! Tile responses: coding, ETag, caching. Shared by all routes that serve tiles, so that a tile is the same at every
//! address.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use parcels::message;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tiles::coord::{MAX_ZOOM, TileCoord};

use super::accept::preferred;
use super::cache::{Known, etag};
use super::problem::Problem;
use crate::app::layers::tiles::content::ZOOM_MAX;
use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::io::coding::Coding;
use crate::threads::blocking;

/// The media type of a vector tile.
pub(super) const MVT: &str = "application/vnd.mapbox-vector-tile";
/// Codings of tiles, in order of preference; the first is the one they are stored in.
const CODINGS: [Coding; 3] = [Coding::Zstd, Coding::Brotli, Coding::Gzip];

/// What is asked of a tile besides where it lies.
pub(super) struct Wanted<'a> {
    /// Which version of the tiles the address names.
    pub(super) version: Option<&'a str>,
    pub(super) known: Known,
    pub(super) headers: &'a HeaderMap,
}

/// Where a tile lies.
pub(super) fn place(z: u8, x: u32, y: u32, zoom_max: u8) -> Result<TileCoord, Problem> {
    match TileCoord::new(z, x, y) {
        Ok(at) if z <= zoom_max => Ok(at),
        Ok(_) => Err(Problem::not_found(message!("zoom-too-deep", zoom = zoom_max))),
        Err(_) => {
            let tile =
                message!("tile-does-not-exist", z = z, x = x.to_string(), y = y.to_string(), most = MAX_ZOOM);
            Err(Problem::not_found(tile))
        }
    }
}

/// As it stands in the query of an address.
pub(super) fn in_query(version: &str) -> String {
    format!("?v={}", utf8_percent_encode(version, NON_ALPHANUMERIC))
}

/// A tile of a layer.
pub(super) async fn answer(
    tiles: Arc<LayerTiles>,
    (z, x, y): (u8, u32, u32),
    asked: Wanted<'_>,
) -> Result<Response, Problem> {
    let at = place(z, x, y, ZOOM_MAX)?;
    let naming = Naming::new(tiles.version(), at, &asked);
    if let Some(unchanged) = naming.unchanged(&asked.known) {
        return Ok(unchanged);
    }
    let coding = preferred(asked.headers, &CODINGS);
    let tile = match tiles.kept(at, coding) {
        Some(kept) => kept,
        None => blocking(move || tiles.tile(at, coding)).await.map_err(|error| Problem::from(&error))?,
    };
    Ok(naming.response(tile, coding, MVT))
}

/// How long an answer holds: an address that names the version of what it answers never means anything else.
pub(super) fn caching(names_version: bool) -> HeaderValue {
    let how = if names_version { "public, max-age=31536000, immutable" } else { "no-cache" };
    HeaderValue::from_static(how)
}

/// What a tile is called, and how long that holds.
pub(super) struct Naming {
    name: HeaderValue,
    cache: HeaderValue,
}

impl Naming {
    pub(super) fn new(version: &str, at: TileCoord, asked: &Wanted<'_>) -> Self {
        let name = etag(&[version, &format!("{}/{}/{}", at.z(), at.x(), at.y())]);
        Self { name, cache: caching(asked.version == Some(version)) }
    }

    /// The answer to a client that has the tile: nothing need be made for it.
    pub(super) fn unchanged(&self, known: &Known) -> Option<Response> {
        let mut response = known.unchanged(&self.name)?;
        response.headers_mut().insert(header::CACHE_CONTROL, self.cache.clone());
        Some(response)
    }

    /// A tile, packed so; none where nothing is.
    pub(super) fn response(self, tile: Option<Bytes>, coding: Coding, media: &'static str) -> Response {
        let mut response = match tile {
            None => StatusCode::NO_CONTENT.into_response(),
            Some(bytes) => {
                let mut response = bytes.into_response();
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
                if coding != Coding::Plain {
                    let coding = HeaderValue::from_static(coding.name());
                    response.headers_mut().insert(header::CONTENT_ENCODING, coding);
                }
                response
            }
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.name);
        headers.insert(header::CACHE_CONTROL, self.cache);
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}
