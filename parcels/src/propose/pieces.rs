//! Into which pieces a block falls without one of its parcels (its articulation parcels; Tarjan 1972).

use crate::adjacency::Adjacency;
use crate::id::ParcelIdx;

/// For each parcel the areas (m², largest first) of the pieces that its block falls into without it; empty where the
/// block stays whole, and outside the zone.
pub(super) fn pieces_without(adjacency: &Adjacency, in_zone: &[bool], area_m2: &[f64]) -> Vec<Vec<f64>> {
    const UNSEEN: usize = usize::MAX;
    let count = in_zone.len();
    // Depth-first: when each parcel was met, the earliest parcel reachable from its subtree, the subtree's area.
    let mut met = vec![UNSEEN; count];
    let mut low = vec![UNSEEN; count];
    let mut subtree_m2 = area_m2.to_vec();
    let mut pieces: Vec<Vec<f64>> = vec![Vec::new(); count];
    let mut order: Vec<usize> = Vec::new();
    for root in (0..count).filter(|at| in_zone[*at]) {
        if met[root] != UNSEEN {
            continue;
        }
        let first = order.len();
        met[root] = first;
        low[root] = first;
        order.push(root);
        let mut path = vec![(root, adjacency.contiguous(ParcelIdx::from_at(root)))];
        while let Some((here, neighbours)) = path.last_mut() {
            let here = *here;
            match neighbours.map(ParcelIdx::at).find(|other| in_zone[*other]) {
                Some(other) if met[other] == UNSEEN => {
                    met[other] = order.len();
                    low[other] = order.len();
                    order.push(other);
                    path.push((other, adjacency.contiguous(ParcelIdx::from_at(other))));
                }
                Some(other) => low[here] = low[here].min(met[other]),
                None => {
                    path.pop();
                    let Some((parent, _)) = path.last() else { continue };
                    let parent = *parent;
                    subtree_m2[parent] += subtree_m2[here];
                    low[parent] = low[parent].min(low[here]);
                    if low[here] >= met[parent] {
                        pieces[parent].push(subtree_m2[here]);
                    }
                }
            }
        }
        for &at in &order[first..] {
            if at != root && !pieces[at].is_empty() {
                let below: f64 = pieces[at].iter().sum();
                pieces[at].push(subtree_m2[root] - below - area_m2[at]);
            }
            if pieces[at].len() < 2 {
                pieces[at].clear();
            }
            pieces[at].sort_by(|a, b| b.total_cmp(a));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;
    use crate::fixture::draw;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_what_taking_the_parcel_out_gives(
            cells in prop::collection::vec(prop::sample::select(vec!['k', 'k', 'o']), 30),
        ) {
            let map: Vec<String> = cells.chunks(6).map(|row| row.iter().collect()).collect();
            let park = draw(&map.join("\n"));
            let found = pieces_without(&park.adjacency, &park.before, &park.area_m2);
            let whole = Blocks::new(&park.adjacency, &park.before, &park.area_m2);
            for at in 0..park.layer.len() {
                let mut zone = park.before.clone();
                zone[at] = false;
                let without = Blocks::new(&park.adjacency, &zone, &park.area_m2);
                let wanted: Vec<f64> = whole.of(ParcelIdx::from_at(at)).map_or_else(Vec::new, |block| {
                    without
                        .iter()
                        .filter(|(_, members)| whole.of(members[0]) == Some(block))
                        .map(|(number, _)| without.area_m2(number))
                        .collect()
                });
                let wanted = if wanted.len() < 2 { Vec::new() } else { wanted };
                prop_assert_eq!(&found[at], &wanted);
            }
        }
    }
}
