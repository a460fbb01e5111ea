//! How much each indicator counts: as stated, by entropy, or by pairwise comparison (AHP).

use super::{ScoreError, WeightMethod, Weights};
use crate::message;
use crate::message::{AsParam as _, Message};

/// Parcels below which entropy weights are unstable.
const FEW_FOR_ENTROPY: usize = 30;
/// Entropy weight below which an indicator hardly counts.
const HARDLY: f64 = 0.01;
/// Consistency ratio from which a pairwise matrix is refused (Saaty 1980).
const CR_LIMIT: f64 = 0.1;
/// Random index of Saaty (1980) for matrices of order 1 to 15; larger ones are held against the last.
const RANDOM_INDEX: [f64; 15] =
    [0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59];
/// How far a_ij · a_ji may be off 1: a policy file writes 1/7 as 0.14.
const RECIPROCAL_SLACK: f64 = 0.025;

/// What the weighting sees of an indicator.
pub(super) struct Standing<'a> {
    pub(super) id: &'a str,
    /// The weight stated with it.
    pub(super) stated: f64,
    pub(super) normalised: &'a [Option<f64>],
}

/// One weight an indicator, adding up to 1, and what a person should know about them.
pub(super) fn weigh(
    rule: &Weights,
    standings: &[Standing<'_>],
) -> Result<(Vec<f64>, Vec<Message>), ScoreError> {
    match rule.method {
        WeightMethod::Fixed => fixed(standings).map(|weights| (weights, Vec::new())),
        WeightMethod::Entropy => Ok(entropy(standings)),
        WeightMethod::Ahp => ahp(rule, standings),
    }
    .map_err(ScoreError::Weights)
}

fn fixed(standings: &[Standing<'_>]) -> Result<Vec<f64>, Message> {
    let sum: f64 = standings.iter().map(|s| s.stated).sum();
    if sum > 0.0 && sum.is_finite() {
        Ok(standings.iter().map(|s| s.stated / sum).collect())
    } else {
        Err(message!("weights-add-up", sum = sum))
    }
}

/// Entropy weights (`domain.md` 2.5): p = z ÷ Σ z, e = −Σ p ln p ÷ ln n, w ∝ 1 − e, each over the n parcels where
/// that indicator is known.
fn entropy(standings: &[Standing<'_>]) -> (Vec<f64>, Vec<Message>) {
    let mut notes = Vec::new();
    let mut divergences = Vec::with_capacity(standings.len());
    for standing in standings {
        let mut z: Vec<f64> = standing.normalised.iter().flatten().copied().collect();
        // In sorted order the sums do not depend on the order of the parcels.
        z.sort_unstable_by(f64::total_cmp);
        if z.len() < FEW_FOR_ENTROPY {
            notes.push(message!(
                "entropy-of-few",
                indicator = standing.id,
                count = z.len(),
                least = FEW_FOR_ENTROPY
            ));
        }
        divergences.push(divergence(&z));
    }
    let sum: f64 = divergences.iter().sum();
    if sum <= 0.0 {
        notes.push(message!("entropy-tells-nothing"));
        return (vec![1.0 / standings.len() as f64; standings.len()], notes);
    }
    let weights: Vec<f64> = divergences.iter().map(|d| d / sum).collect();
    for (standing, weight) in standings.iter().zip(&weights) {
        if *weight < HARDLY {
            notes.push(message!(
                "entropy-hardly-differs",
                indicator = standing.id,
                weight = message::number(*weight, 4)
            ));
        }
    }
    (weights, notes)
}

/// 1 − e of the values `z`; 0 where they tell nothing apart.
fn divergence(z: &[f64]) -> f64 {
    let sum: f64 = z.iter().sum();
    if z.len() < 2 || sum <= 0.0 {
        return 0.0;
    }
    let p_ln_p: f64 = z.iter().map(|z| z / sum).filter(|p| *p > 0.0).map(|p| p * p.ln()).sum();
    let divergence = 1.0 + p_ln_p / (z.len() as f64).ln();
    // Rounding leaves about 1e-16 a parcel of a constant indicator.
    if divergence < 1e-10 { 0.0 } else { divergence }
}

/// The principal eigenvector of the pairwise matrix, in the order of `standings`.
fn ahp(rule: &Weights, standings: &[Standing<'_>]) -> Result<(Vec<f64>, Vec<Message>), Message> {
    let (order, matrix) = (&rule.order, &rule.matrix);
    let mut sorted: Vec<&str> = order.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(standings.iter().map(|s| s.id)) {
        let named = match order.as_slice() {
            [] => message!("none").as_param(),
            order => message::list(order),
        };
        return Err(message!(
            "weights-order",
            named = named,
            indicators = message::list(standings.iter().map(|s| s.id))
        ));
    }
    check_reciprocal(order, matrix)?;
    let (vector, lambda) = principal(matrix);
    let n = order.len();
    let ratio = if n < 3 {
        0.0
    } else {
        (lambda - n as f64) / (n as f64 - 1.0) / RANDOM_INDEX[n.min(RANDOM_INDEX.len()) - 1]
    };
    // An absurd matrix overflows to NaN.
    if ratio.is_nan() || ratio >= CR_LIMIT {
        return Err(message!("weights-contradict", ratio = message::number(ratio, 3), limit = CR_LIMIT));
    }
    let weights = standings
        .iter()
        .filter_map(|s| order.iter().position(|name| name == s.id))
        .map(|at| vector[at])
        .collect();
    Ok((weights, vec![message!("ahp-consistency", ratio = message::number(ratio.max(0.0), 3))]))
}

fn check_reciprocal(order: &[String], matrix: &[Vec<f64>]) -> Result<(), Message> {
    let n = order.len();
    if matrix.len() != n {
        return Err(message!("weights-rows", rows = matrix.len(), names = n));
    }
    for (row, name) in matrix.iter().zip(order) {
        if row.len() != n {
            return Err(message!("weights-columns", name = name, values = row.len(), names = n));
        }
    }
    for (i, row) in matrix.iter().enumerate() {
        for (j, a) in row.iter().enumerate() {
            let cell = || message!("weights-cell", first = order[i], second = order[j]);
            if !(a.is_finite() && *a > 0.0) {
                return Err(message!("weights-cell-positive", cell = cell(), value = a));
            }
            if i == j && *a != 1.0 {
                return Err(message!("weights-cell-one", cell = cell(), value = a));
            }
            let mirrored = matrix[j][i];
            if (a * mirrored - 1.0).abs() > RECIPROCAL_SLACK {
                return Err(message!("weights-cell-mirrored", cell = cell(), value = a, mirrored = mirrored));
            }
        }
    }
    Ok(())
}

/// Principal eigenvector (adding up to 1) and eigenvalue of a positive matrix, by power iteration.
fn principal(matrix: &[Vec<f64>]) -> (Vec<f64>, f64) {
    let n = matrix.len() as f64;
    let mut vector = vec![1.0 / n; matrix.len()];
    let mut lambda = n;
    for _ in 0..1000 {
        let image: Vec<f64> =
            matrix.iter().map(|row| row.iter().zip(&vector).map(|(a, w)| a * w).sum()).collect();
        // The vector adds up to 1, so its image adds up to the eigenvalue.
        lambda = image.iter().sum();
        let next: Vec<f64> = image.iter().map(|w| w / lambda).collect();
        let moved: f64 = next.iter().zip(&vector).map(|(a, b)| (a - b).abs()).sum();
        vector = next;
        if moved < 1e-14 {
            break;
        }
    }
    (vector, lambda)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(notes: &[Message]) -> Vec<String> {
        notes.iter().map(ToString::to_string).collect()
    }

    fn ahp_of(order: &[&str], rows: &[&[f64]]) -> Result<(Vec<f64>, Vec<Message>), Message> {
        let rule = Weights {
            method: WeightMethod::Ahp,
            order: order.iter().map(|s| (*s).to_owned()).collect(),
            matrix: rows.iter().map(|row| row.to_vec()).collect(),
            known_share: 0.5,
        };
        let mut sorted = order.to_vec();
        sorted.sort_unstable();
        let standings: Vec<_> =
            sorted.iter().map(|id| Standing { id, stated: 1.0, normalised: &[] }).collect();
        ahp(&rule, &standings)
    }

    #[test]
    fn ahp_of_a_consistent_matrix_is_exact() {
        // 4 : 2 : 1, handed back in the order of the names.
        let (weights, notes) =
            ahp_of(&["rd", "area", "patents"], &[&[1.0, 2.0, 4.0], &[0.5, 1.0, 2.0], &[0.25, 0.5, 1.0]])
                .unwrap();
        for (found, expected) in weights.iter().zip([2.0 / 7.0, 1.0 / 7.0, 4.0 / 7.0]) {
            assert!((found - expected).abs() < 1e-12, "{weights:?}");
        }
        assert_eq!(said(&notes), ["ahp-consistency (ratio: 0.000)"]);
        assert_eq!(ahp_of(&["a"], &[&[1.0]]).unwrap().0, [1.0]);
        assert!((ahp_of(&["a", "b"], &[&[1.0, 3.0], &[1.0 / 3.0, 1.0]]).unwrap().0[0] - 0.75).abs() < 1e-12);
    }

    #[test]
    fn ahp_of_an_order_3_matrix_by_hand() {
        // [1 3 5; 1/3 1 3; 1/5 1/3 1]: of order 3 the eigenvector is exactly the geometric mean of the rows,
        // ∛15 : 1 : 1/∛15, and λ = 1 + t + 1/t with t = ∛(a12·a23/a13) = ∛1.8.
        let third = 1.0 / 3.0;
        let (weights, notes) =
            ahp_of(&["a", "b", "c"], &[&[1.0, 3.0, 5.0], &[third, 1.0, 3.0], &[0.2, third, 1.0]]).unwrap();
        let g = 15.0_f64.cbrt();
        let sum = g + 1.0 + 1.0 / g;
        for (found, expected) in weights.iter().zip([g / sum, 1.0 / sum, 1.0 / g / sum]) {
            assert!((found - expected).abs() < 1e-10, "{weights:?}");
        }
        assert!((weights[0] - 0.6370).abs() < 5e-5 && (weights[2] - 0.1047).abs() < 5e-5);
        let t = 1.8_f64.cbrt();
        let ratio = (1.0 + t + 1.0 / t - 3.0) / 2.0 / 0.58;
        assert_eq!(said(&notes), [format!("ahp-consistency (ratio: {ratio:.3})")]);
        assert!((ratio - 0.033).abs() < 5e-4);
    }

    #[test]
    fn ahp_of_saaty_s_wealth_of_nations() {
        // Saaty, A scaling method for priorities in hierarchical structures (1977): the wealth of seven nations,
        // eigenvector 0.427 0.230 0.021 0.052 0.052 0.123 0.094 with λ = 7.61.
        let (s, q, n) = (1.0 / 6.0, 0.25, 1.0 / 9.0);
        let (third, fifth, seventh) = (1.0 / 3.0, 0.2, 1.0 / 7.0);
        let (weights, notes) = ahp_of(
            &["1us", "2ussr", "3china", "4france", "5uk", "6japan", "7germany"],
            &[
                &[1.0, 4.0, 9.0, 6.0, 6.0, 5.0, 5.0],
                &[q, 1.0, 7.0, 5.0, 5.0, 3.0, 4.0],
                &[n, seventh, 1.0, fifth, fifth, seventh, fifth],
                &[s, fifth, 5.0, 1.0, 1.0, third, third],
                &[s, fifth, 5.0, 1.0, 1.0, third, third],
                &[fifth, third, 7.0, 3.0, 3.0, 1.0, 2.0],
                &[fifth, q, 5.0, 3.0, 3.0, 0.5, 1.0],
            ],
        )
        .unwrap();
        for (found, printed) in weights.iter().zip([0.427, 0.230, 0.021, 0.052, 0.052, 0.123, 0.094]) {
            assert!((found - printed).abs() < 5e-4, "{weights:?}");
        }
        // (7.608 − 7) ÷ 6 ÷ 1.32
        assert_eq!(said(&notes), ["ahp-consistency (ratio: 0.077)"]);
    }

    #[test]
    fn ahp_that_cannot_be_used_is_refused_with_the_reason() {
        let third = 1.0 / 3.0;
        for (rows, hint) in [
            (vec![vec![1.0, 5.0, 0.2], vec![0.2, 1.0, 5.0], vec![5.0, 0.2, 1.0]], "ratio: 2.759"),
            (
                vec![vec![1.0, 3.0, 5.0], vec![third, 1.0, 3.0], vec![0.2, 0.5, 1.0]],
                r#"weights-cell (first: "b", second: "c")"#,
            ),
            (vec![vec![1.0, 3.0, 5.0], vec![third, 2.0, 3.0], vec![0.2, third, 1.0]], "weights-cell-one"),
            (
                vec![vec![1.0, -3.0, 5.0], vec![third, 1.0, 3.0], vec![0.2, third, 1.0]],
                "weights-cell-positive",
            ),
            (vec![vec![1.0, 3.0], vec![third, 1.0], vec![0.2, third]], r#"weights-columns (name: "a""#),
            (vec![vec![1.0, 3.0, 5.0]], "rows: 1)"),
            (
                vec![vec![1.0, 1e300, 1e-300], vec![1e-300, 1.0, 1e300], vec![1e300, 1e-300, 1.0]],
                "weights-contradict",
            ),
        ] {
            let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
            let why = ahp_of(&["a", "b", "c"], &rows).unwrap_err();
            assert!(why.to_string().contains(hint), "{why}");
        }
        let rule = Weights { order: vec!["a".into(), "a".into()], ..Weights::default() };
        let standings = ["a", "b"].map(|id| Standing { id, stated: 1.0, normalised: &[] });
        let why = ahp(&rule, &standings).unwrap_err().to_string();
        assert_eq!(why, r#"weights-order (indicators: ["a", "b"], named: ["a", "a"])"#);
    }

    #[test]
    fn two_decimals_are_precise_enough_for_a_matrix() {
        for (a, written) in [(3.0, 0.33), (6.0, 0.17), (7.0, 0.14), (9.0, 0.11)] {
            assert!(ahp_of(&["a", "b"], &[&[1.0, a], &[written, 1.0]]).is_ok(), "1/{a} as {written}");
        }
    }

    #[test]
    fn entropy_by_hand() {
        // a: p = ¼, ¾: Σ p ln p = −0.562335, e = 0.562335 ÷ ln 2 = 0.811278, 1 − e = 0.188722.
        // b: p = 0, 1: e = 0, 1 − e = 1. c is constant: 0.
        let a = [Some(0.25), None, Some(0.75)];
        let b = [Some(0.0), Some(1.0), None];
        let c = [Some(0.5), Some(0.5), Some(0.5)];
        let standing = |id, normalised| Standing { id, stated: 1.0, normalised };
        let (weights, notes) = entropy(&[standing("a", &a), standing("b", &b), standing("c", &c)]);
        for (found, expected) in
            weights.iter().zip([0.188_721_875_540_867 / 1.188_721_875_540_867, 0.841_239_1, 0.0])
        {
            assert!((found - expected).abs() < 1e-6, "{weights:?}");
        }
        assert_eq!(notes.len(), 4);
        assert_eq!(
            notes[0],
            message!("entropy-of-few", indicator = "a", count = 2_usize, least = FEW_FOR_ENTROPY)
        );
        let hardly = message!("entropy-hardly-differs", indicator = "c", weight = message::number(0.0, 4));
        assert_eq!(said(&notes[3..]), [hardly.to_string()]);
        let (same, notes) = entropy(&[standing("c", &c), standing("d", &c)]);
        assert_eq!(same, [0.5, 0.5]);
        assert_eq!(notes[2], message!("entropy-tells-nothing"));
        let long = vec![Some(0.3); 1000];
        assert_eq!(entropy(&[standing("c", &long), standing("b", &b)]).0, [0.0, 1.0]);
    }

    #[test]
    fn fixed_weights_add_up_to_1() {
        let standings =
            |weights: [f64; 3]| weights.map(|stated| Standing { id: "x", stated, normalised: &[] });
        assert_eq!(fixed(&standings([2.0, 1.0, 1.0])).unwrap(), [0.5, 0.25, 0.25]);
        assert!(fixed(&standings([0.0; 3])).unwrap_err().to_string().contains(r#"sum: "0""#));
        assert!(fixed(&standings([1e308; 3])).is_err());
    }
}
