//! That reasons convince: pieces are explained as pieces, and a score that speaks against a move is outweighed by figures
//! that add up.

use super::*;

/// The reasons of one parcel at a price of area, in English.
fn said_at(park: &Drawn, scores: &Scores, name: &str, prices: (f64, f64)) -> Vec<String> {
    let (transfers, _) = proposed_at(park, scores, 1e4, prices);
    transfers.into_iter().find(|t| t.parcel.0 == name).unwrap().reasons.into_iter().map(|r| r.en).collect()
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
        "leaves together with 7 others: a piece of 8 ha of today's block 1 (10 ha), mean score 33.4",
        "2 ha of that block stay",
        "on balance, the whole piece leaving: score +165.0, boundary +15.0, moving -8.0, together +172.0 score·ha",
        "score 30.0; land in this zone has to reach 54.0",
    ];
    assert_eq!(said_at(&park, &scores, "a3", (0.0, 0.0))[..4], wanted);
    // One of them scores well: the piece outweighs it.
    let exception = said_at(&park, &scores, "b5", (0.0, 0.0));
    assert_eq!(exception[..3], wanted[..3]);
    assert_eq!(exception[3], "score 57.0; land in this zone has to reach 54.0");
    assert_eq!(exception[4], "removing the piece shortens the boundary by 800 m");
    let wanted = [
        "comes in together with 1 other: a piece of 2 ha, mean score 75.0",
        "the piece joins 3 ha and 2 ha into block 1 (7 ha)",
        "on balance, the whole piece coming in: score +42.0, boundary +0.0, moving -2.0, together +40.0 score·ha",
        "score 70.0; land in this zone has to reach 54.0",
    ];
    assert_eq!(said_at(&park, &scores, "d4", (0.0, 0.0))[..4], wanted.map(|w| w.replace("+0.0", "0")));
}

#[test]
fn the_threshold_is_the_one_that_decided() {
    let park = draw("kkkx\nkkk.\n....\nkkki");
    let scores = scores(&park, &[("a4", 60.0), ("d4", 98.0)]);
    let out = said_at(&park, &scores, "a4", (44.7, 3.0));
    assert!(
        out.contains(
            &"score 60.0; land in this zone has to reach 101.7 (54.0 plus 44.7 because area is short plus 3.0 for its sub-park)"
                .into()
        ),
        "{out:?}"
    );
    // Below what land has to reach, but there was room; and the price of area is in the figures.
    let short = said_at(&park, &scores, "d4", (44.7, 0.0));
    let wanted = [
        "extends block 2 (4 ha)",
        "on balance, coming in: score -0.7, boundary -2.5, moving -1.0, together -4.2 score·ha after +44.7 for the 1 ha it takes up",
        "there was still room for its 1 ha: but for the price of area it gains 40.5 score·ha",
        "score 98.0; land in this zone has to reach 98.7 (54.0 plus 44.7 because area is short)",
    ];
    assert_eq!(short[..4], wanted);
    let kept_up = said_at(&park, &scores, "d4", (-10.0, 0.0));
    assert!(
        kept_up.contains(
            &"score 98.0; land in this zone has to reach 44.0 (54.0 less 10.0 because area has to be kept up)".into()
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
    assert_eq!(said[0], "a spur of block 1: less than 1 % of its boundary faces the zone");
}

/// The numbers of a text, in order.
fn numbers(text: &str) -> Vec<f64> {
    text.split(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)))
        .filter_map(|word| word.trim_end_matches('.').parse().ok())
        .collect()
}

/// The sentence with these words, its numbers.
fn sentence(reasons: &[Reason], words: &str) -> Option<Vec<f64>> {
    reasons.iter().find(|r| r.en.contains(words)).map(|r| numbers(&r.en))
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
            let told = sentence(&transfer.reasons, "has to reach").unwrap();
            let (counted, reach, terms) = (told[0], told[1], &told[2..]);
            // The parts of the threshold add up, and are the prices.
            let rest: f64 = [area_price, if at_north(&park, at) { north } else { 0.0 }].iter().sum();
            prop_assert!((reach - WORTH.tau - rest).abs() < 0.11, "{told:?}");
            if let [tau, parts @ ..] = terms {
                let signs = [area_price, north].into_iter().filter(|p| *p != 0.0).map(f64::signum);
                let summed = parts.iter().zip(signs).map(|(part, sign)| part * sign).sum::<f64>();
                let only_sub_park = area_price == 0.0;
                prop_assert!((tau + summed - reach).abs() < 1e-6 || only_sub_park, "{told:?}");
            }
            let against = if enters { counted < reach } else { counted >= reach };
            let Some(figures) = sentence(&transfer.reasons, "on balance") else {
                prop_assert!(!against, "{:?}", transfer.reasons);
                continue;
            };
            let [score, boundary, moving, together] = figures[..4] else { panic!("{figures:?}") };
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
            let told = |words: &str| transfer.reasons.iter().any(|r| r.en.contains(words));
            let land = if told(", of which the") {
                figures[5]
            } else if told("score·ha after") {
                -figures[4]
            } else {
                0.0
            };
            prop_assert!((gain + land - priced).abs() < 0.06, "{figures:?} {gain} {priced}");
            // What is left to explain is explained.
            if together < 0.0 {
                let some = ["least area", "room", "can spare", "make up for", "better land", "another rule"];
                let explained = transfer.reasons.iter().any(|r| some.iter().any(|s| r.en.contains(s)));
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
