//! `lianpian demo`: a synthetic park, planned.

use std::path::PathBuf;

use clap::Args;

use super::{generate, plan};
use crate::app::generate::{GenerateRequest, generate as make_park};
use crate::app::plan::{PlanRequest, Search};
use crate::error::Result;
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::terminal::{Terminal, say};

/// Make an illustrative Qingpu-like park (synthetic), plan it, and say what the plan proposes
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// The folder to write the park and its plan to.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Number of parcels.
    #[arg(long, default_value_t = 3000)]
    parcels: usize,
    /// The same seed gives the same park.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End after writing.
    #[arg(long)]
    once: bool,
}

impl Demo {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let park = self.out.join("park");
        let monitor = Terminal::new(quiet);
        say(&format!("making a synthetic park in {}", park.display()));
        let request = GenerateRequest { parcels: self.parcels, seed: self.seed, out: park.clone() };
        let made = make_park(&request, &monitor)?;
        monitor.finish();
        say(&generate::text(&made));
        say("");
        let out = self.out.join("plan");
        let request = PlanRequest {
            input: Source { path: park.join("parcels.gpkg"), layer: None },
            options: ReadOptions::default(),
            policy: park.join("policy.toml"),
            out: out.clone(),
            search: Search::default(),
        };
        let code = plan::plan_and_tell(&request, quiet, false)?;
        say(&format!(
            "\nlook at it  {} (any browser), {} (QGIS opens it with colours)\njudge it    lianpian verify {}",
            out.join("map.svg").display(),
            out.join("plan.gpkg").display(),
            out.display()
        ));
        Ok(code)
    }
}
