//! Moves → groups that can be reviewed alone.
//!
//! First, what must not be judged apart: the parcels of one piece, and pieces that come in and link the same two pieces of
//! kept land (refusing one of two bridges alone would look harmless). A move in beside a move out stays free: each
//! makes sense without the other. Then such clusters are set against each other until the areas balance (`pairing`).

use std::collections::BTreeMap;

use geo::BoundingRect;

use super::Context;
use super::forest::Forest;
use super::pairing::{Cluster, pair};
use super::pieces::{Pieces, touched};
use crate::blocks::Blocks;
use crate::id::ParcelIdx;

/// Of a cluster that touches more pieces of kept land than this, only the links to its first piece are compared.
const PIECES_COMPARED: usize = 16;

/// Groups of moving parcels, each ascending, in the order of their first parcel. `kept`: the blocks of the land that stays in the
/// zone.
pub(super) fn group(context: &Context<'_>, pieces: &Pieces, kept: &Blocks) -> Vec<Vec<ParcelIdx>> {
    let tied = tied(context, pieces, kept);
    let mut groups: Vec<Vec<ParcelIdx>> = if context.area_tolerance_m2.is_finite() {
        let clusters: Vec<Cluster> = tied.iter().map(|members| cluster(context, members)).collect();
        let groups = pair(&clusters, context.area_tolerance_m2);
        groups.iter().map(|group| group.iter().flat_map(|n| &tied[*n]).copied().collect()).collect()
    } else {
        tied
    };
    for group in &mut groups {
        group.sort_unstable();
    }
    groups.sort_unstable();
    groups
}

/// The parcels of pieces that must not be judged apart, in the order of their first parcel.
fn tied(context: &Context<'_>, pieces: &Pieces, kept: &Blocks) -> Vec<Vec<ParcelIdx>> {
    let mut forest = Forest::new(pieces.len());
    let mut linked_by: BTreeMap<(u32, u32), usize> = BTreeMap::new();
    for (piece, _) in pieces.iter().enumerate().filter(|(_, m)| context.in_zone_after[m[0].at()]) {
        for stretch in pieces.stretches(context.adjacency, piece) {
            let touched = touched(context.adjacency, kept, stretch.into_iter());
            let firsts = if touched.len() <= PIECES_COMPARED { touched.len() } else { 1 };
            for (n, &first) in touched[..firsts].iter().enumerate() {
                for &second in &touched[n + 1..] {
                    let other = *linked_by.entry((first.0, second.0)).or_insert(piece);
                    forest.join(piece, other);
                }
            }
        }
    }
    let mut by_root: BTreeMap<usize, Vec<ParcelIdx>> = BTreeMap::new();
    for (piece, members) in pieces.iter().enumerate() {
        by_root.entry(forest.root(piece)).or_default().extend(members);
    }
    let mut tied: Vec<Vec<ParcelIdx>> = by_root.into_values().collect();
    for members in &mut tied {
        members.sort_unstable();
    }
    tied.sort_unstable();
    tied
}

fn cluster(context: &Context<'_>, members: &[ParcelIdx]) -> Cluster {
    Cluster {
        enters: context.in_zone_after[members[0].at()],
        area_m2: members.iter().map(|p| context.area_m2[p.at()]).sum(),
        centre: centre(context, members),
        parcels: members.len(),
    }
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
