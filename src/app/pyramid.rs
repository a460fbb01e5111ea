//! `tiles`: parcels and what belongs to them as a pyramid of vector tiles in one file.
//!
//! Where a tile would exceed what is asked for with every parcel in it, it shows the land of all parcels as one, and outlines, on
//! a grid just coarse enough; the fullest tile decides.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use parcels::policy::Policy;
use parcels::progress::{Monitor, go_on};
use parcels::validate::validate;
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use tiles::coord::TileCoord;
use tiles::pyramid::Tileset;

use super::check::usual_columns;
use super::prepare::{Stopwatch, load_policy, misfit, prepare};
use super::thin::{Budget, thinned};
use super::tile_layers::{Shown, bounds, tileset, vector_layers};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::coding::Coding;
use crate::io::crs::Proj;
use crate::io::read::{ReadOptions, read_layer};
use crate::io::source::Source;
use crate::io::staging::Staging;
use crate::io::tile_archive::{About, TileArchive, in_order};

/// Tiles that are cut before any of them is written: what waits in memory.
const AT_ONCE: usize = 64;

/// What to make tiles of, and how.
#[derive(Debug, Clone)]
pub struct TilesRequest {
    /// The parcels.
    pub input: Source,
    /// How to read them.
    pub options: ReadOptions,
    /// Whose columns, checks, zone, barriers and overlays apply; without one, usual column names are looked for.
    pub policy: Option<PathBuf>,
    /// The least zoom; one at which the land is a spot where none is given.
    pub zoom_min: Option<u8>,
    /// The greatest zoom.
    pub zoom_max: u8,
    /// The zoom from which on all parcels are shown; one at which tiles are small enough where none is given.
    pub parcels_from: Option<u8>,
    /// What a compressed tile should not exceed.
    pub tile_bytes: usize,
    /// The file to write.
    pub out: PathBuf,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TilesReport {
    /// The file.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// Tiles that hold something.
    pub tiles: usize,
    /// Their zooms.
    pub zooms: RangeInclusive<u8>,
    /// Parcels are shown from this zoom on.
    pub parcels_from: u8,
    /// The compressed bytes of the largest tile.
    pub largest_bytes: usize,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Makes the pyramid. What was at `out` is replaced in one step, or left alone on an error or a stop. The same input gives
/// the same bytes.
///
/// # Errors
/// An input that cannot be read or has no place on Earth, zooms that exclude each other, a place that cannot be written, or
/// a stop.
pub fn tiles(request: &TilesRequest, monitor: &dyn Monitor) -> Result<TilesReport> {
    if request.out.extension().is_none_or(|e| !e.eq_ignore_ascii_case("pmtiles")) {
        let what = format!("{} does not end in .pmtiles, the one format of tiles", request.out.display());
        let other = request.out.with_extension("pmtiles");
        return Err(Error::new(ErrorKind::Usage, what).try_this(format!("--out {}", other.display())));
    }
    let staging = Staging::begin(&request.out)?;
    let set = read(request, monitor)?;
    let nowhere =
        || Error::new(ErrorKind::Impossible, format!("{}: nothing has a place on a map", request.input));
    let around = bounds(&set).ok_or_else(nowhere)?;
    let zoom_max = request.zoom_max;
    let zoom_min = request.zoom_min.unwrap_or_else(|| least_zoom(&set).min(zoom_max));
    if zoom_min > zoom_max {
        let what = format!("the least zoom, {zoom_min}, is above the greatest, {zoom_max}");
        return Err(Error::new(ErrorKind::Usage, what).try_this(format!("--max-zoom {zoom_min}")));
    }
    let budget = Budget { bytes: request.tile_bytes, block: (1, 1), sample: usize::MAX };
    let (set, parcels_from) = thinned(set, zoom_min..=zoom_max, request.parcels_from, budget, monitor)?;

    let mut addresses = set.tiles(zoom_min..=zoom_max).map_err(|e| {
        Error::new(ErrorKind::Impossible, format!("{}: making tiles", request.input))
            .because(e)
            .try_this(format!("--max-zoom {}", e.zoom.saturating_sub(1)))
    })?;
    in_order(&mut addresses);
    let about = About {
        zoom_min,
        zoom_max,
        bounds: around,
        zoom_first: parcels_from.min(zoom_max),
        metadata: metadata(&set, request),
    };
    let name = staging.target().file_name().unwrap_or_default();
    let path = staging.path().join(name);
    let mut archive = TileArchive::create(&path, &about)?;
    let (tiles, largest_bytes) = write(&mut archive, &set, &addresses, monitor)?;
    archive.finish()?;
    go_on(monitor)?;
    let bytes = path.metadata().context(ErrorKind::Unwritable, "looking at what was written")?.len();
    staging.commit_files()?;
    let mut warnings = Vec::new();
    if largest_bytes > request.tile_bytes {
        let (largest_kb, more) = (largest_bytes.div_ceil(1000), zoom_max + 1);
        warnings.push(format!(
            "the largest tile takes {largest_kb} kB, which maps are slow to load; where parcels are too many even for the \
             greatest zoom, --max-zoom {more} helps"
        ));
    }
    let zooms = zoom_min..=zoom_max;
    Ok(TilesReport { file: request.out.clone(), bytes, tiles, zooms, parcels_from, largest_bytes, warnings })
}

/// Reads the parcels, and what the policy names.
fn read(request: &TilesRequest, monitor: &dyn Monitor) -> Result<Tileset> {
    if let Some(policy) = &request.policy {
        let loaded = load_policy(policy)?;
        let mut watch = Stopwatch::start();
        let prepared = prepare(&request.input, &request.options, &loaded, &mut watch, monitor)?;
        return tileset(&Shown::from(&prepared));
    }
    let read = read_layer(&request.input, &request.options, monitor)?;
    let columns = usual_columns(&read.raw);
    let defaults = Policy::default();
    let geodesy = Proj::new(&read.raw.crs)?;
    let (parcels, _) = validate(read.raw, &columns, &[], &defaults.checks, &geodesy, monitor)
        .map_err(|e| misfit(&format!("checking {}", request.input), e))?;
    if parcels.is_empty() {
        let input = &request.input;
        let what = format!("{input}: no usable parcel is left after checking");
        return Err(Error::new(ErrorKind::Impossible, what)
            .try_this(format!("`lianpian check {input}` lists what was found")));
    }
    tileset(&Shown { parcels: &parcels, adjacency: None, overlays: &[], barriers: &[] })
}

/// The zoom at which all there is spans at least 8 of a tile's 512 pixels.
fn least_zoom(set: &Tileset) -> u8 {
    let span = set.bounds().map_or(1.0, |[west, north, east, south]| (east - west).max(south - north));
    (0..=12).find(|zoom| span * f64::from(1_u32 << zoom) >= 1.0 / 64.0).unwrap_or(12)
}

/// Cuts, compresses and writes tiles, some at a time; how many there are, and the bytes of the largest.
fn write(
    archive: &mut TileArchive,
    set: &Tileset,
    addresses: &[TileCoord],
    monitor: &dyn Monitor,
) -> Result<(usize, usize)> {
    monitor.step("tiles", addresses.len() as u64);
    let (mut tiles, mut largest) = (0, 0);
    for some in addresses.chunks(AT_ONCE) {
        let cut = |at: &TileCoord| {
            go_on(monitor)?;
            let tile = set.tile(*at);
            monitor.advance(1);
            if tile.is_empty() { Ok(None) } else { Coding::Gzip.packed(&tile).map(Some) }
        };
        let made: Result<Vec<Option<Vec<u8>>>> = some.par_iter().map(cut).collect();
        for (at, tile) in some.iter().zip(made?) {
            if let Some(tile) = tile {
                archive.add(*at, &tile)?;
                tiles += 1;
                largest = largest.max(tile.len());
            }
        }
    }
    Ok((tiles, largest))
}

/// What the file says of itself beside its header.
fn metadata(set: &Tileset, request: &TilesRequest) -> Json {
    let name = request.input.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    json!({
        "name": name.unwrap_or_default(),
        "format": "pbf",
        "type": "overlay",
        "generator": concat!("lianpian ", env!("CARGO_PKG_VERSION")),
        "vector_layers": vector_layers(set),
    })
}
