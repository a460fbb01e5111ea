//! What every reader of tables needs: columns that fill row by row, numbers settled by whole columns, rows named in a message.

use parcels::decimals::{Decimals, Open};
use parcels::table::{Column, Table, Value};
use parcels::validate::{Issue, IssueKind, Severity};

use super::heading::Heading;
use super::{file_issue, repeated_names};

/// The columns of a table while its rows are read.
pub(super) struct Columns {
    names: Vec<String>,
    values: Vec<Vec<Value>>,
}

impl Columns {
    /// Without rows; an empty name is that of a column which has none.
    pub(super) fn named(names: Vec<String>) -> Self {
        let values = vec![Vec::new(); names.len()];
        Self { names, values }
    }

    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Adds a row, one value a column.
    pub(super) fn push(&mut self, row: impl Iterator<Item = Value>) {
        for (column, value) in self.values.iter_mut().zip(row) {
            column.push(value);
        }
    }

    /// The table. A column without a name and without a value is none: a separator at the end of every line makes it.
    pub(super) fn finish(self, issues: &mut Vec<Issue>) -> Table {
        let rows = self.values.first().map_or(0, Vec::len);
        let mut columns = Vec::new();
        for (at, (name, values)) in self.names.into_iter().zip(self.values).enumerate() {
            if name.is_empty() && values.iter().all(|v| *v == Value::Missing) {
                continue;
            }
            let name = if name.is_empty() { format!("column_{}", at + 1) } else { name };
            columns.push(Column { name, values });
        }
        repeated_names(columns.iter().map(|c| c.name.as_str()), issues);
        Table::new(rows, columns)
    }
}

/// Says where the heading was found, where that is not the first row alone.
pub(super) fn tell_heading(found: &Heading, place: &str, issues: &mut Vec<Issue>) {
    if found.above > 0 {
        let above = format!("{place} has {} rows above its heading", found.above);
        issues.push(file_issue(IssueKind::File, Severity::Note, above, "left aside as a title"));
    }
    if found.rows > 1 {
        let several = format!("the heading of {place} has {} rows", found.rows);
        let names: Vec<&str> = found.names.iter().filter(|n| !n.is_empty()).map(String::as_str).collect();
        issues.push(file_issue(
            IssueKind::File,
            Severity::Note,
            several,
            format!("the columns are called {}", names.join(", ")),
        ));
    }
}

/// Decides what the commas of every column mean and tells what stays open.
pub(super) fn settled(mut table: Table, decimals: Decimals, issues: &mut Vec<Issue>) -> Table {
    for (name, open) in table.settle(decimals) {
        let (found, done) = match open {
            Open::Ambiguous(rows) => (
                format!(
                    "column \"{name}\": nothing tells whether the comma or point before three digits parts thousands or \
                     decimals in {} values: {}",
                    rows.len(),
                    rows_named("row", &from_one(&rows))
                ),
                "these values are not used as numbers; write the column without thousands separators and with one kind of \
                 decimals, such as 1234.5",
            ),
            Open::Mixed(rows) => (
                format!(
                    "column \"{name}\": some values have a decimal comma and others a decimal point; {} are not clear: {}",
                    rows.len(),
                    rows_named("row", &from_one(&rows))
                ),
                "these values are not used as numbers; write the column in one way, such as 1234.5",
            ),
            Open::Percent { with, without } => (
                format!(
                    "column \"{name}\": {} values have a percent sign and {without} have none: {}",
                    with.len(),
                    rows_named("row", &from_one(&with))
                ),
                "4.5% was read as 0.045 and a number without the sign as it stands; write the column in one way if that is \
                 not what it means",
            ),
        };
        issues.push(file_issue(IssueKind::NotNumber, Severity::Warning, found, done));
    }
    table
}

/// Rows of a table for people, who count from 1.
pub(super) fn from_one(rows: &[usize]) -> Vec<usize> {
    rows.iter().map(|row| row + 1).collect()
}

/// `rows 2, 5, 6`, the first few of them.
pub(super) fn rows_named(what: &str, rows: &[usize]) -> String {
    const NAMED: usize = 8;
    let list: Vec<String> = rows.iter().take(NAMED).map(ToString::to_string).collect();
    let plural = if rows.len() == 1 { "" } else { "s" };
    format!("{what}{plural} {}{}", list.join(", "), if rows.len() > NAMED { ", …" } else { "" })
}
