//! `lianpian check`: what is wrong with an input.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::ReadArgs;
use crate::app::planning::check::{CheckReport, CheckRequest, check};
use crate::error::Result;
use crate::io::source::Source;
use crate::terminal::{Terminal, say, words};

/// Issues shown on a terminal; `--json` and `--all` show every one.
const SHOWN: usize = 40;

/// Read, validate and report every issue and repair; exit 0 clean, 1 issues, 2 unreadable
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Layers to check: PATH or PATH:LAYER.
    #[arg(required = true)]
    inputs: Vec<Source>,
    /// Take columns and checks from this policy instead of looking for usual column names.
    #[arg(long)]
    policy: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadArgs,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// List every issue, however many.
    #[arg(long)]
    all: bool,
}

impl Check {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request =
            CheckRequest { inputs: self.inputs, options: self.reading.options(), policy: self.policy };
        let reports = check(&request, &monitor)?;
        monitor.finish();
        if self.json {
            say(&serde_json::to_string_pretty(&reports).unwrap_or_default());
        } else {
            for report in &reports {
                say(&text(report, if self.all { usize::MAX } else { SHOWN }));
            }
        }
        Ok(u8::from(reports.iter().any(|r| !r.clean())))
    }
}

fn text(report: &CheckReport, shown: usize) -> String {
    let mut out = format!(
        "{}\n  layer {}, {} features, {} usable parcels, {:.4} ha ({:.4} ha planar)\n  CRS {}{}, text {}\n",
        report.input,
        report.layer,
        report.features,
        report.parcels,
        report.area_m2 / 1e4,
        report.planar_area_m2 / 1e4,
        report.crs,
        if report.working_crs == report.crs { String::new() } else { format!(" → {}", report.working_crs) },
        report.encoding,
    );
    match &report.code_column {
        Some(column) => _ = writeln!(out, "  parcels are named by column {column}"),
        None => out.push_str("  parcels are named by their row: no column of codes was found\n"),
    }
    out.push_str("  columns 字段:\n");
    for column in &report.columns {
        let _ = writeln!(out, "    {}", column.described());
    }
    if report.issues.is_empty() {
        out.push_str("  no issues 无问题");
        return out;
    }
    for (kind, count) in &report.counts {
        let _ = writeln!(out, "  {count:>6}  {kind}");
    }
    // What matters most first.
    let mut listed: Vec<_> = report.issues.iter().collect();
    listed.sort_by_key(|i| std::cmp::Reverse(i.severity));
    for issue in listed.iter().take(shown) {
        let who = issue.parcel.clone().or_else(|| issue.row.map(|r| format!("row {}", r + 1)));
        let place = issue.place.map(|(x, y)| format!(" at {x:.1} {y:.1}")).unwrap_or_default();
        let changed = if issue.area_changed_m2 == 0.0 {
            String::new()
        } else {
            format!(" [{:+.2} m²]", issue.area_changed_m2)
        };
        let _ = writeln!(
            out,
            "  - {} {}{place}: {}; {}{changed}",
            issue.kind.name(),
            who.unwrap_or_else(|| "file".to_owned()),
            words(&issue.found),
            words(&issue.done)
        );
    }
    if listed.len() > shown {
        let _ = writeln!(out, "  … and {} more (--all lists them)", listed.len() - shown);
    }
    out.truncate(out.trim_end().len());
    out
}
