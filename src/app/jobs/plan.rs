//! The job that plans a scenario.

use std::sync::Arc;
use std::time::Duration;

use parcels::message;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::queue::{enqueue, payload};
use crate::app::planning::plan::Search;
use crate::app::project::ProjectServices;
use crate::app::project::events::Who;
use crate::clock::now;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{JobRecord, ScenarioId};

/// The kind of these jobs.
pub(super) const PLAN: &str = "plan";

/// What a plan job is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanJob {
    /// The scenario to plan.
    pub scenario: ScenarioId,
    /// How long the search may take, seconds.
    #[serde(default)]
    pub time_limit_s: Option<f64>,
    /// How many alternatives to find.
    #[serde(default)]
    pub alternatives: usize,
    /// By how much each has to differ, as a share of the present zone's area.
    #[serde(default = "twentieth")]
    pub differ: f64,
    /// How often weights are drawn anew.
    #[serde(default)]
    pub robustness: usize,
}

fn twentieth() -> f64 {
    0.05
}

impl PlanJob {
    /// A plan of this scenario and nothing beside it.
    #[must_use]
    pub fn of(scenario: ScenarioId) -> Self {
        let (time_limit_s, alternatives, differ, robustness) = (None, 0, twentieth(), 0);
        Self { scenario, time_limit_s, alternatives, differ, robustness }
    }

    fn search(&self) -> Result<Search> {
        let seconds = |s: f64| Duration::try_from_secs_f64(s).ok().filter(|d| !d.is_zero());
        let time_limit = match self.time_limit_s {
            None => None,
            Some(s) => Some(
                seconds(s)
                    .ok_or_else(|| Error::new(ErrorKind::Usage, message!("time-limit-wrong", seconds = s)))?,
            ),
        };
        if !(self.differ > 0.0 && self.differ <= 2.0) {
            return Err(Error::new(ErrorKind::Usage, message!("differ-wrong", share = self.differ)));
        }
        let (alternatives, robustness) = (self.alternatives.min(20), self.robustness.min(1000));
        Ok(Search { time_limit, alternatives, differ: self.differ, robustness })
    }
}

/// Queues a plan of a scenario. Two requests with the same `key` are one.
///
/// # Errors
/// Of kind `NotFound` when there is no such scenario, `Usage` for a search that makes no sense.
pub async fn queue_plan(
    project: &ProjectServices,
    job: PlanJob,
    key: Option<String>,
    by: String,
) -> Result<JobRecord> {
    job.search()?;
    project.store.scenario(job.scenario).await?;
    enqueue(project, PLAN, &job, key, by).await
}

/// Plans the scenario. The plan carries the job's id, so that a second try leaves no second plan.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let ask: PlanJob = payload(job)?;
    let who = Who { by: job.by.clone(), at: now() };
    let plan = project.plans.make(ask.scenario, ask.search()?, Some(job.id), who, monitor).await?;
    Ok(json!({ "plan": plan.id }))
}
