//! A worker: takes jobs from the queue, runs them, reports their progress, and cancels them on request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parcels::message;
use parcels::progress::Monitor;
use tokio::sync::watch;

use super::registry;
use crate::app::intake::import_requests::IMPORT;
use crate::app::project::ProjectServices;
use crate::app::project::events::Event;
use crate::error::{ErrorKind, Result};
use crate::store::{JobEnd, JobRecord, Lease};

/// How long a worker holds a job without saying anything; after that others may take it.
const HOLD: Duration = Duration::from_secs(30);
/// How often a worker tells how far it is, and hears whether to stop.
const TELL: Duration = Duration::from_millis(400);
/// How long a worker without work waits before it looks again.
const LOOK: Duration = Duration::from_millis(500);

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
    for job in project.store.recover_jobs().await? {
        tracing::warn!(job = job.id.0, attempts = job.attempts, "its worker is gone; the job waits again");
        project.events.tell(Event::job(job));
    }
    project.store.claim_job(owner, HOLD).await
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
    project.events.tell(Event::job(job.clone()));
    let progress = Arc::new(Progress::default());
    let mut doing = {
        let (project, progress, job) = (project.clone(), progress.clone(), job.clone());
        tokio::spawn(async move { registry::run(&project, &job, progress).await })
    };
    let mut wanted = false;
    let done = loop {
        tokio::select! {
            done = &mut doing => break done,
            _ = stop.changed() => progress.stop.store(true, Ordering::Relaxed),
            () = tokio::time::sleep(TELL) => {
                let (step, done, total) = progress.now();
                match project.store.job_progress(lease, step, done, total, HOLD).await {
                    Ok(stop) => {
                        wanted |= stop;
                        if stop {
                            progress.stop.store(true, Ordering::Relaxed);
                        }
                    }
                    // It may have been heard all the same, and is tried again soon: the lease holds for a while.
                    Err(why) if why.kind != ErrorKind::Conflict => {
                        tracing::warn!(job = lease.job.0, "its progress is not written: {}", why.for_people());
                        continue;
                    }
                    Err(why) => {
                        // The job is somebody else's now; what is done here would be done twice.
                        progress.stop.store(true, Ordering::Relaxed);
                        let _ = doing.await;
                        return Err(why);
                    }
                }
                if let Ok(now) = project.store.job(lease.job).await {
                    project.events.tell(Event::job(now));
                }
            }
        }
    };
    let end = match done {
        Ok(Ok(result)) => JobEnd::Done(result),
        Ok(Err(why)) if why.kind == ErrorKind::Cancelled && wanted => JobEnd::Cancelled,
        // Stopped because the service ends: it waits for the next one to start.
        Ok(Err(why)) if why.kind == ErrorKind::Cancelled => {
            project.events.tell(Event::job(project.store.release_job(lease).await?));
            return Ok(());
        }
        Ok(Err(why)) => JobEnd::Failed(why.failure()),
        Err(panic) => JobEnd::Failed(message!("job-fault", panic = panic.to_string()).into()),
    };
    let imported = job.kind == IMPORT && matches!(end, JobEnd::Done(_));
    project.events.tell(Event::job(ended(project, lease, &end).await?));
    if imported && let Err(why) = project.publishing.publish_newest().await {
        tracing::warn!("the new layer is not served: {why}");
    }
    Ok(())
}

/// Writes down how a job ended. Where the store cannot be written for a while, it is tried as long as the lease holds.
async fn ended(project: &ProjectServices, lease: &Lease, end: &JobEnd) -> Result<JobRecord> {
    let begun = tokio::time::Instant::now();
    loop {
        match project.store.end_job(lease, end).await {
            Err(why) if why.kind != ErrorKind::Conflict && begun.elapsed() < HOLD => {
                tracing::warn!(job = lease.job.0, "its end is not written: {}", why.for_people());
                tokio::time::sleep(LOOK).await;
            }
            written => return written,
        }
    }
}
