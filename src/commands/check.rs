//! `lianpian check`: what is wrong with an input.

use std::path::PathBuf;

use clap::Args;
use parcels::message;
use parcels::message::{AsParam as _, number};

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
    let crs = match report.working_crs == report.crs {
        true => report.crs.clone(),
        false => format!("{} → {}", report.crs, report.working_crs),
    };
    let mut lines = vec![
        report.input.clone(),
        words(&message!(
            "checked-layer",
            layer = report.layer,
            features = report.features,
            parcels = report.parcels,
            area = number(report.area_m2 / 1e4, 4),
            planar = number(report.planar_area_m2 / 1e4, 4)
        )),
        words(&message!("checked-crs", crs = crs, encoding = report.encoding)),
        words(&match &report.code_column {
            Some(column) => message!("checked-named-by", column = column),
            None => message!("checked-named-by-row"),
        }),
        words(&message!("checked-columns")),
    ];
    lines.extend(report.columns.iter().map(|column| format!("    {}", column.described(&words))));
    if report.issues.is_empty() {
        lines.push(words(&message!("checked-clean")));
        return lines.join("\n");
    }
    lines.extend(report.counts.iter().map(|(kind, count)| format!("  {count:>6}  {kind}")));
    // What matters most first.
    let mut listed: Vec<_> = report.issues.iter().collect();
    listed.sort_by_key(|i| std::cmp::Reverse(i.severity));
    for issue in listed.iter().take(shown) {
        let who = match (&issue.parcel, issue.row) {
            (Some(parcel), _) => parcel.as_param(),
            (None, Some(row)) => message!("checked-row", row = row + 1).as_param(),
            (None, None) => message!("the-file").as_param(),
        };
        let place = issue.place.map(|(x, y)| message!("checked-place", x = number(x, 1), y = number(y, 1)));
        let area_m2 = issue.area_changed_m2;
        let changed =
            (area_m2 != 0.0).then(|| message!("checked-area-changed", area = format!("{area_m2:+.2}")));
        lines.push(words(&message!(
            "checked-issue",
            kind = issue.kind.name(),
            who = who,
            place = place,
            found = issue.found,
            done = issue.done,
            changed = changed
        )));
    }
    if listed.len() > shown {
        lines.push(words(&message!("checked-more", count = listed.len() - shown)));
    }
    lines.join("\n")
}
