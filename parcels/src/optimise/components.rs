//! What rules say of the area of each connected component of the units that may be in: the limit on concentration (C11), so
//! that it has a price in the bound, and the least area of a block (C5, C12).
//!
//! *Concentration.* The index is 100 · Q ÷ A², where Q adds up the squares of the blocks' areas and A is the zone's area, and it has to be at
//! least C. Let K be the connected components of the units that may be in at all, and s_K the area that is in of K. The blocks
//! of K are no larger together than s_K, so Q ≤ Σ s_K². Where s_K lies in a *band* from L to U, s_K² is at most its chord
//! (L + U) s_K − L U; and A² is at least its tangent 2 A₀ A − A₀² at any A₀. So with a band for every component, every zone in these
//! bands that is concentrated enough has
//!
//!   g(x) = 100 ÷ A₀² · ( Σ_K [(L + U) s_K − L U] − C ÷ 100 · (2 A₀ A − A₀²) ) ≥ 0,
//!
//! which is linear in x: at a price γ ≥ 0 land in large components gains, land in small ones loses. Components share no link, so
//! at fixed prices the bound is a sum over them, and of each the largest value over its bands counts: bands that together cover
//! all areas that a component can have leave no zone out, and many narrow ones come close to s_K² itself ([`super::bands`]).
//! Where the limit is soft at a price π of a point, g(x) ≥ (index − C) · (A ÷ A₀)² shows that F loses at least γ · (−g(x)) as long as
//! γ (A ÷ A₀)² ≤ π.
//!
//! How much of a component may be in at all is told from the limits on sums ([`super::ranges`]); the first band is that.
//!
//! *Least areas.* Where a component as a whole would be a forbidden block if it had less than an area T, every block in it has at
//! least T, so of the component nothing is in, or T at least: no band speaks of what is between. A zone with s_K in the band gains
//! no less at any price σ with σ (s_K − L) for σ ≥ 0, or σ (s_K − U) for σ ≤ 0, added, so a band may have such a price.

use super::block_rules::{BlockStats, SmallToday, alone, blocks, is_below};
use super::problem::{Lock, Problem};
use super::ranges::Ranges;

/// Where the area that is in of a component may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) least: f64,
    pub(super) most: f64,
    /// σ: what a unit of area gains beyond the end that counts.
    pub(super) price: f64,
}

impl Band {
    pub(super) fn new(least: f64, most: f64) -> Self {
        Self { least, most, price: 0.0 }
    }

    /// What the price takes from all together.
    pub(super) fn worth_of_price(&self) -> f64 {
        self.price * if self.price > 0.0 { self.least } else { self.most }
    }
}

/// Units that may be in and hang together.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// Ascending.
    pub(super) units: Vec<u32>,
    /// From the least to the most that may be in.
    pub(super) whole: Band,
    /// The least that is in of it where anything is.
    pub(super) least_block: f64,
    /// Whether the limits on sums leave it no area at all.
    is_contradictory: bool,
    /// Whether something is in for sure, and all of it together is a small block, which costs its price.
    pub(super) surely_small: bool,
}

impl Component {
    /// The bands that its area can lie in, one or two. `none`: a price of area at which no unit gains.
    pub(super) fn bands(&self, none: f64) -> impl Iterator<Item = Band> {
        let Band { least, most, .. } = self.whole;
        let empty = least <= 0.0 && self.least_block > 0.0;
        let empty = empty.then_some(Band { least: 0.0, most: 0.0, price: none });
        let large = least.max(self.least_block);
        // Where even that cannot be, no zone is admissible, and any band will do.
        let rest = (large <= most || empty.is_none()).then(|| Band::new(large.min(most), most));
        empty.into_iter().chain(rest)
    }
}

/// The price of area at which nobody gains takes so many times the worth of everything from the smallest unit.
const NOBODY: f64 = 4.0;

/// A price of area at which no unit gains, where all units together are worth less than `reach`.
pub(super) fn price_of_nothing(problem: &Problem, reach: f64) -> f64 {
    -NOBODY * reach / problem.area.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The components with one band for each, and what these say of single units.
#[derive(Debug, Clone)]
pub(super) struct Components {
    pub(super) list: Vec<Component>,
    /// What the prices of the bands give to each unit that is in; empty where they have none.
    pub(super) band_gain: Vec<f64>,
    /// What they take from all together.
    pub(super) band_cost: f64,
    /// What the limit on concentration says, where there is one.
    pub(super) concentration: Option<ConcentrationRow>,
    /// Whether the price of concentration stays as it is.
    pub(super) pinned: bool,
}

/// The linear limit g(x) ≥ 0, in points of the index, for one band of every component.
#[derive(Debug, Clone)]
pub(super) struct ConcentrationRow {
    /// What each unit adds when it is in.
    pub(super) weight: Vec<f64>,
    /// g of the empty zone.
    pub(super) constant: f64,
    /// A₀.
    pub(super) tangent: f64,
    /// The most that its price may be.
    pub(super) most: f64,
    /// 100 ÷ A₀².
    pub(super) per_square: f64,
}

impl Components {
    /// The components of what `held` leaves in or free; none where no rule speaks of them, or nothing may be in.
    pub(super) fn new<I: Iterator<Item = u32>>(
        problem: &Problem,
        held: &[Lock],
        small_today: &SmallToday,
        neighbours: impl Fn(u32) -> I,
    ) -> Option<Self> {
        let concentrated = problem.concentration_min > 0.0 && problem.concentration_price > 0.0;
        if !concentrated && !problem.has_block_rules() {
            return None;
        }
        let may: Vec<bool> = held.iter().map(|lock| *lock != Lock::Out).collect();
        let area_of =
            |zone: &mut dyn Iterator<Item = usize>| zone.map(|unit| problem.area[unit]).sum::<f64>();
        let now = area_of(&mut (0..may.len()).filter(|unit| problem.in_zone[*unit]));
        let all = area_of(&mut (0..may.len()).filter(|unit| may[*unit]));
        let most = problem.area_max.min(all);
        // Near where the area will be, since the tangent is exact there only.
        let tangent = if now > 0.0 { now.clamp(problem.area_min.min(most), most) } else { most };
        if tangent <= 0.0 {
            return None;
        }
        let ranges = Ranges::new(problem, held);
        // Of each block that is small now, how many parts were met: all of them hang together.
        let mut within = vec![0; small_today.size.len()];
        let mut component = |mut units: Vec<u32>| {
            units.sort_unstable();
            let mut stats = BlockStats::default();
            for part in units.iter().flat_map(|unit| problem.parts.of(*unit)).map(|part| part as usize) {
                stats.add(&alone(problem, part));
                if let Some(block) = small_today.of(part) {
                    within[block] += 1;
                    stats.heirs += u32::from(within[block] == small_today.size[block]);
                }
            }
            let (least, most) = ranges.of(&units);
            let is_contradictory = is_below(most, least);
            let whole = Band::new(least.min(most).max(0.0), most.max(0.0));
            let least_block = problem.least_block_within(&stats);
            let surely_small =
                whole.least > 0.0 && problem.small_block_price.is_finite() && problem.is_small(&stats);
            Component { least_block, surely_small, is_contradictory, units, whole }
        };
        let list: Vec<Component> = blocks(&may, neighbours).into_iter().map(&mut component).collect();
        let concentration = concentrated.then(|| ConcentrationRow {
            weight: vec![0.0; may.len()],
            constant: 0.0,
            tangent,
            most: problem.concentration_price * (tangent / most).powi(2),
            per_square: 100.0 / (tangent * tangent),
        });
        let row = Self { list, band_gain: Vec::new(), band_cost: 0.0, concentration, pinned: false };
        let whole: Vec<Band> = row.list.iter().map(|component| component.whole).collect();
        Some(row.with_bands(problem, &whole))
    }

    /// Whether no zone that keeps to what is held can be admissible by its blocks: one with something in for sure cannot become
    /// as large as it has to be, there are too many of them, or they are too small together for the concentration asked for.
    pub(super) fn are_impossible(&self, problem: &Problem) -> bool {
        let sure = || self.list.iter().filter(|c| c.whole.least > 0.0);
        let area = sure().map(|c| c.whole.least).sum::<f64>().max(problem.area_min);
        let squares: f64 = self.list.iter().map(|c| c.whole.most * c.whole.most).sum();
        let hard = problem.concentration_price.is_infinite();
        self.list.iter().any(|c| c.is_contradictory)
            || sure().any(|c| is_below(c.whole.most, c.least_block))
            || sure().count() > problem.blocks_max
            || (hard && area > 0.0 && is_below(100.0 * squares, problem.concentration_min * area * area))
    }

    /// The components of which nothing can be in, for all of them together would be too small.
    pub(super) fn empty(&self) -> impl Iterator<Item = usize> {
        let empty = |c: &Component| c.whole.least <= 0.0 && is_below(c.whole.most, c.least_block);
        (0..self.list.len()).filter(move |at| empty(&self.list[*at]))
    }

    /// The same with nothing in where nothing can be.
    pub(super) fn without_empty(self, problem: &Problem, reach: f64) -> Self {
        let mut bands: Vec<Band> = self.list.iter().map(|component| component.whole).collect();
        for at in self.empty() {
            bands[at] = Band { least: 0.0, most: 0.0, price: price_of_nothing(problem, reach) };
        }
        self.with_bands(problem, &bands)
    }

    /// The same with one of these bands for each component.
    pub(super) fn with_bands(mut self, problem: &Problem, bands: &[Band]) -> Self {
        self.band_gain.clear();
        self.band_cost = 0.0;
        if bands.iter().any(|band| band.price != 0.0) {
            self.band_gain.resize(problem.area.len(), 0.0);
            for (component, band) in self.list.iter().zip(bands) {
                for unit in &component.units {
                    self.band_gain[*unit as usize] = band.price * problem.area[*unit as usize];
                }
                self.band_cost += band.worth_of_price();
            }
        }
        let Some(row) = &mut self.concentration else { return self };
        let share = problem.concentration_min / 100.0;
        for (weight, area) in row.weight.iter_mut().zip(&problem.area) {
            *weight = -2.0 * share * row.tangent * area * row.per_square;
        }
        row.constant = problem.concentration_min;
        for (component, band) in self.list.iter().zip(bands) {
            for unit in &component.units {
                let area = problem.area[*unit as usize];
                row.weight[*unit as usize] += (band.least + band.most) * area * row.per_square;
            }
            row.constant -= band.least * band.most * row.per_square;
        }
        self
    }
}
