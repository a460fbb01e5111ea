//! The land that parcels of two layers have in common.

use std::collections::HashMap;

use geo::{Area as _, BoundingRect as _, MultiPolygon, Rect};
use rayon::prelude::*;

use super::STRETCH;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::long_outline::{Land, LongOutline};
use crate::parcel::{Geodesy, Layer, Parcel};
use crate::progress::{Cancelled, Monitor, OnlyCancel, go_on};
use crate::units::{SquareCentimetres, perimeter_m};
use crate::validate::Checks;
use crate::validate::areas::measure;
use crate::validate::codes::Level;
use crate::validate::coverage::{canonical, common_land, loose_hash};
use crate::validate::overlap_prefilter::{Scratch, may_overlap};

/// Common land of an old and a new parcel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// The old parcel.
    pub old: ParcelIdx,
    /// The new one.
    pub new: ParcelIdx,
    /// How much.
    pub area: SquareCentimetres,
}

/// Whether a piece of land is no larger, or no wider, than a survey errs.
pub(super) fn is_noise(piece: &MultiPolygon<f64>, checks: &Checks) -> bool {
    let area_m2 = piece.unsigned_area();
    area_m2 <= checks.survey_noise_m2 || 2.0 * area_m2 <= checks.survey_noise_width_m * perimeter_m(piece)
}

/// Every common land that is more than survey noise, or more than half of a parcel; and beside each its area in the plane, m².
/// Ascending by the old parcel, then the new one.
pub(super) fn overlaps(
    old: &Layer,
    new: &Layer,
    checks: &Checks,
    geodesy: &dyn Geodesy,
    monitor: &dyn Monitor,
) -> Result<(Vec<Overlap>, Vec<f64>), Cancelled> {
    monitor.step("common land", old.len() as u64);
    let (old_levels, new_levels) = (levels(old), levels(new));
    let same_shape = same_shapes(old, new, &old_levels, &new_levels);
    let mut taken = vec![false; new.len()];
    same_shape.iter().flatten().for_each(|j| taken[*j] = true);
    let (old_long, new_long) = (outlines(old, monitor)?, outlines(new, monitor)?);
    let boxes: Vec<Option<Rect<f64>>> = new.parcels().par_iter().map(|p| p.shape.bounding_rect()).collect();
    let open = boxes.iter().zip(&taken).zip(0_u32..).filter(|((_, taken), _)| !**taken);
    let index = SpatialIndex::of_boxes(open.filter_map(|((b, _), number)| Some((number, (*b)?))));
    let (mut found, mut planar_m2) = (Vec::new(), Vec::new());
    for begin in (0..old.len()).step_by(STRETCH) {
        go_on(monitor)?;
        let end = (begin + STRETCH).min(old.len());
        let of_each: Vec<Vec<(usize, MultiPolygon<f64>)>> = (begin..end)
            .into_par_iter()
            .map_init(
                || (Scratch::default(), Vec::new()),
                |(scratch, near), i| {
                    let parcel = &old.parcels()[i];
                    go_on(monitor)?;
                    let land = Land::new(&parcel.shape, old_long[i].as_ref());
                    let Some(own) = land.filter(|_| same_shape[i].is_none()) else { return Ok(Vec::new()) };
                    near.clear();
                    index.numbers_near(own.extent, 0.0, |n| near.push(n as usize));
                    near.retain(|&j| new_levels[j] == old_levels[i]);
                    near.sort_unstable();
                    let common = |&j: &usize| {
                        let other = &new.parcels()[j];
                        let there = Land::new(&other.shape, new_long[j].as_ref())?;
                        if !may_overlap(own, there, scratch) {
                            return None;
                        }
                        let piece = common_land(own, there);
                        let smaller_m2 = parcel.area.planar.0.min(other.area.planar.0);
                        let counts = !is_noise(&piece, checks) || piece.unsigned_area() > 0.5 * smaller_m2;
                        counts.then_some((j, piece))
                    };
                    Ok(near.iter().filter_map(common).collect())
                },
            )
            .collect::<Result<_, Cancelled>>()?;
        let pieces: Vec<MultiPolygon<f64>> =
            of_each.iter().flatten().map(|(_, piece)| piece.clone()).collect();
        let mut measured = measure(&pieces, geodesy, &OnlyCancel(monitor))?.into_iter();
        for (i, common) in (begin..end).zip(of_each) {
            let parcel = &old.parcels()[i];
            let mut push = |j: usize, area_m2: f64, plane_m2: f64| {
                let (old, new) = (ParcelIdx::from_at(i), ParcelIdx::from_at(j));
                found.push(Overlap { old, new, area: SquareCentimetres::of_m2(area_m2) });
                planar_m2.push(plane_m2);
            };
            if let Some(j) = same_shape[i] {
                push(j, parcel.area.ellipsoidal.0, parcel.area.planar.0);
            }
            for (j, _) in common {
                if let Some(m) = measured.next() {
                    push(j, m.ellipsoidal_m2.unwrap_or(m.planar_m2), m.planar_m2);
                }
            }
        }
        monitor.advance((end - begin) as u64);
    }
    Ok((found, planar_m2))
}

/// The long ones among the outlines of a layer.
fn outlines(layer: &Layer, monitor: &dyn Monitor) -> Result<Vec<Option<LongOutline>>, Cancelled> {
    let outline = |p: &Parcel| {
        go_on(monitor)?;
        Ok(LongOutline::of(&p.shape.0))
    };
    layer.parcels().par_iter().map(outline).collect()
}

fn levels(layer: &Layer) -> Vec<Level> {
    layer.parcels().iter().map(|p| Level::of(p.code.as_deref())).collect()
}

/// For every old parcel the new one that has its very outline, on the same level. In most years that is most of them.
fn same_shapes(old: &Layer, new: &Layer, old_levels: &[Level], new_levels: &[Level]) -> Vec<Option<usize>> {
    let hashes =
        |layer: &Layer| -> Vec<u64> { layer.parcels().par_iter().map(|p| loose_hash(&p.shape)).collect() };
    let (old_hashes, new_hashes) = (hashes(old), hashes(new));
    let mut by_hash: HashMap<(u64, Level), Vec<usize>> = HashMap::new();
    for (j, hash) in new_hashes.into_iter().enumerate() {
        by_hash.entry((hash, new_levels[j])).or_default().push(j);
    }
    let same = |i: usize| {
        let alike = by_hash.get(&(old_hashes[i], old_levels[i]))?;
        let own = &old.parcels()[i].shape;
        let rings = canonical(own);
        // No layer has one outline twice on a level.
        alike
            .iter()
            .copied()
            .find(|&j| new.parcels()[j].shape == *own || canonical(&new.parcels()[j].shape) == rings)
    };
    (0..old.len()).into_par_iter().map(same).collect()
}
