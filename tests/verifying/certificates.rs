//! Proofs changed, and proofs made up for plans that are not the best.

use lianpian::io::hash::sha256_hex;
use parcels::certificate::{CaseProof, Certificate, Proof};
use parcels::message::Param;
use parcels::plan::{SeparatorCut, SeparatorKind, Status};

use super::*;

/// Where a number of the header stands in certificate.bin: after the 8 bytes of its name.
fn with_number(bytes: &[u8], nth: usize, number: f64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[8 + 8 * nth..16 + 8 * nth].copy_from_slice(&number.to_le_bytes());
    bytes
}

fn number(bytes: &[u8], nth: usize) -> f64 {
    f64::from_le_bytes(bytes[8 + 8 * nth..16 + 8 * nth].try_into().unwrap())
}

#[test]
fn a_changed_certificate_is_found() {
    let (_folder, dir) = planned_with(60, Search::default(), |policy| {
        policy
            .replace("small_block_price", "sub_park_price = 3.0\nsmall_block_price")
            .replace("sub_park = \"hard\"", "sub_park = \"soft\"")
            .replace("sub_park_band = 0.2", "max_moved_parcels = 20\nsub_park_band = 0.05")
            .replace("at_least = \"+10 %\"", "at_least = \"before\"")
    });
    let mut plan = WrittenPlan::read(&dir, &()).unwrap();
    assert_eq!(plan.findings(), []);
    let bytes = plan.certificate.clone();
    // Scale, area price, moved price, price of a parcel moved, price of a block.
    for nth in 0..5 {
        let now = number(&bytes, nth);
        let mut others = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300];
        if nth > 0 {
            others.extend([now + 0.01, now - 0.01, f64::from_bits(now.to_bits() ^ 1 << 62)]);
        } else {
            others.extend([0.0, -now, 1e-300, f64::MIN_POSITIVE / 4.0]);
        }
        for other in others {
            plan.certificate = with_number(&bytes, nth, other);
            assert!(!plan.findings().is_empty(), "number {nth}: {other} for {now}");
        }
    }
    // Every byte of the prices of sub-parks.
    let sub_parks = u64::from_le_bytes(bytes[64..72].try_into().unwrap()) as usize;
    for nth in 8..8 + sub_parks {
        plan.certificate = with_number(&bytes, nth, number(&bytes, nth) + 0.01);
        assert!(!plan.findings().is_empty(), "price of sub-park {}", nth - 8);
    }

    let certificate = Certificate::from_bytes(&bytes).unwrap();
    assert!(!certificate.root.flows.is_empty(), "the test needs flows");
    let mut refused = |what: &str, change: &dyn Fn(&mut Certificate)| {
        let mut changed = certificate.clone();
        change(&mut changed);
        plan.certificate = changed.to_bytes();
        assert!(!plan.findings().is_empty(), "{what}");
    };
    // Where cases prove the bound, the proof without them may be a weaker one.
    let every = |c: &mut Certificate, change: &dyn Fn(&mut Proof)| {
        change(&mut c.root);
        for case in &mut c.cases {
            if let CaseProof::Proven(proof) = case {
                change(proof);
            }
        }
    };
    refused("no flows", &|c| every(c, &|p| p.flows.clear()));
    refused("flows turned round", &|c| every(c, &|p| p.flows.iter_mut().for_each(|f| f.2 = -f.2)));
    refused("flows beyond all bounds", &|c| every(c, &|p| p.flows.iter_mut().for_each(|f| f.2 = i64::MIN)));
    refused("flow between strangers", &|c| c.root.flows.push((0, 59, 5)));
    refused("flow to nobody", &|c| c.root.flows.push((0, 1 << 30, 5)));
    refused("a flow twice", &|c| c.root.flows.push(c.root.flows[0]));
    refused("a scale a little off", &|c| c.flow_scale *= 1.5);
    for nth in 0..certificate.root.separators.len() {
        refused("a separator that pays a lot", &|c| {
            c.root.separators[nth].payers.iter_mut().for_each(|p| p.1 = i64::MAX)
        });
    }
}

#[test]
fn no_certificate_makes_a_plan_look_like_the_best_that_is_not() {
    // The best plan that moves one parcel, and then nobody asks for that.
    let one_parcel = "max_moved_parcels = 1\nmin_hole_ha";
    let (_folder, dir) = planned_with(60, Search::default(), |policy| {
        policy
            .replace("min_hole_ha", one_parcel)
            .replace("min_block = \"no_new\"", "min_block = \"off\"")
            .replace("max_moved_share = 0.25", "max_moved_share = \"free\"")
            .replace("sub_park = \"hard\"", "sub_park = \"soft\"")
            .replace("at_least = \"+10 %\"", "at_least = \"before\"")
    });
    let text = fs::read_to_string(dir.join("policy.toml")).unwrap().replace(one_parcel, "min_hole_ha");
    fs::write(dir.join("policy.toml"), &text).unwrap();
    let mut plan = WrittenPlan::read(&dir, &()).unwrap();
    plan.record.inputs.policy = sha256_hex(text.as_bytes());
    let rules = &mut plan.record.constraints;
    let moved = rules.iter().position(|c| c.id == "C10").unwrap();
    rules.remove(moved);
    let objective = &mut plan.record.objective;
    for price in [
        &mut objective.area_price,
        &mut objective.moved_price,
        &mut objective.moved_unit_price,
        &mut objective.block_price,
    ] {
        *price = 0.0;
    }
    objective.sub_park_prices.clear();
    let value = objective.value;
    let nothing = Certificate { flow_scale: 1e6, root: Proof::default(), cases: Vec::new() };

    // What this proves may be claimed, and it is more than the plan is worth.
    let claim = |plan: &mut WrittenPlan, bound: f64| {
        let objective = &mut plan.record.objective;
        objective.bound = bound;
        let missing = bound - objective.value;
        objective.gap = Some(missing / (bound - objective.before).max(missing));
        objective.status = Status::Feasible;
    };
    plan.certificate = nothing.to_bytes();
    claim(&mut plan, value + 1e9);
    assert_eq!(plan.findings(), []);
    claim(&mut plan, value + 1.0);
    let proven: f64 = {
        let found = plan.findings();
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0].what, "objective.bound");
        let Some(Param::Text(bound)) = &found[0].found else { panic!("{found:#?}") };
        bound.parse().unwrap()
    };
    assert!(proven > value + 5.0, "the test needs a plan that is not the best: {value}, {proven}");
    claim(&mut plan, proven);
    assert_eq!(plan.findings(), []);

    let mut lie = |what: &str, certificate: &[u8]| {
        plan.certificate = certificate.to_vec();
        for bound in [value, value + 1e-9, (value + proven) / 2.0] {
            claim(&mut plan, bound);
            if bound <= value {
                (plan.record.objective.gap, plan.record.objective.status) = (Some(0.0), Status::Optimal);
            }
            assert!(!plan.findings().is_empty(), "{what} proves {bound} where {proven} is so");
        }
    };
    let bytes = nothing.to_bytes();
    for scale in [
        1e-12,
        1e-6,
        1e-3,
        1.0,
        1e9,
        1e18,
        1e30,
        1e300,
        1e-300,
        5e-324,
        0.0,
        -0.0,
        -1.0,
        -1e6,
        f64::NAN,
        f64::INFINITY,
    ] {
        lie(&format!("scale {scale}"), &with_number(&bytes, 0, scale));
    }
    for nth in 1..5 {
        for price in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e9, -1.0, 1e9, 1e300, -1e300] {
            lie(&format!("price {nth} of {price}"), &with_number(&bytes, nth, price));
        }
    }
    let parcels: Vec<u32> = (0..plan_parcels(&dir)).collect();
    for kind in [SeparatorKind::Small, SeparatorKind::Priced, SeparatorKind::Counted] {
        for region in [parcels.clone(), Vec::new(), vec![0], vec![0, 0, 1]] {
            for payment in [1_i64 << 40, i64::MAX, -1, i64::MIN] {
                let payers = region.iter().map(|parcel| (*parcel, payment)).collect();
                let separator = SeparatorCut { kind, region: region.clone(), payers };
                for separators in [vec![separator.clone()], vec![separator.clone(), separator]] {
                    let forged =
                        Certificate { root: Proof { separators, ..Proof::default() }, ..nothing.clone() };
                    lie(
                        &format!("separators {:?} of {payment}", forged.root.separators[0].kind),
                        &forged.to_bytes(),
                    );
                }
            }
        }
    }
    let flows = |flow: i64| (1..parcels.len() as u32).map(|b| (0, b, flow)).collect::<Vec<_>>();
    for flow in [i64::MIN, i64::MAX, 1 << 40] {
        lie(
            "flows from one parcel to all",
            &Certificate { root: Proof { flows: flows(flow), ..Proof::default() }, ..nothing.clone() }
                .to_bytes(),
        );
        let root = Proof { flows: flows(flow), ..Proof::default() };
        let forged = Certificate { root, flow_scale: 1e-9, ..nothing.clone() };
        lie("flows that round to nothing", &forged.to_bytes());
    }
    lie("no certificate", &[]);
    lie("half a certificate", &bytes[..bytes.len() / 2]);
}

fn plan_parcels(dir: &Path) -> u32 {
    let record: Value = serde_json::from_slice(&fs::read(dir.join("plan.json")).unwrap()).unwrap();
    record["inputs"]["parcels"].as_u64().unwrap() as u32
}
