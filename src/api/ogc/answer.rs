//! Formats, and answers in them.

use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Response};
use parcels::message;
use serde_json::Value;

use super::links::{asked, base, link, with_query};
use super::params::{F, Param, Query, cut};
use super::{HTML, html};
use crate::api::State;
use crate::api::cache::etag;
use crate::api::problem::Problem;
use crate::features::collection::Collection;

/// What a client reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Html,
}

impl Format {
    fn of(query: &Query, headers: &HeaderMap) -> Result<Self, Problem> {
        match query.get(&F) {
            Some("json") => Ok(Self::Json),
            Some("html") => Ok(Self::Html),
            Some(other) => Err(Problem::bad_request(message!("f-is-json-or-html", f = cut(other)))),
            None => Ok(Self::accepted(headers)),
        }
    }

    /// HTML for who wants it more than JSON, which are browsers; JSON for everybody else.
    fn accepted(headers: &HeaderMap) -> Self {
        let (mut html, mut json) = (0.0_f32, 0.0_f32);
        let values = headers.get_all(header::ACCEPT).iter().filter_map(|v| v.to_str().ok());
        for one in values.flat_map(|v| v.split(',')) {
            let mut parts = one.split(';').map(str::trim);
            let media = parts.next().unwrap_or_default().to_ascii_lowercase();
            let weight = parts.find_map(|p| p.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0_f32);
            match media.as_str() {
                "text/html" | "application/xhtml+xml" => html = html.max(weight),
                "*/*" | "application/*" => json = json.max(weight),
                other if other.contains("json") => json = json.max(weight),
                _ => {}
            }
        }
        if html > json { Self::Html } else { Self::Json }
    }
}

/// One request, its query read.
pub(super) struct Asked {
    pub(super) state: State,
    pub(super) base: String,
    pub(super) uri: Uri,
    pub(super) query: Query,
    pub(super) format: Format,
}

impl Asked {
    pub(super) fn read(
        state: State,
        parts: &Parts,
        params: &[&Param],
        collection: Option<&Collection>,
    ) -> Result<Self, Problem> {
        let query = Query::read(&parts.uri, params, collection)?;
        let format = Format::of(&query, &parts.headers)?;
        let base = base(&state, &parts.headers);
        Ok(Self { state, base, uri: parts.uri.clone(), query, format })
    }

    /// An address below `/ogc`.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}/ogc{path}", self.base)
    }

    /// The address of this page as JSON.
    pub(super) fn as_json(&self) -> String {
        with_query(&self.base, &self.uri, &self.query.with(F.name, Some("json")))
    }

    /// Links to this page, and to itself in the other format.
    pub(super) fn own_links(&self, media: &str) -> Vec<Value> {
        let here = asked(&self.base, &self.uri);
        let other = |f: &str| with_query(&self.base, &self.uri, &self.query.with(F.name, Some(f)));
        match self.format {
            Format::Json => vec![
                link(&here, "self", media, "本页 This document"),
                link(&other("html"), "alternate", HTML, "本页网页 This document as HTML"),
            ],
            Format::Html => vec![
                link(&here, "self", HTML, "本页 This document"),
                link(&other("json"), "alternate", media, "本页 JSON · This document as JSON"),
            ],
        }
    }

    /// The answer: `json` as it is, or the page that `page` makes of it.
    pub(super) fn answer(
        &self,
        media: &'static str,
        json: &Value,
        page: impl FnOnce(&Value) -> html::Page,
    ) -> Response {
        let body = match self.format {
            Format::Json => json.to_string().into_bytes(),
            Format::Html => page(json).text(|path| self.at(path), &self.as_json()).into_bytes(),
        };
        let version = etag(&[&String::from_utf8_lossy(&body)]);
        self.bytes(media, body, version)
    }

    /// The answer as bytes, named by `version`.
    pub(super) fn bytes(&self, media: &'static str, body: Vec<u8>, version: HeaderValue) -> Response {
        let media = match self.format {
            Format::Json => media,
            Format::Html => "text/html; charset=utf-8",
        };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media)),
            // It may be kept, and is to be asked for again each time: the address does not name the version.
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept")),
            (header::ETAG, version),
        ];
        (headers, body).into_response()
    }

    /// What names everything an answer depends on besides the content of `collection`.
    pub(super) fn version(&self, collection: &Collection) -> HeaderValue {
        let format = if self.format == Format::Html { "html" } else { "json" };
        etag(&[collection.version(), &asked(&self.base, &self.uri), format])
    }
}

/// The collection of this id.
pub(super) fn collection(state: &State, id: &str) -> Result<std::sync::Arc<Collection>, Problem> {
    state.collections().get(id).ok_or_else(|| {
        let known = state.collections().list();
        let known = known.iter().map(|c| c.id());
        Problem::not_found(message!("no-such-collection", collection = cut(id), known = message::list(known)))
    })
}
