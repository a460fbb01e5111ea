//! Generalisation: from which zoom on tiles show single parcels, and how coarse a grid they use before, so that a map loads
//! little.
//!
//! Each zoom has one setting, so that neighbouring tiles match; the densest place decides. A pyramid in a file measures its
//! fullest tile. The service measures a sample of the fullest view, because a user waits.

use std::ops::RangeInclusive;

use parcels::progress::{Monitor, go_on};
use tiles::coord::TileCoord;
use tiles::density::Density;
use tiles::layer::{Coarse, LayerSpec};
use tiles::pyramid::Tileset;

use crate::app::layers::tiles::content::PARCELS;
use crate::error::{Error, Result};
use crate::io::coding::Coding;

/// What the land of all parcels is called in a tile.
const LAND: &str = "land";
/// The coarsest grid, cells: a tile has 4096 a side and some 512 pixels.
pub(crate) const STEP_MAX: u16 = 32;
/// Pieces of a sample.
const PIECES: usize = 8;
/// How many zooms pieces may lie below the tiles they are of.
const FINER_MAX: u8 = 10;
/// What a sample says may be off by so much.
const MARGIN: f64 = 4.0 / 3.0;

/// How much may be loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Compressed bytes
    pub(crate) bytes: usize,
    /// of all tiles together in so many columns and rows.
    pub(crate) block: (u32, u32),
    /// How many parcels may be cut to find out.
    pub(crate) sample: usize,
}

/// How layers look by zoom, so that tiles are small enough.
#[derive(Debug, Clone)]
pub(crate) struct Generalisation {
    /// The greatest zoom.
    most: u8,
    /// The zoom from which on there are parcels, where none was given.
    pub(crate) parcels_from: u8,
    coarse: Vec<Coarse>,
}

impl Generalisation {
    /// The look of a layer.
    pub(crate) fn look(&self, look: &LayerSpec) -> LayerSpec {
        let mut look = LayerSpec { maxzoom: self.most, coarse: self.coarse.clone(), ..look.clone() };
        if look.name == PARCELS {
            look.minzoom = self.parcels_from;
            look.dissolved = Some(LAND.to_owned());
        }
        look
    }
}

/// Layers whose tiles can be drawn for a trial.
pub(crate) trait Trial {
    /// How many parcels begin in each tile of a zoom, or of the greatest at which that is known.
    fn density(&self, zoom: u8) -> Density;

    /// Gives all layers their looks.
    fn put_on(&mut self, thin: &Generalisation);

    /// The bytes of some tiles, one after the other, with the look of a zoom that is theirs or lesser.
    ///
    /// # Errors
    /// None but those of the machine, or a stop.
    fn drawn(&self, tiles: &[TileCoord], zoom: u8, monitor: &dyn Monitor) -> Result<Vec<u8>>;
}

impl Trial for Tileset {
    fn density(&self, zoom: u8) -> Density {
        let parcels = self.layers.iter().find(|layer| layer.spec().name == PARCELS);
        parcels.map_or_else(|| Density::sum(zoom, []), |layer| layer.density(zoom))
    }

    fn put_on(&mut self, thin: &Generalisation) {
        let looking = |layer: tiles::layer::Layer| {
            let look = thin.look(layer.spec());
            layer.with_spec(look)
        };
        self.layers = std::mem::take(&mut self.layers).into_iter().map(looking).collect();
    }

    fn drawn(&self, tiles: &[TileCoord], zoom: u8, _: &dyn Monitor) -> Result<Vec<u8>> {
        Ok(tiles.iter().flat_map(|tile| self.part(*tile, zoom)).collect())
    }
}

/// Finds how layers look so that tiles are small enough, and leaves them so.
pub(crate) fn generalised(
    set: &mut dyn Trial,
    zooms: RangeInclusive<u8>,
    parcels_from: Option<u8>,
    budget: Budget,
    monitor: &dyn Monitor,
) -> Result<Generalisation> {
    monitor.step("tiles", 0);
    let (least, most) = (*zooms.start(), *zooms.end());
    let crowds = crowds(set, most);
    let fits = |set: &dyn Trial, zoom| fits(set, &crowds, zoom, budget, monitor);
    let mut thin = Generalisation { most, parcels_from: least, coarse: Vec::new() };
    set.put_on(&thin);
    let mut from = parcels_from.unwrap_or(most).clamp(least, most);
    while parcels_from.is_none() && from > least && fits(set, from - 1)? {
        from -= 1;
    }
    thin.parcels_from = from;
    set.put_on(&thin);
    // The further out, the coarser, as long as a tile gets more to show.
    let mut step = 2;
    for zoom in (least..from).rev() {
        step = (step / 2).max(1);
        loop {
            if step > 1 {
                thin.coarse.retain(|coarse| coarse.zoom != zoom);
                thin.coarse.push(Coarse { zoom, step });
                set.put_on(&thin);
            }
            if step >= STEP_MAX || fits(set, zoom)? {
                break;
            }
            step *= 2;
        }
    }
    Ok(thin)
}

/// Where parcels are at each zoom, a few below the greatest included.
fn crowds(set: &dyn Trial, most: u8) -> Vec<Density> {
    let deepest = most + 2;
    let mut crowds = vec![set.density(deepest)];
    for zoom in (0..deepest).rev() {
        crowds.extend(crowds.last().map(|finer| finer.at(zoom)));
    }
    crowds.reverse();
    crowds
}

/// Whether the fullest block of tiles of a zoom keeps to the budget.
fn fits(
    set: &dyn Trial,
    crowds: &[Density],
    zoom: u8,
    budget: Budget,
    monitor: &dyn Monitor,
) -> Result<bool> {
    go_on(monitor)?;
    let Some(crowd) = crowds.get(usize::from(zoom)) else { return Ok(true) };
    let block = crowd.block(budget.block.0, budget.block.1);
    let Sample { pieces, part } = sample(&crowds[usize::from(zoom)..], &block, budget.sample);
    if pieces.is_empty() {
        return Ok(true);
    }
    // As one, for what many pieces begin with is in a tile once.
    let drawn = set.drawn(&pieces, zoom, monitor)?;
    let margin = if part < 1.0 { MARGIN } else { 1.0 };
    let most = (budget.bytes as f64 * part / margin) as usize;
    // What is that large never gets small enough, and takes long to compress.
    Ok::<bool, Error>(drawn.len() / 10 < most && Coding::Gzip.packed(&drawn)?.len() <= most)
}

/// Tiles that stand for a block.
struct Sample {
    pieces: Vec<TileCoord>,
    /// What part of the whole they are: of the tiles with something in them, or of the parcels where that is less.
    part: f64,
}

/// Tiles in those of a block that hold at most so many parcels together, if they can.
fn sample(crowds: &[Density], block: &[TileCoord], most: usize) -> Sample {
    let parcels = |tiles: &[(TileCoord, usize)]| tiles.iter().map(|(_, count)| count).sum::<usize>();
    let mut found = Sample { pieces: Vec::new(), part: 1.0 };
    for crowd in crowds.iter().take(usize::from(FINER_MAX) + 1) {
        let all = crowd.within(block);
        let stride = if parcels(&all) <= most { 1 } else { all.len().div_ceil(PIECES).max(1) };
        let some: Vec<_> = all.iter().skip(stride / 2).step_by(stride).copied().collect();
        let share = |of: usize, all: usize| of as f64 / all.max(1) as f64;
        let part = share(some.len(), all.len()).min(share(parcels(&some), parcels(&all)));
        found = Sample { pieces: some.iter().map(|(tile, _)| *tile).collect(), part };
        if parcels(&some) <= most {
            break;
        }
    }
    found
}
