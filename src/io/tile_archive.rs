//! PMTiles version 3, written: one file of compressed tiles that can be read in parts, from a disk or a web server.
//!
//! The format is the pmtiles crate's affair: equal tiles once, runs of them as one entry, tiles along the Hilbert curve, and
//! directories of directories where the root would exceed the first 16 KiB.

use std::fs::File;
use std::path::{Path, PathBuf};

use pmtiles::{Compression, PmTilesStreamWriter, PmTilesWriter, TileCoord as Address, TileId, TileType};
use serde_json::Value as Json;
use tiles::coord::TileCoord;

use crate::error::{Context as _, ErrorKind, Result};

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    /// The least zoom.
    pub zoom_min: u8,
    /// The greatest zoom.
    pub zoom_max: u8,
    /// West, south, east and north end, degrees.
    pub bounds: [f64; 4],
    /// The zoom that a map begins with.
    pub zoom_first: u8,
    /// What else is known, with `vector_layers` as TileJSON has them.
    pub metadata: Json,
}

/// An archive in the making.
pub struct TileArchive {
    writer: PmTilesStreamWriter<File>,
    path: PathBuf,
}

impl TileArchive {
    /// Begins a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, about: &About) -> Result<Self> {
        let file = File::create(path).context(ErrorKind::Unwritable, writing(path))?;
        let [west, south, east, north] = about.bounds;
        let writer = PmTilesWriter::new(TileType::Mvt)
            .precompressed(Compression::Gzip)
            .min_zoom(about.zoom_min)
            .max_zoom(about.zoom_max)
            .bounds(west, south, east, north)
            .center((west + east) / 2.0, (south + north) / 2.0)
            .center_zoom(about.zoom_first)
            .metadata(about.metadata.to_string())
            .create(file)
            .context(ErrorKind::Unwritable, writing(path))?;
        Ok(Self { writer, path: path.to_owned() })
    }

    /// Adds a tile compressed by gzip. They come in the order of [`in_order`].
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, at: TileCoord, gzip: &[u8]) -> Result<()> {
        let added = address(at).and_then(|at| self.writer.add_tile(at, gzip));
        added.context(ErrorKind::Unwritable, writing(&self.path))
    }

    /// Writes directories and header.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn finish(self) -> Result<()> {
        self.writer.finalize().context(ErrorKind::Unwritable, writing(&self.path))
    }
}

/// Puts addresses in the order in which an archive has its tiles: zoom by zoom, along the Hilbert curve.
pub fn in_order(tiles: &mut [TileCoord]) {
    tiles.sort_by_cached_key(|tile| address(*tile).map_or(u64::MAX, |at| TileId::from(at).value()));
}

pub(super) fn address(at: TileCoord) -> pmtiles::PmtResult<Address> {
    Address::new(at.z(), at.x(), at.y())
}

fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}
