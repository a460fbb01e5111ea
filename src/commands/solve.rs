//! `lianpian solve`: the bare optimiser on a neutral instance.

use std::path::PathBuf;

use clap::Args;

use super::{Ending, Others, ParameterArgs};
use crate::app::planning::neutral_instance::Instance;
use crate::error::Result;
use crate::terminal::{Terminal, say, tell};

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
    parameters: ParameterArgs,
    #[command(flatten)]
    ending: Ending,
    #[command(flatten)]
    others: Others,
    /// Edits to solve again after, step by step, from the kept state, as CSV: step,id,lock,score; empty leaves what is.
    #[arg(long)]
    edits: Option<PathBuf>,
    /// Where to write what is certain of every unit: id,verdict,price. The verdict is the side the unit is on in
    /// every optimal zone, or open; the price is what the bound falls by when it is forced to the other side. After the
    /// edits, where there are any.
    #[arg(long)]
    prices: Option<PathBuf>,
    /// Where to write the zone: id,in_zone, and a column alternative_1 … for each alternative. After the edits, where there
    /// are any.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the result as JSON.
    #[arg(long)]
    json: bool,
}

impl Solve {
    pub(super) fn run(&self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let time_limit = self.ending.time_limit();
        let instance = Instance::read(&self.units, &self.edges)?;
        let mut solved = instance.solve(&self.parameters.parameters(), time_limit, &monitor);
        if let Some(edits) = &self.edits {
            solved.edit(edits, time_limit, &monitor)?;
        }
        if let Some(prices) = &self.prices {
            solved.write_prices(prices, &monitor)?;
        }
        solved.look_for_alternatives(self.others.alternatives, self.others.differ, &monitor);
        monitor.finish();
        if let Some(out) = &self.out {
            solved.write(out)?;
        }
        let report = solved.report();
        if self.json {
            say(&report.to_json());
        } else {
            report.lines().iter().for_each(tell);
        }
        Ok(0)
    }
}
