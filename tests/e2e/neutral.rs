//! `solve` on neutral instances, held against the objective of the peers' own model and against an exact MILP solver.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{number, run, shared};

const KAPPA: f64 = 10.0;
const TOLERANCE: f64 = 0.005;
/// Least area of a block, where one is asked for.
const MIN_BLOCK: f64 = 5.0;

struct Unit {
    area: f64,
    score: f64,
    now: bool,
    lock: i8,
}

/// An instance as read back from its files, without the program's own reader.
struct Instance {
    units: Vec<Unit>,
    edges: Vec<(usize, usize, f64)>,
    lambda: f64,
}

impl Instance {
    fn read(folder: &Path, lambda: f64) -> Self {
        let table = |name: &str| -> Vec<Vec<f64>> {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            text.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().unwrap()).collect()).collect()
        };
        let unit = |r: &Vec<f64>| Unit { area: r[1], score: r[2], now: r[3] == 1.0, lock: r[4] as i8 };
        Self {
            units: table("units.csv").iter().map(unit).collect(),
            edges: table("edges.csv").iter().map(|r| (r[0] as usize, r[1] as usize, r[2])).collect(),
            lambda,
        }
    }

    fn tau(&self) -> f64 {
        let total: f64 = self.units.iter().map(|u| u.area).sum();
        self.units.iter().map(|u| u.area * u.score).sum::<f64>() / total
    }

    fn area(&self, x: &[bool]) -> f64 {
        self.units.iter().zip(x).filter(|(_, x)| **x).map(|(u, _)| u.area).sum()
    }

    fn area_now(&self) -> f64 {
        self.units.iter().filter(|u| u.now).map(|u| u.area).sum()
    }

    /// F(x) written down from its definition.
    fn objective(&self, x: &[bool]) -> f64 {
        let tau = self.tau();
        let held: f64 =
            self.units.iter().zip(x).filter(|(_, x)| **x).map(|(u, _)| u.area * (u.score - tau)).sum();
        let boundary: f64 = self.edges.iter().filter(|(i, j, _)| x[*i] != x[*j]).map(|(_, _, w)| w).sum();
        let moved: f64 = self.units.iter().zip(x).filter(|(u, x)| u.now != **x).map(|(u, _)| u.area).sum();
        held - self.lambda * boundary - KAPPA * moved
    }

    /// The blocks of a zone that are below the least area and hold no locked-in unit, with the units around each.
    fn small_blocks(&self, x: &[bool]) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut near = vec![Vec::new(); x.len()];
        for &(i, j, _) in &self.edges {
            near[i].push(j);
            near[j].push(i);
        }
        let mut seen = vec![false; x.len()];
        let mut small = Vec::new();
        for start in (0..x.len()).filter(|i| x[*i]) {
            let (mut block, mut rim, mut at) = (Vec::new(), Vec::new(), 0);
            if !std::mem::replace(&mut seen[start], true) {
                block.push(start);
            }
            while let Some(&unit) = block.get(at) {
                at += 1;
                for &other in &near[unit] {
                    if !x[other] {
                        rim.push(other);
                    } else if !std::mem::replace(&mut seen[other], true) {
                        block.push(other);
                    }
                }
            }
            rim.sort_unstable();
            rim.dedup();
            let area: f64 = block.iter().map(|i| self.units[*i].area).sum();
            let locked = block.iter().any(|i| self.units[*i].lock == 1);
            if !block.is_empty() && area < MIN_BLOCK && !locked {
                small.push((block, rim));
            }
        }
        small
    }

    /// The best zone by CBC. A unit of `exits` is in only when one of its ways out is in.
    fn optimum(&self, folder: &Path, exits: &[(usize, Vec<usize>)]) -> Vec<bool> {
        let (lp, solution) = (folder.join("problem.lp"), folder.join("solution.txt"));
        std::fs::write(&lp, self.to_lp(exits)).unwrap();
        let solved = Command::new("cbc")
            .args([lp.to_str().unwrap(), "-ratioGap", "0", "-seconds", "240", "solve", "solution"])
            .arg(&solution)
            .output()
            .expect("cbc (Debian's coinor-cbc) is installed by `make test`");
        assert!(solved.status.success());
        let said = std::fs::read_to_string(&solution).unwrap();
        assert!(said.starts_with("Optimal"), "{}", said.lines().next().unwrap_or_default());
        let mut best = vec![false; self.units.len()];
        for line in said.lines().skip(1) {
            let mut words = line.split_whitespace().skip(1);
            let (name, value) = (words.next().unwrap(), words.next().unwrap());
            if let Some(i) = name.strip_prefix('x') {
                best[i.parse::<usize>().unwrap()] = value.parse::<f64>().unwrap() > 0.5;
            }
        }
        best
    }

    /// The problem in CPLEX LP format. A cut edge's y is at least the difference of its ends.
    fn to_lp(&self, exits: &[(usize, Vec<usize>)]) -> String {
        let (tau, now) = (self.tau(), self.area_now());
        let mut lp = String::from("Maximize\n obj:");
        for (i, u) in self.units.iter().enumerate() {
            let stay = if u.now { 1.0 } else { -1.0 };
            let _ = writeln!(lp, " {:+.12} x{i}", u.area * (u.score - tau) + KAPPA * u.area * stay);
        }
        for (k, (_, _, w)) in self.edges.iter().enumerate() {
            let _ = writeln!(lp, " {:+.12} y{k}", -self.lambda * w);
        }
        lp.push_str("Subject To\n");
        for (name, sense, limit) in [("most", "<=", 1.0 + TOLERANCE), ("least", ">=", 1.0 - TOLERANCE)] {
            let _ = write!(lp, " {name}:");
            for (i, u) in self.units.iter().enumerate() {
                let _ = writeln!(lp, " + {:.12} x{i}", u.area);
            }
            let _ = writeln!(lp, " {sense} {:.12}", limit * now);
        }
        for (k, (i, j, _)) in self.edges.iter().enumerate() {
            let _ = writeln!(lp, " a{k}: y{k} - x{i} + x{j} >= 0\n b{k}: y{k} + x{i} - x{j} >= 0");
        }
        for (k, (unit, rim)) in exits.iter().enumerate() {
            let _ = write!(lp, " e{k}: - x{unit}");
            for other in rim {
                let _ = writeln!(lp, " + x{other}");
            }
            lp.push_str(" >= 0\n");
        }
        lp.push_str("Bounds\n");
        for (i, u) in self.units.iter().enumerate().filter(|(_, u)| u.lock != 0) {
            let _ = writeln!(lp, " x{i} = {}", u8::from(u.lock == 1));
        }
        lp.push_str("Binaries\n");
        for i in 0..self.units.len() {
            let _ = writeln!(lp, " x{i}");
        }
        lp.push_str("End\n");
        lp
    }
}

/// Debian's Python, which has the packages that the set-up installs.
fn python() -> Command {
    Command::new("/usr/bin/python3")
}

/// An instance of `n` units from the neutral generator, and where it is.
fn generate(folder: &Path, n: usize, seed: u64) -> Option<PathBuf> {
    let bench = shared("bench/optimiser")?;
    let out = folder.join(format!("instance-{n}-{seed}"));
    let made = python()
        .arg(bench.join("gen.py"))
        .args([&n.to_string(), out.to_str().unwrap(), "--seed", &seed.to_string()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(out)
}

fn solve(instance: &Path, lambda: f64, more: &[&str]) -> (serde_json::Value, Vec<bool>) {
    let out = instance.join("x.csv");
    let (units, edges) = (instance.join("units.csv"), instance.join("edges.csv"));
    let mut args = vec!["solve", "--units", units.to_str().unwrap(), "--edges", edges.to_str().unwrap()];
    let lambda = lambda.to_string();
    args.extend(["--lambda", &lambda, "--kappa", "10", "--area-tolerance", "0.005", "--json"]);
    args.extend(["--out", out.to_str().unwrap()]);
    args.extend(more);
    let report = serde_json::from_str(&run(&args, 0)).unwrap();
    let text = std::fs::read_to_string(&out).unwrap();
    let x = text.lines().skip(1).map(|l| l.ends_with(",1")).collect();
    (report, x)
}

#[test]
fn the_objective_is_that_of_the_peers_model() {
    let folder = tempfile::tempdir().unwrap();
    let Some(instance) = generate(folder.path(), 3000, 11) else { return };
    let (report, x) = solve(&instance, 5.0, &[]);
    let by_hand = Instance::read(&instance, 5.0).objective(&x);
    assert!((number(&report, "objective") - by_hand).abs() < 1e-6 * by_hand.abs());
    // model.py itself, given the zone that was written.
    let judge = "import sys, numpy as np; sys.path.insert(0, sys.argv[1]); from model import Inst\n\
                 I = Inst(sys.argv[2]); x = np.loadtxt(sys.argv[2] + '/x.csv', delimiter=',', skiprows=1)[:, 1].astype(np.int8)\n\
                 print(repr(I.F(x)), I.feasible(x))";
    let bench = shared("bench/optimiser").unwrap();
    let judged = python()
        .args(["-c", judge, bench.to_str().unwrap(), instance.to_str().unwrap()])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    let said = String::from_utf8(judged.stdout).unwrap();
    let (objective, feasible) = said.trim().split_once(' ').unwrap();
    let objective: f64 = objective.trim_start_matches("np.float64(").trim_end_matches(')').parse().unwrap();
    assert_eq!(feasible, "True");
    assert!((number(&report, "objective") - objective).abs() < 1e-6 * objective.abs(), "{objective}");
    for key in ["bound", "gap", "cpu_s", "clusters", "small_clusters"] {
        number(&report, key);
    }
    assert!(["optimal", "feasible"].contains(&report["status"].as_str().unwrap()), "{report}");
}

#[test]
fn the_bound_holds_against_an_exact_milp_and_the_zone_is_near_its_optimum() {
    for seed in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = generate(folder.path(), 1000, seed) else { return };
        let instance = Instance::read(&path, 5.0);
        let (report, x) = solve(&path, 5.0, &[]);
        let best = instance.optimum(&path, &[]);
        let optimum = instance.objective(&best);
        let now = instance.objective(&instance.units.iter().map(|u| u.now).collect::<Vec<_>>());
        let (objective, bound) = (number(&report, "objective"), number(&report, "bound"));
        assert!(bound >= optimum - 1e-6 * optimum.abs(), "bound {bound} below the optimum {optimum}");
        assert!(objective <= optimum + 1e-6 * optimum.abs(), "{objective} beats the optimum {optimum}");
        assert!((optimum - objective) / (optimum - now) < 0.02, "{objective} of {optimum}");
        assert!((instance.area(&x) / instance.area_now() - 1.0).abs() <= TOLERANCE * (1.0 + 1e-9));
    }
}

/// What is reported of a zone, held against the best there is.
fn check_against(optimum: f64, report: &serde_json::Value) {
    let rounding = 1e-6 * optimum.abs();
    let bound = number(report, "bound");
    assert!(bound >= optimum - rounding, "bound {bound} below the optimum {optimum}: {report}");
    let objective = number(report, "objective");
    assert!(objective <= optimum + rounding, "{objective} beats the optimum {optimum}: {report}");
    if report["status"] == "optimal" {
        assert!(objective >= optimum - rounding, "{objective} is not the optimum {optimum}: {report}");
    }
}

#[test]
fn what_is_proven_best_is_the_optimum_at_any_price_of_boundary() {
    for (seed, lambda) in [(1, 1.0), (2, 1.0), (1, 5.0), (2, 5.0), (1, 15.0), (2, 15.0)] {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = generate(folder.path(), 300, seed) else { return };
        let instance = Instance::read(&path, lambda);
        let (report, _) = solve(&path, lambda, &[]);
        check_against(instance.objective(&instance.optimum(&path, &[])), &report);
    }
}

/// The exact optimum under a least block area by a loop of cuts: where the best zone has a small block, each of its units
/// needs a way out of it.
#[test]
fn a_least_block_area_is_kept_as_well_as_an_exact_milp_can() {
    for (seed, lambda) in [(1, 5.0), (1, 15.0), (2, 15.0)] {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = generate(folder.path(), 300, seed) else { return };
        let instance = Instance::read(&path, lambda);
        let (report, x) = solve(&path, lambda, &["--min-block", "5"]);
        assert!(instance.small_blocks(&x).is_empty());
        let mut exits: Vec<(usize, Vec<usize>)> = Vec::new();
        let optimum = loop {
            let best = instance.optimum(&path, &exits);
            let small = instance.small_blocks(&best);
            if small.is_empty() {
                break instance.objective(&best);
            }
            for (block, rim) in small {
                exits.extend(block.into_iter().map(|unit| (unit, rim.clone())));
            }
        };
        check_against(optimum, &report);
    }
}

#[test]
fn a_least_block_area_leaves_no_small_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let Some(instance) = generate(folder.path(), 2000, 3) else { return };
    let (free, _) = solve(&instance, 5.0, &[]);
    let (ruled, _) = solve(&instance, 5.0, &["--min-block", "5"]);
    assert_eq!(ruled["small_clusters"], 0);
    assert!(number(&ruled, "clusters") < number(&free, "clusters"));
    assert!(number(&ruled, "objective") <= number(&free, "bound"));
    assert!(number(&ruled, "gap") < 0.2, "{ruled}");
}
