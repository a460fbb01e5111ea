//! `lianpian verify`: judges a written plan from scratch.

use std::path::PathBuf;

use clap::Args;
use parcels::validate::Severity;

use crate::app::planning::verify::verify_folder;
use crate::error::Result;
use crate::terminal::{Terminal, say};

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
            let list: Vec<_> = findings
                .iter()
                .map(|f| {
                    serde_json::json!({
                        "severity": f.severity, "what": f.what, "claimed": f.claimed, "found": f.found, "text": f.text,
                    })
                })
                .collect();
            say(&serde_json::to_string_pretty(&list).unwrap_or_default());
        } else if findings.is_empty() {
            say(
                "the plan stands: every figure was computed again, every rule holds, the bound is proven\n方案成立：各项数字复算一致，约束均满足，上界已证明",
            );
        } else {
            for finding in &findings {
                say(&format!("- {finding}"));
            }
        }
        Ok(u8::from(findings.iter().any(|f| f.severity == Severity::Error)))
    }
}
