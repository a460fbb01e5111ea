//! Separators: which there are, who pays, and how their prices step.

use std::collections::BTreeMap;

use super::{Relaxation, Step};
use crate::optimise::block_rules::{self, BlockStats, GrowingSet};
use crate::optimise::energy::{Energy, Prices};
use crate::optimise::problem::{Lock, SeparatorCut, SeparatorKind};

/// Slopes of the bound up to this are none.
const LEVEL: f64 = 1e-9;
/// The least first step of a price, as a share of what the block gains.
const LEAST_STEP: f64 = 0.05;

/// A separator with its price.
#[derive(Debug, Clone)]
pub(super) struct PricedSeparator {
    pub(super) kind: SeparatorKind,
    /// S, ascending.
    pub(super) region: Vec<u32>,
    /// N(S), ascending.
    pub(super) neighbourhood: Vec<u32>,
    /// Units of S that pay, with their shares, which add up to 1.
    pub(super) share: Vec<(u32, f64)>,
    /// In units of the objective.
    pub(super) price: f64,
    pub(super) step: Step,
}

impl PricedSeparator {
    /// What each payer pays at `price`, in integer units.
    pub(super) fn payments(&self, price: f64, scale: f64) -> impl Iterator<Item = (u32, i64)> {
        self.share.iter().map(move |(unit, share)| (*unit, (share * price * scale).floor() as i64))
    }
}

impl Relaxation {
    /// The separators that have a price.
    pub(super) fn priced_separators(&self, energy: &Energy<'_>) -> Vec<SeparatorCut> {
        let separator = |separator: &PricedSeparator| {
            let mut payers: Vec<(u32, i64)> =
                separator.payments(separator.price, energy.scale).filter(|(_, amount)| *amount > 0).collect();
            payers.sort_unstable();
            (!payers.is_empty()).then(|| SeparatorCut {
                kind: separator.kind,
                region: separator.region.clone(),
                payers,
            })
        };
        self.separators.iter().filter_map(separator).collect()
    }

    pub(super) fn set_separator(&mut self, energy: &Energy<'_>, at: usize, price: f64) {
        let separator = &mut self.separators[at];
        if separator.price == price {
            return;
        }
        let mut paid = 0;
        for ((unit, now), (_, then)) in
            separator.payments(separator.price, energy.scale).zip(separator.payments(price, energy.scale))
        {
            self.network.pull(unit as usize, now - then);
            paid += then - now;
        }
        for &unit in &separator.neighbourhood {
            self.network.pull(unit as usize, paid);
        }
        if separator.kind != SeparatorKind::Small {
            for &unit in &separator.region {
                self.load[unit as usize] += price - separator.price;
            }
        }
        separator.price = price;
    }

    /// Adds separators for the blocks of `zone` that are not allowed, or allowed at a cost. Returns what each of these blocks
    /// gains as it stands, and which of them a unit belongs to.
    fn separate(&mut self, energy: &Energy<'_>, zone: &[bool]) -> (Vec<f64>, BTreeMap<u32, usize>) {
        let problem = energy.problem;
        let all = blocks(energy, zone);
        let too_many = all.len() > problem.blocks_max;
        let (mut gains, mut block_of) = (Vec::new(), BTreeMap::new());
        for mut block in all {
            let kind = if problem.is_forbidden(&block.stats) {
                SeparatorKind::Small
            } else if problem.is_small(&block.stats) && problem.small_block_price.is_finite() {
                SeparatorKind::Priced
            } else if too_many || self.prices.blocks > 0.0 {
                SeparatorKind::Counted
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
                self.add_separator(energy, kind, &block, gain);
            }
        }
        (gains, block_of)
    }

    fn add_separator(&mut self, energy: &Energy<'_>, kind: SeparatorKind, block: &Block, gain: f64) {
        let (region, held_back) = match kind {
            SeparatorKind::Small | SeparatorKind::Priced => self.grown(energy, block, gain),
            SeparatorKind::Counted => (block.units.clone(), gain),
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
        let neighbourhood = energy.neighbourhood(&region);
        if self.load.is_empty() && kind != SeparatorKind::Small {
            self.load = vec![0.0; energy.len()];
        }
        self.by_region.insert(region.clone(), self.separators.len());
        let step =
            Step::new(if held.is_some() { held_back } else { held_back.clamp(LEAST_STEP * gain, gain) });
        self.separators.push(PricedSeparator { kind, region, neighbourhood, share, price: 0.0, step });
    }

    /// The block grown unit by unit, always by the one of its neighbourhood that holds back least, to the stage whose
    /// neighbourhood holds back most; with how much that is, up to `gain`.
    fn grown(&mut self, energy: &Energy<'_>, block: &Block, gain: f64) -> (Vec<u32>, f64) {
        let problem = energy.problem;
        let most = (gain * energy.scale) as i64 + 1;
        let mut region = block.units.clone();
        let mut set = GrowingSet::default();
        for &unit in &region {
            set.add(problem, &energy.small_today, unit as usize);
        }
        let forbidden = problem.is_forbidden(&block.stats);
        let mut neighbourhood: Vec<(i64, u32)> = Vec::new();
        let (mut best, mut best_len, mut fresh) = (-1, region.len(), 0);
        loop {
            while let Some(&unit) = region.get(fresh) {
                fresh += 1;
                for n in energy.neighbours(unit as usize) {
                    if !n.contiguous
                        || region.contains(&n.unit)
                        || neighbourhood.iter().any(|(_, u)| *u == n.unit)
                    {
                        continue;
                    }
                    let back = if self.network.in_largest(n.unit as usize) {
                        0
                    } else {
                        self.marginals.min_marginal(&mut self.network.residual(), n.unit, most)
                    };
                    neighbourhood.push((back, n.unit));
                }
            }
            let Some(at) = (0..neighbourhood.len()).min_by_key(|&at| neighbourhood[at]) else {
                // Nobody around: no price is too high.
                (best, best_len) = (most, region.len());
                break;
            };
            let (back, unit) = neighbourhood[at];
            if back > best {
                (best, best_len) = (back, region.len());
            }
            set.add(problem, &energy.small_today, unit as usize);
            let holds =
                if forbidden { problem.is_forbidden(&set.stats) } else { problem.is_small(&set.stats) };
            if back >= most || !holds {
                break;
            }
            neighbourhood.swap_remove(at);
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
        let mut unpaid = self.separators.iter().filter(|separator| {
            let paid: f64 = separator.share.iter().filter(|(u, _)| zone[*u as usize]).map(|(_, s)| s).sum();
            let neighbours_in = separator.neighbourhood.iter().filter(|u| zone[**u as usize]).count() as f64;
            paid - neighbours_in > LEVEL || (separator.price > 0.0 && (paid - neighbours_in).abs() > LEVEL)
        });
        unpaid
            .find_map(|separator| {
                let payers = separator.share.iter().map(|(u, _)| *u).filter(free);
                heaviest(&mut payers.chain(separator.neighbourhood.iter().copied().filter(free)))
            })
            .or_else(|| {
                let forbidden = |b: &Block| energy.problem.is_forbidden(&b.stats);
                blocks(energy, zone)
                    .iter()
                    .filter(|b| forbidden(b))
                    .find_map(|b| heaviest(&mut b.units.iter().copied().filter(free)))
            })
    }

    /// One round of changes to the prices of separators, after a cut. False when there is nothing to change.
    pub(in crate::optimise) fn step_separators(&mut self, energy: &Energy<'_>) -> bool {
        if !energy.problem.has_block_rules() && energy.problem.blocks_max == usize::MAX {
            return false;
        }
        let zone = self.smallest();
        let (gains, block_of) = self.separate(energy, &zone);
        // All separators that a block should use share what it gains.
        let mut wanted = vec![0.0; gains.len()];
        let mut changes: Vec<(usize, f64, Option<usize>)> = Vec::new();
        for (at, separator) in self.separators.iter_mut().enumerate() {
            let inside = || separator.share.iter().filter(|(u, _)| zone[*u as usize]);
            let paid: f64 = inside().map(|(_, share)| share).sum();
            let neighbours_in = separator.neighbourhood.iter().filter(|u| zone[**u as usize]).count() as f64;
            let slope = paid - neighbours_in;
            if slope > LEVEL {
                let Some(&block) = inside().find_map(|(u, _)| block_of.get(u)) else { continue };
                let by = separator.step.next(true);
                wanted[block] += by;
                changes.push((at, by, Some(block)));
            } else if slope < -LEVEL && separator.price > 0.0 {
                changes.push((at, -separator.step.next(false), None));
            }
        }
        let mut changed = !changes.is_empty();
        for (at, mut by, block) in changes {
            if let Some(block) = block {
                by *= (gains[block] / wanted[block]).min(1.0);
                by = by.min(self.room(energy, at));
            }
            self.set_separator(energy, at, (self.separators[at].price + by).max(0.0));
        }
        changed |= self.step_blocks(energy, &zone, gains);
        changed
    }

    /// How much a separator's price may still rise.
    fn room(&self, energy: &Energy<'_>, at: usize) -> f64 {
        let separator = &self.separators[at];
        let cap = match separator.kind {
            SeparatorKind::Small => return f64::INFINITY,
            SeparatorKind::Priced => energy.problem.small_block_price,
            SeparatorKind::Counted => self.prices.blocks,
        };
        // Rounding must not lead beyond the cap.
        let cap = cap * (1.0 - 1e-9);
        (cap - separator.region.iter().map(|u| self.load[*u as usize]).fold(0.0, f64::max)).max(0.0)
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
