//! The multipliers of the knapsack: where the choices are worth least with what limits allow added.
//!
//! D(π) = Σ_K max over the choices of K of their worth at π, + π · limits, is convex and made of few choices, so thousands of steps
//! cost less than one cut. Steps go against the subgradient, each as long as would lead to `target` if D were linear (Polyak,
//! 1969), and shorter when that has not helped for a while.

use super::{AREA, BLOCKS, Knapsack, LIMITS, MOVED, SQUARES, UNITS, add, worth};
use crate::optimise::energy::Prices;

/// Steps.
const STEPS: usize = 600;
/// Steps without a better value after which they become shorter.
const PATIENCE: usize = 15;
/// By what factor.
const SHORTER: f64 = 0.6;
/// Steps shorter than this share of the first ones find nothing more.
const SHORTEST: f64 = 0.02;

/// One multiplier with its limit.
struct Axis {
    /// What the sum may be at most where the multiplier is positive, and has to be at least where it is negative.
    most: f64,
    least: f64,
    /// The multiplier lies between these.
    low: f64,
    high: f64,
    /// What is usual of the sum.
    scale: f64,
}

pub(super) struct Dual<'k, 'e, 'p> {
    knapsack: &'k Knapsack<'e, 'p>,
    axes: Vec<Axis>,
    tangent: f64,
}

/// The place of concentration among the multipliers.
const CONCENTRATION: usize = SQUARES;

impl<'k, 'e, 'p> Dual<'k, 'e, 'p> {
    pub(super) fn new(knapsack: &'k Knapsack<'e, 'p>) -> Self {
        let p = knapsack.energy.problem;
        let tangent = 0.5 * (p.area_min + p.area_max);
        let base = &knapsack.base;
        let axis = |least: f64, most: f64, cap: f64| {
            let size = |limit: f64| if limit.is_finite() { limit.abs() } else { 0.0 };
            Axis {
                most,
                least,
                low: if least.is_finite() { -cap } else { 0.0 },
                high: if most.is_finite() { cap } else { 0.0 },
                scale: size(least).max(size(most)).max(1e-9),
            }
        };
        let (none, free) = (f64::NEG_INFINITY, f64::INFINITY);
        let number = |most: usize| if most == usize::MAX { free } else { most as f64 };
        let mut axes = vec![
            axis(p.area_min - base[AREA], p.area_max - base[AREA], free),
            axis(none, p.moved_area_max - base[MOVED], free),
            axis(none, number(p.moved_units_max) - base[UNITS], free),
            axis(none, number(p.blocks_max) - base[BLOCKS], free),
        ];
        // By how many points a zone is below the index asked for may be 0 at most.
        let priced = p.concentration_min > 0.0 && tangent.is_finite() && tangent > 0.0;
        let most_price = knapsack.energy.concentration().map_or(0.0, |row| row.most);
        let index = Axis { scale: p.concentration_min.max(1e-9), ..axis(none, 0.0, most_price) };
        axes.push(if priced { index } else { axis(none, free, 0.0) });
        axes.extend(p.limits.iter().enumerate().map(|(at, limit)| {
            axis(limit.least - base[LIMITS + at], limit.most - base[LIMITS + at], limit.price)
        }));
        Self { knapsack, axes, tangent }
    }

    /// The value at the multipliers and by how much it rises with each.
    fn value(&self, multipliers: &[f64]) -> (f64, Vec<f64>) {
        let p = self.knapsack.energy.problem;
        let prices = as_prices(multipliers);
        let mut value = self.knapsack.energy.constant;
        let mut sums = vec![0.0; self.axes.len()];
        for choices in &self.knapsack.choices {
            let mut best = (f64::NEG_INFINITY, 0);
            for (at, choice) in choices.iter().enumerate() {
                let worth = worth(p, choice, &prices);
                if worth > best.0 {
                    best = (worth, at);
                }
            }
            value += best.0;
            add(&mut sums, 1.0, &choices[best.1]);
        }
        if self.axes[CONCENTRATION].high > 0.0 {
            let points = 100.0 * sums[SQUARES] / (self.tangent * self.tangent)
                - 2.0 * p.concentration_min * sums[AREA] / self.tangent
                + p.concentration_min;
            sums[CONCENTRATION] = -points;
            value += multipliers[CONCENTRATION] * p.concentration_min;
        }
        let mut slopes = vec![0.0; self.axes.len()];
        for (at, (axis, multiplier)) in self.axes.iter().zip(multipliers).enumerate() {
            if at != CONCENTRATION && *multiplier != 0.0 {
                value += multiplier * if *multiplier > 0.0 { axis.most } else { axis.least };
            }
            let (above, below) = (axis.most - sums[at], axis.least - sums[at]);
            // At 0 both limits have a say: the one that is not kept.
            slopes[at] = match multiplier {
                m if *m > 0.0 => above,
                m if *m < 0.0 => below,
                _ if above < 0.0 => above,
                _ if below > 0.0 => below,
                _ => 0.0,
            };
        }
        (value, slopes)
    }

    /// The multipliers of the least value found, from `prices` on.
    pub(super) fn least(&self, prices: &Prices, target: f64) -> Prices {
        let mut now = as_multipliers(prices);
        for (multiplier, axis) in now.iter_mut().zip(&self.axes) {
            *multiplier = multiplier.clamp(axis.low, axis.high);
        }
        let (mut value, mut slopes) = self.value(&now);
        let mut best = (value, now.clone());
        let (mut share, mut waited) = (1.0, 0);
        for _ in 0..STEPS {
            let scaled = || self.axes.iter().zip(&slopes).map(|(axis, slope)| slope / axis.scale);
            let length: f64 = scaled().map(|slope| slope * slope).sum();
            if length == 0.0 || value <= target || share < SHORTEST {
                break;
            }
            let by = share * (value - target) / length;
            let steps: Vec<f64> = scaled().map(|slope| by * slope).collect();
            for ((multiplier, axis), step) in now.iter_mut().zip(&self.axes).zip(steps) {
                *multiplier = (*multiplier - step / axis.scale).clamp(axis.low, axis.high);
            }
            (value, slopes) = self.value(&now);
            waited += 1;
            if value < best.0 {
                best = (value, now.clone());
                waited = 0;
            } else if waited == PATIENCE {
                (share, waited) = (share * SHORTER, 0);
                now.clone_from(&best.1);
                (value, slopes) = self.value(&now);
            }
        }
        as_prices(&best.1)
    }
}

fn as_multipliers(prices: &Prices) -> Vec<f64> {
    let mut all = vec![prices.area, prices.moved, prices.units, prices.blocks, prices.concentration];
    all.extend(&prices.limits);
    all
}

fn as_prices(multipliers: &[f64]) -> Prices {
    Prices {
        area: multipliers[AREA],
        moved: multipliers[MOVED],
        units: multipliers[UNITS],
        blocks: multipliers[BLOCKS],
        concentration: multipliers[CONCENTRATION],
        limits: multipliers[LIMITS..].to_vec(),
    }
}
