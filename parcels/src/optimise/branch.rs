//! Branch and bound: closes the gap that multipliers leave, on small problems, and keeps the proof of every case.
//!
//! Where multipliers leave a gap, some units are tied: the cut holds them or not at no difference, and neither fits. One of
//! them is held in, then out, and the multipliers are found anew from the kept flow; a case whose bound is no better than the
//! best zone ends. What is held tells the limit on concentration more as well: fewer units may be in one component, and more
//! of it is certain ([`super::components`]). Every case keeps what proves its bound, so that the tree of all of them is a proof.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::bands::{self, Effort};
use super::components::price_of_nothing;
use super::energy::{Energy, Prices};
use super::problem::{BandProof, BoundProof, Case, Limit, Lock};
use super::relax::Relaxation;
use super::state::State;
use crate::progress::Monitor;
use crate::units::LIMIT_SLACK;

/// Most units of a problem that is worth the search,
const MOST_UNITS: usize = 3000;
/// and most where the gap is not nearly closed already.
const MOST_UNITS_WHERE_WIDE: usize = 1500;
/// A gap that is nearly closed.
const NEARLY: f64 = 0.005;
/// Up to so many units the gap is closed if it can be;
const SMALL: usize = 300;
/// most units and links of all cases together there,
const WORK_WHERE_SMALL: usize = 4_000_000;
/// elsewhere,
const WORK: usize = 3_000_000;
/// and where there is a time limit to use up: what the proofs of all cases may take in memory.
const WORK_IN_TIME: usize = 20_000_000;
/// Rounds of separator cuts in each case.
const ROUNDS: usize = 6;
/// What a case must promise beyond the best zone, as a share of what the plan gains.
const WORTHWHILE: f64 = 1e-8;
/// A case that promises less than this many times the worth of everything has no admissible zone.
const HOPELESS: f64 = 4.0;

/// What the search found.
pub(super) struct Branched {
    /// A better zone than the one it began with, if there is one.
    pub(super) better: Option<Vec<bool>>,
    /// No admissible zone is worth more.
    pub(super) bound: f64,
    /// The tree that proves it.
    pub(super) cases: Vec<Case>,
    /// Whether every case promises less than any admissible zone is worth, so that there is none.
    pub(super) none_exists: bool,
}

/// Whether the problem is small enough, with this gap to close and perhaps a time limit to use up.
pub(super) fn is_within_reach(energy: &Energy<'_>, gap: f64, monitor: &dyn Monitor) -> bool {
    let wide = gap > NEARLY && !monitor.has_time_limit();
    energy.len() <= if wide { MOST_UNITS_WHERE_WIDE } else { MOST_UNITS }
}

/// Searches for zones better than what is `known`, the worth of an admissible zone. `relaxation` holds the best multipliers.
/// `before`: what the present zone is worth.
pub(super) fn branch_and_bound(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    known: Option<f64>,
    before: f64,
    monitor: &dyn Monitor,
) -> Branched {
    let held = relaxation.held().to_vec();
    let kept = relaxation.kept();
    let search = Search::new(energy, known, before);
    let closed = search.run(relaxation, monitor);
    for (unit, lock) in held.iter().enumerate() {
        relaxation.hold(unit, *lock);
    }
    relaxation.restore(energy, kept);
    closed
}

/// A case: some units held, with the proof of its bound.
struct Node {
    /// None where what is held leaves no admissible zone.
    proof: Option<BoundProof>,
    bound: f64,
    /// Once it is split: the unit, and the cases with it in and out.
    split: Option<(u32, [usize; 2])>,
}

/// A case that may hold something better: the units held in it, and the one to hold next.
struct Open {
    node: usize,
    held: Vec<(usize, Lock)>,
    unit: usize,
    /// No zone in it is worth more.
    bound: f64,
    prices: Prices,
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Open {}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Open {
    /// The one that promises most first; of equals the deeper one, then the later one.
    fn cmp(&self, other: &Self) -> Ordering {
        let deeper = || self.held.len().cmp(&other.held.len());
        self.bound.total_cmp(&other.bound).then_with(deeper).then(self.node.cmp(&other.node))
    }
}

struct Search<'e, 'p> {
    energy: &'e Energy<'p>,
    value: f64,
    /// Whether no admissible zone was known, so that `value` began below what any is worth.
    hopeless: bool,
    before: f64,
    better: Option<Vec<bool>>,
    nodes: Vec<Node>,
}

/// What became of a case.
enum Outcome {
    /// Nothing better in it.
    Done { bound: f64, proof: BoundProof },
    /// Whatever is chosen of what is left, a sum is not as it has to be, or blocks are not.
    Impossible,
    /// This unit is to be held either way.
    Split { unit: usize, bound: f64, proof: BoundProof },
    /// Told to stop.
    Stopped,
}

/// The proof with a band of nothing for every component of which nothing can be in.
fn with_empty_components(mut proof: BoundProof, energy: &Energy<'_>) -> BoundProof {
    let Some(components) = &energy.components else { return proof };
    let mut within = vec![false; energy.len()];
    for component in components.empty().map(|at| &components.list[at]) {
        component.units.iter().for_each(|unit| within[*unit as usize] = true);
        proof.bands.push(BandProof {
            component: component.units[0],
            least: 0.0,
            most: 0.0,
            price: price_of_nothing(energy.problem, energy.reach),
            flow: Vec::new(),
        });
    }
    if !proof.bands.is_empty() {
        for (link, flow) in energy.problem.links.iter().zip(&mut proof.flow) {
            if within[link.a as usize] || within[link.b as usize] {
                *flow = 0;
            }
        }
    }
    proof
}

impl<'e, 'p> Search<'e, 'p> {
    fn new(energy: &'e Energy<'p>, known: Option<f64>, before: f64) -> Self {
        // Whatever an admissible zone is worth, it is worth more than this.
        let p = energy.problem;
        let small =
            if p.small_block_price.is_finite() { p.small_block_price * energy.len() as f64 } else { 0.0 };
        let scattered = if p.concentration_price.is_finite() { 100.0 * p.concentration_price } else { 0.0 };
        let beyond: f64 = p.limits.iter().filter(|l| l.price.is_finite()).map(|l| l.most_loss()).sum();
        let worst = energy.constant - HOPELESS * energy.reach - small - scattered - beyond;
        Self {
            energy,
            value: known.unwrap_or(worst),
            hopeless: known.is_none(),
            before,
            better: None,
            nodes: Vec::new(),
        }
    }

    fn run(mut self, relaxation: &mut Relaxation, monitor: &dyn Monitor) -> Branched {
        let work = match self.energy.len() {
            _ if monitor.has_time_limit() => WORK_IN_TIME,
            units if units <= SMALL => WORK_WHERE_SMALL,
            _ => WORK,
        };
        let mut budget = work / (self.energy.len() + self.energy.problem.links.len() + 1);
        let mut open = BinaryHeap::new();
        let free = relaxation.held().to_vec();
        let mut at: Vec<(usize, Lock)> = Vec::new();
        match self.look(relaxation, monitor) {
            Outcome::Stopped => {}
            Outcome::Impossible => {
                self.nodes.push(Node { proof: None, bound: f64::NEG_INFINITY, split: None });
            }
            Outcome::Done { bound, proof } => {
                self.nodes.push(Node { proof: Some(proof), bound, split: None });
            }
            Outcome::Split { unit, bound, proof } => {
                self.nodes.push(Node { proof: Some(proof), bound, split: None });
                let prices = relaxation.prices().clone();
                open.push(Open { node: 0, held: Vec::new(), unit, bound, prices });
            }
        }
        'search: while let Some(case) = open.pop() {
            if case.bound <= self.worthwhile() {
                break;
            }
            let mut children = Vec::with_capacity(2);
            for to in [Lock::In, Lock::Out] {
                budget = budget.saturating_sub(1);
                for (unit, _) in at.drain(..) {
                    relaxation.hold(unit, free[unit]);
                }
                at.clone_from(&case.held);
                at.push((case.unit, to));
                for &(unit, to) in &at {
                    relaxation.hold(unit, to);
                }
                let local = self.energy.where_held(relaxation.held());
                relaxation.set_prices(&local, case.prices.clone());
                match if budget == 0 { Outcome::Stopped } else { self.look(relaxation, monitor) } {
                    Outcome::Stopped => break 'search,
                    Outcome::Impossible => {
                        children.push(Node { proof: None, bound: f64::NEG_INFINITY, split: None });
                    }
                    Outcome::Done { bound, proof } => {
                        children.push(Node { proof: Some(proof), bound, split: None });
                    }
                    Outcome::Split { unit, bound, proof } => {
                        // A case promises no more than what it came from.
                        let node = self.nodes.len() + children.len();
                        children.push(Node { proof: Some(proof), bound, split: None });
                        let (bound, prices) = (bound.min(case.bound), relaxation.prices().clone());
                        open.push(Open { node, held: at.clone(), unit, bound, prices });
                    }
                }
            }
            let first = self.nodes.len();
            self.nodes[case.node].split = Some((case.unit as u32, [first, first + 1]));
            self.nodes.extend(children);
        }
        for (unit, _) in at {
            relaxation.hold(unit, free[unit]);
        }
        self.closed()
    }

    /// The tree of what was looked at, with the bound that it proves. A case whose own bound is no worse than that of the tree
    /// stands for all below it.
    fn closed(self) -> Branched {
        let worthwhile = self.worthwhile();
        let leaves = self.nodes.iter().filter(|node| node.split.is_none());
        let bound = leaves.map(|node| node.bound).fold(f64::NEG_INFINITY, f64::max);
        let mut proofs: Vec<Case> = Vec::with_capacity(self.nodes.len());
        let mut shape = Vec::with_capacity(self.nodes.len());
        for node in self.nodes {
            shape.push(node.split.filter(|_| node.bound > bound));
            proofs.push(node.proof.map_or(Case::Impossible, Case::Proven));
        }
        let mut cases = Vec::new();
        let mut walk = if shape.is_empty() { Vec::new() } else { vec![0] };
        while let Some(node) = walk.pop() {
            match shape[node] {
                Some((unit, [inside, outside])) => {
                    cases.push(Case::Split(unit));
                    walk.extend([outside, inside]);
                }
                None => cases.push(std::mem::replace(&mut proofs[node], Case::Impossible)),
            }
        }
        let bound = if cases.is_empty() { f64::INFINITY } else { bound };
        let none_exists = self.hopeless && self.better.is_none() && bound <= worthwhile;
        Branched { better: self.better, bound, cases, none_exists }
    }

    fn worthwhile(&self) -> f64 {
        self.value + WORTHWHILE * (self.value - self.before).abs().max(1.0)
    }

    /// Bounds the present case, keeps what it finds, and says where to split.
    fn look(&mut self, relaxation: &mut Relaxation, monitor: &dyn Monitor) -> Outcome {
        let whole = self.energy.where_held(relaxation.held());
        let problem = self.energy.problem;
        let impossible =
            whole.components.as_ref().is_some_and(|components| components.are_impossible(problem));
        if impossible || !self.leaves_sums(relaxation.held()) {
            return Outcome::Impossible;
        }
        let local = whole.without_empty_components();
        let prices = relaxation.prices().clone();
        relaxation.set_prices(&local, prices);
        let mut best: Option<(f64, BoundProof)> = None;
        for round in 0..ROUNDS {
            if relaxation.solve_area_price(&local, self.worthwhile(), monitor).is_err() {
                return Outcome::Stopped;
            }
            let bound = relaxation.bound(&local);
            if best.as_ref().is_none_or(|(known, _)| bound < *known) {
                let proof = with_empty_components(relaxation.proof(&local), &whole);
                best = Some((whole.bound(&proof, relaxation.held()), proof));
            }
            if bound <= self.worthwhile() || round + 1 == ROUNDS || !relaxation.step_separators(&local) {
                break;
            }
        }
        let Some((mut bound, mut proof)) = best else { return Outcome::Stopped };
        let mut undecided = None;
        // Each case takes a hundred cuts more by this: for problems that can be closed.
        let banded = problem.concentration_min > 0.0 && self.energy.len() <= SMALL;
        if bound > self.worthwhile() && banded {
            let refined = bands::refine(&whole, relaxation, bound, self.before, Effort::CASE, monitor);
            let prices = relaxation.prices().clone();
            relaxation.set_prices(&local, prices);
            if let Some(refined) = refined {
                for zone in &refined.zones {
                    self.keep(zone, refined.prices.area);
                }
                undecided = refined.undecided;
                if refined.bound < bound {
                    (bound, proof) = (refined.bound, refined.proof);
                }
            }
        }
        if bound <= self.worthwhile() {
            return Outcome::Done { bound, proof };
        }
        if relaxation.solve(monitor).is_err() {
            return Outcome::Stopped;
        }
        let (smallest, largest) = (relaxation.smallest(), relaxation.largest());
        for zone in [&smallest, &largest] {
            self.keep(zone, relaxation.prices().area);
        }
        if bound <= self.worthwhile() {
            return Outcome::Done { bound, proof };
        }
        let free = |i: &usize| relaxation.held()[*i] == Lock::Free;
        let tied = (0..self.energy.len()).filter(free).filter(|&i| smallest[i] != largest[i]);
        let area = &self.energy.problem.area;
        let largest_tied = tied.max_by(|&a, &b| area[a].total_cmp(&area[b]).then(b.cmp(&a)));
        let unit = undecided
            .or(largest_tied)
            .or_else(|| relaxation.doubtful(&local, &smallest))
            .or_else(|| local.least_certain(&smallest, relaxation.held(), relaxation.prices()))
            // Nothing is tied, but the zone is not what the bound promises: whatever is free will do.
            .or_else(|| (0..self.energy.len()).find(|i| free(i)));
        match unit {
            Some(unit) => Outcome::Split { unit, bound, proof },
            // All is held: there is one zone, which was looked at, and without any multiplier its bound is what it is worth.
            None => {
                let problem = self.energy.problem;
                let plain = BoundProof {
                    limit_prices: vec![0.0; problem.limits.len()],
                    flow: vec![0; problem.links.len()],
                    ..BoundProof::default()
                };
                let worth = whole.bound(&plain, relaxation.held());
                let (bound, proof) = if worth < bound { (worth, plain) } else { (bound, proof) };
                Outcome::Done { bound, proof }
            }
        }
    }

    /// Whether some choice of what is not held may have the total area that is asked for, moves no more than may move, and has
    /// each of the other hard sums as it has to be.
    fn leaves_sums(&self, held: &[Lock]) -> bool {
        let p = self.energy.problem;
        let sum = |counted: &dyn Fn(usize) -> bool| -> f64 {
            (0..held.len()).filter(|unit| counted(*unit)).map(|unit| p.area[unit]).sum()
        };
        // Beyond what the judge of a plan lets pass for rounding.
        let (more, less) = (1.0 + 2.0 * LIMIT_SLACK, 1.0 - 2.0 * LIMIT_SLACK);
        let sure = sum(&|unit| held[unit] == Lock::In);
        let all = sum(&|unit| held[unit] != Lock::Out);
        let moved = |unit: &usize| held[*unit] == if p.in_zone[*unit] { Lock::Out } else { Lock::In };
        let fits = |limit: &Limit| {
            // Weights of either sign.
            let (mut low, mut high) = (0.0, 0.0);
            for (unit, weight) in &limit.terms {
                match held[*unit as usize] {
                    Lock::In => (low, high) = (low + weight, high + weight),
                    Lock::Free => (low, high) = (low + weight.min(0.0), high + weight.max(0.0)),
                    Lock::Out => {}
                }
            }
            let slack = 2.0 * LIMIT_SLACK;
            low - limit.most <= slack * low.abs() && limit.least - high <= slack * high.abs()
        };
        sure <= p.area_max * more
            && all >= p.area_min * less
            && sum(&|unit| moved(&unit)) <= p.moved_area_max * more
            && (0..held.len()).filter(moved).count() <= p.moved_units_max
            && p.limits.iter().filter(|limit| limit.price.is_infinite()).all(fits)
    }

    /// Keeps the zone as it is, and what comes of repairing it, where that is better.
    fn keep(&mut self, zone: &[bool], area_price: f64) {
        let mut state = State::new(self.energy, zone.to_vec());
        self.compare(&state);
        if self.energy.problem.speaks_of_blocks() {
            super::clusters::repair_blocks(&mut state, area_price);
            super::refine::restore_area(&mut state);
            super::refine::local_search(&mut state);
        } else {
            super::refine::restore_area(&mut state);
            if !self.energy.problem.limits.is_empty() {
                super::refine::local_search(&mut state);
            }
        }
        state.repair_holes();
        self.compare(&state);
    }

    fn compare(&mut self, state: &State<'_, '_>) {
        if state.objective() > self.value && state.admissible() {
            self.value = state.objective();
            self.better = Some(state.x.clone());
        }
    }
}
