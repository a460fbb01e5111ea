//! The dissolved land of a layer in one tile, gathered from features that need not be in memory together.

use crate::coord::TileCoord;
use crate::dissolve::Dissolver;
use crate::feature::Feature;
use crate::layer::LayerSpec;
use crate::mvt::LayerWriter;
use crate::shapes::{Extent, Shapes};

/// The land of a layer in one tile, in the making.
pub struct DissolvedTile {
    name: String,
    /// In this world and in those beside it.
    dissolvers: Vec<Dissolver>,
}

impl DissolvedTile {
    /// For a tile of a layer, with its specification at a zoom that is the tile's or lesser; none where no land is dissolved there.
    #[must_use]
    pub fn new(spec: &LayerSpec, tile: TileCoord, z: u8) -> Option<Self> {
        let name = spec.dissolved.clone().filter(|_| z < spec.minzoom)?;
        Some(Self { name, dissolvers: spec.windows(tile, z).map(Dissolver::new).collect() })
    }

    /// Takes features in.
    pub fn add<'a>(&mut self, features: impl IntoIterator<Item = &'a Feature>) {
        let mut shapes = Shapes::default();
        features.into_iter().for_each(|feature| shapes.push(&feature.geometry));
        let placed: Vec<(usize, Extent)> =
            (0..shapes.len()).flat_map(|at| shapes.parts(at).zip(shapes.extents(at))).collect();
        for dissolver in &mut self.dissolvers {
            let [west, north, east, south] = dissolver.window().bounds();
            let meets = |[w, n, e, s]: Extent| e >= west && w <= east && s >= north && n <= south;
            dissolver.add(&shapes, placed.iter().filter(|(_, extent)| meets(*extent)).map(|(part, _)| *part));
        }
    }

    /// Takes in what another has gathered for the same tile.
    pub fn join(&mut self, other: Self) {
        for (own, other) in self.dissolvers.iter_mut().zip(other.dissolvers) {
            own.join(other);
        }
    }

    /// Appends the land's part of the tile.
    pub fn write(self, out: &mut Vec<u8>) {
        let mut writer = LayerWriter::new(&self.name, Vec::new());
        for shape in self.dissolvers.into_iter().filter_map(Dissolver::shape) {
            writer.add(1, std::iter::empty(), &shape);
        }
        writer.finish(out);
    }
}
