//! Scores held against figures by hand, and their properties.

use proptest::prelude::*;

use super::fixture::{layer, numbers, texts};
use super::*;

fn policy(toml: &str) -> BTreeMap<String, Indicator> {
    toml::from_str(toml).unwrap()
}

/// A layer of parcels of 1 ha with these columns.
fn hectares(columns: Vec<Column>) -> Layer {
    layer(&vec![(None, 10_000.0); columns[0].values.len()], columns)
}

fn close(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|f| (f - expected).abs() < 1e-9)
}

/// `domain.md` 2.3, above-scale firms of 2022 with their bases and weights, each ratio capped at 1.
const HUANGYAN_2022: &str = "
tax = {formula = 'tax / area_mu', normalise = {method = 'base', base = 24.097}, weight = 30}
value_added = {formula = 'va / area_mu', normalise = {method = 'base', base = 136.16}, weight = 20}
energy = {formula = 'va / tce', normalise = {method = 'base', base = 2.694}, weight = 20}
emission = {formula = 'va / {排放}', normalise = {method = 'base', base = 4929.81}, weight = 10}
labour = {formula = 'va / staff', normalise = {method = 'base', base = 18.14}, weight = 10}
rd = {formula = 'rd / revenue', normalise = {method = 'base', base = 0.0302}, weight = 10}
";

#[test]
fn the_huangyan_preset_scores_a_firm_as_by_hand() {
    // 15 mu. Tax 180.7275 → 12.0485 a mu, half the base: 15. Value added 2042.4 → 136.16 a mu, the base: 20.
    // 2042.4 ÷ 2.694 ÷ 758.1291… tce: the base, 20. Emission unknown. 2042.4 ÷ 225.1819… staff = half: 5.
    // R&D 6.04 % of revenue, twice the base, capped: 10. So 70 of the 90 points that are known.
    let firm = hectares(vec![
        numbers("tax", &[Some(180.7275)]),
        numbers("va", &[Some(2042.4)]),
        numbers("tce", &[Some(2042.4 / 2.694)]),
        numbers("排放", &[None]),
        numbers("staff", &[Some(2042.4 / 9.07)]),
        numbers("rd", &[Some(604.0)]),
        numbers("revenue", &[Some(10_000.0)]),
    ]);
    let found = score(&firm, &[], &policy(HUANGYAN_2022), &Weights::default()).unwrap();
    assert!(close(found.score[0], 100.0 * 70.0 / 90.0), "{:?}", found.score);
    let names: Vec<&str> = found.parts.iter().map(|p| p.id.as_str()).collect();
    assert_eq!(names, ["emission", "energy", "labour", "rd", "tax", "value_added"]);
    assert!(close(Some(found.parts[4].weight), 0.3));
    assert!(close(found.parts[4].raw[0], 12.0485));

    // Missing emission data get the group's mean there [S31]; of one firm there is none, of two there is.
    let mean =
        HUANGYAN_2022.replace("{formula = 'va / {排放}'", "{missing = 'mean', formula = 'va / {排放}'");
    let two = |values: [Option<f64>; 7]| {
        let columns = ["tax", "va", "tce", "排放", "staff", "rd", "revenue"];
        let first = [
            Some(180.7275),
            Some(2042.4),
            Some(2042.4 / 2.694),
            None,
            Some(2042.4 / 9.07),
            Some(604.0),
            Some(1e4),
        ];
        hectares(
            columns
                .iter()
                .zip(first.iter().zip(values))
                .map(|(name, (a, b))| numbers(name, &[*a, b]))
                .collect(),
        )
    };
    // The other firm stands at 0.4 of the emission base: both get 4 points for it.
    let other = [Some(0.0), Some(4929.81), Some(1e9), Some(2.5), Some(1e9), Some(0.0), Some(1.0)];
    let found = score(&two(other), &[], &policy(&mean), &Weights::default()).unwrap();
    assert!(close(found.score[0], 74.0), "{:?}", found.score);
}

#[test]
fn a_ratio_of_sums_is_not_a_mean_of_ratios() {
    // Two firms: 10 of 100 and 90 of 300. The parcel: 100 ÷ 400, not (0.1 + 0.3) ÷ 2.
    let firms = crate::table::Table::new(
        2,
        vec![texts("code", &["A", "A"]), texts("rd", &["10", "90"]), texts("revenue", &["100", "300"])],
    );
    let rules: crate::enterprise::Enterprises = toml::from_str(
        "table = 'f.csv'\nparcel_code = 'code'
        [aggregates]\nrd = {sum = 'rd'}\nrevenue = {sum = 'revenue'}",
    )
    .unwrap();
    let parcels = layer(&[(Some("A"), 10_000.0)], Vec::new());
    let (extra, issues) = crate::enterprise::aggregate(&parcels, &firms, &rules).unwrap();
    assert_eq!(issues, []);
    let found =
        score(&parcels, &extra, &policy("i = {formula = 'rd / revenue'}"), &Weights::default()).unwrap();
    assert_eq!(found.parts[0].raw, [Some(0.25)]);
}

/// Scores with the figures of these firms, all of them on parcel A or B.
fn of_firms(columns: &[(&str, &[&str])], aggregates: &str, indicators: &str) -> Scores {
    let firms = columns.iter().map(|(name, values)| texts(name, values)).collect();
    let firms = crate::table::Table::new(columns[0].1.len(), firms);
    let rules: crate::enterprise::Enterprises =
        toml::from_str(&format!("table = 'f.csv'\nparcel_code = 'code'\n[aggregates]\n{aggregates}"))
            .unwrap();
    let parcels = layer(&[(Some("A"), 10_000.0), (Some("B"), 10_000.0)], Vec::new());
    let indicators = policy(indicators);
    let together = sums_together(&parcels, &indicators, &rules);
    let (extra, paired, _) =
        crate::enterprise::aggregate_paired(&parcels, &firms, &rules, &together).unwrap();
    score_paired(&parcels, &extra, &paired, &indicators, &Weights::default()).unwrap()
}

#[test]
fn a_firm_without_a_figure_for_research_does_not_lower_research_intensity() {
    let found = of_firms(
        &[
            ("code", &["A", "A", "A", "B", "B"]),
            ("rd", &["10", "", "5", "", "7"]),
            ("revenue", &["100", "300", "", "40", ""]),
            ("big", &["1", "1", "1", "0", "0"]),
        ],
        "rd = {sum = 'rd', factor = 2}\nrevenue = {sum = 'revenue'}
         big_rd = {sum = 'rd', where = [{column = 'big', is = [1]}]}",
        "alone = {formula = 'revenue / area_ha'}
         both = {formula = 'rd / revenue'}
         mixed = {formula = 'RD / {revenue} + big_rd'}
         some = {formula = 'big_rd / revenue'}",
    );
    let raw = |at: usize| found.parts[at].raw.clone();
    // The first row alone has both figures: 2 · 10 ÷ 100. On B no firm has both.
    assert_eq!(raw(1), [Some(0.2), None]);
    // A sum by itself keeps all its rows.
    assert_eq!(raw(0), [Some(400.0), Some(40.0)]);
    assert_eq!(raw(2), [Some(15.2), None]);
    // No row of B passes, which is 0, but its revenue stands in rows without a figure for research.
    assert_eq!(raw(3), [Some(0.1), None]);
    let derived = |at: usize| found.parts[at].derived.clone();
    assert_eq!((derived(1)["left_out_share"], derived(1)["left_out_rows"]), (340.0 / 440.0, 2.0));
    assert!(!derived(0).contains_key("left_out_share"));
    assert_eq!(found.notes.len(), 3, "{:#?}", found.notes);
    assert_eq!(
        found.notes[0].what.to_string(),
        r#"indicator-what (indicator: "both", what: rows-left-out (beside: ["rd"], count: 2, name: "revenue", percent: 77.3))"#
    );
}

#[test]
fn where_all_figures_are_known_ratios_are_as_if_sums_were_not_paired() {
    let columns: [(&str, &[&str]); 3] = [
        ("code", &["A", "A", "B", "C", "B"]),
        ("rd", &["0.1", "0.2", "0.7", "9", "0.3"]),
        ("revenue", &["1.1", "2.3", "3.7", "9", "0"]),
    ];
    let (aggregates, indicators) = (
        "rd = {sum = 'rd', factor = 0.1}\nrevenue = {sum = 'revenue'}",
        "i = {formula = '100 * rd / revenue'}",
    );
    let found = of_firms(&columns, aggregates, indicators);
    let firms = columns.iter().map(|(name, values)| texts(name, values)).collect();
    let firms = crate::table::Table::new(5, firms);
    let rules: crate::enterprise::Enterprises =
        toml::from_str(&format!("table = 'f.csv'\nparcel_code = 'code'\n[aggregates]\n{aggregates}"))
            .unwrap();
    let parcels = layer(&[(Some("A"), 10_000.0), (Some("B"), 10_000.0)], Vec::new());
    let (extra, _) = crate::enterprise::aggregate(&parcels, &firms, &rules).unwrap();
    let before = score(&parcels, &extra, &policy(indicators), &Weights::default()).unwrap();
    assert_eq!(found, before);
}

#[test]
fn a_ratio_of_sums_that_were_not_added_up_together_is_refused() {
    let parcels = layer(&[(Some("A"), 10_000.0)], Vec::new());
    let extra = [numbers("rd", &[Some(1.0)]), numbers("revenue", &[Some(2.0)])];
    let paired = Paired { sums: ["rd", "revenue"].map(str::to_owned).into(), by_names: BTreeMap::new() };
    let of = |formula: &str| {
        let indicators = policy(&format!("i = {{formula = '{formula}'}}"));
        score_paired(&parcels, &extra, &paired, &indicators, &Weights::default())
    };
    assert_eq!(of("rd + revenue").unwrap().parts[0].raw, [Some(3.0)]);
    let why = of("rd / revenue").unwrap_err().to_string();
    assert_eq!(why, r#"indicator-unpaired (indicator: "i", sums: ["rd", "revenue"])"#);
}

#[test]
fn unknown_indicators_pass_their_weight_on_until_too_little_is_known() {
    let parcels = hectares(vec![
        numbers("a", &[Some(1.0), Some(1.0), None, None]),
        numbers("b", &[Some(0.5), None, Some(0.5), None]),
    ]);
    let both = policy(
        "a = {formula = 'a', normalise = {method = 'base', base = 1}, weight = 3}
         b = {formula = 'b', normalise = {method = 'base', base = 1}, weight = 1}",
    );
    for (known_share, third) in [(0.25, Some(50.0)), (0.5, None), (0.0, Some(50.0))] {
        let weights = Weights { known_share, ..Weights::default() };
        let found = score(&parcels, &[], &both, &weights).unwrap();
        assert_eq!(found.score, [Some(87.5), Some(100.0), third, None], "{known_share}");
    }
    let none = score(&parcels, &[], &BTreeMap::new(), &Weights::default()).unwrap();
    assert_eq!((none.score, none.notes.len()), (vec![None; 4], 1));
    let empty =
        score(&layer(&[], Vec::new()), &[], &policy("a = {formula = 'area_ha'}"), &Weights::default());
    assert_eq!(empty.unwrap().score, []);
}

#[test]
fn names_resolve_to_areas_then_extra_columns_then_the_layer_s() {
    let parcels = hectares(vec![
        numbers("x", &[Some(1.0)]),
        numbers("AREA", &[Some(9.0)]),
        numbers("area_m2", &[Some(7.0)]),
    ]);
    let extra = [numbers("x", &[Some(2.0)])];
    for (formula, expected) in
        [("x", 2.0), ("area", 9.0), ("area_m2", 10_000.0), ("area_ha", 1.0), ("area_mu", 15.0)]
    {
        let found =
            score(&parcels, &extra, &policy(&format!("i = {{formula = '{formula}'}}")), &Weights::default())
                .unwrap();
        assert!(close(found.parts[0].raw[0], expected), "{formula}");
        assert_eq!(found.notes.len(), usize::from(formula == "area_m2"), "{:?}", found.notes);
    }
    let slip =
        score(&parcels, &extra, &policy("i = {formula = 'area_hc * 2'}"), &Weights::default()).unwrap_err();
    assert!(slip.to_string().contains(r#"hint: did-you-mean (name: "area_ha")"#), "{slip}");
    assert!(slip.to_string().contains(r#"no-such-column (column: "area_hc""#), "{slip}");
}

#[test]
fn what_is_no_number_is_missing_and_noted() {
    let parcels = hectares(vec![texts("rd", &["1,200.5", "约300", "", "none", "7"])]);
    let found =
        score(&parcels, &[], &policy("a = {formula = 'rd'}\nb = {formula = 'rd * 2'}"), &Weights::default())
            .unwrap();
    assert_eq!(found.parts[0].raw, [Some(1200.5), None, None, None, Some(7.0)]);
    let said = crate::message!(
        "values-no-numbers",
        column = "rd",
        count = 2_usize,
        present = 4_usize,
        example = "约300"
    );
    assert_eq!(found.notes, [Note { is_warning: true, what: said }]);
    assert_eq!(found.score, [Some(75.0), None, None, None, Some(25.0)]);
}

#[test]
fn mistakes_in_the_policy_name_the_indicator() {
    let parcels = hectares(vec![numbers("x", &[Some(1.0)])]);
    for (toml, rule, expected) in [
        (
            "rd = {formula = '研发 / x'}",
            Weights::default(),
            r#"indicator-formula (formula: "研发 / x", indicator: "rd", why: formula-name-in-braces (name: "研发"))"#,
        ),
        (
            "rd = {formula = 'x', normalise = {method = 'base', base = -1}}",
            Weights::default(),
            "has-to-be-above-zero",
        ),
        ("rd = {formula = 'x', weight = 0}", Weights::default(), "weights-what (what: weights-add-up"),
        (
            "rd = {formula = 'x'}",
            Weights { known_share: 50.0, ..Weights::default() },
            r#"weights-what (what: known-share-range (share: "50"))"#,
        ),
        (
            "rd = {formula = 'x'}",
            Weights { method: WeightMethod::Ahp, ..Weights::default() },
            r#"weights-what (what: weights-order (indicators: ["rd"], named: none))"#,
        ),
    ] {
        let found = score(&parcels, &[], &policy(toml), &rule).unwrap_err();
        assert!(found.to_string().contains(expected), "{found}");
    }
}

/// Three indicators of every kind of normalisation and missing policy, over columns `a`, `b` and `c`.
fn some_policy() -> impl Strategy<Value = BTreeMap<String, Indicator>> {
    let method = prop::sample::select(vec![
        "method='minmax'",
        "method='base', base=2, cap=1.5",
        "method='threshold', pass=3, excellent=-2",
        "method='zscore'",
        "method='rank'",
    ]);
    let one = (
        method,
        prop::sample::select(vec!["higher", "lower"]),
        prop::sample::select(vec!["unknown", "mean", "zero"]),
        0.1..9.0,
    );
    [one.clone(), one.clone(), one].prop_map(|three| {
        let text: Vec<String> = three
            .iter()
            .zip(["a", "b - a", "c * area_ha"])
            .enumerate()
            .map(|(at, ((method, direction, missing, weight), formula))| {
                format!(
                    "i{at} = {{formula='{formula}', normalise={{{method}}}, direction='{direction}', \
                     missing='{missing}', weight={weight}}}"
                )
            })
            .collect();
        policy(&text.join("\n"))
    })
}

fn some_rows() -> impl Strategy<Value = Vec<[Option<f64>; 3]>> {
    let value = || {
        prop_oneof![1 => Just(None), 2 => (-4_i32..5).prop_map(|v| Some(f64::from(v))),
        2 => (-1e3..1e3).prop_map(Some)]
    };
    prop::collection::vec([value(), value(), value()], 1..40)
}

fn table_of(rows: &[[Option<f64>; 3]]) -> Layer {
    let column =
        |at: usize| numbers(["a", "b", "c"][at], &rows.iter().map(|row| row[at]).collect::<Vec<_>>());
    hectares(vec![column(0), column(1), column(2)])
}

proptest! {
    #[test]
    fn scores_lie_within_0_and_100_and_weights_add_up_to_1(
        rows in some_rows(),
        policy in some_policy(),
        method in prop::sample::select(vec![WeightMethod::Fixed, WeightMethod::Entropy]),
    ) {
        let weights = Weights { method, ..Weights::default() };
        let found = score(&table_of(&rows), &[], &policy, &weights).unwrap();
        let all = found.parts.iter().flat_map(|p| p.percentile.iter().map(|s| s.map(|s| s / 100.0))
            .chain(p.normalised.iter().copied()));
        for share in all.chain(found.score.iter().map(|s| s.map(|s| s / 100.0))).flatten() {
            prop_assert!((0.0..=1.0).contains(&share), "{}", share);
        }
        let sum: f64 = found.parts.iter().map(|p| p.weight).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
    }

    #[test]
    fn permuting_parcels_permutes_scores_to_the_last_bit(
        rows in some_rows(),
        policy in some_policy(),
        entropy in any::<bool>(),
        turn in 0_usize..40,
    ) {
        let method = if entropy { WeightMethod::Entropy } else { WeightMethod::Fixed };
        let weights = Weights { method, ..Weights::default() };
        let before = score(&table_of(&rows), &[], &policy, &weights).unwrap();
        let order: Vec<usize> = (0..rows.len()).rev().map(|at| (at + turn) % rows.len()).collect();
        let moved: Vec<_> = order.iter().map(|at| rows[*at]).collect();
        let after = score(&table_of(&moved), &[], &policy, &weights).unwrap();
        for (at, from) in order.iter().enumerate() {
            prop_assert_eq!(after.score[at], before.score[*from]);
            prop_assert_eq!(after.parts[0].percentile[at], before.parts[0].percentile[*from]);
        }
    }

    #[test]
    fn scaling_all_fixed_weights_leaves_scores(rows in some_rows(), policy in some_policy(), by in 0.01..100.0) {
        let before = score(&table_of(&rows), &[], &policy, &Weights::default()).unwrap();
        let mut scaled = policy;
        for indicator in scaled.values_mut() {
            indicator.weight *= by;
        }
        let after = score(&table_of(&rows), &[], &scaled, &Weights::default()).unwrap();
        for (a, b) in after.score.iter().zip(&before.score) {
            prop_assert!(a.is_some() == b.is_some() && (a.unwrap_or(0.0) - b.unwrap_or(0.0)).abs() < 1e-9);
        }
    }

    #[test]
    fn a_missing_value_is_not_a_zero(rows in some_rows(), policy in some_policy()) {
        let mut policy = policy;
        for indicator in policy.values_mut() {
            indicator.missing = Missing::Unknown;
        }
        let found = score(&table_of(&rows), &[], &policy, &Weights::default()).unwrap();
        let stated: Vec<usize> = (0..rows.len()).filter(|at| rows[*at][0].is_some()).collect();
        for (at, row) in rows.iter().enumerate() {
            prop_assert_eq!(found.parts[0].raw[at], row[0]);
            prop_assert_eq!(found.parts[0].normalised[at].is_some(), stated.contains(&at));
        }
        // Parcels without a value change nothing for those that have one.
        let known: Vec<_> = stated.iter().map(|at| rows[*at]).collect();
        if !known.is_empty() {
            let alone = score(&table_of(&known), &[], &policy, &Weights::default()).unwrap();
            for (at, from) in stated.iter().enumerate() {
                prop_assert_eq!(alone.parts[0].normalised[at], found.parts[0].normalised[*from]);
            }
        }
    }
}
