//! Everything of a plan that is written, gathered in one place for the writers of its formats.

use geo::MultiPolygon;
use parcels::blocks::Blocks;
use parcels::parcel::{Barrier, Crs, Layer};
use parcels::plan::PlanRecord;
use parcels::score::Scores;
use parcels::table::Column;
use parcels::validate::Issue;

/// Everything of a plan that is written.
pub struct PlanOutput<'a> {
    /// The parcels before the plan.
    pub layer: &'a Layer,
    /// Their scores.
    pub scores: &'a Scores,
    /// The columns that the policy's filters and locks speak of, each by the name it is written under.
    pub sources: Vec<(String, &'a Column)>,
    /// Their land-use codes, where known.
    pub land_use: Vec<Option<String>>,
    /// The plan as `plan.json` holds it.
    pub record: &'a PlanRecord,
    /// In the zone after the plan, one a parcel.
    pub in_zone_after: &'a [bool],
    /// The zone's blocks now.
    pub blocks_before: &'a Blocks,
    /// The zone's blocks after the plan.
    pub blocks_after: &'a Blocks,
    /// Why a parcel cannot move, one a parcel: `in`, `out`, `freeze`, `ineligible`, `unknown_score`, `overlay:NAME`;
    /// empty when it can.
    pub hold: &'a [String],
    /// The share of sampled weights under which each parcel is on its side, one a parcel; none where not asked for.
    pub robustness: Option<&'a [f64]>,
    /// What was found wrong in the input.
    pub issues: &'a [Issue],
    /// Lines that cut contiguity, in the layer's CRS.
    pub barriers: &'a [Barrier],
    /// Name, rule (`forbid`, `inside` or `prefer`) and extent of the overlays, in the layer's CRS.
    pub overlays: &'a [(String, String, MultiPolygon<f64>)],
    /// The policy file as read.
    pub policy_toml: &'a str,
    /// The proof of the bound.
    pub certificate: &'a [u8],
    /// The CRS of the input file, that of `plan.gpkg` and `shp`.
    pub input_crs: &'a Crs,
}
