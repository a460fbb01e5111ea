//! Chance that is the same on every machine: PCG64 streams, and draws that use `+ − × ÷` and `sqrt` only, which IEEE 754
//! rounds alike everywhere (`ln`, `exp` and `sin` of the system's library are not).

use rand::Rng as _;
use rand_pcg::Pcg64;

/// What a stream of chance is for; streams of different use never share a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Use {
    Streets = 1,
    Line,
    Cell,
    Warp,
    Bend,
    Character,
    Quarters,
    Innovation,
    SubParks,
    Zone,
    Attributes,
    Firms,
    Defects,
    RedLines,
}

/// Scrambles 64 bits (SplitMix64, Steele et al. 2014).
pub(crate) fn scramble(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A hash of a seed, a use and two whole numbers.
pub(crate) fn hash(seed: u64, of: Use, a: i64, b: i64) -> u64 {
    scramble(scramble(scramble(seed ^ ((of as u64) << 56)) ^ a as u64) ^ b as u64)
}

/// The hash as a number in [0, 1).
pub(crate) fn share(seed: u64, of: Use, a: i64, b: i64) -> f64 {
    unit(hash(seed, of, a, b))
}

fn unit(bits: u64) -> f64 {
    // 53 bits: every value is exact.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// One stream of draws.
pub(crate) struct Chance(Pcg64);

impl Chance {
    /// The stream of `seed` for one use at place (a, b).
    pub(crate) fn new(seed: u64, of: Use, a: i64, b: i64) -> Self {
        let h = hash(seed, of, a, b);
        Self(Pcg64::new((u128::from(h) << 64) | u128::from(scramble(h)), u128::from(of as u64)))
    }

    /// Uniform in [0, 1).
    pub(crate) fn share(&mut self) -> f64 {
        unit(self.0.next_u64())
    }

    /// Uniform in [low, high).
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Whether something of this probability happens.
    pub(crate) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// Uniform in 0..below; 0 when `below` is 0.
    pub(crate) fn below(&mut self, below: usize) -> usize {
        ((self.share() * below as f64) as usize).min(below.saturating_sub(1))
    }

    /// Standard normal, as the sum of 12 uniform draws less 6 (Irwin–Hall): mean 0, variance 1, never beyond ±6.
    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// Lognormal with this median and standard deviation of the logarithm.
    pub(crate) fn lognormal(&mut self, median: f64, log_sd: f64) -> f64 {
        median * exp(log_sd * self.normal())
    }

    /// Poisson with this mean; above 30 the rounded normal.
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal() + 0.5).max(0.0) as u64;
        }
        // Knuth: multiply uniforms until the product falls below e^-mean.
        let floor = exp(-mean);
        let mut product = self.share();
        let mut count = 0;
        while product > floor {
            product *= self.share();
            count += 1;
        }
        count
    }

    /// A position by weight; the weights are not negative and one is above 0.
    pub(crate) fn pick(&mut self, weights: &[f64]) -> usize {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (at, weight) in weights.iter().enumerate() {
            if left < *weight {
                return at;
            }
            left -= weight;
        }
        weights.len() - 1
    }
}

/// eˣ by Taylor’s series at x ÷ 64 and six squarings; relative error below 1e-12 for |x| ≤ 20.
pub(crate) fn exp(x: f64) -> f64 {
    let small = x / 64.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..=14 {
        term *= small / f64::from(k);
        sum += term;
    }
    for _ in 0..6 {
        sum *= sum;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_agrees_with_the_library() {
        for step in -200..=200 {
            let x = f64::from(step) / 10.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn draws_have_their_moments() {
        let mut chance = Chance::new(1, Use::Cell, 2, 3);
        let n = 40_000;
        let (mut sum, mut squares, mut counts) = (0.0, 0.0, 0);
        for _ in 0..n {
            let z = chance.normal();
            sum += z;
            squares += z * z;
            counts += chance.poisson(2.5);
        }
        let n = f64::from(n);
        assert!((sum / n).abs() < 0.02, "{}", sum / n);
        assert!((squares / n - 1.0).abs() < 0.03, "{}", squares / n);
        assert!((counts as f64 / n - 2.5).abs() < 0.04);
        assert_eq!(chance.pick(&[0.0, 1.0, 0.0]), 1);
    }

    #[test]
    fn the_algorithm_is_fixed() {
        // Changing the generator changes every park ever made from a seed: do it knowingly.
        assert_eq!(Chance::new(7, Use::Firms, 1, -1).0.next_u64(), 13_362_653_487_377_341_274);
    }
}
