//! The bare optimisation problem, free of polygons and policies, so that a test can read it without solving it.

use serde::{Deserialize, Serialize};

use crate::message::Message;
use crate::parts::Parts;
use crate::units::LIMIT_SLACK;

/// By what share of itself a limit may be missed: half of what the judge of a plan allows, who adds up in another order.
pub(super) const SLACK: f64 = 0.5 * LIMIT_SLACK;

/// What a decision or a rule says of one unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lock {
    /// Either side.
    #[default]
    Free,
    /// Must be in.
    In,
    /// Must be out.
    Out,
}

/// Two units that face each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The one with the lower position.
    pub a: u32,
    /// The one with the higher position.
    pub b: u32,
    /// Facing length, in the problem's unit of length.
    pub length: f64,
    /// Whether the two, or a part of each where they have several, belong to one block when both are in.
    pub contiguous: bool,
}

/// A limit on a weighted sum of units, Σ weightᵢ xᵢ: the area of a sub-park, or how far a zone is from another one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Limit {
    /// What the sum is.
    pub what: Message,
    /// Units with their weights, ascending, each once.
    pub terms: Vec<(u32, f64)>,
    /// Least sum; −∞ for none.
    pub least: f64,
    /// Most; +∞ for none.
    pub most: f64,
    /// What the objective loses for each unit of the sum below `least` or above `most`; infinite where neither is allowed.
    pub price: f64,
}

impl Limit {
    /// How far `sum` is from what is allowed; 0 within, rounding aside.
    #[must_use]
    pub fn off(&self, sum: f64) -> f64 {
        let off = (self.least - sum).max(sum - self.most).max(0.0);
        if off <= SLACK * sum.abs() { 0.0 } else { off }
    }

    /// The most that the objective can lose by it.
    pub(super) fn most_loss(&self) -> f64 {
        let reach: f64 = self.terms.iter().map(|(_, weight)| weight.abs()).sum();
        let finite = |limit: f64| if limit.is_finite() { limit.abs() } else { 0.0 };
        self.price * (reach + finite(self.least) + finite(self.most))
    }

    /// The sum over the units of `x`.
    #[must_use]
    pub fn sum(&self, x: &[bool]) -> f64 {
        self.terms.iter().filter(|(unit, _)| x[*unit as usize]).map(|(_, weight)| weight).sum()
    }
}

/// What holds for holes: land outside the zone that hangs together, faces nothing but the zone and is smaller than a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Holes {
    /// Whether every hole is to be filled where other limits let it; otherwise none may be made that is none now.
    pub fill: bool,
    /// Area below which such land is a hole.
    pub below: f64,
    /// Of every part the length of its boundary that faces nobody.
    pub open: Vec<f64>,
    /// Length from which land with such a boundary is open.
    pub open_from: f64,
}

/// Maximise F(x) = Σ valueᵢ xᵢ − λ (Σ lengthᵢⱼ |xᵢ − xⱼ| + η Σ exposedᵢ xᵢ) − κ Σ areaᵢ |xᵢ − x⁰ᵢ| over x ∈ {0, 1}ⁿ, subject to
/// the limits below. Area and length are in whatever unit the caller keeps to (ha and 100 m for a policy).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Problem {
    /// Area aᵢ > 0.
    pub area: Vec<f64>,
    /// Worth of holding the unit: aᵢ(sᵢ − τ), 0 where the score is unknown.
    pub value: Vec<f64>,
    /// x⁰: in the zone now.
    pub in_zone: Vec<bool>,
    /// Locks, whatever their reason.
    pub lock: Vec<Lock>,
    /// Boundary that faces nobody.
    pub exposed: Vec<f64>,
    /// Pairs, each once.
    pub links: Vec<Link>,
    /// The parts of units that have several, and which of them are contiguous. Blocks are made of parts: such a unit is in or out
    /// as a whole, and joins only what each of its parts adjoins.
    pub parts: Parts,
    /// λ.
    pub lambda: f64,
    /// η.
    pub edge_factor: f64,
    /// κ.
    pub kappa: f64,
    /// Least total area; −∞ for none.
    pub area_min: f64,
    /// Most total area; +∞ for none.
    pub area_max: f64,
    /// Most area moved; +∞ for none.
    pub moved_area_max: f64,
    /// Most units moved.
    pub moved_units_max: usize,
    /// Least area of a block that holds no unit locked in; 0 for none.
    pub min_block: f64,
    /// Price of a block below `min_block` where there may be one; infinite where there may not.
    pub small_block_price: f64,
    /// Whether a block below `min_block` has to hold the whole of a block that is that small now.
    pub no_new_small: bool,
    /// Least area of a block that holds no unit that is in now, nor one locked in; 0 for none, infinite where there may be
    /// no such block.
    pub new_block: f64,
    /// Most blocks.
    pub blocks_max: usize,
    /// Least concentration index (0 to 100); 0 for none.
    pub concentration_min: f64,
    /// Price of one point of the index below that where that is no hard rule; infinite where it is.
    pub concentration_price: f64,
    /// Limits on other sums of units.
    pub limits: Vec<Limit>,
    /// What holds for holes; none where nothing does. Bounds leave it aside.
    pub holes: Option<Holes>,
}

impl Problem {
    /// Number of parts.
    pub(super) fn part_count(&self) -> usize {
        self.parts.count(self.area.len())
    }

    /// The unit of a part.
    pub(super) fn unit_of(&self, part: usize) -> usize {
        self.parts.unit_of(part as u32) as usize
    }

    /// Area of a part.
    pub(super) fn part_area(&self, part: usize) -> f64 {
        self.area[self.unit_of(part)] * self.parts.share(part as u32)
    }

    /// Whether separator cuts have something to say.
    pub(super) fn speaks_of_blocks(&self) -> bool {
        self.min_block > 0.0 || self.new_block > 0.0 || self.blocks_max < usize::MAX
    }

    /// Whether there are prices besides that of total area.
    pub(super) fn has_more_prices(&self) -> bool {
        self.speaks_of_blocks()
            || !self.limits.is_empty()
            || self.concentration_min > 0.0
            || self.moved_area_max.is_finite()
            || self.moved_units_max < usize::MAX
    }
}

/// How a solution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Proven best: the gap is zero but for rounding.
    Optimal,
    /// Admissible, with a gap.
    Feasible,
    /// Stopped on request; the best found so far, admissible.
    Stopped,
    /// No admissible plan was found; the solution is the least bad one and `conflicts` says why.
    Infeasible,
}

/// Why a block pays for a separator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SeparatorKind {
    /// No block may lie within the region: it would be too small, or a new one that is too small.
    Small,
    /// Every block within the region costs the price of a small block.
    Priced,
    /// Any block costs the price of one block more.
    Counted,
}

/// A part of the proof of a bound: units of a region pay a unit's worth of objective to every unit of its neighbourhood,
/// the units outside that are contiguous with one inside. Who is in and pays without a block of its own kind within the
/// region has one of the neighbourhood in as well, so what all pay together costs an admissible zone no more than the
/// blocks' own prices: nothing for [`SeparatorKind::Small`]; for the others, at most the price of a block for each, as long
/// as over the regions that hold any one unit the payments add up to no more than that price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeparatorCut {
    /// Why.
    pub kind: SeparatorKind,
    /// The units, ascending.
    pub region: Vec<u32>,
    /// Units of the region that pay, ascending, with how much, in the integer units of the flow.
    pub payers: Vec<(u32, i64)>,
}

/// A part of what the area of a component of the units that may be in can be, with a flow of its own there.
#[derive(Debug, Clone, PartialEq)]
pub struct BandProof {
    /// The component, by its lowest unit.
    pub component: u32,
    /// The least area in the band.
    pub least: f64,
    /// The most.
    pub most: f64,
    /// The price of one unit of the component's area, which every unit that is in gains: beyond the least area of the band
    /// where it is positive, beyond the most where it is negative.
    pub price: f64,
    /// Links with an end in the component and the flow on them, ascending; links without flow left out.
    pub flow: Vec<(u32, i64)>,
}

/// Multipliers, cuts and a flow from which anyone can compute a bound again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BoundProof {
    /// The price of one unit of total area (positive: area is short).
    pub area_price: f64,
    /// The price of one unit of area moved, beyond κ.
    pub moved_price: f64,
    /// The price of one unit moved, whatever its area.
    pub moved_unit_price: f64,
    /// The price of one block more.
    pub block_price: f64,
    /// The price of one unit of each of [`Problem::limits`] (positive: the sum is held down).
    pub limit_prices: Vec<f64>,
    /// The price of one point of the concentration index.
    pub concentration_price: f64,
    /// The area at whose tangent the squared area of the zone was taken; 0 without a price of concentration.
    pub tangent_area: f64,
    /// What blocks pay.
    pub separators: Vec<SeparatorCut>,
    /// The flow on each link (in the order of `links`, a → b) in the integer units of [`Solution::flow_scale`].
    pub flow: Vec<i64>,
    /// The bands of components, by component and area; those of one component cover all that its area can be, and the largest
    /// value over them counts. A component without bands has one, of all areas.
    pub bands: Vec<BandProof>,
}

/// A node of a tree of cases, in the order in which a walk down the tree meets them.
#[derive(Debug, Clone, PartialEq)]
pub enum Case {
    /// This unit is in, in all that follows up to the end of one case, and then out.
    Split(u32),
    /// What proves the bound of one case.
    Proven(BoundProof),
    /// No zone of the case is admissible by sums or counts alone: what is in or out for sure makes the total area, the area or
    /// number of what moves, or a hard limit's sum miss what it has to be; or of the components of the units that may be in,
    /// one with something in for sure is smaller than its blocks have to be, more have something in for sure than there may be
    /// blocks, or all are too small for the concentration asked for.
    Impossible,
}

/// A choice of units with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// In or out, one a unit.
    pub x: Vec<bool>,
    /// F(x), less the price of small blocks, of points of concentration missed and of what is beyond a limit, where these are
    /// priced.
    pub objective: f64,
    /// No admissible choice has a larger objective: the lesser of what `proof` proves and, where there are cases, the most
    /// that any of them does.
    pub bound: f64,
    /// F(x⁰) of the present zone, priced alike, whether admissible or not.
    pub objective_before: f64,
    /// How it ended.
    pub status: Status,
    /// What proves a bound without telling cases apart.
    pub proof: BoundProof,
    /// Where branch and bound found a better bound, the tree of its cases; empty otherwise.
    pub cases: Vec<Case>,
    /// Integer units to one unit of objective, in all flows and payments.
    pub flow_scale: f64,
    /// Where no admissible choice was found: what contradicts what, or that the search was stopped too early.
    pub conflicts: Vec<Message>,
}

impl Solution {
    /// (bound − F(x)) ÷ (bound − F(x⁰)): the share of the achievable improvement that may be missing; 0 when the present
    /// zone is already best. None where no admissible choice was found: nothing is known of what is missing.
    #[must_use]
    pub fn gap(&self) -> Option<f64> {
        let admissible = self.status != Status::Infeasible;
        admissible.then(|| gap(self.bound, self.objective, self.objective_before))
    }
}

/// (bound − objective) ÷ (bound − before), at least 0; 0 where nothing is left to gain.
#[must_use]
pub fn gap(bound: f64, objective: f64, before: f64) -> f64 {
    let missing = (bound - objective).max(0.0);
    // What rounding alone may leave.
    if missing <= 1e-9 * bound.abs().max(1.0) { 0.0 } else { missing / (bound - before).max(missing) }
}
