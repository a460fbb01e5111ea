//! Reasons as a snapshot of their codes, grouping, and that swaps tell the truth.

mod convincing;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::adjacency::{Adjacency, Facing};
use crate::fixture::{Drawn, draw};
use crate::message::Message;
use crate::plan::Unbalanced;
use crate::score::ScorePart;

/// Known scores by name, 50 for everybody else; one indicator that is the score.
fn scores(park: &Drawn, known: &[(&str, f64)]) -> Scores {
    let mut score = vec![Some(50.0); park.layer.len()];
    for (name, s) in known {
        score[park.at(name)] = Some(*s);
    }
    let rd = ScorePart {
        id: "rd".into(),
        zh: "研发强度".into(),
        en: "R&D intensity".into(),
        unit: "%".into(),
        weight: 1.0,
        raw: score.iter().map(|s| s.map(|s| s / 20.0)).collect(),
        normalised: score.iter().map(|s| s.map(|s| s / 100.0)).collect(),
        percentile: score.clone(),
        derived: BTreeMap::new(),
    };
    Scores { score, parts: vec![rd], notes: Vec::new() }
}

const WORTH: Worth = Worth { tau: 54.0, lambda: 5.0, edge_factor: 0.5, kappa: 1.0 };

fn proposed(park: &Drawn, scores: &Scores, tolerance_m2: f64) -> (Vec<Transfer>, Vec<Swap>) {
    proposed_at(park, scores, tolerance_m2, (0.0, 0.0))
}

/// With a price of area, and one of the sub-park `north` on top.
fn proposed_at(
    park: &Drawn,
    scores: &Scores,
    tolerance_m2: f64,
    (area_price, north): (f64, f64),
) -> (Vec<Transfer>, Vec<Swap>) {
    let is_north = |parcel: ParcelIdx| park.layer[parcel].sub_park.as_deref() == Some("north");
    propose(&Context {
        layer: &park.layer,
        scores,
        adjacency: &park.adjacency,
        area_m2: &park.area_m2,
        in_zone_before: &park.before,
        in_zone_after: &park.after,
        worth: &WORTH,
        area_price,
        sub_park_price: &|parcel| if is_north(parcel) { north } else { 0.0 },
        veto_price_most: &|_| None,
        veto_price: &|parcel| Some(f64::from(parcel.0)),
        robustness: None,
        min_block_m2: 3e4,
        fill_below_m2: 0.0,
        area_tolerance_m2: tolerance_m2,
    })
}

#[test]
fn reasons_state_the_facts() {
    // d1 comes in between two blocks; b7 is a scattered plot; a3 gives way though it scores well.
    let park = draw(
        "kkx....\n\
         kkk...x\n\
         kkk....\n\
         iooo...\n\
         kkk....",
    );
    let scores = scores(&park, &[("d1", 82.14), ("b7", 12.0), ("a3", 80.0)]);
    let (transfers, swaps) = proposed(&park, &scores, 0.0);
    let mut said = String::new();
    for t in &transfers {
        let _ = writeln!(said, "{} {:?} swap {} {:.1}", t.parcel, t.direction, t.swap, t.delta_objective);
        for r in &t.reasons {
            let _ = writeln!(said, "  {}", shown(r));
        }
    }
    for s in &swaps {
        let names: Vec<&str> = s.parcels.iter().map(|p| p.0.as_str()).collect();
        let _ = writeln!(
            said,
            "swap {} {} {:.0} {} {:.1} {:.2}",
            s.id,
            names.join("+"),
            s.balance_m2,
            s.balanced,
            s.delta_objective,
            s.delta_concentration
        );
    }
    let wanted = "\
a3 Out swap 2 -32.0
\x20 on-balance (boundary: -5.0, land: \"\", move: move-out, moving: -1.0, score: -26.0, total: -32.0)
\x20 gives-up-for-better (area: 10000 m²)
\x20 score-has-to-reach (score: score-is (score: 80.0), shown: 54.0, terms: \"\")
b7 Out swap 1 51.0
\x20 only-parcel-of-block (area: 10000 m²)
\x20 small-and-scattered (area: 10000 m², least: 30000 m²)
\x20 score-has-to-reach (score: score-is (score: 12.0), shown: 54.0, terms: \"\")
\x20 indicator-value-ranked (name: both-names (en: \"R&D intensity\", zh: \"研发强度\"), rank: 12, unit: \" %\", value: 0.6)
\x20 shortens-boundary-out (length: 400)
d1 In swap 2 29.6
\x20 joins-into-block (area: 120000 m², block: 1, parts: [80000 m², 30000 m²])
\x20 score-has-to-reach (score: score-is (score: 82.1), shown: 54.0, terms: \"\")
\x20 indicator-value-ranked (name: both-names (en: \"R&D intensity\", zh: \"研发强度\"), rank: 82, unit: \" %\", value: 4.107)
swap 1 b7 -10000 false 51.0 14.20
swap 2 a3+d1 0 true -2.4 37.50
";
    assert_eq!(said, wanted);
}

/// A reason as its code and what stands in it.
fn shown(told: &Told) -> String {
    Message { code: told.code.clone(), params: told.params.clone() }.to_string()
}

/// The reasons of one parcel.
fn said(park: &Drawn, scores: &Scores, name: &str, tolerance_m2: f64) -> Vec<String> {
    let (transfers, _) = proposed(park, scores, tolerance_m2);
    transfers.into_iter().find(|t| t.parcel.0 == name).unwrap().reasons.iter().map(shown).collect()
}

#[test]
fn a_move_that_costs_says_what_it_is_for() {
    // Both score above what is to be beaten and leave: one as its block is too small, one for better land.
    let park = draw("kkkx.xx.kki");
    let good = scores(&park, &[("a4", 90.0), ("a6", 90.0), ("a7", 90.0), ("a11", 95.0)]);
    let small = said(&park, &good, "a6", 0.0);
    let wanted = [
        "whole-block-leaves (area: 20000 m², block: 2, count: 2, mean: mean-score (mean: 90.0))",
        "small-and-scattered (area: 20000 m², least: 30000 m²)",
        "on-balance (boundary: +15.0, land: \"\", move: move-out-piece, moving: -2.0, score: -72.0, total: -59.0)",
        "may-not-stay (least: 30000 m²)",
        "score-has-to-reach (score: score-is (score: 90.0), shown: 54.0, terms: \"\")",
    ];
    assert_eq!(small, wanted);
    assert!(said(&park, &good, "a4", 0.0).contains(&"gives-up-for-better (area: 10000 m²)".into()));
    // Where area is not conserved, or nothing better comes in, that is not claimed.
    let free = said(&park, &good, "a4", f64::INFINITY);
    assert!(free.iter().any(|r| r.starts_with("other-rule-asks ")), "{free:?}");
    let worse = scores(&park, &[("a4", 90.0)]);
    let worse = said(&park, &worse, "a4", 0.0);
    assert!(worse.iter().any(|r| r.starts_with("other-rule-asks ")), "{worse:?}");
    // a11 scores below and comes in: two hectares beside it are too few by themselves.
    let poor = scores(&park, &[("a11", 10.0)]);
    assert!(said(&park, &poor, "a11", 0.0).contains(&"reaches-least-area (least: 30000 m²)".into()));
}

#[test]
fn what_fills_a_hole_says_so() {
    let park = draw("kkkk\nkiok\nkkkk");
    let said = |park: &Drawn, fill_below_m2: f64| {
        let scores = scores(park, &[("b2", 10.0)]);
        let context = Context {
            layer: &park.layer,
            scores: &scores,
            adjacency: &park.adjacency,
            area_m2: &park.area_m2,
            in_zone_before: &park.before,
            in_zone_after: &park.after,
            worth: &WORTH,
            area_price: 0.0,
            sub_park_price: &|_| 0.0,
            veto_price_most: &|_| None,
            veto_price: &|_| None,
            robustness: None,
            min_block_m2: 3e4,
            fill_below_m2,
            area_tolerance_m2: f64::INFINITY,
        };
        propose(&context).0.remove(0).reasons.remove(0).code.into_owned()
    };
    let filled = draw("kkk\nkik\nkkk");
    assert_eq!(said(&filled, 1.5e4), "fills-hole");
    // Where that is no rule, where the land is too large for it, and where it is not all that is enclosed.
    for (park, fill_below_m2) in [(&filled, 0.0), (&filled, 1e4), (&park, 1.5e4)] {
        assert!(said(park, fill_below_m2).ends_with("fills-bay"), "{}", said(park, fill_below_m2));
    }
}

#[test]
fn bridges_side_by_side_are_judged_together() {
    // Two bridges between the same blocks, apart from each other, and one far away that bridges others.
    let park = draw(
        "kkkk.kk\n\
         iooi.oi\n\
         kkkk.kk",
    );
    let (transfers, swaps) = proposed(&park, &scores(&park, &[]), f64::INFINITY);
    let swap = |name: &str| transfers.iter().find(|t| t.parcel.0 == name).unwrap().swap;
    assert_eq!(swap("b1"), swap("b4"));
    assert_ne!(swap("b1"), swap("b7"));
    assert_eq!(swaps.len(), 2);
    let said = shown(&transfers.iter().find(|t| t.parcel.0 == "b1").unwrap().reasons[0]);
    assert_eq!(said, "links-in-block (area: 100000 m², block: 1, parts: [40000 m², 40000 m²])");
}

#[test]
fn in_and_out_are_paired_with_the_nearest_until_they_balance() {
    let park = draw(
        "kkkkkkkkkk\n\
         ixookookxi",
    );
    let (transfers, swaps) = proposed(&park, &scores(&park, &[]), 1e3);
    let swap = |name: &str| transfers.iter().find(|t| t.parcel.0 == name).unwrap().swap;
    assert_eq!(swap("b1"), swap("b2"));
    assert_eq!(swap("b9"), swap("b10"));
    assert_eq!(swaps.len(), 2);
    assert!(swaps.iter().all(|s| s.balanced && s.balance_m2 == 0.0));
}

#[test]
fn what_finds_no_counterpart_says_that_it_is_unbalanced() {
    let park = draw("kkkiioox");
    let (_, swaps) = proposed(&park, &scores(&park, &[]), 5e3);
    // Two hectares in against one out: halved, but not within half a hectare.
    assert_eq!(swaps.len(), 1);
    assert!(!swaps[0].balanced);
    assert_eq!(swaps[0].unbalanced, Some(Unbalanced::PieceTooLarge));
    assert_eq!(swaps[0].balance_m2, 1e4);
    let alone = draw("kkkiioo");
    let (_, swaps) = proposed(&alone, &scores(&alone, &[]), 5e3);
    assert_eq!((swaps.len(), swaps[0].balanced, swaps[0].balance_m2), (1, false, 2e4));
    assert_eq!(swaps[0].unbalanced, Some(Unbalanced::OneSided));
}

#[test]
fn a_plan_without_moves_proposes_nothing() {
    let park = draw("kko");
    assert_eq!(proposed(&park, &scores(&park, &[]), 0.0), (Vec::new(), Vec::new()));
}

proptest! {
    #[test]
    fn swaps_partition_the_transfers_and_say_the_truth(
        cells in prop::collection::vec(prop::sample::select(vec!['k', 'o', 'i', 'x', '.']), 48),
        wanted in prop::collection::vec(0.0f64..100.0, 48),
        tolerance_m2 in prop::sample::select(vec![0.0, 1.5e4, f64::INFINITY]),
        kinds in 3usize..100,
    ) {
        let map: Vec<String> = cells.chunks(8).map(|row| row.iter().collect()).collect();
        // Of so many kinds, squares of one kind are a parcel of several parts.
        let park = draw(&map.join("\n")).grouped(|at| at * 5 % kinds);
        let mut scores = scores(&park, &[]);
        for (score, wanted) in scores.score.iter_mut().zip(&wanted) {
            *score = (*wanted > 20.0).then_some(*wanted);
        }
        let (transfers, swaps) = proposed(&park, &scores, tolerance_m2);
        let land = Land {
            adjacency: &park.adjacency,
            area_m2: &park.area_m2,
            score: &scores.score,
            in_zone_before: &park.before,
        };
        let index = |zone: &[bool]| Blocks::new(&park.adjacency, zone, &park.area_m2).concentration(0.0).index;
        let mut seen = 0;
        for (n, swap) in swaps.iter().enumerate() {
            prop_assert_eq!(swap.id, n + 1);
            seen += swap.parcels.len();
            let mut zone = park.after.clone();
            let mut balance_m2 = 0.0;
            for parcel in &swap.parcels {
                let at = park.at(&parcel.0);
                zone[at] = park.before[at];
                balance_m2 += if park.after[at] { park.area_m2[at] } else { -park.area_m2[at] };
                let transfer = transfers.iter().find(|t| &t.parcel == parcel).unwrap();
                prop_assert_eq!(transfer.swap, swap.id);
                prop_assert!((2..=5).contains(&transfer.reasons.len()));
            }
            prop_assert_eq!(swap.balance_m2, balance_m2);
            prop_assert_eq!(swap.balanced, balance_m2.abs() <= tolerance_m2);
            prop_assert_eq!(swap.balanced, swap.unbalanced.is_none());
            let gain = WORTH.of_zone(&land, &park.after) - WORTH.of_zone(&land, &zone);
            prop_assert!((swap.delta_objective - gain).abs() < 1e-8);
            prop_assert!((swap.delta_concentration - (index(&park.after) - index(&zone))).abs() < 1e-8);
        }
        prop_assert_eq!(seen, transfers.len());
        // Pieces stay whole.
        for pair in park.adjacency.pairs() {
            let moves = |at: usize| park.before[at] != park.after[at];
            let (a, b) = (pair.a.at(), pair.b.at());
            if moves(a) && moves(b) && park.after[a] == park.after[b] {
                let swap = |at: usize| {
                    let id = &park.layer.parcels()[at].id;
                    transfers.iter().find(|t| &t.parcel == id).unwrap().swap
                };
                prop_assert_eq!(swap(a), swap(b));
            }
        }
        prop_assert!(transfers.is_sorted_by(|a, b| a.parcel < b.parcel));
    }
}
