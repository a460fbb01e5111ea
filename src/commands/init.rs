//! `lianpian init`: from a user's own files to a policy.

use std::path::PathBuf;

use clap::Args;
use parcels::message;
use parcels::validate::Severity;

use super::ReadArgs;
use crate::app::intake::init::{InitRequest, init};
use crate::error::Result;
use crate::io::source::Source;
use crate::terminal::{Terminal, remark, say, tell, words};

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
            remark(&format!("{}; {}", words(&issue.found), words(&issue.done)));
        }
        tell(&message!("assumed"));
        for what in &report.assumed {
            say(&format!("  - {}", words(what)));
        }
        let out = request.out.display();
        tell(&message!("written-to", file = out));
        let command = format!("lianpian plan {} --policy {out} --out plan", request.parcels);
        tell(&message!("plan-it-with", command = command));
        Ok(0)
    }
}
