//! Proofs that no zone is admissible.
//!
//! A proof leaves the objective out: where nothing is to be gained, prices of the rules with a bound below 0 show that no zone
//! keeps them (Farkas' lemma), since every zone that does would be worth 0. Branch and bound tells cases apart until each has
//! such prices. What the prices leave out, the proof does not need.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::branch;
use super::energy::{Energy, Prices};
use super::problem::{BoundProof, Case, Lock, Problem};
use super::relax::Relaxation;
use crate::progress::{Cancelled, Monitor, go_on};

/// What moving all land costs while a proof is looked for: little, but it tells cuts apart, and prices begin in steps of it.
const STAY: f64 = 1e-3;
/// A bound below this ends a case,
const END: f64 = -1.01 * STAY;
/// and one below this proves that there is no zone: beyond `STAY`, and beyond what limits may be missed by.
const NONE_BELOW: f64 = -1.005 * STAY;
/// Units in all cuts of one proof, where they are few,
pub(super) const PATIENCE_WHERE_SMALL: usize = 400_000;
/// and elsewhere.
pub(super) const PATIENCE: usize = 72_000;
/// Up to so many units they are few.
pub(super) const SMALL: usize = 100;
/// Units in all cuts where the whole search has found no zone.
pub(super) const PATIENCE_OF_SEARCH: usize = 40_000_000;
/// Least number of cuts that a proof may take.
const LEAST_CUTS: usize = 60;

/// What came of the question.
pub(super) enum Answer {
    /// This zone is admissible.
    Found(Vec<bool>),
    /// No zone is; with what proves it where one set of prices does.
    Proven(Option<BoundProof>),
    /// Neither was found.
    Missed,
}

/// Says stop after so many questions, or when told to.
struct Patience<'m> {
    monitor: &'m dyn Monitor,
    left: AtomicUsize,
}

impl Monitor for Patience<'_> {
    fn cancelled(&self) -> bool {
        // Cuts follow one another, so how many there are does not depend on threads.
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        left == 0 || self.monitor.cancelled()
    }
}

/// The problem without an objective, but for a trifle for staying as it is, and without what is soft.
fn bare(problem: &Problem) -> Problem {
    let soft_blocks = problem.small_block_price.is_finite();
    let mut bare = Problem {
        value: vec![0.0; problem.area.len()],
        lambda: 0.0,
        kappa: STAY / problem.area.iter().sum::<f64>(),
        small_block_price: if soft_blocks { 0.0 } else { f64::INFINITY },
        ..problem.clone()
    };
    if soft_blocks && !problem.no_new_small {
        bare.min_block = 0.0;
    }
    if problem.concentration_price.is_finite() {
        bare.concentration_min = 0.0;
    }
    for limit in bare.limits.iter_mut().filter(|limit| limit.price.is_finite()) {
        limit.price = 0.0;
    }
    bare
}

/// A proof that there is no zone, or the zone that stood in its way, with at most so many units in all cuts.
///
/// # Errors
/// When told to stop.
pub(super) fn proven(
    problem: &Problem,
    most_units: usize,
    monitor: &dyn Monitor,
) -> Result<Answer, Cancelled> {
    let bare = bare(problem);
    let energy = Energy::new(&bare);
    let cuts = (most_units / energy.len().max(1)).max(LEAST_CUTS);
    let mut relaxation = Relaxation::new(&energy, Prices::default());
    let patience = Patience { monitor, left: cuts.into() };
    let closed = branch::branch_and_bound(&energy, &mut relaxation, Some(END), 0.0, &patience);
    go_on(monitor)?;
    if let Some(zone) = closed.better {
        // What is soft there costs nothing here; what is hard is the same.
        return Ok(Answer::Found(zone));
    }
    if closed.bound > NONE_BELOW {
        return Ok(Answer::Missed);
    }
    let mut cases = closed.cases.into_iter();
    Ok(Answer::Proven(match (cases.next(), cases.next()) {
        (Some(Case::Proven(proof)), None) => Some(proof),
        _ => None,
    }))
}

/// Whether the proof, of a problem with more rules, is one for this one too.
pub(super) fn proves(problem: &Problem, proof: &BoundProof) -> bool {
    let bare = bare(problem);
    Energy::new(&bare).bound(proof, &bare.lock) <= NONE_BELOW
}

/// Of the locks that may be released, those that the proof needs.
pub(super) fn locks_needed(problem: &Problem, proof: &BoundProof, releasable: &[u32]) -> Vec<u32> {
    let mut bare = bare(problem);
    let mut needed = Vec::new();
    for &unit in releasable {
        let lock = std::mem::replace(&mut bare.lock[unit as usize], Lock::Free);
        if Energy::new(&bare).bound(proof, &bare.lock) > NONE_BELOW {
            bare.lock[unit as usize] = lock;
            needed.push(unit);
        }
    }
    needed
}
