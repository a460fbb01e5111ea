//! Decisions on parcels.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use parcels::id::ParcelId;
use parcels::message;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Actor, Served, said, told};
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::api::text::Remark;
use crate::store::{DecisionKind, DecisionRecord, DecisionSeq, NewDecision, ScenarioId};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decide {
    /// The scenario's version that the decisions are based on.
    based_on: i64,
    decisions: Vec<Decision>,
}

/// More than a planner can mean at once; accepting the largest plan takes a few thousand.
const DECISIONS_MOST: usize = 20_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    kind: DecisionKind,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    parcel: Option<ParcelId>,
    #[serde(default)]
    undoes: Option<DecisionSeq>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    reason: Option<Remark>,
}

/// Records decisions, all or none; 409 with what changed when somebody was faster · 记录决定
#[utoipa::path(post, path = "/scenarios/{id}/decisions", tag = "project", responses((status = 201, description = "Records decisions, all or none; 409 with what changed when somebody was faster", body = Vec<DecisionRecord>)))]
pub(super) async fn decide(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Decide>,
) -> Response {
    let count = new.decisions.len();
    if count > DECISIONS_MOST {
        let detail = message!("too-many-decisions", count = count, most = DECISIONS_MOST);
        return Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).into_response();
    }
    let decisions: Vec<NewDecision> = new
        .decisions
        .into_iter()
        .map(|d| NewDecision {
            kind: d.kind,
            parcel: d.parcel,
            undoes: d.undoes,
            reason: d.reason.map(Remark::into_string),
        })
        .collect();
    let made = project.decisions.decide(ScenarioId(id), new.based_on, &decisions, actor.now()).await;
    told(StatusCode::CREATED, made)
}

/// The log of decisions, oldest first · 决定记录
#[utoipa::path(get, path = "/scenarios/{id}/decisions", tag = "project", responses((status = 200, description = "The log of decisions, oldest first", body = Vec<DecisionRecord>)))]
pub(super) async fn decisions(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.decisions(Some(ScenarioId(id)), DecisionSeq(0)).await)
}
