//! Which kinds of jobs there are, and what each runs.

use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use serde_json::Value;

use super::{check, curve, export, import, plan};
use crate::app::intake::import_requests::{CHECK, IMPORT};
use crate::app::project::ProjectServices;
use crate::error::{Error, ErrorKind, Result};
use crate::store::JobRecord;

/// Does a job; returns what came of it.
///
/// # Errors
/// Those of the job; of kind `Usage` for a kind of job that this version does not know.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    match job.kind.as_str() {
        plan::PLAN => plan::run(project, job, monitor).await,
        curve::CURVE => curve::run(project, job, monitor).await,
        export::EXPORT => export::run(project, job, monitor).await,
        CHECK => check::run(project, job, monitor).await,
        IMPORT => import::run(project, job, monitor).await,
        other => Err(Error::new(ErrorKind::Usage, message!("no-such-job-kind", kind = other))),
    }
}
