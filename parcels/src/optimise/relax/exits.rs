//! Exits: which there are, who pays, and how their prices step.

use std::collections::BTreeMap;

use super::{Relaxation, Step};
use crate::optimise::block_rules::{self, BlockStats, GrowingSet};
use crate::optimise::energy::{Energy, Prices};
use crate::optimise::problem::{ExitKind, Lock};

/// Slopes of the bound up to this are none.
const LEVEL: f64 = 1e-9;
/// The least first step of a price, as a share of what the block gains.
const LEAST_STEP: f64 = 0.05;

/// An exit with its price.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) kind: ExitKind,
    /// S, ascending.
    pub(super) region: Vec<u32>,
    /// N(S), ascending.
    pub(super) rim: Vec<u32>,
    /// Units of S that pay, with their shares, which add up to 1.
    pub(super) share: Vec<(u32, f64)>,
    /// In units of the objective.
    pub(super) price: f64,
    pub(super) step: Step,
}

impl Way {
    /// What each payer pays at `price`, in integer units.
    pub(super) fn payments(&self, price: f64, scale: f64) -> impl Iterator<Item = (u32, i64)> {
        self.share.iter().map(move |(unit, share)| (*unit, (share * price * scale).floor() as i64))
    }
}

impl Relaxation {
    pub(super) fn set_way(&mut self, energy: &Energy<'_>, at: usize, price: f64) {
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
            let kind = if problem.is_forbidden(&block.stats) {
                ExitKind::Small
            } else if problem.is_small(&block.stats) && problem.small_block_price.is_finite() {
                ExitKind::Priced
            } else if too_many || self.prices.blocks > 0.0 {
                ExitKind::Counted
            } else {
                continue;
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
        let rim = energy.rim(&region);
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
        let mut set = GrowingSet::default();
        for &unit in &region {
            set.add(problem, &energy.small_today, unit as usize);
        }
        let forbidden = problem.is_forbidden(&block.stats);
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
            set.add(problem, &energy.small_today, unit as usize);
            let holds =
                if forbidden { problem.is_forbidden(&set.stats) } else { problem.is_small(&set.stats) };
            if back >= most || !holds {
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
    pub(in crate::optimise) fn doubtful(&self, energy: &Energy<'_>, zone: &[bool]) -> Option<usize> {
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
                let forbidden = |b: &Block| energy.problem.is_forbidden(&b.stats);
                blocks(energy, zone)
                    .iter()
                    .filter(|b| forbidden(b))
                    .find_map(|b| heaviest(&mut b.units.iter().copied().filter(free)))
            })
    }

    /// One round of changes to the prices of exits, after a cut. False when there is nothing to change.
    pub(in crate::optimise) fn step_exits(&mut self, energy: &Energy<'_>) -> bool {
        if !energy.problem.has_block_rules() && energy.problem.blocks_max == usize::MAX {
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
            let at = count.saturating_sub(most + 1).min(gains.len().saturating_sub(1));
            self.block_step.size = gains.get(at).map_or(1.0, |gain| gain.min(energy.reach / count as f64));
        }
        let by = self.block_step.next(rising);
        let blocks = if rising { now + by } else { (now - by).max(0.0) };
        self.set_prices(energy, Prices { blocks, ..self.prices.clone() });
        true
    }
}

/// One connected block of a zone.
struct Block {
    units: Vec<u32>,
    stats: BlockStats,
}

/// The blocks of `zone`, by their first units.
fn blocks(energy: &Energy<'_>, zone: &[bool]) -> Vec<Block> {
    let stats = |units: Vec<u32>| {
        let mut set = GrowingSet::default();
        for &unit in &units {
            set.add(energy.problem, &energy.small_today, unit as usize);
        }
        Block { units, stats: set.stats }
    };
    block_rules::blocks(zone, |unit| energy.contiguous(unit)).into_iter().map(stats).collect()
}
