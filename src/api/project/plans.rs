//! Plans: made, looked at, signed, applied.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Actor, Answer, Served, refused, said, told};
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::api::text::Remark;
use crate::app::jobs::plan::{PlanJob, queue_plan};
use crate::app::schemas::PlanRecord;
use crate::store::{DataSetRecord, JobRecord, PlanId, PlanStatus, PlanStep, ScenarioId, StoredPlan};

/// All plans · 全部方案
#[utoipa::path(get, path = "/plans", tag = "project", responses((status = 200, description = "All plans", body = Vec<StoredPlan>)))]
pub(super) async fn plans(Served(project): Served) -> Response {
    said(project.store.plans(None).await)
}

/// The plans of a scenario · 情景的方案
#[utoipa::path(get, path = "/scenarios/{id}/plans", tag = "project", responses((status = 200, description = "The plans of a scenario", body = Vec<StoredPlan>)))]
pub(super) async fn plans_of(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.plans(Some(ScenarioId(id))).await)
}

/// A plan with its record, as plan.json has it · 方案及其 plan.json
#[utoipa::path(get, path = "/plans/{id}", tag = "project", responses((status = 200, description = "A plan with its record, as plan.json has it", body = PlanWithRecord)))]
pub(super) async fn plan(Served(project): Served, Path(id): Path<i64>) -> Answer {
    let id = PlanId(id);
    let (plan, content) = (project.store.plan(id).await, project.store.plan_content(id).await);
    match plan.and_then(|plan| Ok((plan, content?))) {
        Ok((plan, content)) => {
            let record: Value =
                serde_json::from_str(&content.record).map_err(|why| Problem::internal(&why))?;
            Ok(axum::Json(PlanWithRecord { plan, record }).into_response())
        }
        Err(error) => Ok(refused(&error)),
    }
}

/// How a plan came to its status · 方案状态的经过
#[utoipa::path(get, path = "/plans/{id}/steps", tag = "project", responses((status = 200, description = "How a plan came to its status", body = Vec<PlanStep>)))]
pub(super) async fn steps(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.plan_steps(PlanId(id)).await)
}

/// A plan and what it says.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanWithRecord {
    plan: StoredPlan,
    /// `plan.json`.
    #[schema(value_type = PlanRecord)]
    record: Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    from: PlanStatus,
    to: PlanStatus,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    reason: Option<Remark>,
}

/// Takes a plan a step further: submit, approve, reject; 409 with the rules that a plan breaks, 422 where one that misses a soft rule needs a reason · 提交、批准或退回方案
#[utoipa::path(post, path = "/plans/{id}/steps", tag = "project", responses((status = 200, description = "The plan", body = StoredPlan)))]
pub(super) async fn step(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Step>,
) -> Response {
    let reason = new.reason.map(Remark::into_string);
    said(project.plans.step(PlanId(id), new.from, new.to, reason, actor.now()).await)
}

/// Makes the next data set from an approved plan · 以批准的方案生成下一版数据集
#[utoipa::path(post, path = "/plans/{id}/apply", tag = "project", responses((status = 201, description = "Makes the next data set from an approved plan", body = DataSetRecord)))]
pub(super) async fn apply(Served(project): Served, actor: Actor, Path(id): Path<i64>) -> Response {
    told(StatusCode::CREATED, project.plans.apply(PlanId(id), actor.now()).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Queue {
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

/// Queues a plan around the decisions · 按决定重新规划（作业）
#[utoipa::path(post, path = "/scenarios/{id}/plans", tag = "project", responses((status = 202, description = "Queues a plan around the decisions", body = JobRecord)))]
pub(super) async fn queue(
    Served(project): Served,
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
    told(StatusCode::ACCEPTED, queue_plan(&project, job, new.key, actor.0).await)
}
