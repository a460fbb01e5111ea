//! Why there is no admissible plan, in words with the figures.

use super::problem::{Lock, Problem};
use super::state::State;

/// What contradicts what before any search: locks against limits.
pub(super) fn conflicts(problem: &Problem) -> Vec<String> {
    let mut found = Vec::new();
    let sum = |keep: &dyn Fn(usize) -> bool| -> f64 {
        (0..problem.area.len()).filter(|&i| keep(i)).map(|i| problem.area[i]).sum()
    };
    let locked_in = sum(&|i| problem.lock[i] == Lock::In);
    let reachable = sum(&|i| problem.lock[i] != Lock::Out);
    if problem.area_min > problem.area_max * (1.0 + 1e-9) {
        found.push(format!(
            "the least total area ({:.4}) is above the most ({:.4})",
            problem.area_min, problem.area_max
        ));
    }
    if locked_in > problem.area_max * (1.0 + 1e-9) {
        found.push(format!(
            "what must be in ({:.4}) is more than the total area may be ({:.4}); release locks of at least {:.4} or raise the limit",
            locked_in,
            problem.area_max,
            locked_in - problem.area_max
        ));
    }
    if reachable < problem.area_min * (1.0 - 1e-9) {
        found.push(format!(
            "all that may be in ({:.4}) is less than the total area has to be ({:.4}); release locks or eligibility of at least {:.4}, or lower the limit",
            reachable,
            problem.area_min,
            problem.area_min - reachable
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
            found.push(format!(
                "{}: what must be in ({low:.4}) is more than is allowed ({:.4}); release locks or widen the band",
                limit.what, limit.most
            ));
        }
        if limit.price.is_infinite() && (limit.off(high) > 0.0 && high < limit.least) {
            found.push(format!(
                "{}: all that may be in ({high:.4}) is less than is asked for ({:.4}); release locks or widen the band",
                limit.what, limit.least
            ));
        }
    }
    let forced =
        |i: usize| matches!((problem.lock[i], problem.in_zone[i]), (Lock::In, false) | (Lock::Out, true));
    let forced_area = sum(&forced);
    if forced_area > problem.moved_area_max * (1.0 + 1e-9) {
        found.push(format!(
            "locks alone move {:.4}, more than may be moved ({:.4}); raise the cap or release locks",
            forced_area, problem.moved_area_max
        ));
    }
    let forced_units = (0..problem.area.len()).filter(|&i| forced(i)).count();
    if forced_units > problem.moved_units_max {
        found.push(format!(
            "locks alone move {forced_units} parcels, more than may be moved ({}); raise the cap or release locks",
            problem.moved_units_max
        ));
    }
    found
}

/// What the best zone found still breaks.
pub(super) fn missed(state: &State<'_, '_>) -> Vec<String> {
    let problem = state.energy.problem;
    let mut found = Vec::new();
    if state.area_off(state.area) > 0.0 {
        found.push(format!(
            "no zone was found whose area is within {:.4} to {:.4} and that keeps the other limits; the nearest has {:.4}; widen the area tolerance",
            problem.area_min, problem.area_max, state.area
        ));
    }
    if state.forbidden_count > 0 {
        let room = if state.moved_units >= problem.moved_units_max
            || state.moved_area >= 0.999 * problem.moved_area_max
        {
            " because no more may move; raise the cap on what moves,"
        } else {
            ";"
        };
        found.push(format!(
            "{} blocks below the least area ({:.4}, a new one {:.4}) could neither leave nor grow{room} lower the least area or make it soft",
            state.forbidden_count, problem.min_block, problem.new_block
        ));
    }
    for (at, limit) in problem.limits.iter().enumerate() {
        if limit.price.is_infinite() && limit.off(state.sum(at)) > 0.0 {
            found.push(format!(
                "{}: {:.4} is not within {:.4} to {:.4}; widen the band",
                limit.what,
                state.sum(at),
                limit.least,
                limit.most
            ));
        }
    }
    if state.block_count > problem.blocks_max {
        found.push(format!(
            "{} blocks remain, {} are allowed: the others hold parcels that must be in, or may not move; raise the number or release locks",
            state.block_count, problem.blocks_max
        ));
    }
    let holes = state.holes_made().len();
    if holes > 0 {
        found.push(format!(
            "{holes} holes are enclosed anew; allow smaller ones (min_hole_ha), or let their parcels come in"
        ));
    }
    if problem.concentration_price.is_infinite() && state.concentration() < problem.concentration_min {
        found.push(format!(
            "concentration {:.3} stays below the least ({:.3}); raise λ or give up the rule",
            state.concentration(),
            problem.concentration_min
        ));
    }
    if state.moved_area > problem.moved_area_max * (1.0 + 1e-9) || state.moved_units > problem.moved_units_max
    {
        found.push(format!(
            "{} parcels of area {:.4} move, more than allowed; raise the cap on what moves",
            state.moved_units, state.moved_area
        ));
    }
    if found.is_empty() {
        found.push("no admissible zone was found near the best one; widen a limit and try again".to_owned());
    }
    found
}
