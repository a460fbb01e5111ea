//! `lianpian solve`: the bare optimiser on a neutral instance.

use std::path::PathBuf;

use clap::Args;

use super::Parameters;
use crate::app::instance::Instance;
use crate::error::Result;
use crate::terminal::{Terminal, say};

/// Solve a neutral instance: units and edges as CSV, without polygons or policy
///
/// Units: id,area,score,in_zone,lock[,x,y][,exposed]; lock is 1 in, -1 out, 0 free. Edges: i,j,w. The score to beat is the
/// area-weighted mean. Units of area and length are whatever the files use.
#[derive(Debug, Args)]
pub(super) struct Solve {
    /// Units as CSV.
    #[arg(long)]
    units: PathBuf,
    /// Edges as CSV.
    #[arg(long)]
    edges: PathBuf,
    #[command(flatten)]
    parameters: Parameters,
    /// Where to write the zone: id,in_zone.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

impl Solve {
    pub(super) fn run(&self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let instance = Instance::read(&self.units, &self.edges)?;
        let report = instance.solve(&self.parameters.limits(), &monitor)?;
        monitor.finish();
        if let Some(out) = &self.out {
            instance.write(&report, out)?;
        }
        if self.json {
            say(&report.to_json());
        } else {
            say(&report.to_text());
        }
        Ok(0)
    }
}
