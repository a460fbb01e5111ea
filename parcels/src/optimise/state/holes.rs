//! Holes (C8): land outside the zone that hangs together, is smaller than a limit and faces nothing but the zone.
//!
//! A hole is made when there is none like it now: when not all of it is outside today with nothing but today's zone around it.
//! No bound knows of holes, which leaves it valid: fewer zones are admissible, none is worth more. Zones are kept from making any
//! where single units change sides, and repaired where cuts or whole blocks have made some.

use super::{LEAST_GAIN, State};
use crate::optimise::problem::{Holes, Lock, SLACK};

/// How often all holes are gone through.
const ROUNDS: usize = 3;

impl State<'_, '_> {
    /// The hole that this part lies in, its parts ascending, where `is_in` says which units are in the zone.
    fn hole_at(&self, rule: &Holes, part: usize, is_in: &dyn Fn(usize) -> bool) -> Option<Vec<u32>> {
        let problem = self.energy.problem;
        if is_in(problem.unit_of(part)) {
            return None;
        }
        let (mut area, mut open, mut closed) = (0.0, 0.0, false);
        let mut hole = vec![part as u32];
        let mut next = 0;
        while let Some(&part) = hole.get(next) {
            next += 1;
            area += problem.part_area(part as usize);
            open += rule.open[part as usize];
            // The judge of a plan adds up in another order.
            if area >= rule.below * (1.0 + SLACK) || open >= rule.open_from * (1.0 + SLACK) {
                return None;
            }
            for other in self.energy.contiguous_parts(part as usize) {
                if is_in(problem.unit_of(other as usize)) {
                    closed = true;
                } else if !hole.contains(&other) {
                    hole.push(other);
                }
            }
        }
        hole.sort_unstable();
        closed.then_some(hole)
    }

    /// Whether it is a hole of today's zone as well.
    fn is_of_today(&self, hole: &[u32]) -> bool {
        let problem = self.energy.problem;
        let now = |part: &u32| problem.in_zone[problem.unit_of(*part as usize)];
        let around = hole.iter().flat_map(|part| self.energy.contiguous_parts(*part as usize));
        !hole.iter().any(now)
            && around.filter(|part| hole.binary_search(part).is_err()).all(|part| now(&part))
    }

    /// The hole that counts by the rule and has this part.
    fn counted_hole(&self, rule: &Holes, part: usize, is_in: &dyn Fn(usize) -> bool) -> Option<Vec<u32>> {
        self.hole_at(rule, part, is_in).filter(|hole| rule.fill || !self.is_of_today(hole))
    }

    /// The holes that count by the rule: those that are to be filled, or those that may not be made.
    fn counted_holes(&self, rule: &Holes) -> Vec<Vec<u32>> {
        let is_in = |unit: usize| self.x[unit];
        let hole =
            |part: usize| self.counted_hole(rule, part, &is_in).filter(|hole| hole[0] as usize == part);
        (0..self.energy.problem.part_count()).filter_map(hole).collect()
    }

    /// Areas of the holes that the zone makes where it may make none, those first that come first.
    pub(in crate::optimise) fn holes_made(&self) -> Vec<f64> {
        let problem = self.energy.problem;
        let area = |hole: Vec<u32>| hole.iter().map(|part| problem.part_area(*part as usize)).sum();
        match problem.holes.as_ref().filter(|rule| !rule.fill) {
            Some(rule) => self.counted_holes(rule).into_iter().map(area).collect(),
            None => Vec::new(),
        }
    }

    /// Whether no hole comes into being when the unit changes sides, where none may.
    pub(super) fn keeps_from_holes(&self, unit: usize) -> bool {
        let problem = self.energy.problem;
        let Some(rule) = problem.holes.as_ref().filter(|rule| !rule.fill) else { return true };
        let before = |other: usize| self.x[other];
        let after = |other: usize| self.x[other] != (other == unit);
        let comes = |part: usize| {
            self.counted_hole(rule, part, &after).is_some()
                && self.counted_hole(rule, part, &before).is_none()
        };
        let own = || problem.parts.of(unit as u32).map(|part| part as usize);
        if self.x[unit] {
            return !own().any(comes);
        }
        let around = own().flat_map(|part| self.energy.contiguous_parts(part)).map(|other| other as usize);
        !around.filter(|other| !self.x[problem.unit_of(*other)]).any(comes)
    }

    /// Does with holes what the rule asks: those that may not be made are filled or opened, whichever loses less, and those that
    /// are to be filled are, as far as other limits let that be.
    pub(in crate::optimise) fn repair_holes(&mut self) {
        let Some(rule) = &self.energy.problem.holes else { return };
        for _ in 0..ROUNDS {
            let holes = self.counted_holes(rule);
            let mut changed = false;
            for hole in holes {
                let is_in = |unit: usize| self.x[unit];
                // An earlier one may have settled it.
                if self.counted_hole(rule, hole[0] as usize, &is_in).is_some_and(|now| now == hole) {
                    changed |= self.mend_hole(rule, &hole);
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn mend_hole(&mut self, rule: &Holes, hole: &[u32]) -> bool {
        let problem = self.energy.problem;
        let mut units: Vec<usize> = hole.iter().map(|part| problem.unit_of(*part as usize)).collect();
        units.sort_unstable();
        units.dedup();
        let mut best: Option<(f64, Vec<usize>)> = self.tried(&units).map(|worth| (worth, units));
        if !rule.fill {
            let around = hole.iter().flat_map(|part| self.energy.contiguous_parts(*part as usize));
            let mut rim: Vec<usize> = around.map(|part| problem.unit_of(part as usize)).collect();
            rim.retain(|unit| self.x[*unit]);
            rim.sort_unstable();
            rim.dedup();
            for unit in rim {
                if let Some(worth) = self.tried(&[unit])
                    && best.as_ref().is_none_or(|(most, _)| worth > *most + LEAST_GAIN)
                {
                    best = Some((worth, vec![unit]));
                }
            }
        }
        let Some((_, units)) = best else { return false };
        units.iter().for_each(|unit| self.flip(*unit));
        true
    }

    /// What the zone is worth when these units change sides, one by one as each may; none where one may not, or area is beyond
    /// its limits for it. The zone stays as it is.
    fn tried(&mut self, units: &[usize]) -> Option<f64> {
        let problem = self.energy.problem;
        let off = self.area_off(self.area);
        let mut flipped = 0;
        for unit in units {
            if problem.lock[*unit] != Lock::Free || !self.may_flip(*unit) {
                break;
            }
            self.flip(*unit);
            flipped += 1;
        }
        let fits = flipped == units.len() && self.area_off(self.area) <= off;
        let worth = fits.then(|| self.objective());
        units[..flipped].iter().rev().for_each(|unit| self.flip(*unit));
        worth
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fixture::{Drawn, draw};
    use crate::optimise::energy::Energy;
    use crate::optimise::oracle::{random_problem, steps};
    use crate::optimise::problem::{Link, Problem};
    use crate::policy::{HoleRule, Policy};
    use crate::verify::{Evidence, constraints};

    /// A drawn park in ha and 100 m, with holes below so many ha.
    fn problem(park: &Drawn, below: f64, fill: bool) -> Problem {
        let count = park.layer.len();
        let parts = park.adjacency.parts();
        let open = |part: u32| park.adjacency.exposed_of_part_m(crate::id::PartIdx(part)) / 100.0;
        Problem {
            area: park.area_m2.iter().map(|area_m2| area_m2 / 1e4).collect(),
            value: vec![0.0; count],
            in_zone: park.before.clone(),
            lock: vec![Lock::Free; count],
            exposed: vec![0.0; count],
            links: park
                .adjacency
                .pairs()
                .map(|pair| Link {
                    a: pair.a.0,
                    b: pair.b.0,
                    length: 1.0,
                    contiguous: park.adjacency.is_contiguous(&pair),
                })
                .collect(),
            parts: parts.clone(),
            area_min: f64::NEG_INFINITY,
            area_max: f64::INFINITY,
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            small_block_price: f64::INFINITY,
            blocks_max: usize::MAX,
            concentration_price: f64::INFINITY,
            holes: Some(Holes {
                fill,
                below,
                open: (0..park.adjacency.part_count() as u32).map(open).collect(),
                open_from: 0.01,
            }),
            ..Problem::default()
        }
    }

    /// How many holes the judge of plans counts.
    fn judged(park: &Drawn, below_ha: f64, rule: HoleRule, zone: &[bool]) -> f64 {
        let mut policy = Policy::default();
        policy.constraints.min_hole_ha = below_ha;
        policy.constraints.holes = rule;
        let (scores, hold) = (vec![None; park.layer.len()], vec![String::new(); park.layer.len()]);
        let evidence = Evidence {
            layer: &park.layer,
            scores: &scores,
            parts: &[],
            adjacency: &park.adjacency,
            by_gap: &[],
            in_zone_after: zone,
            hold: &hold,
            overlays: &[],
            columns: &[],
            issues: None,
            policy: &policy,
            certificate: &[],
        };
        let found = constraints(&evidence).unwrap().into_iter().find(|found| found.id == "C8");
        found.unwrap().value.unwrap()
    }

    fn parks() -> impl Strategy<Value = Drawn> {
        let cell = prop::sample::select(vec!['k', 'k', 'k', 'i', 'o', 'x', '.']);
        (prop::collection::vec(cell, 49), 3usize..90).prop_map(|(cells, kinds)| {
            let map: Vec<String> = cells.chunks(7).map(|row| row.iter().collect()).collect();
            // Of so many kinds, squares of one kind are a parcel of several parts.
            draw(&map.join("\n")).grouped(|at| at * 5 % kinds)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn holes_are_those_that_the_judge_of_plans_finds(park in parks(), below in 0.5f64..4.5) {
            prop_assume!(!park.layer.is_empty());
            let problem = problem(&park, below, false);
            let energy = Energy::new(&problem);
            let state = State::new(&energy, park.after.clone());
            let wanted = judged(&park, below, HoleRule::Forbid, &park.after);
            prop_assert_eq!(state.holes_made().len() as f64, wanted);
            prop_assert_eq!(state.admissible(), wanted == 0.0);
        }

        #[test]
        fn holes_are_mended_and_none_come_by_single_steps(park in parks(), below in 0.5f64..4.5, seed in 0u64..1_000_000) {
            prop_assume!(!park.layer.is_empty());
            let forbidden = problem(&park, below, false);
            let energy = Energy::new(&forbidden);
            let mut state = State::new(&energy, park.after.clone());
            let before = state.holes_made().len();
            state.repair_holes();
            // A parcel of several parts may not be able to fill one hole without enclosing another.
            let single = forbidden.parts.is_empty();
            let most = if single { 0 } else { before };
            prop_assert!(state.holes_made().len() <= most);
            for unit in steps(seed, 40, park.layer.len()) {
                let before = state.holes_made().len();
                if state.may_flip(unit) {
                    state.flip(unit);
                    prop_assert!(state.holes_made().len() <= before);
                }
            }
            // Where they are to be filled and nothing is in the way, all are.
            let filled = problem(&park, below, true);
            let energy = Energy::new(&filled);
            let mut state = State::new(&energy, park.after.clone());
            let before = state.x.clone();
            state.repair_holes();
            prop_assert!(before.iter().zip(&state.x).all(|(before, after)| !before || *after));
            prop_assert!(!single || judged(&park, below, HoleRule::Fill, &state.x) == 0.0);
        }

        #[test]
        fn what_is_kept_up_to_date_is_what_it_is_anew(seed in 0u64..1_000_000, n in 2usize..16) {
            let problem = random_problem(seed, n);
            let energy = Energy::new(&problem);
            let mut state = State::new(&energy, problem.in_zone.clone());
            for unit in steps(seed, 20, n) {
                state.flip(unit);
                let mut repaired = state.clone();
                repaired.repair_holes();
                let anew = State::new(&energy, repaired.x.clone());
                prop_assert!((repaired.objective() - anew.objective()).abs() < 1e-6);
                prop_assert_eq!(repaired.block_count, anew.block_count);
                prop_assert_eq!(repaired.forbidden_count, anew.forbidden_count);
                prop_assert_eq!(repaired.holes_made().len(), anew.holes_made().len());
                prop_assert!(repaired.holes_made().len() <= state.holes_made().len());
            }
        }
    }
}
