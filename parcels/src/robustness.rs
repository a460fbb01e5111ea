//! [`Session`] + other weights → for each parcel, the share of them under which it stays on its side.
//!
//! Weights are opinions: how much R&D intensity counts against patents, nobody knows to the percent. So they are drawn
//! anew, again and again, each within a spread around what it is; scores, τ and the plan follow; and a transfer that most of
//! these plans share does not hang on the figures somebody settled on.
//!
//! Every sample follows from a copy of the one session that made the plan, never from another sample, and its weights come
//! from seed, sample and indicator alone. So neither the number of threads nor that of samples changes any of them.

use rayon::prelude::*;

use crate::optimise::{Compiled, Session};
use crate::policy::Policy;
use crate::progress::{Cancelled, Monitor, OnlyCancel, go_on};
use crate::score::Scores;

/// How far weights are varied unless somebody says otherwise: by half of themselves.
pub const SPREAD: f64 = 0.5;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// How often all weights are drawn anew.
    pub samples: usize,
    /// s: each weight is multiplied by a number drawn evenly from 1 − s to 1 + s, before all are scaled to the same sum;
    /// 0 to 1.
    pub spread: f64,
}

/// For each parcel, the share (0 to 1) of the samples in which it is on the side that `session` has it on; 1 for every
/// parcel when there are no samples. `session` solves what `compiled` made of `scores` under `policy`, whose seed draws the
/// weights. A sample's plan is the best found, as any plan is: where several are nearly as good, a side may change for
/// that alone.
///
/// # Errors
/// When told to stop.
///
/// # Panics
/// When `session`, `compiled` and `scores` do not speak of the same parcels.
pub fn robustness(
    session: &Session,
    compiled: &Compiled,
    scores: &Scores,
    policy: &Policy,
    sampling: Sampling,
    monitor: &dyn Monitor,
) -> Result<Vec<f64>, Cancelled> {
    let plan = &session.solution().x;
    assert!(
        plan.len() == compiled.hold.len() && plan.len() == scores.score.len(),
        "the plan speaks of other parcels than the scores"
    );
    let stated: Vec<f64> = scores.parts.iter().map(|part| part.weight).collect();
    let stays = |sample: usize| -> Vec<bool> {
        let weights = drawn(&stated, sampling.spread, policy.seed, sample as u64);
        let score = scores.weighted(&weights, policy.weights.known_share);
        let mut session = session.clone();
        let solution =
            session.change(|problem| compiled.rescore(problem, &score, policy), &OnlyCancel(monitor));
        solution.x.iter().zip(plan).map(|(now, then)| now == then).collect()
    };
    monitor.step("robustness", sampling.samples as u64);
    let mut stayed = vec![0_u32; plan.len()];
    let all: Vec<usize> = (0..sampling.samples).collect();
    // As many at a time as there are threads: every sample under way holds a copy of the session.
    for some in all.chunks(rayon::current_num_threads().max(1)) {
        let found: Vec<Vec<bool>> = some.par_iter().map(|sample| stays(*sample)).collect();
        // A sample that was cut short says nothing.
        go_on(monitor)?;
        for stays in found {
            for (count, stays) in stayed.iter_mut().zip(stays) {
                *count += u32::from(stays);
            }
        }
        monitor.advance(some.len() as u64);
    }
    let share = |count: u32| if all.is_empty() { 1.0 } else { f64::from(count) / all.len() as f64 };
    Ok(stayed.into_iter().map(share).collect())
}

/// One draw of all weights, with the sum of `stated`.
fn drawn(stated: &[f64], spread: f64, seed: u64, sample: u64) -> Vec<f64> {
    let factor = |indicator: usize| 1.0 + spread * (2.0 * uniform(seed, sample, indicator as u64) - 1.0);
    let raw: Vec<f64> = stated.iter().enumerate().map(|(at, weight)| weight * factor(at)).collect();
    let (before, after): (f64, f64) = (stated.iter().sum(), raw.iter().sum());
    // A spread of 1 may draw nothing but zeros; then the weights stay.
    if after > 0.0 { raw.iter().map(|weight| weight * (before / after)).collect() } else { stated.to_vec() }
}

/// A number in [0, 1) that depends on its place alone.
fn uniform(seed: u64, sample: u64, indicator: u64) -> f64 {
    let bits = scrambled(scrambled(scrambled(seed) ^ sample) ^ indicator);
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Scrambles 64 bits (SplitMix64, Steele et al. 2014).
fn scrambled(x: u64) -> u64 {
    let mut z = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::adjacency::Adjacency;
    use crate::fixture::{Drawn, draw};
    use crate::optimise::{PlanInputs, Status, compile};
    use crate::score::ScorePart;
    use crate::table::Table;

    const EMPTY: BTreeMap<String, Vec<crate::overlay::Covered>> = BTreeMap::new();

    fn part(id: &str, weight: f64, normalised: Vec<Option<f64>>) -> ScorePart {
        ScorePart {
            id: id.into(),
            zh: String::new(),
            en: String::new(),
            unit: String::new(),
            weight,
            raw: normalised.clone(),
            percentile: normalised.clone(),
            normalised,
            derived: BTreeMap::new(),
        }
    }

    fn scored(parts: Vec<ScorePart>, policy: &Policy) -> Scores {
        let weights: Vec<f64> = parts.iter().map(|p| p.weight).collect();
        let count = parts[0].normalised.len();
        let scores = Scores { score: vec![None; count], parts, notes: Vec::new() };
        Scores { score: scores.weighted(&weights, policy.weights.known_share), ..scores }
    }

    /// Squares apart from each other, so that each decides for itself.
    fn lots(count: usize) -> Drawn {
        let mut park = draw(&"k.".repeat(count));
        park.adjacency = Adjacency::from_pairs(Vec::new(), vec![0.0; count]);
        park
    }

    fn compiled(park: &Drawn, scores: &Scores, policy: &Policy) -> Compiled {
        let extra = Table::new(park.layer.len(), Vec::new());
        let inputs = PlanInputs {
            layer: &park.layer,
            extra: &extra,
            scores,
            adjacency: &park.adjacency,
            overlays: &EMPTY,
        };
        compile(&inputs, policy).unwrap()
    }

    const FREE: &str = "
        [objective]
        tau = 50
        kappa = 0
        [constraints]
        area = { mode = 'free' }
        blocks = 'free'
        min_block = 'off'
        new_block_ha = 0
        max_moved_share = 'free'
        keep_concentration = false
    ";

    fn shares(park: &Drawn, scores: &Scores, policy: &Policy, sampling: Sampling) -> Vec<f64> {
        let compiled = compiled(park, scores, policy);
        let session = Session::new(compiled.problem.clone(), &());
        assert_eq!(session.solution().status, Status::Optimal);
        robustness(&session, &compiled, scores, policy, sampling, &()).unwrap()
    }

    #[test]
    fn a_parcel_between_two_indicators_flips_and_one_good_at_both_does_not() {
        let policy = Policy::from_toml(FREE).unwrap();
        // Good at both; bad at both; good at the one that weighs a little more; known for one only.
        let scores = scored(
            vec![
                part("a", 0.55, vec![Some(0.9), Some(0.1), Some(0.99), Some(0.7)]),
                part("b", 0.45, vec![Some(0.8), Some(0.2), Some(0.01), None]),
            ],
            &policy,
        );
        let park = lots(4);
        let of = |samples, spread| shares(&park, &scores, &policy, Sampling { samples, spread });
        assert_eq!(of(40, 0.0), [1.0; 4]);
        assert_eq!(of(0, 0.5), [1.0; 4]);
        let some = of(200, SPREAD);
        assert_eq!(some[..2], [1.0; 2]);
        // 0.55 u > 0.45 v for u, v even in 0.5 to 1.5: in 0.64 of all cases.
        assert!((some[2] - 0.64).abs() < 0.12, "{some:?}");
        // Its score goes unknown where b weighs more than a; then it is frozen where it is, which is where the plan has it.
        assert_eq!(some[3], 1.0);
        // Fewer samples are the first of more.
        let counted = |samples: usize| (of(samples, SPREAD)[2] * samples as f64).round();
        assert!(counted(20) <= counted(21) && counted(21) <= counted(20) + 1.0);
    }

    #[test]
    fn threads_change_nothing() {
        let policy =
            Policy::from_toml("seed = 5\n[constraints]\nmin_block_ha = 2\nnew_block_ha = 0\nmax_moved_share = 'free'\nkeep_concentration = false")
                .unwrap();
        let park = draw("kokok.koo\nokookkook\nkkokookok\nokokkokoo");
        let count = park.layer.len() as u64;
        let column = |of: u64| (0..count).map(|at| Some(uniform(of, 0, at))).collect();
        let scores = scored(
            vec![part("a", 0.5, column(1)), part("b", 0.3, column(2)), part("c", 0.2, column(3))],
            &policy,
        );
        let compiled = compiled(&park, &scores, &policy);
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let session = Session::new(compiled.problem.clone(), &());
                let sampling = Sampling { samples: 15, spread: SPREAD };
                robustness(&session, &compiled, &scores, &policy, sampling, &()).unwrap()
            })
        };
        let one = on(1);
        assert!(one.iter().any(|share| *share < 1.0) && one.iter().any(|share| *share > 0.5), "{one:?}");
        assert_eq!(one, on(2));
        assert_eq!(one, on(3));
    }

    #[test]
    fn rescored_is_as_if_compiled_anew() {
        let policy = Policy::from_toml(
            "[locks]\nin = ['a1']\nout = ['a2']\nfreeze = ['a3']\n[constraints]\nblocks = 'free'",
        )
        .unwrap();
        let park = draw("kookkoko");
        let (some, none) = (Some(0.4), None);
        let scores = scored(
            vec![
                part("a", 0.6, vec![some, some, none, none, some, some, Some(0.9), none]),
                part("b", 0.4, vec![none, some, some, some, none, some, Some(0.1), none]),
            ],
            &policy,
        );
        let first = compiled(&park, &scores, &policy);
        for weights in [[0.6, 0.4], [0.2, 0.8], [0.5, 0.5]] {
            let score = scores.weighted(&weights, policy.weights.known_share);
            let anew = compiled(&park, &Scores { score: score.clone(), ..scores.clone() }, &policy);
            let mut problem = first.problem.clone();
            first.rescore(&mut problem, &score, &policy);
            assert_eq!(problem, anew.problem);
        }
    }

    #[test]
    fn weights_keep_their_sum_and_their_range() {
        let stated = [0.5, 0.3, 0.2, 0.0];
        for sample in 0..100 {
            let weights = drawn(&stated, SPREAD, 7, sample);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            // Half to one and a half before scaling, so within a third and three times after.
            assert!(weights.iter().zip(stated).all(|(w, s)| *w >= s / 3.0 && *w <= 3.0 * s), "{weights:?}");
        }
        assert_ne!(drawn(&stated, SPREAD, 7, 0), drawn(&stated, SPREAD, 8, 0));
        assert_eq!(drawn(&stated, 0.0, 7, 3), stated);
    }

    #[test]
    fn it_stops_on_request() {
        struct Stop;
        impl Monitor for Stop {
            fn cancelled(&self) -> bool {
                true
            }
        }
        let policy = Policy::from_toml(FREE).unwrap();
        let scores = scored(vec![part("a", 1.0, vec![Some(0.9), Some(0.2)])], &policy);
        let park = lots(2);
        let compiled = compiled(&park, &scores, &policy);
        let session = Session::new(compiled.problem.clone(), &());
        let sampling = Sampling { samples: 3, spread: SPREAD };
        assert_eq!(robustness(&session, &compiled, &scores, &policy, sampling, &Stop), Err(Cancelled));
    }
}
