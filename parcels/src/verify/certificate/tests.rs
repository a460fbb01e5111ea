//! Weak duality tried out: whatever a certificate says, either it is refused or no admissible zone, out of all 2ⁿ, is
//! worth more than the bound it proves.

mod by_hand;
mod world;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::world::{MOST, NO_LIMITS, World, worlds};
use super::*;
use crate::certificate::CaseProof;
use crate::optimise::{SeparatorCut, Status, solve};

/// A certificate of one proof.
fn simple(flow_scale: f64, root: Proof) -> Certificate {
    Certificate { flow_scale, root, cases: Vec::new() }
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
