//! Next year's layer against this year's, as a person runs it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use crate::same_bytes::bytes;
use crate::support::{lianpian, run, run_for_stderr};

/// A parcel: its code and its land as west, south, east and north, m.
type Lot = (&'static str, [f64; 4]);

fn write(folder: &Path, name: &str, lots: &[Lot]) -> String {
    let mut features = String::new();
    for (at, (code, [west, south, east, north])) in lots.iter().enumerate() {
        let [west, east] = [west, east].map(|x| 604_800.0 + x);
        let [south, north] = [south, north].map(|y| 3_448_100.0 + y);
        let _ = write!(
            features,
            "{}{{\"type\":\"Feature\",\"properties\":{{\"ZDDM\":\"{code}\"}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":\
             [[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}}}",
            if at == 0 { "" } else { "," }
        );
    }
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::4549\"}}}},\
         \"features\":[{features}]}}"
    );
    std::fs::write(folder.join(name), text).unwrap();
    folder.join(name).to_str().unwrap().to_owned()
}

const OLD: [Lot; 6] = [
    ("same", [0.0, 0.0, 100.0, 100.0]),
    ("whole", [100.0, 0.0, 200.0, 100.0]),
    ("left", [200.0, 0.0, 250.0, 100.0]),
    ("right", [250.0, 0.0, 300.0, 100.0]),
    ("gone", [300.0, 0.0, 400.0, 100.0]),
    ("moved", [0.0, 100.0, 400.0, 180.0]),
];

const NEW: [Lot; 6] = [
    ("fresh", [500.0, 0.0, 600.0, 100.0]),
    ("whole", [100.0, 0.0, 140.0, 100.0]),
    ("rest", [140.0, 0.0, 200.0, 100.0]),
    ("left", [200.0, 0.0, 300.0, 100.0]),
    ("same", [0.0, 0.0, 100.0, 100.0]),
    ("moved", [0.0, 120.0, 400.0, 200.0]),
];

/// The rows of a table by the names of its columns.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let names = table.headers().unwrap().clone();
    let row =
        |r: csv::StringRecord| names.iter().zip(&r).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
    table.records().map(|r| row(r.unwrap())).collect()
}

/// An area with four decimals as a whole number of its last digit.
fn cm2(text: &str) -> i64 {
    let (metres, rest) = text.split_once('.').unwrap();
    assert_eq!(rest.len(), 4, "{text}");
    format!("{metres}{rest}").parse().unwrap()
}

#[test]
fn every_parcel_is_told_and_areas_add_up_to_the_last_digit() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (old, new) = (write(at, "2024.geojson", &OLD), write(at, "2025.geojson", &NEW));
    let out = at.join("out");
    let said = run(&["revise", &old, &new, "--out", out.to_str().unwrap()], 0);
    assert!(said.contains("\nsplit ") && said.contains("old codes are in column ZDDM"), "{said}");
    let summary = rows(&out.join("summary.csv"));
    let counted: Vec<(&str, &str, &str)> = summary
        .iter()
        .map(|r| (r["kind"].as_str(), r["old_parcels"].as_str(), r["new_parcels"].as_str()))
        .collect();
    assert_eq!(
        counted,
        [
            ("unchanged", "1", "1"),
            ("recoded", "0", "0"),
            ("reshaped", "1", "1"),
            ("split", "1", "2"),
            ("merged", "2", "1"),
            ("rearranged", "0", "0"),
            ("gone", "1", "0"),
            ("new", "0", "1"),
            ("total", "6", "6"),
        ]
    );
    let changes = rows(&out.join("changes.csv"));
    for side in ["old", "new"] {
        let total = summary.last().unwrap();
        let kinds: i64 = summary[..8].iter().map(|r| cm2(&r[&format!("{side}_area_m2")])).sum();
        assert_eq!(kinds, cm2(&total[&format!("{side}_area_m2")]));
        let pieces = changes.iter().filter(|r| !r[&format!("{side}_parcel")].is_empty());
        assert_eq!(pieces.map(|r| cm2(&r["area_m2"])).sum::<i64>(), kinds, "{side}");
        // Ellipsoidal areas, as plans have them: some 0.03 % below those in the plane.
        let planar = 72_000.0 * 1e4;
        assert!((kinds as f64 / planar - 1.0).abs() < 1e-3 && kinds as f64 != planar, "{kinds}");
    }
    let moved: Vec<(&str, &str)> = changes
        .iter()
        .filter(|r| r["old_code"] == "moved" || r["new_code"] == "moved")
        .map(|r| (r["old_parcel"].as_str(), r["new_parcel"].as_str()))
        .collect();
    assert_eq!(moved, [("moved", "moved"), ("moved", ""), ("", "moved")]);
    // The layers open as they are.
    let listed =
        Command::new("ogrinfo").args(["-so", "-al"]).arg(out.join("revision.gpkg")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for part in ["Layer name: parcels_new", "Layer name: parcels_old", "Feature Count: 6", "counterpart"] {
        assert!(listed.contains(part), "{part} in {listed}");
    }
    let map: serde_json::Value =
        serde_json::from_slice(&std::fs::read(out.join("revision.geojson")).unwrap()).unwrap();
    // The new year, and where a parcel was that is gone.
    assert_eq!(map["features"].as_array().unwrap().len(), 7);
    // Same input, same bytes.
    let again = at.join("again");
    run(&["revise", &old, &new, "--out", again.to_str().unwrap()], 0);
    assert!(bytes(&out) == bytes(&again));
}

#[test]
fn years_in_different_systems_are_compared_on_the_ground() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (old, new) = (write(at, "2024.geojson", &OLD), write(at, "2025.geojson", &NEW));
    let out = |name: &str| at.join(name).to_str().unwrap().to_owned();
    run(&["revise", &old, &new, "--out", &out("plain")], 0);
    let counts = |name: &str| -> Vec<(String, String)> {
        let rows = rows(&at.join(name).join("summary.csv"));
        rows.into_iter().map(|r| (r["old_parcels"].clone(), r["new_parcels"].clone())).collect()
    };
    for (system, file) in
        [("EPSG:4528", "4528.gpkg"), ("EPSG:4490", "4490.gpkg"), ("EPSG:32651", "32651.shp")]
    {
        let there = out(file);
        let done = Command::new("ogr2ogr")
            .args(["-s_srs", "EPSG:4549", "-t_srs", system, &there, &new])
            .status()
            .unwrap();
        assert!(done.success());
        run(&["revise", &old, &there, "--out", &out("other"), "--quiet"], 0);
        assert_eq!(counts("other"), counts("plain"), "{system}");
    }
}

#[test]
fn what_cannot_be_compared_is_told_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let (old, new) = (write(at, "2024.geojson", &OLD), write(at, "2025.geojson", &NEW));
    let out = at.join("out");
    let policy = at.join("policy.toml");
    std::fs::write(&policy, "[columns]\nparcel_code = 'DKBH'\n").unwrap();
    let args = ["revise", &old, &new, "--out", out.to_str().unwrap(), "--policy", policy.to_str().unwrap()];
    let said = run_for_stderr(&args, 2);
    assert!(said.contains("DKBH"), "{said}");
    assert!(!out.exists());
    // A folder of somebody else's is left alone.
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("notes.txt"), "mine").unwrap();
    let said = run_for_stderr(&["revise", &old, &new, "--out", out.to_str().unwrap()], 2);
    assert!(said.contains("left alone") && out.join("notes.txt").exists(), "{said}");
    // Codes that were exchanged, and a layer that lies elsewhere.
    let swapped = write(
        at,
        "swapped.geojson",
        &[("whole", [0.0, 0.0, 100.0, 100.0]), ("same", [100.0, 0.0, 200.0, 100.0])],
    );
    let both = write(at, "both.geojson", &OLD[..2]);
    let told = |new: &str| {
        let to = at.join("told");
        let done = lianpian().args(["revise", &both, new, "--out", to.to_str().unwrap()]).output().unwrap();
        assert!(done.status.success());
        String::from_utf8(done.stderr).unwrap()
    };
    assert!(told(&swapped).contains("1 pairs of parcels have exchanged their codes: same and whole"));
    let far = write(
        at,
        "far.geojson",
        &[("same", [9000.0, 0.0, 9100.0, 100.0]), ("whole", [9100.0, 0.0, 9200.0, 100.0])],
    );
    let said = told(&far);
    assert!(
        said.contains("2 codes are on other land") && said.contains("coordinate reference system"),
        "{said}"
    );
}
