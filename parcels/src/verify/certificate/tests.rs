//! Weak duality tried out: whatever a certificate says, either it is refused or no admissible zone, out of all 2ⁿ, is
//! worth more than the bound it proves.

mod by_hand;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::adjacency::{Adjacency, CONTIGUOUS_M, Facing};
use crate::certificate::CaseProof;
use crate::id::ParcelIdx;
use crate::optimise::{Limit, Link, Lock, Problem, SeparatorCut, Status, solve};

const NO_LIMITS: Limits = Limits {
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

/// A certificate of one proof.
fn simple(flow_scale: f64, root: Proof) -> Certificate {
    Certificate { flow_scale, root, cases: Vec::new() }
}

/// Everything that a bound is of, small enough to try every zone.
#[derive(Debug, Clone)]
struct World {
    adjacency: Adjacency,
    area_m2: Vec<f64>,
    score: Vec<Option<f64>>,
    before: Vec<bool>,
    hold: Vec<Option<bool>>,
    worth: Worth,
    limits: Limits,
}

impl World {
    fn land(&self) -> Land<'_> {
        Land {
            adjacency: &self.adjacency,
            area_m2: &self.area_m2,
            score: &self.score,
            in_zone_before: &self.before,
        }
    }

    fn len(&self) -> usize {
        self.area_m2.len()
    }

    fn bound(&self, certificate: &Certificate) -> Result<f64, String> {
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

    fn ha(&self, parcels: impl Fn(usize) -> bool) -> f64 {
        (0..self.len()).filter(|at| parcels(*at)).map(|at| self.area_m2[at] / M2_PER_HA).sum()
    }

    /// The blocks of a zone, all of them sets of bits.
    fn blocks(&self, zone: u32, contiguous: &[u32]) -> Vec<u32> {
        let (mut left, mut blocks) = (zone, Vec::new());
        while left != 0 {
            let mut block = left & left.wrapping_neg();
            loop {
                let around = (0..self.len()).filter(|at| block >> at & 1 == 1).map(|at| contiguous[at]);
                let grown = around.fold(block, |all, near| all | near) & zone;
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
    fn optimum(&self) -> Option<f64> {
        let count = self.len();
        let contiguous: Vec<u32> = (0..count)
            .map(|at| {
                self.adjacency.contiguous(ParcelIdx::from_at(at)).fold(0, |all, other| all | 1 << other.at())
            })
            .collect();
        let limits = &self.limits;
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
            let blocks = self.blocks(zone, &contiguous);
            let (mut small, mut forbidden) = (0, false);
            for &block in &blocks {
                let within = |at: usize| block >> at & 1 == 1;
                if (0..count).any(|at| within(at) && self.hold[at] == Some(true)) {
                    continue;
                }
                let heir = |today: &Vec<ParcelIdx>| today.iter().all(|p| within(p.at()));
                let new = (0..count).all(|at| !within(at) || !self.before[at]);
                if self.ha(within) < limits.min_block_ha {
                    small += 1;
                    forbidden |= limits.small_block_price.is_infinite()
                        || limits.small_today.as_ref().is_some_and(|today| !today.iter().any(heir));
                }
                forbidden |= new && self.ha(within) < limits.new_block_ha;
            }
            if limits.blocks_max.is_some_and(|most| blocks.len() > most) || forbidden {
                return None;
            }
            let price = if small == 0 { 0.0 } else { small as f64 * limits.small_block_price };
            let squares: f64 = blocks.iter().map(|block| self.ha(|at| block >> at & 1 == 1).powi(2)).sum();
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
    fn problem(&self) -> Problem {
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
                    contiguous: p.facing_m >= CONTIGUOUS_M,
                })
                .collect(),
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
        }
    }
}

/// Every third parcel is in no sub-park, the others in one of two.
fn sub_park_of(at: usize) -> Option<usize> {
    [Some(0), Some(1), None][at % 3]
}

/// At most so many parcels: 3 rows of 4 with holes.
const MOST: usize = 12;

prop_compose! {
    fn worlds()(
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
    ) -> World {
        let there: Vec<usize> = (0..MOST).filter(|at| cells[*at].is_some()).collect();
        let number = |cell: usize| there.iter().position(|c| *c == cell);
        let beside = (0..MOST).flat_map(|c| [(c % 4 < 3).then_some((c, c + 1)), (c + 4 < MOST).then_some((c, c + 4))]);
        let pairs = beside.flatten().zip(facing_m).filter_map(|((a, b), facing_m)| {
            let (a, b) = (number(a)?, number(b)?);
            Some(Facing { a: ParcelIdx::from_at(a), b: ParcelIdx::from_at(b), facing_m })
        });
        let count = there.len();
        let before: Vec<bool> = there.iter().map(|c| cells[*c] == Some(true)).collect();
        let mut world = World {
            adjacency: Adjacency::from_pairs(pairs.collect(), exposed_m[..count].to_vec()),
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
            world.limits.small_today = Some(small.map(|(_, members)| members.to_vec()).collect());
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

/// A separator as drawn: what it is meant to be, whether its region is cut down to what its kind allows, its region, and what
/// each of its parcels pays as a share of what it may.
type DrawnSeparator = (bool, bool, Vec<usize>, Vec<f64>);

/// Any certificate, most of them nearly such that they keep to their rules.
#[derive(Debug, Clone)]
struct AnyCertificate {
    prices: [f64; 5],
    tangent_ha: f64,
    /// Parcels on which cases differ, of which some may be told.
    splits: Vec<usize>,
    sub_park_prices: [f64; 2],
    flows: Vec<i64>,
    separators: Vec<DrawnSeparator>,
    /// Above 1 some separators pay more than they may.
    greed: f64,
}

const SCALE: f64 = 100.0;

prop_compose! {
    fn certificates()(
        area in -40.0f64..40.0,
        others in prop::collection::vec(prop::option::weighted(0.6, 0.0f64..20.0), 4),
        tangent_ha in 0.5f64..20.0,
        splits in prop::collection::vec(0..MOST, 0..3),
        sub_park_prices in [-20.0f64..20.0, -20.0f64..20.0],
        flows in prop::collection::vec(-2000i64..2000, 66),
        separators in prop::collection::vec(
            (
                any::<bool>(),
                prop::bool::weighted(0.9),
                prop::collection::vec(0..MOST, 1..7),
                prop::collection::vec(0.0f64..1.0, MOST),
            ),
            0..5,
        ),
        greed in prop_oneof![4 => 0.1f64..1.0, 1 => 1.0f64..3.0],
    ) -> AnyCertificate {
        let other = |at: usize| others[at].unwrap_or(0.0);
        AnyCertificate {
            prices: [area, other(0), other(1), other(2), other(3)],
            tangent_ha,
            splits,
            sub_park_prices,
            flows,
            separators,
            greed,
        }
    }
}

impl AnyCertificate {
    /// As it stands in a world: prices of limits that do not exist are mostly left out, for they are refused.
    fn in_world(&self, world: &World) -> Certificate {
        let limits = &world.limits;
        let count = world.len() as u32;
        let pairs = world.adjacency.pairs().map(|p| (p.a.0, p.b.0));
        let [area, moved, units, blocks, concentration] = self.prices;
        let when = |price: f64, limited: bool| if limited || price > 19.5 { price } else { 0.0 };
        let block_price = when(blocks, limits.blocks_max.is_some());
        let hard = limits.small_block_price.is_infinite();
        let share = self.greed / self.separators.len().max(1) as f64;
        let separators = self.separators.iter().map(|(counted, fitted, region, payments)| {
            let mut region: Vec<u32> = region.iter().map(|p| *p as u32).filter(|p| *p < count).collect();
            region.sort_unstable();
            region.dedup();
            let forbidden = hard || limits.small_today.is_some() && payments[0] < 0.5;
            let kind = match (counted, forbidden) {
                (true, _) => SeparatorKind::Counted,
                (false, true) => SeparatorKind::Small,
                (false, false) => SeparatorKind::Priced,
            };
            if *fitted && kind != SeparatorKind::Counted {
                region.retain(|p| world.hold[*p as usize] != Some(true));
                let small =
                    |region: &[u32]| world.ha(|at| region.contains(&(at as u32))) < limits.min_block_ha;
                while !region.is_empty() && !small(&region) {
                    region.pop();
                }
            }
            let cap = match kind {
                SeparatorKind::Small => 40.0,
                SeparatorKind::Priced => limits.small_block_price,
                SeparatorKind::Counted => block_price,
            };
            let pays = |at: usize| (payments[at] * cap * SCALE * share / region.len() as f64) as i64;
            let payers =
                region.iter().map(|p| (*p, pays(*p as usize))).filter(|(_, paid)| *paid > 0).collect();
            SeparatorCut { kind, region, payers }
        });
        let proof = Proof {
            area_price: when(area, limits.area_max_ha.is_finite()),
            moved_price: when(moved, limits.moved_max_ha.is_finite()),
            moved_unit_price: when(units, limits.moved_parcels_max.is_some()),
            block_price,
            concentration_price: when(concentration, limits.concentration_min > 0.0),
            tangent_area: self.tangent_ha,
            sub_park_prices: self.sub_park_prices[..limits.sub_parks_ha.len()]
                .iter()
                .map(|price| price.clamp(-limits.sub_park_price, limits.sub_park_price))
                .collect(),
            flows: pairs.zip(&self.flows).map(|((a, b), flow)| (a, b, *flow)).collect(),
            separators: separators.filter(|e| !e.payers.is_empty()).collect(),
            bands: Vec::new(),
        };
        // Each case with a price of area of its own.
        let case = |shift: f64| {
            let area_price = when(area + shift, limits.area_max_ha.is_finite());
            CaseProof::Proven(Proof { area_price, ..proof.clone() })
        };
        let splits: Vec<u32> = self.splits.iter().map(|p| *p as u32).filter(|p| *p < count).collect();
        let cases = match splits[..] {
            [] => Vec::new(),
            [one] => vec![CaseProof::Split(one), case(3.0), case(-3.0)],
            [one, other, ..] => {
                vec![CaseProof::Split(one), case(5.0), CaseProof::Split(other), case(-5.0), case(0.0)]
            }
        };
        Certificate { flow_scale: SCALE, root: proof, cases }
    }
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) })
}

/// Weak duality: no admissible zone, out of all of them, is worth more than any certificate says.
#[test]
fn no_zone_beats_any_bound() {
    const CASES: u32 = 600;
    let (proven, with_separators) = (Cell::new(0), Cell::new(0));
    let drawn = (worlds(), certificates());
    let mut runner = runner(CASES);
    let tried = runner.run(&drawn, |(world, certificate)| {
        let certificate = certificate.in_world(&world);
        let Ok(bound) = world.bound(&certificate) else { return Ok(()) };
        proven.set(proven.get() + 1);
        with_separators.set(with_separators.get() + u32::from(!certificate.root.separators.is_empty()));
        if let Some(best) = world.optimum() {
            prop_assert!(best <= bound + 1e-9, "{best} beats {bound}: {certificate:?}");
        }
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}");
    }
    // Where all certificates are refused, nothing is tried.
    assert!(proven.get() * 3 > CASES, "{} of {CASES} certificates prove anything", proven.get());
    assert!(
        with_separators.get() * 8 > CASES,
        "{} of {CASES} with separators prove anything",
        with_separators.get()
    );
}

/// A change to a certificate: which part, where, and by how much.
type Tampering = (u8, usize, f64);

fn tampered(mut certificate: Certificate, (part, at, by): Tampering, parcels: usize) -> Certificate {
    if part == 5 {
        certificate.flow_scale *= by + 0.1;
        return certificate;
    }
    if part == 15 {
        // Another tree of cases, or none at all.
        let count = certificate.cases.len();
        if count > 0 {
            match &mut certificate.cases[at % count] {
                CaseProof::Split(parcel) => *parcel = (at / 7 % parcels) as u32,
                other => *other = CaseProof::Impossible,
            }
        }
        return certificate;
    }
    // One of the proofs, the root's or that of a case.
    let proofs = certificate.cases.iter_mut().filter_map(|case| match case {
        CaseProof::Proven(proof) => Some(proof),
        CaseProof::Split(_) | CaseProof::Impossible => None,
    });
    let mut proofs: Vec<&mut Proof> = std::iter::once(&mut certificate.root).chain(proofs).collect();
    let number = at / 13 % proofs.len();
    let c = &mut *proofs[number];
    let separator = at % c.separators.len().max(1);
    match part {
        0 => c.area_price += 10.0 * (by - 1.0),
        1 => c.moved_price *= by,
        2 => c.moved_unit_price *= by,
        3 => c.block_price *= by,
        4 if !c.flows.is_empty() => {
            let flow = at % c.flows.len();
            c.flows[flow].2 = (c.flows[flow].2 as f64 * 4.0 * (by - 1.0)) as i64;
        }
        12 if !c.sub_park_prices.is_empty() => {
            let number = at % c.sub_park_prices.len();
            c.sub_park_prices[number] += 10.0 * (by - 1.0);
        }
        13 => c.concentration_price *= by,
        14 => c.tangent_area *= by,
        15..=18 if !c.bands.is_empty() => {
            let number = at / 7 % c.bands.len();
            let band = &mut c.bands[number];
            match part {
                15 => band.price += 10.0 * (by - 1.0),
                16 => band.most_ha *= by,
                17 => band.least_ha *= by,
                _ => drop(c.bands.remove(number)),
            }
        }
        _ if c.separators.is_empty() => {}
        6 => drop(c.separators.remove(separator)),
        7 => c.separators.push(c.separators[separator].clone()),
        8 => {
            c.separators[separator].kind =
                [SeparatorKind::Small, SeparatorKind::Priced, SeparatorKind::Counted][at % 3]
        }
        9 => {
            for payer in &mut c.separators[separator].payers {
                payer.1 = (payer.1 as f64 * by) as i64 + 1;
            }
        }
        10 => {
            // Another parcel for the region, so that the neighbourhood is another.
            let region = &mut c.separators[separator].region;
            region.push((at / 7 % parcels) as u32);
            region.sort_unstable();
            region.dedup();
        }
        _ => {
            // One parcel less.
            let separator = &mut c.separators[separator];
            if !separator.region.is_empty() {
                let gone = separator.region.remove(at / 7 % separator.region.len());
                separator.payers.retain(|p| p.0 != gone);
            }
        }
    }
    certificate
}

/// The proofs that the optimiser makes: the checker finds in them the bound that the optimiser claims, and whoever
/// changes them gets a proof that is refused or another true bound, never one below what can be reached.
#[test]
fn a_real_proof_proves_what_is_claimed_and_no_tampering_makes_it_prove_too_much() {
    const CASES: u32 = 250;
    let (with_separators, with_cases, with_bands) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let changes = prop::collection::vec((0u8..20, any::<usize>(), 0.0f64..3.0), 8);
    let mut runner = runner(CASES);
    let tried = runner.run(&(worlds(), changes), |(world, changes)| {
        let problem = world.problem();
        prop_assume!(!problem.area.is_empty());
        let solution = solve(&problem, &());
        let pairs: Vec<(u32, u32)> = problem.links.iter().map(|l| (l.a, l.b)).collect();
        let certificate = Certificate::new(solution.flow_scale, &solution.proof, &solution.cases, &pairs);
        with_separators.set(with_separators.get() + u32::from(!certificate.root.separators.is_empty()));
        with_cases.set(with_cases.get() + u32::from(!certificate.cases.is_empty()));
        with_bands.set(with_bands.get() + u32::from(!certificate.root.bands.is_empty()));
        let read = Certificate::from_bytes(&certificate.to_bytes());
        prop_assert_eq!(read.as_ref(), Ok(&certificate));
        // Where nothing is admissible, prices grow beyond what integers hold, and nothing is claimed.
        if solution.status == Status::Infeasible {
            return Ok(());
        }
        let proven = world.bound(&certificate);
        prop_assert!(proven.is_ok(), "{proven:?}");
        let proven = proven.unwrap_or_default();
        let rounding = 1e-9 * proven.abs().max(1.0);
        prop_assert!(proven <= solution.bound + rounding, "{proven} above {}", solution.bound);
        let Some(best) = world.optimum() else {
            return Err(TestCaseError::fail("the optimiser found what does not exist"));
        };
        prop_assert!(best <= proven + rounding, "{best} beats {proven}");
        // Changes pile up, so that two that hide each other are tried as well.
        let mut changed = certificate;
        for change in changes {
            changed = tampered(changed, change, world.len());
            // Bytes that are no certificate are refused before.
            let Ok(read) = Certificate::from_bytes(&changed.to_bytes()) else { continue };
            if let Ok(bound) = world.bound(&read) {
                prop_assert!(best <= bound + rounding, "{best} beats {bound} after {change:?}");
            }
        }
        Ok(())
    });
    if let Err(failed) = tried {
        panic!("{failed}");
    }
    assert!(
        with_separators.get() * 10 > CASES,
        "only {} of {CASES} proofs have separators",
        with_separators.get()
    );
    assert!(with_cases.get() * 10 > CASES, "only {} of {CASES} proofs have cases", with_cases.get());
    assert!(with_bands.get() * 10 > CASES, "only {} of {CASES} proofs have bands", with_bands.get());
}
