//! PMTiles version 3, read in parts: a tile, or a range of bytes, at a time.
//!
//! By positions and not through a map of memory: who cuts a mapped file short ends the process that reads it. What is read
//! of the file are its first 16 KiB, its metadata, and directories as they are needed, the last ones of which are kept; the
//! pmtiles crate makes sense of them. A file that is replaced goes on being read as it was; one that is changed in its place
//! is an error from then on, for a directory of old and tiles of new bytes would be a wrong map.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use parcels::message;
use parcels::message::Message;
use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, Compression, DirEntry, Directory, DirectoryCache,
    PmtError, PmtResult, TileId,
};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde_json::Value as Json;
use tiles::coord::TileCoord;

use super::coding::Coding;
use super::hash::sha256_hex;
use super::read_at::read_at;
use super::tile_archive::{About, address};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// What the header of an archive takes, and with it the directory of directories at most.
const HEADER_BYTES: usize = 127;
const START_BYTES: usize = 16_384;
/// What directories that were read may take in memory.
const DIRECTORY_BYTES: u64 = 32 << 20;

/// An archive that is open.
pub struct TileFile {
    path: PathBuf,
    name: String,
    bytes: Positions,
    length: u64,
    /// What the file was when it was opened.
    stamp: String,
    version: String,
    metadata: Json,
    coding: Coding,
    reader: AsyncPmTilesReader<Positions, Directories>,
}

impl TileFile {
    /// Opens an archive, and looks whether it is a whole one.
    ///
    /// # Errors
    /// A file that is no PMTiles archive of version 3, that ends too early, or whose directories make no sense.
    pub async fn open(path: &Path) -> Result<Self> {
        let opening = || message!("opening-file", file = path.display());
        let unfit = |why: Message| {
            Error::new(ErrorKind::Unreadable, message!("about-file", file = opening(), what = why))
                .try_this(message!("try-tiles", file = path.display()))
        };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if stem.is_empty() {
            return Err(unfit(message!("archive-without-name")));
        }
        let bytes = Positions(Arc::new(File::open(path).context(ErrorKind::Unreadable, opening())?));
        let stamp = stamp(&bytes.0).context(ErrorKind::Unreadable, opening())?;
        let length = bytes.0.metadata().context(ErrorKind::Unreadable, opening())?.len();
        let start = at(&bytes.0, 0, START_BYTES).context(ErrorKind::Unreadable, opening())?;
        if !start.starts_with(b"PMTiles\x03") || start.len() < HEADER_BYTES {
            return Err(unfit(message!("archive-of-other-kind")));
        }
        if let Some(end) = sections(&start).into_iter().find(|end| end.is_none_or(|end| end > length)) {
            let needs = end.map_or_else(|| "?".to_owned(), |end| end.to_string());
            return Err(unfit(message!("archive-cut-short", bytes = length, needs = needs)));
        }
        let directories = Directories(Cache::with_weighter(1_000, DIRECTORY_BYTES, Weight));
        let reader = AsyncPmTilesReader::try_from_cached_source(bytes.clone(), directories)
            .await
            .map_err(|why| unfit(message!("archive-header-senseless")).because(why))?;
        let coding = match reader.get_header().tile_compression {
            Compression::Gzip => Coding::Gzip,
            Compression::Brotli => Coding::Brotli,
            Compression::Zstd => Coding::Zstd,
            Compression::None | Compression::Unknown => Coding::Plain,
        };
        let text = reader
            .get_metadata()
            .await
            .map_err(|why| unfit(message!("archive-metadata-unreadable")).because(why))?;
        let metadata: Json = serde_json::from_str(&text)
            .map_err(|why| unfit(message!("archive-metadata-no-json")).because(why))?;
        // Its own bytes tell archives apart, its stamp those of which only tiles differ.
        let version = sha256_hex(&[&start[..], stamp.as_bytes()].concat())[..16].to_owned();
        Ok(Self {
            path: path.to_owned(),
            name: stem,
            bytes,
            length,
            stamp,
            version,
            metadata,
            coding,
            reader,
        })
    }

    /// What it is called: its file without the ending.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// A name for its content.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How its tiles are packed.
    #[must_use]
    pub fn coding(&self) -> Coding {
        self.coding
    }

    /// The media type of its tiles.
    #[must_use]
    pub fn media(&self) -> &'static str {
        self.reader.get_header().tile_type.content_type()
    }

    /// What it says of itself.
    #[must_use]
    pub fn about(&self) -> About {
        let header = self.reader.get_header();
        About {
            zoom_min: header.min_zoom,
            zoom_max: header.max_zoom,
            bounds: [header.min_longitude, header.min_latitude, header.max_longitude, header.max_latitude],
            zoom_first: header.center_zoom,
            metadata: self.metadata.clone(),
        }
    }

    /// A tile as it is packed; none where there is none.
    ///
    /// # Errors
    /// Of kind `Conflict` when the file was changed since it was opened; when it makes no sense.
    pub async fn tile(&self, tile: TileCoord) -> Result<Option<Bytes>> {
        let found = match address(tile) {
            Ok(at) => self.reader.get_tile(at).await,
            Err(why) => Err(why),
        };
        found.map_err(|why| {
            // A file cut short has too few bytes before anybody looks whether it is the same.
            let same = stamp(&self.bytes.0).is_ok_and(|now| now == self.stamp);
            if !same || matches!(why, PmtError::SourceModified) {
                return self.changed();
            }
            let what = message!("reading-tile", z = tile.z(), x = tile.x(), y = tile.y(), file = self.file());
            Error::new(ErrorKind::Unreadable, what).because(why)
        })
    }

    /// Bytes of the file.
    ///
    /// # Errors
    /// Of kind `Conflict` when the file was changed since it was opened; when it cannot be read.
    pub async fn range(&self, range: Range<u64>) -> Result<Bytes> {
        let reading = || message!("reading-file", file = self.file());
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        let read = self.bytes.read(range.start, length).await.context(ErrorKind::Unreadable, reading())?;
        if read.data_version_string.as_deref() != Some(&self.stamp) {
            return Err(self.changed());
        }
        // The range lies within the file, of which nothing has gone.
        Ok(read.bytes)
    }

    fn file(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn changed(&self) -> Error {
        let what = message!("archive-changed", file = self.file());
        Error::new(ErrorKind::Conflict, what).try_this(message!("start-again-replace-whole"))
    }
}

/// Where the parts that a header names end; none where that is no number. `start` holds the header.
fn sections(start: &[u8]) -> Vec<Option<u64>> {
    let number = |at: usize| start.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
    // Directory, metadata, leaf directories and tiles: where each begins, and how long it is.
    [8, 24, 40, 56].map(|at| number(at)?.checked_add(number(at + 8)?)).into()
}

/// The bytes of a file by their position.
#[derive(Clone)]
struct Positions(Arc<File>);

impl AsyncBackend for Positions {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        let file = self.0.clone();
        let work = move || Ok((at(&file, offset, length)?, stamp(&file)?));
        let read: std::io::Result<(Vec<u8>, String)> =
            tokio::task::spawn_blocking(work).await.unwrap_or_else(|why| Err(std::io::Error::other(why)));
        let (bytes, stamp) = read?;
        Ok(BackendResponse::new_with_version(bytes.into(), stamp))
    }
}

/// As many bytes as there are up to a length.
fn at(file: &File, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
    let there = file.metadata()?.len().saturating_sub(offset);
    let mut bytes = vec![0; length.min(usize::try_from(there).unwrap_or(usize::MAX))];
    let read = read_at(file, &mut bytes, offset)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// What differs once a file was written to.
fn stamp(file: &File) -> std::io::Result<String> {
    let about = file.metadata()?;
    let written = about.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", about.len(), written.as_nanos()))
}

/// The directories read last.
struct Directories(Cache<u64, Arc<Directory>, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<u64, Arc<Directory>> for Weight {
    fn weight(&self, _: &u64, directory: &Arc<Directory>) -> u64 {
        64 + directory.get_approx_byte_size() as u64
    }
}

impl DirectoryCache for Directories {
    async fn get_dir_entry_or_insert(
        &self,
        offset: u64,
        tile: TileId,
        fetcher: impl Future<Output = PmtResult<Directory>> + Send,
    ) -> PmtResult<Option<DirEntry>> {
        let fetch = async { fetcher.await.map(Arc::new) };
        let directory = self.0.get_or_insert_async(&offset, fetch).await?;
        Ok(directory.find_tile_id(tile).copied())
    }
}
