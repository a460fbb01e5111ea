//! Dissolving on a coarse grid: many shapes become one, where they are too small to be told apart.
//!
//! Every corner goes to the grid by itself, then edges that two shapes run along in opposite directions go. On a grid that
//! is coarse for the shapes most edges become points or meet their opposite, so that what is left has as many corners as
//! the grid has room for, however many shapes there were. Area is kept on the whole: the sum of the shapes' signed areas on
//! the grid is, averaged over where the grid happens to lie, the sum of their areas.

use crate::clip::{Global, Window};
use crate::mvt::{Cell, Shape};
use crate::shapes::Shapes;
use crate::valid::{double_area, made_valid};

/// Edges from which on opposites are taken away before more come.
const MANY: usize = 1 << 16;

/// Dissolves the land of polygons that a window shows into one shape, polygon by polygon.
pub(crate) struct Dissolver {
    window: Window,
    edges: Vec<(Global, Global)>,
    /// How many there may be before opposites are taken away.
    room: usize,
}

impl Dissolver {
    pub(crate) fn new(window: Window) -> Self {
        Self { window, edges: Vec::new(), room: MANY }
    }

    pub(crate) fn window(&self) -> Window {
        self.window
    }

    /// Takes some polygons in.
    pub(crate) fn add(&mut self, shapes: &Shapes, parts: impl Iterator<Item = usize>) {
        let window = self.window;
        for ring in parts.flat_map(|part| shapes.paths_near(part, window.bounds())) {
            let places = window.corners(ring);
            let Some(mut before) = places.last().copied() else { continue };
            for here in places {
                if here != before {
                    self.edges.push((before, here));
                }
                before = here;
            }
            self.make_room();
        }
    }

    /// Takes opposites away where there are many edges.
    fn make_room(&mut self) {
        if self.edges.len() > self.room {
            without_opposites(&mut self.edges);
            self.room = MANY.max(self.edges.len() / 2 * 3);
        }
    }

    /// Takes in what another has gathered of the same window.
    pub(crate) fn join(&mut self, other: Self) {
        self.edges.extend(other.edges);
        self.make_room();
    }

    /// The shape; nothing where there is none.
    pub(crate) fn shape(mut self) -> Option<Shape> {
        without_opposites(&mut self.edges);
        let rings = loops(&self.edges).into_iter().map(|ring| self.window.clipped(ring));
        let clipped: Vec<Vec<Cell>> = rings.filter(|ring| ring.len() > 2).collect();
        let mut polygons = if clipped.is_empty() { Vec::new() } else { made_valid(&clipped) };
        let wanted = clipped.iter().map(|ring| double_area(ring)).sum();
        close_slivers(&mut polygons, wanted, self.window.double_square());
        (!polygons.is_empty()).then_some(Shape::Polygons(polygons))
    }
}

/// The land of some polygons that the window shows, dissolved into one shape; nothing where there is none.
pub(crate) fn dissolve(window: Window, shapes: &Shapes, parts: impl Iterator<Item = usize>) -> Option<Shape> {
    let mut dissolver = Dissolver::new(window);
    dissolver.add(shapes, parts);
    dissolver.shape()
}

/// Fills holes, the smallest first, until the land is as large as the shapes it is made of, twice that given. Where an edge
/// meets two, their common corner goes to one side of it or the other: a gap to one side takes land, an overlap to the other
/// gives none. Holes above a square of the grid are none of those.
fn close_slivers(polygons: &mut [Vec<Vec<Cell>>], wanted: i64, largest: i64) {
    let mut lost = wanted - polygons.iter().flatten().map(|ring| double_area(ring)).sum::<i64>();
    let mut slivers = Vec::new();
    for (polygon, rings) in polygons.iter().enumerate() {
        let holes = rings.iter().enumerate().skip(1).map(|(ring, hole)| (-double_area(hole), polygon, ring));
        slivers.extend(holes.filter(|(size, ..)| *size <= largest));
    }
    slivers.sort_unstable();
    let mut closed = Vec::new();
    for (size, polygon, ring) in slivers {
        // To the nearest.
        if 2 * lost < size {
            break;
        }
        lost -= size;
        closed.push((polygon, ring));
    }
    // From the last, so that places before stay.
    closed.sort_unstable();
    for (polygon, ring) in closed.into_iter().rev() {
        polygons[polygon].remove(ring);
    }
}

/// Takes away each edge together with one that runs back along it; what is left is in order of where it begins.
fn without_opposites(edges: &mut Vec<(Global, Global)>) {
    edges.sort_unstable_by_key(|(a, b)| (*a.min(b), *a.max(b), a > b));
    let ends = |edge: &(Global, Global)| (edge.0.min(edge.1), edge.0.max(edge.1));
    let (mut at, mut kept) = (0, 0);
    while at < edges.len() {
        let same = edges[at..].iter().take_while(|edge| ends(edge) == ends(&edges[at])).count();
        let there = edges[at..at + same].partition_point(|(a, b)| a < b);
        let back = same - there;
        // Those that go there come first.
        let left = if there >= back { at + back..at + there } else { at + 2 * there..at + same };
        let count = left.len();
        edges.copy_within(left, kept);
        (at, kept) = (at + same, kept + count);
    }
    edges.truncate(kept);
    edges.sort_unstable();
}

/// Closed lines of all edges, which are in order of where they begin. As many end at a place as begin there, so that a walk
/// can only end where it began. A line may cross itself; what is inside is found later.
fn loops(edges: &[(Global, Global)]) -> Vec<Vec<Global>> {
    let begins: Vec<usize> =
        (0..edges.len()).filter(|at| *at == 0 || edges[at - 1].0 != edges[*at].0).collect();
    // How many of the edges of each place are walked.
    let mut walked = vec![0; begins.len()];
    let mut found = Vec::new();
    for start in 0..begins.len() {
        loop {
            let (mut ring, mut here) = (Vec::new(), start);
            loop {
                let at = begins[here] + walked[here];
                if at >= begins.get(here + 1).copied().unwrap_or(edges.len()) {
                    break;
                }
                walked[here] += 1;
                let (from, to) = edges[at];
                ring.push(from);
                match begins.binary_search_by(|begin| edges[*begin].0.cmp(&to)) {
                    Ok(next) => here = next,
                    Err(_) => break,
                }
                if here == start {
                    break;
                }
            }
            if ring.is_empty() {
                break;
            }
            found.push(ring);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coord::TileCoord;
    use crate::feature::exact_double_area;
    use crate::feature::{Geometry, Ring};

    const CELL: f64 = 1.0 / 4096.0;

    fn square(x: f64, y: f64, side: f64) -> Vec<Ring> {
        let [x, y, far_x, far_y] = [x, y, x + side, y + side].map(|c| c * CELL);
        vec![vec![[x, y], [x, far_y], [far_x, far_y], [far_x, y]]]
    }

    fn drawn(step: u16, polygons: &[Vec<Ring>]) -> Vec<Vec<Vec<Cell>>> {
        let window = Window::new(TileCoord::new(0, 0, 0).unwrap(), 0, step);
        let mut shapes = Shapes::default();
        shapes.push(&Geometry::Polygons(polygons.to_vec()));
        match dissolve(window, &shapes, shapes.parts(0)) {
            Some(Shape::Polygons(polygons)) => polygons,
            _ => Vec::new(),
        }
    }

    #[test]
    fn neighbours_are_one_square() {
        let parts: Vec<Vec<Ring>> = (0..16)
            .map(|n| square(100.0 + f64::from(n % 4) * 8.0, 100.0 + f64::from(n / 4) * 8.0, 8.0))
            .collect();
        let found = drawn(8, &parts);
        // The grid has its lines at 96 and 104: half a step rounds away from zero.
        assert_eq!((found.len(), found[0].len(), double_area(&found[0][0])), (1, 1, 2 * 32 * 32));
    }

    #[test]
    fn a_courtyard_is_a_hole() {
        let around: Vec<Vec<Ring>> = (0..9)
            .filter(|n| *n != 4)
            .map(|n| square(f64::from(n % 3) * 8.0, f64::from(n / 3) * 8.0, 8.0))
            .collect();
        let found = drawn(4, &around);
        assert_eq!((found.len(), found[0].len()), (1, 2));
    }

    #[test]
    fn squares_that_touch_at_a_corner_are_two() {
        assert_eq!(drawn(8, &[square(0.0, 0.0, 8.0), square(8.0, 8.0, 8.0)]).len(), 2);
    }

    #[test]
    fn edges_that_meet_two_leave_no_gaps() {
        // Rows of bricks: every corner lies within an edge of the row below.
        let bricks: Vec<Vec<Ring>> = (0..100)
            .flat_map(|row| (0..100).map(move |at| (row, at)))
            .map(|(row, at)| {
                let row = f64::from(row);
                let at = f64::from(at) + if row % 2.0 == 0.0 { 0.0 } else { 0.47 };
                // Leaning, so that rows do not lie along the grid.
                let corner =
                    |u: f64, v: f64| [(300.0 + 7.3 * u + 0.9 * v) * CELL, (300.0 + 5.1 * v - 1.1 * u) * CELL];
                vec![vec![
                    corner(at, row),
                    corner(at + 1.0, row),
                    corner(at + 1.0, row + 1.0),
                    corner(at, row + 1.0),
                ]]
            })
            .collect();
        let land: f64 = bricks.iter().map(|brick| exact_double_area(&brick[0]).abs() / CELL / CELL).sum();
        for step in [4, 8, 16] {
            let found: i64 = drawn(step, &bricks).iter().flatten().map(|ring| double_area(ring)).sum();
            assert!((found as f64 / land - 1.0).abs() < 0.005, "{found} of {land} at step {step}");
        }
    }

    #[test]
    fn land_in_small_parts_keeps_its_area() {
        // 200 × 200 squares with lanes between them, in no step with the grid of 4 cells.
        let parts: Vec<Vec<Ring>> = (0..40_000)
            .map(|n| square(50.3 + f64::from(n % 200) * 3.1, 40.7 + f64::from(n / 200) * 3.3, 2.9))
            .collect();
        let area = |step| {
            let rings: i64 = drawn(step, &parts).iter().flatten().map(|ring| double_area(ring)).sum();
            rings as f64 / 2.0
        };
        let land = 40_000.0 * 2.9 * 2.9;
        for step in [1, 4, 8] {
            assert!((area(step) / land - 1.0).abs() < 0.01, "{} of {land} at step {step}", area(step));
        }
    }
}
