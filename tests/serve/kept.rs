//! Plans as they are kept: nothing of them is searched for again.

use std::io::Cursor;
use std::path::Path;

use serde_json::{Value, json};

use crate::http::Answer;
use crate::project::{project, project_of, serve};
use crate::support::{Server, lianpian};

/// The files of an export, as it is downloaded.
fn archive(answer: Answer) -> zip::ZipArchive<Cursor<Vec<u8>>> {
    assert_eq!(answer.status, 200);
    zip::ZipArchive::new(Cursor::new(answer.body)).unwrap()
}

fn exported(server: &Server, plan: &Value, ask: &Value) -> Answer {
    let queued = server.post(&format!("/api/v1/plans/{plan}/exports"), ask);
    server.job_result(&queued);
    server.get(&format!("/api/v1/exports/{}", queued.json()["id"]))
}

/// Whether the folder of a plan stands, judged from scratch.
fn stands(plan: &Path) {
    let judged = lianpian().args(["--quiet", "verify"]).arg(plan).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
}

#[test]
fn a_plan_cut_short_with_others_beside_it_is_exported_and_shown_as_it_was_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = project(folder.path());
    let server = serve(&file);
    // The locks of what was decided hold in the export, too, and what is decided later does not.
    let whole = server.planned().1;
    let parcel = |at: usize| whole["transfers"][at]["parcel"].clone();
    let reject = |at: usize, based_on: i64| {
        let decisions = json!([{ "kind": "reject", "parcel": parcel(at), "reason": "在建" }]);
        let body = json!({ "based_on": based_on, "decisions": decisions });
        assert_eq!(server.post("/api/v1/scenarios/1/decisions", &body).status, 201);
    };
    reject(0, 0);
    let ask = json!({ "time_limit_s": 1e-9, "alternatives": 2, "robustness": 3 });
    let made = server.job_result(&server.post("/api/v1/scenarios/1/plans", &ask));
    reject(1, 1);
    let kept = server.json(&format!("/api/v1/plans/{}", made["plan"]))["record"].clone();
    assert_ne!(kept["transfers"], whole["transfers"], "the search was cut short");

    let mut files = archive(exported(&server, &made["plan"], &json!({ "format": "folder" })));
    let written: Value = serde_json::from_reader(files.by_name("plan.json").unwrap()).unwrap();
    assert_eq!(written, kept);
    let dir = folder.path().join("exported");
    files.extract(&dir).unwrap();
    stands(&dir);
    let gpkg = json!({ "format": "gpkg" });
    let [first, second] = [0, 1].map(|_| exported(&server, &made["plan"], &gpkg));
    assert_eq!(first.header("content-type"), "application/geopackage+sqlite3");
    assert_eq!(first.body, second.body, "the same plan is the same file");

    // After a restart, too.
    drop(server);
    let server = serve(&file);
    let page = server.json("/ogc/collections/transfers/items?limit=1000");
    assert_eq!(
        page["features"].as_array().unwrap().len(),
        kept["transfers"].as_array().unwrap().len(),
        "the plan's own transfers are shown"
    );
}

#[test]
fn the_service_listens_before_it_has_read_what_it_shows() {
    let folder = tempfile::tempdir().unwrap();
    let file = project_of(folder.path(), 6000);
    let mut command = lianpian();
    command.arg("serve").arg("--project").arg(&file).args(["--listen", "127.0.0.1:0"]);
    let server = Server::spawn(&mut command);
    // Reading the layer takes seconds.
    server.get("/readyz").problem(503);
    assert_eq!(server.json("/api/v1/scenarios").as_array().unwrap().len(), 1);
    server.ready();
    assert_eq!(server.get("/ogc/collections/parcels").status, 200);
}

#[test]
fn every_kept_plan_says_what_it_comes_to() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let (first, record) = server.planned();
    let asked = ["transfers", "sub-parks", "blocks", "blocks?when=before"];
    let answers = || asked.map(|part| server.get(&format!("/api/v1/plans/{first}/{part}")).json());
    let before = answers();
    let change = json!({ "based_on": 0, "change": { "objective": { "lambda": 40.0 }, "contiguity": { "gap_m": 2.0 } } });
    assert_eq!(server.post("/api/v1/scenarios/1/policy", &change).status, 200);
    let (second, other) = server.planned();
    assert_ne!(record["transfers"], other["transfers"]);
    assert!(answers() == before, "a plan does not change because there is another");
    let moved = server.json(&format!("/api/v1/plans/{second}/transfers"));
    assert_eq!(moved["transfers"].as_array().unwrap().len(), other["transfers"].as_array().unwrap().len());
    server.get("/api/v1/plans/99/transfers").problem(404);
}

#[test]
fn a_card_says_when_the_plan_followed_another_policy() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let stale = |path: &str| server.json(path)["stale"].as_bool().unwrap();
    let both = || [stale("/api/v1/scenarios/1/parcels/1"), stale("/api/v1/scenarios/1/parcels")];
    assert_eq!(both(), [false, false], "there is no plan yet");
    server.planned();
    assert_eq!(both(), [false, false]);
    let change = json!({ "based_on": 0, "change": { "objective": { "lambda": 40.0 } } });
    assert_eq!(server.post("/api/v1/scenarios/1/policy", &change).status, 200);
    assert_eq!(both(), [true, true]);
    server.planned();
    assert_eq!(both(), [false, false]);
}

#[test]
fn before_the_first_plan_the_parcels_are_served() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(&project(folder.path()));
    let count = server.json("/api/v1/layers")[0]["parcels"].as_u64().unwrap();
    let page = server.json("/ogc/collections/parcels/items?limit=1000");
    assert_eq!(page["numberMatched"], count);
    let all = || page["features"].as_array().unwrap().iter().map(|f| &f["properties"]);
    assert!(all().all(|p| p["zone_before"].is_boolean()) && all().any(|p| p["score"].is_number()));
    let zone = server.json("/ogc/collections/zone/items?limit=1000");
    let area_m2: f64 = zone["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["properties"]["area_m2"].as_f64().unwrap())
        .sum();
    let (_, record) = server.planned();
    let now_m2 = record["area"]["before_m2"].as_f64().unwrap();
    assert!((area_m2 - now_m2).abs() < 1.0, "{area_m2} and {now_m2}");
    assert_eq!(server.get("/ogc/collections/zone").status, 404, "the plan's layers take their place");
}
