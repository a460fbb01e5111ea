//! Relax-and-cut: the bound that knows of blocks, and the zones under its prices.
//!
//! Let S be a set of units. A unit i of S that is in belongs to a block that either lies within S or goes on through the
//! *rim* N(S): the units outside S that are contiguous with one of S. So where no block within S is allowed, because S is
//! smaller than the least area and holds no unit that is locked in, xᵢ ≤ Σ_{j ∈ N(S)} xⱼ. We call this an *exit*. It is linear:
//! at a price p ≥ 0 it takes p from the worth of i and gives p to every unit of the rim, the subproblem stays one
//! minimum cut, and any prices give a valid bound.
//!
//! Blocks that are allowed at a cost use the same exits. Take several with their prices. Every exit that costs a zone
//! something belongs to a block that lies within its S, so a block pays no more than the exits whose S share any one of
//! its units. Where these add up to at most ρ for every unit, all of them together cost a zone at most ρ for each block
//! that lies within an S: the price of a small block where it has one, or the price of one block more where their
//! number is limited.
//!
//! **Which S.** What the flow leaves at the units of a block (`Network::left`) adds up to what the block gains as it
//! stands, and no part of the block gains more than its units' share of that. So the block's units pay in these
//! proportions, and at the full price the block gains nothing, whole or in part. The rim is paid as often as it has units,
//! so it must hold back: a unit of the rim comes in when it is paid what forcing it in costs (`marginals`). S grows
//! from the block by the unit of its rim that holds back least, while the area allows, and stops where the rim held back
//! most.
//!
//! **Which prices.** Most exits are far from each other, so each price steps by itself: up by no more than the block gains,
//! half as far whenever its direction turns (after Riedmiller and Braun, "RPROP", 1993). The bound is convex in the
//! prices, and the best prices seen are kept.

use std::collections::{BTreeMap, BTreeSet};

use super::energy::{Energy, Prices};
use super::marginals::Marginals;
use super::max_flow::{Edge, Network};
use super::problem::{Exit, ExitKind, Lock};
use super::state::is_below;
use crate::progress::{Cancelled, Monitor};

/// Terminal of a unit that is held to a side, far beyond any sum of capacities.
const HOLD: i64 = 1 << 58;
/// Most rounds of price changes.
const ROUNDS: usize = 240;
/// Rounds between two looks at whether the bound still falls, and whether other exits would serve the same blocks better.
const LOOK: usize = 10;
/// What counts as falling, as a share of what the plan gains.
const FALLS: f64 = 1e-5;
/// Slopes of the bound up to this are none.
const LEVEL: f64 = 1e-9;
/// The least first step of a price, as a share of what the block gains.
const LEAST_STEP: f64 = 0.05;

/// An exit with its price.
#[derive(Debug, Clone)]
struct Way {
    kind: ExitKind,
    /// S, ascending.
    region: Vec<u32>,
    /// N(S), ascending.
    rim: Vec<u32>,
    /// Units of S that pay, with their shares, which add up to 1.
    share: Vec<(u32, f64)>,
    /// In units of the objective.
    price: f64,
    step: Step,
}

impl Way {
    /// What each payer pays at `price`, in integer units.
    fn payments(&self, price: f64, scale: f64) -> impl Iterator<Item = (u32, i64)> {
        self.share.iter().map(move |(unit, share)| (*unit, (share * price * scale).floor() as i64))
    }
}

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
    /// Each unit's gain at the prices, exits aside, as it is in the network.
    gain: Vec<i64>,
    ways: Vec<Way>,
    by_region: BTreeMap<Vec<u32>, usize>,
    /// Blocks for which an exit was looked for.
    served: BTreeSet<Vec<u32>>,
    /// Sum of the prices of the exits of blocks that are allowed at a cost, over those whose S holds the unit.
    load: Vec<f64>,
    marginals: Marginals,
    area_step: Step,
    block_step: Step,
}

impl Relaxation {
    pub(super) fn new(energy: &Energy<'_>, prices: Prices) -> Self {
        let held = energy.problem.lock.clone();
        let gain: Vec<i64> = (0..energy.len()).map(|i| energy.to_int(energy.priced(i, prices))).collect();
        let terminal: Vec<i64> = gain.iter().zip(&held).map(|(gain, lock)| gain + hold(*lock)).collect();
        let links = &energy.problem.links;
        let edges: Vec<Edge> =
            links.iter().map(|l| Edge { a: l.a, b: l.b, capacity: energy.cost(l) }).collect();
        Self {
            network: Network::new(&terminal, &edges),
            prices,
            held,
            gain,
            ways: Vec::new(),
            by_region: BTreeMap::new(),
            served: BTreeSet::new(),
            load: Vec::new(),
            marginals: Marginals::new(energy.len()),
            area_step: Step::new(0.005 * prices.area.abs()),
            block_step: Step::new(0.0),
        }
    }

    /// Cuts at the present prices.
    ///
    /// # Errors
    /// When told to stop; the flow still proves a bound.
    pub(super) fn solve(&mut self, monitor: &dyn Monitor) -> Result<(), Cancelled> {
        if self.network.solve(&|| !monitor.cancelled()) { Ok(()) } else { Err(Cancelled) }
    }

    pub(super) fn prices(&self) -> Prices {
        self.prices
    }

    pub(super) fn set_prices(&mut self, energy: &Energy<'_>, prices: Prices) {
        if prices.blocks < self.prices.blocks {
            // What exits ask of a block may add up to no more than a block costs.
            let share = prices.blocks / self.prices.blocks;
            for at in 0..self.ways.len() {
                if self.ways[at].kind == ExitKind::Counted {
                    self.set_way(energy, at, self.ways[at].price * share);
                }
            }
        }
        self.prices = prices;
        for i in 0..energy.len() {
            let gain = energy.to_int(energy.priced(i, prices));
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

    /// Follows a problem that has changed: locks, gains and rules. Exits whose rule holds no more go.
    pub(super) fn follow(&mut self, energy: &Energy<'_>) {
        let problem = energy.problem;
        for (unit, lock) in problem.lock.iter().enumerate() {
            self.hold(unit, *lock);
        }
        let cap = problem.small_block_price;
        let overloaded = self.load.iter().any(|load| *load > cap);
        let holds = |way: &Way| {
            let area: f64 = way.region.iter().map(|u| problem.area[*u as usize]).sum();
            let small = is_below(area, problem.min_block)
                && way.region.iter().all(|u| problem.lock[*u as usize] != Lock::In);
            match way.kind {
                ExitKind::Small => small && cap.is_infinite(),
                ExitKind::Priced => small && cap.is_finite() && !overloaded,
                ExitKind::Counted => problem.blocks_max < usize::MAX && !overloaded,
            }
        };
        let keep: Vec<bool> = self.ways.iter().map(holds).collect();
        for (at, keep) in keep.iter().enumerate() {
            if !keep {
                self.set_way(energy, at, 0.0);
            }
        }
        let mut keep = keep.into_iter();
        self.ways.retain(|_| keep.next().unwrap_or(false));
        self.by_region = self.ways.iter().enumerate().map(|(at, way)| (way.region.clone(), at)).collect();
        self.served.clear();
        let limited = |price: f64, least: f64, most: f64| match price {
            p if p > 0.0 && most.is_infinite() => 0.0,
            p if p < 0.0 && least.is_infinite() => 0.0,
            p => p,
        };
        let priced = |price: f64, most: f64| if most.is_infinite() { 0.0 } else { price };
        let now = self.prices;
        let most_units = if problem.moved_units_max == usize::MAX { f64::INFINITY } else { 0.0 };
        let most_blocks = if problem.blocks_max == usize::MAX { f64::INFINITY } else { 0.0 };
        self.set_prices(
            energy,
            Prices {
                area: limited(now.area, problem.area_min, problem.area_max),
                moved: priced(now.moved, problem.moved_area_max),
                units: priced(now.units, most_units),
                blocks: priced(now.blocks, most_blocks),
            },
        );
        self.area_step = Step::new(0.005 * self.prices.area.abs());
    }

    /// The best zone that holds least, units held included.
    pub(super) fn smallest(&self) -> Vec<bool> {
        (0..self.held.len()).map(|i| self.network.in_smallest(i)).collect()
    }

    fn area(&self, energy: &Energy<'_>, inside: impl Fn(&Network, usize) -> bool) -> f64 {
        let area = &energy.problem.area;
        (0..area.len()).filter(|&i| inside(&self.network, i)).map(|i| area[i]).sum()
    }

    /// The best zone that holds most.
    pub(super) fn largest(&self) -> Vec<bool> {
        (0..self.held.len()).map(|i| self.network.in_largest(i)).collect()
    }

    /// The bound that the present flow proves for zones that keep to what is held, to within rounding.
    pub(super) fn bound(&self, energy: &Energy<'_>) -> f64 {
        let sum: i128 = self
            .held
            .iter()
            .enumerate()
            .map(|(i, held)| {
                let left = self.network.left(i) - hold(*held);
                i128::from(match held {
                    Lock::Free => left.max(0),
                    Lock::In => left,
                    Lock::Out => 0,
                })
            })
            .sum();
        energy.constant_at(self.prices) + sum as f64 / energy.scale
    }

    /// The flow on each link, a → b.
    pub(super) fn flow(&self, energy: &Energy<'_>) -> Vec<i64> {
        (0..energy.problem.links.len()).map(|edge| self.network.flow(edge)).collect()
    }

    /// The exits that have a price.
    pub(super) fn exits(&self, energy: &Energy<'_>) -> Vec<Exit> {
        let exit = |way: &Way| {
            let mut payers: Vec<(u32, i64)> =
                way.payments(way.price, energy.scale).filter(|(_, amount)| *amount > 0).collect();
            payers.sort_unstable();
            (!payers.is_empty()).then(|| Exit { kind: way.kind, region: way.region.clone(), payers })
        };
        self.ways.iter().filter_map(exit).collect()
    }

    /// What forcing a unit to the side it is not on takes from the bound, at least; 0 where it may be on either. In
    /// units of the objective, at most `most`.
    pub(super) fn loss(&mut self, energy: &Energy<'_>, unit: usize, most: f64) -> f64 {
        let most = (most * energy.scale).clamp(0.0, (HOLD / 4) as f64) as i64;
        self.marginals.loss(&mut self.network.residual(), unit as u32, most) as f64 / energy.scale
    }

    /// Prices exits and area until the bound falls no more. Returns zones found on the way that are worth starting from.
    /// `before`: what the present zone is worth.
    pub(super) fn tighten(
        &mut self,
        energy: &Energy<'_>,
        before: f64,
        monitor: &dyn Monitor,
    ) -> Vec<Vec<bool>> {
        let mut best = f64::INFINITY;
        let mut best_prices = self.kept();
        let mut looked = f64::INFINITY;
        let mut zones = Vec::new();
        for round in 0..ROUNDS {
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
        (self.prices, self.ways.iter().map(|way| way.price).collect())
    }

    /// Back to these prices; exits that came later have none. To be cut anew.
    pub(super) fn restore(&mut self, energy: &Energy<'_>, (prices, ways): (Prices, Vec<f64>)) {
        self.set_prices(energy, prices);
        for at in 0..self.ways.len() {
            self.set_way(energy, at, ways.get(at).copied().unwrap_or(0.0));
        }
    }

    fn set_way(&mut self, energy: &Energy<'_>, at: usize, price: f64) {
        let way = &mut self.ways[at];
        if way.price == price {
            return;
        }
        let mut paid = 0;
        for ((unit, now), (_, then)) in
            way.payments(way.price, energy.scale).zip(way.payments(price, energy.scale))
        {
            self.network.pull(unit as usize, now - then);
            paid += then - now;
        }
        for &unit in &way.rim {
            self.network.pull(unit as usize, paid);
        }
        if way.kind != ExitKind::Small {
            for &unit in &way.region {
                self.load[unit as usize] += price - way.price;
            }
        }
        way.price = price;
    }

    /// Adds exits for the blocks of `zone` that are not allowed, or allowed at a cost. Returns what each of these blocks
    /// gains as it stands, and which of them a unit belongs to.
    fn separate(&mut self, energy: &Energy<'_>, zone: &[bool]) -> (Vec<f64>, BTreeMap<u32, usize>) {
        let problem = energy.problem;
        let all = blocks(energy, zone);
        let too_many = all.len() > problem.blocks_max;
        let (mut gains, mut block_of) = (Vec::new(), BTreeMap::new());
        for mut block in all {
            let small = problem.min_block > 0.0 && !block.locked && is_below(block.area, problem.min_block);
            let kind = match (small, problem.small_block_price.is_infinite()) {
                (true, true) => ExitKind::Small,
                (true, false) => ExitKind::Priced,
                (false, _) if too_many || self.prices.blocks > 0.0 => ExitKind::Counted,
                (false, _) => continue,
            };
            block.units.sort_unstable();
            let held = block.units.iter().any(|&u| self.held[u as usize] == Lock::In);
            // A unit that is held in pays whatever it is asked; many of them together are more than an integer holds.
            let gain = if held {
                energy.reach
            } else {
                let left: i64 = block.units.iter().map(|&u| self.network.left(u as usize)).sum();
                left as f64 / energy.scale
            };
            if gain <= 0.0 {
                continue;
            }
            block_of.extend(block.units.iter().map(|&u| (u, gains.len())));
            gains.push(gain);
            if self.served.insert(block.units.clone()) {
                self.add_way(energy, kind, &block, gain);
            }
        }
        (gains, block_of)
    }

    fn add_way(&mut self, energy: &Energy<'_>, kind: ExitKind, block: &Block, gain: f64) {
        let (region, held_back) = match kind {
            ExitKind::Small | ExitKind::Priced => self.grown(energy, block, gain),
            ExitKind::Counted => (block.units.clone(), gain),
        };
        if self.by_region.contains_key(&region) {
            return;
        }
        let held = block.units.iter().find(|&&u| self.held[u as usize] == Lock::In);
        let left = |u: u32| self.network.left(u as usize) as f64 / energy.scale;
        let share = match held {
            Some(&unit) => vec![(unit, 1.0)],
            None => block.units.iter().map(|&u| (u, left(u) / gain)).filter(|(_, s)| *s > 0.0).collect(),
        };
        let mut rim: Vec<u32> = region
            .iter()
            .flat_map(|&u| energy.neighbours(u as usize).iter().filter(|n| n.contiguous).map(|n| n.unit))
            .filter(|u| region.binary_search(u).is_err())
            .collect();
        rim.sort_unstable();
        rim.dedup();
        if self.load.is_empty() && kind != ExitKind::Small {
            self.load = vec![0.0; energy.len()];
        }
        self.by_region.insert(region.clone(), self.ways.len());
        let step =
            Step::new(if held.is_some() { held_back } else { held_back.clamp(LEAST_STEP * gain, gain) });
        self.ways.push(Way { kind, region, rim, share, price: 0.0, step });
    }

    /// The block grown unit by unit, always by the one of its rim that holds back least, to the stage whose rim holds
    /// back most; with how much that is, up to `gain`.
    fn grown(&mut self, energy: &Energy<'_>, block: &Block, gain: f64) -> (Vec<u32>, f64) {
        let problem = energy.problem;
        let most = (gain * energy.scale) as i64 + 1;
        let mut region = block.units.clone();
        let mut area = block.area;
        let mut rim: Vec<(i64, u32)> = Vec::new();
        let (mut best, mut best_len, mut fresh) = (-1, region.len(), 0);
        loop {
            while let Some(&unit) = region.get(fresh) {
                fresh += 1;
                for n in energy.neighbours(unit as usize) {
                    if !n.contiguous || region.contains(&n.unit) || rim.iter().any(|(_, u)| *u == n.unit) {
                        continue;
                    }
                    let back = if self.network.in_largest(n.unit as usize) {
                        0
                    } else {
                        self.marginals.loss(&mut self.network.residual(), n.unit, most)
                    };
                    rim.push((back, n.unit));
                }
            }
            let Some(at) = (0..rim.len()).min_by_key(|&at| rim[at]) else {
                // Nobody around: no price is too high.
                (best, best_len) = (most, region.len());
                break;
            };
            let (back, unit) = rim[at];
            if back > best {
                (best, best_len) = (back, region.len());
            }
            let there = unit as usize;
            area += problem.area[there];
            if back >= most || problem.lock[there] == Lock::In || !is_below(area, problem.min_block) {
                break;
            }
            rim.swap_remove(at);
            region.push(unit);
        }
        region.truncate(best_len);
        region.sort_unstable();
        (region, best as f64 / energy.scale)
    }

    /// A free unit to decide on where the smallest cut breaks a limit on blocks or pays for one it keeps.
    pub(super) fn doubtful(&self, energy: &Energy<'_>, zone: &[bool]) -> Option<usize> {
        let free = |u: &u32| self.held[*u as usize] == Lock::Free;
        let heaviest = |units: &mut dyn Iterator<Item = u32>| {
            units
                .max_by_key(|u| (self.network.left(*u as usize).abs(), std::cmp::Reverse(*u)))
                .map(|u| u as usize)
        };
        let mut unpaid = self.ways.iter().filter(|way| {
            let paid: f64 = way.share.iter().filter(|(u, _)| zone[*u as usize]).map(|(_, s)| s).sum();
            let ways_out = way.rim.iter().filter(|u| zone[**u as usize]).count() as f64;
            paid - ways_out > LEVEL || (way.price > 0.0 && (paid - ways_out).abs() > LEVEL)
        });
        unpaid
            .find_map(|way| {
                let payers = way.share.iter().map(|(u, _)| *u).filter(free);
                heaviest(&mut payers.chain(way.rim.iter().copied().filter(free)))
            })
            .or_else(|| {
                let small = |b: &Block| !b.locked && is_below(b.area, energy.problem.min_block);
                blocks(energy, zone)
                    .iter()
                    .filter(|b| small(b))
                    .find_map(|b| heaviest(&mut b.units.iter().copied().filter(free)))
            })
    }

    /// Cuts at the price of area where the bound is least, other prices as they are, or where it is known to be at most
    /// `enough`: the lines of cuts on either side are intersected.
    ///
    /// # Errors
    /// When told to stop.
    pub(super) fn settle_area(
        &mut self,
        energy: &Energy<'_>,
        enough: f64,
        monitor: &dyn Monitor,
    ) -> Result<(), Cancelled> {
        let problem = energy.problem;
        // (price, bound, slope) of cuts with too much and too little area.
        let (mut over, mut under): (Option<[f64; 3]>, Option<[f64; 3]>) = (None, None);
        // A first guess of how far to go: by the share of land that is off, of what prices are like.
        let all: f64 = problem.area.iter().sum();
        let like = self.prices.area.abs() + problem.kappa + 1.0;
        let mut stride = 0.0;
        for _ in 0..60 {
            self.solve(monitor)?;
            let (price, bound) = (self.prices.area, self.bound(energy));
            if bound <= enough {
                return Ok(());
            }
            let least = self.area(energy, |network, i| network.in_smallest(i));
            let too_much = least > problem.area_max || (price < 0.0 && least > problem.area_min);
            let then = if too_much {
                let limit = if price < 0.0 { problem.area_min } else { problem.area_max };
                over = Some([price, bound, limit - least]);
                stride = like * ((least - limit) / all).max(4.0 * stride / like);
                price + stride
            } else {
                let most = self.area(energy, |network, i| network.in_largest(i));
                if !(most < problem.area_min || (price > 0.0 && most < problem.area_max)) {
                    return Ok(());
                }
                let limit = if price > 0.0 { problem.area_max } else { problem.area_min };
                under = Some([price, bound, limit - most]);
                stride = like * ((limit - most) / all).max(4.0 * stride / like);
                price - stride
            };
            let then = match (over, under) {
                (Some([p, d, s]), Some([q, e, t])) => {
                    let meet = (e - d + s * p - t * q) / (s - t);
                    // Rounding: the lines do not meet between the cuts, so one of these is best.
                    if !(p < meet && meet < q) {
                        return Ok(());
                    }
                    meet
                }
                _ => then,
            };
            // A price of the other sign speaks of the other limit.
            let then = if then * price < 0.0 { 0.0 } else { then };
            if then == price {
                return Ok(());
            }
            self.set_prices(energy, Prices { area: then, ..self.prices });
        }
        self.solve(monitor)
    }

    /// One round of price changes, after a cut. False when nothing is left to change.
    fn step(&mut self, energy: &Energy<'_>) -> bool {
        let changed = self.step_exits(energy);
        let zone = self.smallest();
        changed | self.step_area(energy, &zone)
    }

    /// One round of changes to the prices of exits, after a cut. False when there is nothing to change.
    pub(super) fn step_exits(&mut self, energy: &Energy<'_>) -> bool {
        if energy.problem.min_block <= 0.0 && energy.problem.blocks_max == usize::MAX {
            return false;
        }
        let zone = self.smallest();
        let (gains, block_of) = self.separate(energy, &zone);
        // All exits that a block should use share what it gains.
        let mut wanted = vec![0.0; gains.len()];
        let mut changes: Vec<(usize, f64, Option<usize>)> = Vec::new();
        for (at, way) in self.ways.iter_mut().enumerate() {
            let inside = || way.share.iter().filter(|(u, _)| zone[*u as usize]);
            let paid: f64 = inside().map(|(_, share)| share).sum();
            let ways_out = way.rim.iter().filter(|u| zone[**u as usize]).count() as f64;
            let slope = paid - ways_out;
            if slope > LEVEL {
                let Some(&block) = inside().find_map(|(u, _)| block_of.get(u)) else { continue };
                let by = way.step.next(true);
                wanted[block] += by;
                changes.push((at, by, Some(block)));
            } else if slope < -LEVEL && way.price > 0.0 {
                changes.push((at, -way.step.next(false), None));
            }
        }
        let mut changed = !changes.is_empty();
        for (at, mut by, block) in changes {
            if let Some(block) = block {
                by *= (gains[block] / wanted[block]).min(1.0);
                by = by.min(self.room(energy, at));
            }
            self.set_way(energy, at, (self.ways[at].price + by).max(0.0));
        }
        changed |= self.step_blocks(energy, &zone, gains);
        changed
    }

    /// How much an exit's price may still rise.
    fn room(&self, energy: &Energy<'_>, at: usize) -> f64 {
        let way = &self.ways[at];
        let cap = match way.kind {
            ExitKind::Small => return f64::INFINITY,
            ExitKind::Priced => energy.problem.small_block_price,
            ExitKind::Counted => self.prices.blocks,
        };
        // Rounding must not lead beyond the cap.
        let cap = cap * (1.0 - 1e-9);
        (cap - way.region.iter().map(|u| self.load[*u as usize]).fold(0.0, f64::max)).max(0.0)
    }

    /// Moves the price of a block towards where the cut has as many as it may.
    fn step_blocks(&mut self, energy: &Energy<'_>, zone: &[bool], mut gains: Vec<f64>) -> bool {
        let most = energy.problem.blocks_max;
        if most == usize::MAX {
            return false;
        }
        let count = blocks(energy, zone).len();
        let now = self.prices.blocks;
        let rising = count > most;
        if !rising && (count == most || now == 0.0) {
            return false;
        }
        if self.block_step.size == 0.0 {
            // What the dearest of the blocks that have to go gains.
            gains.sort_by(f64::total_cmp);
            let at = (count - most - 1).min(gains.len().saturating_sub(1));
            self.block_step.size = gains.get(at).map_or(1.0, |gain| gain.min(energy.reach / count as f64));
        }
        let by = self.block_step.next(rising);
        let blocks = if rising { now + by } else { (now - by).max(0.0) };
        self.set_prices(energy, Prices { blocks, ..self.prices });
        true
    }

    /// Moves the price of area towards where the cut fits the limits.
    fn step_area(&mut self, energy: &Energy<'_>, smallest: &[bool]) -> bool {
        let problem = energy.problem;
        let price = self.prices.area;
        let least = energy.area(smallest);
        let rising = if least > problem.area_max || (price < 0.0 && least > problem.area_min) {
            true
        } else {
            let most = energy.area(&self.largest());
            if most < problem.area_min || (price > 0.0 && most < problem.area_max) {
                false
            } else {
                return false;
            }
        };
        if self.area_step.size == 0.0 {
            self.area_step.size = 1e-3 * energy.problem.kappa.max(1.0);
        }
        let by = self.area_step.next(rising);
        let area = if rising { price + by } else { price - by };
        // A price of the other sign speaks of the other limit.
        let area = if area * price < 0.0 { 0.0 } else { area };
        self.set_prices(energy, Prices { area, ..self.prices });
        true
    }
}

fn hold(lock: Lock) -> i64 {
    match lock {
        Lock::Free => 0,
        Lock::In => HOLD,
        Lock::Out => -HOLD,
    }
}

/// One connected block of a zone.
struct Block {
    units: Vec<u32>,
    area: f64,
    locked: bool,
}

/// The blocks of `zone`, by their first units.
fn blocks(energy: &Energy<'_>, zone: &[bool]) -> Vec<Block> {
    let problem = energy.problem;
    let mut seen = vec![false; zone.len()];
    let mut blocks = Vec::new();
    for start in 0..zone.len() {
        if !zone[start] || std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut block = Block { units: vec![start as u32], area: 0.0, locked: false };
        let mut next = 0;
        while let Some(&unit) = block.units.get(next) {
            next += 1;
            block.area += problem.area[unit as usize];
            block.locked |= problem.lock[unit as usize] == Lock::In;
            for n in energy.neighbours(unit as usize) {
                let there = n.unit as usize;
                if n.contiguous && zone[there] && !std::mem::replace(&mut seen[there], true) {
                    block.units.push(n.unit);
                }
            }
        }
        blocks.push(block);
    }
    blocks
}
