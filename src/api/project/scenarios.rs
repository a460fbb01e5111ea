//! Scenarios.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Actor, Served, said, told};
use crate::api::extract::Json;
use crate::api::text::Title;
use crate::app::project::scenarios::{ListedScenario, ScenarioPolicy};
use crate::app::schemas;
use crate::store::{DataSetId, PolicyRef, ScenarioChange, ScenarioId, ScenarioRecord};

/// All scenarios · 全部情景
#[utoipa::path(get, path = "/scenarios", tag = "project", responses((status = 200, description = "All scenarios", body = Vec<ListedScenario>)))]
pub(super) async fn scenarios(Served(project): Served) -> Response {
    said(project.scenarios.list().await)
}

/// One scenario · 一个情景
#[utoipa::path(get, path = "/scenarios/{id}", tag = "project", responses((status = 200, description = "One scenario", body = ScenarioRecord)))]
pub(super) async fn scenario(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.scenario(ScenarioId(id)).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AddScenario {
    #[schema(value_type = String, max_length = 200)]
    title: Title,
    #[schema(value_type = String)]
    data_set: DataSetId,
    policy: PolicyRef,
    /// A scenario of the same data set: what stands decided there is decided here too.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    copy_of: Option<ScenarioId>,
}

/// Makes a scenario · 新建情景
#[utoipa::path(post, path = "/scenarios", tag = "project", responses((status = 201, description = "Makes a scenario", body = ScenarioRecord)))]
pub(super) async fn add_scenario(
    Served(project): Served,
    actor: Actor,
    Json(new): Json<AddScenario>,
) -> Response {
    let title = new.title.into_string();
    let made = match new.copy_of {
        Some(of) => project.scenarios.copy(of, title, actor.now()).await,
        None => project.scenarios.add(title, new.data_set, new.policy, actor.now()).await,
    };
    told(StatusCode::CREATED, made)
}

/// The policy of a scenario in full · 情景的政策全文
#[utoipa::path(get, path = "/scenarios/{id}/policy", tag = "project", responses((status = 200, description = "The policy", body = ScenarioPolicy)))]
pub(super) async fn policy_of(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.scenarios.policy(ScenarioId(id)).await)
}

/// A change to a policy.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangePolicy {
    /// The scenario's version that the change is based on.
    based_on: i64,
    /// A part of a policy, merged into the scenario's (RFC 7386).
    #[schema(value_type = schemas::PolicyChange)]
    change: Value,
}

/// Keeps a changed policy as its next version, which the scenario follows from then on; 409 when somebody was faster · 保存政策并用于情景
#[utoipa::path(post, path = "/scenarios/{id}/policy", tag = "project", responses((status = 200, description = "The scenario", body = ScenarioRecord)))]
pub(super) async fn change_policy(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<ChangePolicy>,
) -> Response {
    said(project.scenarios.change_policy(ScenarioId(id), new.based_on, &new.change, actor.now()).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeScenario {
    based_on: i64,
    #[schema(value_type = Option<String>, max_length = 200)]
    title: Option<Title>,
    policy: Option<PolicyRef>,
    archived: Option<bool>,
}

/// Changes title, policy or whether it is put away; 409 when somebody was faster · 修改情景
#[utoipa::path(patch, path = "/scenarios/{id}", tag = "project", responses((status = 200, description = "Changes title, policy or whether it is put away; 409 when somebody was faster", body = ScenarioRecord)))]
pub(super) async fn change_scenario(
    Served(project): Served,
    Path(id): Path<i64>,
    Json(new): Json<ChangeScenario>,
) -> Response {
    let change = ScenarioChange {
        title: new.title.map(Title::into_string),
        policy: new.policy,
        archived: new.archived,
    };
    said(project.scenarios.change(ScenarioId(id), new.based_on, &change).await)
}
