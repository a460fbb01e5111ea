//! `plan --robustness`: shares of sampled weights, in every file that tells of transfers.

use crate::same_bytes::bytes;
use crate::support::{lianpian, number, park, record, run};

#[test]
fn transfers_say_how_often_they_stay_and_say_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 1200);
    let plan = |threads: &str, samples: &str, out: &str| {
        let out = folder.path().join(out);
        let done = lianpian()
            .args(["plan", park.join("parcels.gpkg").to_str().unwrap()])
            .args(["--policy", park.join("policy.toml").to_str().unwrap(), "--out", out.to_str().unwrap()])
            .args(["--robustness", samples])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (out, String::from_utf8(done.stdout).unwrap())
    };
    let (out, said) = plan("2", "20", "plan");
    let (again, _) = plan("1", "20", "again");
    let (first, second) = (bytes(&out), bytes(&again));
    assert!(first.keys().eq(second.keys()));
    for (name, content) in &first {
        assert!(second[name] == *content, "{name} differs between two runs");
    }

    assert!(said.contains("robustness  ") && said.contains("20 draws"), "{said}");
    let record_of = record(&out);
    assert_eq!(
        (number(&record_of, "robustness.samples"), number(&record_of, "robustness.spread")),
        (20.0, 0.5)
    );
    let transfers = record_of["transfers"].as_array().unwrap();
    assert!(transfers.len() > 5);
    let (mut area, mut stays) = (0.0, 0.0);
    for transfer in transfers {
        let share = number(transfer, "robustness");
        assert!(
            (0.0..=1.0).contains(&share) && (20.0 * share - (20.0 * share).round()).abs() < 1e-9,
            "{share}"
        );
        area += number(transfer, "area_m2");
        stays += share * number(transfer, "area_m2");
    }
    let mean = number(&record_of, "robustness.mean");
    assert!((mean - stays / area).abs() < 1e-9 && mean > 0.3, "{mean}");
    // The same figures stand in the layers, for every parcel in that of the parcels.
    for (layer, count) in [("transfers", transfers.len()), ("parcels", usize::MAX)] {
        let text = std::fs::read_to_string(out.join(format!("{layer}.geojson"))).unwrap();
        let features: serde_json::Value = serde_json::from_str(&text).unwrap();
        let features = features["features"].as_array().unwrap();
        assert!(features.iter().all(|f| f["properties"]["robustness"].is_number()), "{layer}");
        assert!(count == usize::MAX || count == features.len());
    }
    run(&["verify", out.to_str().unwrap()], 0);

    // Not asked for, nothing is said of it.
    let (bare, said) = plan("2", "0", "bare");
    assert!(!said.contains("robustness"));
    let bare_record = std::fs::read_to_string(bare.join("plan.json")).unwrap();
    assert!(!bare_record.contains("\"robustness\""));
    assert_eq!(record(&bare)["objective"], record_of["objective"]);

    // A share that is none is found out.
    let file = out.join("plan.json");
    let mut changed = record_of.clone();
    changed["transfers"][0]["robustness"] = 1.5.into();
    std::fs::write(&file, changed.to_string()).unwrap();
    let said = run(&["verify", out.to_str().unwrap()], 1);
    assert!(said.contains("robustness: 1.5 is no share"), "{said}");
}
