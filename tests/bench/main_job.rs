//! Times and memory of the main job, as whole processes: `make bench`, or `cargo bench -- 1m` for the million as well.
//!
//! Medians of the runs are printed, with the machine's load before and after; nothing is asserted.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

#[expect(dead_code, reason = "each of the two benchmarks uses a part of it")]
mod process;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use lianpian::io::crs::Proj;
use lianpian::io::read::{ReadOptions, read_layer};
use lianpian::io::source::Source;
use parcels::adjacency::adjacency;
use parcels::index::SpatialIndex;
use parcels::policy::Policy;
use parcels::validate::validate;

use self::process::{load, run};

/// The median of some runs, printed as one row.
fn row(name: &str, reach: &str, runs: usize, args: &[&str]) {
    let once = || {
        let run = run(Command::new(env!("CARGO_BIN_EXE_lianpian")).args(args));
        (run.time, run.peak_mb)
    };
    let mut results: Vec<(Duration, u64)> = (0..runs).map(|_| once()).collect();
    results.sort();
    let (time, _) = results[runs / 2];
    let peak_mb = results.iter().map(|r| r.1).max().unwrap();
    println!("{name:44} {:8.2} s {peak_mb:7} MB   {reach}   ({runs} runs)", time.as_secs_f64());
}

/// The contiguity graph alone, in this process: median of `runs`.
fn contiguity(parcels: &Path, name: &str, reach: &str, runs: usize) {
    let source = Source { path: parcels.to_owned(), layer: None };
    let read = read_layer(&source, &ReadOptions::default(), &()).unwrap();
    let geodesy = Proj::new(&read.raw.crs).unwrap();
    let defaults = Policy::default();
    let (layer, _) = validate(read.raw, &defaults.columns, &[], &defaults.checks, &geodesy, &()).unwrap();
    let mut times: Vec<Duration> = (0..runs)
        .map(|_| {
            let start = Instant::now();
            let index = SpatialIndex::new(&layer);
            let graph = adjacency(&layer, &index, &[], 20.0, &()).unwrap();
            assert!(graph.pair_count() > 0);
            start.elapsed()
        })
        .collect();
    times.sort();
    println!("{name:44} {:8.2} s              {reach}   ({runs} runs)", times[runs / 2].as_secs_f64());
}

fn main() {
    let million = std::env::args().any(|a| a == "1m");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    println!("2-core reach in the right column; load {}", load());
    let cambridge =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/real/cambridge-ma-fy2013/parcels.gpkg");
    if cambridge.is_file() {
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/cambridge.toml");
        let (input, policy, out) = (cambridge.to_str().unwrap(), policy.to_str().unwrap(), at("cambridge"));
        row(
            "Cambridge, file to written plan",
            "≤ 3 s, ≤ 400 MB",
            5,
            &["plan", input, "--policy", policy, "--out", &out],
        );
    }
    let mut sizes = vec![(100_000, "100k", 3, "≤ 12 s, ≤ 1500 MB", "≤ 2 s")];
    if million {
        sizes.push((1_000_000, "1M", 1, "≤ 150 s, ≤ 8000 MB", "≤ 25 s"));
    }
    for (count, label, runs, reach, reach_graph) in sizes {
        let park = at(label);
        row(
            &format!("generate {label}"),
            "",
            1,
            &["generate", "--parcels", &count.to_string(), "--out", &park],
        );
        let (input, policy) = (format!("{park}/parcels.gpkg"), format!("{park}/policy.toml"));
        let out = at(&format!("plan-{label}"));
        row(
            &format!("synthetic {label}, file to written plan"),
            reach,
            runs,
            &["plan", &input, "--policy", &policy, "--out", &out],
        );
        row(&format!("verify the plan of {label}"), "", 1, &["verify", &out]);
        contiguity(Path::new(&input), &format!("contiguity graph alone, {label}, 20 m"), reach_graph, runs);
    }
    println!("load {}", load());
}
