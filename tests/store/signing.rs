//! What a plan's rules say of signing it.

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::*;
use serde_json::{Value, json};

use crate::place::{NOON, Place, refused, step};
use crate::years::{Opened, Park, who};

use PlanStatus::{Approved, Draft, Rejected, Submitted};

/// A planned park.
async fn planned(place: &Place, more: &str) -> (Opened, PlanId, Value) {
    let park = Park::new();
    park.policy(more);
    place.open().await.close().await;
    park.import(place, "2024");
    let opened = Opened::new(place).await;
    let (id, record) = opened.planned(1).await;
    (opened, id, record)
}

/// The plan once more, with another status of a rule.
async fn with_rule(opened: &Opened, plan: PlanId, rule: &str, status: &str) -> PlanId {
    let store = &opened.project.store;
    let (of, mut content) = (store.plan(plan).await.unwrap(), store.plan_content(plan).await.unwrap());
    let mut record: Value = serde_json::from_str(&content.record).unwrap();
    let rules = record["constraints"].as_array_mut().unwrap();
    let one = rules.iter_mut().find(|c| c["id"] == rule).expect("the rule is listed");
    one["status"] = json!(status);
    content.record = record.to_string();
    let new = NewPlan {
        scenario: of.scenario,
        decided: of.decided,
        policy: of.policy,
        job: None,
        content,
        by: "li".into(),
        at: NOON,
    };
    store.add_plan(&new).await.unwrap().id
}

pub(crate) async fn what_breaks_a_hard_rule_is_not_signed(place: Place) {
    // No more than a lot and a half may be in the zone, and every lot of it is held.
    let cap = "area = { mode = 'cap', cap_ha = 1.5 }\n[locks]\nin = ['N0', 'N1', 'N2']";
    let (opened, plan, record) = planned(&place, cap).await;
    assert_eq!(record["objective"]["status"], "infeasible", "{record}");
    let plans = &opened.project.plans;
    let error =
        refused(plans.step(plan, Draft, Submitted, Some("会议".into()), who()).await, ErrorKind::Conflict);
    assert!(english(&error.what).contains("C1"), "{error}");
    assert_eq!(opened.project.store.plan(plan).await.unwrap().status, Draft);

    // What an older version let through goes no further, but back.
    let store = &opened.project.store;
    store.move_plan(plan, Draft, &step(Submitted, "wang")).await.unwrap();
    refused(plans.step(plan, Submitted, Approved, Some("会议".into()), who()).await, ErrorKind::Conflict);
    let other = with_rule(&opened, plan, "C1", "broken").await;
    store.move_plan(other, Draft, &step(Submitted, "wang")).await.unwrap();
    store.move_plan(other, Submitted, &step(Approved, "wang")).await.unwrap();
    refused(plans.apply(other, who()).await, ErrorKind::Conflict);
    assert_eq!(store.data_sets().await.unwrap().len(), 1);
    assert_eq!(plans.step(plan, Submitted, Rejected, None, who()).await.unwrap().status, Rejected);
}

pub(crate) async fn a_soft_rule_that_is_missed_needs_a_reason(place: Place) {
    let (opened, kept, _) = planned(&place, "").await;
    let plan = with_rule(&opened, kept, "C5", "missed").await;
    let plans = &opened.project.plans;
    for silence in [None, Some("  ".to_owned())] {
        let error = refused(plans.step(plan, Draft, Submitted, silence, who()).await, ErrorKind::Usage);
        assert!(english(&error.what).contains("C5"), "{error}");
    }
    plans.step(plan, Draft, Submitted, Some("历史遗留".into()), who()).await.unwrap();
    // It stands with the step; whoever signs need not say it again.
    let store = &opened.project.store;
    let steps = store.plan_steps(plan).await.unwrap();
    assert_eq!(steps.last().unwrap().reason.as_deref(), Some("历史遗留"));
    assert_eq!(plans.step(plan, Submitted, Approved, None, who()).await.unwrap().status, Approved);
    let next = plans.apply(plan, who()).await.unwrap();
    assert_eq!((next.plan, store.data_sets().await.unwrap().len()), (Some(plan), 2));

    // One that an older version submitted without a word is signed with one.
    let silent = with_rule(&opened, kept, "C5", "missed").await;
    let mute = PlanStep { reason: None, ..step(Submitted, "wang") };
    store.move_plan(silent, Draft, &mute).await.unwrap();
    refused(plans.step(silent, Submitted, Approved, None, who()).await, ErrorKind::Usage);
    plans.step(silent, Submitted, Approved, Some("同意".into()), who()).await.unwrap();
}
