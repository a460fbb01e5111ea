//! What a block may be: large enough, or the heir of one that is small now (C5), and not new unless it is large (C12).
//!
//! Every rule here is kept by a block as soon as it is kept by a part of it: more land never makes a block forbidden. So where
//! a set of units would be a forbidden block, no block within it is allowed either, which is what separator cuts rest on.
//!
//! *Parts.* A unit may consist of several parts ([`crate::parts`]), and blocks are made of parts. Bounds are found on the coarser
//! graph of units, two of which are contiguous when any of their parts are: what hangs together there is a union of blocks.
//! That is valid. A set of units holds all of their parts, and a block within it is no larger, holds no unit that is locked in and
//! none that is in now where the set holds none, and the whole of no small block of now where the set holds the whole of none:
//! so what is forbidden or small of the set is so of every block within it. Where a unit of the set is in and none around it, there
//! is such a block, at least one. Of a component of units that may be in, the areas of all blocks add up to what is in of it, and
//! their squares to no more than the square of that.

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
    /// Parts of units.
    pub(super) parts: u32,
    /// Parts of units that are locked in; a block with any is exempt.
    pub(super) locked: u32,
    /// Parts of units that are in the zone now.
    pub(super) present: u32,
    /// Blocks that are small now and are wholly within.
    pub(super) heirs: u32,
}

impl BlockStats {
    pub(super) fn add(&mut self, other: &Self) {
        self.area += other.area;
        self.parts += other.parts;
        self.locked += other.locked;
        self.present += other.present;
        self.heirs += other.heirs;
    }
}

/// The blocks that are small now, where it matters which they are.
#[derive(Debug, Clone, Default)]
pub(super) struct SmallToday {
    /// Of each part the small block of now that it belongs to; empty where it does not matter.
    of: Vec<u32>,
    /// Their numbers of parts.
    pub(super) size: Vec<u32>,
    /// The first part of each.
    first: Vec<u32>,
}

impl SmallToday {
    /// `neighbours` gives the parts contiguous with one.
    pub(super) fn new<I: Iterator<Item = u32>>(problem: &Problem, neighbours: impl Fn(u32) -> I) -> Self {
        if !problem.no_new_small || problem.min_block <= 0.0 {
            return Self::default();
        }
        let zone: Vec<bool> =
            (0..problem.part_count()).map(|part| problem.in_zone[problem.unit_of(part)]).collect();
        let mut of = vec![NONE; zone.len()];
        let (mut size, mut first) = (Vec::new(), Vec::new());
        for block in blocks(&zone, neighbours) {
            let area = block.iter().map(|part| problem.part_area(*part as usize)).sum();
            if is_below(area, problem.min_block) {
                for part in &block {
                    of[*part as usize] = size.len() as u32;
                }
                size.push(block.len() as u32);
                first.push(block[0]);
            }
        }
        Self { of, size, first }
    }

    /// The small block of now that the part belongs to.
    pub(super) fn of(&self, part: usize) -> Option<usize> {
        self.of.get(part).filter(|block| **block != NONE).map(|block| *block as usize)
    }
}

impl SmallToday {
    /// The small block of now whose first part this is.
    pub(super) fn led_by(&self, part: usize) -> Option<usize> {
        self.of(part).filter(|block| self.first[*block] as usize == part)
    }

    /// How many parts of each are in `zone`.
    pub(super) fn count_in(&self, problem: &Problem, zone: &[bool]) -> Vec<u32> {
        let mut count = vec![0; self.size.len()];
        if !count.is_empty() {
            for part in (0..self.of.len()).filter(|part| zone[problem.unit_of(*part)]) {
                if let Some(block) = self.of(part) {
                    count[block] += 1;
                }
            }
        }
        count
    }
}

/// A set of units, or of parts, that grows, as if it were a block.
#[derive(Debug, Clone, Default)]
pub(super) struct GrowingSet {
    pub(super) stats: BlockStats,
    /// Parts within of each block that is small now, few at a time.
    within: Vec<(usize, u32)>,
}

impl GrowingSet {
    /// Adds a part, and returns what it adds: also the small block of now that it completes, of which `before` says how many
    /// parts were there to begin with.
    pub(super) fn take_in(
        &mut self,
        problem: &Problem,
        small_today: &SmallToday,
        part: usize,
        before: impl Fn(usize) -> u32,
    ) -> BlockStats {
        let mut own = alone(problem, part);
        if let Some(block) = small_today.of(part) {
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

    pub(super) fn add_part(&mut self, problem: &Problem, small_today: &SmallToday, part: usize) {
        self.take_in(problem, small_today, part, |_| 0);
    }

    /// Adds all parts of a unit.
    pub(super) fn add(&mut self, problem: &Problem, small_today: &SmallToday, unit: usize) {
        for part in problem.parts.of(unit as u32) {
            self.add_part(problem, small_today, part as usize);
        }
    }
}

/// One part, without the small block of now that it may be.
pub(super) fn alone(problem: &Problem, part: usize) -> BlockStats {
    let unit = problem.unit_of(part);
    BlockStats {
        area: problem.part_area(part),
        parts: 1,
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
        block.parts > 0 && block.locked == 0 && is_below(block.area, self.min_block)
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
        if block.parts == 0 || block.locked > 0 {
            return false;
        }
        let small = is_below(block.area, self.min_block)
            && (self.small_block_price.is_infinite() || (self.no_new_small && block.heirs == 0));
        let new = block.present == 0 && is_below(block.area, self.new_block);
        small || new
    }
}

/// The connected blocks of `zone`, of units or of parts as its places are, by the first of each.
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
