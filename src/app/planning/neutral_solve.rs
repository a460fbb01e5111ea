//! A neutral instance solved: what came out, edits, prices and alternatives, and the files they are written to.

use std::path::Path;
use std::time::Duration;

use parcels::message;
use parcels::message::{AsParam as _, Message, Param, Told, number};
use parcels::optimise::{Edit, Lock, Problem, Session, Status, alternatives, why_not};
use parcels::plan::WhyNotRecord;
use parcels::progress::Monitor;
use serde::{Deserialize, Serialize};

use crate::app::planning::deadline::Deadline;
use crate::app::planning::neutral_instance::{
    Instance, Rows, SolveParameters, Units, held, lock_of, sum, values, wrong,
};
use crate::error::Result;
use crate::io::atomic::write_file;
use crate::messages::{english, tell};

/// A solved instance. The problem is in the session, and nowhere else: at a million units a copy would show.
pub struct NeutralSolution {
    units: Units,
    session: Session,
    report: NeutralReport,
    /// The zones of the alternatives.
    alternatives: Vec<Vec<bool>>,
}

/// What came out of one solve.
#[derive(Debug, Clone, Serialize)]
pub struct NeutralReport {
    /// How it ended.
    pub status: Status,
    /// F(x).
    pub objective: f64,
    /// No admissible zone has a larger F.
    pub bound: f64,
    /// (bound − F(x)) ÷ (bound − F(x⁰)); none where no admissible zone was found.
    pub gap: Option<f64>,
    /// F(x⁰).
    pub objective_before: f64,
    /// Total area now.
    pub area_before: f64,
    /// Total area of the zone.
    pub area: f64,
    /// Blocks of the zone.
    pub clusters: usize,
    /// Blocks below the least area without a locked-in unit.
    pub small_clusters: usize,
    /// Units that change sides.
    pub moved: usize,
    /// Price of area at the bound.
    pub area_price: f64,
    /// Processor time of the search, seconds, all threads.
    pub cpu_s: f64,
    /// Why there is no admissible zone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// The same as messages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conflicts_told: Vec<Told>,
    /// Which rules stand against each other then, and what it takes to let one go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<WhyNotRecord<String>>,
    /// What came of each step of edits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Step>,
    /// Other zones, where asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// Processor time of looking for them, seconds, all threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alternatives_cpu_s: Option<f64>,
    /// Veto prices, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
}

/// One solution after edits.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Its name in the file.
    pub step: String,
    /// How it ended.
    pub status: Status,
    /// F(x).
    pub objective: f64,
    /// No admissible zone has a larger F.
    pub bound: f64,
    /// (bound − F(x)) ÷ (bound − F(x⁰)); none where no admissible zone was found.
    pub gap: Option<f64>,
    /// Processor time, seconds, all threads.
    pub cpu_s: f64,
}

/// Another zone, apart from the one found and from those before it.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Alternative {
    /// F(x).
    pub objective: f64,
    /// No admissible zone that is as far apart has a larger F.
    pub bound: f64,
    /// (bound − F(x)) ÷ (bound − F(x⁰)).
    pub gap: f64,
    /// By how much F is less than that of the zone found.
    pub price: f64,
    /// Area of the units on the other side than in the zone found.
    pub differs: f64,
}

/// How many units are on the same side in every optimal zone.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Prices {
    /// Units that no lock holds.
    pub free: usize,
    /// Of these, those whose side is certain.
    pub decided: usize,
    /// Processor time, seconds, all threads.
    pub cpu_s: f64,
}

#[derive(Deserialize)]
struct EditRow {
    step: String,
    id: String,
    lock: Option<i8>,
    score: Option<f64>,
}

impl Instance {
    /// Solves the instance, in at most `time_limit` where there is one.
    #[must_use]
    pub fn solve(
        self,
        limits: &SolveParameters,
        time_limit: Option<Duration>,
        monitor: &dyn Monitor,
    ) -> NeutralSolution {
        let (units, problem) = self.into_problem(limits);
        let start = cpu_seconds();
        let deadline = Deadline::after(time_limit, monitor);
        let session = Session::new(problem, &deadline);
        let report = report(&session, cpu_seconds() - start);
        // A search cut short has not shown that anything stands in the way.
        let hopeless = session.solution().status == Status::Infeasible && !deadline.cancelled();
        let mut solved = NeutralSolution { units, session, report, alternatives: Vec::new() };
        if hopeless {
            solved.look_for_the_obstacle(monitor);
        }
        solved
    }
}

/// A share in percent, for people.
fn percent(share: Option<f64>) -> Param {
    share.map_or_else(
        || message!("not-known").as_param(),
        |share| format!("{:.4} %", 100.0 * share).as_param(),
    )
}

fn report(session: &Session, cpu_s: f64) -> NeutralReport {
    let (problem, solution) = (session.problem(), session.solution());
    let blocks = block_areas(problem, &solution.x);
    NeutralReport {
        status: solution.status,
        objective: solution.objective,
        bound: solution.bound,
        gap: solution.gap(),
        objective_before: solution.objective_before,
        area_before: sum(&problem.area, &problem.in_zone),
        area: sum(&problem.area, &solution.x),
        clusters: blocks.len(),
        small_clusters: blocks.iter().filter(|(area, locked)| *area < problem.min_block && !locked).count(),
        moved: solution.x.iter().zip(&problem.in_zone).filter(|(x, now)| x != now).count(),
        area_price: solution.proof.area_price,
        cpu_s,
        conflicts: solution.conflicts.iter().map(english).collect(),
        conflicts_told: solution.conflicts.iter().map(tell).collect(),
        why_not: None,
        edits: Vec::new(),
        alternatives: Vec::new(),
        alternatives_cpu_s: None,
        prices: None,
    }
}

impl NeutralSolution {
    /// What came out of the first solve, with what edits and prices added.
    #[must_use]
    pub fn report(&self) -> &NeutralReport {
        &self.report
    }

    /// Solves again after each step of the edits in `path` (step,id,lock,score; an empty field leaves what is), the rows of
    /// one step together and in at most `time_limit` each, and adds what came of it to the report. The zone becomes the last
    /// one.
    ///
    /// # Errors
    /// A file that cannot be read, a unit that is not there, a lock or score that makes no sense.
    pub fn edit(&mut self, path: &Path, time_limit: Option<Duration>, monitor: &dyn Monitor) -> Result<()> {
        let mut edits: Vec<EditRow> = Vec::new();
        let mut rows = Rows::open(path)?;
        while let Some(row) = rows.next()? {
            edits.push(row);
        }
        let Self { units: Units { names, score, stated }, session, report: all, .. } = self;
        // That no name is there twice was seen when they were read.
        let positions = names.positions().unwrap_or_default();
        let mut at = 0;
        for step in edits.chunk_by(|a, b| a.step == b.step) {
            let mut touched = Vec::with_capacity(step.len());
            let scored = step.iter().any(|row| row.score.is_some());
            for row in step {
                let Some(&unit) = positions.get(row.id.as_str()) else {
                    return Err(wrong(path, at, &message!("no-such-unit", unit = row.id)));
                };
                let i = unit as usize;
                if let Some(lock) = row.lock {
                    stated[i] = lock_of(lock).map_err(|what| wrong(path, at, &what))?;
                }
                if let Some(new) = row.score {
                    if !new.is_finite() {
                        return Err(wrong(path, at, &message!("score-not-finite", score = new)));
                    }
                    score[i] = new;
                }
                let lock = held(stated[i], score[i], session.problem().in_zone[i]);
                touched.push(Edit { unit, lock: Some(lock), value: None });
                at += 1;
            }
            let start = cpu_seconds();
            let deadline = Deadline::after(time_limit, monitor);
            if scored {
                session.change(
                    |problem| {
                        // The score to beat is the mean, so every unit's worth changes a little.
                        problem.value = values(&problem.area, score);
                        for edit in &touched {
                            let lock = &mut problem.lock[edit.unit as usize];
                            *lock = edit.lock.unwrap_or(*lock);
                        }
                    },
                    &deadline,
                );
            } else {
                session.edit(&touched, &deadline);
            }
            let cpu_s = cpu_seconds() - start;
            let now = session.solution();
            all.edits.push(Step {
                step: step[0].step.clone(),
                status: now.status,
                objective: now.objective,
                bound: now.bound,
                gap: now.gap(),
                cpu_s,
            });
        }
        Ok(())
    }

    /// Looks for up to `count` other zones that differ by at least `differ`, a share of the present area, and adds them to
    /// the report. An inadmissible zone has none.
    pub fn look_for_alternatives(&mut self, count: usize, differ: f64, monitor: &dyn Monitor) {
        let found_before = self.session.solution().objective;
        if count == 0 || self.session.solution().status == Status::Infeasible {
            return;
        }
        let start = cpu_seconds();
        let others = alternatives(&mut self.session, count, differ * self.report.area_before, monitor);
        if self.session.solution().objective > found_before {
            // One of them was better, and is the solution now.
            let edits = std::mem::take(&mut self.report.edits);
            self.report = NeutralReport { edits, ..report(&self.session, self.report.cpu_s) };
        }
        let (solution, area) = (self.session.solution(), &self.session.problem().area);
        for other in others {
            let apart: Vec<bool> = other.x.iter().zip(&solution.x).map(|(a, b)| a != b).collect();
            self.report.alternatives.push(Alternative {
                objective: other.objective,
                bound: other.bound,
                gap: other.gap().unwrap_or(1.0),
                price: solution.objective - other.objective,
                differs: sum(area, &apart),
            });
            self.alternatives.push(other.x);
        }
        self.report.alternatives_cpu_s = Some(cpu_seconds() - start);
    }

    /// Adds to the report which rules stand against each other.
    fn look_for_the_obstacle(&mut self, monitor: &dyn Monitor) {
        let Self { units, session, report, .. } = self;
        let problem = session.problem();
        let stated = |unit: usize| units.stated[unit] != Lock::Free;
        let name = |unit: u32| units.names.get(unit as usize).to_owned();
        report.why_not = why_not(problem, stated, monitor)
            .map(|found| crate::app::planning::why_not::record(&found, problem, false, name));
    }

    /// Writes verdict and veto price of every unit as id,verdict,price, and adds the figures to the report. The price of
    /// a locked unit is empty.
    ///
    /// # Errors
    /// A request to stop, or a file that cannot be written.
    pub fn write_prices(&mut self, out: &Path, monitor: &dyn Monitor) -> Result<()> {
        let start = cpu_seconds();
        let verdicts = self.session.verdicts(monitor)?;
        let cpu_s = cpu_seconds() - start;
        let mut text = String::from("id,verdict,price\n");
        let (mut free, mut decided) = (0_usize, 0_usize);
        for (unit, verdict) in verdicts.iter().enumerate() {
            let word = match verdict.side {
                Some(true) => "in",
                Some(false) => "out",
                None => "open",
            };
            let locked = self.session.problem().lock[unit] != Lock::Free;
            let price = if locked { String::new() } else { verdict.veto_price.to_string() };
            free += usize::from(!locked);
            decided += usize::from(!locked && verdict.side.is_some());
            text.push_str(&format!("{},{word},{price}\n", self.units.names.get(unit)));
        }
        write_file(out, text.as_bytes())?;
        self.report.prices = Some(Prices { free, decided, cpu_s });
        Ok(())
    }

    /// Writes the zone as id,in_zone, with a column alternative_1 … for each alternative.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        let mut text = String::from("id,in_zone");
        for nth in 1..=self.alternatives.len() {
            text.push_str(&format!(",alternative_{nth}"));
        }
        text.push('\n');
        for (unit, id) in self.units.names.iter().enumerate() {
            text.push_str(&format!("{id},{}", u8::from(self.session.solution().x[unit])));
            for other in &self.alternatives {
                text.push_str(if other[unit] { ",1" } else { ",0" });
            }
            text.push('\n');
        }
        write_file(out, text.as_bytes())
    }
}

/// Area of every block and whether it holds a unit that is locked in.
pub(crate) fn block_areas(problem: &Problem, x: &[bool]) -> Vec<(f64, bool)> {
    let mut parent: Vec<u32> = (0..x.len() as u32).collect();
    fn root(parent: &mut [u32], mut at: u32) -> u32 {
        while parent[at as usize] != at {
            parent[at as usize] = parent[parent[at as usize] as usize];
            at = parent[at as usize];
        }
        at
    }
    for link in problem.links.iter().filter(|l| l.contiguous && x[l.a as usize] && x[l.b as usize]) {
        let (a, b) = (root(&mut parent, link.a), root(&mut parent, link.b));
        parent[a.max(b) as usize] = a.min(b);
    }
    let mut found: std::collections::BTreeMap<u32, (f64, bool)> = std::collections::BTreeMap::new();
    for at in (0..x.len()).filter(|&at| x[at]) {
        let block = found.entry(root(&mut parent, at as u32)).or_default();
        block.0 += problem.area[at];
        block.1 |= problem.lock[at] == Lock::In;
    }
    found.into_values().collect()
}

/// Processor time of all threads so far; not a number where the system has no such clock, which JSON writes as null.
pub(crate) fn cpu_seconds() -> f64 {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
    }
    #[cfg(not(unix))]
    f64::NAN
}

impl NeutralReport {
    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// As a few lines for people.
    #[must_use]
    pub fn lines(&self) -> Vec<Message> {
        let mut lines = vec![
            message!("solved-status", status = status(self.status)),
            message!(
                "solved-objective",
                value = number(self.objective, 3),
                before = number(self.objective_before, 3)
            ),
            message!("solved-bound", bound = number(self.bound, 3)),
            message!("solved-gap", gap = percent(self.gap)),
            message!("solved-area", area = number(self.area, 3), before = number(self.area_before, 3)),
            message!("solved-clusters", count = self.clusters, small = self.small_clusters),
            message!("solved-moved", count = self.moved),
            message!("solved-cpu", seconds = number(self.cpu_s, 3)),
        ];
        lines.extend(self.edits.iter().map(|step| {
            message!(
                "solved-step",
                step = step.step,
                objective = number(step.objective, 3),
                gap = percent(step.gap),
                seconds = number(step.cpu_s, 4)
            )
        }));
        lines.extend((1_usize..).zip(&self.alternatives).map(|(id, other)| {
            message!(
                "solved-alternative",
                id = id,
                objective = number(other.objective, 3),
                bound = number(other.bound, 3),
                price = number(other.price, 3),
                differs = number(other.differs, 3)
            )
        }));
        lines.extend(self.prices.as_ref().map(|Prices { free, decided, cpu_s }| {
            message!("solved-prices", decided = decided, free = free, seconds = number(*cpu_s, 3))
        }));
        lines.extend(self.conflicts_told.iter().map(|why| message!("solved-conflict", why = why.message())));
        if let Some(obstacle) = &self.why_not {
            lines.push(message!("solved-why-not", why = obstacle.text.message()));
            let ways = obstacle.ways_out.iter();
            lines.extend(ways.map(|way| message!("solved-way-out", way = way.text.message())));
        }
        lines
    }
}

/// How the search ended, for people.
fn status(status: Status) -> Message {
    match status {
        Status::Optimal => message!("status-optimal"),
        Status::Feasible => message!("status-feasible"),
        Status::Stopped => message!("status-stopped"),
        Status::Infeasible => message!("status-infeasible"),
    }
}
