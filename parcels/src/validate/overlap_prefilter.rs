//! The prefilter of overlaps, a cheap test before an intersection is computed: neighbours share edges, and nearly every
//! pair whose boxes meet does no more than that.

use geo::{Coord, Polygon, Rect};

use crate::long_outline::Land;

/// Overlaps thinner than this are none: they are what rounding leaves of a shared edge, m.
pub(super) const TOLERANCE_M: f64 = 1e-3;

/// Above this many pairs of edges in the common box, the intersection itself (n log n) is the cheaper test.
const MANY_PAIRS: usize = 40_000;

#[derive(Clone, Copy)]
struct Edge {
    a: Coord<f64>,
    b: Coord<f64>,
}

/// The same of pieces of one edge and edges of the other shape.
const MANY_PIECES: usize = 1_000_000;

/// Working memory kept from pair to pair.
#[derive(Default)]
pub(crate) struct Scratch {
    of_a: Vec<Edge>,
    of_b: Vec<Edge>,
    cuts: Vec<f64>,
}

/// Whether the interiors of two valid shapes with these bounding boxes may meet deeper than [`TOLERANCE_M`]. A "no" is
/// certain.
///
/// Every edge of `a` is cut where it meets the boundary of `b`. A piece between two cuts lies wholly inside, wholly
/// outside or along that boundary, so its middle answers for it; along it, the direction tells, for interiors lie to the
/// left of edges. When no piece of `a` enters `b`, the interiors meet only if a whole part of `b` lies within `a`.
pub(crate) fn may_overlap(a: Land<'_>, b: Land<'_>, scratch: &mut Scratch) -> bool {
    let (of_a, of_b) = (a.extent, b.extent);
    let low = Coord { x: of_a.min().x.max(of_b.min().x), y: of_a.min().y.max(of_b.min().y) };
    let high = Coord { x: of_a.max().x.min(of_b.max().x), y: of_a.max().y.min(of_b.max().y) };
    if high.x - low.x <= TOLERANCE_M || high.y - low.y <= TOLERANCE_M {
        return false;
    }
    let Scratch { of_a, of_b, cuts } = scratch;
    edges_near(a, low, high, of_a);
    edges_near(b, low, high, of_b);
    if of_a.len() * of_b.len() > MANY_PAIRS {
        return true;
    }
    for e in of_a.iter() {
        let along = e.b - e.a;
        let length = length_of(along);
        cut(e, length, of_b, cuts);
        if cuts.len() * of_b.len() > MANY_PIECES {
            return true;
        }
        for piece in cuts.windows(2) {
            if (piece[1] - piece[0]) * length <= 2.0 * TOLERANCE_M {
                continue;
            }
            let middle = e.a + along * ((piece[0] + piece[1]) / 2.0);
            if !within(middle, low, high) {
                continue;
            }
            let meets = match of_b.iter().find(|f| distance(middle, f) <= TOLERANCE_M) {
                Some(f) => along.x * (f.b.x - f.a.x) + along.y * (f.b.y - f.a.y) > 0.0,
                None => b.contains(middle),
            };
            if meets {
                return true;
            }
        }
    }
    b.shape.iter().any(|part| part_within(part, a, of_a))
}

/// The edges of `land` whose boxes meet the box from `low` to `high`.
fn edges_near(land: Land<'_>, low: Coord<f64>, high: Coord<f64>, out: &mut Vec<Edge>) {
    let margin = Coord { x: TOLERANCE_M, y: TOLERANCE_M };
    out.clear();
    land.edges_near(Rect::new(low - margin, high + margin), |(a, b)| out.push(Edge { a, b }));
}

fn box_meets(e: &Edge, low: Coord<f64>, high: Coord<f64>) -> bool {
    e.a.x.min(e.b.x) <= high.x + TOLERANCE_M
        && e.a.x.max(e.b.x) >= low.x - TOLERANCE_M
        && e.a.y.min(e.b.y) <= high.y + TOLERANCE_M
        && e.a.y.max(e.b.y) >= low.y - TOLERANCE_M
}

fn within(p: Coord<f64>, low: Coord<f64>, high: Coord<f64>) -> bool {
    (low.x..=high.x).contains(&p.x) && (low.y..=high.y).contains(&p.y)
}

/// Fills `cuts` with the ascending positions (0 to 1) along `e` of its ends and of every meeting with `others`.
fn cut(e: &Edge, length: f64, others: &[Edge], cuts: &mut Vec<f64>) {
    cuts.clear();
    cuts.extend([0.0, 1.0]);
    let low = Coord { x: e.a.x.min(e.b.x), y: e.a.y.min(e.b.y) };
    let high = Coord { x: e.a.x.max(e.b.x), y: e.a.y.max(e.b.y) };
    let along = (e.b - e.a) / length;
    for f in others.iter().filter(|f| box_meets(f, low, high)) {
        let (to_a, to_b) = (f.a - e.a, f.b - e.a);
        let (left_a, left_b) = (along.x * to_a.y - along.y * to_a.x, along.x * to_b.y - along.y * to_b.x);
        let (on_a, on_b) = (along.x * to_a.x + along.y * to_a.y, along.x * to_b.x + along.y * to_b.y);
        if left_a.abs() <= TOLERANCE_M {
            cuts.push(on_a / length);
        }
        if left_b.abs() <= TOLERANCE_M {
            cuts.push(on_b / length);
        }
        if left_a * left_b < 0.0 {
            cuts.push((on_a + (on_b - on_a) * left_a / (left_a - left_b)) / length);
        }
    }
    cuts.retain(|t| (0.0..=1.0).contains(t));
    cuts.sort_unstable_by(f64::total_cmp);
}

fn length_of(v: Coord<f64>) -> f64 {
    (v.x * v.x + v.y * v.y).sqrt()
}

/// From `p` to the nearest point of `e`, m.
fn distance(p: Coord<f64>, e: &Edge) -> f64 {
    let (along, to) = (e.b - e.a, p - e.a);
    let t = (to.x * along.x + to.y * along.y) / (along.x * along.x + along.y * along.y);
    let away = to - along * t.clamp(0.0, 1.0);
    length_of(away)
}

/// Whether `part` lies within `a`, given that no boundary of `a` enters it; `of_a`: the edges of `a` near it.
fn part_within(part: &Polygon<f64>, a: Land<'_>, of_a: &[Edge]) -> bool {
    let (low, high) = (a.extent.min(), a.extent.max());
    let grown = Coord { x: TOLERANCE_M, y: TOLERANCE_M };
    let ring = &part.exterior().0;
    if !ring.iter().all(|c| within(*c, low - grown, high + grown)) {
        return false;
    }
    let middles = ring.windows(2).map(|ends| (ends[0] + ends[1]) / 2.0);
    let mut witnesses = ring.iter().copied().chain(middles);
    let witness = witnesses.find(|p| of_a.iter().all(|e| distance(*p, e) > TOLERANCE_M));
    witness.is_some_and(|p| a.contains(p))
}
