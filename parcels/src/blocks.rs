//! [`Adjacency`] + zone → [`Blocks`] and how concentrated the zone is.

use serde::{Deserialize, Serialize};

use crate::adjacency::Adjacency;
use crate::graph::components;
use crate::id::{BlockIdx, ParcelIdx, PartIdx};

/// A part of a parcel in a block: the whole of a parcel with one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The parcel.
    pub parcel: ParcelIdx,
    /// The polygon of its shape, from 0.
    pub polygon: u32,
}

/// The connected components of the parts of parcels in a zone, largest area first (ties: by lowest parcel, then by lowest part).
/// A parcel of several parts may lie in several of them: it joins nothing by being one record.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    /// Of every part.
    of: Vec<Option<BlockIdx>>,
    /// The parcels of further parts, in the order of the parts.
    further: Vec<ParcelIdx>,
    members: Vec<Vec<Member>>,
    area_m2: Vec<f64>,
}

impl Blocks {
    /// The blocks of the parcels for which `in_zone` holds. `area_m2`: each parcel's area on the basis in use.
    ///
    /// # Panics
    /// When `in_zone` or `area_m2` hold not one value a parcel.
    #[must_use]
    pub fn new(adjacency: &Adjacency, in_zone: &[bool], area_m2: &[f64]) -> Self {
        let count = adjacency.len();
        assert!(in_zone.len() == count && area_m2.len() == count, "one value a parcel");
        let parts = adjacency.parts();
        let found = components(
            adjacency.part_count(),
            |part| in_zone[parts.unit_of(part) as usize],
            |part| adjacency.contiguous_parts(PartIdx(part)).map(|other| other.0),
        );
        let member =
            |part: u32| Member { parcel: ParcelIdx(parts.unit_of(part)), polygon: parts.place(part) };
        let block = |nodes: &[u32]| {
            let mut block = nodes.to_vec();
            block.sort_unstable_by_key(|part| member(*part));
            let part_m2 = |part: &u32| area_m2[parts.unit_of(*part) as usize] * parts.share(*part);
            (block.iter().map(part_m2).sum::<f64>(), block)
        };
        let mut blocks: Vec<(f64, Vec<u32>)> = found.members.iter().map(block).collect();
        blocks.sort_by(|(a_m2, a), (b_m2, b)| b_m2.total_cmp(a_m2).then(member(a[0]).cmp(&member(b[0]))));
        let mut of = vec![None; adjacency.part_count()];
        for (number, (_, block)) in (0_u32..).zip(&blocks) {
            block.iter().for_each(|part| of[*part as usize] = Some(BlockIdx(number)));
        }
        let further = count..adjacency.part_count();
        Self {
            of,
            further: further.map(|part| adjacency.parcel_of(PartIdx::from_at(part))).collect(),
            area_m2: blocks.iter().map(|(block_m2, _)| *block_m2).collect(),
            members: blocks.iter().map(|(_, block)| block.iter().copied().map(member).collect()).collect(),
        }
    }

    /// The largest block that a parcel has a part in; none outside the zone.
    #[must_use]
    pub fn of(&self, parcel: ParcelIdx) -> Option<BlockIdx> {
        self.all_of(parcel).min()
    }

    /// The block of each part of a parcel, in the order of the parts; none outside the zone.
    pub fn all_of(&self, parcel: ParcelIdx) -> impl Iterator<Item = BlockIdx> + '_ {
        let first = self.further.partition_point(|other| *other < parcel);
        let own = self.further[first..].iter().take_while(move |other| **other == parcel).count();
        let further = self.of.len() - self.further.len() + first;
        std::iter::once(self.of[parcel.at()]).chain(self.of[further..further + own].iter().copied()).flatten()
    }

    /// The block of a part; none outside the zone.
    #[must_use]
    pub fn of_part(&self, part: PartIdx) -> Option<BlockIdx> {
        self.of[part.at()]
    }

    /// The parts of a block, ascending.
    #[must_use]
    pub fn members(&self, block: BlockIdx) -> &[Member] {
        &self.members[block.at()]
    }

    /// The parcels that have a part in a block, ascending.
    #[must_use]
    pub fn parcels(&self, block: BlockIdx) -> Vec<ParcelIdx> {
        let mut parcels: Vec<ParcelIdx> = self.members(block).iter().map(|member| member.parcel).collect();
        parcels.dedup();
        parcels
    }

    /// The area of a block, m².
    #[must_use]
    pub fn area_m2(&self, block: BlockIdx) -> f64 {
        self.area_m2[block.at()]
    }

    /// Number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether the zone is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// All blocks, largest first.
    pub fn iter(&self) -> impl Iterator<Item = (BlockIdx, &[Member])> {
        (0u32..).map(BlockIdx).zip(self.members.iter().map(Vec::as_slice))
    }

    /// How concentrated the zone is; blocks below `small_m2` count as small.
    #[must_use]
    pub fn concentration(&self, small_m2: f64) -> Concentration {
        let total: f64 = self.area_m2.iter().sum();
        if total <= 0.0 {
            return Concentration::default();
        }
        Concentration {
            index: 100.0 * self.area_m2.iter().map(|a| (a / total).powi(2)).sum::<f64>(),
            lpi: 100.0 * self.area_m2.iter().copied().fold(0.0, f64::max) / total,
            blocks: self.len(),
            // An empty sum is -0.0, which reads badly.
            small_block_share: self.area_m2.iter().filter(|a| **a < small_m2).fold(0.0, |sum, a| sum + a)
                / total,
        }
    }
}

/// How concentrated a zone is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Concentration {
    /// 集中度: 100 · Σ (block area ÷ zone area)², 0 to 100: the chance in percent that two random square metres of the
    /// zone lie in one block (1 − Jaeger's DIVISION; Jaeger 2000). 0 for an empty zone.
    pub index: f64,
    /// Largest patch index: 100 · largest block ÷ zone area. The landscape is the zone, not its surroundings.
    pub lpi: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Area in blocks below the small-block limit ÷ zone area, 0 to 1.
    pub small_block_share: f64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjacency::{CONTIGUOUS_M, Facing};
    use proptest::prelude::*;

    /// Adjacency of `count` parcels that face each other over `facing_m`.
    fn facing(count: usize, pairs: &[(u32, u32)], facing_m: f64) -> Adjacency {
        let pairs =
            pairs.iter().map(|(a, b)| Facing { a: ParcelIdx(*a), b: ParcelIdx(*b), facing_m }).collect();
        Adjacency::from_pairs(pairs, vec![0.0; count])
    }

    /// The concentration of a zone of separate blocks with these areas.
    fn of_areas(area_m2: &[f64], small_m2: f64) -> Concentration {
        let apart = facing(area_m2.len(), &[], 10.0);
        Blocks::new(&apart, &vec![true; area_m2.len()], area_m2).concentration(small_m2)
    }

    #[test]
    fn blocks_are_what_the_zone_connects_largest_first() {
        // 0 – 1 – 2 – 3 in a row with 2 outside the zone, and 4 – 5 apart from them.
        let row = facing(6, &[(0, 1), (1, 2), (2, 3), (4, 5)], CONTIGUOUS_M);
        let in_zone = [true, true, false, true, true, true];
        let blocks = Blocks::new(&row, &in_zone, &[10.0, 20.0, 99.0, 30.0, 40.0, 50.0]);
        let found: Vec<_> = blocks.iter().map(|(b, _)| (b.0, blocks.parcels(b), blocks.area_m2(b))).collect();
        let p = ParcelIdx;
        // The two of 30 m² come by their lowest parcel.
        assert_eq!(found, [(0, vec![p(4), p(5)], 90.0), (1, vec![p(0), p(1)], 30.0), (2, vec![p(3)], 30.0)]);
        let of: Vec<_> = (0..6).map(|n| blocks.of(p(n)).map(|b| b.0)).collect();
        assert_eq!(of, [Some(1), Some(1), None, Some(2), Some(0), Some(0)]);
    }

    #[test]
    fn below_a_metre_is_no_contiguity() {
        let blocks = |facing_m| Blocks::new(&facing(2, &[(0, 1)], facing_m), &[true; 2], &[1.0; 2]).len();
        assert_eq!((blocks(0.999), blocks(1.0)), (2, 1));
    }

    #[test]
    fn concentration_by_hand() {
        let found = of_areas(&[60.0, 30.0, 10.0], 30.0);
        assert!((found.index - 46.0).abs() < 1e-9, "0.6² + 0.3² + 0.1²: {}", found.index);
        assert!((found.lpi - 60.0).abs() < 1e-9);
        assert_eq!(found.blocks, 3);
        assert!((found.small_block_share - 0.1).abs() < 1e-12, "the limit itself is not small");
        assert_eq!(of_areas(&[], 1.0), Concentration::default());
        assert_eq!(of_areas(&[0.0], 1.0), Concentration::default());
    }

    fn areas() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(1.0..1e6f64, 2..12)
    }

    // The invariants of a concentration index that domain.md lists in 4.2.
    proptest! {
        #[test]
        fn one_contiguity_more_never_lowers_it(
            areas in areas(), pairs in prop::collection::vec((0u32..12, 0u32..12), 1..12), zone in any::<u16>(),
        ) {
            let count = areas.len();
            let mut pairs: Vec<_> = pairs
                .into_iter()
                .map(|(a, b)| (a.min(b), a.max(b)))
                .filter(|(a, b)| a != b && (*b as usize) < count)
                .collect();
            pairs.sort_unstable();
            pairs.dedup();
            let in_zone: Vec<_> = (0..count).map(|at| zone >> at & 1 == 1).collect();
            let found: Vec<_> = (0..=pairs.len())
                .map(|n| {
                    let blocks = Blocks::new(&facing(count, &pairs[..n], 5.0), &in_zone, &areas);
                    let held: usize = blocks.iter().map(|(_, members)| members.len()).sum();
                    assert_eq!(held, in_zone.iter().filter(|z| **z).count());
                    blocks.concentration(1e5)
                })
                .collect();
            for step in found.windows(2) {
                prop_assert!(step[1].index >= step[0].index - 1e-9);
                prop_assert!(step[1].lpi >= step[0].lpi - 1e-9);
                prop_assert!(step[1].blocks <= step[0].blocks);
                prop_assert!(step[1].small_block_share <= step[0].small_block_share + 1e-12);
            }
        }

        #[test]
        fn splitting_a_block_lowers_it(areas in areas(), share in 0.01..0.99f64) {
            let mut split = areas.clone();
            split[0] = areas[0] * share;
            split.push(areas[0] * (1.0 - share));
            prop_assert!(of_areas(&split, 0.0).index < of_areas(&areas, 0.0).index);
        }

        #[test]
        fn equal_blocks_share_it_at_any_scale(count in 1usize..40, area_m2 in 1e-3..1e9f64) {
            let found = of_areas(&vec![area_m2; count], 0.0);
            prop_assert!((found.index - 100.0 / count as f64).abs() < 1e-9);
            prop_assert!((found.lpi - 100.0 / count as f64).abs() < 1e-9);
        }

        #[test]
        fn scale_does_not_matter(areas in areas(), factor in 1e-3..1e3f64) {
            let scaled: Vec<_> = areas.iter().map(|a| a * factor).collect();
            let (one, other) = (of_areas(&areas, 3e4), of_areas(&scaled, 3e4 * factor));
            prop_assert!((one.index - other.index).abs() < 1e-9 && (one.lpi - other.lpi).abs() < 1e-9);
        }

        #[test]
        fn growth_of_the_largest_raises_it(areas in areas(), more_m2 in 1.0..1e6f64) {
            let largest = (0..areas.len()).max_by(|a, b| areas[*a].total_cmp(&areas[*b])).unwrap();
            let mut grown = areas.clone();
            grown[largest] += more_m2;
            // Read backwards: taking area from the largest lowers it as long as it stays the largest.
            prop_assert!(of_areas(&grown, 0.0).index > of_areas(&areas, 0.0).index - 1e-9);
        }

        #[test]
        fn dropping_a_block_raises_it_exactly_when_it_is_small(areas in areas()) {
            let before = of_areas(&areas, 0.0).index / 100.0;
            let share = areas[0] / areas.iter().sum::<f64>();
            let limit = 2.0 * before / (1.0 + before);
            prop_assume!((share - limit).abs() > 1e-6);
            let after = of_areas(&areas[1..], 0.0).index / 100.0;
            prop_assert_eq!(after > before, share < limit, "share {}, limit {}", share, limit);
        }
    }
}
