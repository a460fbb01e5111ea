//! The folder in which a service lays files out while it runs. It goes with the service; what one that was killed has left is
//! removed when the next one starts.

use std::fs::{File, Metadata};
use std::path::Path;

use parcels::message;
use tempfile::TempDir;

use crate::error::{Context as _, ErrorKind, Result};

/// What the folders' names begin with.
const PREFIX: &str = "lianpian-service-";
/// The file in each that its process holds a lock on for as long as it lives.
const ALIVE: &str = "alive";

/// A folder of a running process.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    /// The lock ends with the process, however that ends.
    _alive: File,
}

impl Scratch {
    /// A new one where the system keeps such folders, after removing there what processes left that live no more.
    ///
    /// # Errors
    /// Of kind `Unwritable` where none can be made.
    pub fn new() -> Result<Self> {
        Self::within(&std::env::temp_dir())
    }

    fn within(home: &Path) -> Result<Self> {
        remove_left(home);
        let making = || message!("making-folder");
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(home);
        let folder = folder.context(ErrorKind::Unwritable, making())?;
        // Locked before it has its name: under that name it is never seen unlocked while its process lives.
        let alive =
            tempfile::NamedTempFile::new_in(folder.path()).context(ErrorKind::Unwritable, making())?;
        alive.as_file().lock().context(ErrorKind::Unwritable, making())?;
        let alive = alive.persist(folder.path().join(ALIVE)).context(ErrorKind::Unwritable, making())?;
        Ok(Self { folder, _alive: alive })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes the folders of processes of this user that live no more. What cannot be removed stays: it is no reason not to
/// start.
fn remove_left(home: &Path) {
    for entry in std::fs::read_dir(home).into_iter().flatten().flatten() {
        // Of the entry itself, not of what a link leads to.
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX))
            && entry.metadata().is_ok_and(|of| of.is_dir() && of_this_user(&of));
        if !ours {
            continue;
        }
        let path = entry.path();
        let left = File::open(path.join(ALIVE)).is_ok_and(|alive| alive.try_lock().is_ok());
        if left && let Err(why) = std::fs::remove_dir_all(&path) {
            tracing::warn!("what a killed service left in {} cannot be removed: {why}", path.display());
        }
    }
}

#[cfg(unix)]
fn of_this_user(of: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(of) == rustix::process::geteuid().as_raw()
}

/// Elsewhere every user has a folder for such folders.
#[cfg(not(unix))]
fn of_this_user(_: &Metadata) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_goes_and_what_a_living_one_has_stays() {
        let home = tempfile::tempdir().unwrap();
        let living = Scratch::within(home.path()).unwrap();
        std::fs::write(living.path().join("upload"), "of a living one").unwrap();
        // As after SIGKILL: the folder is there, the lock is not.
        let left = home.path().join(format!("{PREFIX}left"));
        std::fs::create_dir_all(left.join("uploads")).unwrap();
        std::fs::write(left.join(ALIVE), "").unwrap();
        std::fs::write(left.join("uploads/upload"), "of a killed one").unwrap();
        // One that is just being made has no such file yet, and a stranger's folder is none of ours.
        let [young, other] =
            [format!("{PREFIX}young"), "other".to_owned()].map(|name| home.path().join(name));
        for folder in [&young, &other] {
            std::fs::create_dir(folder).unwrap();
        }
        std::fs::write(other.join(ALIVE), "").unwrap();
        let kept = home.path().join("kept");
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join(ALIVE), "").unwrap();
        std::os::unix::fs::symlink(&kept, home.path().join(format!("{PREFIX}link"))).unwrap();

        let next = Scratch::within(home.path()).unwrap();
        assert!(!left.exists());
        assert!(living.path().join("upload").exists() && next.path().exists());
        assert!(young.exists() && other.exists() && kept.join(ALIVE).exists());
        let gone = next.path().to_owned();
        drop(next);
        assert!(!gone.exists());
    }
}
