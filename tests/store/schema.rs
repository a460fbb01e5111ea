//! Projects of other versions.

use lianpian::error::ErrorKind;
use lianpian::messages::english;
use lianpian::store::open;

use crate::place::{Place, refused, scenario};

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

pub(crate) async fn an_older_project_is_brought_up_to_date(place: Place) {
    let store = place.open().await;
    let known = store.project().await.unwrap().schema;
    let kept = scenario(&*store).await;
    store.close().await;
    // As schema 1 left it.
    let newer = "DROP TABLE lp_jobs; DROP INDEX lp_scenarios_job; ALTER TABLE lp_scenarios DROP COLUMN job;";
    place.sql(&format!("{newer} UPDATE lp_project SET schema_version = 1")).await.unwrap();
    if !place.is_file() {
        place.sql("DROP FUNCTION lp_jobs_update").await.unwrap();
    }
    let store = open(&place.address, None).await.unwrap();
    assert_eq!(store.project().await.unwrap().schema, known);
    assert_eq!(store.scenario(kept.id).await.unwrap(), kept);
    assert!(store.jobs(10).await.unwrap().is_empty());
}
