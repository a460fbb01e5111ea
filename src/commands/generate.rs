//! `lianpian generate`: the synthetic park.

use std::path::PathBuf;

use clap::Args;
use parcels::message;
use parcels::message::{Message, number};

use crate::app::generate::{GenerateReport, GenerateRequest, generate};
use crate::error::Result;
use crate::terminal::{Terminal, say, tell};

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
            tell(&described(&report));
        }
        Ok(0)
    }
}

/// What park was made; shared with `demo`.
pub(super) fn described(report: &GenerateReport) -> Message {
    let defects: usize = report.defects.values().map(Vec::len).sum();
    message!(
        "park-made",
        parcels = report.parcels,
        area = number(report.area_ha, 0),
        in_zone = report.in_zone,
        in_zone_area = number(report.in_zone_ha, 0),
        sub_parks = report.sub_parks,
        scattered = report.scattered,
        firms = report.firms,
        rows = report.firm_rows,
        defects = defects
    )
}
