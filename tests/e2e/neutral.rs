//! `solve` on neutral instances, held against the objective of the peers' own model and against an exact MILP solver.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{number, run, shared};

const LAMBDA: f64 = 5.0;
const KAPPA: f64 = 10.0;
const TOLERANCE: f64 = 0.005;

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
}

impl Instance {
    fn read(folder: &Path) -> Self {
        let table = |name: &str| -> Vec<Vec<f64>> {
            let text = std::fs::read_to_string(folder.join(name)).unwrap();
            text.lines().skip(1).map(|l| l.split(',').map(|c| c.parse().unwrap()).collect()).collect()
        };
        let unit = |r: &Vec<f64>| Unit { area: r[1], score: r[2], now: r[3] == 1.0, lock: r[4] as i8 };
        Self {
            units: table("units.csv").iter().map(unit).collect(),
            edges: table("edges.csv").iter().map(|r| (r[0] as usize, r[1] as usize, r[2])).collect(),
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
        held - LAMBDA * boundary - KAPPA * moved
    }

    /// The problem in CPLEX LP format. A cut edge's y is at least the difference of its ends.
    fn to_lp(&self) -> String {
        let (tau, now) = (self.tau(), self.area_now());
        let mut lp = String::from("Maximize\n obj:");
        for (i, u) in self.units.iter().enumerate() {
            let stay = if u.now { 1.0 } else { -1.0 };
            let _ = writeln!(lp, " {:+.12} x{i}", u.area * (u.score - tau) + KAPPA * u.area * stay);
        }
        for (k, (_, _, w)) in self.edges.iter().enumerate() {
            let _ = writeln!(lp, " {:+.12} y{k}", -LAMBDA * w);
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

fn solve(instance: &Path, more: &[&str]) -> (serde_json::Value, Vec<bool>) {
    let out = instance.join("x.csv");
    let (units, edges) = (instance.join("units.csv"), instance.join("edges.csv"));
    let mut args = vec!["solve", "--units", units.to_str().unwrap(), "--edges", edges.to_str().unwrap()];
    args.extend(["--lambda", "5", "--kappa", "10", "--area-tolerance", "0.005", "--json"]);
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
    let (report, x) = solve(&instance, &[]);
    let by_hand = Instance::read(&instance).objective(&x);
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
    assert_eq!(report["status"], "optimal");
}

#[test]
fn the_bound_holds_against_an_exact_milp_and_the_zone_is_near_its_optimum() {
    for seed in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let Some(path) = generate(folder.path(), 1000, seed) else { return };
        let instance = Instance::read(&path);
        let (report, x) = solve(&path, &[]);
        let (lp, solution) = (path.join("problem.lp"), path.join("solution.txt"));
        std::fs::write(&lp, instance.to_lp()).unwrap();
        let solved = Command::new("cbc")
            .args([lp.to_str().unwrap(), "-ratioGap", "0", "-seconds", "240", "solve", "solution"])
            .arg(&solution)
            .output()
            .expect("cbc (Debian's coinor-cbc) is installed by `make test`");
        assert!(solved.status.success());
        let said = std::fs::read_to_string(&solution).unwrap();
        assert!(said.starts_with("Optimal"), "{}", said.lines().next().unwrap_or_default());
        let mut best = vec![false; instance.units.len()];
        for line in said.lines().skip(1) {
            let mut words = line.split_whitespace().skip(1);
            let (name, value) = (words.next().unwrap(), words.next().unwrap());
            if let Some(i) = name.strip_prefix('x') {
                best[i.parse::<usize>().unwrap()] = value.parse::<f64>().unwrap() > 0.5;
            }
        }
        let optimum = instance.objective(&best);
        let now = instance.objective(&instance.units.iter().map(|u| u.now).collect::<Vec<_>>());
        let (objective, bound) = (number(&report, "objective"), number(&report, "bound"));
        assert!(bound >= optimum - 1e-6 * optimum.abs(), "bound {bound} below the optimum {optimum}");
        assert!(objective <= optimum + 1e-6 * optimum.abs(), "{objective} beats the optimum {optimum}");
        assert!((optimum - objective) / (optimum - now) < 0.02, "{objective} of {optimum}");
        assert!((instance.area(&x) / instance.area_now() - 1.0).abs() <= TOLERANCE * (1.0 + 1e-9));
    }
}

#[test]
fn a_least_block_area_leaves_no_small_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let Some(instance) = generate(folder.path(), 2000, 3) else { return };
    let (free, _) = solve(&instance, &[]);
    let (ruled, _) = solve(&instance, &["--min-block", "5"]);
    assert_eq!(ruled["small_clusters"], 0);
    assert!(number(&ruled, "clusters") < number(&free, "clusters"));
    assert!(number(&ruled, "objective") <= number(&free, "bound"));
    assert!(number(&ruled, "gap") < 0.2, "{ruled}");
}
