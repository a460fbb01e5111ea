//! The sums of units that have a price of either sign: which there are, and within what they and their prices stay.

use crate::optimise::area::FAR;
use crate::optimise::energy::Energy;

/// A sum of units that a price of either sign holds within its limits.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Axis {
    /// Total area.
    Area,
    /// Area moved.
    Moved,
    /// Number of units moved.
    Units,
    /// One of the problem's other limits.
    Limit(usize),
    /// What the limit on concentration says of single units: g(x) of [`crate::optimise::components`].
    Concentration,
}

/// What a sum may be.
pub(super) struct Span {
    pub(super) least: f64,
    pub(super) most: f64,
    /// The most its price may be, up or down.
    pub(super) cap: f64,
    /// The most the sum can be, signs aside.
    pub(super) whole: f64,
}

impl Span {
    pub(super) fn of(energy: &Energy<'_>, axis: Axis) -> Self {
        let problem = energy.problem;
        match axis {
            Axis::Area => {
                let whole: f64 = problem.area.iter().sum();
                // Where no price brings the area within its limits, it would rise for ever.
                let cap = FAR * energy.reach / whole;
                Self { least: problem.area_min, most: problem.area_max, cap, whole }
            }
            // What moves, less what has moved when nothing is in.
            Axis::Moved => {
                let whole: f64 = problem.area.iter().sum();
                let most = problem.moved_area_max - energy.present.0;
                Self { least: f64::NEG_INFINITY, most, cap: FAR * energy.reach / whole, whole }
            }
            Axis::Units => {
                let whole = problem.area.len() as f64;
                let most = problem.moved_units_max as f64 - energy.present.1;
                Self { least: f64::NEG_INFINITY, most, cap: FAR * energy.reach / whole, whole }
            }
            Axis::Limit(at) => {
                let limit = &problem.limits[at];
                let whole = limit.terms.iter().map(|(_, weight)| weight.abs()).sum();
                let cap = limit.price.min(FAR * energy.reach / whole);
                Self { least: limit.least, most: limit.most, cap, whole }
            }
            Axis::Concentration => {
                let row = energy.concentration();
                let whole = row.map_or(1.0, |row| row.weight.iter().map(|weight| weight.abs()).sum());
                let cap = row.map_or(0.0, |row| row.most).min(FAR * energy.reach / whole);
                let least = row.map_or(f64::NEG_INFINITY, |row| -row.constant);
                Self { least, most: f64::INFINITY, cap, whole }
            }
        }
    }

    /// The price to go to instead of `then`: one of the other sign speaks of the other limit, and none is above the cap.
    pub(super) fn kept(&self, price: f64, then: f64) -> f64 {
        // Signs, for the product of two tiny prices is no number but 0.
        let turns = (then < 0.0 && price > 0.0) || (then > 0.0 && price < 0.0);
        if turns { 0.0 } else { then.clamp(-self.cap, self.cap) }
    }
}

impl Axis {
    /// All sums that a limit speaks of but the total area.
    pub(super) fn others(energy: &Energy<'_>) -> Vec<Self> {
        let problem = energy.problem;
        let moved = problem.moved_area_max.is_finite().then_some(Self::Moved);
        let units = (problem.moved_units_max < usize::MAX).then_some(Self::Units);
        let limits = (0..problem.limits.len()).map(Self::Limit);
        let priced = energy.components.as_ref().is_some_and(|c| c.concentration.is_some() && !c.pinned);
        let concentration = priced.then_some(Self::Concentration);
        moved.into_iter().chain(units).chain(limits).chain(concentration).collect()
    }

    pub(super) fn all(energy: &Energy<'_>) -> Vec<Self> {
        std::iter::once(Self::Area).chain(Self::others(energy)).collect()
    }
}
