//! What a parcel's attributes say of it: its code and so its id, its side of the zone, its registered area.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::rings::issue;
use super::{Columns, Issue, IssueKind, Severity};
use crate::id::ParcelId;
use crate::lost_digits::lost;
use crate::message;
use crate::table::{Column, Filter, NoSuchColumn, Table, Value};
use crate::units::{AreaUnit, SquareMetres};

/// The columns a policy names, found in the table.
#[derive(Debug)]
pub(super) struct Attributes<'a> {
    code: Option<Cow<'a, Column>>,
    in_zone: Option<&'a Column>,
    in_zone_yes: Option<Filter>,
    sub_park: Option<&'a [Value]>,
    registered_area: Option<&'a [Value]>,
    unit: AreaUnit,
}

/// Values and rows named in an issue about many.
const NAMED: usize = 6;

impl<'a> Attributes<'a> {
    /// Finds every column that `columns` names.
    ///
    /// # Errors
    /// The first that is not there.
    pub(super) fn find(columns: &Columns, table: &'a Table) -> Result<Self, NoSuchColumn> {
        let find = |name: &Option<String>| -> Result<Option<&'a [Value]>, NoSuchColumn> {
            name.as_deref().map(|n| table.column(n).map(|c| c.values.as_slice())).transpose()
        };
        find(&columns.land_use)?;
        let in_zone_yes = (!columns.in_zone_yes.is_empty())
            .then(|| Filter { is: columns.in_zone_yes.clone(), ..Filter::default() });
        Ok(Self {
            code: columns.parcel_code.as_ref().map(|key| key.of(table)).transpose()?,
            in_zone: columns.in_zone.as_deref().map(|name| table.column(name)).transpose()?,
            in_zone_yes,
            sub_park: find(&columns.sub_park)?,
            registered_area: find(&columns.registered_area)?,
            unit: columns.registered_area_unit,
        })
    }

    /// Whether the policy names a column of codes.
    pub(super) fn has_codes(&self) -> bool {
        self.code.is_some()
    }

    /// The code stated at `row`.
    pub(super) fn code(&self, row: usize) -> Option<String> {
        self.code.as_ref()?.values[row].code()
    }

    /// The sub-park stated at `row`.
    pub(super) fn sub_park(&self, row: usize) -> Option<String> {
        self.sub_park?[row].text()
    }

    /// Whether the parcel at `row` is in the zone; what is unclear counts as out and is listed.
    pub(super) fn in_zone(&self, row: usize, issues: &mut Vec<Issue>) -> bool {
        let Some(column) = self.in_zone else { return false };
        let value = &column.values[row];
        if let Some(yes) = &self.in_zone_yes {
            return yes.meets(value);
        }
        value.truth().unwrap_or_else(|| {
            let found = match value.text() {
                None => message!("zone-flag-missing"),
                Some(text) => message!("zone-flag-unclear", text = text),
            };
            let done = message!("counted-outside");
            issues.push(issue(row, IssueKind::UnclearZone, Severity::Warning, found, done));
            false
        })
    }

    /// Asks what the values mean that are neither yes nor no, in one issue for all of them.
    pub(super) fn list_unclear_zone(&self, issues: &mut Vec<Issue>) {
        let (Some(column), None) = (self.in_zone, &self.in_zone_yes) else { return };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for text in column.values.iter().filter(|v| v.truth().is_none()).filter_map(Value::text) {
            *counts.entry(text).or_default() += 1;
        }
        if counts.is_empty() {
            return;
        }
        let shown =
            |(text, count): (&String, &usize)| message!("zone-flag-count", text = text, count = *count);
        let values = message::some(counts.iter().map(shown), NAMED);
        let found = message!("zone-column-unclear", column = column.name, values = values);
        let first = counts.keys().next().map_or("", String::as_str);
        let done = message!("counted-outside-say-yes", value = first);
        issues.push(super::of_file(IssueKind::UnclearZone, Severity::Error, found, done));
    }

    /// The registered area at `row`; what is no area is listed and counts as not stated.
    pub(super) fn registered_area(&self, row: usize, issues: &mut Vec<Issue>) -> Option<SquareMetres> {
        let value = &self.registered_area?[row];
        let stated = value.text()?;
        let area = value.number().filter(|n| *n >= 0.0).map(|n| self.unit.to_m2(n));
        if area.is_none() {
            let found = message!("registered-area-no-area", stated = stated);
            let done = message!("counted-not-stated");
            issues.push(issue(row, IssueKind::NotNumber, Severity::Warning, found, done));
        }
        area
    }
}

/// Takes codes that went through a floating-point number out of the table, for they name no parcel, and lists them. A layer
/// whose codes this program gave itself needs no such look.
pub fn without_lost_codes(table: &mut Table, columns: &Columns) -> Vec<Issue> {
    let mut issues = Vec::new();
    for name in columns.parcel_code.iter().flat_map(|key| key.names()) {
        let Ok(column) = table.column(name) else { continue };
        let lost = lost(&column.values);
        let rows: Vec<usize> = (0..lost.len()).filter(|row| lost[*row]).collect();
        let shown = |row: &usize| {
            message!("code-in-row", code = column.values[*row].text().unwrap_or_default(), row = row + 1)
        };
        if rows.is_empty() {
            continue;
        }
        let found = message!(
            "codes-lost-digits",
            count = rows.len(),
            column = column.name,
            codes = message::some(rows.iter().map(shown), NAMED)
        );
        let done = message!("lost-codes-no-join");
        issues.push(super::of_file(IssueKind::MalformedCode, Severity::Error, found, done));
        let name = column.name.clone();
        table.forget(&name, &rows);
    }
    issues
}

/// An id for each of `codes` (the stated code and the row of every parcel, in order), all different: the code; `CODE#2`,
/// `CODE#3`, … where it repeats; `row-N` where there is none. Nothing is listed of missing codes when there is no
/// column that could state them.
pub(super) fn name_parcels(
    codes: &[(Option<String>, usize)],
    has_codes: bool,
    issues: &mut Vec<Issue>,
) -> Vec<ParcelId> {
    let stated: HashSet<&str> = codes.iter().filter_map(|(code, _)| code.as_deref()).collect();
    let mut used: HashSet<String> = HashSet::with_capacity(codes.len());
    let mut ids = Vec::with_capacity(codes.len());
    // Codes repeated thousands of times over would otherwise count up from 2 each time.
    let mut copies: HashMap<&str, usize> = HashMap::new();
    for (code, row) in codes {
        let id = match code {
            Some(code) if used.insert(code.clone()) => code.clone(),
            Some(code) => {
                let copy = copies.entry(code).or_insert(2);
                let id = free(code, copy, &stated, &mut used);
                let found = message!("code-repeated", code = code);
                let done = message!("named-give-code", id = &id);
                issues.push(issue(*row, IssueKind::DuplicateCode, Severity::Warning, found, done));
                id
            }
            None => {
                let plain = format!("row-{}", row + 1);
                let id = if !stated.contains(plain.as_str()) && used.insert(plain.clone()) {
                    plain
                } else {
                    free(&plain, &mut 2, &stated, &mut used)
                };
                if has_codes {
                    let found = message!("parcel-without-code");
                    issues.push(issue(
                        *row,
                        IssueKind::MissingCode,
                        Severity::Warning,
                        found,
                        message!("named-as", id = &id),
                    ));
                }
                id
            }
        };
        ids.push(ParcelId(id));
    }
    list_malformed(codes, issues);
    ids
}

/// `name#copy`, from `copy` on the first that is neither stated as a code nor used.
fn free(name: &str, copy: &mut usize, stated: &HashSet<&str>, used: &mut HashSet<String>) -> String {
    loop {
        let id = format!("{name}#{copy}");
        *copy += 1;
        if !stated.contains(id.as_str()) && used.insert(id.clone()) {
            return id;
        }
    }
}

/// Lists codes that are not well formed, when at least half of the codes are.
fn list_malformed(codes: &[(Option<String>, usize)], issues: &mut Vec<Issue>) {
    let stated = || codes.iter().filter_map(|(code, row)| Some((code.as_deref()?, *row)));
    let (mut total, mut good) = (0_usize, 0_usize);
    for (code, _) in stated() {
        total += 1;
        good += usize::from(well_formed(code));
    }
    if good == 0 || 2 * good < total {
        return;
    }
    for (code, row) in stated().filter(|(code, _)| !well_formed(code)) {
        let found = message!("code-malformed", code = code);
        let done = message!("kept-as-it-is");
        issues.push(issue(row, IssueKind::MalformedCode, Severity::Warning, found, done));
    }
}

/// Whether `code` is built as a parcel code or unit code: `^\d{12}[GJZ][A-Z]\d{5}([FLQW]\d{8})?$` (`domain.md` 3.6).
fn well_formed(code: &str) -> bool {
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let code = code.as_bytes();
    let parcel = |c: &[u8]| {
        digits(&c[..12])
            && matches!(c[12], b'G' | b'J' | b'Z')
            && c[13].is_ascii_uppercase()
            && digits(&c[14..19])
    };
    match code.len() {
        19 => parcel(code),
        28 => parcel(code) && matches!(code[19], b'F' | b'L' | b'Q' | b'W') && digits(&code[20..]),
        _ => false,
    }
}

/// The storey of the ground that a parcel's right is in. Parcels of different storeys cover each other by right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    Underground,
    Surface,
    AboveGround,
}

impl Level {
    /// From the feature code (宗地特征码) within a well-formed code: S above ground, X underground; the rest is surface.
    pub(crate) fn of(code: Option<&str>) -> Self {
        match code.filter(|c| well_formed(c)).map(|c| c.as_bytes()[13]) {
            Some(b'S') => Self::AboveGround,
            Some(b'X') => Self::Underground,
            _ => Self::Surface,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(codes: &[Option<&str>]) -> Vec<String> {
        let codes: Vec<_> = codes.iter().enumerate().map(|(row, c)| (c.map(str::to_owned), row)).collect();
        name_parcels(&codes, true, &mut Vec::new()).into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn repeated_codes_are_numbered_past_what_is_stated() {
        assert_eq!(ids(&[Some("A"), Some("A"), Some("A"), Some("A#2")]), ["A", "A#3", "A#4", "A#2"]);
        assert_eq!(ids(&[Some("A#2"), Some("A#2"), Some("A"), Some("A")]), ["A#2", "A#2#2", "A", "A#3"]);
    }

    #[test]
    fn parcels_without_a_code_are_named_by_their_row() {
        assert_eq!(ids(&[None, Some("row-1"), None]), ["row-1#2", "row-1", "row-3"]);
    }

    #[test]
    fn a_code_is_well_formed_as_the_registry_writes_it() {
        for (code, good) in [
            ("310118001001GB00001", true),
            ("310118001001JC00012F00010001", true),
            ("310118001001ZX00001W00000000", true),
            ("310118001001GB0001", false),
            ("310118001001HB00001", false),
            ("310118001001Gb00001", false),
            ("31011800100AGB00001", false),
            ("310118001001GB00001X00010001", false),
            ("三一〇一一八GB", false),
        ] {
            assert_eq!(well_formed(code), good, "{code}");
        }
    }

    #[test]
    fn malformed_codes_are_listed_only_where_half_are_well_formed() {
        let good = (Some("310118001001GB00001".to_owned()), 0);
        let (bad, worse) = ((Some("B-7".to_owned()), 1), (Some("B-8".to_owned()), 2));
        let listed = |codes: &[(Option<String>, usize)]| {
            let mut issues = Vec::new();
            list_malformed(codes, &mut issues);
            issues.iter().map(|i| (i.row, i.kind)).collect::<Vec<_>>()
        };
        assert_eq!(listed(&[good.clone(), bad.clone()]), [(Some(1), IssueKind::MalformedCode)]);
        assert_eq!(listed(&[good, bad, worse]), []);
    }

    #[test]
    fn the_level_is_read_from_the_feature_code() {
        assert_eq!(Level::of(Some("310118001001GS00001")), Level::AboveGround);
        assert_eq!(Level::of(Some("310118001001GX00001W00000000")), Level::Underground);
        assert_eq!(Level::of(Some("310118001001GB00001")), Level::Surface);
        assert_eq!(Level::of(Some("XS")), Level::Surface);
        assert_eq!(Level::of(None), Level::Surface);
    }
}
