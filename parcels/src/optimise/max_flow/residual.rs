//! What a maximum flow leaves over, for searches from single units.

use super::{Network, Tree};

/// A side of the cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::optimise) enum Side {
    Source,
    Sink,
}

/// What a maximum flow has left over, seen from units on either side: those of the source side look towards where more
/// could come from, those of the sink side towards where more could go.
pub(in crate::optimise) struct Residual<'n>(&'n mut Network);

impl<'n> Residual<'n> {
    pub(super) fn of(network: &'n mut Network) -> Self {
        Self(network)
    }

    /// The side of the unit, none where both extreme cuts differ on it.
    pub(in crate::optimise) fn side(&self, unit: u32) -> Option<Side> {
        match self.0.nodes[unit as usize].tree {
            Tree::Source => Some(Side::Source),
            Tree::Sink => Some(Side::Sink),
            Tree::Free => None,
        }
    }

    /// What the unit's own terminal has left to give (source side) or to take (sink side).
    pub(in crate::optimise) fn supply(&self, unit: u32, side: Side) -> i64 {
        let terminal = self.0.nodes[unit as usize].terminal;
        if side == Side::Source { terminal } else { -terminal }
    }

    /// Uses `amount` of it.
    pub(in crate::optimise) fn draw(&mut self, unit: u32, side: Side, amount: i64) {
        self.0.nodes[unit as usize].terminal += if side == Side::Source { -amount } else { amount };
    }

    /// The arcs at a unit.
    pub(in crate::optimise) fn arcs(&self, unit: u32) -> std::ops::Range<u32> {
        self.0.nodes[unit as usize].first..self.0.nodes[unit as usize + 1].first
    }

    /// The unit at the arc's far end.
    pub(in crate::optimise) fn head(&self, arc: u32) -> u32 {
        self.0.head[arc as usize]
    }

    /// The unit whose arc it is.
    pub(in crate::optimise) fn tail(&self, arc: u32) -> u32 {
        self.0.head[self.0.sister[arc as usize] as usize]
    }

    /// What can flow along the arc: to its unit on the source side, from it on the sink side.
    pub(in crate::optimise) fn room(&self, arc: u32, side: Side) -> i64 {
        let arc = arc as usize;
        if side == Side::Source { self.0.residual[self.0.sister[arc] as usize] } else { self.0.residual[arc] }
    }

    /// Lets `amount` flow that way.
    pub(in crate::optimise) fn push(&mut self, arc: u32, side: Side, amount: i64) {
        let amount = if side == Side::Source { -amount } else { amount };
        let sister = self.0.sister[arc as usize];
        self.0.residual[arc as usize] -= amount;
        self.0.residual[sister as usize] += amount;
    }
}
