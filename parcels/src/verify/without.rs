//! How concentrated the zone would be without one swap, for many swaps. [`crate::propose`] has its own way.
//!
//! The zone after the plan becomes a small graph: land that no swap touches is one node for each of its blocks, and every
//! parcel that a swap brings in is a node. Taking a swap back removes its nodes, and what was around them either still hangs
//! together or not: searches begin at all of their neighbours at once, take turns, and become one where they meet. A search
//! that runs dry is a piece of its own, and as soon as one search is left, it stands for all the rest. So no search goes much
//! further than the smaller side of a break. Last, the parcels that the swap gives away are put back and join what they are
//! contiguous with. A parcel of several parts is several nodes, for each part joins what it adjoins by itself.

use std::collections::BTreeMap;

use super::Judged;
use crate::id::{ParcelIdx, PartIdx};

/// A node's label where no search has been.
const UNSEEN: u32 = u32::MAX;
/// The label of a node that is taken back.
const GONE: u32 = u32::MAX - 1;
/// Land outside the zone is no node.
const NO_NODE: u32 = u32::MAX;

/// For each of the disjoint `groups` of parcels that move the concentration index of the zone after the plan with that group
/// back where it was.
pub(super) fn index_without(judged: &Judged<'_>, groups: &[Vec<ParcelIdx>]) -> Vec<f64> {
    let zone = Zone::new(judged, groups);
    let mut label = vec![UNSEEN; zone.node_m2.len()];
    groups.iter().map(|group| zone.without(group, &mut label)).collect()
}

/// The zone after the plan as a graph of nodes.
struct Zone<'a> {
    judged: &'a Judged<'a>,
    /// The node of each part.
    node_of: Vec<u32>,
    node_m2: Vec<f64>,
    /// The block of the zone after the plan that each node belongs to.
    block_of: Vec<usize>,
    block_m2: Vec<f64>,
    /// Where the neighbours of each node begin.
    starts: Vec<usize>,
    neighbours: Vec<u32>,
    total_m2: f64,
    /// How many parts it has.
    parts: usize,
    /// Sum of the squares of the block areas.
    squares: f64,
}

impl<'a> Zone<'a> {
    fn new(judged: &'a Judged<'a>, groups: &[Vec<ParcelIdx>]) -> Self {
        let adjacency = judged.evidence.adjacency;
        let parts = (0..adjacency.part_count()).map(PartIdx::from_at);
        let inside = |part: PartIdx| judged.after[adjacency.parcel_of(part).at()];
        let mut grouped = vec![false; adjacency.part_count()];
        for part in groups.iter().flatten().flat_map(|parcel| adjacency.parts_of(*parcel)) {
            grouped[part.at()] = true;
        }
        let mut zone = Self {
            judged,
            node_of: vec![NO_NODE; adjacency.part_count()],
            node_m2: Vec::new(),
            block_of: Vec::new(),
            block_m2: judged
                .blocks_after
                .iter()
                .map(|(block, _)| judged.blocks_after.area_m2(block))
                .collect(),
            starts: Vec::new(),
            neighbours: Vec::new(),
            total_m2: 0.0,
            parts: parts.clone().filter(|part| inside(*part)).count(),
            squares: 0.0,
        };
        zone.total_m2 = zone.block_m2.iter().sum();
        zone.squares = zone.block_m2.iter().map(|a| a * a).sum();
        let mut single = Vec::new();
        for start in parts.filter(|part| inside(*part)) {
            if zone.node_of[start.at()] != NO_NODE {
                continue;
            }
            let node = zone.node_m2.len() as u32;
            let mut members = vec![start];
            zone.node_of[start.at()] = node;
            let mut next = 0;
            while let Some(&part) = members.get(next).filter(|_| !grouped[start.at()]) {
                next += 1;
                for other in adjacency.contiguous_parts(part) {
                    if inside(other) && !grouped[other.at()] && zone.node_of[other.at()] == NO_NODE {
                        zone.node_of[other.at()] = node;
                        members.push(other);
                    }
                }
            }
            if grouped[start.at()] {
                single.push(start);
            }
            zone.node_m2.push(members.iter().map(|part| judged.part_m2(*part)).sum());
            zone.block_of.push(judged.blocks_after.of_part(start).map_or(0, |block| block.at()));
        }
        // Two nodes of untouched land are never neighbours, so every edge has a part that comes in at one end.
        let mut edges = Vec::new();
        for part in single {
            let node = zone.node_of[part.at()];
            let around = adjacency.contiguous_parts(part).map(|other| zone.node_of[other.at()]);
            edges.extend(around.filter(|n| *n != NO_NODE).flat_map(|other| [(node, other), (other, node)]));
        }
        edges.sort_unstable();
        edges.dedup();
        zone.starts = vec![0; zone.node_m2.len() + 1];
        for (from, _) in &edges {
            zone.starts[*from as usize + 1] += 1;
        }
        for node in 0..zone.node_m2.len() {
            zone.starts[node + 1] += zone.starts[node];
        }
        zone.neighbours = edges.into_iter().map(|(_, to)| to).collect();
        zone
    }

    fn around(&self, node: u32) -> &[u32] {
        &self.neighbours[self.starts[node as usize]..self.starts[node as usize + 1]]
    }

    /// The index without `group`. `label` holds [`UNSEEN`] for every node, before and afterwards.
    fn without(&self, group: &[ParcelIdx], label: &mut [u32]) -> f64 {
        let parts = || group.iter().flat_map(|parcel| self.judged.evidence.adjacency.parts_of(*parcel));
        let came: Vec<u32> = parts().map(|p| self.node_of[p.at()]).filter(|n| *n != NO_NODE).collect();
        let gone: Vec<PartIdx> = parts().filter(|p| self.node_of[p.at()] == NO_NODE).collect();
        let mut land =
            Pieces { zone: self, label, found: Vec::new(), seen: came.clone(), of_block: BTreeMap::new() };
        land.take_away(&came);
        land.put_back(&gone);
        let area_m2 = |part: &PartIdx| self.judged.part_m2(*part);
        let came_m2: f64 = came.iter().map(|n| self.node_m2[*n as usize]).sum();
        let total_m2 = self.total_m2 - came_m2 + gone.iter().map(area_m2).sum::<f64>();
        let squares = self.squares - land.of_block.keys().map(|b| self.block_m2[*b].powi(2)).sum::<f64>()
            + land.found.iter().filter(|p| p.joined.is_none()).map(|p| p.m2 * p.m2).sum::<f64>();
        for node in land.seen {
            label[node as usize] = UNSEEN;
        }
        let any = self.parts + gone.len() > came.len();
        if any && total_m2 > 0.0 { 100.0 * squares / (total_m2 * total_m2) } else { 0.0 }
    }
}

/// Connected land, and the search that found it.
struct Piece {
    m2: f64,
    /// The piece it has become part of.
    joined: Option<usize>,
    /// Nodes found; those from `next` on have neighbours not looked at.
    queue: Vec<u32>,
    next: usize,
    /// How many neighbours of the node at `next` have been looked at.
    looked: usize,
}

impl Piece {
    fn of(m2: f64) -> Self {
        Self { m2, joined: None, queue: Vec::new(), next: 0, looked: 0 }
    }
}

/// What the blocks that a swap touches come apart into and grow together to.
struct Pieces<'a> {
    zone: &'a Zone<'a>,
    label: &'a mut [u32],
    found: Vec<Piece>,
    /// Nodes with a label.
    seen: Vec<u32>,
    /// Of each block touched the piece that unlabelled nodes of it belong to; none where nothing of it is left.
    of_block: BTreeMap<usize, Option<usize>>,
}

impl Pieces<'_> {
    /// The piece that `piece` has become part of.
    fn whole(&self, mut piece: usize) -> usize {
        while let Some(into) = self.found[piece].joined {
            piece = into;
        }
        piece
    }

    fn take_away(&mut self, came: &[u32]) {
        let mut left_m2: BTreeMap<usize, f64> = BTreeMap::new();
        let mut live: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &node in came {
            self.label[node as usize] = GONE;
            let block = self.zone.block_of[node as usize];
            *left_m2.entry(block).or_insert(self.zone.block_m2[block]) -= self.zone.node_m2[node as usize];
        }
        for &node in came {
            for &beside in self.zone.around(node) {
                if self.label[beside as usize] == UNSEEN {
                    let piece = self.found.len();
                    self.found.push(Piece::of(0.0));
                    self.reach(piece, beside);
                    live.entry(self.zone.block_of[beside as usize]).or_default().push(piece);
                }
            }
        }
        for (block, left_m2) in left_m2 {
            let rest = self.search(live.remove(&block).unwrap_or_default(), left_m2);
            self.of_block.insert(block, rest);
        }
    }

    /// Lets searches take turns until one is left, which gets what the others leave of `left_m2`.
    fn search(&mut self, mut live: Vec<usize>, mut left_m2: f64) -> Option<usize> {
        while live.len() > 1 {
            let mut still = Vec::with_capacity(live.len());
            for &piece in &live {
                if self.found[piece].joined.is_some() {
                    // Met by another one earlier in this round.
                } else if self.step(piece) {
                    still.push(self.whole(piece));
                } else {
                    left_m2 -= self.found[piece].m2;
                }
            }
            still.sort_unstable();
            still.dedup();
            still.retain(|piece| self.found[*piece].joined.is_none());
            live = still;
        }
        let last = live.pop()?;
        self.found[last].m2 = left_m2;
        Some(last)
    }

    /// Looks at one more neighbour; no where there is none.
    fn step(&mut self, piece: usize) -> bool {
        loop {
            let search = &mut self.found[piece];
            let Some(&node) = search.queue.get(search.next) else { return false };
            let Some(&beside) = self.zone.around(node).get(search.looked) else {
                (search.next, search.looked) = (search.next + 1, 0);
                continue;
            };
            search.looked += 1;
            match self.label[beside as usize] {
                GONE => {}
                UNSEEN => self.reach(piece, beside),
                met => {
                    let met = self.whole(met as usize);
                    if met != piece {
                        self.join(piece, met);
                    }
                }
            }
            return true;
        }
    }

    fn reach(&mut self, piece: usize, node: u32) {
        self.label[node as usize] = piece as u32;
        self.seen.push(node);
        self.found[piece].queue.push(node);
        self.found[piece].m2 += self.zone.node_m2[node as usize];
    }

    /// Makes two pieces one; the search with more before it goes on where it is.
    fn join(&mut self, a: usize, b: usize) {
        let ahead = |p: usize| self.found[p].queue.len() - self.found[p].next;
        let (into, other) = if ahead(a) >= ahead(b) { (a, b) } else { (b, a) };
        let (queue, next) = (std::mem::take(&mut self.found[other].queue), self.found[other].next);
        self.found[into].queue.extend_from_slice(&queue[next.min(queue.len())..]);
        self.found[into].m2 += self.found[other].m2;
        self.found[other].joined = Some(into);
    }

    /// Puts parts back that the plan takes out.
    fn put_back(&mut self, gone: &[PartIdx]) {
        let mut piece_of: BTreeMap<PartIdx, usize> = BTreeMap::new();
        for &part in gone {
            piece_of.insert(part, self.found.len());
            self.found.push(Piece::of(self.zone.judged.part_m2(part)));
        }
        for (&part, &own) in &piece_of {
            for other in self.zone.judged.evidence.adjacency.contiguous_parts(part) {
                let beside = match self.zone.node_of[other.at()] {
                    NO_NODE => piece_of.get(&other).copied(),
                    node => self.piece_of_node(node),
                };
                if let Some(beside) = beside {
                    let (own, beside) = (self.whole(own), self.whole(beside));
                    if own != beside {
                        self.join(own, beside);
                    }
                }
            }
        }
    }

    /// The piece a node of the zone belongs to; none for one that is taken back.
    fn piece_of_node(&mut self, node: u32) -> Option<usize> {
        match self.label[node as usize] {
            GONE => None,
            UNSEEN => {
                let block = self.zone.block_of[node as usize];
                if let Some(rest) = self.of_block.get(&block) {
                    return *rest;
                }
                let whole = self.found.len();
                self.found.push(Piece::of(self.zone.block_m2[block]));
                self.of_block.insert(block, Some(whole));
                Some(whole)
            }
            piece => Some(piece as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::Case;
    use super::super::{Evidence, Judged};
    use super::index_without;
    use crate::blocks::Blocks;
    use crate::fixture::draw;
    use crate::id::ParcelIdx;

    proptest! {
        #[test]
        fn it_is_what_counting_blocks_anew_gives(
            cells in prop::collection::vec(prop::sample::select(vec!['k', 'o', 'i', 'i', 'x', '.']), 49),
            groups in 1usize..7,
            whole in any::<bool>(),
            kinds in 3usize..60,
        ) {
            let map: Vec<String> = cells.chunks(7).map(|row| row.iter().collect()).collect();
            // Of so many kinds, squares of one kind are a parcel of several parts.
            let park = draw(&map.join("\n")).grouped(|at| at * 7 % kinds);
            prop_assume!(!park.layer.is_empty());
            let mut case = Case::new();
            case.scores = vec![None; park.layer.len()];
            case.hold = vec![String::new(); park.layer.len()];
            (case.parts, case.by_gap, case.park) = (Vec::new(), Vec::new(), park);
            let evidence: Evidence<'_> = case.evidence();
            let judged = Judged::new(&evidence).unwrap();
            let park = &case.park;
            let mut split = vec![Vec::new(); groups];
            // Parcels that move and are in no group stay as the plan has them.
            for at in (0..park.layer.len()).filter(|at| park.before[*at] != park.after[*at]) {
                if whole || at % 5 > 0 {
                    split[at % groups].push(ParcelIdx::from_at(at));
                }
            }
            for (group, found) in split.iter().zip(index_without(&judged, &split)) {
                let mut zone = park.after.clone();
                for p in group {
                    zone[p.at()] = park.before[p.at()];
                }
                let wanted = Blocks::new(&park.adjacency, &zone, &park.area_m2).concentration(0.0).index;
                prop_assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
            }
        }
    }
}
