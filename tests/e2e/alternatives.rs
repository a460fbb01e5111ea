//! Other plans: apart by the stated area, admissible, with what they cost.

use crate::support::{number, park, record, run};

#[test]
fn plans_that_differ_are_written_beside_the_plan_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1500);
    let out = folder.path().join("plan");
    let names = [park.join("parcels.gpkg"), park.join("policy.toml"), out.clone()]
        .map(|p| p.to_str().unwrap().to_owned());
    let args = ["plan", &names[0], "--policy", &names[1], "--out", &names[2]];
    let said = run(&[&args[..], &["--alternatives", "2", "--differ", "0.03"]].concat(), 0);
    assert!(said.contains("alternative 2"), "{said}");
    run(&["verify", &names[2]], 0);
    let plan = record(&out);
    let others = plan["alternatives"].as_array().unwrap();
    assert_eq!(others.len(), 2);
    let before_m2 = number(&plan, "area.before_m2");
    for other in others {
        assert!(number(other, "differs_m2") >= 0.03 * before_m2 * (1.0 - 1e-9));
        assert!(number(other, "price") >= 0.0);
        assert!(number(other, "bound") >= number(other, "value") - 1e-6);
    }
    // The zones are columns of the parcels, and they are what the changes say.
    let text = std::fs::read_to_string(out.join("parcels.geojson")).unwrap();
    let parcels: serde_json::Value = serde_json::from_str(&text).unwrap();
    let differ = parcels["features"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|f| f["properties"]["zone_alt_1"] != f["properties"]["zone_after"]);
    assert_eq!(differ.count(), others[0]["changes"].as_array().unwrap().len());

    // Who says that a dearer plan costs nothing is found out.
    let mut false_plan = plan.clone();
    false_plan["alternatives"][0]["price"] = 0.0.into();
    false_plan["alternatives"][1]["changes"].as_array_mut().unwrap().pop();
    std::fs::write(out.join("plan.json"), false_plan.to_string()).unwrap();
    let said = run(&["verify", &names[2]], 1);
    assert!(said.contains("alternatives[0].price") && said.contains("alternatives[1].value"), "{said}");
}

#[test]
fn the_bare_optimiser_finds_them_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (mut units, mut edges) = ("id,area,score,in_zone,lock\n".to_owned(), "i,j,w\n".to_owned());
    for i in 0..40 {
        units.push_str(&format!("{i},1,{},{},0\n", (i * 37) % 101, u8::from(i < 12)));
        if i > 0 {
            edges.push_str(&format!("{},{i},1\n", i - 1));
        }
    }
    std::fs::write(path("units.csv"), units).unwrap();
    std::fs::write(path("edges.csv"), edges).unwrap();
    let (units, edges, out) = (path("units.csv"), path("edges.csv"), path("out.csv"));
    let args = ["solve", "--units", &units, "--edges", &edges, "--kappa", "1", "--out", &out, "--json"];
    let said = run(&[&args[..], &["--alternatives", "3", "--differ", "0.3"]].concat(), 0);
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    let others = report["alternatives"].as_array().unwrap();
    assert_eq!(others.len(), 3);
    let written = std::fs::read_to_string(&out).unwrap();
    let rows: Vec<Vec<u8>> =
        written.lines().skip(1).map(|l| l.split(',').skip(1).map(|x| x.parse().unwrap()).collect()).collect();
    for (a, b) in [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)] {
        let apart = rows.iter().filter(|row| row[a] != row[b]).count();
        assert!(apart as f64 >= 0.3 * 12.0, "zones {a} and {b} differ by {apart}");
    }
    for other in others {
        assert!(number(other, "objective") <= number(&report, "objective") + 1e-9);
    }
}
