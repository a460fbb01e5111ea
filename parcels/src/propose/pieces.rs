//! What moves as one: the pieces into which the land that leaves, and the land that comes in, falls.

use std::collections::BTreeSet;

use super::Context;
use crate::adjacency::Adjacency;
use crate::blocks::Blocks;
use crate::id::{BlockIdx, ParcelIdx, PartIdx};

/// Moves in one direction that are connected with each other. Such a piece lies in one block: one of today's where it
/// leaves, one of the plan's where it comes in. A parcel of several parts moves as a whole, so it makes one piece of what any of
/// its parts adjoins, and only such a piece may lie in several blocks.
#[derive(Debug)]
pub(super) struct Pieces {
    /// The piece of each parcel; [`Pieces::STAYS`] for one that does not move.
    of: Vec<usize>,
    members: Vec<Vec<ParcelIdx>>,
}

impl Pieces {
    const STAYS: usize = usize::MAX;

    /// The pieces of `moves` (ascending), in the order of their first parcel.
    pub(super) fn new(context: &Context<'_>, moves: &[ParcelIdx]) -> Self {
        let moves_alike = |a: ParcelIdx, b: ParcelIdx| {
            context.in_zone_after[a.at()] == context.in_zone_after[b.at()]
                && context.in_zone_before[a.at()] == context.in_zone_before[b.at()]
        };
        let mut of = vec![Self::STAYS; context.layer.len()];
        let mut members: Vec<Vec<ParcelIdx>> = Vec::new();
        for &start in moves {
            if of[start.at()] != Self::STAYS {
                continue;
            }
            of[start.at()] = members.len();
            let mut piece = vec![start];
            let mut next = 0;
            while let Some(&parcel) = piece.get(next) {
                next += 1;
                for other in context.adjacency.contiguous(parcel) {
                    if of[other.at()] == Self::STAYS && moves_alike(start, other) {
                        of[other.at()] = members.len();
                        piece.push(other);
                    }
                }
            }
            piece.sort_unstable();
            members.push(piece);
        }
        Self { of, members }
    }

    /// The piece of a parcel that moves.
    pub(super) fn of(&self, parcel: ParcelIdx) -> Option<usize> {
        Some(self.of[parcel.at()]).filter(|piece| *piece != Self::STAYS)
    }

    /// Its parcels, ascending.
    pub(super) fn members(&self, piece: usize) -> &[ParcelIdx] {
        &self.members[piece]
    }

    /// All pieces.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[ParcelIdx]> {
        self.members.iter().map(Vec::as_slice)
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// A piece by the land that hangs together by its parts, in the order of their first parts: one stretch unless it has a
    /// parcel of several parts.
    pub(super) fn stretches(&self, adjacency: &Adjacency, piece: usize) -> Vec<Vec<PartIdx>> {
        let parts = || self.members(piece).iter().flat_map(|parcel| adjacency.parts_of(*parcel));
        if parts().count() == self.members(piece).len() {
            return vec![parts().collect()];
        }
        let mut left: BTreeSet<PartIdx> = parts().collect();
        let mut stretches = Vec::new();
        while let Some(start) = left.pop_first() {
            let mut stretch = vec![start];
            let mut next = 0;
            while let Some(&part) = stretch.get(next) {
                next += 1;
                stretch.extend(adjacency.contiguous_parts(part).filter(|other| left.remove(other)));
            }
            stretches.push(stretch);
        }
        stretches
    }
}

/// The blocks that these parts adjoin or lie in, ascending: largest first.
pub(super) fn touched(
    adjacency: &Adjacency,
    blocks: &Blocks,
    parts: impl Iterator<Item = PartIdx>,
) -> Vec<BlockIdx> {
    let mut found: Vec<BlockIdx> = parts
        .flat_map(|part| adjacency.contiguous_parts(part).chain([part]))
        .filter_map(|part| blocks.of_part(part))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
