//! Whether parcels are held for a reason that the policy or the data give. A made-up hold would make a plan look better
//! than it is: the bound only covers what is free to move.

use std::collections::BTreeSet;

use super::{Findings, Judged, overlays};
use crate::policy::{OverlayRule, UnknownScore};

pub(super) fn check(judged: &Judged<'_>, findings: &mut Findings) {
    let conflicts = overlays::conflicts(judged);
    let policy = judged.evidence.policy;
    let listed = |codes: &[String]| codes.iter().cloned().collect::<BTreeSet<String>>();
    let locked = [
        ("in", listed(&policy.locks.inside)),
        ("out", listed(&policy.locks.outside)),
        ("freeze", listed(&policy.locks.freeze)),
    ];
    for (at, parcel) in judged.evidence.layer.parcels().iter().enumerate() {
        let hold = judged.evidence.hold[at].as_str();
        let what = format!("hold of {}", parcel.id);
        let named = |codes: &BTreeSet<String>| {
            codes.contains(&parcel.id.0) || parcel.code.as_ref().is_some_and(|c| codes.contains(c))
        };
        let locks: Vec<&str> =
            locked.iter().filter(|(_, codes)| named(codes)).map(|(lock, _)| *lock).collect();
        if !locks.is_empty() {
            // A parcel named in two lists obeys one of them.
            let obeyed = locks.iter().any(|lock| match *lock {
                "in" => judged.held_to(at) == Some(true),
                "out" => judged.held_to(at) == Some(false),
                _ => judged.held_to(at) == Some(judged.before[at]),
            });
            if !obeyed {
                findings.differ(what, say(hold), locks.join(", "), "the policy locks this parcel");
            }
            continue;
        }
        let unknown = judged.evidence.scores[at].is_none();
        let why = match hold {
            "" if unknown && policy.eligible.unknown_score == UnknownScore::Freeze => {
                Some("its score is unknown, so it has to stay")
            }
            "" => None,
            // A column of locks is not part of a written plan.
            "in" | "out" | "freeze" => {
                policy.locks.column.is_none().then_some("no lock of the policy names it")
            }
            "unknown_score" => (!unknown).then_some("its score is known"),
            "ineligible" => {
                let filters =
                    if judged.before[at] { &policy.eligible.move_out } else { &policy.eligible.move_in };
                filters.is_empty().then_some("the policy lets every parcel on this side move")
            }
            other => match other.strip_prefix("overlay:").map(|name| policy.overlays.get(name)) {
                None => Some("this is no reason for holding a parcel"),
                Some(None) => Some("the policy has no such overlay"),
                Some(Some(overlay)) if overlay.rule == OverlayRule::Prefer => {
                    Some("that overlay holds nothing")
                }
                Some(Some(_)) if judged.before[at] => Some("overlays hold parcels outside the zone only"),
                Some(Some(_)) => conflicts
                    .iter()
                    .all(|(name, m2)| hold.strip_prefix("overlay:") != Some(*name) || m2[at] <= 0.0)
                    .then_some("it does not contradict that overlay"),
            },
        };
        if let Some(why) = why {
            findings.0.push(super::Finding {
                severity: crate::validate::Severity::Error,
                what,
                claimed: Some(say(hold).into()),
                found: None,
                text: why.into(),
            });
        }
    }
}

fn say(hold: &str) -> &str {
    if hold.is_empty() { "free" } else { hold }
}
