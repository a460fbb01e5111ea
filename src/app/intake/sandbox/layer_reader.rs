//! Who opens the files of a project's layers: this process, for a user at a terminal, or the sandbox, for a service.
//! Both read the same layer from them, bit by bit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parcels::message;
use parcels::policy::Policy;
use parcels::progress::Monitor;
use serde_json::json;

use super::{MainFile, ReadSummary, Sandbox, Task};
use crate::app::planning::prepare::{LoadedPolicy, Prepared, Stopwatch, prepare, prepare_from};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::sha256_hex;
use crate::io::reads::Bundle;
use crate::io::wire;

/// Who opens files.
#[derive(Debug, Clone, Default)]
pub enum LayerReader {
    /// This process.
    #[default]
    Here,
    /// The sandbox. What it read is kept in this folder, so that it is read only once.
    Sandboxed(Arc<Sandbox>, PathBuf),
}

impl LayerReader {
    /// Reads the layer that the files in `folder` make with a policy.
    ///
    /// # Errors
    /// As [`prepare`]; a limit of the sandbox.
    pub fn prepare(
        &self,
        main: &MainFile,
        folder: &Path,
        loaded: &LoadedPolicy,
        monitor: &dyn Monitor,
    ) -> Result<Prepared> {
        let mut watch = Stopwatch::start();
        let Self::Sandboxed(sandbox, kept) = self else {
            return prepare(&main.source(folder), &main.options(), loaded, &mut watch, monitor);
        };
        let path = kept.join(key(main, folder, &loaded.policy));
        let bundle = match found(&path) {
            Some(bundle) => bundle,
            None => {
                let work = Task::Read { main: main.clone(), policy: loaded.text.clone() };
                let done = sandbox.run(folder, work, monitor)?;
                keep(&done, &path)?;
                wire::read(&path)?
            }
        };
        prepare_from(&bundle, &loaded.policy, &mut watch, monitor)
    }

    /// Reads the files and says what the layer is, without keeping it in memory.
    ///
    /// # Errors
    /// As [`LayerReader::prepare`].
    pub fn try_out(
        &self,
        main: &MainFile,
        folder: &Path,
        loaded: &LoadedPolicy,
        monitor: &dyn Monitor,
    ) -> Result<ReadSummary> {
        let Self::Sandboxed(sandbox, kept) = self else {
            let prepared = self.prepare(main, folder, loaded, monitor)?;
            return ReadSummary::of(&prepared);
        };
        let work = Task::Try { main: main.clone(), policy: loaded.text.clone() };
        let done = sandbox.run(folder, work, monitor)?;
        keep(&done, &kept.join(key(main, folder, &loaded.policy)))?;
        done.result()
    }

    /// The sandbox.
    ///
    /// # Errors
    /// Of kind `Usage` where files are opened here.
    pub fn sandbox(&self) -> Result<&Sandbox> {
        match self {
            Self::Sandboxed(sandbox, _) => Ok(sandbox),
            Self::Here => Err(Error::new(ErrorKind::Usage, message!("only-service-reads"))),
        }
    }
}

/// What was read before, if it can still be read.
fn found(path: &Path) -> Option<Bundle> {
    if path.is_file() { wire::read(path).ok() } else { None }
}

fn keep(done: &super::TaskOutput, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).context(ErrorKind::Unwritable, message!("keeping-what-was-read"))?;
    }
    done.keep_bundle(path)
}

/// Names what is read: of which files, how, and what further files the policy names. The rest of a policy may change.
fn key(main: &MainFile, folder: &Path, policy: &Policy) -> String {
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
