//! The project, files, layers and policies.

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::*;
use parcels::id::LayerId;

use crate::place::{NOON, Place, layer, plan, refused, scenario, step};

pub(crate) async fn a_project_says_what_it_is(place: Place) {
    refused(open(&place.address, None).await.map(|_| ()), ErrorKind::NotFound);
    let store = place.open().await;
    store.ready().await.unwrap();
    let project = store.project().await.unwrap();
    assert_eq!((project.title.as_str(), project.created), ("示范园 demo", NOON));
    store.close().await;
    let other = NewProject { title: "another".into(), at: NOON };
    let store = open(&place.address, Some(&other)).await.unwrap();
    assert_eq!(store.project().await.unwrap(), project);
}

pub(crate) async fn who_make_it_at_once_share_it(place: Place) {
    let address = std::sync::Arc::new(place.address);
    let makers = [0, 1, 2, 3].map(|n| {
        let address = std::sync::Arc::clone(&address);
        let new = NewProject { title: format!("by {n}"), at: NOON };
        tokio::spawn(async move { open(&address, Some(&new)).await.unwrap().project().await.unwrap() })
    });
    let mut seen = Vec::new();
    for maker in makers {
        seen.push(maker.await.unwrap());
    }
    assert!(seen.iter().all(|project| *project == seen[0]), "{seen:?}");
}

pub(crate) async fn files_are_kept_once(place: Place) {
    let store = place.open().await;
    let large: Vec<u8> = (0..20_000_000_u32).map(|i| (i % 251) as u8).collect();
    for bytes in [&b""[..], b"one", &large] {
        let hash = store.put_file(bytes).await.unwrap();
        assert_eq!(store.put_file(bytes).await.unwrap(), hash);
        assert_eq!(hash.0.len(), 64);
        assert!(store.file(&hash).await.unwrap() == bytes);
    }
    assert_eq!(place.ask("SELECT sha256 FROM lp_files").await.len(), 3);
    refused(store.file(&FileHash("0".repeat(64))).await, ErrorKind::NotFound);
}

pub(crate) async fn layers_stay_as_they_came(place: Place) {
    let store = place.open().await;
    let first = layer(&*store, "layer-1").await;
    layer(&*store, "layer-0").await;
    layer(&*store, "layer-1").await;
    let layers = store.layers().await.unwrap();
    assert_eq!(layers.iter().map(|l| l.id.0.as_str()).collect::<Vec<_>>(), ["layer-1", "layer-0"]);
    assert_eq!(store.layer(&first).await.unwrap(), layers[0]);
    assert_eq!(store.layer_report(&first).await.unwrap()["issues"][0]["area_m2"], 0.1);
    assert_eq!(store.layer_zone(&first).await.unwrap(), None);
    refused(store.layer(&LayerId("none".into())).await, ErrorKind::NotFound);

    let mut record = layers[0].clone();
    record.id = LayerId("unfiled".into());
    record.files.insert("firms.csv".into(), FileHash("0".repeat(64)));
    let unfiled = NewLayer { record, report: serde_json::Value::Null, zone: None };
    let error = refused(store.add_layer(&unfiled).await, ErrorKind::NotFound);
    assert!(english(&error.what).contains("firms.csv"), "{error}");

    let scenario = scenario(&*store).await;
    let plan = store.add_plan(&plan(&scenario, None)).await.unwrap();
    store.move_plan(plan.id, PlanStatus::Draft, &step(PlanStatus::Submitted, "li")).await.unwrap();
    store.move_plan(plan.id, PlanStatus::Submitted, &step(PlanStatus::Approved, "wang")).await.unwrap();
    let mut record = layers[0].clone();
    record.id = LayerId("layer-2".into());
    record.applied = Some(Applied { previous: first, plan: plan.id });
    let mut next = NewLayer { record, report: serde_json::Value::Null, zone: None };
    refused(store.add_layer(&next).await, ErrorKind::Usage);
    next.zone = Some(Zone(vec![true, false, true]));
    store.add_layer(&next).await.unwrap();
    assert_eq!(store.layer(&next.record.id).await.unwrap(), next.record);
    assert_eq!(store.layer_zone(&next.record.id).await.unwrap(), next.zone);
}

pub(crate) async fn policies_gain_versions(place: Place) {
    let store = place.open().await;
    for version in 0..3 {
        let text = format!("seed = {version}");
        let kept = store.add_policy("2026 年", version, &text, "li", NOON).await.unwrap();
        assert_eq!(kept.version, version + 1);
        assert_eq!(store.policy(&kept).await.unwrap().text, text);
    }
    let error = refused(store.add_policy("2026 年", 2, "seed = 9", "wang", NOON).await, ErrorKind::Conflict);
    assert!(english(&error.what).contains("version 3"), "{error}");
    refused(store.add_policy("2027", 1, "seed = 9", "wang", NOON).await, ErrorKind::Conflict);
    assert_eq!(store.policies().await.unwrap().len(), 3);
    let missing = PolicyRef { name: "2026 年".into(), version: 4 };
    refused(store.policy(&missing).await, ErrorKind::NotFound);
}
