//! The landing page and the conformance classes.

use axum::extract::State as Shared;
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::json;

use super::answer::Asked;
use super::html::{self, Page};
use super::links::link;
use super::params::F;
use super::tiles::GRIDS;
use super::{DESCRIPTION, HTML, JSON, OPENAPI, OPENAPI_30, TITLE};
use crate::api::State;
use crate::api::problem::Problem;

/// What is conformed to. OpenAPI 3.1 has no class in these standards yet; the same in 3.0 is there too.
const CLASSES: [&str; 27] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
];

pub(super) async fn landing(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let mut links = asked.own_links(JSON);
    links.extend([
        link(&asked.at("/api"), "service-desc", OPENAPI, "接口描述 The API described (OpenAPI)"),
        link(&asked.at("/api/3.0"), "service-desc", OPENAPI_30, "接口描述 The API described (OpenAPI 3.0)"),
        link(&asked.at("/api?f=html"), "service-doc", HTML, "接口说明 The API in words"),
        link(&asked.at("/conformance"), "conformance", JSON, "符合的标准 Conformance classes"),
        link(
            &asked.at("/conformance"),
            "http://www.opengis.net/def/rel/ogc/1.0/conformance",
            JSON,
            "符合的标准 Conformance classes",
        ),
        link(&asked.at("/collections"), "data", JSON, "要素集 Collections"),
        link(&asked.at("/tileMatrixSets"), GRIDS, JSON, "切片网格 Tile matrix sets"),
    ]);
    let json = json!({ "title": TITLE, "description": DESCRIPTION, "links": links });
    Ok(asked.answer(JSON, &json, |json| {
        Page::new("首页 Home", html::paragraph(DESCRIPTION) + &html::links(json))
    }))
}

pub(super) async fn conformance(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let json = json!({ "links": asked.own_links(JSON), "conformsTo": CLASSES });
    Ok(asked.answer(JSON, &json, |_| {
        let rows: Vec<Vec<String>> = CLASSES.iter().map(|class| vec![html::escape(class)]).collect();
        Page::new("符合性 Conformance", html::table(&["符合类 Conformance class"], &rows))
    }))
}
