//! How much of its firm each row stands for.

use std::borrow::Cow;
use std::collections::HashMap;

use super::join::key;
use crate::message;
use crate::message::Message;
use crate::table::{Column, Value};
use crate::validate::{Issue, IssueKind, Severity};

/// How far the shares of one firm may be off 1 by rounding.
const ROUNDING: f64 = 1e-6;

/// The rows of each firm. Firms are numbered by their first row; a row without a key is a firm of its own.
pub(super) struct Firms {
    /// One a row.
    pub(super) of_row: Vec<usize>,
    /// The first row of each firm.
    first_row: Vec<usize>,
    /// Whether the table names firms at all.
    named: bool,
}

impl Firms {
    pub(super) fn new(column: Option<&Column>, rows: usize) -> Self {
        let mut numbers: HashMap<Cow<'_, str>, usize> = HashMap::new();
        let mut first_row = Vec::new();
        let of_row = (0..rows)
            .map(|row| {
                let mut new = || {
                    first_row.push(row);
                    first_row.len() - 1
                };
                match column.and_then(|column| key(&column.values[row])) {
                    Some(key) => *numbers.entry(key).or_insert_with(new),
                    None => new(),
                }
            })
            .collect();
        Self { of_row, first_row, named: column.is_some() }
    }
}

/// The shares stated for one firm, added up.
#[derive(Clone, Copy, Default)]
struct Stated {
    rows: usize,
    sum: f64,
    missing: usize,
}

/// One share a row, those of a firm adding up to 1 at most, and what did not fit. Without a share column every row
/// stands for itself: 1.
pub(super) fn shares(
    column: Option<&Column>,
    firms: &Firms,
    firm_column: Option<&Column>,
) -> (Vec<f64>, Vec<Issue>) {
    let Some(column) = column else {
        return (vec![1.0; firms.of_row.len()], Vec::new());
    };
    let mut issues = Vec::new();
    let read: Vec<Option<f64>> = column
        .values
        .iter()
        .enumerate()
        .map(|(row, value)| share(value, row, &column.name, &mut issues))
        .collect();

    let mut stated = vec![Stated::default(); firms.first_row.len()];
    for (share, firm) in read.iter().zip(&firms.of_row) {
        let firm = &mut stated[*firm];
        firm.rows += 1;
        match share {
            Some(share) => firm.sum += share,
            None => firm.missing += 1,
        }
    }
    if !firms.named {
        issues.push(issue(
            IssueKind::BadShare,
            Severity::Warning,
            None,
            message!("shares-without-firm"),
            message!("shares-not-checked"),
        ));
        return (read.into_iter().map(|share| share.unwrap_or(1.0)).collect(), issues);
    }

    let name = |firm: usize| {
        let row = firms.first_row[firm];
        match firm_column.and_then(|column| key(&column.values[row])) {
            Some(key) => message!("firm-named", key = key.as_ref()),
            None => message!("firm-without-key"),
        }
    };
    // By firm: what a missing share stands for, and what every share is multiplied by.
    let settled: Vec<(f64, f64)> = stated
        .iter()
        .enumerate()
        .map(|(firm, of)| {
            let row = Some(firms.first_row[firm]);
            let rest = if of.missing == 0 { 0.0 } else { (1.0 - of.sum).max(0.0) / of.missing as f64 };
            if of.missing > 0 && of.rows > 1 {
                issues.push(issue(
                    IssueKind::BadShare,
                    Severity::Warning,
                    row,
                    message!("shares-missing", firm = name(firm), missing = of.missing, rows = of.rows),
                    message!("rest-split-equally", share = rounded(rest)),
                ));
            }
            let sum = of.sum + rest * of.missing as f64;
            if sum > 1.0 + ROUNDING {
                issues.push(issue(
                    IssueKind::BadShare,
                    Severity::Error,
                    row,
                    message!("shares-above-one", firm = name(firm), rows = of.rows, sum = rounded(sum)),
                    message!("shares-scaled-down"),
                ));
                return (rest, 1.0 / sum);
            }
            if sum < 1.0 - ROUNDING {
                issues.push(issue(
                    IssueKind::ShareElsewhere,
                    Severity::Note,
                    row,
                    message!("shares-below-one", firm = name(firm), sum = rounded(sum)),
                    message!("rest-in-no-parcel"),
                ));
            }
            (rest, 1.0)
        })
        .collect();
    let shares = read
        .iter()
        .zip(&firms.of_row)
        .map(|(share, firm)| {
            let (rest, scale) = settled[*firm];
            share.unwrap_or(rest) * scale
        })
        .collect();
    (shares, issues)
}

/// One share as stated, 0 to 1; none where missing or no number.
fn share(value: &Value, row: usize, column: &str, issues: &mut Vec<Issue>) -> Option<f64> {
    if *value == Value::Missing {
        return None;
    }
    let stated = || value.text().unwrap_or_default();
    let Some(share) = value.number() else {
        issues.push(issue(
            IssueKind::NotNumber,
            Severity::Warning,
            Some(row),
            message!("share-no-number", column = column, stated = stated()),
            message!("counts-missing-write-share"),
        ));
        return None;
    };
    if !(0.0..=1.0).contains(&share) {
        issues.push(issue(
            IssueKind::BadShare,
            Severity::Warning,
            Some(row),
            message!("share-beyond-range", column = column, stated = stated()),
            message!("share-counts-as", share = share.clamp(0.0, 1.0)),
        ));
    }
    Some(share.clamp(0.0, 1.0))
}

/// Six decimals, for people.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

/// An issue of the firm table, perhaps in one row.
pub(super) fn issue(
    kind: IssueKind,
    severity: Severity,
    row: Option<usize>,
    found: Message,
    done: Message,
) -> Issue {
    Issue { parcel: None, row, kind, severity, place: None, found, done, area_changed_m2: 0.0 }
}
