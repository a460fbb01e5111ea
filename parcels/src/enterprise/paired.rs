//! Sums over the same rows: those that an indicator sets in proportion to each other.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::RowsByCode;
use super::join::Join;
use crate::table::{Column, Value};

/// Sums that run over the same rows, for ratios.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Paired {
    /// The names of all sums there are.
    pub sums: BTreeSet<String>,
    /// By the names of the sums that belong together, ascending.
    pub by_names: BTreeMap<Vec<String>, PairedSums>,
}

/// Some sums over the rows where all of them are known.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedSums {
    /// One a sum, in the order of their names.
    pub columns: Vec<Column>,
    /// What that leaves out of each.
    pub left_out: Vec<LeftOut>,
}

/// What a sum leaves out because another figure of the same firm is missing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LeftOut {
    /// Rows with a figure that are left out.
    pub rows: usize,
    /// What stands in them, as a share of what stands in all rows; figures below 0 count by their size.
    pub share: f64,
}

/// One sum of the rules with what it adds up.
pub(super) struct Sum<'a> {
    /// One a row.
    pub(super) numbers: &'a [Option<f64>],
    /// Which rows it is made of.
    pub(super) passes: Vec<bool>,
    pub(super) factor: f64,
}

/// Σ share × value over the rows of a parcel that pass, those without a value left out. Missing where none has one; 0 where
/// no row passes.
pub(super) fn sum(rows: impl Iterator<Item = (f64, Option<f64>)>) -> Option<f64> {
    let (mut sum, mut any, mut known) = (0.0, false, false);
    for (share, value) in rows {
        any = true;
        if let Some(value) = value {
            known = true;
            sum += share * value;
        }
    }
    (known || !any).then_some(sum)
}

/// What rows have to do with parcels.
pub(super) struct JoinedRows<'a> {
    pub(super) join: &'a Join,
    pub(super) rows: &'a RowsByCode,
    /// One a row.
    pub(super) shares: &'a [f64],
    /// One a parcel.
    pub(super) parts: &'a [f64],
}

impl JoinedRows<'_> {
    /// The sums of these names over the rows where all are known.
    pub(super) fn pair(&self, names: &[String], sums: &BTreeMap<&str, Sum<'_>>) -> PairedSums {
        let members: Vec<&Sum<'_>> = names.iter().map(|name| &sums[name.as_str()]).collect();
        let complete: Vec<bool> = (0..self.shares.len())
            .into_par_iter()
            .map(|row| members.iter().all(|sum| sum.numbers[row].is_some()))
            .collect();
        let column = |(name, sum): (&String, &&Sum<'_>)| Column {
            name: name.clone(),
            values: self.values(sum, &complete),
        };
        PairedSums {
            columns: names.iter().zip(&members).map(column).collect(),
            left_out: members.iter().map(|sum| self.left_out(sum, &complete)).collect(),
        }
    }

    fn values(&self, of: &Sum<'_>, complete: &[bool]) -> Vec<Value> {
        let of_code: Vec<Option<f64>> = (0..self.join.codes)
            .into_par_iter()
            .map(|code| {
                let all = self.rows.of(code);
                let passing = all.iter().copied().filter(|row| of.passes[*row]);
                let value = |row: usize| of.numbers[row].filter(|_| complete[row]);
                let figure = sum(passing.map(|row| (self.shares[row], value(row))));
                figure.filter(|_| !all.is_empty()).map(|figure| figure * of.factor)
            })
            .collect();
        let parcels = self.join.parcels.par_iter().zip(self.parts);
        let of_parcel = |(code, part): (&Option<usize>, &f64)| match code.and_then(|code| of_code[code]) {
            // A figure beyond all bounds is missing before it is divided among parcels, as in the sums themselves.
            Some(figure) if figure.is_finite() => Value::Number(figure * part),
            _ => Value::Missing,
        };
        parcels.map(of_parcel).collect()
    }

    fn left_out(&self, of: &Sum<'_>, complete: &[bool]) -> LeftOut {
        let (mut rows, mut out, mut all) = (0, 0.0, 0.0);
        for (row, code) in self.join.rows.iter().enumerate() {
            let Some(value) = of.numbers[row].filter(|_| code.is_some() && of.passes[row]) else { continue };
            let size = (self.shares[row] * value).abs();
            all += size;
            if !complete[row] {
                rows += 1;
                out += size;
            }
        }
        LeftOut { rows, share: if all > 0.0 { out / all } else { 0.0 } }
    }
}
