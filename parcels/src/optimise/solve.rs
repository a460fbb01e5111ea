//! The whole search: price the limits that can be priced, cut, round, settle small blocks, refine, prove.

use rayon::prelude::*;

use super::area::{AreaSearch, search, search_moves};
use super::clusters::settle;
use super::conflicts::conflicts;
use super::energy::{Energy, Prices};
use super::problem::{Lock, Problem, Solution, Status, gap};
use super::refine::{descend, fill, swap};
use super::state::State;
use crate::progress::{Cancelled, Monitor};

/// How often the zone is cut anew with small blocks erased or held.
const SETTLE_ROUNDS: usize = 5;
/// Rounds of swaps; each looks at a few ten thousand pairs.
const SWAP_ROUNDS: usize = 12;
/// Gap below which no further starts are tried.
const NEAR: f64 = 0.01;
/// How much dearer boundary is made to find zones that are more concentrated.
const TILTS: [f64; 4] = [1.5, 2.25, 4.0, 8.0];
/// How much land in or beside a large block is made dearer to the same end, relative to the spread of scores.
const BONUSES: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
/// Gap from which a solution counts as proven best: what integer rounding leaves.
const PROVEN: f64 = 1e-7;

/// Solves `problem`.
///
/// The bound comes from the relaxation without the limits on blocks, concentration and number of moves; it is valid for
/// the whole problem, and [`Solution::flow`] with the prices proves it.
///
/// A problem without an admissible solution is no error: the status says so, `conflicts` says why, and `x` is the best
/// that was found, limits aside.
///
/// # Errors
/// [`Cancelled`] when the monitor says so before the bound is known; a request after that ends the search with the best
/// zone so far.
pub fn solve(problem: &Problem, monitor: &dyn Monitor) -> Result<Solution, Cancelled> {
    let energy = Energy::new(problem);
    monitor.step("bound", 0);
    let mut conflicts = conflicts(problem);
    let area_fits = |x: &[bool]| energy.moved_area(x) <= problem.moved_area_max;
    let dual = search_moves(&energy, &problem.lock, &area_fits, monitor)?;
    let (flow, cut) = energy.proof(dual.prices, &problem.lock, monitor)?;
    let bound = energy.bound(dual.prices, &flow);
    monitor.step("plan", 0);
    let mut starts = vec![dual.smaller, dual.larger, cut.smallest, cut.largest];
    if energy.moved_units(&starts[0]) > problem.moved_units_max {
        // The number of moves has no price in the bound; for the zone, a price on area moved does.
        let fits = |x: &[bool]| area_fits(x) && energy.moved_units(x) <= problem.moved_units_max;
        let few = search_moves(&energy, &problem.lock, &fits, monitor)?;
        starts = vec![few.smaller, few.larger];
    }
    starts.dedup();
    let mut kept = Kept { best: None, fallback: None };
    kept.keep_all(finish_all(&energy, starts, dual.prices, monitor));
    let more = concentrated(&energy, dual.prices, kept.best.as_ref(), bound, monitor);
    kept.keep_all(finish_all(&energy, more, dual.prices, monitor));
    if kept.best.as_ref().is_none_or(|b| gap(bound, b.objective(), before(&energy)) > PROVEN) {
        // The present zone with its locks obeyed keeps most limits by itself and is improved from there.
        let mut present = problem.in_zone.clone();
        for (x, lock) in present.iter_mut().zip(&problem.lock) {
            match lock {
                Lock::In => *x = true,
                Lock::Out => *x = false,
                Lock::Free => {}
            }
        }
        let mut state = State::new(&energy, present);
        if state.admissible() {
            kept.keep(state.clone());
        }
        settle(&mut state, dual.prices.area);
        refine(&mut state, dual.prices.area);
        kept.keep(state);
    }
    let stopped = monitor.cancelled();
    let objective_before = before(&energy);
    let (state, status) = match (kept.best, kept.fallback) {
        (Some(state), _) => {
            let proven = gap(bound, state.objective(), objective_before) <= PROVEN;
            let status = match (proven, stopped) {
                (true, _) => Status::Optimal,
                (false, true) => Status::Stopped,
                (false, false) => Status::Feasible,
            };
            (state, status)
        }
        (None, Some(state)) => (state, Status::Infeasible),
        (None, None) => (State::new(&energy, problem.in_zone.clone()), Status::Infeasible),
    };
    if status == Status::Infeasible && conflicts.is_empty() {
        conflicts = super::conflicts::missed(&state);
    }
    if status != Status::Infeasible {
        conflicts.clear();
    }
    let objective = State::new(&energy, state.x.clone()).objective();
    Ok(Solution {
        objective,
        // An admissible zone cannot beat the bound; the last bits of both sums may say otherwise.
        bound: if status == Status::Infeasible { bound } else { bound.max(objective) },
        objective_before,
        status,
        area_price: dual.prices.area,
        moved_price: dual.prices.moved,
        flow,
        flow_scale: energy.scale,
        conflicts,
        x: state.x,
    })
}

/// Where the best zone is too scattered for the limit on concentration and what was found instead is far from the bound:
/// zones to start from that are best when boundary, or land in and beside large blocks, is dearer.
fn concentrated(
    energy: &Energy<'_>,
    prices: Prices,
    best: Option<&State<'_, '_>>,
    bound: f64,
    monitor: &dyn Monitor,
) -> Vec<Vec<bool>> {
    let problem = energy.problem;
    let near = best.is_some_and(|b| gap(bound, b.objective(), before(energy)) < NEAR);
    if problem.concentration_min <= 0.0 || near {
        return Vec::new();
    }
    let mut tilted: Vec<Problem> =
        TILTS.iter().map(|factor| Problem { lambda: factor * problem.lambda, ..problem.clone() }).collect();
    let reference = best.map_or_else(|| State::new(energy, problem.in_zone.clone()), State::clone);
    let nearness = block_shares(&reference);
    let spread =
        (0..energy.len()).map(|i| problem.value[i].abs()).sum::<f64>() / problem.area.iter().sum::<f64>();
    for factor in BONUSES {
        let bonus = |i: usize| problem.value[i] + factor * spread * nearness[i] * problem.area[i];
        tilted.push(Problem { value: (0..energy.len()).map(bonus).collect(), ..problem.clone() });
    }
    let zone = |tilted: &Problem| {
        let found = search(&Energy::new(tilted), &tilted.lock, prices.moved, monitor).ok()?;
        Some(if found.prices.area < 0.0 { found.larger } else { found.smaller })
    };
    let mut starts: Vec<Vec<bool>> = tilted.par_iter().filter_map(zone).collect();
    starts.dedup();
    starts
}

/// For each unit, the area of its block, or of the largest block it adjoins, as a share of the largest block of all.
fn block_shares(state: &State<'_, '_>) -> Vec<f64> {
    let area = |unit: usize| state.block_of(unit).map_or(0.0, |(_, area, _)| area);
    let largest = (0..state.x.len()).map(area).fold(f64::MIN_POSITIVE, f64::max);
    let share = |unit: usize| area(unit) / largest;
    (0..state.x.len())
        .map(|unit| {
            let around =
                state.energy.neighbours(unit).iter().filter(|n| n.contiguous).map(|n| share(n.unit as usize));
            around.fold(share(unit), f64::max)
        })
        .collect()
}

/// F of the present zone, small blocks priced alike.
fn before(energy: &Energy<'_>) -> f64 {
    State::new(energy, energy.problem.in_zone.clone()).objective()
}

/// Settles small blocks with the zone cut anew around each decision, then refines. Returns what came of the
/// first round and of the last.
fn finish<'e, 'p>(
    energy: &'e Energy<'p>,
    start: Vec<bool>,
    prices: Prices,
    monitor: &dyn Monitor,
) -> Vec<State<'e, 'p>> {
    let problem = energy.problem;
    let mut lock = problem.lock.clone();
    let mut state = State::new(energy, start);
    let mut price = prices.area;
    let mut results = Vec::new();
    for round in 0..SETTLE_ROUNDS {
        let decided = settle(&mut state, price);
        if decided.erased.is_empty() && decided.grown.is_empty() {
            break;
        }
        if round == 0 {
            let mut early = state.clone();
            refine(&mut early, price);
            results.push(early);
        }
        for &unit in &decided.erased {
            lock[unit as usize] = Lock::Out;
        }
        for &unit in &decided.grown {
            lock[unit as usize] = Lock::In;
        }
        let Ok(AreaSearch { prices: found, smaller, larger }) = search(energy, &lock, prices.moved, monitor)
        else {
            break;
        };
        price = found.area;
        state = State::new(energy, if price < 0.0 { larger } else { smaller });
    }
    settle(&mut state, price);
    refine(&mut state, price);
    results.push(state);
    results
}

/// [`finish`] for every start, side by side; in the order of the starts, so that threads decide nothing.
fn finish_all<'e, 'p>(
    energy: &'e Energy<'p>,
    starts: Vec<Vec<bool>>,
    prices: Prices,
    monitor: &dyn Monitor,
) -> Vec<State<'e, 'p>> {
    let ends: Vec<Vec<State<'e, 'p>>> =
        starts.into_par_iter().map(|start| finish(energy, start, prices, monitor)).collect();
    ends.into_iter().flatten().collect()
}

fn refine(state: &mut State<'_, '_>, area_price: f64) {
    fill(state);
    descend(state);
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

    fn keep_all(&mut self, states: Vec<State<'e, 'p>>) {
        for state in states {
            self.keep(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{best, random_problem};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn the_bound_holds_and_the_zone_is_admissible(seed in 0u64..1_000_000_000, n in 1usize..15) {
            let problem = random_problem(seed, n);
            let solution = solve(&problem, &()).unwrap();
            let energy = Energy::new(&problem);
            let truth = best(&energy);
            // What is claimed is never below the zone found, so what flow and prices prove is asked for by itself.
            let prices = Prices { area: solution.area_price, moved: solution.moved_price };
            let proven = energy.bound(prices, &solution.flow);
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
                    prop_assert!(solution.objective >= optimum - 1e-4 * optimum.abs().max(1.0));
                }
            }
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
                lock: vec![Lock::Free; 14],
                ..random_problem(seed, 14)
            };
            let energy = Energy::new(&problem);
            let solution = solve(&problem, &()).unwrap();
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
            let solution = solve(&problem, &()).unwrap();
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
