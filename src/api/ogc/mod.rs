//! OGC API – Features: part 1 (core, GeoJSON, HTML), part 2 (CRS), part 3 (filters in CQL2, queryables). OGC API – Tiles:
//! part 1, of vector tiles. One file a kind of page.
//! Called by the router of `api`.
//!
//! `ENDPOINTS` is the one table of what there is: the routes, the parameters each takes and the OpenAPI document all
//! come from it.

// Query parameters: which there are, and reading them.
pub(super) mod params;

// Addresses and links.
mod links;

// Pages for people.
mod html;

// Formats, and answers in them.
mod answer;

// The landing page and the conformance classes.
mod landing;

// The list of collections, and one of them.
mod catalogue;

// Which properties there are to filter by.
mod queryables;

// Boxes.
mod window;

// What is asked of a collection's items.
mod ask;

// The features.
mod items;

// The same as vector tiles.
mod tiles;

// The description of all this.
mod openapi;

use axum::Router;
use axum::http::header;
use axum::routing::{MethodRouter, get};

use super::State;
use super::tiles::MVT;
use params::Param;

/// The title of the service.
const TITLE: &str = "连片 lianpian";
const DESCRIPTION: &str =
    "Parcels, transfers and blocks of a plan, as OGC API – Features and Tiles. 规划方案的地块、调整与片区。";

/// One address of the interface.
struct Endpoint {
    path: &'static str,
    /// Its operation in the OpenAPI document.
    operation: &'static str,
    summary: &'static str,
    params: &'static [&'static Param],
    /// What it answers with, by media type; the first is the default.
    media: &'static [&'static str],
    route: fn() -> MethodRouter<State>,
}

const JSON: &str = "application/json";
const GEOJSON: &str = "application/geo+json";
const SCHEMA: &str = "application/schema+json";
const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.1";
const OPENAPI_30: &str = "application/vnd.oai.openapi+json;version=3.0";
const HTML: &str = "text/html";

static ENDPOINTS: [Endpoint; 16] = [
    Endpoint {
        path: "/ogc",
        operation: "getLandingPage",
        summary: "What this service is and where to go from here",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(landing::landing),
    },
    Endpoint {
        path: "/ogc/api",
        operation: "getApi",
        summary: "This description",
        params: &[&params::F],
        media: &[OPENAPI, OPENAPI_30, JSON, HTML],
        route: || get(openapi::api),
    },
    Endpoint {
        path: "/ogc/api/3.0",
        operation: "getApi30",
        summary: "This description in OpenAPI 3.0, for clients that know no later one",
        params: &[&params::F],
        media: &[OPENAPI_30, HTML],
        route: || get(openapi::api_30),
    },
    Endpoint {
        path: "/ogc/conformance",
        operation: "getConformance",
        summary: "The conformance classes of the standards",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(landing::conformance),
    },
    Endpoint {
        path: "/ogc/collections",
        operation: "getCollections",
        summary: "The collections of features",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(catalogue::collections),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}",
        operation: "getCollection",
        summary: "One collection",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(catalogue::collection),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/queryables",
        operation: "getQueryables",
        summary: "The properties that filters may name",
        params: &[&params::F],
        media: &[SCHEMA, HTML],
        route: || get(queryables::queryables),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/schema",
        operation: "getSchema",
        summary: "The properties that features have",
        params: &[&params::F],
        media: &[SCHEMA, HTML],
        route: || get(queryables::schema),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/items",
        operation: "getFeatures",
        summary: "Features, a page at a time",
        params: &params::ITEMS,
        media: &[GEOJSON, HTML],
        route: || get(items::items),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/items/{featureId}",
        operation: "getFeature",
        summary: "One feature",
        params: &[&params::CRS, &params::F],
        media: &[GEOJSON, HTML],
        route: || get(items::item),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/tiles",
        operation: ".collection.vector.getTileSetsList",
        summary: "The tilesets of a collection",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(tiles::tilesets),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/tiles.json",
        operation: ".collection.vector.getTileJson",
        summary: "The tiles of a collection, as TileJSON 3 has them",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(tiles::tile_json),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/tiles/WebMercatorQuad",
        operation: ".collection.vector.getTileSet",
        summary: "One tileset: what is in its tiles, and where they are",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(tiles::tileset),
    },
    Endpoint {
        path: "/ogc/collections/{collectionId}/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}",
        operation: ".collection.vector.getTile",
        summary: "A tile; the row stands before the column",
        params: &[&params::V],
        media: &[MVT],
        route: || get(tiles::tile),
    },
    Endpoint {
        path: "/ogc/tileMatrixSets",
        operation: "getTileMatrixSetsList",
        summary: "The grids that tiles lie on",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(tiles::grids),
    },
    Endpoint {
        path: "/ogc/tileMatrixSets/WebMercatorQuad",
        operation: "getTileMatrixSet",
        summary: "One grid",
        params: &[&params::F],
        media: &[JSON, HTML],
        route: || get(tiles::grid),
    },
];

pub(super) fn routes() -> Router<State> {
    let mut router = Router::new().route("/ogc/", get(landing::landing)).route("/ogc/style.css", get(style));
    for endpoint in &ENDPOINTS {
        router = router.route(endpoint.path, (endpoint.route)());
    }
    router
}

async fn style() -> impl axum::response::IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, include_str!("style.css"))
}
