//! What parcels do to each other: the same polygon twice, and land that two parcels cover.

use geo::{Area, BoundingRect, Coord, Euclidean, InteriorPoint, Length, LineString, MultiPolygon, Rect};
use rayon::prelude::*;

use super::codes::Level;
use super::make_valid::{MIN_PART_M2, make_valid, snapped, tidied};
use super::overlap_prefilter::{Scratch, TOLERANCE_M, may_overlap};
use super::rings::issue;
use super::{Checks, Issue, IssueKind, Severity};
use crate::boolean_ops;
use crate::id::ParcelId;
use crate::index::SpatialIndex;
use crate::message;
use crate::progress::{Cancelled, Monitor, go_on};

/// For every shape the position of the first one that is the same polygon on the same level, if that is an earlier one.
pub(super) fn duplicates(shapes: &[MultiPolygon<f64>], levels: &[Level]) -> Vec<Option<usize>> {
    let mut order: Vec<(u64, Level, usize)> = shapes
        .par_iter()
        .zip(levels)
        .enumerate()
        .map(|(at, (shape, level))| (loose_hash(shape), *level, at))
        .collect();
    order.par_sort_unstable();
    let mut first_of = vec![None; shapes.len()];
    for alike in order.chunk_by(|p, q| (p.0, p.1) == (q.0, q.1)).filter(|alike| alike.len() > 1) {
        let mut originals: Vec<(Vec<Vec<Coord<f64>>>, usize)> = Vec::new();
        for &(_, _, at) in alike {
            let rings = canonical(&shapes[at]);
            match originals.iter().find(|(known, _)| *known == rings) {
                Some((_, original)) => first_of[at] = Some(*original),
                None => originals.push((rings, at)),
            }
        }
    }
    first_of
}

/// A hash that depends neither on where rings begin nor on their order.
fn loose_hash(shape: &MultiPolygon<f64>) -> u64 {
    // The finaliser of splitmix64 (Steele et al. 2014); adding 0.0 makes one zero of the two.
    let mix = |seed: u64| {
        let z = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let point = |c: &Coord<f64>| mix(mix((c.x + 0.0).to_bits()).wrapping_add((c.y + 0.0).to_bits()));
    rings(shape).fold(0, |hash: u64, ring| {
        let open = &ring.0[..ring.0.len().saturating_sub(1)];
        hash.wrapping_add(mix(open.iter().fold(0, |sum: u64, c| sum.wrapping_add(point(c)))))
    })
}

/// The rings of a shape, each from its smallest point on, in ascending order. Directions are the same already.
fn canonical(shape: &MultiPolygon<f64>) -> Vec<Vec<Coord<f64>>> {
    let by = |p: &Coord<f64>, q: &Coord<f64>| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y));
    let mut all: Vec<Vec<Coord<f64>>> = rings(shape)
        .map(|ring| {
            let mut open: Vec<_> = ring.0[..ring.0.len().saturating_sub(1)]
                .iter()
                .map(|c| Coord { x: c.x + 0.0, y: c.y + 0.0 })
                .collect();
            let least = open.iter().enumerate().min_by(|p, q| by(p.1, q.1)).map_or(0, |(at, _)| at);
            open.rotate_left(least);
            open
        })
        .collect();
    all.sort_by(|r, s| {
        let points = r.iter().zip(s).map(|(p, q)| by(p, q));
        points.fold(r.len().cmp(&s.len()), std::cmp::Ordering::then)
    });
    all
}

fn rings(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
}

/// Land that two parcels cover.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Overlap {
    /// Position of the earlier parcel.
    pub(super) earlier: usize,
    /// Position of the later one.
    pub(super) later: usize,
    /// Its area, m².
    pub(super) area_m2: f64,
    /// Its mean width, 2 · area ÷ perimeter, m.
    pub(super) width_m: f64,
    /// A point of it.
    pub(super) place: (f64, f64),
}

/// Parcels searched between two looks at the monitor.
const STRETCH: usize = 16_384;

/// Every two shapes of one level that overlap by more than [`MIN_PART_M2`] and wider than [`TOLERANCE_M`]; ascending by the
/// later, then the earlier.
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
pub(super) fn overlaps(
    shapes: &[MultiPolygon<f64>],
    levels: &[Level],
    monitor: &dyn Monitor,
) -> Result<Vec<Overlap>, Cancelled> {
    monitor.step("overlaps", shapes.len() as u64);
    let boxes: Vec<Option<Rect<f64>>> = shapes.par_iter().map(BoundingRect::bounding_rect).collect();
    let index = SpatialIndex::of_boxes(boxes.iter().zip(0..).filter_map(|(b, number)| Some((number, (*b)?))));
    let mut found = Vec::new();
    for begin in (0..shapes.len()).step_by(STRETCH) {
        go_on(monitor)?;
        let end = (begin + STRETCH).min(shapes.len());
        let of_each: Vec<Vec<Overlap>> = (begin..end)
            .into_par_iter()
            .map_init(
                || (Scratch::default(), Vec::new()),
                |(scratch, near), later| {
                    let Some(own) = boxes[later] else { return Vec::new() };
                    near.clear();
                    index.numbers_near(own, 0.0, |n| near.push(n as usize));
                    near.retain(|&n| n < later && levels[n] == levels[later]);
                    near.sort_unstable();
                    let mut mine = Vec::new();
                    for &earlier in near.iter() {
                        let Some(other) = boxes[earlier] else { continue };
                        if may_overlap((&shapes[later], own), (&shapes[earlier], other), scratch) {
                            mine.extend(overlap(shapes, earlier, later));
                        }
                    }
                    mine
                },
            )
            .collect();
        found.extend(of_each.into_iter().flatten());
        monitor.advance((end - begin) as u64);
    }
    Ok(found)
}

/// The overlap of two shapes, when it is one.
fn overlap(shapes: &[MultiPolygon<f64>], earlier: usize, later: usize) -> Option<Overlap> {
    let piece = boolean_ops::intersection(&shapes[earlier], &shapes[later]);
    let area_m2 = piece.unsigned_area();
    let perimeter_m: f64 = rings(&piece).map(|r| Euclidean.length(r)).sum();
    let width_m = if perimeter_m > 0.0 { 2.0 * area_m2 / perimeter_m } else { 0.0 };
    if area_m2 <= MIN_PART_M2 || width_m <= TOLERANCE_M {
        return None;
    }
    let largest = piece.0.iter().max_by(|p, q| p.unsigned_area().total_cmp(&q.unsigned_area()))?;
    let place = largest.interior_point().map_or_else(|| largest.exterior().0[0], |p| p.0);
    Some(Overlap { earlier, later, area_m2, width_m, place: (place.x, place.y) })
}

/// Lets the later parcel give way where an overlap is survey noise, lists every overlap. `overlaps` as found on `shapes`;
/// `rows` are the parcels' rows in the input.
pub(super) fn resolve(
    shapes: &mut [MultiPolygon<f64>],
    overlaps: &[Overlap],
    ids: &[ParcelId],
    rows: &[usize],
    checks: &Checks,
) -> Vec<Issue> {
    // Ascending by the later parcel: an earlier one has its final shape when others give way to it.
    let mut issues = Vec::with_capacity(overlaps.len());
    for o in overlaps {
        let noise = o.area_m2 <= checks.survey_noise_m2 || o.width_m <= checks.survey_noise_width_m;
        let before_m2 = shapes[o.later].unsigned_area();
        let given_way = if noise { give_way(&shapes[o.later], &shapes[o.earlier], o.area_m2) } else { None };
        let found = message!(
            "parcels-overlap",
            later = &ids[o.later],
            earlier = &ids[o.earlier],
            area = message::number(o.area_m2, 2),
            width = message::number(o.width_m, 2)
        );
        let (severity, done, area_changed_m2) = match given_way {
            Some(shape) => {
                let changed_m2 = shape.unsigned_area() - before_m2;
                shapes[o.later] = shape;
                (Severity::Warning, message!("survey-noise-left-to", earlier = &ids[o.earlier]), changed_m2)
            }
            None => (Severity::Error, message!("overlap-left"), 0.0),
        };
        issues.push(Issue {
            place: Some(o.place),
            area_changed_m2,
            ..issue(rows[o.later], IssueKind::Overlap, severity, found, done)
        });
    }
    issues
}

/// `later` without what `earlier` covers; none when that would not leave a valid parcel or take more than the overlap.
fn give_way(
    later: &MultiPolygon<f64>,
    earlier: &MultiPolygon<f64>,
    overlap_m2: f64,
) -> Option<MultiPolygon<f64>> {
    let rest = tidied(snapped(boolean_ops::difference(later, earlier), &[later, earlier]));
    let (rest, _) = make_valid(rest).ok()?;
    let lost_m2 = later.unsigned_area() - rest.unsigned_area();
    let as_expected = lost_m2 <= overlap_m2 * 1.01 + MIN_PART_M2;
    (!rest.0.is_empty() && as_expected).then_some(rest)
}
