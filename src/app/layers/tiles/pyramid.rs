//! `tiles`: parcels and what belongs to them as a pyramid of vector tiles in one file.
//!
//! At zooms where a tile with every parcel in it would exceed the size limit, tiles show the land of all parcels as one area with
//! outlines, on a grid just coarse enough for the fullest tile.

//!
//! Without a policy parcels are read one after the other, each made valid by itself, and kept on disk, so that there may be more
//! of them than memory holds. With one, all that a plan is made from is in memory first.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use geo::{LineString, MultiPolygon, Polygon};
use parcels::message;
use parcels::message::Message;
use parcels::parcel::RawLayer;
use parcels::progress::{Monitor, go_on};
use parcels::{boolean_ops, validate};
use rayon::prelude::*;
use serde_json::{Value as Json, json};
use tiles::feature::{Feature, Geometry, Ring, Value};

use crate::app::layers::tiles::content::{
    AT_ONCE, TileContent, areas, around, degrees, features, vector_layers, zone_of,
};
use crate::app::layers::tiles::disk_source::{CutTiles, DiskTileSource};
use crate::app::layers::tiles::generalise::{Budget, generalised};
use crate::app::planning::check::usual_columns;
use crate::app::planning::prepare::{Stopwatch, load_policy, prepare};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic_output::AtomicOutput;
use crate::io::feature_spill::FeatureSpill;
use crate::io::read::{ReadOptions, read_parts};
use crate::io::source::Source;
use crate::io::tile_archive::{About, TileArchive};

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
#[derive(Debug, Clone, PartialEq)]
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
    pub warnings: Vec<Message>,
}

/// Makes the pyramid. What was at `out` is replaced in one step, or left alone on an error or a stop. The same input gives
/// the same bytes.
///
/// # Errors
/// An input that cannot be read or has no place on Earth, zooms that exclude each other, a place that cannot be written, or
/// a stop.
pub fn tiles(request: &TilesRequest, monitor: &dyn Monitor) -> Result<TilesReport> {
    if request.out.extension().is_none_or(|e| !e.eq_ignore_ascii_case("pmtiles")) {
        let what = message!("no-pmtiles-ending", file = request.out.display());
        let other = request.out.with_extension("pmtiles");
        return Err(Error::new(ErrorKind::Usage, what).try_this(message!("try-out", file = other.display())));
    }
    let staging = AtomicOutput::begin(&request.out)?;
    let zoom_max = request.zoom_max;
    if let Some(zoom_min) = request.zoom_min.filter(|zoom_min| *zoom_min > zoom_max) {
        let what = message!("zooms-out-of-order", least = zoom_min, most = zoom_max);
        return Err(Error::new(ErrorKind::Usage, what).try_this(message!("try-max-zoom", zoom = zoom_min)));
    }
    let mut warnings = Vec::new();
    let mut ground = match &request.policy {
        Some(policy) => planned(request, policy, staging.path(), monitor)?,
        None => plain(request, staging.path(), &mut warnings, monitor)?,
    };
    let nowhere = || Error::new(ErrorKind::Impossible, message!("nothing-on-map", file = request.input));
    let bounds = ground.bounds().ok_or_else(nowhere)?;
    let zooms = request.zoom_min.unwrap_or_else(|| least_zoom(bounds).min(zoom_max))..=zoom_max;
    let budget = Budget { bytes: request.tile_bytes, block: (1, 1), sample: usize::MAX };
    let thin = generalised(&mut ground, zooms.clone(), request.parcels_from, budget, monitor)?;

    let name = staging.target().file_name().unwrap_or_default();
    let path = staging.path().join(name);
    let mut archive = TileArchive::create(&path)?;
    let CutTiles { tiles, largest_bytes, .. } = ground.cut_all(&zooms, &mut archive, monitor)?;
    let about = About {
        zoom_min: *zooms.start(),
        zoom_max,
        bounds: degrees(bounds),
        zoom_first: thin.parcels_from.min(zoom_max),
        metadata: metadata(&ground, request),
    };
    archive.finish(&about, monitor)?;
    go_on(monitor)?;
    let bytes = path.metadata().context(ErrorKind::Unwritable, message!("looking-at-written"))?.len();
    staging.commit_files()?;
    if largest_bytes > request.tile_bytes {
        let (largest_kb, more) = (largest_bytes.div_ceil(1000), zoom_max + 1);
        warnings.push(message!("largest-tile", kb = largest_kb, zoom = more));
    }
    let parcels_from = thin.parcels_from;
    Ok(TilesReport { file: request.out.clone(), bytes, tiles, zooms, parcels_from, largest_bytes, warnings })
}

/// What a plan with this policy is made from.
fn planned(
    request: &TilesRequest,
    policy: &Path,
    folder: &Path,
    monitor: &dyn Monitor,
) -> Result<DiskTileSource> {
    let loaded = load_policy(policy)?;
    let prepared = prepare(&request.input, &request.options, &loaded, &mut Stopwatch::start(), monitor)?;
    let layers = around(&TileContent::from(&prepared))?;
    let mut spool = FeatureSpill::begin(folder)?;
    for (part, first) in prepared.layer.parcels().chunks(AT_ONCE).zip((0..).step_by(AT_ONCE)) {
        let mut features = features(part, prepared.layer.crs())?;
        features.iter_mut().for_each(|feature| feature.id += first);
        spool.push(&features)?;
    }
    drop(prepared);
    Ok(DiskTileSource::new(spool, request.zooms(), folder, monitor, &mut |_| Ok(()))?.with(layers))
}

/// The parcels alone, and the zone where a column says who is in it. They are numbered by their rows.
fn plain(
    request: &TilesRequest,
    folder: &Path,
    warnings: &mut Vec<Message>,
    monitor: &dyn Monitor,
) -> Result<DiskTileSource> {
    let input = &request.input;
    let mut spool = FeatureSpill::begin(folder)?;
    // By row.
    let mut in_zone: Vec<bool> = Vec::new();
    read_parts(input, &request.options, AT_ONCE, monitor, &mut |first, part| {
        let (features, inside) = seen(part, first)?;
        in_zone.extend(inside);
        spool.push(&features)
    })?;
    let left_out = in_zone.len() - spool.len();
    if spool.is_empty() {
        let what = message!("no-usable-parcel-among", file = input, count = left_out);
        return Err(
            Error::new(ErrorKind::Impossible, what).try_this(message!("check-lists-found", file = input))
        );
    }
    if left_out > 0 {
        warnings.push(message!("features-left-out", count = left_out, all = in_zone.len(), file = input));
    }
    let mut zone = Vec::new();
    let ground = DiskTileSource::new(spool, request.zooms(), folder, monitor, &mut |some| {
        let inside = some.iter().filter(|feature| in_zone[feature.id as usize - 1]);
        zone.push(boolean_ops::union(&inside.map(|feature| in_plane(&feature.geometry)).collect::<Vec<_>>()));
        Ok(())
    })?;
    let zone = boolean_ops::union(&zone);
    Ok(ground.with((!zone.0.is_empty()).then(|| zone_of(in_square(&zone)))))
}

/// Some features as parcels, numbered by their rows; and of each whether it is in the zone.
fn seen(part: RawLayer, first: usize) -> Result<(Vec<Feature>, Vec<bool>)> {
    let columns = usual_columns(&part);
    let codes = columns.parcel_code.as_ref().and_then(|key| key.of(&part.table).ok());
    let flags = columns.in_zone.as_deref().and_then(|name| part.table.column(name).ok());
    let usable: Vec<Option<MultiPolygon<f64>>> = part.shapes.into_par_iter().map(validate::usable).collect();
    let in_zone = |row: usize| flags.and_then(|flags| flags.values[row].truth()).unwrap_or(false);
    let inside = (0..usable.len()).map(in_zone).collect();
    let shapes = areas(usable.iter().flatten(), &part.crs)?;
    let rows = usable.iter().enumerate().filter(|(_, shape)| shape.is_some()).map(|(row, _)| row);
    let feature = |(row, geometry): (usize, Geometry)| {
        let number = first + row + 1;
        let code = codes
            .as_ref()
            .and_then(|codes| codes.values[row].code())
            .unwrap_or_else(|| format!("row-{number}"));
        Feature { id: number as u64, geometry, properties: vec![Some(Value::Text(code)), None] }
    };
    Ok((rows.zip(shapes).map(feature).collect(), inside))
}

/// Side of the plane in which what is in the unit square is united, so that its grid is fine enough: something like metres. A
/// power of two, so that nothing is rounded.
const SIDE: f64 = (1_u64 << 25) as f64;

/// Polygons of the unit square as polygons of a plane whose y goes upwards.
fn in_plane(geometry: &Geometry) -> MultiPolygon<f64> {
    let Geometry::Polygons(polygons) = geometry else { return MultiPolygon::new(Vec::new()) };
    let line = |ring: &Ring| {
        let mut line: LineString<f64> = ring.iter().map(|[x, y]| (x * SIDE, -y * SIDE)).collect();
        line.close();
        line
    };
    let polygon = |rings: &Vec<Ring>| {
        let mut rings = rings.iter().map(line);
        Some(Polygon::new(rings.next()?, rings.collect()))
    };
    polygons.iter().filter_map(polygon).collect()
}

/// The way back.
fn in_square(land: &MultiPolygon<f64>) -> Vec<Vec<Ring>> {
    let ring = |line: &LineString<f64>| {
        let open = &line.0[..line.0.len().saturating_sub(1)];
        open.iter().map(|c| [c.x / SIDE, -c.y / SIDE]).collect()
    };
    let rings = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
    };
    land.iter().map(rings).collect()
}

impl TilesRequest {
    /// All zooms that may be.
    fn zooms(&self) -> RangeInclusive<u8> {
        self.zoom_min.unwrap_or(0)..=self.zoom_max
    }
}

/// The zoom at which all there is spans at least 8 of a tile's 512 pixels.
fn least_zoom([west, north, east, south]: [f64; 4]) -> u8 {
    let span = (east - west).max(south - north);
    (0..=12).find(|zoom| span * f64::from(1_u32 << zoom) >= 1.0 / 64.0).unwrap_or(12)
}

/// What the file says of itself beside its header.
fn metadata(ground: &DiskTileSource, request: &TilesRequest) -> Json {
    let name = request.input.path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    json!({
        "name": name.unwrap_or_default(),
        "format": "pbf",
        "type": "overlay",
        "generator": concat!("lianpian ", env!("CARGO_PKG_VERSION")),
        "vector_layers": vector_layers(ground.looks()),
    })
}
