//! The project over HTTP, one file a resource: JSON in and out, each handler around one service of `app::project`.
//! Called by the router of `api`.
//!
//! A write names the version it is based on; when somebody was faster the answer is 409 with what changed. Who acts
//! stands in the header `X-Lianpian-User`, which a proxy sets that asks people to sign in.

// How the service is set up.
mod config;

// The layers.
mod layers;

// The data sets on them.
mod data_sets;

// Policies and their versions.
mod policies;

// Scenarios.
mod scenarios;

// A scenario as a map shows it.
mod park;

// Decisions on parcels.
mod decisions;

// Previews of another policy.
mod preview;

// Plans.
mod plans;

// The layers as vector tiles.
mod tiles;

// Results of plans.
mod results;

// Jobs.
mod jobs;

// Uploads and imports.
mod uploads;

// Server-sent events.
mod events;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use parcels::message;
use percent_encoding::percent_decode;
use serde::Serialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::State;
use super::problem::Problem;
use super::text::{TITLE_CHARS, is_plain};
use crate::app::project::ProjectServices;
use crate::app::project::events::Who;
use crate::clock::now;
use crate::error::Error;
use crate::store::{Conflict, Project};

pub(super) use preview::LatestQuestions;
pub(super) use uploads::UPLOADS;

type Answer = Result<Response, Problem>;

/// All of it: the routes and their description.
pub(super) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(project))
        .routes(routes!(config::config))
        .routes(routes!(events::events))
        .routes(routes!(layers::layers))
        .routes(routes!(layers::layer))
        .routes(routes!(data_sets::data_sets))
        .routes(routes!(data_sets::data_set))
        .routes(routes!(data_sets::add_data_set))
        .routes(routes!(data_sets::next_year))
        .routes(routes!(policies::policies, policies::add_policy))
        .routes(routes!(policies::policy))
        .routes(routes!(scenarios::scenarios, scenarios::add_scenario))
        .routes(routes!(scenarios::scenario, scenarios::change_scenario))
        .routes(routes!(scenarios::policy_of, scenarios::change_policy))
        .routes(routes!(park::parcels))
        .routes(routes!(park::card))
        .routes(routes!(park::indicator))
        .routes(routes!(park::search))
        .routes(routes!(park::veto))
        .routes(routes!(decisions::decisions, decisions::decide))
        .routes(routes!(preview::preview))
        .routes(routes!(plans::plans_of, plans::queue))
        .routes(routes!(plans::plans))
        .routes(routes!(plans::plan))
        .routes(routes!(plans::steps, plans::step))
        .routes(routes!(plans::apply))
        .routes(routes!(tiles::description))
        .routes(routes!(tiles::tile))
        .routes(routes!(results::transfers))
        .routes(routes!(results::blocks))
        .routes(routes!(results::sub_parks))
        .routes(routes!(results::export))
        .routes(routes!(results::download))
        .routes(routes!(results::frontier))
        .routes(routes!(results::years))
        .routes(routes!(results::compare))
        .routes(routes!(uploads::upload))
        .routes(routes!(uploads::check))
        .routes(routes!(uploads::import))
        .routes(routes!(jobs::jobs))
        .routes(routes!(jobs::job, jobs::cancel))
}

/// The project that is served.
struct Served(Arc<ProjectServices>);

impl FromRequestParts<State> for Served {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &State) -> Result<Self, Problem> {
        let project = state.served_project();
        project.map(Self).ok_or_else(|| Problem::not_found(message!("plan-served-no-project")))
    }
}

/// Who acts.
struct Actor(String);

impl<S: Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(name) = parts.headers.get("x-lianpian-user") else { return Ok(Self("planner".to_owned())) };
        // Names of people are seldom ASCII, which is all that headers carry.
        let name = percent_decode(name.as_bytes()).decode_utf8().unwrap_or_default();
        let name = name.trim();
        if name.is_empty() || name.chars().count() > TITLE_CHARS || !is_plain(name) || name.contains('\n') {
            return Err(Problem::bad_request(message!("user-header-wrong")));
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
        let now = &conflict.now;
        let detail =
            message!("scenario-is-newer", id = now.id, version = now.version, based_on = conflict.based_on);
        let more = json!({ "now": now, "since": conflict.since });
        return Problem::new(StatusCode::CONFLICT, detail).with(more).into_response();
    }
    Problem::from(error).into_response()
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

/// The project itself · 项目
#[utoipa::path(get, path = "/project", tag = "project", responses((status = 200, description = "The project", body = Project)))]
async fn project(Served(project): Served) -> Response {
    said(project.store.project().await)
}
