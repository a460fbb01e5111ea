//! [`Policy`]: everything a result depends on but the data, as one TOML file.
//!
//! Every section has defaults that cite their source, an unknown key is an error that names the nearest known one, and
//! [`Policy::check`] finds what contradicts itself before anything is computed.

mod constraints;
mod read_error;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::adjacency::Contiguity;
use crate::enterprise::Enterprises;
use crate::message;
use crate::message::Message;
use crate::score::{Indicator, Weights};
use crate::table::Filter;
use crate::validate::{Checks, Columns};

pub use constraints::{
    AreaMode, AreaRule, AtLeast, BlockRule, ConcentrationRule, Constraints, HoleRule, NewBlockRule,
    SmallBlockRule, Strictness,
};
pub use read_error::{own_error, read_error};

/// The widest gap that may be asked for, m: what lies further apart counts as scattered (散, `domain.md` 4.3), and the work of
/// finding who faces whom grows with the square of it.
const GAP_M_MAX: f64 = 200.0;

/// A whole policy file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its title, shown with every result.
    pub name: String,
    /// Seed of everything random (sampling; the plan itself uses none).
    pub seed: u64,
    /// The day that parcels and statistics are of, such as `2025-12-31`; shown with every result and every scenario.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_date: Option<String>,
    /// Which columns hold what.
    pub columns: Columns,
    /// The zone as a polygon layer, where no column says who is in it.
    pub zone: Option<ZoneSource>,
    /// What validation looks for.
    pub checks: Checks,
    /// The firm table.
    pub enterprises: Option<Enterprises>,
    /// The indicators of the score, by name.
    pub indicators: BTreeMap<String, Indicator>,
    /// How they are weighted.
    pub weights: Weights,
    /// When parcels are contiguous.
    pub contiguity: Contiguity,
    /// What a plan is worth.
    pub objective: Objective,
    /// What a plan has to keep to.
    pub constraints: Constraints,
    /// Which parcels may come in.
    pub eligible: Eligible,
    /// Parcels a person has decided on.
    pub locks: Locks,
    /// Polygon layers that forbid or require.
    pub overlays: BTreeMap<String, Overlay>,
}

/// The present zone where no column says it: drawn as polygons (a parcel is in when enough of its area is), or the parcels
/// that meet some filters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ZoneSource {
    /// The polygon layer (`file` or `file:layer`), relative to the policy file; without one, `where` speaks of the parcels'
    /// own columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<String>,
    /// The layer's CRS where its file states none or a wrong one, such as `EPSG:4547`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// Only features, or parcels, for which all of these hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Filter>,
    /// Share of the parcel's area from which it is in, 0 to 1.
    #[serde(default = "half")]
    pub share: f64,
}

fn half() -> f64 {
    0.5
}

/// What a plan is worth (policy section `[objective]`): areas in ha, lengths in 100 m.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Objective {
    /// λ: price of 100 m of zone boundary, in score · ha.
    pub lambda: f64,
    /// η: what boundary that faces no parcel counts, relative to boundary against contiguous parcels.
    pub edge_factor: f64,
    /// κ: price of moving 1 ha in or out, in score points.
    pub kappa: f64,
    /// τ: the score a parcel has to beat; the area-weighted mean of the known scores where not given.
    pub tau: Option<f64>,
    /// ρ: price of a block below the minimum area where one may be there, in score · ha.
    pub small_block_price: f64,
    /// Price of 1 ha by which a sub-park leaves its band where that is no hard rule, in score points; 0: the plan only says
    /// so.
    pub sub_park_price: f64,
    /// Price of one point of the concentration index (0 to 100) below what is asked for where that is no hard rule, in
    /// score · ha; 0: the plan only says so.
    pub concentration_price: f64,
}

impl Default for Objective {
    fn default() -> Self {
        Self {
            lambda: 5.0,
            edge_factor: 0.5,
            kappa: 10.0,
            tau: None,
            small_block_price: 50.0,
            sub_park_price: 0.0,
            concentration_price: 0.0,
        }
    }
}

/// Which features are parcels at all, and which parcels may come in (policy section `[eligible]`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Eligible {
    /// A parcel outside may come in only when all of these hold. Parcels inside are not touched by it.
    pub move_in: Vec<Filter>,
    /// A parcel inside may leave only when all of these hold.
    pub move_out: Vec<Filter>,
    /// Features for which any of these holds are no parcels (roads, water) and are set aside.
    pub not_parcels: Vec<Filter>,
    /// What happens to a parcel whose score is unknown.
    pub unknown_score: UnknownScore,
}

/// What happens to a parcel whose score is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum UnknownScore {
    /// It stays on its side: "unknown" is not "zero".
    #[default]
    Freeze,
    /// It may move; its land counts as worth exactly τ.
    Neutral,
}

/// Parcels a person has decided on, by id or code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Locks {
    /// Must be in.
    #[serde(rename = "in")]
    pub inside: Vec<String>,
    /// Must be out.
    #[serde(rename = "out")]
    pub outside: Vec<String>,
    /// Stay where they are.
    pub freeze: Vec<String>,
    /// A column that says `in`/`1`, `out`/`-1`, `freeze` or nothing/`0` for every parcel.
    pub column: Option<String>,
}

/// A polygon layer that forbids or requires (policy section `[overlays.NAME]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// The layer (`file` or `file:layer`), relative to the policy file.
    pub layer: String,
    /// Its CRS where the file states none or a wrong one, such as `EPSG:4547`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// Only features for which all of these hold.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Filter>,
    /// What it means for a parcel.
    pub rule: OverlayRule,
    /// Covered area (or, with `inside`, uncovered area) up to this many m² is survey noise.
    #[serde(default = "one")]
    pub ignore_m2: f64,
    /// So is up to this share of the parcel when the piece is thinner than `ignore_width_m`.
    #[serde(default = "thousandth")]
    pub ignore_share: f64,
    /// Width 2 · area ÷ perimeter, m.
    #[serde(default = "half")]
    pub ignore_width_m: f64,
}

fn one() -> f64 {
    1.0
}

fn thousandth() -> f64 {
    0.001
}

/// What an overlay means for a parcel outside the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OverlayRule {
    /// A parcel that meets it may not come in (永久基本农田, 生态保护红线). C2.
    Forbid,
    /// A parcel that is not wholly within it may not come in (城镇开发边界). C3, hard.
    Inside,
    /// A parcel that is not wholly within it may come in, but the plan says so. C3, soft.
    Prefer,
}

/// A policy that cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{}", self.message())]
pub enum PolicyError {
    /// The text is no policy: where and what, and what to try.
    Text(Message),
    /// The values contradict themselves; one entry a finding.
    Contradictory(Vec<Message>),
}

impl PolicyError {
    /// For people.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Text(what) => what.clone(),
            Self::Contradictory(found) => findings(found),
        }
    }
}

/// Several findings as one message.
#[must_use]
pub fn findings(found: &[Message]) -> Message {
    let rest = |rest: Option<Message>, first: &Message| {
        Some(match rest {
            Some(rest) => message!("rules-joined", first = first, rest = rest),
            None => first.clone(),
        })
    };
    found.iter().rev().fold(None, rest).unwrap_or_default()
}

impl Policy {
    /// Reads a policy from TOML text and checks it.
    ///
    /// # Errors
    /// [`PolicyError`]: text that is no TOML, an unknown key (with the nearest known one), or values that
    /// contradict themselves.
    pub fn from_toml(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(|e| explain(text, &e))?;
        let findings = policy.check();
        if findings.is_empty() { Ok(policy) } else { Err(PolicyError::Contradictory(findings)) }
    }

    /// What contradicts itself in this policy; empty when nothing does.
    #[must_use]
    pub fn check(&self) -> Vec<Message> {
        let mut found = Vec::new();
        if let Some(date) = self.reference_date.as_deref().filter(|date| !is_date(date)) {
            found.push(message!("reference-date-day", date = date));
        }
        let mut at_least_zero = |name: &str, value: f64| {
            if !(value >= 0.0 && value.is_finite()) {
                found.push(message!("at-least-zero", name = name, value = value));
            }
        };
        at_least_zero("contiguity.gap_m", self.contiguity.gap_m);
        at_least_zero("objective.lambda", self.objective.lambda);
        at_least_zero("objective.edge_factor", self.objective.edge_factor);
        at_least_zero("objective.kappa", self.objective.kappa);
        at_least_zero("objective.small_block_price", self.objective.small_block_price);
        at_least_zero("objective.sub_park_price", self.objective.sub_park_price);
        at_least_zero("constraints.min_block_ha", self.constraints.min_block_ha);
        at_least_zero("constraints.min_hole_ha", self.constraints.min_hole_ha);
        at_least_zero("constraints.sub_park_band", self.constraints.sub_park_band);
        at_least_zero("constraints.area.tolerance", self.constraints.area.tolerance);
        at_least_zero("constraints.max_moved_share", self.constraints.max_moved_share.unwrap_or(0.0));
        at_least_zero("objective.concentration_price", self.objective.concentration_price);
        if let NewBlockRule::AtLeastHa(least) = self.constraints.new_block_ha {
            at_least_zero("constraints.new_block_ha", least);
        }
        for (name, base) in &self.constraints.sub_park_base_ha {
            at_least_zero(&format!("constraints.sub_park_base_ha.{name}"), *base);
        }
        for (name, indicator) in &self.indicators {
            at_least_zero(&format!("indicators.{name}.weight"), indicator.weight);
        }
        if self.contiguity.gap_m > GAP_M_MAX {
            found.push(message!("gap-at-most", value = self.contiguity.gap_m, most = GAP_M_MAX));
        }
        match (self.constraints.area.mode, self.constraints.area.cap_ha) {
            (AreaMode::Cap, None) => {
                found.push(message!("cap-needs-ha"));
            }
            (AreaMode::Cap, Some(cap)) if !(cap > 0.0 && cap.is_finite()) => {
                found.push(message!("cap-above-zero", value = cap));
            }
            (AreaMode::Conserve | AreaMode::Free, Some(_)) => {
                found.push(message!("cap-only-with-cap"));
            }
            _ => {}
        }
        match (self.constraints.area.mode, self.constraints.area.base_ha) {
            (AreaMode::Conserve, Some(base)) if !(base > 0.0 && base.is_finite()) => {
                found.push(message!("base-above-zero", value = base));
            }
            (AreaMode::Cap | AreaMode::Free, Some(_)) => {
                found.push(message!("base-only-with-conserve"));
            }
            _ => {}
        }
        if !self.constraints.keep_concentration && self.constraints.concentration.is_some() {
            found.push(message!("concentration-contradiction"));
        }
        if self.constraints.blocks == BlockRule::AtMost(0) {
            found.push(message!("blocks-at-least-one"));
        }
        if self.columns.in_zone.is_some() && self.zone.is_some() {
            found.push(message!("zone-said-twice"));
        }
        if let Some(zone) = &self.zone
            && !(zone.share > 0.0 && zone.share <= 1.0)
        {
            found.push(message!("zone-share-range", value = zone.share));
        }
        if let Some(zone) = &self.zone
            && zone.layer.is_none()
            && zone.only.is_empty()
        {
            found.push(message!("zone-needs-layer"));
        }
        for code in &self.locks.inside {
            if self.locks.outside.contains(code) {
                found.push(message!("locked-both-ways", parcel = code));
            }
        }
        if let Some(firms) = &self.enterprises {
            for (name, aggregate) in &firms.aggregates {
                let given = [&aggregate.sum, &aggregate.mean, &aggregate.max, &aggregate.first]
                    .iter()
                    .filter(|a| a.is_some())
                    .count()
                    + usize::from(aggregate.count);
                if given != 1 {
                    found.push(message!("aggregate-exactly-one", name = name, given = given));
                }
            }
        }
        for (at, barrier) in self.contiguity.barriers.iter().enumerate() {
            if barrier.half_width_m.is_none() && barrier.half_width_column.is_none() {
                found.push(message!("barrier-needs-width", at = at, layer = barrier.layer));
            }
        }
        found
    }
}

/// Whether a text is a day of the calendar, year first, as `reference_date` has it.
#[must_use]
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else { return false };
    let number = |text: &str, digits: usize| -> Option<u32> {
        (text.len() == digits && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

/// Puts a TOML error into words: where it is, and which known key was probably meant.
fn explain(text: &str, error: &toml::de::Error) -> PolicyError {
    let place = error.span().map(|span| {
        let before = &text[..span.start.min(text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        message!("policy-place", line = line, column = column)
    });
    PolicyError::Text(message!("policy-text", place = place, what = read_error(error.message())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_policy_has_the_defaults() {
        let policy = Policy::from_toml("").unwrap();
        assert_eq!(policy.contiguity.gap_m, 20.0);
        assert_eq!(policy.constraints.blocks, BlockRule::Before);
        assert_eq!(policy, Policy::default());
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let wrong = Policy::from_toml("[objective]\nlamda = 3\n").unwrap_err().to_string();
        assert!(wrong.contains("column: 1, line: 2") && wrong.contains("no-such-key"), "{wrong}");
        assert!(wrong.contains("did-you-mean-key (name: \"lambda\")"), "{wrong}");
    }

    #[test]
    fn a_word_in_the_place_of_a_number_is_told_by_the_rule_it_breaks() {
        for (line, code) in [
            ("blocks = 'many'", "blocks-word"),
            ("new_block_ha = 'big'", "new-block-word"),
            ("max_moved_share = 'all'", "moved-share-word"),
            ("concentration = { at_least = 'more' }", "at-least-word"),
            ("concentration = { at_least = 101 }", "at-least-range"),
            ("min_block = 'hart'", "no-such-word"),
        ] {
            let wrong = Policy::from_toml(&format!("[constraints]\n{line}\n")).unwrap_err().to_string();
            assert!(wrong.contains(code) && wrong.contains("line: 2"), "{line}: {wrong}");
        }
    }

    #[test]
    fn a_reference_date_is_a_day() {
        for (date, good) in [
            ("2025-12-31", true),
            ("2024-02-29", true),
            ("2025-02-29", false),
            ("2025-13-01", false),
            ("2025-1-1", false),
            ("31.12.2025", false),
            ("2025", false),
            ("", false),
        ] {
            let read = Policy::from_toml(&format!("reference_date = '{date}'"));
            assert_eq!(read.is_ok(), good, "{date}");
            if let Err(error) = read {
                assert!(error.to_string().contains("reference-date-day"), "{error}");
            }
        }
    }

    #[test]
    fn contradictions_are_all_listed() {
        let text = "[constraints]\nblocks = 0\narea = { mode = 'cap' }\n[locks]\nin = ['a']\nout = ['a']\n[objective]\nlambda = -1\n[contiguity]\ngap_m = 10000\n";
        let wrong = Policy::from_toml(text).unwrap_err().to_string();
        for part in [
            "objective.lambda",
            "gap-at-most",
            "cap-needs-ha",
            "blocks-at-least-one",
            "locked-both-ways (parcel: \"a\")",
        ] {
            assert!(wrong.contains(part), "{part} missing in {wrong}");
        }
    }

    #[test]
    fn written_and_read_again_it_is_the_same() {
        let text =
            "name = 'x'\n[constraints]\nblocks = 3\n[overlays.farmland]\nlayer = 'f.gpkg'\nrule = 'forbid'\n";
        let policy = Policy::from_toml(text).unwrap();
        assert_eq!(Policy::from_toml(&toml::to_string(&policy).unwrap()).unwrap(), policy);
    }
}
