//! Zones concentrated enough (C11) where the best zone is too scattered: the least bonus for land in and beside large blocks
//! that suffices, searched for from nothing, or followed from the one that sufficed before.

use rayon::prelude::*;

use super::area::search;
use super::clusters::settle;
use super::energy::{Energy, Prices};
use super::problem::{Problem, gap};
use super::relax::{FALLS, Relaxation};
use super::solve::{NEAR, before, finish};
use super::state::State;
use crate::progress::Monitor;

/// How much dearer boundary is made to find zones that are more concentrated.
const TILTS: [f64; 4] = [1.5, 2.25, 4.0, 8.0];
/// How much land in or beside a large block is made dearer to the same end, relative to the spread of scores.
const BONUSES: [f64; 8] = [1.0 / 16.0, 1.0 / 8.0, 1.0 / 4.0, 1.0 / 2.0, 1.0, 2.0, 4.0, 8.0];
/// How often the least bonus that suffices is bracketed more closely.
const BONUS_ROUNDS: usize = 4;
/// How much dearer the bonus becomes at most from one look to the next, or cheaper.
const STRIDE: f64 = 4.0;
/// By how much concentration grows with the logarithm of the bonus, where no two looks tell.
const SLOPE: f64 = 0.15;
/// A bonus that suffices and one that does not are near enough when the one is less than so many times the other.
const NARROW: f64 = 1.15;
/// How near to the price of area that fits best each look comes: the bound at a bonus is of no use in itself.
const SLACK: f64 = 10.0 * FALLS;
/// Most bonuses looked at.
const LOOKS: usize = 8;

/// The bonus that sufficed, with its cut to go on from.
#[derive(Clone)]
pub(super) struct Lean {
    /// As [`block_shares`].
    nearness: Vec<f64>,
    /// Relative to the spread of scores.
    factor: f64,
    relaxation: Relaxation,
}

impl Lean {
    /// Cuts with the bonus of `nearness` at `factor`, at the price of area that fits.
    fn new(
        energy: &Energy<'_>,
        prices: &Prices,
        nearness: Vec<f64>,
        factor: f64,
        monitor: &dyn Monitor,
    ) -> Option<Self> {
        let cut = energy.leaning(bonus(energy, &nearness, factor));
        let found = search(&cut, &energy.problem.lock, &base(prices), monitor).ok()?;
        let mut relaxation = Relaxation::new(&cut, found.prices);
        relaxation.hurry(SLACK);
        relaxation.solve(monitor).ok()?;
        Some(Self { nearness, factor, relaxation })
    }

    /// The least bonus, for the blocks of `zone`.
    pub(super) fn from_zone(
        energy: &Energy<'_>,
        prices: &Prices,
        zone: Vec<bool>,
        monitor: &dyn Monitor,
    ) -> Option<Self> {
        Self::new(energy, prices, block_shares(&State::new(energy, zone)), BONUSES[0], monitor)
    }

    /// Follows a problem whose links, or what they cost, have changed.
    pub(super) fn rewire(&mut self, energy: &Energy<'_>) {
        self.relaxation.rewire(energy);
    }

    /// The bonus is for the blocks of `zone` as they are now.
    pub(super) fn look_at(&mut self, energy: &Energy<'_>, zone: &[bool]) {
        self.nearness = block_shares(&State::new(energy, zone.to_vec()));
    }

    /// The zones under the least bonus that suffices now, from the one that did before.
    pub(super) fn again<'e, 'p>(
        &mut self,
        energy: &'e Energy<'p>,
        monitor: &dyn Monitor,
    ) -> Vec<State<'e, 'p>> {
        let mut at = self.factor;
        let mut cut = energy.leaning(bonus(energy, &self.nearness, at));
        self.relaxation.follow(&cut);
        // The least bonus known to suffice, with its cut and prices, and the largest known not to.
        let (mut high, mut low): (Option<(f64, Energy<'_>, Prices)>, Option<f64>) = (None, None);
        let mut trend = Trend::default();
        for _ in 0..LOOKS {
            if self.relaxation.settle(&cut, f64::NEG_INFINITY, monitor).is_err() {
                return Vec::new();
            }
            let mut state = State::new(energy, self.start());
            settle(&mut state, self.relaxation.prices().area);
            let spare = state.concentration() / energy.problem.concentration_min - 1.0;
            if spare >= 0.0 {
                high = Some((at, cut, self.relaxation.prices().clone()));
            } else {
                low = Some(at);
            }
            let suffices = trend.zero(at, spare);
            let (above, below) = (suffices * NARROW.sqrt(), suffices / NARROW.sqrt());
            at = match (low, &high) {
                (Some(low), Some((high, ..))) if *high <= low * NARROW * 1.001 => break,
                (Some(low), Some((high, ..))) if below <= low || above >= *high => (low * high).sqrt(),
                (Some(_), Some((high, ..))) if above * NARROW.sqrt() >= *high => below,
                (_, None) => above.clamp(at * NARROW, at * STRIDE),
                (None, _) => below.clamp(at / STRIDE, at / NARROW),
                _ => above,
            };
            cut = energy.leaning(bonus(energy, &self.nearness, at));
            let prices = self.relaxation.prices().clone();
            self.relaxation.set_prices(&cut, prices);
        }
        let Some((factor, cut, prices)) = high else { return Vec::new() };
        // Back to it, should another one have been looked at since: the cut is the same, whatever the way there.
        self.factor = factor;
        self.relaxation.set_prices(&cut, prices);
        if self.relaxation.solve(monitor).is_err() {
            return Vec::new();
        }
        finish(energy, &cut, &self.relaxation, self.start(), f64::INFINITY, monitor)
    }

    fn start(&self) -> Vec<bool> {
        if self.relaxation.prices().area < 0.0 {
            self.relaxation.largest()
        } else {
            self.relaxation.smallest()
        }
    }
}

/// How concentration follows the bonus, from the last two looks.
#[derive(Default)]
struct Trend {
    last: Option<(f64, f64)>,
}

impl Trend {
    /// The bonus at which nothing is to spare, when at `factor` it is `spare`.
    fn zero(&mut self, factor: f64, spare: f64) -> f64 {
        let slope = self.last.map(|(other, before)| (spare - before) / (factor / other).ln());
        self.last = Some((factor, spare));
        factor * (-spare / slope.filter(|s| *s > SLOPE / 4.0).unwrap_or(SLOPE)).exp()
    }
}

/// The prices that a bonus starts from.
fn base(prices: &Prices) -> Prices {
    Prices { area: 0.0, blocks: 0.0, ..prices.clone() }
}

/// Mean worth of land, signs aside.
fn spread(problem: &Problem) -> f64 {
    problem.value.iter().map(|v| v.abs()).sum::<f64>() / problem.area.iter().sum::<f64>()
}

/// What each unit gains more by being in.
fn bonus<'a>(energy: &'a Energy<'_>, nearness: &'a [f64], factor: f64) -> impl Fn(usize) -> f64 + 'a {
    let per_area = factor * spread(energy.problem);
    move |unit| per_area * nearness[unit] * energy.problem.area[unit]
}

/// Where the best zone is too scattered for the limit on concentration and what was found instead is far from the bound:
/// zones that are best when boundary, or land in and beside large blocks, is dearer. The least such bonus that suffices is
/// searched for.
pub(super) fn concentrated<'e, 'p>(
    energy: &'e Energy<'p>,
    prices: &Prices,
    best: Option<&State<'e, 'p>>,
    bound: f64,
    monitor: &dyn Monitor,
) -> (Vec<State<'e, 'p>>, Option<Lean>) {
    let problem = energy.problem;
    let near = best.is_some_and(|b| gap(bound, b.objective(), before(energy)) < NEAR);
    if problem.concentration_min <= 0.0 || near {
        return (Vec::new(), None);
    }
    let base = base(prices);
    let finished = |tilted: Problem| -> Vec<State<'e, 'p>> {
        let cut = Energy::new(&tilted);
        let Ok(found) = search(&cut, &tilted.lock, &base, monitor) else { return Vec::new() };
        let start = if found.prices.area < 0.0 { found.larger } else { found.smaller };
        let relaxation = Relaxation::new(&cut, found.prices);
        finish(energy, &cut, &relaxation, start, f64::INFINITY, monitor)
    };
    let mut all: Vec<State<'e, 'p>> = TILTS
        .par_iter()
        .flat_map_iter(|factor| finished(Problem { lambda: factor * problem.lambda, ..problem.clone() }))
        .collect();
    let spread = spread(problem);
    // Σ (block area)² grows by what a unit adds to its block, so to first order land counts by the area of the block
    // it belongs to. Which blocks there are is taken from the best zone so far.
    let mut leaning = None;
    for _ in 0..2 {
        let admissible = all.iter().filter(|state| state.admissible()).chain(best);
        let reference = admissible
            .max_by(|a, b| a.objective().total_cmp(&b.objective()))
            .cloned()
            .unwrap_or_else(|| State::new(energy, problem.in_zone.clone()));
        let nearness = block_shares(&reference);
        let with_bonus = |factor: f64| {
            let bonus = |i: usize| problem.value[i] + factor * spread * nearness[i] * problem.area[i];
            finished(Problem { value: (0..energy.len()).map(bonus).collect(), ..problem.clone() })
        };
        let tried: Vec<Vec<State<'e, 'p>>> = BONUSES.par_iter().map(|factor| with_bonus(*factor)).collect();
        let enough = tried.iter().position(|states| states.iter().any(State::admissible));
        let (mut low, mut high) = match enough {
            Some(at) => (if at > 0 { BONUSES[at - 1] } else { 0.0 }, BONUSES[at]),
            None => (0.0, 0.0),
        };
        all.extend(tried.into_iter().flatten());
        for _ in 0..if enough.is_some() { BONUS_ROUNDS } else { 0 } {
            let middle = f64::midpoint(low, high);
            let states = with_bonus(middle);
            if states.iter().any(State::admissible) {
                high = middle;
            } else {
                low = middle;
            }
            all.extend(states);
        }
        if enough.is_some() {
            leaning = Some((nearness, high));
        }
    }
    let lean = leaning.and_then(|(nearness, factor)| Lean::new(energy, prices, nearness, factor, monitor));
    (all, lean)
}

/// For each unit, the area of its block, or of the largest block it adjoins, as a share of the largest block of all.
fn block_shares(state: &State<'_, '_>) -> Vec<f64> {
    let area = |unit: usize| state.block_of(unit).map_or(0.0, |(_, area, _)| area);
    let largest = (0..state.x.len()).map(area).fold(f64::MIN_POSITIVE, f64::max);
    let share = |unit: usize| area(unit) / largest;
    (0..state.x.len())
        .map(|unit| {
            let around =
                state.energy.neighbours(unit).iter().filter(|n| n.contiguous).map(|n| share(n.unit as usize));
            around.fold(share(unit), f64::max)
        })
        .collect()
}
