//! Raw values → 0 to 1, more is better. Everything is taken from the sorted values, so the order of the parcels has no
//! part in it, not even by rounding.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Direction, Indicator, Missing, Normalise};
use crate::message;
use crate::message::Message;

/// Standard deviations either side of the mean that are spread over 0 to 1.
const SPREAD_SD: f64 = 3.0;
/// Parcels below which a standard score says little.
const FEW_FOR_SD: usize = 10;

/// One indicator made comparable.
pub(super) struct Normal {
    pub(super) normalised: Vec<Option<f64>>,
    pub(super) percentile: Vec<Option<f64>>,
    pub(super) derived: BTreeMap<String, f64>,
    pub(super) notes: Vec<Message>,
}

/// Whether the indicator's parameters make sense; the error says why not.
pub(super) fn check(indicator: &Indicator) -> Result<(), Message> {
    if !(indicator.weight.is_finite() && indicator.weight >= 0.0) {
        return Err(message!("weight-below-zero", weight = indicator.weight));
    }
    let positive = |what: &str, value: f64| {
        let sound = value.is_finite() && value > 0.0;
        if sound { Ok(()) } else { Err(message!("has-to-be-above-zero", what = what, value = value)) }
    };
    match indicator.normalise {
        Normalise::Base { base, cap } => {
            positive("base", base)?;
            positive("cap", cap)
        }
        Normalise::Threshold { pass, excellent } if !(pass.is_finite() && excellent.is_finite()) => {
            Err(message!("pass-excellent-finite", pass = pass, excellent = excellent))
        }
        Normalise::Threshold { pass, excellent } if pass == excellent => {
            Err(message!("pass-excellent-differ", pass = pass))
        }
        Normalise::Threshold { pass, excellent }
            if indicator.direction == Direction::Lower && pass < excellent =>
        {
            Err(message!("pass-excellent-order", excellent = excellent, pass = pass))
        }
        _ => Ok(()),
    }
}

/// What the known values are like.
struct Summary {
    min: f64,
    max: f64,
    mean: f64,
    /// The population's: ÷ n.
    sd: f64,
}

/// Makes `raw` comparable as `indicator` says, which [`check`] has passed. A value that is missing and counts as zero
/// is known; one that is replaced by the mean takes no part in ranks or moments.
pub(super) fn normalise(indicator: &Indicator, raw: &[Option<f64>]) -> Normal {
    let value = |raw: Option<f64>| if indicator.missing == Missing::Zero { raw.or(Some(0.0)) } else { raw };
    let mut sorted: Vec<(f64, usize)> =
        raw.iter().enumerate().filter_map(|(at, raw)| value(*raw).map(|x| (x, at))).collect();
    sorted.par_sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let n = sorted.len();
    let mut derived = BTreeMap::from([("n".to_owned(), n as f64)]);
    let mut notes = Vec::new();
    let Some(of) = summary(&sorted) else {
        if !raw.is_empty() {
            notes.push(message!("known-for-no-parcel"));
        }
        let none = vec![None; raw.len()];
        return Normal { normalised: none.clone(), percentile: none, derived, notes };
    };
    for (name, figure) in [("min", of.min), ("max", of.max), ("mean", of.mean), ("sd", of.sd)] {
        derived.insert(name.to_owned(), figure);
    }
    let spreads = matches!(indicator.normalise, Normalise::MinMax | Normalise::ZScore);
    if spreads && of.min == of.max {
        notes.push(message!("same-wherever-known", value = of.min));
    } else if indicator.normalise == Normalise::ZScore && n < FEW_FOR_SD {
        notes.push(message!("standard-score-of-few", count = n, least = FEW_FOR_SD));
    }

    let mut shares = vec![None; raw.len()];
    for ties in sorted.chunk_by(|a, b| a.0 == b.0) {
        let share = mid_rank_share(&sorted, ties[0].0);
        for (_, at) in ties {
            shares[*at] = Some(share);
        }
    }
    let less_is_better = match indicator.normalise {
        Normalise::Threshold { pass, excellent } => pass > excellent,
        _ => indicator.direction == Direction::Lower,
    };
    let turn = |z: f64| if less_is_better { 1.0 - z } else { z };
    let scale = |x: f64, share: f64| {
        let z = match indicator.normalise {
            Normalise::MinMax if of.min == of.max => 0.5,
            Normalise::MinMax => turn((x - of.min) / (of.max - of.min)),
            Normalise::Base { base, .. } if less_is_better => (2.0 - x / base) / 2.0,
            Normalise::Base { base, cap } => x / base / cap,
            Normalise::Threshold { pass, excellent } => (x - pass) / (excellent - pass),
            Normalise::ZScore if of.min == of.max || of.sd == 0.0 => 0.5,
            Normalise::ZScore => turn(0.5 + (x - of.mean) / of.sd / (2.0 * SPREAD_SD)),
            Normalise::Rank => turn(share),
        };
        z.clamp(0.0, 1.0)
    };
    let of_mean =
        (indicator.missing == Missing::Mean).then(|| scale(of.mean, mid_rank_share(&sorted, of.mean)));
    Normal {
        normalised: raw
            .iter()
            .zip(&shares)
            .map(|(raw, share)| value(*raw).zip(*share).map(|(x, share)| scale(x, share)).or(of_mean))
            .collect(),
        percentile: shares.iter().map(|share| share.map(|s| 100.0 * turn(s))).collect(),
        derived,
        notes,
    }
}

/// The share of the sorted values that lie below `x`, half of those equal to it counted: for a value among them
/// (mid-rank − ½) ÷ n.
fn mid_rank_share(sorted: &[(f64, usize)], x: f64) -> f64 {
    let below = sorted.partition_point(|(y, _)| *y < x);
    let upto = sorted.partition_point(|(y, _)| *y <= x);
    (below + upto) as f64 / 2.0 / sorted.len() as f64
}

/// None of no values. Formulas keep values below 10¹⁵⁰, so no sum here overflows.
fn summary(sorted: &[(f64, usize)]) -> Option<Summary> {
    let (min, max) = (sorted.first()?.0, sorted.last()?.0);
    let n = sorted.len() as f64;
    // Rounding may carry a mean beyond its values, a constant column's above all.
    let mean = (sorted.iter().map(|(x, _)| x).sum::<f64>() / n).clamp(min, max);
    let variance = sorted.iter().map(|(x, _)| (x - mean) * (x - mean)).sum::<f64>() / n;
    Some(Summary { min, max, mean, sd: variance.sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indicator(toml: &str) -> Indicator {
        toml::from_str(&format!("formula = 'x'\n{toml}")).unwrap()
    }

    fn close(found: &[Option<f64>], expected: &[Option<f64>]) -> bool {
        found.len() == expected.len()
            && found.iter().zip(expected).all(|(f, e)| match (f, e) {
                (Some(f), Some(e)) => (f - e).abs() < 1e-12,
                (None, None) => true,
                _ => false,
            })
    }

    #[test]
    fn each_method_by_hand() {
        let x = [Some(1.0), Some(3.0), None, Some(5.0), Some(3.0)];
        // mean 3, sd √2, so 5 stands at 0.5 + 2 ÷ √2 ÷ 6.
        let z = 2.0_f64.sqrt() / 6.0;
        for (toml, [a, b, c]) in [
            ("normalise = {method = 'minmax'}", [0.0, 0.5, 1.0]),
            ("normalise = {method = 'minmax'}\ndirection = 'lower'", [1.0, 0.5, 0.0]),
            ("normalise = {method = 'base', base = 4}", [0.25, 0.75, 1.0]),
            ("normalise = {method = 'base', base = 2, cap = 1.5}", [1.0 / 3.0, 1.0, 1.0]),
            ("normalise = {method = 'base', base = 2}\ndirection = 'lower'", [0.75, 0.25, 0.0]),
            ("normalise = {method = 'threshold', pass = 2, excellent = 4}", [0.0, 0.5, 1.0]),
            ("normalise = {method = 'threshold', pass = 5, excellent = 1}", [1.0, 0.5, 0.0]),
            ("normalise = {method = 'zscore'}", [0.5 - z, 0.5, 0.5 + z]),
            ("normalise = {method = 'zscore'}\ndirection = 'lower'", [0.5 + z, 0.5, 0.5 - z]),
            ("", [0.125, 0.5, 0.875]),
            ("direction = 'lower'", [0.875, 0.5, 0.125]),
        ] {
            let indicator = indicator(toml);
            check(&indicator).unwrap();
            let found = normalise(&indicator, &x);
            let expected = [Some(a), Some(b), None, Some(c), Some(b)];
            assert!(close(&found.normalised, &expected), "{toml}: {:?}", found.normalised);
            assert_eq!(found.notes.len(), usize::from(toml.contains("zscore")), "{toml}");
        }
    }

    #[test]
    fn percentiles_point_in_the_better_direction() {
        let x = [Some(10.0), Some(20.0), Some(20.0), None, Some(40.0)];
        for (toml, [low, tied, high]) in [
            ("normalise = {method = 'minmax'}", [12.5, 50.0, 87.5]),
            ("normalise = {method = 'base', base = 9}\ndirection = 'lower'", [87.5, 50.0, 12.5]),
            ("normalise = {method = 'threshold', pass = 9, excellent = 1}", [87.5, 50.0, 12.5]),
        ] {
            let found = normalise(&indicator(toml), &x).percentile;
            assert!(
                close(&found, &[Some(low), Some(tied), Some(tied), None, Some(high)]),
                "{toml}: {found:?}"
            );
        }
    }

    #[test]
    fn missing_values_follow_the_policy_and_never_count_as_zero_unasked() {
        let x = [Some(2.0), None, Some(4.0)];
        let of = |missing: &str| {
            normalise(&indicator(&format!("normalise = {{method = 'minmax'}}\nmissing = '{missing}'")), &x)
        };
        let unknown = of("unknown");
        assert!(close(&unknown.normalised, &[Some(0.0), None, Some(1.0)]));
        assert_eq!((unknown.derived["min"], unknown.derived["n"], unknown.derived["mean"]), (2.0, 2.0, 3.0));
        let mean = of("mean");
        assert!(close(&mean.normalised, &[Some(0.0), Some(0.5), Some(1.0)]));
        assert_eq!((mean.percentile[1], mean.derived["n"], mean.derived["sd"]), (None, 2.0, 1.0));
        let zero = of("zero");
        assert!(close(&zero.normalised, &[Some(0.5), Some(0.0), Some(1.0)]));
        assert_eq!((zero.derived["min"], zero.derived["n"], zero.derived["mean"]), (0.0, 3.0, 2.0));
        assert!(close(&zero.percentile[1..2], &[Some(100.0 / 6.0)]));
    }

    #[test]
    fn constant_and_empty_columns_are_noted() {
        for toml in
            ["normalise = {method = 'minmax'}", "normalise = {method = 'zscore'}\ndirection = 'lower'"]
        {
            let constant = normalise(&indicator(toml), &[Some(0.1), None, Some(0.1), Some(0.1)]);
            assert_eq!(constant.normalised, [Some(0.5), None, Some(0.5), Some(0.5)]);
            assert_eq!(constant.notes, [message!("same-wherever-known", value = 0.1)]);
        }
        let empty = normalise(&indicator("missing = 'mean'"), &[None, None]);
        assert_eq!((empty.normalised, empty.percentile), (vec![None; 2], vec![None; 2]));
        assert_eq!(empty.notes, [message!("known-for-no-parcel")]);
        assert_eq!(empty.derived, BTreeMap::from([("n".to_owned(), 0.0)]));
    }

    #[test]
    fn losses_and_huge_values_stay_within_0_and_1() {
        let x = [Some(-9e149), Some(-1.0), Some(0.0), Some(9e149)];
        for method in [
            "method='minmax'",
            "method='base', base=1e-300",
            "method='zscore'",
            "method='rank'",
            "method='threshold', pass=-1e308, excellent=1e308",
        ] {
            for direction in ["higher", "lower"] {
                let toml = format!("normalise = {{{method}}}\ndirection = '{direction}'");
                for z in normalise(&indicator(&toml), &x).normalised {
                    assert!(z.is_some_and(|z| (0.0..=1.0).contains(&z)), "{toml}: {z:?}");
                }
            }
        }
        let loss = normalise(&indicator("normalise = {method = 'base', base = 2}"), &x);
        assert_eq!(loss.normalised[1], Some(0.0));
    }

    #[test]
    fn contradicting_parameters_are_refused() {
        for (toml, hint) in [
            ("normalise = {method = 'base', base = 0}", r#"(value: "0", what: "base")"#),
            ("normalise = {method = 'base', base = nan}", r#"(value: "NaN", what: "base")"#),
            ("normalise = {method = 'base', base = 1, cap = -1}", r#"(value: "-1", what: "cap")"#),
            ("normalise = {method = 'base', base = 1, cap = inf}", r#"(value: "inf", what: "cap")"#),
            ("normalise = {method = 'threshold', pass = 3, excellent = 3}", "pass-excellent-differ"),
            ("normalise = {method = 'threshold', pass = nan, excellent = 3}", "pass-excellent-finite"),
            (
                "normalise = {method = 'threshold', pass = 1, excellent = 3}\ndirection = 'lower'",
                "pass-excellent-order",
            ),
            ("weight = -1", r#"weight-below-zero (weight: "-1")"#),
            ("weight = inf", r#"(weight: "inf")"#),
        ] {
            let why = check(&indicator(toml)).unwrap_err();
            assert!(why.to_string().contains(hint), "{toml}: {why}");
        }
    }
}
