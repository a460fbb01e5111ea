//! `/api/v1/openapi.json`: what the API promises, from the code that keeps it.

use std::collections::BTreeSet;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use parcels::policy::Policy;
use parcels::validate::Columns;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{OneOfBuilder, Type};
use utoipa::openapi::{Info, ObjectBuilder, OpenApi, Ref, RefOr, ResponseBuilder, Schema};
use utoipa::{PartialSchema as _, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::cache::etag;
use super::problem::PROBLEM_JSON;
use super::{PREFIX, State};
use crate::app::delivery::download::Exported;
use crate::app::intake::import_requests::Imported;
use crate::app::intake::inspect::Inspection;
use crate::app::project::previews::Frontier;
use crate::app::schemas::{MeaningShape, PolicyShape};
use crate::error::ToldFailure;
use crate::store::{DecisionRecord, JobRecord, PlanId, ScenarioRecord};

/// A failure (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
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
    /// Where a write was based on an older version: the scenario as it is.
    #[schema(required = false)]
    now: ScenarioRecord,
    /// The decisions made meanwhile.
    #[schema(required = false)]
    since: Vec<DecisionRecord>,
}

/// What comes of a job that has ended well, by its kind.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, clippy::large_enum_variant, reason = "its form is described, it is not made")]
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

/// The routes and their description, served with them.
pub(super) fn described(routes: OpenApiRouter<State>) -> axum::Router<State> {
    let (router, mut document) = routes.split_for_parts();
    complete(&mut document);
    tell_results(&mut document);
    let mut json = serde_json::to_value(&document).unwrap_or_default();
    tell_what_is_always_there(&mut json);
    tell_policies(&mut json);
    let text = serde_json::to_string_pretty(&json).unwrap_or_default();
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
        .content(PROBLEM_JSON, ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build())
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
    let mut found = vec![
        (JobResult::name().into_owned(), JobResult::schema()),
        (ProblemShape::name().into_owned(), ProblemShape::schema()),
    ];
    JobResult::schemas(&mut found);
    ProblemShape::schemas(&mut found);
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

/// Policies and what columns mean: their forms come from the engine, which describes them for the reference of policies
/// already, as JSON Schema, and OpenAPI takes that as it is.
fn tell_policies(document: &mut Value) {
    // What is answered is whole; what is asked may leave out what has a default.
    let answered = SchemaSettings::draft2020_12().for_serialize();
    let asked = SchemaSettings::draft2020_12().for_deserialize();
    let schemas = &mut document["components"]["schemas"];
    schemas[&*PolicyShape::name()] = of_engine::<Policy>(answered);
    schemas[&*MeaningShape::name()] = of_engine::<Columns>(asked);
}

fn of_engine<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let one_piece = settings.with(|s| {
        s.inline_subschemas = true;
        s.meta_schema = None;
    });
    one_piece.into_generator().into_root_schema_for::<T>().to_value()
}

/// What may be null in an answer is there all the same: only what may be missing altogether is not required. In what is
/// asked it is the other way round: what may be null may be left out.
fn tell_what_is_always_there(document: &mut Value) {
    let mut asked = BTreeSet::new();
    if let Value::Object(paths) = &document["paths"] {
        for operation in paths.values().filter_map(Value::as_object).flat_map(|item| item.values()) {
            reachable(&operation["requestBody"], &document["components"]["schemas"], &mut asked);
        }
    }
    let Value::Object(schemas) = &mut document["components"]["schemas"] else { return };
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !asked.contains(*name)) {
        require_nullable(schema);
    }
}

/// The names of the schemas that this one leads to.
fn reachable(from: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    match from {
        Value::Object(members) => {
            let to = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = to.and_then(|to| to.strip_prefix("#/components/schemas/"))
                && found.insert(name.to_owned())
            {
                reachable(&schemas[name], schemas, found);
            }
            members.values().for_each(|member| reachable(member, schemas, found));
        }
        Value::Array(all) => all.iter().for_each(|one| reachable(one, schemas, found)),
        _ => {}
    }
}

fn require_nullable(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let mut named = Vec::new();
            if let Some(Value::Object(properties)) = members.get_mut("properties") {
                properties.values_mut().for_each(require_nullable);
                named = properties
                    .iter()
                    .filter(|(_, of)| may_be_null(of))
                    .map(|(name, _)| json!(name))
                    .collect();
            }
            if !named.is_empty() {
                let required = members.entry("required").or_insert_with(|| json!([]));
                if let Value::Array(required) = required {
                    named.retain(|name| !required.contains(name));
                    required.append(&mut named);
                }
            }
            for part in ["items", "additionalProperties", "allOf", "anyOf", "oneOf"] {
                if let Some(part) = members.get_mut(part) {
                    require_nullable(part);
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(require_nullable),
        _ => {}
    }
}

fn may_be_null(schema: &Value) -> bool {
    let forms = |key: &str| schema[key].as_array().into_iter().flatten();
    schema["type"] == "null"
        || forms("type").any(|kind| kind == "null")
        || forms("oneOf").any(|form| form["type"] == "null")
}
