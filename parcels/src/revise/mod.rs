//! Two years of one park: what became of every parcel ([`Revision`]).
//!
//! Parcels are matched by code, then by geometry:
//!
//! 1. Parcels of one code that occurs once in each layer are the same parcel where more than half of the smaller one is
//!    common land. A code that stands on other land matches nothing; it is told ([`MovedCode`]).
//! 2. A parcel without such a partner belongs to the one that more than half of its land lies in; where no single one has that
//!    much, but all of them together have, to all of them.
//!
//! What belongs together is one [`Change`]: one parcel became one (unchanged, recoded, reshaped), several (split), several
//! became one (merged) or several others (rearranged); a parcel that belongs to none is gone, or new. What is thinner or
//! smaller than a survey errs is no common land, and no change. Parcels on, above and below the ground do not meet.
//!
//! Areas are on the ellipsoid, in whole square centimetres, so that they add up exactly: the land that a parcel has in common with
//! others, and what it has besides, is its area, and the parcels of all changes are the layer.

mod matching;
mod overlaps;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;

use crate::boolean_ops;
use crate::id::ParcelIdx;
use crate::parcel::{Geodesy, Layer};
use crate::progress::{Cancelled, Monitor, go_on};
use crate::units::SquareCentimetres;
use crate::validate::Checks;
use overlaps::is_noise;

pub use overlaps::Overlap;

/// What became of parcels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The same land under the same code.
    Unchanged,
    /// The same land under another code.
    Recoded,
    /// The same parcel with other land.
    Reshaped,
    /// One parcel became several.
    Split,
    /// Several parcels became one.
    Merged,
    /// Several parcels became several others.
    Rearranged,
    /// The parcel is no more.
    Gone,
    /// There was none.
    New,
}

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 8] = [
        Self::Unchanged,
        Self::Recoded,
        Self::Reshaped,
        Self::Split,
        Self::Merged,
        Self::Rearranged,
        Self::Gone,
        Self::New,
    ];

    /// Its name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Recoded => "recoded",
            Self::Reshaped => "reshaped",
            Self::Split => "split",
            Self::Merged => "merged",
            Self::Rearranged => "rearranged",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// Parcels that became parcels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// Positions in the old layer, ascending.
    pub old: Vec<ParcelIdx>,
    /// Positions in the new layer, ascending.
    pub new: Vec<ParcelIdx>,
}

/// A code that is in both layers, once in each, on different land.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedCode {
    /// Who had it.
    pub old: ParcelIdx,
    /// Who has it.
    pub new: ParcelIdx,
}

/// Number and area of parcels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Total {
    /// Parcels of the old layer.
    pub old: usize,
    /// Their area.
    pub old_area: SquareCentimetres,
    /// Parcels of the new layer.
    pub new: usize,
    /// Their area.
    pub new_area: SquareCentimetres,
}

/// What became of the parcels of one layer in another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Every parcel of either layer is in one of these; in the order of the old layer, then of the new one.
    pub changes: Vec<Change>,
    /// The land that parcels of both layers have in common, ascending by the old parcel, then the new one.
    pub overlaps: Vec<Overlap>,
    /// The area of every old parcel.
    pub old_area: Vec<SquareCentimetres>,
    /// The area of every new parcel.
    pub new_area: Vec<SquareCentimetres>,
    /// What every old parcel has in common with none. Below zero where new parcels overlap each other.
    pub lost: Vec<SquareCentimetres>,
    /// What every new parcel has in common with none. Below zero where old parcels overlap each other.
    pub gained: Vec<SquareCentimetres>,
    /// Codes on other land, in the order of the old layer.
    pub moved_codes: Vec<MovedCode>,
    /// Pairs of old parcels that have exchanged their codes, each once.
    pub swapped_codes: Vec<(ParcelIdx, ParcelIdx)>,
    /// Codes that occur more than once in the old layer, in order; parcels are not matched by them.
    pub repeated_old: Vec<String>,
    /// The same of the new layer.
    pub repeated_new: Vec<String>,
}

impl Revision {
    /// Number and area of the parcels of each kind of change; kinds without any are left out.
    #[must_use]
    pub fn totals(&self) -> BTreeMap<Kind, Total> {
        let mut totals: BTreeMap<Kind, Total> = BTreeMap::new();
        for change in &self.changes {
            let total = totals.entry(change.kind).or_default();
            total.old += change.old.len();
            total.new += change.new.len();
            total.old_area = total.old_area + change.old.iter().map(|i| self.old_area[i.at()]).sum();
            total.new_area = total.new_area + change.new.iter().map(|j| self.new_area[j.at()]).sum();
        }
        totals
    }
}

/// Finds what became of every parcel of `old` in `new`. Both layers are in the same CRS; `geodesy` is that of it.
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
pub fn revise(
    old: &Layer,
    new: &Layer,
    checks: &Checks,
    geodesy: &dyn Geodesy,
    monitor: &dyn Monitor,
) -> Result<Revision, Cancelled> {
    let (overlaps, planar_m2) = overlaps::overlaps(old, new, checks, geodesy, monitor)?;
    let codes = matching::Codes::of(old, new);
    let mut changes = matching::changes(old, new, &overlaps, &planar_m2, &codes);
    monitor.step("revision", changes.len() as u64);
    let common: HashMap<(ParcelIdx, ParcelIdx), f64> =
        overlaps.iter().zip(&planar_m2).map(|(o, m2)| ((o.old, o.new), *m2)).collect();
    for stretch in changes.chunks_mut(STRETCH) {
        go_on(monitor)?;
        stretch.par_iter_mut().for_each(|change| {
            if let ([i], [j]) = (change.old.as_slice(), change.new.as_slice()) {
                let common_m2 = common.get(&(*i, *j)).copied().unwrap_or(0.0);
                let same = same_land(old, new, *i, *j, common_m2, checks);
                change.kind = match (same, old[*i].code == new[*j].code) {
                    (true, true) => Kind::Unchanged,
                    (true, false) => Kind::Recoded,
                    (false, _) => Kind::Reshaped,
                };
            }
        });
        monitor.advance(stretch.len() as u64);
    }
    let area = |layer: &Layer| -> Vec<SquareCentimetres> {
        layer.parcels().iter().map(|p| SquareCentimetres::of_m2(p.area.ellipsoidal.0)).collect()
    };
    let (old_area, new_area) = (area(old), area(new));
    let (mut lost, mut gained) = (old_area.clone(), new_area.clone());
    for o in &overlaps {
        lost[o.old.at()] = lost[o.old.at()] - o.area;
        gained[o.new.at()] = gained[o.new.at()] - o.area;
    }
    let moved_codes = codes.moved(&changes);
    let swapped_codes = swapped(old, new, &changes, &moved_codes);
    Ok(Revision {
        changes,
        overlaps,
        old_area,
        new_area,
        lost,
        gained,
        moved_codes,
        swapped_codes,
        repeated_old: codes.repeated_old,
        repeated_new: codes.repeated_new,
    })
}

/// Pieces of work between two looks at the monitor.
const STRETCH: usize = 4096;

/// Whether what two parcels do not have in common is what a survey errs.
fn same_land(old: &Layer, new: &Layer, i: ParcelIdx, j: ParcelIdx, common_m2: f64, checks: &Checks) -> bool {
    let (a, b) = (&old[i].shape, &new[j].shape);
    if a == b {
        return true;
    }
    let apart_m2 = (old[i].area.planar.0 - common_m2) + (new[j].area.planar.0 - common_m2);
    if apart_m2 <= checks.survey_noise_m2 {
        return true;
    }
    // A strip along all of the outline, no wider than a survey errs.
    let perimeter_m = crate::units::perimeter_m(a).max(crate::units::perimeter_m(b));
    apart_m2 <= checks.survey_noise_width_m * perimeter_m
        && [boolean_ops::difference(a, b), boolean_ops::difference(b, a)].iter().all(|besides| {
            besides.iter().all(|piece| is_noise(&geo::MultiPolygon::new(vec![piece.clone()]), checks))
        })
}

/// Pairs of parcels whose land is each under the other's code now.
fn swapped(old: &Layer, new: &Layer, changes: &[Change], moved: &[MovedCode]) -> Vec<(ParcelIdx, ParcelIdx)> {
    // Who is on a parcel's land now, where that is one.
    let mut now: HashMap<ParcelIdx, ParcelIdx> = HashMap::new();
    for change in changes {
        if let ([i], [j]) = (change.old.as_slice(), change.new.as_slice()) {
            now.insert(*i, *j);
        }
    }
    let had: HashMap<&str, ParcelIdx> =
        moved.iter().filter_map(|m| Some((old[m.old].code.as_deref()?, m.old))).collect();
    let other = |i: ParcelIdx| had.get(new[*now.get(&i)?].code.as_deref()?).copied();
    let pair = |m: &MovedCode| {
        let there = other(m.old)?;
        (there > m.old && other(there) == Some(m.old)).then_some((m.old, there))
    };
    moved.iter().filter_map(pair).collect()
}
