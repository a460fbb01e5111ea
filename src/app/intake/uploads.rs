//! Uploads: files that wait to be checked and imported. They lie in a folder of the running service, named by the hash of their
//! content, and are deleted with it, or a day after their last use; an import copies them into the project first. One that
//! fails leaves its uploads, so that it can be tried again with another answer and without sending them anew.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use parcels::message;
use parcels::message::Message;
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;
// Its clock can be turned in tests.
use tokio::time::Instant;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::hash::hex;
use crate::store::FileHash;

/// The largest upload where nobody says otherwise.
pub const UPLOAD_BYTES_MAX: u64 = 1 << 30;
/// How many uploads may come in at once.
const COMING_IN_MAX: usize = 4;
/// How many may wait.
const WAITING_MAX: usize = 1000;
/// All that wait together may have so many times the bytes of the largest one.
const TOGETHER: u64 = 4;
/// An upload that nobody has used for so long goes,
const UNUSED: Duration = Duration::from_secs(24 * 3600);
/// and, where there is no room for another, one that nobody has used for so long.
const UNUSED_WHEN_FULL: Duration = Duration::from_secs(15 * 60);
/// How often is looked for such, also where no more uploads come in.
const LOOK: Duration = Duration::from_secs(15 * 60);

/// The uploads that wait.
#[derive(Debug)]
pub struct Uploads {
    folder: PathBuf,
    bytes_max: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<FileHash, Waiting>,
    coming_in: usize,
}

#[derive(Debug, Clone, Copy)]
struct Waiting {
    bytes: u64,
    used: Instant,
}

/// Why an upload cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// Too many come in at this moment.
    Busy,
    /// There is no room for more.
    Full,
}

impl NoRoom {
    /// For the one who uploads.
    #[must_use]
    pub fn message(self) -> Message {
        match self {
            Self::Busy => message!("uploads-busy", most = COMING_IN_MAX),
            Self::Full => message!("uploads-full"),
        }
    }
}

/// An upload being received. If it is not finished, nothing is left of it.
#[derive(Debug)]
pub struct ComingIn {
    _place: Place,
    file: tempfile::NamedTempFile,
    hash: Sha256,
    bytes: u64,
}

/// One of the places for uploads that come in.
#[derive(Debug)]
struct Place(Arc<Uploads>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.state().coming_in -= 1;
    }
}

impl Uploads {
    /// Keeps uploads of at most `bytes_max` each in `folder`, which is its own.
    #[must_use]
    pub fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, state: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The largest upload.
    #[must_use]
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// [`NoRoom`] as the inner error; of kind `Unwritable` where the folder cannot be written.
    pub fn begin(self: &Arc<Self>) -> Result<std::result::Result<ComingIn, NoRoom>> {
        {
            let mut state = self.state();
            if state.coming_in >= COMING_IN_MAX {
                return Ok(Err(NoRoom::Busy));
            }
            self.make_room(&mut state);
            let together: u64 = state.waiting.values().map(|w| w.bytes).sum();
            if together >= self.bytes_max.saturating_mul(TOGETHER) || state.waiting.len() >= WAITING_MAX {
                return Ok(Err(NoRoom::Full));
            }
            state.coming_in += 1;
        }
        let place = Place(self.clone());
        std::fs::create_dir_all(&self.folder).context(ErrorKind::Unwritable, message!("keeping-upload"))?;
        let file = tempfile::NamedTempFile::new_in(&self.folder);
        let file = file.context(ErrorKind::Unwritable, message!("keeping-upload"))?;
        Ok(Ok(ComingIn { _place: place, file, hash: Sha256::new(), bytes: 0 }))
    }

    /// Lets go what was not used for long, the oldest first.
    fn make_room(&self, state: &mut State) {
        let mut oldest: Vec<(Instant, FileHash)> =
            state.waiting.iter().map(|(hash, w)| (w.used, hash.clone())).collect();
        oldest.sort();
        for (used, hash) in oldest {
            let together: u64 = state.waiting.values().map(|w| w.bytes).sum();
            let full =
                together >= self.bytes_max.saturating_mul(TOGETHER) || state.waiting.len() >= WAITING_MAX;
            if used.elapsed() < if full { UNUSED_WHEN_FULL } else { UNUSED } {
                break;
            }
            state.waiting.remove(&hash);
            if let Err(why) = std::fs::remove_file(self.folder.join(&hash.0)) {
                tracing::warn!("an upload nobody used cannot be removed: {why}");
            }
        }
    }

    /// Lets go, now and again, of what nobody has used for a day, until `stop` turns true.
    pub async fn let_go_in_time(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let _ = tokio::time::timeout(LOOK, stop.changed()).await;
            self.make_room(&mut self.state());
        }
    }

    /// The file of an upload that is there; it counts as used now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none.
    pub fn path(&self, upload: &FileHash) -> Result<PathBuf> {
        let mut state = self.state();
        let Some(waiting) = state.waiting.get_mut(upload) else {
            let what = message!("no-such-upload", upload = upload.0);
            return Err(Error::new(ErrorKind::NotFound, what).try_this(message!("upload-again")));
        };
        waiting.used = Instant::now();
        Ok(self.folder.join(&upload.0))
    }

    /// Lays uploads out in a folder under the names they are to have, without copying where that is possible.
    ///
    /// # Errors
    /// As [`Uploads::path`]; of kind `Unwritable` where files cannot be laid out.
    pub fn lay_out<'a>(
        &self,
        files: impl IntoIterator<Item = (&'a str, &'a FileHash)>,
        folder: &Path,
    ) -> Result<()> {
        for (name, upload) in files {
            let (from, to) = (self.path(upload)?, folder.join(name));
            if std::fs::hard_link(&from, &to).is_err() {
                std::fs::copy(&from, &to).context(ErrorKind::Unwritable, message!("laying-uploads-out"))?;
            }
        }
        Ok(())
    }
}

impl ComingIn {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.as_file_mut().write_all(bytes).context(ErrorKind::Unwritable, message!("keeping-upload"))
    }

    /// Keeps it, under the hash of its content.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn finish(self) -> Result<(FileHash, u64)> {
        let hash = FileHash(hex(&self.hash.finalize()));
        let uploads = &self._place.0;
        let persisted: std::result::Result<File, _> = self.file.persist(uploads.folder.join(&hash.0));
        persisted.context(ErrorKind::Unwritable, message!("keeping-upload"))?;
        uploads.state().waiting.insert(hash.clone(), Waiting { bytes: self.bytes, used: Instant::now() });
        Ok((hash, self.bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn upload(uploads: &Arc<Uploads>, bytes: &[u8]) -> FileHash {
        let mut coming = uploads.begin().unwrap().unwrap();
        coming.take(bytes).unwrap();
        coming.finish().unwrap().0
    }

    #[test]
    fn the_same_bytes_are_kept_once_and_half_of_them_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Arc::new(Uploads::new(folder.path().join("uploads"), 100));
        let (first, again) = (upload(&uploads, b"abc"), upload(&uploads, b"abc"));
        assert_eq!(first, again);
        assert_eq!(first.0, crate::io::hash::sha256_hex(b"abc"));
        let mut half = uploads.begin().unwrap().unwrap();
        half.take(b"ab").unwrap();
        drop(half);
        let left: Vec<_> = std::fs::read_dir(folder.path().join("uploads")).unwrap().collect();
        assert_eq!(left.len(), 1);
        let stranger = FileHash("0".repeat(64));
        assert_eq!(uploads.path(&stranger).unwrap_err().kind, ErrorKind::NotFound);
        let out = tempfile::tempdir().unwrap();
        uploads.lay_out([("地块.shp", &first)], out.path()).unwrap();
        assert_eq!(std::fs::read(out.path().join("地块.shp")).unwrap(), b"abc");
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_an_end_to_room() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Arc::new(Uploads::new(folder.path().join("uploads"), 10));
        let coming: Vec<_> = (0..COMING_IN_MAX).map(|_| uploads.begin().unwrap().unwrap()).collect();
        assert_eq!(uploads.begin().unwrap().unwrap_err(), NoRoom::Busy);
        drop(coming);
        let first = upload(&uploads, &[0; 10]);
        for n in 1..TOGETHER {
            upload(&uploads, &[n as u8; 10]);
        }
        assert_eq!(uploads.begin().unwrap().unwrap_err(), NoRoom::Full);
        // The one that was not used for longest goes once that is long enough.
        tokio::time::advance(UNUSED_WHEN_FULL - Duration::from_secs(1)).await;
        for n in 1..TOGETHER {
            uploads.path(&FileHash(crate::io::hash::sha256_hex(&[n as u8; 10]))).unwrap();
        }
        assert_eq!(uploads.begin().unwrap().unwrap_err(), NoRoom::Full);
        tokio::time::advance(Duration::from_secs(1)).await;
        upload(&uploads, b"more");
        assert_eq!(uploads.path(&first).unwrap_err().kind, ErrorKind::NotFound);
        assert!(!folder.path().join("uploads").join(&first.0).exists());
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_uses_for_a_day_goes_though_no_more_comes_in() {
        let folder = tempfile::tempdir().unwrap();
        let uploads = Arc::new(Uploads::new(folder.path().join("uploads"), 100));
        let (stop, stopped) = watch::channel(false);
        let tidying = tokio::spawn(uploads.clone().let_go_in_time(stopped));
        let (left, used) = (upload(&uploads, b"left"), upload(&uploads, b"used"));
        let there = |upload: &FileHash| folder.path().join("uploads").join(&upload.0).exists();
        tokio::time::sleep(UNUSED - LOOK).await;
        assert!(there(&left) && there(&used));
        uploads.path(&used).unwrap();
        tokio::time::sleep(2 * LOOK).await;
        assert!(!there(&left) && there(&used));
        tokio::time::sleep(UNUSED).await;
        assert!(!there(&used));
        assert_eq!(uploads.path(&used).unwrap_err().kind, ErrorKind::NotFound);
        stop.send(true).unwrap();
        tidying.await.unwrap();
    }
}
