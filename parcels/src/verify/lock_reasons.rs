//! Whether parcels are held for a reason that the policy or the data give, and whether those with a reason are held. A made-up
//! hold would make a plan look better than it is: the bound only covers what is free to move. A forgotten one lets a parcel
//! move that may not.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Judged, overlays};
use crate::message;
use crate::message::{AsParam as _, Message, Param, list};
use crate::policy::{OverlayRule, UnknownScore};
use crate::table::{Filter, column_of};

pub(super) fn check(judged: &Judged<'_>, findings: &mut Findings) {
    let policy = judged.evidence.policy;
    let conflicts = overlays::conflicts(judged);
    let (locks, rules) = (Locks::of(judged, findings), Rules::of(judged, &conflicts, findings));
    for (at, parcel) in judged.evidence.layer.parcels().iter().enumerate() {
        let hold = judged.evidence.hold[at].as_str();
        let what = || format!("parcels[{}].hold", parcel.id);
        let locked = locks.on(at, judged);
        if !locked.is_empty() {
            let side = |lock: &str| lock == "in" || lock == "freeze" && judged.before[at];
            if locked.iter().any(|lock| side(lock) != side(locked[0])) {
                findings.error(what(), message!("finding-locks-contradict", locks = list(&locked)));
            }
            if !locked.contains(&hold) {
                findings.differ(what(), said(hold), list(&locked), message!("finding-is-locked"));
            }
            continue;
        }
        let due = rules.on(at, judged);
        if due.contains(&hold) || hold.is_empty() && due.is_empty() {
            continue;
        }
        if hold == "ineligible" && rules.may(at, judged).is_none() {
            // Nobody can tell, which has been said already.
            continue;
        }
        if hold.is_empty() {
            let why = match due[0] {
                "unknown_score" => message!("finding-unknown-score-stays"),
                "ineligible" => message!("finding-filters-hold"),
                _ => message!("finding-contradicts-overlay"),
            };
            findings.differ(what(), said(hold), list(&due), why);
            continue;
        }
        let filters = if judged.before[at] { &policy.eligible.move_out } else { &policy.eligible.move_in };
        let why = match hold {
            "in" | "out" | "freeze" => message!("finding-no-lock"),
            "unknown_score" if judged.evidence.scores[at].is_none() => {
                message!("finding-unknown-scores-move")
            }
            "unknown_score" => message!("finding-score-known"),
            "ineligible" if filters.is_empty() => message!("finding-side-moves"),
            "ineligible" => message!("finding-filters-let-move"),
            other => match other.strip_prefix("overlay:").map(|name| policy.overlays.get(name)) {
                None => message!("finding-no-reason-to-hold"),
                Some(None) => message!("finding-no-such-overlay"),
                Some(Some(overlay)) if overlay.rule == OverlayRule::Prefer => {
                    message!("finding-overlay-holds-nothing")
                }
                Some(Some(_)) if judged.before[at] => message!("finding-overlay-holds-outside"),
                Some(Some(_)) => message!("finding-no-conflict-with-overlay"),
            },
        };
        findings.0.push(super::Finding {
            severity: crate::validate::Severity::Error,
            what: what(),
            claimed: Some(said(hold)),
            found: None,
            message: why,
        });
    }
}

/// What a person decided of parcels.
struct Locks<'a> {
    /// By id and by code.
    listed: [(&'static str, BTreeSet<&'a str>); 3],
    /// What the column of locks says of each parcel.
    column: Vec<Option<&'static str>>,
}

impl<'a> Locks<'a> {
    fn of(judged: &Judged<'a>, findings: &mut Findings) -> Self {
        let locks = &judged.evidence.policy.locks;
        let list = |codes: &'a [String]| codes.iter().map(String::as_str).collect();
        let listed =
            [("in", list(&locks.inside)), ("out", list(&locks.outside)), ("freeze", list(&locks.freeze))];
        let mut column = vec![None; judged.after.len()];
        if let Some(name) = &locks.column {
            match column_of(judged.evidence.columns, name) {
                Ok(found) => {
                    for (at, value) in found.values.iter().enumerate() {
                        let word = value.text().map(|word| word.to_lowercase());
                        column[at] = match word.as_deref() {
                            None | Some("0" | "free") => None,
                            Some("1" | "in") => Some("in"),
                            Some("-1" | "out") => Some("out"),
                            Some("freeze") => Some("freeze"),
                            Some(word) => {
                                let parcel = &judged.evidence.layer.parcels()[at].id;
                                let wrong = message!("finding-no-lock-word", column = name, word = word);
                                findings.error(format!("parcels[{parcel}].hold"), wrong);
                                None
                            }
                        };
                    }
                }
                Err(missing) => findings.error("locks.column", cannot_judge(&missing.asked)),
            }
        }
        Self { listed, column }
    }

    /// The locks on a parcel, each once.
    fn on(&self, at: usize, judged: &Judged<'_>) -> Vec<&'static str> {
        let parcel = &judged.evidence.layer.parcels()[at];
        let mut found: Vec<&str> = Vec::new();
        for (lock, codes) in &self.listed {
            if codes.contains(parcel.id.0.as_str())
                || parcel.code.as_deref().is_some_and(|code| codes.contains(code))
                || self.column[at] == Some(*lock)
            {
                found.push(lock);
            }
        }
        found
    }
}

/// What rules hold.
struct Rules<'a> {
    may_enter: Option<Vec<bool>>,
    may_leave: Option<Vec<bool>>,
    /// The word for each overlay that holds anything, and by how much (m²) each parcel contradicts it.
    overlays: Vec<(String, &'a [f64])>,
    unknown_stays: bool,
}

impl<'a> Rules<'a> {
    fn of(judged: &Judged<'_>, conflicts: &'a BTreeMap<&str, Vec<f64>>, findings: &mut Findings) -> Self {
        let policy = judged.evidence.policy;
        let mut may = |which: &str, filters: &[Filter]| match Filter::all_over(
            filters,
            judged.evidence.columns,
            judged.after.len(),
        ) {
            Ok(may) => Some(may),
            Err(missing) => {
                findings.error(format!("eligible.{which}"), cannot_judge(&missing.asked));
                None
            }
        };
        Self {
            may_enter: may("move_in", &policy.eligible.move_in),
            may_leave: may("move_out", &policy.eligible.move_out),
            overlays: conflicts
                .iter()
                .filter(|(name, _)| {
                    policy.overlays.get(**name).is_some_and(|o| o.rule != OverlayRule::Prefer)
                })
                .map(|(name, m2)| (format!("overlay:{name}"), m2.as_slice()))
                .collect(),
            unknown_stays: policy.eligible.unknown_score == UnknownScore::Freeze,
        }
    }

    /// Whether the filters let a parcel move; none where nobody can tell.
    fn may(&self, at: usize, judged: &Judged<'_>) -> Option<bool> {
        let may = if judged.before[at] { &self.may_leave } else { &self.may_enter };
        may.as_ref().map(|may| may[at])
    }

    /// Every reason there is for holding a parcel where it is.
    fn on(&self, at: usize, judged: &Judged<'_>) -> Vec<&str> {
        let mut found = Vec::new();
        if !judged.before[at] {
            found.extend(self.overlays.iter().filter(|(_, m2)| m2[at] > 0.0).map(|(word, _)| word.as_str()));
        }
        if self.may(at, judged) == Some(false) {
            found.push("ineligible");
        }
        if self.unknown_stays && judged.evidence.scores[at].is_none() {
            found.push("unknown_score");
        }
        found
    }
}

fn cannot_judge(column: &str) -> Message {
    message!("finding-column-missing", column = column)
}

/// A hold as the plan's files have it, or that there is none.
fn said(hold: &str) -> Param {
    if hold.is_empty() { message!("hold-none").as_param() } else { hold.as_param() }
}
