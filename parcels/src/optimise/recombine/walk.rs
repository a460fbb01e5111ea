//! One choice for each component, changed as long as that gains: singly, then in pairs, with limits that are missed paid for at prices
//! that rise until they are kept.

use super::{AREA, BLOCKS, Knapsack, LIMITS, MOVED, SQUARES, UNITS, add, add_to};
use crate::optimise::energy::Prices;
use crate::optimise::problem::SLACK;
use crate::progress::Monitor;

/// How often prices of limits rise.
const RISES: usize = 14;
/// By what factor.
const RISE: f64 = 3.0;
/// Most changes that are tried in pairs: those that lose least by themselves.
const PAIRED: usize = 300;
/// Most pairs that are changed in all.
const PAIRS: usize = 20;
/// What counts as a gain, as a share of what is to be gained at most.
const LEAST_GAIN: f64 = 1e-7;

/// One choice for each component under change.
pub(super) struct Walk<'k, 'e, 'p> {
    knapsack: &'k Knapsack<'e, 'p>,
    chosen: Vec<usize>,
    value: f64,
    sums: Vec<f64>,
    /// What missing a limit by one unit costs, in the order of the sums, concentration in the place of squares.
    weights: Vec<f64>,
    /// What is paid for the limits missed, in the same order.
    paid: Vec<f64>,
    /// All that is paid for the problem's other limits.
    paid_for_limits: f64,
    least_gain: f64,
}

/// Choices of one or two components to be changed: the component and the choice to take.
type Change<'a> = &'a [(usize, usize)];

impl<'k, 'e, 'p> Walk<'k, 'e, 'p> {
    pub(super) fn new(
        knapsack: &'k Knapsack<'e, 'p>,
        chosen: Vec<usize>,
        prices: &Prices,
        gains: f64,
    ) -> Self {
        let problem = knapsack.energy.problem;
        let mut sums = knapsack.base.clone();
        let mut value = knapsack.energy.constant;
        for (choices, at) in knapsack.choices.iter().zip(&chosen) {
            value += choices[*at].value;
            add(&mut sums, 1.0, &choices[*at]);
        }
        let scale = |limit: f64| if limit.is_finite() && limit > 0.0 { 0.2 * gains / limit } else { gains };
        let mut weights = vec![
            2.0 * prices.area.abs() + scale(problem.area_max),
            2.0 * prices.moved + scale(problem.moved_area_max),
            2.0 * prices.units + scale(problem.moved_units_max as f64),
            2.0 * prices.blocks + scale(problem.blocks_max as f64),
            2.0 * prices.concentration + scale(problem.concentration_min),
        ];
        let of_limits = problem.limits.iter().zip(&prices.limits);
        weights.extend(of_limits.map(|(limit, price)| 2.0 * price.abs() + scale(limit.most)));
        let least_gain = LEAST_GAIN * gains.max(1e-9);
        let paid = vec![0.0; weights.len()];
        let mut walk =
            Self { knapsack, chosen, value, sums, weights, paid, paid_for_limits: 0.0, least_gain };
        walk.pay();
        walk
    }

    /// How far the first sums miss their limits, and what the index misses of its own.
    fn missed(&self, sums: &[f64; LIMITS]) -> [f64; LIMITS] {
        let problem = self.knapsack.energy.problem;
        let beyond = |sum: f64, most: f64| if sum > most * (1.0 + 0.5 * SLACK) { sum - most } else { 0.0 };
        let short = |sum: f64, least: f64| if sum < least * (1.0 - 0.5 * SLACK) { least - sum } else { 0.0 };
        let area = sums[AREA];
        let index = if area > 0.0 { 100.0 * sums[SQUARES] / (area * area) } else { 0.0 };
        let mut missed = [0.0; LIMITS];
        missed[AREA] = short(area, problem.area_min) + beyond(area, problem.area_max);
        missed[MOVED] = beyond(sums[MOVED], problem.moved_area_max);
        missed[UNITS] = beyond(sums[UNITS], problem.moved_units_max as f64);
        missed[BLOCKS] = beyond(sums[BLOCKS], problem.blocks_max as f64);
        missed[SQUARES] = short(index, problem.concentration_min);
        missed
    }

    /// The sums that every problem has.
    fn first_sums(&self) -> [f64; LIMITS] {
        std::array::from_fn(|at| self.sums[at])
    }

    /// The price of one of the first limits: concentration may be missed at a price.
    fn price(&self, at: usize) -> f64 {
        if at == SQUARES { self.knapsack.energy.problem.concentration_price } else { f64::INFINITY }
    }

    fn paid_for(&self, missed: &[f64; LIMITS]) -> f64 {
        (0..LIMITS)
            .filter(|at| missed[*at] > 0.0)
            .map(|at| missed[at] * self.price(at).min(self.weights[at]))
            .sum()
    }

    /// What one of the problem's other limits costs at this sum.
    fn paid_for_limit(&self, limit: usize, sum: f64) -> f64 {
        let rule = &self.knapsack.energy.problem.limits[limit];
        let off = rule.off(sum);
        if off > 0.0 { off * rule.price.min(self.weights[LIMITS + limit]) } else { 0.0 }
    }

    /// Pays for what is missed now.
    fn pay(&mut self) {
        for limit in 0..self.weights.len() - LIMITS {
            self.paid[LIMITS + limit] = self.paid_for_limit(limit, self.sums[LIMITS + limit]);
        }
        self.paid_for_limits = self.paid[LIMITS..].iter().sum();
    }

    /// What the choices are worth now, with what is missed paid for.
    fn merit(&self) -> f64 {
        self.value - self.paid_for(&self.missed(&self.first_sums())) - self.paid_for_limits
    }

    /// What they are worth after a change that gains `gain` by itself. `touched` is room to work in.
    fn merit_after(&self, change: Change<'_>, gain: f64, touched: &mut Vec<(u32, f64)>) -> f64 {
        let mut sums = self.first_sums();
        touched.clear();
        for (component, to) in change {
            let choices = &self.knapsack.choices[*component];
            for (sign, choice) in [(-1.0, &choices[self.chosen[*component]]), (1.0, &choices[*to])] {
                sums.iter_mut().zip(&choice.sums).for_each(|(sum, own)| *sum += sign * own);
                choice.limits.iter().for_each(|(limit, own)| add_to(touched, *limit, sign * own));
            }
        }
        let mut paid = self.paid_for(&self.missed(&sums)) + self.paid_for_limits;
        for (limit, by) in touched.iter() {
            let limit = *limit as usize;
            paid += self.paid_for_limit(limit, self.sums[LIMITS + limit] + by) - self.paid[LIMITS + limit];
        }
        self.value + gain - paid
    }

    /// What a change gains by itself.
    fn gain(&self, component: usize, to: usize) -> f64 {
        let choices = &self.knapsack.choices[component];
        choices[to].value - choices[self.chosen[component]].value
    }

    fn change(&mut self, component: usize, to: usize) {
        let choices = &self.knapsack.choices[component];
        let from = &choices[self.chosen[component]];
        self.value += choices[to].value - from.value;
        add(&mut self.sums, -1.0, from);
        add(&mut self.sums, 1.0, &choices[to]);
        self.chosen[component] = to;
        self.pay();
    }

    /// The limits that may not be missed and are, in the order of the weights.
    fn broken(&self) -> Vec<bool> {
        let missed = self.missed(&self.first_sums());
        let limits = &self.knapsack.energy.problem.limits;
        let others = limits.iter().zip(&self.sums[LIMITS..]);
        (0..LIMITS)
            .map(|at| missed[at] > 0.0 && self.price(at).is_infinite())
            .chain(others.map(|(limit, sum)| limit.off(*sum) > 0.0 && limit.price.is_infinite()))
            .collect()
    }

    pub(super) fn run(mut self, monitor: &dyn Monitor) -> Vec<usize> {
        let mut pairs = PAIRS;
        for _ in 0..RISES {
            self.improve_singly();
            while pairs > 0 && !monitor.cancelled() && self.improve_a_pair() {
                pairs -= 1;
                self.improve_singly();
            }
            let broken = self.broken();
            if !broken.contains(&true) || monitor.cancelled() {
                break;
            }
            for (weight, broken) in self.weights.iter_mut().zip(broken) {
                *weight *= if broken { RISE } else { 1.0 };
            }
            self.pay();
        }
        self.chosen
    }

    fn improve_singly(&mut self) {
        let knapsack = self.knapsack;
        let mut now = self.merit();
        let mut touched = Vec::new();
        loop {
            let mut changed = false;
            for &(component, to) in &knapsack.nearly_best {
                let gain = self.gain(component, to);
                // No merit is above the value.
                if to == self.chosen[component] || self.value + gain <= now + self.least_gain {
                    continue;
                }
                let then = self.merit_after(&[(component, to)], gain, &mut touched);
                if then > now + self.least_gain {
                    now = then;
                    self.change(component, to);
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Makes the first two changes found that gain together, of those that lose least by themselves at the multipliers.
    fn improve_a_pair(&mut self) -> bool {
        let knapsack = self.knapsack;
        let others = knapsack.nearly_best.iter().filter(|(component, to)| *to != self.chosen[*component]);
        let loss = |component: usize, to: usize| {
            knapsack.priced[component][self.chosen[component]] - knapsack.priced[component][to]
        };
        let mut changes: Vec<(f64, usize, usize)> =
            others.map(|(component, to)| (loss(*component, *to), *component, *to)).collect();
        changes.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        changes.truncate(PAIRED);
        let gains: Vec<f64> = changes.iter().map(|(_, component, to)| self.gain(*component, *to)).collect();
        let now = self.merit();
        // No merit is above the value.
        let least = now + self.least_gain - self.value;
        let mut touched = Vec::new();
        let mut found = None;
        'search: for (at, &(_, component, to)) in changes.iter().enumerate() {
            for (&(_, other, to_other), second) in changes[..at].iter().zip(&gains) {
                let gain = gains[at] + second;
                if gain <= least || other == component {
                    continue;
                }
                let both = [(component, to), (other, to_other)];
                if self.merit_after(&both, gain, &mut touched) > now + self.least_gain {
                    found = Some(both);
                    break 'search;
                }
            }
        }
        let Some(both) = found else { return false };
        both.iter().for_each(|(component, to)| self.change(*component, *to));
        true
    }
}
