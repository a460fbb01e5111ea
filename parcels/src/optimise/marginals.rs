//! What forcing one unit to the other side costs: the price of a veto.
//!
//! At a minimum cut, let a unit that is in have to be out. The best zone then is a minimum cut of the same network with
//! the unit tied to the sink, and by the theorem of Ford and Fulkerson the loss is what more can flow to it through the
//! residual network. That is a local search of a few arcs; what it changes is put back, so the kept flow serves for
//! every unit in turn.

use super::max_flow::{Residual, Side};

/// Room for searches, kept from unit to unit.
#[derive(Clone)]
pub(super) struct Marginals {
    /// Units seen in the present search carry its number.
    seen: Vec<u32>,
    search: u32,
    /// The arc by which a unit was reached.
    by: Vec<u32>,
    queue: Vec<u32>,
    /// What was changed: arcs and terminals with amounts.
    pushed: Vec<(u32, i64)>,
    drawn: Vec<(u32, i64)>,
}

impl Marginals {
    pub(super) fn new(units: usize) -> Self {
        Self {
            seen: vec![0; units],
            search: 0,
            by: vec![0; units],
            queue: Vec::new(),
            pushed: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// How much less the best cut is worth with `unit` on the other side, in integer units; `most` when it is more. 0 for a
    /// unit that may as well be on either side. The network is the same afterwards.
    pub(super) fn loss(&mut self, residual: &mut Residual<'_>, unit: u32, most: i64) -> i64 {
        let side = match residual.side(unit) {
            Some(side) => side,
            None => return 0,
        };
        let own = residual.supply(unit, side);
        let mut loss = own.max(0).min(most);
        if loss > 0 {
            residual.draw(unit, side, loss);
            self.drawn.push((unit, loss));
        }
        while loss < most {
            let Some(root) = self.reach(residual, unit, side) else { break };
            let mut fits = residual.supply(root, side).min(most - loss);
            let mut at = root;
            while at != unit {
                let arc = self.by[at as usize];
                fits = fits.min(residual.room(arc, side));
                at = residual.tail(arc);
            }
            at = root;
            while at != unit {
                let arc = self.by[at as usize];
                residual.push(arc, side, fits);
                self.pushed.push((arc, fits));
                at = residual.tail(arc);
            }
            residual.draw(root, side, fits);
            self.drawn.push((root, fits));
            loss += fits;
        }
        for (arc, amount) in self.pushed.drain(..) {
            residual.push(arc, side, -amount);
        }
        for (unit, amount) in self.drawn.drain(..) {
            residual.draw(unit, side, -amount);
        }
        loss
    }

    /// The nearest unit with something to give that can be reached from `unit`.
    fn reach(&mut self, residual: &Residual<'_>, unit: u32, side: Side) -> Option<u32> {
        if self.search == u32::MAX {
            self.seen.fill(0);
            self.search = 0;
        }
        self.search += 1;
        self.queue.clear();
        self.queue.push(unit);
        self.seen[unit as usize] = self.search;
        let mut next = 0;
        while let Some(&at) = self.queue.get(next) {
            next += 1;
            for arc in residual.arcs(at) {
                let other = residual.head(arc);
                if self.seen[other as usize] == self.search || residual.room(arc, side) <= 0 {
                    continue;
                }
                self.seen[other as usize] = self.search;
                self.by[other as usize] = arc;
                if residual.supply(other, side) > 0 {
                    return Some(other);
                }
                self.queue.push(other);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::max_flow::{Edge, Network};
    use super::*;
    use proptest::prelude::*;

    fn value(terminal: &[i64], edges: &[Edge]) -> i64 {
        let mut network = Network::new(terminal, edges);
        network.solve(&|| true);
        (0..terminal.len()).map(|i| network.left(i).max(0)).sum()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn the_loss_is_that_of_cutting_anew_with_the_unit_forced(
            terminal in prop::collection::vec(-9i64..10, 1..24),
            raw in prop::collection::vec((0u32..24, 0u32..24, 0i64..8), 0..60),
        ) {
            const FORCE: i64 = 1_000_000;
            let n = terminal.len() as u32;
            let edges: Vec<Edge> = raw.iter().map(|&(a, b, capacity)| (a % n, b % n, capacity))
                .filter(|(a, b, _)| a != b).map(|(a, b, capacity)| Edge { a, b, capacity }).collect();
            let mut network = Network::new(&terminal, &edges);
            prop_assert!(network.solve(&|| true));
            let best = value(&terminal, &edges);
            let mut marginals = Marginals::new(terminal.len());
            for unit in 0..n {
                let mut forced = terminal.clone();
                let (smallest, largest) = (network.in_smallest(unit as usize), network.in_largest(unit as usize));
                let wanted = if smallest == largest {
                    forced[unit as usize] += if smallest { -FORCE } else { FORCE };
                    best - (value(&forced, &edges) - if smallest { 0 } else { FORCE })
                } else {
                    0
                };
                prop_assert_eq!(marginals.loss(&mut network.residual(), unit, FORCE), wanted);
            }
        }
    }
}
