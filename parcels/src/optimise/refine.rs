//! From a cut to an admissible zone: fill the area, flip, swap. Every step keeps what already holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::state::{LEAST_GAIN, State};

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
pub(super) fn fill(state: &mut State<'_, '_>) {
    let problem = state.energy.problem;
    for (at, limit) in problem.limits.iter().enumerate().filter(|(_, limit)| limit.price.is_infinite()) {
        let weights: Vec<(u32, f64)> = limit.terms.clone();
        let rising = state.sum(at) < limit.least;
        approach(state, &weights, rising, &|state, change| limit.off(state.sum(at) + change));
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

/// Flips single units while any gains, within the area limits.
pub(super) fn descend(state: &mut State<'_, '_>) {
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
