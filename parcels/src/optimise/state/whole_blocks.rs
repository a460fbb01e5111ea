//! Blocks as a whole: which there are, and one leaving.

use super::{NO_BLOCK, State};
use crate::optimise::block_rules::BlockStats;

/// A block of a zone.
pub(in crate::optimise) struct Block {
    /// The units that have a part in it, ascending.
    pub(in crate::optimise) units: Vec<u32>,
    /// Its first part.
    pub(in crate::optimise) part: usize,
    /// How many parts it has.
    pub(in crate::optimise) parts: u32,
}

impl Block {
    /// Where it stands among blocks of the same worth.
    pub(in crate::optimise) fn place(&self) -> (u32, usize) {
        (self.units[0], self.part)
    }
}

impl State<'_, '_> {
    /// Every block that `wanted` accepts, ordered by area, then by lowest unit and part.
    pub(in crate::optimise) fn blocks_where(&self, wanted: impl Fn(&BlockStats) -> bool) -> Vec<Block> {
        let parts = &self.energy.problem.parts;
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.blocks.len()];
        let keep: Vec<bool> = self.blocks.iter().map(|b| b.parts > 0 && wanted(b)).collect();
        for (part, &id) in self.block.iter().enumerate() {
            if id != NO_BLOCK && keep[id as usize] {
                members[id as usize].push(part as u32);
            }
        }
        let mut found: Vec<(f64, Block)> = Vec::new();
        for (id, mut units) in members.into_iter().enumerate() {
            let Some(&part) = units.first() else { continue };
            if !parts.is_empty() {
                units.iter_mut().for_each(|part| *part = parts.unit_of(*part));
                units.sort_unstable();
                units.dedup();
            }
            let BlockStats { area, parts, .. } = self.blocks[id];
            found.push((area, Block { units, part: part as usize, parts }));
        }
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.place().cmp(&b.1.place())));
        found.into_iter().map(|(_, block)| block).collect()
    }

    /// Puts a whole block out of the zone, and with it whatever other parts its units have. Its first part is still in; what
    /// else of it has left with other blocks stays out.
    pub(in crate::optimise) fn erase(&mut self, block: &Block) {
        let id = self.block[block.part];
        self.count(id, -1);
        self.blocks[id as usize] = BlockStats::default();
        let p = self.energy.problem;
        for unit in block.units.iter().map(|unit| *unit as usize) {
            if !self.x[unit] {
                continue;
            }
            self.value += self.gain(unit);
            self.area -= p.area[unit];
            self.add_to_sums(unit, -1.0);
            if p.in_zone[unit] {
                self.moved_area += p.area[unit];
                self.moved_units += 1;
            } else {
                self.moved_area -= p.area[unit];
                self.moved_units -= 1;
            }
            self.x[unit] = false;
            for part in p.parts.of(unit as u32).map(|part| part as usize) {
                if self.block[part] == id {
                    self.block[part] = NO_BLOCK;
                    if let Some(small) = self.energy.small_today.of(part) {
                        self.heirs_in[small] -= 1;
                    }
                }
            }
        }
        for part in block.units.iter().flat_map(|unit| p.parts.of(*unit)).map(|part| part as usize) {
            if self.block[part] != NO_BLOCK {
                self.leave(part);
            }
        }
        self.forget_rounding();
    }
}
