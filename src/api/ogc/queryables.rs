//! Which properties there are: to filter by, and at all. They are the same, but for the roles.

use axum::extract::{Path, State as Shared};
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::SCHEMA;
use super::answer::{self, Asked};
use super::html::{self, Page};
use super::links::asked as address;
use super::params::F;
use crate::api::State;
use crate::api::cql2::GEOMETRY;
use crate::api::problem::Problem;
use crate::features::collection::Collection;

pub(super) async fn queryables(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = answer::collection(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let mut properties = properties(&collection);
    properties
        .insert(GEOMETRY.to_owned(), json!({ "title": "几何 Geometry", "format": "geometry-multipolygon" }));
    Ok(document(&asked, &collection, &properties, "可查询属性 Queryables"))
}

pub(super) async fn schema(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = answer::collection(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let mut all = Map::new();
    all.insert(
        "id".to_owned(),
        json!({ "title": "编号 Id", "type": "integer", "x-ogc-role": "id", "readOnly": true }),
    );
    all.extend(properties(&collection));
    let geometry = json!({ "title": "几何 Geometry", "format": "geometry-multipolygon", "x-ogc-role": "primary-geometry" });
    all.insert(GEOMETRY.to_owned(), geometry);
    Ok(document(&asked, &collection, &all, "属性 Schema"))
}

fn properties(collection: &Collection) -> Map<String, Value> {
    collection.columns().iter().map(|c| (c.name.clone(), c.schema())).collect()
}

fn document(asked: &Asked, collection: &Collection, properties: &Map<String, Value>, what: &str) -> Response {
    let json = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(&asked.base, &asked.uri),
        "type": "object",
        "title": collection.title(),
        "properties": properties,
        "additionalProperties": false,
    });
    asked.answer(SCHEMA, &json, |json| {
        let all = json["properties"].as_object().into_iter().flatten();
        let rows: Vec<Vec<String>> = all
            .map(|(name, schema)| {
                let kind = schema["type"].as_str().or_else(|| schema["format"].as_str()).unwrap_or_default();
                vec![html::escape(name), html::escape(kind)]
            })
            .collect();
        Page::new(
            &format!("{} · {what}", collection.title()),
            html::table(&["属性 Property", "类型 Type"], &rows),
        )
    })
}
