//! A problem that stays solved while people change it: locks, scores, limits, prices.
//!
//! Between two solutions the flow, the trees and the separators of the last cut are kept, so what an edit does not touch is not
//! computed again, and the zone of before is where the next one starts from.

use super::area::FAR;
use super::bias::ConcentrationBias;
use super::energy::{Energy, Prices};
use super::problem::{Link, Lock, Problem, Solution, Status};
use super::relax::{ROUNDS, Relaxation};
use super::state::State;
use super::{quick, search};
use crate::progress::{Cancelled, Monitor, go_on};

/// A change to one unit; what is none stays as it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edit {
    /// The unit's position.
    pub unit: u32,
    /// Its new lock.
    pub lock: Option<Lock>,
    /// Its new worth, as in [`Problem::value`].
    pub value: Option<f64>,
}

/// What is certain of one unit, at the bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Persistency {
    /// The side it is on in every optimal zone; none where that is open.
    pub side: Option<bool>,
    /// What forcing the unit to the other side costs: no zone with it there is worth more than [`Solution::bound`] less
    /// this. So the objective falls by at least this less what is missing to that bound. +∞ for a locked unit.
    pub veto_price: f64,
}

/// How much coarser the integers of another problem may want to be before the kept ones would overflow.
const SCALE_ROOM: f64 = 64.0;

/// Units between two looks at whether to go on.
const UNITS_BETWEEN_LOOKS: usize = 256;

/// A problem with its solution.
#[derive(Clone)]
pub struct Session {
    problem: Problem,
    relaxation: Relaxation,
    /// What made blocks large enough, where that was asked for.
    bias: Option<ConcentrationBias>,
    scale: f64,
    solution: Solution,
}

impl Session {
    /// Solves `problem`, and keeps what serves when it changes.
    #[must_use]
    pub fn new(problem: Problem, monitor: &dyn Monitor) -> Self {
        let energy = Energy::new(&problem);
        let (solution, relaxation, bias) = search::first(&energy, monitor);
        let scale = energy.scale;
        drop(energy);
        Self { problem, relaxation, bias, scale, solution }
    }

    /// The problem as it now is.
    #[must_use]
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Its solution.
    #[must_use]
    pub fn solution(&self) -> &Solution {
        &self.solution
    }

    /// Takes `zone` for the solution where it keeps to all limits and is worth more; whether it did.
    pub(super) fn adopt(&mut self, zone: &[bool]) -> bool {
        let energy = Energy::at_scale(&self.problem, Some(self.scale));
        let state = State::new(&energy, zone.to_vec());
        let known = &mut self.solution;
        if !state.admissible() || (known.status != Status::Infeasible && state.objective() <= known.objective)
        {
            return false;
        }
        known.objective = state.objective();
        known.bound = known.bound.max(known.objective);
        known.x = state.x;
        if known.status == Status::Infeasible {
            known.status = Status::Feasible;
            known.conflicts.clear();
        }
        true
    }

    /// Solves again after `edits`, in their order.
    ///
    /// # Panics
    /// When an edit names a unit that is not there.
    pub fn edit(&mut self, edits: &[Edit], monitor: &dyn Monitor) -> &Solution {
        let apply = |problem: &mut Problem| {
            for edit in edits {
                let unit = edit.unit as usize;
                problem.lock[unit] = edit.lock.unwrap_or(problem.lock[unit]);
                problem.value[unit] = edit.value.unwrap_or(problem.value[unit]);
            }
        };
        self.change(apply, monitor)
    }

    /// Solves again after any change. What was kept serves as long as units, links and λ stay as they are.
    pub fn change(&mut self, change: impl FnOnce(&mut Problem), monitor: &dyn Monitor) -> &Solution {
        let (lambda, links) = (self.problem.lambda, self.problem.links.len());
        change(&mut self.problem);
        let problem = &self.problem;
        let same_network = problem.lambda == lambda
            && problem.links.len() == links
            && problem.area.len() == self.relaxation.held().len();
        if !same_network {
            *self = Self::new(std::mem::take(&mut self.problem), monitor);
            return &self.solution;
        }
        let energy = Energy::at_scale(problem, Some(self.scale));
        self.relaxation.follow(&energy);
        self.relaxation.hurry(0.0);
        let mut starts = vec![energy.obeying_locks(self.solution.x.clone())];
        // Told to stop, the flow proves a bound all the same.
        let settled = self.relaxation.solve_area_price(&energy, f64::NEG_INFINITY, monitor);
        if problem.has_more_prices() {
            starts.extend(self.relaxation.tighten(&energy, search::before(&energy), ROUNDS, monitor));
        } else if settled.is_ok() {
            starts.push(self.relaxation.smallest());
        }
        self.solution = search::whole(&energy, &mut self.relaxation, &mut self.bias, starts, monitor);
        &self.solution
    }

    /// Answers any change within a small part of the time of [`Session::change`]; links and λ may change too. The bound
    /// holds as ever; the zone may be worth a little less than after a whole search.
    pub fn resolve(&mut self, change: impl FnOnce(&mut Problem), monitor: &dyn Monitor) -> &Solution {
        let contiguous = |links: &[Link]| -> Vec<(u32, u32)> {
            links.iter().filter(|l| l.contiguous).map(|l| (l.a, l.b)).collect()
        };
        let (lambda, links) = (self.problem.lambda, self.problem.links.clone());
        change(&mut self.problem);
        let problem = &self.problem;
        let mut energy = Energy::new(problem);
        if problem.area.len() != self.relaxation.held().len() || energy.scale * SCALE_ROOM < self.scale {
            *self = Self::new(std::mem::take(&mut self.problem), monitor);
            return &self.solution;
        }
        energy.scale = self.scale;
        if problem.lambda != lambda || problem.links != links {
            self.relaxation.rewire(&energy);
            if let Some(bias) = &mut self.bias {
                bias.rewire(&energy);
                if contiguous(&links) != contiguous(&problem.links) {
                    bias.look_at(&energy, &self.solution.x);
                }
            }
        }
        if energy.components.is_some()
            && self.solution.proof.limit_prices.len() == energy.problem.limits.len()
        {
            self.relaxation.set_prices(&energy, Prices::of(&self.solution.proof));
        }
        self.relaxation.follow(&energy);
        let present = energy.obeying_locks(self.solution.x.clone());
        self.solution = quick::quick(&energy, &mut self.relaxation, &mut self.bias, present, monitor);
        // Prices that were far from what this problem needs may have led beyond what integers hold.
        let lost = self.solution.bound.abs() > FAR * energy.reach;
        if lost {
            *self = Self::new(std::mem::take(&mut self.problem), monitor);
        }
        &self.solution
    }

    /// What is certain of every unit, from a warm cut for each: forcing a unit to the other side takes at least as much
    /// from the bound as the cut then loses, and where that is more than bound and objective are apart, no optimal zone has
    /// the unit there.
    ///
    /// # Errors
    /// When told to stop.
    pub fn verdicts(&mut self, monitor: &dyn Monitor) -> Result<Vec<Persistency>, Cancelled> {
        let all: Vec<u32> = (0..self.problem.area.len() as u32).collect();
        self.verdicts_of(&all, monitor)
    }

    /// As [`Session::verdicts`], of these units only, in their order.
    ///
    /// # Errors
    /// When told to stop.
    ///
    /// # Panics
    /// When a unit is not there.
    pub fn verdicts_of(
        &mut self,
        units: &[u32],
        monitor: &dyn Monitor,
    ) -> Result<Vec<Persistency>, Cancelled> {
        let energy = Energy::at_scale(&self.problem, Some(self.scale));
        self.relaxation.solve(monitor)?;
        let root = self.relaxation.bound(&energy);
        let missing = root - self.solution.objective;
        // Branch and bound may know of a lower bound than the cut that the losses are taken from.
        let known = (root - self.solution.bound).max(0.0);
        let side = self.relaxation.smallest();
        monitor.step("veto prices", units.len() as u64);
        let mut verdicts = Vec::with_capacity(units.len());
        for (nth, unit) in units.iter().map(|&unit| unit as usize).enumerate() {
            if nth.is_multiple_of(UNITS_BETWEEN_LOOKS) {
                go_on(monitor)?;
                monitor.advance(UNITS_BETWEEN_LOOKS as u64);
            }
            verdicts.push(match self.problem.lock[unit] {
                Lock::Free => {
                    let loss = self.relaxation.min_marginal(&energy, unit, energy.reach);
                    let decided = loss - missing > 1e-9 * self.solution.bound.abs().max(1.0);
                    Persistency { side: decided.then_some(side[unit]), veto_price: (loss - known).max(0.0) }
                }
                lock => Persistency { side: Some(lock == Lock::In), veto_price: f64::INFINITY },
            });
        }
        Ok(verdicts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{Stop, best, best_with, random_problem};
    use super::super::state::State;
    use super::*;
    use crate::optimise::Status;
    use crate::parts::Parts;
    use proptest::prelude::*;

    /// What the solution's proof gives, in the integers it is in.
    fn proven(problem: &Problem, solution: &Solution) -> f64 {
        Energy::at_scale(problem, Some(solution.flow_scale)).bound(&solution.proof, &problem.lock)
    }

    /// Sketches lose little against a whole search, over many small problems full of limits; counted so that a change for
    /// the worse shows. Where most units have several parts, single flips reach less, and what is resolved may lose more.
    #[test]
    fn resolving_is_nearly_as_good_as_a_whole_search() {
        let (mut solved, mut resolved_ones, mut lost) = (0, 0, 0.0);
        for seed in 0..300 {
            let first = Problem { parts: Parts::default(), holes: None, ..random_problem(seed, 12) };
            let mut then = Problem { lambda: 1.5 * first.lambda, kappa: 0.5 * first.kappa, ..first.clone() };
            then.value.iter_mut().step_by(3).for_each(|value| *value *= 1.3);
            let whole = search::solve(&then, &());
            let mut session = Session::new(first, &());
            let resolved = session.resolve(|p| *p = then, &());
            if whole.status == Status::Infeasible {
                continue;
            }
            solved += 1;
            if resolved.status != Status::Infeasible {
                resolved_ones += 1;
                let scale = (whole.objective - whole.objective_before).abs().max(1.0);
                lost += (whole.objective - resolved.objective) / scale;
            }
        }
        assert!(resolved_ones * 100 >= solved * 80, "{resolved_ones} of {solved} resolved_ones");
        assert!(lost / f64::from(resolved_ones) < 0.1, "mean loss {}", lost / f64::from(resolved_ones));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn solved_again_is_as_sound_as_solved_anew(
            seed in 0u64..1_000_000_000,
            n in 2usize..13,
            steps in prop::collection::vec((0u32..13, prop::option::of(0u8..3), prop::option::of(-40.0f64..40.0)), 1..6),
        ) {
            let mut session = Session::new(random_problem(seed, n), &());
            for (unit, lock, value) in steps {
                let lock = lock.map(|l| [Lock::Free, Lock::In, Lock::Out][usize::from(l)]);
                let solution = session.edit(&[Edit { unit: unit % n as u32, lock, value }], &()).clone();
                let problem = session.problem().clone();
                let energy = Energy::new(&problem);
                if let Some((optimum, _)) = best(&energy) {
                    prop_assert!(solution.bound >= optimum - 1e-6, "bound {} below {optimum}", solution.bound);
                    if solution.status != Status::Infeasible {
                        prop_assert!(solution.objective <= optimum + 1e-6);
                    }
                }
            }
        }

        #[test]
        fn what_is_resolved_is_admissible_and_its_bound_holds(
            seed in 0u64..1_000_000_000,
            others in prop::collection::vec(0u64..1_000_000_000, 1..4),
            n in 1usize..13,
            stop in prop::option::of(0usize..20),
        ) {
            let mut session = Session::new(random_problem(seed, n), &());
            for other in others {
                // Everything changes, links and rules too.
                let problem = random_problem(other, n);
                let truth = best(&Energy::new(&problem));
                let whole = stop.is_none();
                let stop = Stop::after(stop.unwrap_or(usize::MAX));
                let solution = session.resolve(|p| *p = problem.clone(), &stop).clone();
                let energy = Energy::new(&problem);
                let admissible = State::new(&energy, solution.x.clone()).admissible();
                prop_assert_eq!(admissible, solution.status != Status::Infeasible);
                // Whatever little may move: the present zone is found where it is one that may be.
                let present = energy.obeying_locks(problem.in_zone.clone());
                prop_assert!(admissible || !whole || !State::new(&energy, present).admissible());
                if let Some((optimum, _)) = truth {
                    prop_assert!(solution.bound >= optimum - 1e-6, "bound {} below {optimum}", solution.bound);
                    prop_assert!(!admissible || solution.objective <= optimum + 1e-6);
                }
                // Cases may prove a lower bound than the proof without them.
                let without_cases = proven(&problem, &solution);
                prop_assert!(solution.bound <= without_cases + 1e-6 * without_cases.abs().max(1.0));
            }
        }

        #[test]
        fn a_verdict_holds_in_every_optimal_zone_and_the_price_is_paid(
            seed in 0u64..1_000_000_000,
            n in 1usize..13,
            // The search before may have been cut short.
            stop in prop::option::of(0usize..20),
        ) {
            let problem = random_problem(seed, n);
            let energy = Energy::new(&problem);
            let Some((optimum, _)) = best(&energy) else { return Ok(()) };
            let mut session = Session::new(problem.clone(), &Stop::after(stop.unwrap_or(usize::MAX)));
            prop_assume!(session.solution().status != Status::Infeasible);
            let verdicts = session.verdicts(&()).unwrap();
            for (unit, verdict) in verdicts.iter().enumerate() {
                if problem.lock[unit] != Lock::Free {
                    continue;
                }
                // Not by a lock: that would exempt its block.
                let sides = [false, true].map(|side| best_with(&energy, unit, side));
                if let Some(side) = verdict.side {
                    prop_assert!(sides[usize::from(!side)].is_none_or(|other| other < optimum));
                }
                // One side or the other costs the price, or neither has one.
                let least = session.solution().bound - verdict.veto_price + 1e-6;
                prop_assert!(sides.iter().any(|worth| worth.is_none_or(|worth| worth <= least)));
            }
        }
    }
}
