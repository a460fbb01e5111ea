//! What all reasons of a plan draw on, computed once.

use std::collections::BTreeSet;

use super::Context;
use super::account::Account;
use super::joints::parts_without;
use super::pieces::{Pieces, touched};
use crate::adjacency::{Adjacency, CONTIGUOUS_M, Facing};
use crate::blocks::Blocks;
use crate::id::{BlockIdx, ParcelIdx};
use crate::worth::mean_score;

/// The plan as reasons see it.
pub(super) struct Facts<'a> {
    pub(super) before: Blocks,
    pub(super) after: Blocks,
    pub(super) pieces: &'a Pieces,
    /// One a piece.
    of_piece: Vec<PieceFacts>,
    /// Area of each of today's blocks that stays in the zone, m².
    stays_m2: Vec<f64>,
    /// The highest score that comes in; −∞ when none is known.
    pub(super) best_incoming: f64,
    /// Whether any parcel leaves.
    pub(super) some_leave: bool,
}

/// What moves as one, and is explained as one.
pub(super) struct PieceFacts {
    pub(super) area_m2: f64,
    /// Area-weighted; none when no score is known.
    pub(super) mean_score: Option<f64>,
    pub(super) account: Account,
    /// By how much the move shortens the zone's boundary, m, land that faces nobody included.
    pub(super) shorter_m: f64,
    /// The share of its own boundary that faces parcels of the plan's zone, 0 to 1.
    pub(super) share_facing: f64,
    /// The blocks of the plan that it adjoins or lies in, largest first.
    pub(super) around: Vec<BlockIdx>,
    /// Of one that comes in, the areas (m², largest first) of kept land that it adjoins.
    pub(super) links_m2: Vec<f64>,
    /// Of one that comes in, the areas (m², largest first) into which its block would fall without it; empty where it
    /// would stay whole.
    pub(super) parts_m2: Vec<f64>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(context: &Context<'_>, pieces: &'a Pieces, kept: &Blocks) -> Self {
        let Context { adjacency, area_m2, in_zone_before, in_zone_after, .. } = *context;
        let after = Blocks::new(adjacency, in_zone_after, area_m2);
        let mut parts = parts_by_piece(context, pieces, kept);
        let of_piece = pieces
            .iter()
            .zip(&mut parts)
            .enumerate()
            .map(|(number, (members, parts))| {
                let enters = in_zone_after[members[0].at()];
                let inside = |p: ParcelIdx| pieces.of(p) == Some(number);
                let (facing_m, other_m) = faced_m(context, members, inside);
                let all_m = facing_m + other_m;
                let links = if enters { touched(adjacency, kept, members) } else { Vec::new() };
                PieceFacts {
                    area_m2: members.iter().map(|p| area_m2[p.at()]).sum(),
                    mean_score: mean_of(context, members),
                    account: Account::new(context, members, inside),
                    shorter_m: if enters { facing_m - other_m } else { other_m - facing_m },
                    share_facing: if all_m > 0.0 { facing_m / all_m } else { 0.0 },
                    around: touched(adjacency, &after, members),
                    links_m2: links.into_iter().map(|block| kept.area_m2(block)).collect(),
                    parts_m2: std::mem::take(parts),
                }
            })
            .collect();
        let before = Blocks::new(adjacency, in_zone_before, area_m2);
        let stays = |members: &[ParcelIdx]| {
            members.iter().filter(|p| in_zone_after[p.at()]).map(|p| area_m2[p.at()]).sum()
        };
        Self {
            stays_m2: before.iter().map(|(_, members)| stays(members)).collect(),
            before,
            after,
            pieces,
            of_piece,
            best_incoming: (0..area_m2.len())
                .filter(|at| in_zone_after[*at] && !in_zone_before[*at])
                .filter_map(|at| context.scores.score[at])
                .fold(f64::NEG_INFINITY, f64::max),
            some_leave: in_zone_before.iter().zip(in_zone_after).any(|(before, after)| *before && !after),
        }
    }

    /// The piece of a parcel that moves, with its members.
    pub(super) fn piece(&self, parcel: ParcelIdx) -> Option<(&PieceFacts, &[ParcelIdx])> {
        let number = self.pieces.of(parcel)?;
        Some((&self.of_piece[number], self.pieces.members(number)))
    }

    /// Area of one of today's blocks that stays in the zone, m².
    pub(super) fn stays_m2(&self, block: BlockIdx) -> f64 {
        self.stays_m2[block.at()]
    }

    /// Area of the plan's blocks around a piece, its own included, m².
    pub(super) fn around_m2(&self, piece: &PieceFacts) -> f64 {
        piece.around.iter().map(|block| self.after.area_m2(*block)).sum()
    }
}

/// Lengths of a piece's boundary, m: facing parcels of the plan's zone, and all else.
fn faced_m(context: &Context<'_>, members: &[ParcelIdx], inside: impl Fn(ParcelIdx) -> bool) -> (f64, f64) {
    let (mut zone_m, mut other_m) = (0.0, 0.0);
    for &parcel in members {
        other_m += context.adjacency.exposed_m()[parcel.at()];
        for (other, facing_m) in context.adjacency.of(parcel).filter(|(other, _)| !inside(*other)) {
            *(if context.in_zone_after[other.at()] { &mut zone_m } else { &mut other_m }) += facing_m;
        }
    }
    (zone_m, other_m)
}

fn mean_of(context: &Context<'_>, members: &[ParcelIdx]) -> Option<f64> {
    let area_m2: Vec<f64> = members.iter().map(|p| context.area_m2[p.at()]).collect();
    let score: Vec<Option<f64>> = members.iter().map(|p| context.scores.score[p.at()]).collect();
    mean_score(&area_m2, &score, |_| true)
}

/// For each piece that comes in the parts into which its block falls without it. Kept land and pieces are the members of
/// a graph of its own here.
fn parts_by_piece(context: &Context<'_>, pieces: &Pieces, kept: &Blocks) -> Vec<Vec<f64>> {
    let number_kept = kept.len();
    let mut area_m2: Vec<f64> = kept.iter().map(|(block, _)| kept.area_m2(block)).collect();
    let mut links = BTreeSet::new();
    let mut inside = vec![true; number_kept];
    for (number, members) in pieces.iter().enumerate() {
        area_m2.push(members.iter().map(|p| context.area_m2[p.at()]).sum());
        let enters = context.in_zone_after[members[0].at()];
        inside.push(enters);
        if enters {
            let found = touched(context.adjacency, kept, members);
            links.extend(found.into_iter().map(|block| (block.at(), number_kept + number)));
        }
    }
    let pairs = links
        .into_iter()
        .map(|(block, piece)| Facing {
            a: ParcelIdx::from_at(block),
            b: ParcelIdx::from_at(piece),
            facing_m: CONTIGUOUS_M,
        })
        .collect();
    let graph = Adjacency::from_pairs(pairs, vec![0.0; area_m2.len()]);
    parts_without(&graph, &inside, &area_m2).split_off(number_kept)
}
