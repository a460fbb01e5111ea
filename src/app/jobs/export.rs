//! The job that makes a file of a plan for download.

use std::sync::Arc;

use parcels::progress::Monitor;
use serde_json::Value;

use super::queue::{enqueue, payload, result};
use crate::app::delivery::download::ExportJob;
use crate::app::project::ProjectServices;
use crate::error::Result;
use crate::store::JobRecord;

/// The kind of these jobs.
pub(super) const EXPORT: &str = "export";

/// Queues a file of a plan.
///
/// # Errors
/// Of kind `NotFound` when there is no such plan, `Usage` for a format there is not.
pub async fn queue_export(project: &ProjectServices, job: ExportJob, by: String) -> Result<JobRecord> {
    job.format()?;
    project.store.plan(job.plan).await?;
    enqueue(project, EXPORT, &job, None, by).await
}

/// Makes the file.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    result(&project.exports.make(payload(job)?, monitor).await?)
}
