//! Whether a unit of several parts may change sides: its parts enter or leave all at once, each where it lies.

use super::{NO_BLOCK, State};
use crate::optimise::block_rules::{BlockStats, alone};

/// What a unit outside makes of the zone's blocks when it enters.
pub(super) struct Entered {
    /// Σ (block area)² afterwards.
    pub(super) squares: f64,
    /// By how much more blocks there are.
    more_blocks: isize,
    /// Blocks that are nothing but parts of it.
    founded: Vec<BlockStats>,
}

impl State<'_, '_> {
    /// What a unit outside makes of the blocks: its parts fall into groups, each one block with all that it joins.
    pub(super) fn entered(&self, unit: usize) -> Entered {
        let problem = self.energy.problem;
        // Of each group its parts, and the blocks that it joins.
        let mut groups: Vec<(Vec<u32>, Vec<u32>)> = Vec::new();
        for part in problem.parts.of(unit as u32) {
            let (mut parts, mut joined, mut sisters) = (vec![part], Vec::new(), Vec::new());
            for other in self.energy.contiguous_parts(part as usize) {
                let id = self.block[other as usize];
                if problem.unit_of(other as usize) == unit {
                    sisters.push(other);
                } else if id != NO_BLOCK && !joined.contains(&id) {
                    joined.push(id);
                }
            }
            groups.retain_mut(|(others, blocks)| {
                let apart = !others.iter().any(|other| sisters.contains(other))
                    && !blocks.iter().any(|block| joined.contains(block));
                if !apart {
                    parts.append(others);
                    blocks.retain(|block| !joined.contains(block));
                    joined.append(blocks);
                }
                apart
            });
            groups.push((parts, joined));
        }
        let mut entered = Entered { squares: self.squares, more_blocks: 0, founded: Vec::new() };
        for (parts, joined) in &groups {
            let mut whole = self.founded(parts);
            if joined.is_empty() {
                entered.founded.push(whole);
            }
            for id in joined {
                let block = &self.blocks[*id as usize];
                entered.squares -= block.area * block.area;
                whole.add(block);
            }
            entered.squares += whole.area * whole.area;
            entered.more_blocks += 1 - joined.len() as isize;
        }
        entered
    }

    /// The block that these parts of a unit outside would be by themselves.
    fn founded(&self, parts: &[u32]) -> BlockStats {
        let small_today = &self.energy.small_today;
        let mut block = BlockStats::default();
        for part in parts {
            block.add(&alone(self.energy.problem, *part as usize));
            if let Some(small) = small_today.led_by(*part as usize) {
                let within = parts.iter().filter(|other| small_today.of(**other as usize) == Some(small));
                block.heirs += u32::from(within.count() == small_today.size[small] as usize);
            }
        }
        block
    }

    pub(super) fn may_enter_in_parts(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let Entered { squares, more_blocks, founded } = self.entered(unit);
        let too_many = more_blocks > 0 && self.block_count.saturating_add_signed(more_blocks) > p.blocks_max;
        !too_many
            && !founded.iter().any(|block| p.is_forbidden(block))
            && self.keeps_concentration(squares, self.area + p.area[unit])
    }

    /// What a unit inside leaves of each block that has parts of it, as if each stayed in one piece: the block's number, its
    /// leaving parts, and the rest.
    fn left(&self, unit: usize) -> Vec<(u32, Vec<u32>, BlockStats)> {
        let mut left: Vec<(u32, Vec<u32>, BlockStats)> = Vec::new();
        for part in self.energy.problem.parts.of(unit as u32) {
            let id = self.block[part as usize];
            match left.iter_mut().find(|(other, ..)| *other == id) {
                Some((_, parts, _)) => parts.push(part),
                None => left.push((id, vec![part], self.blocks[id as usize])),
            }
        }
        let small_today = &self.energy.small_today;
        for (_, parts, rest) in &mut left {
            let whole =
                |part: &u32| small_today.of(*part as usize).filter(|_| self.completes_heir(*part as usize));
            let mut lost: Vec<usize> = parts.iter().filter_map(whole).collect();
            lost.sort_unstable();
            lost.dedup();
            rest.heirs -= lost.len() as u32;
            for own in parts.iter().map(|part| alone(self.energy.problem, *part as usize)) {
                rest.area -= own.area;
                rest.parts -= own.parts;
                rest.locked -= own.locked;
                rest.present -= own.present;
            }
        }
        left
    }

    /// Σ (block area)² after the unit, which is inside, has left, as if every block stayed in one piece.
    pub(super) fn squares_without(&self, unit: usize) -> f64 {
        let change = |(id, _, rest): &(u32, Vec<u32>, BlockStats)| {
            rest.area.powi(2) - self.blocks[*id as usize].area.powi(2)
        };
        self.squares + self.left(unit).iter().map(change).sum::<f64>()
    }

    pub(super) fn may_leave_in_parts(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let whole = |(id, parts, rest): &(u32, Vec<u32>, BlockStats)| {
            let forbids = p.is_forbidden(rest) && !p.is_forbidden(&self.blocks[*id as usize]);
            rest.parts == 0 || (!forbids && !self.may_split(parts))
        };
        self.left(unit).iter().all(whole)
            && self.keeps_concentration(self.squares_without(unit), self.area - p.area[unit])
    }
}
