//! Real layers with real defects: each gives a clear result or a clear refusal.

use std::path::PathBuf;

use crate::support::{fixture, number, real, record, run, run_for_stderr};

fn check_json(args: &[&str], code: i32) -> serde_json::Value {
    let mut all = vec!["check", "--json"];
    all.extend(args);
    let reports: serde_json::Value = serde_json::from_str(&run(&all, code)).unwrap();
    reports[0].clone()
}

fn count(report: &serde_json::Value, kind: &str) -> u64 {
    report["counts"][kind].as_u64().unwrap_or(0)
}

fn path(folder: &str, name: &str) -> Option<String> {
    let path: PathBuf = real(folder)?.join(name);
    Some(path.to_str().unwrap().to_owned())
}

#[test]
fn huizhou_metres_under_degrees_are_refused_with_the_candidates() {
    let Some(land) = path("huizhou-regulatory-plan", "land.shp") else { return };
    let said = run_for_stderr(&["check", &land], 2);
    assert!(said.contains("4547"), "{said}");
    let report = check_json(&[&land, "--crs", "EPSG:4547"], 1);
    assert_eq!(report["parcels"], 79);
    assert!((number(&report, "planar_area_m2") / 2.8882e6 - 1.0).abs() < 1e-3);
    assert_eq!(count(&report, "assumed_crs"), 1, "the contradiction stays on record");
}

#[test]
fn huizhou_plans_with_main_roads_that_run_along_shared_edges() {
    let Some(land) = path("huizhou-regulatory-plan", "land.shp") else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let out = out.to_str().unwrap();
    run(&["plan", &land, "--crs", "EPSG:4547", "--policy", &fixture("huizhou.toml"), "--out", out], 0);
    run(&["verify", out], 0);
    let record = record(out.as_ref());
    // SOURCE.md: all 79 parcels are one component by shared edge. Industry, logistics and business along three main roads
    // are not.
    assert!(number(&record, "concentration.before.blocks") > 1.0);
    assert_eq!(record["inputs"]["parcels"], 79);
}

#[test]
fn wuhan_blocks_join_as_the_gap_grows() {
    let Some(data) = real("wuhan-optics-valley-osm") else { return };
    let input = format!("{}:blocks_derived", data.join("optics_valley.gpkg").display());
    let report = check_json(&[&input], 1);
    // SOURCE.md: 983 polygons, one of them a sliver.
    assert_eq!((&report["parcels"], count(&report, "sliver")), (&983.into(), 1));
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let out = out.to_str().unwrap();
    run(&["plan", &input, "--policy", &fixture("wuhan.toml"), "--out", out], 0);
    run(&["verify", out], 0);
    let record = record(out.as_ref());
    let by_gap = record["concentration"]["by_gap"].as_array().unwrap();
    let blocks: Vec<f64> = by_gap.iter().map(|g| number(g, "before.blocks")).collect();
    // SOURCE.md: no pair shares an edge, so at gap 0 every parcel is a block of its own; the components fall steeply.
    assert_eq!(blocks[0], 983.0);
    assert!(blocks.is_sorted_by(|a, b| a >= b), "{blocks:?}");
    assert!(blocks[4] < 100.0, "{blocks:?}");
}

#[test]
fn swellendam_is_named_defect_by_defect() {
    let Some(farms) = path("swellendam-za-farms", "farms_33S.shp") else { return };
    let report = check_json(&[&farms], 1);
    assert_eq!(report["features"], 2008);
    // SOURCE.md: 16 invalid, 68 exact duplicates, 3,471 pairs overlapping by more than 1 m².
    assert!((14..=20).contains(&count(&report, "self_crossing")), "{}", report["counts"]);
    assert_eq!(count(&report, "duplicate"), 68);
    assert!((3000..4000).contains(&count(&report, "overlap")), "{}", report["counts"]);
    // EPSG:32733 some 500 km from its meridian inflates lengths by 0.27 %, areas by 0.54 %.
    assert!(number(&report, "planar_area_m2") > 1.005 * number(&report, "area_m2"));
}

#[test]
fn australia_scores_regions_by_real_research_money() {
    let Some(zip) = path("australia-sa3-innovation", "sa3_2011.gpkg.zip") else { return };
    let report = check_json(&[&zip], 1);
    assert_eq!((&report["features"], &report["parcels"]), (&351.into(), &333.into()));
    assert_eq!(count(&report, "null_geometry"), 18);
    assert_eq!(count(&report, "multipart"), 79);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("plan");
    let out = out.to_str().unwrap();
    run(&["plan", &zip, "--policy", &fixture("australia.toml"), "--out", out], 0);
    run(&["verify", out], 0);
    let record = record(out.as_ref());
    assert!(number(&record, "area.after_m2") <= 50_000_000.0 * 1e4);
    assert!(number(&record, "score.after") > 70.0, "the regions that do most research come first");
}

#[test]
fn shanghai_districts_read_as_chinese_without_a_cpg() {
    let Some(districts) = path("shanghai-boundaries-roads", "区县界_area.shp") else { return };
    let report = check_json(&[&districts], 0);
    assert_eq!(report["parcels"], 17);
    assert_eq!(report["encoding"], "GBK");
}
