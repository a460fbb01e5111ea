//! What a move is worth at the plan's price of area, term by term.
//!
//! Land that comes in takes up area that other land would use, and the price of area says what that is worth. With it the
//! score that decides is not τ but τ and the price, and F of the plan less F with the move taken back is the account's
//! total less what the area counts.

use super::Context;
use crate::id::ParcelIdx;
use crate::units::M2_PER_HA;
use crate::worth::Land;

/// The score that land has to reach, as it is shown: the parts add up to the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Threshold {
    /// τ.
    pub(super) tau: f64,
    /// The price of area.
    pub(super) area: f64,
    /// The price of area of its sub-park.
    pub(super) sub_park: f64,
    /// All of it, unrounded.
    exact: f64,
}

/// To a tenth of a point, as scores are shown.
fn tenths(value: f64) -> f64 {
    (10.0 * value).round() / 10.0
}

impl Threshold {
    pub(super) fn new(context: &Context<'_>, parcel: ParcelIdx) -> Self {
        let (tau, area, sub_park) = (context.worth.tau, context.area_price, (context.sub_park_price)(parcel));
        Self {
            tau: tenths(tau),
            area: tenths(area),
            sub_park: tenths(sub_park),
            exact: tau + area + sub_park,
        }
    }

    pub(super) fn shown(&self) -> f64 {
        self.tau + self.area + self.sub_park
    }

    /// Whether `score` speaks against a move into the zone (`enters`) or out of it, in truth or as it is shown.
    pub(super) fn speaks_against(&self, score: f64, enters: bool) -> bool {
        let below_as_shown = tenths(score) < self.shown() - 1e-6;
        if enters { score < self.exact || below_as_shown } else { score >= self.exact || !below_as_shown }
    }
}

/// The terms of a move that is all of `group`, score · ha.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Account {
    /// By how much the land is above (out: below) what it has to reach.
    pub(super) score: f64,
    /// The boundary saved.
    pub(super) boundary: f64,
    /// The price of moving land; never above 0.
    pub(super) moving: f64,
    /// What the area counts that the move frees (in: that it takes up, below 0).
    pub(super) land: f64,
    /// F of the plan less F with the move taken back.
    pub(super) gain: f64,
}

impl Account {
    /// Of a group whose parcels all move the same way. `in_group` says of any parcel whether `group` holds it.
    pub(super) fn new(
        context: &Context<'_>,
        group: &[ParcelIdx],
        in_group: impl Fn(ParcelIdx) -> bool,
    ) -> Self {
        let Context { worth, area_m2, in_zone_after, .. } = *context;
        let land = Land {
            adjacency: context.adjacency,
            area_m2,
            score: &context.scores.score,
            in_zone_before: context.in_zone_before,
        };
        let way = if group.iter().all(|p| in_zone_after[p.at()]) { 1.0 } else { -1.0 };
        let ha = |p: &ParcelIdx| area_m2[p.at()] / M2_PER_HA;
        let price = |p: &ParcelIdx| (context.area_price + (context.sub_park_price)(*p)) * ha(p);
        let value: f64 = way * group.iter().map(|p| worth.value(&land, *p)).sum::<f64>();
        let freed: f64 = -way * group.iter().map(price).sum::<f64>();
        let moving = -worth.kappa * group.iter().map(ha).sum::<f64>();
        let gain = worth.gain(&land, in_zone_after, group, in_group);
        Self { score: value + freed, boundary: gain - value - moving, moving, land: freed, gain }
    }

    pub(super) fn total(&self) -> f64 {
        self.score + self.boundary + self.moving
    }

    /// Whether the move is worth it at the price of area.
    pub(super) fn pays(&self) -> bool {
        self.total() >= -1e-9
    }

    /// Score, boundary, moving and their sum, rounded so that they still add up and do not turn a gain into a loss, with the
    /// number of decimals.
    pub(super) fn shown(&self) -> ([f64; 4], u8) {
        const DECIMALS_MOST: u8 = 4;
        let rounded = |decimals: u8| {
            let scale = 10f64.powi(i32::from(decimals));
            let [score, boundary, moving] =
                [self.score, self.boundary, self.moving].map(|term| (term * scale).round());
            let total = score + boundary + moving;
            [score, boundary, moving, total].map(|term| term / scale)
        };
        let decimals = (1..DECIMALS_MOST)
            .find(|decimals| (rounded(*decimals)[3] >= 0.0) == self.pays())
            .unwrap_or(DECIMALS_MOST);
        (rounded(decimals), decimals)
    }
}
