//! Scenarios, decisions and plans.

use std::sync::Arc;

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::*;

use crate::place::{NOON, Place, decision, plan, refused, scenario, step, undo};

use DecisionKind::{Accept, Comment, LockIn, Reject};
use PlanStatus::{Approved, Draft, Rejected, Submitted};

pub(crate) async fn scenarios_change_by_version(place: Place) {
    let store = place.open().await;
    let made = scenario(&*store).await;
    assert_eq!((made.version, made.archived), (0, false));
    let change = ScenarioChange { title: Some("另一个".into()), archived: Some(true), policy: None };
    let changed = store.change_scenario(made.id, 0, &change).await.unwrap();
    assert_eq!((changed.version, changed.title.as_str(), changed.archived), (1, "另一个", true));
    assert_eq!(changed.policy, made.policy);
    let error = refused(store.change_scenario(made.id, 0, &change).await, ErrorKind::Conflict);
    assert_eq!(Conflict::of(&error).unwrap().now, changed);
    let missing = ScenarioChange {
        policy: Some(PolicyRef { name: "2026".into(), version: 9 }),
        ..ScenarioChange::default()
    };
    refused(store.change_scenario(made.id, 1, &missing).await, ErrorKind::NotFound);
    refused(store.change_scenario(ScenarioId(99), 1, &change).await, ErrorKind::NotFound);
    assert_eq!(store.scenarios().await.unwrap(), [changed]);
}

pub(crate) async fn a_conflict_carries_what_changed(place: Place) {
    let store = place.open().await;
    let id = scenario(&*store).await.id;
    store.decide(id, 0, &[decision(Accept, "p1")], "li", NOON).await.unwrap();
    let theirs = [decision(Reject, "p2"), decision(LockIn, "p3")];
    let theirs = store.decide(id, 1, &theirs, "wang", Moment(NOON.0 + 1)).await.unwrap();
    let late = store.decide(id, 1, &[decision(Accept, "p2")], "li", NOON).await;
    let error = refused(late, ErrorKind::Conflict);
    let conflict = Conflict::of(&error).unwrap();
    assert_eq!((conflict.based_on, conflict.now.version), (1, 3));
    assert_eq!(conflict.since, theirs);
    assert_eq!((conflict.since[1].by.as_str(), conflict.since[1].kind), ("wang", LockIn));
    assert_eq!(conflict.since[0].reason.as_deref(), Some("看过现场"));
    assert_eq!(store.decisions(Some(id), DecisionSeq(0)).await.unwrap().len(), 3);
    refused(store.decide(ScenarioId(99), 0, &[], "li", NOON).await, ErrorKind::NotFound);
}

pub(crate) async fn decisions_are_recorded_all_or_none(place: Place) {
    let store = place.open().await;
    let (one, two) = (scenario(&*store).await.id, scenario(&*store).await.id);
    let first = store.decide(one, 0, &[decision(Accept, "p1")], "li", NOON).await.unwrap();
    let bad = [decision(Accept, "p1"), undo(DecisionSeq(77))];
    refused(store.decide(one, 1, &bad, "li", NOON).await, ErrorKind::NotFound);
    assert_eq!(store.scenario(one).await.unwrap().version, 1);
    for senseless in [
        NewDecision { parcel: None, ..decision(Accept, "p1") },
        NewDecision { undoes: Some(first[0].seq), ..decision(Comment, "p1") },
        NewDecision { undoes: None, ..undo(first[0].seq) },
    ] {
        refused(store.decide(one, 1, &[senseless], "li", NOON).await, ErrorKind::Usage);
    }
    let general = NewDecision { parcel: None, ..decision(Comment, "") };
    store.decide(two, 0, &[general], "li", NOON).await.unwrap();
    store.decide(one, 1, &[decision(Reject, "p1")], "li", NOON).await.unwrap();
    let all = store.decisions(None, DecisionSeq(0)).await.unwrap();
    assert_eq!(all.iter().map(|d| d.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all.iter().map(|d| d.version).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(store.decisions(Some(one), first[0].seq).await.unwrap(), [all[2].clone()]);
}

pub(crate) async fn a_scenario_begins_with_all_its_decisions_or_is_not_made(place: Place) {
    let store = place.open().await;
    let like = scenario(&*store).await;
    let new = |decisions: &[NewDecision]| NewScenario {
        title: "副本".into(),
        data_set: like.data_set.clone(),
        policy: like.policy.clone(),
        job: None,
        decisions: decisions.to_vec(),
        by: "li".into(),
        at: NOON,
    };
    let both = [decision(Reject, "p1"), decision(LockIn, "p2")];
    let made = store.add_scenario(&new(&both)).await.unwrap();
    assert_eq!(made.version, 2);
    let log = store.decisions(Some(made.id), DecisionSeq(0)).await.unwrap();
    assert_eq!(log.iter().map(|d| (d.kind, d.version)).collect::<Vec<_>>(), [(Reject, 1), (LockIn, 2)]);
    // The first is fine, the second is found out only when the first is written.
    let bad = [decision(Accept, "p1"), undo(DecisionSeq(77))];
    refused(store.add_scenario(&new(&bad)).await, ErrorKind::NotFound);
    refused(
        store.add_scenario(&new(&[NewDecision { parcel: None, ..both[0].clone() }])).await,
        ErrorKind::Usage,
    );
    assert_eq!(store.scenarios().await.unwrap(), [like, made]);
    assert_eq!(store.decisions(None, DecisionSeq(0)).await.unwrap().len(), 2);
}

pub(crate) async fn a_decision_is_undone_once(place: Place) {
    let store = place.open().await;
    let (one, two) = (scenario(&*store).await.id, scenario(&*store).await.id);
    let made = store.decide(one, 0, &[decision(Accept, "p1")], "li", NOON).await.unwrap();
    refused(store.decide(two, 0, &[undo(made[0].seq)], "li", NOON).await, ErrorKind::Usage);
    let undone = store.decide(one, 1, &[undo(made[0].seq)], "li", NOON).await.unwrap();
    assert_eq!(undone[0].undoes, Some(made[0].seq));
    refused(store.decide(one, 2, &[undo(made[0].seq)], "li", NOON).await, ErrorKind::Usage);
    refused(store.decide(one, 2, &[undo(undone[0].seq)], "li", NOON).await, ErrorKind::Usage);
}

pub(crate) async fn of_two_at_once_one_wins(place: Place) {
    // Two processes, as far as the database can tell.
    let stores = [place.open().await, place.open().await];
    let id = scenario(&*stores[0]).await.id;
    let mut won = [0, 0];
    for version in 0..40 {
        let attempts = stores.each_ref().map(|store| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.decide(id, version, &[decision(Accept, "p")], "li", NOON).await })
        });
        let mut winners = 0;
        for (at, attempt) in attempts.into_iter().enumerate() {
            match attempt.await.unwrap() {
                Ok(_) => (winners, won[at]) = (winners + 1, won[at] + 1),
                Err(error) => assert_eq!(Conflict::of(&error).unwrap().since.len(), 1),
            }
        }
        assert_eq!(winners, 1, "at version {version}");
    }
    assert_eq!(won[0] + won[1], 40);
}

pub(crate) async fn who_reads_on_misses_nothing(place: Place) {
    const EACH: i64 = 40;
    let store = place.open().await;
    let mut writers = Vec::new();
    for _ in 0..4 {
        let id = scenario(&*store).await.id;
        let store = place.open().await;
        writers.push(tokio::spawn(async move {
            for version in 0..EACH {
                store.decide(id, version, &[decision(Accept, "p")], "li", NOON).await.unwrap();
            }
        }));
    }
    let mut last = 0;
    while last < 4 * EACH {
        for seen in store.decisions(None, DecisionSeq(last)).await.unwrap() {
            assert_eq!(seen.seq.0, last + 1, "a decision appeared before an earlier one");
            last = seen.seq.0;
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

pub(crate) async fn a_plan_moves_forward(place: Place) {
    let store = place.open().await;
    let scenario = scenario(&*store).await;
    let new = plan(&scenario, None);
    let made = store.add_plan(&new).await.unwrap();
    assert_eq!((made.status, made.scenario, &made.policy), (Draft, scenario.id, &scenario.policy));
    assert_eq!(store.plan_content(made.id).await.unwrap(), new.content);
    refused(store.move_plan(made.id, Draft, &step(Approved, "li")).await, ErrorKind::Usage);
    store.move_plan(made.id, Draft, &step(Submitted, "li")).await.unwrap();
    refused(store.move_plan(made.id, Draft, &step(Submitted, "li")).await, ErrorKind::Conflict);
    refused(store.discard_draft(made.id).await, ErrorKind::Conflict);
    let signed = store.move_plan(made.id, Submitted, &step(Approved, "wang")).await.unwrap();
    assert_eq!(signed.status, Approved);
    let late = store.move_plan(made.id, Submitted, &step(Rejected, "li")).await;
    let error = refused(late, ErrorKind::Conflict);
    assert!(english(&error.what).contains("approved"), "{error}");
    let steps = store.plan_steps(made.id).await.unwrap();
    let steps: Vec<_> = steps.iter().map(|s| (s.status, s.by.as_str())).collect();
    assert_eq!(steps, [(Draft, "li"), (Submitted, "li"), (Approved, "wang")]);

    let other = store.add_plan(&new).await.unwrap();
    store.discard_draft(other.id).await.unwrap();
    refused(store.plan(other.id).await, ErrorKind::NotFound);
    refused(store.plan_steps(other.id).await, ErrorKind::NotFound);
    refused(store.discard_draft(other.id).await, ErrorKind::NotFound);
    let third = store.add_plan(&new).await.unwrap();
    assert!(third.id > other.id, "a discarded plan's number is not given again");
    assert_eq!(store.plans(Some(scenario.id)).await.unwrap(), [signed, third]);
    assert!(store.plans(Some(ScenarioId(99))).await.unwrap().is_empty());
}

pub(crate) async fn a_job_leaves_one_plan(place: Place) {
    let store = place.open().await;
    let scenario = scenario(&*store).await;
    let first = store.add_plan(&plan(&scenario, Some(JobId(7)))).await.unwrap();
    let again = store.add_plan(&plan(&scenario, Some(JobId(7)))).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(store.plan_steps(first.id).await.unwrap().len(), 1);
}

pub(crate) async fn the_database_refuses_changes(place: Place) {
    let store = place.open().await;
    let scenario = scenario(&*store).await;
    store.decide(scenario.id, 0, &[decision(Accept, "p1")], "li", NOON).await.unwrap();
    let draft = store.add_plan(&plan(&scenario, None)).await.unwrap();
    let signed = store.add_plan(&plan(&scenario, None)).await.unwrap();
    store.move_plan(signed.id, Draft, &step(Submitted, "li")).await.unwrap();
    store.move_plan(signed.id, Submitted, &step(Approved, "wang")).await.unwrap();
    let everything = || async {
        let mut all = Vec::new();
        for table in ["lp_decisions", "lp_policies", "lp_layers", "lp_files", "lp_plan_steps"] {
            all.extend(
                place
                    .ask(
                        &format!("SELECT by FROM {table}")
                            .replace("by FROM lp_files", "sha256 FROM lp_files"),
                    )
                    .await,
            );
        }
        all.extend(place.ask("SELECT status FROM lp_plans ORDER BY id").await);
        all
    };
    let before = everything().await;
    let mut forbidden = vec![
        "UPDATE lp_decisions SET by = 'nobody'".to_owned(),
        "UPDATE lp_decisions SET parcel = 'p2' WHERE seq = 1".to_owned(),
        "DELETE FROM lp_decisions".to_owned(),
        "UPDATE lp_policies SET text = 'seed = 2'".to_owned(),
        "DELETE FROM lp_policies".to_owned(),
        "UPDATE lp_layers SET name = 'x'".to_owned(),
        "DELETE FROM lp_layers".to_owned(),
        "UPDATE lp_file_parts SET bytes = NULL".to_owned(),
        "DELETE FROM lp_file_parts".to_owned(),
        "DELETE FROM lp_files".to_owned(),
        "UPDATE lp_plan_steps SET by = 'nobody'".to_owned(),
        format!("DELETE FROM lp_plan_steps WHERE plan = {}", signed.id),
        format!("DELETE FROM lp_plans WHERE id = {}", signed.id),
        format!("UPDATE lp_plans SET status = 'approved' WHERE id = {}", draft.id),
        format!("UPDATE lp_plans SET record = '' WHERE id = {}", draft.id),
    ];
    for (column, value) in [
        ("status", "'draft'"),
        ("status", "'rejected'"),
        ("record", "''"),
        ("certificate", "zone"),
        ("at", "1"),
    ] {
        forbidden.push(format!("UPDATE lp_plans SET {column} = {value} WHERE id = {}", signed.id));
    }
    if place.is_file() {
        let values = format!("(1, {}, 1, 'reject', 'p1', 'nobody', 0)", scenario.id);
        forbidden.push(format!(
            "INSERT OR REPLACE INTO lp_decisions (seq, scenario, version, kind, parcel, by, at) VALUES {values}"
        ));
    } else {
        forbidden.push("TRUNCATE lp_decisions CASCADE".to_owned());
        forbidden.push("TRUNCATE lp_plans CASCADE".to_owned());
    }
    for sql in forbidden {
        assert!(place.sql(&sql).await.is_err(), "allowed: {sql}");
    }
    assert_eq!(everything().await, before);
}
