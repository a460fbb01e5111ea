//! Into which parts a block falls without one of its members (its articulation points; Tarjan 1972). A member is a parcel,
//! or whatever else adjoins others: a piece of land as a whole.

use crate::adjacency::Adjacency;
use crate::id::ParcelIdx;

/// For each member the areas (m², largest first) of the parts that its block falls into without it; empty where the
/// block stays whole, and outside the zone.
pub(super) fn parts_without(adjacency: &Adjacency, in_zone: &[bool], area_m2: &[f64]) -> Vec<Vec<f64>> {
    const UNSEEN: usize = usize::MAX;
    let count = in_zone.len();
    // Depth-first: when each parcel was met, the earliest parcel reachable from its subtree, the subtree's area.
    let mut met = vec![UNSEEN; count];
    let mut low = vec![UNSEEN; count];
    let mut subtree_m2 = area_m2.to_vec();
    let mut parts: Vec<Vec<f64>> = vec![Vec::new(); count];
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
                        parts[parent].push(subtree_m2[here]);
                    }
                }
            }
        }
        for &at in &order[first..] {
            if at != root && !parts[at].is_empty() {
                let below: f64 = parts[at].iter().sum();
                parts[at].push(subtree_m2[root] - below - area_m2[at]);
            }
            if parts[at].len() < 2 {
                parts[at].clear();
            }
            parts[at].sort_by(|a, b| b.total_cmp(a));
        }
    }
    parts
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
            let found = parts_without(&park.adjacency, &park.before, &park.area_m2);
            let whole = Blocks::new(&park.adjacency, &park.before, &park.area_m2);
            for at in 0..park.layer.len() {
                let mut zone = park.before.clone();
                zone[at] = false;
                let without = Blocks::new(&park.adjacency, &zone, &park.area_m2);
                let wanted: Vec<f64> = whole.of(ParcelIdx::from_at(at)).map_or_else(Vec::new, |block| {
                    without
                        .iter()
                        .filter(|(_, members)| whole.of(members[0].parcel) == Some(block))
                        .map(|(number, _)| without.area_m2(number))
                        .collect()
                });
                let wanted = if wanted.len() < 2 { Vec::new() } else { wanted };
                prop_assert_eq!(&found[at], &wanted);
            }
        }
    }
}
