//! Scenarios.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use parcels::id::LayerId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Actor, Served, said, told};
use crate::api::extract::Json;
use crate::store::{PolicyRef, ScenarioChange, ScenarioId, ScenarioRecord};

/// All scenarios · 全部情景
#[utoipa::path(get, path = "/api/scenarios", tag = "project", responses((status = 200, description = "All scenarios", body = Vec<ScenarioRecord>)))]
pub(super) async fn scenarios(Served(workshop): Served) -> Response {
    said(workshop.store().scenarios().await)
}

/// One scenario · 一个情景
#[utoipa::path(get, path = "/api/scenarios/{id}", tag = "project", responses((status = 200, description = "One scenario", body = ScenarioRecord)))]
pub(super) async fn scenario(Served(workshop): Served, Path(id): Path<i64>) -> Response {
    said(workshop.store().scenario(ScenarioId(id)).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddScenario {
    title: String,
    #[schema(value_type = String)]
    layer: LayerId,
    policy: PolicyRef,
}

/// Makes a scenario · 新建情景
#[utoipa::path(post, path = "/api/scenarios", tag = "project", responses((status = 201, description = "Makes a scenario", body = ScenarioRecord)))]
pub(super) async fn add_scenario(
    Served(workshop): Served,
    actor: Actor,
    Json(new): Json<AddScenario>,
) -> Response {
    told(StatusCode::CREATED, workshop.add_scenario(new.title, new.layer, new.policy, actor.now()).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeScenario {
    based_on: i64,
    title: Option<String>,
    policy: Option<PolicyRef>,
    archived: Option<bool>,
}

/// Changes title, policy or whether it is put away; 409 when somebody was faster · 修改情景
#[utoipa::path(patch, path = "/api/scenarios/{id}", tag = "project", responses((status = 200, description = "Changes title, policy or whether it is put away; 409 when somebody was faster", body = ScenarioRecord)))]
pub(super) async fn change_scenario(
    Served(workshop): Served,
    Path(id): Path<i64>,
    Json(new): Json<ChangeScenario>,
) -> Response {
    let change = ScenarioChange { title: new.title, policy: new.policy, archived: new.archived };
    said(workshop.change_scenario(ScenarioId(id), new.based_on, &change).await)
}
