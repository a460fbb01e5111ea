//! Plans written and then judged from their folder alone, as they are and tampered with.

#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

#[path = "verifying/certificates.rs"]
mod certificates;
#[path = "verifying/fields.rs"]
mod fields;
#[path = "verifying/geopackage.rs"]
mod geopackage;
#[path = "verifying/parts.rs"]
mod parts;
#[path = "verifying/random_plans.rs"]
mod random_plans;

use std::fs;
use std::path::{Path, PathBuf};

use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::planning::plan::{PlanRequest, Search, plan};
use lianpian::app::planning::verify::{WrittenPlan, verify_folder};
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;
use serde_json::Value;
use tempfile::TempDir;

/// A plan of a synthetic park.
fn planned(parcels: usize) -> (TempDir, PathBuf) {
    planned_with(parcels, Search::default(), |policy| policy)
}

/// A plan of a synthetic park under a changed policy.
fn planned_with(parcels: usize, search: Search, change: impl FnOnce(String) -> String) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let park = folder.path().join("park");
    generate(&GenerateRequest { parcels, seed: 1, out: park.clone() }, &()).unwrap();
    let policy = fs::read_to_string(park.join("policy.toml")).unwrap();
    fs::write(park.join("policy.toml"), change(policy)).unwrap();
    let out = folder.path().join("plan");
    let request = PlanRequest {
        input: Source { path: park.join("parcels.gpkg"), layer: Some("parcels".into()) },
        options: ReadOptions::default(),
        policy: park.join("policy.toml"),
        out: out.clone(),
        search,
    };
    let report = plan(&request, &()).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    (folder, out)
}

fn findings(plan: &Path) -> Vec<String> {
    verify_folder(plan, &()).unwrap().iter().map(ToString::to_string).collect()
}

/// The findings after `change` to plan.json; the file is restored.
fn after(plan: &Path, change: impl FnOnce(&mut Value)) -> Vec<String> {
    let path = plan.join("plan.json");
    let bytes = fs::read(&path).unwrap();
    let mut record: Value = serde_json::from_slice(&bytes).unwrap();
    change(&mut record);
    fs::write(&path, serde_json::to_vec(&record).unwrap()).unwrap();
    let found = findings(plan);
    fs::write(&path, bytes).unwrap();
    found
}

fn holds(found: &[String], wanted: &str) {
    assert!(found.iter().any(|f| f.contains(wanted)), "{wanted} missing in {found:#?}");
}

fn begins(found: &[String], wanted: &str) {
    assert!(found.iter().any(|f| f.starts_with(wanted)), "{wanted} missing in {found:#?}");
}

#[test]
fn a_written_plan_stands_and_a_tampered_one_does_not() {
    let (_folder, plan) = planned(2000);
    assert_eq!(findings(&plan), Vec::<String>::new());

    let number = |v: &Value| v.as_f64().unwrap();
    begins(&after(&plan, |r| r["area"]["after_m2"] = 1.into()), "area.after_m2: finding-figure");
    begins(
        &after(&plan, |r| r["objective"]["bound"] = (number(&r["objective"]["bound"]) - 5.0).into()),
        "objective.bound",
    );
    begins(&after(&plan, |r| r["transfers"][0]["area_m2"] = 7.into()), "transfers[");
    begins(&after(&plan, |r| drop(r["swaps"].as_array_mut().unwrap().pop())), "transfers[");
    begins(&after(&plan, |r| r["inputs"]["policy"] = "0".into()), "inputs.policy");
    begins(&after(&plan, |r| r["issues"] = Value::Object(serde_json::Map::new())), "issues");

    let policy = plan.join("policy.toml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("[objective]", "[objective] # touched")).unwrap();
    let found = findings(&plan);
    assert_eq!(found.len(), 1, "{found:#?}");
    begins(&found, "inputs.policy: finding-other-policy");
    fs::write(&policy, text).unwrap();

    let certificate = plan.join("certificate.bin");
    let bytes = fs::read(&certificate).unwrap();
    fs::write(&certificate, &bytes[..bytes.len() / 2]).unwrap();
    begins(&findings(&plan), "certificate: finding-certificate-refused");
    fs::write(&certificate, bytes).unwrap();

    let geojson = plan.join("parcels.geojson");
    let text = fs::read_to_string(&geojson).unwrap();
    fs::write(&geojson, text.replacen("\"zone_after\":true", "\"zone_after\":false", 1)).unwrap();
    begins(&findings(&plan), "parcels.geojson[");
    fs::write(&geojson, text).unwrap();
    assert_eq!(findings(&plan), Vec::<String>::new());
}

#[test]
fn what_is_no_plan_is_an_error_that_says_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let error = verify_folder(folder.path(), &()).unwrap_err().for_people();
    assert!(error.contains("plan.json") && error.contains("lianpian plan"), "{error}");
    fs::write(folder.path().join("plan.json"), "{\"schema\":\"lianpian.plan/9\"}").unwrap();
    let error = verify_folder(folder.path(), &()).unwrap_err().for_people();
    assert!(error.contains("schema \"lianpian.plan/9\""), "{error}");
}
