//! Making polygons valid: the valid ones nearest to invalid ones.
//!
//! Land is what the rings of a polygon enclose an odd number of times; holes take away only what they cover of it; parts
//! that overlap or share an edge become one. [`boolean_ops`] computes this on a grid of 6e-8 m, which puts corners beside
//! edges that they should lie on. So each round snap-rounds (corners near each other become one, and edges are led through the corners near them),
//! operates, snaps corners back to where they came from, snap-rounds again and splits what is pinched to a corner; exact
//! predicates then judge the result, and what they refuse goes another round.
//!
//! geo's `MakeValid` (0.33.1) is not used: it loses a region of some rings that have a corner on another edge; a test holds
//! the case.

use geo::{Area, Coord, CoordsIter, LineString, MapCoordsInPlace, MultiPolygon, Polygon};

use super::ring_validity::{Defects, defects};
use crate::boolean_ops::{self, ring_area};

/// Points of a ring nearer to each other than this are one point, m.
const SAME_POINT_M: f64 = 1e-6;
/// Parts smaller than this that a repair leaves over are dropped, m².
pub(super) const MIN_PART_M2: f64 = 0.01;
/// Points further than this from every point they may have been do not snap back, m.
const SNAP_M: f64 = 1e-5;
/// Rounds of repair; the first is for the input, the others for what rounding to floating point may break again.
const ROUNDS: usize = 4;

/// The valid shape that is nearest to `shape` (one without area when nothing remains), and what was wrong with it.
/// What is valid comes back unchanged, but for the direction of its rings. Every ring must be closed, finite, of at
/// least three distinct points and without repeated ones.
///
/// # Errors
/// What was wrong with a shape that stays invalid.
pub(super) fn make_valid(mut shape: MultiPolygon<f64>) -> Result<(MultiPolygon<f64>, Defects), Defects> {
    let mut wrong = None;
    for round in 0..=ROUNDS {
        orient(&mut shape);
        let now = defects(&shape);
        let wrong = *wrong.get_or_insert(now);
        if now.none() {
            return Ok((shape, wrong));
        }
        if round < ROUNDS {
            shape = tidied(one_round(shape, &now));
        }
    }
    Err(wrong.unwrap_or_default())
}

/// `shape`, fresh from an operation, without repeated points, holes without area, and parts smaller than [`MIN_PART_M2`].
pub(super) fn tidied(shape: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let tidy = |mut ring: LineString<f64>| {
        remove_repeated(&mut ring);
        (ring.0.len() > 3).then_some(ring)
    };
    let parts = shape.0.into_iter().filter_map(|polygon| {
        let (exterior, holes) = polygon.into_inner();
        let part = Polygon::new(tidy(exterior)?, holes.into_iter().filter_map(tidy).collect());
        (part.unsigned_area() >= MIN_PART_M2).then_some(part)
    });
    MultiPolygon::new(parts.collect())
}

/// Makes rings valid polygon by polygon, then what parts do to each other.
fn one_round(shape: MultiPolygon<f64>, now: &Defects) -> MultiPolygon<f64> {
    // With a corner on every edge that passes it, rounding can tear apart neither what should cancel out (before) nor
    // what may touch (after).
    let mut shape = snap_rounded(rings_made_valid(snap_rounded(shape), now));
    // Moving corners may have turned a thin ring over.
    orient(&mut shape);
    MultiPolygon::new(shape.0.into_iter().flat_map(split_pinches).collect())
}

fn rings_made_valid(shape: MultiPolygon<f64>, now: &Defects) -> MultiPolygon<f64> {
    if now.self_crossing.is_none() && now.bad_hole.is_none() {
        return snapped(boolean_ops::union([&shape]), &[&shape]);
    }
    let mut valid = Vec::with_capacity(shape.0.len());
    for polygon in shape.0 {
        let alone = MultiPolygon::new(vec![polygon]);
        let own = defects(&alone);
        if own.none() {
            valid.extend(alone.0);
        } else if own.bad_hole.is_none() {
            valid.extend(even_odd(&alone).0);
        } else {
            // By even and odd crossings a hole outside its shell would become land: subtract instead.
            for polygon in alone.0 {
                let (exterior, holes) = polygon.into_inner();
                let shell = even_odd(&Polygon::new(exterior, Vec::new()).into());
                let holes = holes.into_iter().map(|hole| even_odd(&Polygon::new(hole, Vec::new()).into()));
                let cut = boolean_ops::union(&holes.collect::<Vec<_>>());
                valid.extend(snapped(boolean_ops::difference(&shell, &cut), &[&shell, &cut]).0);
            }
        }
    }
    MultiPolygon::new(valid)
}

/// What the rings of `shape` enclose an odd number of times.
fn even_odd(shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    snapped(boolean_ops::even_odd(shape), &[shape])
}

/// Exterior rings counter-clockwise, holes clockwise.
fn orient(shape: &mut MultiPolygon<f64>) {
    for polygon in &mut shape.0 {
        polygon.exterior_mut(|ring| turn(ring, 1.0));
        polygon.interiors_mut(|holes| holes.iter_mut().for_each(|ring| turn(ring, -1.0)));
    }
}

fn turn(ring: &mut LineString<f64>, sign: f64) {
    if ring_area(ring) * sign < 0.0 {
        ring.0.reverse();
    }
}

/// `shape` with every point put back to the point of `from` it came from. Boolean operations round coordinates to a grid of
/// 6e-8 m; without this, neighbours that shared their corners exactly would share them no more.
pub(super) fn snapped(mut shape: MultiPolygon<f64>, from: &[&MultiPolygon<f64>]) -> MultiPolygon<f64> {
    let points = sorted_points(from);
    shape.map_coords_in_place(|c| nearest(&points, c).unwrap_or(c));
    shape
}

/// The points of `shapes`, ascending by x.
fn sorted_points(shapes: &[&MultiPolygon<f64>]) -> Vec<Coord<f64>> {
    let mut points: Vec<Coord<f64>> = shapes.iter().flat_map(|m| m.coords_iter()).collect();
    points.sort_by(|p, q| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y)));
    points
}

/// The point nearest to `c` of `points`, which ascend by x, if one is within [`SNAP_M`].
fn nearest(points: &[Coord<f64>], c: Coord<f64>) -> Option<Coord<f64>> {
    let begin = points.partition_point(|p| p.x < c.x - SNAP_M);
    let near = points[begin..].iter().take_while(|p| p.x <= c.x + SNAP_M);
    let away = |p: &Coord<f64>| (p.x - c.x).hypot(p.y - c.y);
    near.filter(|p| away(p) <= SNAP_M).min_by(|p, q| away(p).total_cmp(&away(q))).copied()
}

/// A polygon whose rings are pinched, touching themselves at corners, as polygons whose rings are not.
fn split_pinches(polygon: Polygon<f64>) -> MultiPolygon<f64> {
    let (exterior, holes) = polygon.into_inner();
    boolean_ops::polygons(std::iter::once(exterior).chain(holes))
}

/// `shape` snap-rounded: corners within [`SNAP_M`] of each other made one, and every edge led through the corners within
/// [`SNAP_M`] of it.
fn snap_rounded(mut shape: MultiPolygon<f64>) -> MultiPolygon<f64> {
    let mut corners: Vec<Coord<f64>> = Vec::new();
    for corner in sorted_points(&[&shape]) {
        if nearest(&corners, corner).is_none() {
            corners.push(corner);
        }
    }
    shape.map_coords_in_place(|c| nearest(&corners, c).unwrap_or(c));
    let lead = |ring: &mut LineString<f64>| {
        let mut led = Vec::with_capacity(ring.0.len());
        for ends in ring.0.windows(2) {
            let (a, b) = (ends[0], ends[1]);
            let (along, begin) = (b - a, corners.partition_point(|c| c.x < a.x.min(b.x) - SNAP_M));
            let length = along.x.hypot(along.y);
            let near = corners[begin..].iter().take_while(|c| c.x <= a.x.max(b.x) + SNAP_M);
            let mut on: Vec<(f64, Coord<f64>)> = near
                .filter_map(|&c| {
                    let to = c - a;
                    let at_m = (to.x * along.x + to.y * along.y) / length;
                    let off_m = (along.x * to.y - along.y * to.x) / length;
                    (at_m > SNAP_M && at_m < length - SNAP_M && off_m.abs() <= SNAP_M).then_some((at_m, c))
                })
                .collect();
            on.sort_by(|p, q| p.0.total_cmp(&q.0));
            led.push(a);
            led.extend(on.into_iter().map(|(_, c)| c));
        }
        led.extend(ring.0.last());
        ring.0 = led;
    };
    for polygon in &mut shape.0 {
        polygon.exterior_mut(lead);
        polygon.interiors_mut(|holes| holes.iter_mut().for_each(lead));
    }
    shape
}

pub(super) fn same_point(p: Coord<f64>, q: Coord<f64>) -> bool {
    // Squares instead of hypot, here and in `overlap_prefilter`: these run for every point of every feature.
    let away = p - q;
    away.x * away.x + away.y * away.y < SAME_POINT_M * SAME_POINT_M
}

/// Leaves one of every run of points nearer than [`SAME_POINT_M`] to its first, in a ring and over its closure.
pub(super) fn remove_repeated(ring: &mut LineString<f64>) {
    let points = &mut ring.0;
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points.dedup_by(|next, kept| same_point(*next, *kept));
    while points.len() > 1 && same_point(points[0], points[points.len() - 1]) {
        points.pop();
    }
    ring.close();
}
