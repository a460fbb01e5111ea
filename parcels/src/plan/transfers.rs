//! [`Transfer`] and [`Swap`]: what a plan moves, as a planner reviews it.

use serde::{Deserialize, Serialize};

use super::ObjectiveRecord;
use crate::id::ParcelId;
use crate::message::Told;

/// In or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the zone (调入).
    In,
    /// Out of the zone (调出).
    Out,
}

/// One parcel that changes sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transfer {
    /// The parcel.
    pub parcel: ParcelId,
    /// Which way.
    pub direction: Direction,
    /// The swap it belongs to, from 1.
    pub swap: usize,
    /// Its area on the plan's basis, m².
    pub area_m2: f64,
    /// Its score; none when unknown.
    pub score: Option<f64>,
    /// F of the plan less F of the plan with this parcel left where it was.
    pub delta_objective: f64,
    /// What vetoing it takes from the bound: with this parcel left where it was, no plan is worth more than the bound less
    /// this. What it costs the plan itself is at least this less what the bound is above the plan (and at least 0), and at
    /// most `veto_price_most`. None for one that a lock moves.
    pub veto_price: Option<f64>,
    /// At most this is what vetoing it costs the plan: F of the plan less F of the best plan known that leaves this parcel
    /// where it was. None where no such plan is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub veto_price_most: Option<f64>,
    /// The share of sampled indicator weights under which the parcel is on the side the plan puts it on, 0 to 1; none where
    /// that was not asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robustness: Option<f64>,
    /// Why, for people.
    pub reasons: Vec<Told>,
}

impl Transfer {
    /// What vetoing it costs the plan at least: its price less what the bound is above the plan.
    #[must_use]
    pub fn veto_price_least(&self, objective: &ObjectiveRecord) -> Option<f64> {
        self.veto_price.map(|price| (price - (objective.bound - objective.value)).max(0.0))
    }
}

/// Transfers that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Swap {
    /// From 1, in the order of what they gain.
    pub id: usize,
    /// The parcels, ascending by id.
    pub parcels: Vec<ParcelId>,
    /// Area in less area out, m².
    pub balance_m2: f64,
    /// Whether the balance is within the plan's area tolerance.
    pub balanced: bool,
    /// Why it is not; none where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unbalanced: Option<Unbalanced>,
    /// F of the plan less F of the plan without this swap.
    pub delta_objective: f64,
    /// Concentration index of the plan less that of the plan without this swap.
    pub delta_concentration: f64,
}

/// Why a swap does not balance within the plan's area tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unbalanced {
    /// The whole plan moves land one way only.
    OneSided,
    /// It moves land one way, and all that the plan moves the other way was needed by other swaps.
    NoPartner,
    /// It moves land both ways, but a piece of it, which is not to be split, is too large for what was left to set against it.
    PieceTooLarge,
}
