//! Branch and bound: closes the gap that prices leave, on small problems.
//!
//! Where prices leave a gap, some units are tied: the cut holds them or not at no difference, and neither fits. One of
//! them is held in, then out, and the price of area found anew from the kept flow; a branch whose bound is no better than
//! the best zone ends. Units that forcing to the other side would cost more than the gap are decided beforehand
//! (`marginals`), and where no limit speaks of blocks the others alone make a problem of a few dozen units.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::energy::{Energy, Prices};
use super::problem::{Limit, Lock, Problem};
use super::relax::Relaxation;
use super::state::State;
use crate::progress::Monitor;

/// Most units and links of all branches together: what the search may cost where no limit speaks of blocks,
const WORK: usize = 10_000_000;
/// and where one does.
const WORK_WITH_BLOCKS: usize = 3_000_000;
/// Most units where a limit speaks of blocks.
const MOST_WITH_BLOCKS: usize = 3000;
/// Rounds of exits in each branch.
const ROUNDS: usize = 6;
/// What a branch must promise beyond the best zone, as a share of what the plan gains.
const WORTHWHILE: f64 = 1e-8;

/// What the search found.
pub(super) struct Closed {
    /// A better zone than the one it began with, if there is one.
    pub(super) better: Option<Vec<bool>>,
    /// No admissible zone is worth more.
    pub(super) bound: f64,
}

/// Searches for zones better than `best`, which is admissible and worth `value`. `relaxation` holds the best prices. `before`:
/// what the present zone is worth.
pub(super) fn close(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    value: f64,
    before: f64,
    monitor: &dyn Monitor,
) -> Closed {
    let problem = energy.problem;
    let bound = relaxation.bound(energy);
    let no_blocks =
        problem.min_block <= 0.0 && problem.blocks_max == usize::MAX && problem.concentration_min <= 0.0;
    if !no_blocks && energy.len() > MOST_WITH_BLOCKS {
        return Closed { better: None, bound };
    }
    let gap = bound - value;
    let (smallest, count) = (relaxation.smallest(), energy.len());
    let decided: Vec<bool> = (0..count)
        .map(|i| problem.lock[i] != Lock::Free || relaxation.loss(energy, i, 1.01 * gap + 1e-6) > gap)
        .collect();
    let no_moves = problem.moved_area_max.is_infinite() && problem.moved_units_max == usize::MAX;
    if no_blocks && no_moves {
        let core = Core::new(energy, &smallest, &decided);
        let inner = Energy::new(&core.problem);
        let mut relaxation = Relaxation::new(&inner, relaxation.prices().clone());
        let found =
            Search::new(&inner, value - core.fixed, before - core.fixed).run(&mut relaxation, WORK, monitor);
        let better = found.better.map(|x| core.whole(&smallest, &x));
        return Closed { better, bound: found.bound + core.fixed };
    }
    let held = relaxation.held().to_vec();
    let kept = relaxation.kept();
    for i in (0..count).filter(|&i| decided[i] && held[i] == Lock::Free) {
        relaxation.hold(i, if smallest[i] { Lock::In } else { Lock::Out });
    }
    let found = Search::new(energy, value, before).run(relaxation, WORK_WITH_BLOCKS, monitor);
    for (i, lock) in held.iter().enumerate() {
        relaxation.hold(i, *lock);
    }
    relaxation.restore(energy, kept);
    found
}

/// The problem of the undecided units alone.
struct Core {
    problem: Problem,
    /// The units, ascending.
    units: Vec<u32>,
    /// What the decided units are worth.
    fixed: f64,
}

impl Core {
    fn new(energy: &Energy<'_>, zone: &[bool], decided: &[bool]) -> Self {
        let problem = energy.problem;
        let units: Vec<u32> = (0..energy.len() as u32).filter(|&i| !decided[i as usize]).collect();
        let mut number = vec![u32::MAX; energy.len()];
        for (n, &i) in units.iter().enumerate() {
            number[i as usize] = n as u32;
        }
        let mut value = Vec::with_capacity(units.len());
        let mut links = Vec::new();
        for &i in &units {
            let mut worth = energy.unary[i as usize];
            for n in energy.neighbours(i as usize) {
                let there = n.unit as usize;
                if !decided[there] {
                    if n.unit > i {
                        let (a, b) = (number[i as usize], number[there]);
                        links.push(super::problem::Link { a, b, length: n.cost, contiguous: n.contiguous });
                    }
                } else if zone[there] {
                    worth += n.cost;
                } else {
                    worth -= n.cost;
                }
            }
            value.push(worth);
        }
        // The zone with no undecided unit in it.
        let without: Vec<bool> = zone.iter().zip(decided).map(|(x, decided)| *x && *decided).collect();
        let area = energy.area(&without);
        let count = units.len();
        let core = Problem {
            area: units.iter().map(|&i| problem.area[i as usize]).collect(),
            value,
            in_zone: vec![false; count],
            lock: vec![Lock::Free; count],
            exposed: vec![0.0; count],
            links,
            lambda: 1.0,
            edge_factor: 0.0,
            kappa: 0.0,
            area_min: problem.area_min - area,
            area_max: problem.area_max - area,
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            min_block: 0.0,
            small_block_price: f64::INFINITY,
            blocks_max: usize::MAX,
            concentration_min: 0.0,
            limits: problem.limits.iter().map(|limit| limit_of(limit, &number, &without)).collect(),
        };
        Self { problem: core, units, fixed: energy.objective(&without) }
    }

    fn whole(&self, zone: &[bool], core: &[bool]) -> Vec<bool> {
        let mut whole = zone.to_vec();
        for (&unit, &x) in self.units.iter().zip(core) {
            whole[unit as usize] = x;
        }
        whole
    }
}

/// What a limit leaves to the units of the core.
fn limit_of(limit: &Limit, number: &[u32], without: &[bool]) -> Limit {
    let fixed = limit.sum(without);
    let terms = limit.terms.iter().map(|(unit, weight)| (number[*unit as usize], *weight));
    Limit {
        what: String::new(),
        terms: terms.filter(|(unit, _)| *unit != u32::MAX).collect(),
        least: limit.least - fixed,
        most: limit.most - fixed,
        price: limit.price,
    }
}

/// A branch that may hold something better: the units held in it, and the one to hold next.
struct Branch {
    held: Vec<(usize, Lock)>,
    unit: usize,
    /// No zone in it is worth more.
    bound: f64,
    prices: Prices,
}

impl PartialEq for Branch {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Branch {}

impl PartialOrd for Branch {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Branch {
    /// The one that promises most first; of equals the deeper one.
    fn cmp(&self, other: &Self) -> Ordering {
        let deeper = || self.held.len().cmp(&other.held.len());
        let sooner = || other.held.iter().map(key).cmp(self.held.iter().map(key));
        self.bound.total_cmp(&other.bound).then_with(deeper).then_with(sooner)
    }
}

fn key((unit, to): &(usize, Lock)) -> (usize, bool) {
    (*unit, *to == Lock::In)
}

struct Search<'e, 'p> {
    energy: &'e Energy<'p>,
    value: f64,
    before: f64,
    better: Option<Vec<bool>>,
}

/// What became of a branch.
enum Outcome {
    /// Nothing better in it.
    Done,
    /// This unit is to be held either way.
    Split { unit: usize, bound: f64 },
    /// Told to stop.
    Stopped,
}

impl<'e, 'p> Search<'e, 'p> {
    fn new(energy: &'e Energy<'p>, value: f64, before: f64) -> Self {
        Self { energy, value, before, better: None }
    }

    fn run(mut self, relaxation: &mut Relaxation, work: usize, monitor: &dyn Monitor) -> Closed {
        let root = relaxation.bound(self.energy);
        let mut budget = work / (self.energy.len() + self.energy.problem.links.len() + 1);
        let mut open = BinaryHeap::new();
        let mut at: Vec<(usize, Lock)> = Vec::new();
        match self.look(relaxation, monitor) {
            Outcome::Done => {}
            Outcome::Stopped => return Closed { better: self.better, bound: root },
            Outcome::Split { unit, bound } => {
                open.push(Branch { held: Vec::new(), unit, bound, prices: relaxation.prices().clone() });
            }
        }
        let mut unfinished = f64::NEG_INFINITY;
        'search: while let Some(branch) = open.pop() {
            if branch.bound <= self.worthwhile() {
                break;
            }
            for to in [Lock::In, Lock::Out] {
                budget = budget.saturating_sub(1);
                for (unit, _) in at.drain(..) {
                    relaxation.hold(unit, Lock::Free);
                }
                at.clone_from(&branch.held);
                at.push((branch.unit, to));
                for &(unit, to) in &at {
                    relaxation.hold(unit, to);
                }
                relaxation.set_prices(self.energy, branch.prices.clone());
                match if budget == 0 { Outcome::Stopped } else { self.look(relaxation, monitor) } {
                    Outcome::Done => {}
                    Outcome::Stopped => {
                        unfinished = branch.bound;
                        break 'search;
                    }
                    Outcome::Split { unit, bound } => {
                        // A branch promises no more than what it came from.
                        let bound = bound.min(branch.bound);
                        let prices = relaxation.prices().clone();
                        open.push(Branch { held: at.clone(), unit, bound, prices });
                    }
                }
            }
        }
        for (unit, _) in at {
            relaxation.hold(unit, Lock::Free);
        }
        // What was ruled out is worth no more than what would be worthwhile.
        let bound = open.iter().map(|b| b.bound).fold(self.worthwhile().max(unfinished), f64::max);
        Closed { better: self.better, bound }
    }

    fn worthwhile(&self) -> f64 {
        self.value + WORTHWHILE * (self.value - self.before).abs().max(1.0)
    }

    /// Bounds the present branch, keeps what it finds, and says where to split.
    fn look(&mut self, relaxation: &mut Relaxation, monitor: &dyn Monitor) -> Outcome {
        let mut bound = f64::INFINITY;
        for round in 0..ROUNDS {
            if relaxation.settle(self.energy, self.worthwhile(), monitor).is_err() {
                return Outcome::Stopped;
            }
            bound = bound.min(relaxation.bound(self.energy));
            if bound <= self.worthwhile() {
                return Outcome::Done;
            }
            if round + 1 == ROUNDS || !relaxation.step_exits(self.energy) {
                break;
            }
        }
        let (smallest, largest) = (relaxation.smallest(), relaxation.largest());
        for zone in [&smallest, &largest] {
            self.keep(zone, relaxation.prices().area);
        }
        let free = |i: &usize| relaxation.held()[*i] == Lock::Free;
        let tied = (0..self.energy.len()).filter(free).filter(|&i| smallest[i] != largest[i]);
        let area = &self.energy.problem.area;
        let largest_tied = tied.max_by(|&a, &b| area[a].total_cmp(&area[b]).then(b.cmp(&a)));
        let unit = largest_tied
            .or_else(|| relaxation.doubtful(self.energy, &smallest))
            // Nothing is tied, but the zone is not what the bound promises: whatever is free will do.
            .or_else(|| (0..self.energy.len()).find(|i| free(i)));
        match unit {
            Some(unit) => Outcome::Split { unit, bound },
            None => Outcome::Done,
        }
    }

    /// Keeps the zone as it is, and what comes of mending it, where that is better.
    fn keep(&mut self, zone: &[bool], area_price: f64) {
        let mut state = State::new(self.energy, zone.to_vec());
        self.compare(&state);
        if super::solve::speaks_of_blocks(self.energy.problem) {
            super::clusters::settle(&mut state, area_price);
            super::refine::fill(&mut state);
            super::refine::descend(&mut state);
        } else {
            super::refine::fill(&mut state);
            if !self.energy.problem.limits.is_empty() {
                super::refine::descend(&mut state);
            }
        }
        self.compare(&state);
    }

    fn compare(&mut self, state: &State<'_, '_>) {
        if state.objective() > self.value && state.admissible() {
            self.value = state.objective();
            self.better = Some(state.x.clone());
        }
    }
}
