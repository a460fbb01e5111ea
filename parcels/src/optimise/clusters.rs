//! Small blocks: each is erased, or grown until it is large enough or joins another, whichever loses less at the
//! present price of area. And too many blocks: the one that loses least goes.

use super::block_rules::GrowingSet;
use super::problem::Lock;
use super::state::State;

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
pub(super) fn settle(state: &mut State<'_, '_>, area_price: f64) -> Decided {
    let problem = state.energy.problem;
    let mut decided = Decided::default();
    if problem.has_block_rules() {
        let price = problem.small_block_price;
        for block in state.blocks_where(|b| problem.is_forbidden(b) || problem.is_small(b)) {
            // The growth of an earlier block may have joined this one.
            let Some((_, stats)) = state.block_of(block[0] as usize) else { continue };
            let (forbidden, small) = (problem.is_forbidden(stats), problem.is_small(stats));
            if (!forbidden && !small) || stats.units as usize != block.len() {
                continue;
            }
            let erase = worth_of_erasing(state, &block, area_price);
            let grow = growth(state, &block, area_price);
            // A forbidden block cannot stay; for another one staying costs nothing more than now.
            let stay = if forbidden { f64::NEG_INFINITY } else { 0.0 };
            let saved = if small && price.is_finite() { price } else { 0.0 };
            let erase = if state.moves_fit_all(&block) { erase + saved } else { f64::NEG_INFINITY };
            match grow {
                Some((taken, worth)) if worth + saved > erase.max(stay) => {
                    for &unit in &taken {
                        state.flip(unit as usize);
                    }
                    decided.grown.extend(block);
                    decided.grown.extend(taken);
                }
                _ if erase > stay => {
                    state.erase(&block);
                    decided.erased.extend(block);
                }
                _ => {}
            }
        }
    }
    if state.block_count > problem.blocks_max {
        let mut candidates: Vec<(f64, Vec<u32>)> = state
            .blocks_where(|_| true)
            .into_iter()
            .filter(|b| b.iter().all(|&u| problem.lock[u as usize] == Lock::Free) && state.moves_fit_all(b))
            .map(|b| (worth_of_erasing(state, &b, area_price), b))
            .collect();
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1[0].cmp(&b.1[0])));
        let excess = state.block_count - problem.blocks_max;
        for (_, block) in candidates.into_iter().take(excess) {
            state.erase(&block);
            decided.erased.extend(block);
        }
    }
    decided
}

/// What the objective gains when the whole block leaves, with its area at its price.
pub(super) fn worth_of_erasing(state: &State<'_, '_>, block: &[u32], area_price: f64) -> f64 {
    let energy = state.energy;
    let own = state.block_of(block[0] as usize).map(|(id, _)| id);
    block
        .iter()
        .map(|&unit| {
            let unit = unit as usize;
            let links: f64 = energy
                .neighbours(unit)
                .iter()
                .map(|n| match state.block_of(n.unit as usize) {
                    None => n.cost,
                    Some((id, _)) if Some(id) == own => 0.0,
                    Some(_) => -n.cost,
                })
                .sum();
            links - energy.unary[unit] + area_price * energy.problem.area[unit]
        })
        .sum()
}

/// The units that a block would best take in to be allowed, or large enough where it only costs too much, one by one, and
/// what the objective gains with their area at its price. None when there is no way within reach.
fn growth(state: &State<'_, '_>, block: &[u32], area_price: f64) -> Option<(Vec<u32>, f64)> {
    let energy = state.energy;
    let problem = energy.problem;
    let (own, before) = state.block_of(block[0] as usize)?;
    let must = problem.is_forbidden(before);
    let mut grown = *before;
    // What is taken in of the blocks that are small now.
    let mut restored = GrowingSet::default();
    let mut taken: Vec<u32> = Vec::new();
    let mut total = 0.0;
    let mut joined = vec![own];
    // Candidates with what they would gain now; small enough to search through.
    let mut edge: Vec<(u32, f64)> = Vec::new();
    let consider = |edge: &mut Vec<(u32, f64)>, from: u32, taken: &[u32]| {
        for n in energy.neighbours(from as usize) {
            let unit = n.unit as usize;
            if n.contiguous
                && !state.x[unit]
                && problem.lock[unit] == Lock::Free
                && !taken.contains(&n.unit)
                && !edge.iter().any(|(u, _)| *u == n.unit)
                && state.moves_fit_all(&[n.unit])
            {
                let both: f64 = energy
                    .neighbours(unit)
                    .iter()
                    .filter(|m| taken.contains(&m.unit))
                    .map(|m| 2.0 * m.cost)
                    .sum();
                edge.push((n.unit, state.gain(unit) + both - area_price * problem.area[unit]));
            }
        }
    };
    for &unit in block {
        consider(&mut edge, unit, &taken);
    }
    while taken.len() < GROW_LIMIT {
        let (at, &(unit, gain)) = edge.iter().enumerate().max_by(|(_, a), (_, b)| {
            let rate = |(u, g): &(u32, f64)| g / problem.area[*u as usize];
            rate(a).total_cmp(&rate(b)).then(b.0.cmp(&a.0))
        })?;
        edge.swap_remove(at);
        taken.push(unit);
        total += gain;
        grown.add(
            &restored.take_in(problem, &energy.small_today, unit as usize, |small| state.heirs_in(small)),
        );
        for n in energy.neighbours(unit as usize) {
            if let Some(slot) = edge.iter_mut().find(|(u, _)| *u == n.unit) {
                slot.1 += 2.0 * n.cost;
            }
            if n.contiguous
                && let Some((id, other)) = state.block_of(n.unit as usize)
                && !joined.contains(&id)
            {
                joined.push(id);
                grown.add(other);
            }
        }
        let enough = !problem.is_forbidden(&grown) && (must || !problem.is_small(&grown));
        if enough {
            return state.moves_fit_all(&taken).then_some((taken, total));
        }
        consider(&mut edge, unit, &taken);
    }
    None
}
