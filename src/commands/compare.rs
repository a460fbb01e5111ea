//! `lianpian compare`: written plans side by side.

use std::path::PathBuf;

use clap::Args;
use parcels::message;

use crate::app::planning::compare::{CompareRequest, compare};
use crate::error::Result;
use crate::terminal::{Terminal, remark, tell, words};

/// Draw written plans of the same parcels side by side, with their figures
///
/// The first panel is the present zone, then comes one panel a plan. Plans may set aside different features, such as streets
/// that were delivered as parcels: then the present zone is shown as each of them measures it, and the parcels that all plans
/// have are compared by themselves. Blocks below the least area of the policies (the
/// largest, where they differ) are hatched and ringed.
#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The folders that `plan` wrote.
    #[arg(required = true)]
    plans: Vec<PathBuf>,
    /// One title a plan, separated by commas; the names of the folders when not given.
    #[arg(long, value_delimiter = ',')]
    titles: Vec<String>,
    /// The picture to write (SVG).
    #[arg(long)]
    out: PathBuf,
    /// Also write a table (CSV): every parcel with its side today and in each plan.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
}

impl Compare {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let out = self.out.clone();
        let request =
            CompareRequest { plans: self.plans, titles: self.titles, out: self.out, table: self.table };
        let report = compare(&request, &monitor)?;
        monitor.finish();
        report.lines().iter().for_each(tell);
        tell(&message!("written-to", file = out.display()));
        for warning in &report.warnings {
            remark(&words(&message!("line-note", note = warning)));
        }
        Ok(0)
    }
}
