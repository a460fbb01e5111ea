//! Defects as real layers have them, made on purpose and counted, so that a check can be held to finding them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Parcel;
use super::chance::{Chance, Use};
use super::lots::Mm;
use super::shape::{Point, add, area, centroid, cross, cut, edges, is_simple, length, scale, sub, unit};

/// A kind of deliberate defect. The names are those of the engine's issues where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// A boundary that crosses itself.
    SelfCrossing,
    /// A feature with the polygon of another.
    Duplicate,
    /// A feature with the code of another.
    DuplicateCode,
    /// A feature without a code.
    MissingCode,
    /// A vertex shared with neighbours, surveyed some decimetres off: a sliver of overlap.
    Overlap,
    /// A feature without geometry.
    NullGeometry,
    /// A parcel of two parts with a way between them.
    Multipart,
    /// A registered area a tenth off.
    AreaMismatch,
}

/// Parcels below which no defects are made: a tiny park is for a first look.
const FROM_PARCELS: usize = 1_000;

/// Makes the defects and lists the positions of each kind. No parcel gets two of them.
pub(crate) fn make(parcels: &mut [Parcel], seed: u64) -> BTreeMap<Defect, Vec<usize>> {
    let mut made = BTreeMap::new();
    let n = parcels.len();
    if n < FROM_PARCELS {
        return made;
    }
    let mut chance = Chance::new(seed, Use::Defects, 0, 0);
    let mut used = vec![false; n];
    let part = |share: f64| ((n as f64 * share).round() as usize).max(1);
    for (kind, count) in [
        (Defect::SelfCrossing, part(0.000_3)),
        (Defect::Duplicate, part(0.000_3)),
        (Defect::DuplicateCode, part(0.000_3)),
        (Defect::MissingCode, part(0.000_4)),
        (Defect::Overlap, part(0.000_4)),
        (Defect::NullGeometry, if n < 10_000 { 1 } else { 2 }),
        (Defect::Multipart, part(0.000_3)),
        (Defect::AreaMismatch, part(0.003)),
    ] {
        let mut places = Vec::with_capacity(count);
        // Many a parcel does not lend itself to a kind of defect; draw until enough do.
        for _ in 0..count * 1_000 {
            if places.len() == count {
                break;
            }
            let at = chance.below(n - 1);
            let touched = [at, at + 1];
            if touched.iter().any(|t| used[*t]) || !spoil(parcels, at, kind, &mut chance) {
                continue;
            }
            for t in touched {
                used[t] = true;
            }
            places.push(at);
        }
        places.sort_unstable();
        made.insert(kind, places);
    }
    made
}

/// Spoils parcel `at`, with the help of its successor where two are needed; false when it does not lend itself to it.
fn spoil(parcels: &mut [Parcel], at: usize, kind: Defect, chance: &mut Chance) -> bool {
    let (head, tail) = parcels.split_at_mut(at + 1);
    let (this, next) = (&mut head[at], &tail[0]);
    let Some(ring) = this.parts.first() else { return false };
    match kind {
        Defect::SelfCrossing => {
            // Two corners swapped: the tie stays inside the convex lot that it was.
            if ring.len() != 4 {
                return false;
            }
            this.parts[0].swap(1, 2);
        }
        Defect::Duplicate => this.parts.clone_from(&next.parts),
        Defect::DuplicateCode => {
            if next.code.is_none() {
                return false;
            }
            this.code.clone_from(&next.code);
        }
        Defect::MissingCode => this.code = None,
        Defect::Overlap => {
            let Some(other) = next.parts.first() else { return false };
            let Some(corner) = ring.iter().position(|p| other.contains(p)) else { return false };
            let from = metres(ring[corner]);
            let into = unit(sub(centroid(&ring_m(other)), from));
            let mut moved = ring.clone();
            moved[corner] = mm(add(from, scale(into, chance.between(0.2, 0.6))));
            if !is_simple(&ring_m(&moved)) {
                return false;
            }
            this.parts[0] = moved;
        }
        Defect::NullGeometry => this.parts.clear(),
        Defect::Multipart => {
            let outline = ring_m(ring);
            // The way must not take so much that the registered area looks wrong as well.
            if area(&outline) < 3e4 || !is_convex(&outline) {
                return false;
            }
            let (a, b) = edges(&outline)
                .max_by(|x, y| length(sub(x.1, x.0)).total_cmp(&length(sub(y.1, y.0))))
                .unwrap_or_default();
            let along = unit(sub(b, a));
            let middle = scale(add(a, b), 0.5);
            let across = [-along[1], along[0]];
            let halves =
                [-2.5, 2.5].map(|aside| cut(&outline, add(middle, scale(along, aside)), across, 0.0, 2.0));
            let [Some(one), Some(other)] = halves else { return false };
            let parts = [one.left, other.right];
            if !parts.iter().all(|p| is_simple(p)) {
                return false;
            }
            // The new corners stand back a little, lest their rounding makes them reach over the boundary.
            let rounded = |part: &Vec<Point>| {
                let middle = centroid(part);
                let back = |p: &Point| add(*p, scale(unit(sub(middle, *p)), 0.05));
                part.iter().map(|p| if outline.contains(p) { mm(*p) } else { mm(back(p)) }).collect()
            };
            this.parts = parts.iter().map(rounded).collect();
        }
        Defect::AreaMismatch => {
            let Some(mu) = &mut this.registered_mu else { return false };
            *mu *= if chance.happens(0.5) { 1.1 } else { 0.9 };
        }
    }
    true
}

/// Whether the ring turns nowhere to the right by more than a hundredth.
fn is_convex(ring: &[Point]) -> bool {
    let steps: Vec<Point> = edges(ring).map(|(a, b)| unit(sub(b, a))).collect();
    edges(&steps).all(|(a, b)| cross(a, b) > -0.01)
}

fn metres(p: Mm) -> Point {
    [p[0] as f64 / 1e3, p[1] as f64 / 1e3]
}

fn ring_m(ring: &[Mm]) -> Vec<Point> {
    ring.iter().map(|p| metres(*p)).collect()
}

fn mm(p: Point) -> Mm {
    [(p[0] * 1e3).round() as i64, (p[1] * 1e3).round() as i64]
}
