//! What the commands say, and how they end.

use crate::support::{lianpian, number, park, planned, record, run, run_for_stderr};

#[test]
fn the_demo_says_in_plain_words_what_it_proposes() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    let said = run(&["demo", "--once", "--parcels", "1500", "--out", out.to_str().unwrap()], 0);
    for words in ["synthetic", "concentration  ", "transfers  ", "swap 1: ", "map.svg", "R&D intensity"] {
        assert!(said.contains(words), "{words} missing in\n{said}");
    }
    let plan = out.join("plan");
    let record = record(&plan);
    assert!(record["inputs"]["policy_name"].as_str().unwrap().contains("synthetic"));
    for file in ["plan.gpkg", "map.svg", "issues.csv", "certificate.bin", "shp/parcels.shp"] {
        assert!(plan.join(file).is_file(), "{file}");
    }
    run(&["verify", plan.to_str().unwrap()], 0);
}

#[test]
fn the_demo_draws_its_zone_together_at_every_gap_width() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo");
    run(&["demo", "--once", "--out", out.to_str().unwrap()], 0);
    let record = record(&out.join("plan"));
    for rule in record["constraints"].as_array().unwrap() {
        assert_eq!(rule["status"], "met", "{rule}");
    }
    let value = |id: &str| {
        let rules = record["constraints"].as_array().unwrap();
        number(rules.iter().find(|rule| rule["id"] == id).unwrap(), "value")
    };
    assert!(value("C9") <= 0.2 && value("C10") <= 0.25 && value("C12") == 0.0);
    for gap in record["concentration"]["by_gap"].as_array().unwrap() {
        let (before, after) = (number(gap, "before.index"), number(gap, "after.index"));
        let least = if number(gap, "gap_m") == 20.0 { 1.1 } else { 1.0 };
        assert!(after >= least * before, "{before} became {after} at {}", gap["gap_m"]);
    }
}

#[test]
fn a_tampered_plan_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = planned(folder.path(), 1200);
    let file = out.join("plan.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
    changed["area"]["after_m2"] = (changed["area"]["after_m2"].as_f64().unwrap() + 100.0).into();
    std::fs::write(&file, changed.to_string()).unwrap();
    let said = run(&["verify", out.to_str().unwrap()], 1);
    assert!(said.contains("area.after_m2"), "{said}");
    // And a bound that claims too little.
    let mut changed: serde_json::Value = serde_json::from_str(&text).unwrap();
    changed["objective"]["bound"] = changed["objective"]["value"].clone();
    changed["objective"]["gap"] = 0.0.into();
    std::fs::write(&file, changed.to_string()).unwrap();
    assert!(run(&["verify", out.to_str().unwrap()], 1).contains("bound"));
}

#[test]
fn errors_say_what_where_and_what_to_try() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 300);
    let input = park.join("parcels.gpkg");
    let out = folder.path().join("out");
    let try_policy = |text: &str| {
        let policy = folder.path().join("policy.toml");
        std::fs::write(&policy, text).unwrap();
        let args = [
            "plan",
            input.to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ];
        let said = run_for_stderr(&args, 2);
        assert!(!said.contains("panicked"), "{said}");
        assert!(!out.exists());
        said
    };
    let said = try_policy("[objective]\nlamda = 3\n");
    assert!(said.contains("line 2") && said.contains("did you mean `lambda`"), "{said}");
    let said = try_policy("[columns]\nparcel_code = 'parcel_cod'\n");
    assert!(said.contains("parcel_code"), "{said}");
    let said = try_policy("[columns]\nparcel_code = 'parcel_code'\n");
    assert!(said.contains("no parcel is in the zone now"), "{said}");
    let said = try_policy("[columns]\nin_zone = 'in_zone'\n[locks]\nin = ['310118']\n");
    assert!(said.contains("no parcel \"310118\""), "{said}");
    let said = try_policy("[columns]\nin_zone = 'in_zone'\n[indicators.a]\nformula = 'nam / 2'\n");
    assert!(said.contains("nam"), "{said}");
    let missing = run_for_stderr(&["check", folder.path().join("parcel.gpkg").to_str().unwrap()], 2);
    assert!(missing.starts_with("error: "), "{missing}");
}

#[test]
fn contradictory_locks_are_explained_with_their_figures() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 400);
    let input = park.join("parcels.gpkg");
    let policy = park.join("policy.toml");
    let text = std::fs::read_to_string(&policy).unwrap();
    // Everything is locked in, yet the area has to stay as it is.
    let text = text.replace("[locks]\n", "[locks]\ncolumn = \"all_in\"\n");
    std::fs::write(&policy, text).unwrap();
    let locked = folder.path().join("locked.gpkg");
    let made = std::process::Command::new("ogr2ogr")
        .args([locked.to_str().unwrap(), input.to_str().unwrap(), "-dialect", "sqlite", "-sql"])
        .arg("SELECT *, 'in' AS all_in FROM parcels")
        .args(["-nln", "parcels"])
        .status()
        .unwrap();
    assert!(made.success());
    let out = folder.path().join("out");
    let done = lianpian()
        .args([
            "plan",
            locked.to_str().unwrap(),
            "--policy",
            policy.to_str().unwrap(),
            "--out",
            out.to_str().unwrap(),
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    // A red line may forbid what is locked in; that too is a contradiction in words.
    assert!(matches!(done.status.code(), Some(1 | 2)), "{said}");
    assert!(said.contains("what must be in") || said.contains("locked in, but overlay"), "{said}");
}

#[test]
fn check_tells_by_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1000);
    let parcels = park.join("parcels.gpkg");
    let said = run(&["check", parcels.to_str().unwrap()], 1);
    assert!(said.contains("parcels are named by column parcel_code"), "{said}");
    for kind in ["self_crossing", "duplicate", "missing_code", "null_geometry"] {
        assert!(said.contains(kind), "{kind} missing in\n{said}");
    }
    run(&["check", "no-such-file.shp"], 2);
}

#[test]
fn the_command_line_speaks_the_language_of_the_locale_or_the_one_asked_for() {
    let asked = |args: &[&str], locale: &str| {
        let args = [args, &["check", "no-such-file.shp"]].concat();
        let done = lianpian().args(args).env("LC_ALL", locale).output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        String::from_utf8(done.stderr).unwrap()
    };
    let (english, chinese) =
        ("error: no-such-file.shp: there is no such file", "错误：no-such-file.shp 不存在");
    assert!(asked(&[], "C").starts_with(english));
    assert!(asked(&[], "de_DE.UTF-8").starts_with(english));
    assert!(asked(&[], "zh_CN.UTF-8").starts_with(chinese));
    assert!(asked(&["--lang", "zh"], "C").starts_with(chinese));
    assert!(asked(&["--lang", "en"], "zh_CN.UTF-8").starts_with(english));
}

#[test]
fn a_plan_gives_its_reasons_and_its_issues_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let out = planned(folder.path(), 400);
    let ideograph = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let record = record(&out);
    let reasons =
        record["transfers"].as_array().unwrap().iter().flat_map(|t| t["reasons"].as_array().unwrap());
    let mut told = 0;
    for reason in reasons {
        assert!(ideograph(reason["zh"].as_str().unwrap()), "{reason}");
        assert!(!reason["en"].as_str().unwrap().is_empty() && reason["params"].is_object(), "{reason}");
        assert!(!reason["code"].as_str().unwrap().is_empty(), "{reason}");
        told += 1;
    }
    assert!(told > 0);
    let issues = std::fs::read_to_string(out.join("issues.csv")).unwrap();
    assert!(issues.lines().count() > 1);
    for line in issues.lines().skip(1) {
        assert!(ideograph(line), "{line}");
    }
}

#[test]
fn the_land_bureau_gets_a_gbk_shapefile() {
    let folder = tempfile::tempdir().unwrap();
    let out = planned(folder.path(), 600);
    for (format, name) in [("shp", "filed"), ("gpkg", "filed.gpkg"), ("geojson", "json"), ("fgb", "fgb")] {
        let target = folder.path().join(name);
        let mut args =
            vec!["export", out.to_str().unwrap(), "--format", format, "--out", target.to_str().unwrap()];
        if format == "shp" {
            args.extend(["--encoding", "GBK", "--crs", "EPSG:4549"]);
        }
        let said = run(&args, 0);
        assert!(!said.trim().is_empty());
        assert!(target.exists(), "{format}");
    }
    let zone = folder.path().join("filed/zone_after.shp");
    let info =
        std::process::Command::new("ogrinfo").args(["-so", "-al", zone.to_str().unwrap()]).output().unwrap();
    let info = String::from_utf8_lossy(&info.stdout).into_owned();
    assert!(info.contains("4549"), "{info}");
    assert_eq!(std::fs::read_to_string(folder.path().join("filed/zone_after.cpg")).unwrap().trim(), "GBK");
}
