//! The job that draws the curve over λ of a scenario.

use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::queue::{enqueue, payload, result};
use crate::app::project::ProjectServices;
use crate::error::{Error, ErrorKind, Result};
use crate::store::{JobRecord, ScenarioId};

/// The kind of these jobs.
pub(super) const CURVE: &str = "frontier";

/// What a curve is asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurveJob {
    /// The scenario.
    pub scenario: ScenarioId,
    /// How many points.
    pub steps: usize,
}

/// Most points of a curve.
const STEPS_MAX: usize = 41;

/// Queues the curve over λ of a scenario.
///
/// # Errors
/// Of kind `NotFound` when there is no such scenario, `Usage` for a number of points that makes no curve.
pub async fn queue_curve(project: &ProjectServices, job: CurveJob, by: String) -> Result<JobRecord> {
    if !(2..=STEPS_MAX).contains(&job.steps) {
        let what = message!("steps-expected", steps = job.steps, most = STEPS_MAX);
        return Err(Error::new(ErrorKind::Usage, what));
    }
    project.store.scenario(job.scenario).await?;
    enqueue(project, CURVE, &job, None, by).await
}

/// Draws the curve.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let ask: CurveJob = payload(job)?;
    result(&project.previews.lambda_curve(ask.scenario, ask.steps, monitor).await?)
}
