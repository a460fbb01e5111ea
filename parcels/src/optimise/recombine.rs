//! Zones put together from what cuts have made of the components of the units that may be in.
//!
//! At fixed multipliers the components do not know each other, and near the best multipliers many of them have several zones
//! of nearly the same worth. One cut takes them all together, and then too much moves or too little. Here each component has a
//! list of the zones that were seen of it, every block in them as the rules want it, and the search picks one for each: a
//! knapsack with several choices. Limits on sums are paid for at prices that rise until they are kept; single changes
//! and pairs of changes are made as long as that gains. The multipliers' bound is what this problem is worth when choices may be
//! mixed (Dantzig and Wolfe, 1960), so the more components there are, the less is left between the two.

mod dual;
mod walk;

use std::collections::BTreeSet;

use rayon::prelude::*;

use dual::Dual;
use walk::Walk;

use super::clusters::repair_blocks;
use super::components::Components;
use super::energy::{Energy, Prices};
use super::problem::{Limit, Problem};
use super::state::State;
use crate::progress::Monitor;

/// Most zones of a component that are kept.
pub(super) const CHOICES: usize = 60;
/// Of how many of the known zones walks begin.
const STARTS: usize = 1;
/// How many of the zones are worth repairing.
const BEST: usize = 2;
/// Most choices that are tried: those that lose least at the multipliers.
const TRIED: usize = 8000;

/// Places of the sums, before those of the problem's other limits.
const AREA: usize = 0;
const MOVED: usize = 1;
const UNITS: usize = 2;
const BLOCKS: usize = 3;
const SQUARES: usize = 4;
const LIMITS: usize = 5;

/// One zone of one component.
struct Choice {
    inside: Vec<u32>,
    /// What F gains by it, small blocks paid for.
    value: f64,
    sums: [f64; LIMITS],
    /// What it adds to the problem's other limits, where that is not 0.
    limits: Vec<(u32, f64)>,
}

/// The best zones that can be put together from `seen`, the zones seen of each component, and from `known`, whole zones; `gains`
/// is what is to be gained at most. Whether they keep to all limits is for the caller to see.
pub(super) fn recombine<'e, 'p>(
    energy: &'e Energy<'p>,
    seen: &[BTreeSet<Vec<bool>>],
    known: &[Vec<bool>],
    prices: &Prices,
    gains: f64,
    monitor: &dyn Monitor,
) -> Vec<Vec<bool>> {
    let Some(components) = &energy.components else { return Vec::new() };
    let knapsack = Knapsack::new(energy, components, seen, known, prices);
    let starts = knapsack.starts();
    let ends: Vec<Vec<usize>> =
        starts.into_par_iter().map(|start| Walk::new(&knapsack, start, prices, gains).run(monitor)).collect();
    let mut zones: Vec<State<'e, 'p>> =
        ends.iter().map(|chosen| State::new(energy, knapsack.zone(chosen))).collect();
    // The most promising first.
    zones.sort_by(|a, b| {
        a.broken_limits().cmp(&b.broken_limits()).then(b.objective().total_cmp(&a.objective()))
    });
    zones.dedup_by(|a, b| a.x == b.x);
    zones.truncate(BEST);
    zones.into_iter().map(|state| state.x).collect()
}

/// Multipliers at which the choices seen so far are worth least together: what the multipliers of all choices would be if no
/// others came. From `prices` on; `seen` and `known` as in [`recombine`]; no multipliers go below `worth`, what the best zone
/// known is worth.
pub(super) fn multipliers(
    energy: &Energy<'_>,
    seen: &[BTreeSet<Vec<bool>>],
    known: &[Vec<bool>],
    prices: &Prices,
    worth: f64,
) -> Option<Prices> {
    let components = energy.components.as_ref()?;
    let knapsack = Knapsack::new(energy, components, seen, known, prices);
    knapsack
        .choices
        .iter()
        .all(|choices| !choices.is_empty())
        .then(|| Dual::new(&knapsack).least(prices, worth))
}

struct Knapsack<'e, 'p> {
    energy: &'e Energy<'p>,
    choices: Vec<Vec<Choice>>,
    /// What is certain, whatever is chosen.
    base: Vec<f64>,
    /// What each choice is worth at the multipliers.
    priced: Vec<Vec<f64>>,
    /// The choices that lose least at the multipliers, by component.
    nearly_best: Vec<(usize, usize)>,
    /// Of each whole zone that is known, its choices.
    known: Vec<Vec<usize>>,
}

impl<'e, 'p> Knapsack<'e, 'p> {
    fn new(
        energy: &'e Energy<'p>,
        components: &Components,
        seen: &[BTreeSet<Vec<bool>>],
        known: &[Vec<bool>],
        prices: &Prices,
    ) -> Self {
        let problem = energy.problem;
        // Blocks are repaired by what is gained at the multipliers; limits on sums come later.
        let unlimited = without_sums(problem);
        let local = energy.priced_alone(&unlimited, prices);
        let of = |zone: &[bool]| -> Vec<Vec<bool>> {
            let part = |units: &[u32]| units.iter().map(|unit| zone[*unit as usize]).collect();
            components.list.iter().map(|component| part(&component.units)).collect()
        };
        let layers = seen.iter().map(BTreeSet::len).max().unwrap_or(0).min(CHOICES);
        let repaired: Vec<Vec<Vec<bool>>> = (0..layers)
            .into_par_iter()
            .map(|layer| {
                let mut zone = vec![false; energy.len()];
                for (component, seen) in components.list.iter().zip(seen) {
                    // Those with fewer zones give their first again.
                    let Some(choice) = seen.iter().nth(layer).or(seen.iter().next()) else { continue };
                    for (unit, inside) in component.units.iter().zip(choice) {
                        zone[*unit as usize] = *inside;
                    }
                }
                let mut state = State::new(&local, energy.obeying_locks(zone));
                repair_blocks(&mut state, 0.0);
                of(&state.x)
            })
            .collect();
        let known: Vec<Vec<Vec<bool>>> = known.iter().map(|zone| of(zone)).collect();
        let mut knapsack = Self {
            energy,
            choices: Vec::new(),
            base: base(energy, components),
            priced: Vec::new(),
            nearly_best: Vec::new(),
            known: Vec::new(),
        };
        let mut marks = vec![false; energy.len()];
        for (number, component) in components.list.iter().enumerate() {
            let mut distinct: Vec<&Vec<bool>> = Vec::new();
            let all = known.iter().chain(&repaired).map(|zone| &zone[number]);
            for zone in all {
                if !distinct.contains(&zone) {
                    distinct.push(zone);
                }
            }
            let mut choices: Vec<Choice> = Vec::new();
            let mut place: Vec<Option<usize>> = Vec::new();
            for zone in &distinct {
                let choice = choice(energy, &component.units, zone, &mut marks);
                place.push(choice.is_some().then_some(choices.len()));
                choices.extend(choice);
            }
            for (at, zone) in known.iter().enumerate() {
                let chosen =
                    distinct.iter().position(|known| **known == zone[number]).and_then(|at| place[at]);
                if number == 0 {
                    knapsack.known.push(Vec::new());
                }
                knapsack.known[at].push(chosen.unwrap_or(usize::MAX));
            }
            knapsack.priced.push(choices.iter().map(|choice| worth(problem, choice, prices)).collect());
            knapsack.choices.push(choices);
        }
        knapsack.find_nearly_best();
        knapsack
    }

    fn find_nearly_best(&mut self) {
        let mut losses: Vec<(f64, usize, usize)> = Vec::new();
        for (component, priced) in self.priced.iter().enumerate() {
            let best = priced.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            losses.extend(priced.iter().enumerate().map(|(at, worth)| (best - worth, component, at)));
        }
        losses.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        losses.truncate(TRIED.max(2 * self.priced.len()));
        self.nearly_best = losses.into_iter().map(|(_, component, at)| (component, at)).collect();
        self.nearly_best.sort_unstable();
    }

    /// Where walks begin: what is best at the multipliers, and every known zone whose blocks are as they have to be.
    fn starts(&self) -> Vec<Vec<usize>> {
        let best = |priced: &Vec<f64>| {
            (0..priced.len()).max_by(|a, b| priced[*a].total_cmp(&priced[*b]).then(b.cmp(a)))
        };
        let Some(cheapest) = self.priced.iter().map(best).collect::<Option<Vec<usize>>>() else {
            return Vec::new();
        };
        let repaired = |zone: &Vec<usize>| -> Vec<usize> {
            zone.iter().zip(&cheapest).map(|(at, best)| if *at == usize::MAX { *best } else { *at }).collect()
        };
        let mut starts = vec![cheapest.clone()];
        starts.extend(self.known.iter().take(STARTS).map(repaired));
        starts.dedup();
        starts
    }

    fn zone(&self, chosen: &[usize]) -> Vec<bool> {
        let mut zone = self.energy.obeying_locks(vec![false; self.energy.len()]);
        for (choices, at) in self.choices.iter().zip(chosen) {
            choices[*at].inside.iter().for_each(|unit| zone[*unit as usize] = true);
        }
        zone
    }
}

/// The problem without any limit on a sum, so that only blocks have rules.
fn without_sums(problem: &Problem) -> Problem {
    let free = |limit: &Limit| Limit { least: f64::NEG_INFINITY, most: f64::INFINITY, ..limit.clone() };
    Problem {
        area_min: f64::NEG_INFINITY,
        area_max: f64::INFINITY,
        moved_area_max: f64::INFINITY,
        moved_units_max: usize::MAX,
        blocks_max: usize::MAX,
        concentration_min: 0.0,
        limits: problem.limits.iter().map(free).collect(),
        ..problem.clone()
    }
}

/// What units that may not be in add to the sums: what is in now has moved.
fn base(energy: &Energy<'_>, components: &Components) -> Vec<f64> {
    let problem = energy.problem;
    let mut within = vec![false; energy.len()];
    for component in &components.list {
        component.units.iter().for_each(|unit| within[*unit as usize] = true);
    }
    let mut base = vec![0.0; LIMITS + problem.limits.len()];
    for unit in (0..energy.len()).filter(|unit| !within[*unit] && problem.in_zone[*unit]) {
        base[MOVED] += problem.area[unit];
        base[UNITS] += 1.0;
    }
    base
}

/// The choice with its sums; none where a block in it is not as the rules want it. `marks`: none is set, before or after.
fn choice(energy: &Energy<'_>, units: &[u32], zone: &[bool], marks: &mut [bool]) -> Option<Choice> {
    let problem = energy.problem;
    let inside: Vec<u32> =
        units.iter().zip(zone).filter(|(_, inside)| **inside).map(|(unit, _)| *unit).collect();
    let mut sums = [0.0; LIMITS];
    let mut limits: Vec<(u32, f64)> = Vec::new();
    inside.iter().for_each(|unit| marks[*unit as usize] = true);
    let mut value = 0.0;
    for unit in units.iter().map(|unit| *unit as usize) {
        let is_in = marks[unit];
        if is_in != problem.in_zone[unit] {
            sums[MOVED] += problem.area[unit];
            sums[UNITS] += 1.0;
        }
        if !is_in {
            continue;
        }
        value += energy.unary[unit];
        sums[AREA] += problem.area[unit];
        for n in energy.neighbours(unit).iter().filter(|n| !marks[n.unit as usize]) {
            value -= n.cost;
        }
        for (limit, weight) in energy.weights(unit) {
            add_to(&mut limits, *limit, *weight);
        }
    }
    let blocks = energy.blocks_of(&inside, |unit| marks[unit as usize]);
    inside.iter().for_each(|unit| marks[*unit as usize] = false);
    for stats in &blocks {
        if problem.is_forbidden(stats) {
            return None;
        }
        if problem.is_small(stats) && problem.small_block_price.is_finite() {
            value -= problem.small_block_price;
        }
        sums[BLOCKS] += 1.0;
        sums[SQUARES] += stats.area * stats.area;
    }
    Some(Choice { inside, value, sums, limits })
}

/// What the choice is worth at the multipliers.
fn worth(problem: &Problem, choice: &Choice, prices: &Prices) -> f64 {
    let tangent = 0.5 * (problem.area_min + problem.area_max);
    let by_index = match tangent.is_finite() && tangent > 0.0 {
        true => {
            let squares = 100.0 * choice.sums[SQUARES] / (tangent * tangent);
            squares - 2.0 * problem.concentration_min * choice.sums[AREA] / tangent
        }
        false => 0.0,
    };
    let limits = choice.limits.iter().map(|(limit, sum)| prices.limits[*limit as usize] * sum);
    choice.value
        - prices.area * choice.sums[AREA]
        - prices.moved * choice.sums[MOVED]
        - prices.units * choice.sums[UNITS]
        - prices.blocks * choice.sums[BLOCKS]
        - limits.sum::<f64>()
        + prices.concentration * by_index
}

fn add(sums: &mut [f64], sign: f64, choice: &Choice) {
    sums.iter_mut().zip(&choice.sums).for_each(|(sum, own)| *sum += sign * own);
    choice.limits.iter().for_each(|(limit, own)| sums[LIMITS + *limit as usize] += sign * own);
}

/// Adds to the entry of a limit; a component has land in few of them.
fn add_to(limits: &mut Vec<(u32, f64)>, limit: u32, by: f64) {
    match limits.iter_mut().find(|(known, _)| *known == limit) {
        Some((_, sum)) => *sum += by,
        None => limits.push((limit, by)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Link, Lock, Status};
    use super::super::search::solve;
    use super::*;

    /// Rows of parcels apart from each other, of which a third are in now, with worth that a linear congruence draws.
    fn rows(count: usize) -> Problem {
        let mut drawn = 7_u64;
        let mut draw = || {
            drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (drawn >> 40) as f64 / f64::from(1_u32 << 24)
        };
        let mut problem = Problem {
            lambda: 4.0,
            edge_factor: 0.5,
            kappa: 1.0,
            min_block: 3.0,
            small_block_price: f64::INFINITY,
            no_new_small: true,
            new_block: 8.0,
            moved_units_max: usize::MAX,
            blocks_max: usize::MAX,
            concentration_price: f64::INFINITY,
            ..Problem::default()
        };
        for row in 0..count {
            let (base, inside) = (40.0 * draw() - 20.0, row % 3 == 0);
            for place in 0..12_u32 {
                let unit = problem.area.len() as u32;
                let area = 0.5 + draw();
                problem.area.push(area);
                problem.value.push(area * (base + 30.0 * (draw() - 0.5)));
                problem.in_zone.push(inside);
                problem.lock.push(Lock::Free);
                problem.exposed.push(2.0);
                if place > 0 {
                    problem.links.push(Link { a: unit - 1, b: unit, length: 1.0, contiguous: true });
                }
            }
        }
        let now: f64 = problem.area.iter().zip(&problem.in_zone).filter(|(_, x)| **x).map(|(a, _)| a).sum();
        (problem.area_min, problem.area_max, problem.moved_area_max) = (0.98 * now, 1.02 * now, 0.25 * now);
        problem
    }

    #[test]
    fn components_are_chosen_so_that_what_moves_is_used_up() {
        let problem = rows(90);
        let solution = solve(&problem, &());
        assert_eq!(solution.status, Status::Feasible);
        let gap = solution.gap().unwrap();
        assert!(gap < 0.03, "{gap}");
    }

    #[test]
    fn a_choice_is_worth_what_its_zone_is_worth() {
        let problem = rows(6);
        let energy = Energy::new(&problem);
        let components = energy.components.clone().unwrap();
        let zone: Vec<bool> = (0..energy.len()).map(|unit| unit % 24 < 12).collect();
        let mut marks = vec![false; energy.len()];
        let mut value = energy.constant;
        let mut sums = base(&energy, &components);
        for component in &components.list {
            let part: Vec<bool> = component.units.iter().map(|unit| zone[*unit as usize]).collect();
            let choice = choice(&energy, &component.units, &part, &mut marks).unwrap();
            value += choice.value;
            add(&mut sums, 1.0, &choice);
        }
        let state = State::new(&energy, zone);
        assert!(
            (value - state.objective()).abs() < 1e-9 * value.abs().max(1.0),
            "{value} {}",
            state.objective()
        );
        assert!((sums[AREA] - state.area).abs() < 1e-9, "{sums:?}");
        assert!((sums[MOVED] - state.moved_area).abs() < 1e-9, "{sums:?}");
        assert_eq!(sums[UNITS] as usize, state.moved_units);
        assert_eq!(sums[BLOCKS] as usize, state.block_count);
        let index = 100.0 * sums[SQUARES] / (sums[AREA] * sums[AREA]);
        assert!((index - state.concentration()).abs() < 1e-9, "{sums:?}");
    }
}
