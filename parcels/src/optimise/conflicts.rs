//! Why there is no admissible plan, with the figures.

use super::problem::{Lock, Problem};
use super::state::State;
use crate::message;
use crate::message::Message;

/// What contradicts what before any search: locks against limits.
pub(super) fn conflicts(problem: &Problem) -> Vec<Message> {
    let mut found = Vec::new();
    let sum = |keep: &dyn Fn(usize) -> bool| -> f64 {
        (0..problem.area.len()).filter(|&i| keep(i)).map(|i| problem.area[i]).sum()
    };
    let locked_in = sum(&|i| problem.lock[i] == Lock::In);
    let reachable = sum(&|i| problem.lock[i] != Lock::Out);
    if problem.area_min > problem.area_max * (1.0 + 1e-9) {
        found.push(message!(
            "least-area-above-most",
            least = message::number(problem.area_min, 4),
            most = message::number(problem.area_max, 4)
        ));
    }
    if locked_in > problem.area_max * (1.0 + 1e-9) {
        found.push(message!(
            "held-in-above-most",
            held = message::number(locked_in, 4),
            most = message::number(problem.area_max, 4),
            over = message::number(locked_in - problem.area_max, 4)
        ));
    }
    if reachable < problem.area_min * (1.0 - 1e-9) {
        found.push(message!(
            "reachable-below-least",
            reachable = message::number(reachable, 4),
            least = message::number(problem.area_min, 4),
            short = message::number(problem.area_min - reachable, 4)
        ));
    }
    for limit in &problem.limits {
        let of = |wanted: &dyn Fn(Lock, f64) -> bool| -> f64 {
            let terms = limit.terms.iter().filter(|(unit, w)| wanted(problem.lock[*unit as usize], *w));
            terms.map(|(_, w)| w).sum()
        };
        let low = of(&|lock, w| lock == Lock::In || (lock == Lock::Free && w < 0.0));
        let high = of(&|lock, w| lock == Lock::In || (lock == Lock::Free && w > 0.0));
        if limit.price.is_infinite() && (limit.off(low) > 0.0 && low > limit.most) {
            found.push(message!(
                "band-held-above",
                what = limit.what,
                held = message::number(low, 4),
                most = message::number(limit.most, 4)
            ));
        }
        if limit.price.is_infinite() && (limit.off(high) > 0.0 && high < limit.least) {
            found.push(message!(
                "band-reachable-below",
                what = limit.what,
                reachable = message::number(high, 4),
                least = message::number(limit.least, 4)
            ));
        }
    }
    let forced =
        |i: usize| matches!((problem.lock[i], problem.in_zone[i]), (Lock::In, false) | (Lock::Out, true));
    let forced_area = sum(&forced);
    if forced_area > problem.moved_area_max * (1.0 + 1e-9) {
        found.push(message!(
            "locks-move-area",
            moved = message::number(forced_area, 4),
            most = message::number(problem.moved_area_max, 4)
        ));
    }
    let forced_units = (0..problem.area.len()).filter(|&i| forced(i)).count();
    if forced_units > problem.moved_units_max {
        found.push(message!("locks-move-parcels", count = forced_units, most = problem.moved_units_max));
    }
    found
}

/// What the best zone found still breaks.
pub(super) fn missed(state: &State<'_, '_>) -> Vec<Message> {
    let problem = state.energy.problem;
    let mut found = Vec::new();
    if state.area_off(state.area) > 0.0 {
        found.push(message!(
            "area-not-found",
            least = message::number(problem.area_min, 4),
            most = message::number(problem.area_max, 4),
            nearest = message::number(state.area, 4)
        ));
    }
    if state.forbidden_count > 0 {
        let used = state.moved_units >= problem.moved_units_max
            || state.moved_area >= 0.999 * problem.moved_area_max;
        let count = state.forbidden_count;
        let least = message::number(problem.min_block, 4);
        let least_new = message::number(problem.new_block, 4);
        found.push(match (problem.new_block.is_finite(), used) {
            (true, false) => {
                message!("small-blocks-stay", count = count, least = least, least_new = least_new)
            }
            (true, true) => {
                message!("small-blocks-stay-moves-used", count = count, least = least, least_new = least_new)
            }
            (false, false) => message!("small-or-new-blocks-stay", count = count, least = least),
            (false, true) => message!("small-or-new-blocks-stay-moves-used", count = count, least = least),
        });
    }
    for (at, limit) in problem.limits.iter().enumerate() {
        if limit.price.is_infinite() && limit.off(state.sum(at)) > 0.0 {
            found.push(message!(
                "band-not-kept",
                what = limit.what,
                sum = message::number(state.sum(at), 4),
                least = message::number(limit.least, 4),
                most = message::number(limit.most, 4)
            ));
        }
    }
    if state.block_count > problem.blocks_max {
        found.push(message!("blocks-remain", count = state.block_count, most = problem.blocks_max));
    }
    let holes = state.holes_made().len();
    if holes > 0 {
        found.push(message!("holes-enclosed", count = holes));
    }
    if problem.concentration_price.is_infinite() && state.concentration() < problem.concentration_min {
        found.push(message!(
            "concentration-below",
            value = message::number(state.concentration(), 3),
            least = message::number(problem.concentration_min, 3)
        ));
    }
    if state.moved_area > problem.moved_area_max * (1.0 + 1e-9) || state.moved_units > problem.moved_units_max
    {
        found.push(message!(
            "too-much-moves",
            count = state.moved_units,
            area = message::number(state.moved_area, 4)
        ));
    }
    if found.is_empty() {
        found.push(message!("none-near-best"));
    }
    found
}
