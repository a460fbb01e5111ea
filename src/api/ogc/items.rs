//! The features: a page of them, or one.

use std::fmt::Write as _;
use std::time::Instant;

use axum::extract::{Path, State as Shared};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use geo::{BoundingRect as _, MultiPolygon};
use parcels::message;
use serde_json::{Value, json};

use super::answer::{self, Asked, Format};
use super::ask::{Ask, Rows, system_of};
use super::html::{self, Page};
use super::links::{link, with_query};
use super::params::{self, CRS, F, ITEMS, cursor};
use super::{GEOJSON, HTML, JSON};
use crate::api::State;
use crate::api::problem::Problem;
use crate::features::collection::{Collection, put_geometry};
use crate::features::columns::Datum;
use crate::features::systems::{System, project_shapes};

/// About what a parcel takes as JSON.
const FEATURE_BYTES: usize = 1500;

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");

pub(super) async fn items(
    Shared(state): Shared<State>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = answer::collection(&state, &id)?;
    let deadline = Instant::now() + state.settings().request_time;
    let asked = Asked::read(state, &parts, &ITEMS, Some(&collection))?;
    on_a_thread(move || {
        let ask = Ask::read(&asked.query, &collection, asked.query.get(&CRS))?;
        let rows = ask.rows(&collection, deadline)?;
        let links = links_of_page(&asked, &collection, &rows);
        let body = match asked.format {
            Format::Json => page_as_json(&collection, &rows, &collection.systems()[ask.system], &links)?,
            Format::Html => page_as_html(&asked, &collection, &rows, &links).into_bytes(),
        };
        let response = asked.bytes(GEOJSON, body, asked.version(&collection));
        Ok(in_system(response, &collection.systems()[ask.system]))
    })
    .await
}

pub(super) async fn item(
    Shared(state): Shared<State>,
    Path((id, feature)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let collection = answer::collection(&state, &id)?;
    let asked = Asked::read(state, &parts, &[&CRS, &F], None)?;
    let plain = !feature.starts_with(['0', '+']);
    let number: Option<usize> = feature.parse().ok().filter(|n| plain && (1..=collection.len()).contains(n));
    let Some(row) = number.map(|n| n - 1) else {
        let detail = message!(
            "no-such-feature",
            feature = params::cut(&feature),
            collection = id,
            count = collection.len()
        );
        return Err(Problem::not_found(detail));
    };
    on_a_thread(move || {
        let system = &collection.systems()[system_of(&collection, CRS.name, asked.query.get(&CRS))?];
        let mut links = asked.own_links(GEOJSON);
        let up = asked.at(&format!("/collections/{}", collection.id()));
        links.push(link(&up, "collection", JSON, collection.title()));
        let body = match asked.format {
            Format::Json => {
                let mut out = Vec::new();
                put_rows(&mut out, &collection, &[row], system, b"")?;
                out.pop();
                out.extend_from_slice(b",\"links\":");
                out.extend_from_slice(json!(links).to_string().as_bytes());
                out.push(b'}');
                out
            }
            Format::Html => {
                let cells =
                    collection.columns().iter().map(|c| vec![html::escape(&c.name), shown(&c.at(row))]);
                let body = picture(&collection, &[row])
                    + &html::table(&["属性 Property", "值 Value"], &cells.collect::<Vec<_>>())
                    + &html::links(&json!({ "links": links }));
                Page::new(&format!("{} {}", collection.title(), row + 1), body)
                    .text(|path| asked.at(path), &asked.as_json())
                    .into_bytes()
            }
        };
        let response = asked.bytes(GEOJSON, body, asked.version(&collection));
        Ok(in_system(response, system))
    })
    .await
}

/// Runs work that takes processor time where it holds up nobody's connection.
async fn on_a_thread(
    work: impl FnOnce() -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failure) => Err(Problem::internal(&failure)),
    }
}

fn in_system(mut response: Response, system: &System) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("<{}>", system.uri)) {
        response.headers_mut().insert(CONTENT_CRS, value);
    }
    response
}

fn links_of_page(asked: &Asked, collection: &Collection, rows: &Rows) -> Vec<Value> {
    let mut links = asked.own_links(GEOJSON);
    if let Some(next) = rows.next {
        let query = asked.query.with(params::CURSOR_NAME, Some(&cursor(next)));
        let media = if asked.format == Format::Html { HTML } else { GEOJSON };
        links.push(link(&with_query(&asked.base, &asked.uri, &query), "next", media, "下一页 Next page"));
    }
    let up = asked.at(&format!("/collections/{}", collection.id()));
    links.push(link(&up, "collection", JSON, collection.title()));
    links
}

fn page_as_json(
    collection: &Collection,
    rows: &Rows,
    system: &System,
    links: &[Value],
) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::with_capacity(rows.rows.len() * FEATURE_BYTES + 2048);
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\"");
    if let Some(matched) = rows.matched {
        out.extend_from_slice(format!(",\"numberMatched\":{matched}").as_bytes());
    }
    out.extend_from_slice(format!(",\"numberReturned\":{},\"links\":", rows.rows.len()).as_bytes());
    out.extend_from_slice(json!(links).to_string().as_bytes());
    out.extend_from_slice(b",\"features\":[\n");
    put_rows(&mut out, collection, &rows.rows, system, b",\n")?;
    out.extend_from_slice(b"\n]}\n");
    Ok(out)
}

/// Appends the features of some rows in a system.
fn put_rows(
    out: &mut Vec<u8>,
    collection: &Collection,
    rows: &[usize],
    system: &System,
    between: &[u8],
) -> Result<(), Problem> {
    let crs84 = &collection.systems()[0];
    if system == crs84 {
        for (at, row) in rows.iter().enumerate() {
            out.extend_from_slice(if at > 0 { between } else { b"" });
            collection.put_feature(out, *row);
        }
        return Ok(());
    }
    let stored = collection.storage().is_some_and(|own| own.same_place(system));
    let projected = if system.same_place(crs84) || stored {
        None
    } else {
        // From what is kept, where that can be: the way from one grid of a datum to another is exact.
        let from = collection.storage().unwrap_or(crs84);
        let shape = |row: &usize| {
            if from == crs84 { collection.lonlat(*row) } else { collection.stored(*row) }
        };
        let mut shapes: Vec<MultiPolygon<f64>> = rows.iter().map(shape).collect();
        project_shapes(&mut shapes, collection.projector(), &from.crs, &system.crs)
            .map_err(|why| Problem::internal(&why))?;
        Some(shapes)
    };
    for (at, row) in rows.iter().enumerate() {
        out.extend_from_slice(if at > 0 { between } else { b"" });
        collection.put_until_geometry(out, *row);
        match &projected {
            Some(shapes) => put_geometry(out, &shapes[at], system),
            None if stored => put_geometry(out, &collection.stored(*row), system),
            None => put_geometry(out, &collection.lonlat(*row), system),
        }
        out.push(b'}');
    }
    Ok(())
}

fn page_as_html(asked: &Asked, collection: &Collection, rows: &Rows, links: &[Value]) -> String {
    let mut head = vec!["编号 Id"];
    head.extend(collection.columns().iter().map(|c| c.name.as_str()));
    let table: Vec<Vec<String>> = rows
        .rows
        .iter()
        .map(|row| {
            let href = asked.at(&format!("/collections/{}/items/{}?f=html", collection.id(), row + 1));
            let id = format!("<a href=\"{}\">{}</a>", html::escape(&href), row + 1);
            std::iter::once(id).chain(collection.columns().iter().map(|c| shown(&c.at(*row)))).collect()
        })
        .collect();
    let count = match rows.matched {
        Some(matched) => format!("本页 {0}，共 {matched} · {0} of {matched} on this page", rows.rows.len()),
        None => format!("本页 {0} · {0} on this page", rows.rows.len()),
    };
    let body = html::paragraph(&count)
        + &picture(collection, &rows.rows)
        + &html::links(&json!({ "links": links }))
        + &html::table(&head, &table);
    Page::new(collection.title(), body).text(|path| asked.at(path), &asked.as_json())
}

fn shown(value: &Datum<'_>) -> String {
    match value {
        Datum::Null => String::new(),
        Datum::Text(text) => html::escape(text),
        Datum::Number(n) => ((n * 1e4).round() / 1e4).to_string(),
        Datum::Flag(true) => "是 yes".to_owned(),
        Datum::Flag(false) => "否 no".to_owned(),
    }
}

/// The outlines of some rows, north up, as wide as they lie on the ground.
fn picture(collection: &Collection, rows: &[usize]) -> String {
    let shapes: Vec<MultiPolygon<f64>> =
        rows.iter().map(|row| collection.lonlat(*row)).filter(|s| s.bounding_rect().is_some()).collect();
    let bounds = rows.iter().map(|row| collection.bounds(*row)).filter(|b| b[0] <= b[2]);
    let all = bounds.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    let Some([west, south, east, north]) = all else { return String::new() };
    let narrow = ((south + north) / 2.0).to_radians().cos().max(0.01);
    let scale = 1000.0 / ((east - west) * narrow).max(north - south).max(1e-9);
    let place = |c: &geo::Coord<f64>| ((c.x - west) * narrow * scale, (north - c.y) * scale);
    let (width, height) = place(&geo::Coord { x: east, y: south });
    let mut out = format!(
        "<svg viewBox=\"-5 -5 {:.0} {:.0}\" role=\"img\" aria-label=\"本页要素 The features on this page\">\n",
        width + 10.0,
        height + 10.0
    );
    for shape in shapes {
        out.push_str("<path d=\"");
        for ring in shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors())) {
            for (at, c) in ring.0.iter().enumerate() {
                let (x, y) = place(c);
                let _ = write!(out, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
            }
            out.push('Z');
        }
        out.push_str("\"/>\n");
    }
    out + "</svg>\n"
}
