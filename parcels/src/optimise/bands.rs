//! The bound with the area of every component taken band by band.
//!
//! A chord over all that the area of a component can be says little of its square, and nothing says that where no small block may
//! be a component is empty or large ([`super::components`]). At fixed multipliers the components do not know each other, so
//! each is bounded by the largest value over bands of its area. A band whose best zone lies outside it gets a price of area that
//! leads into it; one whose best zone lies within is split there, until the chord is close. That is a branch and bound in one
//! dimension a component, all of them at once: a cut of the whole network tries one band of every component that is still open.
//!
//! The price of concentration is then searched for on this bound, which is convex in it; the other multipliers follow with
//! the bands that count.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::block_rules::is_below;
use super::components::{Band, Component, Components, price_of_nothing};
use super::energy::{Energy, Prices};
use super::problem::{BandProof, BoundProof, Lock};
use super::recombine::CHOICES;
use super::relax::Relaxation;
use crate::progress::{Cancelled, Monitor};

/// Most cuts to find the value of all components at some multipliers.
const CUTS: usize = 10;
/// How exact the components have to be together, as a share of what the plan gains.
const EXACT: f64 = 1e-3;
/// The first price: what makes all of the index worth so many times what the plan gains.
const FIRST: f64 = 0.5;
/// Prices are near enough when one is less than so many times the other.
const NARROW: f64 = 1.08;

/// The best bound found, with the zones that the cuts at the prices tried lead to, the best price's first.
pub(super) struct Refined<'e, 'p> {
    pub(super) bound: f64,
    pub(super) proof: BoundProof,
    pub(super) zones: Vec<Vec<bool>>,
    /// The multipliers of the best bound.
    pub(super) prices: Prices,
    refining: Refining<'e, 'p>,
    /// The unit that tells apart two zones of one component that are worth nearly the same.
    pub(super) undecided: Option<usize>,
}

/// How much is tried.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    /// Most prices of concentration.
    prices: usize,
    /// How often the bound is looked at with the price of concentration held,
    evaluations: usize,
    /// and the rounds before each in which the other multipliers follow.
    rounds: usize,
    /// Whether to go on from the price of concentration that the relaxation stands at.
    goes_on: bool,
}

impl Effort {
    /// The zones that these cuts make of the components are enough for multipliers to be chosen by them.
    pub(super) const WHOLE: Self = Self { prices: 2, evaluations: 2, rounds: 4, goes_on: false };
    /// In a case of branch and bound, which goes on from what was best in the case before.
    pub(super) const CASE: Self = Self { prices: 3, evaluations: 2, rounds: 8, goes_on: true };
    /// Where an answer is wanted at once, from the multipliers of a problem much like this one.
    pub(super) const AT_ONCE: Self = Self { prices: 1, evaluations: 1, rounds: 4, goes_on: true };
}

/// A band of one component, once it was tried with the best zone there.
struct Leaf {
    band: Band,
    tried: Option<Cut>,
    /// Prices of area tried that were too low and too high.
    low: Option<Line>,
    high: Option<Line>,
    /// Whether no price would be better.
    settled: bool,
}

/// What the component is worth around a price of area: the value at it, and by how much that rises with the price.
#[derive(Clone, Copy)]
struct Line {
    price: f64,
    value: f64,
    slope: f64,
}

/// What a cut under the chord of a band gives of a component.
struct Cut {
    /// The price of area that it was made at.
    price: f64,
    /// What the component is worth at most.
    value: f64,
    /// The area of the best zone.
    inside: f64,
    /// The flow on the component's links; links without flow left out.
    flow: Vec<(u32, i64)>,
}

impl Leaf {
    fn new(band: Band) -> Self {
        Self { band, tried: None, low: None, high: None, settled: false }
    }

    fn value(&self) -> f64 {
        self.tried.as_ref().map_or(f64::INFINITY, |cut| cut.value)
    }

    /// Keeps the better of what is known and this cut, and goes to the price of area to try next. `all` is the zone of
    /// all units: its value at no price, and its area.
    fn learn(&mut self, cut: Cut, all: (f64, f64), exact: f64) {
        let Band { least, most, price } = self.band;
        let (value, inside) = (cut.value, cut.inside);
        let end = if price > 0.0 || (price == 0.0 && inside < least) { least } else { most };
        let line = Line { price, value, slope: inside - end };
        if self.tried.as_ref().is_none_or(|known| value < known.value) {
            self.tried = Some(cut);
        }
        let fits = price == 0.0 && (least..=most).contains(&inside);
        if fits || line.slope == 0.0 {
            self.settled = true;
            return;
        }
        if line.slope < 0.0 {
            self.low = Some(line)
        } else {
            self.high = Some(line)
        }
        // The zone of everything and that of nothing are zones too, so they say where a price is too far.
        let low = self.low.unwrap_or(Line { price: f64::NEG_INFINITY, value: 0.0, slope: -most });
        let high = self.high.unwrap_or(Line { price: f64::INFINITY, value: all.0, slope: all.1 - least });
        let at = |line: Line, price: f64| match line.price.is_finite() {
            true => line.value + line.slope * (price - line.price),
            false => line.value + line.slope * price,
        };
        let next = (at(low, 0.0) - at(high, 0.0)) / (high.slope - low.slope);
        let far = if price == 0.0 && inside < least { next <= 0.0 } else { price == 0.0 && next >= 0.0 };
        let known = self.value();
        self.settled = far
            || !next.is_finite()
            || next * price < 0.0
            || !(low.price < next && next < high.price)
            || known - at(low, next) <= exact;
        if !self.settled {
            self.band.price = next;
        }
    }
}

/// What is known of one component at some multipliers.
struct Branching {
    leaves: Vec<Leaf>,
    /// What the best zone known is worth, its square as it is.
    reached: f64,
    best: usize,
    zone: Vec<bool>,
    /// All zones that were reached, with what they are worth.
    zones: Vec<(f64, Vec<bool>)>,
}

impl Branching {
    fn new(bands: impl Iterator<Item = Band>) -> Self {
        let leaves = bands.map(Leaf::new).collect();
        Self { leaves, reached: f64::NEG_INFINITY, best: 0, zone: Vec::new(), zones: Vec::new() }
    }

    /// The leaf to try next, after splitting the one that counts where it is not exact; none when it is. `square`: what a unit of
    /// squared area is worth; `cuts`: how many more there will be.
    fn next(&mut self, square: f64, exact: f64, cuts: usize) -> Option<usize> {
        if let Some(open) = self.leaves.iter().position(|leaf| leaf.tried.is_none()) {
            return Some(open);
        }
        let leaf = &self.leaves[self.best];
        let Cut { value, inside, .. } = leaf.tried.as_ref()?;
        let (Band { least, most, .. }, inside) = (leaf.band, *inside);
        if value - self.reached <= exact {
            return None;
        }
        if !leaf.settled {
            return Some(self.best);
        }
        // What was split has to be tried, so no more is split in the end.
        if square * (inside - least) * (most - inside) <= exact || cuts < 2 {
            return None;
        }
        let upper = Leaf::new(Band::new(inside, most));
        self.leaves[self.best] = Leaf::new(Band::new(least, inside));
        self.leaves.push(upper);
        Some(self.best)
    }

    fn choose_best(&mut self) {
        let leaves = &self.leaves;
        let best =
            (0..leaves.len()).max_by(|a, b| leaves[*a].value().total_cmp(&leaves[*b].value()).then(b.cmp(a)));
        self.best = best.unwrap_or(0);
    }

    /// The band that counts, at the price that serves it best.
    fn active(&self) -> Band {
        let leaf = &self.leaves[self.best];
        Band { price: leaf.tried.as_ref().map_or(0.0, |cut| cut.price), ..leaf.band }
    }
}

/// A price of concentration tried.
struct Tried {
    price: f64,
    bound: f64,
    /// By how many points the zone's squares are above what is asked for: the slope of the bound.
    slope: f64,
    proof: BoundProof,
    zone: Vec<bool>,
    undecided: Option<usize>,
}

struct Refining<'e, 'p> {
    energy: &'e Energy<'p>,
    components: Arc<Components>,
    effort: Effort,
    /// The links of every component: those with an end in it.
    links: Vec<Vec<u32>>,
    /// What the components may be off together.
    exact: f64,
    /// The band of each component that counted last.
    active: Vec<Band>,
    /// The price of area that served the whole of each component best, nothing aside.
    prices: Vec<f64>,
    seen: Vec<BTreeSet<Vec<bool>>>,
}

/// Searches for the price of concentration, from where `relaxation` stands; it stands where it stood afterwards. None where no
/// rule speaks of components, or told to stop.
pub(super) fn refine<'e, 'p>(
    energy: &'e Energy<'p>,
    relaxation: &mut Relaxation,
    bound: f64,
    before: f64,
    effort: Effort,
    monitor: &dyn Monitor,
) -> Option<Refined<'e, 'p>> {
    let components = energy.components.clone()?;
    let most_price = energy.concentration().map_or(0.0, |row| row.most);
    if energy.concentration().is_none()
        && components.list.iter().all(|component| component.least_block <= 0.0)
    {
        return None;
    }
    let gains = (bound - before).max(0.0);
    let mut component = vec![u32::MAX; energy.len()];
    for (number, known) in (0_u32..).zip(&components.list) {
        known.units.iter().for_each(|unit| component[*unit as usize] = number);
    }
    let mut links = vec![Vec::new(); components.list.len()];
    for (at, link) in (0_u32..).zip(&energy.problem.links) {
        let ends = [component[link.a as usize], component[link.b as usize]];
        if let Some(number) = ends.into_iter().find(|number| *number != u32::MAX) {
            links[number as usize].push(at);
        }
    }
    let active = components.list.iter().map(|component| component.whole).collect();
    let prices = vec![0.0; components.list.len()];
    let seen = vec![BTreeSet::new(); components.list.len()];
    let exact = EXACT * gains;
    let mut refining = Refining { energy, effort, links, exact, active, prices, seen, components };
    let start = relaxation.kept();
    let known = relaxation.prices().concentration;
    let mut price = match energy.concentration() {
        Some(_) if effort.goes_on && known > 0.0 => known,
        Some(_) => FIRST * gains / energy.problem.concentration_min,
        None => 0.0,
    };
    let mut tried: Vec<Tried> = Vec::new();
    for _ in 0..effort.prices {
        price = price.min(most_price);
        if tried.iter().any(|t| t.price == price) {
            break;
        }
        match refining.at_price(relaxation, price, before, monitor) {
            Ok(now) => tried.push(now),
            Err(Cancelled) => break,
        }
        let below = tried.iter().filter(|t| t.slope < 0.0).max_by(|a, b| a.price.total_cmp(&b.price));
        let above = tried.iter().filter(|t| t.slope >= 0.0).min_by(|a, b| a.price.total_cmp(&b.price));
        price = match (below, above) {
            (Some(below), Some(above)) if above.price <= NARROW * below.price => break,
            (Some(below), Some(above)) => {
                // Where the slope would be none, kept away from the ends.
                let share = below.slope / (below.slope - above.slope);
                below.price + share.clamp(0.15, 0.85) * (above.price - below.price)
            }
            (Some(below), None) => 2.0 * below.price,
            (None, Some(above)) => above.price / 3.0,
            (None, None) => break,
        };
    }
    tried.sort_by(|a, b| a.bound.total_cmp(&b.bound).then(a.price.total_cmp(&b.price)));
    let zones = tried.iter().map(|t| t.zone.clone()).collect();
    relaxation.restore(energy, start);
    let best = tried.into_iter().next()?;
    let prices = Prices::of(&best.proof);
    let Tried { bound, proof, undecided, .. } = best;
    Some(Refined { bound, proof, zones, prices, refining, undecided })
}

impl Refined<'_, '_> {
    /// The zones that cuts have made of each component.
    pub(super) fn seen(&self) -> &[BTreeSet<Vec<bool>>] {
        &self.refining.seen
    }

    /// Looks at other multipliers, and keeps their bound where it is better; `relaxation` stands where it stood afterwards.
    ///
    /// # Errors
    /// When told to stop.
    pub(super) fn try_prices(
        &mut self,
        relaxation: &mut Relaxation,
        prices: &Prices,
        before: f64,
        monitor: &dyn Monitor,
    ) -> Result<(), Cancelled> {
        let energy = self.refining.energy;
        let start = relaxation.kept();
        relaxation.set_prices(energy, prices.clone());
        let tried = self.refining.at_price(relaxation, prices.concentration, before, monitor);
        relaxation.restore(energy, start);
        let tried = tried?;
        if tried.bound < self.bound {
            (self.bound, self.prices) = (tried.bound, Prices::of(&tried.proof));
            (self.proof, self.undecided) = (tried.proof, tried.undecided);
        }
        Ok(())
    }
}

impl<'p> Refining<'_, 'p> {
    fn with_bands(&self, bands: &[Band]) -> Energy<'p> {
        let components = Components::clone(&self.components).with_bands(self.energy.problem, bands);
        self.energy.with_components(Some(Components { pinned: true, ..components }))
    }

    fn at_price(
        &mut self,
        relaxation: &mut Relaxation,
        price: f64,
        before: f64,
        monitor: &dyn Monitor,
    ) -> Result<Tried, Cancelled> {
        let mut best: Option<Tried> = None;
        for _ in 0..self.effort.evaluations {
            let local = self.with_bands(&self.active);
            let prices = Prices { concentration: price, ..relaxation.prices().clone() };
            relaxation.set_prices(&local, prices);
            relaxation.improve_multipliers(&local, before, self.effort.rounds, monitor);
            let now = self.evaluate(relaxation, monitor)?;
            if best.as_ref().is_none_or(|best| now.bound < best.bound) {
                best = Some(now);
            }
        }
        best.ok_or(Cancelled)
    }

    /// The bound at the multipliers of `relaxation`, every component as exact as it takes.
    fn evaluate(&mut self, relaxation: &mut Relaxation, monitor: &dyn Monitor) -> Result<Tried, Cancelled> {
        let components = self.components.clone();
        let prices = relaxation.prices().clone();
        let per_square = components.concentration.as_ref().map_or(0.0, |row| row.per_square);
        let square = prices.concentration * per_square;
        let exact = self.exact / components.list.len() as f64;
        let none = price_of_nothing(self.energy.problem, self.energy.reach);
        let start = |(component, price): (&Component, &f64)| {
            let priced =
                |band: Band| Band { price: if band.most > 0.0 { *price } else { band.price }, ..band };
            Branching::new(component.bands(none).map(priced))
        };
        let mut all: Vec<Branching> = components.list.iter().zip(&self.prices).map(start).collect();
        let mut bands: Vec<Band> = components.list.iter().map(|c| c.whole).collect();
        for cut in 0..CUTS {
            let mut asked: Vec<Option<usize>> = vec![None; all.len()];
            for (number, branching) in all.iter_mut().enumerate() {
                asked[number] = branching.next(square, exact, CUTS - cut);
                if let Some(leaf) = asked[number] {
                    bands[number] = branching.leaves[leaf].band;
                }
            }
            if asked.iter().all(Option::is_none) {
                break;
            }
            let local = self.with_bands(&bands);
            relaxation.set_prices(&local, prices.clone());
            relaxation.solve(monitor)?;
            for (number, leaf) in asked.iter().enumerate().filter_map(|(n, leaf)| Some((n, (*leaf)?))) {
                self.read_cut(relaxation, number, &mut all[number], leaf, square, exact);
            }
        }
        self.active = all.iter().map(Branching::active).collect();
        for (kept, branching) in self.prices.iter_mut().zip(&all) {
            if let Some(cut) = branching.leaves.iter().rev().find_map(|leaf| leaf.tried.as_ref()) {
                *kept = cut.price;
            }
        }
        Ok(self.conclude(relaxation, &all, &prices))
    }

    /// What the cut of `relaxation` says of one component in one of its bands.
    fn read_cut(
        &mut self,
        relaxation: &Relaxation,
        number: usize,
        branching: &mut Branching,
        leaf: usize,
        square: f64,
        exact: f64,
    ) {
        let (energy, components) = (self.energy, self.components.clone());
        let component = &components.list[number];
        let band = branching.leaves[leaf].band;
        let units = || component.units.iter().map(|unit| *unit as usize);
        let left: i128 = units().map(|unit| i128::from(relaxation.worth(unit))).sum();
        let constant = square * band.least * band.most;
        let value = left as f64 / energy.scale - constant - band.worth_of_price();
        let zone: Vec<bool> = units().map(|unit| relaxation.in_smallest(unit)).collect();
        let inside: f64 = units()
            .zip(&zone)
            .filter(|(_, inside)| **inside)
            .map(|(unit, _)| energy.problem.area[unit])
            .sum();
        // What all units together gain, as if the band had no price.
        let whole: f64 = units().map(|unit| energy.problem.area[unit]).sum();
        let all: i128 = units().map(|unit| i128::from(relaxation.left(unit))).sum();
        let all = (all as f64 / energy.scale - constant - band.price * whole, whole);
        let flow = self.links[number].iter().map(|link| (*link, relaxation.flow(*link)));
        let flow = flow.filter(|(_, flow)| *flow != 0).collect();
        // Without the price, and with the square itself for its chord.
        let chord = (band.least + band.most) * inside - band.least * band.most;
        let by_price = band.price * inside - band.worth_of_price();
        let reached = value - by_price - square * (chord - inside * inside);
        if self.seen[number].len() < CHOICES {
            self.seen[number].insert(zone.clone());
        }
        let allowed = inside == 0.0 || !is_below(inside, component.least_block);
        if allowed {
            if reached > branching.reached {
                branching.reached = reached;
                branching.zone.clone_from(&zone);
            }
            branching.zones.push((reached, zone));
        }
        branching.leaves[leaf].learn(Cut { price: band.price, value, inside, flow }, all, exact);
        branching.choose_best();
    }

    /// The free unit that tells most about which zones are to be chosen: of all pairs of the best zone of a component and another
    /// one, the pair that differs by much land and little worth, and of that land the largest unit.
    fn undecided(&self, all: &[Branching], held: &[Lock]) -> Option<usize> {
        let area = &self.energy.problem.area;
        let mut found: Option<(f64, usize)> = None;
        for (component, branching) in self.components.list.iter().zip(all) {
            for (worth, zone) in &branching.zones {
                let pairs = component.units.iter().zip(zone.iter().zip(&branching.zone));
                let apart = pairs.filter(|(_, (one, other))| one != other).map(|(unit, _)| *unit as usize);
                let apart: Vec<usize> = apart.filter(|unit| held[*unit] == Lock::Free).collect();
                let land: f64 = apart.iter().map(|unit| area[*unit]).sum();
                let tells = land / ((branching.reached - worth).max(0.0) + self.exact);
                let largest = apart.into_iter().max_by(|&a, &b| area[a].total_cmp(&area[b]).then(b.cmp(&a)));
                if let Some(unit) = largest.filter(|_| found.is_none_or(|(known, _)| tells > known)) {
                    found = Some((tells, unit));
                }
            }
        }
        found.map(|(_, unit)| unit)
    }

    fn conclude(&self, relaxation: &Relaxation, all: &[Branching], prices: &Prices) -> Tried {
        let energy = self.energy;
        let mut zone = vec![false; energy.len()];
        let (mut squares, mut area) = (0.0, 0.0);
        let mut proof = BoundProof { bands: Vec::new(), ..relaxation.proof(energy) };
        proof.concentration_price = prices.concentration;
        for (number, (component, branching)) in self.components.list.iter().zip(all).enumerate() {
            let mut inside = 0.0;
            for (unit, is_in) in component.units.iter().zip(&branching.zone).filter(|(_, is_in)| **is_in) {
                zone[*unit as usize] = *is_in;
                inside += energy.problem.area[*unit as usize];
            }
            squares += inside * inside;
            area += inside;
            for link in &self.links[number] {
                proof.flow[*link as usize] = 0;
            }
            let flow = |leaf: &Leaf| leaf.tried.as_ref().map(|cut| cut.flow.clone()).unwrap_or_default();
            match &branching.leaves[..] {
                [only] if branching.active() == component.whole => {
                    flow(only).iter().for_each(|(link, flow)| proof.flow[*link as usize] = *flow);
                }
                leaves => proof.bands.extend(leaves.iter().map(|leaf| BandProof {
                    component: component.units[0],
                    least: leaf.band.least,
                    most: leaf.band.most,
                    price: leaf.tried.as_ref().map_or(0.0, |cut| cut.price),
                    flow: flow(leaf),
                })),
            }
        }
        proof.bands.sort_by(|a, b| a.component.cmp(&b.component).then(a.least.total_cmp(&b.least)));
        let row = self.components.concentration.as_ref();
        proof.tangent_area = row.filter(|_| prices.concentration > 0.0).map_or(0.0, |row| row.tangent);
        let slope = row.map_or(0.0, |row| {
            let share = energy.problem.concentration_min / 100.0;
            let least = share * (2.0 * row.tangent * area - row.tangent * row.tangent);
            row.per_square * (squares - least)
        });
        let bound = energy.bound(&proof, relaxation.held());
        let undecided = self.undecided(all, relaxation.held());
        Tried { price: prices.concentration, bound, slope, proof, zone, undecided }
    }
}
