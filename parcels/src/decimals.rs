//! What commas and points part in a column of numbers: decided by the whole column, never cell by cell; what stays open is listed
//! with its rows and not used.

use crate::number::{Written, written};
use crate::table::{Column, Table, Value};

/// What is known of a file beside its cells about what parts decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimals {
    /// Nothing.
    Unknown,
    /// A point: commas part the file's cells.
    Point,
    /// A comma: semicolons part the file's cells, as where the comma is taken.
    Comma,
}

/// What a column's numbers leave open, with the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// Nothing tells whether a comma, or a point, parts thousands or decimals.
    Ambiguous(Vec<usize>),
    /// Some cells have a decimal comma, others a decimal point; these could be either.
    Mixed(Vec<usize>),
    /// Some cells have a percent sign, others none.
    Percent {
        /// Those that have one.
        with: Vec<usize>,
        /// How many have none.
        without: usize,
    },
}

/// Decides for the whole column what its commas mean and turns the cells that depend on it into numbers. A column is one of
/// figures where at least half of what it states are numbers; others are left as they are.
#[must_use]
pub fn settle(column: &mut Column, decimals: Decimals) -> Vec<Open> {
    let decides = |text: &str| text.bytes().any(|b| !b.is_ascii_digit());
    let needed = column.values.iter().any(|v| matches!(v, Value::Text(t) if decides(t)));
    if !needed {
        return Vec::new();
    }
    let mut seen = Seen::default();
    for (row, value) in column.values.iter().enumerate() {
        seen.see(row, value);
    }
    if 2 * seen.numbers < seen.stated {
        return Vec::new();
    }
    let mut open = Vec::new();
    if !seen.percent.is_empty() && seen.plain > 0 {
        open.push(Open::Percent { with: seen.percent.clone(), without: seen.plain });
    }
    let decided = match (seen.comma > 0, seen.point > 0) {
        (true, false) => Decimals::Comma,
        (false, true) => Decimals::Point,
        (true, true) => {
            // What could be either in such a column is not used; what has a decimal comma is no number in it.
            for row in seen.one_point.iter().chain(&seen.one_comma) {
                column.values[*row] = Value::Missing;
            }
            let mut rows: Vec<usize> =
                [&seen.one_point[..], &seen.one_comma[..], &seen.comma_rows[..]].concat();
            rows.sort_unstable();
            open.push(Open::Mixed(rows));
            return open;
        }
        // A point alone is the common way; commas between the cells leave no doubt, semicolons do.
        (false, false) => match (decimals, seen.one_comma.is_empty(), seen.one_point.is_empty()) {
            (_, true, true) | (Decimals::Unknown | Decimals::Point, true, false) => return open,
            (Decimals::Point, false, _) => Decimals::Point,
            (Decimals::Comma, false, true) => Decimals::Comma,
            (Decimals::Unknown, false, _) | (Decimals::Comma, _, false) => {
                for row in &seen.one_point {
                    column.values[*row] = Value::Missing;
                }
                let mut rows = [seen.one_point, seen.one_comma].concat();
                rows.sort_unstable();
                open.push(Open::Ambiguous(rows));
                return open;
            }
        },
    };
    for value in &mut column.values {
        let Value::Text(text) = &*value else { continue };
        match (written(text), decided) {
            (
                Written::Comma(n) | Written::OneComma { comma: n, .. } | Written::OnePoint { comma: n, .. },
                Decimals::Comma,
            )
            | (Written::OneComma { point: n, .. }, Decimals::Point) => *value = Value::Number(n),
            _ => {}
        }
    }
    open
}

/// What the cells of a column tell.
#[derive(Default)]
struct Seen {
    stated: usize,
    numbers: usize,
    /// Cells with a decimal point that nothing else can be, and with a decimal comma.
    point: usize,
    comma: usize,
    comma_rows: Vec<usize>,
    one_comma: Vec<usize>,
    one_point: Vec<usize>,
    percent: Vec<usize>,
    /// Numbers without a percent sign; zero means the same either way.
    plain: usize,
}

impl Seen {
    fn see(&mut self, row: usize, value: &Value) {
        let text = match value {
            Value::Missing => return,
            Value::Number(n) => {
                self.stated += 1;
                self.numbers += 1;
                self.plain += usize::from(*n != 0.0);
                return;
            }
            Value::Text(text) => text,
        };
        self.stated += 1;
        let found = written(text);
        self.numbers += usize::from(found != Written::Not);
        match found {
            Written::Point(_) => self.point += 1,
            // Points alone may part a code: `310.118.001` shows no decimal comma.
            Written::Comma(_) if text.contains([',', '，']) => {
                self.comma += 1;
                self.comma_rows.push(row);
            }
            Written::OneComma { .. } => self.one_comma.push(row),
            Written::OnePoint { .. } => self.one_point.push(row),
            Written::Comma(_) | Written::Same(_) | Written::Not => {}
        }
        if found != Written::Not {
            match text.trim_end().ends_with(['%', '％']) {
                true => self.percent.push(row),
                false => self.plain += usize::from(found != Written::Same(0.0)),
            }
        }
    }
}

impl Table {
    /// Decides what the commas of every column mean, as [`settle`] does; what stays open, by column.
    pub fn settle(&mut self, decimals: Decimals) -> Vec<(String, Open)> {
        let settled = |column: &mut Column| {
            let open = settle(column, decimals);
            open.into_iter().map(|open| (column.name.clone(), open)).collect::<Vec<_>>()
        };
        self.columns_mut().iter_mut().flat_map(settled).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::by_itself;
    use proptest::prelude::*;

    fn settled(cells: &[&str], decimals: Decimals) -> (Vec<Option<f64>>, Vec<Open>) {
        let values = cells.iter().map(|c| Value::from_text(c)).collect();
        let mut column = Column { name: "x".into(), values };
        let open = settle(&mut column, decimals);
        (column.values.iter().map(Value::number).collect(), open)
    }

    #[test]
    fn a_text_by_itself() {
        for (text, number) in [
            ("1,234.5", Some(1234.5)),
            ("1,234,567", Some(1_234_567.0)),
            ("12,34,567", None),
            ("1,23.5", None),
            ("1,2345", None),
            ("0,123.4", None),
            ("1 234.5", Some(1234.5)),
            ("1\u{a0}234\u{202f}567", Some(1_234_567.0)),
            ("12 34", None),
            ("1'234.50", Some(1234.5)),
            ("1’234", Some(1234.0)),
            ("'0123", Some(123.0)),
            ("1,234 567", None),
            ("１２３．５", Some(123.5)),
            ("１，２３４．５", Some(1234.5)),
            ("−3.5", Some(-3.5)),
            ("3.02%", Some(0.0302)),
            ("30 ％", Some(0.3)),
            ("1e3", Some(1000.0)),
            ("1.5E+05", Some(150_000.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1.234", Some(1.234)),
            ("1,234", None),
            ("12,5", None),
            ("12a", None),
            ("12 m²", None),
            ("3万", None),
            ("¥5", None),
            ("(5)", None),
            ("5-", None),
            ("--5", None),
            ("inf", None),
            ("NaN", None),
            ("0x10", None),
            (".", None),
            ("", None),
            ("e5", None),
            ("1e", None),
            ("1,234e3", None),
        ] {
            assert_eq!(by_itself(text), number, "{text}");
        }
    }

    #[test]
    fn the_column_decides_about_commas() {
        let some = |all: &[f64]| all.iter().copied().map(Some).collect::<Vec<_>>();
        for (cells, decimals, read) in [
            (
                &["12,5", "1,234", "1.234,5", "1.234", "7"][..],
                Decimals::Unknown,
                some(&[12.5, 1.234, 1234.5, 1234.0, 7.0]),
            ),
            (&["1,234", "12.5"], Decimals::Comma, some(&[1234.0, 12.5])),
            (&["1,234", "1,234,567"], Decimals::Unknown, some(&[1234.0, 1_234_567.0])),
            (&["1,234", "850"], Decimals::Point, some(&[1234.0, 850.0])),
            (&["1,234", "850"], Decimals::Comma, some(&[1.234, 850.0])),
            (&["0,750", "1,234"], Decimals::Point, some(&[0.75, 1.234])),
            (&["1.234", "850"], Decimals::Unknown, some(&[1.234, 850.0])),
            (&["4,5%", "12 %"], Decimals::Unknown, some(&[0.045, 0.12])),
        ] {
            let (numbers, open) = settled(cells, decimals);
            assert_eq!(numbers, read, "{cells:?}");
            assert_eq!(open, [], "{cells:?}");
        }
    }

    #[test]
    fn what_stays_open_is_listed_and_not_used() {
        assert_eq!(
            settled(&["1,234", "850"], Decimals::Unknown),
            (vec![None, Some(850.0)], vec![Open::Ambiguous(vec![0])])
        );
        assert_eq!(
            settled(&["1.234", "850"], Decimals::Comma),
            (vec![None, Some(850.0)], vec![Open::Ambiguous(vec![0])])
        );
        assert_eq!(
            settled(&["12,5", "12.5", "1,234", "1.234", "3"], Decimals::Unknown),
            (vec![None, Some(12.5), None, None, Some(3.0)], vec![Open::Mixed(vec![0, 2, 3])])
        );
        assert_eq!(
            settled(&["4.5%", "0.12", "0"], Decimals::Unknown).1,
            [Open::Percent { with: vec![0], without: 1 }]
        );
        // Prose is left alone.
        assert_eq!(settled(&["1,234", "see note", "none of it"], Decimals::Unknown).1, []);
    }

    #[test]
    fn codes_keep_their_digits() {
        let mut column = Column {
            name: "code".into(),
            values: ["0601", "310.118.001", "12-3"].map(Value::from_text).to_vec(),
        };
        let before = column.clone();
        assert_eq!(settle(&mut column, Decimals::Unknown), []);
        assert_eq!(column, before);
    }

    /// Writes `cents` with `decimal` before two digits and `group` between thousands.
    fn write(cents: i64, decimal: char, group: Option<char>) -> String {
        let digits = (cents.abs() / 100).to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if let Some(group) = group.filter(|_| at > 0 && (digits.len() - at).is_multiple_of(3)) {
                text.push(group);
            }
            text.push(digit);
        }
        format!("{}{text}{decimal}{:02}", if cents < 0 { "-" } else { "" }, cents.abs() % 100)
    }

    proptest! {
        #[test]
        fn a_column_in_one_way_of_writing_reads_as_it_was_meant(
            cents in proptest::collection::vec(-10_i64.pow(13)..10_i64.pow(13), 1..20),
            way in 0_usize..6,
            known in 0_usize..3,
        ) {
            let (decimal, group) = [
                ('.', None), ('.', Some(',')), ('.', Some(' ')), (',', None), (',', Some('.')), (',', Some('\u{a0}')),
            ][way];
            let texts: Vec<String> = cents.iter().map(|c| write(*c, decimal, group)).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let known = [Decimals::Unknown, Decimals::Point, Decimals::Comma][known];
            let (numbers, open) = settled(&texts, known);
            prop_assert_eq!(open, []);
            let wanted: Vec<Option<f64>> = cents.iter().map(|c| Some(*c as f64 / 100.0)).collect();
            prop_assert_eq!(numbers, wanted);
        }

        #[test]
        fn no_text_makes_it_panic(texts in proptest::collection::vec("[-+0-9.,' eE%％１\u{a0}x]{0,9}", 0..8)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            for known in [Decimals::Unknown, Decimals::Point, Decimals::Comma] {
                settled(&texts, known);
            }
        }
    }
}
