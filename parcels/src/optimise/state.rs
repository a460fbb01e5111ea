//! A zone under change: its objective, area and blocks kept up to date flip by flip, and the question whether a flip
//! would keep to the limits. Units change sides, blocks are made of their parts.

mod holes;
mod limits;
mod several;
mod whole_blocks;

use std::cell::RefCell;

use super::block_rules::{BlockStats, alone};
use super::energy::Energy;
use super::problem::{Lock, Problem, SLACK};
pub(super) use whole_blocks::Block;

/// The block of a part outside the zone.
const NO_BLOCK: u32 = u32::MAX;
/// That of a part inside before it has one.
const NOT_YET: u32 = u32::MAX - 1;
/// How many parts a look around may visit before a flip that might split a block is refused.
const LOOK_AROUND: usize = 256;
/// What counts as a gain, relative to rounding.
pub(super) const LEAST_GAIN: f64 = 1e-9;

#[derive(Clone)]
pub(super) struct State<'e, 'p> {
    pub(super) energy: &'e Energy<'p>,
    pub(super) x: Vec<bool>,
    /// F(x), links and all, without any price of small blocks.
    value: f64,
    pub(super) area: f64,
    pub(super) moved_area: f64,
    pub(super) moved_units: usize,
    /// Of each of the problem's other limits.
    sums: Vec<f64>,
    /// Of every part; none has one where blocks are not kept.
    block: Vec<u32>,
    blocks: Vec<BlockStats>,
    /// Of each block that is small now, how many of its parts are in.
    heirs_in: Vec<u32>,
    pub(super) block_count: usize,
    /// Blocks that cost the price of a small one, where it has a price.
    pub(super) small_count: usize,
    pub(super) forbidden_count: usize,
    /// Σ (block area)².
    squares: f64,
    /// Whether any limit speaks of blocks; without one they are not kept.
    tracked: bool,
    /// For looking around: the parts seen in the present look carry its number.
    seen: RefCell<(Vec<u32>, u32)>,
}

impl Problem {
    /// What the zone `x` is worth, admissible or not: F(x), less the price of small blocks, of points of concentration missed
    /// and of what is beyond a limit, where these are priced.
    ///
    /// # Panics
    /// When `x` holds not one answer a unit.
    #[must_use]
    pub fn objective(&self, x: &[bool]) -> f64 {
        assert_eq!(x.len(), self.area.len(), "one answer a unit");
        State::new(&Energy::new(self), x.to_vec()).objective()
    }
}

impl<'e, 'p> State<'e, 'p> {
    pub(super) fn new(energy: &'e Energy<'p>, x: Vec<bool>) -> Self {
        let problem = energy.problem;
        let moved_units = (0..x.len()).filter(|&i| x[i] != problem.in_zone[i]).count();
        let mut state = Self {
            energy,
            value: energy.objective(&x),
            area: energy.area(&x),
            moved_area: energy.moved_area(&x),
            moved_units,
            sums: problem.limits.iter().map(|l| l.sum(&x)).collect(),
            block: vec![NO_BLOCK; problem.part_count()],
            heirs_in: energy.small_today.count_in(problem, &x),
            x,
            blocks: Vec::new(),
            block_count: 0,
            small_count: 0,
            forbidden_count: 0,
            squares: 0.0,
            tracked: problem.has_block_rules()
                || problem.blocks_max < usize::MAX
                || problem.concentration_min > 0.0,
            seen: RefCell::new((vec![0; problem.part_count()], 0)),
        };
        if !state.tracked {
            return state;
        }
        for part in 0..state.block.len() {
            if state.x[problem.unit_of(part)] {
                state.block[part] = NOT_YET;
            }
        }
        for start in 0..state.block.len() {
            if state.block[start] == NOT_YET {
                let id = state.blocks.len() as u32;
                state.blocks.push(BlockStats::default());
                let members = state.flood(start, id);
                state.blocks[id as usize] = state.measure(&members);
                state.count(id, 1);
            }
        }
        state
    }

    /// Labels all parts in the zone that hang together with `start`; returns them.
    fn flood(&mut self, start: usize, id: u32) -> Vec<u32> {
        let mut members = vec![start as u32];
        self.block[start] = id;
        let mut next = 0;
        while let Some(&part) = members.get(next) {
            next += 1;
            for other in self.energy.contiguous_parts(part as usize) {
                let label = &mut self.block[other as usize];
                if *label != NO_BLOCK && *label != id {
                    *label = id;
                    members.push(other);
                }
            }
        }
        members
    }

    fn measure(&self, members: &[u32]) -> BlockStats {
        let mut stats = BlockStats::default();
        for &part in members {
            stats.add(&alone(self.energy.problem, part as usize));
            // The first part of a small block of now speaks for all of it.
            if let Some(small) = self.energy.small_today.led_by(part as usize) {
                stats.heirs += u32::from(self.is_whole(small));
            }
        }
        stats
    }

    /// Whether all parts of this block that is small now are in.
    fn is_whole(&self, small: usize) -> bool {
        self.heirs_in[small] == self.energy.small_today.size[small]
    }

    /// Whether all other parts of the small block of now that the part belongs to are in.
    fn completes_heir(&self, part: usize) -> bool {
        let small_today = &self.energy.small_today;
        let outside = u32::from(self.block[part] == NO_BLOCK);
        small_today.of(part).is_some_and(|small| self.heirs_in[small] + outside == small_today.size[small])
    }

    /// Adds (`sign` 1) or removes (−1) a block from the counts.
    fn count(&mut self, id: u32, sign: i32) {
        let block = &self.blocks[id as usize];
        if block.parts == 0 {
            return;
        }
        let problem = self.energy.problem;
        let (small, forbidden) = (problem.is_small(block), problem.is_forbidden(block));
        self.squares += f64::from(sign) * block.area * block.area;
        let by = sign as isize;
        self.block_count = self.block_count.wrapping_add_signed(by);
        self.small_count = self.small_count.wrapping_add_signed(if small { by } else { 0 });
        self.forbidden_count = self.forbidden_count.wrapping_add_signed(if forbidden { by } else { 0 });
    }

    /// Concentration index, 0 to 100.
    pub(super) fn concentration(&self) -> f64 {
        if self.area > 0.0 { 100.0 * self.squares / (self.area * self.area) } else { 0.0 }
    }

    /// What F gains when `unit` changes sides.
    pub(super) fn gain(&self, unit: usize) -> f64 {
        let enter = self.energy.unary[unit];
        let mut gain = if self.x[unit] { -enter } else { enter };
        for n in self.energy.neighbours(unit) {
            gain += if self.x[n.unit as usize] == self.x[unit] { -n.cost } else { n.cost };
        }
        gain
    }

    /// Area of the unit, positive when flipping it adds to the zone.
    pub(super) fn area_step(&self, unit: usize) -> f64 {
        let area = self.energy.problem.area[unit];
        if self.x[unit] { -area } else { area }
    }

    /// How far the area is from its limits; 0 within.
    pub(super) fn area_off(&self, area: f64) -> f64 {
        let p = self.energy.problem;
        let (short, beyond) = (p.area_min - area, area - p.area_max);
        // Each limit has its slack; one that is infinite has none to speak of.
        if short > SLACK * p.area_min.abs() {
            short
        } else if beyond > SLACK * p.area_max.abs() {
            beyond
        } else {
            0.0
        }
    }

    /// Whether the unit may change sides without breaking a limit that holds now or worsening one that does not. Limits
    /// on total area are the caller's.
    pub(super) fn may_flip(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        if p.lock[unit] != Lock::Free || !self.moves_fit(unit) || !self.sums_fit(unit) {
            return false;
        }
        if !self.keeps_from_holes(unit) {
            return false;
        }
        if !self.tracked {
            return true;
        }
        match (self.x[unit], p.parts.has_several(unit as u32)) {
            (true, false) => self.may_leave(unit),
            (false, false) => self.may_enter(unit),
            (true, true) => self.may_leave_in_parts(unit),
            (false, true) => self.may_enter_in_parts(unit),
        }
    }

    fn moves_fit(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        self.x[unit] != p.in_zone[unit]
            || (self.moved_units < p.moved_units_max
                && self.moved_area + p.area[unit] <= p.moved_area_max * (1.0 + 0.5 * SLACK))
    }

    /// Whether no hard limit on a sum would break, or be further off.
    fn sums_fit(&self, unit: usize) -> bool {
        let sign = if self.x[unit] { -1.0 } else { 1.0 };
        self.energy.weights(unit).iter().all(|&(at, weight)| {
            let (limit, sum) = (&self.energy.problem.limits[at as usize], self.sums[at as usize]);
            let off = limit.off(sum + sign * weight);
            limit.price.is_finite() || off == 0.0 || off < limit.off(sum)
        })
    }

    /// The sum that one of the problem's other limits speaks of.
    pub(super) fn sum(&self, limit: usize) -> f64 {
        self.sums[limit]
    }

    fn add_to_sums(&mut self, unit: usize, sign: f64) {
        for &(at, weight) in self.energy.weights(unit) {
            self.sums[at as usize] += sign * weight;
        }
    }

    /// Of a unit that is one part.
    fn may_enter(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let mut joined: [u32; 8] = [NO_BLOCK; 8];
        let (mut count, mut area, mut squares) = (0, p.area[unit], self.squares);
        for other in self.energy.contiguous_parts(unit) {
            let id = self.block[other as usize];
            if id != NO_BLOCK && !joined[..count].contains(&id) && count < joined.len() {
                joined[count] = id;
                count += 1;
                area += self.blocks[id as usize].area;
                squares -= self.blocks[id as usize].area.powi(2);
            }
        }
        if count == 0 {
            let heirs = u32::from(self.completes_heir(unit));
            let founded = BlockStats { heirs, ..alone(p, unit) };
            if p.is_forbidden(&founded) || self.block_count >= p.blocks_max {
                return false;
            }
        }
        self.keeps_concentration(squares + area * area, self.area + p.area[unit])
    }

    /// Of a unit that is one part.
    fn may_leave(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let block = &self.blocks[self.block[unit] as usize];
        let rest = block.area - p.area[unit];
        if block.parts > 1 {
            if p.is_forbidden(&self.without(block, unit)) && !p.is_forbidden(block) {
                return false;
            }
            if self.may_split(&[unit as u32]) {
                return false;
            }
        }
        self.keeps_concentration(self.squares - block.area.powi(2) + rest.powi(2), self.area - p.area[unit])
    }

    /// The block less one of its parts, as if it stayed in one piece.
    fn without(&self, block: &BlockStats, part: usize) -> BlockStats {
        let own = alone(self.energy.problem, part);
        BlockStats {
            area: block.area - own.area,
            parts: block.parts - 1,
            locked: block.locked - own.locked,
            present: block.present - own.present,
            heirs: block.heirs - u32::from(self.completes_heir(part)),
        }
    }

    fn keeps_concentration(&self, squares: f64, area: f64) -> bool {
        let p = self.energy.problem;
        let least = p.concentration_min;
        if least <= 0.0 || area <= 0.0 || p.concentration_price.is_finite() {
            return true;
        }
        let after = 100.0 * squares / (area * area);
        after >= least || after >= self.concentration()
    }

    /// The parts in the zone that are contiguous with `part`.
    fn contiguous_inside(&self, part: usize) -> impl Iterator<Item = usize> {
        let around = self.energy.contiguous_parts(part).map(|other| other as usize);
        around.filter(|other| self.block[*other] != NO_BLOCK)
    }

    /// Whether a block might fall apart without these of its parts: true also when a short look around cannot tell.
    fn may_split(&self, leaving: &[u32]) -> bool {
        let stays = |part: &usize| !leaving.contains(&(*part as u32));
        let around = leaving.iter().flat_map(|part| self.contiguous_inside(*part as usize));
        let mut ends: Vec<usize> = around.filter(stays).collect();
        if leaving.len() > 1 {
            ends.sort_unstable();
            ends.dedup();
        }
        if ends.len() <= 1 {
            return false;
        }
        let mut marks = self.seen.borrow_mut();
        let (mark, look) = &mut *marks;
        if *look >= u32::MAX - 4 {
            mark.fill(0);
            *look = 0;
        }
        *look += 2;
        // Ends carry the look's number, whatever was reached the number after it.
        let (end, reached) = (*look, *look + 1);
        for &part in &ends {
            mark[part] = end;
        }
        mark[ends[0]] = reached;
        let mut queue = vec![ends[0]];
        let mut found = 1;
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for there in self.contiguous_inside(at) {
                if mark[there] == reached || !stays(&there) {
                    continue;
                }
                if mark[there] == end {
                    found += 1;
                    if found == ends.len() {
                        return false;
                    }
                }
                mark[there] = reached;
                queue.push(there);
            }
            if queue.len() > LOOK_AROUND {
                return true;
            }
        }
        true
    }

    /// Changes the unit's side. Leaving may split its block.
    pub(super) fn flip(&mut self, unit: usize) {
        let p = self.energy.problem;
        self.value += self.gain(unit);
        self.area += self.area_step(unit);
        self.add_to_sums(unit, if self.x[unit] { -1.0 } else { 1.0 });
        if self.x[unit] == p.in_zone[unit] {
            self.moved_area += p.area[unit];
            self.moved_units += 1;
        } else {
            self.moved_area -= p.area[unit];
            self.moved_units -= 1;
        }
        if !self.tracked {
            self.x[unit] = !self.x[unit];
            return;
        }
        let parts = p.parts.of(unit as u32).map(|part| part as usize);
        self.x[unit] = !self.x[unit];
        if self.x[unit] {
            parts.for_each(|part| self.enter(part));
        } else {
            parts.for_each(|part| self.leave(part));
        }
        self.forget_rounding();
    }

    /// An empty zone has no area, whatever rounding has left.
    fn forget_rounding(&mut self) {
        if self.block_count == 0 {
            (self.area, self.squares) = (0.0, 0.0);
        }
    }

    fn enter(&mut self, part: usize) {
        let heirs = u32::from(self.completes_heir(part));
        if let Some(small) = self.energy.small_today.of(part) {
            self.heirs_in[small] += 1;
        }
        let mut joined: Vec<u32> = Vec::new();
        for other in self.contiguous_inside(part) {
            let id = self.block[other];
            if !joined.contains(&id) {
                joined.push(id);
            }
        }
        let own = BlockStats { heirs, ..alone(self.energy.problem, part) };
        let Some(&host) =
            joined.iter().max_by_key(|&&id| (self.blocks[id as usize].parts, std::cmp::Reverse(id)))
        else {
            let id = self.blocks.len() as u32;
            self.blocks.push(own);
            self.block[part] = id;
            self.count(id, 1);
            return;
        };
        for &id in &joined {
            self.count(id, -1);
        }
        self.block[part] = host;
        let mut whole = own;
        for &id in &joined {
            whole.add(&std::mem::take(&mut self.blocks[id as usize]));
        }
        self.blocks[host as usize] = whole;
        self.count(host, 1);
        // The smaller blocks take the host's label.
        let starts: Vec<usize> = self.contiguous_inside(part).collect();
        for start in starts {
            if self.block[start] != host {
                self.flood(start, host);
            }
        }
    }

    fn leave(&mut self, part: usize) {
        let id = self.block[part];
        let splits = self.may_split(&[part as u32]);
        self.count(id, -1);
        let rest = self.without(&self.blocks[id as usize], part);
        self.block[part] = NO_BLOCK;
        if let Some(small) = self.energy.small_today.of(part) {
            self.heirs_in[small] -= 1;
        }
        if !splits {
            self.blocks[id as usize] = rest;
            self.count(id, 1);
            return;
        }
        self.blocks[id as usize] = BlockStats::default();
        let starts: Vec<usize> = self.contiguous_inside(part).collect();
        for start in starts {
            if self.block[start] == id {
                let piece = self.blocks.len() as u32;
                self.blocks.push(BlockStats::default());
                let members = self.flood(start, piece);
                self.blocks[piece as usize] = self.measure(&members);
                self.count(piece, 1);
            }
        }
    }

    /// Whether the limits on what moves leave room for flipping all of `units`.
    pub(super) fn moves_fit_all(&self, units: &[u32]) -> bool {
        let p = self.energy.problem;
        let (mut area, mut count) = (self.moved_area, self.moved_units as isize);
        for &unit in units {
            let unit = unit as usize;
            let away = self.x[unit] == p.in_zone[unit];
            area += if away { p.area[unit] } else { -p.area[unit] };
            count += if away { 1 } else { -1 };
        }
        (area <= p.moved_area_max * (1.0 + 0.5 * SLACK) || area <= self.moved_area)
            && (count <= isize::try_from(p.moved_units_max).unwrap_or(isize::MAX)
                || count <= self.moved_units as isize)
    }

    /// The block that the part is in, by its number; none outside the zone.
    pub(super) fn block_of(&self, part: usize) -> Option<(u32, &BlockStats)> {
        let id = self.block[part];
        (id != NO_BLOCK).then(|| (id, &self.blocks[id as usize]))
    }

    /// How many parts of this block that is small now are in.
    pub(super) fn heirs_in(&self, small: usize) -> u32 {
        self.heirs_in[small]
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{random_problem, steps};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn kept_up_to_date_is_the_same_as_made_anew(seed in 0u64..1_000_000, n in 1usize..24) {
            let problem = random_problem(seed, n);
            let energy = Energy::new(&problem);
            let mut state = State::new(&energy, problem.in_zone.clone());
            for unit in steps(seed, 60, n) {
                let expected = energy.objective(&state.x) + state.gain(unit);
                state.flip(unit);
                prop_assert!((energy.objective(&state.x) - expected).abs() < 1e-9);
                prop_assert!((state.value - expected).abs() < 1e-6);
                let anew = State::new(&energy, state.x.clone());
                prop_assert_eq!(&state.x, &anew.x);
                prop_assert_eq!(state.block_count, anew.block_count);
                prop_assert_eq!(state.small_count, anew.small_count);
                prop_assert_eq!(state.forbidden_count, anew.forbidden_count);
                prop_assert_eq!(&state.heirs_in, &anew.heirs_in);
                prop_assert_eq!(state.moved_units, anew.moved_units);
                prop_assert!((state.concentration() - anew.concentration()).abs() < 1e-9);
                prop_assert!((state.area - anew.area).abs() < 1e-9);
                for (kept, anew) in state.sums.iter().zip(&anew.sums) {
                    prop_assert!((kept - anew).abs() < 1e-9);
                }
            }
        }
    }
}
