//! Smooth random fields: cubic B-splines over random values on a lattice. Polynomials only, so the same everywhere.

use super::chance::{Use, share};

/// Standard deviation left per dimension by the B-spline: the mean of Σ weights² over a cell is 151/315.
const SPREAD_1D: f64 = 0.692_362_4;

/// The four cubic B-spline weights at `t` in [0, 1).
fn weights(t: f64) -> [f64; 4] {
    let (s, t2, t3) = (1.0 - t, t * t, t * t * t);
    [
        s * s * s / 6.0,
        (3.0 * t3 - 6.0 * t2 + 4.0) / 6.0,
        (-3.0 * t3 + 3.0 * t2 + 3.0 * t + 1.0) / 6.0,
        t3 / 6.0,
    ]
}

/// Whole part and rest of `x ÷ step`.
fn lattice(x: f64, step: f64) -> (i64, f64) {
    let scaled = x / step;
    let whole = scaled.floor();
    (whole as i64, scaled - whole)
}

/// A lattice value with mean 0 and variance 1 (uniform).
fn value(seed: u64, of: Use, a: i64, b: i64) -> f64 {
    (share(seed, of, a, b) - 0.5) * 3.464_101_615_137_754_6
}

/// A random wave along a line: mean 0, standard deviation about 1, correlated over about `step`. `key` tells waves of one
/// use apart.
pub(crate) fn wave(seed: u64, of: Use, key: i64, x: f64, step: f64) -> f64 {
    let (at, t) = lattice(x, step);
    let w = weights(t);
    (0..4).map(|k| w[k as usize] * value(seed, of, key, at + k)).sum::<f64>() / SPREAD_1D
}

/// A random surface: mean 0, standard deviation about 1, correlated over about `step`.
pub(crate) fn surface(seed: u64, of: Use, x: f64, y: f64, step: f64) -> f64 {
    let (column, tx) = lattice(x, step);
    let (row, ty) = lattice(y, step);
    let (wx, wy) = (weights(tx), weights(ty));
    let mut sum = 0.0;
    for (b, along_y) in (0_i64..).zip(wy) {
        for (a, along_x) in (0_i64..).zip(wx) {
            sum += along_x * along_y * value(seed, of, column + a, row + b);
        }
    }
    sum / (SPREAD_1D * SPREAD_1D)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_surface_is_smooth_and_standardised() {
        let at = |x: f64, y: f64| surface(3, Use::Innovation, x, y, 700.0);
        let values: Vec<f64> =
            (0..10_000).map(|k| at(f64::from(k % 100) * 311.0, f64::from(k / 100) * 311.0)).collect();
        let mean = values.iter().sum::<f64>() / 1e4;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 1e4;
        assert!(mean.abs() < 0.1, "{mean}");
        assert!((0.85..1.15).contains(&variance), "{variance}");
        assert!((at(1000.0, 500.0) - at(1001.0, 500.0)).abs() < 0.01);
        assert_ne!(at(0.0, 0.0), surface(4, Use::Innovation, 0.0, 0.0, 700.0));
    }
}
