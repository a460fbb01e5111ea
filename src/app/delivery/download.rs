//! Files of a plan for whoever downloads them: what `export` writes, or the whole folder of `plan`, packed and kept in the
//! project under the job that made them.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum as _;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::delivery::export::{ExportFormat, ExportRequest, export};
use crate::app::project::services::ProjectServices;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{FileHash, PlanId};
use crate::threads::blocking;

/// The name that asks for everything `plan` writes.
const FOLDER: &str = "folder";

/// What to export and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportJob {
    /// The plan.
    pub plan: PlanId,
    /// `shp`, `gpkg`, `geojson`, `fgb`, or `folder` for all that `plan` writes.
    pub format: String,
    /// Such as `EPSG:4528`; the plan's own where not given.
    #[serde(default)]
    pub crs: Option<String>,
    /// Of a shapefile's texts: `UTF-8` or `GBK`.
    #[serde(default)]
    pub encoding: Option<String>,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Exported {
    /// What it is called.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// Its media type.
    pub media: String,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    pub file: FileHash,
    /// What a person should know, such as texts that were cut short.
    pub warnings: Vec<String>,
}

impl ExportJob {
    /// The format; none for the whole folder.
    ///
    /// # Errors
    /// Of kind `Usage` for one that there is not.
    pub fn format(&self) -> Result<Option<ExportFormat>> {
        if self.format == FOLDER {
            return Ok(None);
        }
        ExportFormat::from_str(&self.format, false).map(Some).map_err(|_| {
            let known: Vec<&str> = ExportFormat::value_variants().iter().map(|f| f.name()).collect();
            Error::new(ErrorKind::Usage, format!("there is no format {}", self.format))
                .try_this(format!("{} or {FOLDER}", known.join(", ")))
        })
    }
}

impl ProjectServices {
    /// Makes the file and keeps it.
    ///
    /// # Errors
    /// A plan that is not there or comes out differently, a request that contradicts itself, a request to stop.
    pub async fn export(&self, job: ExportJob, monitor: Arc<dyn Monitor + Send>) -> Result<Exported> {
        let format = job.format()?;
        let making = "making a file for download";
        let home = tempfile::tempdir().context(ErrorKind::Unwritable, making)?;
        let folder = home.path().join("plan");
        self.write_plan(job.plan, folder.clone(), monitor.clone()).await?;
        let stem = format!("lianpian-plan-{}", job.plan);
        let (name, path, warnings) = {
            let name = match format {
                Some(ExportFormat::Gpkg) => format!("{stem}.gpkg"),
                Some(format) => format!("{stem}-{}.zip", format.name()),
                None => format!("{stem}.zip"),
            };
            let path = home.path().join(&name);
            let out = path.clone();
            let warnings = blocking(move || match format {
                Some(format) => {
                    let request =
                        ExportRequest { plan_dir: folder, format, crs: job.crs, encoding: job.encoding, out };
                    Ok(export(&request, &*monitor)?.warnings)
                }
                None => pack(&folder, &out).map(|()| Vec::new()),
            })
            .await?;
            (name, path, warnings)
        };
        let bytes = std::fs::read(&path).context(ErrorKind::Unwritable, making)?;
        let file = self.store().put_file(&bytes).await?;
        let media = if name.ends_with(".zip") { "application/zip" } else { "application/geopackage+sqlite3" };
        Ok(Exported { name, bytes: bytes.len() as u64, media: media.to_owned(), file, warnings })
    }
}

/// Puts all files below `folder` into one archive, in the order of their names and without their times.
fn pack(folder: &Path, out: &Path) -> Result<()> {
    let packing = || format!("packing {}", folder.display());
    let file = std::fs::File::create(out).context(ErrorKind::Unwritable, packing())?;
    let mut archive = zip::ZipWriter::new(file);
    for path in files(folder).context(ErrorKind::Unwritable, packing())? {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).context(ErrorKind::Unwritable, packing())?;
        archive
            .start_file(
                name,
                zip::write::SimpleFileOptions::default().last_modified_time(zip::DateTime::default()),
            )
            .context(ErrorKind::Unwritable, packing())?;
        archive.write_all(&bytes).context(ErrorKind::Unwritable, packing())?;
    }
    archive.finish().context(ErrorKind::Unwritable, packing())?;
    Ok(())
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
