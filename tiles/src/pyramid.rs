//! The layers that make tiles, and which tiles there are.

use std::ops::RangeInclusive;

use crate::coord::{MAX_ZOOM, TileCoord};
use crate::layer::Layer;

/// More tiles than this are no map of parcels; their addresses take 48 MB.
pub const TILES_MAX: usize = 4_000_000;

/// A layer spans so much of the Earth that a zoom has millions of tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("zoom {zoom} has more than {TILES_MAX} tiles")]
pub struct TooManyTiles {
    /// The first zoom that has too many.
    pub zoom: u8,
}

/// The layers that make a tile.
#[derive(Default)]
pub struct Tileset {
    /// In the order in which they are written.
    pub layers: Vec<Layer>,
}

impl Tileset {
    /// The bytes of a tile, empty where nothing is.
    #[must_use]
    pub fn tile(&self, tile: TileCoord) -> Vec<u8> {
        self.part(tile, tile.z())
    }

    /// What tiles of a zoom show of the area of a tile: the same shapes, on the same grid. Where the zoom is lesser than
    /// the tile's, it is a sample of a tile that would take long to cut as a whole.
    #[must_use]
    pub fn part(&self, tile: TileCoord, zoom: u8) -> Vec<u8> {
        let mut out = Vec::new();
        for layer in &self.layers {
            layer.write_part(tile, zoom, &mut out);
        }
        out
    }

    /// The addresses of the tiles of these zooms that may hold something, zoom by zoom: those whose parent does.
    ///
    /// # Errors
    /// [`TooManyTiles`] before their number grows out of hand.
    pub fn tiles(&self, zooms: RangeInclusive<u8>) -> Result<Vec<TileCoord>, TooManyTiles> {
        TileCoord::new(0, 0, 0).map_or(Ok(Vec::new()), |world| self.tiles_in(world, zooms))
    }

    /// As [`Tileset::tiles`], of those that a tile is or is made of.
    ///
    /// # Errors
    /// As [`Tileset::tiles`].
    pub fn tiles_in(
        &self,
        whole: TileCoord,
        zooms: RangeInclusive<u8>,
    ) -> Result<Vec<TileCoord>, TooManyTiles> {
        let (least, most) = (*zooms.start(), (*zooms.end()).min(MAX_ZOOM));
        let mut found = Vec::new();
        let mut level = vec![whole];
        for zoom in whole.z()..=most {
            level.retain(|tile| self.layers.iter().any(|layer| layer.touches(*tile)));
            if zoom >= least {
                found.extend(&level);
            }
            // Each has four children.
            if zoom < most && found.len() + 4 * level.len() > TILES_MAX {
                return Err(TooManyTiles { zoom: zoom + 1 });
            }
            level = level.iter().flat_map(|tile| tile.children()).collect();
        }
        Ok(found)
    }

    /// West, north, east and south end in the unit square; nothing where nothing is.
    #[must_use]
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let all = self.layers.iter().filter_map(Layer::bounds);
        all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::{Feature, Geometry};
    use crate::layer::LayerSpec;

    fn set(ring: Vec<[f64; 2]>) -> Tileset {
        let spec = LayerSpec {
            name: "l".into(),
            fields: Vec::new(),
            minzoom: 0,
            maxzoom: 22,
            dissolved: None,
            coarse: Vec::new(),
        };
        let feature =
            Feature { id: 1, geometry: Geometry::Polygons(vec![vec![ring]]), properties: Vec::new() };
        Tileset { layers: vec![Layer::new(spec, vec![feature])] }
    }

    #[test]
    fn tiles_are_where_something_is() {
        let tiles = set(vec![[0.30, 0.30], [0.31, 0.30], [0.31, 0.31]]).tiles(1..=3).unwrap();
        let named: Vec<(u8, u32, u32)> = tiles.iter().map(|t| (t.z(), t.x(), t.y())).collect();
        assert_eq!(named, [(1, 0, 0), (2, 1, 1), (3, 2, 2)]);
    }

    #[test]
    fn the_whole_world_is_too_much() {
        let world = set(vec![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]);
        assert_eq!(world.tiles(0..=5).unwrap().len(), 1 + 4 + 16 + 64 + 256 + 1024);
        assert!(world.tiles(0..=20).is_err());
    }
}
