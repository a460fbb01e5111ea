//! Files of a plan for download, stored in the project.

use std::sync::Arc;

use parcels::message;
use parcels::message::Told;
use parcels::progress::Monitor;

use crate::app::delivery::download::{ExportJob, Exported, make_file};
use crate::app::project::plans::Plans;
use crate::error::{Context as _, ErrorKind, Result};
use crate::messages::tell;
use crate::store::Store;
use crate::threads::blocking;

/// Files of plans for download.
pub struct Exports {
    store: Arc<dyn Store>,
    plans: Arc<Plans>,
}

impl Exports {
    pub(super) fn new(store: Arc<dyn Store>, plans: Arc<Plans>) -> Self {
        Self { store, plans }
    }

    /// Makes the file and stores it.
    ///
    /// # Errors
    /// A plan that is not there or comes out differently, a request that contradicts itself, a request to stop.
    pub async fn make(&self, job: ExportJob, monitor: Arc<dyn Monitor + Send>) -> Result<Exported> {
        job.format()?;
        let making = message!("making-download");
        let home = tempfile::tempdir().context(ErrorKind::Unwritable, &making)?;
        let folder = home.path().join("plan");
        self.plans.write(job.plan, folder.clone(), monitor.clone()).await?;
        let place = home.path().to_owned();
        let (path, warnings) = blocking(move || make_file(&job, folder, &place, &*monitor)).await?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).context(ErrorKind::Unwritable, &making)?;
        let file = self.store.put_file(&bytes).await?;
        let media = if name.ends_with(".zip") { "application/zip" } else { "application/geopackage+sqlite3" };
        let warnings_told: Vec<Told> = warnings.iter().map(tell).collect();
        Ok(Exported {
            name,
            bytes: bytes.len() as u64,
            media: media.to_owned(),
            file,
            warnings: warnings_told.iter().map(|told| told.en.clone()).collect(),
            warnings_told,
        })
    }
}
