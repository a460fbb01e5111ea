//! A side for every parcel → transfers → reasons → swaps: what a planner reviews.
//! `facts` and `account` measure every move, `reasons` tells them as messages, `swaps` and `pairing` group moves so that each group
//! can be reviewed alone. Called once a plan is found; changes nothing about the plan.

mod account;
mod facts;
mod forest;
mod joints;
mod pairing;
mod pieces;
mod place;
mod reasons;
mod swaps;
mod without;
mod words;

use without::index_without;

use facts::Facts;
use pieces::Pieces;

use crate::adjacency::Adjacency;
use crate::blocks::Blocks;
use crate::id::{ParcelId, ParcelIdx};
use crate::message::Told;
use crate::parcel::Layer;
use crate::plan::{Direction, Swap, Transfer};
use crate::score::Scores;
use crate::worth::{Land, Worth};

/// What transfers and swaps are made from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The parcels.
    pub layer: &'a Layer,
    /// Their scores and parts.
    pub scores: &'a Scores,
    /// Who faces whom at the policy's gap tolerance.
    pub adjacency: &'a Adjacency,
    /// Area of each parcel on the plan's basis, m².
    pub area_m2: &'a [f64],
    /// In the zone now, one a parcel.
    pub in_zone_before: &'a [bool],
    /// In the zone after the plan, one a parcel.
    pub in_zone_after: &'a [bool],
    /// The objective's prices.
    pub worth: &'a Worth,
    /// Price of 1 ha of zone area, score points: with τ the score that land has to reach. Above 0 where area is short, below
    /// 0 where it has to be kept up.
    pub area_price: f64,
    /// Price of 1 ha of the parcel's sub-park, score points, on top of that; 0 where there is none.
    pub sub_park_price: &'a dyn Fn(ParcelIdx) -> f64,
    /// The veto price of a parcel that moves, score · ha; none where it is not known or a lock moves it.
    pub veto_price: &'a dyn Fn(ParcelIdx) -> Option<f64>,
    /// At most what vetoing a parcel that moves costs the plan, score · ha: F of the plan less F of the best plan known in which the
    /// parcel stays where it was. None where no such plan is known; the rules that a plan has to keep are not known here.
    pub veto_price_most: &'a dyn Fn(ParcelIdx) -> Option<f64>,
    /// The share of sampled weights under which each parcel is on its side; none where that was not asked for.
    pub robustness: Option<&'a [f64]>,
    /// A block below this area (m²) is small; 0 for no such rule.
    pub min_block_m2: f64,
    /// Holes below this area (m²) are filled; 0 for no such rule.
    pub fill_below_m2: f64,
    /// How far the zone's area may be off, m²; infinite where it is not conserved: then nothing has to balance.
    pub area_tolerance_m2: f64,
}

/// The transfers of a plan, ascending by parcel id, and the swaps they fall into, those that
/// gain most first.
///
/// # Panics
/// When a slice of `context` holds not one value a parcel.
#[must_use]
pub fn propose(context: &Context<'_>) -> (Vec<Transfer>, Vec<Swap>) {
    let Context { layer, adjacency, area_m2, in_zone_before: before, in_zone_after: after, .. } = *context;
    let count = layer.len();
    assert!(
        adjacency.len() == count
            && context.scores.score.len() == count
            && [area_m2.len(), before.len(), after.len()] == [count; 3]
            && context.robustness.is_none_or(|shares| shares.len() == count),
        "one value a parcel"
    );
    let moves: Vec<ParcelIdx> =
        (0..count).filter(|at| before[*at] != after[*at]).map(ParcelIdx::from_at).collect();
    let kept_land: Vec<bool> = before.iter().zip(after).map(|(b, a)| *b && *a).collect();
    let kept = Blocks::new(adjacency, &kept_land, area_m2);
    let land = Land { adjacency, area_m2, score: &context.scores.score, in_zone_before: before };

    let pieces = Pieces::new(context, &moves);
    let groups = swaps::group(context, &pieces, &kept);
    let swaps = number_swaps(context, &land, &groups);
    let mut swap_of = vec![0; count];
    for (swap, group) in &swaps {
        for parcel in *group {
            swap_of[parcel.at()] = swap.id;
        }
    }

    let facts = Facts::new(context, &pieces, &kept);
    let mut transfers: Vec<Transfer> = moves
        .iter()
        .map(|&parcel| {
            let delta_objective = context.worth.gain(&land, after, &[parcel], |other| other == parcel);
            let reasons = reasons::reasons(context, &facts, parcel, delta_objective);
            Transfer {
                parcel: layer[parcel].id.clone(),
                direction: if after[parcel.at()] { Direction::In } else { Direction::Out },
                swap: swap_of[parcel.at()],
                area_m2: area_m2[parcel.at()],
                score: context.scores.score[parcel.at()],
                delta_objective,
                veto_price: (context.veto_price)(parcel),
                veto_price_most: (context.veto_price_most)(parcel),
                robustness: context.robustness.map(|shares| shares[parcel.at()]),
                reasons: reasons.into_iter().map(Told::from).collect(),
            }
        })
        .collect();
    transfers.sort_by(|a, b| a.parcel.cmp(&b.parcel));
    (transfers, swaps.into_iter().map(|(swap, _)| swap).collect())
}

/// The groups as swaps, those that gain most first.
fn number_swaps<'a>(
    context: &Context<'_>,
    land: &Land<'_>,
    groups: &'a [Vec<ParcelIdx>],
) -> Vec<(Swap, &'a [ParcelIdx])> {
    let Context { layer, adjacency, area_m2, in_zone_before: before, in_zone_after: after, .. } = *context;
    let mut group_of = vec![usize::MAX; layer.len()];
    for (number, group) in groups.iter().enumerate() {
        for parcel in group {
            group_of[parcel.at()] = number;
        }
    }
    let some = |from: &[bool], to: &[bool]| from.iter().zip(to).any(|(from, to)| !from && *to);
    let both_ways = some(before, after) && some(after, before);
    let index = Blocks::new(adjacency, after, area_m2).concentration(0.0).index;
    let without = index_without(adjacency, area_m2, before, after, groups);
    let mut swaps: Vec<(Swap, &[ParcelIdx])> = groups
        .iter()
        .enumerate()
        .map(|(number, group)| {
            let side_m2 = |inside: bool| -> f64 {
                group.iter().filter(|p| after[p.at()] == inside).map(|p| area_m2[p.at()]).sum()
            };
            let (in_m2, out_m2) = (side_m2(true), side_m2(false));
            let balance_m2 = in_m2 - out_m2;
            let balanced = balance_m2.abs() <= context.area_tolerance_m2;
            let mut parcels: Vec<ParcelId> = group.iter().map(|p| layer[*p].id.clone()).collect();
            parcels.sort();
            let swap = Swap {
                id: 0,
                parcels,
                balance_m2,
                balanced,
                unbalanced: (!balanced).then(|| pairing::unbalanced(in_m2, out_m2, both_ways)),
                delta_objective: context.worth.gain(land, after, group, |p| group_of[p.at()] == number),
                delta_concentration: settled(index - without[number]),
            };
            (swap, group.as_slice())
        })
        .collect();
    swaps.sort_by(|(a, _), (b, _)| {
        b.delta_objective.total_cmp(&a.delta_objective).then_with(|| a.parcels.cmp(&b.parcels))
    });
    for (number, (swap, _)) in swaps.iter_mut().enumerate() {
        swap.id = number + 1;
    }
    swaps
}

/// A difference of two indices of up to 100: what rounding alone leaves is none.
fn settled(difference: f64) -> f64 {
    if difference.abs() < 1e-10 { 0.0 } else { difference }
}

#[cfg(test)]
mod tests;
