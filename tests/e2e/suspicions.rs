//! What is not as it was meant is said in the summary, exports stay where their system is used, and `init` writes a policy
//! that plans.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{lianpian, run};

/// `n` squares of a hectare side by side from `x`, in `crs`, the first half in the zone.
fn park(folder: &Path, name: &str, crs: u32, x: f64, y: f64, n: u32) -> String {
    let mut features = String::new();
    for i in 0..n {
        let (west, east) = (x + f64::from(i) * 100.0, x + f64::from(i + 1) * 100.0);
        let north = y + 100.0;
        let _ = write!(
            features,
            "{}{{\"type\":\"Feature\",\"properties\":{{\"ZDDM\":\"P{i}\",\"in_zone\":{},\"rd\":{},\"use\":\"06\"}},\"geometry\":\
             {{\"type\":\"Polygon\",\"coordinates\":[[[{west},{y}],[{east},{y}],[{east},{north}],[{west},{north}],[{west},{y}]]]}}}}",
            if i == 0 { "" } else { "," },
            u8::from(i < n / 2),
            i % 3
        );
    }
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::{crs}\"}}}},\
         \"features\":[{features}]}}"
    );
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

const POLICY: &str = "[columns]\nparcel_code = 'ZDDM'\nin_zone = 'in_zone'\n[indicators.rd]\nformula = 'rd'\n\
                      normalise = { method = 'rank' }\n[constraints]\nmin_block_ha = 0.5\narea = { mode = 'conserve', tolerance = 0.3 }\n";

/// What `plan` says with these lines added to the policy.
fn planned(folder: &Path, parcels: &str, more: &str) -> String {
    let (policy, out) = (folder.join("policy.toml"), folder.join("plan"));
    std::fs::write(&policy, format!("{POLICY}{more}")).unwrap();
    let _ = std::fs::remove_dir_all(&out);
    let run = lianpian()
        .args(["plan", parcels, "--policy", policy.to_str().unwrap(), "--out", out.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(run.status.code().is_some_and(|code| code <= 1), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn layers_that_meet_no_parcel_and_conditions_that_nothing_meets_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let parcels = park(at, "p.geojson", 4549, 604_800.0, 3_448_100.0, 6);
    park(at, "near.geojson", 4549, 604_800.0, 3_448_100.0, 1);
    park(at, "far.geojson", 4549, 604_800.0, 3_548_200.0, 1);
    for (more, said) in [
        ("", ""),
        ("[overlays.red]\nlayer = 'near.geojson'\nrule = 'forbid'\n", ""),
        (
            "[overlays.red]\nlayer = 'far.geojson'\nrule = 'forbid'\n",
            "the overlay far.geojson meets no parcel; it lies 100.0 km away",
        ),
        (
            "[[contiguity.barriers]]\nlayer = 'far.geojson'\nhalf_width_m = 1\n",
            "the barrier layer far.geojson meets no parcel",
        ),
        ("[[contiguity.barriers]]\nlayer = 'near.geojson'\nhalf_width_m = 1\n", ""),
        (
            "[eligible]\nmove_in = [{ column = 'use', is = ['07'] }]\n",
            "eligible.move_in: nothing meets the condition",
        ),
        ("[eligible]\nmove_in = [{ column = 'use', is = ['06'] }]\n", ""),
        ("[eligible]\nnot_parcels = [{ column = 'use', is = ['road'] }]\n", "the column states \"06\" (6)"),
        (
            "[overlays.red]\nlayer = 'near.geojson'\nrule = 'forbid'\nwhere = [{ column = 'use', is = ['9'] }]\n",
            "near.geojson: nothing meets the condition",
        ),
    ] {
        let text = planned(at, &parcels, more);
        let warned = text.contains("warning: ");
        assert_eq!(warned, !said.is_empty(), "{more}: {text}");
        assert!(text.contains(said), "{more}: {text}");
    }
}

#[test]
fn an_export_stays_where_its_system_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let export = |crs: &str| {
        let out = at.join("out");
        lianpian()
            .args([
                "export",
                at.join("plan").to_str().unwrap(),
                "--format",
                "shp",
                "--crs",
                crs,
                "--out",
                out.to_str().unwrap(),
            ])
            .output()
            .unwrap()
    };
    for (input, x, y, asked, fits) in [
        (32619, 330_000.0, 4_690_000.0, "EPSG:4528", "EPSG:32619"),
        (4547, 432_000.0, 2_540_000.0, "EPSG:4528", "EPSG:4526"),
        (4547, 432_000.0, 2_540_000.0, "EPSG:4549", "EPSG:4547"),
    ] {
        let parcels = park(at, "p.geojson", input, x, y, 4);
        planned(at, &parcels, "");
        let refused = export(asked);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("--crs {fits} ")), "{said}");
        assert!(!at.join("out").exists());
        assert_eq!(export(fits).status.code(), Some(0));
        // The places in the check report are those of the files.
        let report = std::fs::read_to_string(at.join("out/check_report.csv")).unwrap();
        let place = report.lines().find(|l| l.contains("code_malformed,finding")).unwrap();
        let easting: f64 = place.split(',').nth(4).unwrap().parse().unwrap();
        let prefix = if fits == "EPSG:4526" { 38e6 } else { 0.0 };
        assert!((easting - prefix - x).abs() < 1000.0, "{fits}: {place}");
        std::fs::remove_dir_all(at.join("out")).unwrap();
    }
}

#[test]
fn slits_of_a_survey_do_not_part_a_block() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let path = park(at, "p.geojson", 4549, 604_800.0, 3_448_100.0, 6);
    // Every square but the first a little further east.
    let mut collection: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for (i, feature) in collection["features"].as_array_mut().unwrap().iter_mut().enumerate() {
        for point in feature["geometry"]["coordinates"][0].as_array_mut().unwrap() {
            point[0] = (point[0].as_f64().unwrap() + 0.005 * i as f64).into();
        }
        feature["properties"]["in_zone"] = 1.into();
    }
    std::fs::write(&path, collection.to_string()).unwrap();
    planned(at, &path, "");
    let blocks: serde_json::Value =
        serde_json::from_slice(&std::fs::read(at.join("plan/blocks.geojson")).unwrap()).unwrap();
    let blocks = blocks["features"].as_array().unwrap();
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0]["geometry"]["type"], "Polygon");
    assert_eq!(blocks[0]["geometry"]["coordinates"].as_array().unwrap().len(), 1);
}

#[test]
fn init_writes_a_policy_that_plans_and_says_what_it_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let parcels = park(at, "parcels.geojson", 4549, 604_800.0, 3_448_100.0, 8);
    park(at, "生态红线.geojson", 4549, 605_500.0, 3_448_100.0, 1);
    std::fs::create_dir(at.join("tables")).unwrap();
    let firms: String = (0..8).map(|i| format!("{i:018},P{i},{}\n", i * 10)).collect();
    std::fs::write(at.join("tables/firms.csv"), format!("统一社会信用代码,所在地块,研发投入\n{firms}"))
        .unwrap();
    let name = |file: &str| at.join(file).to_str().unwrap().to_owned();
    let (policy, table, red) = (name("policy.toml"), name("tables/firms.csv"), name("生态红线.geojson"));
    let said = run(&["init", &parcels, &table, &red, "--out", &policy], 0);
    for what in ["parcel_code is the column \"ZDDM\"", "in_zone is the column", "eco_redline", "研发投入"]
    {
        assert!(said.contains(what), "{what}: {said}");
    }
    let text = std::fs::read_to_string(&policy).unwrap();
    assert!(
        text.contains("table = \"tables/firms.csv\"") && text.contains("# 假设 What was assumed"),
        "{text}"
    );
    let out = name("plan");
    let planned = lianpian().args(["plan", &parcels, "--policy", &policy, "--out", &out]).output().unwrap();
    assert!(planned.status.code().is_some_and(|c| c <= 1), "{}", String::from_utf8_lossy(&planned.stderr));
    let again = lianpian().args(["init", &parcels, "--out", &policy]).output().unwrap();
    assert_eq!(again.status.code(), Some(2));
    assert_eq!(std::fs::read_to_string(&policy).unwrap(), text, "what is there stays");
    // Parcels alone plan too.
    let alone = name("alone.toml");
    run(&["init", &parcels, "--out", &alone], 0);
    let planned =
        lianpian().args(["plan", &parcels, "--policy", &alone, "--out", &name("plan2")]).output().unwrap();
    assert!(planned.status.code().is_some_and(|c| c <= 1), "{}", String::from_utf8_lossy(&planned.stderr));
}

/// A figure or a width that cannot be read is missing, and said so where it is used.
#[test]
fn figures_of_parcels_and_widths_of_barriers_that_are_no_numbers_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let whole = std::fs::read_to_string(park(at, "p.geojson", 4549, 604_800.0, 3_448_100.0, 6)).unwrap();
    let parcels = at.join("odd.geojson").to_str().unwrap().to_owned();
    std::fs::write(&parcels, whole.replacen("\"rd\":1", "\"rd\":\"1200 m²\"", 1)).unwrap();
    let said = planned(at, &parcels, "");
    assert!(
        said.contains("column \"rd\": 1 of 6 values present are no numbers, such as \"1200 m²\""),
        "{said}"
    );
    let line = whole.replace("Polygon", "MultiLineString").replace("\"rd\":", "\"width\":");
    std::fs::write(at.join("roads.geojson"), line.replacen("\"width\":1", "\"width\":\"15 m\"", 1)).unwrap();
    let barriers =
        "[[contiguity.barriers]]\nlayer = 'roads.geojson'\nhalf_width_column = 'width'\nhalf_width_m = 4\n";
    let said = planned(at, &parcels, barriers);
    assert!(
        said.contains(
            "barriers roads.geojson: 1 widths in the column \"width\" are no numbers, such as \"15 m\""
        ) && said.contains("half width of 4 m"),
        "{said}"
    );
}

/// Whatever a layer lacks, the policy plans: without a flag all parcels are inside, without a code they go by their row.
#[test]
fn init_writes_a_policy_for_layers_that_say_little() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let whole = std::fs::read_to_string(park(at, "p.geojson", 4549, 604_800.0, 3_448_100.0, 6)).unwrap();
    let without_zone = whole.replace("\"in_zone\":0,", "").replace("\"in_zone\":1,", "");
    let only_area = without_zone.replace("\"ZDDM\"", "\"note\"").replace("\"rd\"", "\"objectid\"");
    for (name, text) in [("without_zone", without_zone), ("only_area", only_area)] {
        let path = |ending: &str| at.join(format!("{name}.{ending}")).to_str().unwrap().to_owned();
        std::fs::write(path("geojson"), text).unwrap();
        let said = run(&["init", &path("geojson"), "--out", &path("toml")], 0);
        assert!(said.contains("all of them count as inside"), "{said}");
        let out = path("plan");
        let done = lianpian()
            .args(["plan", &path("geojson"), "--policy", &path("toml"), "--out", &out])
            .output()
            .unwrap();
        assert!(done.status.code().is_some_and(|c| c <= 1), "{}", String::from_utf8_lossy(&done.stderr));
        let plan: serde_json::Value =
            serde_json::from_slice(&std::fs::read(at.join(format!("{name}.plan/plan.json"))).unwrap())
                .unwrap();
        let area_ha = plan["area"]["before_m2"].as_f64().unwrap() / 1e4;
        assert!((area_ha - 6.0).abs() < 0.01, "{area_ha} ha of 6 are in the zone");
    }
}
