//! The sandbox: a confined process that opens files of strangers. It is this program once more, with limits on memory, time
//! and disk, without network, without other programs, and with access to no other files. It may crash or be killed by what
//! it reads; the service only reads the results it leaves, in a format of our own (`io::wire`).
//!
//! [`Sandbox::run`] starts the process and sends a [`TaskRequest`] as one line. The process confines itself, does the task,
//! reports progress in lines of JSON, leaves its results as files in a folder, and exits. It exits at once when its standard
//! input closes.

// The sandboxed process.
pub mod child;

// Confinement.
mod confine;

// The calling process.
mod parent;

// Who opens the files of a project's layers.
pub mod layer_reader;

use std::path::{Path, PathBuf};

use parcels::message;
use parcels::validate::Columns;
use serde::{Deserialize, Serialize};

use crate::app::planning::listed_issue::ListedIssue;
use crate::app::planning::prepare::Prepared;
use crate::error::{Context as _, Error, ErrorKind, Failure, Result};
use crate::io::out_of_memory::lacks_memory;
use crate::io::read::ReadOptions;
use crate::io::source::Source;

pub use parent::{Sandbox, TaskOutput};

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

/// A task with its limits and folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRequest {
    /// What it may take.
    limits: SandboxLimits,
    /// The folder of files; nothing is written there.
    files: PathBuf,
    /// The folder for results.
    out: PathBuf,
    /// What to do.
    work: Task,
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

/// The file of results that is JSON.
const RESULT: &str = "result.json";
/// The file of results that is what was read.
const BUNDLE: &str = "read.bin";

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

/// A line of progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Told {
    /// A step has begun, of so many units.
    Step(String, u64),
    /// So many more units are done.
    Advance(u64),
    /// Something could not be kept from it on this machine.
    Unguarded(String),
    /// It is done.
    Done,
    /// It cannot be done.
    Failed { kind: Kind, failure: Failure },
    /// It cannot be done within the memory that it may take.
    OutOfMemory,
}

/// What kind of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Usage,
    Unreadable,
    Unwritable,
    Impossible,
    Cancelled,
}

impl Told {
    fn failed(error: &Error) -> Self {
        if lacks_memory(error) {
            return Self::OutOfMemory;
        }
        let kind = match error.kind {
            ErrorKind::Usage | ErrorKind::NotFound | ErrorKind::Conflict => Kind::Usage,
            ErrorKind::Unreadable => Kind::Unreadable,
            ErrorKind::Unwritable | ErrorKind::Unavailable => Kind::Unwritable,
            ErrorKind::Impossible => Kind::Impossible,
            ErrorKind::Cancelled => Kind::Cancelled,
        };
        Self::Failed { kind, failure: error.failure() }
    }
}

/// The failure as it was on the other side.
fn failed(kind: Kind, failure: Failure) -> Error {
    let kind = match kind {
        Kind::Usage => ErrorKind::Usage,
        Kind::Unreadable => ErrorKind::Unreadable,
        Kind::Unwritable => ErrorKind::Unwritable,
        Kind::Impossible => ErrorKind::Impossible,
        Kind::Cancelled => ErrorKind::Cancelled,
    };
    failure.into_error(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_crosses_over_as_it_is() {
        let inner = Error::new(ErrorKind::Unreadable, message!("dbf-no-header"))
            .because(std::io::Error::other("9994 is missing"));
        let error = Error::new(ErrorKind::Unreadable, message!("cannot-read", file = "地块.shp"))
            .because(inner)
            .try_this(message!("unpack-and-give"));
        let line = serde_json::to_string(&Told::failed(&error)).unwrap();
        let Told::Failed { kind, failure } = serde_json::from_str(&line).unwrap() else { panic!() };
        let back = failed(kind, failure);
        assert_eq!((back.kind, back.failure()), (error.kind, error.failure()));
        assert_eq!(back.failure().because.len(), 2);
    }

    #[test]
    fn memory_that_is_refused_is_told_as_that() {
        let refused = std::io::Error::from(std::io::ErrorKind::OutOfMemory);
        let error = Error::new(ErrorKind::Unreadable, message!("cannot-read", file = "地块.geojson"))
            .because(refused);
        assert_eq!(Told::failed(&error), Told::OutOfMemory);
    }
}
