//! OGC API – Tiles: the tilesets of a collection, its tiles, and the grid they lie on. The tiles are those of the map: the
//! same bytes, kept as long.

use axum::extract::{Path, State as Shared};
use axum::http::request::Parts;
use axum::response::Response;
use parcels::message;
use serde_json::{Map, Value, json};

use super::answer::{self, Asked};
use super::html::{self, Page};
use super::links::link;
use super::params::{F, Query, V};
use super::{HTML, JSON};
use crate::api::State;
use crate::api::cache::Known;
use crate::api::problem::Problem;
use crate::api::tiles::{self, MVT, Wanted, in_query};
use crate::app::layers::source::untiled;
use crate::app::layers::tiles::content::ZOOM_MAX;
use crate::app::layers::tiles::layer_tiles::LayerTiles;
use crate::features::collection::Collection;
use crate::features::systems::CRS84;

/// The one grid.
const GRID: &str = "WebMercatorQuad";
const GRID_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const GRID_TITLE: &str = "Google Maps Compatible for the World";
const GRID_CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
/// The zooms that the standard's register gives it.
const GRID_ZOOMS: u8 = 24;
/// Half of what EPSG:3857 measures around the world, m.
const HALF_WORLD_M: f64 = 6_378_137.0 * std::f64::consts::PI;
/// What the standards take for the width of a pixel, m.
const PIXEL_M: f64 = 0.000_28;

/// The relation of a link to the tilesets.
pub(super) const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
/// The relation of a link to the grids.
pub(super) const GRIDS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
/// The relation of a link to a grid.
const GRID_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

pub(super) async fn grids(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let own = link(&asked.at(&format!("/tileMatrixSets/{GRID}")), "self", JSON, GRID_TITLE);
    let list = json!([{ "id": GRID, "title": GRID_TITLE, "uri": GRID_URI, "crs": GRID_CRS, "links": [own] }]);
    let json = json!({ "links": asked.own_links(JSON), "tileMatrixSets": list });
    Ok(asked.answer(JSON, &json, |_| {
        let href = asked.at(&format!("/tileMatrixSets/{GRID}"));
        let row = vec![format!("<a href=\"{}\">{GRID}</a>", html::escape(&href)), html::escape(GRID_TITLE)];
        Page::new("切片网格 Tile matrix sets", html::table(&["网格 Grid", "名称 Name"], &[row]))
    }))
}

pub(super) async fn grid(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let matrices: Vec<Value> = (0..=GRID_ZOOMS)
        .map(|zoom| {
            let tiles = 1_u32 << zoom;
            let cell_m = 2.0 * HALF_WORLD_M / 256.0 / f64::from(tiles);
            json!({
                "id": zoom.to_string(),
                "scaleDenominator": cell_m / PIXEL_M,
                "cellSize": cell_m,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_WORLD_M, HALF_WORLD_M],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": tiles,
                "matrixHeight": tiles,
            })
        })
        .collect();
    let json = json!({
        "id": GRID,
        "title": GRID_TITLE,
        "uri": GRID_URI,
        "crs": GRID_CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
        "links": asked.own_links(JSON),
    });
    Ok(asked.answer(JSON, &json, |json| {
        let texts = |matrix: &Value| {
            ["id", "cellSize", "scaleDenominator", "matrixWidth"]
                .map(|key| matrix[key].as_str().map_or_else(|| matrix[key].to_string(), str::to_owned))
        };
        let rows: Vec<Vec<String>> =
            json["tileMatrices"].as_array().into_iter().flatten().map(|m| texts(m).to_vec()).collect();
        let head = ["级别 Zoom", "像元 Cell, m", "比例尺分母 Scale denominator", "列数、行数 Columns, rows"];
        Page::new(GRID, html::paragraph(GRID_TITLE) + &html::table(&head, &rows))
    }))
}

pub(super) async fn tilesets(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = tiled(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let here = asked.at(&format!("/collections/{id}/tiles/{GRID}"));
    let mut one = summary(&collection);
    one["links"] = json!([
        link(&here, "self", JSON, collection.title()),
        link(&asked.at(&format!("/tileMatrixSets/{GRID}")), GRID_REL, JSON, GRID_TITLE),
    ]);
    let json = json!({ "links": asked.own_links(JSON), "tilesets": [one] });
    Ok(asked.answer(JSON, &json, |json| {
        let name = format!("<a href=\"{}\">{GRID}</a>", html::escape(&here));
        let row = vec![name, html::escape(collection.title())];
        let body = html::table(&["网格 Grid", "要素集 Collection"], &[row]) + &html::links(json);
        Page::new("矢量切片 Vector tiles", body)
    }))
}

pub(super) async fn tileset(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = tiled(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let tiles = asked.state.collections().tiles(&id).await.map_err(|error| Problem::from(&error))?;
    let json = metadata(&asked, &collection, &tiles);
    Ok(asked.answer(JSON, &json, |json| {
        let rows: Vec<Vec<String>> = tiles
            .looks()
            .map(|look| {
                let fields: Vec<&str> = look.fields.iter().map(|field| field.name.as_str()).collect();
                let zooms = format!("{}–{}", look.minzoom, look.maxzoom);
                vec![html::escape(&look.name), zooms, html::escape(&fields.join(", "))]
            })
            .collect();
        let head = ["图层 Layer", "级别 Zooms", "属性 Properties"];
        let body = html::table(&head, &rows) + &html::links(json);
        Page::new(&format!("{} {GRID}", collection.title()), body)
    }))
}

/// TileJSON, for maps that know nothing else.
pub(super) async fn tile_json(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = tiled(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let tiles = asked.state.collections().tiles(&id).await.map_err(|error| Problem::from(&error))?;
    let mut json = tiles.description(&template(&asked, &id, &tiles, "{z}/{y}/{x}"));
    json["name"] = json!(collection.title());
    Ok(asked.answer(JSON, &json, |json| {
        Page::new("TileJSON", html::paragraph(json["tiles"][0].as_str().unwrap_or_default()))
    }))
}

/// The row stands before the column.
pub(super) async fn tile(
    Shared(state): Shared<State>,
    Path((id, zoom, row, column)): Path<(String, String, String, String)>,
    known: Known,
    parts: Parts,
) -> Result<Response, Problem> {
    tiled(&state, &id)?;
    let query = Query::read(&parts.uri, &[&V], None)?;
    let (Ok(z), Ok(x), Ok(y)) = (zoom.parse(), column.parse(), row.parse()) else {
        let detail = message!("no-such-tile", most = ZOOM_MAX);
        return Err(Problem::not_found(detail));
    };
    tiles::place(z, x, y, ZOOM_MAX)?;
    let version = query.get(&V);
    let ready = version.and_then(|version| state.collections().ready_tiles(&id, version));
    let layer = match ready {
        Some(ready) => ready,
        None => state.collections().tiles(&id).await.map_err(|error| Problem::from(&error))?,
    };
    let wanted = Wanted { version, known, headers: &parts.headers };
    tiles::answer(layer, (z, x, y), wanted).await
}

/// The collection of this id, which is there as tiles.
fn tiled(state: &State, id: &str) -> Result<std::sync::Arc<Collection>, Problem> {
    let collection = answer::collection(state, id)?;
    if state.collections().tiled(id) { Ok(collection) } else { Err(Problem::from(&untiled(id))) }
}

/// The members that describe a tileset, in lists as in its own document.
fn summary(collection: &Collection) -> Value {
    json!({
        "title": collection.title(),
        "dataType": "vector",
        "crs": GRID_CRS,
        "tileMatrixSetURI": GRID_URI,
    })
}

/// The address of tiles, with places for zoom, row and column.
fn template(asked: &Asked, id: &str, tiles: &LayerTiles, places: &str) -> String {
    asked.at(&format!("/collections/{id}/tiles/{GRID}/{places}{}", in_query(tiles.version())))
}

fn metadata(asked: &Asked, collection: &Collection, tiles: &LayerTiles) -> Value {
    let id = collection.id();
    let limits: Vec<Value> = tiles
        .limits()
        .iter()
        .map(|of| {
            json!({
                "tileMatrix": of.zoom.to_string(),
                "minTileRow": of.rows[0],
                "maxTileRow": of.rows[1],
                "minTileCol": of.columns[0],
                "maxTileCol": of.columns[1],
            })
        })
        .collect();
    let layers: Vec<Value> = tiles
        .looks()
        .map(|look| {
            let kind = |kind: &str| json!({ "type": kind.to_ascii_lowercase() });
            let fields: Map<String, Value> =
                look.fields.iter().map(|field| (field.name.clone(), kind(field.kind))).collect();
            json!({
                "id": look.name,
                "dataType": "vector",
                "minTileMatrix": look.minzoom.to_string(),
                "maxTileMatrix": look.maxzoom.to_string(),
                "propertiesSchema": { "type": "object", "properties": fields },
            })
        })
        .collect();
    let [west, south, east, north] = tiles.bounds();
    let mut links = asked.own_links(JSON);
    let mut item = link(
        &template(asked, id, tiles, "{tileMatrix}/{tileRow}/{tileCol}"),
        "item",
        MVT,
        "切片 Tiles (Mapbox Vector Tiles)",
    );
    item["templated"] = json!(true);
    links.extend([
        item,
        link(&asked.at(&format!("/tileMatrixSets/{GRID}")), GRID_REL, JSON, GRID_TITLE),
        link(&asked.at(&format!("/collections/{id}/tiles.json")), "describedby", JSON, "TileJSON"),
        link(&asked.at(&format!("/collections/{id}")), "collection", JSON, collection.title()),
    ]);
    let mut json = summary(collection);
    json["tileMatrixSetLimits"] = json!(limits);
    json["layers"] = json!(layers);
    json["boundingBox"] = json!({ "lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84 });
    json["links"] = json!(links);
    json
}

/// The links from a collection to its tiles.
pub(super) fn links_of(asked: &Asked, id: &str) -> [Value; 3] {
    let here = asked.at(&format!("/collections/{id}/tiles"));
    let title = "矢量切片 Vector tiles";
    [
        link(&here, TILESETS, JSON, title),
        link(&format!("{here}?f=html"), TILESETS, HTML, title),
        link(&format!("{here}.json"), "describedby", JSON, "TileJSON"),
    ]
}
