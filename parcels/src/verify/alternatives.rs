//! Other plans beside the plan: whether they keep the rules, are as far apart as they say, and state their figures right.

use std::collections::BTreeMap;

use super::{Evidence, Findings, Judged, constraints, figures};
use crate::id::ParcelId;
use crate::message;
use crate::plan::{ConstraintStatus, PlanRecord};

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    if record.alternatives.is_empty() {
        return;
    }
    let parcels = judged.evidence.layer.parcels();
    let position: BTreeMap<&ParcelId, usize> =
        parcels.iter().enumerate().map(|(at, p)| (&p.id, at)).collect();
    let apart_m2 = |a: &[bool], b: &[bool]| -> f64 {
        (0..a.len()).filter(|at| a[*at] != b[*at]).map(|at| judged.area_m2[at]).sum()
    };
    let mut zones = vec![judged.after.to_vec()];
    for (nth, alternative) in record.alternatives.iter().enumerate() {
        let name = format!("alternatives[{nth}]");
        let mut zone = judged.after.to_vec();
        for id in &alternative.changes {
            match position.get(id) {
                Some(&at) => zone[at] = !judged.after[at],
                None => findings.error(&name, message!("finding-changes-stranger", parcel = id.0)),
            }
        }
        if alternative.id != nth + 1 || !alternative.changes.is_sorted_by(|a, b| a < b) {
            findings.error(&name, message!("finding-alternative-order"));
        }
        for other in &zones {
            let found_m2 = apart_m2(other, &zone);
            if found_m2 < alternative.apart_m2 * (1.0 - super::TOLERANCE) {
                let what = format!("{name}.apart_m2");
                let nearer = message!("finding-alternative-near");
                findings.differ(what, alternative.apart_m2, found_m2, nearer);
            }
        }
        let evidence = Evidence { in_zone_after: &zone, ..*judged.evidence };
        // The areas are known, or the plan itself could not have been judged.
        let Ok(own) = Judged::new(&evidence) else { continue };
        for rule in constraints::judge(&own).into_iter().filter(|r| r.status == ConstraintStatus::Broken) {
            let breaks = message!("finding-alternative-breaks", id = rule.id, rule = rule.text.message());
            findings.error(&name, breaks);
        }
        let (value, before) = figures::objectives(&own);
        let concentration = own.blocks_after.concentration(own.min_block_m2);
        for (what, claimed, found) in [
            ("value", alternative.value, value),
            ("price", alternative.price, record.objective.value - value),
            ("gap", alternative.gap, figures::gap(alternative.bound, value, before)),
            ("area_m2", alternative.area_m2, own.area_after_m2),
            ("differs_m2", alternative.differs_m2, apart_m2(judged.after, &zone)),
            ("concentration", alternative.concentration, concentration.index),
            ("blocks", alternative.blocks as f64, concentration.blocks as f64),
        ] {
            findings.figure(&format!("{name}.{what}"), claimed, found);
        }
        if alternative.bound < value - super::TOLERANCE * value.abs().max(1.0) {
            let what = format!("{name}.bound");
            findings.differ(what, alternative.bound, value, message!("finding-bound-below-worth"));
        }
        zones.push(zone);
    }
}
