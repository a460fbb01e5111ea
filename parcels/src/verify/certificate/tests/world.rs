//! Small worlds to try every zone of.

use proptest::prelude::*;

use crate::adjacency::{Adjacency, Facing};
use crate::certificate::Certificate;
use crate::id::{ParcelIdx, PartIdx};
use crate::message::Message;
use crate::optimise::{Limit, Link, Lock, Problem};
use crate::parts::Parts;
use crate::units::M2_PER_HA;
use crate::verify::certificate::{Bounded, Limits, bound};
use crate::worth::{Land, Worth};

pub(super) const NO_LIMITS: Limits = Limits {
    area_min_ha: f64::NEG_INFINITY,
    area_max_ha: f64::INFINITY,
    moved_max_ha: f64::INFINITY,
    moved_parcels_max: None,
    min_block_ha: 0.0,
    small_block_price: f64::INFINITY,
    small_today: None,
    new_block_ha: 0.0,
    blocks_max: None,
    concentration_min: 0.0,
    concentration_price: f64::INFINITY,
    sub_parks_ha: Vec::new(),
    sub_park_price: f64::INFINITY,
};

/// Everything that a bound is of, small enough to try every zone.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) adjacency: Adjacency,
    pub(super) area_m2: Vec<f64>,
    pub(super) score: Vec<Option<f64>>,
    pub(super) before: Vec<bool>,
    pub(super) hold: Vec<Option<bool>>,
    pub(super) worth: Worth,
    pub(super) limits: Limits,
}

impl World {
    pub(super) fn land(&self) -> Land<'_> {
        Land {
            adjacency: &self.adjacency,
            area_m2: &self.area_m2,
            score: &self.score,
            in_zone_before: &self.before,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.area_m2.len()
    }

    pub(super) fn bound(&self, certificate: &Certificate) -> Result<f64, Message> {
        bound(
            certificate,
            &Bounded {
                worth: &self.worth,
                land: &self.land(),
                limits: &self.limits,
                sub_park_of: &sub_park_of,
                held_to: &|at| self.hold[at],
            },
        )
    }

    pub(super) fn ha(&self, parcels: impl Fn(usize) -> bool) -> f64 {
        (0..self.len()).filter(|at| parcels(*at)).map(|at| self.area_m2[at] / M2_PER_HA).sum()
    }

    fn parts(&self) -> impl Iterator<Item = PartIdx> + Clone + use<> {
        (0..self.adjacency.part_count()).map(PartIdx::from_at)
    }

    /// The parts of a zone.
    fn parts_of(&self, inside: impl Fn(usize) -> bool) -> u32 {
        let inside = self.parts().filter(|part| inside(self.adjacency.parcel_of(*part).at()));
        inside.fold(0, |all, part| all | 1 << part.at())
    }

    /// Area of a set of parts.
    fn parts_ha(&self, parts: u32) -> f64 {
        let within = self.parts().filter(|part| parts >> part.at() & 1 == 1);
        within.map(|part| self.adjacency.part_area(&self.area_m2, part) / M2_PER_HA).sum()
    }

    /// What is contiguous with each part.
    fn contiguous(&self) -> Vec<u32> {
        let around = |part| self.adjacency.contiguous_parts(part).fold(0, |all, other| all | 1 << other.at());
        self.parts().map(around).collect()
    }

    /// The blocks of a zone of parts, all of them sets of bits.
    fn blocks(&self, zone: u32, contiguous: &[u32]) -> Vec<u32> {
        let (mut left, mut blocks) = (zone, Vec::new());
        while left != 0 {
            let mut block = left & left.wrapping_neg();
            loop {
                let around = self.parts().filter(|part| block >> part.at() & 1 == 1);
                let grown = around.fold(block, |all, part| all | contiguous[part.at()]) & zone;
                if grown == block {
                    break;
                }
                block = grown;
            }
            left &= !block;
            blocks.push(block);
        }
        blocks
    }

    /// What the best admissible zone is worth, small blocks priced where they are allowed, from the definitions alone.
    pub(super) fn optimum(&self) -> Option<f64> {
        let count = self.len();
        let contiguous = self.contiguous();
        let limits = &self.limits;
        let mut today = self.blocks(self.parts_of(|at| self.before[at]), &contiguous);
        today.retain(|block| self.parts_ha(*block) < limits.min_block_ha);
        let has = |block: u32, of: &dyn Fn(usize) -> bool| block & self.parts_of(of) != 0;
        let worth_of = |zone: u32| {
            let inside = |at: usize| zone >> at & 1 == 1;
            let moved = (0..count).filter(|&at| inside(at) != self.before[at]).count();
            let admissible = (0..count).all(|at| self.hold[at].is_none_or(|side| side == inside(at)))
                && (limits.area_min_ha..=limits.area_max_ha).contains(&self.ha(inside))
                && self.ha(|at| inside(at) != self.before[at]) <= limits.moved_max_ha
                && limits.moved_parcels_max.is_none_or(|most| moved <= most);
            if !admissible {
                return None;
            }
            let blocks = self.blocks(self.parts_of(inside), &contiguous);
            let (mut small, mut forbidden) = (0, false);
            for &block in &blocks {
                if has(block, &|at| self.hold[at] == Some(true)) {
                    continue;
                }
                let block_ha = self.parts_ha(block);
                if block_ha < limits.min_block_ha {
                    small += 1;
                    let heir = today.iter().any(|today| today & block == *today);
                    forbidden |=
                        limits.small_block_price.is_infinite() || (limits.small_today.is_some() && !heir);
                }
                forbidden |= block_ha < limits.new_block_ha && !has(block, &|at| self.before[at]);
            }
            if limits.blocks_max.is_some_and(|most| blocks.len() > most) || forbidden {
                return None;
            }
            let price = if small == 0 { 0.0 } else { small as f64 * limits.small_block_price };
            let squares: f64 = blocks.iter().map(|block| self.parts_ha(*block).powi(2)).sum();
            let area_ha = self.ha(inside);
            let index = if area_ha > 0.0 { 100.0 * squares / (area_ha * area_ha) } else { 0.0 };
            let short = f64::max(limits.concentration_min - index, 0.0);
            if short > 1e-9 && limits.concentration_price.is_infinite() {
                return None;
            }
            let price = price
                + if short > 0.0 { short.min(100.0) * limits.concentration_price.min(1e12) } else { 0.0 };
            let mut beyond_ha = 0.0;
            for (number, (least, most)) in limits.sub_parks_ha.iter().enumerate() {
                let area_ha = self.ha(|at| inside(at) && sub_park_of(at) == Some(number));
                beyond_ha += f64::max(least - area_ha, area_ha - most).max(0.0);
            }
            if beyond_ha > 0.0 && limits.sub_park_price.is_infinite() {
                return None;
            }
            let price = price + if beyond_ha > 0.0 { beyond_ha * limits.sub_park_price } else { 0.0 };
            let zone: Vec<bool> = (0..count).map(inside).collect();
            Some(self.worth.of_zone(&self.land(), &zone) - price)
        };
        (0..1_u32 << count).filter_map(worth_of).max_by(f64::total_cmp)
    }

    fn bands(&self) -> Vec<Limit> {
        let band = |(number, (least, most)): (usize, &(f64, f64))| Limit {
            what: crate::message!("sub-park-area", name = number),
            terms: (0..self.len())
                .filter(|at| sub_park_of(*at) == Some(number))
                .map(|at| (at as u32, self.area_m2[at] / M2_PER_HA))
                .collect(),
            least: *least,
            most: *most,
            price: self.limits.sub_park_price,
        };
        self.limits.sub_parks_ha.iter().enumerate().map(band).collect()
    }

    /// The same as numbers for the optimiser.
    pub(super) fn problem(&self) -> Problem {
        let in_length = |metres: f64| self.worth.of_length(metres) / self.worth.lambda;
        Problem {
            area: self.area_m2.iter().map(|a| a / M2_PER_HA).collect(),
            value: (0..self.len()).map(|at| self.worth.value(&self.land(), ParcelIdx::from_at(at))).collect(),
            in_zone: self.before.clone(),
            lock: self
                .hold
                .iter()
                .map(|hold| match hold {
                    Some(true) => Lock::In,
                    Some(false) => Lock::Out,
                    None => Lock::Free,
                })
                .collect(),
            exposed: self.adjacency.exposed_m().iter().map(|m| in_length(*m)).collect(),
            links: self
                .adjacency
                .pairs()
                .map(|p| Link {
                    a: p.a.0,
                    b: p.b.0,
                    length: in_length(p.facing_m),
                    contiguous: self.adjacency.is_contiguous(&p),
                })
                .collect(),
            parts: self.adjacency.parts().clone(),
            lambda: self.worth.lambda,
            edge_factor: self.worth.edge_factor,
            kappa: self.worth.kappa,
            area_min: self.limits.area_min_ha,
            area_max: self.limits.area_max_ha,
            moved_area_max: self.limits.moved_max_ha,
            moved_units_max: self.limits.moved_parcels_max.unwrap_or(usize::MAX),
            min_block: self.limits.min_block_ha,
            small_block_price: self.limits.small_block_price,
            no_new_small: self.limits.small_today.is_some(),
            new_block: self.limits.new_block_ha,
            blocks_max: self.limits.blocks_max.unwrap_or(usize::MAX),
            concentration_min: self.limits.concentration_min,
            concentration_price: self.limits.concentration_price,
            limits: self.bands(),
            holes: None,
        }
    }
}

/// Every third parcel is in no sub-park, the others in one of two.
pub(super) fn sub_park_of(at: usize) -> Option<usize> {
    [Some(0), Some(1), None][at % 3]
}

/// At most so many parcels: 3 rows of 4 with holes.
pub(super) const MOST: usize = 12;

/// How parcels fall into parts: of each the share of the first of two where it has two, which parts of two parcels face each
/// other, and whether the two parts of a parcel are contiguous.
#[derive(Debug, Clone)]
struct PartsDrawn {
    shares: Vec<Option<f64>>,
    sides: Vec<u8>,
    joined: Vec<bool>,
}

fn parts_drawn() -> impl Strategy<Value = PartsDrawn> {
    let share = prop_oneof![3 => Just(0.001), 1 => Just(0.3)];
    let shares = share
        .prop_flat_map(|several| prop::collection::vec(prop::option::weighted(several, 0.1f64..0.9), MOST));
    let sides = prop::collection::vec(0u8..8, 17);
    let joined = prop::collection::vec(prop::bool::weighted(0.2), MOST);
    (shares, sides, joined).prop_map(|(shares, sides, joined)| PartsDrawn { shares, sides, joined })
}

impl PartsDrawn {
    /// The parcels in parts. A pair faces each other with one part of each, or with halves of its length from either part of
    /// the first.
    fn adjacency(&self, pairs: Vec<Facing>, exposed_m: &[f64]) -> Adjacency {
        let count = exposed_m.len();
        let several = (0u32..).zip(&self.shares[..count]);
        let several = several.filter_map(|(at, share)| share.map(|share| (at, vec![share, 1.0 - share])));
        let parts = Parts::new(count, several);
        let of = |parcel: ParcelIdx, side: u8| {
            let own: Vec<u32> = parts.of(parcel.0).collect();
            PartIdx(own[usize::from(side) % own.len()])
        };
        let mut faced = Vec::new();
        for (Facing { a, b, facing_m }, side) in pairs.into_iter().zip(&self.sides) {
            let (one, other, to) = (of(a, *side), of(a, *side + 1), of(b, *side / 2));
            if *side < 4 || one == other {
                faced.push(Facing { a: one.min(to), b: one.max(to), facing_m });
            } else {
                let half =
                    |from: PartIdx| Facing { a: from.min(to), b: from.max(to), facing_m: 0.5 * facing_m };
                faced.extend([half(one), half(other)]);
            }
        }
        for parcel in parts.several().iter().filter(|parcel| self.joined[**parcel as usize]) {
            let (a, b) = (of(ParcelIdx(*parcel), 0), of(ParcelIdx(*parcel), 1));
            faced.push(Facing { a, b, facing_m: 10.0 });
        }
        let exposed_m = (0..parts.count(count))
            .map(|part| exposed_m[parts.unit_of(part as u32) as usize] * parts.share(part as u32))
            .collect();
        Adjacency::from_parts(parts, faced, exposed_m)
    }
}

prop_compose! {
    pub(super) fn worlds()(
        cells in prop::collection::vec(prop::sample::select(vec![Some(true), Some(false), None]), MOST),
        area_m2 in prop::collection::vec(1e3f64..4e4, MOST),
        score in prop::collection::vec(prop::option::weighted(0.9, 0.0f64..100.0), MOST),
        hold in prop::collection::vec(prop::sample::select(vec![None, None, None, None, Some(true), Some(false)]), MOST),
        facing_m in prop::collection::vec(prop_oneof![1 => 0.2f64..0.9, 8 => 1.0f64..250.0], 17),
        exposed_m in prop::collection::vec(0.0f64..200.0, MOST),
        tolerance in prop::option::weighted(0.7, 0.0f64..0.6),
        moved_share in prop::option::weighted(0.3, 0.1f64..1.0),
        moved_parcels in prop::option::weighted(0.3, 0usize..8),
        min_block_ha in prop::option::weighted(0.7, 0.5f64..6.0),
        small_block_price in prop::option::weighted(0.4, 1.0f64..40.0),
        no_new_small in prop::bool::weighted(0.3),
        new_block_ha in prop::option::weighted(0.3, prop_oneof![2 => 0.5f64..8.0, 1 => Just(f64::INFINITY)]),
        concentration in prop::option::weighted(0.4, 20.0f64..100.0),
        concentration_price in prop::option::weighted(0.3, 0.05f64..3.0),
        blocks in prop::option::weighted(0.4, 0usize..4),
        sub_park_band in prop::option::weighted(0.4, 0.1f64..0.8),
        sub_park_price in prop::option::weighted(0.4, 1.0f64..30.0),
        in_parts in parts_drawn(),
    ) -> World {
        let there: Vec<usize> = (0..MOST).filter(|at| cells[*at].is_some()).collect();
        let number = |cell: usize| there.iter().position(|c| *c == cell);
        let beside = (0..MOST).flat_map(|c| [(c % 4 < 3).then_some((c, c + 1)), (c + 4 < MOST).then_some((c, c + 4))]);
        let pairs = beside.flatten().zip(facing_m).filter_map(|((a, b), facing_m)| {
            let (a, b) = (number(a)?, number(b)?);
            Some(Facing { a: ParcelIdx::from_at(a), b: ParcelIdx::from_at(b), facing_m })
        });
        let count = there.len();
        let adjacency = in_parts.adjacency(pairs.collect(), &exposed_m[..count]);
        let before: Vec<bool> = there.iter().map(|c| cells[*c] == Some(true)).collect();
        let mut world = World {
            adjacency,
            area_m2: area_m2[..count].to_vec(),
            score: score[..count].to_vec(),
            hold: hold[..count].to_vec(),
            before,
            worth: Worth { tau: 50.0, lambda: 5.0, edge_factor: 0.5, kappa: 4.0 },
            limits: NO_LIMITS,
        };
        let before_ha = world.ha(|at| world.before[at]);
        world.limits = Limits {
            area_min_ha: tolerance.map_or(NO_LIMITS.area_min_ha, |t| before_ha * (1.0 - t)),
            area_max_ha: tolerance.map_or(NO_LIMITS.area_max_ha, |t| before_ha * (1.0 + t)),
            moved_max_ha: moved_share.map_or(NO_LIMITS.moved_max_ha, |share| before_ha * share),
            moved_parcels_max: moved_parcels,
            min_block_ha: min_block_ha.unwrap_or(0.0),
            small_block_price: small_block_price.unwrap_or(f64::INFINITY),
            small_today: None,
            new_block_ha: new_block_ha.unwrap_or(0.0),
            blocks_max: blocks,
            concentration_min: concentration.unwrap_or(0.0),
            concentration_price: concentration_price.unwrap_or(f64::INFINITY),
            sub_parks_ha: Vec::new(),
            sub_park_price: sub_park_price.unwrap_or(f64::INFINITY),
        };
        if no_new_small && world.limits.min_block_ha > 0.0 && world.limits.small_block_price.is_finite() {
            let least_m2 = world.limits.min_block_ha * M2_PER_HA;
            let today = crate::blocks::Blocks::new(&world.adjacency, &world.before, &world.area_m2);
            let small = today.iter().filter(|(block, _)| today.area_m2(*block) < least_m2);
            world.limits.small_today = Some(small.map(|(block, _)| today.parcels(block)).collect());
        }
        if let Some(band) = sub_park_band {
            let before_ha = |number| world.ha(|at| world.before[at] && sub_park_of(at) == Some(number));
            world.limits.sub_parks_ha = (0..2)
                .map(|number| (before_ha(number) * (1.0 - band), before_ha(number) * (1.0 + band)))
                .collect();
        }
        world
    }
}
