//! `/api/openapi.json`: what the API promises, from the code that keeps it.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::{Info, OpenApi, RefOr, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::State;
use super::cache::etag;
use super::problem::PROBLEM_JSON;

/// A failure (RFC 9457). A write that was based on an older version has more: `now`, the scenario as it is, and `since`,
/// the decisions made meanwhile.
#[derive(Serialize, ToSchema)]
#[serde(rename = "Problem")]
struct ProblemShape {
    /// A page about this kind of failure, or about:blank.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What is wrong with this request, and what to try.
    detail: String,
}

/// The routes and their description, served with them.
pub(super) fn described(routes: OpenApiRouter<State>) -> axum::Router<State> {
    let (router, mut document) = routes.split_for_parts();
    complete(&mut document);
    let text = document.to_pretty_json().unwrap_or_default();
    let answer = move || async move { answer(text) };
    router.route("/api/openapi.json", get(answer))
}

fn answer(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::ETAG, etag(&[&text])),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

/// What holds of every operation: whatever fails is a problem.
fn complete(document: &mut OpenApi) {
    document.info = Info::new("连片 lianpian", env!("CARGO_PKG_VERSION"));
    document.info.description = Some(
        "A project: layers of parcels, policies, scenarios, decisions, plans and jobs. 项目接口：图层、政策、情景、决定、方案与作业。\n\n\
         Who acts stands in the header X-Lianpian-User (percent-encoded UTF-8). Times are milliseconds since 1970, areas m², \
         scores 0 to 100, shares fractions."
            .to_owned(),
    );
    let problem = ResponseBuilder::new()
        .description("A failure 错误")
        .content(PROBLEM_JSON, ContentBuilder::new().schema(Some(ProblemShape::schema())).build())
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
}
