//! Relax-and-cut: the bound that knows of blocks, and the zones under its prices.
//!
//! Let S be a set of units. A unit i of S that is in belongs to a block that either lies within S or goes on through the
//! *neighbourhood* N(S): the units outside S that are contiguous with one of S. So where no block within S is allowed,
//! because S is smaller than the least area and holds no unit that is locked in, xᵢ ≤ Σ_{j ∈ N(S)} xⱼ. We call this a
//! *separator cut*. It is linear: at a price p ≥ 0 it takes p from the worth of i and gives p to every unit of the
//! neighbourhood, the subproblem stays one minimum cut, and any prices give a valid bound.
//!
//! Blocks that are allowed at a cost use the same separators. Take several with their prices. Every separator that costs a zone
//! something belongs to a block that lies within its S, so a block pays no more than the separators whose S share any one of
//! its units. Where these add up to at most ρ for every unit, all of them together cost a zone at most ρ for each block
//! that lies within an S: the price of a small block where it has one, or the price of one block more where their
//! number is limited.
//!
//! **Which S.** What the flow leaves at the units of a block (`Network::left`) adds up to what the block gains as it
//! stands, and no part of the block gains more than its units' share of that. So the block's units pay in these
//! proportions, and at the full price the block gains nothing, whole or in part. The neighbourhood is paid as often as it
//! has units, so it must hold back: a unit of the neighbourhood comes in when it is paid what forcing it in costs
//! (`marginals`). S grows from the block by the unit of its neighbourhood that holds back least, while the area allows, and
//! stops where the neighbourhood held back most.
//!
//! **Which prices.** Most separators are far from each other, so each price steps by itself: up by no more than the block gains,
//! half as far whenever its direction turns (after Riedmiller and Braun, "RPROP", 1993). The bound is convex in the
//! prices, and the best prices seen are kept.

mod axis;
mod separators;

use std::collections::{BTreeMap, BTreeSet};

use axis::{Axis, Span};
use separators::PricedSeparator;

use super::block_rules::GrowingSet;
use super::energy::{Energy, Prices};
use super::marginals::Marginals;
use super::max_flow::{Edge, Network};
use super::problem::{BoundProof, Link, Lock, SeparatorKind};
use crate::progress::{Cancelled, Monitor};

/// Terminal of a unit that is held to a side, far beyond any sum of capacities.
const HOLD: i64 = 1 << 58;
/// Most rounds of price changes.
pub(super) const ROUNDS: usize = 240;
/// Rounds between two looks at whether the bound still falls, and whether other separators would serve the same blocks better.
const LOOK: usize = 10;
/// The first step of a price, as a share of it.
const STRIDE: f64 = 0.005;
/// Most turns over all limits on sums.
const TURNS: usize = 4;
/// What counts as falling, as a share of what the plan gains.
pub(super) const FALLS: f64 = 1e-5;

/// A step that halves when its direction turns.
#[derive(Debug, Clone)]
struct Step {
    size: f64,
    rising: Option<bool>,
}

impl Step {
    fn new(size: f64) -> Self {
        Self { size, rising: None }
    }

    fn next(&mut self, rising: bool) -> f64 {
        if self.rising.is_some_and(|before| before != rising) {
            self.size *= 0.5;
        }
        self.rising = Some(rising);
        self.size
    }
}

/// The minimum cut at some prices, kept from prices to prices.
#[derive(Clone)]
pub(super) struct Relaxation {
    network: Network,
    prices: Prices,
    /// What each unit is held to, as it is in the network.
    held: Vec<Lock>,
    /// Each unit's gain at the prices, separators aside, as it is in the network.
    gain: Vec<i64>,
    separators: Vec<PricedSeparator>,
    by_region: BTreeMap<Vec<u32>, usize>,
    /// Blocks for which a separator was looked for.
    served: BTreeSet<Vec<u32>>,
    /// Sum of the prices of the separators of blocks that are allowed at a cost, over those whose S holds the unit.
    load: Vec<f64>,
    marginals: Marginals,
    /// Of every axis, in the order of [`Axis::all`].
    steps: Vec<Step>,
    block_step: Step,
    /// How far above the least bound to be had [`Relaxation::solve_area_price`] may stop, as a share of it.
    slack: f64,
}

impl Relaxation {
    pub(super) fn new(energy: &Energy<'_>, mut prices: Prices) -> Self {
        prices.limits.resize(energy.problem.limits.len(), 0.0);
        let held = energy.problem.lock.clone();
        let gain: Vec<i64> = (0..energy.len()).map(|i| energy.to_int(energy.priced(i, &prices))).collect();
        let terminal: Vec<i64> = gain.iter().zip(&held).map(|(gain, lock)| gain + hold(*lock)).collect();
        let mut relaxation = Self {
            network: Network::new(&terminal, &edges(energy)),
            steps: Vec::new(),
            prices,
            held,
            gain,
            separators: Vec::new(),
            by_region: BTreeMap::new(),
            served: BTreeSet::new(),
            load: Vec::new(),
            marginals: Marginals::new(energy.len()),
            block_step: Step::new(0.0),
            slack: 0.0,
        };
        relaxation.start_steps(energy);
        relaxation
    }

    /// Cuts at the present prices.
    ///
    /// # Errors
    /// When told to stop; the flow still proves a bound.
    pub(super) fn solve(&mut self, monitor: &dyn Monitor) -> Result<(), Cancelled> {
        if self.network.solve(&|| !monitor.cancelled()) { Ok(()) } else { Err(Cancelled) }
    }

    /// Lets [`Relaxation::solve_area_price`] stop where the bound is at most this share of it above the least to be had: much sooner
    /// than at the least itself.
    pub(super) fn hurry(&mut self, slack: f64) {
        self.slack = slack;
    }

    pub(super) fn prices(&self) -> &Prices {
        &self.prices
    }

    pub(super) fn set_prices(&mut self, energy: &Energy<'_>, prices: Prices) {
        if prices.blocks < self.prices.blocks {
            // What separators ask of a block may add up to no more than a block costs.
            let share = prices.blocks / self.prices.blocks;
            for at in 0..self.separators.len() {
                if self.separators[at].kind == SeparatorKind::Counted {
                    self.set_separator(energy, at, self.separators[at].price * share);
                }
            }
        }
        self.prices = prices;
        for i in 0..energy.len() {
            let gain = energy.to_int(energy.priced(i, &self.prices));
            self.network.pull(i, gain - std::mem::replace(&mut self.gain[i], gain));
        }
    }

    /// Holds the unit to a side, or lets it go.
    pub(super) fn hold(&mut self, unit: usize, to: Lock) {
        self.network.pull(unit, hold(to) - hold(std::mem::replace(&mut self.held[unit], to)));
    }

    pub(super) fn held(&self) -> &[Lock] {
        &self.held
    }

    /// Follows a problem whose links, or what they cost, have changed; [`Relaxation::follow`] does the rest. Separators
    /// whose neighbourhood is another one now go.
    pub(super) fn rewire(&mut self, energy: &Energy<'_>) {
        self.network = self.network.with_edges(&edges(energy));
        let keep: Vec<bool> = self
            .separators
            .iter()
            .map(|separator| energy.neighbourhood(&separator.region) == separator.neighbourhood)
            .collect();
        self.keep_separators(energy, &keep);
    }

    /// Follows a problem that has changed: locks, gains and rules. Separators whose rule holds no more go.
    pub(super) fn follow(&mut self, energy: &Energy<'_>) {
        let problem = energy.problem;
        for (unit, lock) in problem.lock.iter().enumerate() {
            self.hold(unit, *lock);
        }
        let cap = problem.small_block_price;
        let overloaded = self.load.iter().any(|load| *load > cap);
        let holds = |separator: &PricedSeparator| {
            let mut set = GrowingSet::default();
            for unit in &separator.region {
                set.add(problem, &energy.small_today, *unit as usize);
            }
            match separator.kind {
                SeparatorKind::Small => problem.is_forbidden(&set.stats),
                SeparatorKind::Priced => problem.is_small(&set.stats) && cap.is_finite() && !overloaded,
                SeparatorKind::Counted => problem.blocks_max < usize::MAX && !overloaded,
            }
        };
        let keep: Vec<bool> = self.separators.iter().map(holds).collect();
        self.keep_separators(energy, &keep);
        let limited = |price: f64, least: f64, most: f64| match price {
            p if p > 0.0 && most.is_infinite() => 0.0,
            p if p < 0.0 && least.is_infinite() => 0.0,
            p => p,
        };
        let priced = |price: f64, most: f64| if most.is_infinite() { 0.0 } else { price };
        let now = self.prices.clone();
        let limits = problem.limits.iter().enumerate().map(|(at, limit)| {
            let price = now.limits.get(at).copied().unwrap_or(0.0);
            limited(price, limit.least, limit.most).clamp(-limit.price, limit.price)
        });
        let limits: Vec<f64> = limits.collect();
        let most_units = if problem.moved_units_max == usize::MAX { f64::INFINITY } else { 0.0 };
        let most_blocks = if problem.blocks_max == usize::MAX { f64::INFINITY } else { 0.0 };
        self.set_prices(
            energy,
            Prices {
                area: limited(now.area, problem.area_min, problem.area_max),
                moved: priced(now.moved, problem.moved_area_max),
                units: priced(now.units, most_units),
                blocks: priced(now.blocks, most_blocks),
                limits,
                concentration: now.concentration.min(energy.concentration().map_or(0.0, |row| row.most)),
            },
        );
        self.start_steps(energy);
    }

    /// Lets the other separators go.
    fn keep_separators(&mut self, energy: &Energy<'_>, keep: &[bool]) {
        for (at, keep) in keep.iter().enumerate() {
            if !keep {
                self.set_separator(energy, at, 0.0);
            }
        }
        let mut keep = keep.iter();
        self.separators.retain(|_| keep.next().copied().unwrap_or(false));
        self.by_region = self
            .separators
            .iter()
            .enumerate()
            .map(|(at, separator)| (separator.region.clone(), at))
            .collect();
        self.served.clear();
    }

    /// The best zone that holds least, units held included.
    pub(super) fn smallest(&self) -> Vec<bool> {
        (0..self.held.len()).map(|i| self.network.in_smallest(i)).collect()
    }

    /// The best zone that holds most.
    pub(super) fn largest(&self) -> Vec<bool> {
        (0..self.held.len()).map(|i| self.network.in_largest(i)).collect()
    }

    /// The bound that the present flow proves for zones that keep to what is held, to within rounding.
    pub(super) fn bound(&self, energy: &Energy<'_>) -> f64 {
        let sum: i128 = (0..self.held.len()).map(|unit| i128::from(self.worth(unit))).sum();
        energy.constant_at(&self.prices) + sum as f64 / energy.scale
    }

    /// What the unit is worth at the present flow: what it gains where it may be in, in integer units.
    pub(super) fn worth(&self, unit: usize) -> i64 {
        let left = self.left(unit);
        match self.held[unit] {
            Lock::Free => left.max(0),
            Lock::In => left,
            Lock::Out => 0,
        }
    }

    /// What the unit gains at the present flow when it is in, in integer units.
    pub(super) fn left(&self, unit: usize) -> i64 {
        self.network.left(unit) - hold(self.held[unit])
    }

    pub(super) fn in_smallest(&self, unit: usize) -> bool {
        self.network.in_smallest(unit)
    }

    pub(super) fn flow(&self, link: u32) -> i64 {
        self.network.flow(link as usize)
    }

    /// What proves the bound at the present prices and flow.
    pub(super) fn proof(&self, energy: &Energy<'_>) -> BoundProof {
        let concentration = self.prices.concentration;
        let row = energy.concentration().filter(|_| concentration > 0.0);
        BoundProof {
            area_price: self.prices.area,
            moved_price: self.prices.moved,
            moved_unit_price: self.prices.units,
            block_price: self.prices.blocks,
            limit_prices: self.prices.limits.clone(),
            concentration_price: concentration,
            tangent_area: row.map_or(0.0, |row| row.tangent),
            separators: self.priced_separators(energy),
            flow: (0..energy.problem.links.len()).map(|edge| self.network.flow(edge)).collect(),
            bands: Vec::new(),
        }
    }

    /// What forcing a unit to the side it is not on takes from the bound, at least; 0 where it may be on either. In
    /// units of the objective, at most `most`.
    pub(super) fn min_marginal(&mut self, energy: &Energy<'_>, unit: usize, most: f64) -> f64 {
        let most = (most * energy.scale).clamp(0.0, (HOLD / 4) as f64) as i64;
        self.marginals.min_marginal(&mut self.network.residual(), unit as u32, most) as f64 / energy.scale
    }

    /// Prices separators and area until the bound falls no more. Returns zones found on the way that are worth starting from.
    /// `before`: what the present zone is worth; at most `rounds` changes of all prices.
    pub(super) fn tighten(
        &mut self,
        energy: &Energy<'_>,
        before: f64,
        rounds: usize,
        monitor: &dyn Monitor,
    ) -> Vec<Vec<bool>> {
        if !Axis::others(energy).is_empty()
            && self.solve_area_price(energy, f64::NEG_INFINITY, monitor).is_ok()
        {
            self.start_steps(energy);
        }
        self.improve_multipliers(energy, before, rounds, monitor)
    }

    /// As [`Relaxation::tighten`], from the multipliers as they are and with steps that go on from the last ones.
    pub(super) fn improve_multipliers(
        &mut self,
        energy: &Energy<'_>,
        before: f64,
        rounds: usize,
        monitor: &dyn Monitor,
    ) -> Vec<Vec<bool>> {
        if self.steps.len() != Axis::all(energy).len() {
            self.start_steps(energy);
        }
        let mut best = f64::INFINITY;
        let mut best_prices = self.kept();
        let mut looked = f64::INFINITY;
        let mut zones = Vec::new();
        for round in 0..rounds {
            if self.solve(monitor).is_err() {
                break;
            }
            let bound = self.bound(energy);
            if bound < best {
                best = bound;
                best_prices = self.kept();
            }
            if round % LOOK == LOOK - 1 {
                if looked - best < FALLS * (best - before).max(0.0) {
                    break;
                }
                looked = best;
                self.served.clear();
            }
            if round % (2 * LOOK) == LOOK - 1 {
                zones.push(self.smallest());
            }
            if !self.step(energy) {
                break;
            }
        }
        self.restore(energy, best_prices);
        // Told to stop, the flow is none of a cut, but proves a bound all the same.
        if self.solve(monitor).is_ok() {
            zones.push(self.smallest());
            zones.push(self.largest());
        }
        zones.reverse();
        zones.dedup();
        zones
    }

    /// All prices, to come back to.
    pub(super) fn kept(&self) -> (Prices, Vec<f64>) {
        (self.prices.clone(), self.separators.iter().map(|separator| separator.price).collect())
    }

    /// Back to these prices; separators that came later have none. To be cut anew.
    pub(super) fn restore(&mut self, energy: &Energy<'_>, (prices, separators): (Prices, Vec<f64>)) {
        self.set_prices(energy, prices);
        for at in 0..self.separators.len() {
            self.set_separator(energy, at, separators.get(at).copied().unwrap_or(0.0));
        }
    }

    fn price(&self, axis: Axis) -> f64 {
        match axis {
            Axis::Area => self.prices.area,
            Axis::Moved => self.prices.moved,
            Axis::Units => self.prices.units,
            Axis::Limit(at) => self.prices.limits[at],
            // Like the others positive where the sum is held down, so what is held up has the other sign.
            Axis::Concentration => -self.prices.concentration,
        }
    }

    fn set_price(&mut self, energy: &Energy<'_>, axis: Axis, price: f64) {
        let mut prices = self.prices.clone();
        set(&mut prices, axis, price);
        self.set_prices(energy, prices);
    }

    /// The least and the most that the sum is among the smallest and the largest best zone.
    fn sums(&self, energy: &Energy<'_>, axis: Axis) -> (f64, f64) {
        let (mut smallest, mut largest) = (0.0, 0.0);
        let mut add = |unit: usize, weight: f64| {
            if self.network.in_smallest(unit) {
                smallest += weight;
            }
            if self.network.in_largest(unit) {
                largest += weight;
            }
        };
        match axis {
            Axis::Area => energy.problem.area.iter().enumerate().for_each(|(i, area)| add(i, *area)),
            Axis::Moved => {
                energy.problem.area.iter().enumerate().for_each(|(i, area)| add(i, energy.away(i) * area))
            }
            Axis::Units => (0..energy.len()).for_each(|i| add(i, energy.away(i))),
            Axis::Limit(at) => energy.problem.limits[at].terms.iter().for_each(|(i, w)| add(*i as usize, *w)),
            Axis::Concentration => {
                let row = energy.concentration().into_iter().flat_map(|row| row.weight.iter().enumerate());
                row.for_each(|(i, weight)| add(i, *weight));
            }
        }
        (f64::min(smallest, largest), f64::max(smallest, largest))
    }

    /// Whether the bound falls when the price rises (`Some(true)`), falls (`Some(false)`), or neither; with how far the sum
    /// is above the limit that the price speaks of.
    fn slope(&self, energy: &Energy<'_>, axis: Axis) -> Option<(bool, f64)> {
        let span = Span::of(energy, axis);
        let price = self.price(axis);
        let (low, high) = self.sums(energy, axis);
        if (low > span.most || (price < 0.0 && low > span.least)) && price < span.cap {
            let limit = if price < 0.0 { span.least } else { span.most };
            Some((true, low - limit))
        } else if (high < span.least || (price > 0.0 && high < span.most)) && price > -span.cap {
            let limit = if price > 0.0 { span.most } else { span.least };
            Some((false, high - limit))
        } else {
            None
        }
    }

    /// Cuts at the price of area where the bound is least, and of every other limit in turn, or where the bound is known to
    /// be at most `enough`.
    ///
    /// # Errors
    /// When told to stop.
    pub(super) fn solve_area_price(
        &mut self,
        energy: &Energy<'_>,
        enough: f64,
        monitor: &dyn Monitor,
    ) -> Result<(), Cancelled> {
        self.settle_one(energy, Axis::Area, enough, monitor)?;
        let others = Axis::others(energy);
        for _ in 0..if others.is_empty() { 0 } else { TURNS } {
            let before = self.bound(energy);
            if before <= enough {
                break;
            }
            for axis in &others {
                self.settle_one(energy, *axis, enough, monitor)?;
            }
            self.settle_one(energy, Axis::Area, enough, monitor)?;
            if before - self.bound(energy) <= FALLS * before.abs() {
                break;
            }
        }
        Ok(())
    }

    /// Cuts at the price of one sum where the bound is least, other prices as they are: the lines of cuts on either side are
    /// intersected.
    fn settle_one(
        &mut self,
        energy: &Energy<'_>,
        axis: Axis,
        enough: f64,
        monitor: &dyn Monitor,
    ) -> Result<(), Cancelled> {
        let span = Span::of(energy, axis);
        // (price, bound, slope) of cuts with too much and too little of the sum.
        let (mut over, mut under): (Option<[f64; 3]>, Option<[f64; 3]>) = (None, None);
        // A first guess of how far to go: by the share of the whole that is off, of what prices are like.
        let usual = match axis {
            Axis::Concentration => STRIDE * energy.reach / span.whole,
            _ => energy.problem.kappa + 1.0,
        };
        let like = self.price(axis).abs() + usual;
        let mut stride = 0.0;
        for _ in 0..60 {
            self.solve(monitor)?;
            let (price, bound) = (self.price(axis), self.bound(energy));
            if bound <= enough {
                return Ok(());
            }
            let Some((rising, beyond)) = self.slope(energy, axis) else { return Ok(()) };
            stride = like * (beyond.abs() / span.whole).max(4.0 * stride / like);
            let then = if rising {
                over = Some([price, bound, -beyond]);
                price + stride
            } else {
                under = Some([price, bound, -beyond]);
                price - stride
            };
            let then = match (over, under) {
                (Some([p, d, s]), Some([q, e, t])) => {
                    let meet = (e - d + s * p - t * q) / (s - t);
                    // Rounding: the lines do not meet between the cuts, so one of these is best.
                    if !(p < meet && meet < q) {
                        return Ok(());
                    }
                    // No price has a bound below where the lines meet.
                    if bound - (d + s * (meet - p)) <= self.slack * bound.abs() {
                        return Ok(());
                    }
                    meet
                }
                _ => then,
            };
            let then = span.kept(price, then);
            if then == price {
                return Ok(());
            }
            self.set_price(energy, axis, then);
        }
        self.solve(monitor)
    }

    /// One round of price changes, after a cut. False when nothing is left to change.
    fn step(&mut self, energy: &Energy<'_>) -> bool {
        // All look at the same cut.
        let axes = Axis::all(energy).into_iter().enumerate();
        let slopes: Vec<(usize, Axis, bool)> =
            axes.filter_map(|(at, axis)| Some((at, axis, self.slope(energy, axis)?.0))).collect();
        let changed = self.step_separators(energy);
        if slopes.is_empty() {
            return changed;
        }
        let mut prices = self.prices.clone();
        for (at, axis, rising) in slopes {
            let price = self.stepped(energy, at, axis, rising);
            set(&mut prices, axis, price);
        }
        self.set_prices(energy, prices);
        true
    }

    /// Steps begin anew, by what prices are like.
    fn start_steps(&mut self, energy: &Energy<'_>) {
        let axes = Axis::all(energy).into_iter();
        self.steps = axes.map(|axis| Step::new(STRIDE * self.price(axis).abs())).collect();
    }

    /// The price one step towards where the cut fits the limits.
    fn stepped(&mut self, energy: &Energy<'_>, at: usize, axis: Axis, rising: bool) -> f64 {
        let price = self.price(axis);
        let span = Span::of(energy, axis);
        let step = &mut self.steps[at];
        if step.size == 0.0 {
            // What moves a thousandth of all worth when it weighs on all of the sum.
            step.size = 1e-3 * energy.reach / span.whole;
        }
        let by = step.next(rising);
        span.kept(price, if rising { price + by } else { price - by })
    }
}

fn set(prices: &mut Prices, axis: Axis, price: f64) {
    match axis {
        Axis::Area => prices.area = price,
        Axis::Moved => prices.moved = price,
        Axis::Units => prices.units = price,
        Axis::Limit(at) => prices.limits[at] = price,
        Axis::Concentration => prices.concentration = 0.0 - price,
    }
}

/// What is cut, in integer units.
fn edges(energy: &Energy<'_>) -> Vec<Edge> {
    // Where components are bounded one by one, nothing may flow between them; few metres that join nobody are all there is.
    let apart = energy.components.is_some();
    let capacity = |l: &Link| if apart && !l.contiguous { 0 } else { energy.cost(l) };
    energy.problem.links.iter().map(|l| Edge { a: l.a, b: l.b, capacity: capacity(l) }).collect()
}

fn hold(lock: Lock) -> i64 {
    match lock {
        Lock::Free => 0,
        Lock::In => HOLD,
        Lock::Out => -HOLD,
    }
}
