//! Whether there is any admissible zone: a zone, or neither that nor a proof that there is none, within the work that one such
//! question is worth. A zone is looked for near zones known from other questions, and then by a quick search; proofs are in
//! [`super::infeasible`].

use super::block_rules::blocks;
use super::clusters::repair_blocks;
use super::energy::{Energy, Prices};
use super::infeasible::{Answer, PATIENCE, PATIENCE_WHERE_SMALL, SMALL, proven};
use super::problem::{Lock, Problem, Solution, Status};
use super::quick::quick;
use super::refine::{local_search, restore_area, swap};
use super::relax::Relaxation;
use super::state::State;
use crate::progress::{Cancelled, Monitor, OnlyCancel, go_on};

/// Rounds of swaps while a zone is repaired.
const SWAP_ROUNDS: usize = 3;

/// Looks for a zone, from `known` ones first, and for a proof that there is none.
///
/// # Errors
/// When told to stop.
pub(super) fn any_zone(
    problem: &Problem,
    known: &[Vec<bool>],
    monitor: &dyn Monitor,
) -> Result<Answer, Cancelled> {
    let energy = Energy::new(problem);
    if let Some(zone) = near(&energy, known, monitor)? {
        return Ok(Answer::Found(zone));
    }
    let patience = if energy.len() <= SMALL { PATIENCE_WHERE_SMALL } else { PATIENCE };
    let proof = proven(problem, patience, monitor)?;
    if !matches!(proof, Answer::Missed) {
        return Ok(proof);
    }
    let solution = glance(&energy, known.first(), monitor)?;
    Ok(if solution.status == Status::Infeasible { Answer::Missed } else { Answer::Found(solution.x) })
}

/// A quick solution; it may miss what a whole search finds.
///
/// # Errors
/// When told to stop.
pub(super) fn glance(
    energy: &Energy<'_>,
    known: Option<&Vec<bool>>,
    monitor: &dyn Monitor,
) -> Result<Solution, Cancelled> {
    let problem = energy.problem;
    let present = energy.obeying_locks(known.unwrap_or(&problem.in_zone).clone());
    let mut relaxation = Relaxation::new(energy, Prices::default());
    let solution = quick(energy, &mut relaxation, &mut None, present, &OnlyCancel(monitor));
    go_on(monitor)?;
    Ok(solution)
}

/// An admissible zone near one that is known, or near one that is easily made.
///
/// # Errors
/// When told to stop.
pub(super) fn near(
    energy: &Energy<'_>,
    known: &[Vec<bool>],
    monitor: &dyn Monitor,
) -> Result<Option<Vec<bool>>, Cancelled> {
    let problem = energy.problem;
    let plain: [&dyn Fn() -> Vec<bool>; 4] =
        [&|| problem.in_zone.clone(), &|| one_block(energy), &|| vec![false; energy.len()], &|| {
            vec![true; energy.len()]
        }];
    for zone in known.iter().cloned().chain(plain.iter().map(|zone| zone())) {
        go_on(monitor)?;
        if let Some(zone) = repaired(energy, &zone) {
            return Ok(Some(zone));
        }
    }
    Ok(None)
}

/// An admissible zone near this one.
fn repaired(energy: &Energy<'_>, zone: &[bool]) -> Option<Vec<bool>> {
    let mut state = State::new(energy, energy.obeying_locks(zone.to_vec()));
    for round in 0..2 {
        repair_blocks(&mut state, 0.0);
        restore_area(&mut state);
        state.repair_holes();
        if state.admissible() {
            return Some(state.x);
        }
        if round == 0 {
            swap(&mut state, 0.0, SWAP_ROUNDS);
            local_search(&mut state);
        }
    }
    None
}

/// The largest block of now with all units that must be in, joined along shortest ways, and then grown evenly to the least
/// area: as concentrated as may be, and as few blocks.
fn one_block(energy: &Energy<'_>) -> Vec<bool> {
    let problem = energy.problem;
    let area = |units: &[u32]| units.iter().map(|unit| problem.area[*unit as usize]).sum::<f64>();
    let may = |unit: u32| problem.lock[unit as usize] != Lock::Out;
    let present = energy.obeying_locks(problem.in_zone.clone());
    let largest = blocks(&present, |unit| energy.contiguous(unit))
        .into_iter()
        .max_by(|a, b| area(a).total_cmp(&area(b)).then(b[0].cmp(&a[0])));
    let first = || (0..problem.area.len() as u32).find(|unit| may(*unit));
    let mut zone = vec![false; problem.area.len()];
    let start = largest.unwrap_or_else(|| first().into_iter().collect());
    start.iter().for_each(|unit| zone[*unit as usize] = true);
    // The nearest unit that must be in joins first, and what leads there with it.
    while let Some(way) = way_to(energy, &zone, &|unit| problem.lock[unit as usize] == Lock::In) {
        way.iter().for_each(|unit| zone[*unit as usize] = true);
    }
    let mut sum = energy.area(&zone);
    while sum < problem.area_min {
        let Some(way) = way_to(energy, &zone, &|_| true) else { break };
        for unit in way {
            zone[unit as usize] = true;
            sum += problem.area[unit as usize];
        }
    }
    zone
}

/// The units on the shortest way from the zone to the nearest unit outside that is `wanted`, this one included.
fn way_to(energy: &Energy<'_>, zone: &[bool], wanted: &dyn Fn(u32) -> bool) -> Option<Vec<u32>> {
    let lock = &energy.problem.lock;
    let mut from: Vec<Option<u32>> = vec![None; zone.len()];
    let mut queue: Vec<u32> = (0..zone.len() as u32).filter(|unit| zone[*unit as usize]).collect();
    let mut next = 0;
    while let Some(&unit) = queue.get(next) {
        next += 1;
        for other in energy.contiguous(unit) {
            let at = other as usize;
            if zone[at] || from[at].is_some() || lock[at] == Lock::Out {
                continue;
            }
            from[at] = Some(unit);
            if wanted(other) {
                let back = std::iter::successors(Some(other), |unit| from[*unit as usize]);
                return Some(back.take_while(|unit| !zone[*unit as usize]).collect());
            }
            queue.push(other);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::infeasible::proves;
    use super::super::oracle::{best, random_problem};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn what_is_found_is_admissible_and_what_is_proven_is_so(seed in 0u64..1_000_000_000, n in 1usize..13) {
            let problem = random_problem(seed, n);
            let energy = Energy::new(&problem);
            match any_zone(&problem, &[], &()).unwrap() {
                Answer::Found(zone) => prop_assert!(State::new(&energy, zone).admissible()),
                Answer::Proven(proof) => {
                    prop_assert!(best(&energy).is_none());
                    prop_assert!(proof.is_none_or(|proof| proves(&problem, &proof)));
                }
                Answer::Missed => {}
            }
        }
    }
}
