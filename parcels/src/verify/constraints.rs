//! C1 to C12, each by its definition (`domain.md` 1.6).

use std::collections::BTreeMap;

use super::holes::holes;
use super::{Findings, Judged, ROUNDING, agree, overlays};
use crate::plan::{ConstraintRecord, ConstraintStatus, PlanRecord};
use crate::policy::{AreaMode, AtLeast, BlockRule, NewBlockRule, OverlayRule, SmallBlockRule, Strictness};
use crate::units::M2_PER_HA;

/// Compares the record's constraints with the plan's, in order of their ids.
pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let found = judge(judged);
    // C3 and C10 can stand there twice; the n-th of an id is compared with the n-th.
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    for rule in &found {
        let nth = taken.entry(&rule.id).or_default();
        let claimed = record.constraints.iter().filter(|c| c.id == rule.id).nth(*nth);
        *nth += 1;
        match claimed {
            Some(claimed) => {
                findings.same(&format!("{}: status", rule.id), claimed.status, rule.status);
                for (what, claimed, found) in
                    [("value", claimed.value, rule.value), ("limit", claimed.limit, rule.limit)]
                {
                    if let (Some(claimed), Some(found)) = (claimed, found)
                        && !agree(claimed, found)
                    {
                        findings.differ(
                            format!("{}: {what}", rule.id),
                            claimed,
                            found,
                            "the figure is wrong",
                        );
                    }
                }
            }
            None if rule.status == ConstraintStatus::Off => {}
            None => {
                findings.error(&rule.id, format!("the plan does not say how it stands to: {}", rule.text))
            }
        }
        if rule.status == ConstraintStatus::Broken {
            let value = rule.value.map_or_else(String::new, |v| format!("{v}"));
            findings.error(&rule.id, format!("broken: {} (found {value})", rule.text));
        }
    }
    for (nth, extra) in record.constraints.iter().enumerate() {
        let earlier = record.constraints[..nth].iter().filter(|c| c.id == extra.id).count();
        if found.iter().filter(|c| c.id == extra.id).count() <= earlier {
            findings.error(&extra.id, "the policy has no such rule");
        }
    }
}

/// Every constraint of the policy with how the plan stands to it.
pub(super) fn judge(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let mut rules = judge_all_but_holes(judged);
    let place = rules.iter().position(|rule| rule.id == "C7").map_or(rules.len(), |at| at + 1);
    let broken = |judged: &Judged<'_>| {
        let rules = judge_all_but_holes(judged).into_iter();
        rules.filter(|rule| rule.status == ConstraintStatus::Broken).map(|rule| rule.id).collect()
    };
    rules.insert(place, holes(judged, &broken));
    rules
}

/// The same without C8, which asks how the plan would stand to all others with a hole filled.
fn judge_all_but_holes(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let mut rules = vec![area(judged)];
    rules.extend(overlay_rules(judged));
    rules.push(blocks(judged));
    rules.push(min_block(judged));
    rules.push(rule("C6", "parcels move whole", hard(true), None, None));
    rules.push(locks(judged));
    rules.extend(sub_parks(judged));
    rules.extend(moved(judged));
    rules.push(concentration(judged));
    rules.push(new_blocks(judged));
    rules
}

fn rule(
    id: &str,
    text: impl Into<String>,
    status: ConstraintStatus,
    value: Option<f64>,
    limit: Option<f64>,
) -> ConstraintRecord {
    // An empty sum is -0.0, which nobody wants to read.
    ConstraintRecord { id: id.into(), text: text.into(), status, value: value.map(|v| v + 0.0), limit }
}

fn hard(holds: bool) -> ConstraintStatus {
    if holds { ConstraintStatus::Met } else { ConstraintStatus::Broken }
}

fn soft(holds: bool) -> ConstraintStatus {
    if holds { ConstraintStatus::Met } else { ConstraintStatus::Missed }
}

/// Whether `value` is at most `limit`, rounding aside.
fn within(value: f64, limit: f64) -> bool {
    value <= limit + ROUNDING * limit.abs().max(1.0)
}

fn area(judged: &Judged<'_>) -> ConstraintRecord {
    let area = &judged.evidence.policy.constraints.area;
    let (base_m2, after_m2) = (judged.area_base_m2(), judged.area_after_m2);
    match (area.mode, area.cap_ha) {
        (AreaMode::Conserve, _) => {
            let off_m2 = (after_m2 - base_m2).abs();
            let share = if base_m2 > 0.0 { off_m2 / base_m2 } else { 0.0 };
            // Rounding counts by the area itself, as for any limit, not by how far it may be off.
            let holds = within(after_m2, (1.0 + area.tolerance) * base_m2)
                && within((1.0 - area.tolerance) * base_m2, after_m2);
            let text = match area.base_ha {
                None => "total area changes by at most this share of the present area".to_owned(),
                Some(base_ha) => format!("total area is off {base_ha:.4} ha by at most this share of it"),
            };
            rule("C1", text, hard(holds), Some(share), Some(area.tolerance))
        }
        (AreaMode::Cap, Some(cap_ha)) => {
            let after_ha = after_m2 / M2_PER_HA;
            rule("C1", "total area, ha", hard(within(after_ha, cap_ha)), Some(after_ha), Some(cap_ha))
        }
        (AreaMode::Cap, None) | (AreaMode::Free, _) => {
            let after_ha = after_m2 / M2_PER_HA;
            rule("C1", "total area is free, ha", ConstraintStatus::Off, Some(after_ha), None)
        }
    }
}

/// C2 and C3: incoming land that overlays forbid, or that lies outside where it should be.
fn overlay_rules(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let conflicts = overlays::conflicts(judged);
    let incoming = |at: &usize| judged.after[*at] && !judged.before[*at];
    let rules = [
        ("C2", OverlayRule::Forbid, "incoming land on red-line layers, m²"),
        ("C3", OverlayRule::Inside, "incoming land outside the layers it has to be within, m²"),
        ("C3", OverlayRule::Prefer, "incoming land outside the layers it should be within, m²"),
    ];
    let policy = &judged.evidence.policy.overlays;
    let mut found = Vec::new();
    for (id, kind, text) in rules {
        let names: Vec<&String> =
            policy.iter().filter(|(_, o)| o.rule == kind).map(|(name, _)| name).collect();
        if names.is_empty() {
            continue;
        }
        let at_odds_m2: f64 = names
            .iter()
            .filter_map(|name| conflicts.get(name.as_str()))
            .map(|m2| (0..m2.len()).filter(incoming).map(|at| m2[at]).sum::<f64>())
            .sum();
        let holds = at_odds_m2 <= 0.0;
        let status = if kind == OverlayRule::Prefer { soft(holds) } else { hard(holds) };
        found.push(rule(id, text, status, Some(at_odds_m2), Some(0.0)));
    }
    found
}

fn blocks(judged: &Judged<'_>) -> ConstraintRecord {
    let count = judged.blocks_after.len();
    let most = match judged.evidence.policy.constraints.blocks {
        // Where there is no zone yet, its blocks limit nothing.
        BlockRule::Before if !judged.blocks_before.is_empty() => judged.blocks_before.len(),
        BlockRule::AtMost(most) => most,
        BlockRule::Before | BlockRule::Free => {
            return rule("C4", "number of blocks is free", ConstraintStatus::Off, Some(count as f64), None);
        }
    };
    rule("C4", "number of blocks", hard(count <= most), Some(count as f64), Some(most as f64))
}

fn min_block(judged: &Judged<'_>) -> ConstraintRecord {
    let constraints = &judged.evidence.policy.constraints;
    let small = judged.small_blocks(&judged.blocks_after).count();
    let least_ha = constraints.min_block_ha;
    let text = format!("number of blocks below {least_ha} ha in which no parcel is held inside");
    let (text, status, count) = match constraints.small_blocks() {
        SmallBlockRule::Hard => (text, hard(small == 0), small),
        SmallBlockRule::NoNew => {
            let new = judged.new_small_blocks();
            let text = format!(
                "number of blocks below {least_ha} ha that the plan makes; {} of today's stay as small as that",
                small - new
            );
            (text, hard(new == 0), new)
        }
        SmallBlockRule::Soft => (text, soft(small == 0), small),
        SmallBlockRule::Off => (text, ConstraintStatus::Off, small),
    };
    rule("C5", text, status, Some(count as f64), Some(0.0))
}

fn locks(judged: &Judged<'_>) -> ConstraintRecord {
    let wrong = (0..judged.after.len())
        .filter(|at| judged.held_to(*at).is_some_and(|side| side != judged.after[*at]))
        .count();
    let text = "number of locked or held parcels on the wrong side";
    rule("C7", text, hard(wrong == 0), Some(wrong as f64), Some(0.0))
}

fn sub_parks(judged: &Judged<'_>) -> Option<ConstraintRecord> {
    let band = judged.evidence.policy.constraints.sub_park_band;
    let areas = judged.sub_park_areas_m2(judged.after);
    // A sub-park that begins to exist changes by the whole of itself.
    let change = |(stated_m2, after_m2): &(f64, f64)| {
        let base_m2 = if *stated_m2 > 0.0 { *stated_m2 } else { *after_m2 };
        if base_m2 > 0.0 { (after_m2 - stated_m2).abs() / base_m2 } else { 0.0 }
    };
    let worst = areas.values().map(change).reduce(f64::max)?;
    let text = match judged.evidence.policy.constraints.sub_park_base_ha.is_empty() {
        true => "largest change of a sub-park's area, as a share of its present area",
        false => "how far a sub-park's area is off what its band lies around at most, as a share of that",
    };
    let status = match judged.evidence.policy.constraints.sub_park {
        Strictness::Hard => hard(within(worst, band)),
        Strictness::Soft => soft(within(worst, band)),
        Strictness::Off => ConstraintStatus::Off,
    };
    Some(rule("C9", text, status, Some(worst), Some(band)))
}

fn moved(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let constraints = &judged.evidence.policy.constraints;
    let moved = || (0..judged.after.len()).filter(|at| judged.after[*at] != judged.before[*at]);
    let mut rules = Vec::new();
    if let Some(most) = constraints.max_moved_share {
        let moved_m2: f64 = moved().map(|at| judged.area_m2[at]).sum();
        let share = if judged.area_before_m2 > 0.0 { moved_m2 / judged.area_before_m2 } else { 0.0 };
        let holds = within(moved_m2, most * judged.area_before_m2);
        let text = "area moved in and out, as a share of the present area";
        rules.push(rule("C10", text, hard(holds), Some(share), Some(most)));
    }
    if let Some(most) = constraints.max_moved_parcels {
        let count = moved().count();
        rules.push(rule("C10", "parcels moved", hard(count <= most), Some(count as f64), Some(most as f64)));
    }
    rules
}

fn concentration(judged: &Judged<'_>) -> ConstraintRecord {
    let before = judged.blocks_before.concentration(judged.min_block_m2).index;
    let after = judged.blocks_after.concentration(judged.min_block_m2).index;
    let wanted = judged.evidence.policy.constraints.concentrated();
    let least = wanted.at_least.index(before);
    let status = match wanted.strictness {
        Strictness::Hard => hard(!super::is_below(after, least)),
        Strictness::Soft => soft(!super::is_below(after, least)),
        Strictness::Off => ConstraintStatus::Off,
    };
    let text = match wanted.at_least {
        AtLeast::Before => "concentration index is at least the present one".to_owned(),
        AtLeast::Index(_) => "concentration index".to_owned(),
        AtLeast::Change(share) => {
            format!("concentration index, the present one changed by {:+} %", 100.0 * share)
        }
    };
    rule("C11", text, status, Some(after), Some(least))
}

fn new_blocks(judged: &Judged<'_>) -> ConstraintRecord {
    let rule_ha = judged.evidence.policy.constraints.new_block_ha;
    let text = match rule_ha {
        NewBlockRule::AtLeastHa(least) if least <= 0.0 => {
            return rule("C12", "new blocks may be of any area", ConstraintStatus::Off, None, None);
        }
        NewBlockRule::AtLeastHa(least) => {
            format!("number of new blocks below {least} ha, without land of today's zone")
        }
        NewBlockRule::Forbid => "number of new blocks, without land of today's zone".to_owned(),
    };
    let founded = judged.founded_too_small();
    rule("C12", text, hard(founded == 0), Some(founded as f64), Some(0.0))
}
