//! Tile archives: their descriptions, their tiles, and the files themselves by byte ranges.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use parcels::message;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::accept::preferred;
use super::cache::{Known, etag};
use super::problem::Problem;
use super::tiles::{Naming, Wanted, caching, in_query, place};
use super::{PREFIX, State};
use crate::app::schemas;
use crate::error::{Error, ErrorKind};
use crate::io::tile_file::TileFile;

/// The media type of an archive.
pub(super) const PMTILES: &str = "application/vnd.pmtiles";
/// What is read of a file at a time, bytes.
const BLOCK: u64 = 256 << 10;
/// Blocks that wait for a slow client.
const AHEAD: usize = 2;

pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(tilesets))
        .routes(routes!(description))
        .routes(routes!(tile))
        .routes(routes!(archive))
}

/// An archive of tiles.
#[derive(Serialize, ToSchema)]
struct Tileset {
    /// Its name.
    name: String,
    /// Where its TileJSON is.
    tiles_json: String,
    /// Where the file itself is, which may be asked for by ranges of bytes.
    archive: String,
    /// The bytes of the file.
    bytes: u64,
    /// Its least zoom.
    minzoom: u8,
    /// Its greatest zoom.
    maxzoom: u8,
    /// West, south, east and north end, degrees.
    #[schema(value_type = schemas::Bounds)]
    bounds: [f64; 4],
}

/// What an address carries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Version {
    /// Names the version of the archive; with it, what is answered may be kept for ever.
    #[serde(default)]
    v: Option<String>,
}

fn found(state: &State, name: &str) -> Result<Arc<TileFile>, Problem> {
    let all = state.tilesets();
    all.iter().find(|file| file.name() == name).cloned().ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|file| file.name()).collect();
        Problem::not_found(message!("no-such-tileset", name = name, known = message::list(known)))
    })
}

/// An address below that of a tileset.
fn below(file: &TileFile, path: &str) -> String {
    let name = utf8_percent_encode(file.name(), NON_ALPHANUMERIC);
    format!("{PREFIX}/tilesets/{name}/{path}{}", in_query(file.version()))
}

/// What can be read no more is told to clients: whoever serves a file wants to know what became of it.
fn failed(error: &Error) -> Problem {
    tracing::error!("an archive of tiles: {}", error.for_people());
    match error.kind {
        ErrorKind::Conflict => Problem::of(StatusCode::SERVICE_UNAVAILABLE, error),
        _ => Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error),
    }
}

/// The archives of tiles that are served · 切片包列表
#[utoipa::path(get, path = "/tilesets", tag = "tilesets", responses((status = 200, description = "The archives", body = [Tileset])))]
async fn tilesets(Shared(state): Shared<State>) -> Response {
    let all = state.tilesets().iter().map(|file| {
        let about = file.about();
        Tileset {
            name: file.name().to_owned(),
            tiles_json: below(file, "tiles.json"),
            archive: below(file, "archive.pmtiles"),
            bytes: file.length(),
            minzoom: about.zoom_min,
            maxzoom: about.zoom_max,
            bounds: about.bounds,
        }
    });
    axum::Json(all.collect::<Vec<_>>()).into_response()
}

/// What the tiles of an archive hold and where they are (TileJSON 3.0.0) · 切片包说明
#[utoipa::path(get, path = "/tilesets/{name}/tiles.json", operation_id = "tileset_description", tag = "tilesets", params(Version), responses((status = 200, description = "TileJSON", body = schemas::TileJson)))]
async fn description(
    Shared(state): Shared<State>,
    Path(name): Path<String>,
    Query(Version { v }): Query<Version>,
) -> Result<Response, Problem> {
    let file = found(&state, &name)?;
    let about = file.about();
    let [west, south, east, north] = about.bounds;
    let mut json = json!({
        "tilejson": "3.0.0",
        "name": file.name(),
        "tiles": [below(&file, "tiles/{z}/{x}/{y}")],
        "minzoom": about.zoom_min,
        "maxzoom": about.zoom_max,
        "bounds": about.bounds,
        "center": [(west + east) / 2.0, (south + north) / 2.0, about.zoom_first],
        "vector_layers": [],
    });
    for key in ["name", "description", "attribution", "vector_layers"] {
        if let Some(said) = about.metadata.get(key).filter(|said: &&Value| !said.is_null()) {
            json[key] = said.clone();
        }
    }
    let mut response = axum::Json(json).into_response();
    response.headers_mut().insert(header::ETAG, etag(&[file.version(), "tiles.json"]));
    response.headers_mut().insert(header::CACHE_CONTROL, caching(v.as_deref() == Some(file.version())));
    Ok(response)
}

/// A tile of an archive · 切片包中的切片
#[utoipa::path(get, path = "/tilesets/{name}/tiles/{z}/{x}/{y}", operation_id = "tileset_tile", tag = "tilesets", params(Version), responses(
    (status = 200, description = "A tile", body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
    (status = 204, description = "Nothing is there"),
))]
async fn tile(
    Shared(state): Shared<State>,
    Path((name, z, x, y)): Path<(String, u8, u32, u32)>,
    Query(Version { v }): Query<Version>,
    known: Known,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = found(&state, &name)?;
    let at = place(z, x, y, file.about().zoom_max)?;
    let wanted = Wanted { version: v.as_deref(), known, headers: &headers };
    let naming = Naming::new(file.version(), at, &wanted);
    if let Some(unchanged) = naming.unchanged(&wanted.known) {
        return Ok(unchanged);
    }
    let tile = file.tile(at).await.map_err(|error| failed(&error))?;
    let coding = preferred(&headers, &[file.coding()]);
    let tile = match tile {
        // As it lies in the file, for nearly everybody.
        Some(packed) if coding != file.coding() => {
            Some(file.coding().unpacked(&packed).map_err(|error| failed(&error))?.into())
        }
        other => other,
    };
    Ok(naming.response(tile, coding, file.media()))
}

/// The archive itself, whole or by ranges of bytes, as MapLibre's protocol `pmtiles://` reads it · 切片包文件
#[utoipa::path(get, path = "/tilesets/{name}/archive.pmtiles", tag = "tilesets", params(Version), responses(
    (status = 200, description = "The file", body = Vec<u8>, content_type = "application/vnd.pmtiles"),
    (status = 206, description = "A range of it", body = Vec<u8>, content_type = "application/vnd.pmtiles"),
    (status = 416, description = "It does not have that range"),
))]
async fn archive(
    Shared(state): Shared<State>,
    Path(name): Path<String>,
    Query(Version { v }): Query<Version>,
    known: Known,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = found(&state, &name)?;
    let own = etag(&[file.version()]);
    let cache = caching(v.as_deref() == Some(file.version()));
    if let Some(mut unchanged) = known.unchanged(&own) {
        unchanged.headers_mut().insert(header::CACHE_CONTROL, cache);
        return Ok(unchanged);
    }
    let length = file.length();
    let range = match asked_range(&headers, &own) {
        None => None,
        Some(ranges) => match ranges.validate(length).as_deref() {
            Ok([range]) => Some(range.clone()),
            // Several at once are answered with the whole, as the standard lets us.
            Ok(_) => None,
            Err(_) => {
                let detail = message!("range-not-there", name = name, bytes = length);
                let mut problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, detail).into_response();
                let there = HeaderValue::from_str(&format!("bytes */{length}"));
                problem.headers_mut().extend(there.map(|there| (header::CONTENT_RANGE, there)));
                return Ok(problem);
            }
        },
    };
    let bytes = range.clone().map_or(0..length, |range| *range.start()..*range.end() + 1);
    let count = bytes.end - bytes.start;
    // The first block is read before anything is said, so that what cannot be read is a clear failure.
    let first = file.range(bytes.start..bytes.end.min(bytes.start + BLOCK)).await;
    let first = first.map_err(|error| failed(&error))?;
    let rest = bytes.start + first.len() as u64..bytes.end;
    let body = if rest.is_empty() { Body::from(first) } else { streamed(file, first, rest) };
    let mut response = body.into_response();
    let all = response.headers_mut();
    all.insert(header::CONTENT_TYPE, HeaderValue::from_static(PMTILES));
    all.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    all.insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    all.insert(header::ETAG, own);
    all.insert(header::CACHE_CONTROL, cache);
    if let Some(range) = range {
        let said = format!("bytes {}-{}/{length}", range.start(), range.end());
        all.extend(HeaderValue::from_str(&said).map(|said| (header::CONTENT_RANGE, said)));
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
}

/// The ranges that are asked for; none where the whole is, or where the client has parts of another version.
fn asked_range(headers: &HeaderMap, own: &HeaderValue) -> Option<http_range_header::ParsedRanges> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    let of_this = headers.get(header::IF_RANGE).is_none_or(|version| version == own);
    // What is no range is as if nothing had been said of one (RFC 9110, 14.2).
    http_range_header::parse_range_header(range).ok().filter(|_| of_this)
}

/// A block, and those that follow it as the client takes them.
fn streamed(file: Arc<TileFile>, first: bytes::Bytes, rest: std::ops::Range<u64>) -> Body {
    let (send, receive) = tokio::sync::mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let mut at = rest.start;
        let mut next = Ok(first);
        loop {
            let failed = next.is_err();
            // Who has gone wants no more.
            if send.send(next).await.is_err() || failed || at >= rest.end {
                return;
            }
            let end = rest.end.min(at + BLOCK);
            next = file.range(at..end).await;
            if let Err(error) = &next {
                tracing::error!("an archive of tiles: {}", error.for_people());
            }
            at = end;
        }
    });
    Body::from_stream(ReceiverStream::new(receive))
}
