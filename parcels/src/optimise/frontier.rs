//! The frontier: the best zone at every price of area, and so the order in which units come in as land gets cheaper.
//!
//! For a price μ of area let X(μ) be a zone that is best by F(x) − μ·area(x), locks obeyed and limits aside: those are what
//! the frontier lets people choose. X(μ) grows as μ falls, and its zones are nested (Gallo, Grigoriadis and Tarjan, "A fast
//! parametric maximum flow algorithm and applications", SIAM J. Computing 18(1), 1989), so a unit comes in once and for
//! all, and there are at most as many breakpoints as units.
//!
//! They are found by intersecting lines, as Eisner and Severance do ("Mathematical techniques for efficient record
//! segmentation in large shared databases", J. ACM 23(4), 1976). Take two nested zones and the *piece* of units between
//! them. At the price where both are worth the same, either no zone between them is worth more, and the piece comes in as a
//! whole at that price, or one is, and it splits the piece into two, with prices above and below.
//!
//! What makes it fast is that one network serves all pieces. The arcs across a minimum cut are full, so once they are
//! taken out, the residual network on either side *is* the problem of that piece: its terminals need only follow the
//! price, by what the price of each unit's area changes. What is left at the terminals, over the piece's area, is how far
//! the price has to move: up where the piece is the inner side of the cut, down where it is the outer one. So prices are in
//! order whatever rounding does. Pieces are worked on from the dearest to the cheapest, each while it is in the
//! processor's cache.

use super::energy::Energy;
use super::figures::{Breakpoint, Step, figures};
use super::max_flow::{Edge, Network};
use super::problem::{Lock, Problem};
use crate::progress::{Cancelled, Monitor, go_on};

/// What rounding to integers may be worth to one unit, in integer units: its own gain, its price, its share of links.
const NOISE: f64 = 4.0;

/// The best zones at all prices of area.
#[derive(Debug, Clone, PartialEq)]
pub struct Frontier {
    /// For each unit the price of area below which it is in: +∞ where it is locked in, −∞ where it is locked out.
    pub entry_price: Vec<f64>,
    /// All units that are ever in, in the order in which they come in; units that come in together, in their own order.
    /// The first [`Breakpoint::units`] of them are the zone of a breakpoint.
    pub order: Vec<u32>,
    /// The zone of the units locked in, at a price of +∞, then the zone just below every price at which the best zone
    /// changes: prices fall, zones grow.
    pub breakpoints: Vec<Breakpoint>,
}

/// Finds every breakpoint of the price of area. Locks hold; limits on area, moves and blocks do not.
///
/// # Errors
/// [`Cancelled`] when the monitor says so.
pub fn frontier(problem: &Problem, monitor: &dyn Monitor) -> Result<Frontier, Cancelled> {
    let energy = Energy::new(problem);
    let Steps { order, steps } = steps(&energy, monitor)?;
    let mut entry_price = vec![f64::NEG_INFINITY; energy.len()];
    let mut start = 0;
    for step in &steps {
        for &unit in &order[start..step.end] {
            entry_price[unit as usize] = step.price;
        }
        start = step.end;
    }
    let breakpoints = figures(&energy, &order, &steps);
    Ok(Frontier { entry_price, order, breakpoints })
}

/// Which units come in, and when.
struct Steps {
    order: Vec<u32>,
    steps: Vec<Step>,
}

/// Units between two nested zones: a range of a list in which every piece is one.
struct Piece {
    start: usize,
    end: usize,
    /// The price at which the network now stands for these units.
    price: f64,
}

/// The free units as a network, in whole numbers.
struct Cutter {
    network: Network,
    /// The unit behind each node.
    unit: Vec<u32>,
    /// Each node's area: whole numbers whose sum a float holds exactly, so that no order of summing matters.
    area: Vec<f64>,
    /// What a whole price (of value over area, both whole) is in the problem's own measure.
    price_unit: f64,
}

impl Cutter {
    /// Everything at a price of 0, with what is locked drawn into the terminals.
    fn new(energy: &Energy<'_>) -> Self {
        let problem = energy.problem;
        let (unit, node) = near_together(energy);
        // Value on one side of the network never exceeds three times this total, whatever the price that a piece meets:
        // at most half a bit per unit is lost, and floats hold all sums of the terminals exactly.
        let scale = whole_scale(
            energy.unary.iter().map(|u| u.abs()).sum::<f64>()
                + problem.links.iter().map(|l| 2.0 * problem.lambda * l.length).sum::<f64>(),
        );
        let area_scale = whole_scale(problem.area.iter().sum::<f64>());
        let whole = |value: f64| (value * scale).round() as i64;
        let mut terminal = Vec::with_capacity(unit.len());
        let mut edges = Vec::with_capacity(problem.links.len());
        for (a, &at) in (0_u32..).zip(&unit) {
            let mut pull = whole(energy.unary[at as usize]);
            for n in energy.neighbours(at as usize) {
                let capacity = whole(n.cost);
                let b = node[n.unit as usize];
                match problem.lock[n.unit as usize] {
                    Lock::In => pull += capacity,
                    Lock::Out => pull -= capacity,
                    Lock::Free if b > a && capacity > 0 => edges.push(Edge { a, b, capacity }),
                    Lock::Free => {}
                }
            }
            terminal.push(pull);
        }
        let area = unit.iter().map(|&u| (problem.area[u as usize] * area_scale).round().max(1.0)).collect();
        let network = Network::new(&terminal, &edges);
        Self { network, unit, area, price_unit: area_scale / scale }
    }

    /// The price at which having all of these nodes is worth as much as having none.
    fn meeting(&self, nodes: &[u32], price: f64) -> f64 {
        let left: i64 = nodes.iter().map(|&k| self.network.left(k as usize)).sum();
        let area: f64 = nodes.iter().map(|&k| self.area[k as usize]).sum();
        price + left as f64 / area
    }

    /// Lets the price of these nodes' area change.
    fn reprice(&mut self, nodes: &[u32], from: f64, to: f64) {
        for &k in nodes {
            // Each rounded by itself, so that the way to a price leaves no trace.
            let cost = |price: f64| (price * self.area[k as usize]).round() as i64;
            self.network.pull_loose(k as usize, cost(from) - cost(to));
        }
    }

    /// After a search: puts the nodes of the smallest cut first and parts them from the rest, where they are worth
    /// more than rounding. Returns their number; `None` where the piece is one.
    fn split(&mut self, nodes: &mut [u32], rest: &mut Vec<u32>) -> Option<usize> {
        rest.clear();
        let (mut inner, mut gain) = (0, 0);
        for at in 0..nodes.len() {
            let node = nodes[at];
            if self.network.in_smallest(node as usize) {
                gain += self.network.left(node as usize);
                nodes[inner] = node;
                inner += 1;
            } else {
                rest.push(node);
            }
        }
        nodes[inner..].copy_from_slice(rest);
        if inner == 0 || rest.is_empty() || gain as f64 <= NOISE * nodes.len() as f64 {
            return None;
        }
        for &node in &nodes[..inner] {
            self.network.part(node as usize);
        }
        Some(inner)
    }
}

/// A power of two that makes whole numbers of what adds up to `total`, below 2⁵².
fn whole_scale(total: f64) -> f64 {
    2.0_f64.powi((51.0 - total.max(f64::MIN_POSITIVE).log2()).floor().clamp(-1000.0, 1000.0) as i32)
}

/// Free units in the order of a search in breadth, so that neighbours lie near each other in memory; and the place of
/// each unit in that order.
fn near_together(energy: &Energy<'_>) -> (Vec<u32>, Vec<u32>) {
    let free = |unit: usize| energy.problem.lock[unit] == Lock::Free;
    let mut place = vec![u32::MAX; energy.len()];
    let mut order: Vec<u32> = Vec::with_capacity(energy.len());
    for start in (0..energy.len()).filter(|&unit| free(unit)) {
        if place[start] != u32::MAX {
            continue;
        }
        let mut next = order.len();
        place[start] = next as u32;
        order.push(start as u32);
        while let Some(&unit) = order.get(next) {
            next += 1;
            for n in energy.neighbours(unit as usize) {
                let other = n.unit as usize;
                if free(other) && place[other] == u32::MAX {
                    place[other] = order.len() as u32;
                    order.push(n.unit);
                }
            }
        }
    }
    (order, place)
}

/// Splits the free units into pieces that come in as a whole, dearest first.
fn steps(energy: &Energy<'_>, monitor: &dyn Monitor) -> Result<Steps, Cancelled> {
    let mut cutter = Cutter::new(energy);
    let count = cutter.unit.len();
    monitor.step("frontier", count as u64);
    let mut nodes: Vec<u32> = (0..count as u32).collect();
    let mut rest = Vec::new();
    let mut open = vec![Piece { start: 0, end: count, price: 0.0 }];
    // Whole prices, with where in `nodes` what comes in there ends.
    let mut found: Vec<(f64, usize)> = Vec::new();
    while let Some(Piece { start, end, price: from }) = open.pop() {
        if start == end {
            continue;
        }
        go_on(monitor)?;
        let piece = &mut nodes[start..end];
        let price = cutter.meeting(piece, from);
        if piece.len() > 1 {
            cutter.reprice(piece, from, price);
            if !cutter.network.solve(&|| !monitor.cancelled()) {
                return Err(Cancelled);
            }
            if let Some(inner) = cutter.split(piece, &mut rest) {
                // The inner one is dearer and comes off the pile first.
                open.push(Piece { start: start + inner, end, price });
                open.push(Piece { start, end: start + inner, price });
                continue;
            }
        }
        monitor.advance((end - start) as u64);
        // Two prices that differ by what rounding makes of one are one.
        let area: f64 = piece.iter().map(|&k| cutter.area[k as usize]).sum();
        match found.last_mut() {
            Some((last, until)) if (*last - price) * area <= NOISE * piece.len() as f64 => *until = end,
            _ => found.push((price, end)),
        }
    }
    let locked_in = (0..energy.len()).filter(|&i| energy.problem.lock[i] == Lock::In);
    let mut order: Vec<u32> = locked_in.map(|i| i as u32).collect();
    let mut steps = vec![Step { price: f64::INFINITY, end: order.len() }];
    let mut start = 0;
    for (price, end) in found {
        let first = order.len();
        order.extend(nodes[start..end].iter().map(|&k| cutter.unit[k as usize]));
        order[first..].sort_unstable();
        steps.push(Step { price: price * cutter.price_unit, end: order.len() });
        start = end;
    }
    Ok(Steps { order, steps })
}

#[cfg(test)]
mod tests {
    use super::super::energy::Prices;
    use super::super::oracle::{Dice, random_problem};
    use super::super::problem::Link;
    use super::super::state::State;
    use super::*;
    use proptest::prelude::*;

    fn zone(found: &Frontier, breakpoint: &Breakpoint) -> Vec<bool> {
        let mut x = vec![false; found.entry_price.len()];
        for &unit in &found.order[..breakpoint.units] {
            x[unit as usize] = true;
        }
        x
    }

    fn obeys(problem: &Problem, x: &[bool]) -> bool {
        x.iter().zip(&problem.lock).all(|(x, lock)| match lock {
            Lock::Free => true,
            Lock::In => *x,
            Lock::Out => !*x,
        })
    }

    /// The other way round, so that what was first is last.
    fn reversed(problem: &Problem) -> Problem {
        let last = problem.area.len() as u32 - 1;
        fn back<T: Clone>(list: &[T]) -> Vec<T> {
            list.iter().rev().cloned().collect()
        }
        Problem {
            area: back(&problem.area),
            value: back(&problem.value),
            in_zone: back(&problem.in_zone),
            lock: back(&problem.lock),
            exposed: back(&problem.exposed),
            links: back(&problem.links)
                .into_iter()
                .map(|l| Link { a: last - l.b, b: last - l.a, ..l })
                .collect(),
            ..problem.clone()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        /// F less priced area is linear in the price for every zone, so a zone that is best at both ends of an interval is
        /// best within: looking at the breakpoints proves that none is missing.
        #[test]
        fn every_zone_is_best_between_its_breakpoints_and_ties_there(seed in 0u64..1_000_000, n in 1usize..13) {
            let problem = random_problem(seed, n);
            let energy = Energy::new(&problem);
            let found = frontier(&problem, &()).unwrap();
            let all: Vec<(f64, f64)> = (0..1_u32 << n)
                .map(|mask| (0..n).map(|i| mask >> i & 1 == 1).collect::<Vec<bool>>())
                .filter(|x| obeys(&problem, x))
                .map(|x| (energy.objective(&x), energy.area(&x)))
                .collect();
            let worth = |x: &[bool], price: f64| energy.objective(x) - price * energy.area(x);
            let best = |price: f64| all.iter().map(|(f, a)| f - price * a).fold(f64::NEG_INFINITY, f64::max);
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-8 * (1.0 + a.abs());
            let prices: Vec<f64> = found.breakpoints.iter().map(|b| b.price).collect();
            prop_assert!(prices.windows(2).all(|p| p[0] > p[1]), "prices fall: {:?}", prices);
            for pair in found.breakpoints.windows(2) {
                let (before, after) = (zone(&found, &pair[0]), zone(&found, &pair[1]));
                prop_assert!(before.iter().zip(&after).all(|(b, a)| *a || !*b));
                prop_assert!(pair[1].units > pair[0].units);
                for x in [&before, &after] {
                    prop_assert!(obeys(&problem, x));
                    prop_assert!(near(worth(x, pair[1].price), best(pair[1].price)), "at {}", pair[1].price);
                }
            }
            let mut dice = Dice::new(seed);
            let far = [1e4, -1e4].into_iter().chain((0..6).map(|_| 120.0 * dice.unit() - 60.0));
            for price in far {
                let x: Vec<bool> = found.entry_price.iter().map(|entry| *entry > price).collect();
                prop_assert!(near(worth(&x, price), best(price)), "at {price}");
            }
        }

        #[test]
        fn figures_kept_along_the_way_are_those_of_the_definitions(seed in 0u64..1_000_000, n in 1usize..60) {
            // A limit on concentration makes the state count blocks.
            let problem = Problem { concentration_min: 1.0, ..random_problem(seed, n) };
            let energy = Energy::new(&problem);
            let found = frontier(&problem, &()).unwrap();
            prop_assert_eq!(found.breakpoints[0].price, f64::INFINITY);
            for at in &found.breakpoints {
                let x = zone(&found, at);
                let state = State::new(&energy, x.clone());
                let cut = problem.links.iter().filter(|l| x[l.a as usize] != x[l.b as usize]).map(|l| l.length);
                let exposed = (0..n).filter(|&i| x[i]).map(|i| problem.exposed[i]);
                let boundary = cut.sum::<f64>() + problem.edge_factor * exposed.sum::<f64>();
                let value: f64 = (0..n).filter(|&i| x[i]).map(|i| problem.value[i]).sum();
                for (kept, defined) in [
                    (at.area, energy.area(&x)),
                    (at.value, value),
                    (at.boundary, boundary),
                    (at.moved, energy.moved_area(&x)),
                    (at.objective, energy.objective(&x)),
                    (at.concentration, state.concentration()),
                ] {
                    prop_assert!((kept - defined).abs() < 1e-9 * (1.0 + defined.abs()), "{kept} for {defined}");
                }
                prop_assert_eq!(at.blocks, state.block_count);
                prop_assert_eq!(at.units, x.iter().filter(|x| **x).count());
            }
        }

        #[test]
        fn neither_numbering_nor_scale_matters(seed in 0u64..1_000_000, n in 1usize..60) {
            let problem = random_problem(seed, n);
            let found = frontier(&problem, &()).unwrap();
            let mut back = frontier(&reversed(&problem), &()).unwrap();
            back.entry_price.reverse();
            let same = |a: f64, b: f64| a == b || (a - b).abs() <= 1e-9 * (1.0 + a.abs());
            prop_assert!(found.entry_price.iter().zip(&back.entry_price).all(|(a, b)| same(*a, *b)));
            prop_assert_eq!(found.breakpoints.len(), back.breakpoints.len());
            // Everything in units half as large: prices per area stay as they are.
            let double = |list: &[f64]| list.iter().map(|v| 2.0 * v).collect::<Vec<f64>>();
            let scaled = Problem {
                area: double(&problem.area),
                value: double(&problem.value),
                lambda: 2.0 * problem.lambda,
                ..problem.clone()
            };
            prop_assert_eq!(found.entry_price, frontier(&scaled, &()).unwrap().entry_price);
        }
    }

    #[test]
    fn on_a_larger_ground_the_zones_are_those_that_a_cut_finds() {
        let problem = random_problem(11, 900);
        let energy = Energy::new(&problem);
        let found = frontier(&problem, &()).unwrap();
        assert!(found.breakpoints.len() > 100, "{} breakpoints", found.breakpoints.len());
        let (none, all) = (vec![false; 900], vec![true; 900]);
        // Between two prices there is one best zone alone.
        for pair in found.breakpoints[1..].windows(2).step_by(7) {
            let prices = Prices { area: f64::midpoint(pair[0].price, pair[1].price), ..Prices::default() };
            let cut = energy.cut_between(&prices, &problem.lock, &none, &all, &()).unwrap();
            assert_eq!(cut.smallest, zone(&found, &pair[0]));
            assert_eq!(cut.largest, cut.smallest);
        }
    }

    #[test]
    fn what_is_worth_the_same_comes_in_at_once() {
        let n = 300;
        let mut problem = random_problem(5, n);
        // Three prices, evenly apart, and areas that no binary fraction holds.
        problem.area = (0..n).map(|i| 0.1 + (i % 7) as f64 / 3.0).collect();
        problem.value = (0..n).map(|i| problem.area[i] * (0.1 + 0.7 * (i % 3) as f64)).collect();
        problem.links.clear();
        problem.lock = vec![Lock::Free; n];
        problem.exposed = vec![0.0; n];
        problem.kappa = 0.0;
        let found = frontier(&problem, &()).unwrap();
        let prices: Vec<f64> = found.breakpoints.iter().map(|b| (b.price * 1e9).round() / 1e9).collect();
        assert_eq!(prices, [f64::INFINITY, 1.5, 0.8, 0.1]);
        assert!(found.order[..100].iter().all(|u| u % 3 == 2));
        assert!(found.order[..100].is_sorted());
    }

    #[test]
    fn nobody_is_free_or_nobody_is_there() {
        let mut problem = random_problem(3, 4);
        problem.lock = vec![Lock::In, Lock::Out, Lock::In, Lock::Out];
        let found = frontier(&problem, &()).unwrap();
        assert_eq!(found.order, [0, 2]);
        assert_eq!(found.breakpoints.len(), 1);
        assert_eq!(found.entry_price[..2], [f64::INFINITY, f64::NEG_INFINITY]);
        let empty = frontier(&random_problem(3, 0), &()).unwrap();
        assert_eq!((empty.breakpoints.len(), empty.breakpoints[0].units), (1, 0));
    }

    #[test]
    fn it_stops_on_request() {
        struct Stop;
        impl Monitor for Stop {
            fn cancelled(&self) -> bool {
                true
            }
        }
        assert_eq!(frontier(&random_problem(1, 50), &Stop).unwrap_err(), Cancelled);
    }
}
