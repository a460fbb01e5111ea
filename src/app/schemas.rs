//! How the engine's types look in JSON, for the description of the API: the engine itself knows nothing of HTTP. A test
//! holds each of them against what is really written.

use serde::Serialize;
use utoipa::ToSchema;

/// A figure now and after the plan.
#[derive(Serialize, ToSchema)]
pub struct BeforeAfter<T> {
    /// Now.
    pub before: T,
    /// After the plan.
    pub after: T,
}

/// How concentrated a zone is.
#[derive(Serialize, ToSchema)]
pub struct Concentration {
    /// 集中度: 100 · Σ (block area ÷ zone area)², 0 to 100.
    pub index: f64,
    /// 100 · largest block ÷ zone area.
    pub lpi: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Area in blocks below the small-block limit ÷ zone area, 0 to 1.
    pub small_block_share: f64,
}

/// How a search ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Proven best.
    Optimal,
    /// Admissible, with a gap.
    Feasible,
    /// Stopped on request; the best found so far, admissible.
    Stopped,
    /// No admissible plan was found.
    Infeasible,
}

/// In or out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the zone (调入).
    In,
    /// Out of the zone (调出).
    Out,
}

/// Why a swap does not balance.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unbalanced {
    /// The whole plan moves land one way only.
    OneSided,
    /// All that moves the other way was needed by other swaps.
    NoPartner,
    /// A piece of it, which stays whole, is too large for what was left to set against it.
    PieceTooLarge,
}
