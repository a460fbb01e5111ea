//! `lianpian solve`: the bare optimiser on a neutral instance.

use std::path::PathBuf;

use clap::Args;

use crate::app::instance::{Instance, Limits};
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
    /// λ: price of boundary length.
    #[arg(long, default_value_t = 5.0)]
    lambda: f64,
    /// κ: price of area moved.
    #[arg(long, default_value_t = 10.0)]
    kappa: f64,
    /// How far the total area may be off, as a share of the present area.
    #[arg(long, default_value_t = 0.005)]
    area_tolerance: f64,
    /// Least area of a block that holds no locked-in unit.
    #[arg(long, default_value_t = 0.0)]
    min_block: f64,
    /// η: what exposed boundary counts, where the units state it.
    #[arg(long, default_value_t = 0.5)]
    edge_factor: f64,
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
        let limits = Limits {
            lambda: self.lambda,
            kappa: self.kappa,
            area_tolerance: self.area_tolerance,
            min_block: self.min_block,
            edge_factor: self.edge_factor,
        };
        let report = instance.solve(&limits, &monitor)?;
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
