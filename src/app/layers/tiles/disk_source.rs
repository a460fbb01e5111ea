//! An on-disk source of tiles: parcels lie on disk, sorted by place, and only those of one place are in memory at a time.

use std::ops::RangeInclusive;
use std::path::Path;

use parcels::message;
use parcels::progress::{Monitor, go_on};
use rayon::prelude::*;
use tiles::clip::Window;
use tiles::coord::TileCoord;
use tiles::density::Density;
use tiles::dissolved::DissolvedTile;
use tiles::feature::Feature;
use tiles::layer::{Layer, LayerSpec};
use tiles::pyramid::{TILES_MAX, Tileset, TooManyTiles};
use tiles::tiny::{TinyPolygons, Zooms};

use crate::app::layers::tiles::content::parcels_look;
use crate::app::layers::tiles::generalise::{Generalisation, STEP_MAX, Trial};
use crate::error::{Error, ErrorKind, Result};
use crate::io::coding::Coding;
use crate::io::feature_spill::{FeatureSpill, Page, Places};
use crate::io::tile_archive::TileArchive;

/// Parcels that may be in memory together. Where one tile shows more of them, all it shows are.
const MANY: usize = 1 << 17;
/// Tiles that are cut before any of them is written: what waits in memory.
const AT_ONCE: usize = 64;

/// Parcels on disk, and the layers around them.
pub(crate) struct DiskTileSource {
    places: Places,
    /// Where parcels begin, at the greatest zoom.
    density: Density,
    /// The parcels of one place, then the layers around them.
    set: Tileset,
    /// Parcels that may be in memory together.
    many: usize,
}

/// What was cut.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CutTiles {
    /// Addresses that were looked at.
    looked_at: usize,
    /// Tiles that hold something.
    pub(crate) tiles: usize,
    /// The compressed bytes of the largest.
    pub(crate) largest_bytes: usize,
}

impl DiskTileSource {
    /// Puts parcels in order; `seen` sees all of them, some that are near each other at a time.
    ///
    /// # Errors
    /// When they cannot be kept in `folder`, the first of `seen`, or a stop.
    pub(crate) fn new(
        spool: FeatureSpill,
        zooms: RangeInclusive<u8>,
        folder: &Path,
        monitor: &dyn Monitor,
        seen: &mut dyn FnMut(&[Feature]) -> Result<()>,
    ) -> Result<Self> {
        monitor.step("order", spool.len() as u64);
        let deepest = *zooms.end();
        let mut crowds = Vec::new();
        let mut tiny = TinyPolygons::new(zooms);
        let places = spool.by_place(folder, monitor, &mut |some| {
            seen(some)?;
            crowds.push(Density::of(deepest, some.iter().filter_map(|feature| feature.geometry.first())));
            Ok(tiny.next(some))
        })?;
        let set = Tileset { layers: vec![Layer::new(parcels_look(), [])] };
        Ok(Self { places, density: Density::sum(deepest, crowds), set, many: MANY })
    }

    /// With further layers.
    pub(crate) fn with(mut self, layers: impl IntoIterator<Item = Layer>) -> Self {
        self.set.layers.extend(layers);
        self
    }

    /// West, north, east and south end in the unit square; nothing where nothing is.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        let all = self.places.pages().iter().map(|page| page.extent).chain(self.set.bounds());
        all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    }

    /// How the layers look, that of parcels first.
    pub(crate) fn looks(&self) -> impl Iterator<Item = &LayerSpec> {
        self.set.layers.iter().map(Layer::spec)
    }

    fn parcels_look(&self) -> &LayerSpec {
        self.set.layers[0].spec()
    }

    /// Pages of parcels that a tile, and any within it, may show.
    fn near(&self, tile: TileCoord) -> Vec<&Page> {
        let windows: Vec<_> = Window::around(tile, STEP_MAX).map(Window::bounds).collect();
        let pages = self.places.pages().iter();
        pages.filter(|page| windows.iter().any(|window| meet(*window, page.extent))).collect()
    }

    /// The parcels that a tile, and any within it, may show.
    fn parcels_of(&self, tile: TileCoord) -> Result<Layer> {
        let windows: Vec<_> = Window::around(tile, STEP_MAX).map(Window::bounds).collect();
        let shown = |(feature, _): &(Feature, Zooms)| {
            let extent = feature.geometry.extent();
            extent.is_some_and(|extent| windows.iter().any(|window| meet(*window, extent)))
        };
        let read = |page: &&Page| -> Result<Vec<_>> {
            Ok(self.places.read(page)?.into_iter().filter(shown).collect())
        };
        let read: Result<Vec<Vec<(Feature, Zooms)>>> = self.near(tile).par_iter().map(read).collect();
        let mut found: Vec<(Feature, Zooms)> = read?.into_iter().flatten().collect();
        found.sort_unstable_by_key(|(feature, _)| feature.id);
        Ok(Layer::piece(self.parcels_look().clone(), found))
    }

    /// A tile by itself, with the look of a zoom that is its own or lesser.
    fn tile(&self, at: TileCoord, zoom: u8, monitor: &dyn Monitor) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let begin = || DissolvedTile::new(self.parcels_look(), at, zoom);
        if begin().is_some() {
            let take = |land: Option<DissolvedTile>, page: &Page| -> Result<Option<DissolvedTile>> {
                go_on(monitor)?;
                let features = self.places.read(page)?;
                Ok(land.map(|mut land| {
                    land.add(features.iter().map(|(feature, _)| feature));
                    land
                }))
            };
            let join = |one: Option<DissolvedTile>, other: Option<DissolvedTile>| {
                Ok(one.zip(other).map(|(mut one, other)| {
                    one.join(other);
                    one
                }))
            };
            let pages = self.near(at);
            let land = pages.into_par_iter().try_fold(begin, take).try_reduce(begin, join)?;
            if let Some(land) = land {
                land.write(&mut out);
            }
        } else {
            self.parcels_of(at)?.write_part(at, zoom, &mut out);
        }
        for layer in &self.set.layers[1..] {
            layer.write_part(at, zoom, &mut out);
        }
        Ok(out)
    }

    /// Cuts all tiles of these zooms.
    ///
    /// # Errors
    /// Of kind `Impossible` where there are too many; when they cannot be written, or a stop.
    pub(crate) fn cut_all(
        &mut self,
        zooms: &RangeInclusive<u8>,
        archive: &mut TileArchive,
        monitor: &dyn Monitor,
    ) -> Result<CutTiles> {
        let all: usize = self.places.pages().iter().map(|page| page.features).sum();
        monitor.step("tiles", all as u64);
        let mut cut = CutTiles::default();
        if let Ok(world) = TileCoord::new(0, 0, 0) {
            self.cut(world, zooms, archive, &mut cut, monitor)?;
        }
        Ok(cut)
    }

    /// Cuts a tile and those within it.
    fn cut(
        &mut self,
        at: TileCoord,
        zooms: &RangeInclusive<u8>,
        archive: &mut TileArchive,
        so_far: &mut CutTiles,
        monitor: &dyn Monitor,
    ) -> Result<()> {
        go_on(monitor)?;
        let parcels: usize = self.near(at).iter().map(|page| page.features).sum();
        if parcels > self.many && at.z() < self.parcels_look().minzoom {
            if zooms.contains(&at.z()) {
                let tile = self.tile(at, at.z(), monitor)?;
                so_far.keep(
                    archive,
                    at,
                    (!tile.is_empty()).then(|| Coding::Gzip.packed(&tile)).transpose()?,
                )?;
            }
            for child in at.children().filter(|child| child.z() <= *zooms.end()) {
                self.cut(child, zooms, archive, so_far, monitor)?;
            }
            return Ok(());
        }
        self.set.layers[0] = self.parcels_of(at)?;
        let addresses = self.set.tiles_in(at, zooms.clone()).map_err(too_many)?;
        so_far.looked_at += addresses.len();
        if so_far.looked_at > TILES_MAX {
            return Err(too_many(TooManyTiles { zoom: *zooms.end() }));
        }
        for some in addresses.chunks(AT_ONCE) {
            let cut = |at: &TileCoord| {
                go_on(monitor)?;
                let tile = self.set.tile(*at);
                if tile.is_empty() { Ok(None) } else { Coding::Gzip.packed(&tile).map(Some) }
            };
            let made: Result<Vec<Option<Vec<u8>>>> = some.par_iter().map(cut).collect();
            for (at, tile) in some.iter().zip(made?) {
                so_far.keep(archive, *at, tile)?;
            }
        }
        monitor.advance(self.density.within(&[at]).iter().map(|(_, parcels)| *parcels as u64).sum());
        Ok(())
    }
}

impl CutTiles {
    fn keep(&mut self, archive: &mut TileArchive, at: TileCoord, gzip: Option<Vec<u8>>) -> Result<()> {
        if let Some(tile) = gzip {
            archive.add(at, &tile)?;
            self.tiles += 1;
            self.largest_bytes = self.largest_bytes.max(tile.len());
        }
        Ok(())
    }
}

fn too_many(why: TooManyTiles) -> Error {
    Error::new(ErrorKind::Impossible, message!("making-tiles"))
        .because(why)
        .try_this(message!("try-max-zoom", zoom = why.zoom.saturating_sub(1)))
}

/// Whether two extents have a place in common.
fn meet([west, north, east, south]: [f64; 4], [w, n, e, s]: [f64; 4]) -> bool {
    e >= west && w <= east && s >= north && n <= south
}

impl Trial for DiskTileSource {
    fn density(&self, zoom: u8) -> Density {
        self.density.at(zoom)
    }

    fn put_on(&mut self, thin: &Generalisation) {
        self.set.put_on(thin);
    }

    fn drawn(&self, tiles: &[TileCoord], zoom: u8, monitor: &dyn Monitor) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        for tile in tiles {
            all.extend(self.tile(*tile, zoom, monitor)?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use tiles::feature::{Geometry, Value};

    use super::*;
    use crate::app::layers::tiles::generalise::{Budget, generalised};
    use crate::io::tile_archive::About;

    /// Lots in rows, every tenth smaller than a cell, in no order.
    fn lots() -> Vec<Feature> {
        let one = |n: u64| {
            let at = n * 7919 % 4096;
            let [x, y] = [at % 64, at / 64].map(|c| 0.3 + c as f64 * 0.000_02);
            let side = if at % 10 == 3 { 0.000_000_2 } else { 0.000_015 };
            let ring = vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
            let properties = vec![Some(Value::Text(format!("lot {at}"))), None];
            Feature { id: at + 1, geometry: Geometry::Polygons(vec![vec![ring]]), properties }
        };
        (0..4096).map(one).collect()
    }

    /// The archive of the lots with so many of them in memory, and from which zoom on it shows them.
    fn archive(many: usize) -> (Vec<u8>, u8) {
        let folder = tempfile::tempdir().unwrap();
        let zooms = 4..=14;
        let mut spool = FeatureSpill::begin(folder.path()).unwrap();
        spool.push(&lots()).unwrap();
        let ground = DiskTileSource::new(spool, zooms.clone(), folder.path(), &(), &mut |_| Ok(())).unwrap();
        let mut ground = DiskTileSource { many, ..ground };
        let budget = Budget { bytes: 9000, block: (1, 1), sample: usize::MAX };
        let thin = generalised(&mut ground, zooms.clone(), None, budget, &()).unwrap();
        let path = folder.path().join("lots.pmtiles");
        let mut archive = TileArchive::create(&path).unwrap();
        let cut = ground.cut_all(&zooms, &mut archive, &()).unwrap();
        assert!(cut.tiles > 100 && cut.largest_bytes <= 9000, "{cut:?}");
        let (zoom_first, metadata) = (thin.parcels_from, serde_json::json!({}));
        let about = About { zoom_min: 4, zoom_max: 14, bounds: [0.0, 0.0, 1.0, 1.0], zoom_first, metadata };
        archive.finish(&about, &()).unwrap();
        (std::fs::read(&path).unwrap(), thin.parcels_from)
    }

    #[test]
    fn however_few_are_in_memory_the_bytes_are_the_same() {
        let (all, from) = archive(MANY);
        assert!((6..=13).contains(&from), "land and parcels are in it: {from}");
        for many in [1500, 300, 1] {
            assert!(archive(many) == (all.clone(), from), "{many} at a time");
        }
    }
}
