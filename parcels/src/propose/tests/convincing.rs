//! That reasons convince: pieces are explained as pieces, and a score that speaks against a move is outweighed by figures
//! that add up.

use std::borrow::Cow;

use super::*;
use crate::message::Param;

/// The reasons of one parcel at a price of area.
fn said_at(park: &Drawn, scores: &Scores, name: &str, prices: (f64, f64)) -> Vec<String> {
    let (transfers, _) = proposed_at(park, scores, 1e4, prices);
    transfers.into_iter().find(|t| t.parcel.0 == name).unwrap().reasons.iter().map(shown).collect()
}

#[test]
fn what_leaves_together_is_explained_together() {
    // Most of a block leaves, and a small piece comes in that joins two others.
    let park = draw(
        "kxxxx..\n\
         kxxxx..\n\
         .......\n\
         kkkiikk",
    );
    let mut scores = scores(&park, &[("d4", 70.0), ("d5", 80.0), ("b5", 57.0)]);
    for at in (0..park.layer.len()).filter(|at| park.before[*at] && !park.after[*at]) {
        scores.score[at] = scores.score[at].map(|s| if s == 57.0 { s } else { 30.0 });
    }
    let wanted = [
        "leaves-with (area: 100000 m², block: 1, mean: mean-score (mean: 33.4), others: 7, piece: 80000 m²)",
        "of-block-stay (area: 20000 m²)",
        "on-balance (boundary: +15.0, land: \"\", move: move-out-piece, moving: -8.0, score: +165.0, total: +172.0)",
        "score-has-to-reach (score: score-is (score: 30.0), shown: 54.0, terms: \"\")",
    ];
    assert_eq!(said_at(&park, &scores, "a3", (0.0, 0.0))[..4], wanted);
    // One of them scores well: the piece outweighs it.
    let exception = said_at(&park, &scores, "b5", (0.0, 0.0));
    assert_eq!(exception[..3], wanted[..3]);
    assert_eq!(exception[3], "score-has-to-reach (score: score-is (score: 57.0), shown: 54.0, terms: \"\")");
    assert_eq!(exception[4], "shortens-boundary-out-piece (length: 800)");
    let wanted = [
        "comes-in-with (area: 20000 m², mean: mean-score (mean: 75.0), others: 1)",
        "piece-joins-into-block (area: 70000 m², block: 1, parts: [30000 m², 20000 m²])",
        "on-balance (boundary: +0.0, land: \"\", move: move-in-piece, moving: -2.0, score: +42.0, total: +40.0)",
        "score-has-to-reach (score: score-is (score: 70.0), shown: 54.0, terms: \"\")",
    ];
    assert_eq!(said_at(&park, &scores, "d4", (0.0, 0.0))[..4], wanted);
}

#[test]
fn the_threshold_is_the_one_that_decided() {
    let park = draw("kkkx\nkkk.\n....\nkkki");
    let scores = scores(&park, &[("a4", 60.0), ("d4", 98.0)]);
    let out = said_at(&park, &scores, "a4", (44.7, 3.0));
    assert!(
        out.contains(
            &"score-has-to-reach (score: score-is (score: 60.0), shown: 101.7, terms: threshold-terms (area: plus-area-short (points: 44.7), sub_park: plus-sub-park (points: 3.0), tau: 54.0))"
                .into()
        ),
        "{out:?}"
    );
    // Below what land has to reach, but there was room; and the price of area is in the figures.
    let short = said_at(&park, &scores, "d4", (44.7, 0.0));
    let wanted = [
        "extends-block (area: 40000 m², block: 2)",
        "on-balance (boundary: -2.5, land: after-taking-up (area: 10000 m², land: +44.7), move: move-in, moving: -1.0, score: -0.7, total: -4.2)",
        "room-for-it (area: 10000 m², gain: 40.5)",
        "score-has-to-reach (score: score-is (score: 98.0), shown: 98.7, terms: threshold-terms (area: plus-area-short (points: 44.7), sub_park: \"\", tau: 54.0))",
    ];
    assert_eq!(short[..4], wanted);
    let kept_up = said_at(&park, &scores, "d4", (-10.0, 0.0));
    assert!(
        kept_up.contains(
            &"score-has-to-reach (score: score-is (score: 98.0), shown: 44.0, terms: threshold-terms (area: less-area-kept-up (points: 10.0), sub_park: \"\", tau: 54.0))".into()
        ),
        "{kept_up:?}"
    );
}

#[test]
fn no_share_is_rounded_to_nothing() {
    let mut park = draw("kkx\nkk.");
    let facing = |a: usize, b: usize, facing_m: f64| Facing {
        a: ParcelIdx::from_at(a.min(b)),
        b: ParcelIdx::from_at(a.max(b)),
        facing_m,
    };
    let [a1, a2, a3, b1, b2] = ["a1", "a2", "a3", "b1", "b2"].map(|name| park.at(name));
    let pairs =
        vec![facing(a1, a2, 100.0), facing(a1, b1, 100.0), facing(b1, b2, 100.0), facing(a2, a3, 1.5)];
    park.adjacency = Adjacency::from_pairs(pairs, vec![200.0, 200.0, 398.5, 200.0, 300.0]);
    let said = said_at(&park, &scores(&park, &[]), "a3", (0.0, 0.0));
    assert_eq!(said[0], "spur-below-one (block: 1)");
}

/// The reason of this code.
fn of_code<'a>(reasons: &'a [Told], code: &str) -> Option<&'a BTreeMap<Cow<'static, str>, Param>> {
    reasons.iter().find(|r| r.code == code).map(|r| &r.params)
}

/// A number as people see it, rounded.
fn value(param: &Param) -> f64 {
    match param {
        Param::Number { value, digits } | Param::Signed { value, digits } => {
            format!("{value:.*}", usize::from(*digits)).parse().unwrap()
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #[test]
    fn a_score_against_the_move_is_outweighed_by_figures_that_add_up(
        cells in prop::collection::vec(prop::sample::select(vec!['k', 'o', 'i', 'x', '.']), 48),
        wanted in prop::collection::vec(0.0f64..100.0, 48),
        area_price in prop::sample::select(vec![0.0, 31.37, -12.21]),
        north in prop::sample::select(vec![0.0, 4.49, -7.3]),
        tolerance_m2 in prop::sample::select(vec![0.0, 1.5e4, f64::INFINITY]),
    ) {
        let map: Vec<String> = cells.chunks(8).map(|row| row.iter().collect()).collect();
        let park = draw(&map.join("\n"));
        let mut scores = scores(&park, &[]);
        for (score, wanted) in scores.score.iter_mut().zip(&wanted) {
            *score = (*wanted > 10.0).then_some(*wanted);
        }
        let land = Land {
            adjacency: &park.adjacency,
            area_m2: &park.area_m2,
            score: &scores.score,
            in_zone_before: &park.before,
        };
        let (transfers, _) = proposed_at(&park, &scores, tolerance_m2, (area_price, north));
        for transfer in &transfers {
            let at = park.at(&transfer.parcel.0);
            let enters = transfer.direction == Direction::In;
            let told = of_code(&transfer.reasons, "score-has-to-reach").unwrap();
            let Param::Message(score) = &told["score"] else { panic!("{told:?}") };
            let counted = value(&score.params[if score.code == "score-is" { "score" } else { "tau" }]);
            let reach = value(&told["shown"]);
            // The parts of the threshold add up, and are the prices.
            let rest: f64 = [area_price, if at_north(&park, at) { north } else { 0.0 }].iter().sum();
            prop_assert!((reach - WORTH.tau - rest).abs() < 0.11, "{told:?}");
            if let Param::Message(terms) = &told["terms"] {
                let part = |name: &str| match &terms.params[name] {
                    Param::Message(part) if part.code.starts_with("less") => -value(&part.params["points"]),
                    Param::Message(part) => value(&part.params["points"]),
                    _ => 0.0,
                };
                let summed = value(&terms.params["tau"]) + part("area") + part("sub_park");
                prop_assert!((summed - reach).abs() < 1e-6, "{told:?}");
            }
            let against = if enters { counted < reach } else { counted >= reach };
            let Some(figures) = of_code(&transfer.reasons, "on-balance") else {
                prop_assert!(!against, "{:?}", transfer.reasons);
                continue;
            };
            let [score, boundary, moving, together] =
                ["score", "boundary", "moving", "total"].map(|name| value(&figures[name]));
            prop_assert!((score + boundary + moving - together).abs() < 1e-6, "{figures:?}");
            // They are those of the piece: F with it put back, at the price of its area.
            let piece = piece_of(&park, at);
            let mut zone = park.after.clone();
            let mut price = 0.0;
            for &member in &piece {
                zone[member] = park.before[member];
                price += area_price + if at_north(&park, member) { north } else { 0.0 };
            }
            let gain = WORTH.of_zone(&land, &park.after) - WORTH.of_zone(&land, &zone);
            let priced = gain - if enters { price } else { -price };
            prop_assert!((together - priced).abs() < 0.16, "{together} {priced}");
            let land = match &figures["land"] {
                Param::Message(land) if land.code.starts_with("of-which") => value(&land.params["land"]),
                Param::Message(land) => -value(&land.params["land"]),
                _ => 0.0,
            };
            prop_assert!((gain + land - priced).abs() < 0.06, "{figures:?} {gain} {priced}");
            // What is left to explain is explained.
            if together < 0.0 {
                let some = [
                    "reaches-least-area",
                    "may-not-stay",
                    "room-for-it",
                    "area-can-spare",
                    "makes-up-for-land",
                    "gives-up-for-better",
                    "other-rule-asks",
                ];
                let explained = transfer.reasons.iter().any(|r| some.contains(&r.code.as_ref()));
                prop_assert!(explained, "{:?}", transfer.reasons);
            }
        }
    }
}

fn at_north(park: &Drawn, at: usize) -> bool {
    park.layer.parcels()[at].sub_park.as_deref() == Some("north")
}

/// The parcels connected with one that move the same way.
fn piece_of(park: &Drawn, at: usize) -> Vec<usize> {
    let alike = |a: usize, b: usize| (park.before[a], park.after[a]) == (park.before[b], park.after[b]);
    let mut piece = vec![at];
    let mut next = 0;
    while let Some(&here) = piece.get(next) {
        next += 1;
        for other in park.adjacency.contiguous(ParcelIdx::from_at(here)) {
            if alike(here, other.at()) && !piece.contains(&other.at()) {
                piece.push(other.at());
            }
        }
    }
    piece
}
