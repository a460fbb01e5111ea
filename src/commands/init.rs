//! `lianpian init`: from a user's own files to a policy.

use std::path::PathBuf;

use clap::Args;
use parcels::validate::Severity;

use super::ReadArgs;
use crate::app::intake::init::{InitRequest, init};
use crate::error::Result;
use crate::io::source::Source;
use crate::terminal::{Terminal, remark, say};

/// Look at parcels and tables and write a commented policy that plans as it is, saying what it assumed
#[derive(Debug, Args)]
pub(super) struct Init {
    /// The parcels: PATH or PATH:LAYER.
    parcels: Source,
    /// Tables of firms (CSV, XLSX), and layers whose names say what they are: red lines, boundaries, roads, rivers.
    others: Vec<String>,
    /// The policy to write.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    reading: ReadArgs,
}

impl Init {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request = InitRequest {
            parcels: self.parcels,
            others: self.others,
            options: self.reading.options(),
            out: self.out,
        };
        let report = init(&request, &monitor)?;
        monitor.finish();
        for issue in report.issues.iter().filter(|i| i.row.is_none() && i.severity != Severity::Note) {
            remark(&format!("{}; {}", issue.found, issue.done));
        }
        say("assumed 假设:");
        for what in &report.assumed {
            say(&format!("  - {}", what.text));
        }
        say(&format!(
            "written to  {}\nplan with   lianpian plan {} --policy {} --out plan",
            request.out.display(),
            request.parcels,
            request.out.display()
        ));
        Ok(0)
    }
}
