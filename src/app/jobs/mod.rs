//! Long work on a project: queued in it, taken up by workers, told of as it goes, and taken up again after a crash.
//!
//! The queue is the project's own: a job that leaves a plan does so in the store that holds the queue, which is what
//! makes a job that is tried twice leave one plan. Job libraries keep tables of their own beside it.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::watch;

use crate::app::delivery::download::ExportJob;
use crate::app::intake::import_requests;
use crate::app::planning::plan::Search;
use crate::app::project::services::{Event, ProjectServices, Who};
use crate::clock::now;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{JobEnd, JobRecord, Lease, Moment, NewJob, ScenarioId};

/// How long a worker holds a job without saying anything; after that others may take it.
const HOLD: Duration = Duration::from_secs(30);
/// How often a worker tells how far it is, and hears whether to stop.
const TELL: Duration = Duration::from_millis(400);
/// How long a worker without work waits before it looks again.
const LOOK: Duration = Duration::from_millis(500);

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
            Some(s) => Some(seconds(s).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("time_limit_s {s}: expected a number above 0"))
            })?),
        };
        if !(self.differ > 0.0 && self.differ <= 2.0) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("differ {}: expected a share above 0", self.differ),
            ));
        }
        let (alternatives, robustness) = (self.alternatives.min(20), self.robustness.min(1000));
        Ok(Search { time_limit, alternatives, differ: self.differ, robustness })
    }
}

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
        let what = format!("steps {}: expected 2 to {STEPS_MAX}", job.steps);
        return Err(Error::new(ErrorKind::Usage, what));
    }
    project.store().scenario(job.scenario).await?;
    queue(project, "frontier", &job, None, by).await
}

/// Queues a file of a plan.
///
/// # Errors
/// Of kind `NotFound` when there is no such plan, `Usage` for a format there is not.
pub async fn queue_export(project: &ProjectServices, job: ExportJob, by: String) -> Result<JobRecord> {
    job.format()?;
    project.store().plan(job.plan).await?;
    queue(project, "export", &job, None, by).await
}

async fn queue(
    project: &ProjectServices,
    kind: &str,
    job: &impl Serialize,
    key: Option<String>,
    by: String,
) -> Result<JobRecord> {
    let payload = serde_json::to_value(job).context(ErrorKind::Usage, "queueing a job")?;
    let queued = NewJob { kind: kind.to_owned(), payload, key, by, at: now() };
    let record = project.store().enqueue(&queued).await?;
    project.tell(Event::Job(record.clone()));
    Ok(record)
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
    project.store().scenario(job.scenario).await?;
    queue(project, "plan", &job, key, by).await
}

/// Takes jobs and does them, one after the other, until `stop` turns true. Several of these may run.
pub async fn work(project: Arc<ProjectServices>, owner: String, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match next(&project, &owner).await {
            Ok(Some((lease, job))) => {
                if let Err(why) = run(&project, &lease, job, &mut stop).await {
                    // Its lease was lost, or the store cannot be written: whoever holds the job now goes on.
                    tracing::warn!(job = lease.job.0, "a job was left: {why}");
                }
            }
            Ok(None) => {
                let _ = tokio::time::timeout(LOOK, stop.changed()).await;
            }
            Err(why) => {
                tracing::warn!("the queue cannot be read: {why}");
                let _ = tokio::time::timeout(10 * LOOK, stop.changed()).await;
            }
        }
    }
}

async fn next(project: &ProjectServices, owner: &str) -> Result<Option<(Lease, JobRecord)>> {
    let at = now();
    for job in project.store().recover_jobs(at, at).await? {
        tracing::warn!(job = job.id.0, attempts = job.attempts, "its worker is gone; the job waits again");
        project.tell(Event::Job(job));
    }
    project.store().claim_job(owner, at, held_until()).await
}

fn held_until() -> Moment {
    Moment(now().0 + HOLD.as_millis() as i64)
}

/// Hears a job's progress, and hands on the wish to stop.
#[derive(Default)]
struct Progress {
    stop: AtomicBool,
    step: Mutex<(&'static str, u64, u64)>,
}

impl Progress {
    fn now(&self) -> (&'static str, u64, u64) {
        *self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Monitor for Progress {
    fn step(&self, name: &'static str, total: u64) {
        *self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = (name, 0, total);
    }

    fn advance(&self, done: u64) {
        self.step.lock().unwrap_or_else(std::sync::PoisonError::into_inner).1 += done;
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

async fn run(
    project: &Arc<ProjectServices>,
    lease: &Lease,
    job: JobRecord,
    stop: &mut watch::Receiver<bool>,
) -> Result<()> {
    project.tell(Event::Job(job.clone()));
    let progress = Arc::new(Progress::default());
    let mut doing = {
        let (project, progress, job) = (project.clone(), progress.clone(), job.clone());
        tokio::spawn(async move { act(&project, &job, progress).await })
    };
    let mut wanted = false;
    let done = loop {
        tokio::select! {
            done = &mut doing => break done,
            _ = stop.changed() => progress.stop.store(true, Ordering::Relaxed),
            () = tokio::time::sleep(TELL) => {
                let (step, done, total) = progress.now();
                match project.store().job_progress(lease, step, done, total, held_until()).await {
                    Ok(stop) => {
                        wanted |= stop;
                        if stop {
                            progress.stop.store(true, Ordering::Relaxed);
                        }
                    }
                    Err(why) => {
                        // The job is somebody else's now; what is done here would be done twice.
                        progress.stop.store(true, Ordering::Relaxed);
                        let _ = doing.await;
                        return Err(why);
                    }
                }
                project.tell(Event::Job(project.store().job(lease.job).await?));
            }
        }
    };
    let end = match done {
        Ok(Ok(result)) => JobEnd::Done(result),
        Ok(Err(why)) if why.kind == ErrorKind::Cancelled && wanted => JobEnd::Cancelled,
        // Stopped because the service ends: the job stays held until its lease runs out, and is taken up again.
        Ok(Err(why)) if why.kind == ErrorKind::Cancelled => return Err(why),
        Ok(Err(why)) => JobEnd::Failed(why.for_people()),
        Err(panic) => JobEnd::Failed(format!("the job ended with a fault of the program: {panic}")),
    };
    let imported = job.kind == incoming::IMPORT && matches!(end, JobEnd::Done(_));
    project.tell(Event::Job(project.store().end_job(lease, &end, now()).await?));
    if imported && let Err(why) = project.show_newest().await {
        tracing::warn!("the new layer is not served: {why}");
    }
    Ok(())
}

async fn act(
    project: &ProjectServices,
    job: &JobRecord,
    progress: Arc<Progress>,
) -> Result<serde_json::Value> {
    let who = Who { by: job.by.clone(), at: now() };
    match job.kind.as_str() {
        "plan" => {
            let ask: PlanJob = asked(job)?;
            let plan = project.plan(ask.scenario, ask.search()?, Some(job.id), who, progress).await?;
            Ok(json!({ "plan": plan.id }))
        }
        "frontier" => {
            let ask: CurveJob = asked(job)?;
            told(&project.lambda_curve(ask.scenario, ask.steps, progress).await?)
        }
        "export" => told(&project.export(asked(job)?, progress).await?),
        incoming::CHECK => incoming::check(project, &job.payload, progress).await,
        incoming::IMPORT => {
            // The time it was asked for: the same at every attempt.
            let who = Who { by: job.by.clone(), at: job.created };
            incoming::import(project, job.id, &job.payload, who, progress).await
        }
        other => Err(Error::new(ErrorKind::Usage, format!("this version knows no job of kind {other}"))),
    }
}

fn asked<T: serde::de::DeserializeOwned>(job: &JobRecord) -> Result<T> {
    serde_json::from_value(job.payload.clone()).context(ErrorKind::Usage, "reading what the job is asked for")
}

fn told(result: &impl Serialize) -> Result<serde_json::Value> {
    serde_json::to_value(result).context(ErrorKind::Unwritable, "writing what came of the job")
}
