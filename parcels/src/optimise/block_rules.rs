//! What a block may be: large enough, or the heir of one that is small now (C5), and not new unless it is large (C12).
//!
//! Every rule here is kept by a block as soon as it is kept by a part of it: more land never makes a block forbidden. So where
//! a set of units would be a forbidden block, no block within it is allowed either, which is what separator cuts rest on.

use super::problem::{Lock, Problem, SLACK};

const NONE: u32 = u32::MAX;

/// Whether a block of this area is below the least; rounding does not make it so.
pub(super) fn is_below(area: f64, least: f64) -> bool {
    area < least * (1.0 - SLACK)
}

/// What the rules ask of a block, or of any set of units as if it were one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct BlockStats {
    pub(super) area: f64,
    pub(super) units: u32,
    /// Units locked in; a block with any is exempt.
    pub(super) locked: u32,
    /// Units in the zone now.
    pub(super) present: u32,
    /// Blocks that are small now and are wholly within.
    pub(super) heirs: u32,
}

impl BlockStats {
    pub(super) fn add(&mut self, other: &Self) {
        self.area += other.area;
        self.units += other.units;
        self.locked += other.locked;
        self.present += other.present;
        self.heirs += other.heirs;
    }
}

/// The blocks that are small now, where it matters which they are.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallToday {
    /// Of each unit the small block of now that it belongs to; empty where it does not matter.
    of: Vec<u32>,
    /// Their numbers of units.
    pub(super) size: Vec<u32>,
    /// The first unit of each.
    first: Vec<u32>,
}

impl SmallToday {
    /// `neighbours` gives the units contiguous with one.
    pub(super) fn new<I: Iterator<Item = u32>>(problem: &Problem, neighbours: impl Fn(u32) -> I) -> Self {
        if !problem.no_new_small || problem.min_block <= 0.0 {
            return Self::default();
        }
        let mut of = vec![NONE; problem.area.len()];
        let (mut size, mut first) = (Vec::new(), Vec::new());
        for block in blocks(&problem.in_zone, neighbours) {
            let area = block.iter().map(|unit| problem.area[*unit as usize]).sum();
            if is_below(area, problem.min_block) {
                for unit in &block {
                    of[*unit as usize] = size.len() as u32;
                }
                size.push(block.len() as u32);
                first.push(block[0]);
            }
        }
        Self { of, size, first }
    }

    /// The small block of now that the unit belongs to.
    pub(super) fn of(&self, unit: usize) -> Option<usize> {
        self.of.get(unit).filter(|block| **block != NONE).map(|block| *block as usize)
    }
}

impl SmallToday {
    /// The small block of now whose first unit this is.
    pub(super) fn led_by(&self, unit: usize) -> Option<usize> {
        self.of(unit).filter(|block| self.first[*block] as usize == unit)
    }

    /// How many units of each are in `zone`.
    pub(super) fn count_in(&self, zone: &[bool]) -> Vec<u32> {
        let mut count = vec![0; self.size.len()];
        if !count.is_empty() {
            for (unit, _) in zone.iter().enumerate().filter(|(_, inside)| **inside) {
                if let Some(block) = self.of(unit) {
                    count[block] += 1;
                }
            }
        }
        count
    }
}

/// A set of units that grows, as if it were a block.
#[derive(Debug, Clone, Default)]
pub(super) struct GrowingSet {
    pub(super) stats: BlockStats,
    /// Units within of each block that is small now, few at a time.
    within: Vec<(usize, u32)>,
}

impl GrowingSet {
    /// Adds a unit, and returns what it adds: also the small block of now that it completes, of which `before` says how many
    /// units were there to begin with.
    pub(super) fn take_in(
        &mut self,
        problem: &Problem,
        small_today: &SmallToday,
        unit: usize,
        before: impl Fn(usize) -> u32,
    ) -> BlockStats {
        let mut own = alone(problem, unit);
        if let Some(block) = small_today.of(unit) {
            let slot = match self.within.iter().position(|(known, _)| *known == block) {
                Some(at) => at,
                None => {
                    self.within.push((block, before(block)));
                    self.within.len() - 1
                }
            };
            self.within[slot].1 += 1;
            own.heirs = u32::from(self.within[slot].1 == small_today.size[block]);
        }
        self.stats.add(&own);
        own
    }

    pub(super) fn add(&mut self, problem: &Problem, small_today: &SmallToday, unit: usize) {
        self.take_in(problem, small_today, unit, |_| 0);
    }
}

/// One unit, without the small block of now that it may be.
pub(super) fn alone(problem: &Problem, unit: usize) -> BlockStats {
    BlockStats {
        area: problem.area[unit],
        units: 1,
        locked: u32::from(problem.lock[unit] == Lock::In),
        present: u32::from(problem.in_zone[unit]),
        heirs: 0,
    }
}

impl Problem {
    /// Whether any rule speaks of single blocks.
    pub(super) fn has_block_rules(&self) -> bool {
        self.min_block > 0.0 || self.new_block > 0.0
    }

    /// Whether the block is below the least area and not exempt.
    pub(super) fn is_small(&self, block: &BlockStats) -> bool {
        block.units > 0 && block.locked == 0 && is_below(block.area, self.min_block)
    }

    /// The area that a block has at least where all blocks lie within a set like this: of less than that it would be forbidden.
    /// Infinite where it is forbidden with any.
    pub(super) fn least_block_within(&self, set: &BlockStats) -> f64 {
        if set.locked > 0 {
            return 0.0;
        }
        let small = self.small_block_price.is_infinite() || (self.no_new_small && set.heirs == 0);
        let least = if small { self.min_block } else { 0.0 };
        if set.present == 0 { least.max(self.new_block) } else { least }
    }

    /// Whether no zone with this block is admissible, nor one with a block within it.
    pub(super) fn is_forbidden(&self, block: &BlockStats) -> bool {
        if block.units == 0 || block.locked > 0 {
            return false;
        }
        let small = is_below(block.area, self.min_block)
            && (self.small_block_price.is_infinite() || (self.no_new_small && block.heirs == 0));
        let new = block.present == 0 && is_below(block.area, self.new_block);
        small || new
    }
}

/// The connected blocks of `zone` with their units, by their first units.
pub(super) fn blocks<I: Iterator<Item = u32>>(zone: &[bool], neighbours: impl Fn(u32) -> I) -> Vec<Vec<u32>> {
    let mut seen = vec![false; zone.len()];
    let mut blocks = Vec::new();
    for start in 0..zone.len() {
        if !zone[start] || std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut block = vec![start as u32];
        let mut next = 0;
        while let Some(&unit) = block.get(next) {
            next += 1;
            for other in neighbours(unit) {
                if zone[other as usize] && !std::mem::replace(&mut seen[other as usize], true) {
                    block.push(other);
                }
            }
        }
        blocks.push(block);
    }
    blocks
}
