//! Who opens the files of a project's layers: this process, for somebody at a terminal whose own files they are, or one
//! apart, for a service. Both make the same park of them, bit by bit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde_json::json;

use super::{Apart, Main, Tried, Work};
use crate::app::prepare::{LoadedPolicy, Prepared, Stopwatch, prepare, prepare_from};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::sha256_hex;
use crate::io::reads::Bundle;
use crate::io::wire;

/// Who opens files.
#[derive(Debug, Clone, Default)]
pub enum Reading {
    /// This process.
    #[default]
    Here,
    /// One apart; what it read is kept in this folder, to be read again without it.
    Apart(Arc<Apart>, PathBuf),
}

impl Reading {
    /// The park that the files in `folder` make with a policy.
    ///
    /// # Errors
    /// As [`prepare`]; a limit that the process apart met.
    pub fn prepare(
        &self,
        main: &Main,
        folder: &Path,
        loaded: &LoadedPolicy,
        monitor: &dyn Monitor,
    ) -> Result<Prepared> {
        let mut watch = Stopwatch::start();
        let Self::Apart(apart, kept) = self else {
            return prepare(&main.source(folder), &main.options(), loaded, &mut watch, monitor);
        };
        let path = kept.join(key(main, folder, &loaded.policy));
        let bundle = match found(&path) {
            Some(bundle) => bundle,
            None => {
                let work = Work::Read { main: main.clone(), policy: loaded.text.clone() };
                let done = apart.run(folder, work, monitor)?;
                keep(&done, &path)?;
                wire::read(&path)?
            }
        };
        prepare_from(&bundle, &loaded.policy, &mut watch, monitor)
    }

    /// Tries whether a park comes of the files.
    ///
    /// # Errors
    /// As [`Reading::prepare`].
    pub fn try_out(
        &self,
        main: &Main,
        folder: &Path,
        loaded: &LoadedPolicy,
        monitor: &dyn Monitor,
    ) -> Result<Tried> {
        let Self::Apart(apart, kept) = self else {
            let park = self.prepare(main, folder, loaded, monitor)?;
            return Tried::of(&park);
        };
        let work = Work::Try { main: main.clone(), policy: loaded.text.clone() };
        let done = apart.run(folder, work, monitor)?;
        keep(&done, &kept.join(key(main, folder, &loaded.policy)))?;
        done.result()
    }

    /// The process apart.
    ///
    /// # Errors
    /// Of kind `Usage` where files are opened here.
    pub fn apart(&self) -> Result<&Apart> {
        match self {
            Self::Apart(apart, _) => Ok(apart),
            Self::Here => Err(Error::new(ErrorKind::Usage, "only the service reads files of strangers")),
        }
    }
}

/// What was read before, if it can still be read.
fn found(path: &Path) -> Option<Bundle> {
    if path.is_file() { wire::read(path).ok() } else { None }
}

fn keep(done: &super::Done, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).context(ErrorKind::Unwritable, "keeping what was read")?;
    }
    done.keep_bundle(path)
}

/// Names what is read: of which files, how, and what further files the policy names. The rest of a policy may change.
fn key(main: &Main, folder: &Path, policy: &Policy) -> String {
    let zone = policy.zone.iter().map(|z| (z.layer.as_deref(), z.crs.as_deref()));
    let overlays = policy.overlays.values().map(|o| (Some(o.layer.as_str()), o.crs.as_deref()));
    let barriers = policy.contiguity.barriers.iter().map(|b| (b.layer.as_str(), b.crs.as_deref()));
    let all = json!({
        "folder": folder,
        "main": main,
        "polygons": zone.chain(overlays).collect::<Vec<_>>(),
        "lines": barriers.collect::<Vec<_>>(),
        "table": policy.enterprises.as_ref().map(|e| &e.table),
    });
    format!("{}.bin", sha256_hex(all.to_string().as_bytes()))
}
