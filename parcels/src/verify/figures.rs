//! Area, objective, mean scores and concentration.

use super::{Findings, Judged, constraints};
use crate::blocks::{Blocks, Concentration};
use crate::message;
use crate::plan::{ConstraintStatus, GapRecord, PlanRecord, Status};
use crate::policy::{AreaMode, SmallBlockRule, Strictness};
use crate::units::M2_PER_HA;
use crate::worth::mean_score;

/// Gap up to which a plan may call itself optimal: what integer flows leave.
const OPTIMAL_GAP: f64 = 1e-6;
/// Gap up to which it has to.
const SURELY_OPTIMAL_GAP: f64 = 5e-8;

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    inputs(record, judged, findings);
    area(record, judged, findings);
    objective(record, judged, findings);
    scores(record, judged, findings);
    concentration(record, judged, findings);
}

fn inputs(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let policy = judged.evidence.policy;
    findings.same("inputs.parcels", record.inputs.parcels, judged.after.len());
    findings.same("inputs.seed", record.inputs.seed, policy.seed);
    findings.same("inputs.policy_name", record.inputs.policy_name.as_str(), policy.name.as_str());
    if let Some(issues) = judged.evidence.issues {
        findings.same("issues", &record.issues, issues);
    }
}

fn area(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let rule = &judged.evidence.policy.constraints.area;
    findings.same("area.basis", record.area.basis, rule.basis);
    findings.figure("area.before_m2", record.area.before_m2, judged.area_before_m2);
    findings.figure("area.after_m2", record.area.after_m2, judged.area_after_m2);
    let tolerance = (rule.mode == AreaMode::Conserve).then_some(rule.tolerance);
    findings.same("area.tolerance", record.area.tolerance, tolerance);
}

fn objective(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let claimed = &record.objective;
    findings.figure("objective.tau", claimed.tau, judged.tau);
    let (value, before) = objectives(judged);
    findings.figure("objective.value", claimed.value, value);
    findings.figure("objective.before", claimed.before, before);
    if !claimed.bound.is_finite() {
        findings.error("objective.bound", message!("finding-bound-not-finite", bound = claimed.bound));
    }
    let gap = gap(claimed.bound, value, before);
    let stated = claimed.status != Status::Infeasible;
    findings.figure_or_none("objective.gap", claimed.gap, stated.then_some(gap));
    // An infeasible problem's least bad plan may be worth more than any admissible one.
    let slack = super::TOLERANCE * value.abs().max(1.0);
    if claimed.status != Status::Infeasible && claimed.bound < value - slack {
        findings.differ("objective.bound", claimed.bound, value, message!("finding-bound-below-worth"));
    }
    if claimed.status == Status::Infeasible
        && constraints::judge(judged).iter().all(|rule| rule.status != ConstraintStatus::Broken)
    {
        findings.error("objective.status", message!("finding-not-infeasible"));
    }
    // The planner calls a plan proven best from a gap well above this.
    if claimed.status == Status::Feasible && gap <= SURELY_OPTIMAL_GAP {
        findings.error("objective.status", message!("finding-is-optimal", gap = gap));
    }
    // Said this way round, a gap that is no number is no proof either.
    let proven = gap <= OPTIMAL_GAP;
    if claimed.status == Status::Optimal && !proven {
        findings.error("objective.status", message!("finding-not-optimal", gap = gap));
    }
}

/// F of the zone after and of the zone before.
pub(super) fn objectives(judged: &Judged<'_>) -> (f64, f64) {
    let value = objective_of(judged, judged.after, &judged.blocks_after);
    (value, objective_of(judged, &judged.before, &judged.blocks_before))
}

/// F by definition, less the prices of small blocks, of sub-parks beyond their bands and of points of concentration missed,
/// where these are priced.
fn objective_of(judged: &Judged<'_>, zone: &[bool], blocks: &Blocks) -> f64 {
    let policy = judged.evidence.policy;
    let small = match policy.constraints.small_blocks() {
        SmallBlockRule::Soft | SmallBlockRule::NoNew => judged.small_blocks(blocks).count(),
        SmallBlockRule::Hard | SmallBlockRule::Off => 0,
    };
    let points_short = match policy.constraints.concentrated().strictness {
        Strictness::Soft => {
            let (least, index) = (judged.least_concentration(), blocks.concentration(0.0).index);
            if super::is_below(index, least) { least - index } else { 0.0 }
        }
        Strictness::Hard | Strictness::Off => 0.0,
    };
    let beyond_ha = match policy.constraints.sub_park {
        Strictness::Soft => beyond_bands_ha(judged, zone),
        Strictness::Hard | Strictness::Off => 0.0,
    };
    let price = &policy.objective;
    judged.worth.of_zone(&judged.land(), zone)
        - price.small_block_price * small as f64
        - price.sub_park_price * beyond_ha
        - price.concentration_price * points_short
}

/// By how much the sub-parks' areas are outside their bands, all together.
fn beyond_bands_ha(judged: &Judged<'_>, zone: &[bool]) -> f64 {
    let share = judged.evidence.policy.constraints.sub_park_band;
    let beyond_m2 = |(before_m2, after_m2): (f64, f64)| {
        // Of a sub-park that begins to exist everything is beyond a band of less than the whole.
        let new = before_m2 <= 0.0 && share >= 1.0;
        if new { 0.0 } else { ((after_m2 - before_m2).abs() - share * before_m2).max(0.0) }
    };
    judged.sub_park_areas_m2(zone).into_values().map(beyond_m2).sum::<f64>() / M2_PER_HA
}

/// (bound − value) ÷ (bound − before), at least 0 and 0 where only rounding is left: what may be missing of what could be
/// gained at best. The optimiser has its own.
pub(super) fn gap(bound: f64, value: f64, before: f64) -> f64 {
    let missing = f64::max(bound - value, 0.0);
    if missing <= 1e-9 * bound.abs().max(1.0) {
        return 0.0;
    }
    missing / f64::max(bound - before, missing)
}

fn scores(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let (area_m2, scores) = (&judged.area_m2, judged.evidence.scores);
    let before = mean_score(area_m2, scores, |at| judged.before[at]);
    let after = mean_score(area_m2, scores, |at| judged.after[at]);
    findings.figure_or_none("score.before", record.score.before, before);
    findings.figure_or_none("score.after", record.score.after, after);
}

fn concentration(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let claimed = &record.concentration;
    let small_m2 = judged.min_block_m2;
    findings.figure("concentration.gap_m", claimed.gap_m, judged.evidence.policy.contiguity.gap_m);
    let (before, after) =
        (judged.blocks_before.concentration(small_m2), judged.blocks_after.concentration(small_m2));
    one(findings, "concentration.before", &claimed.before, &before);
    one(findings, "concentration.after", &claimed.after, &after);
    let gaps: Vec<f64> = claimed.by_gap.iter().map(|g| g.gap_m).collect();
    let shown: Vec<f64> = judged.evidence.by_gap.iter().map(|(gap_m, _)| *gap_m).collect();
    findings.same("concentration.by_gap", gaps, shown);
    for (gap_m, adjacency) in judged.evidence.by_gap {
        let Some(GapRecord { before, after, .. }) = claimed.by_gap.iter().find(|g| g.gap_m == *gap_m) else {
            continue;
        };
        for (claimed, zone, when) in [(before, &judged.before[..], "before"), (after, judged.after, "after")]
        {
            let found = Blocks::new(adjacency, zone, &judged.area_m2).concentration(small_m2);
            one(findings, &format!("concentration.by_gap[{gap_m}].{when}"), claimed, &found);
        }
    }
}

fn one(findings: &mut Findings, what: &str, claimed: &Concentration, found: &Concentration) {
    findings.figure(&format!("{what}.index"), claimed.index, found.index);
    findings.figure(&format!("{what}.lpi"), claimed.lpi, found.lpi);
    findings.same(&format!("{what}.blocks"), claimed.blocks, found.blocks);
    findings.figure(&format!("{what}.small_block_share"), claimed.small_block_share, found.small_block_share);
}
