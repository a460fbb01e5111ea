//! The price of area: the multiplier at which the minimum cuts fit the area limits, found by intersecting the lines of
//! two nested cuts.
//!
//! For a price μ of area let X(μ) be a best zone. X shrinks as μ grows, and the cuts are nested (Gallo, Grigoriadis,
//! Tarjan 1989), so once two prices bracket the target every unit in both zones or in neither is decided and drops out:
//! the whole search costs little more than two or three cuts of the whole.

use super::energy::{Energy, Prices};
use super::problem::Lock;
use crate::progress::{Cancelled, Monitor};

/// How far beyond what all units are worth a price is followed: integers leave this much room.
pub(super) const FAR: f64 = 64.0;

/// Where the search ended.
pub(super) struct AreaSearch {
    pub(super) prices: Prices,
    /// A best zone at these prices with area at most the target.
    pub(super) smaller: Vec<bool>,
    /// A best zone at these prices with area at least the target; holds all of `smaller`.
    pub(super) larger: Vec<bool>,
}

/// Finds the price of area at which the dual is least, with the other prices as in `base`.
pub(super) fn search(
    energy: &Energy<'_>,
    lock: &[Lock],
    base: &Prices,
    monitor: &dyn Monitor,
) -> Result<AreaSearch, Cancelled> {
    let problem = energy.problem;
    let at = |area: f64| Prices { area, ..base.clone() };
    let none = vec![false; energy.len()];
    let all = vec![true; energy.len()];
    let free = energy.cut_between(&at(0.0), lock, &none, &all, monitor)?;
    let (least, most) = (energy.area(&free.smallest), energy.area(&free.largest));
    if least <= problem.area_max && most >= problem.area_min {
        return Ok(AreaSearch { prices: at(0.0), smaller: free.smallest, larger: free.largest });
    }
    // The line of a zone x over μ: value(x) − μ (area(x) − target). Their upper envelope is the dual.
    let value = |x: &[bool]| {
        energy.objective(x)
            - base.moved * energy.moved_area(x)
            - if base.units > 0.0 { base.units * energy.moved_units(x) as f64 } else { 0.0 }
            - base.limits.iter().zip(&problem.limits).map(|(price, l)| price * l.sum(x)).sum::<f64>()
    };
    let locked_in: Vec<bool> = lock.iter().map(|l| *l == Lock::In).collect();
    let not_locked_out: Vec<bool> = lock.iter().map(|l| *l != Lock::Out).collect();
    let (target, mut smaller, mut larger) = if least > problem.area_max {
        (problem.area_max, locked_in, free.smallest)
    } else {
        (problem.area_min, free.largest, not_locked_out)
    };
    let (mut smaller_area, mut larger_area) = (energy.area(&smaller), energy.area(&larger));
    let (mut smaller_value, mut larger_value) = (value(&smaller), value(&larger));
    let mut price = 0.0;
    // Each round finds a new corner of a convex function; the limit only guards against endless rounding.
    for _ in 0..200 {
        if larger_area <= smaller_area {
            break;
        }
        price = (larger_value - smaller_value) / (larger_area - smaller_area);
        let line = smaller_value - price * (smaller_area - target);
        let cut = energy.cut_between(&at(price), lock, &smaller, &larger, monitor)?;
        let (low, high) = (energy.area(&cut.smallest), energy.area(&cut.largest));
        let low_value = value(&cut.smallest);
        if low <= target && target <= high {
            (smaller, larger) = (cut.smallest, cut.largest);
            break;
        }
        if low_value - price * (low - target) <= line + 1e-9 * line.abs().max(1.0) {
            break;
        }
        if low > target {
            (larger, larger_area, larger_value) = (cut.smallest, low, low_value);
        } else {
            smaller_value = value(&cut.largest);
            (smaller, smaller_area) = (cut.largest, high);
        }
    }
    Ok(AreaSearch { prices: at(price), smaller, larger })
}
