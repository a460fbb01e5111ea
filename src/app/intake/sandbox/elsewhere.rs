//! Where there is no sandbox, because the system has neither Landlock nor seccomp: files of strangers are refused. Files that a
//! user names at a terminal are read all the same, by the program itself.

use std::path::{Path, PathBuf};

use parcels::message;
use parcels::progress::Monitor;

use super::task_output::TaskOutput;
use super::{SandboxLimits, Task};
use crate::error::{Error, ErrorKind, Result};

/// Reads files of strangers: on this system none.
#[derive(Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Reads nothing, whatever it may take.
    #[must_use]
    pub fn new(_scratch: PathBuf, _limits: SandboxLimits) -> Self {
        Self
    }

    /// Refuses the task.
    ///
    /// # Errors
    /// Always.
    pub fn run(&self, _files: &Path, _work: Task, _monitor: &dyn Monitor) -> Result<TaskOutput> {
        Err(refused())
    }
}

/// The process that would be sandboxed.
pub mod child {
    use crate::error::Result;

    /// Refuses to read anything.
    ///
    /// # Errors
    /// Always.
    pub fn run() -> Result<u8> {
        Err(super::refused())
    }
}

fn refused() -> Error {
    Error::new(ErrorKind::Impossible, message!("sandbox-needs-linux"))
        .try_this(message!("import-at-terminal"))
}
