//! A true record stands; every kind of tampering is found.

use geo::{BoundingRect, MultiPolygon, Rect, coord};

use super::fixture::Case;
use super::{Evidence, OverlayCover};
use crate::id::ParcelIdx;
use crate::overlay::Covered;
use crate::plan::{ConstraintStatus, Direction, Status, Unbalanced};
use crate::policy::{
    AreaMode, AreaRule, BlockRule, Constraints, HoleRule, Policy, SmallBlockRule, Strictness,
};

mod again;

/// Asserts that the findings are those, each by its beginning, in that order.
fn check(case: &Case, wanted: &[&str]) {
    found(&case.findings(), wanted);
}

fn found(findings: &[String], wanted: &[&str]) {
    let all = findings.join("\n");
    assert_eq!(findings.len(), wanted.len(), "{all}");
    for (finding, wanted) in findings.iter().zip(wanted) {
        assert!(finding.starts_with(wanted), "{wanted}\nnot found in\n{all}");
    }
}

#[test]
fn a_true_record_stands() {
    let case = Case::new();
    check(&case, &[]);
    assert_eq!(case.record.transfers.len(), 3);
    assert_eq!(case.record.area.before_m2, 15e4);
    assert_eq!(case.record.area.after_m2, 14e4);
}

#[test]
fn misstated_figures_are_found() {
    let mut case = Case::new();
    case.record.area.after_m2 += 10.0;
    check(&case, &["area.after_m2: finding-figure (claimed \"140010\", found \"140000\")"]);

    let mut case = Case::new();
    case.record.objective.value += 0.1;
    check(&case, &["objective.value"]);

    let mut case = Case::new();
    case.record.objective.gap = case.record.objective.gap.map(|gap| 0.5 * gap);
    check(&case, &["objective.gap"]);

    let mut case = Case::new();
    case.record.objective.status = Status::Optimal;
    check(&case, &["objective.status: finding-not-optimal"]);

    let mut case = Case::new();
    case.record.objective.status = Status::Infeasible;
    case.record.objective.gap = None;
    check(&case, &["objective.status: finding-not-infeasible"]);

    let mut case = Case::new();
    case.record.transfers[0].veto_price = Some(-1.0);
    check(&case, &["transfers[a8].veto_price: finding-no-veto-price (price: \"-1\")"]);

    let mut case = Case::new();
    case.record.score.after = None;
    check(&case, &["score.after: finding-figure (claimed nothing, found \"90\")"]);

    let mut case = Case::new();
    case.record.concentration.after.blocks = 2;
    case.record.concentration.by_gap[1].before.index = 1.0;
    case.record.concentration.by_gap.remove(0);
    check(
        &case,
        &[
            "concentration.after.blocks: finding-not-so (claimed \"2\", found \"1\")",
            "concentration.by_gap",
            "concentration.by_gap[12].before.index",
        ],
    );

    let mut case = Case::new();
    case.record.issues.clear();
    case.record.inputs.parcels = 3;
    case.record.schema = "lianpian.plan/9".into();
    check(&case, &["schema", "inputs.parcels", "issues"]);

    let mut case = Case::new();
    case.scores[0] = Some(91.0);
    case.record = case.told();
    case.record.indicators = Case::new().record.indicators;
    check(&case, &["parcels[a1].score: finding-figure (claimed \"91\", found \"90"]);
}

#[test]
fn tampered_transfers_and_swaps_are_found() {
    let mut case = Case::new();
    case.record.transfers[0].direction = Direction::In;
    case.record.transfers[0].area_m2 = 2e4;
    case.record.transfers[1].score = None;
    case.record.transfers[2].delta_objective = 1e3;
    check(
        &case,
        &[
            "transfers[a8].direction",
            "transfers[a8].area_m2",
            "transfers[c4].score: finding-figure (claimed nothing, found \"90\")",
            "transfers[c8].delta_objective",
        ],
    );

    let mut case = Case::new();
    case.record.transfers.remove(0);
    check(&case, &["transfers[a8]: finding-move-untold"]);

    let mut case = Case::new();
    let mut copy = case.record.transfers[0].clone();
    copy.parcel.0 = "a2".into();
    case.record.transfers.insert(0, copy);
    check(&case, &["transfers[a2]: finding-parcel-stays", "transfers[a2].swap: finding-not-in-swap"]);

    let mut case = Case::new();
    let last = case.record.swaps.pop().unwrap();
    let findings = case.findings();
    assert_eq!(findings.len(), last.parcels.len());
    assert!(findings.iter().all(|f| f.contains("finding-not-in-swap")), "{findings:?}");

    let mut case = Case::new();
    case.record.swaps[0].balance_m2 += 1e4;
    case.record.swaps[0].balanced ^= true;
    case.record.swaps[0].delta_objective -= 1.0;
    case.record.swaps[0].delta_concentration += 0.01;
    check(
        &case,
        &[
            "swaps[1].balance_m2",
            "swaps[1].balanced",
            "swaps[1].delta_objective",
            "swaps[1].delta_concentration",
        ],
    );
}

#[test]
fn a_wrong_word_on_why_a_swap_does_not_balance_is_found() {
    let mut case = Case::new();
    case.policy.constraints.area.tolerance = 0.0;
    case.record = case.told();
    let told = |case: &Case| -> Vec<String> {
        case.findings().into_iter().filter(|f| f.contains("unbalanced")).collect()
    };
    let position = |case: &Case, balanced| case.record.swaps.iter().position(|s| s.balanced == balanced);
    let (even, alone) = (position(&case, true).unwrap(), position(&case, false).unwrap());
    assert_eq!(case.record.swaps[alone].unbalanced, Some(Unbalanced::NoPartner));
    found(&told(&case), &[]);
    // Plans of earlier versions say nothing.
    case.record.swaps[alone].unbalanced = None;
    found(&told(&case), &[]);
    for wrong in [Unbalanced::OneSided, Unbalanced::PieceTooLarge] {
        case.record.swaps[alone].unbalanced = Some(wrong);
        let what = format!("swaps[{}].unbalanced: finding-not-so", alone + 1);
        found(&told(&case), &[&what]);
    }
    case.record = case.told();
    case.record.swaps[even].unbalanced = Some(Unbalanced::NoPartner);
    found(&told(&case), &[&format!("swaps[{}].unbalanced: finding-not-so", even + 1)]);
}

#[test]
fn a_veto_cannot_cost_less_than_its_price_proves() {
    let mut case = Case::new();
    let slack = case.record.objective.bound - case.record.objective.value;
    case.record.transfers[0].veto_price = Some(slack + 5.0);
    case.record.transfers[0].veto_price_most = Some(5.0);
    check(&case, &[]);
    case.record.transfers[0].veto_price_most = Some(4.0);
    check(&case, &["transfers[a8].veto_price_most: finding-veto-costs-more"]);
}

#[test]
fn a_flipped_parcel_does_not_go_unseen() {
    let mut case = Case::new();
    let at = case.park.at("c5");
    case.park.after[at] = true;
    let findings = case.findings();
    for what in ["area.after_m2", "objective.value", "transfers[c5]: finding-move-untold"] {
        assert!(findings.iter().any(|f| f.starts_with(what)), "{what} missing in {findings:?}");
    }
}

#[test]
fn broken_and_misstated_rules_are_found() {
    let mut case = Case::new();
    let c4 = case.record.constraints.iter_mut().find(|c| c.id == "C4").unwrap();
    c4.status = ConstraintStatus::Broken;
    c4.limit = Some(9.0);
    check(&case, &["C4.status: finding-not-so (claimed \"\"broken\"\", found \"\"met\"\")", "C4.limit"]);

    let mut case = Case::new();
    case.record.constraints.retain(|c| c.id != "C11");
    check(&case, &["C11: finding-rule-untold"]);

    // Each limit in turn, and all figures told truly: the plan still breaks it. Some change the bound's limits too.
    let broken = |change: fn(&mut Case), wanted: &str| {
        let mut case = Case::new();
        change(&mut case);
        case.record = case.told();
        let broken: Vec<String> =
            case.findings().into_iter().filter(|f| f.contains("finding-rule-broken")).collect();
        found(&broken, &[wanted]);
    };
    broken(
        |c| c.policy.constraints.area.tolerance = 0.05,
        "C1: finding-rule-broken (rule: rule-asks-area-kept)",
    );
    broken(
        |c| c.policy.constraints.max_moved_share = Some(0.19),
        "C10: finding-rule-broken (rule: rule-asks-moved-area)",
    );
    broken(
        |c| c.policy.constraints.max_moved_parcels = Some(2),
        "C10: finding-rule-broken (rule: rule-asks-moved-parcels)",
    );
    broken(
        |c| {
            // Without the lock on a1 its block is too small.
            c.policy.locks.inside.clear();
            c.hold[0].clear();
            c.policy.constraints.min_block_ha = 14.5;
        },
        "C5: finding-rule-broken (rule: rule-asks-no-small-block (least: \"14.5\")) (found \"1\")",
    );
    broken(
        |c| {
            c.park.after = c.park.before.clone();
            c.policy.constraints.blocks = BlockRule::AtMost(2);
            c.policy.constraints.min_block = Some(SmallBlockRule::Soft);
        },
        "C4: finding-rule-broken (rule: rule-asks-blocks) (found \"3\")",
    );
    broken(
        |c| {
            // The plan the other way round: from one block to three.
            let (before, after) = (c.park.before.clone(), c.park.after.clone());
            c.park.layer = c.park.layer.clone().with_zone(&after);
            (c.park.before, c.park.after) = (after, before);
            c.policy.constraints.blocks = BlockRule::Free;
            c.policy.constraints.min_block = Some(SmallBlockRule::Off);
        },
        "C11: finding-rule-broken (rule: rule-asks-concentration-kept)",
    );
}

#[test]
fn a_held_parcel_that_moves_is_found() {
    let mut case = Case::new();
    let at = case.park.at("a8");
    case.hold[at] = "freeze".into();
    case.policy.locks.freeze.push("a8".into());
    case.record = case.told();
    let broken = "C7: finding-rule-broken (rule: rule-asks-locks) (found \"1\")";
    assert!(case.findings().iter().any(|f| f == broken), "{:?}", case.findings());
}

#[test]
fn a_made_up_or_forgotten_hold_is_found() {
    let one = |hold: &str, parcel: &str, wanted: &str| {
        let mut case = Case::new();
        let at = case.park.at(parcel);
        case.hold[at] = hold.into();
        case.record = case.told();
        check(&case, &[wanted]);
    };
    one("freeze", "b1", "parcels[b1].hold: finding-no-lock (claimed \"freeze\")");
    one("unknown_score", "b1", "parcels[b1].hold: finding-score-known");
    one("ineligible", "c5", "parcels[c5].hold: finding-side-moves");
    one("overlay:red", "c5", "parcels[c5].hold: finding-no-such-overlay");
    one("because", "c5", "parcels[c5].hold: finding-no-reason-to-hold");
    one("", "a1", "parcels[a1].hold: finding-is-locked (claimed hold-none, found [\"in\"])");
}

#[test]
fn a_bound_without_proof_is_found() {
    let mut case = Case::new();
    case.record.objective.bound -= 1.0;
    check(&case, &["objective.gap", "objective.bound: finding-bound-unproven"]);

    // c4 comes in beside d4, which stays out: 5 of flow across pays for that boundary. Turned round it proves less.
    let mut case = Case::new();
    let pair = (case.park.at("c4") as u32, case.park.at("d4") as u32);
    let weak = case.record.objective.bound;
    let entry = case.certificate.root.flows.iter().position(|f| (f.0, f.1) == pair).unwrap();
    case.certificate.root.flows[entry].2 = 5_000_000;
    case.record = case.told();
    assert!((case.record.objective.bound - (weak - 5.0)).abs() < 1e-9);
    check(&case, &[]);
    case.certificate.root.flows[entry].2 = -5_000_000;
    check(&case, &["objective.bound: finding-bound-unproven"]);

    let mut case = Case::new();
    case.certificate.root.flows.push((0, 9, 4));
    case.certificate.root.flows.sort_unstable();
    check(
        &case,
        &["certificate: finding-certificate-refused (why: proof-flow-of-strangers (first: 0, second: 9))"],
    );

    let mut case = Case::new();
    case.certificate.root.flows.push((0, 900, 4));
    case.certificate.root.flows.sort_unstable();
    check(
        &case,
        &["certificate: finding-certificate-refused (why: proof-flow-of-strangers (first: 0, second: 900))"],
    );

    let mut case = Case::new();
    case.certificate.root.area_price = 3.0;
    case.record.objective.area_price = 3.0;
    case.policy.constraints.area.mode = crate::policy::AreaMode::Free;
    let findings = case.findings();
    assert!(
        findings.iter().any(|f| f.contains("proof-no-such-limit (price: \"3\", what: of-total-area)")),
        "{findings:?}"
    );
}

#[test]
fn a_damaged_certificate_is_refused() {
    let case = Case::new();
    let bytes = case.certificate.to_bytes();
    for cut in [0, 7, 39, bytes.len() - 1] {
        found(
            &case.findings_with(&bytes[..cut]),
            &["certificate: finding-certificate-refused (why: certificate-cut-short"],
        );
    }
    let mut bytes = bytes;
    bytes[0] = b'X';
    found(
        &case.findings_with(&bytes),
        &["certificate: finding-certificate-refused (why: certificate-beginning"],
    );
}

#[test]
fn an_area_that_is_not_known_is_the_one_finding() {
    let mut case = Case::new();
    case.policy.constraints.area.basis = crate::units::AreaBasis::Registered;
    check(&case, &["parcels[a1]: finding-area-unknown"]);
}

/// The status and value of the rule with that id.
fn rule(case: &Case, id: &str) -> (ConstraintStatus, Option<f64>) {
    let rules = super::constraints(&case.evidence()).unwrap();
    let rule = rules.iter().find(|c| c.id == id).unwrap();
    (rule.status, rule.value)
}

#[test]
fn soft_rules_are_missed_not_broken() {
    let mut case = Case::new();
    // a8 leaves the north with its 11 ha; the south gives one and takes one.
    assert_eq!(rule(&case, "C9"), (ConstraintStatus::Met, Some(1.0 / 11.0)));
    case.policy.constraints.sub_park_band = 0.05;
    assert_eq!(rule(&case, "C9").0, ConstraintStatus::Missed);
    case.policy.constraints.sub_park = Strictness::Hard;
    assert_eq!(rule(&case, "C9").0, ConstraintStatus::Broken);
    assert_eq!(rule(&case, "C8"), (ConstraintStatus::Met, Some(0.0)));
    case.policy.constraints.min_hole_ha = 1.5;
    case.policy.constraints.min_block = Some(SmallBlockRule::Soft);
    for (map, holes) in [("kki\nkoi\nkkk", 1.0), ("kkk\nkok\nkkk", 0.0), ("kki\nko.\nkkk", 0.0)] {
        case.park = crate::fixture::draw(map);
        case.scores = vec![None; case.park.layer.len()];
        case.hold = vec![String::new(); case.park.layer.len()];
        (case.parts, case.by_gap) = (Vec::new(), Vec::new());
        assert_eq!(rule(&case, "C8").1, Some(holes), "{map}");
        // Forbidden, the same holes break the rule.
        case.policy.constraints.holes = HoleRule::Forbid;
        let status = if holes > 0.0 { ConstraintStatus::Broken } else { ConstraintStatus::Met };
        assert_eq!(rule(&case, "C8"), (status, Some(holes)), "{map}");
        case.policy.constraints.holes = HoleRule::Report;
    }
}

#[test]
fn holes_that_are_to_be_filled_are_told_with_what_keeps_them() {
    let mut case = Case::new();
    case.policy.constraints = Constraints {
        area: AreaRule { mode: AreaMode::Free, ..AreaRule::default() },
        min_hole_ha: 1.5,
        holes: HoleRule::Fill,
        max_moved_share: None,
        max_moved_parcels: None,
        sub_park: Strictness::Off,
        ..case.policy.constraints
    };
    case.park = crate::fixture::draw("kkkkk\nkokok\nkkkkk");
    case.scores = vec![None; case.park.layer.len()];
    case.hold = vec![String::new(); case.park.layer.len()];
    (case.parts, case.by_gap) = (Vec::new(), Vec::new());
    let text = |case: &Case| {
        let found = super::constraints(&case.evidence()).unwrap();
        found.into_iter().find(|rule| rule.id == "C8").unwrap().text.message().to_string()
    };
    assert_eq!(rule(&case, "C8"), (ConstraintStatus::Missed, Some(2.0)));
    assert!(text(&case).contains("open: holes-named (names: [\"b2\", \"b4\"])"), "{}", text(&case));
    let b2 = case.park.at("b2");
    case.hold[b2] = "ineligible".into();
    assert_eq!(rule(&case, "C8"), (ConstraintStatus::Missed, Some(1.0)));
    assert!(text(&case).contains("held: holes-held (count: 1, names: [\"b2\"])"), "{}", text(&case));
    case.policy.constraints.max_moved_parcels = Some(0);
    assert_eq!(rule(&case, "C8"), (ConstraintStatus::Met, Some(0.0)));
    assert!(
        text(&case).contains("breaking: holes-breaking (count: 1, names: [\"b4: C10\"])"),
        "{}",
        text(&case)
    );
}

#[test]
fn areas_are_judged_by_what_they_are_said_to_lie_around() {
    let mut case = Case::new();
    let sides = case.park.area_m2.iter().zip(&case.park.after);
    let after_ha = sides.filter(|(_, after)| **after).map(|(area, _)| area).sum::<f64>() / 1e4;
    case.policy.constraints.sub_park_base_ha.insert("north".into(), 12.0);
    assert_eq!(rule(&case, "C9"), (ConstraintStatus::Met, Some(2.0 / 12.0)));
    case.policy.constraints.area.base_ha = Some(after_ha);
    assert_eq!(rule(&case, "C1"), (ConstraintStatus::Met, Some(0.0)));
    case.policy.constraints.area.base_ha =
        Some(after_ha / (1.0 - 2.0 * case.policy.constraints.area.tolerance));
    assert_eq!(rule(&case, "C1").0, ConstraintStatus::Broken);
}

#[test]
fn overlays_count_beyond_survey_noise() {
    let case = Case::new();
    let c4 = ParcelIdx::from_at(case.park.at("c4"));
    // A strip of c4 along its left side, that wide.
    let covered = |width_m: f64| {
        let corner = case.park.layer[c4].shape.bounding_rect().unwrap().min();
        let strip = Rect::new(corner, coord! { x: corner.x + width_m, y: corner.y + 100.0 });
        vec![OverlayCover {
            name: "line".into(),
            covered: vec![Covered {
                parcel: c4,
                area_m2: 100.0 * width_m,
                share: width_m / 100.0,
                piece: MultiPolygon(vec![strip.to_polygon()]),
            }],
        }]
    };
    let judged = |kind: &str, width_m: f64, hold: &str| {
        let mut policy = case.policy.clone();
        let text = format!("[overlays.line]\nlayer = 'x'\nrule = '{kind}'");
        policy.overlays = Policy::from_toml(&text).unwrap().overlays;
        let mut holds = case.hold.clone();
        holds[case.park.at("c5")] = hold.into();
        let covers = covered(width_m);
        let evidence = Evidence { policy: &policy, overlays: &covers, hold: &holds, ..case.evidence() };
        super::verify(&case.record, &evidence).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    begins(
        &judged("forbid", 30.0, ""),
        "C2: finding-rule-broken (rule: rule-asks-off-red-lines) (found \"3000\")",
    );
    // 9 m² is less than a thousandth, and 0.18 m wide.
    assert!(!judged("forbid", 0.09, "").iter().any(|f| f.starts_with("C2: finding-rule-broken")));
    begins(&judged("inside", 30.0, ""), "C3: finding-rule-broken (rule: rule-asks-inside) (found \"7000\")");
    assert!(!judged("inside", 99.95, "").iter().any(|f| f.starts_with("C3: finding-rule-broken")));
    let preferred = judged("prefer", 30.0, "");
    begins(&preferred, "C3: finding-rule-untold");
    assert!(!preferred.iter().any(|f| f.contains("finding-rule-broken")));
    // c5 is not covered: nothing forbids it, but it is not inside either.
    begins(&judged("forbid", 30.0, "overlay:line"), "parcels[c5].hold: finding-no-conflict-with-overlay");
    let inside = judged("inside", 30.0, "overlay:line");
    assert!(!inside.iter().any(|f| f.starts_with("parcels[c5].hold")), "{inside:#?}");
    begins(
        &judged("inside", 30.0, ""),
        "parcels[c5].hold: finding-contradicts-overlay (claimed hold-none, found [\"overlay:line\"])",
    );
}

fn begins(found: &[String], wanted: &str) {
    assert!(found.iter().any(|f| f.starts_with(wanted)), "{wanted} missing in {found:#?}");
}
