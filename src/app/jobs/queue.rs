//! The project's queue of jobs: putting one in, reading what it asks for, writing what came of it.
//!
//! The queue lies in the project's own store: a job that leaves a plan does so in the same store, so that a job that is
//! tried twice leaves one plan. Job libraries keep tables of their own.

use parcels::message;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::project::ProjectServices;
use crate::app::project::events::Event;
use crate::clock::now;
use crate::error::{Context as _, ErrorKind, Result};
use crate::store::{JobRecord, NewJob};

/// Queues a job and tells of it. Two requests with the same `key` are one.
pub(super) async fn enqueue(
    project: &ProjectServices,
    kind: &str,
    job: &impl Serialize,
    key: Option<String>,
    by: String,
) -> Result<JobRecord> {
    let payload = serde_json::to_value(job).context(ErrorKind::Usage, message!("queueing-job"))?;
    let queued = NewJob { kind: kind.to_owned(), payload, key, by, at: now() };
    let record = project.store.enqueue(&queued).await?;
    project.events.tell(Event::job(record.clone()));
    Ok(record)
}

/// What a job asks for.
pub(super) fn payload<T: DeserializeOwned>(job: &JobRecord) -> Result<T> {
    serde_json::from_value(job.payload.clone()).context(ErrorKind::Usage, message!("reading-job"))
}

/// What came of a job.
pub(super) fn result(result: &impl Serialize) -> Result<Value> {
    serde_json::to_value(result).context(ErrorKind::Unwritable, message!("writing-job-result"))
}
