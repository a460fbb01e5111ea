//! The job that looks into uploads.

use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use serde_json::Value;

use super::queue::{enqueue, payload};
use crate::app::intake::import_requests::{CHECK, CheckJob, plain_name};
use crate::app::intake::sandbox::Task;
use crate::app::project::ProjectServices;
use crate::error::{Context as _, ErrorKind, Result};
use crate::store::JobRecord;
use crate::threads::blocking;

/// Queues a check of uploads.
///
/// # Errors
/// Of kind `NotFound` for an upload that is not there.
pub async fn queue_check(project: &ProjectServices, job: CheckJob, by: String) -> Result<JobRecord> {
    for (name, upload) in &job.incoming.files {
        if job.kept.get(name) != Some(upload) {
            project.uploads.path(upload)?;
        }
    }
    enqueue(project, CHECK, &job, None, by).await
}

/// Does a check.
pub(super) async fn run(
    project: &ProjectServices,
    job: &JobRecord,
    monitor: Arc<dyn Monitor + Send>,
) -> Result<Value> {
    let CheckJob { incoming, kept, columns } = payload(job)?;
    let (reader, uploads, scratch) =
        (project.data_sets.reader().clone(), project.uploads.clone(), project.data_sets.scratch().to_owned());
    let laying = message!("laying-uploads-out");
    std::fs::create_dir_all(&scratch).context(ErrorKind::Unwritable, &laying)?;
    let folder = tempfile::tempdir_in(&scratch).context(ErrorKind::Unwritable, &laying)?;
    for (name, hash) in &kept {
        project.store.write_file(hash, &folder.path().join(plain_name(name)?)).await?;
    }
    blocking(move || {
        let sent = incoming.files.iter().filter(|(name, hash)| kept.get(*name) != Some(hash));
        uploads.lay_out(sent.map(|(name, hash)| (name.as_str(), hash)), folder.path())?;
        let names = incoming.files.into_keys().collect();
        let work = Task::Check { main: incoming.main, columns, names };
        reader.sandbox()?.run(folder.path(), work, &*monitor)?.result()
    })
    .await
}
