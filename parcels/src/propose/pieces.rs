//! What moves as one: the pieces into which the land that leaves, and the land that comes in, falls.

use super::Context;
use crate::adjacency::Adjacency;
use crate::blocks::Blocks;
use crate::id::{BlockIdx, ParcelIdx};

/// Moves in one direction that are connected with each other. Such a piece lies in one block: one of today's where it
/// leaves, one of the plan's where it comes in.
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
}

/// The blocks that parcels of `members` adjoin or lie in, ascending: largest first.
pub(super) fn touched(adjacency: &Adjacency, blocks: &Blocks, members: &[ParcelIdx]) -> Vec<BlockIdx> {
    let mut found: Vec<BlockIdx> = members
        .iter()
        .flat_map(|&parcel| adjacency.contiguous(parcel).chain([parcel]))
        .filter_map(|parcel| blocks.of(parcel))
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
