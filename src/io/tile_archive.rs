//! PMTiles version 3, written: one file of compressed tiles that can be read in parts, from a disk or a web server.
//!
//! The format is the pmtiles crate's affair: equal tiles once, runs of them as one entry, tiles along the Hilbert curve, and
//! directories of directories where the root would exceed the first 16 KiB.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use parcels::message;
use parcels::message::Message;
use parcels::progress::{Monitor, go_on};
use pmtiles::{Compression, PmTilesWriter, TileCoord as Address, TileId, TileType};
use serde_json::Value as Json;
use tiles::coord::TileCoord;

use super::read_at::read_exact_at;
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

/// An archive in the making. Tiles come in any order and wait in a file without a name.
pub struct TileArchive {
    waiting: BufWriter<File>,
    /// Place on the Hilbert curve, address, and where the tile is, with its bytes.
    tiles: Vec<(u64, Address, u64, usize)>,
    end: u64,
    path: PathBuf,
}

impl TileArchive {
    /// Begins a file.
    ///
    /// # Errors
    /// When nothing can be written in its folder.
    pub fn create(path: &Path) -> Result<Self> {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let waiting = tempfile::tempfile_in(folder).context(ErrorKind::Unwritable, writing(path))?;
        let waiting = BufWriter::with_capacity(1 << 20, waiting);
        Ok(Self { waiting, tiles: Vec::new(), end: 0, path: path.to_owned() })
    }

    /// Adds a tile compressed by gzip.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&mut self, at: TileCoord, gzip: &[u8]) -> Result<()> {
        let at = address(at).context(ErrorKind::Unwritable, writing(&self.path))?;
        self.waiting.write_all(gzip).context(ErrorKind::Unwritable, writing(&self.path))?;
        self.tiles.push((TileId::from(at).value(), at, self.end, gzip.len()));
        self.end += gzip.len() as u64;
        Ok(())
    }

    /// Writes the tiles, zoom by zoom along the Hilbert curve, directories and header.
    ///
    /// # Errors
    /// When they cannot be written, or a stop.
    pub fn finish(self, about: &About, monitor: &dyn Monitor) -> Result<()> {
        let Self { waiting, mut tiles, path, .. } = self;
        let failed = || writing(&path);
        let waiting = waiting.into_inner().map_err(std::io::IntoInnerError::into_error);
        let waiting = waiting.context(ErrorKind::Unwritable, failed())?;
        let file = File::create(&path).context(ErrorKind::Unwritable, failed())?;
        let [west, south, east, north] = about.bounds;
        let mut writer = PmTilesWriter::new(TileType::Mvt)
            .precompressed(Compression::Gzip)
            .min_zoom(about.zoom_min)
            .max_zoom(about.zoom_max)
            .bounds(west, south, east, north)
            .center((west + east) / 2.0, (south + north) / 2.0)
            .center_zoom(about.zoom_first)
            .metadata(about.metadata.to_string())
            .create(file)
            .context(ErrorKind::Unwritable, failed())?;
        tiles.sort_unstable_by_key(|(id, ..)| *id);
        monitor.step("write", tiles.len() as u64);
        let mut tile = Vec::new();
        for (_, at, offset, bytes) in tiles {
            go_on(monitor)?;
            tile.resize(bytes, 0);
            read_exact_at(&waiting, &mut tile, offset).context(ErrorKind::Unwritable, failed())?;
            writer.add_tile(at, &tile).context(ErrorKind::Unwritable, failed())?;
            monitor.advance(1);
        }
        writer.finalize().context(ErrorKind::Unwritable, failed())
    }
}

pub(super) fn address(at: TileCoord) -> pmtiles::PmtResult<Address> {
    Address::new(at.z(), at.x(), at.y())
}

fn writing(path: &Path) -> Message {
    message!("writing-file", file = path.display())
}
