//! [`PlanRecord`]: a plan as it stands in `plan.json`.
//!
//! A plan is immutable and leaves no choice: its transfers, applied to its layer, give exactly one next zone.

mod transfers;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

pub use self::transfers::{Direction, Swap, Transfer, Unbalanced};
use crate::blocks::Concentration;
pub use crate::certificate::{BadCertificate, Certificate};
use crate::id::{LayerId, ParcelId};
use crate::message::Told;
pub use crate::optimise::{BoundProof, Case, SeparatorCut, SeparatorKind, Status};
use crate::units::AreaBasis;

/// The version of `plan.json`. A reader refuses a later one and says so.
pub const PLAN_SCHEMA: &str = "lianpian.plan/1";

/// `plan.json`. Areas in m², shares and gaps as fractions, scores 0 to 100.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlanRecord {
    /// [`PLAN_SCHEMA`].
    pub schema: String,
    /// What it was made from.
    pub inputs: Inputs,
    /// Total area of the zone.
    pub area: AreaRecord,
    /// What the plan is worth.
    pub objective: ObjectiveRecord,
    /// Area-weighted mean score of the zone's parcels with a known score.
    pub score: BeforeAfter<Option<f64>>,
    /// The indicators behind the score, with all that is needed to compute it again.
    pub indicators: Vec<IndicatorRecord>,
    /// How concentrated the zone is at the policy's gap tolerance and at those always shown.
    pub concentration: ConcentrationRecord,
    /// Every constraint in force.
    pub constraints: Vec<ConstraintRecord>,
    /// What moves, ascending by parcel id.
    pub transfers: Vec<Transfer>,
    /// Transfers grouped so that each group can be reviewed alone.
    pub swaps: Vec<Swap>,
    /// Other plans that are nearly as good, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// How far the plan hangs on the weights, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robustness: Option<RobustnessRecord>,
    /// Number of issues of the input, by kind.
    pub issues: BTreeMap<String, usize>,
    /// Why no admissible plan was found, in English; empty where one was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// The same as messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts_told: Vec<Told>,
    /// Which rules stand against each other then, and what it takes to let one go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNotRecord<ParcelId>>,
    /// Wall time by stage, ms: the one part that differs between two runs.
    pub elapsed_ms: BTreeMap<String, u64>,
}

/// What a plan was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// Content hash of the layer.
    pub layer: LayerId,
    /// The layer's name in its file.
    pub layer_name: String,
    /// Number of parcels.
    pub parcels: usize,
    /// SHA-256 of the policy file's bytes.
    pub policy: String,
    /// The policy's title.
    pub policy_name: String,
    /// The day that parcels and statistics are of, where the policy says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_date: Option<String>,
    /// Where the policy names its files from, as seen from the plan's folder; none where it names none, or the plan has no
    /// folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_folder: Option<String>,
    /// SHA-256 of every further file read (firm table, barriers, overlays, zone), by the name the policy gives it.
    pub files: BTreeMap<String, String>,
    /// Seed.
    pub seed: u64,
    /// Version of the program.
    pub version: String,
    /// The metric CRS the plan was computed in: `EPSG:4528`, or WKT where it has no code.
    pub crs: String,
}

/// One indicator as it was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndicatorRecord {
    /// Its name in the policy.
    pub id: String,
    /// Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Unit of the raw value.
    pub unit: String,
    /// Its weight; all add up to 1.
    pub weight: f64,
    /// What the normalisation took from the data.
    pub derived: BTreeMap<String, f64>,
}

/// Total area of the zone, m², on one basis.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AreaRecord {
    /// The basis.
    pub basis: AreaBasis,
    /// Now.
    pub before_m2: f64,
    /// After the plan.
    pub after_m2: f64,
    /// As a share of the present area; none when the area is not conserved.
    pub tolerance: Option<f64>,
}

/// What the plan is worth, in score · ha.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveRecord {
    /// F of the plan.
    pub value: f64,
    /// No admissible plan is worth more.
    pub bound: f64,
    /// (bound − value) ÷ (bound − before); none where no admissible plan was found.
    pub gap: Option<f64>,
    /// F of the present zone.
    pub before: f64,
    /// How the search ended.
    pub status: Status,
    /// τ that was used.
    pub tau: f64,
    /// Price of 1 ha of zone area at the bound, score points.
    pub area_price: f64,
    /// Price of 1 ha moved, beyond κ, at the bound, score points.
    pub moved_price: f64,
    /// Price of one parcel moved at the bound, score · ha.
    #[serde(default)]
    pub moved_unit_price: f64,
    /// Price of one block at the bound, score · ha.
    #[serde(default)]
    pub block_price: f64,
    /// Price of one point of the concentration index at the bound, score · ha.
    #[serde(default)]
    pub concentration_price: f64,
    /// Price of 1 ha of each sub-park at the bound, score points, by its name; positive where its band holds it down. Empty
    /// where no band has an effect.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sub_park_prices: BTreeMap<String, f64>,
}

/// A figure now and after the plan.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct BeforeAfter<T> {
    /// Now.
    pub before: T,
    /// After the plan.
    pub after: T,
}

/// Concentration now and after, with its sensitivity to the gap tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConcentrationRecord {
    /// The policy's gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
    /// At each gap tolerance always shown.
    pub by_gap: Vec<GapRecord>,
}

/// Concentration at one gap tolerance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GapRecord {
    /// Gap tolerance, m.
    pub gap_m: f64,
    /// Now.
    pub before: Concentration,
    /// After the plan.
    pub after: Concentration,
}

/// Whether a constraint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConstraintStatus {
    /// It holds.
    Met,
    /// A hard rule is broken: the plan is not admissible.
    Broken,
    /// A soft rule is broken: the plan says so.
    Missed,
    /// Not looked at.
    Off,
}

/// One constraint and how the plan stands to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConstraintRecord {
    /// C1 to C12.
    pub id: String,
    /// What it asks. Plans of before messages had codes have English words alone.
    #[serde(deserialize_with = "told_or_english")]
    pub text: Told,
    /// Whether it holds.
    pub status: ConstraintStatus,
    /// The plan's figure; its unit is in `text`.
    pub value: Option<f64>,
    /// The limit; its unit is in `text`.
    pub limit: Option<f64>,
}

/// A message with its words, or the English words alone that older plans have in its place.
fn told_or_english<'de, D: Deserializer<'de>>(from: D) -> Result<Told, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stated {
        Told(Told),
        English(String),
    }
    Ok(match Stated::deserialize(from)? {
        Stated::Told(told) => told,
        Stated::English(en) => Told { en, ..Told::default() },
    })
}

/// Rules that cannot all be kept. `N` names a parcel, or a unit of a bare instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhyNotRecord<N> {
    /// Ids of the rules in conflict, C1 to C12: with all of them no admissible plan was found.
    pub rules: Vec<String>,
    /// Where C7 is among them: the parcels whose locks are enough.
    pub locks: Vec<N>,
    /// Whether it is proven that no plan keeps all of these; otherwise none was found.
    #[serde(default)]
    pub proven: bool,
    /// Whether without any one of the rules and locks there is a plan; false where that is open of some.
    pub irreducible: bool,
    /// In words.
    pub text: Told,
    /// What it takes to let one rule go, the least change first.
    pub ways_out: Vec<WayOutRecord<N>>,
}

/// One rule let go so far that there is an admissible plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WayOutRecord<N> {
    /// Its id.
    pub rule: String,
    /// Its limit now: ha, a number of parcels, blocks or locks, or a concentration index.
    pub from: f64,
    /// The limit at which there is an admissible plan.
    pub to: f64,
    /// For C5: the limit stays, but small blocks of today may stay as well, as with `min_block = "no_new"`.
    #[serde(default)]
    pub no_new: bool,
    /// The change as a share of the limit; for locks the area released, and with `no_new` that of the small blocks that stay,
    /// as a share of the present zone.
    pub share: f64,
    /// Parcels whose locks are released.
    pub release: Vec<N>,
    /// F of the plan found then, score · ha.
    pub objective: f64,
    /// In words.
    pub text: Told,
}

/// Another admissible plan, apart from this one and from the alternatives before it by at least a stated area.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// From 1; the columns `zone_alt_1` … of the parcels show their zones.
    pub id: usize,
    /// By how much it had to differ, m².
    pub apart_m2: f64,
    /// Its F, score · ha.
    pub value: f64,
    /// No admissible plan that differs as much is worth more. Its proof is not written.
    pub bound: f64,
    /// (bound − value) ÷ (bound − F of the present zone).
    pub gap: f64,
    /// What it costs to take it: F of the plan less its own.
    pub price: f64,
    /// Area of the zone it leads to, m².
    pub area_m2: f64,
    /// Area of the parcels that are on another side than in the plan, m².
    pub differs_m2: f64,
    /// Concentration index of its zone.
    pub concentration: f64,
    /// Number of blocks of its zone.
    pub blocks: usize,
    /// The parcels that are on another side than in the plan, ascending by id.
    pub changes: Vec<ParcelId>,
}

/// How the robustness of transfers was found, and what it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RobustnessRecord {
    /// How often all weights were drawn anew.
    pub samples: usize,
    /// How far each weight was varied, as a share of itself, before all were scaled to the same sum.
    pub spread: f64,
    /// Area-weighted mean of the transfers' shares, 0 to 1; none where nothing moves.
    pub mean: Option<f64>,
}
