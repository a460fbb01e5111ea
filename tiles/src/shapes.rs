//! The shapes and values of a layer's features, one after the other: a million parcels in a few pieces of memory.

use std::collections::BTreeMap;

use crate::feature::{Geometry, Value, exact_double_area};
use crate::mercator::Point;
use crate::mvt::encoded;

/// Corners in a run.
const RUN: usize = 64;
/// A polygon of more rings has many holes.
const HOLES: usize = 8;

/// West, north, east and south end.
pub(crate) type Extent = [f64; 4];

/// A ring, which its last corner joins to the first, or a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Path<'a> {
    pub(crate) points: &'a [Point],
    runs: &'a [Extent],
}

impl<'a> Path<'a> {
    /// What is around the run of corners that begins at `at`, and where it ends; nothing where none begins. The last corner
    /// is in no run.
    pub(crate) fn run(self, at: usize) -> Option<(Extent, usize)> {
        if !at.is_multiple_of(RUN) {
            return None;
        }
        self.runs.get(at / RUN).map(|extent| (*extent, at + RUN))
    }

    /// One that is looked at corner by corner.
    fn plain(points: &'a [Point]) -> Self {
        Self { points, runs: &[] }
    }
}

/// The shapes of features in turn. Rings are wound the same way: outer ones so that their area is positive where y points
/// down, holes the other way.
#[derive(Debug, Default)]
pub(crate) struct Shapes {
    points: Vec<Point>,
    /// Where each ring or line ends.
    paths: Vec<usize>,
    /// Where the paths of each polygon end, or of each line, which has one.
    parts: Vec<usize>,
    /// Where the parts of each feature end, and whether they are lines.
    features: Vec<(usize, bool)>,
    /// What is around the runs of a path, where it has many.
    runs: BTreeMap<usize, Vec<Extent>>,
    /// What is around the holes of a polygon, where it has many.
    holes: BTreeMap<usize, Vec<Extent>>,
}

/// What ends there and begins where the one before ends.
fn range(ends: &[usize], at: usize) -> std::ops::Range<usize> {
    let start = at.checked_sub(1).map_or(0, |before| ends[before]);
    start..ends[at]
}

impl Shapes {
    /// Appends the shape of the next feature.
    pub(crate) fn push(&mut self, geometry: &Geometry) {
        match geometry {
            Geometry::Polygons(polygons) => {
                for rings in polygons {
                    for (at, ring) in rings.iter().enumerate() {
                        // Windings as they come in are anybody's.
                        let turned = (exact_double_area(ring) > 0.0) != (at == 0);
                        self.path(ring, turned);
                    }
                    if rings.len() > HOLES {
                        let holes = rings.iter().skip(1).map(|hole| extent(hole.iter()));
                        self.holes.insert(self.parts.len(), holes.collect());
                    }
                    self.parts.push(self.paths.len());
                }
            }
            Geometry::Lines(lines) => {
                for line in lines {
                    self.path(line, false);
                    self.parts.push(self.paths.len());
                }
            }
        }
        self.features.push((self.parts.len(), matches!(geometry, Geometry::Lines(_))));
    }

    fn path(&mut self, points: &[Point], turned: bool) {
        let start = self.points.len();
        if turned {
            self.points.extend(points.iter().rev());
        } else {
            self.points.extend_from_slice(points);
        }
        if points.len() > 2 * RUN {
            let own = &self.points[start..];
            let all_but_last = &own[..own.len() - 1];
            let runs = all_but_last.chunks_exact(RUN).map(|run| extent(run.iter()));
            self.runs.insert(self.paths.len(), runs.collect());
        }
        self.paths.push(self.points.len());
    }

    /// Gives back the room for more.
    pub(crate) fn shrink(&mut self) {
        self.points.shrink_to_fit();
        self.paths.shrink_to_fit();
        self.parts.shrink_to_fit();
        self.features.shrink_to_fit();
    }

    /// How many features there are.
    pub(crate) fn len(&self) -> usize {
        self.features.len()
    }

    /// Whether the parts of a feature are lines.
    pub(crate) fn lines(&self, feature: usize) -> bool {
        self.features[feature].1
    }

    /// The parts of a feature.
    pub(crate) fn parts(&self, feature: usize) -> std::ops::Range<usize> {
        let start = feature.checked_sub(1).map_or(0, |before| self.features[before].0);
        start..self.features[feature].0
    }

    /// The rings of a polygon, the outer one first, or the one line of a line.
    pub(crate) fn paths(&self, part: usize) -> impl Iterator<Item = Path<'_>> {
        range(&self.parts, part).map(|at| self.path_at(at))
    }

    /// The same, but of many holes only those that may meet a window.
    pub(crate) fn paths_near(&self, part: usize, [west, north, east, south]: Extent) -> Vec<Path<'_>> {
        let Some(holes) = self.holes.get(&part) else { return self.paths(part).collect() };
        let paths = range(&self.parts, part);
        let near = (paths.start + 1..paths.end).zip(holes).filter(|(_, hole)| {
            let [w, n, e, s] = **hole;
            // What is no number is not passed over.
            !(e < west || w > east || s < north || n > south)
        });
        std::iter::once(paths.start).chain(near.map(|(at, _)| at)).map(|at| self.path_at(at)).collect()
    }

    fn path_at(&self, at: usize) -> Path<'_> {
        let points = &self.points[range(&self.paths, at)];
        if points.len() <= 2 * RUN {
            return Path::plain(points);
        }
        Path { points, runs: self.runs.get(&at).map_or(&[], Vec::as_slice) }
    }

    /// The first corner of a feature.
    pub(crate) fn first(&self, feature: usize) -> Option<Point> {
        let part = Some(self.parts(feature)).filter(|parts| !parts.is_empty())?.start;
        self.paths(part).next()?.points.first().copied()
    }

    /// What is around each part of a feature; nothing where it has no place, or one that is no number.
    pub(crate) fn extents(&self, feature: usize) -> Vec<Extent> {
        let around: Vec<Extent> =
            self.parts(feature).map(|part| extent(self.paths(part).flat_map(|path| path.points))).collect();
        let placed = around.iter().flatten().all(|c| c.is_finite());
        if placed { around } else { Vec::new() }
    }
}

/// What is around places; no numbers where one is none, or there is no place.
fn extent<'a>(places: impl Iterator<Item = &'a Point>) -> Extent {
    let mut all = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    for [x, y] in places {
        if !(x.is_finite() && y.is_finite()) {
            return [f64::NAN; 4];
        }
        all = [all[0].min(*x), all[1].min(*y), all[2].max(*x), all[3].max(*y)];
    }
    all
}

/// The values of features in turn, as tiles have them.
#[derive(Debug)]
pub(crate) struct Values {
    /// Values of one feature.
    width: usize,
    bytes: Vec<u8>,
    /// Where each ends; one that is not there has no bytes.
    ends: Vec<usize>,
}

impl Values {
    /// So many for each feature.
    pub(crate) fn new(width: usize) -> Self {
        Self { width, bytes: Vec::new(), ends: Vec::new() }
    }

    /// Appends those of the next feature.
    pub(crate) fn push(&mut self, values: &[Option<Value>]) {
        for at in 0..self.width {
            if let Some(Some(value)) = values.get(at) {
                encoded(value, &mut self.bytes);
            }
            self.ends.push(self.bytes.len());
        }
    }

    /// Gives back the room for more.
    pub(crate) fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// One of a feature's values, as it is written.
    pub(crate) fn get(&self, feature: usize, field: usize) -> Option<&[u8]> {
        if field >= self.width {
            return None;
        }
        let bytes = &self.bytes[range(&self.ends, feature * self.width + field)];
        (!bytes.is_empty()).then_some(bytes)
    }
}
