//! A zone under change: its objective, area and blocks kept up to date flip by flip, and the question whether a flip
//! would keep to the limits.

mod limits;

use std::cell::RefCell;

use super::block_rules::{BlockStats, alone};
use super::energy::{Energy, Neighbour};
use super::problem::{Lock, Problem, SLACK};

const NO_BLOCK: u32 = u32::MAX;
/// How many units a look around may visit before a flip that might split a block is refused.
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
    block: Vec<u32>,
    blocks: Vec<BlockStats>,
    /// Of each block that is small now, how many of its units are in.
    heirs_in: Vec<u32>,
    pub(super) block_count: usize,
    /// Blocks that cost the price of a small one, where it has a price.
    pub(super) small_count: usize,
    pub(super) forbidden_count: usize,
    /// Σ (block area)².
    squares: f64,
    /// Whether any limit speaks of blocks; without one they are not kept.
    tracked: bool,
    /// For looking around: the units seen in the present look carry its number.
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
            block: vec![NO_BLOCK; x.len()],
            heirs_in: energy.small_today.count_in(&x),
            x,
            blocks: Vec::new(),
            block_count: 0,
            small_count: 0,
            forbidden_count: 0,
            squares: 0.0,
            tracked: problem.has_block_rules()
                || problem.blocks_max < usize::MAX
                || problem.concentration_min > 0.0,
            seen: RefCell::new((vec![0; energy.len()], 0)),
        };
        if !state.tracked {
            return state;
        }
        for start in 0..state.x.len() {
            if state.x[start] && state.block[start] == NO_BLOCK {
                let id = state.blocks.len() as u32;
                state.blocks.push(BlockStats::default());
                let members = state.flood(start, id);
                state.blocks[id as usize] = state.measure(&members);
                state.count(id, 1);
            }
        }
        state
    }

    /// Labels all units in the zone that hang together with `start`; returns them.
    fn flood(&mut self, start: usize, id: u32) -> Vec<u32> {
        let mut members = vec![start as u32];
        self.block[start] = id;
        let mut next = 0;
        while let Some(&unit) = members.get(next) {
            next += 1;
            for n in self.energy.neighbours(unit as usize) {
                if n.contiguous && self.x[n.unit as usize] && self.block[n.unit as usize] != id {
                    self.block[n.unit as usize] = id;
                    members.push(n.unit);
                }
            }
        }
        members
    }

    fn measure(&self, members: &[u32]) -> BlockStats {
        let mut stats = BlockStats::default();
        for &unit in members {
            stats.add(&alone(self.energy.problem, unit as usize));
            // The first unit of a small block of now speaks for all of it.
            if let Some(small) = self.energy.small_today.led_by(unit as usize) {
                stats.heirs += u32::from(self.is_whole(small));
            }
        }
        stats
    }

    /// Whether all units of this block that is small now are in.
    fn is_whole(&self, small: usize) -> bool {
        self.heirs_in[small] == self.energy.small_today.size[small]
    }

    /// Whether all other units of the small block of now that the unit belongs to are in.
    fn completes_heir(&self, unit: usize) -> bool {
        let small_today = &self.energy.small_today;
        small_today
            .of(unit)
            .is_some_and(|small| self.heirs_in[small] + u32::from(!self.x[unit]) == small_today.size[small])
    }

    /// Adds (`sign` 1) or removes (−1) a block from the counts.
    fn count(&mut self, id: u32, sign: i32) {
        let block = &self.blocks[id as usize];
        if block.units == 0 {
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
        if !self.tracked {
            return true;
        }
        if self.x[unit] { self.may_leave(unit) } else { self.may_enter(unit) }
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

    fn may_enter(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let mut joined: [u32; 8] = [NO_BLOCK; 8];
        let (mut count, mut area, mut squares) = (0, p.area[unit], self.squares);
        for n in self.energy.neighbours(unit) {
            let id = self.block[n.unit as usize];
            if n.contiguous && id != NO_BLOCK && !joined[..count].contains(&id) && count < joined.len() {
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

    fn may_leave(&self, unit: usize) -> bool {
        let p = self.energy.problem;
        let block = &self.blocks[self.block[unit] as usize];
        let rest = block.area - p.area[unit];
        if block.units > 1 {
            if p.is_forbidden(&self.without(block, unit)) && !p.is_forbidden(block) {
                return false;
            }
            if self.may_split(unit) {
                return false;
            }
        }
        self.keeps_concentration(self.squares - block.area.powi(2) + rest.powi(2), self.area - p.area[unit])
    }

    /// The block less one of its units, as if it stayed in one piece.
    fn without(&self, block: &BlockStats, unit: usize) -> BlockStats {
        let own = alone(self.energy.problem, unit);
        BlockStats {
            area: block.area - own.area,
            units: block.units - 1,
            locked: block.locked - own.locked,
            present: block.present - own.present,
            heirs: block.heirs - u32::from(self.completes_heir(unit)),
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

    /// The units in the zone that are contiguous with `unit`.
    fn contiguous_inside(&self, unit: usize) -> Vec<usize> {
        let inside = |n: &&Neighbour| n.contiguous && self.x[n.unit as usize];
        self.energy.neighbours(unit).iter().filter(inside).map(|n| n.unit as usize).collect()
    }

    /// Whether the block might fall apart without `unit`: true also when a short look around cannot tell.
    fn may_split(&self, unit: usize) -> bool {
        let ends = self.contiguous_inside(unit);
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
        for &unit in &ends {
            mark[unit] = end;
        }
        mark[ends[0]] = reached;
        let mut queue = vec![ends[0]];
        let mut found = 1;
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for n in self.energy.neighbours(at) {
                let there = n.unit as usize;
                if !n.contiguous || !self.x[there] || there == unit || mark[there] == reached {
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
        if self.x[unit] {
            self.leave(unit);
        } else {
            self.enter(unit);
        }
        self.forget_rounding();
    }

    /// An empty zone has no area, whatever rounding has left.
    fn forget_rounding(&mut self) {
        if self.block_count == 0 {
            (self.area, self.squares) = (0.0, 0.0);
        }
    }

    fn enter(&mut self, unit: usize) {
        let heirs = u32::from(self.completes_heir(unit));
        self.x[unit] = true;
        if let Some(small) = self.energy.small_today.of(unit) {
            self.heirs_in[small] += 1;
        }
        let mut joined: Vec<u32> = Vec::new();
        for n in self.energy.neighbours(unit) {
            let id = self.block[n.unit as usize];
            if n.contiguous && id != NO_BLOCK && !joined.contains(&id) {
                joined.push(id);
            }
        }
        let own = BlockStats { heirs, ..alone(self.energy.problem, unit) };
        let Some(&host) =
            joined.iter().max_by_key(|&&id| (self.blocks[id as usize].units, std::cmp::Reverse(id)))
        else {
            let id = self.blocks.len() as u32;
            self.blocks.push(own);
            self.block[unit] = id;
            self.count(id, 1);
            return;
        };
        for &id in &joined {
            self.count(id, -1);
        }
        self.block[unit] = host;
        let mut whole = own;
        for &id in &joined {
            whole.add(&std::mem::take(&mut self.blocks[id as usize]));
        }
        self.blocks[host as usize] = whole;
        self.count(host, 1);
        // The smaller blocks take the host's label.
        let starts = self.contiguous_inside(unit);
        for start in starts {
            if self.block[start] != host {
                self.flood(start, host);
            }
        }
    }

    fn leave(&mut self, unit: usize) {
        let id = self.block[unit];
        let splits = self.may_split(unit);
        self.count(id, -1);
        let rest = self.without(&self.blocks[id as usize], unit);
        self.x[unit] = false;
        self.block[unit] = NO_BLOCK;
        if let Some(small) = self.energy.small_today.of(unit) {
            self.heirs_in[small] -= 1;
        }
        if !splits {
            self.blocks[id as usize] = rest;
            self.count(id, 1);
            return;
        }
        self.blocks[id as usize] = BlockStats::default();
        let starts = self.contiguous_inside(unit);
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

    /// Puts a whole block out of the zone.
    pub(super) fn erase(&mut self, block: &[u32]) {
        let Some(&first) = block.first() else { return };
        let id = self.block[first as usize];
        self.count(id, -1);
        self.blocks[id as usize] = BlockStats::default();
        let p = self.energy.problem;
        for &unit in block {
            let unit = unit as usize;
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
            self.block[unit] = NO_BLOCK;
            if let Some(small) = self.energy.small_today.of(unit) {
                self.heirs_in[small] -= 1;
            }
        }
        self.forget_rounding();
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

    /// The units of every block that `wanted` accepts, ordered by area, then by lowest unit.
    pub(super) fn blocks_where(&self, wanted: impl Fn(&BlockStats) -> bool) -> Vec<Vec<u32>> {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.blocks.len()];
        let keep: Vec<bool> = self.blocks.iter().map(|b| b.units > 0 && wanted(b)).collect();
        for (unit, &id) in self.block.iter().enumerate() {
            if id != NO_BLOCK && keep[id as usize] {
                members[id as usize].push(unit as u32);
            }
        }
        let mut found: Vec<(f64, Vec<u32>)> = members
            .into_iter()
            .enumerate()
            .filter(|(_, units)| !units.is_empty())
            .map(|(id, units)| (self.blocks[id].area, units))
            .collect();
        found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1[0].cmp(&b.1[0])));
        found.into_iter().map(|(_, units)| units).collect()
    }

    /// The block that the unit is in, by its number; none outside the zone.
    pub(super) fn block_of(&self, unit: usize) -> Option<(u32, &BlockStats)> {
        let id = self.block[unit];
        (id != NO_BLOCK).then(|| (id, &self.blocks[id as usize]))
    }

    /// How many units of this block that is small now are in.
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
