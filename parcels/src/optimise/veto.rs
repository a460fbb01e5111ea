//! What a veto costs at most: for a unit that moves, the best zone known to be admissible that leaves it where it was.
//!
//! Zones known from elsewhere serve where the unit is on its old side in them. Others are the zone itself with the unit back,
//! alone or with one more unit that changes sides to make up for its area. Few units need more, and any such zone is a plan that
//! there is, so what it is worth is an upper end; the lower one is [`super::Persistency::veto_price`].

use rayon::prelude::*;

use super::energy::Energy;
use super::problem::Lock;
use super::session::Session;
use super::state::State;
use crate::progress::{Cancelled, Monitor, go_on};

/// Units that share one copy of the zone.
const CHUNK: usize = 512;
/// Partners that are tried for one unit: those that gain most of the ones whose area fits.
const PARTNERS: usize = 6;
/// Partners that are looked at for one unit.
const LOOKED_AT: usize = 400;

/// By how much the objective falls at most when each of `units` is on the other side than in the session's zone; none where no
/// such zone is known. `known`: zones, of which those that are admissible serve.
///
/// # Errors
/// When told to stop.
///
/// # Panics
/// When a unit is not there.
pub fn veto_prices_most(
    session: &Session,
    units: &[u32],
    known: &[&[bool]],
    monitor: &dyn Monitor,
) -> Result<Vec<Option<f64>>, Cancelled> {
    let problem = session.problem();
    let energy = Energy::new(problem);
    let zone = &session.solution().x;
    let state = State::new(&energy, zone.clone());
    let worth = state.objective();
    let others: Vec<(&[bool], f64)> = known
        .iter()
        .map(|zone| (*zone, State::new(&energy, zone.to_vec())))
        .filter(|(_, other)| other.admissible())
        .map(|(zone, other)| (zone, other.objective()))
        .collect();
    let partners = Partners::new(&state);
    drop(state);
    monitor.step("vetoes", units.len() as u64);
    let chunks: Vec<Result<Vec<Option<f64>>, Cancelled>> = units
        .par_chunks(CHUNK)
        .map(|chunk| {
            go_on(monitor)?;
            // Made anew for so many units always, so that rounding does not depend on threads.
            let mut state = State::new(&energy, zone.clone());
            let most = |&unit: &u32| {
                let unit = unit as usize;
                let elsewhere = others.iter().filter(|(other, _)| other[unit] != zone[unit]);
                let elsewhere = elsewhere.map(|(_, worth)| *worth).fold(f64::NEG_INFINITY, f64::max);
                let best = partners.best_without(&mut state, unit).max(elsewhere);
                best.is_finite().then(|| (worth - best).max(0.0))
            };
            let found = chunk.iter().map(most).collect();
            monitor.advance(chunk.len() as u64);
            Ok(found)
        })
        .collect();
    let mut all = Vec::with_capacity(units.len());
    for chunk in chunks {
        all.extend(chunk?);
    }
    Ok(all)
}

/// Units that may change sides to make up for another one, those that gain most first: into the zone and out of it.
struct Partners {
    enter: Vec<u32>,
    leave: Vec<u32>,
}

impl Partners {
    fn new(state: &State<'_, '_>) -> Self {
        let problem = state.energy.problem;
        let side = |inside: bool| {
            let units = (0..state.x.len()).filter(|&u| state.x[u] == inside && problem.lock[u] == Lock::Free);
            let mut gains: Vec<(f64, u32)> =
                units.map(|u| (state.gain(u) / problem.area[u], u as u32)).collect();
            gains.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            gains.into_iter().map(|(_, unit)| unit).collect()
        };
        Self { enter: side(false), leave: side(true) }
    }

    /// What the best zone found is worth in which `unit` is on its other side; `state` is the same afterwards.
    fn best_without(&self, state: &mut State<'_, '_>, unit: usize) -> f64 {
        if state.energy.problem.lock[unit] != Lock::Free {
            return f64::NEG_INFINITY;
        }
        let was_in = state.x[unit];
        state.flip(unit);
        let mut best = state.worth_where_free();
        let partners = if was_in { &self.enter } else { &self.leave };
        let fits = |state: &State<'_, '_>, other: &usize| {
            *other != unit
                && state.x[*other] != was_in
                && state.area_off(state.area + state.area_step(*other)) == 0.0
                && state.may_flip(*other)
        };
        let near = partners.iter().take(LOOKED_AT).map(|other| *other as usize);
        let tried: Vec<usize> = near.filter(|other| fits(state, other)).take(PARTNERS).collect();
        for other in tried {
            state.flip(other);
            best = best.max(state.worth_where_free());
            state.flip(other);
        }
        state.flip(unit);
        best
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{best_of, random_problem};
    use super::super::problem::Status;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn a_veto_costs_no_more_than_is_said(seed in 0u64..1_000_000_000, n in 2usize..13) {
            let problem = random_problem(seed, n);
            let session = Session::new(problem.clone(), &());
            prop_assume!(session.solution().status != Status::Infeasible);
            let zone = session.solution().x.clone();
            let units: Vec<u32> = (0..n as u32).collect();
            let found = veto_prices_most(&session, &units, &[&problem.in_zone], &()).unwrap();
            let energy = Energy::new(&problem);
            for (unit, most) in found.into_iter().enumerate() {
                let best = best_of(&energy, |x| x[unit] != zone[unit]).map(|(objective, _)| objective);
                match (best, most) {
                    (Some(best), Some(most)) => {
                        prop_assert!(session.solution().objective - best <= most + 1e-6, "{best} {most}");
                    }
                    (None, most) => prop_assert!(most.is_none(), "no zone has {unit} on its other side"),
                    (Some(_), None) => {}
                }
            }
        }
    }

    #[test]
    fn a_row_that_grows_by_one_end_grows_by_the_other_after_a_veto() {
        // Five in a row, the middle one in; one may be added, and both neighbours are worth something.
        let link = |a: u32| crate::optimise::Link { a, b: a + 1, length: 1.0, contiguous: true };
        let problem = crate::optimise::Problem {
            area: vec![1.0; 5],
            value: vec![0.0, 4.0, 9.0, 7.0, 0.0],
            in_zone: vec![false, false, true, false, false],
            lock: vec![Lock::Free; 5],
            exposed: vec![0.0; 5],
            links: (0..4).map(link).collect(),
            area_min: 2.0,
            area_max: 2.0,
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            blocks_max: usize::MAX,
            small_block_price: f64::INFINITY,
            concentration_price: f64::INFINITY,
            ..crate::optimise::Problem::default()
        };
        let session = Session::new(problem, &());
        assert_eq!(session.solution().x, [false, false, true, true, false]);
        // With the fourth out, the second comes in its place: 16 becomes 13.
        assert_eq!(veto_prices_most(&session, &[3], &[], &()).unwrap(), [Some(3.0)]);
    }
}
