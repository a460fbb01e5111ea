//! The indicators behind the scores: labels, weights, what normalisation took from the data, and the scores themselves.
//! [`crate::score`] has its own code for all of it; here each is computed from its definition (`domain.md` 2.5).

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Findings, Judged, Part};
use crate::message;
use crate::plan::{IndicatorRecord, PlanRecord};
use crate::score::{Direction, Indicator, Missing, Normalise, WeightMethod};

/// How often a pairwise matrix is multiplied by itself: its 4096th power has nothing but the principal direction left.
const SQUARINGS: usize = 12;
/// What the record may say beside what is computed here: firm rows are not at hand.
const OF_FIRM_ROWS: [&str; 2] = ["left_out_share", "left_out_rows"];

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let policy = judged.evidence.policy;
    let claimed: BTreeMap<&str, &IndicatorRecord> =
        record.indicators.iter().map(|i| (i.id.as_str(), i)).collect();
    let listed: Vec<&str> = record.indicators.iter().map(|i| i.id.as_str()).collect();
    let named: Vec<&str> = policy.indicators.keys().map(String::as_str).collect();
    findings.same("indicators", listed, named);
    for (id, indicator) in &policy.indicators {
        let Some(claimed) = claimed.get(id.as_str()) else { continue };
        for (what, claimed, stated) in [
            ("zh", &claimed.zh, &indicator.zh),
            ("en", &claimed.en, &indicator.en),
            ("unit", &claimed.unit, &indicator.unit),
        ] {
            findings.same(&format!("indicators[{id}].{what}"), claimed, stated);
        }
    }
    weights(&claimed, judged, findings);
    for part in judged.evidence.parts {
        match (policy.indicators.get(&part.id), claimed.get(part.id.as_str())) {
            (Some(indicator), Some(claimed)) => normal(part, indicator, claimed, judged, findings),
            _ => findings.error(format!("indicators[{}]", part.id), message!("finding-no-weight")),
        }
    }
    if !judged.evidence.parts.is_empty() {
        scores(&claimed, judged, findings);
    }
}

fn weights(claimed: &BTreeMap<&str, &IndicatorRecord>, judged: &Judged<'_>, findings: &mut Findings) {
    let policy = judged.evidence.policy;
    let ids = || policy.indicators.keys().map(String::as_str);
    let shares: BTreeMap<&str, f64> = match policy.weights.method {
        WeightMethod::Fixed => ids().zip(policy.indicators.values().map(|i| i.weight)).collect(),
        WeightMethod::Ahp => {
            let (order, matrix) = (&policy.weights.order, &policy.weights.matrix);
            if matrix.len() != order.len() || matrix.iter().any(|row| row.len() != order.len()) {
                return findings.error("indicators", message!("finding-matrix-misfit"));
            }
            order.iter().map(String::as_str).zip(principal(matrix)).collect()
        }
        WeightMethod::Entropy if judged.evidence.parts.is_empty() => return,
        WeightMethod::Entropy => {
            let found: Vec<(&str, f64)> = judged
                .evidence
                .parts
                .par_iter()
                .map(|part| (part.id.as_str(), information(&part.normalised)))
                .collect();
            let none = found.iter().all(|(_, share)| *share <= 0.0);
            found.into_iter().map(|(id, share)| (id, if none { 1.0 } else { share })).collect()
        }
    };
    let sum: f64 = shares.values().sum();
    for id in ids() {
        let Some(claimed) = claimed.get(id) else { continue };
        match shares.get(id) {
            Some(share) => findings.figure(&format!("indicators[{id}].weight"), claimed.weight, share / sum),
            None => findings.error(format!("indicators[{id}].weight"), message!("finding-not-in-matrix")),
        }
    }
}

/// The direction that high powers of a positive matrix turn everything to; it adds up to 1.
fn principal(matrix: &[Vec<f64>]) -> Vec<f64> {
    let size = matrix.len();
    let mut power = matrix.to_vec();
    for _ in 0..SQUARINGS {
        let sum: f64 = power.iter().flatten().sum();
        let cell = |i: usize, j: usize| (0..size).map(|k| power[i][k] / sum * (power[k][j] / sum)).sum();
        power = (0..size).map(|i| (0..size).map(|j| cell(i, j)).collect()).collect();
    }
    let rows: Vec<f64> = power.iter().map(|row| row.iter().sum()).collect();
    let sum: f64 = rows.iter().sum();
    rows.into_iter().map(|row| row / sum).collect()
}

/// 1 − entropy of the known values as shares of their sum, relative to the most it could be.
fn information(normalised: &[Option<f64>]) -> f64 {
    let z = ascending(normalised.iter().flatten().copied());
    let sum: f64 = z.iter().sum();
    if z.len() < 2 || sum <= 0.0 {
        return 0.0;
    }
    let entropy: f64 = z.iter().filter(|z| **z > 0.0).map(|z| -(z / sum) * (z / sum).ln()).sum();
    let left = 1.0 - entropy / (z.len() as f64).ln();
    // Less than this is rounding.
    if left < 1e-10 { 0.0 } else { left }
}

/// Sums are taken in this order, so that they do not hang on the order of the parcels.
fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.par_sort_unstable_by(f64::total_cmp);
    values
}

/// What normalisation has to know of an indicator's values.
pub(super) struct Known {
    sorted: Vec<f64>,
    min: f64,
    max: f64,
    mean: f64,
    sd: f64,
}

impl Known {
    /// None where nothing is known.
    pub(super) fn of(raw: &[Option<f64>], missing: Missing) -> Option<Self> {
        let value = |raw: &Option<f64>| raw.or((missing == Missing::Zero).then_some(0.0));
        let sorted = ascending(raw.iter().filter_map(value));
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let n = sorted.len() as f64;
        let mean = (sorted.iter().sum::<f64>() / n).clamp(min, max);
        let sd = (sorted.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        Some(Self { sorted, min, max, mean, sd })
    }

    /// As the record has to state it.
    pub(super) fn derived(known: Option<&Self>) -> BTreeMap<String, f64> {
        let figures = known.map_or_else(
            || vec![("n", 0.0)],
            |k| {
                vec![
                    ("n", k.sorted.len() as f64),
                    ("min", k.min),
                    ("max", k.max),
                    ("mean", k.mean),
                    ("sd", k.sd),
                ]
            },
        );
        figures.into_iter().map(|(name, figure)| (name.to_owned(), figure)).collect()
    }

    /// (Mid-rank − ½) ÷ n.
    fn rank_share(&self, x: f64) -> f64 {
        let below = self.sorted.partition_point(|y| *y < x);
        let equal = self.sorted[below..].partition_point(|y| *y <= x);
        (below as f64 + equal as f64 / 2.0) / self.sorted.len() as f64
    }

    /// 0 to 1, more is better.
    fn scaled(&self, x: f64, indicator: &Indicator) -> f64 {
        let lower = indicator.direction == Direction::Lower;
        let better = |share: f64| if lower { 1.0 - share } else { share };
        match indicator.normalise {
            Normalise::MinMax if self.min >= self.max => 0.5,
            Normalise::MinMax => better((x - self.min) / (self.max - self.min)),
            Normalise::Base { base, .. } if lower => 1.0 - x / base / 2.0,
            Normalise::Base { base, cap } => (x / base).min(cap) / cap,
            Normalise::Threshold { pass, excellent } => (x - pass) / (excellent - pass),
            Normalise::ZScore if self.min >= self.max || self.sd == 0.0 => 0.5,
            Normalise::ZScore => better(0.5 + (x - self.mean) / self.sd / 6.0),
            Normalise::Rank => better(self.rank_share(x)),
        }
        .clamp(0.0, 1.0)
    }
}

/// What normalisation took from the data, and every value it made.
fn normal(
    part: &Part,
    indicator: &Indicator,
    claimed: &IndicatorRecord,
    judged: &Judged<'_>,
    findings: &mut Findings,
) {
    let known = Known::of(&part.raw, indicator.missing);
    let what = |name: &str| format!("indicators[{}].derived.{name}", part.id);
    let derived = Known::derived(known.as_ref());
    for (name, found) in &derived {
        findings.figure_or_none(&what(name), claimed.derived.get(name).copied(), Some(*found));
    }
    for (name, figure) in claimed.derived.iter().filter(|(name, _)| !derived.contains_key(*name)) {
        let share = name != OF_FIRM_ROWS[0] || (0.0..=1.0).contains(figure);
        if !(OF_FIRM_ROWS.contains(&name.as_str()) && *figure >= 0.0 && share) {
            findings.error(what(name), message!("finding-no-figure", figure = *figure));
        }
    }
    let of_missing = match (&known, indicator.missing) {
        (Some(known), Missing::Mean) => Some(known.scaled(known.mean, indicator)),
        (Some(known), Missing::Zero) => Some(known.scaled(0.0, indicator)),
        _ => None,
    };
    let found: Vec<Option<f64>> = part
        .raw
        .par_iter()
        .map(|raw| raw.zip(known.as_ref()).map(|(x, known)| known.scaled(x, indicator)).or(of_missing))
        .collect();
    for ((claimed, found), parcel) in part.normalised.iter().zip(found).zip(judged.evidence.layer.parcels()) {
        // The words are only made where they are needed: there are millions of values.
        if !claimed.zip(found).map_or(*claimed == found, |(claimed, found)| super::agree(claimed, found)) {
            findings.figure_or_none(&format!("parcels[{}].part_{}", parcel.id, part.id), *claimed, found);
        }
    }
}

/// Scores again: 100 · Σ w z ÷ Σ w over the indicators known, where they carry enough of the weight.
fn scores(claimed: &BTreeMap<&str, &IndicatorRecord>, judged: &Judged<'_>, findings: &mut Findings) {
    let evidence = judged.evidence;
    findings.figure("indicators.weight", claimed.values().map(|i| i.weight).sum(), 1.0);
    let parts: Vec<(&Part, f64)> = evidence
        .parts
        .iter()
        .filter_map(|part| Some((part, claimed.get(part.id.as_str())?.weight)))
        .collect();
    for (at, claimed) in evidence.scores.iter().enumerate() {
        let (mut sum, mut known) = (0.0, 0.0);
        for (part, weight) in &parts {
            if let Some(z) = part.normalised[at] {
                sum += weight * z;
                known += weight;
            }
        }
        let enough = known > 0.0 && known >= evidence.policy.weights.known_share * (1.0 - super::ROUNDING);
        let found = enough.then(|| 100.0 * sum / known);
        if !claimed.zip(found).map_or(*claimed == found, |(claimed, found)| super::agree(claimed, found)) {
            let what = format!("parcels[{}].score", evidence.layer.parcels()[at].id);
            findings.figure_or_none(&what, *claimed, found);
        }
    }
}
