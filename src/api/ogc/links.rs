//! Addresses and links.

use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use crate::api::State;
use crate::api::guard::host;

/// The beginning of every address of this service, as this client reaches it.
pub(super) fn base(state: &State, headers: &HeaderMap) -> String {
    match &state.settings().public_url {
        Some(url) => url.clone(),
        // The guard let nobody through who names another host than this machine.
        None => format!("http://{}", host(headers).unwrap_or("localhost")),
    }
}

/// A link as JSON.
pub(super) fn link(href: &str, rel: &str, media: &str, title: &str) -> Value {
    json!({ "href": href, "rel": rel, "type": media, "title": title })
}

/// The address with its query, as it was asked for.
pub(super) fn asked(base: &str, uri: &Uri) -> String {
    let query = uri.query().filter(|q| !q.is_empty()).map(|q| format!("?{q}")).unwrap_or_default();
    format!("{base}{}{query}", uri.path())
}

/// The address with `query` instead of its own.
pub(super) fn with_query(base: &str, uri: &Uri, query: &str) -> String {
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}{}{mark}{query}", uri.path())
}
