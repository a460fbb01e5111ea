//! Zones concentrated enough (C11) where the best zone is too scattered.
//!
//! The sum of the squared areas of blocks grows, to first order, by twice the area of its block for each unit of land that
//! joins one. So land in and beside the large blocks of a zone that is there gets a bias, in proportion to the area of the
//! block, and the least such bias that suffices is searched for; around the zone found, the next one.

use super::area::search;
use super::clusters::repair_blocks;
use super::energy::{Energy, Prices};
use super::problem::Problem;
use super::relax::{FALLS, Relaxation};
use super::repair::repair;
use super::state::State;
use crate::progress::Monitor;

/// The bias to begin with, relative to the spread of scores.
const FIRST: f64 = 1.0 / 16.0;
/// How much stronger the bias becomes at most from one look to the next, or weaker.
const STRIDE: f64 = 4.0;
/// By how much concentration grows with the logarithm of the bias, where no two looks tell.
const SLOPE: f64 = 0.15;
/// A bias that suffices and one that does not are near enough when the one is less than so many times the other.
const NARROW: f64 = 1.15;
/// How near to the price of area that fits best each look comes: the bound under a bias is of no use in itself.
const SLACK: f64 = 10.0 * FALLS;
/// Most looks.
const LOOKS: usize = 8;

/// The bias that sufficed, with its cut to go on from.
#[derive(Clone)]
pub(super) struct ConcentrationBias {
    /// As [`block_shares`].
    nearness: Vec<f64>,
    /// Relative to the spread of scores.
    factor: f64,
    relaxation: Relaxation,
}

impl ConcentrationBias {
    /// A weak bias towards the blocks of `zone`, at the price of area that fits; none when told to stop.
    pub(super) fn new(
        energy: &Energy<'_>,
        prices: &Prices,
        zone: &[bool],
        monitor: &dyn Monitor,
    ) -> Option<Self> {
        let (nearness, factor) = (block_shares(&State::new(energy, zone.to_vec())), FIRST);
        let cut = energy.biased(bonus(energy, &nearness, factor));
        let found = search(&cut, &energy.problem.lock, &base(prices), monitor).ok()?;
        let mut relaxation = Relaxation::new(&cut, found.prices);
        relaxation.hurry(SLACK);
        relaxation.solve(monitor).ok()?;
        Some(Self { nearness, factor, relaxation })
    }

    /// Follows a problem whose links, or what they cost, have changed.
    pub(super) fn rewire(&mut self, energy: &Energy<'_>) {
        self.relaxation.rewire(energy);
    }

    /// The bias is towards the blocks of `zone` from now on.
    pub(super) fn look_at(&mut self, energy: &Energy<'_>, zone: &[bool]) {
        self.nearness = block_shares(&State::new(energy, zone.to_vec()));
    }

    /// The zones under the least bias that suffices now, from the one that did before.
    pub(super) fn again<'e, 'p>(
        &mut self,
        energy: &'e Energy<'p>,
        monitor: &dyn Monitor,
    ) -> Vec<State<'e, 'p>> {
        let mut at = self.factor;
        let mut cut = energy.biased(bonus(energy, &self.nearness, at));
        self.relaxation.follow(&cut);
        // The weakest bias known to suffice, with its cut and prices, and the largest known not to.
        let (mut high, mut low): (Option<(f64, Energy<'_>, Prices)>, Option<f64>) = (None, None);
        let mut trend = Trend::default();
        for _ in 0..LOOKS {
            if self.relaxation.solve_area_price(&cut, f64::NEG_INFINITY, monitor).is_err() {
                return Vec::new();
            }
            let mut state = State::new(energy, self.start());
            repair_blocks(&mut state, self.relaxation.prices().area);
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
            cut = energy.biased(bonus(energy, &self.nearness, at));
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
        repair(energy, &cut, &self.relaxation, self.start(), f64::INFINITY, monitor)
    }

    fn start(&self) -> Vec<bool> {
        if self.relaxation.prices().area < 0.0 {
            self.relaxation.largest()
        } else {
            self.relaxation.smallest()
        }
    }
}

/// How concentration follows the bias, from the last two looks.
#[derive(Default)]
struct Trend {
    last: Option<(f64, f64)>,
}

impl Trend {
    /// The bias at which nothing is to spare, when at `factor` it is `spare`.
    fn zero(&mut self, factor: f64, spare: f64) -> f64 {
        let slope = self.last.map(|(other, before)| (spare - before) / (factor / other).ln());
        self.last = Some((factor, spare));
        factor * (-spare / slope.filter(|s| *s > SLOPE / 4.0).unwrap_or(SLOPE)).exp()
    }
}

/// The multipliers that a bias starts from.
fn base(prices: &Prices) -> Prices {
    Prices { area: 0.0, blocks: 0.0, concentration: 0.0, ..prices.clone() }
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

/// For each unit, the area of its block, or of the largest block it adjoins, as a share of the largest block of all.
fn block_shares(state: &State<'_, '_>) -> Vec<f64> {
    let parts = |unit: usize| state.energy.problem.parts.of(unit as u32).map(|part| part as usize);
    let area = |unit: usize| {
        let blocks = parts(unit).filter_map(|part| state.block_of(part));
        blocks.map(|(_, block)| block.area).fold(0.0, f64::max)
    };
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
