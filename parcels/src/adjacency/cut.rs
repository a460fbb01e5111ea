//! Parcels of several parts against the same land cut into its parts: every part a parcel, on the side of the one it was of.

use std::collections::BTreeSet;

use geo::MultiPolygon;
use proptest::prelude::*;

use super::fixture::{barrier, layer, rectangle};
use super::{Adjacency, adjacency_by_gap};
use crate::blocks::Blocks;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;

const GAPS_M: [f64; 3] = [0.0, 12.0, 20.0];

/// Plots on a grid, each of one of a few parcels.
#[derive(Debug, Clone)]
struct Plots {
    shapes: Vec<MultiPolygon<f64>>,
    parcel: Vec<usize>,
    in_zone: Vec<bool>,
    barrier: Option<f64>,
}

fn plots() -> impl Strategy<Value = Plots> {
    // Far from its neighbours, at a street's width, and on the very edge.
    let inset = || prop_oneof![Just(0.0), Just(5.0), 0.0..14.0];
    let plot = (prop::array::uniform4(inset()), 0usize..9, prop::bool::weighted(0.9));
    let plots = prop::collection::vec(plot, 16);
    let zone = prop::collection::vec(prop::bool::weighted(0.7), 9);
    (plots, zone, prop::option::of(40.0..160.0)).prop_map(|(plots, zone, barrier)| {
        let there: Vec<_> = plots.iter().enumerate().filter(|(_, (_, _, there))| *there).collect();
        let numbers: BTreeSet<usize> = there.iter().map(|(_, (_, parcel, _))| *parcel).collect();
        let number = |parcel: usize| numbers.iter().position(|known| *known == parcel).unwrap();
        let shape = |at: usize, d: &[f64; 4]| {
            let (x, y) = (50.0 * (at % 4) as f64, 50.0 * (at / 4) as f64);
            rectangle(x + d[0], y + d[1], x + 50.0 - d[2], y + 50.0 - d[3])
        };
        Plots {
            shapes: there.iter().map(|(at, (d, ..))| shape(*at, d)).collect(),
            parcel: there.iter().map(|(_, (_, parcel, _))| number(*parcel)).collect(),
            in_zone: there.iter().map(|(_, (_, parcel, _))| zone[*parcel]).collect(),
            barrier,
        }
    })
}

impl Plots {
    fn measured(&self, shapes: &[MultiPolygon<f64>]) -> Vec<Adjacency> {
        let layer = layer(shapes);
        let line = self.barrier.map(|x| barrier(&[(x, -20.0), (x + 10.0, 220.0)], 2.0));
        let barriers: Vec<_> = line.into_iter().collect();
        let wanted = vec![true; shapes.len()];
        adjacency_by_gap(&layer, &SpatialIndex::new(&layer), &barriers, &GAPS_M, &wanted, &()).unwrap()
    }

    fn parcels(&self) -> Vec<MultiPolygon<f64>> {
        let count = self.parcel.iter().max().map_or(0, |most| most + 1);
        let of = |parcel: usize| {
            let own = self.shapes.iter().zip(&self.parcel).filter(|(_, of)| **of == parcel);
            MultiPolygon(own.flat_map(|(shape, _)| shape.0.clone()).collect())
        };
        (0..count).map(of).collect()
    }
}

/// Blocks by the plots in them, with their areas.
fn told(blocks: &Blocks, plot: impl Fn(usize, usize) -> usize) -> Vec<(BTreeSet<usize>, f64)> {
    let plots = |block: &[crate::blocks::Member]| {
        block.iter().map(|part| plot(part.parcel.at(), part.polygon as usize)).collect()
    };
    let mut told: Vec<(BTreeSet<usize>, f64)> =
        blocks.iter().map(|(block, members)| (plots(members), blocks.area_m2(block))).collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn cutting_parcels_into_their_parts_changes_no_length_and_no_block(plots in plots()) {
        prop_assume!(!plots.shapes.is_empty());
        let parcels = plots.parcels();
        let plots_of = |parcel: usize| {
            let of = &plots.parcel;
            (0..of.len()).filter(move |plot| of[*plot] == parcel)
        };
        let plot = |parcel: usize, part: usize| plots_of(parcel).nth(part).unwrap();
        let area_m2 = |shapes: &[MultiPolygon<f64>]| -> Vec<f64> {
            shapes.iter().map(geo::Area::unsigned_area).collect()
        };
        let zone: Vec<bool> = (0..parcels.len()).map(|parcel| plots.in_zone[plot(parcel, 0)]).collect();
        for (whole, cut) in plots.measured(&parcels).iter().zip(&plots.measured(&plots.shapes)) {
            let of = |shapes: &[MultiPolygon<f64>], adjacency: &Adjacency, zone: &[bool]| {
                Blocks::new(adjacency, zone, &area_m2(shapes))
            };
            let (one, other) = (of(&parcels, whole, &zone), of(&plots.shapes, cut, &plots.in_zone));
            let (told_one, told_other) = (told(&one, plot), told(&other, |plot, _| plot));
            prop_assert_eq!(told_one.len(), told_other.len());
            for ((a, a_m2), (b, b_m2)) in told_one.iter().zip(&told_other) {
                prop_assert_eq!(a, b);
                prop_assert!((a_m2 - b_m2).abs() < 1e-6);
            }
            let (a, b) = (one.concentration(3_000.0), other.concentration(3_000.0));
            prop_assert!((a.index - b.index).abs() < 1e-9 && (a.lpi - b.lpi).abs() < 1e-9);
            prop_assert_eq!(a.blocks, b.blocks);
            prop_assert!((a.small_block_share - b.small_block_share).abs() < 1e-9);
            // Lengths add up; what parts of one parcel face each other over is nobody's boundary.
            let parcel = |plot: ParcelIdx| plots.parcel[plot.at()];
            for pair in whole.pairs() {
                let between = |p: &super::Facing| {
                    let ends = (parcel(p.a), parcel(p.b));
                    ends == (pair.a.at(), pair.b.at()) || ends == (pair.b.at(), pair.a.at())
                };
                let all: Vec<_> = cut.pairs().filter(between).collect();
                let sum: f64 = all.iter().map(|p| p.facing_m).sum();
                prop_assert!((pair.facing_m - sum).abs() < 1e-6, "{:?}, and {}", pair, sum);
                let contiguous = all.iter().any(|p| cut.is_contiguous(p));
                prop_assert_eq!(whole.is_contiguous(&pair), contiguous);
                prop_assert_eq!(whole.contiguous(pair.a).any(|other| other == pair.b), contiguous);
            }
            let apart = cut.pairs().filter(|p| parcel(p.a) != parcel(p.b));
            let ends: BTreeSet<(usize, usize)> =
                apart.map(|p| (parcel(p.a).min(parcel(p.b)), parcel(p.a).max(parcel(p.b)))).collect();
            prop_assert_eq!(whole.pair_count(), ends.len());
            for at in 0..parcels.len() {
                let sum: f64 = plots_of(at).map(|plot| cut.exposed_m()[plot]).sum();
                prop_assert!((whole.exposed_m()[at] - sum).abs() < 1e-6);
                for (place, part) in whole.parts_of(ParcelIdx::from_at(at)).enumerate() {
                    let alone = cut.exposed_m()[plot(at, place)];
                    prop_assert!((whole.exposed_of_part_m(part) - alone).abs() < 1e-6);
                }
            }
        }
    }
}

#[test]
fn a_parcel_of_two_parts_joins_only_what_each_of_them_touches() {
    // One parcel on either side of a gap of 200 m, and a neighbour at each of its parts.
    let two = MultiPolygon([0.0, 400.0].map(|x| rectangle(x, 0.0, x + 100.0, 100.0).0[0].clone()).to_vec());
    let shapes = [two, rectangle(110.0, 0.0, 210.0, 100.0), rectangle(290.0, 0.0, 390.0, 100.0)];
    let layer = layer(&shapes);
    let index = SpatialIndex::new(&layer);
    let found = super::adjacency(&layer, &index, &[], 20.0, &()).unwrap();
    let pairs: Vec<_> = found.pairs().map(|p| (p.a.0, p.b.0)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2)]);
    let area_m2: Vec<f64> = shapes.iter().map(geo::Area::unsigned_area).collect();
    let blocks = Blocks::new(&found, &[true; 3], &area_m2);
    let areas: Vec<f64> = blocks.iter().map(|(block, _)| blocks.area_m2(block)).collect();
    assert_eq!(areas, [2e4, 2e4]);
    assert_eq!(blocks.concentration(0.0).index, 50.0);
    let numbers: Vec<u32> = blocks.all_of(ParcelIdx(0)).map(|block| block.0).collect();
    assert_eq!(numbers, [0, 1], "it lies in both");
}
