//! For tests: small problems at random, and their true optimum by trying every assignment.

use super::energy::Energy;
use super::problem::{Holes, Limit, Link, Lock, Problem};
use super::state::State;
use crate::parts::Parts;

/// A counter-based generator (SplitMix64), enough for making test cases.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, n: usize) -> usize {
        (self.unit() * n as f64) as usize
    }

    pub(super) fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Units to flip, one after the other.
pub(super) fn steps(seed: u64, count: usize, n: usize) -> Vec<usize> {
    let mut dice = Dice::new(seed ^ 0xabcd);
    (0..count).map(|_| dice.below(n)).collect()
}

/// A problem of `n` units on a ragged grid, with every kind of limit now and then, and now and then with units of several parts.
pub(super) fn random_problem(seed: u64, n: usize) -> Problem {
    let mut dice = Dice::new(seed);
    let area: Vec<f64> = (0..n).map(|_| 0.2 + 2.0 * dice.unit()).collect();
    let value =
        area.iter().map(|a| if dice.unit() < 0.1 { 0.0 } else { a * (60.0 * dice.unit() - 30.0) }).collect();
    let in_zone: Vec<bool> = (0..n).map(|_| dice.unit() < 0.4).collect();
    let lock = (0..n)
        .map(|_| match dice.below(12) {
            0 => Lock::In,
            1 => Lock::Out,
            _ => Lock::Free,
        })
        .collect();
    let wide = (n as f64).sqrt().ceil() as usize;
    let mut links = Vec::new();
    for i in 0..n {
        for j in [(i % wide + 1 < wide).then_some(i + 1), Some(i + wide)].into_iter().flatten() {
            if j < n && dice.unit() < 0.85 {
                links.push(Link {
                    a: i as u32,
                    b: j as u32,
                    length: 0.1 + dice.unit(),
                    contiguous: dice.unit() < 0.9,
                });
            }
        }
    }
    let before: f64 = (0..n).filter(|&i| in_zone[i]).map(|i| area[i]).sum();
    let total: f64 = area.iter().sum();
    let (area_min, area_max) = match dice.below(4) {
        0 => (f64::NEG_INFINITY, f64::INFINITY),
        1 => (f64::NEG_INFINITY, 0.6 * total),
        _ => (before * 0.9, before * 1.1),
    };
    let now_and_then = |dice: &mut Dice| dice.unit() < 0.3;
    let mut problem = Problem {
        exposed: (0..n).map(|_| dice.unit()).collect(),
        links,
        lambda: [0.0, 1.0, 5.0, 15.0][dice.below(4)],
        edge_factor: 0.5,
        kappa: [0.0, 10.0][dice.below(2)],
        area_min,
        area_max,
        moved_area_max: if now_and_then(&mut dice) { 0.4 * total } else { f64::INFINITY },
        moved_units_max: if now_and_then(&mut dice) { n / 2 } else { usize::MAX },
        min_block: if now_and_then(&mut dice) { 1.5 } else { 0.0 },
        small_block_price: if now_and_then(&mut dice) { 6.0 } else { f64::INFINITY },
        no_new_small: now_and_then(&mut dice),
        new_block: if now_and_then(&mut dice) { [2.5, f64::INFINITY][dice.below(2)] } else { 0.0 },
        blocks_max: if now_and_then(&mut dice) { 2 } else { usize::MAX },
        concentration_min: if now_and_then(&mut dice) { 30.0 + 50.0 * dice.unit() } else { 0.0 },
        concentration_price: if now_and_then(&mut dice) { 0.2 } else { f64::INFINITY },
        limits: limits(&mut dice, &area, &in_zone),
        area,
        value,
        in_zone,
        lock,
        parts: Parts::default(),
        holes: None,
    };
    if now_and_then(&mut dice) {
        problem.parts = parts(&mut dice, &problem);
    }
    if now_and_then(&mut dice) {
        problem.holes = Some(Holes {
            fill: false,
            below: 1.0 + 2.0 * dice.unit(),
            open: (0..problem.part_count()).map(|_| (dice.unit() - 0.6).max(0.0)).collect(),
            open_from: 0.1,
        });
    }
    problem
}

/// Two or three parts for some of the units. What is contiguous by units is so by some of their parts, now and then parts of one
/// unit as well.
fn parts(dice: &mut Dice, problem: &Problem) -> Parts {
    let mut several: Vec<(u32, Vec<f64>)> = Vec::new();
    for unit in 0..problem.area.len() as u32 {
        if dice.unit() < 0.4 {
            let first = 0.1 + 0.8 * dice.unit();
            let second = (1.0 - first) * if dice.unit() < 0.5 { 1.0 } else { 0.3 };
            let all = [first, second, 1.0 - first - second];
            several.push((unit, all.into_iter().filter(|share| *share > 1e-9).collect()));
        }
    }
    let parts = Parts::new(problem.area.len(), several);
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    for link in problem.links.iter().filter(|link| link.contiguous) {
        let all: Vec<(u32, u32)> =
            parts.of(link.a).flat_map(|a| parts.of(link.b).map(move |b| (a, b))).collect();
        let sure = dice.below(all.len());
        pairs.extend((0..all.len()).filter(|at| *at == sure || dice.unit() < 0.2).map(|at| all[at]));
    }
    for unit in parts.several() {
        let own: Vec<u32> = parts.of(*unit).collect();
        pairs.extend(own.windows(2).filter(|_| dice.unit() < 0.2).map(|pair| (pair[0], pair[1])));
    }
    parts.with_contiguous(&pairs)
}

/// Now and then bands for the area of a part of the units, or a least distance from another zone; some of them soft.
fn limits(dice: &mut Dice, area: &[f64], in_zone: &[bool]) -> Vec<Limit> {
    let mut limits = Vec::new();
    while dice.unit() < 0.3 {
        let price = if dice.unit() < 0.3 { 8.0 * dice.unit() } else { f64::INFINITY };
        let part = 1 + dice.below(3);
        let units = (0..area.len()).filter(|i| i % 4 < part).map(|i| i as u32);
        if dice.unit() < 0.7 {
            let terms: Vec<(u32, f64)> = units.map(|i| (i, area[i as usize])).collect();
            let now = Limit { terms: terms.clone(), ..Limit::default() }.sum(in_zone);
            let (least, most) = (now * (0.5 + 0.5 * dice.unit()), now * (1.0 + 0.5 * dice.unit()));
            limits.push(Limit { terms, least, most, price, ..Limit::default() });
        } else {
            let sign = |i: usize| if in_zone[i] { -area[i] } else { area[i] };
            let terms: Vec<(u32, f64)> = units.map(|i| (i, sign(i as usize))).collect();
            let there = Limit { terms: terms.clone(), ..Limit::default() }.sum(in_zone);
            let least = there + 0.3 * area.iter().sum::<f64>() * dice.unit();
            limits.push(Limit { terms, least, most: f64::INFINITY, price, ..Limit::default() });
        }
    }
    limits
}

/// The best admissible assignment of all 2ⁿ, with its objective.
pub(super) fn best(energy: &Energy<'_>) -> Option<(f64, Vec<bool>)> {
    best_of(energy, |_| true)
}

/// The objective of the best admissible assignment that has `unit` on `side`.
pub(super) fn best_with(energy: &Energy<'_>, unit: usize, side: bool) -> Option<f64> {
    best_of(energy, |x| x[unit] == side).map(|(objective, _)| objective)
}

/// The best admissible assignment of those that `keep` accepts, with its objective.
pub(super) fn best_of(energy: &Energy<'_>, keep: impl Fn(&[bool]) -> bool) -> Option<(f64, Vec<bool>)> {
    let n = energy.len();
    let mut best: Option<(f64, Vec<bool>)> = None;
    for mask in 0..1_u32 << n {
        let x: Vec<bool> = (0..n).map(|i| mask >> i & 1 == 1).collect();
        if !keep(&x) {
            continue;
        }
        let state = State::new(energy, x);
        if state.admissible() {
            let objective = state.objective();
            if best.as_ref().is_none_or(|(b, _)| objective > *b) {
                best = Some((objective, state.x));
            }
        }
    }
    best
}

/// Says stop from the `after`th question on.
pub(super) struct Stop {
    asked: std::sync::atomic::AtomicUsize,
    after: usize,
}

impl Stop {
    pub(super) fn after(after: usize) -> Self {
        Self { asked: 0.into(), after }
    }
}

impl crate::progress::Monitor for Stop {
    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= self.after
    }
}
