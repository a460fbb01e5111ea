//! C9: the area of each sub-park within its band, as a hard rule, at a price, or only said.

use std::path::Path;

use crate::support::{lianpian, number, park, record, run};

/// Plans `park` with these lines of its policy put in place of others; returns `plan.json`.
fn planned(park: &Path, out: &Path, changes: &[(&str, &str)]) -> serde_json::Value {
    let mut policy = std::fs::read_to_string(park.join("policy.toml")).unwrap();
    // The other rules of the demo would hide what the bands do.
    let others = [
        ("concentration = {", "keep_concentration = true"),
        ("max_moved_share", "max_moved_share = \"free\""),
        ("min_block = ", "min_block = \"hard\""),
        ("new_block_ha", "new_block_ha = 0"),
    ];
    for (line, instead) in others.iter().chain(changes) {
        let old = policy.lines().find(|l| l.starts_with(line)).unwrap().to_owned();
        policy = policy.replace(&old, instead);
    }
    let file = park.join("changed.toml");
    std::fs::write(&file, policy).unwrap();
    let input = park.join("parcels.gpkg");
    let status = lianpian()
        .args(["plan", input.to_str().unwrap(), "--policy", file.to_str().unwrap()])
        .args(["--out", out.to_str().unwrap()])
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    run(&["verify", out.to_str().unwrap()], 0);
    record(out)
}

fn rule(record: &serde_json::Value) -> (String, f64) {
    let rules = record["constraints"].as_array().unwrap();
    let rule = rules.iter().find(|c| c["id"] == "C9").unwrap();
    (rule["status"].as_str().unwrap().to_owned(), rule["value"].as_f64().unwrap())
}

#[test]
fn a_hard_band_is_kept_with_a_proof_and_a_soft_one_costs() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1500);
    let free = planned(&park, &folder.path().join("free"), &[("sub_park = \"hard\"", "sub_park = \"off\"")]);
    let (status, moved) = rule(&free);
    assert_eq!(status, "off");
    // Half of what the plan would move, so that the band binds.
    let band = format!("sub_park_band = {}", moved / 2.0);
    let said = planned(
        &park,
        &folder.path().join("said"),
        &[("sub_park_band", &band), ("sub_park = \"hard\"", "sub_park = \"soft\"")],
    );
    assert_eq!(rule(&said), ("missed".to_owned(), moved), "without a price it is only said");
    assert!(said["objective"].get("sub_park_prices").is_none());

    let hard = [("sub_park_band", band.as_str())];
    let hard = planned(&park, &folder.path().join("hard"), &hard);
    let (status, kept) = rule(&hard);
    assert_eq!(status, "met");
    assert!(kept <= moved / 2.0 * (1.0 + 1e-9), "{kept}");
    let priced = hard["objective"]["sub_park_prices"].as_object().unwrap();
    assert!(priced.values().any(|price| price.as_f64() != Some(0.0)), "{priced:?}");
    let value = |record| number(record, "objective.value");
    assert!(value(&hard) <= value(&free));
    assert!(number(&hard, "objective.gap") < 0.1, "{}", number(&hard, "objective.gap"));

    let soft = [
        ("sub_park_band", band.as_str()),
        ("sub_park = \"hard\"", "sub_park = \"soft\""),
        ("small_block_price", "small_block_price = 50.0\nsub_park_price = 3.0"),
    ];
    let soft = planned(&park, &folder.path().join("soft"), &soft);
    let prices = soft["objective"]["sub_park_prices"].as_object().unwrap();
    assert!(prices.values().all(|price| price.as_f64().unwrap().abs() <= 3.0), "{prices:?}");
    assert!(value(&hard) <= value(&soft) * (1.0 + 0.1) && value(&soft) <= value(&free));
}
