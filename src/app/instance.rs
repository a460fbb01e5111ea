//! A neutral instance of the bare problem: read from CSV, solved, written back.

use std::path::Path;

use parcels::optimise::{Edit, Link, Lock, Problem, Session, Status};
use parcels::progress::Monitor;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic::write_file;

/// Units and edges as read; every list holds one value a unit, in the file's order.
pub struct Instance {
    units: Units,
    area: Vec<f64>,
    in_zone: Vec<bool>,
    exposed: Vec<f64>,
    links: Vec<Link>,
}

/// What a problem does not hold of its units.
pub(super) struct Units {
    pub(super) names: Names,
    /// NaN where it is unknown.
    pub(super) score: Vec<f64>,
    /// The lock as stated, without what an unknown score asks.
    stated: Vec<Lock>,
}

/// A solved instance. The problem is in the session, and nowhere else: at a million units a copy would show.
pub struct Solved {
    units: Units,
    session: Session,
    report: Report,
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
    /// What came of each step of edits.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Step>,
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
    /// (bound − F(x)) ÷ (bound − F(x⁰)).
    pub gap: f64,
    /// Processor time, seconds, all threads.
    pub cpu_s: f64,
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
struct UnitRow<'a> {
    id: &'a str,
    area: f64,
    score: Option<f64>,
    in_zone: u8,
    #[serde(default)]
    lock: Option<i8>,
    #[serde(default)]
    exposed: Option<f64>,
}

#[derive(Deserialize)]
struct EdgeRow<'a> {
    i: &'a str,
    j: &'a str,
    w: f64,
}

/// A table, read row by row.
struct Rows<'a> {
    path: &'a Path,
    reader: csv::Reader<std::fs::File>,
    headers: csv::StringRecord,
    record: csv::StringRecord,
}

impl<'a> Rows<'a> {
    fn open(path: &'a Path) -> Result<Self> {
        let reading = || format!("reading {}", path.display());
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .context(ErrorKind::Unreadable, reading())?;
        let headers = reader.headers().context(ErrorKind::Unreadable, reading())?.clone();
        Ok(Self { path, reader, headers, record: csv::StringRecord::new() })
    }

    /// The next row, which borrows its texts; none at the end.
    fn next<'r, T: Deserialize<'r>>(&'r mut self) -> Result<Option<T>> {
        let reading = || format!("reading {}", self.path.display());
        if !self.reader.read_record(&mut self.record).context(ErrorKind::Unreadable, reading())? {
            return Ok(None);
        }
        self.record.deserialize(Some(&self.headers)).map(Some).context(ErrorKind::Unreadable, reading())
    }
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

/// A missing score leaves the unit where it is, as for a parcel.
fn held(stated: Lock, score: f64, in_zone: bool) -> Lock {
    match (stated, score.is_nan(), in_zone) {
        (Lock::Free, true, true) => Lock::In,
        (Lock::Free, true, false) => Lock::Out,
        (stated, _, _) => stated,
    }
}

/// Worth of holding each unit: area × (score − area-weighted mean score); 0 without a score.
fn values(area: &[f64], score: &[f64]) -> Vec<f64> {
    let known = || area.iter().zip(score).filter(|(_, s)| !s.is_nan());
    let tau = known().map(|(a, s)| a * s).sum::<f64>() / known().map(|(a, _)| a).sum::<f64>();
    let value = |(a, s): (&f64, &f64)| if s.is_nan() { 0.0 } else { a * (s - tau) };
    area.iter().zip(score).map(value).collect()
}

/// Total area of the units in `x`.
fn sum(area: &[f64], x: &[bool]) -> f64 {
    area.iter().zip(x).filter(|(_, x)| **x).map(|(a, _)| a).sum()
}

impl Instance {
    /// Reads units and edges. A missing score leaves the unit where it is, as for a parcel.
    ///
    /// # Errors
    /// A file that cannot be read, a number that makes no sense, an edge to a unit that is not there.
    pub fn read(units: &Path, edges: &Path) -> Result<Self> {
        let mut instance = Self::read_units(units)?;
        let names = &instance.units.names;
        let positions = names
            .positions()
            .map_err(|at| wrong(units, at, &format!("unit {} is there twice", names.get(at))))?;
        let mut rows = Rows::open(edges)?;
        let mut at = 0;
        while let Some(row) = rows.next::<EdgeRow<'_>>()? {
            let find = |id: &str| {
                positions.get(id).copied().ok_or_else(|| wrong(edges, at, &format!("there is no unit {id}")))
            };
            let (a, b) = (find(row.i)?, find(row.j)?);
            if !(row.w >= 0.0 && row.w.is_finite()) {
                return Err(wrong(edges, at, &format!("w {}: expected at least 0", row.w)));
            }
            if a != b && row.w > 0.0 {
                instance.links.push(Link { a: a.min(b), b: a.max(b), length: row.w, contiguous: true });
            }
            at += 1;
        }
        // A list that grows keeps up to as much again in reserve.
        instance.links.shrink_to_fit();
        Ok(instance)
    }

    fn read_units(units: &Path) -> Result<Self> {
        let mut instance = Self {
            units: Units { names: Names::default(), score: Vec::new(), stated: Vec::new() },
            area: Vec::new(),
            in_zone: Vec::new(),
            exposed: Vec::new(),
            links: Vec::new(),
        };
        let mut rows = Rows::open(units)?;
        let mut at = 0;
        while let Some(row) = rows.next::<UnitRow<'_>>()? {
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
            instance.units.names.push(row.id);
            instance.units.score.push(row.score.unwrap_or(f64::NAN));
            instance.units.stated.push(lock);
            instance.area.push(row.area);
            instance.in_zone.push(row.in_zone == 1);
            instance.exposed.push(row.exposed.unwrap_or(0.0));
            at += 1;
        }
        if at == 0 {
            return Err(Error::new(ErrorKind::Unreadable, format!("{} holds no units", units.display())));
        }
        Ok(instance)
    }

    /// The problem, and what it does not hold of the units.
    pub(super) fn into_problem(self, limits: &Limits) -> (Units, Problem) {
        let Self { units, area, in_zone, exposed, links } = self;
        let before = sum(&area, &in_zone);
        let lock = units
            .stated
            .iter()
            .zip(units.score.iter().zip(&in_zone))
            .map(|(stated, (score, in_zone))| held(*stated, *score, *in_zone))
            .collect();
        let problem = Problem {
            value: values(&area, &units.score),
            area,
            in_zone,
            lock,
            exposed,
            links,
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
        };
        (units, problem)
    }

    /// Solves the instance.
    #[must_use]
    pub fn solve(self, limits: &Limits, monitor: &dyn Monitor) -> Solved {
        let (units, problem) = self.into_problem(limits);
        let start = cpu_seconds();
        let session = Session::new(problem, monitor);
        let report = report(&session, cpu_seconds() - start);
        Solved { units, session, report }
    }
}

fn report(session: &Session, cpu_s: f64) -> Report {
    let (problem, solution) = (session.problem(), session.solution());
    let blocks = block_areas(problem, &solution.x);
    Report {
        status: solution.status,
        objective: solution.objective,
        bound: solution.bound,
        certified: solution.certified,
        gap: solution.gap(),
        objective_before: solution.objective_before,
        area_before: sum(&problem.area, &problem.in_zone),
        area: sum(&problem.area, &solution.x),
        clusters: blocks.len(),
        small_clusters: blocks.iter().filter(|(area, locked)| *area < problem.min_block && !locked).count(),
        moved: solution.x.iter().zip(&problem.in_zone).filter(|(x, now)| x != now).count(),
        area_price: solution.area_price,
        cpu_s,
        conflicts: solution.conflicts.clone(),
        edits: Vec::new(),
        prices: None,
    }
}

impl Solved {
    /// What came out of the first solve, with what edits and prices added.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Solves again after each step of the edits in `path` (step,id,lock,score; an empty field leaves what is), the rows of
    /// one step together, and adds what came of it to the report. The zone becomes the last one.
    ///
    /// # Errors
    /// A file that cannot be read, a unit that is not there, a lock or score that makes no sense.
    pub fn edit(&mut self, path: &Path, monitor: &dyn Monitor) -> Result<()> {
        let mut edits: Vec<EditRow> = Vec::new();
        let mut rows = Rows::open(path)?;
        while let Some(row) = rows.next()? {
            edits.push(row);
        }
        let Self { units: Units { names, score, stated }, session, report: all } = self;
        // That no name is there twice was seen when they were read.
        let positions = names.positions().unwrap_or_default();
        let mut at = 0;
        for step in edits.chunk_by(|a, b| a.step == b.step) {
            let mut touched = Vec::with_capacity(step.len());
            let scored = step.iter().any(|row| row.score.is_some());
            for row in step {
                let Some(&unit) = positions.get(row.id.as_str()) else {
                    return Err(wrong(path, at, &format!("there is no unit {}", row.id)));
                };
                let i = unit as usize;
                if let Some(lock) = row.lock {
                    stated[i] = lock_of(lock).map_err(|what| wrong(path, at, &what))?;
                }
                if let Some(new) = row.score {
                    if !new.is_finite() {
                        return Err(wrong(path, at, &format!("score {new} is no finite number")));
                    }
                    score[i] = new;
                }
                let lock = held(stated[i], score[i], session.problem().in_zone[i]);
                touched.push(Edit { unit, lock: Some(lock), value: None });
                at += 1;
            }
            let start = cpu_seconds();
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
                    monitor,
                );
            } else {
                session.edit(&touched, monitor);
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

    /// Writes the zone as id,in_zone.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        let mut text = String::from("id,in_zone\n");
        for (id, x) in self.units.names.iter().zip(&self.session.solution().x) {
            text.push_str(&format!("{id},{}\n", u8::from(*x)));
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
        if let Some(Prices { free, decided, cpu_s }) = self.prices {
            text.push_str(&format!("\nprices     {decided} of {free} units decided  cpu {cpu_s:.3} s"));
        }
        for conflict in &self.conflicts {
            text.push_str("\nconflict   ");
            text.push_str(conflict);
        }
        text
    }
}
