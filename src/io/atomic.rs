//! Files that are either whole or not there: written beside their place, then renamed.

use std::io::Write as _;
use std::path::Path;

use parcels::message;

use crate::error::{Context as _, ErrorKind, Result};

/// Writes `bytes` to `path`, replacing what is there only when all of it is written.
///
/// # Errors
/// When the folder does not exist or cannot be written to.
pub fn write_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let writing = || message!("writing-file", file = path.display());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    // A temporary file is its owner's alone; a result is for whoever may read the folder, as the umask has it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut beside = builder.tempfile_in(folder).context(ErrorKind::Unwritable, writing())?;
    beside.write_all(bytes).context(ErrorKind::Unwritable, writing())?;
    beside.persist(path).context(ErrorKind::Unwritable, writing())?;
    Ok(())
}
