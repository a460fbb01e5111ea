//! Minimum cut on a sparse network with integer capacities.
//!
//! The method is that of Boykov and Kolmogorov, "An experimental comparison of min-cut/max-flow algorithms for energy
//! minimization in vision", IEEE PAMI 26(9), 2004: two search trees grow from the terminals, meet, augment, and are
//! repaired rather than grown anew. It is lean on the shallow, near-planar networks that parcels make; general-purpose
//! codes (Dinic, push–relabel) measured several times slower on them.
//!
//! Terminals are not nodes: what a node gets from the source (positive) or sends to the sink (negative) is one signed
//! number. After the search the source tree is the *smallest* minimum cut and the complement of the sink tree the
//! *largest*; both are unique, so they depend neither on the order of nodes nor on that of arcs.
//!
//! The network is kept: after [`Network::pull`] has changed what terminals give, the next search goes on from the flow
//! and the trees of the last one, as Kohli and Torr describe ("Dynamic graph cuts for efficient inference in Markov random
//! fields", IEEE PAMI 29(12), 2007). Whatever the way there, the extreme cuts are those of the network as it now is.

mod residual;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

pub(super) use residual::{Residual, Side};

/// Parent of a node that hangs on its terminal.
const TERMINAL: u32 = u32::MAX;
/// Parent of a node that lost its parent.
const ORPHAN: u32 = u32::MAX - 1;
/// Parent of a node in no tree.
const NONE: u32 = u32::MAX - 2;

/// Which tree a node is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    Free,
    Source,
    Sink,
}

#[derive(Clone, Copy)]
struct Node {
    /// Left over to or from the terminal: positive from the source, negative to the sink.
    terminal: i64,
    /// First outgoing arc; the last is before the next node's first.
    first: u32,
    /// Arc to the parent, or one of the constants above.
    parent: u32,
    /// Distance to the terminal, valid at `stamp`.
    distance: u32,
    stamp: u32,
    tree: Tree,
    active: bool,
}

/// A network of undirected edges and terminal capacities.
#[derive(Clone)]
pub(super) struct Network {
    nodes: Vec<Node>,
    head: Vec<u32>,
    sister: Vec<u32>,
    residual: Vec<i64>,
    /// For each edge as given: its arc a → b.
    arc_of_edge: Vec<u32>,
    active: VecDeque<u32>,
    orphans: VecDeque<u32>,
    clock: u32,
    /// Nodes whose terminal has changed since the last search, with repetitions.
    changed: Vec<u32>,
}

/// An undirected edge: `capacity` either way.
#[derive(Clone, Copy)]
pub(super) struct Edge {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) capacity: i64,
}

impl Network {
    /// A network of `terminal.len()` nodes. `terminal[i]` > 0 pulls node i to the source by so much, < 0 to the sink.
    /// The sum of all absolute capacities must stay below 2⁶².
    pub(super) fn new(terminal: &[i64], edges: &[Edge]) -> Self {
        let count = terminal.len();
        let mut first = vec![0_u32; count + 1];
        for e in edges {
            first[e.a as usize + 1] += 1;
            first[e.b as usize + 1] += 1;
        }
        for at in 0..count {
            first[at + 1] += first[at];
        }
        let mut next = first.clone();
        let arcs = 2 * edges.len();
        let (mut head, mut sister, mut residual) = (vec![0; arcs], vec![0; arcs], vec![0; arcs]);
        let mut arc_of_edge = Vec::with_capacity(edges.len());
        for e in edges {
            let there = next[e.a as usize];
            next[e.a as usize] += 1;
            let back = next[e.b as usize];
            next[e.b as usize] += 1;
            for (arc, to, twin) in [(there, e.b, back), (back, e.a, there)] {
                head[arc as usize] = to;
                sister[arc as usize] = twin;
                residual[arc as usize] = e.capacity;
            }
            arc_of_edge.push(there);
        }
        let node = |at: usize| Node {
            terminal: terminal.get(at).copied().unwrap_or(0),
            first: first[at],
            parent: NONE,
            distance: 0,
            stamp: 0,
            tree: Tree::Free,
            active: false,
        };
        Self {
            // One more node than there are, so that every node's arcs end where the next one's begin.
            nodes: (0..=count).map(node).collect(),
            head,
            sister,
            residual,
            arc_of_edge,
            active: VecDeque::new(),
            orphans: VecDeque::new(),
            clock: 0,
            changed: (0..count as u32).filter(|&at| terminal[at as usize] != 0).collect(),
        }
    }

    /// The same nodes, pulled as they are, on other edges. What flowed between two that still have an edge goes on flowing as
    /// far as that lets it, so the next search has little left to find.
    pub(super) fn with_edges(&self, edges: &[Edge]) -> Self {
        let count = self.nodes.len() - 1;
        // What a terminal gives in all is what is left of it and what flows off.
        let mut terminal: Vec<i64> = (0..count).map(|at| self.left(at)).collect();
        for (edge, arc) in self.arc_of_edge.iter().map(|arc| *arc as usize).enumerate() {
            let (from, to) = (self.head[self.sister[arc] as usize], self.head[arc]);
            terminal[from as usize] += self.flow(edge);
            terminal[to as usize] -= self.flow(edge);
        }
        let mut next = Self::new(&terminal, edges);
        for (e, there) in edges.iter().zip(next.arc_of_edge.clone()) {
            let Some(arc) = self.arcs(e.a).find(|arc| self.head[*arc] == e.b) else { continue };
            let flow = (self.residual[self.sister[arc] as usize] - self.residual[arc]) / 2;
            let flow = flow.clamp(-e.capacity, e.capacity);
            let (there, back) = (there as usize, next.sister[there as usize] as usize);
            next.residual[there] -= flow;
            next.residual[back] += flow;
            next.nodes[e.a as usize].terminal -= flow;
            next.nodes[e.b as usize].terminal += flow;
        }
        next.changed = (0..count as u32).filter(|&at| next.left(at as usize) != 0).collect();
        next
    }

    /// Pulls node `at` to the source by so much more; to the sink where `by` is negative.
    pub(super) fn pull(&mut self, at: usize, by: i64) {
        if by != 0 {
            self.nodes[at].terminal += by;
            self.changed.push(at as u32);
        }
    }

    /// Parts node `at`, in the source tree, from all neighbours that are not. Their arcs are full that way, so the flow
    /// already accounts for them, and either side is from now on a network of its own. After [`Network::solve`].
    pub(super) fn part(&mut self, at: usize) {
        for arc in self.arcs(at as u32) {
            if self.nodes[self.head[arc] as usize].tree != Tree::Source {
                self.residual[arc] = 0;
                self.residual[self.sister[arc] as usize] = 0;
            }
        }
    }

    /// Pulls node `at` as [`Network::pull`] does, and takes it out of its tree. For when most of what hangs together is
    /// pulled elsewhere at once: to grow trees anew is then cheaper than to mend them. Every node that hangs on `at` must
    /// be taken out before the next search too.
    pub(super) fn pull_loose(&mut self, at: usize, by: i64) {
        let node = &mut self.nodes[at];
        node.tree = Tree::Free;
        node.parent = NONE;
        if by == 0 {
            // Its terminal is as it was, but it hangs on it no more.
            self.changed.push(at as u32);
        }
        self.pull(at, by);
    }

    /// What node `at` still gets from the source (positive) or could still send to the sink (negative), after the flow.
    pub(super) fn left(&self, at: usize) -> i64 {
        self.nodes[at].terminal
    }

    /// Whether node `at` is in the smallest minimum cut's source side. After [`Network::solve`].
    pub(super) fn in_smallest(&self, at: usize) -> bool {
        self.nodes[at].tree == Tree::Source
    }

    /// Whether node `at` is in the largest minimum cut's source side. After [`Network::solve`].
    pub(super) fn in_largest(&self, at: usize) -> bool {
        self.nodes[at].tree != Tree::Sink
    }

    /// The flow on edge `edge` of those given, from its a to its b (negative: from b to a).
    pub(super) fn flow(&self, edge: usize) -> i64 {
        let arc = self.arc_of_edge[edge] as usize;
        (self.residual[self.sister[arc] as usize] - self.residual[arc]) / 2
    }

    /// Finds the maximum flow, going on from the last one. `go_on` is asked now and then; the search ends early when it
    /// says no, and the answer is then `false`: the flow is valid but the trees are no cut.
    pub(super) fn solve(&mut self, go_on: &dyn Fn() -> bool) -> bool {
        self.clock += 1;
        for at in std::mem::take(&mut self.changed) {
            self.settle(at);
        }
        self.adopt();
        let mut rounds = 0_u32;
        while let Some(&at) = self.active.front() {
            // The first time too: many small cuts in a row have to hear of a stop as well.
            if rounds.is_multiple_of(1 << 16) && !go_on() {
                return false;
            }
            rounds = rounds.wrapping_add(1);
            match self.grow(at) {
                // The node stays active: its other arcs were not looked at yet.
                Some(meeting) => {
                    self.clock += 1;
                    self.augment(meeting);
                    self.adopt();
                }
                None => {
                    self.active.pop_front();
                    self.nodes[at as usize].active = false;
                }
            }
        }
        true
    }

    /// Puts a node whose terminal has changed where it now belongs.
    fn settle(&mut self, at: u32) {
        let Node { terminal, tree, parent, .. } = self.nodes[at as usize];
        let wanted = match terminal.signum() {
            1 => Tree::Source,
            -1 => Tree::Sink,
            _ => {
                if parent == TERMINAL {
                    self.orphan(at);
                }
                return;
            }
        };
        if tree == wanted && parent < NONE {
            // It hangs in the right tree already, if not on the terminal itself.
            return;
        }
        if tree != wanted && tree != Tree::Free {
            for arc in self.arcs(at) {
                let other = self.head[arc];
                let Node { parent, tree: others, .. } = self.nodes[other as usize];
                if parent < NONE && self.head[parent as usize] == at {
                    self.orphan(other);
                }
                let open = if wanted == Tree::Source {
                    self.residual[arc]
                } else {
                    self.residual[self.sister[arc] as usize]
                };
                if others == tree && open > 0 {
                    // Should this node lose its terminal before it has grown, the other must reach for it.
                    self.activate(other);
                }
            }
        }
        let node = &mut self.nodes[at as usize];
        node.tree = wanted;
        node.parent = TERMINAL;
        node.distance = 1;
        node.stamp = self.clock;
        self.activate(at);
    }

    /// What the flow has left, for searches through it.
    pub(super) fn residual(&mut self) -> Residual<'_> {
        Residual::of(self)
    }

    fn arcs(&self, at: u32) -> std::ops::Range<usize> {
        self.nodes[at as usize].first as usize..self.nodes[at as usize + 1].first as usize
    }

    fn activate(&mut self, at: u32) {
        if !self.nodes[at as usize].active {
            self.nodes[at as usize].active = true;
            self.active.push_back(at);
        }
    }

    /// Lets the trees grow from `at`; returns the arc from source tree to sink tree where they meet.
    fn grow(&mut self, at: u32) -> Option<usize> {
        let Node { tree, distance, stamp, .. } = self.nodes[at as usize];
        if tree == Tree::Free {
            return None;
        }
        for arc in self.arcs(at) {
            let open = if tree == Tree::Source {
                self.residual[arc]
            } else {
                self.residual[self.sister[arc] as usize]
            };
            if open == 0 {
                continue;
            }
            let other = self.head[arc];
            let node = &mut self.nodes[other as usize];
            if node.tree == Tree::Free {
                node.tree = tree;
                node.parent = self.sister[arc];
                node.stamp = stamp;
                node.distance = distance + 1;
                self.activate(other);
            } else if node.tree != tree {
                return Some(if tree == Tree::Source { arc } else { self.sister[arc] as usize });
            } else if node.stamp <= stamp && node.distance > distance + 1 && node.parent < NONE {
                // A shorter way to the same terminal.
                node.parent = self.sister[arc];
                node.stamp = stamp;
                node.distance = distance + 1;
            }
        }
        None
    }

    /// Pushes as much as fits along the path through `meeting`, an arc from source tree to sink tree.
    fn augment(&mut self, meeting: usize) {
        let mut fits = self.residual[meeting];
        let mut at = self.head[self.sister[meeting] as usize];
        loop {
            let node = &self.nodes[at as usize];
            if node.parent == TERMINAL {
                fits = fits.min(node.terminal);
                break;
            }
            let up = node.parent as usize;
            fits = fits.min(self.residual[self.sister[up] as usize]);
            at = self.head[up];
        }
        at = self.head[meeting];
        loop {
            let node = &self.nodes[at as usize];
            if node.parent == TERMINAL {
                fits = fits.min(-node.terminal);
                break;
            }
            let up = node.parent as usize;
            fits = fits.min(self.residual[up]);
            at = self.head[up];
        }

        self.residual[meeting] -= fits;
        self.residual[self.sister[meeting] as usize] += fits;
        at = self.head[self.sister[meeting] as usize];
        loop {
            let parent = self.nodes[at as usize].parent;
            if parent == TERMINAL {
                self.nodes[at as usize].terminal -= fits;
                if self.nodes[at as usize].terminal == 0 {
                    self.orphan(at);
                }
                break;
            }
            let (up, down) = (parent as usize, self.sister[parent as usize] as usize);
            self.residual[up] += fits;
            self.residual[down] -= fits;
            let next = self.head[up];
            if self.residual[down] == 0 {
                self.orphan(at);
            }
            at = next;
        }
        at = self.head[meeting];
        loop {
            let parent = self.nodes[at as usize].parent;
            if parent == TERMINAL {
                self.nodes[at as usize].terminal += fits;
                if self.nodes[at as usize].terminal == 0 {
                    self.orphan(at);
                }
                break;
            }
            let (up, down) = (parent as usize, self.sister[parent as usize] as usize);
            self.residual[down] += fits;
            self.residual[up] -= fits;
            let next = self.head[up];
            if self.residual[up] == 0 {
                self.orphan(at);
            }
            at = next;
        }
    }

    fn orphan(&mut self, at: u32) {
        self.nodes[at as usize].parent = ORPHAN;
        self.orphans.push_front(at);
    }

    /// Finds every orphan a new parent in its tree, or sets it free with its children orphaned in turn.
    fn adopt(&mut self) {
        while let Some(at) = self.orphans.pop_front() {
            let Node { tree, terminal, parent, .. } = self.nodes[at as usize];
            if parent != ORPHAN {
                continue;
            }
            if terminal != 0 && (terminal > 0) == (tree == Tree::Source) {
                // It hung on another node though it has a way of its own to the terminal.
                let node = &mut self.nodes[at as usize];
                node.parent = TERMINAL;
                node.distance = 1;
                node.stamp = self.clock;
                continue;
            }
            let mut best: Option<(u32, usize)> = None;
            for arc in self.arcs(at) {
                let open = if tree == Tree::Source {
                    self.residual[self.sister[arc] as usize]
                } else {
                    self.residual[arc]
                };
                let other = self.head[arc];
                if open == 0
                    || self.nodes[other as usize].tree != tree
                    || self.nodes[other as usize].parent == NONE
                {
                    continue;
                }
                if let Some(distance) = self.distance_to_terminal(other)
                    && best.is_none_or(|(d, _)| distance < d)
                {
                    best = Some((distance, arc));
                }
            }
            if let Some((distance, arc)) = best {
                let node = &mut self.nodes[at as usize];
                node.parent = arc as u32;
                node.stamp = self.clock;
                node.distance = distance + 1;
                continue;
            }
            for arc in self.arcs(at) {
                let other = self.head[arc];
                let Node { tree: others, parent, .. } = self.nodes[other as usize];
                if others != tree {
                    continue;
                }
                let open = if tree == Tree::Source {
                    self.residual[self.sister[arc] as usize]
                } else {
                    self.residual[arc]
                };
                if open > 0 {
                    self.activate(other);
                }
                if parent < NONE && self.head[parent as usize] == at {
                    self.nodes[other as usize].parent = ORPHAN;
                    self.orphans.push_back(other);
                }
            }
            let node = &mut self.nodes[at as usize];
            node.tree = Tree::Free;
            node.parent = NONE;
        }
    }

    /// How far `from` is from its terminal along parents; none when the way leads to an orphan. Marks the way.
    fn distance_to_terminal(&mut self, from: u32) -> Option<u32> {
        let mut steps = 0;
        let mut at = from;
        let total = loop {
            let node = &self.nodes[at as usize];
            if node.stamp == self.clock {
                break steps + node.distance;
            }
            match node.parent {
                TERMINAL => {
                    let node = &mut self.nodes[at as usize];
                    node.stamp = self.clock;
                    node.distance = 1;
                    break steps + 1;
                }
                ORPHAN | NONE => return None,
                up => {
                    steps += 1;
                    at = self.head[up as usize];
                }
            }
        };
        let mut distance = total;
        let mut at = from;
        while self.nodes[at as usize].stamp != self.clock {
            let node = &mut self.nodes[at as usize];
            node.stamp = self.clock;
            node.distance = distance;
            distance -= 1;
            at = self.head[node.parent as usize];
        }
        Some(total)
    }
}
