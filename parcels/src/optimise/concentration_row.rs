//! What the limit on concentration says of sums of units (C11), so that it has a price in the bound.
//!
//! The index is 100 · Q ÷ A², where Q adds up the squares of the blocks' areas and A is the zone's area, and it has to be at
//! least C. Let K be the connected components of the units that may be in at all, and s_K the area that is in of K. The blocks
//! of K are no larger together than s_K, so Q ≤ Σ s_K². Where s_K lies between L_K, what is held in, and U_K, what is not held
//! out, s_K² is at most its chord (L_K + U_K) s_K − L_K U_K; and A² is at least its tangent 2 A₀ A − A₀² at any A₀. So every zone
//! that is concentrated enough has
//!
//!   g(x) = 100 ÷ A₀² · ( Σ_K [(L_K + U_K) s_K − L_K U_K] − C ÷ 100 · (2 A₀ A − A₀²) ) ≥ 0,
//!
//! which is linear in x: at a price μ ≥ 0 land in large components gains, land in small ones loses. Where the limit is soft at
//! a price π of a point, g(x) ≥ (index − C) · (A ÷ A₀)² shows that F loses at least μ · (−g(x)) as long as μ (A ÷ A₀)² ≤ π.

use super::block_rules::blocks;
use super::problem::{Lock, Problem};

/// The linear limit g(x) ≥ 0, in points of the index.
#[derive(Debug, Clone)]
pub(super) struct ConcentrationRow {
    /// What each unit adds when it is in.
    pub(super) weight: Vec<f64>,
    /// g of the empty zone.
    pub(super) constant: f64,
    /// A₀.
    pub(super) tangent: f64,
    /// The most that its price may be.
    pub(super) most: f64,
}

impl ConcentrationRow {
    /// The limit for zones that keep to `held`; none where the problem has no such limit, or nothing may be in.
    pub(super) fn new<I: Iterator<Item = u32>>(
        problem: &Problem,
        held: &[Lock],
        neighbours: impl Fn(u32) -> I,
    ) -> Option<Self> {
        if problem.concentration_min <= 0.0 || problem.concentration_price <= 0.0 {
            return None;
        }
        let may: Vec<bool> = held.iter().map(|lock| *lock != Lock::Out).collect();
        let area_of =
            |zone: &mut dyn Iterator<Item = usize>| zone.map(|unit| problem.area[unit]).sum::<f64>();
        let now = area_of(&mut (0..may.len()).filter(|unit| problem.in_zone[*unit]));
        let all = area_of(&mut (0..may.len()).filter(|unit| may[*unit]));
        let most = problem.area_max.min(all);
        // Near where the area will be, since the tangent is exact there only.
        let tangent = if now > 0.0 { now.clamp(problem.area_min.min(most), most) } else { most };
        if tangent <= 0.0 {
            return None;
        }
        let per_square = 100.0 / (tangent * tangent);
        let share = problem.concentration_min / 100.0;
        let mut weight: Vec<f64> =
            problem.area.iter().map(|area| -2.0 * share * tangent * area * per_square).collect();
        let mut constant = problem.concentration_min;
        for component in blocks(&may, neighbours) {
            let sum = |held_in_only: bool| {
                let counted = |unit: &&u32| !held_in_only || held[**unit as usize] == Lock::In;
                component.iter().filter(counted).map(|unit| problem.area[*unit as usize]).sum::<f64>()
            };
            let (least, most) = (sum(true), sum(false).min(most));
            for unit in &component {
                weight[*unit as usize] += (least + most) * problem.area[*unit as usize] * per_square;
            }
            constant -= least * most * per_square;
        }
        let soft = problem.concentration_price * (tangent / most).powi(2);
        Some(Self { weight, constant, tangent, most: soft })
    }
}
