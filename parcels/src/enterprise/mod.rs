//! Enterprise statistics → columns of a layer: a parcel holds many firms, a firm may span several parcels by shares.
//! `join` finds the parcels of every row, `shares` splits firms among parcels, `paired` keeps sums that a ratio divides over the
//! same rows. Called by the shell once tables are read; scores are made from these columns.

mod join;
mod paired;
mod shares;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lost_digits::lost;
use crate::message;
use crate::parcel::Layer;
use crate::table::{Column, Filter, KeyColumns, NoSuchColumn, Table, Value};
use crate::validate::{Issue, IssueKind, Severity};
use join::Join;
use paired::Sum;
pub use paired::{LeftOut, Paired, PairedSums};
use shares::{Firms, issue};

/// How the rows of a firm table reach the parcels (policy section `[enterprises]`). One row is one firm on one
/// parcel: a firm on several parcels has several rows, each with its share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enterprises {
    /// The table: a CSV or XLSX file (`file.xlsx:sheet`), relative to the policy file.
    pub table: String,
    /// Column with the parcel's code, or the columns that make one together.
    pub parcel_code: KeyColumns,
    /// Column with the firm's key (统一社会信用代码); needed for shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firm: Option<String>,
    /// Column with the firm's name, for people who look a parcel up by it; its key where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Column with the share of the firm that is on this parcel, 0 to 1 (or percent with a `%` sign). The firm's
    /// figures in the row are its totals and are multiplied by the share. Without this column the figures in a row are
    /// those of the firm on that parcel alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<String>,
    /// The columns to make, by name.
    #[serde(default)]
    pub aggregates: BTreeMap<String, Aggregate>,
}

impl Enterprises {
    /// The columns whose values are added up, averaged or compared.
    pub fn figures(&self) -> impl Iterator<Item = &str> {
        self.aggregates.values().flat_map(|a| [&a.sum, &a.mean, &a.max]).flatten().map(String::as_str)
    }
}

/// One column made from the firm rows of each parcel. Exactly one of `sum`, `mean`, `max`, `first` and `count` is given.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Sum of share × this column. Missing when every row's value is missing. An indicator that divides by a sum has it, and
    /// the other sums of that quotient, over the rows alone where all of them are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
    /// Mean of this column, weighted by share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<String>,
    /// Largest value of this column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// The first value that is not missing, in the table's order: for labels such as a use code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Number of distinct firms where `firm` is given, else of rows (`true`). Zero where the parcel has rows but none
    /// passes `where`; missing where it has none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count: bool,
    /// Multiplies the result, for units (0.1 takes 1,000 yuan to 10,000 yuan).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<f64>,
    /// Only rows for which all of these hold. A parcel with rows of which none passes has sum 0.
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Filter>,
}

/// Joins `firms` to `layer` and returns the aggregated columns, one value a parcel, with what did not fit.
///
/// Where several parcels share one code, its sums and counts are split over them by planar area: nothing counts twice.
/// Mean, largest and first value hold for each of them.
///
/// # Errors
/// A column of the rules that the table lacks.
pub fn aggregate(
    layer: &Layer,
    firms: &Table,
    rules: &Enterprises,
) -> Result<(Vec<Column>, Vec<Issue>), NoSuchColumn> {
    let (columns, _, issues) = aggregate_paired(layer, firms, rules, &BTreeSet::new())?;
    Ok((columns, issues))
}

/// As [`aggregate`], and for each of `together`, which are names of sums, those sums once more over the rows where all of
/// them are known.
///
/// # Errors
/// A column of the rules that the table lacks.
///
/// # Panics
/// When `together` names what is no sum of the rules: a mistake of the caller, not of the data.
pub fn aggregate_paired(
    layer: &Layer,
    firms: &Table,
    rules: &Enterprises,
    together: &BTreeSet<Vec<String>>,
) -> Result<(Vec<Column>, Paired, Vec<Issue>), NoSuchColumn> {
    let column = |name: &Option<String>| name.as_deref().map(|name| firms.column(name)).transpose();
    let firm_column = column(&rules.firm)?;
    let share_column = column(&rules.share)?;
    let (join, mut issues) = joined(layer, firms, rules)?;
    let firm = Firms::new(firm_column, firms.rows());
    let (shares, share_issues) = shares::shares(share_column, &firm, firm_column);
    issues.extend(share_issues);

    let mut numbers: BTreeMap<&str, Vec<Option<f64>>> = BTreeMap::new();
    for aggregate in rules.aggregates.values() {
        for name in [&aggregate.sum, &aggregate.mean, &aggregate.max].into_iter().flatten() {
            if !numbers.contains_key(name.as_str()) {
                numbers.insert(name, read_numbers(firms.column(name)?, &mut issues));
            }
        }
    }
    let rows = RowsByCode::new(&join);
    let parts = parts_of_code(layer, &join);
    let mut sums: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    let mut columns = Vec::with_capacity(rules.aggregates.len());
    for (name, aggregate) in &rules.aggregates {
        let first = column(&aggregate.first)?;
        let passes = Filter::all(&aggregate.only, firms)?;
        let factor = aggregate.factor.unwrap_or(1.0);
        if let Some(column) = &aggregate.sum {
            sums.insert(name, Sum { numbers: &numbers[column.as_str()], passes: passes.clone(), factor });
        }
        let of_code: Vec<Value> = (0..join.codes)
            .into_par_iter()
            .map(|code| {
                let all = rows.of(code);
                if all.is_empty() {
                    return Value::Missing;
                }
                let passing = || all.iter().copied().filter(|row| passes[*row]);
                let known = |name: &str| {
                    let values = &numbers[name];
                    passing().filter_map(|row| values[row].map(|value| (shares[row], value)))
                };
                // The policy has checked that exactly one of these is given.
                let figure = if let Some(name) = &aggregate.sum {
                    paired::sum(passing().map(|row| (shares[row], numbers[name.as_str()][row])))
                } else if let Some(name) = &aggregate.mean {
                    let weight: f64 = known(name).map(|(share, _)| share).sum();
                    let sum: f64 = known(name).map(|(share, value)| share * value).sum();
                    (weight > 0.0).then(|| sum / weight)
                } else if let Some(name) = &aggregate.max {
                    known(name).map(|(_, value)| value).reduce(f64::max)
                } else if let Some(labels) = first {
                    let label = passing().map(|row| &labels.values[row]).find(|v| **v != Value::Missing);
                    return match (label, aggregate.factor) {
                        (Some(Value::Number(n)), Some(factor)) => Value::from_number(n * factor),
                        (label, _) => label.cloned().unwrap_or(Value::Missing),
                    };
                } else {
                    let mut present: Vec<usize> = passing().map(|row| firm.of_row[row]).collect();
                    present.sort_unstable();
                    present.dedup();
                    Some(present.len() as f64)
                };
                figure.map_or(Value::Missing, |figure| Value::from_number(figure * factor))
            })
            .collect();
        if let Some(column) = &aggregate.sum {
            let known = |row: usize| numbers[column.as_str()][row].is_some();
            let passing = |code: usize| rows.of(code).iter().copied().filter(|row| passes[*row]);
            issues.extend(partial(name, layer, &join, passing, known));
        }
        let adds_up = aggregate.sum.is_some() || aggregate.count;
        let values = join
            .parcels
            .par_iter()
            .zip(&parts)
            .map(|(code, part)| match code.map(|code| &of_code[code]) {
                Some(Value::Number(figure)) if adds_up => Value::Number(figure * part),
                Some(value) => value.clone(),
                None => Value::Missing,
            })
            .collect();
        columns.push(Column { name: name.clone(), values });
    }
    let joined = paired::JoinedRows { join: &join, rows: &rows, shares: &shares, parts: &parts };
    let paired = Paired {
        by_names: together.iter().map(|names| (names.clone(), joined.pair(names, &sums))).collect(),
        sums: sums.into_keys().map(str::to_owned).collect(),
    };
    Ok((columns, paired, issues))
}

/// The names of the firms on each parcel, in the table's order, each once.
///
/// # Errors
/// A column of the rules that the table lacks.
pub fn names(layer: &Layer, firms: &Table, rules: &Enterprises) -> Result<Vec<Vec<String>>, NoSuchColumn> {
    let Some(column) = rules.name.as_ref().or(rules.firm.as_ref()) else {
        return Ok(vec![Vec::new(); layer.len()]);
    };
    let column = firms.column(column)?;
    let (join, _) = joined(layer, firms, rules)?;
    let rows = RowsByCode::new(&join);
    let of_code = |code: usize| {
        let mut names: Vec<String> = Vec::new();
        for name in rows.of(code).iter().filter_map(|row| column.values[*row].text()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    Ok(join.parcels.par_iter().map(|code| code.map(of_code).unwrap_or_default()).collect())
}

/// A warning where sums of parcels leave out rows that state nothing, beside others that do.
fn partial<I: Iterator<Item = usize>>(
    name: &str,
    layer: &Layer,
    join: &Join,
    rows: impl Fn(usize) -> I,
    known: impl Fn(usize) -> bool,
) -> Option<Issue> {
    const NAMED: usize = 6;
    let unknown = |code: usize| rows(code).filter(|row| !known(*row)).count();
    let left_out: Vec<usize> =
        (0..join.codes).map(|code| if rows(code).any(&known) { unknown(code) } else { 0 }).collect();
    let all_rows: usize = left_out.iter().sum();
    if all_rows == 0 {
        return None;
    }
    let of = layer.parcels().iter().zip(&join.parcels);
    let parcels: Vec<&str> = of
        .filter(|(_, code)| code.is_some_and(|code| left_out[code] > 0))
        .map(|(parcel, _)| parcel.id.0.as_str())
        .collect();
    let found = message!(
        "sums-leave-out",
        name = name,
        parcels = parcels.len(),
        rows = all_rows,
        list = message::some(parcels.iter().copied(), NAMED)
    );
    let done = message!("sums-of-other-rows");
    Some(issue(IssueKind::NotNumber, Severity::Warning, None, found, done))
}

/// The rows of the table on the parcels, by the key that the rules name.
fn joined(layer: &Layer, firms: &Table, rules: &Enterprises) -> Result<(Join, Vec<Issue>), NoSuchColumn> {
    let keys = rules.parcel_code.of(firms)?;
    Ok(join::join(layer, &keys, &lost_keys(firms, rules)?))
}

/// Which rows state a key that has lost digits, in any of its columns.
fn lost_keys(firms: &Table, rules: &Enterprises) -> Result<Vec<bool>, NoSuchColumn> {
    let mut all = vec![false; firms.rows()];
    for name in rules.parcel_code.names() {
        for (all, lost) in all.iter_mut().zip(lost(&firms.column(name)?.values)) {
            *all |= lost;
        }
    }
    Ok(all)
}

/// The column's numbers, one a row; a value that is none is listed and missing.
fn read_numbers(column: &Column, issues: &mut Vec<Issue>) -> Vec<Option<f64>> {
    let numbers: Vec<Option<f64>> = column.values.par_iter().map(Value::number).collect();
    for (row, (value, number)) in column.values.iter().zip(&numbers).enumerate() {
        if let (None, Some(text)) = (number, value.text()) {
            issues.push(issue(
                IssueKind::NotNumber,
                Severity::Warning,
                Some(row),
                message!("column-no-number", column = &column.name, text = text),
                message!("counts-as-missing"),
            ));
        }
    }
    numbers
}

/// The rows of each code, in the table's order: one flat list with the place where each code's rows begin.
struct RowsByCode {
    starts: Vec<usize>,
    rows: Vec<usize>,
}

impl RowsByCode {
    fn new(join: &Join) -> Self {
        let mut starts = vec![0; join.codes + 1];
        for code in join.rows.iter().flatten() {
            starts[code + 1] += 1;
        }
        for code in 0..join.codes {
            starts[code + 1] += starts[code];
        }
        let mut next = starts.clone();
        let mut rows = vec![0; starts[join.codes]];
        for (row, code) in join.rows.iter().enumerate() {
            if let Some(code) = code {
                rows[next[*code]] = row;
                next[*code] += 1;
            }
        }
        Self { starts, rows }
    }

    fn of(&self, code: usize) -> &[usize] {
        &self.rows[self.starts[code]..self.starts[code + 1]]
    }
}

/// The share of its code's figures that each parcel gets, by planar area; the shares of one code add up to 1.
fn parts_of_code(layer: &Layer, join: &Join) -> Vec<f64> {
    let mut parcels = vec![0_usize; join.codes];
    let mut area_m2 = vec![0.0; join.codes];
    let of = || layer.parcels().iter().zip(&join.parcels);
    for (parcel, code) in of() {
        if let Some(code) = code {
            parcels[*code] += 1;
            area_m2[*code] += parcel.area.planar.0;
        }
    }
    of().map(|(parcel, code)| match code {
        Some(code) if parcels[*code] > 1 && area_m2[*code] > 0.0 => parcel.area.planar.0 / area_m2[*code],
        Some(code) => 1.0 / parcels[*code] as f64,
        None => 1.0,
    })
    .collect()
}
