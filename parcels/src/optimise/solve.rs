//! The whole search: price the limits that can be priced, cut, round, settle small blocks, refine, prove.

use rayon::prelude::*;

use super::area::{AreaSearch, search_moves};
use super::clusters::settle;
use super::concentrate::{Lean, concentrated};
use super::conflicts::conflicts;
use super::energy::{Energy, Prices};
use super::exact;
use super::problem::{Exit, Lock, Problem, Solution, Status, gap};
use super::refine::{descend, fill, swap};
use super::relax::{FALLS, ROUNDS, Relaxation};
use super::state::State;
use crate::progress::Monitor;

/// How often the zone is cut anew with small blocks erased or held.
const SETTLE_ROUNDS: usize = 5;
/// Rounds of swaps; each looks at a few ten thousand pairs.
const SWAP_ROUNDS: usize = 12;
/// Gap below which no further starts are tried.
pub(super) const NEAR: f64 = 0.01;
/// Problems of up to so many units are solved to the end where that is within reach;
const SMALL: usize = 3000;
/// larger ones when the gap is above this.
const CLOSE: f64 = 1e-4;
/// Gap that is not worth swaps or another start.
const ENOUGH: f64 = 5e-5;
/// Gap from which a solution counts as proven best: what integer rounding leaves.
const PROVEN: f64 = 1e-7;
/// What is said of a search without an admissible zone that may yet have found one.
const STOPPED: &str = "the search was stopped before it found an admissible plan; give it more time";

/// Solves `problem`.
///
/// The bound knows of every limit but the concentration index; [`Solution::flow`], the prices and the exits prove
/// [`Solution::certified`], and on small problems branch and bound may have closed what was left.
///
/// A problem without an admissible solution is no error: the status says so, `conflicts` says why, and `x` is the best
/// that was found, limits aside. Nor is a request to stop: the best zone so far comes back, with a valid bound; when none
/// of them is admissible, the status and `conflicts` say that.
#[must_use]
pub fn solve(problem: &Problem, monitor: &dyn Monitor) -> Solution {
    first(&Energy::new(problem), monitor).0
}

/// The solution, with the cut at its prices and the bonus for large blocks to go on from.
pub(super) fn first(energy: &Energy<'_>, monitor: &dyn Monitor) -> (Solution, Relaxation, Option<Lean>) {
    let problem = energy.problem;
    monitor.step("bound", 0);
    let dual = search_moves(energy, &problem.lock, monitor).unwrap_or_else(|_| {
        let present = obeying_locks(energy, problem.in_zone.clone());
        AreaSearch { prices: Prices::default(), smaller: present.clone(), larger: present }
    });
    let mut relaxation = Relaxation::new(energy, dual.prices);
    // Told to stop, the flow proves a bound all the same.
    let cut = relaxation.solve(monitor);
    let mut starts = vec![dual.smaller, dual.larger];
    if has_more_prices(problem) {
        let zones = relaxation.tighten(energy, before(energy), ROUNDS, monitor);
        // Cut short, there may be time for one start only: one that knows of blocks, the latest.
        let at = if monitor.cancelled() { 0 } else { starts.len() };
        starts.splice(at..at, zones);
    } else if cut.is_ok() {
        starts.extend([relaxation.smallest(), relaxation.largest()]);
    }
    starts.dedup();
    let (solution, lean) = plan(energy, &mut relaxation, starts, true, monitor);
    (solution, relaxation, lean)
}

/// Whether there are prices besides those of total area and of what moves.
pub(super) fn has_more_prices(problem: &Problem) -> bool {
    speaks_of_blocks(problem) || !problem.limits.is_empty()
}

/// Whether the prices of exits have something to say.
pub(super) fn speaks_of_blocks(problem: &Problem) -> bool {
    problem.min_block > 0.0 || problem.blocks_max < usize::MAX
}

/// The best zone to be had from `starts`, with the bound that `relaxation` stands at. `thorough`: branch and bound may
/// take seconds where the problem is large and the gap wide.
pub(super) fn plan(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    starts: Vec<Vec<bool>>,
    thorough: bool,
    monitor: &dyn Monitor,
) -> (Solution, Option<Lean>) {
    let problem = energy.problem;
    let proof = Proof::of(energy, relaxation);
    let prices = proof.prices.clone();
    let objective_before = before(energy);
    let mut bound = proof.bound;
    monitor.step("plan", 0);
    let mut kept = Kept { best: None, fallback: None };
    let mut lean = None;
    let mut starts = starts.into_iter();
    let enough = bound - ENOUGH * (bound - objective_before);
    if let Some(start) = starts.next() {
        kept.keep_all(finish(energy, energy, relaxation, start, enough, monitor));
    }
    if kept.gap(bound, objective_before) > ENOUGH {
        let spare = kept.best.is_some();
        kept.keep_all(finish_all(energy, relaxation, starts.collect(), enough, spare, monitor));
    }
    if !monitor.cancelled() || kept.best.is_none() {
        let (more, leaning) = concentrated(energy, &prices, kept.best.as_ref(), bound, monitor);
        kept.keep_all(more);
        lean = leaning;
    }
    let in_time = !monitor.cancelled() || kept.best.is_none();
    if in_time && kept.gap(bound, objective_before) > NEAR {
        // The present zone with its locks obeyed keeps most limits by itself and is improved from there.
        let mut state = State::new(energy, obeying_locks(energy, problem.in_zone.clone()));
        if state.admissible() {
            kept.keep(state.clone());
        }
        settle(&mut state, prices.area);
        refine(&mut state, prices.area, enough);
        kept.keep(state);
    }
    if let Some(best) = &kept.best
        && problem.concentration_min <= 0.0
        // A flow cut short decides nothing that branches could start from.
        && !monitor.cancelled()
        && (thorough || energy.len() <= SMALL)
        && kept.gap(bound, objective_before) > if energy.len() <= SMALL { PROVEN } else { CLOSE }
    {
        monitor.step("branches", 0);
        let closed = exact::close(energy, relaxation, best.objective(), objective_before, monitor);
        bound = bound.min(closed.bound);
        if let Some(x) = closed.better {
            kept.keep(State::new(energy, x));
        }
    }
    (conclude(energy, proof, kept, bound, monitor), lean)
}

/// Rounds in which a quick answer lets prices follow.
const QUICK_ROUNDS: usize = 10;

/// As [`plan`], in a small part of the time, from what an earlier solution left: its zone `present`, its cut and the bonus
/// that made its blocks large enough. The bound holds as ever; the zone may be worth a little less.
pub(super) fn quick(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    lean: &mut Option<Lean>,
    present: Vec<bool>,
    monitor: &dyn Monitor,
) -> Solution {
    let problem = energy.problem;
    let objective_before = before(energy);
    let mut kept = Kept { best: None, fallback: None };
    relaxation.hurry(FALLS);
    let scattered = |zone: &[bool]| {
        let least = problem.concentration_min;
        least > 0.0 && State::new(energy, zone.to_vec()).concentration() < least
    };
    let end = |relaxation: &Relaxation, Proof { bound, .. }: &Proof, start: &[bool]| {
        let enough = bound - ENOUGH * (bound - objective_before);
        finish(energy, energy, relaxation, start.to_vec(), enough, monitor)
    };
    let leans = lean.is_some() && problem.concentration_min > 0.0;
    let mut cut = || {
        // Told to stop, the flow proves a bound all the same.
        let mut starts = match relaxation.settle(energy, f64::NEG_INFINITY, monitor) {
            Ok(()) => vec![relaxation.smallest()],
            Err(_) => vec![present.clone()],
        };
        if has_more_prices(problem) {
            starts.splice(0..0, relaxation.tighten(energy, objective_before, QUICK_ROUNDS, monitor));
        }
        let (proof, start) = (Proof::of(energy, relaxation), starts.swap_remove(0));
        // What is scattered to begin with rarely ends concentrated enough: for when nothing else is found.
        let ends = if leans && scattered(&start) { None } else { Some(end(relaxation, &proof, &start)) };
        (proof, start, ends)
    };
    // Where concentration was short before it is likely to be so again: both at once.
    let ((proof, start, ends), more) = match lean {
        Some(lean) if leans => rayon::join(cut, || lean.again(energy, monitor)),
        _ => (cut(), Vec::new()),
    };
    let bound = proof.bound;
    kept.keep_all(more);
    match ends {
        Some(ends) => kept.keep_all(ends),
        None if kept.best.is_none() => kept.keep_all(end(relaxation, &proof, &start)),
        None => {}
    }
    let short = problem.concentration_min > 0.0 && kept.gap(bound, objective_before) >= NEAR;
    if lean.is_none() && short && !monitor.cancelled() {
        *lean = Lean::from_zone(energy, &proof.prices, present.clone(), monitor);
        if let Some(lean) = lean {
            kept.keep_all(lean.again(energy, monitor));
        }
    }
    // From the zone before, and from the present one, in which nothing moves: where little may, it is near what is looked for.
    for zone in [present, obeying_locks(energy, problem.in_zone.clone())] {
        if kept.best.is_some() {
            break;
        }
        let mut state = State::new(energy, zone);
        if state.admissible() {
            kept.keep(state.clone());
        }
        settle(&mut state, proof.prices.area);
        refine(&mut state, proof.prices.area, bound);
        kept.keep(state);
    }
    conclude(energy, proof, kept, bound, monitor)
}

/// A bound with what proves it.
struct Proof {
    prices: Prices,
    exits: Vec<Exit>,
    flow: Vec<i64>,
    bound: f64,
}

impl Proof {
    fn of(energy: &Energy<'_>, relaxation: &Relaxation) -> Self {
        let (prices, exits) = (relaxation.prices().clone(), relaxation.exits(energy));
        let flow = relaxation.flow(energy);
        let bound = energy.bound(&prices, &exits, &flow);
        Self { prices, exits, flow, bound }
    }
}

/// The best of what was found, with the bound that is known and what can be proven of it.
fn conclude(
    energy: &Energy<'_>,
    proof: Proof,
    kept: Kept<'_, '_>,
    bound: f64,
    monitor: &dyn Monitor,
) -> Solution {
    let problem = energy.problem;
    let objective_before = before(energy);
    let Proof { prices, exits, flow, bound: certified } = proof;
    let stopped = monitor.cancelled();
    let proven = kept.gap(bound, objective_before) <= PROVEN;
    let (state, status) = match (kept.best, kept.fallback) {
        (Some(state), _) => {
            let status = match (proven, stopped) {
                (true, _) => Status::Optimal,
                (false, true) => Status::Stopped,
                (false, false) => Status::Feasible,
            };
            (state, status)
        }
        (None, Some(state)) => (state, Status::Infeasible),
        (None, None) => (State::new(energy, problem.in_zone.clone()), Status::Infeasible),
    };
    let mut why = Vec::new();
    if status == Status::Infeasible {
        why = conflicts(problem);
        if why.is_empty() {
            // A search cut short has not shown that anything stands in the way.
            why = if stopped { vec![STOPPED.to_owned()] } else { super::conflicts::missed(&state) };
        }
    }
    let objective = State::new(energy, state.x.clone()).objective();
    // An admissible zone cannot beat a bound; the last bits of both sums may say otherwise.
    let least = if status == Status::Infeasible { f64::NEG_INFINITY } else { objective };
    Solution {
        objective,
        bound: bound.max(least),
        certified: certified.max(least),
        objective_before,
        status,
        area_price: prices.area,
        moved_price: prices.moved,
        moved_unit_price: prices.units,
        block_price: prices.blocks,
        limit_prices: prices.limits,
        exits,
        flow,
        flow_scale: energy.scale,
        conflicts: why,
        x: state.x,
    }
}

pub(super) fn obeying_locks(energy: &Energy<'_>, mut zone: Vec<bool>) -> Vec<bool> {
    for (x, lock) in zone.iter_mut().zip(&energy.problem.lock) {
        match lock {
            Lock::In => *x = true,
            Lock::Out => *x = false,
            Lock::Free => {}
        }
    }
    zone
}

/// F of the present zone, small blocks priced alike.
pub(super) fn before(energy: &Energy<'_>) -> f64 {
    State::new(energy, energy.problem.in_zone.clone()).objective()
}

/// Settles small blocks with the zone cut anew around each decision, then refines. `relaxation` is of `cut`, the energy
/// itself or one that leans towards something. Returns what came of the first round and of the last. A zone worth `enough`
/// is not refined further.
pub(super) fn finish<'e, 'p>(
    energy: &'e Energy<'p>,
    cut: &Energy<'_>,
    relaxation: &Relaxation,
    start: Vec<bool>,
    enough: f64,
    monitor: &dyn Monitor,
) -> Vec<State<'e, 'p>> {
    let mut state = State::new(energy, start);
    let mut relaxation = std::borrow::Cow::Borrowed(relaxation);
    let mut results = Vec::new();
    for round in 0..SETTLE_ROUNDS {
        let price = relaxation.prices().area;
        let decided = settle(&mut state, price);
        if decided.erased.is_empty() && decided.grown.is_empty() {
            break;
        }
        if round == 0 {
            let mut early = state.clone();
            refine(&mut early, price, enough);
            results.push(early);
        }
        let anew = relaxation.to_mut();
        for (units, to) in [(&decided.erased, Lock::Out), (&decided.grown, Lock::In)] {
            for &unit in units {
                anew.hold(unit as usize, to);
            }
        }
        if anew.settle(cut, f64::NEG_INFINITY, monitor).is_err() {
            break;
        }
        state = State::new(energy, if anew.prices().area < 0.0 { anew.largest() } else { anew.smallest() });
    }
    let price = relaxation.prices().area;
    settle(&mut state, price);
    refine(&mut state, price, enough);
    results.push(state);
    results
}

/// [`finish`] for every start, side by side; in the order of the starts, so that threads decide nothing. Where the starts are
/// `spare`, because something admissible is there already, those left when told to stop are left out.
fn finish_all<'e, 'p>(
    energy: &'e Energy<'p>,
    relaxation: &Relaxation,
    starts: Vec<Vec<bool>>,
    enough: f64,
    spare: bool,
    monitor: &dyn Monitor,
) -> Vec<State<'e, 'p>> {
    let end = |start| match spare && monitor.cancelled() {
        true => Vec::new(),
        false => finish(energy, energy, relaxation, start, enough, monitor),
    };
    let ends: Vec<Vec<State<'e, 'p>>> = starts.into_par_iter().map(end).collect();
    ends.into_iter().flatten().collect()
}

/// Fills, flips and, where the zone is not worth `enough` by then, swaps.
fn refine(state: &mut State<'_, '_>, area_price: f64, enough: f64) {
    fill(state);
    descend(state);
    if state.objective() >= enough && state.admissible() {
        return;
    }
    swap(state, area_price, SWAP_ROUNDS);
    descend(state);
    // Filling may have been stopped by a limit that a later flip lifted.
    fill(state);
}

/// The best zones so far.
struct Kept<'e, 'p> {
    best: Option<State<'e, 'p>>,
    /// Of zones that are not admissible.
    fallback: Option<State<'e, 'p>>,
}

impl<'e, 'p> Kept<'e, 'p> {
    fn keep(&mut self, state: State<'e, 'p>) {
        let slot = if state.admissible() { &mut self.best } else { &mut self.fallback };
        // Of zones that are not admissible the one that breaks fewest limits says most.
        let better = |b: &State<'_, '_>| match state.broken_limits().cmp(&b.broken_limits()) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Equal => state.objective() > b.objective(),
            std::cmp::Ordering::Greater => false,
        };
        if slot.as_ref().is_none_or(better) {
            *slot = Some(state);
        }
    }

    /// The gap that the best zone leaves to `bound`; 1 without one.
    fn gap(&self, bound: f64, before: f64) -> f64 {
        self.best.as_ref().map_or(1.0, |best| gap(bound, best.objective(), before))
    }

    fn keep_all(&mut self, states: Vec<State<'e, 'p>>) {
        for state in states {
            self.keep(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{Stop, best, random_problem};
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
            // What is claimed is never below the zone found, so what flow and prices prove is asked for by itself.
            let prices = Prices {
                area: solution.area_price,
                moved: solution.moved_price,
                units: solution.moved_unit_price,
                blocks: solution.block_price,
                limits: solution.limit_prices.clone(),
            };
            let proven = energy.bound(&prices, &solution.exits, &solution.flow);
            if let Some((optimum, _)) = &truth {
                prop_assert!(proven >= optimum - 1e-6, "proven bound {proven} below optimum {optimum}");
                prop_assert!(solution.bound >= optimum - 1e-6, "bound {} below optimum {optimum}", solution.bound);
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
                prop_assert!(solution.bound >= optimum - 1e-6 && solution.certified >= solution.bound - 1e-6);
            }
            let admissible = State::new(&energy, solution.x.clone()).admissible();
            prop_assert_eq!(admissible, solution.status != Status::Infeasible);
            // Nothing is said to stand in the way that does not.
            let said = |what: &str| solution.conflicts.iter().any(|c| c == what);
            let before_all = after == 0 && !admissible;
            prop_assert_eq!(before_all && conflicts(&problem).is_empty(), before_all && said(STOPPED));
        }
    }

    #[test]
    fn few_moves_are_the_best_few() {
        let mut gained = 0;
        for seed in 0..40 {
            let problem = Problem {
                moved_units_max: 3,
                moved_area_max: f64::INFINITY,
                min_block: 0.0,
                blocks_max: usize::MAX,
                concentration_min: 0.0,
                area_min: f64::NEG_INFINITY,
                area_max: f64::INFINITY,
                limits: Vec::new(),
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
