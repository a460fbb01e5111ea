//! Policies and their versions.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Actor, Served, said, told};
use crate::api::extract::Json;
use crate::api::text::Title;
use crate::store::{PolicyRecord, PolicyRef};

/// All versions of all policies · 全部政策版本
#[utoipa::path(get, path = "/policies", tag = "project", responses((status = 200, description = "All versions of all policies", body = Vec<PolicyRecord>)))]
pub(super) async fn policies(Served(project): Served) -> Response {
    said(project.store.policies().await)
}

/// One version of a policy · 一个政策版本
#[utoipa::path(get, path = "/policies/{name}/{version}", tag = "project", responses((status = 200, description = "One version of a policy", body = PolicyRecord)))]
pub(super) async fn policy(Served(project): Served, Path((name, version)): Path<(String, i64)>) -> Response {
    said(project.store.policy(&PolicyRef { name, version }).await)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPolicy {
    #[schema(value_type = String, max_length = 200)]
    name: Title,
    /// The version that was edited; 0 for a new policy.
    based_on: i64,
    text: String,
}

/// Keeps the next version of a policy · 保存政策的新版本
#[utoipa::path(post, path = "/policies", tag = "project", responses((status = 201, description = "Keeps the next version of a policy", body = PolicyRef)))]
pub(super) async fn add_policy(
    Served(project): Served,
    actor: Actor,
    Json(new): Json<NewPolicy>,
) -> Response {
    let who = actor.now();
    told(
        StatusCode::CREATED,
        project.policies.save(&new.name.into_string(), new.based_on, &new.text, who).await,
    )
}
