//! `lianpian verify`: judges a written plan from scratch.

use std::path::PathBuf;

use clap::Args;
use parcels::message;
use parcels::validate::Severity;

use crate::app::planning::listed_finding::{ListedFinding, finding_message};
use crate::app::planning::verify::verify_folder;
use crate::error::Result;
use crate::terminal::{Terminal, say, tell, words};

/// Judge a written plan from scratch; exit 1 with findings if it breaks a rule or misstates a figure
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The folder that `plan` wrote.
    plan: PathBuf,
    /// Print the findings as JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(&self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let findings = verify_folder(&self.plan, &monitor)?;
        monitor.finish();
        if self.json {
            let list: Vec<_> = findings.iter().map(ListedFinding::from).collect();
            say(&serde_json::to_string_pretty(&list).unwrap_or_default());
        } else if findings.is_empty() {
            tell(&message!("plan-stands"));
        } else {
            for finding in &findings {
                say(&format!("- {}", words(&finding_message(finding))));
            }
        }
        Ok(u8::from(findings.iter().any(|f| f.severity == Severity::Error)))
    }
}
