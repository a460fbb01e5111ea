//! The whole search: multipliers for the limits that can have one, minimum cuts under them, zones repaired from these, and
//! branch and bound for what is left.

use rayon::prelude::*;

use super::area;
use super::bands::{self, Effort};
use super::bias::ConcentrationBias;
use super::branch;
use super::clusters::repair_blocks;
use super::conflicts::conflicts;
use super::energy::{Energy, Prices};
use super::incumbent::Incumbent;
use super::infeasible::{Answer, PATIENCE_OF_SEARCH, proven};
use super::problem::{BoundProof, Case, Problem, Solution, Status, gap};
use super::recombine::{multipliers, recombine};
use super::relax::{ROUNDS, Relaxation};
use super::repair::{polish, repair};
use super::state::State;
use crate::message;
use crate::message::Message;
use crate::progress::{Cancelled, Monitor};

/// Gap below which no further starts are tried.
pub(super) const NEAR: f64 = 0.01;
/// Gap that is not worth swaps or another start.
const ENOUGH: f64 = 5e-5;
/// Gap up to which a solution counts as proven best: what integer rounding leaves.
const PROVEN: f64 = 1e-7;
/// From how many of the prices of concentration tried the zones are repaired.
const REFINED_STARTS: usize = 3;
/// How often a more concentrated zone is looked for around the last one.
const BIAS_ROUNDS: usize = 3;
/// How often zones are put together from those of before.
const RECOMBINED: usize = 4;
/// How often multipliers are chosen by the zones of the components,
const MULTIPLIER_ROUNDS: usize = 6;
/// as long as the gap becomes smaller by so much.
const LEAST_PROGRESS: f64 = 5e-4;
/// Gap up to which a zone that was put together from components is not worth other starts.
const GOOD: f64 = 0.02;
/// What is said where branch and bound has told all cases apart.
const NONE_EXISTS: Message = message!("no-plan-exists");
/// What is said of a search without an admissible zone that may yet have found one.
const STOPPED: Message = message!("search-stopped");

/// Solves `problem`.
///
/// [`Solution::proof`], and [`Solution::cases`] where branch and bound had to tell cases apart, prove [`Solution::bound`];
/// the status says no more than they do.
///
/// A problem without an admissible solution is no error: the status says so, `conflicts` says why, and `x` is the best
/// that was found, limits aside. Nor is a request to stop: the best zone so far comes back, with a valid bound; when none
/// of them is admissible, the status and `conflicts` say that.
#[must_use]
pub fn solve(problem: &Problem, monitor: &dyn Monitor) -> Solution {
    first(&Energy::new(problem), monitor).0
}

/// The solution, with the cut at its multipliers and what made its blocks large enough, to go on from.
pub(super) fn first(
    energy: &Energy<'_>,
    monitor: &dyn Monitor,
) -> (Solution, Relaxation, Option<ConcentrationBias>) {
    let problem = energy.problem;
    monitor.step("bound", 0);
    let mut starts = Vec::new();
    let prices = match area::search(energy, &problem.lock, &Prices::default(), monitor) {
        Ok(found) => {
            starts.extend([found.smaller, found.larger]);
            found.prices
        }
        Err(_) => {
            starts.push(energy.obeying_locks(problem.in_zone.clone()));
            Prices::default()
        }
    };
    let mut relaxation = Relaxation::new(energy, prices);
    // Told to stop, the flow proves a bound all the same.
    let cut = relaxation.solve(monitor);
    if problem.has_more_prices() {
        let zones = relaxation.tighten(energy, before(energy), ROUNDS, monitor);
        // Cut short, there may be time for one start only: one that knows of all limits, the latest.
        let at = if monitor.cancelled() { 0 } else { starts.len() };
        starts.splice(at..at, zones);
    } else if cut.is_ok() {
        starts.extend([relaxation.smallest(), relaxation.largest()]);
    }
    starts.dedup();
    let mut bias = None;
    let solution = whole(energy, &mut relaxation, &mut bias, starts, monitor);
    (solution, relaxation, bias)
}

/// The best zone to be had from `starts`, with the bound that `relaxation` stands at, brought down by branch and bound where the
/// problem is small.
pub(super) fn whole(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    bias: &mut Option<ConcentrationBias>,
    starts: Vec<Vec<bool>>,
    monitor: &dyn Monitor,
) -> Solution {
    let mut search = Search::new(energy, relaxation, monitor);
    let mut starts = starts;
    let mut refined =
        bands::refine(energy, relaxation, search.bound, search.objective_before, Effort::WHOLE, monitor);
    if let Some(refined) = &mut refined {
        starts.splice(0..0, std::mem::take(&mut refined.zones).into_iter().take(REFINED_STARTS));
        if refined.bound < search.bound {
            (search.bound, search.proof) = (refined.bound, refined.proof.clone());
        }
    }
    monitor.step("plan", 0);
    let mut starts = starts.into_iter();
    if let Some(start) = starts.next() {
        search.repair(relaxation, start);
    }
    // What cuts have made of the components is put together first: it costs less than any other zone and is worth more.
    if let Some(refined) = refined.as_ref().filter(|_| search.goes_on() && search.gap() > NEAR) {
        search.recombine(refined, 1);
    }
    if let Some(refined) = &mut refined {
        search.choose_multipliers(refined, relaxation);
    }
    // Without a limit on concentration other starts bring more than what is put together from components.
    let enough = if refined.is_some() && energy.concentration().is_some() { GOOD } else { ENOUGH };
    if search.gap() > enough {
        search.repair_all(relaxation, starts.collect());
    }
    let enough = enough.max(NEAR);
    if search.goes_on() && energy.problem.concentration_min > 0.0 && search.gap() > enough {
        search.concentrate(bias);
    }
    if search.goes_on() && search.gap() > enough {
        search.try_zone(energy.obeying_locks(energy.problem.in_zone.clone()));
    }
    if let Some(refined) = refined.filter(|_| search.goes_on() && search.gap() > enough) {
        search.recombine(&refined, RECOMBINED);
    }
    search.branch(relaxation);
    search.conclude()
}

/// A search under way: the bound with its proof, and the best zones so far.
pub(super) struct Search<'e, 'p, 'm> {
    energy: &'e Energy<'p>,
    monitor: &'m dyn Monitor,
    pub(super) objective_before: f64,
    pub(super) bound: f64,
    pub(super) proof: BoundProof,
    cases: Vec<Case>,
    /// Whether every case was seen to have no admissible zone.
    none_exists: bool,
    pub(super) incumbent: Incumbent<'e, 'p>,
}

impl<'e, 'p, 'm> Search<'e, 'p, 'm> {
    pub(super) fn new(energy: &'e Energy<'p>, relaxation: &Relaxation, monitor: &'m dyn Monitor) -> Self {
        let proof = relaxation.proof(energy);
        Self {
            energy,
            monitor,
            objective_before: before(energy),
            bound: energy.bound(&proof, &energy.problem.lock),
            proof,
            cases: Vec::new(),
            none_exists: false,
            incumbent: Incumbent::default(),
        }
    }

    pub(super) fn prices(&self) -> Prices {
        Prices::of(&self.proof)
    }

    /// The gap that the best zone leaves; 1 without one.
    pub(super) fn gap(&self) -> f64 {
        let best = self.incumbent.best();
        best.map_or(1.0, |best| gap(self.bound, best.objective(), self.objective_before))
    }

    /// Told to stop, only a search without any admissible zone goes on.
    fn goes_on(&self) -> bool {
        !self.monitor.cancelled() || self.incumbent.best().is_none()
    }

    /// What a zone has to be worth not to be refined further.
    fn enough(&self) -> f64 {
        self.bound - ENOUGH * (self.bound - self.objective_before)
    }

    pub(super) fn repair(&mut self, relaxation: &Relaxation, start: Vec<bool>) {
        self.incumbent.keep_all(repair(
            self.energy,
            self.energy,
            relaxation,
            start,
            self.enough(),
            self.monitor,
        ));
    }

    /// Repairs every start, side by side; in the order of the starts, so that threads decide nothing. Those left when told to
    /// stop are left out where something admissible is there already.
    fn repair_all(&mut self, relaxation: &Relaxation, starts: Vec<Vec<bool>>) {
        let (energy, monitor, enough) = (self.energy, self.monitor, self.enough());
        let spare = self.incumbent.best().is_some();
        let end = |start| match spare && monitor.cancelled() {
            true => Vec::new(),
            false => repair(energy, energy, relaxation, start, enough, monitor),
        };
        let ends: Vec<Vec<State<'e, 'p>>> = starts.into_par_iter().map(end).collect();
        self.incumbent.keep_all(ends.into_iter().flatten().collect());
    }

    /// Zones more concentrated than those found: drawn together around the blocks of the best of them, as long as that helps.
    fn concentrate(&mut self, bias: &mut Option<ConcentrationBias>) {
        for round in 0..BIAS_ROUNDS {
            let known = self.incumbent.best().map(State::objective);
            let reference = self.incumbent.most_promising();
            let zone = reference.map_or_else(|| self.energy.problem.in_zone.clone(), |state| state.x.clone());
            match bias {
                Some(bias) if round > 0 => bias.look_at(self.energy, &zone),
                _ => *bias = ConcentrationBias::new(self.energy, &self.prices(), &zone, self.monitor),
            }
            let Some(bias) = bias else { return };
            self.incumbent.keep_all(bias.again(self.energy, self.monitor));
            let now = self.incumbent.best().map(State::objective);
            if now.is_none() && round > 0 || now.is_some() && now <= known || !self.goes_on() {
                return;
            }
        }
    }

    /// Zones put together from what was seen of the components, as long as that helps.
    pub(super) fn recombine(&mut self, refined: &bands::Refined<'_, '_>, times: usize) {
        let gains = self.bound - self.objective_before;
        for _ in 0..times {
            let mut known = self.incumbent.seen();
            known.push(self.energy.obeying_locks(self.energy.problem.in_zone.clone()));
            let before = self.incumbent.best().map(State::objective);
            for zone in recombine(self.energy, refined.seen(), &known, &refined.prices, gains, self.monitor) {
                self.try_zone(zone);
            }
            let now = self.incumbent.best().map(State::objective);
            if now <= before || self.gap() <= GOOD || !self.goes_on() {
                return;
            }
        }
    }

    /// Multipliers from the zones seen of the components, the bound at them, and zones put together anew, in turn, as long as that
    /// helps: column generation (Dantzig and Wolfe, 1960).
    fn choose_multipliers(&mut self, refined: &mut bands::Refined<'_, '_>, relaxation: &mut Relaxation) {
        for _ in 0..MULTIPLIER_ROUNDS {
            let (gap, energy, monitor) = (self.gap(), self.energy, self.monitor);
            if gap <= GOOD || monitor.cancelled() {
                return;
            }
            let mut known = self.incumbent.seen();
            known.push(energy.obeying_locks(energy.problem.in_zone.clone()));
            let target = self.incumbent.best().map_or(self.objective_before, State::objective);
            let chosen = multipliers(energy, refined.seen(), &known, &refined.prices, target);
            let Some(prices) = chosen else { return };
            if refined.try_prices(relaxation, &prices, self.objective_before, monitor).is_err() {
                return;
            }
            if refined.bound < self.bound {
                (self.bound, self.proof) = (refined.bound, refined.proof.clone());
            }
            self.recombine(refined, 1);
            if gap - self.gap() < LEAST_PROGRESS {
                return;
            }
        }
    }

    /// A zone as it is, where it keeps the limits, and what comes of repairing it.
    pub(super) fn try_zone(&mut self, zone: Vec<bool>) {
        let mut state = State::new(self.energy, zone);
        if state.admissible() {
            self.incumbent.keep(state.clone());
        }
        let price = self.proof.area_price;
        repair_blocks(&mut state, price);
        polish(&mut state, price, self.enough());
        self.incumbent.keep(state);
    }

    /// Branch and bound, where the problem is small enough for that.
    fn branch(&mut self, relaxation: &mut Relaxation) {
        // A flow cut short decides nothing that branches could start from.
        if self.monitor.cancelled()
            || self.gap() <= PROVEN
            || !branch::is_within_reach(self.energy, self.gap(), self.monitor)
        {
            return;
        }
        self.monitor.step("branches", 0);
        if self.incumbent.best().is_none() && self.energy.problem.concentration_min > 0.0 {
            match proven(self.energy.problem, PATIENCE_OF_SEARCH, self.monitor) {
                Ok(Answer::Found(zone)) => self.try_zone(zone),
                Ok(Answer::Proven(_)) => {
                    self.none_exists = true;
                    return;
                }
                Ok(Answer::Missed) | Err(Cancelled) => return,
            }
        }
        let known = self.incumbent.best().map(State::objective);
        let closed =
            branch::branch_and_bound(self.energy, relaxation, known, self.objective_before, self.monitor);
        if let Some(x) = closed.better {
            self.incumbent.keep(State::new(self.energy, x));
        }
        if closed.none_exists {
            self.none_exists = true;
        } else if closed.bound < self.bound {
            self.bound = closed.bound;
            self.cases = closed.cases;
        }
    }

    /// The best of what was found, with the bound and what proves it.
    pub(super) fn conclude(self) -> Solution {
        let Self { energy, objective_before, mut bound, proof, cases, none_exists, mut incumbent, monitor } =
            self;
        let stopped = monitor.cancelled();
        // No plan is worth less than to stay, wherever the search was stopped.
        let present = State::new(energy, energy.obeying_locks(energy.problem.in_zone.clone()));
        if present.admissible() {
            incumbent.keep(present);
        }
        let (zone, admissible) = incumbent.into_zone(&energy.problem.in_zone);
        // Made anew, so that no sum carries along what flips have left.
        let state = State::new(energy, zone);
        let objective = state.objective();
        let status = if !admissible {
            Status::Infeasible
        } else if gap(bound, objective, objective_before) <= PROVEN {
            Status::Optimal
        } else if stopped {
            Status::Stopped
        } else {
            Status::Feasible
        };
        let mut why = Vec::new();
        if status == Status::Infeasible {
            why = conflicts(energy.problem);
            if why.is_empty() {
                // A search cut short has not shown that anything stands in the way.
                why = if stopped { vec![STOPPED] } else { super::conflicts::missed(&state) };
                if none_exists {
                    why.insert(0, NONE_EXISTS);
                }
            }
        } else {
            // An admissible zone cannot beat a bound; the last bits of both sums may say otherwise.
            bound = bound.max(objective);
        }
        Solution {
            objective,
            bound,
            objective_before,
            status,
            proof,
            cases,
            flow_scale: energy.scale,
            conflicts: why,
            x: state.x,
        }
    }
}

/// F of the present zone, priced alike.
pub(super) fn before(energy: &Energy<'_>) -> f64 {
    State::new(energy, energy.problem.in_zone.clone()).objective()
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{Stop, best, random_problem};
    use super::super::problem::Lock;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_bound_holds_and_the_zone_is_admissible(seed in 0u64..1_000_000_000, n in 1usize..15) {
            let problem = random_problem(seed, n);
            let solution = solve(&problem, &());
            let energy = Energy::new(&problem);
            let truth = best(&energy);
            // What is claimed is never below the zone found, so what flow and multipliers prove is asked for by itself.
            let proven = energy.bound(&solution.proof, &problem.lock);
            if let Some((optimum, _)) = &truth {
                prop_assert!(proven >= optimum - 1e-6, "proven bound {proven} below optimum {optimum}");
                prop_assert!(solution.bound >= optimum - 1e-6, "bound {} below optimum {optimum}", solution.bound);
            }
            if solution.conflicts.contains(&NONE_EXISTS) {
                prop_assert!(truth.is_none(), "said to have no plan, but {truth:?}");
            }
            if solution.status == Status::Infeasible {
                prop_assert!(!solution.conflicts.is_empty());
            } else {
                let state = State::new(&energy, solution.x.clone());
                prop_assert!(state.admissible());
                let (optimum, _) = truth.unwrap();
                prop_assert!(solution.objective <= optimum + 1e-6);
                if solution.status == Status::Optimal {
                    prop_assert!(solution.objective >= optimum - 1e-6 * optimum.abs().max(1.0));
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn told_to_stop_it_returns_what_it_has_with_a_valid_bound(
            seed in 0u64..1_000_000_000,
            n in 1usize..12,
            after in 0usize..12,
        ) {
            let problem = random_problem(seed, n);
            let solution = solve(&problem, &Stop::after(after));
            let energy = Energy::new(&problem);
            if let Some((optimum, _)) = best(&energy) {
                prop_assert!(solution.bound >= optimum - 1e-6);
            }
            let admissible = State::new(&energy, solution.x.clone()).admissible();
            prop_assert_eq!(admissible, solution.status != Status::Infeasible);
            // Nothing is said to stand in the way that does not.
            let said = |what: Message| solution.conflicts.contains(&what);
            let before_all = after == 0 && !admissible;
            prop_assert_eq!(before_all && conflicts(&problem).is_empty(), before_all && said(STOPPED));
        }
    }

    /// The answer that no plan exists is given, and not only where rules contradict each other at first sight.
    #[test]
    fn that_no_plan_exists_is_found_out() {
        let problems = (0..400).map(|seed| random_problem(seed, 10));
        let said = problems.filter(|p| solve(p, &()).conflicts.contains(&NONE_EXISTS));
        assert!(said.count() >= 10);
    }

    #[test]
    fn few_moves_are_the_best_few() {
        let mut gained = 0;
        for seed in 0..40 {
            let problem = Problem {
                moved_units_max: 3,
                moved_area_max: f64::INFINITY,
                min_block: 0.0,
                new_block: 0.0,
                blocks_max: usize::MAX,
                concentration_min: 0.0,
                area_min: f64::NEG_INFINITY,
                area_max: f64::INFINITY,
                limits: Vec::new(),
                holes: None,
                lock: vec![Lock::Free; 14],
                ..random_problem(seed, 14)
            };
            let energy = Energy::new(&problem);
            let solution = solve(&problem, &());
            assert!(energy.moved_units(&solution.x) <= 3);
            assert_ne!(solution.status, Status::Infeasible);
            let (optimum, _) = best(&energy).unwrap();
            let now = before(&energy);
            gained += usize::from(solution.objective - now >= 0.8 * (optimum - now) - 1e-9);
        }
        assert!(gained >= 34, "{gained} of 40 reach four fifths of what three moves can gain");
    }

    /// How often the search misses what exists, over many small problems full of limits: kept low, and counted so that
    /// a change for the worse shows.
    #[test]
    fn small_problems_are_solved_nearly_always() {
        let (mut solved, mut exist, mut lost) = (0, 0, 0.0_f64);
        for seed in 0..400 {
            let problem = random_problem(seed, 12);
            let energy = Energy::new(&problem);
            let Some((optimum, _)) = best(&energy) else { continue };
            exist += 1;
            let solution = solve(&problem, &());
            if solution.status != Status::Infeasible {
                solved += 1;
                let scale = optimum - before(&energy);
                lost += if scale > 1e-9 { (optimum - solution.objective) / scale.max(1.0) } else { 0.0 };
            }
        }
        assert!(exist > 200, "too few of the problems can be solved at all: {exist}");
        assert!(solved * 100 >= exist * 90, "{solved} of {exist} solved");
        assert!(lost / f64::from(solved) < 0.1, "mean loss {}", lost / f64::from(solved));
    }
}
