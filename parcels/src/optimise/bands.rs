//! The bound with the square of every component's area as near to itself as it takes.
//!
//! A chord over all that the area of a component can be says little of its square ([`super::concentration_row`]). At fixed
//! multipliers the components do not know each other, so each is bounded by the largest value over bands of its area, and the band
//! that has it is split where its best zone lies, until the chord is close there. That is a branch and bound in one dimension a
//! component, all of them at once: a cut of the whole network tries one band of every component that is still open.
//!
//! The price of concentration is then searched for on this bound, which is convex in it; the other multipliers follow with
//! the bands that count.

use std::sync::Arc;

use super::concentration_row::{Band, ConcentrationRow};
use super::energy::{Energy, Prices};
use super::problem::{BandProof, BoundProof};
use super::relax::Relaxation;
use crate::progress::{Cancelled, Monitor};

/// Most cuts to find the value of all components at some multipliers.
const CUTS: usize = 10;
/// How exact the components have to be together, as a share of what the plan gains.
const EXACT: f64 = 1e-3;
/// Most prices of concentration tried.
const PRICES_TRIED: usize = 9;
/// The first price: what makes all of the index worth so many times what the plan gains.
const FIRST: f64 = 0.5;
/// Prices are near enough when one is less than so many times the other.
const NARROW: f64 = 1.08;
/// Rounds in which the other multipliers follow each price.
const FOLLOW: usize = 8;

/// The best bound found, with the zones that the cuts at the prices tried lead to, the best price's first.
pub(super) struct Refined {
    pub(super) bound: f64,
    pub(super) proof: BoundProof,
    pub(super) zones: Vec<Vec<bool>>,
}

/// A band of one component, once it was tried with the best zone under its chord.
struct Leaf {
    band: Band,
    tried: Option<Cut>,
}

/// What a cut under the chord of a band gives of a component.
struct Cut {
    /// What the component is worth at most.
    value: f64,
    /// The area of the best zone.
    inside: f64,
    /// The flow on the component's links; links without flow left out.
    flow: Vec<(u32, i64)>,
}

/// What is known of one component at some multipliers.
struct Branching {
    leaves: Vec<Leaf>,
    /// What the best zone known is worth, its square as it is.
    reached: f64,
    best: usize,
    zone: Vec<bool>,
}

impl Branching {
    fn new(whole: Band) -> Self {
        Self {
            leaves: vec![Leaf { band: whole, tried: None }],
            reached: f64::NEG_INFINITY,
            best: 0,
            zone: Vec::new(),
        }
    }

    /// The leaf to try next, after splitting the one that counts where it is not exact; none when it is. `square`: what a unit of
    /// squared area is worth.
    fn next(&mut self, square: f64, exact: f64) -> Option<usize> {
        if let Some(open) = self.leaves.iter().position(|leaf| leaf.tried.is_none()) {
            return Some(open);
        }
        let leaf = &self.leaves[self.best];
        let Cut { value, inside, .. } = leaf.tried.as_ref()?;
        let (Band { least, most }, inside) = (leaf.band, *inside);
        let error = square * (inside - least) * (most - inside);
        if error <= exact || value - self.reached <= exact {
            return None;
        }
        let upper = Leaf { band: Band { least: inside, most }, tried: None };
        self.leaves[self.best] = Leaf { band: Band { least, most: inside }, tried: None };
        self.leaves.push(upper);
        Some(self.best)
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
}

struct Refining<'e, 'p> {
    energy: &'e Energy<'p>,
    row: Arc<ConcentrationRow>,
    /// The links of every component: those with an end in it.
    links: Vec<Vec<u32>>,
    /// What the components may be off together.
    exact: f64,
    /// The band of each component that counted last.
    active: Vec<Band>,
}

/// Searches for the price of concentration, from where `relaxation` stands; it stands at the best multipliers afterwards, with
/// bands of its own. None where the problem asks for no concentration, or told to stop.
pub(super) fn refine(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    bound: f64,
    before: f64,
    monitor: &dyn Monitor,
) -> Option<Refined> {
    let row = energy.concentration.clone()?;
    let gains = (bound - before).max(0.0);
    let mut component = vec![u32::MAX; energy.len()];
    for (number, known) in (0_u32..).zip(&row.components) {
        known.units.iter().for_each(|unit| component[*unit as usize] = number);
    }
    let mut links = vec![Vec::new(); row.components.len()];
    for (at, link) in (0_u32..).zip(&energy.problem.links) {
        let ends = [component[link.a as usize], component[link.b as usize]];
        if let Some(number) = ends.into_iter().find(|number| *number != u32::MAX) {
            links[number as usize].push(at);
        }
    }
    let active = row.components.iter().map(|component| component.whole).collect();
    let mut refining = Refining { energy, links, exact: EXACT * gains, active, row };
    let start = relaxation.kept();
    let mut price = FIRST * gains / energy.problem.concentration_min;
    let cap = refining.row.most;
    let mut tried: Vec<Tried> = Vec::new();
    for _ in 0..PRICES_TRIED {
        price = price.min(cap);
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
    Some(Refined { bound: best.bound, proof: best.proof, zones })
}

impl<'p> Refining<'_, 'p> {
    fn with_bands(&self, bands: &[Band]) -> Energy<'p> {
        let row = ConcentrationRow::clone(&self.row).with_bands(self.energy.problem, bands);
        let row = ConcentrationRow { pinned: true, ..row };
        self.energy.with_row(row)
    }

    fn at_price(
        &mut self,
        relaxation: &mut Relaxation,
        price: f64,
        before: f64,
        monitor: &dyn Monitor,
    ) -> Result<Tried, Cancelled> {
        let mut best: Option<Tried> = None;
        for _ in 0..2 {
            let local = self.with_bands(&self.active);
            let prices = Prices { concentration: price, ..relaxation.prices().clone() };
            relaxation.set_prices(&local, prices);
            relaxation.descend(&local, before, FOLLOW, monitor);
            let now = self.evaluate(relaxation, monitor)?;
            if best.as_ref().is_none_or(|best| now.bound < best.bound) {
                best = Some(now);
            }
        }
        best.ok_or(Cancelled)
    }

    /// The bound at the multipliers of `relaxation`, every component as exact as it takes.
    fn evaluate(&mut self, relaxation: &mut Relaxation, monitor: &dyn Monitor) -> Result<Tried, Cancelled> {
        let (energy, row) = (self.energy, self.row.clone());
        let prices = relaxation.prices().clone();
        let square = prices.concentration * row.per_square;
        let exact = self.exact / row.components.len() as f64;
        let mut all: Vec<Branching> = row.components.iter().map(|c| Branching::new(c.whole)).collect();
        let mut bands: Vec<Band> = row.components.iter().map(|c| c.whole).collect();
        for cut in 0..CUTS {
            let mut asked: Vec<Option<usize>> = vec![None; all.len()];
            for (number, branching) in all.iter_mut().enumerate() {
                // What was split has to be tried, so no more is split in the end.
                let may_split = cut + 2 < CUTS;
                asked[number] = match may_split {
                    true => branching.next(square, exact),
                    false => branching.leaves.iter().position(|leaf| leaf.tried.is_none()),
                };
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
                let component = &row.components[number];
                let band = bands[number];
                let left: i128 =
                    component.units.iter().map(|unit| i128::from(relaxation.worth(*unit as usize))).sum();
                let value = left as f64 / energy.scale - square * band.least * band.most;
                let zone: Vec<bool> =
                    component.units.iter().map(|unit| relaxation.in_smallest(*unit as usize)).collect();
                let areas = component.units.iter().map(|unit| energy.problem.area[*unit as usize]);
                let inside: f64 = areas.zip(&zone).filter(|(_, inside)| **inside).map(|(area, _)| area).sum();
                let chord = (band.least + band.most) * inside - band.least * band.most;
                let flow = self.links[number].iter().map(|link| (*link, relaxation.flow(*link)));
                let flow = flow.filter(|(_, flow)| *flow != 0).collect();
                let branching = &mut all[number];
                let reached = value - square * (chord - inside * inside);
                branching.leaves[leaf].tried = Some(Cut { value, inside, flow });
                if reached > branching.reached {
                    branching.reached = reached;
                    branching.zone = zone;
                }
                let of = |leaf: &Leaf| leaf.tried.as_ref().map_or(f64::INFINITY, |cut| cut.value);
                let best = (0..branching.leaves.len()).max_by(|a, b| {
                    of(&branching.leaves[*a]).total_cmp(&of(&branching.leaves[*b])).then(b.cmp(a))
                });
                branching.best = best.unwrap_or(0);
            }
        }
        self.active = all.iter().map(|branching| branching.leaves[branching.best].band).collect();
        Ok(self.conclude(relaxation, &all, &prices))
    }

    fn conclude(&self, relaxation: &Relaxation, all: &[Branching], prices: &Prices) -> Tried {
        let (energy, row) = (self.energy, &self.row);
        let mut zone = vec![false; energy.len()];
        let (mut squares, mut area) = (0.0, 0.0);
        let mut proof = BoundProof { bands: Vec::new(), ..relaxation.proof(energy) };
        proof.concentration_price = prices.concentration;
        proof.tangent_area = row.tangent;
        for (number, (component, branching)) in row.components.iter().zip(all).enumerate() {
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
            if let [only] = &branching.leaves[..] {
                for (link, flow) in only.tried.iter().flat_map(|cut| &cut.flow) {
                    proof.flow[*link as usize] = *flow;
                }
            } else {
                proof.bands.extend(branching.leaves.iter().map(|leaf| BandProof {
                    component: component.units[0],
                    least: leaf.band.least,
                    most: leaf.band.most,
                    flow: leaf.tried.as_ref().map(|cut| cut.flow.clone()).unwrap_or_default(),
                }));
            }
        }
        proof.bands.sort_by(|a, b| a.component.cmp(&b.component).then(a.least.total_cmp(&b.least)));
        let share = energy.problem.concentration_min / 100.0;
        let least = share * (2.0 * row.tangent * area - row.tangent * row.tangent);
        Tried {
            price: prices.concentration,
            bound: energy.bound(&proof, &energy.problem.lock),
            slope: row.per_square * (squares - least),
            proof,
            zone,
        }
    }
}
