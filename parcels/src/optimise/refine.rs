//! From a cut to an admissible zone: fill the area, flip, swap. Every step keeps what already holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::clusters::worth_of_erasing;
use super::state::{Block, LEAST_GAIN, State};

/// A float as a heap key; larger is first.
#[derive(PartialEq, Clone, Copy)]
struct Key(f64);

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Brings the area and every hard limit on a sum within what is allowed, by the flips that cost least, where any do.
pub(super) fn restore_area(state: &mut State<'_, '_>) {
    let problem = state.energy.problem;
    for (at, limit) in problem.limits.iter().enumerate().filter(|(_, limit)| limit.price.is_infinite()) {
        let weights: Vec<(u32, f64)> = limit.terms.clone();
        let rising = state.sum(at) < limit.least;
        approach(state, &weights, rising, &|state, change| limit.off(state.sum(at) + change));
        if rising {
            restore_blocks(state, at);
        }
    }
    if state.area_off(state.area) > 0.0 {
        let weights: Vec<(u32, f64)> = (0_u32..).zip(problem.area.iter().copied()).collect();
        let rising = state.area < problem.area_min;
        approach(state, &weights, rising, &|state, change| state.area_off(state.area + change));
    }
}

/// Flips units that bring Σ weightᵢ xᵢ up (`rising`) or down, those first that lose least for what they bring, until
/// nothing is `off`, which says how far the sum is from its limits after a change.
fn approach(
    state: &mut State<'_, '_>,
    weights: &[(u32, f64)],
    rising: bool,
    off: &dyn Fn(&State<'_, '_>, f64) -> f64,
) {
    if off(state, 0.0) == 0.0 {
        return;
    }
    let mut weight = vec![0.0; state.x.len()];
    for (unit, w) in weights {
        weight[*unit as usize] = *w;
    }
    let change =
        |state: &State<'_, '_>, unit: usize| if state.x[unit] { -weight[unit] } else { weight[unit] };
    let wanted = |state: &State<'_, '_>, unit: usize| {
        let change = change(state, unit);
        change != 0.0 && (change > 0.0) == rising
    };
    let rate = |state: &State<'_, '_>, unit: usize| state.gain(unit) / weight[unit].abs();
    let mut heap: BinaryHeap<(Key, Reverse<u32>)> = weights
        .iter()
        .filter(|(u, _)| wanted(state, *u as usize))
        .map(|(u, _)| (Key(rate(state, *u as usize)), Reverse(*u)))
        .collect();
    // A unit that may not flip when its turn comes is put in again when a neighbour flips.
    while off(state, 0.0) > 0.0 {
        let Some((Key(key), Reverse(unit))) = heap.pop() else { return };
        let unit = unit as usize;
        if !wanted(state, unit) {
            continue;
        }
        let now = rate(state, unit);
        if key > now + LEAST_GAIN {
            // Worth less than when it was put in.
            heap.push((Key(now), Reverse(unit as u32)));
            continue;
        }
        if off(state, change(state, unit)) >= off(state, 0.0) || !state.may_flip(unit) {
            continue;
        }
        state.flip(unit);
        for n in state.energy.neighbours(unit) {
            let there = n.unit as usize;
            if wanted(state, there) {
                heap.push((Key(rate(state, there)), Reverse(n.unit)));
            }
        }
    }
}

/// Brings back blocks of today, whole or what is out of them, while a sum is below its least: those first that lose least for what
/// they bring. A single unit of a block that was given up would be a block too small to be allowed.
fn restore_blocks(state: &mut State<'_, '_>, at: usize) {
    let energy = state.energy;
    let (problem, limit) = (energy.problem, &energy.problem.limits[at]);
    if limit.off(state.sum(at)) == 0.0 {
        return;
    }
    let weight_of = |unit: u32| {
        energy.weights(unit as usize).iter().find(|(limit, _)| *limit as usize == at).map_or(0.0, |(_, w)| *w)
    };
    let mut groups: Vec<(f64, Vec<u32>)> = Vec::new();
    for block in super::block_rules::blocks(&problem.in_zone, |unit| energy.contiguous(unit)) {
        let out: Vec<u32> = block
            .into_iter()
            .filter(|unit| {
                !state.x[*unit as usize] && problem.lock[*unit as usize] == super::problem::Lock::Free
            })
            .collect();
        let brings: f64 = out.iter().map(|unit| weight_of(*unit)).sum();
        if brings > 0.0 {
            let gain: f64 = out.iter().map(|unit| state.gain(*unit as usize)).sum();
            groups.push((gain / brings, out));
        }
    }
    groups.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1[0].cmp(&b.1[0])));
    for (_, group) in groups {
        let off = limit.off(state.sum(at));
        if off == 0.0 {
            return;
        }
        let (broken, area_off) = (state.forbidden_count, state.area_off(state.area));
        let others_off = state.sums_off() - off;
        group.iter().for_each(|unit| state.flip(*unit as usize));
        let now = limit.off(state.sum(at));
        let worse = state.forbidden_count > broken
            || state.block_count > problem.blocks_max
            || !state.moves_hold()
            || now >= off
            || state.sums_off() - now > others_off
            // Too much land can leave elsewhere, too little is what this is about.
            || (area_off > 0.0 && state.area_off(state.area) > area_off && state.area < problem.area_min);
        if worse {
            group.iter().rev().for_each(|unit| state.flip(*unit as usize));
        }
    }
}

/// Flips single units while any gains, within the area limits.
pub(super) fn local_search(state: &mut State<'_, '_>) {
    let mut queue: std::collections::VecDeque<u32> = (0..state.x.len() as u32).collect();
    let mut waiting = vec![true; state.x.len()];
    // Every flip gains, so this ends; the limit is a guard against flips that gain next to nothing for ever.
    let mut budget = 30 * state.x.len();
    while let Some(unit) = queue.pop_front() {
        let unit = unit as usize;
        waiting[unit] = false;
        if budget == 0 {
            return;
        }
        budget -= 1;
        if state.gain(unit) > LEAST_GAIN
            && state.area_off(state.area + state.area_step(unit)) == 0.0
            && state.may_flip(unit)
        {
            let before = state.objective();
            state.flip(unit);
            if state.objective() <= before {
                // Blocks that became small cost more than the flip gained.
                state.flip(unit);
                continue;
            }
            for n in state.energy.neighbours(unit) {
                if !std::mem::replace(&mut waiting[n.unit as usize], true) {
                    queue.push_back(n.unit);
                }
            }
        }
    }
}

/// How often whole blocks are looked at while concentration rises.
const BLOCK_ROUNDS: usize = 12;

/// Raises the concentration index to what is asked for, where it is below: units come in beside large blocks or join blocks,
/// units and whole small blocks leave, always what loses least for what the index gains.
pub(super) fn raise_concentration(state: &mut State<'_, '_>) {
    let problem = state.energy.problem;
    let short = |state: &State<'_, '_>| state.concentration() < problem.concentration_min;
    if problem.concentration_min <= 0.0 || problem.concentration_price.is_finite() {
        return;
    }
    for _ in 0..BLOCK_ROUNDS {
        if !short(state) {
            return;
        }
        let mut moved = raise_by_units(state);
        // Blocks that leave as a whole, those first that lose least.
        let mut blocks: Vec<(f64, Block)> = Vec::new();
        for block in state.blocks_where(|block| block.locked == 0) {
            let area = state.block_of(block.part).map_or(0.0, |(_, stats)| stats.area);
            let gain = state.concentration_without(area) - state.concentration();
            if gain > 0.0 && state.may_erase(&block) {
                blocks.push((worth_of_erasing(state, &block.units, 0.0) / gain, block));
            }
        }
        blocks.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.place().cmp(&b.1.place())));
        // A few at a time, for units may do better after them.
        for (_, block) in blocks.into_iter().take(1 + state.block_count / 50) {
            if short(state) && state.block_of(block.part).is_some() && state.may_erase(&block) {
                state.erase(&block);
                moved = true;
            }
        }
        if !moved {
            return;
        }
    }
}

/// Flips single units while the index is below what is asked for; whether any did.
fn raise_by_units(state: &mut State<'_, '_>) -> bool {
    let problem = state.energy.problem;
    let least_step = 1e-7 * problem.concentration_min;
    let rate = |state: &State<'_, '_>, unit: usize| {
        let step = state.concentration_after(unit) - state.concentration();
        (step > least_step && problem.lock[unit] == super::problem::Lock::Free)
            .then(|| state.gain(unit) / step)
    };
    let mut heap: BinaryHeap<(Key, Reverse<u32>)> =
        (0..state.x.len()).filter_map(|unit| Some((Key(rate(state, unit)?), Reverse(unit as u32)))).collect();
    let mut moved = false;
    let mut budget = 4 * state.x.len();
    while state.concentration() < problem.concentration_min && budget > 0 {
        budget -= 1;
        let Some((Key(key), Reverse(unit))) = heap.pop() else { break };
        let unit = unit as usize;
        let Some(now) = rate(state, unit) else { continue };
        if key > now + LEAST_GAIN * now.abs().max(1.0) {
            heap.push((Key(now), Reverse(unit as u32)));
            continue;
        }
        if state.area_off(state.area + state.area_step(unit)) > 0.0 || !state.may_flip(unit) {
            continue;
        }
        state.flip(unit);
        moved = true;
        for n in state.energy.neighbours(unit) {
            if let Some(rate) = rate(state, n.unit as usize) {
                heap.push((Key(rate), Reverse(n.unit)));
            }
        }
    }
    moved
}

/// How many units of either side are tried in swaps.
const SWAP_POOL: usize = 160;

/// What is known of a unit that may be swapped, in the state as it is.
struct Known {
    unit: usize,
    gain: f64,
    /// Once it was asked.
    may_flip: Option<bool>,
}

impl Known {
    fn may(&mut self, state: &State<'_, '_>) -> bool {
        *self.may_flip.get_or_insert_with(|| state.may_flip(self.unit))
    }
}

fn known(state: &State<'_, '_>, pool: &[(f64, u32)]) -> Vec<Known> {
    let units = pool.iter().map(|(_, unit)| *unit as usize);
    units.map(|unit| Known { unit, gain: state.gain(unit), may_flip: None }).collect()
}

/// Swaps one unit in for one unit out while any pair gains. The pools are those that lose least at the area's price.
pub(super) fn swap(state: &mut State<'_, '_>, area_price: f64, rounds: usize) {
    let problem = state.energy.problem;
    let mut best = state.objective();
    for _ in 0..rounds {
        let mut pools: [Vec<(f64, u32)>; 2] = [Vec::new(), Vec::new()];
        for unit in 0..state.x.len() {
            if problem.lock[unit] == super::problem::Lock::Free {
                let loss = area_price * state.area_step(unit) - state.gain(unit);
                pools[usize::from(state.x[unit])].push((loss, unit as u32));
            }
        }
        for pool in &mut pools {
            if pool.len() > SWAP_POOL {
                pool.select_nth_unstable_by(SWAP_POOL, |a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                pool.truncate(SWAP_POOL);
            }
            pool.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        let [enter, leave] = pools;
        // What a flip gains and whether it may be stay as they are until a swap is kept.
        let sides = |state: &State<'_, '_>| [&enter, &leave].map(|pool| known(state, pool));
        let [mut coming, mut going] = sides(state);
        let mut gained = false;
        for (at, &(_, a)) in enter.iter().enumerate() {
            for (to, &(_, b)) in leave.iter().enumerate() {
                let (a, b) = (a as usize, b as usize);
                // Two that face each other gain less together, never more.
                let together = coming[at].gain + going[to].gain;
                if together <= LEAST_GAIN || state.x[a] || !state.x[b] {
                    continue;
                }
                let area = state.area + problem.area[a] - problem.area[b];
                let between: f64 = state
                    .energy
                    .neighbours(a)
                    .iter()
                    .filter(|n| n.unit as usize == b)
                    .map(|n| -2.0 * n.cost)
                    .sum();
                if together + between <= LEAST_GAIN || state.area_off(area) > 0.0 {
                    continue;
                }
                // The second flip's leave is only known after the first, so try it and look.
                let (first, second) = if going[to].may(state) {
                    (b, a)
                } else if coming[at].may(state) {
                    (a, b)
                } else {
                    continue;
                };
                state.flip(first);
                if state.may_flip(second) {
                    state.flip(second);
                    let now = state.objective();
                    if now > best + LEAST_GAIN {
                        best = now;
                        gained = true;
                        [coming, going] = sides(state);
                        continue;
                    }
                    state.flip(second);
                }
                state.flip(first);
            }
        }
        if !gained {
            return;
        }
    }
}
