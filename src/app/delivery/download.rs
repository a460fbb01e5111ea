//! Files of a plan for download: what `export` writes, or the whole folder of `plan` in an archive.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::{Message, Told};
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::delivery::export::{ExportFormat, ExportRequest, export};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::messages::ToldShape;
use crate::store::{FileHash, PlanId};

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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// What a person should know, such as texts that were cut short, in English.
    pub warnings: Vec<String>,
    /// The same as messages.
    #[serde(default)]
    #[schema(value_type = Vec<ToldShape>)]
    pub warnings_told: Vec<Told>,
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
        ExportFormat::named(&self.format).map(Some).ok_or_else(|| {
            let known = ExportFormat::ALL.map(ExportFormat::name);
            Error::new(ErrorKind::Usage, message!("no-such-format", format = self.format))
                .try_this(message!("try-one-of", known = message::list(known.into_iter().chain([FOLDER]))))
        })
    }
}

/// Makes the file that `job` asks for in `home`, from the plan's folder; returns its path and what a person should know.
///
/// # Errors
/// A request that contradicts itself, a request to stop.
pub(crate) fn make_file(
    job: &ExportJob,
    plan_dir: PathBuf,
    home: &Path,
    monitor: &dyn Monitor,
) -> Result<(PathBuf, Vec<Message>)> {
    let format = job.format()?;
    let stem = format!("lianpian-plan-{}", job.plan);
    let name = match format {
        Some(ExportFormat::Gpkg) => format!("{stem}.gpkg"),
        Some(format) => format!("{stem}-{}.zip", format.name()),
        None => format!("{stem}.zip"),
    };
    let path = home.join(name);
    let Some(format) = format else {
        pack(&plan_dir, &path)?;
        return Ok((path, Vec::new()));
    };
    let (crs, encoding) = (job.crs.clone(), job.encoding.clone());
    let request = ExportRequest { plan_dir, format, crs, encoding, out: path.clone() };
    Ok((path, export(&request, monitor)?.warnings))
}

/// Puts all files below `folder` into one archive, in the order of their names and without their times.
fn pack(folder: &Path, out: &Path) -> Result<()> {
    let packing = || message!("packing-file", file = folder.display());
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
