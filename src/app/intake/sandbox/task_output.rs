//! What the sandboxed process leaves: results in files, which the service only reads.

use parcels::message;
use serde::de::DeserializeOwned;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::reads::Bundle;
use crate::io::wire;

/// The file of results that is JSON.
pub(super) const RESULT: &str = "result.json";
/// The file of results that is what was read.
pub(super) const BUNDLE: &str = "read.bin";
/// The largest result.
const RESULT_BYTES_MAX: u64 = 256 << 20;

/// What the process left.
#[derive(Debug)]
pub struct TaskOutput {
    out: tempfile::TempDir,
}

impl TaskOutput {
    /// In this folder, which goes with it.
    #[cfg(target_os = "linux")]
    pub(super) fn of(out: tempfile::TempDir) -> Self {
        Self { out }
    }

    /// The result it wrote.
    ///
    /// # Errors
    /// When there is none, or it is none.
    pub fn result<T: DeserializeOwned>(&self) -> Result<T> {
        let path = self.out.path().join(RESULT);
        let reading = message!("reading-result");
        let size = path.metadata().context(ErrorKind::Unreadable, &reading)?.len();
        if size > RESULT_BYTES_MAX {
            return Err(Error::new(
                ErrorKind::Unreadable,
                message!("result-too-large", doing = reading, bytes = size),
            ));
        }
        let bytes = std::fs::read(path).context(ErrorKind::Unreadable, &reading)?;
        serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, &reading)
    }

    /// What it read.
    ///
    /// # Errors
    /// As [`wire::read`].
    pub fn bundle(&self) -> Result<Bundle> {
        wire::read(&self.out.path().join(BUNDLE))
    }
}
