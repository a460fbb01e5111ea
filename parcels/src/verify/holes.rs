//! C8: small pieces of land that the zone encloses.

use std::collections::BTreeSet;

use super::{Evidence, Judged};
use crate::adjacency::CONTIGUOUS_M;
use crate::id::{ParcelIdx, PartIdx};
use crate::message;
use crate::message::{AsParam as _, Message, Param};
use crate::plan::{ConstraintRecord, ConstraintStatus};
use crate::policy::HoleRule;
use crate::units::M2_PER_HA;

/// Of so many holes that are left it is found out whether filling them would break a rule: each takes judging the whole plan.
const LOOKED_INTO: usize = 12;
/// So many are named.
const NAMED: usize = 6;

/// How the plan stands to C8. `broken` says which other rules a plan breaks.
pub(super) fn holes(
    judged: &Judged<'_>,
    broken: &dyn Fn(&Judged<'_>) -> BTreeSet<String>,
) -> ConstraintRecord {
    let constraints = &judged.evidence.policy.constraints;
    let below_ha = constraints.min_hole_ha;
    let found = enclosed(judged, below_ha * M2_PER_HA);
    let made = found.iter().filter(|hole| !is_of_today(judged, hole)).count();
    let asks = message!("rule-asks-no-new-hole", below = below_ha);
    match constraints.holes {
        HoleRule::Report => told(asks, made, ConstraintStatus::Missed),
        HoleRule::Forbid => told(asks, made, ConstraintStatus::Broken),
        HoleRule::Fill => left(judged, &found, broken),
    }
}

/// The record where so many holes are too many; with any, the rule stands as `otherwise` says.
fn told(asks: Message, too_many: usize, otherwise: ConstraintStatus) -> ConstraintRecord {
    let status = if too_many == 0 { ConstraintStatus::Met } else { otherwise };
    ConstraintRecord {
        id: "C8".into(),
        text: asks.into(),
        status,
        value: Some(too_many as f64),
        limit: Some(0.0),
    }
}

/// The holes: land outside the zone below `most_m2` that hangs together and faces nothing but the zone, by its parts, ascending.
/// Of a parcel of several parts each lies by itself, as in blocks.
fn enclosed(judged: &Judged<'_>, most_m2: f64) -> Vec<Vec<PartIdx>> {
    let adjacency = judged.evidence.adjacency;
    let parts = (0..adjacency.part_count()).map(PartIdx::from_at);
    let mut seen: Vec<bool> =
        parts.clone().map(|part| judged.after[adjacency.parcel_of(part).at()]).collect();
    let mut holes = Vec::new();
    for start in parts {
        if std::mem::replace(&mut seen[start.at()], true) {
            continue;
        }
        let mut hole = vec![start];
        let mut next = 0;
        while let Some(&part) = hole.get(next) {
            next += 1;
            for other in adjacency.contiguous_parts(part) {
                if !std::mem::replace(&mut seen[other.at()], true) {
                    hole.push(other);
                }
            }
        }
        let area_m2: f64 = hole.iter().map(|part| judged.part_m2(*part)).sum();
        let open_m: f64 = hole.iter().map(|part| adjacency.exposed_of_part_m(*part)).sum();
        hole.sort_unstable();
        if area_m2 < most_m2 && open_m < CONTIGUOUS_M && rim(judged, &hole).next().is_some() {
            holes.push(hole);
        }
    }
    holes
}

/// The parts around a hole.
fn rim<'a>(judged: &'a Judged<'_>, hole: &'a [PartIdx]) -> impl Iterator<Item = PartIdx> + 'a {
    let around = hole.iter().flat_map(|part| judged.evidence.adjacency.contiguous_parts(*part));
    around.filter(|part| hole.binary_search(part).is_err())
}

/// Whether it is a hole of today's zone as well.
fn is_of_today(judged: &Judged<'_>, hole: &[PartIdx]) -> bool {
    let before = |part: &PartIdx| judged.before[judged.evidence.adjacency.parcel_of(*part).at()];
    !hole.iter().any(before) && rim(judged, hole).all(|part| before(&part))
}

/// The holes that are left where they are to be filled, and why: parcels that may not come in, or another rule that would break.
fn left(
    judged: &Judged<'_>,
    holes: &[Vec<PartIdx>],
    broken: &dyn Fn(&Judged<'_>) -> BTreeSet<String>,
) -> ConstraintRecord {
    let constraints = &judged.evidence.policy.constraints;
    let (mut held, mut breaking, mut open) = (Vec::new(), Vec::new(), Vec::new());
    let mut unknown = 0_usize;
    for hole in holes {
        let parcels: BTreeSet<ParcelIdx> =
            hole.iter().map(|part| judged.evidence.adjacency.parcel_of(*part)).collect();
        let names: Vec<&str> = parcels.iter().map(|parcel| judged.name(*parcel)).collect();
        let names = names.join("+");
        if parcels.iter().any(|parcel| judged.held_to(parcel.at()) == Some(false)) {
            held.push(names);
        } else if breaking.len() + open.len() == LOOKED_INTO {
            unknown += 1;
        } else {
            match broken_by_filling(judged, &parcels, broken) {
                Some(id) => breaking.push(format!("{names}: {id}")),
                None => open.push(names),
            }
        }
    }
    let (open_count, held_count, breaking_count) = (open.len(), held.len(), breaking.len());
    let asks = message!(
        "rule-asks-holes-filled",
        below = constraints.min_hole_ha,
        open = (open_count > 0).then(|| message!("holes-named", names = some_of(&open))),
        held = (held_count > 0).then(|| message!("holes-held", count = held_count, names = some_of(&held))),
        breaking = (breaking_count > 0).then(|| message!(
            "holes-breaking",
            count = breaking_count,
            names = some_of(&breaking)
        )),
        unknown = (unknown > 0).then(|| message!("holes-not-judged", count = unknown)),
    );
    told(asks, open_count, ConstraintStatus::Missed)
}

/// The first few names, and how many more there are.
fn some_of(names: &[String]) -> Param {
    let mut told: Vec<Param> = names.iter().take(NAMED).map(|name| name.as_param()).collect();
    if names.len() > NAMED {
        told.push(message!("places-more", count = names.len() - NAMED).as_param());
    }
    Param::List(told)
}

/// A rule that would break if these parcels came in, and does not as it is.
fn broken_by_filling(
    judged: &Judged<'_>,
    parcels: &BTreeSet<ParcelIdx>,
    broken: &dyn Fn(&Judged<'_>) -> BTreeSet<String>,
) -> Option<String> {
    let mut filled = judged.after.to_vec();
    parcels.iter().for_each(|parcel| filled[parcel.at()] = true);
    let evidence = Evidence { in_zone_after: &filled, ..*judged.evidence };
    let with = Judged::new(&evidence).ok()?;
    broken(&with).difference(&broken(judged)).next().cloned()
}
