//! `lianpian generate`: the synthetic park.

use std::path::PathBuf;

use clap::Args;

use crate::app::generate::{GenerateReport, GenerateRequest, generate};
use crate::error::Result;
use crate::terminal::{Terminal, say};

/// Make a synthetic park: parcels.gpkg, enterprises.csv, barriers.gpkg, policy.toml
///
/// It lies where Qingpu is and looks like it might, but no parcel and no firm of it is real.
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// Number of parcels.
    #[arg(long, default_value_t = 2000)]
    parcels: usize,
    /// The same seed gives the same park.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to write.
    #[arg(long)]
    out: PathBuf,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Generate {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let request = GenerateRequest { parcels: self.parcels, seed: self.seed, out: self.out };
        let report = generate(&request, &monitor)?;
        monitor.finish();
        if self.json {
            say(&serde_json::to_string_pretty(&report).unwrap_or_default());
        } else {
            say(&text(&report));
        }
        Ok(0)
    }
}

/// A few lines about the park; shared with `demo`.
pub(super) fn text(report: &GenerateReport) -> String {
    let defects: usize = report.defects.values().map(Vec::len).sum();
    format!(
        "synthetic park 合成园区（示意，非真实）: {} parcels on {:.0} ha; {} of them in the zone ({:.0} ha, {} sub-parks, {} scattered);\n{} firms in {} rows; {} defects put in on purpose, as real data have them",
        report.parcels,
        report.area_ha,
        report.in_zone,
        report.in_zone_ha,
        report.sub_parks,
        report.scattered,
        report.firms,
        report.firm_rows,
        defects,
    )
}
