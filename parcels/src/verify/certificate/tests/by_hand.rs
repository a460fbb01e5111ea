//! Bounds of two parcels, computed by hand.

use super::*;
use crate::adjacency::{Adjacency, Facing};
use crate::message;

/// Two parcels of 1 ha side by side, the first in.
fn pair(score: [f64; 2], kappa: f64, limits: Limits) -> World {
    let facing = Facing { a: ParcelIdx(0), b: ParcelIdx(1), facing_m: 100.0 };
    World {
        adjacency: Adjacency::from_pairs(vec![facing], vec![300.0, 300.0]),
        area_m2: vec![1e4, 1e4],
        score: score.map(Some).to_vec(),
        before: vec![true, false],
        hold: vec![None, None],
        worth: Worth { tau: 50.0, lambda: 5.0, edge_factor: 0.0, kappa },
        limits,
    }
}

#[test]
fn a_bound_by_hand() {
    // τ 50, λ 5, η 0, κ 10; c = [30 + 10, 20 − 10] less what flows.
    let limits = Limits { area_min_ha: 1.0, area_max_ha: 1.0, ..NO_LIMITS };
    let world = pair([80.0, 70.0], 10.0, limits);
    let proven = |area_price: f64, flow: i64| {
        world.bound(&simple(10.0, Proof { area_price, flows: vec![(0, 1, flow)], ..Proof::default() }))
    };
    // No prices: both in is worth 30 + 20 − 10 = 40.
    assert_eq!(proven(0.0, 0), Ok(40.0));
    // One hectare at most: the first alone is worth 30 − 5. At μ = 10: 30 + 0 − 10 + 10 = 30; the flow of 5 closes it at 15.
    assert_eq!(proven(10.0, 0), Ok(30.0));
    assert_eq!(proven(15.0, 50), Ok(25.0));
    // A flow beyond the capacity of 5 counts as 5.
    assert_eq!(proven(15.0, 5000), Ok(25.0));
    let one_sided = World { limits: Limits { area_min_ha: f64::NEG_INFINITY, ..NO_LIMITS }, ..world };
    let error = one_sided.bound(&simple(1.0, Proof { area_price: -1.0, ..Proof::default() })).unwrap_err();
    assert_eq!(error, message!("proof-no-such-limit", what = message!("of-total-area"), price = -1.0));
}

#[test]
fn exits_by_hand() {
    // The first alone is worth 30 − 5 = 25, both 30 − 30 = 0.
    let world = |limits: Limits| pair([80.0, 20.0], 0.0, limits);
    let proof = |kind: SeparatorKind, region: &[u32], payment: i64, block_price: f64| {
        let separators = vec![SeparatorCut { kind, region: region.to_vec(), payers: vec![(0, payment)] }];
        simple(10.0, Proof { block_price, flows: vec![(0, 1, 50)], separators, ..Proof::default() })
    };
    // No block below 1.5 ha: the first pays all it has to the second, which then just does not lose.
    let hard = world(Limits { min_block_ha: 1.5, ..NO_LIMITS });
    assert_eq!(hard.optimum(), Some(0.0));
    assert_eq!(hard.bound(&proof(SeparatorKind::Small, &[0], 250, 0.0)), Ok(0.0));
    // For 10 it is allowed, and no more than 10 may be asked.
    let soft = world(Limits { min_block_ha: 1.5, small_block_price: 10.0, ..NO_LIMITS });
    assert_eq!(soft.optimum(), Some(15.0));
    assert_eq!(soft.bound(&proof(SeparatorKind::Priced, &[0], 100, 0.0)), Ok(15.0));
    // No block at all: nobody is around both, so what is paid is lost.
    let none = world(Limits { blocks_max: Some(0), ..NO_LIMITS });
    assert_eq!(none.optimum(), Some(0.0));
    assert_eq!(none.bound(&proof(SeparatorKind::Counted, &[0, 1], 250, 25.0)), Ok(0.0));

    let held = World { hold: vec![Some(true), None], ..hard.clone() };
    for (world, proof, why) in [
        (&soft, proof(SeparatorKind::Priced, &[0], 101, 0.0), "separators-overpay (cap: \"100\""),
        (&none, proof(SeparatorKind::Counted, &[0, 1], 251, 25.0), "separators-overpay (cap: \"250\""),
        (&none, proof(SeparatorKind::Counted, &[0, 1], 1, 0.0), "separators-overpay (cap: \"0\""),
        (&hard, proof(SeparatorKind::Small, &[0, 1], 1, 0.0), "proof-separator-allowed"),
        (&hard, proof(SeparatorKind::Priced, &[0], 1, 0.0), "proof-separator-allowed"),
        (&soft, proof(SeparatorKind::Small, &[0], 1, 0.0), "proof-separator-allowed"),
        (&soft, proof(SeparatorKind::Priced, &[0, 1], 1, 0.0), "proof-separator-allowed"),
        (&held, proof(SeparatorKind::Small, &[0], 1, 0.0), "proof-separator-allowed"),
        (&hard, proof(SeparatorKind::Small, &[0, 9], 1, 0.0), "proof-separator-beyond (count: 2"),
        (
            &hard,
            proof(SeparatorKind::Small, &[0], 1, 1.0),
            "proof-no-such-limit (price: \"1\", what: of-blocks)",
        ),
    ] {
        let error = world.bound(&proof).unwrap_err().to_string();
        assert!(error.contains(why), "{error}\ninstead of\n{why}");
    }
    // Two separators that share a parcel of their regions share its price too.
    let mut twice = proof(SeparatorKind::Priced, &[0], 60, 0.0);
    twice.root.separators.push(twice.root.separators[0].clone());
    let error = soft.bound(&twice).unwrap_err().to_string();
    assert!(error.contains("load: \"120\", parcel: 0"), "{error}");
}

#[test]
fn new_blocks_and_heirs_by_hand() {
    // As above, but the second is in now: the first alone is a new block of 1 ha, worth 25 and a change.
    let mut world = pair([80.0, 20.0], 0.0, Limits { new_block_ha: 1.5, ..NO_LIMITS });
    world.before = vec![false, true];
    let proof = |kind: SeparatorKind, region: &[u32]| {
        let separators = vec![SeparatorCut { kind, region: region.to_vec(), payers: vec![(region[0], 250)] }];
        simple(10.0, Proof { flows: vec![(0, 1, 50)], separators, ..Proof::default() })
    };
    assert_eq!(world.bound(&proof(SeparatorKind::Small, &[0])), Ok(0.0));
    assert!(world.bound(&proof(SeparatorKind::Small, &[1])).unwrap_err().code == "proof-separator-allowed");
    assert!(
        world.bound(&proof(SeparatorKind::Small, &[0, 1])).unwrap_err().code == "proof-separator-allowed"
    );
    // Small blocks of today may stay, others may not: the second is one, the first is none.
    let limits = Limits { min_block_ha: 1.5, small_block_price: 5.0, ..NO_LIMITS };
    world.limits = Limits { small_today: Some(vec![vec![ParcelIdx(1)]]), ..limits.clone() };
    assert_eq!(world.bound(&proof(SeparatorKind::Small, &[0])), Ok(0.0));
    assert!(world.bound(&proof(SeparatorKind::Small, &[1])).unwrap_err().code == "proof-separator-allowed");
    world.limits = limits;
    assert!(world.bound(&proof(SeparatorKind::Small, &[0])).unwrap_err().code == "proof-separator-allowed");
}

#[test]
fn concentration_and_cases_by_hand() {
    // Apart from each other: each alone is worth 30 and 20; together they make an index of 50.
    let mut world = pair([80.0, 70.0], 0.0, Limits { concentration_min: 60.0, ..NO_LIMITS });
    world.adjacency = Adjacency::from_pairs(Vec::new(), vec![0.0; 2]);
    assert_eq!(world.optimum(), Some(30.0));
    // g(x) = 100 · (s₁ + s₂ − 0.6 (2 A − 1)) at A₀ = 1, so 60 − 20 s₁ − 20 s₂: at γ = 1, 60 + 10 + 0.
    let priced =
        |concentration_price: f64| Proof { concentration_price, tangent_area: 1.0, ..Proof::default() };
    assert_eq!(world.bound(&simple(10.0, priced(0.0))), Ok(50.0));
    assert_eq!(world.bound(&simple(10.0, priced(1.0))), Ok(70.0));
    // At A₀ = 2, 25 · (s₁ + s₂ − 0.6 (4 A − 4)) = 60 − 35 A.
    let far = |concentration_price: f64| Proof { tangent_area: 2.0, ..priced(concentration_price) };
    let near = world.bound(&simple(1e6, far(1.0))).unwrap();
    assert!((near - 60.0).abs() < 1e-5, "{near}");
    // With the first in for sure, its square is its area and the second one has to make up for what it adds: both cases together
    // prove what is best.
    let split = |inside: Proof, outside: Proof| Certificate {
        flow_scale: 1e6,
        root: Proof::default(),
        cases: vec![CaseProof::Split(1), CaseProof::Proven(inside), CaseProof::Proven(outside)],
    };
    let found = world.bound(&split(far(1.0), Proof::default())).unwrap();
    assert!((found - 45.0).abs() < 1e-5, "the second in: 60 − 35 + 20, the first out; found {found}");
    let found = world.bound(&split(far(3.0), Proof::default())).unwrap();
    assert!(found > 45.0, "{found}");
    for (cases, why) in [
        (vec![CaseProof::Split(1), CaseProof::Proven(far(1.0))], "proof-cases-end"),
        (vec![CaseProof::Proven(far(1.0)), CaseProof::Proven(far(1.0))], "proof-cases-too-many"),
        (vec![CaseProof::Split(7)], "proof-case-beyond (count: 2, parcel: 7)"),
        (vec![CaseProof::Split(1), CaseProof::Split(1)], "proof-case-twice"),
    ] {
        let error = world.bound(&Certificate { cases, ..split(far(1.0), far(1.0)) }).unwrap_err().to_string();
        assert!(error.contains(why), "{error}, not {why}");
    }
    let unlimited = World { limits: NO_LIMITS, ..world.clone() };
    assert!(unlimited.bound(&simple(1.0, priced(1.0))).unwrap_err().code == "proof-no-such-limit");
    let soft = World { limits: Limits { concentration_price: 0.5, ..world.limits.clone() }, ..world };
    assert!(soft.bound(&simple(1.0, far(1.0))).unwrap_err().code == "proof-concentration-price");
}
