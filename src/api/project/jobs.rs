//! Jobs: long work that goes on after its request.

use axum::extract::Path;
use axum::response::Response;

use super::{Served, said};
use crate::app::intake::import_requests::brief;
use crate::store::{JobId, JobRecord};

/// How many jobs are listed.
const JOBS_LISTED: u32 = 200;

/// The newest jobs, newest first · 最近的作业
#[utoipa::path(get, path = "/jobs", tag = "project", responses((status = 200, description = "The newest jobs, newest first", body = Vec<JobRecord>)))]
pub(super) async fn jobs(Served(project): Served) -> Response {
    let jobs = project.store.jobs(JOBS_LISTED).await;
    said(jobs.map(|jobs| jobs.into_iter().map(brief).collect::<Vec<_>>()))
}

/// One job · 一个作业
#[utoipa::path(get, path = "/jobs/{id}", tag = "project", responses((status = 200, description = "One job", body = JobRecord)))]
pub(super) async fn job(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.job(JobId(id)).await)
}

/// Asks a job to stop · 取消作业
#[utoipa::path(delete, path = "/jobs/{id}", tag = "project", responses((status = 200, description = "Asks a job to stop", body = JobRecord)))]
pub(super) async fn cancel(Served(project): Served, Path(id): Path<i64>) -> Response {
    said(project.store.cancel_job(JobId(id)).await)
}
