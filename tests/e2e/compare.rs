//! Plans side by side in one picture.

use std::path::{Path, PathBuf};

use crate::support::{lianpian, park, run, run_for_stderr};

/// Plans the park twice, with and without the rule for small blocks.
fn two_plans(folder: &Path) -> [PathBuf; 2] {
    let park = park(folder, 800);
    let policy = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    let with = "min_block = \"no_new\"";
    assert!(policy.contains(with));
    std::fs::write(park.join("any.toml"), policy.replace(with, "min_block = \"off\"")).unwrap();
    ["policy.toml", "any.toml"].map(|policy| {
        let out = folder.join(policy.trim_end_matches(".toml"));
        let names = [park.join("parcels.gpkg"), park.join(policy), out.clone()];
        let [input, policy, to] = names.map(|p| p.to_str().unwrap().to_owned());
        run(&["plan", &input, "--policy", &policy, "--out", &to], 0);
        out
    })
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What stands between the tags `<text …>` and `</text>`; fails when the picture is no XML.
fn lines_of(svg: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(svg);
    reader.config_mut().check_end_names = true;
    let (mut depth, mut lines, mut within) = (0_usize, Vec::new(), false);
    loop {
        use quick_xml::events::Event;
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                assert!(tag.attributes().all(|a| a.is_ok()));
                depth += 1;
                within = tag.name().as_ref() == "text";
                if within {
                    lines.push(String::new());
                }
            }
            Event::Empty(tag) => assert!(tag.attributes().all(|a| a.is_ok())),
            Event::End(_) => {
                depth -= 1;
                within = false;
            }
            Event::Text(words) if within => lines.last_mut().unwrap().push_str(&words),
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "a tag is not closed");
    lines
}

#[test]
fn the_present_zone_and_two_plans_make_three_panels_and_the_same_bytes_twice() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, any] = two_plans(folder.path());
    let picture = |name: &str, more: &[&str]| {
        let out = folder.path().join(name);
        let mut args = vec!["compare", text(&any), text(&ours), "--out", text(&out)];
        args.extend(more);
        let said = run(&args, 0);
        (said, std::fs::read_to_string(&out).unwrap())
    };
    let (said, svg) = picture("a.svg", &[]);
    let lines = lines_of(&svg);
    assert_eq!(svg.matches("clip-path=\"url(#frame)\"").count(), 3);
    let places: Vec<usize> = ["现状 Present zone", "any", "policy"]
        .iter()
        .map(|title| {
            lines.iter().position(|l| l == title).unwrap_or_else(|| panic!("no {title} in {lines:?}"))
        })
        .collect();
    assert!(places.is_sorted(), "{lines:?}");
    for label in [
        "目标值（分·公顷） Objective, score·ha",
        "已证差距 Certified gap",
        "集中度（0–100） Concentration, 0–100",
        "连片数 Blocks",
    ] {
        assert_eq!(lines.iter().filter(|l| *l == label).count(), 3, "{label} in {lines:?}");
        let english = label.split_once(' ').unwrap().1;
        assert_eq!(said.matches(&format!("\n  {english}: ")).count(), 3, "{label} in\n{said}");
    }
    assert!(svg.contains("stroke-dasharray"), "marks that read without colour");
    assert!(svg == picture("b.svg", &[]).1, "the same plans, other bytes");

    let (_, titled) = picture("c.svg", &["--titles", "A & <B>,丙"]);
    let lines = lines_of(&titled);
    assert!(titled.contains("A &amp; &lt;B&gt;") && lines.contains(&"丙".to_owned()), "{lines:?}");
}

/// The zone's boundary and the shares shown are those of the plan's own objective.
#[test]
fn the_figures_are_those_of_the_plans() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, any] = two_plans(folder.path());
    let out = folder.path().join("a.svg");
    let said = run(&["compare", text(&any), text(&ours), "--out", text(&out)], 0);
    let panels: Vec<&str> = said.split("Objective, score·ha: ").skip(1).collect();
    let value = |panel: &str, label: &str| {
        let rest = panel.split(label).nth(1).unwrap_or_else(|| panic!("no {label} in\n{panel}"));
        rest.trim_start_matches(": ").lines().next().unwrap().to_owned()
    };
    for (panel, plan) in panels[1..].iter().zip([&any, &ours]) {
        let record = crate::support::record(plan);
        let number = |path: &str| crate::support::number(&record, path);
        assert!(panel.starts_with(&format!("{:.1}\n", number("objective.value"))), "{panel}");
        assert_eq!(value(panel, "Blocks"), number("concentration.after.blocks").to_string());
        let small = format!("({:.2} %)", 100.0 * number("concentration.after.small_block_share"));
        assert!(value(panel, "of the area)").ends_with(&small), "{panel}");
        // The small blocks that the rule leaves are held in, or small today.
        if plan == &ours {
            let shown = value(panel, "of the area)");
            let shown: usize = shown.split(' ').next().unwrap().parse().unwrap();
            let held: usize = value(panel, "of these held in").parse().unwrap();
            let small_today = number("concentration.before.blocks") as usize;
            assert!((held..small_today).contains(&shown), "{panel}");
        }
        let km: f64 = value(panel, "as priced, km").parse().unwrap();
        assert!(km > 0.0);
    }
}

#[test]
fn plans_that_cannot_be_held_against_each_other_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, _] = two_plans(folder.path());
    let other = folder.path().join("other");
    run(&["demo", "--once", "--parcels", "600", "--seed", "3", "--out", text(&other)], 0);
    let out = folder.path().join("a.svg");
    let said = run_for_stderr(&["compare", text(&ours), text(&other.join("plan")), "--out", text(&out)], 2);
    assert!(said.contains("different layers"), "{said}");

    let park = folder.path().join("park");
    let policy = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    std::fs::write(park.join("near.toml"), policy.replace("gap_m = 20.0", "gap_m = 0.0")).unwrap();
    let near = folder.path().join("near");
    let (input, policy) = (park.join("parcels.gpkg"), park.join("near.toml"));
    // Whether that plan keeps every rule does not matter here.
    lianpian()
        .args(["plan", text(&input), "--policy", text(&policy), "--out", text(&near)])
        .output()
        .unwrap();
    let said = run_for_stderr(&["compare", text(&ours), text(&near), "--out", text(&out)], 2);
    assert!(said.contains("measure the present zone differently"), "{said}");

    let said = run_for_stderr(&["compare", text(&ours), "--titles", "a,b", "--out", text(&out)], 2);
    assert!(said.contains("2 titles for 1 plans"), "{said}");
    let said = run_for_stderr(&["compare", text(&park), "--out", text(&out)], 2);
    assert!(said.contains("plan.json"), "{said}");
    assert!(!out.exists());
}

/// With and without streets that were delivered as parcels: only the parcels of both are held against each other.
#[test]
fn plans_that_set_aside_different_features_are_compared_by_what_they_share() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    // Two rows of lots with a street between them that is a feature of the layer, too.
    let mut features = Vec::new();
    let mut feature = |code: &str, kind: &str, zone: u8, rd: u8, [w, s, e, n]: [f64; 4]| {
        let [w, e] = [w, e].map(|x| 604_800.0 + x);
        let [s, n] = [s, n].map(|y| 3_448_100.0 + y);
        features.push(format!(
            "{{\"type\":\"Feature\",\"properties\":{{\"ZDDM\":\"{code}\",\"use\":\"{kind}\",\"in_zone\":{zone},\"rd\":{rd}}},\
             \"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[{w},{s}],[{e},{s}],[{e},{n}],[{w},{n}],[{w},{s}]]]}}}}"
        ));
    };
    for i in 0..8_u8 {
        let x = f64::from(i) * 100.0;
        feature(&format!("N{i}"), "works", u8::from(i < 4), (i * 7) % 5, [x, 130.0, x + 100.0, 230.0]);
        feature(&format!("S{i}"), "works", u8::from(i < 4), (i * 3) % 5, [x, 0.0, x + 100.0, 100.0]);
    }
    feature("ROAD", "street", 1, 0, [0.0, 100.0, 800.0, 130.0]);
    let crs = "{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::4549\"}}";
    let layer =
        format!("{{\"type\":\"FeatureCollection\",\"crs\":{crs},\"features\":[{}]}}", features.join(","));
    std::fs::write(at.join("p.geojson"), layer).unwrap();
    let rules = "[columns]\nparcel_code = 'ZDDM'\nin_zone = 'in_zone'\n[indicators.rd]\nformula = 'rd'\n\
                 normalise = { method = 'rank' }\n[constraints]\nmin_block_ha = 0.5\narea = { mode = 'conserve', tolerance = 0.3 }\n";
    let set_aside = "[eligible]\nnot_parcels = [{ column = 'use', is = ['street'] }]\n";
    let [with, without] = [("with", ""), ("without", set_aside)].map(|(name, more)| {
        let (policy, out) = (at.join(format!("{name}.toml")), at.join(name));
        std::fs::write(&policy, format!("{rules}{more}")).unwrap();
        let names = [&at.join("p.geojson"), &policy, &out].map(|p| text(p).to_owned());
        lianpian().args(["plan", &names[0], "--policy", &names[1], "--out", &names[2]]).output().unwrap();
        assert!(out.join("plan.json").is_file());
        out
    });
    let (picture, table) = (at.join("a.svg"), at.join("a.csv"));
    let args = ["compare", text(&with), text(&without), "--out", text(&picture), "--table", text(&table)];
    let run = lianpian().args(args).output().unwrap();
    let (said, notes) = (String::from_utf8(run.stdout).unwrap(), String::from_utf8(run.stderr).unwrap());
    assert!(run.status.success(), "{notes}");
    assert!(notes.contains("16 parcels are in all plans") && notes.contains("with has 1 more"), "{notes}");
    assert!(notes.contains("ROAD") && notes.contains("eligible.not_parcels"), "{notes}");
    // The present zone is shown as each of them measures it; in common it is the same.
    assert_eq!(said.matches("现状 Present zone").count(), 2, "{said}");
    let common: Vec<&str> =
        said.lines().filter_map(|l| l.split("In common: area, ha: ").nth(1)).map(str::trim).collect();
    assert_eq!((common.len(), common[0]), (4, common[2]), "{said}");
    let svg = std::fs::read_to_string(&picture).unwrap();
    let lines = lines_of(&svg);
    assert!(lines.iter().any(|l| l.contains("16 parcels are in all plans")), "{lines:?}");
    // The table: who is where, and whom one plan lacks.
    let csv = std::fs::read_to_string(&table).unwrap();
    // Excel needs the mark before it.
    let csv = csv.strip_prefix('\u{feff}').unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows[0], ["parcel", "area_m2", "in_all_plans", "sides_differ", "present", "with", "without"]);
    assert_eq!(rows.len(), 18);
    let road = rows.iter().find(|r| r[0] == "ROAD").unwrap();
    assert_eq!((road[2], road[6]), ("no", ""));
    // What is said of the common area is what the sides in the table come to.
    for (column, place) in [(5, 1), (6, 3)] {
        let inside = rows[1..].iter().filter(|r| r[2] == "yes" && r[column] == "in");
        let ha: f64 = inside.map(|r| r[1].parse::<f64>().unwrap() / 1e4).sum();
        assert_eq!(format!("{ha:.2}"), common[place], "{said}");
    }
    let differ = rows[1..].iter().filter(|r| r[3] == "yes").count();
    assert!(notes.contains(&format!("{differ} of the parcels in common")), "{notes}");

    // Another park with the same codes is another layer.
    let moved = std::fs::read_to_string(at.join("p.geojson")).unwrap().replace("3448", "3458");
    std::fs::write(at.join("q.geojson"), moved).unwrap();
    let names = [&at.join("q.geojson"), &at.join("with.toml"), &at.join("other")].map(|p| text(p).to_owned());
    lianpian().args(["plan", &names[0], "--policy", &names[1], "--out", &names[2]]).output().unwrap();
    let said = run_for_stderr(&["compare", text(&with), &names[2], "--out", text(&at.join("b.svg"))], 2);
    assert!(said.contains("different layers") && said.contains("lies elsewhere"), "{said}");
}
