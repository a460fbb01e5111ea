//! `--time-limit`: whatever time there was, what comes back is sound and says what it is. No wall time is asserted.

use crate::support::{number, park, record, run, run_for_stderr, shared};

/// Hardly any time, a little, and plenty.
const LIMITS: [&str; 3] = ["1e-9", "0.02", "600"];

#[test]
fn a_limited_solve_has_a_valid_bound_and_so_has_each_edit() {
    let Some(bench) = shared("bench/optimiser") else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = std::process::Command::new("/usr/bin/python3")
        .arg(bench.join("gen.py"))
        .args(["500", folder.path().to_str().unwrap(), "--seed", "9"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .unwrap();
    assert!(made.success());
    std::fs::write(path("edits.csv"), "step,id,lock,score\na,3,-1,\nb,4,1,\nc,5,,90\n").unwrap();
    let (units, edges, edits) = (path("units.csv"), path("edges.csv"), path("edits.csv"));
    let solved = |limit: Option<&str>| -> serde_json::Value {
        let mut args = vec!["solve", "--json", "--units", &units, "--edges", &edges, "--edits", &edits];
        args.extend(["--min-block", "5", "--lambda", "2"]);
        args.extend(limit.iter().flat_map(|limit| ["--time-limit", *limit]));
        serde_json::from_str(&run(&args, 0)).unwrap()
    };
    let whole = solved(None);
    for limit in LIMITS {
        let limited = solved(Some(limit));
        let steps = |record: &serde_json::Value| record["edits"].as_array().unwrap().clone();
        assert_eq!(steps(&limited).len(), 3);
        for (limited, whole) in
            [limited.clone()].iter().chain(&steps(&limited)).zip([whole.clone()].iter().chain(&steps(&whole)))
        {
            let rounding = 1e-6 * number(whole, "objective").abs();
            // No zone is worth more than the bound, the one found with time least of all.
            assert!(number(limited, "bound") >= number(whole, "objective") - rounding, "{limited}");
            if limited["status"] != "infeasible" {
                assert!(number(limited, "bound") >= number(limited, "objective"), "{limited}");
                assert!(number(limited, "objective") <= number(whole, "bound") + rounding, "{limited}");
            }
        }
        match limited["status"].as_str().unwrap() {
            "infeasible" => {
                let why = limited["conflicts"][0].as_str().unwrap();
                assert!(limit != "600" && why.contains("stopped before it found"), "{why}");
            }
            status => assert!(limit != "1e-9" || status == "stopped", "{status}"),
        }
    }
    assert_eq!(number(&solved(Some("600")), "objective").to_bits(), number(&whole, "objective").to_bits());
}

#[test]
fn a_limited_plan_is_written_and_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let park = park(folder.path(), 2000);
    let out = folder.path().join("plan");
    let [input, policy, written] = [&park.join("parcels.gpkg"), &park.join("policy.toml"), &out]
        .map(|path| path.to_str().unwrap().to_owned());
    for limit in LIMITS {
        run(&["plan", &input, "--policy", &policy, "--out", &written, "--time-limit", limit], 0);
        run(&["verify", &written], 0);
        let record = record(&out);
        let status = record["objective"]["status"].as_str().unwrap();
        assert!(limit != "1e-9" || status == "stopped", "{status}");
        let objective = |key: &str| number(&record, &format!("objective.{key}"));
        let gap = (objective("bound") - objective("value")) / (objective("bound") - objective("before"));
        assert!((gap - objective("gap")).abs() < 1e-9 && gap >= 0.0, "gap {gap}");
    }
}

#[test]
fn a_limit_that_is_no_time_is_refused() {
    for limit in ["0", "-3", "soon", "nan"] {
        for command in
            [&["solve", "--units", "u", "--edges", "e"][..], &["plan", "p", "--policy", "q", "--out", "o"]]
        {
            let args = [command, &["--time-limit", limit]].concat();
            let said = run_for_stderr(&args, 2);
            assert!(said.contains("--time-limit") && said.contains("seconds above 0"), "{said}");
        }
    }
}
