//! `lianpian frontier`: the best zone of every size, or at several prices of boundary.

use std::path::PathBuf;

use clap::Args;
use parcels::message;

use super::{ParameterArgs, ReadArgs};
use crate::app::planning::frontier::FrontierProblem;
use crate::error::{Error, ErrorKind, Result};
use crate::io::source::Source;
use crate::terminal::{Terminal, say, tell};

/// Draw the frontier: the best zone at every price of area at which it changes
///
/// From parcels and a policy as `plan` reads them, or from a neutral instance as `solve` does. Locks and rules of
/// eligibility hold, limits on area, moves and blocks do not: what they cost is what the frontier shows. As the price
/// falls, units only come in; so each row's zone holds those of the rows above.
///
/// Columns: price,area,score,boundary,concentration,blocks,objective,units,moved. A row is the zone just below its price;
/// the first, at the price inf, is the zone of what is locked in. score is the area-weighted mean of the known scores,
/// objective is F without the price of area, boundary what λ prices (exposed boundary by η). For parcels area and moved are
/// in ha, boundary in 100 m, price in score points (points × ha for one ha more or less); for a neutral instance
/// everything is in its own units.
#[derive(Debug, Args)]
pub(super) struct Frontier {
    /// The parcels: PATH or PATH:LAYER; needs --policy.
    #[arg(
        required_unless_present = "units",
        requires = "policy",
        conflicts_with_all = ["units", "edges", "lambda", "kappa", "area_tolerance", "min_block", "edge_factor"]
    )]
    input: Option<Source>,
    /// The policy file.
    #[arg(long, requires = "input")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadArgs,
    /// Units of a neutral instance as CSV, instead of parcels.
    #[arg(long, requires = "edges")]
    units: Option<PathBuf>,
    /// Edges as CSV.
    #[arg(long, requires = "units")]
    edges: Option<PathBuf>,
    #[command(flatten)]
    parameters: ParameterArgs,
    /// The table to write.
    #[arg(long)]
    out: PathBuf,
    /// Where to write in which order the units come in: id,price; inf is locked in, -inf locked out.
    #[arg(long, conflicts_with = "lambda_steps")]
    order: Option<PathBuf>,
    /// Write the curve over λ instead: so many values from λ/8 to 8λ, each solved with all limits. Columns:
    /// lambda,area,score,boundary,concentration,blocks,objective,bound,gap,status. An odd number has λ itself in the middle.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(1..=999))]
    lambda_steps: Option<u16>,
    /// Print a summary as JSON.
    #[arg(long)]
    json: bool,
}

impl Frontier {
    pub(super) fn run(self, quiet: bool) -> Result<u8> {
        let monitor = Terminal::new(quiet);
        let ground = match (&self.input, &self.policy, &self.units, &self.edges) {
            (Some(input), Some(policy), ..) => {
                FrontierProblem::planned(input, &self.reading.options(), policy, &monitor)?
            }
            (_, _, Some(units), Some(edges)) => {
                FrontierProblem::neutral(units, edges, &self.parameters.parameters())?
            }
            _ => {
                return Err(Error::new(ErrorKind::Usage, message!("nothing-for-frontier"))
                    .try_this(message!("try-frontier-input")));
            }
        };
        let report = match self.lambda_steps {
            Some(steps) => ground.lambda_curve(usize::from(steps), &self.out, &monitor)?,
            None => ground.area_frontier(&self.out, self.order.as_deref(), &monitor)?,
        };
        monitor.finish();
        if self.json {
            say(&report.to_json());
        } else {
            report.lines().iter().for_each(tell);
            tell(&message!("written-to", file = self.out.display()));
        }
        Ok(0)
    }
}
