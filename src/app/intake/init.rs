//! `init`: from a user's own files to a policy that plans as it is, and that says what was assumed.

use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::Message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::validate::{Issue, validate, without_lost_codes};

use crate::app::intake::draft::{Drafted, FoundParcels, drafted};
use crate::app::intake::file_meaning::suspicious;
use crate::app::intake::inspect::guessed;
use crate::app::planning::column_guess::of_parcels;
use crate::app::planning::prepare::misfit;
use crate::error::{Error, ErrorKind, Result};
use crate::io::atomic;
use crate::io::crs::Proj;
use crate::io::read::{ReadOptions, read_layer};
use crate::io::source::Source;

/// What to look at.
#[derive(Debug, Clone)]
pub struct InitRequest {
    /// The parcels.
    pub parcels: Source,
    /// Tables of firms, and layers of red lines, boundaries or barriers.
    pub others: Vec<String>,
    /// How to read the parcels.
    pub options: ReadOptions,
    /// The policy to write.
    pub out: PathBuf,
}

/// What was written.
#[derive(Debug)]
pub struct InitReport {
    /// What was assumed, in the order of the policy.
    pub assumed: Vec<Message>,
    /// What was found about the files.
    pub issues: Vec<Issue>,
    /// The policy.
    pub text: String,
}

/// Looks at the files and writes the policy; what is at its place stays.
///
/// # Errors
/// Files that cannot be read, a file of that name, and a place that cannot be written to.
pub fn init(request: &InitRequest, monitor: &dyn Monitor) -> Result<InitReport> {
    if request.out.exists() {
        let what = message!("file-there-already", file = request.out.display());
        return Err(Error::new(ErrorKind::Usage, what).try_this(message!("another-out")));
    }
    let mut read = read_layer(&request.parcels, &request.options, monitor)?;
    let profiles = of_parcels(read.raw.table.columns());
    let columns = guessed(&profiles, &read.raw.shapes, read.raw.table.columns());
    let uses = columns
        .land_use
        .as_deref()
        .and_then(|n| read.raw.table.column(n).ok())
        .map(suspicious)
        .unwrap_or_default();
    let mut issues = std::mem::take(&mut read.issues);
    issues.extend(without_lost_codes(&mut read.raw.table, &columns));
    let geodesy = Proj::new(&read.raw.crs)?;
    let checks = Policy::default().checks;
    let (layer, found) = validate(read.raw, &columns, &[], &checks, &geodesy, monitor)
        .map_err(|e| misfit(message!("checking-file", file = request.parcels), e))?;
    issues.extend(found);
    if layer.is_empty() {
        let what = message!("no-usable-parcel", file = request.parcels);
        return Err(Error::new(ErrorKind::Impossible, what)
            .try_this(message!("check-lists-found", file = request.parcels)));
    }
    let found = FoundParcels {
        input: &request.parcels,
        layers: &read.layers,
        layer: &layer,
        profiles: &profiles,
        columns: &columns,
        uses: &uses,
    };
    let Drafted { text, assumed, issues: about } =
        drafted(&found, &request.others, Some(folder_of(&request.out)), monitor)?;
    issues.extend(about);
    atomic::write_file(&request.out, text.as_bytes())?;
    Ok(InitReport { assumed, issues, text })
}

fn folder_of(out: &Path) -> PathBuf {
    let parent = out.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned())
}
