//! Polygons on whole numbers, valid: what putting corners on a grid, or cutting, made to cross or touch itself is put
//! right.

use std::collections::HashMap;

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::i_shape::flat::buffer::FlatContoursBuffer;

use crate::mvt::Cell;

/// Edges up to which each is held against each.
const EACH_AGAINST_EACH: usize = 32;

/// Twice the area that a ring goes around; positive when it runs clockwise on a screen, where y points down.
pub(crate) fn double_area(ring: &[Cell]) -> i64 {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    pairs.map(|(a, b)| i64::from(a[0]) * i64::from(b[1]) - i64::from(b[0]) * i64::from(a[1])).sum()
}

/// Valid polygons of the land that lies inside the rings: outer rings positive, holes negative, as those that come in
/// are meant to be. What became nothing is left out.
pub(crate) fn valid(mut rings: Vec<Vec<Cell>>) -> Vec<Vec<Vec<Cell>>> {
    for ring in &mut rings {
        without_repeats(ring);
    }
    rings.retain(|ring| ring.len() > 2);
    let whole = rings.first().is_some_and(|outer| double_area(outer) > 0)
        && rings[1..].iter().all(|hole| double_area(hole) < 0);
    if whole && plain(&rings) {
        return vec![rings];
    }
    if rings.is_empty() { Vec::new() } else { made_valid(&rings) }
}

fn without_repeats(ring: &mut Vec<Cell>) {
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
}

/// Whether no two edges meet but neighbours at their corner. Many edges are not tried.
fn plain(rings: &[Vec<Cell>]) -> bool {
    let edges: Vec<(Cell, Cell)> =
        rings.iter().flat_map(|r| r.iter().copied().zip(r.iter().copied().cycle().skip(1))).collect();
    if edges.len() > EACH_AGAINST_EACH {
        return false;
    }
    edges.iter().enumerate().all(|(at, one)| edges[..at].iter().all(|two| apart(*one, *two)))
}

fn apart((a, b): (Cell, Cell), (c, d): (Cell, Cell)) -> bool {
    // Neighbours share a corner, which is no harm unless one runs back along the other.
    let turns = |from: Cell, corner: Cell, to: Cell| side(from, corner, to) != 0 || ahead(from, corner, to);
    if b == c && a != d {
        return turns(a, b, d);
    }
    if d == a && c != b {
        return turns(c, d, b);
    }
    if (0..2).any(|i| a[i].max(b[i]) < c[i].min(d[i]) || c[i].max(d[i]) < a[i].min(b[i])) {
        return true;
    }
    let (c_side, d_side) = (side(a, b, c), side(a, b, d));
    let (a_side, b_side) = (side(c, d, a), side(c, d, b));
    c_side * d_side > 0 || a_side * b_side > 0
}

/// On which side of the line from `a` to `b` the place `p` lies: −1, 0 or 1.
fn side(a: Cell, b: Cell, p: Cell) -> i64 {
    let [ax, ay, bx, by, px, py] = [a[0], a[1], b[0], b[1], p[0], p[1]].map(i64::from);
    ((bx - ax) * (py - ay) - (by - ay) * (px - ax)).signum()
}

fn ahead(from: Cell, corner: Cell, to: Cell) -> bool {
    let step =
        |i: usize| (i64::from(corner[i]) - i64::from(from[i])) * (i64::from(to[i]) - i64::from(corner[i]));
    step(0) + step(1) > 0
}

/// Valid rings around the area that the given rings enclose with a positive winding number.
pub(crate) fn made_valid(rings: &[Vec<Cell>]) -> Vec<Vec<Vec<Cell>>> {
    let options = IntOverlayOptions { preserve_output_collinear: true, ..IntOverlayOptions::default() };
    let corners = rings.iter().map(Vec::len).sum();
    let mut overlay = Overlay::<i32>::new_custom(corners, options, Default::default());
    for ring in rings {
        overlay.add_path_iter(ring.iter().map(|c| IntPoint::new(c[0], c[1])), ShapeType::Subject);
    }
    let mut found = FlatContoursBuffer::default();
    overlay.overlay_into(OverlayRule::Subject, FillRule::Positive, &mut found);
    let (mut outer, mut holes) = (Vec::new(), Vec::new());
    for range in &found.ranges {
        let contour: Vec<Cell> = found.points[range.clone()].iter().map(|p| [p.x, p.y]).collect();
        for part in simple_loops(&contour) {
            match double_area(&part) {
                0 => {}
                1.. => outer.push(part),
                _ => holes.push(part),
            }
        }
    }
    outer.sort_by_key(|ring| double_area(ring));
    let shells: Vec<Shell<'_>> = outer.iter().map(|ring| Shell::new(ring)).collect();
    // The smallest that holds it is its own.
    let owners: Vec<Option<usize>> =
        holes.iter().map(|hole| shells.iter().position(|shell| shell.holds(hole))).collect();
    let mut polygons: Vec<Vec<Vec<Cell>>> = outer.into_iter().map(|ring| vec![ring]).collect();
    for (hole, owner) in holes.into_iter().zip(owners) {
        if let Some(owner) = owner {
            polygons[owner].push(hole);
        }
    }
    polygons
}

/// A contour cut wherever it comes back to a place.
fn simple_loops(contour: &[Cell]) -> Vec<Vec<Cell>> {
    let (mut loops, mut path) = (Vec::new(), Vec::<Cell>::new());
    let mut place_of: HashMap<Cell, usize> = HashMap::new();
    for cell in contour {
        if let Some(from) = place_of.get(cell).copied() {
            let part: Vec<Cell> = path.drain(from..).collect();
            for gone in &part {
                place_of.remove(gone);
            }
            loops.push(part);
        }
        place_of.insert(*cell, path.len());
        path.push(*cell);
    }
    loops.push(path);
    loops.retain(|ring| ring.len() > 2);
    loops
}

/// An outer ring that is asked what lies in it: an outline of a hundred thousand corners may have thousands of holes.
struct Shell<'a> {
    ring: &'a [Cell],
    /// What it spans, then what every [`RUN`] edges span.
    span: [Cell; 2],
    runs: Vec<[Cell; 2]>,
}

/// Edges of a run.
const RUN: usize = 32;

/// The least and the greatest of each coordinate.
fn span<'a>(cells: impl Iterator<Item = &'a Cell>) -> [Cell; 2] {
    cells.fold([[i32::MAX; 2], [i32::MIN; 2]], |[low, high], c| {
        [[low[0].min(c[0]), low[1].min(c[1])], [high[0].max(c[0]), high[1].max(c[1])]]
    })
}

impl<'a> Shell<'a> {
    fn new(ring: &'a [Cell]) -> Self {
        let run = |begin| (begin..=begin + RUN).map(|at| &ring[at % ring.len()]);
        let runs = (0..ring.len()).step_by(RUN).map(|begin| span(run(begin))).collect();
        Self { ring, span: span(ring.iter()), runs }
    }

    /// Whether `hole`, which does not cross it but may touch it, lies in it.
    fn holds(&self, hole: &[Cell]) -> bool {
        let [low, high] = span(hole.iter());
        if (0..2).any(|i| low[i] < self.span[0][i] || high[i] > self.span[1][i]) {
            return false;
        }
        // Corners and middles of edges, at twice the scale.
        let next = hole.iter().cycle().skip(1);
        let places =
            hole.iter().zip(next).flat_map(|(a, b)| [[2 * a[0], 2 * a[1]], [a[0] + b[0], a[1] + b[1]]]);
        let decided = places.filter_map(|place| self.inside(place)).next();
        decided.unwrap_or(false)
    }

    /// Whether a place at twice the scale lies inside; nothing where it is on the ring.
    fn inside(&self, place: Cell) -> Option<bool> {
        let mut inside = false;
        for (run, [low, high]) in self.runs.iter().enumerate() {
            // A ray to the right of the place meets only edges at its height that end to the right of it.
            if 2 * low[1] > place[1] || 2 * high[1] < place[1] || 2 * high[0] < place[0] {
                continue;
            }
            for at in run * RUN..self.ring.len().min((run + 1) * RUN) {
                let (a, b) = (self.ring[at], self.ring[(at + 1) % self.ring.len()]);
                let (a, b) = ([2 * a[0], 2 * a[1]], [2 * b[0], 2 * b[1]]);
                let on = side(a, b, place);
                let within = |i: usize| a[i].min(b[i]) <= place[i] && place[i] <= a[i].max(b[i]);
                if on == 0 && within(0) && within(1) {
                    return None;
                }
                if (a[1] > place[1]) != (b[1] > place[1]) && (on > 0) == (b[1] > a[1]) {
                    inside = !inside;
                }
            }
        }
        Some(inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_stays() {
        let square = vec![vec![[0, 0], [4, 0], [4, 4], [0, 4]]];
        assert_eq!(valid(square.clone()), vec![square]);
    }

    #[test]
    fn a_spike_goes() {
        let found = valid(vec![vec![[0, 0], [4, 0], [9, 0], [4, 0], [4, 4], [0, 4]]]);
        assert_eq!(found.len(), 1);
        assert_eq!(double_area(&found[0][0]), 32);
        assert!(found[0][0].iter().all(|c| c[0] <= 4));
    }

    #[test]
    fn a_waist_parts_the_polygon() {
        let found = valid(vec![vec![[0, 0], [4, 0], [4, 4], [8, 4], [8, 8], [4, 8], [4, 4], [0, 4]]]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|polygon| double_area(&polygon[0]) == 32));
    }

    #[test]
    fn a_hole_keeps_its_shell() {
        let outer: Vec<Cell> = (0..20).map(|x| [x, 0]).chain((0..20).map(|x| [20 - x, 20])).collect();
        let hole = vec![[5, 5], [5, 10], [10, 10], [10, 5]];
        let found = valid(vec![outer, hole.clone()]);
        assert_eq!(found.len(), 1);
        assert_eq!(double_area(&found[0][1]), double_area(&hole));
    }

    #[test]
    fn nothing_is_left_of_a_line() {
        assert!(valid(vec![vec![[0, 0], [4, 0], [9, 0]]]).is_empty());
        assert!(valid(vec![vec![[0, 0]]]).is_empty());
    }
}
