//! `issues.csv`: every defect of the input, a row each, in the order found.

use std::path::Path;

use parcels::message;
use parcels::message::Message;
use parcels::validate::{Issue, Severity};

use super::csv_for_people::CsvForPeople;
use crate::error::{Context as _, ErrorKind, Result};
use crate::messages::{Language, Reader, english, render};

/// The columns; x and y are in the plan's CRS, m.
pub const COLUMNS: [&str; 12] = [
    "parcel",
    "row",
    "kind",
    "severity",
    "x",
    "y",
    "found",
    "done",
    "area_changed_m2",
    "found_zh",
    "done_zh",
    "code",
];

/// Writes the issues to `path`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, issues: &[Issue]) -> Result<()> {
    let failed = || message!("writing-file", file = path.display());
    let mut table = CsvForPeople::new(failed());
    table.row(COLUMNS)?;
    let chinese = |message: &Message| render(message, Language::Zh, Reader::Terminal);
    for issue in issues {
        let coordinate = |of: fn((f64, f64)) -> f64| issue.place.map(|p| format!("{:.3}", of(p)));
        let fields = [
            issue.parcel.clone().unwrap_or_default(),
            issue.row.map(|row| row.to_string()).unwrap_or_default(),
            issue.kind.name().to_owned(),
            severity(issue.severity).to_owned(),
            coordinate(|p| p.0).unwrap_or_default(),
            coordinate(|p| p.1).unwrap_or_default(),
            english(&issue.found),
            english(&issue.done),
            issue.area_changed_m2.to_string(),
            chinese(&issue.found),
            chinese(&issue.done),
            issue.found.code.to_string(),
        ];
        table.row(fields)?;
    }
    std::fs::write(path, table.bytes()?).context(ErrorKind::Unwritable, failed())
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
