//! How densely features lie: how many begin in each tile of a zoom.

use crate::coord::{MAX_ZOOM, TileCoord};
use crate::mercator::Point;

/// How many features begin in each tile of a zoom that has any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Density {
    zoom: u8,
    /// Column, row and number, ascending.
    tiles: Vec<(u32, u32, usize)>,
}

impl Density {
    /// Counts where features begin, at a zoom.
    #[must_use]
    pub fn of(zoom: u8, begun: impl Iterator<Item = Point>) -> Self {
        let zoom = zoom.min(MAX_ZOOM);
        let tiles = f64::from(1_u32 << zoom);
        let column = |c: f64| ((c.clamp(0.0, 1.0) * tiles) as u32).min((1 << zoom) - 1);
        Self::summed(zoom, begun.map(|[x, y]| (column(x), column(y), 1)).collect())
    }

    fn summed(zoom: u8, mut tiles: Vec<(u32, u32, usize)>) -> Self {
        tiles.sort_unstable();
        let sum = |same: &[(u32, u32, usize)]| (same[0].0, same[0].1, same.iter().map(|t| t.2).sum());
        let tiles = tiles.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).map(sum).collect();
        Self { zoom, tiles }
    }

    /// The sum of several at one zoom.
    #[must_use]
    pub fn sum(zoom: u8, densities: impl IntoIterator<Item = Self>) -> Self {
        Self::summed(zoom, densities.into_iter().flat_map(|density| density.at(zoom).tiles).collect())
    }

    /// The same at a lesser zoom; as it is where it is at one.
    #[must_use]
    pub fn at(&self, zoom: u8) -> Self {
        let up = self.zoom.saturating_sub(zoom);
        let tiles = self.tiles.iter().map(|(x, y, count)| (x >> up, y >> up, *count)).collect();
        Self::summed(self.zoom - up, tiles)
    }

    /// The block of so many columns and rows in which most features begin: the tiles of it that have any. Blocks that begin
    /// at a tile with features are tried, so that their number is bounded; of equal ones the first is it.
    #[must_use]
    pub fn block(&self, columns: u32, rows: u32) -> Vec<TileCoord> {
        let mut best: (usize, &[(u32, u32, usize)], u32) = (0, &[], 0);
        let mut from = 0;
        let mut to = 0;
        for at in 0..self.tiles.len() {
            let (x, top, _) = self.tiles[at];
            while self.tiles[from].0 < x {
                from += 1;
            }
            while to < self.tiles.len() && self.tiles[to].0 - x < columns {
                to += 1;
            }
            let within = &self.tiles[from..to];
            let count = within.iter().filter(|t| t.1 >= top && t.1 - top < rows).map(|t| t.2).sum();
            if count > best.0 {
                best = (count, within, top);
            }
        }
        let (_, within, top) = best;
        let seen = within.iter().filter(|t| t.1 >= top && t.1 - top < rows);
        seen.filter_map(|(x, y, _)| TileCoord::new(self.zoom, *x, *y).ok()).collect()
    }

    /// The tiles that have features and lie in those of a lesser zoom, each with how many.
    #[must_use]
    pub fn within(&self, tiles: &[TileCoord]) -> Vec<(TileCoord, usize)> {
        let inside = |x: u32, y: u32| {
            tiles.iter().any(|tile| {
                let down = self.zoom.saturating_sub(tile.z());
                (x >> down, y >> down) == (tile.x(), tile.y())
            })
        };
        let found = self.tiles.iter().filter(|(x, y, _)| inside(*x, *y));
        found.filter_map(|(x, y, count)| Some((TileCoord::new(self.zoom, *x, *y).ok()?, *count))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(zoom: u8, begun: &[(u32, u32)]) -> Density {
        let inside = |c: u32| (f64::from(c) + 0.5) / f64::from(1 << zoom);
        Density::of(zoom, begun.iter().map(|(x, y)| [inside(*x), inside(*y)]))
    }

    fn density() -> Density {
        of(3, &[(0, 0), (5, 5), (5, 5), (6, 5), (5, 6), (7, 7), (7, 7), (7, 7)])
    }

    #[test]
    fn coarser_zooms_hold_the_same_features() {
        assert_eq!(density().at(0), of(0, &[(0, 0); 8]));
        assert_eq!(density().at(9), density());
        assert_eq!(Density::sum(2, [density(), of(2, &[(3, 3)])]).block(1, 1), density().at(2).block(1, 1));
        assert_eq!(Density::sum(0, [density(), density()]), of(0, &[(0, 0); 16]));
    }

    #[test]
    fn the_fullest_block_is_found() {
        let named = |tiles: Vec<TileCoord>| tiles.iter().map(|t| (t.x(), t.y())).collect::<Vec<_>>();
        assert_eq!(named(density().block(1, 1)), [(7, 7)]);
        assert_eq!(named(density().block(2, 2)), [(5, 5), (5, 6), (6, 5)]);
        let block = density().at(2).block(1, 1);
        assert_eq!(named(block.clone()), [(3, 3)]);
        let within = density().within(&block);
        assert_eq!(within.iter().map(|(t, n)| (t.x(), t.y(), *n)).collect::<Vec<_>>(), [(7, 7, 3)]);
        assert!(of(4, &[]).block(4, 2).is_empty());
    }
}
