//! The bare optimiser on neutral instances, as whole processes, beside its peers where they are there: `make bench`, or
//! `cargo bench --bench optimiser -- 1m` for the million as well, `-- 1k` for a
//! quick look.
//!
//! Instances come from the generator below, or from the peers' own where `PEERS` names the folder of their runners. Of an
//! instance's runs the median time is printed, of the two seeds the worse; nothing is asserted.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

#[expect(dead_code, reason = "each of the two benchmarks uses a part of it")]
mod process;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use self::process::{load, run};

const SEEDS: [u64; 2] = [1, 2];
/// Least area of a block where one is asked for: so many mean units.
const MIN_BLOCK: &str = "5";
/// What a peer may take for one instance, s.
const PEER_S: &str = "60";

/// One set of parameters.
struct Setting {
    name: &'static str,
    lambda: &'static str,
    kappa: &'static str,
    tolerance: &'static str,
    min_block: bool,
    /// Most units it is tried with: what takes long by nature is left out of the large ones.
    most: usize,
}

const SETTINGS: [Setting; 8] = [
    base("λ 1", "1", "10", "0.005"),
    base("λ 5", "5", "10", "0.005"),
    base("λ 15", "15", "10", "0.005"),
    base("λ 5, κ 60", "5", "60", "0.005"),
    base("λ 5, area ± 0.05 %", "5", "10", "0.0005"),
    blocks("λ 1, blocks ≥ 5", "1", 10_000),
    blocks("λ 5, blocks ≥ 5", "5", usize::MAX),
    blocks("λ 15, blocks ≥ 5", "15", 10_000),
];

const fn base(
    name: &'static str,
    lambda: &'static str,
    kappa: &'static str,
    tolerance: &'static str,
) -> Setting {
    Setting { name, lambda, kappa, tolerance, min_block: false, most: usize::MAX }
}

const fn blocks(name: &'static str, lambda: &'static str, most: usize) -> Setting {
    Setting { name, lambda, kappa: "10", tolerance: "0.005", min_block: true, most }
}

/// What one run reports.
struct Figures {
    gap_percent: f64,
    cpu_s: f64,
    peak_mb: f64,
    status: String,
}

fn main() {
    let peers = std::env::var_os("PEERS").filter(|p| !p.is_empty()).map(PathBuf::from);
    let has_modules =
        || Command::new("python3").args(["-c", "import maxflow, highspy"]).output().unwrap().status.success();
    if peers.is_some() && !has_modules() {
        println!("python3 has no maxflow or no highspy: only our own figures");
    }
    let runners = peers.as_deref().filter(|_| has_modules());
    let mut sizes = vec![(1_000, "1k"), (10_000, "10k"), (100_000, "100k")];
    let asked = |size: &str| std::env::args().any(|a| a == size);
    if asked("1m") {
        sizes.push((1_000_000, "1M"));
    }
    if asked("1k") {
        sizes.truncate(1);
    }
    let folder = tempfile::tempdir().unwrap();
    println!("of {} seeds the worse; CPU seconds of the search alone; load {}", SEEDS.len(), load());
    println!("{:32}{:22}{:>10}{:>11}{:>9}   status", "instance", "by", "gap", "CPU", "peak");
    for (count, label) in sizes {
        let instances: Vec<PathBuf> =
            SEEDS.iter().map(|&s| instance(folder.path(), count, s, runners)).collect();
        for setting in SETTINGS.iter().filter(|s| count <= s.most) {
            let name = format!("{label}, {}", setting.name);
            row(&name, "lianpian solve", &instances, |instance| ours(instance, setting, count));
            for (by, script, args) in runners.iter().flat_map(|_| rivals(setting, count)) {
                row(&name, by, &instances, |instance| peer(&runners?.join(script), instance, &args));
            }
        }
        again(label, count, &instances[0]);
    }
    println!("load {}", load());
}

/// Prints the worst figures over the instances.
fn row(name: &str, by: &str, instances: &[PathBuf], figures: impl Fn(&Path) -> Option<Figures>) {
    let all: Vec<Figures> = instances.iter().filter_map(|i| figures(i)).collect();
    if all.len() < instances.len() {
        println!("{name:32}{by:22}{:>10}", "failed");
        return;
    }
    let worst = |of: fn(&Figures) -> f64| all.iter().map(of).fold(0.0, f64::max);
    let mut states: Vec<&str> = all.iter().map(|f| f.status.as_str()).collect();
    states.dedup();
    println!(
        "{name:32}{by:22}{:8.4} %{:9.3} s{:6.0} MB   {}",
        worst(|f| f.gap_percent),
        worst(|f| f.cpu_s),
        worst(|f| f.peak_mb),
        states.join(", ")
    );
}

fn arguments(instance: &Path, setting: &Setting) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lianpian"));
    command.args(["solve", "--quiet", "--json", "--lambda", setting.lambda, "--kappa", setting.kappa]);
    command.args(["--area-tolerance", setting.tolerance]);
    command.arg("--units").arg(instance.join("units.csv")).arg("--edges").arg(instance.join("edges.csv"));
    if setting.min_block {
        command.args(["--min-block", MIN_BLOCK]);
    }
    command
}

fn ours(instance: &Path, setting: &Setting, count: usize) -> Option<Figures> {
    let runs = if count <= 10_000 && !setting.min_block { 3 } else { 1 };
    let mut all: Vec<Figures> = (0..runs)
        .map(|_| {
            let run = run(&mut arguments(instance, setting));
            let report: Value = serde_json::from_str(&run.said).unwrap();
            Figures {
                gap_percent: 100.0 * number(&report, "gap"),
                cpu_s: number(&report, "cpu_s"),
                peak_mb: run.peak_mb as f64,
                status: report["status"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect();
    all.sort_by(|a, b| a.cpu_s.total_cmp(&b.cpu_s));
    Some(all.swap_remove(runs / 2))
}

fn number(report: &Value, key: &str) -> f64 {
    report[key].as_f64().unwrap_or(f64::NAN)
}

/// Solving again after an edit, and the veto prices.
fn again(label: &str, count: usize, instance: &Path) {
    let (edits, prices) = (instance.join("edits.csv"), instance.join("prices.csv"));
    let mut text = String::from("step,id,lock,score\n");
    for step in 0..21 {
        // Units strewn over the whole instance, locked in and out by turns.
        let id = (step * 7_919 + count / 2) % count;
        let _ = writeln!(text, "{step},{id},{},", if step % 2 == 0 { 1 } else { -1 });
    }
    std::fs::write(&edits, text).unwrap();
    for setting in SETTINGS.iter().filter(|s| s.lambda == "5" && s.kappa == "10" && s.tolerance == "0.005") {
        let mut command = arguments(instance, setting);
        command.arg("--edits").arg(&edits);
        let with_prices = count <= 10_000 && !setting.min_block;
        if with_prices {
            command.arg("--prices").arg(&prices);
        }
        // Under a least block area each step is a search of its own.
        if setting.min_block && count > 10_000 {
            continue;
        }
        let report: Value = serde_json::from_str(&run(&mut command).said).unwrap();
        let steps = report["edits"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut times: Vec<f64> = steps.iter().map(|step| number(step, "cpu_s")).collect();
        times.sort_by(f64::total_cmp);
        let name = format!("{label}, {}", setting.name);
        if let Some(median) = times.get(times.len() / 2) {
            println!("{name:32}{:22}{:>10}{median:9.4} s", "one edit (median)", "");
        }
        if with_prices {
            let priced = &report["prices"];
            let share = 100.0 * number(priced, "decided") / number(priced, "free");
            println!(
                "{name:32}{:22}{:>10}{:9.3} s            {share:.1} % decided",
                "all veto prices",
                "",
                number(priced, "cpu_s")
            );
        }
    }
}

/// A peer: its name, its script, and how it is called after the instance.
type Rival = (&'static str, &'static str, Vec<&'static str>);

/// The peers for a setting. The runners know one area window only.
fn rivals(setting: &Setting, count: usize) -> Vec<Rival> {
    if setting.tolerance != "0.005" {
        return Vec::new();
    }
    let common = vec!["--lam", setting.lambda, "--kappa", setting.kappa];
    let with = |more: &[&'static str]| [common.as_slice(), more].concat();
    let mut rivals: Vec<Rival> = Vec::new();
    if setting.min_block {
        if count <= 10_000 {
            rivals.push(("relaxcut.py", "relaxcut.py", with(&["--amin", MIN_BLOCK, "--iters", "200"])));
            rivals.push((
                "mincluster.py, HiGHS",
                "mincluster.py",
                with(&["--amin", MIN_BLOCK, "--time", PEER_S]),
            ));
        }
    } else {
        rivals.push(("cut.py, PyMaxflow", "cut.py", common.clone()));
        if count <= 10_000 {
            rivals.push(("mip.py, HiGHS", "mip.py", with(&["--time", PEER_S])));
        }
    }
    rivals
}

/// One run of a peer, which reports in its last line.
fn peer(script: &Path, instance: &Path, args: &[&str]) -> Option<Figures> {
    let mut command = Command::new("python3");
    command.arg(script).env("PYTHONDONTWRITEBYTECODE", "1");
    if script.ends_with("mip.py") {
        command.arg("highs");
    }
    let output = command.arg(instance).args(args).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let report: Value = serde_json::from_str(said.lines().last()?).ok()?;
    let cpu_s = report["solve_cpu"].as_f64().unwrap_or_else(|| number(&report, "cpu_s"));
    Some(Figures {
        gap_percent: number(&report, "gap_pct"),
        cpu_s,
        peak_mb: number(&report, "rss_mb"),
        status: report["status"].as_str().unwrap_or_default().to_owned(),
    })
}

/// An instance on disk, by the peers' generator where there is one.
fn instance(folder: &Path, count: usize, seed: u64, runners: Option<&Path>) -> PathBuf {
    let out = folder.join(format!("{count}-{seed}"));
    if let Some(runners) = runners {
        let mut command = Command::new("python3");
        command.arg(runners.join("gen.py")).arg(count.to_string()).arg(&out);
        run(command.args(["--seed", &seed.to_string()]).env("PYTHONDONTWRITEBYTECODE", "1"));
        return out;
    }
    std::fs::create_dir_all(&out).unwrap();
    let (units, edges) = generate(count, seed);
    std::fs::write(out.join("units.csv"), units).unwrap();
    std::fs::write(out.join("edges.csv"), edges).unwrap();
    out
}

/// A counter-based generator (SplitMix64): any number is had from its place alone.
fn dice(seed: u64, at: u64) -> f64 {
    let mut z = (seed ^ at.wrapping_mul(0x2545_f491_4f6c_dd1d)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// About a normal deviate: the sum of four even ones.
fn deviate(seed: u64, at: u64) -> f64 {
    ((0..4).map(|n| dice(seed ^ (n + 1) << 56, at)).sum::<f64>() - 2.0) * 3.0_f64.sqrt()
}

/// A smooth field: deviates on a lattice `wide` cells apart, and between them in proportion.
fn field(seed: u64, wide: f64, x: f64, y: f64) -> f64 {
    let (column, row) = ((x / wide).floor(), (y / wide).floor());
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x / wide - column), ease(y / wide - row));
    let knot = |dx: u64, dy: u64| deviate(seed, (column as u64 + dx) << 32 | (row as u64 + dy));
    let (above, below) = (knot(0, 0) * (1.0 - u) + knot(1, 0) * u, knot(0, 1) * (1.0 - u) + knot(1, 1) * u);
    above * (1.0 - v) + below * v
}

/// Units and edges of a made-up district as CSV: cells of a jittered grid, each with six neighbours at most, areas about
/// lognormal with mean 1, scores alike nearby, a third of the land in the zone in patches with scattered pieces and holes,
/// a few locks.
fn generate(count: usize, seed: u64) -> (String, String) {
    let wide = (count as f64).sqrt().ceil() as usize;
    let regional = (0.12 * wide as f64).max(8.0);
    let place = |i: usize| {
        let jitter = |salt: u64| 0.8 * (dice(seed ^ salt, i as u64) - 0.5);
        ((i % wide) as f64 + 0.5 + jitter(101), (i / wide) as f64 + 0.5 + jitter(102))
    };
    let quality = |x: f64, y: f64| {
        0.8 * field(seed ^ 11, 3.0, x, y) + field(seed ^ 12, 8.0, x, y) + field(seed ^ 13, regional, x, y)
    };
    let area = |i: usize| (0.7 * deviate(seed ^ 21, i as u64) - 0.245).exp();
    // The zone: the cells that suit it best, by a field of its own and a little by quality.
    let suits: Vec<f64> = (0..count)
        .map(|i| {
            let (x, y) = place(i);
            0.45 * quality(x, y) + 0.9 * (field(seed ^ 31, 8.0, x, y) + field(seed ^ 32, regional, x, y))
        })
        .collect();
    let mut ranked: Vec<usize> = (0..count).collect();
    ranked.sort_by(|a, b| suits[*b].total_cmp(&suits[*a]));
    let mut in_zone = vec![false; count];
    let mut left = 0.33 * (0..count).map(area).sum::<f64>();
    for i in ranked {
        left -= area(i);
        in_zone[i] = left > 0.0;
    }
    let (mut units, mut edges) = (String::from("id,area,score,in_zone,lock,x,y\n"), String::from("i,j,w\n"));
    for (i, patch) in in_zone.iter().enumerate() {
        let (x, y) = place(i);
        let strewn = dice(seed ^ 41, i as u64);
        let inside = if *patch { strewn >= 0.04 } else { strewn < 0.05 };
        let score = 50.0 + 12.0 * (0.5 * quality(x, y) + 0.66 * deviate(seed ^ 51, i as u64));
        let fixed = field(seed ^ 61, 5.0, x, y);
        let lock = if inside && fixed > 1.2 { 1 } else { -i32::from(!inside && fixed < -1.1) };
        let (now, size) = (u8::from(inside), area(i));
        let _ = writeln!(units, "{i},{size:.6},{:.4},{now},{lock},{x:.4},{y:.4}", score.clamp(0.0, 100.0));
        let (column, row) = (i % wide, i / wide);
        let right = (column + 1 < wide).then_some((column + 1, row));
        let below = [(true, column, row + 1), (column + 1 < wide, column + 1, row + 1)];
        let below = below.into_iter().filter(|b| b.0).map(|b| (b.1, b.2));
        for (n, (c, r)) in right.into_iter().chain(below).enumerate() {
            let other = r * wide + c;
            if other < count {
                let length = 0.2 + 0.8 * dice(seed ^ (71 + n as u64), i as u64);
                let _ = writeln!(edges, "{i},{other},{length:.6}");
            }
        }
    }
    (units, edges)
}
