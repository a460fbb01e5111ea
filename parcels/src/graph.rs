//! Graph helpers that know nothing of parcels: compressed rows, connected components, disjoint sets.
//!
//! Nodes are numbered from 0. Everything here is a pure function of the order of its input, so results depend on neither
//! hashing nor threads.
//!
//! [`verify`](crate::verify) deliberately uses none of it: what judges a plan walks the graph by itself, so that a mistake
//! here cannot hide from it.

use std::ops::Range;

/// Rows of items of different lengths, one after the other in one piece of memory (compressed sparse rows).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows<T> {
    /// Where each row begins, and the end of the last.
    offsets: Vec<usize>,
    items: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { offsets: vec![0], items: Vec::new() }
    }
}

impl<T> Rows<T> {
    /// So many rows of (row, item) pairs by counting sort. Items of a row stay in the order in which they come.
    ///
    /// # Panics
    /// When a pair names a row beyond `count`.
    #[must_use]
    pub fn from_pairs(count: usize, pairs: impl Iterator<Item = (u32, T)> + Clone) -> Self
    where
        T: Copy,
    {
        let mut offsets = vec![0; count + 1];
        for (row, _) in pairs.clone() {
            offsets[row as usize + 1] += 1;
        }
        for row in 0..count {
            offsets[row + 1] += offsets[row];
        }
        // Any item fills the places until their own come.
        let filler = pairs.clone().next().map(|(_, item)| item);
        let mut items = filler.map_or_else(Vec::new, |filler| vec![filler; offsets[count]]);
        let mut next = offsets.clone();
        for (row, item) in pairs {
            let slot = &mut next[row as usize];
            items[*slot] = item;
            *slot += 1;
        }
        Self { offsets, items }
    }

    /// Adds an item to the row in the making.
    pub fn push(&mut self, item: T) {
        self.items.push(item);
    }

    /// Ends the row in the making.
    pub fn end_row(&mut self) {
        self.offsets.push(self.items.len());
    }

    /// Adds the rows of `other` after its own.
    pub fn append(&mut self, other: Self) {
        let before = self.items.len();
        self.offsets.extend(other.offsets[1..].iter().map(|end| before + end));
        self.items.extend(other.items);
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items of a row.
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        &self.items[self.range(row)]
    }

    /// Where the items of a row stand among all, for what is kept beside them.
    #[must_use]
    pub fn range(&self, row: usize) -> Range<usize> {
        self.offsets[row]..self.offsets[row + 1]
    }

    /// The items of all rows.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// All rows in turn.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.len()).map(|row| self.row(row))
    }

    /// The same rows of other items.
    #[must_use]
    pub fn map<U>(self, of: impl FnMut(T) -> U) -> Rows<U> {
        Rows { offsets: self.offsets, items: self.items.into_iter().map(of).collect() }
    }
}

/// The connected components of some of a graph's nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// The component of every node; none for those left out.
    pub of: Vec<Option<u32>>,
    /// The nodes of every component, in the order in which a breadth-first search from the lowest finds them. Components
    /// ascend by their lowest node.
    pub members: Rows<u32>,
}

/// The connected components of those of `count` nodes for which `takes_part` holds; `neighbours` may name any node.
pub fn components<N: IntoIterator<Item = u32>>(
    count: usize,
    takes_part: impl Fn(u32) -> bool,
    neighbours: impl Fn(u32) -> N,
) -> Components {
    let mut of = vec![None; count];
    let mut members = Rows::default();
    for start in (0..count).map(|node| node as u32) {
        let label = Some(members.len() as u32);
        let enter = |node: u32| {
            let enters = takes_part(node) && of[node as usize].is_none();
            if enters {
                of[node as usize] = label;
            }
            enters
        };
        let found = flood(start, enter, &neighbours);
        if !found.is_empty() {
            found.into_iter().for_each(|node| members.push(node));
            members.end_row();
        }
    }
    Components { of, members }
}

/// The nodes that can be reached from `start`, breadth first. `enter` says whether a node is new and takes part, and
/// marks it as found.
pub fn flood<N: IntoIterator<Item = u32>>(
    start: u32,
    mut enter: impl FnMut(u32) -> bool,
    neighbours: impl Fn(u32) -> N,
) -> Vec<u32> {
    let mut found = Vec::new();
    if enter(start) {
        found.push(start);
    }
    let mut next = 0;
    while let Some(&node) = found.get(next) {
        next += 1;
        found.extend(neighbours(node).into_iter().filter(|other| enter(*other)));
    }
    found
}

/// Disjoint sets of nodes, joined by size (union-find). Without path compression, so that a union leaves one trace only
/// and the last can be taken back: finding a root takes log₂ n steps at most.
#[derive(Debug, Clone)]
pub struct DisjointSets {
    parent: Vec<u32>,
    size: Vec<u32>,
}

/// A union: the root that was hung below the other root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Union {
    /// The root that is none any more.
    pub hung: u32,
    /// The root of both.
    pub root: u32,
}

impl DisjointSets {
    /// Every node by itself.
    #[must_use]
    pub fn new(count: usize) -> Self {
        Self { parent: (0..count).map(|node| node as u32).collect(), size: vec![1; count] }
    }

    /// The node that stands for the set of `node`.
    #[must_use]
    pub fn root(&self, mut node: u32) -> u32 {
        while self.parent[node as usize] != node {
            node = self.parent[node as usize];
        }
        node
    }

    /// How many nodes the set of `node` has.
    #[must_use]
    pub fn size(&self, node: u32) -> u32 {
        self.size[self.root(node) as usize]
    }

    /// Joins the sets of `a` and `b`; none when they are one already.
    pub fn join(&mut self, a: u32, b: u32) -> Option<Union> {
        let (mut root, mut hung) = (self.root(a), self.root(b));
        if root == hung {
            return None;
        }
        if self.size[root as usize] < self.size[hung as usize] {
            std::mem::swap(&mut root, &mut hung);
        }
        self.parent[hung as usize] = root;
        self.size[root as usize] += self.size[hung as usize];
        Some(Union { hung, root })
    }

    /// Takes back the union made last of those not yet taken back.
    pub fn undo(&mut self, union: Union) {
        self.parent[union.hung as usize] = union.hung;
        self.size[union.root as usize] -= self.size[union.hung as usize];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_are_the_same_sorted_as_pushed_as_appended() {
        let sorted = Rows::from_pairs(4, [(2, 'a'), (0, 'b'), (2, 'c'), (0, 'd')].into_iter());
        assert_eq!(sorted.iter().collect::<Vec<_>>(), [&['b', 'd'][..], &[], &['a', 'c'], &[]]);
        let push = |rows: &[&[char]]| {
            let mut pushed = Rows::default();
            for row in rows {
                row.iter().for_each(|item| pushed.push(*item));
                pushed.end_row();
            }
            pushed
        };
        let mut pushed = push(&[&['b', 'd']]);
        pushed.append(push(&[&[], &['a', 'c'], &[]]));
        assert_eq!(pushed, sorted);
        assert_eq!((pushed.len(), pushed.range(2), pushed.items()), (4, 2..4, &['b', 'd', 'a', 'c'][..]));
        assert!(Rows::<char>::default().is_empty());
        assert_eq!(Rows::<char>::from_pairs(2, std::iter::empty()).len(), 2);
    }

    fn edges() -> impl Strategy<Value = Vec<(u32, u32)>> {
        prop::collection::vec((0..12_u32, 0..12_u32), 0..16)
    }

    fn neighbours(edges: &[(u32, u32)]) -> Rows<u32> {
        Rows::from_pairs(12, edges.iter().flat_map(|&(a, b)| [(a, b), (b, a)]))
    }

    proptest! {
        #[test]
        fn components_are_the_sets_that_edges_join(edges in edges(), part in 0..4096_u32) {
            let takes_part = |node: u32| part >> node & 1 == 1;
            let rows = neighbours(&edges);
            let found = components(12, takes_part, |node| rows.row(node as usize).iter().copied());
            let mut sets = DisjointSets::new(12);
            for &(a, b) in edges.iter().filter(|(a, b)| takes_part(*a) && takes_part(*b)) {
                sets.join(a, b);
            }
            for a in 0..12 {
                prop_assert_eq!(found.of[a as usize].is_some(), takes_part(a));
                for b in (0..12).filter(|b| takes_part(a) && takes_part(*b)) {
                    let together = found.of[a as usize] == found.of[b as usize];
                    prop_assert_eq!(together, sets.root(a) == sets.root(b));
                }
            }
            let lowest: Vec<u32> = found.members.iter().map(|row| row[0]).collect();
            prop_assert!(lowest.is_sorted());
            for (label, row) in found.members.iter().enumerate() {
                prop_assert_eq!(row.len(), sets.size(row[0]) as usize);
                prop_assert!(row.iter().all(|node| found.of[*node as usize] == Some(label as u32) && *node >= row[0]));
            }
        }

        #[test]
        fn unions_taken_back_leave_no_trace(first in edges(), then in edges()) {
            let mut sets = DisjointSets::new(12);
            for &(a, b) in &first {
                sets.join(a, b);
            }
            let before = sets.clone();
            let unions: Vec<Union> = then.iter().filter_map(|&(a, b)| sets.join(a, b)).collect();
            unions.into_iter().rev().for_each(|union| sets.undo(union));
            prop_assert_eq!((before.parent, before.size), (sets.parent, sets.size));
        }
    }
}
