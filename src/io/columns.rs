//! What every reader of tables needs: columns that fill row by row, numbers settled by whole columns, rows named in a message.

use parcels::decimals::{Decimals, Open};
use parcels::message;
use parcels::message::Message;
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
pub(super) fn tell_heading(found: &Heading, place: &Message, issues: &mut Vec<Issue>) {
    if found.above > 0 {
        let above = message!("rows-above-heading", place = place, count = found.above);
        issues.push(file_issue(IssueKind::File, Severity::Note, above, message!("left-aside-title")));
    }
    if found.rows > 1 {
        let several = message!("heading-has-rows", place = place, count = found.rows);
        let names: Vec<&str> = found.names.iter().filter(|n| !n.is_empty()).map(String::as_str).collect();
        issues.push(file_issue(
            IssueKind::File,
            Severity::Note,
            several,
            message!("columns-called", names = message::list(names)),
        ));
    }
}

/// Decides what the commas of every column mean and tells what stays open.
pub(super) fn settled(mut table: Table, decimals: Decimals, issues: &mut Vec<Issue>) -> Table {
    for (name, open) in table.settle(decimals) {
        let (found, done) = match open {
            Open::Ambiguous(rows) => (
                message!("commas-unclear", column = name, count = rows.len(), rows = rows_named(&rows)),
                message!("not-used-no-separators"),
            ),
            Open::Mixed(rows) => (
                message!("decimals-mixed", column = name, count = rows.len(), rows = rows_named(&rows)),
                message!("not-used-one-way"),
            ),
            Open::Percent { with, without } => (
                message!(
                    "percent-mixed",
                    column = name,
                    with = with.len(),
                    without = without,
                    rows = rows_named(&with)
                ),
                message!("percent-as-stated"),
            ),
        };
        issues.push(file_issue(IssueKind::NotNumber, Severity::Warning, found, done));
    }
    table
}

/// How many rows of a table are named.
const NAMED: usize = 8;

/// `rows 2, 5, 6`: the first few of them, for people, who count from 1.
pub(super) fn rows_named(rows: &[usize]) -> Message {
    message!("rows-named", count = rows.len(), rows = message::some(rows.iter().map(|row| row + 1), NAMED))
}

/// The same of the records of a dBASE file, counted from 1 already.
pub(super) fn records_named(records: &[usize]) -> Message {
    message!("records-named", count = records.len(), rows = message::some(records, NAMED))
}

/// The same of the lines of a text, counted from 1 already.
pub(super) fn lines_named(lines: &[usize]) -> Message {
    message!("lines-named", count = lines.len(), rows = message::some(lines, NAMED))
}
