//! The project, files, layers and policies.

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::*;
use parcels::id::LayerId;

use crate::place::{NOON, Place, data_set, new_data_set, plan, refused, scenario};

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

pub(crate) async fn data_sets_stay_as_they_came(place: Place) {
    let store = place.open().await;
    let first = data_set(&*store, "data-1", "layer-1").await;
    let other = data_set(&*store, "data-0", "layer-0").await;
    // This year's tables on the same parcels.
    let mut record = first.clone();
    record.id = DataSetId("data-2".into());
    record.reference_date = Some("2026-12-31".into());
    record.previous = Some(first.id.clone());
    let next = store.add_data_set(&new_data_set(record.clone())).await.unwrap();
    assert_eq!(next, record);
    // What is there stays, whatever else is said of it.
    let again = DataSetRecord { name: "other".into(), ..first.clone() };
    assert_eq!(store.add_data_set(&new_data_set(again)).await.unwrap(), first);
    assert_eq!(store.data_sets().await.unwrap(), [first.clone(), other, next]);
    let layers = store.layers().await.unwrap();
    assert_eq!(layers.iter().map(|l| l.id.0.as_str()).collect::<Vec<_>>(), ["layer-1", "layer-0"]);
    assert_eq!((layers[0].name.as_str(), layers[0].parcels), ("地块", 3));
    assert_eq!(store.layer(&first.layer).await.unwrap(), layers[0]);
    assert_eq!(store.data_set(&first.id).await.unwrap(), first);
    assert_eq!(store.data_set_report(&first.id).await.unwrap()["issues"][0]["area_m2"], 0.1);
    assert_eq!(store.data_set_zone(&first.id).await.unwrap(), None);
    refused(store.layer(&LayerId("none".into())).await, ErrorKind::NotFound);
    refused(store.data_set(&DataSetId("none".into())).await, ErrorKind::NotFound);

    let mut record = first.clone();
    record.id = DataSetId("unfiled".into());
    record.files.insert("firms.csv".into(), FileHash("0".repeat(64)));
    let error = refused(store.add_data_set(&new_data_set(record)).await, ErrorKind::NotFound);
    assert!(english(&error.what).contains("firms.csv"), "{error}");

    let scenario = scenario(&*store).await;
    assert_eq!((&scenario.data_set, &scenario.layer), (&first.id, &first.layer));
    let plan = store.add_plan(&plan(&scenario, None)).await.unwrap();
    let mut record = first.clone();
    record.id = DataSetId("data-3".into());
    record.layer = LayerId("layer-2".into());
    record.effective_date = Some("2027-01-01".into());
    record.plan = Some(plan.id);
    let mut next = new_data_set(record);
    next.zone = Some(Zone(vec![true, false, true]));
    refused(store.add_data_set(&next).await, ErrorKind::Usage);
    next.record.previous = Some(first.id.clone());
    let zone = next.zone.take();
    refused(store.add_data_set(&next).await, ErrorKind::Usage);
    next.zone = zone;
    assert_eq!(store.add_data_set(&next).await.unwrap(), next.record);
    assert_eq!(store.data_set_zone(&next.record.id).await.unwrap(), next.zone);
    for change in ["UPDATE lp_data_sets SET name = 'x'", "DELETE FROM lp_data_sets", "DELETE FROM lp_layers"]
    {
        assert!(place.sql(change).await.is_err(), "{change}");
    }
    let mut on_none = NewScenario {
        title: "x".into(),
        data_set: DataSetId("none".into()),
        policy: scenario.policy,
        job: None,
        decisions: Vec::new(),
        by: "li".into(),
        at: NOON,
    };
    refused(store.add_scenario(&on_none).await, ErrorKind::NotFound);
    on_none.data_set = next.record.id;
    assert_eq!(store.add_scenario(&on_none).await.unwrap().layer, LayerId("layer-2".into()));
}

pub(crate) async fn what_was_read_is_kept_once(place: Place) {
    let store = place.open().await;
    let of = scenario(&*store).await;
    let policy = store.add_policy("2026", 1, "seed = 2", "li", NOON).await.unwrap();
    assert_eq!(store.readings(&of.data_set).await.unwrap(), []);
    let files = [store.put_file(b"one").await.unwrap(), store.put_file(b"two").await.unwrap()];
    let reading =
        |policy: &PolicyRef, file: &FileHash| Reading { policy: policy.clone(), file: file.clone() };
    let first = reading(&of.policy, &files[0]);
    assert_eq!(store.add_reading(&of.data_set, &first).await.unwrap(), first);
    // Who comes second is told what is kept.
    let late = reading(&of.policy, &files[1]);
    assert_eq!(store.add_reading(&of.data_set, &late).await.unwrap(), first);
    let other = reading(&policy, &files[1]);
    store.add_reading(&of.data_set, &other).await.unwrap();
    assert_eq!(store.readings(&of.data_set).await.unwrap(), [first, other.clone()]);
    let strange = Reading { file: FileHash("0".repeat(64)), ..other };
    let strange = Reading { policy: store.add_policy("2027", 0, "", "li", NOON).await.unwrap(), ..strange };
    refused(store.add_reading(&of.data_set, &strange).await, ErrorKind::NotFound);
    assert!(place.sql("UPDATE lp_readings SET file = file").await.is_err());

    // With the data set itself, all or none.
    let mut new = new_data_set(DataSetRecord {
        id: DataSetId("data-9".into()),
        ..store.data_set(&of.data_set).await.unwrap()
    });
    new.reading = Some(strange);
    refused(store.add_data_set(&new).await, ErrorKind::NotFound);
    refused(store.data_set(&new.record.id).await, ErrorKind::NotFound);
    new.reading = Some(reading(&policy, &files[0]));
    store.add_data_set(&new).await.unwrap();
    assert_eq!(store.readings(&new.record.id).await.unwrap(), [reading(&policy, &files[0])]);
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
