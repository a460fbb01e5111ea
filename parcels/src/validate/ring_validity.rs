//! Ring validity: where the rings of one shape cross, touch or lie on each other, and whether they lie in each other as they should.
//!
//! geo's `Validation` compares every edge with every other, names no place and misses a ring that touches itself at a
//! corner; this check sweeps, names the place, and decides by exact predicates. It accepts exactly the polygons of OGC
//! 06-103r4 6.1.11 save one rule: holes that touch their shell at several points may cut the interior in two.

use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::dimensions::Dimensions;
use geo::kernels::RobustKernel;
use geo::{
    BoundingRect, Coord, Intersects, Kernel, LineString, MultiPolygon, Orientation, Polygon, Rect, Relate,
};

/// The first defect of each sort, with its place.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) struct Defects {
    /// A ring crosses or touches itself.
    pub(crate) self_crossing: Option<Coord<f64>>,
    /// A hole crosses its shell or another hole, lies along it, outside the shell or inside a hole.
    pub(crate) bad_hole: Option<Coord<f64>>,
    /// Two parts overlap or share a stretch of boundary.
    pub(crate) parts: Option<Coord<f64>>,
}

impl Defects {
    /// Whether there is none.
    pub(crate) fn none(&self) -> bool {
        *self == Self::default()
    }
}

/// One directed edge: of ring `ring` (0 is the exterior) of part `part`, the `at`-th of `of`.
#[derive(Clone, Copy)]
struct Edge {
    a: Coord<f64>,
    b: Coord<f64>,
    part: u32,
    ring: u32,
    at: u32,
    of: u32,
}

/// How two edges meet.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Meeting {
    /// At one point inside both.
    Cross(Coord<f64>),
    /// At one point that is an end of at least one.
    Touch(Coord<f64>),
    /// Along a stretch that begins here.
    Along(Coord<f64>),
}

/// Rings of a shape, by part and ring number, that touch at a point; the smaller first.
type Touch = ((u32, u32), (u32, u32));

/// Reads one coordinate of a point.
type Axis = fn(&Coord<f64>) -> f64;

/// Shapes with at most this many edges are compared edge by edge, without sorting.
const FEW_EDGES: usize = 48;

/// What is wrong with the rings of `shape`. Every ring must be closed, finite, of at least three distinct points and
/// without two equal points in a row.
pub(crate) fn defects(shape: &MultiPolygon<f64>) -> Defects {
    let mut found = Defects::default();
    let mut touches: Vec<Touch> = Vec::new();
    let edges = edges_of(shape);
    each_near_pair(edges, |e, f| meet(e, f, &mut found, &mut touches));
    // Containment has a meaning only between rings that do not cross: holes are looked at when no part's own rings do,
    // parts when none at all do.
    let single = shape.0.len() == 1 && shape.0[0].interiors().is_empty();
    if !single && found.self_crossing.is_none() && found.bad_hole.is_none() {
        touches.sort_unstable();
        touches.dedup();
        let mut parts = shape.iter().zip(0..);
        found.bad_hole = parts.find_map(|(part, number)| misplaced_hole(part, number, &touches));
        if found.none() {
            found.parts = overlapping_parts(shape, &touches);
        }
    }
    found
}

fn edges_of(shape: &MultiPolygon<f64>) -> Vec<Edge> {
    let rings = |p: &Polygon<f64>| -> usize {
        p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>()
    };
    let mut edges = Vec::with_capacity(shape.iter().map(rings).sum());
    for (part, polygon) in shape.iter().enumerate() {
        for (ring, line) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
            let of = line.0.len().saturating_sub(1) as u32;
            edges.extend(line.0.windows(2).enumerate().map(|(at, ends)| Edge {
                a: ends[0],
                b: ends[1],
                part: part as u32,
                ring: ring as u32,
                at: at as u32,
                of,
            }));
        }
    }
    edges
}

/// Calls `visit` with every two edges whose boxes meet, in an order that depends on the edges alone.
fn each_near_pair(mut edges: Vec<Edge>, mut visit: impl FnMut(&Edge, &Edge)) {
    let meet_in = |p: f64, q: f64, r: f64, s: f64| p.min(q) <= r.max(s) && r.min(s) <= p.max(q);
    if edges.len() <= FEW_EDGES {
        for (at, e) in edges.iter().enumerate() {
            for f in &edges[at + 1..] {
                if meet_in(e.a.x, e.b.x, f.a.x, f.b.x) && meet_in(e.a.y, e.b.y, f.a.y, f.b.y) {
                    visit(e, f);
                }
            }
        }
        return;
    }
    // Sweep along the longer side of the shape: fewer edges are under the line at a time.
    let extent = |of: Axis| {
        let (low, high) = edges.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), e| {
            (low.min(of(&e.a)), high.max(of(&e.a)))
        });
        high - low
    };
    let (main, other): (Axis, Axis) =
        if extent(|c| c.x) >= extent(|c| c.y) { (|c| c.x, |c| c.y) } else { (|c| c.y, |c| c.x) };
    edges.sort_by(|e, f| main(&e.a).min(main(&e.b)).total_cmp(&main(&f.a).min(main(&f.b))));
    let mut under: Vec<usize> = Vec::new();
    for (at, f) in edges.iter().enumerate() {
        let begins = main(&f.a).min(main(&f.b));
        under.retain(|&e| main(&edges[e].a).max(main(&edges[e].b)) >= begins);
        for &e in &under {
            let e = &edges[e];
            if meet_in(other(&e.a), other(&e.b), other(&f.a), other(&f.b)) {
                visit(e, f);
            }
        }
        under.push(at);
    }
}

/// Files what two edges whose boxes meet do to each other.
fn meet(e: &Edge, f: &Edge, found: &mut Defects, touches: &mut Vec<Touch>) {
    if e.part == f.part && e.ring == f.ring {
        let next = |p: &Edge, q: &Edge| (p.at + 1) % p.of == q.at;
        let defect = if next(e, f) || next(f, e) {
            let (first, second) = if next(e, f) { (e, f) } else { (f, e) };
            folds_back(first.a, first.b, second.b).then_some(first.b)
        } else {
            meeting(e, f).map(place)
        };
        found.self_crossing = found.self_crossing.or(defect);
        return;
    }
    let Some(how) = meeting(e, f) else { return };
    if let Meeting::Touch(_) = how {
        let (one, two) = ((e.part, e.ring), (f.part, f.ring));
        touches.push((one.min(two), one.max(two)));
    } else if e.part == f.part {
        found.bad_hole = found.bad_hole.or(Some(place(how)));
    } else {
        found.parts = found.parts.or(Some(place(how)));
    }
}

fn place(how: Meeting) -> Coord<f64> {
    match how {
        Meeting::Cross(at) | Meeting::Touch(at) | Meeting::Along(at) => at,
    }
}

/// Whether the path a, b, c turns back on itself at b.
fn folds_back(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> bool {
    let (to, from) = (a - b, c - b);
    RobustKernel::orient2d(a, b, c) == Orientation::Collinear && to.x * from.x + to.y * from.y > 0.0
}

/// How `e` and `f` meet, by exact predicates; the place of a crossing is rounded.
fn meeting(e: &Edge, f: &Edge) -> Option<Meeting> {
    use Orientation::Collinear;
    let (fa, fb) = (RobustKernel::orient2d(e.a, e.b, f.a), RobustKernel::orient2d(e.a, e.b, f.b));
    if fa == fb && fa != Collinear {
        return None;
    }
    let (ea, eb) = (RobustKernel::orient2d(f.a, f.b, e.a), RobustKernel::orient2d(f.a, f.b, e.b));
    if ea == eb && ea != Collinear {
        return None;
    }
    if fa == Collinear && fb == Collinear {
        return along(e, f);
    }
    // The one end that lies on the other edge's line lies on the edge, for that edge's ends are on two sides of it.
    for (orientation, end) in [(fa, f.a), (fb, f.b), (ea, e.a), (eb, e.b)] {
        if orientation == Collinear {
            return Some(Meeting::Touch(end));
        }
    }
    Some(Meeting::Cross(crossing(e.a, e.b, f.a, f.b)))
}

/// How two edges on one line meet.
fn along(e: &Edge, f: &Edge) -> Option<Meeting> {
    // Points of one line are ordered by x, or by y where it is vertical; comparing both does either.
    let key = |c: &Coord<f64>| (c.x, c.y);
    let sorted = |p: Coord<f64>, q: Coord<f64>| if key(&p) <= key(&q) { (p, q) } else { (q, p) };
    let ((e0, e1), (f0, f1)) = (sorted(e.a, e.b), sorted(f.a, f.b));
    let begins = if key(&e0) >= key(&f0) { e0 } else { f0 };
    let ends = if key(&e1) <= key(&f1) { e1 } else { f1 };
    match key(&begins).partial_cmp(&key(&ends)) {
        Some(std::cmp::Ordering::Less) => Some(Meeting::Along(begins)),
        Some(std::cmp::Ordering::Equal) => Some(Meeting::Touch(begins)),
        _ => None,
    }
}

/// Where the lines ab and cd cross; they must not be parallel.
fn crossing(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>, d: Coord<f64>) -> Coord<f64> {
    let (ab, cd, ac) = (b - a, d - c, c - a);
    let t = (ac.x * cd.y - ac.y * cd.x) / (ab.x * cd.y - ab.y * cd.x);
    // An all but parallel pair can divide by nothing: its crossing is anywhere along the edge.
    if t.is_finite() { a + ab * t.clamp(0.0, 1.0) } else { a }
}

/// A point of a hole of `part` that lies outside the shell or in another hole. No two rings cross.
fn misplaced_hole(part: &Polygon<f64>, number: u32, touches: &[Touch]) -> Option<Coord<f64>> {
    let touch = |r: usize, s: usize| touches.binary_search(&((number, r as u32), (number, s as u32))).is_ok();
    let alone = |ring: &LineString<f64>| Polygon::new(ring.clone(), Vec::new());
    let holes = part.interiors();
    let boxes: Vec<Option<Rect<f64>>> = holes.iter().map(BoundingRect::bounding_rect).collect();
    for (h, hole) in holes.iter().enumerate() {
        let within = if touch(0, h + 1) {
            alone(part.exterior()).relate(&alone(hole)).is_contains()
        } else {
            coord_pos_relative_to_ring(hole.0[0], part.exterior()) == CoordPos::Inside
        };
        if !within {
            return Some(hole.0[0]);
        }
        for (g, other) in holes.iter().enumerate().skip(h + 1) {
            if !boxes_meet(boxes[h], boxes[g]) {
                continue;
            }
            let overlap = if touch(h + 1, g + 1) {
                interiors_meet(&alone(hole), &alone(other))
            } else {
                coord_pos_relative_to_ring(hole.0[0], other) == CoordPos::Inside
                    || coord_pos_relative_to_ring(other.0[0], hole) == CoordPos::Inside
            };
            if overlap {
                return Some(other.0[0]);
            }
        }
    }
    None
}

/// A point of a part that overlaps another. No two rings cross.
fn overlapping_parts(shape: &MultiPolygon<f64>, touches: &[Touch]) -> Option<Coord<f64>> {
    let mut touching: Vec<(u32, u32)> =
        touches.iter().map(|(e, f)| (e.0, f.0)).filter(|(p, q)| p != q).collect();
    touching.sort_unstable();
    let boxes: Vec<Option<Rect<f64>>> = shape.iter().map(BoundingRect::bounding_rect).collect();
    for (p, part) in shape.iter().enumerate() {
        for (q, other) in shape.iter().enumerate().skip(p + 1) {
            if !boxes_meet(boxes[p], boxes[q]) {
                continue;
            }
            let overlap = if touching.binary_search(&(p as u32, q as u32)).is_ok() {
                interiors_meet(part, other)
            } else {
                inside(part.exterior().0[0], other) || inside(other.exterior().0[0], part)
            };
            if overlap {
                return Some(other.exterior().0[0]);
            }
        }
    }
    None
}

/// Whether `point` lies in the interior of `polygon`.
pub(crate) fn inside(point: Coord<f64>, polygon: &Polygon<f64>) -> bool {
    coord_pos_relative_to_ring(point, polygon.exterior()) == CoordPos::Inside
        && polygon.interiors().iter().all(|h| coord_pos_relative_to_ring(point, h) == CoordPos::Outside)
}

fn interiors_meet(one: &Polygon<f64>, two: &Polygon<f64>) -> bool {
    one.relate(two).get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
}

fn boxes_meet(one: Option<Rect<f64>>, two: Option<Rect<f64>>) -> bool {
    matches!((one, two), (Some(one), Some(two)) if one.intersects(&two))
}
