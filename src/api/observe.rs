//! Request ids that are fit for a log, metrics and one log line a request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::request_id::RequestId;
use tracing::Instrument as _;

use super::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Counts and logs a request under the id that the layer around this one gave it.
pub(super) async fn observe(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let in_flight = state.metrics().begin();
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    let span = tracing::info_span!("request", request.id = id.unwrap_or_default());
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);
    let took = begun.elapsed();
    let status = response.status().as_u16();
    state.metrics().count(method, &route, status, took);
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1e3;
        tracing::info!(
            http.method = method,
            http.path = path,
            http.route = route,
            http.status = status,
            duration_ms,
            "answered"
        );
    });
    response
}

/// A client can send any word as a method; only these become labels.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Takes an id away that is not fit for a log, so that the request gets a new one; that of a proxy stays.
pub(super) async fn only_plain_ids(mut request: Request, next: Next) -> Response {
    let plain = |id: &HeaderValue| {
        (8..=64).contains(&id.len()) && id.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    if request.headers().get(REQUEST_ID).is_some_and(|id| !plain(id)) {
        request.headers_mut().remove(REQUEST_ID);
    }
    next.run(request).await
}
