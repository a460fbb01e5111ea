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
    /// Arcs from the forced unit.
    distance: Vec<u32>,
    /// The arc of each unit that is to be tried next.
    next: Vec<u32>,
    queue: Vec<u32>,
    path: Vec<u32>,
    /// What was changed: arcs and terminals with amounts.
    pushed: Vec<(u32, i64)>,
    drawn: Vec<(u32, i64)>,
}

impl Marginals {
    pub(super) fn new(units: usize) -> Self {
        Self {
            seen: vec![0; units],
            search: 0,
            distance: vec![0; units],
            next: vec![0; units],
            queue: Vec::new(),
            path: Vec::new(),
            pushed: Vec::new(),
            drawn: Vec::new(),
        }
    }

    /// How much less the best cut is worth with `unit` on the other side, in integer units; `most` when it is more. 0 for a
    /// unit that may as well be on either side. The network is the same afterwards.
    pub(super) fn min_marginal(&mut self, residual: &mut Residual<'_>, unit: u32, most: i64) -> i64 {
        let Some(side) = residual.side(unit) else { return 0 };
        let mut loss = residual.supply(unit, side).max(0).min(most);
        if loss > 0 {
            residual.draw(unit, side, loss);
            self.drawn.push((unit, loss));
        }
        // Rounds of shortest ways, as Dinic has them (1970): each takes all that comes from the nearest.
        while loss < most && self.look_around(residual, unit, side) {
            loss += self.take(residual, unit, side, most - loss);
        }
        for (arc, amount) in self.pushed.drain(..) {
            residual.push(arc, side, -amount);
        }
        for (unit, amount) in self.drawn.drain(..) {
            residual.draw(unit, side, -amount);
        }
        loss
    }

    /// Measures distances from `unit` up to the nearest units with something to give; whether there are any.
    fn look_around(&mut self, residual: &Residual<'_>, unit: u32, side: Side) -> bool {
        if self.search == u32::MAX {
            self.seen.fill(0);
            self.search = 0;
        }
        self.search += 1;
        self.queue.clear();
        self.reach(residual, unit, 0);
        let mut at = 0;
        let mut nearest = u32::MAX;
        while let Some(&from) = self.queue.get(at) {
            at += 1;
            let distance = self.distance[from as usize] + 1;
            if distance > nearest {
                break;
            }
            for arc in residual.arcs(from) {
                let other = residual.head(arc);
                // All arcs across the cut are full in the one direction that counts, so nothing comes from beyond it.
                if self.seen[other as usize] == self.search
                    || residual.room(arc, side) <= 0
                    || residual.side(other) != Some(side)
                {
                    continue;
                }
                self.reach(residual, other, distance);
                if residual.supply(other, side) > 0 {
                    nearest = distance;
                }
            }
        }
        nearest < u32::MAX
    }

    fn reach(&mut self, residual: &Residual<'_>, unit: u32, distance: u32) {
        self.seen[unit as usize] = self.search;
        self.distance[unit as usize] = distance;
        self.next[unit as usize] = residual.arcs(unit).start;
        self.queue.push(unit);
    }

    /// Draws from the nearest units, along ways that lead further from `unit` with each arc, until no such way is left.
    fn take(&mut self, residual: &mut Residual<'_>, unit: u32, side: Side, most: i64) -> i64 {
        let mut taken = 0;
        let mut at = unit;
        self.path.clear();
        loop {
            let supply = residual.supply(at, side);
            if supply > 0 && !self.path.is_empty() {
                let room = self.path.iter().map(|&arc| residual.room(arc, side)).min().unwrap_or(0);
                let fits = supply.min(room).min(most - taken);
                let mut narrow = self.path.len();
                for (nth, &arc) in self.path.iter().enumerate().rev() {
                    residual.push(arc, side, fits);
                    self.pushed.push((arc, fits));
                    if residual.room(arc, side) == 0 {
                        narrow = nth;
                    }
                }
                residual.draw(at, side, fits);
                self.drawn.push((at, fits));
                taken += fits;
                if taken == most {
                    return taken;
                }
                // On from before the first arc that is full.
                if let Some(&arc) = self.path.get(narrow) {
                    at = residual.tail(arc);
                    self.path.truncate(narrow);
                }
                continue;
            }
            let arcs = residual.arcs(at);
            let way = (self.next[at as usize]..arcs.end).find(|&arc| {
                let other = residual.head(arc) as usize;
                residual.room(arc, side) > 0
                    && self.seen[other] == self.search
                    && self.distance[other] == self.distance[at as usize] + 1
            });
            match way {
                Some(arc) => {
                    self.next[at as usize] = arc;
                    self.path.push(arc);
                    at = residual.head(arc);
                }
                None => {
                    // Nothing more comes from here.
                    self.next[at as usize] = arcs.end;
                    let Some(arc) = self.path.pop() else { return taken };
                    at = residual.tail(arc);
                    self.next[at as usize] += 1;
                }
            }
        }
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
                prop_assert_eq!(marginals.min_marginal(&mut network.residual(), unit, FORCE), wanted);
            }
        }
    }
}
