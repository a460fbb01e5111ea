//! What verification computes or evaluates again: indicators, weights, filters and locks.

use super::super::fixture::Case;
use super::super::{Evidence, Part};
use super::{begins, check, found};
use crate::plan::IndicatorRecord;
use crate::policy::Policy;
use crate::score::ScorePart;
use crate::table::{Column, Table, Value};

/// A case of other indicators, made by the score's own code: values in three columns, and the record that tells of them.
fn scored(indicators: &str, raw: [fn(usize) -> Option<f64>; 3]) -> Case {
    let mut case = Case::new();
    let count = case.park.layer.len();
    let columns: Vec<Column> = ["x", "y", "z"]
        .into_iter()
        .zip(raw)
        .map(|(name, of)| crate::score::fixture::numbers(name, &(0..count).map(of).collect::<Vec<_>>()))
        .collect();
    let given = Policy::from_toml(indicators).unwrap();
    (case.policy.indicators, case.policy.weights) = (given.indicators, given.weights);
    let found =
        crate::score::score(&case.park.layer, &columns, &case.policy.indicators, &case.policy.weights)
            .unwrap();
    case.record.indicators = found
        .parts
        .iter()
        .map(|p| IndicatorRecord {
            id: p.id.clone(),
            zh: p.zh.clone(),
            en: p.en.clone(),
            unit: p.unit.clone(),
            weight: p.weight,
            derived: p.derived.clone(),
        })
        .collect();
    let part =
        |p: &ScorePart| Part { id: p.id.clone(), raw: p.raw.clone(), normalised: p.normalised.clone() };
    case.parts = found.parts.iter().map(part).collect();
    case.scores = found.score;
    case
}

/// What is found wrong with indicators, parts and scores.
fn of_indicators(case: &Case) -> Vec<String> {
    let about =
        |f: &String| f.starts_with("indicators") || f.starts_with("parcels[") && !f.contains("].hold: ");
    case.findings().into_iter().filter(about).collect()
}

const SPREAD: [fn(usize) -> Option<f64>; 3] = [
    |at| Some((at * 7 % 22) as f64 - 3.0),
    |at| (at % 5 > 0).then_some((at / 3) as f64),
    |at| (at % 2 > 0).then_some(1.0 + at as f64 / 50.0),
];

#[test]
fn scores_weights_and_what_normalisation_took_are_computed_again() {
    let methods = [
        "method = 'minmax'",
        "method = 'base', base = 4.0, cap = 1.5",
        "method = 'threshold', pass = 1.0, excellent = 9.0",
        "method = 'zscore'",
        "method = 'rank'",
    ];
    let weights = [
        "method = 'fixed'",
        "method = 'entropy'",
        "method = 'ahp'\norder = ['c', 'a', 'b']\nmatrix = [[1, 3, 0.5], [0.33, 1, 0.25], [2, 4, 1]]",
    ];
    for normalise in methods {
        for missing in ["unknown", "mean", "zero"] {
            for weights in weights {
                for direction in
                    ["higher", "lower"].into_iter().take(if normalise.contains("pass") { 1 } else { 2 })
                {
                    let one = |id: &str, column: &str, weight: f64| {
                        format!(
                            "[indicators.{id}]\nformula = '{column}'\nweight = {weight}\nmissing = '{missing}'\n\
                             direction = '{direction}'\nnormalise = {{ {normalise} }}\n"
                        )
                    };
                    let text = [one("a", "x", 3.0), one("b", "y", 1.0), one("c", "z", 2.0)].concat();
                    let text = format!("{text}[weights]\nknown_share = 0.6\n{weights}\n");
                    let mut case = scored(&text, SPREAD);
                    assert_eq!(of_indicators(&case), Vec::<String>::new(), "{text}");
                    case.record.indicators[1].weight += 0.01;
                    let found = of_indicators(&case);
                    begins(&found, "indicators[b].weight: finding-figure");
                    case.record.indicators[1].weight -= 0.01;
                    *case.record.indicators[2].derived.get_mut("sd").unwrap() += 0.01;
                    case.parts[0].normalised[3] = case.parts[0].normalised[3].map(|z| (z - 0.5).abs());
                    let found = of_indicators(&case);
                    begins(&found, "indicators[c].derived.sd");
                    assert!(found.iter().any(|f| f.contains("].part_a: ")), "{found:#?}");
                }
            }
        }
    }
}

#[test]
fn indicators_that_are_not_the_policy_s_are_found() {
    let mut case = Case::new();
    case.record.indicators[0].zh = "研发".into();
    case.record.indicators[0].derived.insert("median".into(), 1.0);
    case.record.indicators[0].derived.insert("left_out_share".into(), 1.5);
    case.record.indicators[0].derived.remove("n");
    check(
        &case,
        &[
            "indicators[rd].zh",
            "indicators[rd].derived.n: finding-figure (claimed nothing, found \"22\")",
            "indicators[rd].derived.left_out_share: finding-no-figure (figure: \"1.5\")",
            "indicators[rd].derived.median: finding-no-figure (figure: \"1\")",
        ],
    );
    let mut case = Case::new();
    case.record.indicators.clear();
    let found = case.findings();
    begins(&found, "indicators: finding-not-so (claimed \"[]\", found \"[\"rd\"]\")");
    begins(&found, "indicators[rd]: finding-no-weight");
}

#[test]
fn filters_and_the_column_of_locks_are_judged_again() {
    let text = "[eligible]\nmove_in = [{ column = 'use', is = ['M'] }]\nmove_out = [{ column = 'age', min = 5 }]\n\
                [locks]\ncolumn = 'lock'";
    let rules = Policy::from_toml(text).unwrap();
    let held = |change: fn(&mut Case, &mut [Vec<Value>; 3])| {
        let mut case = Case::new();
        case.policy.eligible = rules.eligible.clone();
        case.policy.locks.column = rules.locks.column.clone();
        let count = case.park.layer.len();
        let mut columns = [
            vec![Value::Text("M".into()); count],
            vec![Value::Number(7.0); count],
            vec![Value::Missing; count],
        ];
        change(&mut case, &mut columns);
        let columns = ["use", "age", "lock"]
            .into_iter()
            .zip(columns)
            .map(|(name, values)| Column { name: name.into(), values });
        let table = Table::new(count, columns.collect());
        let evidence = Evidence { columns: &[&table], ..case.evidence() };
        let found = super::super::verify(&case.record, &evidence);
        found.iter().map(ToString::to_string).filter(|f| f.contains("].hold: ")).collect::<Vec<_>>()
    };
    // b1 is inside, c5 outside.
    assert_eq!(held(|_, _| ()), Vec::<String>::new());
    found(
        &held(|case, columns| {
            columns[1][case.park.at("b1")] = Value::Number(4.0);
            columns[0][case.park.at("c5")] = Value::Missing;
        }),
        &[
            "parcels[b1].hold: finding-filters-hold (claimed hold-none, found [\"ineligible\"])",
            "parcels[c5].hold: finding-filters-hold",
        ],
    );
    assert_eq!(
        held(|case, columns| {
            let (b1, c5) = (case.park.at("b1"), case.park.at("c5"));
            // What one side's filters ask does not touch the other side.
            columns[0][b1] = Value::Missing;
            columns[1][c5] = Value::Missing;
            columns[0][c5] = Value::Text("R".into());
            case.hold[c5] = "ineligible".into();
        }),
        Vec::<String>::new()
    );
    found(
        &held(|case, _| case.hold[case.park.at("b1")] = "ineligible".into()),
        &["parcels[b1].hold: finding-filters-let-move (claimed \"ineligible\")"],
    );
    found(
        &held(|case, columns| {
            for (name, lock) in [("b1", "freeze"), ("b2", "In"), ("b3", "free"), ("b4", "maybe")] {
                columns[2][case.park.at(name)] = Value::Text(lock.into());
            }
            columns[2][case.park.at("c5")] = Value::Number(-1.0);
            columns[2][case.park.at("a1")] = Value::Text("out".into());
            let b5 = case.park.at("b5");
            case.hold[b5] = "freeze".into();
            let b2 = case.park.at("b2");
            case.hold[b2] = "in".into();
        }),
        &[
            "parcels[b4].hold: finding-no-lock-word (column: \"lock\", word: \"maybe\")",
            "parcels[a1].hold: finding-locks-contradict (locks: [\"in\", \"out\"])",
            "parcels[b1].hold: finding-is-locked (claimed hold-none, found [\"freeze\"])",
            "parcels[b5].hold: finding-no-lock",
            "parcels[c5].hold: finding-is-locked (claimed hold-none, found [\"out\"])",
        ],
    );
    let mut case = Case::new();
    case.policy.eligible = rules.eligible.clone();
    case.policy.locks.column = Some("lock".into());
    check(
        &case,
        &[
            "locks.column: finding-column-missing (column: \"lock\")",
            "eligible.move_in: finding-column-missing (column: \"use\")",
            "eligible.move_out: finding-column-missing (column: \"age\")",
        ],
    );
}
