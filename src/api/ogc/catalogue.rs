//! The list of collections, and one of them.

use axum::extract::{Path, State as Shared};
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Value, json};

use super::answer::{self, Asked};
use super::html::{self, Page};
use super::links::link;
use super::params::F;
use super::{GEOJSON, HTML, JSON, SCHEMA, tiles};
use crate::api::State;
use crate::api::problem::Problem;
use crate::features::collection::Collection;
use crate::features::systems::CRS84;

/// The relation of a link to the queryables.
pub(super) const QUERYABLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
/// The relation of a link to the schema.
const SCHEMA_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";

pub(super) async fn collections(Shared(state): Shared<State>, parts: Parts) -> Result<Response, Problem> {
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let all = asked.state.collections().list();
    let list: Vec<Value> = all
        .iter()
        .map(|c| {
            let here = asked.at(&format!("/collections/{}", c.id()));
            described(c, &asked, vec![link(&here, "self", JSON, c.title())])
        })
        .collect();
    let json = json!({ "links": asked.own_links(JSON), "collections": list });
    Ok(asked.answer(JSON, &json, |_| {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|c| {
                let href = asked.at(&format!("/collections/{}", c.id()));
                let name = format!("<a href=\"{}\">{}</a>", html::escape(&href), html::escape(c.title()));
                vec![name, c.len().to_string(), html::escape(c.description())]
            })
            .collect();
        Page::new(
            "要素集 Collections",
            html::table(&["名称 Name", "要素数 Features", "说明 Description"], &rows),
        )
    }))
}

pub(super) async fn collection(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = answer::collection(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&F], None)?;
    let json = described(&collection, &asked, asked.own_links(JSON));
    Ok(asked.answer(JSON, &json, |json| {
        let systems: Vec<Vec<String>> = collection
            .systems()
            .iter()
            .map(|s| vec![html::escape(&s.uri), html::escape(&s.crs.name)])
            .collect();
        let body = html::paragraph(collection.description())
            + &html::paragraph(&format!("要素数 Features: {}", collection.len()))
            + &html::links(json)
            + &html::table(&["坐标系 CRS", "名称 Name"], &systems);
        Page::new(collection.title(), body)
    }))
}

fn described(collection: &Collection, asked: &Asked, mut links: Vec<Value>) -> Value {
    let below = |path: &str| asked.at(&format!("/collections/{}{path}", collection.id()));
    links.extend([
        link(&below("/items"), "items", GEOJSON, "要素 Features as GeoJSON"),
        link(&below("/items?f=html"), "items", HTML, "要素 Features as HTML"),
        link(&below("/queryables"), QUERYABLES, SCHEMA, "可查询属性 Queryables"),
        link(&below("/schema"), SCHEMA_REL, SCHEMA, "属性 Schema"),
    ]);
    if asked.state.collections().tiled(collection.id()) {
        links.extend(tiles::links_of(asked, collection.id()));
    }
    let systems: Vec<&str> = collection.systems().iter().map(|s| s.uri.as_str()).collect();
    let mut json = json!({
        "id": collection.id(),
        "title": collection.title(),
        "description": collection.description(),
        "itemType": "feature",
        "crs": systems,
        "links": links,
    });
    if let Some(storage) = collection.storage() {
        json["storageCrs"] = json!(storage.uri);
    }
    if let Some(extent) = collection.extent() {
        let (min, max) = (extent.min(), extent.max());
        json["extent"] = json!({ "spatial": { "bbox": [[min.x, min.y, max.x, max.y]], "crs": CRS84 } });
    }
    json
}
