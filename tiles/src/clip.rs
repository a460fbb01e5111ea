//! From shapes in the unit square to cells of a tile.

use crate::coord::TileCoord;
use crate::feature::{Geometry, exact_double_area};
use crate::mercator::Point;
use crate::mvt::{Cell, EXTENT, Shape};
use crate::shapes::{Extent, Path, Shapes};
use crate::valid::{double_area, valid};

/// Cells that a tile holds beyond its edge, so that a line along it is drawn whole.
pub const BUFFER: i64 = 64;

/// A place on the grid of a zoom.
pub(crate) type Global = [i64; 2];

/// A tile's window on the grid of its zoom.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    z: u8,
    origin: Global,
    step: i64,
}

impl Window {
    /// The window of a tile, `around` worlds to the east; corners go on every `step`th line of the grid.
    #[must_use]
    pub fn new(tile: TileCoord, around: i64, step: u16) -> Self {
        let extent = i64::from(EXTENT);
        let x = i64::from(tile.x()) + (around << tile.z());
        Self { z: tile.z(), origin: [x * extent, i64::from(tile.y()) * extent], step: i64::from(step.max(1)) }
    }

    /// The windows of a tile in this world and in those beside it, for what crosses the antimeridian.
    pub fn around(tile: TileCoord, step: u16) -> impl Iterator<Item = Self> {
        [-1, 0, 1].into_iter().map(move |around| Self::new(tile, around, step))
    }

    /// What the window shows of the unit square: west, north, east, south.
    #[must_use]
    pub fn bounds(self) -> [f64; 4] {
        let side = cells(self.z);
        let reach = BUFFER + self.step;
        let far = i64::from(EXTENT) + reach;
        [self.origin[0] - reach, self.origin[1] - reach, self.origin[0] + far, self.origin[1] + far]
            .map(|cell| cell as f64 / side)
    }

    /// Twice the area of a square of the grid that corners go on.
    pub(crate) fn double_square(self) -> i64 {
        2 * self.step * self.step
    }

    /// The part of a shape that the window shows; nothing where there is none.
    #[must_use]
    pub fn clip(self, geometry: &Geometry) -> Option<Shape> {
        let mut one = Shapes::default();
        one.push(geometry);
        self.parts(&one, 0, one.parts(0))
    }

    /// As [`Window::clip`], of some parts of a feature.
    pub(crate) fn parts(
        self,
        shapes: &Shapes,
        feature: usize,
        parts: impl Iterator<Item = usize>,
    ) -> Option<Shape> {
        if shapes.lines(feature) {
            let cut: Vec<_> =
                parts.flat_map(|part| shapes.paths(part)).flat_map(|line| self.line(line.points)).collect();
            return (!cut.is_empty()).then_some(Shape::Lines(cut));
        }
        let cut: Vec<_> =
            parts.flat_map(|part| self.polygon(shapes.paths_near(part, self.bounds()))).collect();
        (!cut.is_empty()).then_some(Shape::Polygons(cut))
    }

    fn polygon(self, rings: Vec<Path<'_>>) -> Vec<Vec<Vec<Cell>>> {
        let mut clipped = Vec::with_capacity(rings.len());
        for (at, ring) in rings.into_iter().enumerate() {
            let local = self.clipped(self.corners(ring));
            if local.len() >= 3 {
                clipped.push(local);
            } else if at == 0 {
                return Vec::new();
            }
        }
        valid(clipped)
    }

    /// The corners of a ring that this window depends on: of those in a row beyond one of its sides, the first and the last.
    /// What is seen is the same without the others, and an outline of a town is cut as fast as the part of it that is seen.
    pub(crate) fn corners(self, ring: Path<'_>) -> Vec<Global> {
        let [west, north, east, south] = self.bounds();
        // The sides that all of an extent is beyond.
        let beyond = |[w, n, e, s]: Extent| {
            u8::from(e < west) | u8::from(w > east) << 1 | u8::from(s < north) << 2 | u8::from(n > south) << 3
        };
        let at_corner = |at: usize| ring.points.get(at).map_or(0, |[x, y]| beyond([*x, *y, *x, *y]));
        // The sides that all are beyond since the last one that is kept, which is one of them.
        let mut common = 0;
        let mut kept = Vec::new();
        let (mut at, mut own) = (0, at_corner(0));
        while let Some(here) = ring.points.get(at) {
            // A run of them all beyond a side is passed at once.
            if let Some((extent, end)) = ring.run(at).filter(|_| common != 0) {
                let (all, next) = (beyond(extent), at_corner(end));
                if common & all & next != 0 {
                    common &= all;
                    (at, own) = (end, next);
                    continue;
                }
            }
            let next = at_corner(at + 1);
            if common & own & next == 0 {
                common = own;
                kept.push(self.local(*here));
            } else {
                common &= own;
            }
            (at, own) = (at + 1, next);
        }
        kept
    }

    /// A place as this window counts cells.
    pub(crate) fn local(self, place: Point) -> Global {
        let on = on_grid(place, self.z, self.step);
        [on[0] - self.origin[0], on[1] - self.origin[1]]
    }

    /// A ring cut to the buffered tile, side by side.
    pub(crate) fn clipped(self, mut ring: Vec<Global>) -> Vec<Cell> {
        let (low, high) = (-BUFFER, i64::from(EXTENT) + BUFFER);
        for axis in 0..2 {
            for (limit, upper) in [(low, false), (high, true)] {
                let keeps = |p: &Global| if upper { p[axis] <= limit } else { p[axis] >= limit };
                if ring.iter().all(keeps) {
                    continue;
                }
                let mut kept = Vec::with_capacity(ring.len() + 2);
                for (at, here) in ring.iter().enumerate() {
                    let before = &ring[at.checked_sub(1).unwrap_or(ring.len() - 1)];
                    if keeps(before) != keeps(here) {
                        kept.push(crossing(*before, *here, axis, limit));
                    }
                    if keeps(here) {
                        kept.push(*here);
                    }
                }
                ring = kept;
            }
        }
        ring.into_iter().filter_map(cell).collect()
    }

    fn line(self, line: &[Point]) -> Vec<Vec<Cell>> {
        let mut parts: Vec<Vec<Cell>> = Vec::new();
        let mut open = false;
        let places: Vec<Global> = line.iter().map(|p| self.local(*p)).collect();
        for pair in places.windows(2) {
            let Some((a, b, whole)) = segment(pair[0], pair[1]) else {
                open = false;
                continue;
            };
            let (Some(from), Some(to)) = (cell(a), cell(b)) else { continue };
            match parts.last_mut().filter(|part| open && part.last() == Some(&from)) {
                Some(part) => part.push(to),
                None => parts.push(vec![from, to]),
            }
            open = whole;
        }
        for part in &mut parts {
            part.dedup();
        }
        parts.retain(|part| part.len() > 1);
        parts
    }
}

/// Cells along the world at a zoom.
fn cells(z: u8) -> f64 {
    (u64::from(EXTENT) << z) as f64
}

/// Where a place lies on the grid of a zoom. It depends on nothing but the place.
fn on_grid(place: Point, z: u8, step: i64) -> Global {
    let side = cells(z) / step as f64;
    // `as` ends at the largest whole numbers, far beyond the world.
    place.map(|c| ((c.clamp(-2.0, 3.0) * side).round() as i64) * step)
}

fn cell(place: Global) -> Option<Cell> {
    Some([i32::try_from(place[0]).ok()?, i32::try_from(place[1]).ok()?])
}

/// Where the edge between two places crosses a limit: the same from either end.
fn crossing(a: Global, b: Global, axis: usize, limit: i64) -> Global {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let run = i128::from(b[axis] - a[axis]);
    let rise = i128::from(b[other] - a[other]) * i128::from(limit - a[axis]) * run.signum();
    // To the nearest; halves towards the greater.
    let step = (2 * rise + run.abs()).div_euclid(2 * run.abs());
    let mut at = [limit; 2];
    at[other] = a[other] + i64::try_from(step).unwrap_or(0);
    at
}

/// The part of a segment inside the buffered tile, and whether it reaches the segment's end.
fn segment(a: Global, b: Global) -> Option<(Global, Global, bool)> {
    let (low, high) = (-BUFFER, i64::from(EXTENT) + BUFFER);
    let (mut from, mut to) = (a, b);
    for axis in 0..2 {
        for (limit, upper) in [(low, false), (high, true)] {
            let keeps = |p: Global| if upper { p[axis] <= limit } else { p[axis] >= limit };
            match (keeps(from), keeps(to)) {
                (true, true) => {}
                (false, false) => return None,
                (true, false) => to = crossing(from, to, axis, limit),
                (false, true) => from = crossing(from, to, axis, limit),
            }
        }
    }
    Some((from, to, to == b))
}

/// Area of a polygon at a zoom, cells: as it is, and as it is on the grid.
pub(crate) fn areas<'a>(rings: impl Iterator<Item = Path<'a>>, z: u8, step: u16) -> (f64, f64) {
    let step = i64::from(step);
    let side = cells(z);
    let (mut exact, mut on) = (0.0, 0.0);
    let mut rings = rings.peekable();
    let Some(origin) = rings.peek().and_then(|r| r.points.first()).map(|p| on_grid(*p, z, step)) else {
        return (0.0, 0.0);
    };
    for ring in rings {
        exact += exact_double_area(ring.points) / 2.0 * side * side;
        let local: Vec<Cell> = ring
            .points
            .iter()
            .filter_map(|p| {
                let place = on_grid(*p, z, step);
                cell([place[0] - origin[0], place[1] - origin[1]])
            })
            .collect();
        on += double_area(&local) as f64 / 2.0;
    }
    (exact, on)
}

/// The square of the grid that stands for polygons too small to be seen: the one its first corner is in.
pub(crate) fn stand_in(window: Window, place: Point) -> Option<Shape> {
    let [x, y] = cell(window.local(place))?;
    let side = i32::try_from(window.step).ok()?;
    let seen = |c: i32| i64::from(c) >= -BUFFER && i64::from(c) < i64::from(EXTENT) + BUFFER;
    (seen(x) && seen(y)).then(|| {
        Shape::Polygons(vec![vec![vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]]])
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The land of a ring that runs clockwise on a screen.
    fn land(window: Window, ring: &[Point]) -> Vec<Vec<Vec<Cell>>> {
        valid(vec![window.clipped(ring.iter().map(|p| window.local(*p)).collect())])
    }

    /// The same from the corners that are looked at, and how many those are.
    fn seen(window: Window, ring: &[Point]) -> (Vec<Vec<Vec<Cell>>>, usize) {
        let mut one = Shapes::default();
        one.push(&Geometry::Polygons(vec![vec![ring.to_vec()]]));
        let path = one.paths(0).next().unwrap();
        assert_eq!(path.points, ring, "it is wound as it was");
        let corners = window.corners(path);
        let count = corners.len();
        (valid(vec![window.clipped(corners)]), count)
    }

    fn double(polygons: &[Vec<Vec<Cell>>]) -> i64 {
        polygons.iter().flatten().map(|ring| double_area(ring)).sum()
    }

    #[test]
    fn most_corners_beyond_a_side_are_left_out() {
        let window = Window::new(TileCoord::new(4, 8, 8).unwrap(), 0, 1);
        // Around the tile, far away, with a bay that reaches into it.
        let far = |n: i32| f64::from(n) * 0.01;
        let mut ring: Vec<Point> = (0..40).map(|n| [0.8, 0.3 + far(n)]).collect();
        ring.extend((0..20).map(|n| [0.8 - far(n), 0.7]));
        ring.extend([[0.54, 0.7], [0.53, 0.53], [0.52, 0.7]]);
        ring.extend((0..20).map(|n| [0.5 - far(n), 0.7]));
        ring.extend((0..40).map(|n| [0.3, 0.7 - far(n)]));
        let (some, corners) = seen(window, &ring);
        assert!(corners < 16, "{corners}");
        let (all, some) = (double(&land(window, &ring)), double(&some));
        let whole = 2 * (i64::from(EXTENT) + 2 * BUFFER).pow(2);
        assert_eq!(all, some);
        assert!(all > whole / 2 && all < whole, "the bay is seen: {all} of {whole}");
    }

    #[test]
    fn holes_beyond_a_tile_are_passed_over_and_those_in_it_are_not() {
        let square =
            |x: f64, y: f64, side: f64| vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
        let places = (0..6).flat_map(|n| (0..6).map(move |m| [n, m].map(|k| 0.41 + 0.03 * f64::from(k))));
        let mut rings = vec![square(0.4, 0.4, 0.2)];
        rings.extend(places.map(|[x, y]| square(x, y, 0.013)));
        let mut one = Shapes::default();
        one.push(&Geometry::Polygons(vec![rings]));
        let mut passed = 0;
        for x in 11..21 {
            for y in 11..21 {
                let window = Window::new(TileCoord::new(5, x, y).unwrap(), 0, 1);
                let near = one.paths_near(0, window.bounds());
                passed += 37 - near.len();
                assert_eq!(window.polygon(near), window.polygon(one.paths(0).collect()), "{x} {y}");
            }
        }
        assert!(passed > 100 * 30, "{passed}");
    }

    proptest! {
        /// What is seen of a ring is the same without the corners that are left out, wherever the tile lies.
        #[test]
        fn what_is_seen_stays(
            reach in prop::collection::vec(0.001_f64..0.2, 8..600),
            x in 0_u32..64,
            y in 0_u32..64,
        ) {
            let corners = reach.len() as f64;
            let ring: Vec<Point> = (0_u32..)
                .zip(&reach)
                .map(|(n, reach)| (std::f64::consts::TAU * f64::from(n) / corners, reach))
                .map(|(turn, reach)| [0.5 + reach * turn.cos(), 0.5 + reach * turn.sin()])
                .collect();
            // The tiles around the middle, which the ring goes around and through.
            let window = Window::new(TileCoord::new(7, 32 + x, 32 + y).unwrap(), 0, 1);
            prop_assert_eq!(double(&land(window, &ring)), double(&seen(window, &ring).0));
        }
    }
}
