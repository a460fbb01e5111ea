//! A neutral instance of the bare problem: read from CSV, solved, written back.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use parcels::optimise::{Edit, Link, Lock, Problem, Session, Status, alternatives, why_not};
use parcels::plan::WhyNotRecord;
use parcels::progress::Monitor;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use super::deadline::Deadline;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic::write_file;

/// Units and edges as read; every list holds one value a unit, in the file's order.
#[derive(Clone)]
pub struct Instance {
    /// Position of each unit by its id.
    number: HashMap<String, u32>,
    /// The lock as stated, without what an unknown score asks.
    stated: Vec<Lock>,
    pub(super) ids: Vec<String>,
    area: Vec<f64>,
    pub(super) score: Vec<f64>,
    in_zone: Vec<bool>,
    lock: Vec<Lock>,
    exposed: Vec<f64>,
    links: Vec<Link>,
}

/// The parameters of one solve; areas and lengths in the instance's own units.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// λ.
    pub lambda: f64,
    /// κ.
    pub kappa: f64,
    /// Share of the present area.
    pub area_tolerance: f64,
    /// Least area of a block without a locked-in unit.
    pub min_block: f64,
    /// η.
    pub edge_factor: f64,
}

/// What came out of one solve.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How it ended.
    pub status: Status,
    /// F(x).
    pub objective: f64,
    /// No admissible zone has a larger F.
    pub bound: f64,
    /// The bound that prices, exits and flow alone prove; branch and bound may have brought `bound` further down.
    pub certified: f64,
    /// (bound − F(x)) ÷ (bound − F(x⁰)).
    pub gap: f64,
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
    #[serde(skip)]
    x: Vec<bool>,
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
    /// (bound − F(x)) ÷ (bound − F(x⁰)).
    pub gap: f64,
    /// Processor time, seconds, all threads.
    pub cpu_s: f64,
}

/// Another zone, apart from the one found and from those before it.
#[derive(Debug, Clone, Serialize)]
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
    #[serde(skip)]
    x: Vec<bool>,
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

#[derive(Deserialize)]
struct UnitRow {
    id: String,
    area: f64,
    score: Option<f64>,
    in_zone: u8,
    #[serde(default)]
    lock: Option<i8>,
    #[serde(default)]
    exposed: Option<f64>,
}

#[derive(Deserialize)]
struct EdgeRow {
    i: String,
    j: String,
    w: f64,
}

fn rows<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<Vec<T>> {
    let reading = || format!("reading {}", path.display());
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .context(ErrorKind::Unreadable, reading())?;
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        rows.push(row.context(ErrorKind::Unreadable, reading())?);
    }
    Ok(rows)
}

fn wrong(path: &Path, row: usize, what: &str) -> Error {
    Error::new(ErrorKind::Unreadable, format!("{}, data row {}: {what}", path.display(), row + 1))
}

fn lock_of(number: i8) -> std::result::Result<Lock, String> {
    match number {
        1 => Ok(Lock::In),
        0 => Ok(Lock::Free),
        -1 => Ok(Lock::Out),
        other => Err(format!("lock {other} (expected 1, 0 or -1)")),
    }
}

impl Instance {
    /// A missing score leaves the unit where it is, as for a parcel.
    fn held(stated: Lock, score: f64, in_zone: bool) -> Lock {
        match (stated, score.is_nan(), in_zone) {
            (Lock::Free, true, true) => Lock::In,
            (Lock::Free, true, false) => Lock::Out,
            (stated, _, _) => stated,
        }
    }

    /// Reads units and edges. A missing score leaves the unit where it is, as for a parcel.
    ///
    /// # Errors
    /// A file that cannot be read, a number that makes no sense, an edge to a unit that is not there.
    pub fn read(units: &Path, edges: &Path) -> Result<Self> {
        let unit_rows: Vec<UnitRow> = rows(units)?;
        if unit_rows.is_empty() {
            return Err(Error::new(ErrorKind::Unreadable, format!("{} holds no units", units.display())));
        }
        let mut number = HashMap::with_capacity(unit_rows.len());
        let mut instance = Self {
            number: HashMap::new(),
            stated: Vec::new(),
            ids: Vec::with_capacity(unit_rows.len()),
            area: Vec::new(),
            score: Vec::new(),
            in_zone: Vec::new(),
            lock: Vec::new(),
            exposed: Vec::new(),
            links: Vec::new(),
        };
        for (at, row) in unit_rows.into_iter().enumerate() {
            if !(row.area > 0.0 && row.area.is_finite()) {
                return Err(wrong(
                    units,
                    at,
                    &format!("area {} of unit {}: expected above 0", row.area, row.id),
                ));
            }
            let lock = lock_of(row.lock.unwrap_or(0))
                .map_err(|what| wrong(units, at, &format!("{what} of unit {}", row.id)))?;
            if row.in_zone > 1 {
                return Err(wrong(
                    units,
                    at,
                    &format!("in_zone {} of unit {}: expected 0 or 1", row.in_zone, row.id),
                ));
            }
            if row.score.is_some_and(|s| !s.is_finite())
                || row.exposed.is_some_and(|e| !(e >= 0.0 && e.is_finite()))
            {
                return Err(wrong(
                    units,
                    at,
                    &format!("score or exposed length of unit {} is no finite number", row.id),
                ));
            }
            let in_zone = row.in_zone == 1;
            if number.insert(row.id.clone(), at as u32).is_some() {
                return Err(wrong(units, at, &format!("unit {} is there twice", row.id)));
            }
            instance.ids.push(row.id);
            instance.area.push(row.area);
            instance.score.push(row.score.unwrap_or(f64::NAN));
            instance.in_zone.push(in_zone);
            instance.stated.push(lock);
            instance.lock.push(Self::held(lock, row.score.unwrap_or(f64::NAN), in_zone));
            instance.exposed.push(row.exposed.unwrap_or(0.0));
        }
        for (at, row) in rows::<EdgeRow>(edges)?.into_iter().enumerate() {
            let find = |id: &str| {
                number.get(id).copied().ok_or_else(|| wrong(edges, at, &format!("there is no unit {id}")))
            };
            let (a, b) = (find(&row.i)?, find(&row.j)?);
            if !(row.w >= 0.0 && row.w.is_finite()) {
                return Err(wrong(edges, at, &format!("w {}: expected at least 0", row.w)));
            }
            if a != b && row.w > 0.0 {
                instance.links.push(Link { a: a.min(b), b: a.max(b), length: row.w, contiguous: true });
            }
        }
        instance.number = number;
        Ok(instance)
    }

    pub(super) fn problem(&self, limits: &Limits) -> Problem {
        let before: f64 = self.area.iter().zip(&self.in_zone).filter(|(_, now)| **now).map(|(a, _)| a).sum();
        Problem {
            value: self.values(),
            area: self.area.clone(),
            in_zone: self.in_zone.clone(),
            lock: self.lock.clone(),
            exposed: self.exposed.clone(),
            links: self.links.clone(),
            lambda: limits.lambda,
            edge_factor: limits.edge_factor,
            kappa: limits.kappa,
            area_min: before * (1.0 - limits.area_tolerance),
            area_max: before * (1.0 + limits.area_tolerance),
            moved_area_max: f64::INFINITY,
            moved_units_max: usize::MAX,
            min_block: limits.min_block,
            small_block_price: f64::INFINITY,
            blocks_max: usize::MAX,
            concentration_min: 0.0,
            limits: Vec::new(),
        }
    }

    /// Worth of holding each unit: area × (score − area-weighted mean score); 0 without a score.
    fn values(&self) -> Vec<f64> {
        let known = || self.area.iter().zip(&self.score).filter(|(_, s)| !s.is_nan());
        let tau = known().map(|(a, s)| a * s).sum::<f64>() / known().map(|(a, _)| a).sum::<f64>();
        let value = |(a, s): (&f64, &f64)| if s.is_nan() { 0.0 } else { a * (s - tau) };
        self.area.iter().zip(&self.score).map(value).collect()
    }

    /// Solves the instance, in at most `time_limit` where there is one.
    #[must_use]
    pub fn solve(
        &self,
        limits: &Limits,
        time_limit: Option<Duration>,
        monitor: &dyn Monitor,
    ) -> (Session, Report) {
        let problem = self.problem(limits);
        let start = cpu_seconds();
        let session = Session::new(problem, &Deadline::after(time_limit, monitor));
        let report = self.report(&session, cpu_seconds() - start);
        (session, report)
    }

    fn report(&self, session: &Session, cpu_s: f64) -> Report {
        let (problem, solution) = (session.problem(), session.solution());
        let sum = |x: &[bool]| self.area.iter().zip(x).filter(|(_, x)| **x).map(|(a, _)| a).sum::<f64>();
        let blocks = block_areas(problem, &solution.x);
        Report {
            status: solution.status,
            objective: solution.objective,
            bound: solution.bound,
            certified: solution.certified,
            gap: solution.gap(),
            objective_before: solution.objective_before,
            area_before: sum(&self.in_zone),
            area: sum(&solution.x),
            clusters: blocks.len(),
            small_clusters: blocks
                .iter()
                .filter(|(area, locked)| *area < problem.min_block && !locked)
                .count(),
            moved: solution.x.iter().zip(&self.in_zone).filter(|(x, now)| x != now).count(),
            area_price: solution.area_price,
            cpu_s,
            conflicts: solution.conflicts.clone(),
            why_not: None,
            edits: Vec::new(),
            alternatives: Vec::new(),
            alternatives_cpu_s: None,
            prices: None,
            x: solution.x.clone(),
        }
    }

    /// Solves again after each step of the edits in `path` (step,id,lock,score; an empty field leaves what is), the rows of
    /// one step together and in at most `time_limit` each, and adds what came of it to `report`, whose zone becomes the
    /// last one.
    ///
    /// # Errors
    /// A file that cannot be read, a unit that is not there, a lock or score that makes no sense.
    pub fn edit(
        &mut self,
        session: &mut Session,
        report: &mut Report,
        path: &Path,
        time_limit: Option<Duration>,
        monitor: &dyn Monitor,
    ) -> Result<()> {
        let edits: Vec<EditRow> = rows(path)?;
        let mut at = 0;
        for step in edits.chunk_by(|a, b| a.step == b.step) {
            let mut touched = Vec::with_capacity(step.len());
            let scored = step.iter().any(|row| row.score.is_some());
            for row in step {
                let Some(&unit) = self.number.get(&row.id) else {
                    return Err(wrong(path, at, &format!("there is no unit {}", row.id)));
                };
                let i = unit as usize;
                if let Some(lock) = row.lock {
                    self.stated[i] = lock_of(lock).map_err(|what| wrong(path, at, &what))?;
                }
                if let Some(score) = row.score {
                    if !score.is_finite() {
                        return Err(wrong(path, at, &format!("score {score} is no finite number")));
                    }
                    self.score[i] = score;
                }
                self.lock[i] = Self::held(self.stated[i], self.score[i], self.in_zone[i]);
                touched.push(Edit { unit, lock: Some(self.lock[i]), value: None });
                at += 1;
            }
            let start = cpu_seconds();
            let deadline = Deadline::after(time_limit, monitor);
            if scored {
                // The score to beat is the mean, so every unit's worth changes a little.
                let (value, lock) = (self.values(), self.lock.clone());
                session.change(
                    |problem| {
                        problem.value = value;
                        problem.lock = lock;
                    },
                    &deadline,
                );
            } else {
                session.edit(&touched, &deadline);
            }
            let cpu_s = cpu_seconds() - start;
            let now = self.report(session, cpu_s);
            report.edits.push(Step {
                step: step[0].step.clone(),
                status: now.status,
                objective: now.objective,
                bound: now.bound,
                gap: now.gap,
                cpu_s,
            });
            report.x = now.x;
        }
        Ok(())
    }

    /// Looks for up to `count` other zones that differ by at least `differ`, a share of the present area, and adds them to
    /// `report`. An inadmissible zone has none.
    pub fn alternatives(
        &self,
        session: &Session,
        report: &mut Report,
        count: usize,
        differ: f64,
        monitor: &dyn Monitor,
    ) {
        let solution = session.solution();
        if count == 0 || solution.status == Status::Infeasible {
            return;
        }
        let start = cpu_seconds();
        let apart = differ * report.area_before;
        let area = &session.problem().area;
        for other in alternatives(session, count, apart, monitor) {
            let differs = (0..area.len()).filter(|&i| other.x[i] != solution.x[i]).map(|i| area[i]).sum();
            report.alternatives.push(Alternative {
                objective: other.objective,
                bound: other.bound,
                gap: other.gap(),
                price: solution.objective - other.objective,
                differs,
                x: other.x,
            });
        }
        report.alternatives_cpu_s = Some(cpu_seconds() - start);
    }

    /// Where no admissible zone was found, adds to `report` which rules stand against each other.
    pub fn why_not(&self, session: &Session, report: &mut Report, monitor: &dyn Monitor) {
        if session.solution().status != Status::Infeasible {
            return;
        }
        let problem = session.problem();
        let stated = |unit: usize| self.stated[unit] != Lock::Free;
        report.why_not = why_not(problem, stated, monitor)
            .map(|found| super::why_not::record(&found, problem, "", |unit| self.ids[unit as usize].clone()));
    }

    /// Writes verdict and veto price of every unit as id,verdict,price, and adds the figures to `report`. The price of a
    /// locked unit is empty.
    ///
    /// # Errors
    /// A request to stop, or a file that cannot be written.
    pub fn write_prices(
        &self,
        session: &mut Session,
        report: &mut Report,
        out: &Path,
        monitor: &dyn Monitor,
    ) -> Result<()> {
        let start = cpu_seconds();
        let verdicts = session.verdicts(monitor)?;
        let cpu_s = cpu_seconds() - start;
        let mut text = String::from("id,verdict,price\n");
        let (mut free, mut decided) = (0_usize, 0_usize);
        for (unit, verdict) in verdicts.iter().enumerate() {
            let word = match verdict.side {
                Some(true) => "in",
                Some(false) => "out",
                None => "open",
            };
            let locked = session.problem().lock[unit] != Lock::Free;
            let price = if locked { String::new() } else { verdict.veto_price.to_string() };
            free += usize::from(!locked);
            decided += usize::from(!locked && verdict.side.is_some());
            text.push_str(&format!("{},{word},{price}\n", self.ids[unit]));
        }
        write_file(out, text.as_bytes())?;
        report.prices = Some(Prices { free, decided, cpu_s });
        Ok(())
    }

    /// Writes the zone of `report` as id,in_zone, with a column for each alternative.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, report: &Report, out: &Path) -> Result<()> {
        let mut text = String::from("id,in_zone");
        for nth in 1..=report.alternatives.len() {
            text.push_str(&format!(",alternative_{nth}"));
        }
        text.push('\n');
        for (unit, id) in self.ids.iter().enumerate() {
            text.push_str(&format!("{id},{}", u8::from(report.x[unit])));
            for other in &report.alternatives {
                text.push_str(if other.x[unit] { ",1" } else { ",0" });
            }
            text.push('\n');
        }
        write_file(out, text.as_bytes())
    }
}

/// Area of every block and whether it holds a unit that is locked in.
pub(super) fn block_areas(problem: &Problem, x: &[bool]) -> Vec<(f64, bool)> {
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

/// Processor time of all threads so far.
pub(super) fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

impl Report {
    /// As one JSON object.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// As a few lines for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "status     {}\nobjective  {:.3}  (now {:.3})\nbound      {:.3}\ngap        {:.4} %\narea       {:.3}  (now {:.3})\nclusters   {}  ({} small)\nmoved      {}\ncpu        {:.3} s",
            serde_json::to_value(self.status)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default(),
            self.objective,
            self.objective_before,
            self.bound,
            100.0 * self.gap,
            self.area,
            self.area_before,
            self.clusters,
            self.small_clusters,
            self.moved,
            self.cpu_s,
        );
        for step in &self.edits {
            text.push_str(&format!(
                "\nstep {}     objective {:.3}  gap {:.4} %  cpu {:.4} s",
                step.step,
                step.objective,
                100.0 * step.gap,
                step.cpu_s
            ));
        }
        for (nth, other) in self.alternatives.iter().enumerate() {
            text.push_str(&format!(
                "\nother {}    objective {:.3}  at most {:.3}  costs {:.3}  differs by {:.3}",
                nth + 1,
                other.objective,
                other.bound,
                other.price,
                other.differs
            ));
        }
        if let Some(Prices { free, decided, cpu_s }) = self.prices {
            text.push_str(&format!("\nprices     {decided} of {free} units decided  cpu {cpu_s:.3} s"));
        }
        for conflict in &self.conflicts {
            text.push_str("\nconflict   ");
            text.push_str(conflict);
        }
        if let Some(obstacle) = &self.why_not {
            text.push_str(&format!("\nwhy not    {}", obstacle.text.en));
            for way in &obstacle.ways_out {
                text.push_str(&format!("\nway out    {}", way.text.en));
            }
        }
        text
    }
}
