//! Other zones that are nearly as good: each differs from the solution, and from those before it, by at least a stated area.
//!
//! By how much area two zones differ is linear in one of them, Σ areaᵢ |xᵢ − x′ᵢ| = Σ_{i: x′ᵢ = 1} areaᵢ + Σ areaᵢ (1 − 2x′ᵢ) xᵢ, so it is
//! one more limit with one more price, and the bound of an alternative says what no zone can do better that differs as much.

use super::problem::{Limit, Lock, Problem, Solution, Status};
use super::session::Session;
use crate::message;
use crate::progress::Monitor;

/// How often a better zone takes the place of the session's.
const ADOPTED: usize = 3;

/// Up to `count` alternatives to what `session` has found, in the order in which they were sought, mostly the best first; each
/// differs from that zone and from the ones before it by at least `differ`, in the problem's unit of area. Fewer come back
/// where no more were found or where told to stop. What is found better than the session's own zone takes its place, and the
/// search begins anew.
#[must_use]
pub fn alternatives(
    session: &mut Session,
    count: usize,
    differ: f64,
    monitor: &dyn Monitor,
) -> Vec<Solution> {
    for _ in 0..ADOPTED {
        let found = look(session, count, differ, monitor);
        let best = found.iter().max_by(|a, b| a.objective.total_cmp(&b.objective));
        if !best.is_some_and(|best| session.adopt(&best.x)) {
            return found;
        }
    }
    // Those that are worth more all the same are left out: they are no alternatives, but better plans.
    let mut found = look(session, count, differ, monitor);
    found.retain(|other| other.objective <= session.solution().objective);
    found
}

fn look(session: &Session, count: usize, differ: f64, monitor: &dyn Monitor) -> Vec<Solution> {
    let mut zones = vec![session.solution().x.clone()];
    let mut found: Vec<Solution> = Vec::new();
    monitor.step("alternatives", count as u64);
    while found.len() < count && !monitor.cancelled() {
        // Always from the first session, so that what is kept does not depend on how many are asked for.
        let mut session = session.clone();
        let apart = |problem: &mut Problem| {
            let limits: Vec<Limit> = zones.iter().map(|zone| away_from(problem, zone, differ)).collect();
            problem.limits.extend(limits);
        };
        let solution = session.change(apart, monitor).clone();
        monitor.advance(1);
        if solution.status == Status::Infeasible {
            break;
        }
        zones.push(solution.x.clone());
        found.push(solution);
    }
    found
}

/// A zone has to differ from `zone` by at least `differ`.
fn away_from(problem: &Problem, zone: &[bool], differ: f64) -> Limit {
    let free = (0..zone.len()).filter(|&unit| problem.lock[unit] == Lock::Free);
    let term = |unit: usize| (unit as u32, if zone[unit] { -problem.area[unit] } else { problem.area[unit] });
    let terms: Vec<(u32, f64)> = free.map(term).collect();
    let limit = Limit { what: message!("area-that-differs"), terms, ..Limit::default() };
    Limit { least: differ + limit.sum(zone), most: f64::INFINITY, price: f64::INFINITY, ..limit }
}

#[cfg(test)]
mod tests {
    use super::super::energy::Energy;
    use super::super::oracle::{best_of, random_problem};
    use super::*;
    use proptest::prelude::*;

    fn apart(problem: &Problem, a: &[bool], b: &[bool]) -> f64 {
        (0..a.len()).filter(|&i| a[i] != b[i]).map(|i| problem.area[i]).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]
        #[test]
        fn alternatives_are_admissible_apart_and_bounded(
            seed in 0u64..1_000_000_000,
            n in 2usize..13,
            share in 0.02f64..0.4,
        ) {
            let problem = random_problem(seed, n);
            let mut session = Session::new(problem.clone(), &());
            prop_assume!(session.solution().status != Status::Infeasible);
            let differ = share * problem.area.iter().sum::<f64>();
            let found = alternatives(&mut session, 3, differ, &());
            let energy = Energy::new(&problem);
            let mut zones = vec![session.solution().x.clone()];
            // What was better is the solution now, and it is one.
            let own = best_of(&energy, |x| x == session.solution().x.as_slice()).map(|(objective, _)| objective);
            prop_assert!(own.is_some_and(|own| (own - session.solution().objective).abs() < 1e-6));
            for solution in found {
                prop_assert!(solution.objective <= session.solution().objective);
                for zone in &zones {
                    prop_assert!(apart(&problem, zone, &solution.x) >= differ * (1.0 - 1e-6));
                }
                let far = |x: &[bool]| zones.iter().all(|zone| apart(&problem, zone, x) >= differ * (1.0 + 1e-6));
                if let Some((optimum, _)) = best_of(&energy, far) {
                    prop_assert!(solution.bound >= optimum - 1e-6, "bound {} below {optimum}", solution.bound);
                }
                let own = best_of(&energy, |x| x == solution.x.as_slice()).map(|(objective, _)| objective);
                prop_assert!(own.is_some_and(|own| (own - solution.objective).abs() < 1e-6), "not admissible");
                zones.push(solution.x);
            }
        }
    }
}
