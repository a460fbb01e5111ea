//! Files of a data set read, checked, and written in the form that a project keeps for ever. What is planned on is read back
//! from that form, so that the first to look sees what all others will.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use tempfile::NamedTempFile;

use crate::app::intake::sandbox::MainFile;
use crate::app::intake::sandbox::layer_reader::{LayerReader, Standing};
use crate::app::planning::carried_zone::carried;
use crate::app::planning::prepare::{LoadedPolicy, Prepared, Stopwatch, check_layer, prepare_from};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::checked_form;
use crate::io::hash::sha256_hex;
use crate::io::reads::{Bundle, CheckedLayer, Reads as _};
use crate::store::{FileHash, Zone};

/// Where the present zone of a data set comes from.
pub(crate) enum PresentZone {
    /// Its files say it.
    Files,
    /// A plan made it, of these very parcels.
    Kept(Zone),
    /// A plan made it, of these parcels, which may be those of another year.
    Approved(Arc<Prepared>, Zone),
}

/// Where what is checked comes from.
pub(crate) enum Origin<'a> {
    /// From files.
    Files {
        /// Which of them holds the parcels.
        main: &'a MainFile,
        /// Where they lie.
        folder: &'a Path,
        /// Whether they are new.
        are: Standing,
        /// Their parcels, where they were checked before: what was valid then stays valid.
        known: Option<CheckedLayer>,
    },
    /// All of it was checked before.
    Kept(Bundle),
}

/// What is to be read.
pub(crate) struct FilesToCheck<'a> {
    /// Where they are.
    pub(crate) from: Origin<'a>,
    /// The present zone.
    pub(crate) zone: PresentZone,
}

/// Files that were read and checked.
pub(crate) struct CheckedFiles {
    /// Everything that a plan is made from.
    pub(crate) prepared: Prepared,
    /// What is kept of them.
    pub(crate) file: NamedTempFile,
    /// Its hash.
    pub(crate) hash: FileHash,
}

/// Reads and checks files.
///
/// # Errors
/// Files that cannot be read, a policy that does not fit them, a zone of other parcels, a request to stop.
pub(crate) fn check_files(
    reader: &LayerReader,
    files: FilesToCheck<'_>,
    loaded: &LoadedPolicy,
    scratch: &Path,
    monitor: &dyn Monitor,
) -> Result<CheckedFiles> {
    let FilesToCheck { from, zone } = files;
    let policy = &loaded.policy;
    let mut watch = Stopwatch::start();
    let (raw, known) = match from {
        Origin::Files { main, folder, are, known } => {
            let raw = reader.read(main, folder, loaded, are, monitor)?;
            // What goes with the parcels was brought to where they were read.
            let known = known.filter(|known| raw.crs().as_ref() == Some(known.layer.crs()));
            (raw, known)
        }
        Origin::Kept(bundle) => {
            let known = bundle.checked();
            (bundle, known)
        }
    };
    let mut checked = match known {
        Some(known) => known,
        None => check_layer(&raw, policy, &mut watch, monitor)?.0,
    };
    match zone {
        PresentZone::Files => {}
        PresentZone::Kept(Zone(zone)) => {
            let layer = checked.layer;
            if zone.len() != layer.len() {
                let (parcels, zone) = (layer.len(), zone.len());
                let what =
                    message!("zone-of-other-length", layer = layer.name(), parcels = parcels, zone = zone);
                return Err(Error::new(ErrorKind::Unreadable, what));
            }
            checked.layer = layer.with_zone(&zone);
        }
        PresentZone::Approved(of, Zone(zone)) => {
            let (layer, issues) = carried(&of.layer, &zone, checked.layer, &policy.checks, monitor)?;
            checked.layer = layer;
            checked.issues.extend(issues);
        }
    }
    let keeping = || message!("keeping-what-was-read");
    std::fs::create_dir_all(scratch).context(ErrorKind::Unwritable, keeping())?;
    let mut file = NamedTempFile::new_in(scratch).context(ErrorKind::Unwritable, keeping())?;
    checked_form::write(raw.with_checked(checked), file.path())?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).context(ErrorKind::Unwritable, keeping())?;
    let hash = FileHash(sha256_hex(&bytes));
    let bundle = checked_form::read(&bytes)?;
    drop(bytes);
    let prepared = prepare_from(&bundle, policy, &mut watch, monitor)?;
    Ok(CheckedFiles { prepared, file, hash })
}
