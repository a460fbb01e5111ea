//! Request ids, metrics and one log line a request.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(super) async fn observe(Shared(state): Shared<State>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let in_flight = state.metrics().begin();
    let id = request_id(&request);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = known(request.method());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request.id = id.to_str().unwrap_or_default());
    let mut response = next.run(request).instrument(span.clone()).await;
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
    response.headers_mut().insert(REQUEST_ID, id);
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

/// The id that a proxy set, if it is fit for a log; otherwise a new one.
fn request_id(request: &Request) -> HeaderValue {
    let plain = |v: &&HeaderValue| {
        (8..=64).contains(&v.len()) && v.as_bytes().iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
    };
    if let Some(given) = request.headers().get(REQUEST_ID).filter(plain) {
        return given.clone();
    }
    static START: OnceLock<u32> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let start = START.get_or_init(rand::random);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    HeaderValue::from_str(&format!("{start:08x}-{number:06}")).unwrap_or(HeaderValue::from_static("none"))
}
