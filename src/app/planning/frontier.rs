//! What the limits cost: the best zone at every price of area, or at several prices of boundary, as tables.

use std::path::Path;

use parcels::message;
use parcels::message::{Message, number};
use parcels::optimise::{Problem, compile, frontier, solve};
use parcels::progress::{Monitor, OnlyCancel, go_on};
use parcels::worth::mean_score;
use rayon::prelude::*;
use serde::Serialize;

use crate::app::planning::neutral_instance::{Instance, SolveParameters};
use crate::app::planning::neutral_solve::{block_areas, cpu_seconds};
use crate::app::planning::prepare::{Stopwatch, load_policy, misfit, prepare};
use crate::app::planning::unit_names::Names;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic::write_file;
use crate::io::read::ReadOptions;
use crate::io::source::Source;

/// The curve over λ runs from λ ÷ this to λ × this.
const LAMBDA_SPAN: f64 = 8.0;
/// What was being done should a table fail in memory.
const MAKING: Message = message!("putting-table-together");

/// A problem with the names and scores of its units.
pub struct FrontierProblem {
    names: Names,
    score: Vec<Option<f64>>,
    problem: Problem,
}

/// What was drawn, in short.
#[derive(Debug, Clone, Serialize)]
pub struct FrontierReport {
    /// Rows of the table: breakpoints of the price of area, with the zone of what is locked in first; or steps of λ.
    pub rows: usize,
    /// Units in all.
    pub units: usize,
    /// Least area of a row.
    pub area_min: f64,
    /// Largest area of a row.
    pub area_max: f64,
    /// Processor time of the search, seconds, all threads.
    pub cpu_s: f64,
}

impl FrontierProblem {
    /// From a neutral instance.
    ///
    /// # Errors
    /// See [`Instance::read`].
    pub fn neutral(units: &Path, edges: &Path, limits: &SolveParameters) -> Result<Self> {
        let (units, problem) = Instance::read(units, edges)?.into_problem(limits);
        let score = units.score.iter().map(|s| (!s.is_nan()).then_some(*s)).collect();
        Ok(Self { names: units.names, score, problem })
    }

    /// From parcels and a policy, as `plan` sees them: area in ha, length in 100 m.
    ///
    /// # Errors
    /// See [`prepare`]; a policy that does not fit the parcels.
    pub fn planned(
        input: &Source,
        options: &ReadOptions,
        policy: &Path,
        monitor: &dyn Monitor,
    ) -> Result<Self> {
        let loaded = load_policy(policy)?;
        let prepared = prepare(input, options, &loaded, &mut Stopwatch::start(), monitor)?;
        let compiled =
            compile(&prepared.inputs(), &loaded.policy).map_err(|e| misfit(message!("fitting-policy"), e))?;
        Ok(Self {
            names: prepared.layer.parcels().iter().map(|p| &p.id.0).collect(),
            score: prepared.scores.score,
            problem: compiled.problem,
        })
    }

    /// Every breakpoint of the price of area into `out`, and into `order` in which order the units come in.
    ///
    /// # Errors
    /// A file that cannot be written, or a request to stop; then nothing is written.
    pub fn area_frontier(
        &self,
        out: &Path,
        order: Option<&Path>,
        monitor: &dyn Monitor,
    ) -> Result<FrontierReport> {
        let start = cpu_seconds();
        let found = frontier(&self.problem, monitor)?;
        let cpu_s = cpu_seconds() - start;
        monitor.step("write", 0);
        let mut table = Table::new(&[
            "price",
            "area",
            "score",
            "boundary",
            "concentration",
            "blocks",
            "objective",
            "units",
            "moved",
        ])?;
        let (mut scored, mut scored_area, mut from) = (0.0, 0.0, 0);
        for at in &found.breakpoints {
            for &unit in &found.order[from..at.units] {
                if let Some(score) = self.score[unit as usize] {
                    scored += score * self.problem.area[unit as usize];
                    scored_area += self.problem.area[unit as usize];
                }
            }
            from = at.units;
            let score = (scored_area > 0.0).then(|| scored / scored_area);
            table.row(&[
                at.price.to_string(),
                at.area.to_string(),
                cell(score),
                at.boundary.to_string(),
                at.concentration.to_string(),
                at.blocks.to_string(),
                at.objective.to_string(),
                at.units.to_string(),
                at.moved.to_string(),
            ])?;
        }
        write_file(out, &table.bytes()?)?;
        if let Some(order) = order {
            write_file(order, &self.order_table(&found.order, &found.entry_price)?)?;
        }
        let areas = || found.breakpoints.iter().map(|b| b.area);
        Ok(FrontierReport {
            rows: found.breakpoints.len(),
            units: self.names.len(),
            area_min: areas().fold(f64::INFINITY, f64::min),
            area_max: areas().fold(f64::NEG_INFINITY, f64::max),
            cpu_s,
        })
    }

    /// Every unit with its price: those that come in, in that order, then those locked out.
    fn order_table(&self, order: &[u32], entry_price: &[f64]) -> Result<Vec<u8>> {
        let mut table = Table::new(&["id", "price"])?;
        let never = (0..self.names.len()).filter(|&i| entry_price[i] == f64::NEG_INFINITY);
        for i in order.iter().map(|&u| u as usize).chain(never) {
            table.row(&[self.names.get(i).to_owned(), entry_price[i].to_string()])?;
        }
        table.bytes()
    }

    /// The curve over λ into `out`: the problem with all its limits, solved at `steps` values of λ, evenly spread by
    /// ratio from an eighth of its own to eight times that. An odd number of steps has λ itself in the middle.
    ///
    /// # Errors
    /// λ is 0; a file that cannot be written, or a request to stop; then nothing is written.
    pub fn lambda_curve(&self, steps: usize, out: &Path, monitor: &dyn Monitor) -> Result<FrontierReport> {
        if self.problem.lambda <= 0.0 || !self.problem.lambda.is_finite() {
            let what = message!("lambda-without-curve", lambda = self.problem.lambda);
            return Err(Error::new(ErrorKind::Usage, what).try_this(message!("try-lambda-above-zero")));
        }
        let start = cpu_seconds();
        monitor.step("curve", steps as u64);
        let solved: Vec<Result<(f64, Vec<String>)>> = (0..steps)
            .into_par_iter()
            .map(|step| {
                let row = self.at_lambda(self.problem.lambda * ratio(step, steps), monitor);
                monitor.advance(1);
                row
            })
            .collect();
        let cpu_s = cpu_seconds() - start;
        let mut table = Table::new(&[
            "lambda",
            "area",
            "score",
            "boundary",
            "concentration",
            "blocks",
            "objective",
            "bound",
            "gap",
            "status",
        ])?;
        let (mut area_min, mut area_max) = (f64::INFINITY, f64::NEG_INFINITY);
        for row in solved {
            let (area, cells) = row?;
            (area_min, area_max) = (area_min.min(area), area_max.max(area));
            table.row(&cells)?;
        }
        go_on(monitor)?;
        write_file(out, &table.bytes()?)?;
        Ok(FrontierReport { rows: steps, units: self.names.len(), area_min, area_max, cpu_s })
    }

    /// Area and cells of the row at `lambda`.
    fn at_lambda(&self, lambda: f64, monitor: &dyn Monitor) -> Result<(f64, Vec<String>)> {
        let problem = Problem { lambda, ..self.problem.clone() };
        let solution = solve(&problem, &OnlyCancel(monitor));
        go_on(monitor)?;
        let x = &solution.x;
        let blocks: Vec<f64> = block_areas(&problem, x).into_iter().map(|(area, _)| area).collect();
        let area: f64 = blocks.iter().fold(0.0, |sum, a| sum + a);
        let cut = problem.links.iter().filter(|l| x[l.a as usize] != x[l.b as usize]);
        let exposed = problem.exposed.iter().zip(x).filter(|(_, x)| **x);
        let boundary = cut.fold(0.0, |sum, l| sum + l.length)
            + problem.edge_factor * exposed.fold(0.0, |sum, (e, _)| sum + e);
        let squares = blocks.iter().fold(0.0, |sum, a| sum + a * a);
        let concentration = if area > 0.0 { 100.0 * squares / (area * area) } else { 0.0 };
        let status = serde_json::to_value(solution.status)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default();
        let cells = vec![
            lambda.to_string(),
            area.to_string(),
            cell(mean_score(&problem.area, &self.score, |i| x[i])),
            boundary.to_string(),
            concentration.to_string(),
            blocks.len().to_string(),
            solution.objective.to_string(),
            solution.bound.to_string(),
            cell(solution.gap()),
            status,
        ];
        Ok((area, cells))
    }
}

/// What λ is multiplied with at a step: 8⁻¹ at the first, 8 at the last, and exactly 1 in the middle.
fn ratio(step: usize, steps: usize) -> f64 {
    if steps < 2 {
        return 1.0;
    }
    LAMBDA_SPAN.powf((2 * step) as f64 / (steps - 1) as f64 - 1.0)
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// A CSV file in the making.
struct Table(csv::Writer<Vec<u8>>);

impl Table {
    fn new(header: &[&str]) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(header).context(ErrorKind::Unwritable, &MAKING)?;
        Ok(Self(writer))
    }

    fn row(&mut self, cells: &[String]) -> Result<()> {
        self.0.write_record(cells).context(ErrorKind::Unwritable, &MAKING)
    }

    fn bytes(self) -> Result<Vec<u8>> {
        self.0.into_inner().context(ErrorKind::Unwritable, &MAKING)
    }
}

impl FrontierReport {
    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// As a few lines for people.
    #[must_use]
    pub fn lines(&self) -> Vec<Message> {
        let (least, most) = (number(self.area_min, 3), number(self.area_max, 3));
        vec![
            message!("frontier-rows", count = self.rows),
            message!("frontier-units", count = self.units),
            message!("frontier-area", least = least, most = most),
            message!("frontier-cpu", seconds = number(self.cpu_s, 3)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_has_its_own_lambda_in_the_middle_and_an_eighth_and_eight_times_at_its_ends() {
        let ratios: Vec<f64> = (0..7).map(|step| ratio(step, 7)).collect();
        assert_eq!(ratios[3].to_bits(), 1.0_f64.to_bits());
        assert!((ratios[0] - 0.125).abs() < 1e-15 && (ratios[6] - 8.0).abs() < 1e-12);
        assert!(ratios.windows(2).all(|r| (r[1] / r[0] - 2.0).abs() < 1e-12));
        assert_eq!(ratio(0, 1).to_bits(), 1.0_f64.to_bits());
    }
}
