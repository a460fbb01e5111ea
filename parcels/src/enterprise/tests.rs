//! Joins held against sums by hand.

use proptest::prelude::*;

use super::*;
use crate::score::fixture::{layer, numbers, texts};

fn rules(toml: &str) -> Enterprises {
    toml::from_str(&format!("table = 'firms.csv'\nparcel_code = 'code'\n{toml}")).unwrap()
}

fn table(columns: &[(&str, &[&str])]) -> Table {
    Table::new(columns[0].1.len(), columns.iter().map(|(name, values)| texts(name, values)).collect())
}

fn numbers_of(column: &Column) -> Vec<Option<f64>> {
    column.values.iter().map(Value::number).collect()
}

/// Kind, severity and row of each issue.
fn brief(issues: &[Issue]) -> Vec<(&str, Severity, Option<usize>)> {
    issues.iter().map(|i| (i.kind.name(), i.severity, i.row)).collect()
}

const TWO: [(Option<&str>, f64); 2] = [(Some("A"), 1000.0), (Some("B"), 1000.0)];

#[test]
fn each_aggregate_by_hand() {
    let parcels =
        layer(&[(Some("A"), 1e3), (Some("B"), 1e3), (Some("C"), 1e3), (Some("D"), 1e3)], Vec::new());
    let firms = table(&[
        ("code", &["A", "A", "B", "A", "C"]),
        ("firm", &["f", "g", "h", "g", "i"]),
        ("rd", &["1,000.0", "20", "NA", "", "5"]),
        ("kind", &["", "M4", "C65", "W", "x"]),
        ("registered_only", &["0", "0", "0", "1", "1"]),
    ]);
    let working = "where = [{column = 'registered_only', is = [0]}]";
    for (aggregate, expected) in [
        ("{sum = 'rd'}".to_owned(), [Some(1020.0), None, Some(5.0), None]),
        ("{sum = 'rd', factor = 0.1}".to_owned(), [Some(102.0), None, Some(0.5), None]),
        (format!("{{sum = 'rd', {working}}}"), [Some(1020.0), None, Some(0.0), None]),
        ("{mean = 'rd'}".to_owned(), [Some(510.0), None, Some(5.0), None]),
        (format!("{{mean = 'rd', {working}}}"), [Some(510.0), None, None, None]),
        ("{max = 'rd', factor = 2}".to_owned(), [Some(2000.0), None, Some(10.0), None]),
        ("{count = true}".to_owned(), [Some(2.0), Some(1.0), Some(1.0), None]),
        (format!("{{count = true, {working}}}"), [Some(2.0), Some(1.0), Some(0.0), None]),
    ] {
        let rules = rules(&format!("firm = 'firm'\naggregates.x = {aggregate}"));
        let (columns, issues) = aggregate_one(&parcels, &firms, &rules);
        assert_eq!(numbers_of(&columns), expected, "{aggregate}");
        assert!(columns.values.iter().all(|v| !matches!(v, Value::Number(n) if n.is_sign_negative())));
        // A sum of a parcel where one of its rows states nothing is told.
        let partial = aggregate.contains("sum") && !aggregate.contains("where");
        let mut expected = vec![("unmatched_parcel", Severity::Note, Some(3))];
        expected.extend(partial.then_some(("not_number", Severity::Warning, None)));
        assert_eq!(brief(&issues), expected, "{aggregate}");
    }
    let (labels, _) = aggregate_one(&parcels, &firms, &rules("aggregates.use = {first = 'kind'}"));
    assert_eq!(labels, texts("use", &["M4", "C65", "x", ""]));
    let (by_row, _) = aggregate_one(&parcels, &firms, &rules("aggregates.n = {count = true}"));
    assert_eq!(numbers_of(&by_row), [Some(3.0), Some(1.0), Some(1.0), None]);
}

fn aggregate_one(parcels: &Layer, firms: &Table, rules: &Enterprises) -> (Column, Vec<Issue>) {
    let (mut columns, issues) = aggregate(parcels, firms, rules).unwrap();
    assert_eq!(columns.len(), 1);
    (columns.remove(0), issues)
}

#[test]
fn shares_split_a_firm_over_its_parcels() {
    let parcels = layer(&TWO, Vec::new());
    // Every case: shares of firm f on A and B, with a total of 100, and what each parcel gets.
    for (shares, expected, issues) in [
        (["0.4", "0.6"], [40.0, 60.0], vec![]),
        (["40%", "60％"], [40.0, 60.0], vec![]),
        (["40 %", "0.5"], [40.0, 50.0], vec![("share_elsewhere", Severity::Note, Some(0))]),
        (["", ""], [50.0, 50.0], vec![("bad_share", Severity::Warning, Some(0))]),
        (["0.3", ""], [30.0, 70.0], vec![("bad_share", Severity::Warning, Some(0))]),
        (["0.9", "0.6"], [60.0, 40.0], vec![("bad_share", Severity::Error, Some(0))]),
        (["-0.5", "1"], [0.0, 100.0], vec![("bad_share", Severity::Warning, Some(0))]),
        (
            ["1", "half"],
            [100.0, 0.0],
            vec![("not_number", Severity::Warning, Some(1)), ("bad_share", Severity::Warning, Some(0))],
        ),
        (
            ["40", "60"],
            [50.0, 50.0],
            vec![
                ("bad_share", Severity::Warning, Some(0)),
                ("bad_share", Severity::Warning, Some(1)),
                ("bad_share", Severity::Error, Some(0)),
            ],
        ),
    ] {
        let firms = table(&[
            ("code", &["A", "B"]),
            ("firm", &["f", "f"]),
            ("share", &shares),
            ("rd", &["100", "100"]),
        ]);
        let rules = rules("firm = 'firm'\nshare = 'share'\naggregates.rd = {sum = 'rd'}");
        let (column, found) = aggregate_one(&parcels, &firms, &rules);
        for (found, expected) in numbers_of(&column).iter().zip(expected) {
            assert!(found.is_some_and(|f| (f - expected).abs() < 1e-9), "{shares:?}: {:?}", column.values);
        }
        assert_eq!(brief(&found), issues, "{shares:?}");
    }
}

#[test]
fn a_share_may_be_missing_where_a_firm_has_one_row_or_no_name() {
    let parcels = layer(&TWO, Vec::new());
    let firms = table(&[
        ("code", &["A", "A", "B", "B"]),
        ("firm", &["f", "", "", "g"]),
        ("share", &["", "", "0.25", "0.5"]),
        ("rd", &["1", "2", "4", "8"]),
    ]);
    let named = rules("firm = 'firm'\nshare = 'share'\naggregates.rd = {sum = 'rd'}");
    let (column, issues) = aggregate_one(&parcels, &firms, &named);
    assert_eq!(numbers_of(&column), [Some(3.0), Some(5.0)]);
    assert_eq!(
        brief(&issues),
        [("share_elsewhere", Severity::Note, Some(2)), ("share_elsewhere", Severity::Note, Some(3)),]
    );
    assert_eq!(
        issues[0].found,
        message!("shares-below-one", firm = message!("firm-without-key"), sum = 0.25)
    );
    let (column, issues) =
        aggregate_one(&parcels, &firms, &rules("share = 'share'\naggregates.rd = {mean = 'rd'}"));
    // (0.25 · 4 + 0.5 · 8) ÷ 0.75
    assert_eq!(numbers_of(&column), [Some(1.5), Some(5.0 / 0.75)]);
    assert_eq!(brief(&issues), [("bad_share", Severity::Warning, None)]);
    assert_eq!(issues[0].found, message!("shares-without-firm"));
}

#[test]
fn parcels_of_one_code_share_by_area() {
    let parcels =
        layer(&[(Some("A"), 3000.0), (Some("B"), 500.0), (Some(" A "), 1000.0), (None, 1.0)], Vec::new());
    let firms = table(&[("code", &["A", "A", "B"]), ("rd", &["10", "70", "9"]), ("use", &["M4", "W", "M4"])]);
    let rules = rules(
        "[aggregates]\nrd = {sum = 'rd'}\nfirms = {count = true}\nmost = {max = 'rd'}\nuse = {first = 'use'}",
    );
    let (columns, issues) = aggregate(&parcels, &firms, &rules).unwrap();
    assert_eq!(columns[0], numbers("firms", &[Some(1.5), Some(1.0), Some(0.5), None]));
    assert_eq!(columns[1], numbers("most", &[Some(70.0), Some(9.0), Some(70.0), None]));
    assert_eq!(columns[2], numbers("rd", &[Some(60.0), Some(9.0), Some(20.0), None]));
    assert_eq!(columns[3], texts("use", &["M4", "M4", "M4", ""]));
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0].found, message!("no-code-to-join"));
}

#[test]
fn keys_that_do_not_meet_say_why() {
    let count = rules("aggregates.n = {count = true}");
    let no_match = |codes: &[Option<&str>], keys: Column| {
        let parcels: Vec<_> = codes.iter().map(|code| (*code, 100.0)).collect();
        let firms = Table::new(keys.values.len(), vec![keys]);
        let (_, issues) = aggregate(&layer(&parcels, Vec::new()), &firms, &count).unwrap();
        assert_eq!((issues[0].kind, issues[0].severity), (IssueKind::UnmatchedRow, Severity::Error));
        assert_eq!(issues.len(), 1 + firms.rows() + codes.len());
        issues[0].clone()
    };
    let zeros = no_match(&[Some("0012"), Some("0013")], numbers("code", &[Some(12.0), Some(99.0)]));
    assert_eq!(
        zeros.found,
        message!(
            "no-row-fits",
            column = "code",
            keys = message::list(["12", "99"]),
            codes = message::list(["0012", "0013"])
        )
    );
    assert_eq!(zeros.done, message!("code-differs-slightly", code = "0012"));
    let case = no_match(&[Some("310118-GB-1")], texts("code", &["310118gb1"]));
    assert_eq!(case.done.code, "code-differs-slightly");
    let unit = no_match(&[Some("310118001001GB00001")], texts("code", &["310118001001GB00001F00010001"]));
    assert_eq!(unit.done.code, "code-of-unit");
    let digits = no_match(&[Some("310118001001000011")], numbers("code", &[Some(310_118_001_001_000_000.0)]));
    assert_eq!(digits.done, message!("row-in-no-parcel-lost"));
    let other = no_match(&[None], texts("code", &["A", ""]));
    assert_eq!(other.done, message!("no-figures-joined"));
    assert_eq!(other.found.params["codes"], crate::message::AsParam::as_param(&message!("nothing")));

    // Numbers meet text, and what fits is not held up by what does not.
    let parcels = layer(&[(Some("404"), 1.0), (Some("0405"), 1.0)], Vec::new());
    let mut keys = numbers("code", &[Some(404.0), Some(405.0), None]);
    keys.values.push(Value::Text("404.0".to_owned()));
    let (column, issues) = aggregate_one(&parcels, &Table::new(4, vec![keys]), &count);
    assert_eq!(numbers_of(&column), [Some(2.0), None]);
    assert_eq!(
        brief(&issues),
        [
            ("unmatched_row", Severity::Warning, Some(1)),
            ("unmatched_row", Severity::Warning, Some(2)),
            ("unmatched_parcel", Severity::Note, Some(1)),
        ]
    );
    assert_eq!(issues[0].done, message!("code-differs-slightly", code = "0405"));
    assert_eq!(issues[1].found, message!("row-states-no-parcel"));
}

#[test]
fn a_code_that_lost_digits_joins_nothing_even_where_it_fits() {
    let parcels = layer(
        &[
            (Some("310118001002000000"), 1.0),
            (Some("310118001003000000"), 1.0),
            (Some("310118001004000011"), 1.0),
        ],
        Vec::new(),
    );
    let count = rules("aggregates.n = {count = true}");
    for keys in [
        numbers("code", &[Some(310_118_001_002_000_000.0), Some(310_118_001_003_000_000.0)]),
        texts("code", &["310118001002000000", "310118001003000000"]),
        texts("code", &["3.10118E+17", "3.10118E+17"]),
    ] {
        let (column, issues) = aggregate_one(&parcels, &Table::new(2, vec![keys.clone()]), &count);
        assert_eq!(numbers_of(&column), [None, None, None], "{keys:?}");
        let lost =
            issues.iter().filter(|i| (i.kind, i.severity) == (IssueKind::MalformedCode, Severity::Error));
        assert_eq!(lost.count(), 2, "{keys:?}");
    }
    // Beside whole codes, one that ends in zeros and is no parcel's has lost them if a parcel begins as it does.
    let keys = texts("code", &["310118001004000000", "310118001003000000", "310118001002000007"]);
    let (column, issues) = aggregate_one(&parcels, &Table::new(3, vec![keys]), &count);
    assert_eq!(numbers_of(&column), [None, Some(1.0), None]);
    assert_eq!(
        brief(&issues)[..2],
        [("malformed_code", Severity::Error, Some(0)), ("unmatched_row", Severity::Warning, Some(2))]
    );
}

#[test]
fn keys_meet_without_what_nobody_sees_and_by_several_columns() {
    let parcels = layer(&[(Some("0012"), 1.0), (Some("7-3"), 1.0)], Vec::new());
    let keys = texts("code", &["\u{feff}0012\u{200b}", "００12", "'0012", "0012\u{a0}"]);
    let count = rules("aggregates.n = {count = true}");
    let (column, _) = aggregate_one(&parcels, &Table::new(4, vec![keys]), &count);
    assert_eq!(numbers_of(&column), [Some(4.0), None]);
    let several: Enterprises =
        toml::from_str("table = 'f.csv'\nparcel_code = ['block', 'lot']\naggregates.n = {count = true}")
            .unwrap();
    let firms = Table::new(2, vec![numbers("block", &[Some(7.0), Some(7.0)]), texts("lot", &["3", ""])]);
    let (column, issues) = aggregate_one(&parcels, &firms, &several);
    assert_eq!(numbers_of(&column), [None, Some(1.0)]);
    assert_eq!(issues[0].found, message!("row-states-no-parcel"));
}

#[test]
fn what_is_no_number_is_listed_once_and_missing() {
    let firms = table(&[("code", &["A", "A", "B"]), ("rd", &["5", "about 7", "n.d."])]);
    let rules = rules("[aggregates]\nbest = {max = 'rd'}\nrd = {sum = 'rd'}");
    let (columns, issues) = aggregate(&layer(&TWO, Vec::new()), &firms, &rules).unwrap();
    assert_eq!(columns[1], numbers("rd", &[Some(5.0), None]));
    assert_eq!(
        brief(&issues),
        [
            ("not_number", Severity::Warning, Some(1)),
            ("not_number", Severity::Warning, Some(2)),
            ("not_number", Severity::Warning, None),
        ]
    );
    let left_out = message!(
        "sums-leave-out",
        name = "rd",
        parcels = 1_usize,
        rows = 1_usize,
        list = message::list(["p0"])
    );
    assert_eq!(issues[2].found, left_out);
    assert_eq!(issues[0].found, message!("column-no-number", column = "rd", text = "about 7"));
}

#[test]
fn a_column_that_is_not_there_is_an_error() {
    let firms = table(&[("code", &["A"]), ("revenue", &["1"])]);
    for toml in [
        "aggregates.x = {sum = 'revenu'}",
        "aggregates.x = {first = 'revenu'}",
        "aggregates.x = {count = true, where = [{column = 'revenu', min = 1}]}",
        "firm = 'revenu'",
        "share = 'revenu'",
    ] {
        let slip = aggregate(&layer(&TWO, Vec::new()), &firms, &rules(toml)).unwrap_err();
        assert_eq!(slip.nearest.as_deref(), Some("revenue"), "{toml}");
    }
}

proptest! {
    /// Firms on parcels A (twice), B and the unknown X, with shares that add up to 1 or less: what the parcels get,
    /// what is on X and what is elsewhere add up to the firms' totals.
    #[test]
    fn totals_are_preserved(
        firms in prop::collection::vec((0.0..1e4, prop::collection::vec((0_usize..3, 0.0..1.0), 1..5), 0.2..1.0), 1..20),
    ) {
        let (mut code, mut firm, mut share, mut total) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut all, mut unmatched, mut elsewhere) = (0.0, 0.0, 0.0);
        for (number, (revenue, places, inside)) in firms.iter().enumerate() {
            let sum: f64 = places.iter().map(|(_, part)| part + 0.01).sum();
            all += revenue;
            elsewhere += revenue * (1.0 - inside);
            for (place, part) in places {
                let part = (part + 0.01) / sum * inside;
                code.push(["A", "B", "X"][*place]);
                firm.push(Some(number as f64));
                share.push(Some(part));
                total.push(Some(*revenue));
                unmatched += if *place == 2 { part * revenue } else { 0.0 };
            }
        }
        let rows = Table::new(code.len(), vec![
            texts("code", &code), numbers("firm", &firm), numbers("share", &share), numbers("revenue", &total),
        ]);
        let parcels = layer(&[(Some("A"), 100.0), (Some("B"), 5.0), (Some("A"), 37.0)], Vec::new());
        let rules = rules("firm = 'firm'\nshare = 'share'\naggregates.revenue = {sum = 'revenue'}");
        let (column, issues) = aggregate_one(&parcels, &rows, &rules);
        let inside: f64 = numbers_of(&column).iter().flatten().sum();
        prop_assert!((inside + unmatched + elsewhere - all).abs() < 1e-6 * (1.0 + all), "{} {} {} {}",
            inside, unmatched, elsewhere, all);
        prop_assert!(issues.iter().all(|i| i.kind != IssueKind::BadShare));
        let away = issues.iter().filter(|i| i.kind == IssueKind::ShareElsewhere).count();
        prop_assert_eq!(away, firms.iter().filter(|(_, _, inside)| *inside < 1.0 - 1e-6).count());
    }
}
