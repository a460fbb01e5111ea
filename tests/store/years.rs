//! Data sets of one park, year by year: imported, added to, checked once, followed by the next year.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use lianpian::app::intake::import_requests::{Addition, AdditionRequest, DataSetFacts, Imported};
use lianpian::app::jobs::import::{addition, carry_out, next_year};
use lianpian::app::planning::plan::Search;
use lianpian::app::planning::verify::verify_folder;
use lianpian::app::project::ProjectServices;
use lianpian::app::project::events::Who;
use lianpian::error::{ErrorKind, Result};
use lianpian::io::hash::sha256_hex;
use lianpian::messages::english;
use lianpian::store::*;
use serde_json::{Value, json};

use crate::place::{NOON, Place, refused};

/// Lots in a row, 100 m wide; the first half of them is the zone.
const LOTS: usize = 12;

pub(crate) fn who() -> Who {
    Who { by: "li".into(), at: NOON }
}

/// Parcels, firms and a policy in a folder.
pub(crate) struct Park(tempfile::TempDir);

impl Park {
    pub(crate) fn new() -> Self {
        let park = Self(tempfile::tempdir().unwrap());
        park.parcels((0..LOTS).map(|i| (format!("N{i}"), i as f64, 1.0, i < LOTS / 2)));
        park.firms("firms.csv", |i| (i * 3 + 1) % 13);
        park.policy("");
        park
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Lots by code, place in the row, width, and whether they are in the zone.
    fn parcels(&self, lots: impl Iterator<Item = (String, f64, f64, bool)>) {
        let lot = |(code, at, wide, inside): (String, f64, f64, bool)| {
            let (w, e) = (604_800.0 + at * 100.0, 604_800.0 + (at + wide) * 100.0);
            let (s, n) = (3_448_100.0, 3_448_200.0);
            json!({
                "type": "Feature", "properties": { "ZDDM": code, "in_zone": u8::from(inside) },
                "geometry": { "type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]] },
            })
        };
        let crs = json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::4549" } });
        let features: Vec<Value> = lots.map(lot).collect();
        let layer = json!({ "type": "FeatureCollection", "crs": crs, "features": features });
        std::fs::write(self.folder().join("p.geojson"), layer.to_string()).unwrap();
    }

    /// One firm a lot.
    pub(crate) fn firms(&self, name: &str, rd: impl Fn(usize) -> usize) {
        let rows: String = (0..LOTS).map(|i| format!("N{i},F{i},{}\n", rd(i))).collect();
        std::fs::write(self.folder().join(name), format!("lot,firm,rd\n{rows}")).unwrap();
    }

    pub(crate) fn policy(&self, more: &str) {
        let policy = format!(
            "reference_date = '2024-12-31'\n[columns]\nparcel_code = 'ZDDM'\nin_zone = 'in_zone'\n\
             [enterprises]\ntable = 'firms.csv'\nparcel_code = 'lot'\nname = 'firm'\n\
             [enterprises.aggregates]\nrd = {{ sum = 'rd' }}\n\
             [indicators.rd]\nzh = '研发'\nen = 'R&D'\nunit = ''\nformula = 'rd'\nnormalise = {{ method = 'minmax' }}\nweight = 1\n\
             [objective]\nlambda = 0.5\nkappa = 1.0\n\
             [constraints]\nmax_moved_share = 'free'\nmin_block = 'off'\nnew_block_ha = 0.0\n{more}"
        );
        std::fs::write(self.folder().join("policy.toml"), policy).unwrap();
    }

    /// Brings it in by the command line, as a scenario of this title.
    pub(crate) fn import(&self, place: &Place, title: &str) {
        let done = Command::new(env!("CARGO_BIN_EXE_lianpian"))
            .args(["--quiet", "--lang", "en", "import"])
            .arg(self.folder().join("p.geojson"))
            .arg("--policy")
            .arg(self.folder().join("policy.toml"))
            .args(["--title", title, "--project", &place.address])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// A file of it as an addition names it.
    fn file(&self, name: &str, found_at: &str) -> (String, FileHash) {
        (name.to_owned(), FileHash(sha256_hex(&std::fs::read(self.folder().join(found_at)).unwrap())))
    }
}

/// An open project with a scratch folder of its own.
pub(crate) struct Opened {
    pub(crate) project: ProjectServices,
    _scratch: tempfile::TempDir,
}

impl Opened {
    pub(crate) async fn new(place: &Place) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let store = open(&place.address, None).await.unwrap();
        Self { project: ProjectServices::new(store, scratch.path().join("scratch")), _scratch: scratch }
    }

    /// Plans a scenario; returns the plan's number and record.
    pub(crate) async fn planned(&self, scenario: i64) -> (PlanId, Value) {
        let search = Search::default();
        let plan = self.project.plans.make(ScenarioId(scenario), search, None, who(), Arc::new(())).await;
        let id = plan.unwrap_or_else(|why| panic!("{}", why.for_people())).id;
        let content = self.project.store.plan_content(id).await.unwrap();
        (id, serde_json::from_str(&content.record).unwrap())
    }

    pub(crate) async fn signed(&self, plan: PlanId) {
        for (from, to) in
            [(PlanStatus::Draft, PlanStatus::Submitted), (PlanStatus::Submitted, PlanStatus::Approved)]
        {
            self.project.plans.step(plan, from, to, None, who()).await.unwrap();
        }
    }

    async fn mean_score(&self, scenario: i64) -> f64 {
        self.planned(scenario).await.1["score"]["before"].as_f64().unwrap()
    }

    /// Writes a plan and has it judged from scratch.
    pub(crate) async fn stands(&self, plan: PlanId) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("plan");
        let written = self.project.plans.write(plan, out.clone(), Arc::new(())).await;
        written.unwrap_or_else(|why| panic!("{}", why.for_people()));
        let findings = verify_folder(&out, &()).unwrap();
        assert!(findings.is_empty(), "{findings:?}");
    }
}

fn request(files: Vec<(String, FileHash)>, facts: DataSetFacts) -> AdditionRequest {
    AdditionRequest {
        uploads: files.into_iter().collect(),
        main: None,
        title: "2025".into(),
        policy: None,
        policy_text: None,
        change: json!({}),
        facts,
    }
}

fn days(reference: &str, effective: Option<&str>) -> DataSetFacts {
    DataSetFacts {
        reference_date: Some(reference.into()),
        effective_date: effective.map(str::to_owned),
        ..DataSetFacts::default()
    }
}

async fn made(
    opened: &Opened,
    job: Result<lianpian::app::jobs::import::ImportJob>,
    sent: PathBuf,
) -> Imported {
    let job = job.unwrap_or_else(|why| panic!("{}", why.for_people()));
    let made = carry_out(&opened.project, job, Some(sent), None, who(), Arc::new(())).await;
    made.unwrap_or_else(|why| panic!("{}", why.for_people()))
}

pub(crate) async fn new_firms_on_the_same_parcels_are_planned_on(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    park.firms("firms.csv", |i| (i * 5 + 8) % 13);
    park.import(&place, "2025");
    let opened = Opened::new(&place).await;
    let store = &opened.project.store;
    let [first, second] = &store.data_sets().await.unwrap()[..] else { panic!("two data sets") };
    assert_eq!((first.layer == second.layer, store.layers().await.unwrap().len()), (true, 1));
    assert_ne!(first.files["firms.csv"], second.files["firms.csv"]);
    let (before, after) = (opened.mean_score(1).await, opened.mean_score(2).await);
    // The same as in a project that never knew last year's.
    let folder = tempfile::tempdir().unwrap();
    let fresh = Place::file(folder.path());
    park.import(&fresh, "2025");
    let right = Opened::new(&fresh).await.mean_score(1).await;
    assert_eq!(after, right);
    assert_ne!(before, right);
}

pub(crate) async fn what_was_imported_twice_is_there_once(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "one");
    park.import(&place, "two");
    let opened = Opened::new(&place).await;
    let store = &opened.project.store;
    let sets = store.data_sets().await.unwrap();
    assert_eq!((sets.len(), store.scenarios().await.unwrap().len()), (1, 2));
    assert_eq!(sets[0].reference_date.as_deref(), Some("2024-12-31"));
    // What is kept of it is one file, for its bytes are a function of what was read.
    assert_eq!(store.readings(&sets[0].id).await.unwrap().len(), 1);
    assert_eq!(place.ask("SELECT sha256 FROM lp_files").await.len(), 3);
}

pub(crate) async fn what_was_checked_is_read_back(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    let opened = Opened::new(&place).await;
    let (plan, record) = opened.planned(1).await;
    // The files are damaged, as the next version's reader or checks may find them wanting.
    let store = &opened.project.store;
    let raw = store.data_sets().await.unwrap()[0].files["p.geojson"].clone();
    let trigger = if place.is_file() {
        "DROP TRIGGER lp_file_parts_update"
    } else {
        "DROP TRIGGER lp_file_parts_change ON lp_file_parts"
    };
    place.sql(trigger).await.unwrap();
    let nothing = if place.is_file() { "x'00'" } else { "'\\x00'::bytea" };
    let damage = format!("UPDATE lp_file_parts SET bytes = {nothing} WHERE sha256 = '{}'", raw.0);
    assert_eq!(place.sql(&damage).await.unwrap(), 1);
    let opened = Opened::new(&place).await;
    opened.stands(plan).await;
    assert_eq!(opened.planned(1).await.1["transfers"], record["transfers"]);
    // Another version of the policy that reads the same is served by what is kept, too.
    let change = json!({ "objective": { "lambda": 0.75 } });
    opened.project.scenarios.change_policy(ScenarioId(1), 0, &change, who()).await.unwrap();
    opened.planned(1).await;
}

pub(crate) async fn a_policy_that_reads_otherwise_reads_once_more(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    let opened = Opened::new(&place).await;
    let store = &opened.project.store;
    let id = store.data_sets().await.unwrap()[0].id.clone();
    // Without its firms it needs less, and with a filter other parcels.
    let aside = json!({ "eligible": { "not_parcels": [{ "column": "ZDDM", "is": ["N11"] }] } });
    opened.project.scenarios.change_policy(ScenarioId(1), 0, &aside, who()).await.unwrap();
    let (plan, record) = opened.planned(1).await;
    assert_eq!(record["inputs"]["parcels"], LOTS - 1);
    assert_eq!(store.readings(&id).await.unwrap().len(), 2);
    opened.stands(plan).await;
    // Somebody who starts anew finds both.
    let opened = Opened::new(&place).await;
    opened.stands(plan).await;
    assert_eq!(opened.project.store.readings(&id).await.unwrap().len(), 2);
}

pub(crate) async fn this_years_firms_are_added_to_a_layer_that_is_there(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    park.firms("new.csv", |i| (i * 5 + 8) % 13);
    let opened = Opened::new(&place).await;
    let store = opened.project.store.clone();
    let base = store.data_sets().await.unwrap().remove(0);
    let files = || vec![park.file("firms.csv", "new.csv")];
    let sent = tempfile::tempdir().unwrap();
    std::fs::copy(park.folder().join("new.csv"), sent.path().join("firms.csv")).unwrap();
    let to = Addition { layer: Some(base.layer.clone()), data_set: None };
    let job = addition(&opened.project, &to, request(files(), days("2025-12-31", None))).await;
    let new = made(&opened, job, sent.path().to_owned()).await;
    let record = store.data_set(&new.data_set).await.unwrap();
    assert_eq!((&record.layer, &record.previous), (&base.layer, &Some(base.id.clone())));
    assert_eq!(record.files["p.geojson"], base.files["p.geojson"]);
    let listed = opened.project.scenarios.list().await.unwrap();
    let days_of: Vec<_> = listed.iter().map(|s| s.reference_date.as_deref()).collect();
    assert_eq!(days_of, [Some("2024-12-31"), Some("2025-12-31")]);
    let (plan, after) = opened.planned(new.scenario.0).await;
    assert_eq!(after["inputs"]["reference_date"], "2025-12-31");
    assert_eq!(after["inputs"]["files"]["firms.csv"], files()[0].1.0);
    opened.stands(plan).await;
    let (_, before) = opened.planned(1).await;
    assert_eq!(before["inputs"]["reference_date"], "2024-12-31");
    assert_ne!(before["score"]["before"], after["score"]["before"]);
    // As if all of it had come at once.
    park.firms("firms.csv", |i| (i * 5 + 8) % 13);
    let folder = tempfile::tempdir().unwrap();
    let fresh = Place::file(folder.path());
    park.import(&fresh, "2025");
    assert_eq!(Opened::new(&fresh).await.mean_score(1).await, after["score"]["before"].as_f64().unwrap());

    let none = Addition { layer: Some(base.layer.clone()), data_set: Some(DataSetId("none".into())) };
    refused(
        addition(&opened.project, &none, request(files(), days("2025-12-31", None))).await,
        ErrorKind::NotFound,
    );
    let no_day = request(files(), days("2025-02-30", None));
    refused(addition(&opened.project, &to, no_day).await, ErrorKind::Usage);
}

pub(crate) async fn the_year_turns_in_one_step(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    let opened = Opened::new(&place).await;
    let store = opened.project.store.clone();
    let base = store.data_sets().await.unwrap().remove(0);
    let (plan, record) = opened.planned(1).await;
    assert!(!record["transfers"].as_array().unwrap().is_empty(), "{record}");
    let zone = store.plan_content(plan).await.unwrap().zone.0;
    // This year's parcels: the last lot is cut in two, one in the middle has another code.
    let mut lots: Vec<(String, f64, f64, bool)> =
        (0..LOTS - 1).map(|i| (format!("N{i}"), i as f64, 1.0, false)).collect();
    lots[4].0 = "M4".into();
    lots.push(("N11a".into(), 11.0, 0.5, false));
    lots.push(("N11b".into(), 11.5, 0.5, false));
    let next = Park::new();
    next.parcels(lots.into_iter());
    next.firms("firms.csv", |i| (i * 5 + 8) % 13);
    let files = || vec![next.file("p.geojson", "p.geojson"), next.file("firms.csv", "firms.csv")];
    let ask = |facts: DataSetFacts| {
        let main =
            lianpian::app::intake::sandbox::MainFile { file: "p.geojson".into(), ..Default::default() };
        AdditionRequest { main: Some(main), ..request(files(), facts) }
    };
    let both = || days("2025-12-31", Some("2026-01-01"));
    // A draft is no year's zone, and a year has its days.
    refused(next_year(&opened.project, plan, ask(both())).await, ErrorKind::Conflict);
    opened.signed(plan).await;
    refused(next_year(&opened.project, plan, ask(days("2025-12-31", None))).await, ErrorKind::Usage);
    let early = next_year(&opened.project, plan, ask(days("2024-12-31", Some("2026-01-01")))).await;
    let error = refused(early, ErrorKind::Usage);
    assert!(english(&error.what).contains("2024-12-31"), "{error}");
    let job = next_year(&opened.project, plan, ask(both())).await;
    let new = made(&opened, job, next.folder().to_owned()).await;
    let record = store.data_set(&new.data_set).await.unwrap();
    assert_eq!((&record.previous, record.plan), (&Some(base.id.clone()), Some(plan)));
    assert_eq!((record.parcels, record.effective_date.as_deref()), (13, Some("2026-01-01")));
    assert_ne!(record.layer, base.layer);
    // The approved zone, on this year's parcels.
    let mut expected = zone.clone();
    expected.push(zone[LOTS - 1]);
    assert_eq!(store.data_set_zone(&record.id).await.unwrap(), Some(Zone(expected)));
    let (second, _) = opened.planned(new.scenario.0).await;
    opened.stands(second).await;
    // Last year's figures stay what they were.
    opened.stands(plan).await;

    // Where only the statistics are new, the parcels and the zone are those of the plan.
    let firms = request(vec![next.file("firms.csv", "firms.csv")], both());
    let job = next_year(&opened.project, plan, firms).await;
    let same = made(&opened, job, next.folder().to_owned()).await;
    // p.geojson lies beside it and is not asked for.
    let record = store.data_set(&same.data_set).await.unwrap();
    assert_eq!(record.files["p.geojson"], base.files["p.geojson"]);
    assert_eq!(store.data_set_zone(&record.id).await.unwrap(), Some(Zone(zone)));
}

pub(crate) async fn the_command_line_adds_lists_and_turns_the_year(place: Place) {
    let park = Park::new();
    place.open().await.close().await;
    park.import(&place, "2024");
    park.firms("new.csv", |i| (i * 5 + 8) % 13);
    let dataset = |what: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lianpian"));
        command.args(["--quiet", "--lang", "en", "dataset", what, "--project", &place.address]).args(more);
        let done = command.current_dir(park.folder()).output().unwrap();
        let said = String::from_utf8(done.stdout).unwrap();
        (done.status.success(), said, String::from_utf8(done.stderr).unwrap())
    };
    let firms = ["--file", "firms.csv=new.csv"];
    let add = [&firms[..], &["--reference-date", "2025-12-31", "--name", "2025"]].concat();
    let (went, said, why) = dataset("add", &add);
    assert!(went && said.contains("2025-12-31") && said.contains("scenario 2"), "{said}{why}");
    let listed = || -> Vec<Value> { serde_json::from_str(&dataset("list", &["--json"]).1).unwrap() };
    let all = listed();
    assert_eq!((all.len(), &all[1]["previous"], &all[1]["layer"]), (2, &all[0]["id"], &all[0]["layer"]));
    assert_eq!(dataset("list", &[]).1.lines().count(), 2);
    let (went, _, why) = dataset("add", &[&add[..], &["--to", "none"]].concat());
    assert!(!went && why.contains("begins with none"), "{why}");

    let opened = Opened::new(&place).await;
    let (plan, _) = opened.planned(2).await;
    opened.project.store.close().await;
    let number = plan.0.to_string();
    let year = [
        &["--plan", &number, "--reference-date", "2026-12-31", "--effective-date", "2027-01-01"],
        &firms[..],
    ];
    let (went, _, why) = dataset("next-year", &year.concat());
    assert!(!went && why.contains("draft"), "{why}");
    let opened = Opened::new(&place).await;
    opened.signed(plan).await;
    opened.project.store.close().await;
    let (went, said, why) = dataset("next-year", &year.concat());
    assert!(went && said.contains("2027-01-01") && said.contains("scenario 3"), "{said}{why}");
    let all = listed();
    assert_eq!((&all[2]["previous"], &all[2]["plan"]), (&all[1]["id"], &json!(plan.0)));
}
