//! The problem as numbers ready to cut: what each unit gains by being in, each link costs by being cut.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::block_rules::{BlockStats, GrowingSet, SmallToday, blocks};
use super::components::{Components, ConcentrationRow};
use super::max_flow::{Edge, Network};
use super::problem::{BandProof, BoundProof, Lock, Problem, SeparatorKind};
use crate::progress::{Cancelled, Monitor};

/// Prices of the limits that are relaxed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Prices {
    /// μ, of total area; of either sign.
    pub(super) area: f64,
    /// ν ≥ 0, of area moved, beyond κ.
    pub(super) moved: f64,
    /// ≥ 0, of one unit moved.
    pub(super) units: f64,
    /// ≥ 0, of one block.
    pub(super) blocks: f64,
    /// Of each of the problem's other limits; of either sign.
    pub(super) limits: Vec<f64>,
    /// ≥ 0, of one point of the concentration index.
    pub(super) concentration: f64,
}

impl Prices {
    pub(super) fn of(proof: &BoundProof) -> Self {
        Self {
            area: proof.area_price,
            moved: proof.moved_price,
            units: proof.moved_unit_price,
            blocks: proof.block_price,
            limits: proof.limit_prices.clone(),
            concentration: proof.concentration_price,
        }
    }
}

/// The row of a part whose neighbours are those of its unit.
const NOT_LISTED: u32 = u32::MAX;

/// One neighbour of a unit.
#[derive(Clone, Copy)]
pub(super) struct Neighbour {
    pub(super) unit: u32,
    pub(super) contiguous: bool,
    /// λ · length.
    pub(super) cost: f64,
}

/// A [`Problem`] compiled: F(x) = constant + Σ unaryᵢ xᵢ − Σ costᵢⱼ |xᵢ − xⱼ|.
#[derive(Clone)]
pub(super) struct Energy<'p> {
    pub(super) problem: &'p Problem,
    /// What F gains when the unit is in, links aside.
    pub(super) unary: Vec<f64>,
    pub(super) constant: f64,
    /// Area and number of the units that are in now.
    pub(super) present: (f64, f64),
    // Shared with those that lean.
    rows: Arc<[u32]>,
    neighbours: Arc<[Neighbour]>,
    /// Where each unit's part of `weights` begins; empty where there are no such limits.
    weight_rows: Arc<[u32]>,
    weights: Arc<[(u32, f64)]>,
    /// Of each part its row among those of [`Parts::listed`](crate::parts::Parts::listed), or [`NOT_LISTED`]; empty where no
    /// unit has several parts.
    rows_of_parts: Arc<[u32]>,
    /// The blocks that are small now.
    pub(super) small_today: Arc<SmallToday>,
    /// The components of what may be in, where rules speak of their areas.
    pub(super) components: Option<Arc<Components>>,
    /// More than all units together are worth.
    pub(super) reach: f64,
    /// Integer units to one unit of F: a power of two, so that scaling is exact.
    pub(super) scale: f64,
}

/// The two extreme minimum cuts at some prices.
pub(super) struct Cut {
    pub(super) smallest: Vec<bool>,
    pub(super) largest: Vec<bool>,
}

impl<'p> Energy<'p> {
    pub(super) fn new(problem: &'p Problem) -> Self {
        Self::at_scale(problem, None)
    }

    /// With another's scale, so that the integers of both compare.
    pub(super) fn at_scale(problem: &'p Problem, scale: Option<f64>) -> Self {
        let count = problem.area.len();
        let unary: Vec<f64> = (0..count)
            .map(|i| {
                let stay = if problem.in_zone[i] { 1.0 } else { -1.0 };
                problem.value[i] - problem.lambda * problem.edge_factor * problem.exposed[i]
                    + problem.kappa * problem.area[i] * stay
            })
            .collect();
        let mut present = (0.0, 0.0);
        for (area, _) in problem.area.iter().zip(&problem.in_zone).filter(|(_, now)| **now) {
            present = (present.0 + area, present.1 + 1.0);
        }
        let mut rows = vec![0_u32; count + 1];
        for link in &problem.links {
            rows[link.a as usize + 1] += 1;
            rows[link.b as usize + 1] += 1;
        }
        for at in 0..count {
            rows[at + 1] += rows[at];
        }
        let mut next = rows.clone();
        let mut neighbours =
            vec![Neighbour { unit: 0, contiguous: false, cost: 0.0 }; 2 * problem.links.len()];
        for link in &problem.links {
            let cost = problem.lambda * link.length;
            for (from, to) in [(link.a, link.b), (link.b, link.a)] {
                let slot = &mut next[from as usize];
                neighbours[*slot as usize] = Neighbour { unit: to, contiguous: link.contiguous, cost };
                *slot += 1;
            }
        }
        let (weight_rows, weights) = weights(problem);
        let total: f64 =
            unary.iter().map(|u| u.abs()).sum::<f64>() + neighbours.iter().map(|n| n.cost).sum::<f64>() + 1.0;
        // Prices may raise the unaries by far; 2⁴⁸ leaves fourteen bits for that and for the sums inside the cut.
        let scale =
            scale.unwrap_or_else(|| 2.0_f64.powi((48.0 - total.log2()).floor().clamp(-40.0, 40.0) as i32));
        let reach = total;
        let mut energy = Self {
            problem,
            small_today: Arc::default(),
            components: None,
            unary,
            reach,
            constant: -problem.kappa * present.0,
            present,
            rows: rows.into(),
            neighbours: neighbours.into(),
            weight_rows: weight_rows.into(),
            weights: weights.into(),
            rows_of_parts: rows_of_parts(problem).into(),
            scale,
        };
        let small_today = SmallToday::new(problem, |part| energy.contiguous_parts(part as usize));
        let components =
            Components::new(problem, &problem.lock, &small_today, |unit| energy.contiguous(unit));
        energy.small_today = Arc::new(small_today);
        energy.components = components.map(Arc::new);
        energy
    }

    /// The same, with the components that are left where `held` is decided.
    pub(super) fn where_held(&self, held: &[Lock]) -> Self {
        let components = Components::new(self.problem, held, &self.small_today, |unit| self.contiguous(unit));
        self.with_components(components)
    }

    /// The same, with nothing in of components that would be too small.
    pub(super) fn without_empty_components(&self) -> Self {
        let components = self.components.as_ref().filter(|components| components.empty().next().is_some());
        match components {
            Some(components) => {
                let components = Components::clone(components).without_empty(self.problem, self.reach);
                self.with_components(Some(components))
            }
            None => self.clone(),
        }
    }

    /// The same, with other bands of the components, or none.
    pub(super) fn with_components(&self, components: Option<Components>) -> Self {
        Self { components: components.map(Arc::new), ..self.clone() }
    }

    /// What the limit on concentration says of the units.
    pub(super) fn concentration(&self) -> Option<&ConcentrationRow> {
        self.components.as_ref()?.concentration.as_ref()
    }

    /// The free unit that would tell most about concentration: the largest one of the component whose area in `zone` is furthest
    /// from both what is certain and what is possible. None where that has no price or tells nothing.
    pub(super) fn least_certain(&self, zone: &[bool], held: &[Lock], prices: &Prices) -> Option<usize> {
        if prices.concentration <= 0.0 {
            return None;
        }
        let may: Vec<bool> = held.iter().map(|lock| *lock != Lock::Out).collect();
        let area = |unit: &&u32| self.problem.area[**unit as usize];
        let error = |component: &Vec<u32>| {
            let sum = |counted: &dyn Fn(&&u32) -> bool| {
                component.iter().filter(counted).map(|u| area(&u)).sum::<f64>()
            };
            let inside = sum(&|unit| zone[**unit as usize]);
            let least = sum(&|unit| held[**unit as usize] == Lock::In);
            (inside - least) * (sum(&|_| true) - inside)
        };
        let components = blocks(&may, |unit| self.contiguous(unit));
        let worst = components.iter().max_by(|a, b| error(a).total_cmp(&error(b)))?;
        let free = worst.iter().filter(|unit| held[**unit as usize] == Lock::Free);
        (error(worst) > 0.0).then_some(())?;
        free.max_by(|a, b| area(a).total_cmp(&area(b)).then(b.cmp(a))).map(|unit| *unit as usize)
    }

    /// The same, with so much more for every unit that is in, and without what rules say of components.
    pub(super) fn biased(&self, bonus: impl Fn(usize) -> f64) -> Self {
        let unary = self.unary.iter().enumerate().map(|(unit, gain)| gain + bonus(unit)).collect();
        Self { unary, components: None, ..self.clone() }
    }

    /// What units gain at these prices, in `problem`: the same with other limits. Components have no say.
    pub(super) fn priced_alone<'q>(&self, problem: &'q Problem, prices: &Prices) -> Energy<'q>
    where
        'p: 'q,
    {
        let without_index = Prices { concentration: 0.0, ..prices.clone() };
        let unary = (0..self.len()).map(|unit| self.priced(unit, &without_index)).collect();
        Energy { problem, unary, components: None, ..self.clone() }
    }

    /// The blocks of the units `inside`, which are all there are around them for which `is_in` holds.
    pub(super) fn blocks_of(&self, inside: &[u32], is_in: impl Fn(u32) -> bool) -> Vec<BlockStats> {
        let mut seen = BTreeSet::new();
        let mut blocks = Vec::new();
        let is_in = |part: u32| is_in(self.problem.parts.unit_of(part));
        for start in inside.iter().flat_map(|unit| self.problem.parts.of(*unit)) {
            if !seen.insert(start) {
                continue;
            }
            let mut block = vec![start];
            let mut set = GrowingSet::default();
            let mut next = 0;
            while let Some(&part) = block.get(next) {
                next += 1;
                set.add_part(self.problem, &self.small_today, part as usize);
                let around = self.contiguous_parts(part as usize);
                block.extend(around.filter(|other| is_in(*other) && seen.insert(*other)));
            }
            blocks.push(set.stats);
        }
        blocks
    }

    pub(super) fn len(&self) -> usize {
        self.unary.len()
    }

    pub(super) fn neighbours(&self, unit: usize) -> &[Neighbour] {
        &self.neighbours[self.rows[unit] as usize..self.rows[unit + 1] as usize]
    }

    /// By how much more of what moves there is when the unit is in: −1 where it is in now.
    pub(super) fn away(&self, unit: usize) -> f64 {
        if self.problem.in_zone[unit] { -1.0 } else { 1.0 }
    }

    /// The units that are contiguous with this one.
    pub(super) fn contiguous(&self, unit: u32) -> impl Iterator<Item = u32> {
        self.neighbours(unit as usize).iter().filter(|n| n.contiguous).map(|n| n.unit)
    }

    /// The parts that are contiguous with this one.
    pub(super) fn contiguous_parts(&self, part: usize) -> ContiguousParts<'_> {
        match self.rows_of_parts.get(part) {
            Some(row) if *row != NOT_LISTED => {
                ContiguousParts::Listed(self.problem.parts.row(*row as usize).iter())
            }
            _ => ContiguousParts::Units(self.neighbours(part).iter()),
        }
    }

    /// N(S): the units outside `region`, which ascends, that are contiguous with one inside; ascending.
    pub(super) fn neighbourhood(&self, region: &[u32]) -> Vec<u32> {
        let around = region.iter().flat_map(|unit| self.contiguous(*unit));
        let mut neighbourhood: Vec<u32> = around.filter(|unit| region.binary_search(unit).is_err()).collect();
        neighbourhood.sort_unstable();
        neighbourhood.dedup();
        neighbourhood
    }

    /// The zone with every locked unit on its side.
    pub(super) fn obeying_locks(&self, mut zone: Vec<bool>) -> Vec<bool> {
        for (x, lock) in zone.iter_mut().zip(&self.problem.lock) {
            match lock {
                Lock::In => *x = true,
                Lock::Out => *x = false,
                Lock::Free => {}
            }
        }
        zone
    }

    /// The limits that speak of the unit, with its weight in each.
    pub(super) fn weights(&self, unit: usize) -> &[(u32, f64)] {
        match self.weight_rows.get(unit..unit + 2) {
            Some(ends) => &self.weights[ends[0] as usize..ends[1] as usize],
            None => &[],
        }
    }

    /// F(x), without any price of small blocks.
    pub(super) fn objective(&self, x: &[bool]) -> f64 {
        let held: f64 = (0..self.len()).filter(|&i| x[i]).map(|i| self.unary[i]).sum();
        let links = &self.problem.links;
        let cut: f64 = links.iter().filter(|l| x[l.a as usize] != x[l.b as usize]).map(|l| l.length).sum();
        self.constant + held - self.problem.lambda * cut
    }

    pub(super) fn area(&self, x: &[bool]) -> f64 {
        (0..self.len()).filter(|&i| x[i]).map(|i| self.problem.area[i]).sum()
    }

    pub(super) fn moved_area(&self, x: &[bool]) -> f64 {
        (0..self.len()).filter(|&i| x[i] != self.problem.in_zone[i]).map(|i| self.problem.area[i]).sum()
    }

    pub(super) fn moved_units(&self, x: &[bool]) -> usize {
        x.iter().zip(&self.problem.in_zone).filter(|(x, now)| x != now).count()
    }

    /// What the unit gains by being in at these prices, links aside.
    #[inline]
    pub(super) fn priced(&self, unit: usize, prices: &Prices) -> f64 {
        let stay = if self.problem.in_zone[unit] { 1.0 } else { -1.0 };
        let gain = self.unary[unit]
            + self.problem.area[unit] * (prices.moved * stay - prices.area)
            + prices.units * stay;
        let gain = match &self.components {
            Some(components) => {
                let by_index = components.concentration.as_ref().map_or(0.0, |row| row.weight[unit]);
                gain + prices.concentration * by_index
                    + components.band_gain.get(unit).copied().unwrap_or(0.0)
            }
            None => gain,
        };
        let price = |limit: u32| prices.limits.get(limit as usize).copied().unwrap_or(0.0);
        self.weights(unit).iter().fold(gain, |gain, (limit, weight)| gain - price(*limit) * weight)
    }

    /// What F is worth at these prices before any unit is in: what the limits are worth, and what it costs to move out all
    /// that is in now.
    pub(super) fn constant_at(&self, prices: &Prices) -> f64 {
        let p = self.problem;
        let (area, units) = self.present;
        let limits = [
            (prices.area, if prices.area > 0.0 { p.area_max } else { p.area_min }),
            (prices.moved, p.moved_area_max),
            (prices.units, p.moved_units_max as f64),
            (prices.blocks, p.blocks_max as f64),
        ];
        let others = prices.limits.iter().zip(&p.limits);
        let others = others.map(|(&price, l)| (price, if price > 0.0 { l.most } else { l.least }));
        // No price, no limit: a limit may be infinite.
        let worth: f64 = limits
            .into_iter()
            .chain(others)
            .filter(|(price, _)| *price != 0.0)
            .map(|(price, limit)| price * limit)
            .sum();
        let scattered = self.concentration().map_or(0.0, |row| prices.concentration * row.constant);
        let bands = self.components.as_ref().map_or(0.0, |components| components.band_cost);
        self.constant - prices.moved * area - prices.units * units + worth + scattered - bands
    }

    /// The unit that a link costs when it is cut, in integer units.
    pub(super) fn cost(&self, link: &super::problem::Link) -> i64 {
        self.capacity(self.problem.lambda * link.length)
    }

    /// The cuts at `prices` among the units that are neither locked by `lock`, nor in `inside` (certainly in), nor out of
    /// `outside` (certainly out when false there).
    pub(super) fn cut_between(
        &self,
        prices: &Prices,
        lock: &[Lock],
        inside: &[bool],
        outside: &[bool],
        monitor: &dyn Monitor,
    ) -> Result<Cut, Cancelled> {
        let side = |i: usize| match lock[i] {
            Lock::In => Some(true),
            Lock::Out => Some(false),
            Lock::Free if inside[i] => Some(true),
            Lock::Free if !outside[i] => Some(false),
            Lock::Free => None,
        };
        let open: Vec<u32> = (0..self.len() as u32).filter(|&i| side(i as usize).is_none()).collect();
        let mut number = vec![u32::MAX; self.len()];
        for (n, &i) in open.iter().enumerate() {
            number[i as usize] = n as u32;
        }
        let mut terminal = Vec::with_capacity(open.len());
        let mut edges = Vec::new();
        for &i in &open {
            let mut pull = self.to_int(self.priced(i as usize, prices));
            for n in self.neighbours(i as usize) {
                let capacity = self.capacity(n.cost);
                match side(n.unit as usize) {
                    Some(true) => pull += capacity,
                    Some(false) => pull -= capacity,
                    None if n.unit > i && capacity > 0 => {
                        edges.push(Edge { a: number[i as usize], b: number[n.unit as usize], capacity });
                    }
                    None => {}
                }
            }
            terminal.push(pull);
        }
        let mut network = Network::new(&terminal, &edges);
        if !network.solve(&|| !monitor.cancelled()) {
            return Err(Cancelled);
        }
        let mut smallest: Vec<bool> = (0..self.len()).map(|i| side(i) == Some(true)).collect();
        let mut largest = smallest.clone();
        for (n, &i) in open.iter().enumerate() {
            smallest[i as usize] = network.in_smallest(n);
            largest[i as usize] = network.in_largest(n);
        }
        Ok(Cut { smallest, largest })
    }

    /// The bound that `proof` gives for zones that keep to limits and to `held`. For any such x, any μ, any ν ≥ 0 and any
    /// flow with
    /// |fᵢⱼ| ≤ costᵢⱼ: Σ costᵢⱼ |xᵢ − xⱼ| ≥ Σ fᵢⱼ (xᵢ − xⱼ), and separators cost x no more than the blocks' prices. So F(x)
    /// is at most the constant, plus each unit's best choice of (priced gain − payments + receipts − net outflow) xᵢ. All
    /// but the gains are integers, and these are rounded up.
    pub(super) fn bound(&self, proof: &BoundProof, held: &[Lock]) -> f64 {
        let p = self.problem;
        let prices = Prices::of(proof);
        let mut net = vec![0_i64; self.len()];
        let mut decided = 0_i128;
        for (link, f) in p.links.iter().zip(&proof.flow) {
            let (a, b) = (link.a as usize, link.b as usize);
            if held[a] != Lock::Free && held[b] != Lock::Free {
                decided += if held[a] == held[b] { 0 } else { i128::from(self.cost(link)) };
            } else {
                net[a] += f;
                net[b] -= f;
            }
        }
        for separator in &proof.separators {
            let mut paid = 0;
            for &(unit, amount) in &separator.payers {
                net[unit as usize] += amount;
                paid += amount;
            }
            for unit in self.neighbourhood(&separator.region) {
                net[unit as usize] -= paid;
            }
        }
        let worth = |unit: usize, gain: f64, net: i64| {
            let gain = i128::from((gain * self.scale).ceil() as i64) - i128::from(net);
            match held[unit] {
                Lock::In => gain,
                Lock::Out => 0,
                Lock::Free => gain.max(0),
            }
        };
        let mut of_unit: Vec<i128> =
            net.iter().enumerate().map(|(unit, net)| worth(unit, self.priced(unit, &prices), *net)).collect();
        // Of a component with bands the largest value counts instead, its constant with it.
        let mut banded = 0.0;
        if let Some(components) = &self.components {
            let square = prices.concentration * self.concentration().map_or(0.0, |row| row.per_square);
            for bands in proof.bands.chunk_by(|a, b| a.component == b.component) {
                let list = &components.list;
                let known = list.binary_search_by_key(&bands[0].component, |c| c.units[0]);
                let Ok(component) = known.map(|at| &list[at]) else { continue };
                let value_in = |band: &BandProof| {
                    let mut flow = vec![0_i64; component.units.len()];
                    for (link, f) in &band.flow {
                        let link = &p.links[*link as usize];
                        if held[link.a as usize] != Lock::Free && held[link.b as usize] != Lock::Free {
                            continue;
                        }
                        for (unit, f) in [(link.a, *f), (link.b, -f)] {
                            if let Ok(at) = component.units.binary_search(&unit) {
                                flow[at] += f;
                            }
                        }
                    }
                    let by_chord = band.least + band.most - component.whole.least - component.whole.most;
                    let by_area = square * by_chord + band.price;
                    let gain = |unit: usize| self.priced(unit, &prices) + by_area * p.area[unit];
                    let units = component.units.iter().map(|unit| *unit as usize).zip(flow);
                    let sum: i128 = units.map(|(unit, flow)| worth(unit, gain(unit), net[unit] + flow)).sum();
                    let of_price = band.price * if band.price > 0.0 { band.least } else { band.most };
                    sum as f64 / self.scale - square * band.least * band.most - of_price
                };
                banded += bands.iter().map(value_in).fold(f64::NEG_INFINITY, f64::max);
                banded += square * component.whole.least * component.whole.most;
                component.units.iter().for_each(|unit| of_unit[*unit as usize] = 0);
            }
        }
        let sum: i128 = of_unit.iter().sum();
        banded -= self.price_of_sure_blocks(proof);
        self.constant_at(&prices) + (sum - decided) as f64 / self.scale + banded
    }

    /// What blocks cost that are small for sure, where no separator has them pay already.
    fn price_of_sure_blocks(&self, proof: &BoundProof) -> f64 {
        let small = self.components.iter().flat_map(|all| all.list.iter().filter(|c| c.surely_small));
        let mut small = small.peekable();
        if small.peek().is_none() {
            return 0.0;
        }
        let priced = proof.separators.iter().filter(|separator| separator.kind == SeparatorKind::Priced);
        let paying: BTreeSet<u32> = priced.flat_map(|separator| separator.region.iter().copied()).collect();
        let costs = small.filter(|c| !c.units.iter().any(|unit| paying.contains(unit))).count();
        self.problem.small_block_price * costs as f64
    }

    pub(super) fn to_int(&self, value: f64) -> i64 {
        // Clamped far beyond any sum of link capacities: such a unit is decided.
        let scaled = (value * self.scale).clamp(-(2.0_f64.powi(60)), 2.0_f64.powi(60));
        // As `round`, but for the last bit of what is beyond half a unit by less than that: many times quicker.
        (scaled + 0.5_f64.copysign(scaled)) as i64
    }

    /// Rounded down, so that the flow never exceeds the real cost.
    pub(super) fn capacity(&self, cost: f64) -> i64 {
        (cost * self.scale).floor() as i64
    }
}

/// The parts that are contiguous with one.
pub(super) enum ContiguousParts<'a> {
    /// Where no unit of several parts is about: units, which are their parts.
    Units(std::slice::Iter<'a, Neighbour>),
    Listed(std::slice::Iter<'a, u32>),
}

impl Iterator for ContiguousParts<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        match self {
            Self::Units(neighbours) => neighbours.find(|n| n.contiguous).map(|n| n.unit),
            Self::Listed(parts) => parts.next().copied(),
        }
    }
}

/// The row of every part among those listed; empty where no unit has several parts.
fn rows_of_parts(problem: &Problem) -> Vec<u32> {
    if problem.parts.is_empty() {
        return Vec::new();
    }
    let mut rows = vec![NOT_LISTED; problem.part_count()];
    for (row, part) in (0_u32..).zip(problem.parts.listed()) {
        rows[*part as usize] = row;
    }
    rows
}

/// Rows of (limit, weight) of every unit; both empty where there are no limits.
fn weights(problem: &Problem) -> (Vec<u32>, Vec<(u32, f64)>) {
    if problem.limits.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut rows = vec![0_u32; problem.area.len() + 1];
    let terms =
        || problem.limits.iter().zip(0_u32..).flat_map(|(l, at)| l.terms.iter().map(move |t| (at, t)));
    for (_, (unit, _)) in terms() {
        rows[*unit as usize + 1] += 1;
    }
    for at in 1..rows.len() {
        rows[at] += rows[at - 1];
    }
    let mut next = rows.clone();
    let mut weights = vec![(0, 0.0); rows.last().map_or(0, |n| *n as usize)];
    for (limit, (unit, weight)) in terms() {
        let slot = &mut next[*unit as usize];
        weights[*slot as usize] = (limit, *weight);
        *slot += 1;
    }
    (rows, weights)
}
