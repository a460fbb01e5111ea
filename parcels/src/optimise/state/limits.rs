//! How a zone stands to the limits, what it is worth with what missing them costs, and what whole blocks may do.

use super::{Block, NO_BLOCK, State};
use crate::optimise::problem::{Lock, SLACK};

impl State<'_, '_> {
    /// The concentration index after `unit` has changed sides; leaving, as if its block stayed in one piece.
    pub(in crate::optimise) fn concentration_after(&self, unit: usize) -> f64 {
        let own = self.energy.problem.area[unit];
        let several = self.energy.problem.parts.has_several(unit as u32);
        let (squares, area) = match (self.x[unit], several) {
            (true, true) => (self.squares_without(unit), self.area - own),
            (false, true) => (self.entered(unit).squares, self.area + own),
            (true, false) => {
                let block = self.blocks[self.block[unit] as usize].area;
                (self.squares - block.powi(2) + (block - own).powi(2), self.area - own)
            }
            (false, false) => {
                let mut joined: Vec<u32> = Vec::new();
                let (mut whole, mut squares) = (own, self.squares);
                for other in self.energy.contiguous_parts(unit) {
                    let id = self.block[other as usize];
                    if id != NO_BLOCK && !joined.contains(&id) {
                        joined.push(id);
                        whole += self.blocks[id as usize].area;
                        squares -= self.blocks[id as usize].area.powi(2);
                    }
                }
                (squares + whole * whole, self.area + own)
            }
        };
        if area > 0.0 { 100.0 * squares / (area * area) } else { 0.0 }
    }

    /// The concentration index without a whole block of this area, other parts of its units aside.
    pub(in crate::optimise) fn concentration_without(&self, block: f64) -> f64 {
        let area = self.area - block;
        if area > 0.0 { 100.0 * (self.squares - block * block) / (area * area) } else { 0.0 }
    }

    /// Whether all units of the block may leave: none is locked, and no limit on a sum or on what moves breaks, or is further
    /// off.
    pub(in crate::optimise) fn may_erase(&self, block: &Block) -> bool {
        let p = self.energy.problem;
        let block = block.units.as_slice();
        let area: f64 = block.iter().map(|unit| p.area[*unit as usize]).sum();
        let off = self.area_off(self.area - area);
        if block.iter().any(|unit| p.lock[*unit as usize] != Lock::Free)
            || !self.moves_fit_all(block)
            || (off > 0.0 && off >= self.area_off(self.area))
        {
            return false;
        }
        let mut changes: Vec<(u32, f64)> = Vec::new();
        for (at, weight) in block.iter().flat_map(|unit| self.energy.weights(*unit as usize)) {
            match changes.iter_mut().find(|(limit, _)| limit == at) {
                Some((_, change)) => *change -= weight,
                None => changes.push((*at, -weight)),
            }
        }
        changes.into_iter().all(|(at, change)| {
            let (limit, sum) = (&p.limits[at as usize], self.sums[at as usize]);
            let off = limit.off(sum + change);
            limit.price.is_finite() || off == 0.0 || off < limit.off(sum)
        })
    }

    /// How far all hard limits on sums are off together.
    pub(in crate::optimise) fn sums_off(&self) -> f64 {
        let limits = self.energy.problem.limits.iter().zip(&self.sums);
        limits.filter(|(limit, _)| limit.price.is_infinite()).map(|(limit, sum)| limit.off(*sum)).sum()
    }

    /// Whether no more moves than may.
    pub(in crate::optimise) fn moves_hold(&self) -> bool {
        let p = self.energy.problem;
        self.moved_units <= p.moved_units_max && self.moved_area <= p.moved_area_max * (1.0 + SLACK)
    }

    /// How many kinds of limit do not hold.
    pub(in crate::optimise) fn broken_limits(&self) -> usize {
        let p = self.energy.problem;
        let locked = self.x.iter().zip(&p.lock).any(|(x, lock)| match lock {
            Lock::Free => false,
            Lock::In => !*x,
            Lock::Out => *x,
        });
        usize::from(locked) + self.broken_sums()
    }

    /// How many kinds of limit do not hold, locks aside.
    fn broken_sums(&self) -> usize {
        let p = self.energy.problem;
        [
            self.area_off(self.area) > 0.0,
            self.moved_area > p.moved_area_max * (1.0 + SLACK),
            self.moved_units > p.moved_units_max,
            self.forbidden_count > 0,
            self.block_count > p.blocks_max,
            p.concentration_price.is_infinite() && self.points_short() > 0.0,
            p.limits.iter().zip(&self.sums).any(|(l, sum)| l.price.is_infinite() && l.off(*sum) > 0.0),
            !self.holes_made().is_empty(),
        ]
        .into_iter()
        .filter(|broken| *broken)
        .count()
    }

    /// Whether every limit holds.
    pub(in crate::optimise) fn admissible(&self) -> bool {
        self.broken_limits() == 0
    }

    /// What the zone is worth, of which no locked unit has changed sides since it was admissible; −∞ where a limit does not hold.
    pub(in crate::optimise) fn worth_where_free(&self) -> f64 {
        if self.broken_sums() == 0 { self.objective() } else { f64::NEG_INFINITY }
    }

    /// By how many points the concentration index is below what is asked for.
    fn points_short(&self) -> f64 {
        let least = self.energy.problem.concentration_min;
        let index = self.concentration();
        if index >= least * (1.0 - SLACK) { 0.0 } else { least - index }
    }

    /// F less the price of small blocks, and of what is beyond a limit, where they have one.
    pub(in crate::optimise) fn objective(&self) -> f64 {
        let p = self.energy.problem;
        let price = p.small_block_price;
        let small = if price.is_finite() { price * self.small_count as f64 } else { 0.0 };
        let scattered =
            if p.concentration_price.is_finite() { p.concentration_price * self.points_short() } else { 0.0 };
        let limits = self.energy.problem.limits.iter().zip(&self.sums);
        let beyond: f64 =
            limits.filter(|(l, _)| l.price.is_finite()).map(|(l, sum)| l.price * l.off(*sum)).sum();
        self.value - small - scattered - beyond
    }
}
