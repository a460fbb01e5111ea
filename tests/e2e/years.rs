//! `plan --years`: a plan a year, each from the zone that the one before left, and how much of the whole gain is reached.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{number, park, record, run, run_for_stderr};

/// The park's policy with these words put in place of others.
fn changed(park: &Path, changes: &[(&str, &str)]) -> String {
    let mut policy = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    for (old, new) in changes {
        assert!(policy.contains(old), "{old}");
        policy = policy.replace(old, new);
    }
    let file = park.join("changed.toml");
    std::fs::write(&file, policy).unwrap();
    file.to_str().unwrap().to_owned()
}

/// The side of every parcel, by its code.
fn zone(plan: &Path, when: &str) -> BTreeMap<String, bool> {
    let text = std::fs::read(plan.join("parcels.geojson")).unwrap();
    let collection: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let features = collection["features"].as_array().unwrap().iter();
    features
        .map(|f| {
            let of = &f["properties"];
            (of["parcel"].as_str().unwrap().to_owned(), of[when].as_bool().unwrap())
        })
        .collect()
}

#[test]
fn every_year_sets_out_from_the_last_and_stands_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1200);
    let policy = changed(&park, &[("max_moved_share = 0.25", "max_moved_share = 0.08"), ("+12 %", "+1 %")]);
    let input = park.join("parcels.gpkg");
    let out = folder.path().join("years");
    let path = out.to_str().unwrap();
    let args = ["plan", input.to_str().unwrap(), "--policy", &policy, "--out", path, "--years", "3"];
    let said = run(&args, 0);
    for words in ["today ", "no cap ", "gain: "] {
        assert!(said.contains(words), "{words} missing in {said}");
    }
    let years: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("years.json")).unwrap()).unwrap();
    assert_eq!(
        (years["schema"].as_str(), years["ended"].as_str()),
        (Some("lianpian.years/1"), Some("asked"))
    );
    let first = record(&out.join("year-1"));
    let (first_m2, first_index) =
        (number(&first, "area.before_m2"), number(&first, "concentration.before.index"));
    let (mut before, mut index, mut gained) = (None, first_index, 0.0);
    for year in 1..=3 {
        let folder = out.join(format!("year-{year}"));
        run(&["verify", folder.to_str().unwrap()], 0);
        let plan = record(&folder);
        let figures = &years["years"][year - 1];
        assert_eq!(figures["year"], year);
        for (claimed, found) in [
            ("zone.area_m2", "area.after_m2"),
            ("zone.score", "score.after"),
            ("zone.concentration", "concentration.after.index"),
            ("objective", "objective.value"),
        ] {
            let (claimed, found) = (number(figures, claimed), number(&plan, found));
            assert!((claimed - found).abs() <= 1e-9 * found.abs(), "{claimed} {found}");
        }
        let moved = number(figures, "moved_in.area_m2") + number(figures, "moved_out.area_m2");
        assert!(moved > 0.0 && moved <= 0.08 * number(&plan, "area.before_m2") * (1.0 + 1e-9));
        assert!((number(&plan, "area.after_m2") / first_m2 - 1.0).abs() <= 0.005 * (1.0 + 1e-9), "no drift");
        let now = number(&plan, "concentration.after.index");
        let least = if year == 1 { 1.01 * first_index } else { index };
        assert!(now >= least * (1.0 - 1e-9), "{now} of {least}");
        if let Some(before) = before {
            assert_eq!(zone(&folder, "zone_before"), before);
        }
        let share = number(figures, "zone.gain_share");
        assert!(share > gained, "year {year}: {gained} to {share}");
        (before, index, gained) = (Some(zone(&folder, "zone_after")), now, share);
    }
    assert_eq!(number(&years, "today.gain_share"), 0.0);
    assert_eq!(number(&years, "uncapped.zone.gain_share"), 1.0);
    let csv = std::fs::read_to_string(out.join("years.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + 1 + 3 + 1);

    // Again over the same folder: the same bytes but for the times. Files of others are left alone.
    run(&args, 0);
    assert_eq!(std::fs::read_to_string(out.join("years.csv")).unwrap(), csv);
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    let refused = run_for_stderr(&args, 2);
    assert!(refused.contains("notes.txt"), "{refused}");
}

#[test]
fn a_path_ends_where_nothing_more_moves() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 400);
    let policy = changed(&park, &[("max_moved_share = 0.25", "max_moved_share = \"free\"")]);
    let input = park.join("parcels.gpkg");
    let out = folder.path().join("years");
    let args = ["plan", input.to_str().unwrap(), "--policy", &policy, "--out", out.to_str().unwrap()];
    let said = run(&[&args[..], &["--years", "9"]].concat(), 0);
    assert!(said.contains("moves nothing") && said.contains("the path ends here"), "{said}");
    let years: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("years.json")).unwrap()).unwrap();
    let last = years["years"].as_array().unwrap().len();
    assert!(last < 9 && years["ended"] == "settled");
    assert_eq!(years["years"][last - 1]["moved_in"]["parcels"], 0);
    run(&["verify", out.join(format!("year-{last}")).to_str().unwrap()], 0);
    for wrong in ["0", "31", "two"] {
        let said = run_for_stderr(&[&args[..], &["--years", wrong]].concat(), 2);
        assert!(said.contains("from 1 to 30"), "{said}");
    }
}
