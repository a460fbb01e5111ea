//! [`PlanRecord`] → findings: judges any plan from its definition.
//!
//! Nothing here is shared with [`crate::optimise`]: areas, objective, bound, blocks, limits and effects are computed
//! again from the parcels, the policy and the certificate, and compared with what `plan.json` says. A plan stands when
//! there is no finding. Figures agree within 1e-6 of themselves (at least of 1), counts and names exactly.
//!
//! Computed again with code of its own: areas and F; the bound, from the certificate; blocks, concentration and what each swap
//! does to it; every rule; who is locked, ineligible or held and why; normalised values, weights and scores of the
//! indicators from their raw values.
//!
//! Shared with the planner, as vocabulary: [`crate::worth`] (F by definition), [`crate::blocks`], [`crate::adjacency`], [`crate::boolean_ops`]
//! and the filters of [`crate::table`].
//!
//! Taken on trust, because nothing to judge it by is at hand or it would mean to plan again:
//!
//! * raw values of the indicators, and how much of a ratio's denominator they leave out: firm rows are not kept with a plan;
//! * whether an AHP matrix is consistent enough, which is asked before there is a plan;
//! * the words of reasons and of rules, and how high a veto price is beyond what the bound proves;
//! * each transfer's robustness (only that it is a share, and their mean), and whether alternatives' bounds are proven;
//! * that an infeasible problem is one, once the plan breaks a rule: `conflicts` and `why_not`;
//! * hashes, layer name and version in `inputs`, and wall times.

mod alternatives;
mod certificate;
mod constraints;
mod figures;
mod holes;
mod indicators;
mod lock_reasons;
mod overlays;
mod transfers;
mod without;

pub use certificate::{Bounded, Limits, bound};

use std::collections::BTreeMap;

use serde::Serialize;

use crate::adjacency::Adjacency;
use crate::blocks::{Blocks, Member};
use crate::id::{BlockIdx, ParcelIdx, PartIdx};
use crate::message;
use crate::message::{AsParam, Message, Param};
use crate::overlay::Covered;
use crate::parcel::Layer;
use crate::plan::{ConstraintRecord, PLAN_SCHEMA, PlanRecord};
use crate::policy::Policy;
use crate::table::Table;
use crate::validate::Severity;
use crate::worth::{Land, Worth, mean_score};

/// Relative difference within which two figures agree.
const TOLERANCE: f64 = 1e-6;
/// What rounding may add to a sum before a limit counts as broken, relative.
const ROUNDING: f64 = crate::units::LIMIT_SLACK;

/// What a plan is judged by. Every slice over parcels holds one value a parcel, in the layer's order.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The parcels; their `in_zone` is the zone before.
    pub layer: &'a Layer,
    /// Their scores, none where unknown.
    pub scores: &'a [Option<f64>],
    /// Each indicator over all parcels, to compute the scores again; empty when that is not asked for.
    pub parts: &'a [Part],
    /// Facing lengths at the policy's gap tolerance.
    pub adjacency: &'a Adjacency,
    /// Facing lengths at the gap tolerances (m) always shown. Pairs matter only among parcels in the zone.
    pub by_gap: &'a [(f64, Adjacency)],
    /// The zone after.
    pub in_zone_after: &'a [bool],
    /// Why a parcel cannot move: `in`, `out`, `freeze`, `ineligible`, `unknown_score`, `overlay:NAME`; empty when it can.
    pub hold: &'a [String],
    /// What the policy's overlays cover.
    pub overlays: &'a [OverlayCover],
    /// Tables of one row a parcel with the columns that the policy's filters and locks name; the first that has a column
    /// gives it.
    pub columns: &'a [&'a Table],
    /// Number of issues of the input by kind, when known.
    pub issues: Option<&'a BTreeMap<String, usize>>,
    /// The policy.
    pub policy: &'a Policy,
    /// The bytes of `certificate.bin`.
    pub certificate: &'a [u8],
}

/// One indicator's values.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name in the policy.
    pub id: String,
    /// In its unit, one value a parcel; none where missing.
    pub raw: Vec<Option<f64>>,
    /// 0 to 1, more is better, one value a parcel; none where unknown.
    pub normalised: Vec<Option<f64>>,
}

/// What one overlay covers.
#[derive(Debug, Clone, PartialEq)]
pub struct OverlayCover {
    /// Its name in the policy.
    pub name: String,
    /// The parcels it covers, in part or whole.
    pub covered: Vec<Covered>,
}

/// Something that is not as the plan says, or not as the rules ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// `Error` for a broken rule or a wrong figure; `Warning` where the plan stands but should say more.
    pub severity: Severity,
    /// Which rule, or where the claim stands in the plan's files, in no language: `C4`, `area.after_m2`,
    /// `transfers[310118…].score`, `parcels[310118…].hold`.
    pub what: String,
    /// What the plan says.
    pub claimed: Option<Param>,
    /// What was found instead.
    pub found: Option<Param>,
    /// What is wrong.
    pub message: Message,
}

/// For a log or a failing test, as [`Message`] has it.
impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.message)?;
        match (&self.claimed, &self.found) {
            (Some(claimed), Some(found)) => write!(f, " (claimed {claimed}, found {found})"),
            (Some(claimed), None) => write!(f, " (claimed {claimed})"),
            (None, Some(found)) => write!(f, " (found {found})"),
            (None, None) => Ok(()),
        }
    }
}

/// Everything that is wrong with `record`; empty when the plan stands.
///
/// # Panics
/// When a slice of `evidence` holds not one value a parcel.
#[must_use]
pub fn verify(record: &PlanRecord, evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    if record.schema != PLAN_SCHEMA {
        findings.differ("schema", &record.schema, PLAN_SCHEMA, message!("finding-other-schema"));
    }
    match Judged::new(evidence) {
        Ok(judged) => {
            figures::check(record, &judged, &mut findings);
            indicators::check(record, &judged, &mut findings);
            constraints::check(record, &judged, &mut findings);
            lock_reasons::check(&judged, &mut findings);
            transfers::check(record, &judged, &mut findings);
            certificate::check(record, &judged, &mut findings);
            alternatives::check(record, &judged, &mut findings);
        }
        Err(unusable) => findings.0.push(*unusable),
    }
    findings.0
}

/// How the zone `evidence.in_zone_after` stands to every constraint, as `plan.json` has to state it.
///
/// # Errors
/// The finding that makes judging impossible: an area that is not known on the policy's basis.
///
/// # Panics
/// When a slice of `evidence` holds not one value a parcel.
pub fn constraints(evidence: &Evidence<'_>) -> Result<Vec<ConstraintRecord>, Box<Finding>> {
    Ok(constraints::judge(&Judged::new(evidence)?))
}

/// The evidence with what follows from it directly.
struct Judged<'a> {
    evidence: &'a Evidence<'a>,
    area_m2: Vec<f64>,
    before: Vec<bool>,
    after: &'a [bool],
    area_before_m2: f64,
    area_after_m2: f64,
    tau: f64,
    worth: Worth,
    blocks_before: Blocks,
    blocks_after: Blocks,
    min_block_m2: f64,
}

impl<'a> Judged<'a> {
    fn new(evidence: &'a Evidence<'a>) -> Result<Self, Box<Finding>> {
        let layer = evidence.layer;
        let count = layer.len();
        let lengths = [evidence.scores.len(), evidence.in_zone_after.len(), evidence.hold.len()];
        assert!(
            lengths == [count; 3]
                && evidence.adjacency.len() == count
                && evidence.by_gap.iter().all(|(_, a)| a.len() == count)
                && evidence.parts.iter().all(|p| [p.raw.len(), p.normalised.len()] == [count; 2])
                && evidence.columns.iter().all(|t| t.rows() == count),
            "one value a parcel"
        );
        let basis = evidence.policy.constraints.area.basis;
        let mut area_m2 = Vec::with_capacity(count);
        for parcel in layer.parcels() {
            match parcel.area.on(basis).map(|a| a.0).filter(|a| a.is_finite()) {
                Some(area) => area_m2.push(area),
                None => {
                    return Err(Box::new(Finding {
                        severity: Severity::Error,
                        what: format!("parcels[{}]", parcel.id),
                        claimed: None,
                        found: None,
                        message: message!("finding-area-unknown"),
                    }));
                }
            }
        }
        let before: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        let after = evidence.in_zone_after;
        let total =
            |zone: &[bool]| area_m2.iter().zip(zone).filter(|(_, x)| **x).map(|(a, _)| a).sum::<f64>();
        let objective = &evidence.policy.objective;
        let tau = objective.tau.or_else(|| mean_score(&area_m2, evidence.scores, |_| true)).unwrap_or(0.0);
        Ok(Self {
            area_before_m2: total(&before),
            area_after_m2: total(after),
            tau,
            worth: Worth::new(objective, tau),
            blocks_before: Blocks::new(evidence.adjacency, &before, &area_m2),
            blocks_after: Blocks::new(evidence.adjacency, after, &area_m2),
            min_block_m2: evidence.policy.constraints.min_block_ha * crate::units::M2_PER_HA,
            area_m2,
            before,
            after,
            evidence,
        })
    }

    fn land(&self) -> Land<'_> {
        Land {
            adjacency: self.evidence.adjacency,
            area_m2: &self.area_m2,
            score: self.evidence.scores,
            in_zone_before: &self.before,
        }
    }

    /// Area of a part of a parcel, m².
    fn part_m2(&self, part: PartIdx) -> f64 {
        self.evidence.adjacency.part_area(&self.area_m2, part)
    }

    /// The side a parcel is held to; none when it may be on either.
    fn held_to(&self, at: usize) -> Option<bool> {
        match self.evidence.hold[at].as_str() {
            "" => None,
            "in" => Some(true),
            "out" => Some(false),
            _ => Some(self.before[at]),
        }
    }

    /// Area of every sub-park that its band lies around, and with `zone`, by its name, m².
    fn sub_park_areas_m2(&self, zone: &[bool]) -> BTreeMap<&str, (f64, f64)> {
        let mut areas: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
        for (at, parcel) in self.evidence.layer.parcels().iter().enumerate() {
            if let Some(name) = &parcel.sub_park {
                let (before_m2, after_m2) = areas.entry(name).or_default();
                *before_m2 += if self.before[at] { self.area_m2[at] } else { 0.0 };
                *after_m2 += if zone[at] { self.area_m2[at] } else { 0.0 };
            }
        }
        for (name, base_ha) in &self.evidence.policy.constraints.sub_park_base_ha {
            if let Some((before_m2, _)) = areas.get_mut(name.as_str()) {
                *before_m2 = base_ha * crate::units::M2_PER_HA;
            }
        }
        areas
    }

    /// Blocks below the minimum area in which no parcel is held inside.
    fn small_blocks<'b>(&'b self, blocks: &'b Blocks) -> impl Iterator<Item = &'b [Member]> {
        blocks
            .iter()
            .filter(|(block, members)| {
                is_below(blocks.area_m2(*block), self.min_block_m2)
                    && members.iter().all(|part| self.held_to(part.parcel.at()) != Some(true))
            })
            .map(|(_, members)| members)
    }

    /// The blocks of today below the minimum area, held or not.
    fn small_today(&self) -> impl Iterator<Item = (BlockIdx, &[Member])> {
        let today = &self.blocks_before;
        today.iter().filter(|(block, _)| is_below(today.area_m2(*block), self.min_block_m2))
    }

    /// Small blocks of the plan that hold the whole of no block that is small today.
    fn new_small_blocks(&self) -> usize {
        let small_today: Vec<&[Member]> = self.small_today().map(|(_, members)| members).collect();
        let mut number: BTreeMap<Member, usize> = BTreeMap::new();
        for (nth, small) in small_today.iter().enumerate() {
            number.extend(small.iter().map(|part| (*part, nth)));
        }
        let heir = |block: &[Member]| {
            let mut within: BTreeMap<usize, usize> = BTreeMap::new();
            for nth in block.iter().filter_map(|part| number.get(part)) {
                *within.entry(*nth).or_default() += 1;
            }
            within.iter().any(|(nth, parts)| *parts == small_today[*nth].len())
        };
        self.small_blocks(&self.blocks_after).filter(|block| !heir(block)).count()
    }

    /// Blocks of the plan without land of today's zone that are below the least area of such a block, and in which no parcel
    /// is held inside.
    fn founded_too_small(&self) -> usize {
        let least_m2 = self.evidence.policy.constraints.new_block_ha.least_ha() * crate::units::M2_PER_HA;
        let free =
            |part: &Member| !self.before[part.parcel.at()] && self.held_to(part.parcel.at()) != Some(true);
        let after = &self.blocks_after;
        after
            .iter()
            .filter(|(b, members)| is_below(after.area_m2(*b), least_m2) && members.iter().all(free))
            .count()
    }

    /// The least concentration index that the policy asks for; 0 where it asks for none or does not look.
    fn least_concentration(&self) -> f64 {
        let policy = self.evidence.policy;
        let rule = policy.constraints.concentrated();
        let counts = match rule.strictness {
            crate::policy::Strictness::Hard => true,
            crate::policy::Strictness::Soft => policy.objective.concentration_price > 0.0,
            crate::policy::Strictness::Off => false,
        };
        if counts { rule.at_least.index(self.blocks_before.concentration(0.0).index) } else { 0.0 }
    }

    /// The area to conserve, m².
    fn area_base_m2(&self) -> f64 {
        let base_ha = self.evidence.policy.constraints.area.base_ha;
        base_ha.map_or(self.area_before_m2, |base_ha| base_ha * crate::units::M2_PER_HA)
    }

    /// How far the areas of a swap may be apart in m²; infinite where it is not conserved.
    fn area_tolerance_m2(&self) -> f64 {
        let rule = &self.evidence.policy.constraints.area;
        match rule.mode {
            crate::policy::AreaMode::Conserve => rule.tolerance * self.area_before_m2,
            crate::policy::AreaMode::Cap | crate::policy::AreaMode::Free => f64::INFINITY,
        }
    }

    fn name(&self, parcel: ParcelIdx) -> &str {
        &self.evidence.layer[parcel].id.0
    }
}

/// Whether an area is below the least, more than rounding makes it.
fn is_below(area: f64, least: f64) -> bool {
    area < least * (1.0 - ROUNDING)
}

/// The list under construction.
struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, what: impl Into<String>, message: Message) {
        let what = what.into();
        self.0.push(Finding { severity: Severity::Error, what, claimed: None, found: None, message });
    }

    fn differ(
        &mut self,
        what: impl Into<String>,
        claimed: impl AsParam,
        found: impl AsParam,
        message: Message,
    ) {
        self.0.push(Finding {
            severity: Severity::Error,
            what: what.into(),
            claimed: Some(claimed.as_param()),
            found: Some(found.as_param()),
            message,
        });
    }

    /// Two figures that have to agree.
    fn figure(&mut self, what: &str, claimed: f64, found: f64) {
        if !agree(claimed, found) {
            self.differ(what, claimed, found, message!("finding-figure"));
        }
    }

    /// Two figures that have to agree, or both be absent.
    fn figure_or_none(&mut self, what: &str, claimed: Option<f64>, found: Option<f64>) {
        match (claimed, found) {
            (Some(claimed), Some(found)) => self.figure(what, claimed, found),
            (None, None) => {}
            _ => {
                let said =
                    |x: Option<f64>| x.map_or_else(|| message!("nothing").as_param(), |x| x.as_param());
                self.differ(what, said(claimed), said(found), message!("finding-figure"));
            }
        }
    }

    /// Two counts or names that have to be the same.
    #[expect(clippy::needless_pass_by_value, reason = "callers have plain numbers and words at hand")]
    fn same<T: PartialEq + Serialize>(&mut self, what: &str, claimed: T, found: T) {
        if claimed != found {
            self.differ(what, as_json(&claimed), as_json(&found), message!("finding-not-so"));
        }
    }
}

/// A value as it stands in `plan.json`.
fn as_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether two figures agree within 1e-6 of the larger, or of 1. What is not finite agrees with nothing.
fn agree(claimed: f64, found: f64) -> bool {
    let difference = (claimed - found).abs();
    difference.is_finite() && difference <= TOLERANCE * claimed.abs().max(found.abs()).max(1.0)
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
