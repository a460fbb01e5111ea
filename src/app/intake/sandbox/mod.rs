//! The sandbox: a confined process that opens files of strangers. It is this program once more, with limits on memory, time
//! and disk, without network, without other programs, and with access to no other files. It may crash or be killed by what
//! it reads; the service only reads the results it leaves, in a format of our own (`io::wire`).
//!
//! [`Sandbox::run`] starts the process and sends a request as one line. The process confines itself, does the task,
//! reports progress in lines of JSON, leaves its results as files in a folder, and exits. It exits at once when its standard
//! input closes. On systems other than Linux there is no such process, and files of strangers are refused.

// The sandboxed process.
#[cfg(target_os = "linux")]
pub mod child;

// Confinement.
#[cfg(target_os = "linux")]
mod confine;

// The calling process.
#[cfg(target_os = "linux")]
mod parent;

// What the two say to each other.
#[cfg(target_os = "linux")]
mod protocol;

// In place of all these where there is no sandbox.
#[cfg(not(target_os = "linux"))]
mod elsewhere;

// What the sandboxed process leaves.
mod task_output;

// Who opens the files of a project's layers.
pub mod layer_reader;

use std::path::Path;

use parcels::message;
use parcels::validate::Columns;
use serde::{Deserialize, Serialize};

use crate::app::planning::listed_issue::ListedIssue;
use crate::app::planning::prepare::Prepared;
use crate::error::{Context as _, ErrorKind, Result};
use crate::io::read::ReadOptions;
use crate::io::source::Source;

#[cfg(not(target_os = "linux"))]
pub use elsewhere::{Sandbox, child};
#[cfg(target_os = "linux")]
pub use parent::Sandbox;
pub use task_output::TaskOutput;

/// What one task may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxLimits {
    /// Memory, beyond what the program takes before it reads.
    pub memory_bytes: u64,
    /// Time on the wall.
    pub seconds: u64,
    /// The largest file it may write, unpacked ones included.
    pub file_bytes: u64,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self { memory_bytes: 4 << 30, seconds: 600, file_bytes: 4 << 30 }
    }
}

/// The file that holds the parcels, and what it does not say itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MainFile {
    /// Its name.
    pub file: String,
    /// The layer in it, where it holds several.
    pub layer: Option<String>,
    /// Its coordinate reference system.
    pub crs: Option<String>,
    /// Its encoding.
    pub encoding: Option<String>,
}

impl MainFile {
    /// The parcels in the folder `within`.
    #[must_use]
    pub fn source(&self, within: &Path) -> Source {
        Source { path: within.join(&self.file), layer: self.layer.clone() }
    }

    /// How they are read.
    #[must_use]
    pub fn options(&self) -> ReadOptions {
        ReadOptions { crs: self.crs.clone(), encoding: self.encoding.clone() }
    }
}

/// What to do with the files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Task {
    /// Say what is in them.
    Check {
        /// The parcels.
        main: MainFile,
        /// What the columns mean; those that are not said are guessed.
        columns: Option<Columns>,
        /// The names of all files, among which tables are looked for.
        names: Vec<String>,
    },
    /// Read what a plan is made from.
    Read {
        /// The parcels.
        main: MainFile,
        /// The policy, TOML.
        policy: String,
    },
    /// The same, and say what layer it is.
    Try {
        /// The parcels.
        main: MainFile,
        /// The policy, TOML.
        policy: String,
    },
}

/// What a layer turned out to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadSummary {
    /// The hash of its content.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many parcels it has.
    pub parcels: u64,
    /// What was found wrong.
    pub issues: serde_json::Value,
}

impl ReadSummary {
    /// Of a layer.
    pub(crate) fn of(prepared: &Prepared) -> Result<Self> {
        let issues: Vec<ListedIssue> = prepared.issues.iter().map(ListedIssue::from).collect();
        Ok(Self {
            id: prepared.layer.id().to_string(),
            name: prepared.layer.name().to_owned(),
            parcels: prepared.layer.len() as u64,
            issues: serde_json::to_value(issues)
                .context(ErrorKind::Unwritable, message!("writing-report"))?,
        })
    }
}
