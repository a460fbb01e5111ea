//! What is wrong with an input: read it, validate it, list every issue and repair.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parcels::message;
use parcels::parcel::{Layer, RawLayer};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::validate::{Columns, Issue, Severity, validate, without_lost_codes};
use serde::Serialize;

use crate::app::planning::column_guess::{Profile, of_parcels};
use crate::app::planning::listed_issue::listed;
use crate::app::planning::prepare::{load_policy, misfit};
use crate::app::planning::suspicions;
use crate::error::Result;
use crate::io::crs::Proj;
use crate::io::read::{ReadOptions, read_layer};
use crate::io::source::Source;

/// Column names that usually hold the parcel's code, most telling first (`domain.md` 3.3).
const CODE_NAMES: [&str; 12] = [
    "parcel_code",
    "ZDDM",
    "宗地代码",
    "BDCDYH",
    "不动产单元号",
    "DKBH",
    "地块编号",
    "parcel",
    "BSM",
    "code",
    "ML",
    "parcel_id",
];
/// Column names that usually say whether a parcel is in the zone.
const ZONE_NAMES: [&str; 4] = ["in_zone", "zone_after", "是否在园区", "SFYQ"];
/// Column names that usually hold the registered area in m².
const AREA_NAMES: [&str; 4] = ["ZDMJ", "宗地面积", "DKMJ", "registered_area"];

/// What to check.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// The layers.
    pub inputs: Vec<Source>,
    /// How to read them.
    pub options: ReadOptions,
    /// Whose columns and checks apply; without one, usual column names are looked for.
    pub policy: Option<PathBuf>,
}

/// What was found in one input.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// The input as named.
    pub input: String,
    /// The layer's name in its file.
    pub layer: String,
    /// Content hash of the valid layer.
    pub layer_id: String,
    /// The CRS of the file.
    pub crs: String,
    /// The metric CRS the checks worked in.
    pub working_crs: String,
    /// The text encoding.
    pub encoding: String,
    /// Features in the file.
    pub features: usize,
    /// Parcels that can be used.
    pub parcels: usize,
    /// Their area on the ellipsoid, m².
    pub area_m2: f64,
    /// Their area in the plane, m².
    pub planar_area_m2: f64,
    /// The column taken for the parcel's code.
    pub code_column: Option<String>,
    /// Its columns, with what they probably mean.
    pub columns: Vec<Profile>,
    /// Number of issues by kind.
    pub counts: BTreeMap<String, usize>,
    /// Every issue.
    #[serde(serialize_with = "listed")]
    pub issues: Vec<Issue>,
}

impl CheckReport {
    /// Whether nothing worse than a note was found.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.issues.iter().all(|i| i.severity == Severity::Note)
    }
}

/// Checks every input.
///
/// # Errors
/// The first input that cannot be read at all, or a policy that does not fit it.
pub fn check(request: &CheckRequest, monitor: &dyn Monitor) -> Result<Vec<CheckReport>> {
    let policy = request.policy.as_deref().map(load_policy).transpose()?.map(|l| l.policy);
    request.inputs.iter().map(|input| check_one(input, request, policy.as_ref(), monitor)).collect()
}

fn check_one(
    input: &Source,
    request: &CheckRequest,
    policy: Option<&Policy>,
    monitor: &dyn Monitor,
) -> Result<CheckReport> {
    let mut read = read_layer(input, &request.options, monitor)?;
    let features = read.raw.shapes.len();
    let profiles = of_parcels(read.raw.table.columns());
    let columns = policy.map_or_else(|| usual_columns(&read.raw), |p| p.columns.clone());
    let defaults = Policy::default();
    let policy = policy.unwrap_or(&defaults);
    let geodesy = Proj::new(&read.raw.crs)?;
    read.issues.extend(without_lost_codes(&mut read.raw.table, &columns));
    let (layer, found) =
        validate(read.raw, &columns, &policy.eligible.not_parcels, &policy.checks, &geodesy, monitor)
            .map_err(|e| misfit(message!("checking-file", file = input), e))?;
    let mut issues = read.issues;
    issues.extend(found);
    issues.extend(suspicions::far_meridian(&layer)?);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for issue in &issues {
        *counts.entry(issue.kind.name().to_owned()).or_default() += 1;
    }
    let total = |area: fn(&parcels::units::Area) -> f64| -> f64 { sum(&layer, area) };
    Ok(CheckReport {
        input: input.to_string(),
        layer: layer.name().to_owned(),
        layer_id: layer.id().to_string(),
        crs: read.input_crs.name,
        working_crs: layer.crs().name.clone(),
        encoding: read.encoding,
        features,
        parcels: layer.len(),
        area_m2: total(|a| a.ellipsoidal.0),
        planar_area_m2: total(|a| a.planar.0),
        code_column: columns.parcel_code.map(|key| key.to_string()),
        columns: profiles,
        counts,
        issues,
    })
}

fn sum(layer: &Layer, area: fn(&parcels::units::Area) -> f64) -> f64 {
    // The sum of nothing is −0.
    layer.parcels().iter().map(|p| area(&p.area)).sum::<f64>() + 0.0
}

/// The columns that carry usual names, where the layer has them.
pub(crate) fn usual_columns(raw: &RawLayer) -> Columns {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| raw.table.column(name).ok()).map(|column| column.name.clone())
    };
    Columns {
        parcel_code: find(&CODE_NAMES).map(Into::into),
        in_zone: find(&ZONE_NAMES),
        registered_area: find(&AREA_NAMES),
        ..Columns::default()
    }
}
