//! `solve --edits` and `--prices`: what follows an edit is what a fresh solve of the edited instance finds, and forcing a
//! unit costs what was said.

use std::path::Path;

use crate::support::{number, run, run_for_stderr, shared};

/// The rows of a CSV file without its header.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|l| l.split(',').map(str::to_owned).collect()).collect()
}

fn solve(folder: &Path, units: &str, more: &[&str]) -> serde_json::Value {
    let (units, edges) = (folder.join(units), folder.join("edges.csv"));
    let mut args =
        vec!["solve", "--json", "--units", units.to_str().unwrap(), "--edges", edges.to_str().unwrap()];
    args.extend(more);
    serde_json::from_str(&run(&args, 0)).unwrap()
}

/// The units with one cell of one row changed.
fn changed(folder: &Path, name: &str, unit: &str, column: usize, to: &str) {
    let text = std::fs::read_to_string(folder.join("units.csv")).unwrap();
    let line = |line: &str| -> String {
        let mut cells: Vec<&str> = line.split(',').collect();
        if cells[0] == unit {
            cells[column] = to;
        }
        cells.join(",")
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    std::fs::write(folder.join(name), lines.join("\n") + "\n").unwrap();
}

#[test]
fn an_edit_is_followed_as_if_solved_anew_and_a_veto_costs_its_price() {
    let Some(bench) = shared("bench/optimiser") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    let made = std::process::Command::new("/usr/bin/python3")
        .arg(bench.join("gen.py"))
        .args(["600", folder.to_str().unwrap(), "--seed", "5"])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()
        .unwrap();
    assert!(made.success());

    let prices = folder.join("prices.csv");
    let base = solve(folder, "units.csv", &["--prices", prices.to_str().unwrap()]);
    let prices = rows(&prices);
    assert_eq!(prices.len(), 600);
    let (bound, objective) = (number(&base, "bound"), number(&base, "objective"));
    let decided = prices.iter().filter(|row| row[1] != "open" && !row[2].is_empty()).count();
    assert_eq!(base["prices"]["decided"], decided);
    assert!(decided * 10 > base["prices"]["free"].as_u64().unwrap() as usize * 9, "{}", base["prices"]);

    // The dearest veto of all, a middling one, and a new score.
    let mut dear: Vec<&Vec<String>> =
        prices.iter().filter(|row| row[1] != "open" && !row[2].is_empty()).collect();
    dear.sort_by(|a, b| b[2].parse::<f64>().unwrap().total_cmp(&a[2].parse::<f64>().unwrap()));
    let mut edits = String::from("step,id,lock,score\n");
    let mut vetoes = Vec::new();
    for (step, row) in [dear[0], dear[dear.len() / 2]].into_iter().enumerate() {
        let opposite = if row[1] == "in" { "-1" } else { "1" };
        edits += &format!("{step},{},{opposite},\n", row[0]);
        edits += &format!("back {step},{},0,\n", row[0]);
        vetoes.push((row[0].clone(), opposite, row[2].parse::<f64>().unwrap()));
    }
    let scored = &prices.iter().find(|row| row[1] == "out" && !row[2].is_empty()).unwrap()[0];
    edits += &format!("score,{scored},,97.5\n");
    std::fs::write(folder.join("edits.csv"), edits).unwrap();
    let edited = solve(folder, "units.csv", &["--edits", folder.join("edits.csv").to_str().unwrap()]);
    let steps = edited["edits"].as_array().unwrap();
    assert_eq!(steps.len(), 5);
    let near = |step: &serde_json::Value, cold: &serde_json::Value| {
        // Both are within their gaps of the same optimum.
        let (warm, cold) = (
            [number(step, "objective"), number(step, "bound")],
            [number(cold, "objective"), number(cold, "bound")],
        );
        let rounding = 1e-6 * cold[1].abs();
        assert!(warm[0] <= cold[1] + rounding && cold[0] <= warm[1] + rounding, "{warm:?} {cold:?}");
    };
    for (nth, (unit, lock, price)) in vetoes.iter().enumerate() {
        changed(folder, "vetoed.csv", unit, 4, lock);
        let cold = solve(folder, "vetoed.csv", &[]);
        near(&steps[2 * nth], &cold);
        assert!(
            number(&cold, "objective") <= bound - price + 1e-6 * bound.abs(),
            "a veto for less than its price"
        );
        assert!((number(&steps[2 * nth + 1], "objective") - objective).abs() <= 0.01 * objective.abs());
    }
    changed(folder, "scored.csv", scored, 2, "97.5");
    near(&steps[4], &solve(folder, "scored.csv", &[]));
}

#[test]
fn edits_that_make_no_sense_are_refused_with_their_place() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path();
    std::fs::write(folder.join("units.csv"), "id,area,score,in_zone,lock\na,1,60,1,0\nb,1,40,0,0\n").unwrap();
    std::fs::write(folder.join("edges.csv"), "i,j,w\na,b,1\n").unwrap();
    let (units, edges) = (folder.join("units.csv"), folder.join("edges.csv"));
    for (row, said) in [("1,c,1,", "no unit c"), ("1,a,3,", "lock 3"), ("1,a,,inf", "score inf")] {
        let edits = folder.join("edits.csv");
        std::fs::write(&edits, format!("step,id,lock,score\n{row}\n")).unwrap();
        let args =
            ["solve", "--units", units.to_str().unwrap(), "--edges", edges.to_str().unwrap(), "--edits"];
        let output = run_for_stderr(&[&args[..], &[edits.to_str().unwrap()]].concat(), 2);
        assert!(output.contains(said) && output.contains("data row 1"), "{output}");
    }
}
