//! C1 to C12, each by its definition (`domain.md` 1.6).

use std::collections::BTreeMap;

use super::holes::holes;
use super::{Finding, Findings, Judged, ROUNDING, agree, overlays};
use crate::message;
use crate::message::{AsParam as _, Message, number, signed};
use crate::plan::{ConstraintRecord, ConstraintStatus, PlanRecord};
use crate::policy::{AreaMode, AtLeast, BlockRule, NewBlockRule, OverlayRule, SmallBlockRule, Strictness};
use crate::units::M2_PER_HA;
use crate::validate::Severity;

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
                findings.same(&format!("{}.status", rule.id), claimed.status, rule.status);
                for (what, claimed, found) in
                    [("value", claimed.value, rule.value), ("limit", claimed.limit, rule.limit)]
                {
                    if let (Some(claimed), Some(found)) = (claimed, found)
                        && !agree(claimed, found)
                    {
                        findings.differ(
                            format!("{}.{what}", rule.id),
                            claimed,
                            found,
                            message!("finding-figure"),
                        );
                    }
                }
            }
            None if rule.status == ConstraintStatus::Off => {}
            None => findings.error(&rule.id, message!("finding-rule-untold", rule = rule.text.message())),
        }
        if rule.status == ConstraintStatus::Broken {
            findings.0.push(Finding {
                severity: Severity::Error,
                what: rule.id.clone(),
                claimed: None,
                found: rule.value.map(|value| value.as_param()),
                message: message!("finding-rule-broken", rule = rule.text.message()),
            });
        }
    }
    for (nth, extra) in record.constraints.iter().enumerate() {
        let earlier = record.constraints[..nth].iter().filter(|c| c.id == extra.id).count();
        if found.iter().filter(|c| c.id == extra.id).count() <= earlier {
            findings.error(&extra.id, message!("finding-no-such-rule"));
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
    rules.push(rule("C6", message!("rule-asks-whole-parcels"), hard(true), None, None));
    rules.push(locks(judged));
    rules.extend(sub_parks(judged));
    rules.extend(moved(judged));
    rules.push(concentration(judged));
    rules.push(new_blocks(judged));
    rules
}

fn rule(
    id: &str,
    asks: Message,
    status: ConstraintStatus,
    value: Option<f64>,
    limit: Option<f64>,
) -> ConstraintRecord {
    // An empty sum is -0.0, which nobody wants to read.
    ConstraintRecord { id: id.into(), text: asks.into(), status, value: value.map(|v| v + 0.0), limit }
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
            let asks = match area.base_ha {
                None => message!("rule-asks-area-kept"),
                Some(base_ha) => message!("rule-asks-area-of-base", base = number(base_ha, 4)),
            };
            rule("C1", asks, hard(holds), Some(share), Some(area.tolerance))
        }
        (AreaMode::Cap, Some(cap_ha)) => {
            let after_ha = after_m2 / M2_PER_HA;
            let holds = within(after_ha, cap_ha);
            rule("C1", message!("rule-asks-area-cap"), hard(holds), Some(after_ha), Some(cap_ha))
        }
        (AreaMode::Cap, None) | (AreaMode::Free, _) => {
            let after_ha = after_m2 / M2_PER_HA;
            rule("C1", message!("rule-asks-area-free"), ConstraintStatus::Off, Some(after_ha), None)
        }
    }
}

/// C2 and C3: incoming land that overlays forbid, or that lies outside where it should be.
fn overlay_rules(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let conflicts = overlays::conflicts(judged);
    let incoming = |at: &usize| judged.after[*at] && !judged.before[*at];
    let rules = [
        ("C2", OverlayRule::Forbid, message!("rule-asks-off-red-lines")),
        ("C3", OverlayRule::Inside, message!("rule-asks-inside")),
        ("C3", OverlayRule::Prefer, message!("rule-asks-inside-if-possible")),
    ];
    let policy = &judged.evidence.policy.overlays;
    let mut found = Vec::new();
    for (id, kind, asks) in rules {
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
        found.push(rule(id, asks, status, Some(at_odds_m2), Some(0.0)));
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
            let asks = message!("rule-asks-blocks-free");
            return rule("C4", asks, ConstraintStatus::Off, Some(count as f64), None);
        }
    };
    let asks = message!("rule-asks-blocks");
    rule("C4", asks, hard(count <= most), Some(count as f64), Some(most as f64))
}

fn min_block(judged: &Judged<'_>) -> ConstraintRecord {
    let constraints = &judged.evidence.policy.constraints;
    let small = judged.small_blocks(&judged.blocks_after).count();
    let least_ha = constraints.min_block_ha;
    let asks = message!("rule-asks-no-small-block", least = least_ha);
    let (asks, status, count) = match constraints.small_blocks() {
        SmallBlockRule::Hard => (asks, hard(small == 0), small),
        SmallBlockRule::NoNew => {
            let new = judged.new_small_blocks();
            let asks = message!("rule-asks-no-new-small-block", least = least_ha, staying = small - new);
            (asks, hard(new == 0), new)
        }
        SmallBlockRule::Soft => (asks, soft(small == 0), small),
        SmallBlockRule::Off => (asks, ConstraintStatus::Off, small),
    };
    rule("C5", asks, status, Some(count as f64), Some(0.0))
}

fn locks(judged: &Judged<'_>) -> ConstraintRecord {
    let wrong = (0..judged.after.len())
        .filter(|at| judged.held_to(*at).is_some_and(|side| side != judged.after[*at]))
        .count();
    rule("C7", message!("rule-asks-locks"), hard(wrong == 0), Some(wrong as f64), Some(0.0))
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
    let asks = match judged.evidence.policy.constraints.sub_park_base_ha.is_empty() {
        true => message!("rule-asks-sub-park"),
        false => message!("rule-asks-sub-park-of-base"),
    };
    let status = match judged.evidence.policy.constraints.sub_park {
        Strictness::Hard => hard(within(worst, band)),
        Strictness::Soft => soft(within(worst, band)),
        Strictness::Off => ConstraintStatus::Off,
    };
    Some(rule("C9", asks, status, Some(worst), Some(band)))
}

fn moved(judged: &Judged<'_>) -> Vec<ConstraintRecord> {
    let constraints = &judged.evidence.policy.constraints;
    let moved = || (0..judged.after.len()).filter(|at| judged.after[*at] != judged.before[*at]);
    let mut rules = Vec::new();
    if let Some(most) = constraints.max_moved_share {
        let moved_m2: f64 = moved().map(|at| judged.area_m2[at]).sum();
        let share = if judged.area_before_m2 > 0.0 { moved_m2 / judged.area_before_m2 } else { 0.0 };
        let holds = within(moved_m2, most * judged.area_before_m2);
        rules.push(rule("C10", message!("rule-asks-moved-area"), hard(holds), Some(share), Some(most)));
    }
    if let Some(most) = constraints.max_moved_parcels {
        let count = moved().count();
        let asks = message!("rule-asks-moved-parcels");
        rules.push(rule("C10", asks, hard(count <= most), Some(count as f64), Some(most as f64)));
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
    let asks = match wanted.at_least {
        AtLeast::Before => message!("rule-asks-concentration-kept"),
        AtLeast::Index(_) => message!("rule-asks-concentration"),
        AtLeast::Change(share) => {
            message!("rule-asks-concentration-change", change = signed(100.0 * share, 2))
        }
    };
    rule("C11", asks, status, Some(after), Some(least))
}

fn new_blocks(judged: &Judged<'_>) -> ConstraintRecord {
    let rule_ha = judged.evidence.policy.constraints.new_block_ha;
    let asks = match rule_ha {
        NewBlockRule::AtLeastHa(least) if least <= 0.0 => {
            let asks = message!("rule-asks-new-blocks-free");
            return rule("C12", asks, ConstraintStatus::Off, None, None);
        }
        NewBlockRule::AtLeastHa(least) => message!("rule-asks-new-block", least = least),
        NewBlockRule::Forbid => message!("rule-asks-no-new-block"),
    };
    let founded = judged.founded_too_small();
    rule("C12", asks, hard(founded == 0), Some(founded as f64), Some(0.0))
}
