//! Whether the transfers are the plan's moves and the swaps hold them all, with the effects they claim.

use std::collections::BTreeMap;

use super::without::index_without;
use super::{Findings, Judged};
use crate::id::{ParcelId, ParcelIdx};
use crate::message;
use crate::message::AsParam as _;
use crate::plan::{Direction, PlanRecord, Transfer, Unbalanced};

pub(super) fn check(record: &PlanRecord, judged: &Judged<'_>, findings: &mut Findings) {
    let by_id: BTreeMap<&ParcelId, ParcelIdx> =
        judged.evidence.layer.iter().map(|(idx, parcel)| (&parcel.id, idx)).collect();
    let mut claimed: Vec<Option<&Transfer>> = vec![None; judged.after.len()];
    for transfer in &record.transfers {
        match by_id.get(&transfer.parcel) {
            None => findings.error(what(transfer), message!("finding-no-such-parcel")),
            Some(idx) if claimed[idx.at()].is_some() => {
                findings.error(what(transfer), message!("finding-listed-twice"));
            }
            Some(idx) => claimed[idx.at()] = Some(transfer),
        }
    }
    if !record.transfers.is_sorted_by(|a, b| a.parcel <= b.parcel) {
        findings.error("transfers", message!("finding-not-ascending"));
    }
    for (at, claimed) in claimed.into_iter().enumerate() {
        let moves = judged.before[at] != judged.after[at];
        match (claimed, moves) {
            (Some(transfer), true) => one(transfer, record, ParcelIdx::from_at(at), judged, findings),
            (Some(transfer), false) => findings.error(what(transfer), message!("finding-parcel-stays")),
            (None, true) => {
                let name = judged.name(ParcelIdx::from_at(at));
                findings.error(format!("transfers[{name}]"), message!("finding-move-untold"));
            }
            (None, false) => {}
        }
    }
    swaps(record, &by_id, judged, findings);
    robustness(record, findings);
}

/// Shares are shares, they are there when and only when the record says how they were found, and their mean is theirs. The
/// plans of the samples are not made again.
fn robustness(record: &PlanRecord, findings: &mut Findings) {
    let no_share = |share: f64| !(0.0..=1.0).contains(&share);
    for transfer in &record.transfers {
        let what = format!("{}.robustness", what(transfer));
        match transfer.robustness {
            Some(share) if no_share(share) => {
                findings.error(what, message!("finding-no-share", share = share));
            }
            share if share.is_some() != record.robustness.is_some() => {
                findings.error(what, message!("finding-share-alone"));
            }
            _ => {}
        }
    }
    let Some(claimed) = record.robustness else { return };
    if claimed.samples == 0 || no_share(claimed.spread) {
        let (samples, spread) = (claimed.samples, claimed.spread);
        let nothing = message!("finding-no-samples", samples = samples, spread = spread);
        findings.error("robustness", nothing);
    }
    let (mut area_m2, mut staying_m2) = (0.0, 0.0);
    for transfer in &record.transfers {
        area_m2 += transfer.area_m2;
        staying_m2 += transfer.area_m2 * transfer.robustness.unwrap_or(0.0);
    }
    findings.figure_or_none("robustness.mean", claimed.mean, (area_m2 > 0.0).then(|| staying_m2 / area_m2));
}

fn what(transfer: &Transfer) -> String {
    format!("transfers[{}]", transfer.parcel)
}

fn one(
    transfer: &Transfer,
    record: &PlanRecord,
    idx: ParcelIdx,
    judged: &Judged<'_>,
    findings: &mut Findings,
) {
    let what = what(transfer);
    let direction = if judged.after[idx.at()] { Direction::In } else { Direction::Out };
    findings.same(&format!("{what}.direction"), transfer.direction, direction);
    findings.figure(&format!("{what}.area_m2"), transfer.area_m2, judged.area_m2[idx.at()]);
    findings.figure_or_none(&format!("{what}.score"), transfer.score, judged.evidence.scores[idx.at()]);
    let gain = judged.worth.gain(&judged.land(), judged.after, &[idx], |other| other == idx);
    findings.figure(&format!("{what}.delta_objective"), transfer.delta_objective, gain);
    if let (Some(price), Some(most)) = (transfer.veto_price, transfer.veto_price_most) {
        let objective = &record.objective;
        let least = price - (objective.bound - objective.value);
        if least > most && !super::agree(least, most) {
            let more = message!("finding-veto-costs-more");
            findings.differ(format!("{what}.veto_price_most"), most, least, more);
        }
    }
    // How high it is would mean to plan again; that nobody can veto what a lock moves, and that a veto gains nothing, is plain.
    if let Some(price) = transfer.veto_price
        && !(judged.held_to(idx.at()).is_none() && price >= -super::TOLERANCE * judged.tau.abs().max(1.0))
    {
        findings.error(format!("{what}.veto_price"), message!("finding-no-veto-price", price = price));
    }
    if transfer.reasons.is_empty() {
        findings.error(what, message!("finding-no-reason"));
    }
}

fn swaps(
    record: &PlanRecord,
    by_id: &BTreeMap<&ParcelId, ParcelIdx>,
    judged: &Judged<'_>,
    findings: &mut Findings,
) {
    let tolerance_m2 = judged.area_tolerance_m2();
    let mut swap_of: Vec<Option<usize>> = vec![None; judged.after.len()];
    let mut groups: Vec<Vec<ParcelIdx>> = Vec::with_capacity(record.swaps.len());
    for (n, swap) in record.swaps.iter().enumerate() {
        findings.same(&format!("swaps[{}].id", n + 1), swap.id, n + 1);
        let what = format!("swaps[{}]", swap.id);
        if swap.parcels.is_empty() {
            findings.error(&what, message!("finding-swap-empty"));
        }
        let mut group = Vec::with_capacity(swap.parcels.len());
        for parcel in &swap.parcels {
            match by_id.get(parcel).copied().filter(|p| judged.before[p.at()] != judged.after[p.at()]) {
                None => findings.error(&what, message!("finding-does-not-move", parcel = parcel.0)),
                Some(idx) => match swap_of[idx.at()] {
                    Some(other) => {
                        let twice = message!("finding-in-two-swaps", parcel = parcel.0, other = other);
                        findings.error(&what, twice);
                    }
                    None => {
                        swap_of[idx.at()] = Some(swap.id);
                        group.push(idx);
                    }
                },
            }
        }
        groups.push(group);
    }
    for transfer in &record.transfers {
        if let Some(idx) = by_id.get(&transfer.parcel)
            && swap_of[idx.at()] != Some(transfer.swap)
        {
            let found = swap_of[idx.at()].map_or_else(|| message!("none").as_param(), |s| s.as_param());
            let what = format!("{}.swap", what(transfer));
            findings.differ(what, transfer.swap, found, message!("finding-not-in-swap"));
        }
    }
    let index = judged.blocks_after.concentration(0.0).index;
    let without = index_without(judged, &groups);
    for ((swap, group), without) in record.swaps.iter().zip(&groups).zip(without) {
        let what = format!("swaps[{}]", swap.id);
        let signed = |p: &ParcelIdx| {
            if judged.after[p.at()] { judged.area_m2[p.at()] } else { -judged.area_m2[p.at()] }
        };
        let balance_m2: f64 = group.iter().map(signed).sum();
        findings.figure(&format!("{what}.balance_m2"), swap.balance_m2, balance_m2);
        // At the very limit either answer will do.
        let doubtful = super::agree(balance_m2.abs(), tolerance_m2);
        if !doubtful {
            findings.same(&format!("{what}.balanced"), swap.balanced, balance_m2.abs() <= tolerance_m2);
        }
        // Plans of earlier versions do not say why.
        if swap.unbalanced.is_some() {
            let why_not = (!swap.balanced).then(|| why_unbalanced(group, judged));
            findings.same(&format!("{what}.unbalanced"), swap.unbalanced, why_not);
        }
        let gain =
            judged.worth.gain(&judged.land(), judged.after, group, |p| swap_of[p.at()] == Some(swap.id));
        findings.figure(&format!("{what}.delta_objective"), swap.delta_objective, gain);
        findings.figure(&format!("{what}.delta_concentration"), swap.delta_concentration, index - without);
    }
}

/// Why a group that is not balanced is not, as [`Unbalanced`] defines it.
fn why_unbalanced(group: &[ParcelIdx], judged: &Judged<'_>) -> Unbalanced {
    let comes_in = |at: usize| judged.after[at] && !judged.before[at];
    let leaves = |at: usize| judged.before[at] && !judged.after[at];
    let every = 0..judged.after.len();
    if !(every.clone().any(comes_in) && every.clone().any(leaves)) {
        Unbalanced::OneSided
    } else if group.iter().any(|p| comes_in(p.at())) && group.iter().any(|p| leaves(p.at())) {
        Unbalanced::PieceTooLarge
    } else {
        Unbalanced::NoPartner
    }
}
