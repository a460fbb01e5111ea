//! A zone from a cut, made one that keeps the rules: small blocks erased or grown with the zone cut anew around each decision, then
//! filled, flipped and swapped.

use super::clusters::repair_blocks;
use super::energy::Energy;
use super::problem::Lock;
use super::refine::{local_search, raise_concentration, restore_area, swap};
use super::relax::Relaxation;
use super::state::State;
use crate::progress::Monitor;

/// How often the zone is cut anew with small blocks erased or held.
const SETTLE_ROUNDS: usize = 5;
/// Rounds of swaps; each looks at a few ten thousand pairs.
const SWAP_ROUNDS: usize = 12;

/// Repairs small blocks with the zone cut anew around each decision, then refines. `relaxation` is of `cut`, the energy
/// itself or a biased one. Returns what came of the first round and of the last. A zone worth `enough`
/// is not refined further.
pub(super) fn repair<'e, 'p>(
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
        let decided = repair_blocks(&mut state, price);
        if decided.erased.is_empty() && decided.grown.is_empty() {
            break;
        }
        if round == 0 {
            let mut early = state.clone();
            polish(&mut early, price, enough);
            results.push(early);
        }
        let anew = relaxation.to_mut();
        for (units, to) in [(&decided.erased, Lock::Out), (&decided.grown, Lock::In)] {
            for &unit in units {
                anew.hold(unit as usize, to);
            }
        }
        if anew.solve_area_price(cut, f64::NEG_INFINITY, monitor).is_err() {
            break;
        }
        state = State::new(energy, if anew.prices().area < 0.0 { anew.largest() } else { anew.smallest() });
    }
    let price = relaxation.prices().area;
    repair_blocks(&mut state, price);
    polish(&mut state, price, enough);
    results.push(state);
    results
}

/// Fills, flips and, where the zone is not worth `enough` by then, swaps.
pub(super) fn polish(state: &mut State<'_, '_>, area_price: f64, enough: f64) {
    restore_area(state);
    raise_concentration(state);
    local_search(state);
    if state.objective() >= enough && state.admissible() {
        return;
    }
    swap(state, area_price, SWAP_ROUNDS);
    local_search(state);
    // Filling may have been stopped by a limit that a later flip lifted.
    restore_area(state);
    raise_concentration(state);
    local_search(state);
}
