//! What all reasons of a plan draw on, computed once.

use std::collections::BTreeSet;

use super::Context;
use super::account::Account;
use super::joints::parts_without;
use super::pieces::{Pieces, touched};
use crate::adjacency::{Adjacency, CONTIGUOUS_M, Facing};
use crate::blocks::Blocks;
use crate::id::{BlockIdx, ParcelIdx, PartIdx};
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

/// What moves as one, and is explained as one. A piece with a parcel of several parts may lie in several stretches: where it lies
/// is then said of the stretch that touches most blocks.
pub(super) struct PieceFacts {
    pub(super) area_m2: f64,
    /// Area of the stretch whose place is told, m²; the whole piece, unless it has several stretches.
    pub(super) stretch_m2: f64,
    /// The block of today (out) or of the plan (in) that it lies in, and whether nobody else does.
    pub(super) block: Option<BlockIdx>,
    pub(super) is_whole_block: bool,
    /// Area-weighted; none when no score is known.
    pub(super) mean_score: Option<f64>,
    pub(super) account: Account,
    /// By how much the move shortens the zone's boundary, m, land that faces nobody included.
    pub(super) shorter_m: f64,
    /// Whether it comes in where nothing but the zone is around it, and is small enough to be filled for that.
    pub(super) fills_hole: bool,
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
        let before = Blocks::new(adjacency, in_zone_before, area_m2);
        let after = Blocks::new(adjacency, in_zone_after, area_m2);
        let stretches: Vec<Vec<Vec<PartIdx>>> =
            (0..pieces.len()).map(|piece| pieces.stretches(adjacency, piece)).collect();
        let mut parts = parts_without_stretches(context, pieces, kept, &stretches);
        let of_piece = pieces
            .iter()
            .zip(stretches.iter().zip(&mut parts))
            .enumerate()
            .map(|(number, (members, (stretches, parts)))| {
                let enters = in_zone_after[members[0].at()];
                let inside = |p: ParcelIdx| pieces.of(p) == Some(number);
                let (facing_m, other_m) = faced_m(context, members, inside);
                let all_m = facing_m + other_m;
                let around_of = |stretch: &[PartIdx]| touched(adjacency, &after, stretch.iter().copied());
                let links_of = |stretch: &[PartIdx]| match enters {
                    true => touched(adjacency, kept, stretch.iter().copied()),
                    false => Vec::new(),
                };
                let stretch_m2 = |stretch: &[PartIdx]| -> f64 {
                    stretch.iter().map(|part| adjacency.part_area(area_m2, *part)).sum()
                };
                let touches = |stretch: &[PartIdx]| links_of(stretch).len().max(around_of(stretch).len());
                let lead = (0..stretches.len()).reduce(|first, next| {
                    let [a, b] = [&stretches[first], &stretches[next]];
                    let order = touches(a).cmp(&touches(b)).then(stretch_m2(a).total_cmp(&stretch_m2(b)));
                    if order.is_lt() { next } else { first }
                });
                let lead = lead.unwrap_or(0);
                let stretch = &stretches[lead];
                let links = links_of(stretch);
                let blocks = if enters { &after } else { &before };
                let block = blocks.of_part(stretch[0]);
                let piece_m2: f64 = members.iter().map(|p| area_m2[p.at()]).sum();
                PieceFacts {
                    area_m2: piece_m2,
                    fills_hole: enters && piece_m2 < context.fill_below_m2 && other_m < CONTIGUOUS_M,
                    stretch_m2: stretch_m2(stretch),
                    block,
                    is_whole_block: block
                        .is_some_and(|block| blocks.members(block).iter().all(|part| inside(part.parcel))),
                    mean_score: mean_of(context, members),
                    account: Account::new(context, members, inside),
                    shorter_m: if enters { facing_m - other_m } else { other_m - facing_m },
                    share_facing: if all_m > 0.0 { facing_m / all_m } else { 0.0 },
                    around: around_of(stretch),
                    links_m2: links.into_iter().map(|block| kept.area_m2(block)).collect(),
                    parts_m2: std::mem::take(&mut parts[lead]),
                }
            })
            .collect();
        let mut stays_m2 = vec![0.0; before.len()];
        for part in (0..adjacency.part_count()).map(PartIdx::from_at) {
            if let Some(block) = before.of_part(part)
                && in_zone_after[adjacency.parcel_of(part).at()]
            {
                stays_m2[block.at()] += adjacency.part_area(area_m2, part);
            }
        }
        Self {
            stays_m2,
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

    /// Area of the plan's blocks around a piece's stretch, its own included, m².
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

/// For each stretch of each piece that comes in the parts into which its block falls without it. Kept land and stretches are
/// the members of a graph of its own here.
fn parts_without_stretches(
    context: &Context<'_>,
    pieces: &Pieces,
    kept: &Blocks,
    stretches: &[Vec<Vec<PartIdx>>],
) -> Vec<Vec<Vec<f64>>> {
    let adjacency = context.adjacency;
    let mut area_m2: Vec<f64> = kept.iter().map(|(block, _)| kept.area_m2(block)).collect();
    let mut links = BTreeSet::new();
    let mut inside = vec![true; kept.len()];
    for (members, stretches) in pieces.iter().zip(stretches) {
        let enters = context.in_zone_after[members[0].at()];
        for stretch in stretches {
            if enters {
                let found = touched(adjacency, kept, stretch.iter().copied());
                links.extend(found.into_iter().map(|block| (block.at(), area_m2.len())));
            }
            area_m2.push(stretch.iter().map(|part| adjacency.part_area(context.area_m2, *part)).sum());
            inside.push(enters);
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
    let mut parts = parts_without(&graph, &inside, &area_m2).split_off(kept.len()).into_iter();
    stretches.iter().map(|of_piece| parts.by_ref().take(of_piece.len()).collect()).collect()
}
