//! Jobs.

use std::collections::BTreeSet;
use std::time::Duration;

use lianpian::error::{ErrorKind, Failure};
use lianpian::store::*;
use parcels::message;
use serde_json::json;

use crate::place::{NOON, Place, refused};

fn job(n: i64) -> NewJob {
    NewJob { kind: "plan".into(), payload: json!({"n": n, "λ": 5.1}), key: None, by: "li".into(), at: NOON }
}

/// Long enough for a test.
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) async fn a_job_from_queue_to_result(place: Place) {
    let store = place.open().await;
    assert!(store.claim_job("a", HOUR).await.unwrap().is_none());
    let (first, second) = (store.enqueue(&job(1)).await.unwrap(), store.enqueue(&job(2)).await.unwrap());
    assert_eq!((first.state, first.attempts), (JobState::Queued, 0));
    let (lease, taken) = store.claim_job("a", HOUR).await.unwrap().unwrap();
    assert_eq!((taken.id, taken.state, taken.attempts), (first.id, JobState::Running, 1));
    assert_eq!(taken.payload, json!({"n": 1, "λ": 5.1}));
    // Workers go by one clock, that of the database.
    assert!(taken.started.unwrap() > NOON);
    assert!(!store.job_progress(&lease, "optimise", 3, 10, HOUR).await.unwrap());
    let now = store.job(first.id).await.unwrap();
    assert_eq!((now.step.as_deref(), now.done, now.total), (Some("optimise"), 3, 10));
    let stranger = Lease { owner: "b".into(), ..lease.clone() };
    refused(store.job_progress(&stranger, "x", 0, 0, HOUR).await, ErrorKind::Conflict);
    refused(store.end_job(&stranger, &JobEnd::Cancelled).await, ErrorKind::Conflict);
    let result = JobEnd::Done(json!({"plan": 1}));
    let ended = store.end_job(&lease, &result).await.unwrap();
    assert_eq!((ended.state, ended.ended >= taken.started), (JobState::Done, true));
    assert_eq!(ended.result, Some(json!({"plan": 1})));
    refused(store.end_job(&lease, &result).await, ErrorKind::Conflict);
    assert!(place.sql("UPDATE lp_jobs SET state = 'queued' WHERE state = 'done'").await.is_err());

    let (lease, _) = store.claim_job("a", HOUR).await.unwrap().unwrap();
    let why = Failure::from(message!("no-usable-parcel", file = "地块.shp"));
    let failed = store.end_job(&lease, &JobEnd::Failed(why.clone())).await.unwrap();
    assert_eq!((failed.id, failed.failure), (second.id, Some(why.told())));
    assert_eq!(failed.error.as_deref(), Some("error: 地块.shp: no usable parcel is left after checking"));
    let listed: Vec<_> = store.jobs(10).await.unwrap().iter().map(|j| j.id).collect();
    assert_eq!(listed, [second.id, first.id]);
    assert_eq!(store.jobs(1).await.unwrap().len(), 1);
    refused(store.job(JobId(99)).await, ErrorKind::NotFound);
}

pub(crate) async fn a_key_queues_once(place: Place) {
    let store = place.open().await;
    let keyed = NewJob { key: Some("click-1".into()), ..job(1) };
    let first = store.enqueue(&keyed).await.unwrap();
    assert_eq!(store.enqueue(&keyed).await.unwrap(), first);
    let other = NewJob { key: Some("click-2".into()), ..job(1) };
    assert_ne!(store.enqueue(&other).await.unwrap().id, first.id);
    assert_ne!(store.enqueue(&job(1)).await.unwrap().id, store.enqueue(&job(1)).await.unwrap().id);
}

pub(crate) async fn a_job_is_cancelled(place: Place) {
    let store = place.open().await;
    let waiting = store.enqueue(&job(1)).await.unwrap();
    let cancelled = store.cancel_job(waiting.id).await.unwrap();
    assert_eq!((cancelled.state, cancelled.ended.is_some()), (JobState::Cancelled, true));
    assert!(store.claim_job("a", HOUR).await.unwrap().is_none());

    store.enqueue(&job(2)).await.unwrap();
    let (lease, running) = store.claim_job("a", HOUR).await.unwrap().unwrap();
    let asked = store.cancel_job(running.id).await.unwrap();
    assert_eq!((asked.state, asked.cancel_requested), (JobState::Running, true));
    assert!(store.job_progress(&lease, "optimise", 1, 2, HOUR).await.unwrap());
    let ended = store.end_job(&lease, &JobEnd::Cancelled).await.unwrap();
    assert_eq!(ended.state, JobState::Cancelled);
    assert_eq!(store.cancel_job(running.id).await.unwrap(), ended);
    refused(store.cancel_job(JobId(99)).await, ErrorKind::NotFound);
}

pub(crate) async fn two_workers_never_hold_the_same(place: Place) {
    let store = place.open().await;
    for n in 0..60 {
        store.enqueue(&job(n)).await.unwrap();
    }
    let mut workers = Vec::new();
    for worker in 0..4 {
        let store = place.open().await;
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some((lease, job)) = store.claim_job(&format!("w{worker}"), HOUR).await.unwrap() {
                taken.push(job.id);
                if job.id.0 % 2 == 0 {
                    store.end_job(&lease, &JobEnd::Done(json!(null))).await.unwrap();
                }
            }
            taken
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    assert_eq!(all.len(), 60);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 60);
}

pub(crate) async fn a_lost_job_is_taken_back(place: Place) {
    let store = place.open().await;
    let id = store.enqueue(&job(1)).await.unwrap().id;
    let mut leases = Vec::new();
    for attempt in 1..=ATTEMPTS_MAX {
        let (lease, taken) = store.claim_job("a", HOUR).await.unwrap().unwrap();
        assert_eq!((taken.attempts, lease.attempt), (attempt, attempt));
        assert!(store.recover_jobs().await.unwrap().is_empty(), "it is held");
        // Its worker says how far it is for the last time.
        store.job_progress(&lease, "x", 0, 0, Duration::ZERO).await.unwrap();
        let back = store.recover_jobs().await.unwrap();
        let last = attempt == ATTEMPTS_MAX;
        assert_eq!(back.len(), 1);
        assert_eq!(back[0].state, if last { JobState::Failed } else { JobState::Queued });
        assert_eq!((back[0].error.is_some(), back[0].ended.is_some()), (last, last));
        leases.push(lease);
    }
    for lease in leases {
        refused(store.end_job(&lease, &JobEnd::Done(json!(1))).await, ErrorKind::Conflict);
        refused(store.job_progress(&lease, "x", 0, 0, HOUR).await, ErrorKind::Conflict);
    }
    assert_eq!(store.job(id).await.unwrap().state, JobState::Failed);
    assert!(store.claim_job("a", HOUR).await.unwrap().is_none());

    // What was to stop does not come back.
    let stopped = store.enqueue(&job(3)).await.unwrap();
    store.claim_job("a", Duration::ZERO).await.unwrap().unwrap();
    store.cancel_job(stopped.id).await.unwrap();
    let back = store.recover_jobs().await.unwrap();
    assert_eq!(back.iter().map(|j| (j.id, j.state)).collect::<Vec<_>>(), [(stopped.id, JobState::Cancelled)]);
}

pub(crate) async fn a_service_that_ends_gives_its_job_back(place: Place) {
    let store = place.open().await;
    let id = store.enqueue(&job(1)).await.unwrap().id;
    // More often than a job may lose its worker.
    for _ in 0..=ATTEMPTS_MAX {
        let (lease, _) = store.claim_job("a", HOUR).await.unwrap().unwrap();
        store.job_progress(&lease, "optimise", 1, 2, HOUR).await.unwrap();
        let back = store.release_job(&lease).await.unwrap();
        assert_eq!((back.state, back.step, back.done), (JobState::Queued, None, 0));
        refused(store.release_job(&lease).await, ErrorKind::Conflict);
        refused(store.end_job(&lease, &JobEnd::Done(json!(1))).await, ErrorKind::Conflict);
    }
    // As often as before it may still lose it.
    for attempt in 1..=ATTEMPTS_MAX {
        store.claim_job("a", Duration::ZERO).await.unwrap().unwrap();
        let state = store.recover_jobs().await.unwrap()[0].state;
        assert_eq!(state == JobState::Failed, attempt == ATTEMPTS_MAX);
    }
    assert_eq!(store.job(id).await.unwrap().state, JobState::Failed);

    let stopped = store.enqueue(&job(2)).await.unwrap();
    let (lease, _) = store.claim_job("a", HOUR).await.unwrap().unwrap();
    store.cancel_job(stopped.id).await.unwrap();
    assert_eq!(store.release_job(&lease).await.unwrap().state, JobState::Cancelled);
}
