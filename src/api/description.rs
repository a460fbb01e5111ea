//! `/api/v1/openapi.json`: what the API promises, from the code that keeps it.

use std::collections::BTreeMap;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Serialize;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::{Info, ObjectBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::cache::etag;
use super::problem::PROBLEM_JSON;
use super::{PREFIX, State};
use crate::app::delivery::download::Exported;
use crate::app::project::previews::Frontier;
use crate::error::ToldFailure;
use crate::store::{JobRecord, PlanId, PolicyRef, ScenarioId};

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
    /// What is wrong with this request, why, and what to try, in the language of Accept-Language or of `lang` in the address:
    /// English or Chinese.
    detail: String,
    /// The same as messages.
    #[serde(flatten)]
    failure: ToldFailure,
}

/// What comes of a job that has ended well, by its kind.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "its form is described, it is not made")]
enum JobResult {
    /// Of a plan.
    Plan(Planned),
    /// Of a frontier.
    Frontier(Frontier),
    /// Of an export.
    Export(Exported),
    /// Of an import.
    Import(Imported),
    /// Of a check.
    Check(Inspection),
}

/// What planning left.
#[derive(Serialize, ToSchema)]
struct Planned {
    /// The plan.
    plan: PlanId,
}

/// What an import left.
#[derive(Serialize, ToSchema)]
struct Imported {
    /// The layer.
    layer: String,
    /// The policy.
    policy: PolicyRef,
    /// The scenario.
    scenario: ScenarioId,
}

/// What a check found in uploads. Lists and events leave it out, for its size; the job itself has it.
#[derive(Serialize, ToSchema)]
struct Inspection {
    /// The layers in the file.
    layers: Vec<String>,
    /// The one that was read.
    layer: String,
    /// The encoding of its text.
    encoding: String,
    /// Features in it.
    features: u64,
    /// Parcels that can be used.
    parcels: u64,
    /// Their area on the ellipsoid.
    area_m2: f64,
    /// West, south, east and north of them, degrees; none on a local grid.
    bounds: Option<[f64; 4]>,
    /// How many defects there are of each kind.
    issue_counts: BTreeMap<String, u64>,
}

/// The routes and their description, served with them.
pub(super) fn described(routes: OpenApiRouter<State>) -> axum::Router<State> {
    let (router, mut document) = routes.split_for_parts();
    complete(&mut document);
    tell_results(&mut document);
    let text = document.to_pretty_json().unwrap_or_default();
    let answer = move || async move { answer(text) };
    router.route(&format!("{PREFIX}/openapi.json"), get(answer))
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

/// What a job comes to is kept as it was made; which forms it has, only the kinds of jobs say.
fn tell_results(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    let mut found = vec![(JobResult::name().into_owned(), JobResult::schema())];
    JobResult::schemas(&mut found);
    for nested in [Planned::schemas, Frontier::schemas, Exported::schemas, Imported::schemas] {
        nested(&mut found);
    }
    components.schemas.extend(found);
    let result = OneOfBuilder::new()
        .description(Some("What came of it, once it is done."))
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .item(Ref::from_schema_name(JobResult::name()))
        .build();
    if let Some(RefOr::T(Schema::Object(job))) = components.schemas.get_mut(&*JobRecord::name()) {
        job.properties.insert("result".to_owned(), Schema::OneOf(result).into());
    }
}
