//! A project that the version before data sets made: a park with a policy, decisions and two plans, the newer of them approved.
//! What was signed then stays readable.

use std::path::Path;
use std::process::Command;

use lianpian::store::*;
use serde_json::Value;

use crate::place::Place;
use crate::years::{Opened, who};

/// As a file and as a database, each packed alone in an archive.
const PROJECTS: [&str; 2] = ["project-schema-3.gpkg.zip", "project-schema-3.sql.zip"];

/// Puts the project in its place.
fn unpack(place: &Place) {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let packed = std::fs::File::open(fixtures.join(PROJECTS[usize::from(!place.is_file())])).unwrap();
    let mut archive = zip::ZipArchive::new(packed).unwrap();
    let mut packed = archive.by_index(0).unwrap();
    if place.is_file() {
        std::io::copy(&mut packed, &mut std::fs::File::create(&place.address).unwrap()).unwrap();
        return;
    }
    let mut dump = tempfile::NamedTempFile::new().unwrap();
    std::io::copy(&mut packed, &mut dump).unwrap();
    let loaded = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file"])
        .arg(dump.path())
        .arg(&place.url)
        .output()
        .unwrap();
    assert!(loaded.status.success(), "{}", String::from_utf8_lossy(&loaded.stderr));
}

pub(crate) async fn a_project_of_before_opens_and_its_plans_stand(place: Place) {
    unpack(&place);
    let kept = place.ask("SELECT record FROM lp_plans ORDER BY id").await;
    let opened = Opened::new(&place).await;
    let store = &opened.project.store;
    let plans = store.plans(None).await.unwrap();
    assert_eq!(plans.iter().map(|p| p.status).collect::<Vec<_>>(), [PlanStatus::Draft, PlanStatus::Approved]);
    for (plan, kept) in plans.iter().zip(&kept) {
        assert_eq!(store.plan_content(plan.id).await.unwrap().record, *kept);
        opened.stands(plan.id).await;
    }
    assert_eq!(store.decisions(None, DecisionSeq(0)).await.unwrap().len(), 2);
    let [data_set] = &store.data_sets().await.unwrap()[..] else { panic!("one data set") };
    let record: Value = serde_json::from_str(&kept[1]).unwrap();
    assert_eq!(record["inputs"]["layer"], data_set.layer.0);
    // From now on what was checked is kept, once for both policies.
    assert_eq!(store.readings(&data_set.id).await.unwrap().len(), 1);

    // It goes on from there.
    let next = opened.project.plans.apply(plans[1].id, who()).await.unwrap();
    assert_eq!((next.previous.as_ref(), next.plan), (Some(&data_set.id), Some(plans[1].id)));
    let policy = plans[1].policy.clone();
    let scenario = opened.project.scenarios.add("2026".into(), next.id, policy, who()).await.unwrap();
    let (plan, _) = opened.planned(scenario.id.0).await;
    opened.stands(plan).await;
}
