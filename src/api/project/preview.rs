//! Previews of another policy, from memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use parcels::progress::Monitor;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Served, said};
use crate::api::State;
use crate::api::extract::Json;
use crate::app::planning::preview::Preview;
use crate::app::schemas;
use crate::store::ScenarioId;

/// The latest question of each client; an older one is cancelled.
#[derive(Default)]
pub(in crate::api) struct LatestQuestions(Mutex<BTreeMap<(ScenarioId, String), Arc<Question>>>);

#[derive(Default)]
pub(super) struct Question(AtomicBool);

impl Monitor for Question {
    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many clients are remembered. Beyond that all are forgotten, and their older questions are answered as well.
const CLIENTS: usize = 10_000;

impl LatestQuestions {
    /// Registers the client's newest question and cancels the one before it.
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

/// Cancels the work when its client disconnects.
pub(super) struct Abandoned(Arc<Question>);

impl Abandoned {
    /// The monitor that is cancelled then.
    pub(super) fn monitor(&self) -> Arc<dyn Monitor + Send> {
        self.0.clone()
    }
}

/// A question that is cancelled when its client disconnects.
pub(super) fn abandonable() -> Abandoned {
    Abandoned(Arc::default())
}

impl Drop for Abandoned {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// Names the client, so that its newer question ends the older one.
    #[serde(default)]
    client: String,
    /// A part of a policy, merged into the scenario's (RFC 7386).
    #[schema(value_type = schemas::PolicyChange)]
    change: Value,
}

/// What a change to the policy would lead to, from memory; a newer question of the same client ends this one · 政策变化的即时预览
#[utoipa::path(post, path = "/scenarios/{id}/preview", tag = "project", responses((status = 200, description = "What a change to the policy would lead to, from memory; a newer question of the same client ends this one", body = Preview)))]
pub(super) async fn preview(
    Shared(state): Shared<State>,
    Served(project): Served,
    Path(id): Path<i64>,
    Json(ask): Json<Ask>,
) -> Response {
    let scenario = ScenarioId(id);
    let question = match ask.client.as_str() {
        "" => Arc::default(),
        client => state.questions().newest(scenario, client),
    };
    let _abandoned = Abandoned(question.clone());
    said(project.previews.of_change(scenario, ask.change, question).await)
}
