//! How long the warm park takes to answer another policy: `make bench`. Prints medians and 95th percentiles, asserts nothing.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark ends where something fails")]

use std::sync::Arc;
use std::time::Instant;

use lianpian::app::generate::{GenerateRequest, generate};
use lianpian::app::planning::prepare::{Stopwatch, load_policy, prepare};
use lianpian::app::planning::preview::PreviewSession;
use lianpian::io::read::ReadOptions;
use lianpian::io::source::Source;
use parcels::policy::Policy;

/// Positions of each slider.
const POSITIONS: usize = 40;

fn main() {
    println!(
        "preview of another policy, ms: median / 95th percentile / most of {POSITIONS} positions of each slider"
    );
    for parcels in [10_000, 100_000] {
        let folder = tempfile::tempdir().unwrap();
        generate(&GenerateRequest { parcels, seed: 1, out: folder.path().to_owned() }, &()).unwrap();
        let loaded = load_policy(&folder.path().join("policy.toml")).unwrap();
        let input = Source { path: folder.path().join("parcels.gpkg"), layer: None };
        let prepared =
            prepare(&input, &ReadOptions::default(), &loaded, &mut Stopwatch::start(), &()).unwrap();
        let start = Instant::now();
        let live = Arc::new(PreviewSession::new(Arc::new(prepared), loaded.policy.clone(), &()).unwrap());
        let solved = start.elapsed().as_secs_f64();
        PreviewSession::look_around(Arc::downgrade(&live));
        let ready = start.elapsed().as_secs_f64();
        println!("{parcels:>7} solved in {solved:.2} s, other gaps in {:.2} s", ready - solved);
        let first = loaded.policy.indicators.keys().next().unwrap().clone();
        type Slider<'a> = (&'static str, Box<dyn Fn(&mut Policy, f64) + 'a>);
        let sliders: [Slider<'_>; 5] = [
            ("weight", Box::new(|p, t| p.indicators.get_mut(&first).unwrap().weight *= 0.5 + t)),
            ("λ", Box::new(|p, t| p.objective.lambda = 2.0 + 18.0 * t)),
            ("κ", Box::new(|p, t| p.objective.kappa = 20.0 * t)),
            ("least block", Box::new(|p, t| p.constraints.min_block_ha = 10.0 * t)),
            ("gap", Box::new(|p, t| p.contiguity.gap_m = 2.0 * (20.0 * t).floor())),
        ];
        for (name, turn) in sliders {
            let mut ms: Vec<f64> = (0..POSITIONS)
                .map(|at| {
                    let mut policy = loaded.policy.clone();
                    turn(&mut policy, at as f64 / POSITIONS as f64);
                    let start = Instant::now();
                    live.preview(&policy, &()).unwrap();
                    1e3 * start.elapsed().as_secs_f64()
                })
                .collect();
            ms.sort_by(f64::total_cmp);
            let (median, p95, most) = (ms[POSITIONS / 2], ms[POSITIONS * 95 / 100 - 1], ms[POSITIONS - 1]);
            println!("{parcels:>7} {name:<12} {median:>7.1} / {p95:>7.1} / {most:>7.1}");
        }
    }
}
