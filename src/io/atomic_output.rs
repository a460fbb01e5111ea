//! All or nothing: results are written into a hidden folder beside their place and put there by renaming, so that an
//! error, a Ctrl-C or a kill never leaves half a result, nor spoils the one before.
//!
//! A folder is swapped in two steps (the old one aside, the new one in). Should the process die between them, the old
//! one stands beside as `.NAME.old-…`, and the next run puts it back.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use parcels::message;
use parcels::message::Message;

use crate::error::{Context as _, Error, ErrorKind, Result};

/// Tells apart several writers of one process.
static WRITER: AtomicU64 = AtomicU64::new(0);

/// A hidden folder that becomes the result once everything in it is written, and vanishes if that never happens.
#[derive(Debug)]
pub struct AtomicOutput {
    target: PathBuf,
    work: PathBuf,
    aside: PathBuf,
}

impl AtomicOutput {
    /// Prepares to write `target`, a folder or a file. Clears what killed runs left beside it.
    ///
    /// # Errors
    /// When the place cannot be written to or has no name.
    pub fn begin(target: &Path) -> Result<Self> {
        let failed = || message!("preparing-to-write", file = target.display());
        let target = std::path::absolute(target).context(ErrorKind::Unwritable, failed())?;
        // A link is followed, so that what it points to is replaced and not the link.
        let target = fs::canonicalize(&target).unwrap_or(target);
        let (Some(parent), Some(name)) = (target.parent(), target.file_name().and_then(|n| n.to_str()))
        else {
            return Err(Error::new(ErrorKind::Usage, message!("names-no-folder", file = target.display()))
                .try_this(message!("try-out-with-name")));
        };
        fs::create_dir_all(parent).context(ErrorKind::Unwritable, failed())?;
        clear_leftovers(parent, name, &target).context(ErrorKind::Unwritable, failed())?;
        let own = format!("{}-{}", std::process::id(), WRITER.fetch_add(1, Ordering::Relaxed));
        let work = parent.join(format!(".{name}.partial-{own}"));
        fs::create_dir(&work).context(ErrorKind::Unwritable, failed())?;
        let aside = parent.join(format!(".{name}.old-{own}"));
        Ok(Self { target, work, aside })
    }

    /// The folder to write into.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.work
    }

    /// Where the result will stand.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the folder in its place, in the stead of what is there.
    ///
    /// # Errors
    /// When renaming fails; what was there is then there still.
    pub fn commit_folder(self) -> Result<()> {
        let failed = || message!("putting-result", file = self.target.display());
        let there = self.target.symlink_metadata().is_ok();
        if there {
            fs::rename(&self.target, &self.aside).context(ErrorKind::Unwritable, failed())?;
        }
        if let Err(why) = fs::rename(&self.work, &self.target) {
            if there {
                fs::rename(&self.aside, &self.target).context(ErrorKind::Unwritable, failed())?;
            }
            return Err(Error::new(ErrorKind::Unwritable, failed()).because(why));
        }
        if there {
            remove(&self.aside).context(
                ErrorKind::Unwritable,
                message!("removing-old-result", file = self.aside.display()),
            )?;
        }
        Ok(())
    }

    /// Moves the files in the folder to stand in the target's folder, each in the stead of one of its name; the
    /// target's own comes last. Returns where they stand.
    ///
    /// # Errors
    /// When renaming fails.
    pub fn commit_files(self) -> Result<Vec<PathBuf>> {
        let failed = || message!("putting-result", file = self.target.display());
        let parent = self.target.parent().unwrap_or(Path::new("."));
        let mut places: Vec<(PathBuf, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.work).context(ErrorKind::Unwritable, failed())? {
            let entry = entry.context(ErrorKind::Unwritable, failed())?;
            places.push((entry.path(), parent.join(entry.file_name())));
        }
        places.sort_by_key(|(_, place)| (*place == self.target, place.clone()));
        for (from, to) in &places {
            fs::rename(from, to).context(ErrorKind::Unwritable, failed())?;
        }
        Ok(places.into_iter().map(|(_, place)| place).collect())
    }
}

/// Looks whether the folder `dir` may be replaced: it is not there, empty, or holds `what` (known by the file `mark`)
/// and nothing of anybody else's, which would be lost. `own` tells what belongs to it.
///
/// # Errors
/// When it may not, with another name to try.
pub fn may_replace(dir: &Path, what: &Message, mark: &str, own: &dyn Fn(&str) -> bool) -> Result<()> {
    let refuse = |why: Message| {
        let name = dir.file_name().and_then(|n| n.to_str()).unwrap_or("result");
        let other = dir.with_file_name(format!("{name}-2"));
        Error::new(ErrorKind::Unwritable, message!("left-alone", file = dir.display(), why = why))
            .try_this(message!("try-out", file = other.display()))
    };
    if !dir.exists() {
        return Ok(());
    }
    if !dir.is_dir() {
        return Err(refuse(message!("is-a-file")));
    }
    let failed = || message!("looking-into", file = dir.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).context(ErrorKind::Unwritable, failed())? {
        let entry = entry.context(ErrorKind::Unwritable, failed())?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    if names.is_empty() {
        return Ok(());
    }
    if !names.iter().any(|name| name == mark) {
        return Err(refuse(message!("holds-other-things", what = what, name = names[0])));
    }
    match names.iter().find(|name| !own(name)) {
        Some(name) => Err(refuse(message!("holds-also", what = what, name = name))),
        None => Ok(()),
    }
}

impl Drop for AtomicOutput {
    fn drop(&mut self) {
        // Nothing is left here after a commit; after an error there is no better place to complain.
        let _ = fs::remove_dir_all(&self.work);
    }
}

fn remove(path: &Path) -> std::io::Result<()> {
    if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

/// Removes partial results of processes that are gone; puts a result back that one of them had moved aside.
fn clear_leftovers(parent: &Path, name: &str, target: &Path) -> std::io::Result<()> {
    let (partial, old) = (format!(".{name}.partial-"), format!(".{name}.old-"));
    let mut found = fs::read_dir(parent)?.collect::<std::io::Result<Vec<_>>>()?;
    found.sort_by_key(fs::DirEntry::file_name);
    for entry in found {
        let file_name = entry.file_name();
        let Some(file_name) = file_name.to_str() else { continue };
        if let Some(owner) = file_name.strip_prefix(&partial) {
            if is_gone(owner) {
                remove(&entry.path())?;
            }
        } else if let Some(owner) = file_name.strip_prefix(&old)
            && is_gone(owner)
        {
            if target.symlink_metadata().is_err() {
                fs::rename(entry.path(), target)?;
            } else {
                remove(&entry.path())?;
            }
        }
    }
    Ok(())
}

/// Whether the process that named a leftover (`PID-N`) has ended. Where that cannot be told, it has not.
fn is_gone(owner: &str) -> bool {
    let Some(pid) = owner.split('-').next().and_then(|pid| pid.parse::<u32>().ok()) else { return false };
    let processes = Path::new("/proc");
    processes.join("self").exists() && !processes.join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No process has this id: Linux stops at 2²².
    const DEAD: u32 = 99_999_999;

    #[test]
    fn a_folder_appears_whole_or_not_at_all() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("plan");
        let staging = AtomicOutput::begin(&target).unwrap();
        fs::write(staging.path().join("a"), "1").unwrap();
        assert!(!target.exists());
        drop(staging);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "an abandoned one leaves nothing");

        for text in ["1", "2"] {
            let staging = AtomicOutput::begin(&target).unwrap();
            fs::write(staging.path().join("a"), text).unwrap();
            staging.commit_folder().unwrap();
            assert_eq!(fs::read_to_string(target.join("a")).unwrap(), text);
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_a_killed_run_left_is_cleared_and_what_it_moved_aside_comes_back() {
        let home = tempfile::tempdir().unwrap();
        let target = home.path().join("plan");
        let partial = home.path().join(format!(".plan.partial-{DEAD}-0"));
        let old = home.path().join(format!(".plan.old-{DEAD}-0"));
        let living = home.path().join(format!(".plan.partial-{}-77", std::process::id()));
        for folder in [&partial, &old, &living] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(old.join("a"), "before").unwrap();
        drop(AtomicOutput::begin(&target).unwrap());
        assert!(!partial.exists() && !old.exists() && living.exists());
        assert_eq!(fs::read_to_string(target.join("a")).unwrap(), "before");
    }

    #[test]
    fn files_take_the_place_of_their_namesakes_only() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("keep"), "mine").unwrap();
        let staging = AtomicOutput::begin(&home.path().join("zone.gpkg")).unwrap();
        fs::write(staging.path().join("zone.gpkg"), "1").unwrap();
        fs::write(staging.path().join("check_report.csv"), "2").unwrap();
        let files = staging.commit_files().unwrap();
        assert_eq!(files.len(), 2);
        assert!(files[1].ends_with("zone.gpkg"));
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3);
    }
}
