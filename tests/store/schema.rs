//! Projects of other versions.

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::{DataSetId, Moment, Zone, open};

use crate::place::{Place, refused};

pub(crate) async fn a_newer_project_is_refused(place: Place) {
    let store = place.open().await;
    let known = store.project().await.unwrap().schema;
    store.close().await;
    place.sql(&format!("UPDATE lp_project SET schema_version = {}", known + 1)).await.unwrap();
    let error = refused(open(&place.address, None).await.map(|_| ()), ErrorKind::Unreadable);
    let said = format!("made by a newer version: schema {}, this program knows {known}", known + 1);
    assert!(english(&error.what).contains(&said), "{error}");
    assert_eq!(error.hints, [parcels::message!("update-lianpian")]);
}

/// The first schema as it was, on either backend.
const FIRST: [&str; 2] = [
    include_str!("../../src/store/migrations/geopackage/0001.sql"),
    include_str!("../../src/store/migrations/postgis/0001.sql"),
];

/// What a program of then left in it: an imported layer, the one that an approved plan made of it, a scenario on each.
const ROWS: &str = "
    INSERT INTO lp_project (id, title, created, schema_version, last_decision) VALUES (1, 'old', 5, 1, 0);
    INSERT INTO lp_layers (id, name, main_file, files, crs, parcels, report, at, by)
      VALUES ('aa', 'parcels', 'p.gpkg', '{}', 'EPSG:4528', 3, '{\"issues\": [1]}', 6, 'li');
    INSERT INTO lp_policies (name, version, text, at, by) VALUES ('2025', 1, 'seed = 1', 6, 'li');
    INSERT INTO lp_scenarios (title, layer, policy_name, policy_version, version, at, by)
      VALUES ('first', 'aa', '2025', 1, 0, 7, 'li');
    INSERT INTO lp_plans (scenario, decided, policy_name, policy_version, status, record, zone, certificate, at, by)
      SELECT id, 0, '2025', 1, 'approved', '{}', ZONE, ZONE, 8, 'li' FROM lp_scenarios;
    INSERT INTO lp_layers (id, name, main_file, files, parcels, report, previous, plan, zone, at, by)
      SELECT 'bb', 'parcels', 'p.gpkg', '{}', 3, '{}', 'aa', id, ZONE, 9, 'wang' FROM lp_plans;
    INSERT INTO lp_scenarios (title, layer, policy_name, policy_version, version, at, by)
      VALUES ('second', 'bb', '2025', 1, 4, 10, 'li');";

pub(crate) async fn an_older_project_is_brought_up_to_date(place: Place) {
    let newest = {
        let folder = tempfile::tempdir().unwrap();
        Place::file(folder.path()).open().await.project().await.unwrap().schema
    };
    // Three parcels, the first and the last of them in.
    let zone = if place.is_file() { "x'030000000000000005'" } else { "'\\x030000000000000005'::bytea" };
    let first = if place.is_file() { FIRST[0] } else { FIRST[1] };
    if place.is_file() {
        std::fs::File::create(&place.address).unwrap();
    } else {
        place.sql("CREATE SCHEMA lianpian").await.unwrap();
    }
    let first = first.replace("CREATE SCHEMA lianpian;", "");
    place.sql(&first).await.unwrap();
    place.sql(&ROWS.replace("ZONE", zone)).await.unwrap();

    let store = open(&place.address, None).await.unwrap();
    assert_eq!(store.project().await.unwrap().schema, newest);
    assert!(store.jobs(10).await.unwrap().is_empty());
    // Each layer was its own data set, and is.
    let [first, second] = &store.data_sets().await.unwrap()[..] else { panic!("two data sets") };
    assert_eq!((first.id.0.as_str(), first.layer.0.as_str(), first.parcels), ("aa", "aa", 3));
    assert_eq!((first.main_file.as_str(), first.crs.as_deref()), ("p.gpkg", Some("EPSG:4528")));
    assert_eq!((&first.previous, first.plan, &first.reference_date), (&None, None, &None));
    let plan = store.plans(None).await.unwrap()[0].id;
    assert_eq!((&second.previous, second.plan), (&Some(first.id.clone()), Some(plan)));
    assert_eq!((second.by.as_str(), second.at), ("wang", Moment(9)));
    assert_eq!(store.data_set_report(&first.id).await.unwrap()["issues"][0], 1);
    assert_eq!(store.data_set_zone(&second.id).await.unwrap(), Some(Zone(vec![true, false, true])));
    assert_eq!(store.readings(&first.id).await.unwrap(), []);
    let scenarios = store.scenarios().await.unwrap();
    let of: Vec<(&str, &DataSetId, i64)> =
        scenarios.iter().map(|s| (s.title.as_str(), &s.data_set, s.version)).collect();
    assert_eq!(of, [("first", &first.id, 0), ("second", &second.id, 4)]);
    store.close().await;
    // Opened again it is the same.
    assert_eq!(open(&place.address, None).await.unwrap().scenarios().await.unwrap(), scenarios);
}
