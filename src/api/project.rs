//! The project over HTTP: `/api/…`, JSON in and out.
//!
//! A write names the version it is based on; when somebody was faster the answer is 409 with what changed. Who acts
//! stands in the header `X-Lianpian-User`, which a proxy sets that asks people to sign in.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{FromRequestParts, Path, State as Shared};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use parcels::id::{LayerId, ParcelId};
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt as _};

use super::State;
use super::extract::Json;
use super::problem::Problem;
use crate::app::jobs::{PlanJob, queue_plan};
use crate::app::workshop::{Event, Who, Workshop};
use crate::clock::now;
use crate::error::{Error, ErrorKind};
use crate::store::{
    Conflict, DecisionKind, DecisionSeq, JobId, NewDecision, PlanId, PlanStatus, PolicyRef, ScenarioChange,
    ScenarioId,
};

type Answer = Result<Response, Problem>;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/api/project", get(project))
        .route("/api/events", get(events))
        .route("/api/layers", get(layers))
        .route("/api/layers/{id}", get(layer))
        .route("/api/policies", get(policies).post(add_policy))
        .route("/api/policies/{name}/{version}", get(policy))
        .route("/api/scenarios", get(scenarios).post(add_scenario))
        .route("/api/scenarios/{id}", get(scenario).patch(change_scenario))
        .route("/api/scenarios/{id}/decisions", get(decisions).post(decide))
        .route("/api/scenarios/{id}/preview", post(preview))
        .route("/api/scenarios/{id}/plans", get(plans_of).post(queue))
        .route("/api/plans", get(plans))
        .route("/api/plans/{id}", get(plan))
        .route("/api/plans/{id}/steps", get(steps).post(step))
        .route("/api/plans/{id}/apply", post(apply))
        .route("/api/jobs", get(jobs))
        .route("/api/jobs/{id}", get(job).delete(cancel))
}

/// The project that is served.
struct Served(Arc<Workshop>);

impl FromRequestParts<State> for Served {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &State) -> Result<Self, Problem> {
        let workshop = state.workshop();
        workshop.map(Self).ok_or_else(|| {
            Problem::not_found(
                "a written plan is served, no project; `lianpian serve --project FILE` serves one",
            )
        })
    }
}

/// Who acts.
struct Actor(String);

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(name) = parts.headers.get("x-lianpian-user") else { return Ok(Self("planner".to_owned())) };
        let name = name.to_str().unwrap_or_default().trim();
        if name.is_empty() || name.len() > 200 {
            return Err(Problem::bad_request("X-Lianpian-User: expected a name of at most 200 letters"));
        }
        Ok(Self(name.to_owned()))
    }
}

impl Actor {
    fn now(self) -> Who {
        Who { by: self.0, at: now() }
    }
}

/// A failure of a use case as a client may see it.
fn refused(error: &Error) -> Response {
    if let Some(conflict) = Conflict::of(error) {
        let detail = format!("{conflict}; read what changed and decide again");
        let more = json!({ "now": conflict.now, "since": conflict.since });
        return Problem::new(StatusCode::CONFLICT, detail).with(more);
    }
    let status = match error.kind {
        ErrorKind::Usage => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::Impossible => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::Cancelled => StatusCode::CONFLICT,
        ErrorKind::Unreadable | ErrorKind::Unwritable => {
            return Problem::internal(&error.for_people()).into_response();
        }
    };
    Problem::new(status, error.for_people()).into_response()
}

fn said<T: Serialize>(result: crate::error::Result<T>) -> Response {
    told(StatusCode::OK, result)
}

fn told<T: Serialize>(status: StatusCode, result: crate::error::Result<T>) -> Response {
    match result {
        Ok(value) => (status, axum::Json(value)).into_response(),
        Err(error) => refused(&error),
    }
}

async fn project(Served(workshop): Served) -> Response {
    said(workshop.store().project().await)
}

async fn layers(Served(workshop): Served) -> Response {
    said(workshop.store().layers().await)
}

async fn layer(Served(workshop): Served, Path(id): Path<String>) -> Response {
    let id = LayerId(id);
    let (layer, report) = (workshop.store().layer(&id).await, workshop.store().layer_report(&id).await);
    said(layer.and_then(|layer| Ok(json!({ "layer": layer, "report": report? }))))
}

async fn policies(Served(workshop): Served) -> Response {
    said(workshop.store().policies().await)
}

async fn policy(Served(workshop): Served, Path((name, version)): Path<(String, i64)>) -> Response {
    said(workshop.store().policy(&PolicyRef { name, version }).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPolicy {
    name: String,
    /// The version that was edited; 0 for a new policy.
    based_on: i64,
    text: String,
}

async fn add_policy(Served(workshop): Served, actor: Actor, Json(new): Json<NewPolicy>) -> Response {
    let who = actor.now();
    told(StatusCode::CREATED, workshop.save_policy(&new.name, new.based_on, &new.text, who).await)
}

async fn scenarios(Served(workshop): Served) -> Response {
    said(workshop.store().scenarios().await)
}

async fn scenario(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().scenario(ScenarioId(id)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddScenario {
    title: String,
    layer: LayerId,
    policy: PolicyRef,
}

async fn add_scenario(Served(workshop): Served, actor: Actor, Json(new): Json<AddScenario>) -> Response {
    told(StatusCode::CREATED, workshop.add_scenario(new.title, new.layer, new.policy, actor.now()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeScenario {
    based_on: i64,
    title: Option<String>,
    policy: Option<PolicyRef>,
    archived: Option<bool>,
}

async fn change_scenario(
    Served(workshop): Served,
    Path(id): Path<i64>,
    Json(new): Json<ChangeScenario>,
) -> Response {
    let change = ScenarioChange { title: new.title, policy: new.policy, archived: new.archived };
    said(workshop.change_scenario(ScenarioId(id), new.based_on, &change).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decide {
    /// The scenario's version that the decisions are based on.
    based_on: i64,
    decisions: Vec<Decision>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decision {
    kind: DecisionKind,
    #[serde(default)]
    parcel: Option<ParcelId>,
    #[serde(default)]
    undoes: Option<DecisionSeq>,
    #[serde(default)]
    reason: Option<String>,
}

async fn decide(
    Served(workshop): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Decide>,
) -> Response {
    let decisions: Vec<NewDecision> = new
        .decisions
        .into_iter()
        .map(|d| NewDecision { kind: d.kind, parcel: d.parcel, undoes: d.undoes, reason: d.reason })
        .collect();
    let made = workshop.decide(ScenarioId(id), new.based_on, &decisions, actor.now()).await;
    told(StatusCode::CREATED, made)
}

async fn decisions(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().decisions(Some(ScenarioId(id)), DecisionSeq(0)).await)
}

async fn plans(Served(workshop): Served) -> Response {
    said(workshop.store().plans(None).await)
}

async fn plans_of(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().plans(Some(ScenarioId(id))).await)
}

/// A plan with its record, as `plan.json` has it.
async fn plan(Served(workshop): Served, Path(id): Path<i64>) -> Answer {
    let id = PlanId(id);
    let (plan, content) = (workshop.store().plan(id).await, workshop.store().plan_content(id).await);
    match plan.and_then(|plan| Ok((plan, content?))) {
        Ok((plan, content)) => {
            let record: Value =
                serde_json::from_str(&content.record).map_err(|why| Problem::internal(&why))?;
            Ok(axum::Json(json!({ "plan": plan, "record": record })).into_response())
        }
        Err(error) => Ok(refused(&error)),
    }
}

async fn steps(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().plan_steps(PlanId(id)).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    from: PlanStatus,
    to: PlanStatus,
    #[serde(default)]
    reason: Option<String>,
}

async fn step(
    Served(workshop): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Step>,
) -> Response {
    said(workshop.move_plan(PlanId(id), new.from, new.to, new.reason, actor.now()).await)
}

async fn apply(Served(workshop): Served, actor: Actor, Path(id): Path<i64>) -> Response {
    told(StatusCode::CREATED, workshop.apply(PlanId(id), actor.now()).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Queue {
    /// Two requests with the same key are one job.
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    time_limit_s: Option<f64>,
    #[serde(default)]
    alternatives: usize,
    #[serde(default)]
    differ: Option<f64>,
    #[serde(default)]
    robustness: usize,
}

async fn queue(
    Served(workshop): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Queue>,
) -> Response {
    let job = PlanJob {
        scenario: ScenarioId(id),
        time_limit_s: new.time_limit_s,
        alternatives: new.alternatives,
        differ: new.differ.unwrap_or(0.05),
        robustness: new.robustness,
    };
    told(StatusCode::ACCEPTED, queue_plan(&workshop, job, new.key, actor.0).await)
}

/// How many jobs are listed.
const JOBS_LISTED: u32 = 200;

async fn jobs(Served(workshop): Served) -> Response {
    said(workshop.store().jobs(JOBS_LISTED).await)
}

async fn job(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().job(JobId(id)).await)
}

async fn cancel(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().cancel_job(JobId(id), now()).await)
}

/// A question that a later one of the same client makes stale.
#[derive(Default)]
pub(super) struct Asked(Mutex<BTreeMap<(ScenarioId, String), Arc<Question>>>);

#[derive(Default)]
struct Question(AtomicBool);

impl Monitor for Question {
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Clients that are remembered; when there are more, all are forgotten, and what they asked before is answered as well.
const CLIENTS: usize = 10_000;

impl Asked {
    /// The question is the client's newest: the one before it is stale.
    fn newest(&self, scenario: ScenarioId, client: &str) -> Arc<Question> {
        let question = Arc::new(Question::default());
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= CLIENTS {
            all.clear();
        }
        if let Some(stale) = all.insert((scenario, client.to_owned()), question.clone()) {
            stale.0.store(true, Ordering::Relaxed);
        }
        question
    }
}

/// Stops the work for a client that has gone.
struct Abandoned(Arc<Question>);

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    /// Names the client, so that its newer question ends the older one.
    #[serde(default)]
    client: String,
    /// A part of a policy, merged into the scenario's (RFC 7386).
    change: Value,
}

async fn preview(
    Shared(state): Shared<State>,
    Served(workshop): Served,
    Path(id): Path<i64>,
    Json(ask): Json<Ask>,
) -> Response {
    let scenario = ScenarioId(id);
    let question = match ask.client.as_str() {
        "" => Arc::default(),
        client => state.asked().newest(scenario, client),
    };
    let _abandoned = Abandoned(question.clone());
    said(workshop.preview(scenario, ask.change, question).await)
}

/// What happens to the project, as server-sent events. Who falls behind is told to read everything anew.
async fn events(
    Served(workshop): Served,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static> {
    let heard = BroadcastStream::new(workshop.listen());
    let heard = heard.take_while(|event| !matches!(event, Ok(Event::Closing))).map(|event| {
        let event = match event {
            Ok(event) => serde_json::to_value(event).ok(),
            Err(_) => None,
        };
        let event = event.unwrap_or_else(|| json!({ "event": "missed", "data": null }));
        let name = event["event"].as_str().unwrap_or("missed").to_owned();
        Ok(sse::Event::default().event(name).data(event["data"].to_string()))
    });
    Sse::new(heard).keep_alive(KeepAlive::default())
}
