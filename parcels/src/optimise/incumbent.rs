//! The best zone found so far, and the least bad one as long as none is admissible.

use std::cmp::Ordering;
use std::collections::VecDeque;

use super::state::State;

#[derive(Default)]
pub(super) struct Incumbent<'e, 'p> {
    best: Option<State<'e, 'p>>,
    /// Of zones that are not admissible.
    fallback: Option<State<'e, 'p>>,
    /// The last zones seen, whatever they are worth.
    seen: VecDeque<Vec<bool>>,
}

/// How many of the last zones are kept.
const SEEN: usize = 12;

impl<'e, 'p> Incumbent<'e, 'p> {
    /// The best admissible zone.
    pub(super) fn best(&self) -> Option<&State<'e, 'p>> {
        self.best.as_ref()
    }

    /// The best admissible zone, or the least bad one without any.
    pub(super) fn most_promising(&self) -> Option<&State<'e, 'p>> {
        self.best.as_ref().or(self.fallback.as_ref())
    }

    /// The last zones seen, the best one first where there is one, each once.
    pub(super) fn seen(&self) -> Vec<Vec<bool>> {
        let best = self.most_promising().map(|state| &state.x);
        let mut zones: Vec<Vec<bool>> = best.into_iter().cloned().collect();
        for zone in &self.seen {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        zones
    }

    /// Keeps a zone, with its holes repaired, where it is better than the one kept so far.
    pub(super) fn keep(&mut self, mut state: State<'e, 'p>) {
        state.repair_holes();
        if self.seen.len() == SEEN {
            self.seen.pop_front();
        }
        self.seen.push_back(state.x.clone());
        let slot = if state.admissible() { &mut self.best } else { &mut self.fallback };
        // Of zones that are not admissible the one that breaks fewest limits says most.
        let better = |b: &State<'_, '_>| match state.broken_limits().cmp(&b.broken_limits()) {
            Ordering::Less => true,
            Ordering::Equal => state.objective() > b.objective(),
            Ordering::Greater => false,
        };
        if slot.as_ref().is_none_or(better) {
            *slot = Some(state);
        }
    }

    pub(super) fn keep_all(&mut self, states: Vec<State<'e, 'p>>) {
        for state in states {
            self.keep(state);
        }
    }

    /// The zone to answer with, and whether it is admissible; `present` where nothing was found.
    pub(super) fn into_zone(self, present: &[bool]) -> (Vec<bool>, bool) {
        match (self.best, self.fallback) {
            (Some(state), _) => (state.x, true),
            (None, Some(state)) => (state.x, false),
            (None, None) => (present.to_vec(), false),
        }
    }
}
