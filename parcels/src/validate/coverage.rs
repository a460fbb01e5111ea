//! What parcels do to each other: the same polygon twice, and land that two parcels cover.

use std::borrow::Cow;
use std::collections::HashMap;

use geo::{
    Area, BoundingRect, Coord, CoordsIter, Euclidean, InteriorPoint, Length, LineString, MultiPolygon, Rect,
};
use rayon::prelude::*;

use super::codes::Level;
use super::make_valid::{MIN_PART_M2, make_valid, snapped, tidied};
use super::overlap_prefilter::{Scratch, TOLERANCE_M, may_overlap};
use super::rings::issue;
use super::{Checks, Issue, IssueKind, Severity};
use crate::boolean_ops;
use crate::id::ParcelId;
use crate::index::SpatialIndex;
use crate::long_outline::{Land, LongOutline, MANY_EDGES};
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
pub(crate) fn loose_hash(shape: &MultiPolygon<f64>) -> u64 {
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
pub(crate) fn canonical(shape: &MultiPolygon<f64>) -> Vec<Vec<Coord<f64>>> {
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
    let long = long_outlines(shapes, monitor)?;
    let land: Vec<Option<Land<'_>>> =
        shapes.par_iter().zip(&long).map(|(shape, long)| Land::new(shape, long.as_ref())).collect();
    let boxes = land.iter().zip(0..).filter_map(|(land, number)| Some((number, (*land)?.extent)));
    let index = SpatialIndex::of_boxes(boxes);
    let of_each: Vec<Vec<Overlap>> = (0..shapes.len())
        .into_par_iter()
        .map_init(
            || (Scratch::default(), Vec::new()),
            |(scratch, near), later| {
                go_on(monitor)?;
                monitor.advance(1);
                let Some(own) = land[later] else { return Ok(Vec::new()) };
                near.clear();
                index.numbers_near(own.extent, 0.0, |n| near.push(n as usize));
                near.retain(|&n| n < later && levels[n] == levels[later]);
                near.sort_unstable();
                let mut mine = Vec::new();
                for &earlier in near.iter() {
                    go_on(monitor)?;
                    let Some(other) = land[earlier] else { continue };
                    if may_overlap(own, other, scratch) {
                        mine.extend(overlap(other, own, earlier, later));
                    }
                }
                Ok(mine)
            },
        )
        .collect::<Result<_, Cancelled>>()?;
    Ok(of_each.into_iter().flatten().collect())
}

/// The long ones among the outlines of some shapes.
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
fn long_outlines(
    shapes: &[MultiPolygon<f64>],
    monitor: &dyn Monitor,
) -> Result<Vec<Option<LongOutline>>, Cancelled> {
    let outline = |shape: &MultiPolygon<f64>| {
        go_on(monitor)?;
        Ok(LongOutline::of(&shape.0))
    };
    shapes.par_iter().map(outline).collect()
}

/// What two shapes have in common. Of a long outline only what lies where both are is looked at.
pub(crate) fn common_land(one: Land<'_>, two: Land<'_>) -> MultiPolygon<f64> {
    if one.long.is_none() && two.long.is_none() {
        return boolean_ops::intersection(one.shape, two.shape);
    }
    let (a, b) = (one.extent, two.extent);
    let low = Coord { x: a.min().x.max(b.min().x), y: a.min().y.max(b.min().y) };
    let high = Coord { x: a.max().x.min(b.max().x), y: a.max().y.min(b.max().y) };
    if low.x > high.x || low.y > high.y {
        return MultiPolygon::new(Vec::new());
    }
    let here = around(Rect::new(low, high));
    boolean_ops::intersection(&part_of(one, here), &part_of(two, here))
}

/// A box and a little around it, so that nothing is cut where it counts.
fn around(area: Rect<f64>) -> Rect<f64> {
    let margin = Coord { x: 1.0, y: 1.0 };
    Rect::new(area.min() - margin, area.max() + margin)
}

/// Of a long outline the land within `area`, any other as it is.
fn part_of(land: Land<'_>, area: Rect<f64>) -> Cow<'_, MultiPolygon<f64>> {
    match land.long {
        Some(_) => Cow::Owned(land.clipped_to(area)),
        None => Cow::Borrowed(land.shape),
    }
}

/// The overlap of two shapes, when it is one.
fn overlap(earlier_land: Land<'_>, later_land: Land<'_>, earlier: usize, later: usize) -> Option<Overlap> {
    let piece = common_land(earlier_land, later_land);
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
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
pub(super) fn resolve(
    shapes: &mut [MultiPolygon<f64>],
    overlaps: &[Overlap],
    ids: &[ParcelId],
    rows: &[usize],
    checks: &Checks,
    monitor: &dyn Monitor,
) -> Result<Vec<Issue>, Cancelled> {
    // Ascending by the later parcel: an earlier one has its final shape when others give way to it.
    let mut issues = Vec::with_capacity(overlaps.len());
    let mut long: HashMap<usize, Option<LongOutline>> = HashMap::new();
    for of_later in overlaps.chunk_by(|p, q| p.later == q.later) {
        let noise =
            |o: &&Overlap| o.area_m2 <= checks.survey_noise_m2 || o.width_m <= checks.survey_noise_width_m;
        let later = of_later[0].later;
        // A long outline is worked through once, not once for each of a thousand neighbours.
        let all: Vec<&Overlap> = of_later.iter().filter(noise).collect();
        let at_once = all.len() > 1 && shapes[later].coords_count() > MANY_EDGES;
        let mut given_way_at_once = false;
        if at_once {
            let neighbours: Vec<&MultiPolygon<f64>> = all.iter().map(|o| &shapes[o.earlier]).collect();
            let expected_m2 = all.iter().map(|o| o.area_m2).sum();
            let taken = boolean_ops::union(neighbours);
            if let Some(shape) = give_way(&shapes[later], &taken, expected_m2) {
                shapes[later] = shape;
                given_way_at_once = true;
            }
        }
        for o in of_later {
            go_on(monitor)?;
            let given_way_m2 = match noise(&o) {
                true if given_way_at_once => Some(-o.area_m2),
                true => {
                    let before_m2 = shapes[later].unsigned_area();
                    let rest = {
                        let (own, earlier) = (&shapes[later], &shapes[o.earlier]);
                        let outline = long.entry(o.earlier).or_insert_with(|| LongOutline::of(&earlier.0));
                        let taken = match (Land::new(earlier, outline.as_ref()), own.bounding_rect()) {
                            (Some(land), Some(here)) => part_of(land, around(here)),
                            _ => Cow::Borrowed(earlier),
                        };
                        give_way(own, &taken, o.area_m2)
                    };
                    rest.map(|rest| {
                        let changed_m2 = rest.unsigned_area() - before_m2;
                        shapes[later] = rest;
                        changed_m2
                    })
                }
                false => None,
            };
            let found = message!(
                "parcels-overlap",
                later = &ids[later],
                earlier = &ids[o.earlier],
                area = message::number(o.area_m2, 2),
                width = message::number(o.width_m, 2)
            );
            let (severity, done, area_changed_m2) = match given_way_m2 {
                Some(changed_m2) => (
                    Severity::Warning,
                    message!("survey-noise-left-to", earlier = &ids[o.earlier]),
                    changed_m2,
                ),
                None => (Severity::Error, message!("overlap-left"), 0.0),
            };
            issues.push(Issue {
                place: Some(o.place),
                area_changed_m2,
                ..issue(rows[later], IssueKind::Overlap, severity, found, done)
            });
        }
    }
    Ok(issues)
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
