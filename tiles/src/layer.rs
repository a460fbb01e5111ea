//! Features by place, and the tiles made of them.

use std::sync::OnceLock;

use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::coord::TileCoord;
use crate::cut::{Window, areas, stand_in};
use crate::feature::{Feature, Field, Geometry};
use crate::mercator::Point;
use crate::mvt::LayerWriter;

/// Zooms that there are.
const ZOOMS: usize = crate::coord::MAX_ZOOM as usize + 1;

/// How a layer looks by zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its name in a tile.
    pub name: String,
    /// Its properties, in the order in which features hold them.
    pub fields: Vec<Field>,
    /// Tiles of lesser zooms go without it.
    pub minzoom: u8,
    /// Tiles of greater zooms go without it.
    pub maxzoom: u8,
    /// Below this zoom corners go on a coarser grid, so that outlines get simpler; neighbours still share them.
    pub coarse_below: u8,
}

/// Immutable features, found by place.
pub struct Layer {
    look: Look,
    features: Vec<Feature>,
    index: RTree<GeomWithData<Rectangle<Point>, u32>>,
    /// Features along a curve that stays near.
    along: Vec<u32>,
    /// By zoom, the features too small to be seen that are shown as one cell, ascending.
    shown_small: [OnceLock<Vec<u32>>; ZOOMS],
}

impl Layer {
    /// Indexes features.
    #[must_use]
    pub fn new(look: Look, features: Vec<Feature>) -> Self {
        let boxes: Vec<Option<AABB<Point>>> = features.par_iter().map(|f| bounds(&f.geometry)).collect();
        let placed = (0..).zip(&boxes).filter_map(|(at, b)| {
            b.as_ref().map(|b| GeomWithData::new(Rectangle::from_corners(b.lower(), b.upper()), at))
        });
        let index = RTree::bulk_load(placed.collect());
        let mut along: Vec<(u64, u32)> =
            (0..).zip(&boxes).filter_map(|(at, b)| Some((near(b.as_ref()?.lower()), at))).collect();
        along.sort_unstable();
        let along = along.into_iter().map(|(_, at)| at).collect();
        Self { look, features, index, along, shown_small: [const { OnceLock::new() }; ZOOMS] }
    }

    /// How it looks.
    #[must_use]
    pub fn look(&self) -> &Look {
        &self.look
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
        let z = tile.z();
        if z < self.look.minzoom || z > self.look.maxzoom {
            return;
        }
        let fields: Vec<(usize, &Field)> =
            self.look.fields.iter().enumerate().filter(|(_, field)| field.minzoom <= z).collect();
        let mut writer =
            LayerWriter::new(&self.look.name, fields.iter().map(|(_, f)| f.name.clone()).collect());
        // What crosses the antimeridian lies partly in the next world.
        let mut found: Vec<(u32, Window)> = [-1, 0, 1]
            .into_iter()
            .map(|around| Window::new(tile, around, self.step(z)))
            .flat_map(|window| {
                let [west, north, east, south] = window.bounds();
                let seen = AABB::from_corners([west, north], [east, south]);
                self.index.locate_in_envelope_intersecting(&seen).map(move |one| (one.data, window))
            })
            .collect();
        found.sort_by_key(|(at, _)| *at);
        for (at, window) in found {
            let feature = &self.features[at as usize];
            let shape = window.cut(&feature.geometry).or_else(|| self.small(at, z, window));
            if let Some(shape) = shape {
                let properties =
                    fields.iter().map(|(field, _)| feature.properties.get(*field).and_then(Option::as_ref));
                writer.add(feature.id, properties, &shape);
            }
        }
        writer.finish(out);
    }

    fn step(&self, z: u8) -> u16 {
        if z < self.look.coarse_below { 4 } else { 1 }
    }

    /// The cell shown instead of a feature that became nothing.
    fn small(&self, at: u32, z: u8, window: Window) -> Option<crate::mvt::Shape> {
        let shown = self.shown_small[usize::from(z)].get_or_init(|| self.shown_small(z));
        shown.binary_search(&at).ok()?;
        let Geometry::Polygons(polygons) = &self.features[at as usize].geometry else { return None };
        stand_in(window, *polygons.first()?.first()?.first()?)
    }

    /// Which of the features that become nothing at a zoom are shown as one cell: one whenever the area lost so far, along
    /// a curve that stays near, comes to a cell. Where neighbours gain what a feature loses, none is.
    fn shown_small(&self, z: u8) -> Vec<u32> {
        let step = self.step(z);
        let areas: Vec<(f64, f64)> = self
            .along
            .par_iter()
            .map(|at| match &self.features[*at as usize].geometry {
                Geometry::Polygons(polygons) => {
                    let each = polygons.iter().map(|rings| areas(rings, z, step));
                    each.fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
                }
                Geometry::Lines(_) => (0.0, 0.0),
            })
            .collect();
        let (mut lost, mut shown) = (0.0, Vec::new());
        for (at, (exact, on_grid)) in self.along.iter().zip(areas) {
            lost += exact - on_grid;
            if on_grid == 0.0 && exact > 0.0 && lost >= 1.0 {
                lost -= 1.0;
                shown.push(*at);
            }
        }
        shown.sort_unstable();
        shown
    }
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
        let mut out = Vec::new();
        for layer in &self.layers {
            layer.write(tile, &mut out);
        }
        out
    }

    /// West, north, east and south end in the unit square; nothing where nothing is.
    #[must_use]
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let all = self.layers.iter().filter_map(Layer::bounds);
        all.reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
    }
}

/// The box around a shape; nothing where it has no place or one that is no number.
fn bounds(geometry: &Geometry) -> Option<AABB<Point>> {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    let mut sound = true;
    let mut see = |p: &Point| {
        for axis in 0..2 {
            sound &= p[axis].is_finite();
            low[axis] = low[axis].min(p[axis]);
            high[axis] = high[axis].max(p[axis]);
        }
    };
    match geometry {
        Geometry::Polygons(polygons) => polygons.iter().flatten().flatten().for_each(&mut see),
        Geometry::Lines(lines) => lines.iter().flatten().for_each(&mut see),
    }
    (sound && low[0] <= high[0]).then(|| AABB::from_corners(low, high))
}

/// A place's position on the Morton curve of a grid of 2³⁰ cells a side.
fn near(place: Point) -> u64 {
    let cells = place.map(|c| (c.clamp(0.0, 1.0) * f64::from(1 << 30)) as u64);
    (0..31).map(|bit| (cells[0] >> bit & 1) << (2 * bit) | (cells[1] >> bit & 1) << (2 * bit + 1)).sum()
}
