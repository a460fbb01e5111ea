//! The land of a layer in one tile, gathered from features that need not be in memory together.

use crate::coord::TileCoord;
use crate::feature::Feature;
use crate::layer::Look;
use crate::mvt::LayerWriter;
use crate::region::Region;
use crate::shapes::{Extent, Shapes};

/// The land of a layer in one tile, in the making.
pub struct LandTile {
    name: String,
    /// In this world and in those beside it.
    regions: Vec<Region>,
}

impl LandTile {
    /// For a tile of a layer, with its look of a zoom that is the tile's or lesser; none where that shows no land.
    #[must_use]
    pub fn new(look: &Look, tile: TileCoord, z: u8) -> Option<Self> {
        let name = look.land.clone().filter(|_| z < look.minzoom)?;
        Some(Self { name, regions: look.windows(tile, z).map(Region::new).collect() })
    }

    /// Takes features in.
    pub fn add<'a>(&mut self, features: impl IntoIterator<Item = &'a Feature>) {
        let mut shapes = Shapes::default();
        features.into_iter().for_each(|feature| shapes.push(&feature.geometry));
        let placed: Vec<(usize, Extent)> =
            (0..shapes.len()).flat_map(|at| shapes.parts(at).zip(shapes.extents(at))).collect();
        for region in &mut self.regions {
            let [west, north, east, south] = region.window().bounds();
            let meets = |[w, n, e, s]: Extent| e >= west && w <= east && s >= north && n <= south;
            region.add(&shapes, placed.iter().filter(|(_, extent)| meets(*extent)).map(|(part, _)| *part));
        }
    }

    /// Takes in what another has gathered for the same tile.
    pub fn join(&mut self, other: Self) {
        for (own, other) in self.regions.iter_mut().zip(other.regions) {
            own.join(other);
        }
    }

    /// Appends the land's part of the tile.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut writer = LayerWriter::new(&self.name, Vec::new());
        for shape in self.regions.into_iter().filter_map(Region::shape) {
            writer.add(1, std::iter::empty(), &shape);
        }
        writer.finish(out);
    }
}
