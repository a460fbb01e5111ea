//! Answers while a slider moves: from what an earlier solution left, in a small part of the time of a whole search.

use super::bands::{self, Effort};
use super::bias::ConcentrationBias;
use super::energy::Energy;
use super::problem::{Solution, gap};
use super::recombine::multipliers;
use super::relax::{FALLS, Relaxation};
use super::search::{NEAR, Search, before};
use super::state::State;
use crate::progress::Monitor;

/// Rounds in which a quick answer lets multipliers follow.
const QUICK_ROUNDS: usize = 10;
/// Gap that the zone of another problem leaves where its multipliers are of little use.
const FAR_OFF: f64 = 0.05;
/// Units up to which such an answer is also looked for by repairing a cut: there are few components to choose from.
const FEW: usize = 5_000;

/// As a whole search, in a small part of the time, from what an earlier solution left: its zone `present`, its cut and the bias that
/// made its blocks large enough. The bound holds as ever; the zone may be worth a little less. Components are put together anew
/// where rules speak of them; elsewhere, or where that finds nothing, a cut is repaired.
pub(super) fn quick(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    bias: &mut Option<ConcentrationBias>,
    present: Vec<bool>,
    monitor: &dyn Monitor,
) -> Solution {
    let problem = energy.problem;
    relaxation.hurry(FALLS);
    let together = by_components(energy, relaxation, &present, monitor);
    if let Some(solution) = &together
        && (energy.len() > FEW || solution.gap().is_some_and(|gap| gap <= FAR_OFF))
    {
        return solution.clone();
    }
    let scattered = |zone: &[bool]| {
        let least = problem.concentration_min;
        least > 0.0 && State::new(energy, zone.to_vec()).concentration() < least
    };
    let biased = bias.is_some() && problem.concentration_min > 0.0;
    let mut cut = || {
        // Told to stop, the flow proves a bound all the same.
        let mut starts = match relaxation.solve_area_price(energy, f64::NEG_INFINITY, monitor) {
            Ok(()) => vec![relaxation.smallest()],
            Err(_) => vec![present.clone()],
        };
        if problem.has_more_prices() {
            starts.splice(0..0, relaxation.tighten(energy, before(energy), QUICK_ROUNDS, monitor));
        }
        let mut search = Search::new(energy, relaxation, monitor);
        let start = starts.swap_remove(0);
        // What is scattered to begin with rarely ends concentrated enough: for when nothing else is found.
        let late = biased && scattered(&start);
        if !late {
            search.repair(relaxation, start.clone());
        }
        (search, late.then_some(start))
    };
    // Where concentration was short before it is likely to be so again: both at once.
    let ((mut search, late), more) = match bias {
        Some(bias) if biased => rayon::join(cut, || bias.again(energy, monitor)),
        _ => (cut(), Vec::new()),
    };
    search.incumbent.keep_all(more);
    if let Some(start) = late.filter(|_| search.incumbent.best().is_none()) {
        search.repair(relaxation, start);
    }
    let short = problem.concentration_min > 0.0 && search.gap() >= NEAR;
    if bias.is_none() && short && !monitor.cancelled() {
        *bias = ConcentrationBias::new(energy, &search.prices(), &present, monitor);
        if let Some(bias) = bias {
            search.incumbent.keep_all(bias.again(energy, monitor));
        }
    }
    // From the zone before, and from the present one, in which nothing moves: where little may, it is near what is looked for.
    for zone in [present, energy.obeying_locks(problem.in_zone.clone())] {
        if search.incumbent.best().is_none() {
            search.try_zone(zone);
        }
    }
    if let Some(together) = together {
        search.try_zone(together.x);
        if together.bound < search.bound {
            (search.bound, search.proof) = (together.bound, together.proof);
        }
    }
    search.conclude()
}

/// An answer at once where rules speak of components, from the multipliers that `relaxation` stands at: those of a problem much
/// like this one, whose zone was `known`. None where no rule speaks of components, nothing admissible was found, or told to stop.
fn by_components(
    energy: &Energy<'_>,
    relaxation: &mut Relaxation,
    known: &[bool],
    monitor: &dyn Monitor,
) -> Option<Solution> {
    energy.components.as_ref()?;
    relaxation.solve(monitor).ok()?;
    let mut search = Search::new(energy, relaxation, monitor);
    let before = search.objective_before;
    let mut refined = bands::refine(energy, relaxation, search.bound, before, Effort::AT_ONCE, monitor)?;
    let known = State::new(energy, known.to_vec());
    // Where its zone is worth much less than may be, its multipliers serve this problem badly.
    if gap(refined.bound, known.objective(), before) > FAR_OFF {
        let zones = [known.x.clone(), energy.obeying_locks(energy.problem.in_zone.clone())];
        if let Some(prices) = multipliers(energy, refined.seen(), &zones, &refined.prices, before) {
            refined.try_prices(relaxation, &prices, before, monitor).ok()?;
        }
    }
    if refined.bound < search.bound {
        (search.bound, search.proof) = (refined.bound, refined.proof.clone());
    }
    search.incumbent.keep(known);
    search.recombine(&refined, 1);
    search.incumbent.best()?;
    Some(search.conclude())
}
