//! From how much to how much land of a component may be in, by the limits on sums.
//!
//! With s_K the area that is in of component K, n_K what of it is in now, and what is in or out for sure by the case:
//!
//! - s_K = A − (what is in elsewhere), and A lies within the limits on total area;
//! - |s_K − n_K| is at most what moves within K, so at most the cap on what moves less what moves for sure elsewhere;
//! - A − s_K is at most A_max − s_K, so elsewhere at least (now elsewhere) − A_max + s_K leaves; with the s_K − n_K that come into
//!   K that is within the cap: 2 s_K ≤ cap + A_max − now + 2 n_K. In the same way what leaves K has to be made up for elsewhere,
//!   beside what is out for sure: 2 s_K ≥ 2 n_K + A_min + 2 (now, but out for sure) − now − cap;
//! - where a sub-park's band is a hard rule, what K has in it is at most its most less what is in for sure elsewhere in it, and at
//!   least its least less all that may be in elsewhere in it.

use std::collections::BTreeMap;

use super::Bounded;
use crate::units::M2_PER_HA;

/// A range has so much slack on either side, as a share of all that may be in: twice what a limit may be missed by.
const SLACK: f64 = 2.0 * super::super::ROUNDING;
/// A least area below this share of all that may be in is none.
const NONE: f64 = 1e-6;

/// Sums in ha over all parcels of a case.
pub(super) struct Ranges<'a> {
    side: &'a [Option<bool>],
    of: &'a Bounded<'a>,
    sure_ha: f64,
    may_ha: f64,
    now_ha: f64,
    /// Moves for sure.
    moved_ha: f64,
    /// In now, out for sure.
    leaves_ha: f64,
    /// In for sure and possible, of each sub-park with a hard band.
    sub_parks: Vec<(f64, f64)>,
}

impl<'a> Ranges<'a> {
    pub(super) fn new(side: &'a [Option<bool>], of: &'a Bounded<'a>) -> Self {
        let hard = of.limits.sub_park_price.is_infinite();
        let sub_parks = vec![(0.0, 0.0); if hard { of.limits.sub_parks_ha.len() } else { 0 }];
        let (sure_ha, may_ha, now_ha, moved_ha, leaves_ha) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut ranges = Self { side, of, sure_ha, may_ha, now_ha, moved_ha, leaves_ha, sub_parks };
        for (at, to) in side.iter().enumerate() {
            let (area_ha, now) = (ranges.area_ha(at), of.land.in_zone_before[at]);
            let (sure, may) = (*to == Some(true), *to != Some(false));
            if sure {
                ranges.sure_ha += area_ha;
            }
            if may {
                ranges.may_ha += area_ha;
            }
            if now {
                ranges.now_ha += area_ha;
            }
            if *to == Some(!now) {
                ranges.moved_ha += area_ha;
            }
            if now && !may {
                ranges.leaves_ha += area_ha;
            }
            if let Some((in_ha, all_ha)) = ranges.sub_park(at).and_then(|g| ranges.sub_parks.get_mut(g)) {
                *in_ha += if sure { area_ha } else { 0.0 };
                *all_ha += if may { area_ha } else { 0.0 };
            }
        }
        ranges
    }

    fn area_ha(&self, at: usize) -> f64 {
        self.of.land.area_m2[at] / M2_PER_HA
    }

    /// The sub-park of a parcel that has a hard band.
    fn sub_park(&self, at: usize) -> Option<usize> {
        (self.of.sub_park_of)(at).filter(|group| *group < self.sub_parks.len())
    }

    /// Least and most area of a component, ha; the least is the larger one where no plan is admissible.
    pub(super) fn of(&self, component: &[usize]) -> (f64, f64) {
        let limits = self.of.limits;
        let (mut sure_ha, mut all_ha, mut now_ha, mut moved_ha) = (0.0, 0.0, 0.0, 0.0);
        let mut by_group: BTreeMap<Option<usize>, (f64, f64)> = BTreeMap::new();
        for &at in component {
            let (area_ha, now) = (self.area_ha(at), self.of.land.in_zone_before[at]);
            let sure = if self.side[at] == Some(true) { area_ha } else { 0.0 };
            sure_ha += sure;
            all_ha += area_ha;
            now_ha += if now { area_ha } else { 0.0 };
            moved_ha += if self.side[at] == Some(!now) { area_ha } else { 0.0 };
            let sums = by_group.entry(self.sub_park(at)).or_default();
            *sums = (sums.0 + sure, sums.1 + area_ha);
        }
        let slack_ha = SLACK * self.may_ha;
        let (mut least_ha, mut most_ha) = (0.0, 0.0);
        for (group, (sure, all)) in by_group {
            let (low, high) = match group {
                None => (sure, all),
                Some(group) => {
                    let ((least, most), (in_ha, may_ha)) =
                        (limits.sub_parks_ha[group], self.sub_parks[group]);
                    let low = sure.max(least - (may_ha - all) - slack_ha);
                    (low, all.min(most - (in_ha - sure) + slack_ha))
                }
            };
            (least_ha, most_ha) = (least_ha + low, most_ha + high);
        }
        least_ha = f64::max(least_ha, limits.area_min_ha - (self.may_ha - all_ha) - slack_ha);
        most_ha = f64::min(most_ha, limits.area_max_ha - (self.sure_ha - sure_ha) + slack_ha);
        let cap_ha = limits.moved_max_ha;
        if cap_ha.is_finite() {
            let here = cap_ha - (self.moved_ha - moved_ha) + slack_ha;
            let grown = now_ha + 0.5 * (cap_ha + limits.area_max_ha - self.now_ha) + slack_ha;
            let left =
                now_ha + 0.5 * (limits.area_min_ha + 2.0 * self.leaves_ha - self.now_ha - cap_ha) - slack_ha;
            most_ha = most_ha.min(now_ha + here).min(grown);
            least_ha = least_ha.max(now_ha - here).max(left);
        }
        if least_ha <= NONE * self.may_ha {
            least_ha = sure_ha;
        }
        (least_ha.max(sure_ha), most_ha.min(all_ha))
    }
}
