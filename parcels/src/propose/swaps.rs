//! Moves → groups that can be reviewed alone.
//!
//! First, what must not be judged apart: moves in one direction that are contiguous, and moves in that link the same
//! two pieces of kept land (refusing one of two bridges alone would look harmless). A move in beside a move out stays
//! free: each makes sense without the other. Then clusters of opposite direction are joined, nearest first, until
//! the areas balance.

use std::collections::BTreeMap;

use geo::BoundingRect;
use rstar::RTree;
use rstar::primitives::GeomWithData;

use super::Context;
use super::forest::Forest;
use crate::blocks::Blocks;
use crate::id::ParcelIdx;

/// No cluster is added to a swap that would then hold more parcels than a person can take in.
const REVIEWABLE_PARCELS: usize = 20;
/// Candidates looked at for each addition.
const CANDIDATES: usize = 24;
/// A swap aims at a difference of at most this share of its larger side: a plan's tolerance is so wide that most swaps
/// would count as balanced with one side empty.
const AIM_SHARE: f64 = 0.05;
/// Of a cluster that touches more pieces of kept land than this, only the links to its first piece are compared.
const PIECES_COMPARED: usize = 16;

/// Moves in one direction that belong together.
#[derive(Debug)]
struct Cluster {
    members: Vec<ParcelIdx>,
    enters: bool,
    area_m2: f64,
    centre: [f64; 2],
}

/// Groups of `moves` (ascending), each ascending, in the order of their first parcel. `kept`: the blocks of the land
/// that is in before and after.
pub(super) fn group(context: &Context<'_>, moves: &[ParcelIdx], kept: &Blocks) -> Vec<Vec<ParcelIdx>> {
    let clusters = clusters(context, moves, kept);
    let mut groups: Vec<Vec<ParcelIdx>> = if context.area_tolerance_m2.is_finite() {
        pair(&clusters, context.area_tolerance_m2)
    } else {
        clusters.into_iter().map(|c| c.members).collect()
    };
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_unstable();
    groups
}

fn clusters(context: &Context<'_>, moves: &[ParcelIdx], kept: &Blocks) -> Vec<Cluster> {
    const STAYS: usize = usize::MAX;
    let mut position = vec![STAYS; context.layer.len()];
    for (n, parcel) in moves.iter().enumerate() {
        position[parcel.at()] = n;
    }
    let enters = |p: ParcelIdx| context.in_zone_after[p.at()];
    let mut forest = Forest::new(moves.len());
    for (n, &parcel) in moves.iter().enumerate() {
        for other in context.adjacency.contiguous(parcel) {
            if position[other.at()] != STAYS && enters(other) == enters(parcel) {
                forest.join(n, position[other.at()]);
            }
        }
    }
    // The pieces of kept land that each cluster of incoming parcels touches.
    let mut touched: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    for (n, &parcel) in moves.iter().enumerate().filter(|(_, p)| enters(**p)) {
        let pieces = context.adjacency.contiguous(parcel).filter_map(|other| kept.of(other));
        touched.entry(forest.root(n)).or_default().extend(pieces.map(|piece| piece.0));
    }
    let mut linked_by: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for (cluster, mut pieces) in touched {
        pieces.sort_unstable();
        pieces.dedup();
        let firsts = if pieces.len() <= PIECES_COMPARED { pieces.len() } else { 1 };
        for (n, &first) in pieces[..firsts].iter().enumerate() {
            for &second in &pieces[n + 1..] {
                let other = *linked_by.entry((first, second)).or_insert(cluster);
                forest.join(cluster, other);
            }
        }
    }
    let mut by_root: BTreeMap<usize, Vec<ParcelIdx>> = BTreeMap::new();
    for (n, &parcel) in moves.iter().enumerate() {
        by_root.entry(forest.root(n)).or_default().push(parcel);
    }
    let mut clusters: Vec<Cluster> = by_root
        .into_values()
        .map(|members| {
            let area_m2 = members.iter().map(|p| context.area_m2[p.at()]).sum();
            Cluster { enters: enters(members[0]), area_m2, centre: centre(context, &members), members }
        })
        .collect();
    clusters.sort_unstable_by_key(|c| c.members[0]);
    clusters
}

/// Mean of the middles of the parcels' bounding boxes.
fn centre(context: &Context<'_>, members: &[ParcelIdx]) -> [f64; 2] {
    let (mut x, mut y, mut count) = (0.0, 0.0, 0.0);
    for bounds in members.iter().filter_map(|p| context.layer[*p].shape.bounding_rect()) {
        x += bounds.center().x;
        y += bounds.center().y;
        count += 1.0;
    }
    if count > 0.0 { [x / count, y / count] } else { [0.0, 0.0] }
}

/// Largest cluster first, each takes in the nearest ones of the direction it lacks.
fn pair(clusters: &[Cluster], tolerance_m2: f64) -> Vec<Vec<ParcelIdx>> {
    let entry = |n: usize| GeomWithData::new(clusters[n].centre, n);
    let trees = [false, true].map(|enters| {
        RTree::bulk_load((0..clusters.len()).filter(|n| clusters[*n].enters == enters).map(entry).collect())
    });
    let mut free = trees;
    let mut largest_first: Vec<usize> = (0..clusters.len()).collect();
    largest_first.sort_by(|a, b| clusters[*b].area_m2.total_cmp(&clusters[*a].area_m2).then(a.cmp(b)));
    let mut used = vec![false; clusters.len()];
    let mut groups = Vec::new();
    for start in largest_first {
        if used[start] {
            continue;
        }
        let mut members = Vec::new();
        let (mut in_m2, mut out_m2) = (0.0, 0.0);
        let mut next = Some(start);
        while let Some(taken) = next {
            let cluster = &clusters[taken];
            used[taken] = true;
            free[usize::from(cluster.enters)].remove(&entry(taken));
            members.extend_from_slice(&cluster.members);
            *(if cluster.enters { &mut in_m2 } else { &mut out_m2 }) += cluster.area_m2;
            let balance_m2: f64 = in_m2 - out_m2;
            let aim_m2 = tolerance_m2.min(AIM_SHARE * f64::max(in_m2, out_m2));
            next = if balance_m2.abs() <= aim_m2 {
                None
            } else {
                free[usize::from(balance_m2 < 0.0)]
                    .nearest_neighbor_iter(&clusters[start].centre)
                    .take(CANDIDATES)
                    .map(|found| found.data)
                    .filter(|n| members.len() + clusters[*n].members.len() <= REVIEWABLE_PARCELS)
                    .map(|n| {
                        (rank((balance_m2.abs() - clusters[n].area_m2).abs(), balance_m2.abs(), aim_m2), n)
                    })
                    .min_by_key(|(rank, _)| *rank)
                    .filter(|(rank, _)| *rank < 3)
                    .map(|(_, n)| n)
            };
        }
        groups.push(members);
    }
    groups
}

/// How welcome a cluster is that would leave `left_m2` of an imbalance of `now_m2`: 0 it is settled, 1 halved at least,
/// 2 smaller, 3 no better. Among equals the nearest is taken.
fn rank(left_m2: f64, now_m2: f64, aim_m2: f64) -> u8 {
    if left_m2 <= aim_m2 {
        0
    } else if left_m2 <= 0.5 * now_m2 {
        1
    } else {
        2 + u8::from(left_m2 >= now_m2)
    }
}
