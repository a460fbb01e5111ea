//! Features by place, and the tiles made of them.

use std::sync::OnceLock;

use rayon::prelude::*;
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::coord::TileCoord;
use crate::crowd::Crowd;
use crate::cut::{Window, areas, stand_in};
use crate::feature::{Feature, Field, Geometry};
use crate::mercator::Point;
use crate::mvt::{LayerWriter, Shape};
use crate::region::region;

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
    /// Tiles of zooms below `minzoom` hold the land of all features as one, in a layer of this name.
    pub land: Option<String>,
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

/// One of the polygons or lines of a feature.
type Part = (u32, u32);

/// Immutable features, found by place.
pub struct Layer {
    look: Look,
    features: Vec<Feature>,
    /// Parts of features by place: an outline of a thousand pieces is not looked through for each tile.
    index: RTree<GeomWithData<Rectangle<Point>, Part>>,
    /// Features along a curve that stays near.
    along: Vec<u32>,
    /// By zoom, the features too small to be seen that are shown as one cell, ascending.
    shown_small: [OnceLock<Vec<u32>>; ZOOMS],
}

impl Layer {
    /// Indexes features.
    #[must_use]
    pub fn new(look: Look, features: Vec<Feature>) -> Self {
        let boxes: Vec<Vec<AABB<Point>>> = features.par_iter().map(|f| bounds(&f.geometry)).collect();
        let placed = (0..).zip(&boxes).flat_map(|(at, boxes)| {
            let each = (0..).zip(boxes);
            each.map(move |(part, b)| {
                GeomWithData::new(Rectangle::from_corners(b.lower(), b.upper()), (at, part))
            })
        });
        let index = RTree::bulk_load(placed.collect());
        let mut along: Vec<(u64, u32)> =
            (0..).zip(&boxes).filter_map(|(at, b)| Some((near(b.first()?.lower()), at))).collect();
        along.sort_unstable();
        let along = along.into_iter().map(|(_, at)| at).collect();
        Self { look, features, index, along, shown_small: [const { OnceLock::new() }; ZOOMS] }
    }

    /// The same features with another look.
    #[must_use]
    pub fn looking(mut self, look: Look) -> Self {
        self.look = look;
        self.shown_small = [const { OnceLock::new() }; ZOOMS];
        self
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
        self.write_part(tile, tile.z(), out);
    }

    /// As [`Layer::write`], with the look of a zoom that is that of the tile or lesser.
    pub fn write_part(&self, tile: TileCoord, z: u8, out: &mut Vec<u8>) {
        if z > self.look.maxzoom {
            return;
        }
        if z < self.look.minzoom {
            if let Some(name) = &self.look.land {
                self.write_land(name, tile, z, out);
            }
            return;
        }
        let fields: Vec<(usize, &Field)> =
            self.look.fields.iter().enumerate().filter(|(_, field)| field.minzoom <= z).collect();
        let mut writer =
            LayerWriter::new(&self.look.name, fields.iter().map(|(_, f)| f.name.clone()).collect());
        for window in self.windows(tile, z) {
            let found = self.found(window);
            for parts in found.chunk_by(|a, b| a.0 == b.0) {
                let at = parts[0].0;
                let feature = &self.features[at as usize];
                let drawn = match &feature.geometry {
                    Geometry::Polygons(polygons) => {
                        let parts = parts.iter().map(|(_, part)| &polygons[*part as usize]);
                        if self.step(z) > 1 { region(window, parts) } else { window.polygons(parts) }
                    }
                    Geometry::Lines(lines) => {
                        window.lines(parts.iter().map(|(_, part)| &lines[*part as usize]))
                    }
                };
                if let Some(shape) = drawn.or_else(|| self.small(at, z, window)) {
                    let properties = fields
                        .iter()
                        .map(|(field, _)| feature.properties.get(*field).and_then(Option::as_ref));
                    writer.add(feature.id, properties, &shape);
                }
            }
        }
        writer.finish(out);
    }

    /// The land of all features as one feature.
    fn write_land(&self, name: &str, tile: TileCoord, z: u8, out: &mut Vec<u8>) {
        let mut writer = LayerWriter::new(name, Vec::new());
        for window in self.windows(tile, z) {
            let found = self.found(window);
            let polygons =
                found.iter().filter_map(|(at, part)| match &self.features[*at as usize].geometry {
                    Geometry::Polygons(polygons) => polygons.get(*part as usize),
                    Geometry::Lines(_) => None,
                });
            if let Some(shape) = region(window, polygons) {
                writer.add(1, std::iter::empty(), &shape);
            }
        }
        writer.finish(out);
    }

    /// What a tile shows, on the grid of a zoom: what crosses the antimeridian lies partly in the next world.
    fn windows(&self, tile: TileCoord, z: u8) -> impl Iterator<Item = Window> + use<> {
        // A line of that grid is one of the tile's, too.
        let finer = tile.z().saturating_sub(z).min(15);
        let step = u16::try_from(u32::from(self.step(z)) << finer).unwrap_or(u16::MAX);
        [-1, 0, 1].into_iter().map(move |around| Window::new(tile, around, step))
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
        self.windows(tile, tile.z())
            .any(|window| self.index.locate_in_envelope_intersecting(&envelope(window)).next().is_some())
    }

    /// How many features begin in each tile of a zoom.
    #[must_use]
    pub fn crowd(&self, z: u8) -> Crowd {
        let zoom = z.min(crate::coord::MAX_ZOOM);
        let tiles = f64::from(1_u32 << zoom);
        let first = |at: &u32| match &self.features[*at as usize].geometry {
            Geometry::Polygons(polygons) => polygons.first()?.first()?.first(),
            Geometry::Lines(lines) => lines.first()?.first(),
        };
        let column = |c: f64| ((c.clamp(0.0, 1.0) * tiles) as u32).min((1 << zoom) - 1);
        let begun = self.along.iter().filter_map(first).map(|p| (column(p[0]), column(p[1])));
        Crowd::new(zoom, begun.collect())
    }

    fn step(&self, z: u8) -> u16 {
        self.look.coarse.iter().find(|coarse| coarse.zoom == z).map_or(1, |coarse| coarse.step)
    }

    /// The square of the grid shown instead of a feature that became nothing.
    fn small(&self, at: u32, z: u8, window: Window) -> Option<Shape> {
        let shown = self.shown_small[usize::from(z)].get_or_init(|| self.shown_small(z));
        shown.binary_search(&at).ok()?;
        let Geometry::Polygons(polygons) = &self.features[at as usize].geometry else { return None };
        stand_in(window, *polygons.first()?.first()?.first()?)
    }

    /// Which of the features that become nothing at a zoom are shown as a square of its grid: one whenever the area lost so
    /// far, along a curve that stays near, comes to that. Where neighbours gain what a feature loses, none is.
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
        let square = f64::from(step) * f64::from(step);
        let (mut lost, mut shown) = (0.0, Vec::new());
        for (at, (exact, on_grid)) in self.along.iter().zip(areas) {
            lost += exact - on_grid;
            if on_grid == 0.0 && exact > 0.0 && lost >= square {
                lost -= square;
                shown.push(*at);
            }
        }
        shown.sort_unstable();
        shown
    }
}

/// The boxes around the parts of a shape; none where it has no place, or one that is no number.
fn bounds(geometry: &Geometry) -> Vec<AABB<Point>> {
    let around = |places: &mut dyn Iterator<Item = &Point>| {
        let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
        let mut sound = true;
        for p in places {
            for axis in 0..2 {
                sound &= p[axis].is_finite();
                low[axis] = low[axis].min(p[axis]);
                high[axis] = high[axis].max(p[axis]);
            }
        }
        (sound && low[0] <= high[0]).then(|| AABB::from_corners(low, high))
    };
    let parts: Option<Vec<_>> = match geometry {
        Geometry::Polygons(polygons) => polygons.iter().map(|p| around(&mut p.iter().flatten())).collect(),
        Geometry::Lines(lines) => lines.iter().map(|line| around(&mut line.iter())).collect(),
    };
    parts.unwrap_or_default()
}

fn envelope(window: Window) -> AABB<Point> {
    let [west, north, east, south] = window.bounds();
    AABB::from_corners([west, north], [east, south])
}

/// A place's position on the Morton curve of a grid of 2³⁰ cells a side.
fn near(place: Point) -> u64 {
    let cells = place.map(|c| (c.clamp(0.0, 1.0) * f64::from(1 << 30)) as u64);
    (0..31).map(|bit| (cells[0] >> bit & 1) << (2 * bit) | (cells[1] >> bit & 1) << (2 * bit + 1)).sum()
}
