//! Small blocks: each is erased, or grown until it is large enough or joins another, whichever loses less at the
//! present price of area. And too many blocks: the one that loses least goes.

use super::block_rules::GrowingSet;
use super::problem::Lock;
use super::state::{Block, State};

/// How many units a small block may take in while it grows.
const GROW_LIMIT: usize = 60;

/// What was decided about small blocks.
#[derive(Default)]
pub(super) struct Decided {
    /// Units that were put out.
    pub(super) erased: Vec<u32>,
    /// Units of blocks that were kept and grown, with what they took in.
    pub(super) grown: Vec<u32>,
}

/// Deals with every small block, smallest first, and then with blocks beyond the most allowed. Limits on total area are
/// left to the caller, who fills afterwards.
pub(super) fn repair_blocks(state: &mut State<'_, '_>, area_price: f64) -> Decided {
    let problem = state.energy.problem;
    let mut decided = Decided::default();
    if problem.has_block_rules() {
        let price = problem.small_block_price;
        for block in state.blocks_where(|b| problem.is_forbidden(b) || problem.is_small(b)) {
            // The growth of an earlier block may have joined this one.
            let Some((_, stats)) = state.block_of(block.part) else { continue };
            let (forbidden, small) = (problem.is_forbidden(stats), problem.is_small(stats));
            let as_it_was = stats.parts == block.parts && block.units.iter().all(|u| state.x[*u as usize]);
            if (!forbidden && !small) || !as_it_was {
                continue;
            }
            let erase = worth_of_erasing(state, &block.units, area_price);
            let grow = growth(state, &block, area_price);
            // A forbidden block cannot stay; for another one staying costs nothing more than now.
            let stay = if forbidden { f64::NEG_INFINITY } else { 0.0 };
            let saved = if small && price.is_finite() { price } else { 0.0 };
            let erase = if state.moves_fit_all(&block.units) { erase + saved } else { f64::NEG_INFINITY };
            match grow {
                Some((taken, worth)) if worth + saved > erase.max(stay) => {
                    for &unit in &taken {
                        state.flip(unit as usize);
                    }
                    decided.grown.extend(block.units);
                    decided.grown.extend(taken);
                }
                _ if erase > stay => {
                    state.erase(&block);
                    decided.erased.extend(block.units);
                }
                _ => {}
            }
        }
    }
    if state.block_count > problem.blocks_max {
        let may_go = |block: &Block| {
            block.units.iter().all(|&unit| problem.lock[unit as usize] == Lock::Free)
                && state.moves_fit_all(&block.units)
        };
        let mut candidates: Vec<(f64, Block)> = state
            .blocks_where(|_| true)
            .into_iter()
            .filter(may_go)
            .map(|block| (worth_of_erasing(state, &block.units, area_price), block))
            .collect();
        candidates
            .sort_by(|(a_worth, a), (b_worth, b)| b_worth.total_cmp(a_worth).then(a.place().cmp(&b.place())));
        let excess = state.block_count - problem.blocks_max;
        for (_, block) in candidates.into_iter().take(excess) {
            // A unit of several parts may have taken this block along with another one.
            if state.block_of(block.part).is_some() {
                state.erase(&block);
                decided.erased.extend(block.units);
            }
        }
    }
    decided
}

/// What the objective gains when all `units` (ascending) of a block leave, with their area at its price.
pub(super) fn worth_of_erasing(state: &State<'_, '_>, units: &[u32], area_price: f64) -> f64 {
    let energy = state.energy;
    let leaves = |unit: u32| units.binary_search(&unit).is_ok();
    units
        .iter()
        .map(|&unit| {
            let unit = unit as usize;
            let links: f64 = energy
                .neighbours(unit)
                .iter()
                .map(|n| match state.x[n.unit as usize] {
                    false => n.cost,
                    true if leaves(n.unit) => 0.0,
                    true => -n.cost,
                })
                .sum();
            links - energy.unary[unit] + area_price * energy.problem.area[unit]
        })
        .sum()
}

/// The units that a block would best take in to be allowed, or large enough where it only costs too much, one by one, and
/// what the objective gains with their area at its price. None when there is no way within reach. Of a unit of several parts
/// only those count that adjoin what is there by then.
fn growth(state: &State<'_, '_>, block: &Block, area_price: f64) -> Option<(Vec<u32>, f64)> {
    let energy = state.energy;
    let problem = energy.problem;
    let (own, before) = state.block_of(block.part)?;
    let must = problem.is_forbidden(before);
    let mut grown = *before;
    // What is taken in of the blocks that are small now.
    let mut restored = GrowingSet::default();
    let mut taken: Vec<u32> = Vec::new();
    // The parts of these that hang together with the block.
    let mut reached: Vec<u32> = Vec::new();
    let mut total = 0.0;
    let mut joined = vec![own];
    // Candidates with what they would gain now; small enough to search through.
    let mut edge: Vec<(u32, f64)> = Vec::new();
    let consider = |edge: &mut Vec<(u32, f64)>, from: u32, taken: &[u32]| {
        for part in energy.contiguous_parts(from as usize) {
            let number = problem.parts.unit_of(part);
            let unit = number as usize;
            if !state.x[unit]
                && problem.lock[unit] == Lock::Free
                && !taken.contains(&number)
                && !edge.iter().any(|(u, _)| *u == number)
                && state.moves_fit_all(&[number])
            {
                let both: f64 = energy
                    .neighbours(unit)
                    .iter()
                    .filter(|m| taken.contains(&m.unit))
                    .map(|m| 2.0 * m.cost)
                    .sum();
                edge.push((number, state.gain(unit) + both - area_price * problem.area[unit]));
            }
        }
    };
    for part in block.units.iter().flat_map(|unit| problem.parts.of(*unit)) {
        if state.block_of(part as usize).is_some_and(|(id, _)| id == own) {
            consider(&mut edge, part, &taken);
        }
    }
    while taken.len() < GROW_LIMIT {
        let (at, &(unit, gain)) = edge.iter().enumerate().max_by(|(_, a), (_, b)| {
            let rate = |(u, g): &(u32, f64)| g / problem.area[*u as usize];
            rate(a).total_cmp(&rate(b)).then(b.0.cmp(&a.0))
        })?;
        edge.swap_remove(at);
        taken.push(unit);
        total += gain;
        for n in energy.neighbours(unit as usize) {
            if let Some(slot) = edge.iter_mut().find(|(u, _)| *u == n.unit) {
                slot.1 += 2.0 * n.cost;
            }
        }
        let first_reached = reached.len();
        for part in problem.parts.of(unit) {
            let adjoins = energy.contiguous_parts(part as usize).any(|other| {
                let block = state.block_of(other as usize).map(|(id, _)| id);
                reached.contains(&other) || block.is_some_and(|id| joined.contains(&id))
            });
            if adjoins {
                reached.push(part);
                let before = |small| state.heirs_in(small);
                grown.add(&restored.take_in(problem, &energy.small_today, part as usize, before));
                for other in energy.contiguous_parts(part as usize) {
                    if let Some((id, other)) = state.block_of(other as usize)
                        && !joined.contains(&id)
                    {
                        joined.push(id);
                        grown.add(other);
                    }
                }
            }
        }
        let enough = !problem.is_forbidden(&grown) && (must || !problem.is_small(&grown));
        if enough {
            return state.moves_fit_all(&taken).then_some((taken, total));
        }
        for part in &reached[first_reached..] {
            consider(&mut edge, *part, &taken);
        }
    }
    None
}
