//! Features by place, and the tiles made of them.

use std::convert::Infallible;
use std::sync::OnceLock;

use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::clip::{Window, stand_in};
use crate::coord::TileCoord;
use crate::density::Density;
use crate::dissolve::dissolve;
use crate::feature::{Feature, Field};
use crate::mercator::Point;
use crate::morton::code;
use crate::mvt::{LayerWriter, Shape};
use crate::shapes::{Shapes, Values};
use crate::tiny::{LostArea, ZOOMS, Zooms, area_at};

/// What of a layer the tiles of each zoom show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerSpec {
    /// Its name in a tile.
    pub name: String,
    /// Its properties, in the order in which features hold them.
    pub fields: Vec<Field>,
    /// Tiles of lesser zooms go without it.
    pub minzoom: u8,
    /// Tiles of greater zooms go without it.
    pub maxzoom: u8,
    /// Tiles of zooms below `minzoom` hold the land of all features dissolved into one, in a layer of this name.
    pub dissolved: Option<String>,
    /// The grid of lesser zooms, where it is coarser than the tile's.
    pub coarse: Vec<Coarse>,
}

/// A grid that is coarser than the tile's cells. Neighbours still share corners; each feature is drawn as one region, so that
/// what its parts lose and gain is made up for among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coarse {
    /// The zoom.
    pub zoom: u8,
    /// Cells from one of the grid's lines to the next.
    pub step: u16,
}

impl LayerSpec {
    /// Cells from one line of the grid of a zoom to the next.
    pub(crate) fn step(&self, z: u8) -> u16 {
        self.coarse.iter().find(|coarse| coarse.zoom == z).map_or(1, |coarse| coarse.step)
    }

    /// What a tile shows, on the grid of a zoom: what crosses the antimeridian lies partly in the next world.
    pub(crate) fn windows(&self, tile: TileCoord, z: u8) -> impl Iterator<Item = Window> + use<> {
        // A line of that grid is one of the tile's, too.
        let finer = tile.z().saturating_sub(z).min(15);
        let step = u16::try_from(u32::from(self.step(z)) << finer).unwrap_or(u16::MAX);
        Window::around(tile, step)
    }
}

/// A feature, and one of the polygons or lines of all.
type Part = (u32, u32);

/// Immutable features, found by place.
pub struct Layer {
    spec: LayerSpec,
    ids: Vec<u64>,
    shapes: Shapes,
    values: Values,
    /// Parts of features by place: an outline of a thousand pieces is not looked through for each tile.
    index: RTree<GeomWithData<Rectangle<Point>, Part>>,
    /// Features in Morton order.
    along: Vec<u32>,
    tiny: Tiny,
}

/// The features too tiny to be seen that are shown as one cell of the grid.
enum Tiny {
    /// By zoom, ascending, once it is asked for.
    Found(Box<[OnceLock<Vec<u32>>; ZOOMS]>),
    /// Given by feature, for what is only a part of a layer.
    Given(Vec<Zooms>),
}

impl Tiny {
    fn not_yet() -> Self {
        Self::Found(Box::new([const { OnceLock::new() }; ZOOMS]))
    }
}

impl Layer {
    /// Indexes features.
    #[must_use]
    pub fn new(spec: LayerSpec, features: impl IntoIterator<Item = Feature>) -> Self {
        let all = Self::try_new(spec, features.into_iter().map(Ok::<_, Infallible>));
        match all {
            Ok(layer) => layer,
        }
    }

    /// Indexes some of a layer's features, each with the zooms at which it is shown although it is too small. A tile whose features
    /// are all among these is the same as the whole layer's.
    #[must_use]
    pub fn piece(spec: LayerSpec, features: impl IntoIterator<Item = (Feature, Zooms)>) -> Self {
        let mut shown = Vec::new();
        let given = features.into_iter().map(|(feature, zooms)| {
            shown.push(zooms);
            feature
        });
        let layer = Self::new(spec, given);
        Self { tiny: Tiny::Given(shown), ..layer }
    }

    /// Indexes features that may turn out not to be there.
    ///
    /// # Errors
    /// The first that came instead of one.
    pub fn try_new<E>(
        spec: LayerSpec,
        features: impl IntoIterator<Item = Result<Feature, E>>,
    ) -> Result<Self, E> {
        let (mut ids, mut shapes, mut values) =
            (Vec::new(), Shapes::default(), Values::new(spec.fields.len()));
        for feature in features {
            let feature = feature?;
            ids.push(feature.id);
            shapes.push(&feature.geometry);
            values.push(&feature.properties);
        }
        shapes.shrink();
        values.shrink();
        let extents: Vec<_> = (0..ids.len()).into_par_iter().map(|at| shapes.extents(at)).collect();
        let placed = (0..).zip(&extents).flat_map(|(at, extents)| {
            let parts = (0..).skip(shapes.parts(at as usize).start);
            parts.zip(extents).map(move |(part, [west, north, east, south])| {
                GeomWithData::new(Rectangle::from_corners([*west, *north], [*east, *south]), (at, part))
            })
        });
        let index = RTree::bulk_load(placed.collect());
        let mut along: Vec<(u64, u32)> = (0..)
            .zip(&extents)
            .filter(|(_, parts)| !parts.is_empty())
            .map(|(at, parts)| {
                let least = |axis: usize| parts.iter().map(|e| e[axis]).fold(f64::INFINITY, f64::min);
                (code([least(0), least(1)]), at)
            })
            .collect();
        along.sort_unstable();
        let along = along.into_iter().map(|(_, at)| at).collect();
        Ok(Self { spec, ids, shapes, values, index, along, tiny: Tiny::not_yet() })
    }

    /// The same features with another specification.
    #[must_use]
    pub fn with_spec(mut self, spec: LayerSpec) -> Self {
        self.spec = spec;
        if let Tiny::Found(_) = self.tiny {
            self.tiny = Tiny::not_yet();
        }
        self
    }

    /// What its tiles show.
    #[must_use]
    pub fn spec(&self) -> &LayerSpec {
        &self.spec
    }

    /// West, north, east and south end in the unit square; nothing where nothing is.
    #[must_use]
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let whole = self.index.root().envelope();
        let (low, high) = (whole.lower(), whole.upper());
        (self.index.size() > 0).then_some([low[0], low[1], high[0], high[1]])
    }

    /// Appends this layer's part of a tile.
    pub fn write(&self, tile: TileCoord, out: &mut Vec<u8>) {
        self.write_part(tile, tile.z(), out);
    }

    /// As [`Layer::write`], as specified for a zoom that is that of the tile or lesser.
    pub fn write_part(&self, tile: TileCoord, z: u8, out: &mut Vec<u8>) {
        if z > self.spec.maxzoom {
            return;
        }
        if z < self.spec.minzoom {
            if let Some(name) = &self.spec.dissolved {
                self.write_dissolved(name, tile, z, out);
            }
            return;
        }
        let fields: Vec<(usize, &Field)> =
            self.spec.fields.iter().enumerate().filter(|(_, field)| field.minzoom <= z).collect();
        let mut writer =
            LayerWriter::new(&self.spec.name, fields.iter().map(|(_, f)| f.name.clone()).collect());
        for window in self.spec.windows(tile, z) {
            let found = self.found(window);
            for parts in found.chunk_by(|a, b| a.0 == b.0) {
                let at = parts[0].0 as usize;
                let numbers = parts.iter().map(|(_, part)| *part as usize);
                let drawn = if self.spec.step(z) > 1 && !self.shapes.lines(at) {
                    dissolve(window, &self.shapes, numbers)
                } else {
                    window.parts(&self.shapes, at, numbers)
                };
                if let Some(shape) = drawn.or_else(|| self.tiny(at, z, window)) {
                    let values = fields.iter().map(|(field, _)| self.values.get(at, *field));
                    writer.add(self.ids[at], values, &shape);
                }
            }
        }
        writer.finish(out);
    }

    /// The land of all features dissolved into one.
    fn write_dissolved(&self, name: &str, tile: TileCoord, z: u8, out: &mut Vec<u8>) {
        let mut writer = LayerWriter::new(name, Vec::new());
        for window in self.spec.windows(tile, z) {
            let found = self.found(window);
            let polygons = found.iter().filter(|(at, _)| !self.shapes.lines(*at as usize));
            let parts = polygons.map(|(_, part)| *part as usize);
            if let Some(shape) = dissolve(window, &self.shapes, parts) {
                writer.add(1, std::iter::empty(), &shape);
            }
        }
        writer.finish(out);
    }

    /// The parts whose boxes a window meets, in order.
    fn found(&self, window: Window) -> Vec<Part> {
        let mut found: Vec<Part> =
            self.index.locate_in_envelope_intersecting(&envelope(window)).map(|one| one.data).collect();
        found.sort_unstable();
        found
    }

    /// Whether anything may be in a tile, at whatever zoom it is shown.
    #[must_use]
    pub fn touches(&self, tile: TileCoord) -> bool {
        self.spec
            .windows(tile, tile.z())
            .any(|window| self.index.locate_in_envelope_intersecting(&envelope(window)).next().is_some())
    }

    /// How densely features lie: how many begin in each tile of a zoom.
    #[must_use]
    pub fn density(&self, z: u8) -> Density {
        Density::of(z, self.along.iter().filter_map(|at| self.shapes.first(*at as usize)))
    }

    /// The square of the grid shown instead of a feature that became nothing.
    fn tiny(&self, at: usize, z: u8, window: Window) -> Option<Shape> {
        let is_shown = match &self.tiny {
            Tiny::Found(by_zoom) => {
                let shown = by_zoom[usize::from(z)].get_or_init(|| self.tiny_shown(z));
                shown.binary_search(&u32::try_from(at).ok()?).is_ok()
            }
            Tiny::Given(zooms) => zooms[at].has(z),
        };
        stand_in(window, self.shapes.first(at).filter(|_| is_shown)?)
    }

    /// Which of the features that become nothing at a zoom are shown as a square of its grid.
    fn tiny_shown(&self, z: u8) -> Vec<u32> {
        let step = self.spec.step(z);
        let areas: Vec<_> =
            self.along.par_iter().map(|at| area_at(&self.shapes, *at as usize, z, step)).collect();
        let mut lost = LostArea::new(step);
        let mut shown: Vec<u32> =
            self.along.iter().zip(areas).filter(|(_, area)| lost.shows(*area)).map(|(at, _)| *at).collect();
        shown.sort_unstable();
        shown
    }
}

fn envelope(window: Window) -> AABB<Point> {
    let [west, north, east, south] = window.bounds();
    AABB::from_corners([west, north], [east, south])
}
