//! `/healthz`: the process lives. `/readyz`: it can answer. `/metrics`: what it counted.

use axum::Router;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use parcels::message;
use serde_json::json;

use super::State;
use super::problem::Problem;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
}

async fn healthz() -> Response {
    let body = json!({ "status": "pass", "version": env!("CARGO_PKG_VERSION") });
    plain("application/health+json", body.to_string())
}

async fn readyz(Shared(state): Shared<State>) -> Result<Response, Problem> {
    if !state.ready() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, message!("starting-or-ending")));
    }
    if !state.store_answers().await {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, message!("store-unavailable")));
    }
    Ok(plain("application/health+json", json!({ "status": "pass" }).to_string()))
}

async fn metrics(Shared(state): Shared<State>) -> Result<Response, Problem> {
    let text = state.metrics().text().map_err(|why| Problem::internal(&why))?;
    Ok(plain("application/openmetrics-text; version=1.0.0; charset=utf-8", text))
}

fn plain(media_type: &'static str, body: String) -> Response {
    ([(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, "no-store")], body).into_response()
}
