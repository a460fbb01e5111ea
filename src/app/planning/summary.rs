//! A plan in a few lines that a planner can read.

use parcels::message;
use parcels::message::{AsParam as _, Message, Param, list, number, signed};
use parcels::optimise::Status;
use parcels::plan::{
    ConcentrationRecord, ConstraintRecord, ConstraintStatus, Direction, GapRecord, PlanRecord,
    RobustnessRecord, Swap, Transfer, Unbalanced,
};
use parcels::units::{AreaBasis, SquareMetres};

use crate::messages::as_said;

/// How many swaps and how many transfers of each are told.
const SWAPS_TOLD: usize = 3;
const TRANSFERS_TOLD: usize = 3;

/// The summary printed after `plan`, line by line. An empty message is an empty line.
#[must_use]
pub fn summary(record: &PlanRecord) -> Vec<Message> {
    let mut lines = vec![as_said(record.inputs.policy_name.as_str())];
    if let Some(date) = &record.inputs.reference_date {
        lines.push(message!("summary-date", date = date));
    }
    lines.push(message!("summary-parcels", count = record.inputs.parcels));
    lines.push(area(record));
    let score = |s: Option<f64>| s.map_or_else(|| message!("not-known").as_param(), |s| number(s, 2));
    let (before, after) = (score(record.score.before), score(record.score.after));
    lines.push(message!("summary-score", before = before, after = after));
    lines.extend(concentration(&record.concentration));
    lines.extend(moved(record));
    lines.push(objective(record));
    for other in &record.alternatives {
        lines.push(message!(
            "summary-alternative",
            id = other.id,
            price = number(other.price, 2),
            bound = number(other.bound, 2),
            count = other.changes.len(),
            area = ha(other.differs_m2)
        ));
    }
    if let Some(RobustnessRecord { samples, spread, mean: Some(mean) }) = record.robustness {
        lines.push(message!(
            "summary-robustness",
            percent = percent(mean, 1),
            samples = samples,
            spread = percent(spread, 0)
        ));
    }
    lines.extend(record.constraints.iter().filter_map(kept));
    lines.extend(record.conflicts_told.iter().map(|why| message!("summary-conflict", why = why.message())));
    if let Some(obstacle) = &record.why_not {
        lines.push(message!("summary-why-not", why = obstacle.text.message()));
        let ways = obstacle.ways_out.iter();
        lines.extend(ways.map(|way| message!("summary-way-out", way = way.text.message())));
    }
    lines.extend(swaps(record));
    if !record.issues.is_empty() {
        let counts = record.issues.iter().map(|(kind, count)| format!("{count} {kind}"));
        lines.push(Message::default());
        lines.push(message!("summary-issues", list = list(counts)));
    }
    lines
}

fn ha(m2: f64) -> Param {
    number(SquareMetres(m2).ha(), 2)
}

fn percent(share: f64, digits: u8) -> Param {
    // An empty sum is -0.0, which nobody wants to read.
    number(100.0 * share + 0.0, digits)
}

fn area(record: &PlanRecord) -> Message {
    let (before_m2, after_m2) = (record.area.before_m2, record.area.after_m2);
    let change = (before_m2 > 0.0).then(|| {
        message!("summary-area-change", percent = format!("{:+.3}", 100.0 * (after_m2 / before_m2 - 1.0)))
    });
    let basis = match record.area.basis {
        AreaBasis::Ellipsoidal => message!("basis-ellipsoidal"),
        AreaBasis::Planar => message!("basis-planar"),
        AreaBasis::Registered => message!("basis-registered"),
    };
    message!("summary-area", before = ha(before_m2), after = ha(after_m2), change = change, basis = basis)
}

fn concentration(record: &ConcentrationRecord) -> Vec<Message> {
    let (before, after) = (&record.before, &record.after);
    let mut lines = vec![message!(
        "summary-concentration",
        before = number(before.index, 2),
        after = number(after.index, 2),
        gap = record.gap_m
    )];
    lines.extend(falls_at(record).into_iter().map(|at| {
        let (before, after) = (number(at.before.index, 2), number(at.after.index, 2));
        message!("summary-falls-at-gap", gap = at.gap_m, before = before, after = after)
    }));
    lines.push(message!(
        "summary-blocks",
        before = before.blocks,
        after = after.blocks,
        largest_before = number(before.lpi, 1),
        largest_after = number(after.lpi, 1),
        small_before = percent(before.small_block_share, 2),
        small_after = percent(after.small_block_share, 2)
    ));
    lines
}

/// The gap tolerances at which the plan is less concentrated than the zone is now, though it is more so at the policy's own.
fn falls_at(concentration: &ConcentrationRecord) -> Vec<&GapRecord> {
    let rises = concentration.after.index > concentration.before.index;
    // Rounding is no fall.
    let falls = |at: &&GapRecord| at.after.index < at.before.index * (1.0 - 1e-9);
    concentration.by_gap.iter().filter(|at| rises && at.gap_m != concentration.gap_m).filter(falls).collect()
}

fn moved(record: &PlanRecord) -> Vec<Message> {
    // Number and area (m²) of the transfers one way.
    let one_way = |direction: Direction| {
        let some = || record.transfers.iter().filter(|t| t.direction == direction);
        (some().count(), some().map(|t| t.area_m2).sum::<f64>() + 0.0)
    };
    let (entering, leaving) = (one_way(Direction::In), one_way(Direction::Out));
    let mut lines = vec![message!(
        "summary-transfers",
        entering = entering.0,
        entering_ha = ha(entering.1),
        leaving = leaving.0,
        leaving_ha = ha(leaving.1),
        swaps = record.swaps.len()
    )];
    if record.area.before_m2 > 0.0 {
        let share = (entering.1 + leaving.1) / record.area.before_m2;
        lines.push(message!("summary-moved-share", percent = percent(share, 1)));
    }
    lines
}

fn objective(record: &PlanRecord) -> Message {
    let objective = &record.objective;
    let gap = || match objective.gap {
        Some(gap) => message!("ending-gap", percent = percent(gap, 4)),
        None => message!("ending-infeasible"),
    };
    let ending = match objective.status {
        Status::Optimal => message!("ending-optimal"),
        Status::Feasible => gap(),
        Status::Stopped => message!("ending-stopped", gap = gap()),
        Status::Infeasible => message!("ending-infeasible"),
    };
    message!(
        "summary-objective",
        before = number(objective.before, 2),
        after = number(objective.value, 2),
        bound = number(objective.bound, 2),
        ending = ending
    )
}

/// A rule that is not kept, with its figures.
fn kept(constraint: &ConstraintRecord) -> Option<Message> {
    let figures = match (constraint.value, constraint.limit) {
        (Some(value), Some(limit)) => {
            Some(message!("rule-figure-and-limit", value = number(value, 4), limit = number(limit, 4)))
        }
        (Some(value), None) => Some(message!("rule-figure", value = number(value, 4))),
        _ => None,
    };
    let (id, rule) = (&constraint.id, constraint.text.message());
    match constraint.status {
        ConstraintStatus::Broken => {
            Some(message!("summary-rule-broken", id = id, rule = rule, figures = figures))
        }
        ConstraintStatus::Missed => {
            Some(message!("summary-rule-missed", id = id, rule = rule, figures = figures))
        }
        ConstraintStatus::Met | ConstraintStatus::Off => None,
    }
}

/// The swaps that gain most, with the reasons of their largest transfers.
fn swaps(record: &PlanRecord) -> Vec<Message> {
    let mut lines = Vec::new();
    for swap in record.swaps.iter().take(SWAPS_TOLD) {
        let mut transfers: Vec<&Transfer> = record.transfers.iter().filter(|t| t.swap == swap.id).collect();
        transfers.sort_by(|a, b| b.area_m2.total_cmp(&a.area_m2).then(a.parcel.cmp(&b.parcel)));
        lines.push(Message::default());
        lines.push(headline(swap));
        for transfer in transfers.iter().take(TRANSFERS_TOLD) {
            let (parcel, area) = (&transfer.parcel.0, ha(transfer.area_m2));
            lines.push(match transfer.direction {
                Direction::In => message!("summary-move-in", parcel = parcel, area = area),
                Direction::Out => message!("summary-move-out", parcel = parcel, area = area),
            });
            let reasons = transfer.reasons.iter();
            lines.extend(reasons.map(|reason| message!("summary-reason", reason = reason.message())));
        }
        if transfers.len() > TRANSFERS_TOLD {
            lines.push(message!("summary-more-moves", count = transfers.len() - TRANSFERS_TOLD));
        }
    }
    if record.swaps.len() > SWAPS_TOLD {
        lines.push(message!("summary-more-swaps", count = record.swaps.len() - SWAPS_TOLD));
    }
    lines
}

fn headline(swap: &Swap) -> Message {
    let unbalanced = swap.unbalanced.map(|why| match why {
        Unbalanced::OneSided => message!("unbalanced-one-sided"),
        Unbalanced::NoPartner => message!("unbalanced-no-partner"),
        Unbalanced::PieceTooLarge => message!("unbalanced-piece-too-large"),
    });
    message!(
        "summary-swap",
        id = swap.id,
        count = swap.parcels.len(),
        balance = signed(SquareMetres(swap.balance_m2).ha(), 2),
        objective = signed(swap.delta_objective, 2),
        concentration = signed(swap.delta_concentration, 3),
        unbalanced = unbalanced
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use parcels::blocks::Concentration;

    use crate::messages::english;

    #[test]
    fn a_fall_at_another_gap_is_told_where_the_policys_own_shows_a_rise() {
        let of = |index| Concentration { index, lpi: 0.0, blocks: 1, small_block_share: 0.0 };
        let at = |gap_m, before, after| GapRecord { gap_m, before: of(before), after: of(after) };
        let mut concentration = ConcentrationRecord {
            gap_m: 20.0,
            before: of(3.0),
            after: of(3.3),
            by_gap: vec![at(12.0, 2.0, 1.9), at(20.0, 3.0, 3.3), at(30.0, 4.0, 4.0), at(50.0, 9.0, 8.0)],
        };
        let told = |concentration: &ConcentrationRecord| {
            falls_at(concentration).iter().map(|at| at.gap_m).collect::<Vec<f64>>()
        };
        assert_eq!(told(&concentration), [12.0, 50.0]);
        let lines: Vec<String> = super::concentration(&concentration).iter().map(english).collect();
        assert!(lines[2].contains("50 m") && lines[2].contains("9.00 → 8.00"), "{lines:?}");
        // Where it falls at the policy's gap too, the figure above says so.
        concentration.after = of(2.9);
        assert!(told(&concentration).is_empty());
    }
}
