//! Land with parcels of several parts: its plans stand, and what is said of the zone is what is said of the land cut into parts.

use std::fs;
use std::path::{Path, PathBuf};

use gdal::vector::sql::Dialect;
use gdal::vector::{LayerAccess as _, ToGdal as _};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::MultiPolygon;
use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::planning::plan::{PlanRequest, Search, plan};
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;
use serde_json::Value;
use tempfile::TempDir;

use super::findings;

/// A synthetic park, twice: as it is, and with every so manyth parcel made one with others of its side and sub-park.
fn parks(parcels: usize, seed: u64, every: usize) -> (TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let [cut, whole] = ["cut", "whole"].map(|name| folder.path().join(name));
    for park in [&cut, &whole] {
        generate(&GenerateRequest { parcels, seed, out: park.clone() }, &()).unwrap();
    }
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() };
    let dataset = Dataset::open_ex(whole.join("parcels.gpkg"), options).unwrap();
    let mut layer = dataset.layer_by_name("parcels").unwrap();
    let mut open: Vec<(String, u64, MultiPolygon<f64>)> = Vec::new();
    let (mut grown, mut gone) = (Vec::new(), Vec::new());
    for (at, feature) in layer.features().enumerate() {
        let shape = feature.geometry_by_index(0).unwrap().to_geo().unwrap();
        let geo::Geometry::MultiPolygon(shape) = shape else { continue };
        let fields = (1..3).map(|field| feature.field_as_string(field).unwrap());
        let side = fields.map(|text| text.unwrap_or_default()).collect::<Vec<_>>().join("|");
        let fid = feature.fid().unwrap();
        match open.iter_mut().find(|(known, ..)| *known == side).filter(|_| at % every == 0) {
            Some((_, _, parts)) => {
                parts.0.extend(shape.0);
                gone.push(fid);
                // Two parts, or three or four where there are many.
                if parts.0.len() > 2 + at / every % 3 {
                    let full = open.iter().position(|(known, ..)| *known == side).unwrap();
                    grown.push(open.swap_remove(full));
                }
            }
            None if at % every == 1 => open.push((side, fid, shape)),
            None => {}
        }
    }
    grown.extend(open);
    for (_, fid, shape) in grown.iter().filter(|(.., shape)| shape.0.len() > 1) {
        let mut feature = layer.feature(*fid).unwrap();
        feature.set_geometry(shape.to_gdal().unwrap()).unwrap();
        layer.set_feature(feature).unwrap();
    }
    let gone: Vec<String> = gone.iter().map(ToString::to_string).collect();
    let delete = format!("DELETE FROM parcels WHERE fid IN ({})", gone.join(", "));
    dataset.execute_sql(delete, None, Dialect::DEFAULT).unwrap();
    assert!(gone.len() > 4, "too few parcels of several parts");
    (folder, cut, whole)
}

/// Plans a park under a changed policy and returns the plan's folder and record.
fn planned(park: &Path, name: &str, change: &dyn Fn(String) -> String) -> (PathBuf, Value) {
    let policy = change(fs::read_to_string(park.join("policy.toml")).unwrap());
    let file = park.join(format!("{name}.toml"));
    fs::write(&file, policy).unwrap();
    let out = park.join(name);
    let request = PlanRequest {
        input: Source { path: park.join("parcels.gpkg"), layer: Some("parcels".into()) },
        options: ReadOptions::default(),
        policy: file,
        out: out.clone(),
        search: Search::default(),
    };
    plan(&request, &()).unwrap();
    let record = serde_json::from_slice(&fs::read(out.join("plan.json")).unwrap()).unwrap();
    (out, record)
}

/// Whether two records of how concentrated a zone is say the same.
fn alike(one: &Value, other: &Value) -> bool {
    ["index", "lpi", "blocks", "small_block_share"].iter().all(|figure| {
        let [a, b] = [one, other].map(|of| of[figure].as_f64().unwrap());
        (a - b).abs() <= 1e-6 * a.abs().max(1.0)
    })
}

/// The same change of a policy, which has to hold the words that it replaces.
fn replaced(mut policy: String, changes: &[(&str, &str)]) -> String {
    for (from, to) in changes {
        assert!(policy.contains(from), "{from}");
        policy = policy.replace(from, to);
    }
    policy
}

#[test]
fn plans_stand_and_today_s_zone_is_as_concentrated_as_when_cut_into_parts() {
    let (_folder, cut, whole) = parks(120, 7, 4);
    let (_, before) = planned(&cut, "plan", &|policy| policy);
    let (folder, record) = planned(&whole, "plan", &|policy| policy);
    assert_eq!(findings(&folder), Vec::<String>::new());
    let [one, other] = [&before, &record].map(|record| &record["concentration"]);
    assert!(alike(&one["before"], &other["before"]), "{one} {other}");
    let gaps = |of: &Value| of["by_gap"].as_array().unwrap().clone();
    for (one, other) in gaps(one).iter().zip(&gaps(other)) {
        assert!(alike(&one["before"], &other["before"]), "{one} {other}");
    }
}

#[test]
fn plans_under_other_rules_for_blocks_and_holes_stand() {
    let (_folder, _, whole) = parks(120, 7, 4);
    let soft: &[(&str, &str)] =
        &[("min_block = \"no_new\"", "min_block = \"soft\""), ("new_block_ha = 25.0", "new_block_ha = 0")];
    let small: &[(&str, &str)] = &[("min_hole_ha = 0.2", "min_hole_ha = 2.0")];
    let holes = |rule: &str, policy: String| {
        replaced(replaced(policy, small), &[("holes = \"report\"", &format!("holes = \"{rule}\""))])
    };
    let (folder, _) = planned(&whole, "soft", &|policy| replaced(policy, soft));
    assert_eq!(findings(&folder), Vec::<String>::new());
    for rule in ["forbid", "fill"] {
        let (folder, record) = planned(&whole, rule, &|policy| holes(rule, policy));
        assert_eq!(findings(&folder), Vec::<String>::new(), "{rule}");
        let rules = record["constraints"].as_array().unwrap();
        let found = rules.iter().find(|found| found["id"] == "C8").unwrap();
        assert_eq!(found["status"], "met", "{rule}: {found}");
    }
}
