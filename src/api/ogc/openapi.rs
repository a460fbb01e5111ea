//! The description of the interface, OpenAPI 3.1 and, for clients that know no other, 3.0: put together from the table of endpoints, the tables of parameters and
//! the collections there are. No reference leaves the document.
//!
//! By hand and not by `utoipa`: addresses are those of the collections at hand, as GDAL and QGIS look for them to learn
//! the largest page, and macros over handlers know no collection.

use axum::extract::State as Shared;
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::answer::Asked;
use super::html::{self, Page};
use super::params::{F, Param};
use super::{DESCRIPTION, ENDPOINTS, Endpoint, GEOJSON, HTML, JSON, OPENAPI, OPENAPI_30, TITLE};
use crate::api::State;
use crate::api::problem::{PROBLEM_JSON, Problem};
use crate::api::tiles::MVT;
use crate::app::layers::tiles::content::ZOOM_MAX;
use crate::features::collection::Collection;

/// A version of OpenAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    /// What older clients read: GDAL 3.6, QGIS 3.22, OWSLib.
    V30,
    V31,
}

pub(super) async fn api(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let accepted: Vec<&str> =
        parts.headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok()).collect();
    let accepts = |media: &str| accepted.iter().any(|a| a.replace(' ', "").contains(media));
    let (version, media) = if accepts(OPENAPI) {
        (Version::V31, OPENAPI)
    } else if accepts(OPENAPI_30) {
        (Version::V30, OPENAPI_30)
    } else if accepts(JSON) {
        (Version::V31, JSON)
    } else {
        (Version::V31, OPENAPI)
    };
    answer(state, &parts, version, media)
}

pub(super) async fn api_30(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    answer(state, &parts, Version::V30, OPENAPI_30)
}

fn answer(state: State, parts: &Parts, version: Version, media: &'static str) -> Result<Response, Problem> {
    let asked = Asked::read(state, parts, &[&F], None)?;
    let json = document(&asked, version);
    Ok(asked.answer(media, &json, |_| {
        let rows: Vec<Vec<String>> = ENDPOINTS
            .iter()
            .map(|e| {
                let params: String = e
                    .params
                    .iter()
                    .map(|p| format!("<li><code>{}</code> {}</li>", p.name, html::escape(p.about)))
                    .collect();
                vec![
                    format!("<code>{}</code>", html::escape(e.path)),
                    html::escape(e.summary),
                    format!("<ul>{params}</ul>"),
                ]
            })
            .collect();
        Page::new("接口 API", html::table(&["地址 Address", "内容 What", "参数 Parameters"], &rows))
    }))
}

/// Where a tile lies, as addresses say it, with the largest there is.
const TILE_PLACES: [(&str, &str, u32); 3] = [
    ("tileMatrix", "The zoom", ZOOM_MAX as u32),
    ("tileRow", "From the north", (1 << ZOOM_MAX) - 1),
    ("tileCol", "From the west", (1 << ZOOM_MAX) - 1),
];

fn document(asked: &Asked, version: Version) -> Value {
    let mut paths = Map::new();
    for endpoint in &ENDPOINTS {
        if endpoint.path.contains("{collectionId}") {
            for collection in asked.state.collections().list() {
                if endpoint.path.contains("/tiles") && !asked.state.collections().tiled(collection.id()) {
                    continue;
                }
                let path = endpoint.path.replace("{collectionId}", collection.id());
                paths.insert(path, json!({ "get": operation(endpoint, Some(&collection)) }));
            }
        } else {
            paths.insert(endpoint.path.to_owned(), json!({ "get": operation(endpoint, None) }));
        }
    }
    json!({
        "openapi": if version == Version::V30 { "3.0.3" } else { "3.1.0" },
        "info": {
            "title": TITLE,
            "description": DESCRIPTION,
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": asked.base }],
        "paths": paths,
        "components": { "schemas": schemas(version) },
    })
}

fn operation(endpoint: &Endpoint, collection: Option<&Collection>) -> Value {
    let id = collection.map(|c| c.id()).unwrap_or_default();
    let operation = match (endpoint.operation, id) {
        (name, "") => name.to_owned(),
        // The standard of tiles says how the names end.
        (name, id) if name.starts_with('.') => format!("{id}{name}"),
        (name, id) => format!("{name}.{id}"),
    };
    let mut params: Vec<Value> = Vec::new();
    if let Some(collection) = collection.filter(|_| endpoint.path.ends_with("{featureId}")) {
        params.push(json!({
            "name": "featureId",
            "in": "path",
            "required": true,
            "description": "The feature's id",
            "schema": { "type": "integer", "minimum": 1, "maximum": collection.len().max(1) },
        }));
    }
    let within = TILE_PLACES.iter().filter(|(name, ..)| endpoint.path.contains(&format!("{{{name}}}")));
    params.extend(within.map(|(name, about, most)| {
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": about,
            "schema": { "type": "integer", "minimum": 0, "maximum": most },
        })
    }));
    params.extend(endpoint.params.iter().map(|p| parameter(p, collection)));
    if let Some(collection) = collection.filter(|_| endpoint.path.ends_with("/items")) {
        params.extend(collection.columns().iter().map(|c| {
            json!({
                "name": c.name,
                "in": "query",
                "required": false,
                "description": "Only features with this value",
                "schema": c.schema(),
            })
        }));
    }
    let content: Map<String, Value> = endpoint
        .media
        .iter()
        .map(|media| ((*media).to_owned(), json!({ "schema": schema_of(endpoint, media) })))
        .collect();
    let failure = |what: &str| json!({ "description": what, "content": { PROBLEM_JSON: { "schema": { "$ref": "#/components/schemas/problem" } } } });
    let mut responses = Map::new();
    responses.insert("200".into(), json!({ "description": endpoint.summary, "content": content }));
    if endpoint.media.contains(&MVT) {
        responses.insert("204".into(), json!({ "description": "Nothing is there" }));
    }
    responses.insert("304".into(), json!({ "description": "What the client has is still right" }));
    responses.insert("400".into(), failure("The request cannot be understood"));
    if endpoint.path.contains('{') {
        responses.insert("404".into(), failure("There is no such thing"));
    }
    responses.insert("default".into(), failure("It failed"));
    json!({
        "operationId": operation,
        "summary": endpoint.summary,
        "tags": [collection.map_or("service", |c| c.id())],
        "parameters": params,
        "responses": responses,
    })
}

fn parameter(param: &Param, collection: Option<&Collection>) -> Value {
    let mut schema = (param.schema)();
    if let Some(collection) = collection.filter(|_| schema["format"] == "uri") {
        let known: Vec<&str> = collection.systems().iter().map(|s| s.uri.as_str()).collect();
        schema["enum"] = json!(known);
        schema["default"] = json!(known[0]);
    }
    let mut json = json!({
        "name": param.name,
        "in": "query",
        "required": false,
        "description": param.about,
        "schema": schema,
        "style": "form",
    });
    if param.list {
        json["explode"] = json!(false);
    }
    json
}

fn schema_of(endpoint: &Endpoint, media: &str) -> Value {
    let name = match (media, endpoint.operation) {
        (HTML, _) => return json!({ "type": "string" }),
        (MVT, _) => return json!({ "type": "string", "format": "binary" }),
        (GEOJSON, "getFeatures") => "featureCollection",
        (GEOJSON, _) => "feature",
        (JSON, "getApi") => return json!({ "type": "object" }),
        (JSON, "getLandingPage") => "landingPage",
        (JSON, "getConformance") => "conformance",
        (JSON, "getCollections") => "collections",
        (JSON, ".collection.vector.getTileSetsList") => "tileSets",
        (JSON, ".collection.vector.getTileSet") => "tileSet",
        (JSON, ".collection.vector.getTileJson") => return json!({ "type": "object" }),
        (JSON, "getTileMatrixSetsList") => "tileMatrixSets",
        (JSON, "getTileMatrixSet") => "tileMatrixSet",
        (JSON, _) => "collection",
        _ => return json!({ "type": "object" }),
    };
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn schemas(version: Version) -> Value {
    // How the two versions say that something may be null.
    let (object_or_null, nullable) = match version {
        Version::V30 => (json!("object"), Some(true)),
        Version::V31 => (json!(["object", "null"]), None),
    };
    let mut geometry = json!({
        "type": object_or_null,
        "required": ["type", "coordinates"],
        "properties": {
            "type": { "type": "string", "enum": ["MultiPolygon"] },
            "coordinates": { "type": "array", "items": {} },
        },
    });
    if let Some(nullable) = nullable {
        geometry["nullable"] = json!(nullable);
    }
    let list =
        |of: &str| json!({ "type": "array", "items": { "$ref": format!("#/components/schemas/{of}") } });
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "minimum": 0 });
    json!({
        "problem": {
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": { "type": text, "title": text, "status": { "type": "integer" }, "detail": text },
        },
        "link": {
            "type": "object",
            "required": ["href", "rel"],
            "properties": {
                "href": text, "rel": text, "type": text, "title": text, "templated": { "type": "boolean" },
            },
        },
        "landingPage": {
            "type": "object",
            "required": ["links"],
            "properties": { "title": text, "description": text, "links": list("link") },
        },
        "conformance": {
            "type": "object",
            "required": ["conformsTo"],
            "properties": { "conformsTo": { "type": "array", "items": text }, "links": list("link") },
        },
        "collections": {
            "type": "object",
            "required": ["links", "collections"],
            "properties": { "links": list("link"), "collections": list("collection") },
        },
        "collection": {
            "type": "object",
            "required": ["id", "links"],
            "properties": {
                "id": text, "title": text, "description": text, "itemType": { "type": "string", "enum": ["feature"] },
                "crs": { "type": "array", "items": text }, "storageCrs": text, "extent": { "type": "object" },
                "links": list("link"),
            },
        },
        "tileSets": {
            "type": "object",
            "required": ["tilesets"],
            "properties": { "tilesets": list("tileSet"), "links": list("link") },
        },
        "tileSet": {
            "type": "object",
            "required": ["dataType", "crs", "links"],
            "properties": {
                "title": text, "dataType": { "type": "string", "enum": ["vector"] }, "crs": text,
                "tileMatrixSetURI": text, "boundingBox": { "type": "object" },
                "tileMatrixSetLimits": { "type": "array", "items": { "type": "object" } },
                "layers": { "type": "array", "items": { "type": "object" } },
                "links": list("link"),
            },
        },
        "tileMatrixSets": {
            "type": "object",
            "required": ["tileMatrixSets"],
            "properties": {
                "tileMatrixSets": { "type": "array", "items": { "type": "object" } }, "links": list("link"),
            },
        },
        "tileMatrixSet": {
            "type": "object",
            "required": ["id", "crs", "tileMatrices"],
            "properties": {
                "id": text, "title": text, "uri": text, "crs": text,
                "tileMatrices": { "type": "array", "items": { "type": "object" } },
                "links": list("link"),
            },
        },
        "geometry": geometry,
        "feature": {
            "type": "object",
            "required": ["type", "id", "geometry", "properties"],
            "properties": {
                "type": { "type": "string", "enum": ["Feature"] },
                "id": { "type": "integer", "minimum": 1 },
                "geometry": { "$ref": "#/components/schemas/geometry" },
                "properties": { "type": "object" },
                "links": list("link"),
            },
        },
        "featureCollection": {
            "type": "object",
            "required": ["type", "features", "links", "numberReturned"],
            "properties": {
                "type": { "type": "string", "enum": ["FeatureCollection"] },
                "features": list("feature"),
                "links": list("link"),
                "numberMatched": count,
                "numberReturned": count,
            },
        },
    })
}
