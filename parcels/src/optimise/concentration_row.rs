//! What the limit on concentration says of sums of units (C11), so that it has a price in the bound.
//!
//! The index is 100 · Q ÷ A², where Q adds up the squares of the blocks' areas and A is the zone's area, and it has to be at
//! least C. Let K be the connected components of the units that may be in at all, and s_K the area that is in of K. The blocks
//! of K are no larger together than s_K, so Q ≤ Σ s_K². Where s_K lies in a *band* from L to U, s_K² is at most its chord
//! (L + U) s_K − L U; and A² is at least its tangent 2 A₀ A − A₀² at any A₀. So with a band for every component, every zone in these
//! bands that is concentrated enough has
//!
//!   g(x) = 100 ÷ A₀² · ( Σ_K [(L + U) s_K − L U] − C ÷ 100 · (2 A₀ A − A₀²) ) ≥ 0,
//!
//! which is linear in x: at a price γ ≥ 0 land in large components gains, land in small ones loses. Components share no link, so
//! at fixed prices the bound is a sum over them, and of each the largest value over its bands counts: bands that together cover
//! all areas that a component can have leave no zone out, and many narrow ones come close to s_K² itself ([`super::bands`]).
//! Where the limit is soft at a price π of a point, g(x) ≥ (index − C) · (A ÷ A₀)² shows that F loses at least γ · (−g(x)) as long as
//! γ (A ÷ A₀)² ≤ π.

use super::block_rules::blocks;
use super::problem::{Lock, Problem};

/// Where the area that is in of a component may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) least: f64,
    pub(super) most: f64,
}

/// Units that may be in and hang together.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Ascending.
    pub(super) units: Vec<u32>,
    /// All that the area in of it can be.
    pub(super) whole: Band,
}

/// The linear limit g(x) ≥ 0, in points of the index, for one band of every component.
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
    /// 100 ÷ A₀².
    pub(super) per_square: f64,
    pub(super) components: Vec<Component>,
    /// Whether its price stays as it is.
    pub(super) pinned: bool,
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
        let component = |mut units: Vec<u32>| {
            units.sort_unstable();
            let sum = |units: &mut dyn Iterator<Item = &u32>| -> f64 {
                units.map(|unit| problem.area[*unit as usize]).sum()
            };
            let sure = sum(&mut units.iter().filter(|unit| held[**unit as usize] == Lock::In));
            let whole = Band { least: sure, most: sum(&mut units.iter()).min(most) };
            Component { units, whole }
        };
        let components: Vec<Component> = blocks(&may, neighbours).into_iter().map(component).collect();
        let row = Self {
            weight: vec![0.0; may.len()],
            constant: 0.0,
            tangent,
            most: problem.concentration_price * (tangent / most).powi(2),
            per_square: 100.0 / (tangent * tangent),
            components,
            pinned: false,
        };
        let whole = row.components.iter().map(|component| component.whole).collect::<Vec<_>>();
        Some(row.with_bands(problem, &whole))
    }

    /// The same with one of these bands for each component.
    pub(super) fn with_bands(mut self, problem: &Problem, bands: &[Band]) -> Self {
        let share = problem.concentration_min / 100.0;
        for (weight, area) in self.weight.iter_mut().zip(&problem.area) {
            *weight = -2.0 * share * self.tangent * area * self.per_square;
        }
        self.constant = problem.concentration_min;
        for (component, band) in self.components.iter().zip(bands) {
            for unit in &component.units {
                let area = problem.area[*unit as usize];
                self.weight[*unit as usize] += (band.least + band.most) * area * self.per_square;
            }
            self.constant -= band.least * band.most * self.per_square;
        }
        self
    }
}
