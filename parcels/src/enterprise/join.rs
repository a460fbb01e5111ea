//! Which rows of a firm table belong to which parcels, by the parcel's code.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use crate::lost_digits::{ends_in_zeros, kept_digits};
use crate::message;
use crate::message::{AsParam as _, Message};
use crate::parcel::Layer;
use crate::table::{Column, Value};
use crate::validate::{Issue, IssueKind, Severity};
use crate::visible::code;

/// Characters of a parcel code (宗地代码), with which a unit code (不动产单元代码, 28 characters) begins.
const PARCEL_CODE_CHARS: usize = 19;
/// Keys shown where no row fits at all.
const SAMPLES: usize = 3;

/// Rows and parcels, each with the number of its code; codes are numbered as the parcels state them first.
pub(super) struct Join {
    /// One a row; none where no parcel has its code.
    pub(super) rows: Vec<Option<usize>>,
    /// One a parcel; none where it has no code.
    pub(super) parcels: Vec<Option<usize>>,
    /// How many codes there are.
    pub(super) codes: usize,
}

/// A value as a key of a join: trimmed, and without the `.0` that a number gets on its way through a spreadsheet.
pub(super) fn key(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) => match code(text) {
            Cow::Borrowed(text) => key_of_text(text).map(Cow::Borrowed),
            Cow::Owned(text) => key_of_text(&text).map(|key| Cow::Owned(key.to_owned())),
        },
        _ => value.text().map(Cow::Owned),
    }
}

fn key_of_text(text: &str) -> Option<&str> {
    let text = text.trim();
    let digits = |t: &str, fit: fn(u8) -> bool| !t.is_empty() && t.bytes().all(fit);
    let whole = text
        .split_once('.')
        .filter(|(whole, rest)| digits(rest, |b| b == b'0') && digits(whole, |b| b.is_ascii_digit()));
    let text = whole.map_or(text, |(whole, _)| whole);
    (!text.is_empty()).then_some(text)
}

/// Joins the rows, whose keys are in `column`, to the parcels; lists rows and parcels left over. A row whose key is `lost`
/// belongs to no parcel, whatever it looks like.
pub(super) fn join(layer: &Layer, column: &Column, lost: &[bool]) -> (Join, Vec<Issue>) {
    let mut numbers: HashMap<&str, usize> = HashMap::with_capacity(layer.len());
    let parcels: Vec<Option<usize>> = layer
        .parcels()
        .iter()
        .map(|parcel| {
            let key = key_of_text(parcel.code.as_deref()?)?;
            let next = numbers.len();
            Some(*numbers.entry(key).or_insert(next))
        })
        .collect();
    let keys: Vec<Option<Cow<'_, str>>> = column.values.iter().map(key).collect();
    let of_row =
        |(key, lost): (&Option<Cow<'_, str>>, &bool)| numbers.get(key.as_deref()?).copied().filter(|_| !lost);
    let rows: Vec<Option<usize>> = keys.par_iter().zip(lost).map(of_row).collect();
    let join = Join { rows, parcels, codes: numbers.len() };
    let issues = left_over(layer, column, &keys, lost, &join);
    (join, issues)
}

fn left_over(
    layer: &Layer,
    column: &Column,
    keys: &[Option<Cow<'_, str>>],
    lost: &[bool],
    join: &Join,
) -> Vec<Issue> {
    let mut issues = Vec::new();
    let unmatched = || join.rows.iter().enumerate().filter(|(_, code)| code.is_none()).map(|(row, _)| row);
    let resembling =
        if unmatched().next().is_some() { Resembling::new(layer) } else { Resembling::default() };
    let stems = kept_digits_of(layer, keys);
    let is_lost = |row: usize| {
        let cut = |key: &str| ends_in_zeros(key) && stems.contains(kept_digits(key));
        lost[row] || (join.rows[row].is_none() && keys[row].as_deref().is_some_and(cut))
    };
    let hint = |row: usize| match is_lost(row) {
        true => Some(message!("row-in-no-parcel-lost")),
        false => keys[row].as_deref().and_then(|key| resembling.hint(key)),
    };

    if !keys.is_empty() && join.rows.iter().all(Option::is_none) {
        let rows: Vec<&str> = keys.iter().flatten().take(SAMPLES).map(AsRef::as_ref).collect();
        let codes: Vec<&str> =
            layer.parcels().iter().filter_map(|p| p.code.as_deref()).take(SAMPLES).collect();
        let list = |keys: &[&str]| match keys {
            [] => message!("nothing").as_param(),
            keys => message::list(keys.iter().copied()),
        };
        issues.push(Issue {
            parcel: None,
            row: None,
            kind: IssueKind::UnmatchedRow,
            severity: Severity::Error,
            place: None,
            found: message!("no-row-fits", column = &column.name, keys = list(&rows), codes = list(&codes)),
            done: unmatched().find_map(hint).unwrap_or_else(|| message!("no-figures-joined")),
            area_changed_m2: 0.0,
        });
    }
    for row in unmatched() {
        issues.push(Issue {
            parcel: None,
            row: Some(row),
            kind: if is_lost(row) { IssueKind::MalformedCode } else { IssueKind::UnmatchedRow },
            severity: if is_lost(row) { Severity::Error } else { Severity::Warning },
            place: None,
            found: match &keys[row] {
                None => message!("row-states-no-parcel"),
                Some(key) if is_lost(row) => {
                    message!("code-lost-digits", key = key.as_ref())
                }
                Some(key) => message!("no-parcel-has-code", key = key.as_ref()),
            },
            done: hint(row).unwrap_or_else(|| message!("row-in-no-parcel")),
            area_changed_m2: 0.0,
        });
    }

    let mut has_rows = vec![false; join.codes];
    for code in join.rows.iter().flatten() {
        has_rows[*code] = true;
    }
    for (parcel, code) in layer.parcels().iter().zip(&join.parcels) {
        if code.is_some_and(|code| has_rows[code]) {
            continue;
        }
        issues.push(Issue {
            parcel: Some(parcel.id.0.clone()),
            row: Some(parcel.source_row),
            kind: IssueKind::UnmatchedParcel,
            severity: Severity::Note,
            place: None,
            found: match (&parcel.code, code) {
                (Some(text), Some(_)) => message!("no-row-for-code", text = text),
                _ => message!("no-code-to-join"),
            },
            done: message!("firm-figures-missing"),
            area_changed_m2: 0.0,
        });
    }
    issues
}

/// The first digits of those codes whose first digits a key with zeros at its end has too.
fn kept_digits_of<'a>(layer: &'a Layer, keys: &[Option<Cow<'_, str>>]) -> HashSet<&'a str> {
    if !keys.iter().flatten().any(|key| ends_in_zeros(key)) {
        return HashSet::new();
    }
    let codes = layer.parcels().iter().filter_map(|p| p.code.as_deref());
    codes.filter(|code| code.len() > kept_digits(code).len()).map(kept_digits).collect()
}

/// Parcel codes by what is left of them after the usual accidents.
#[derive(Default)]
struct Resembling<'a> {
    by_core: HashMap<String, &'a str>,
}

impl<'a> Resembling<'a> {
    fn new(layer: &'a Layer) -> Self {
        let codes: Vec<&str> = layer.parcels().iter().filter_map(|p| p.code.as_deref()).collect();
        let cores: Vec<String> = codes.par_iter().map(|code| core(code)).collect();
        let mut by_core = HashMap::with_capacity(codes.len());
        for (core, code) in cores.into_iter().zip(codes) {
            by_core.entry(core).or_insert(code);
        }
        Self { by_core }
    }

    /// What may have happened to `key`.
    fn hint(&self, key: &str) -> Option<Message> {
        let core_of_key = core(key);
        if let Some(code) = self.by_core.get(&core_of_key).filter(|_| !core_of_key.is_empty()) {
            return Some(message!("code-differs-slightly", code = *code));
        }
        let stem: String = key.chars().take(PARCEL_CODE_CHARS).collect();
        let code = self.by_core.get(&core(&stem)).filter(|_| stem.len() < key.len())?;
        Some(message!("code-of-unit", code = *code, chars = PARCEL_CODE_CHARS))
    }
}

/// Letters and digits alone, in capitals, without leading zeros.
fn core(code: &str) -> String {
    let mut plain = String::with_capacity(code.len());
    plain.extend(code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase));
    let zeros = plain.len() - plain.trim_start_matches('0').len();
    plain.drain(..zeros);
    plain
}
