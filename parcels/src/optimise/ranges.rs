//! From how much to how much land of a component may be in, by the limits on sums: what presolve calls bound propagation.
//!
//! Let s_K be the area that is in of component K, n_K what is in of it now, and M the most area that may move. With what is in or
//! out for sure,
//!
//! - area outside K may be all in or all out, so s_K lies between what the limits on total area leave;
//! - |s_K − n_K| is no more than M less what moves for sure elsewhere;
//! - what K gains beyond the spare of total area others lose, so 2 (s_K − n_K) ≤ M + area_max − area now; and likewise
//!   2 (n_K − s_K) ≤ M + area now − area_min − 2 · (area that is in now and out for sure);
//! - a hard limit on the area of a group of units (a sub-park's band) leaves the units of K in it no more than its most less what
//!   is in for sure elsewhere, and no less than its least less all that may be in elsewhere.
//!
//! All limits are taken with a little slack, so that no range leaves out what the judge of a plan lets pass for rounding.

use super::problem::{Lock, Problem};
use crate::units::LIMIT_SLACK;

/// Share of a limit that it is taken as wider.
const SLACK: f64 = 4.0 * LIMIT_SLACK;
/// Share of the zone below which a least area is none.
const NONE: f64 = 2e-6;
const NO_GROUP: u32 = u32::MAX;

/// What ranges are told from.
pub(super) struct Ranges<'p> {
    problem: &'p Problem,
    held: &'p [Lock],
    /// Of each unit, the limit on the area of a group that speaks of it; the first where there are several.
    group: Vec<u32>,
    /// Of each such limit: what is in for sure, and all that may be in.
    of_group: Vec<Sums>,
    all: Sums,
    now: f64,
    /// Area that moves for sure.
    moved: f64,
    /// Area in now and out for sure.
    lost: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    sure: f64,
    may: f64,
}

impl Sums {
    fn add(&mut self, area: f64, lock: Lock) {
        self.sure += if lock == Lock::In { area } else { 0.0 };
        self.may += if lock == Lock::Out { 0.0 } else { area };
    }
}

impl<'p> Ranges<'p> {
    pub(super) fn new(problem: &'p Problem, held: &'p [Lock]) -> Self {
        let mut group = vec![NO_GROUP; held.len()];
        let mut of_group = vec![Sums::default(); problem.limits.len()];
        for (number, limit) in (0_u32..).zip(&problem.limits) {
            let of_areas = limit.terms.iter().all(|(unit, weight)| *weight == problem.area[*unit as usize]);
            if limit.price.is_finite() || !of_areas {
                continue;
            }
            for (unit, weight) in &limit.terms {
                of_group[number as usize].add(*weight, held[*unit as usize]);
                if group[*unit as usize] == NO_GROUP {
                    group[*unit as usize] = number;
                }
            }
        }
        let mut all = Sums::default();
        let (mut now, mut moved, mut lost) = (0.0, 0.0, 0.0);
        for (unit, (&area, &lock)) in problem.area.iter().zip(held).enumerate() {
            all.add(area, lock);
            let is_in = problem.in_zone[unit];
            now += if is_in { area } else { 0.0 };
            lost += if is_in && lock == Lock::Out { area } else { 0.0 };
            moved += if moves(is_in, lock) { area } else { 0.0 };
        }
        Self { problem, held, group, of_group, all, now, moved, lost }
    }

    /// Least and most area of these units that may be in; the least is the larger one where no zone is admissible.
    pub(super) fn of(&self, units: &[u32]) -> (f64, f64) {
        let p = self.problem;
        let (mut own, mut now, mut moved) = (Sums::default(), 0.0, 0.0);
        let mut within: Vec<(u32, Sums)> = Vec::new();
        for &unit in units {
            let at = unit as usize;
            let (area, lock) = (p.area[at], self.held[at]);
            own.add(area, lock);
            now += if p.in_zone[at] { area } else { 0.0 };
            moved += if moves(p.in_zone[at], lock) { area } else { 0.0 };
            let group = self.group[at];
            match within.iter_mut().find(|(known, _)| *known == group) {
                Some((_, sums)) => sums.add(area, lock),
                None => {
                    let mut sums = Sums::default();
                    sums.add(area, lock);
                    within.push((group, sums));
                }
            }
        }
        let spare = SLACK * self.all.may;
        let (mut least, mut most) = (0.0, 0.0);
        for (group, sums) in within {
            let (mut low, mut high) = (sums.sure, sums.may);
            if group != NO_GROUP {
                let (limit, whole) = (&p.limits[group as usize], self.of_group[group as usize]);
                high = high.min(limit.most - (whole.sure - sums.sure) + spare);
                low = low.max(limit.least - (whole.may - sums.may) - spare);
            }
            (least, most) = (least + low, most + high);
        }
        least = f64::max(least, p.area_min - (self.all.may - own.may) - spare);
        most = f64::min(most, p.area_max - (self.all.sure - own.sure) + spare);
        if p.moved_area_max.is_finite() {
            let by = p.moved_area_max - (self.moved - moved) + spare;
            let grown = 0.5 * (p.moved_area_max + p.area_max - self.now) + spare;
            let shrunk = 0.5 * (p.moved_area_max + self.now - 2.0 * self.lost - p.area_min) + spare;
            most = most.min(now + by).min(now + grown);
            least = least.max(now - by).max(now - shrunk);
        }
        let least = if least > NONE * self.all.may { least } else { own.sure };
        (least.max(own.sure), most.min(own.may))
    }
}

fn moves(is_in: bool, lock: Lock) -> bool {
    match lock {
        Lock::Free => false,
        Lock::In => !is_in,
        Lock::Out => is_in,
    }
}

#[cfg(test)]
mod tests {
    use super::super::energy::Energy;
    use super::super::oracle::random_problem;
    use super::super::problem::Limit;
    use super::super::state::State;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn no_admissible_zone_has_an_area_out_of_range(
            seed in 0u64..1_000_000_000,
            n in 2usize..11,
            share in 0.05f64..0.6,
            band in (0.0f64..0.6, 0.4f64..1.0),
            group in any::<u16>(),
        ) {
            let mut problem = random_problem(seed, n);
            let whole: f64 = problem.area.iter().sum();
            problem.moved_area_max = share * whole;
            let terms: Vec<(u32, f64)> =
                (0..n).filter(|unit| group >> unit & 1 == 1).map(|unit| (unit as u32, problem.area[unit])).collect();
            let of_group: f64 = terms.iter().map(|(_, area)| area).sum();
            let (least, most) = (band.0 * of_group, band.1 * of_group);
            problem.limits.push(Limit { terms, least, most, price: f64::INFINITY, ..Limit::default() });
            let energy = Energy::new(&problem);
            let ranges = Ranges::new(&problem, &problem.lock);
            let components = energy.components.as_ref().map(|found| found.list.clone()).unwrap_or_default();
            for mask in 0..1_u32 << n {
                let zone: Vec<bool> = (0..n).map(|unit| mask >> unit & 1 == 1).collect();
                let state = State::new(&energy, zone.clone());
                if !state.admissible() {
                    continue;
                }
                for component in &components {
                    let inside = component.units.iter().filter(|unit| zone[**unit as usize]);
                    let area: f64 = inside.map(|unit| problem.area[*unit as usize]).sum();
                    let (least, most) = ranges.of(&component.units);
                    // Sums in another order differ by their rounding.
                    let (least, most) = (least - 1e-12 * whole, most + 1e-12 * whole);
                    prop_assert!(least <= area && area <= most, "{area} is not from {least} to {most}");
                }
            }
        }
    }
}
