//! A policy with a part of it changed, and with what people decided.

use std::collections::{BTreeMap, BTreeSet};

use json_patch::merge;
use parcels::id::ParcelId;
use parcels::message;
use parcels::policy::{Policy, findings, read_error};
use serde_json::Value;

use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{DecisionKind, DecisionRecord, DecisionSeq, NewDecision};

/// `policy` with `change` merged into it (RFC 7386: objects are merged, null removes, all else replaces).
///
/// # Errors
/// A change that is no object, names what a policy does not have, or contradicts itself.
pub fn changed(policy: &Policy, change: &Value) -> Result<Policy> {
    let wrong = || message!("reading-policy-change");
    if !change.is_object() {
        return Err(Error::new(ErrorKind::Usage, wrong()).try_this(message!("send-object-of-sections")));
    }
    let mut whole = serde_json::to_value(policy).context(ErrorKind::Usage, wrong())?;
    merge(&mut whole, change);
    let policy: Policy = serde_json::from_value(whole)
        .map_err(|why| Error::new(ErrorKind::Usage, wrong()).because(read_error(&why.to_string())))?;
    let found = policy.check();
    if found.is_empty() {
        Ok(policy)
    } else {
        let what = message!("about-file", file = wrong(), what = findings(&found));
        Err(Error::new(ErrorKind::Usage, what))
    }
}

/// What people decided of parcels, the last word on each: as it stands after `log`, oldest first.
#[must_use]
pub fn standing(log: &[DecisionRecord]) -> BTreeMap<ParcelId, DecisionKind> {
    standing_then(log, &[])
}

/// As [`standing`], once these are decided too.
#[must_use]
pub fn standing_then(log: &[DecisionRecord], new: &[NewDecision]) -> BTreeMap<ParcelId, DecisionKind> {
    let undoes = log.iter().map(|d| d.undoes).chain(new.iter().map(|d| d.undoes));
    let undone: BTreeSet<DecisionSeq> = undoes.flatten().collect();
    let in_force = log.iter().filter(|d| !undone.contains(&d.seq)).map(|d| (d.kind, &d.parcel));
    let mut standing = BTreeMap::new();
    for (kind, parcel) in in_force.chain(new.iter().map(|d| (d.kind, &d.parcel))) {
        let Some(parcel) = parcel else { continue };
        match kind {
            DecisionKind::Free => {
                standing.remove(parcel);
            }
            DecisionKind::Comment | DecisionKind::Undo => {}
            kind => {
                standing.insert(parcel.clone(), kind);
            }
        }
    }
    standing
}

/// `policy` with these decisions as locks, which go before the locks it states itself. `in_zone` says where a parcel is
/// now, none where there is no such parcel: an accepted transfer takes it to the other side, a rejected one leaves it.
#[must_use]
pub fn decided(
    policy: &Policy,
    standing: &BTreeMap<ParcelId, DecisionKind>,
    in_zone: impl Fn(&ParcelId) -> Option<bool>,
) -> Policy {
    let mut policy = policy.clone();
    let locks = &mut policy.locks;
    let stated = |code: &String| !standing.contains_key(&ParcelId(code.clone()));
    for list in [&mut locks.inside, &mut locks.outside, &mut locks.freeze] {
        list.retain(stated);
    }
    for (parcel, kind) in standing {
        let Some(now) = in_zone(parcel) else { continue };
        let list = match (kind, now) {
            (DecisionKind::LockIn, _) | (DecisionKind::Accept, false) => &mut locks.inside,
            (DecisionKind::LockOut, _) | (DecisionKind::Accept, true) => &mut locks.outside,
            _ => &mut locks.freeze,
        };
        list.push(parcel.0.clone());
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Moment, ScenarioId};

    fn log(entries: &[(DecisionKind, Option<&str>, Option<i64>)]) -> Vec<DecisionRecord> {
        let record = |(seq, (kind, parcel, undoes)): (i64, &(DecisionKind, Option<&str>, Option<i64>))| {
            DecisionRecord {
                seq: DecisionSeq(seq),
                scenario: ScenarioId(1),
                version: seq,
                kind: *kind,
                parcel: parcel.map(|p| ParcelId(p.to_owned())),
                undoes: undoes.map(DecisionSeq),
                reason: None,
                by: "li".to_owned(),
                at: Moment(0),
            }
        };
        (1..).zip(entries).map(record).collect()
    }

    #[test]
    fn the_last_word_stands_and_an_undo_brings_back_the_one_before() {
        use DecisionKind::{Accept, Comment, Free, LockIn, LockOut, Reject, Undo};
        let log = log(&[
            (Accept, Some("a"), None),
            (Reject, Some("a"), None),
            (Undo, None, Some(2)),
            (LockOut, Some("b"), None),
            (Free, Some("b"), None),
            (LockIn, Some("c"), None),
            (Comment, Some("c"), None),
            (Accept, Some("d"), None),
            (Reject, Some("e"), None),
            (Accept, Some("gone"), None),
        ]);
        let standing = standing(&log);
        let policy = Policy::from_toml("[locks]\nin = ['d', 'x']\n").unwrap();
        let zone = |p: &ParcelId| (p.0 != "gone").then_some(p.0 == "d" || p.0 == "e");
        let locks = decided(&policy, &standing, zone).locks;
        // A comes in as accepted, d goes out although the policy held it in, e stays.
        assert_eq!(locks.inside, ["x", "a", "c"]);
        assert_eq!(locks.outside, ["d"]);
        assert_eq!(locks.freeze, ["e"]);
    }

    #[test]
    fn a_change_names_what_there_is_and_makes_sense() {
        let policy = Policy::default();
        let new = changed(&policy, &serde_json::json!({"objective": {"lambda": 8.5, "tau": 60}})).unwrap();
        assert_eq!((new.objective.lambda, new.objective.tau, new.objective.kappa), (8.5, Some(60.0), 10.0));
        let back = changed(&new, &serde_json::json!({"objective": {"tau": null}})).unwrap();
        assert_eq!(back.objective.tau, None);
        for wrong in [
            serde_json::json!({"objective": {"lamda": 8}}),
            serde_json::json!({"objective": {"lambda": -1}}),
            serde_json::json!([1]),
        ] {
            assert_eq!(changed(&policy, &wrong).unwrap_err().kind, ErrorKind::Usage, "{wrong}");
        }
    }
}
