//! Scenarios of two layers in one project: with and without streets, of two years.

use std::path::Path;

use serde_json::{Value, json};

use crate::project::serve;
use crate::support::lianpian;

/// A row of lots with a street beside it, imported with a policy of its own; returns nothing.
fn import(folder: &Path, project: &Path, title: &str, date: &str, more: &str) {
    let mut features: Vec<Value> = Vec::new();
    let mut feature = |code: String, kind: &str, zone: u8, rd: usize, [w, s, e, n]: [f64; 4]| {
        let [w, e] = [w, e].map(|x| 604_800.0 + x);
        let [s, n] = [s, n].map(|y| 3_448_100.0 + y);
        features.push(json!({
            "type": "Feature",
            "properties": { "ZDDM": code, "use": kind, "in_zone": zone, "rd": rd },
            "geometry": { "type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]] },
        }));
    };
    for i in 0..8_usize {
        let x = i as f64 * 100.0;
        feature(format!("N{i}"), "works", u8::from(i < 4), (i * 7) % 5, [x, 130.0, x + 100.0, 230.0]);
    }
    feature("ROAD".to_owned(), "street", 1, 0, [0.0, 100.0, 800.0, 130.0]);
    let crs = json!({ "type": "name", "properties": { "name": "urn:ogc:def:crs:EPSG::4549" } });
    let layer = json!({ "type": "FeatureCollection", "crs": crs, "features": features });
    std::fs::write(folder.join("p.geojson"), layer.to_string()).unwrap();
    let policy = format!(
        "reference_date = '{date}'\n[columns]\nparcel_code = 'ZDDM'\nin_zone = 'in_zone'\n[indicators.rd]\nformula = 'rd'\n\
         normalise = {{ method = 'rank' }}\n[constraints]\nmin_block_ha = 0.5\narea = {{ mode = 'conserve', tolerance = 0.3 }}\n{more}"
    );
    std::fs::write(folder.join("policy.toml"), policy).unwrap();
    let done = lianpian()
        .arg("import")
        .arg(folder.join("p.geojson"))
        .arg("--policy")
        .arg(folder.join("policy.toml"))
        .args(["--title", title, "--project"])
        .arg(project)
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn scenarios_carry_their_day_and_are_compared_by_the_parcels_they_share() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("project.gpkg");
    import(folder.path(), &project, "with", "2024-12-31", "");
    let aside = "[eligible]\nnot_parcels = [{ column = 'use', is = ['street'] }]\n";
    import(folder.path(), &project, "without", "2025-12-31", aside);
    let server = serve(&project);
    let listed = server.json("/api/v1/scenarios");
    let days: Vec<(&str, &str)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["title"].as_str().unwrap(), s["reference_date"].as_str().unwrap()))
        .collect();
    assert_eq!(days, [("with", "2024-12-31"), ("without", "2025-12-31")]);
    let compared = server.json("/api/v1/compare?scenarios=1,2");
    assert_eq!(compared["in_all"], 8);
    assert_eq!(compared["differ"], json!([]));
    let of = |at: usize, key: &str| compared["scenarios"][at][key].as_f64().unwrap();
    assert_eq!((of(0, "parcels"), of(1, "parcels")), (9.0, 8.0));
    // The street, which is of the zone, and no more than that.
    assert!((of(0, "besides_m2") / 24_000.0 - 1.0).abs() < 1e-3, "{compared}");
    assert_eq!(of(1, "besides_m2"), 0.0);
    assert_eq!((of(0, "besides"), of(1, "besides")), (1.0, 0.0));
    assert_eq!(of(0, "common_m2"), of(1, "common_m2"));
    assert!((of(0, "common_m2") / 40_000.0 - 1.0).abs() < 1e-3, "{compared}");
    // Four parcels of one size in the zone; the street, which has a score too, does not count.
    for (at, id) in [(0, 1), (1, 2)] {
        let columns = server.json(&format!("/api/v1/scenarios/{id}/parcels"));
        let scores: Vec<f64> = (0..4).map(|i| columns["score"][i].as_f64().unwrap()).collect();
        let mean = scores.iter().sum::<f64>() / 4.0;
        assert!((of(at, "common_score") - mean).abs() < 0.1, "{compared}\n{columns}");
        assert_eq!(compared["scenarios"][at]["common_transfers"], json!({ "in": 0, "out": 0 }));
    }
}
