//! The path over years: what a policy moves each year under its yearly cap, and how much of what could be gained at once is
//! reached after one, two, three years.
//!
//! What each year asks for stands in [`parcels::years`]. Here the years are walked: from files into a folder of plans, each
//! judged like any other, or from memory for a page.
//!
//! What a zone has gained is measured with one yardstick all along the path: F under the first year's rules without what
//! moving costs (κ). A year that moved something has paid for that; what it holds is worth the same, however it got there.

use std::path::Path;

use parcels::blocks::Blocks;
use parcels::message;
use parcels::message::{Message, number};
use parcels::optimise::{Compiled, PlanInputs, Problem, Solution, Status, compile, solve};
use parcels::plan::PlanRecord;
use parcels::policy::Policy;
use parcels::progress::{Monitor, go_on};
use parcels::units::{M2_PER_HA, SquareMetres};
use parcels::validate::{Issue, Severity};
use parcels::verify::Finding;
use parcels::worth::mean_score;
use parcels::years::{Start, share_reached, uncapped};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::planning::deadline::{Deadline, StageLimit};
use crate::app::planning::plan::{PlanRequest, make};
use crate::app::planning::prepare::{LoadedPolicy, Prepared, Stopwatch, load_policy, misfit, prepare};
use crate::app::planning::preview::PreviewSession;
use crate::app::schemas;
use crate::error::{Context as _, ErrorKind, Result};
use crate::io::atomic::write_file;
use crate::io::atomic_output::{self, AtomicOutput};
use crate::io::write::write_plan;
use crate::messages::{Language, Reader, columns, render};

/// Most years of a path; by then it has come to rest.
pub const YEARS_MAX: usize = 30;

/// The schema of `years.json`.
const SCHEMA: &str = "lianpian.years/1";
/// By this file a folder of years is known.
const JSON: &str = "years.json";
const CSV: &str = "years.csv";

/// Parcels that come in, or go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct MovedLand {
    /// How many.
    pub parcels: usize,
    /// Their area, m², on the policy's basis.
    pub area_m2: f64,
}

/// What a zone comes to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ZoneFigures {
    /// Its area, m², on the policy's basis.
    pub area_m2: f64,
    /// Area-weighted mean of the known scores.
    pub score: Option<f64>,
    /// Its concentration index.
    pub concentration: f64,
    /// Number of its blocks.
    pub blocks: usize,
    /// What holding it is worth, score · ha: F under the first year's rules, without what moving costs.
    pub worth: f64,
    /// How much of what all at once would gain in worth it has gained; none where nothing is to be gained that way. Above 1
    /// where later years find worth moving on what all at once could not pay for: a year does not pay again for what the years
    /// before it moved.
    pub gain_share: Option<f64>,
}

/// A plan on the path.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct YearPlan {
    /// How the search ended.
    #[schema(value_type = schemas::Status)]
    pub status: Status,
    /// F of the plan, with what it moves, score · ha.
    pub objective: f64,
    /// The proven share of the achievable improvement that may be missing.
    pub gap: Option<f64>,
    /// What comes in.
    pub moved_in: MovedLand,
    /// What goes out.
    pub moved_out: MovedLand,
    /// The zone it leads to.
    pub zone: ZoneFigures,
}

/// One year.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Year {
    /// Which, from 1.
    pub year: usize,
    /// Its plan.
    #[serde(flatten)]
    pub step: YearPlan,
}

/// One year with the parcels that move in it, by their place in the layer, from 1, as features are.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct YearMoves {
    /// What it comes to.
    #[serde(flatten)]
    pub year: Year,
    /// Parcels that come in this year, ascending.
    pub enter: Vec<u32>,
    /// Parcels that go out this year, ascending.
    pub leave: Vec<u32>,
}

/// Why a path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// No more years were asked for.
    Asked,
    /// Its last year moves nothing: nothing more pays under these rules.
    Settled,
    /// Its last year has no admissible plan.
    Infeasible,
}

/// The path of a scenario, from memory.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Years {
    /// The zone it sets out from.
    pub today: ZoneFigures,
    /// Year by year.
    pub years: Vec<YearMoves>,
    /// The same policy, but as much moves at once as pays.
    pub uncapped: YearPlan,
    /// Why it ends.
    pub ended: End,
}

/// `years.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearsRecord {
    /// The schema.
    pub schema: &'static str,
    /// The version that wrote it.
    pub version: &'static str,
    /// SHA-256 of the first year's policy.
    pub policy: String,
    /// Its name.
    pub policy_name: String,
    /// How many years were asked for.
    pub asked: usize,
    /// The zone the path sets out from.
    pub today: ZoneFigures,
    /// Year by year; the plan of year N stands in the folder `year-N`.
    pub years: Vec<Year>,
    /// The same policy, but as much moves at once as pays.
    pub uncapped: YearPlan,
    /// Why it ends.
    pub ended: End,
}

/// What came of it.
pub struct YearsReport {
    /// `years.json`.
    pub record: YearsRecord,
    /// What verification found, with the year; empty when every plan stands.
    pub findings: Vec<(usize, Finding)>,
    /// What was wrong with the input.
    pub issues: Vec<Issue>,
}

impl YearsReport {
    /// Whether every year's plan stands.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.findings.iter().all(|(_, f)| f.severity != Severity::Error)
    }
}

/// The first year's rules and yardstick.
struct Route {
    policy: Policy,
    start: Start,
    /// The first year's problem without κ.
    yardstick: Problem,
    area_m2: Vec<f64>,
    today: ZoneFigures,
}

impl Route {
    fn new(prepared: &Prepared, policy: &Policy) -> Result<Self> {
        let Compiled { problem, area_m2, .. } = compiled(prepared, policy)?;
        let today = problem.in_zone.clone();
        let start = Start::of(&prepared.layer, &prepared.adjacency, &area_m2);
        let yardstick = Problem { kappa: 0.0, ..problem };
        let nothing = ZoneFigures {
            area_m2: 0.0,
            score: None,
            concentration: 0.0,
            blocks: 0,
            worth: 0.0,
            gain_share: None,
        };
        let mut route = Self { policy: policy.clone(), start, yardstick, area_m2, today: nothing };
        route.today = route.zone(prepared, &today);
        Ok(route)
    }

    /// The policy of the year that sets out from `zone`.
    fn later(&self, zone: &ZoneFigures) -> Policy {
        self.start.later(&self.policy, zone.concentration)
    }

    /// The problem of as much at once as pays.
    fn uncapped(&self, prepared: &Prepared) -> Result<Problem> {
        Ok(compiled(prepared, &uncapped(&self.policy))?.problem)
    }

    fn total_m2(&self, x: impl Iterator<Item = bool>) -> f64 {
        self.area_m2.iter().zip(x).filter(|(_, inside)| *inside).fold(0.0, |sum, (area, _)| sum + area)
    }

    fn zone(&self, prepared: &Prepared, x: &[bool]) -> ZoneFigures {
        let concentration = Blocks::new(&prepared.adjacency, x, &self.area_m2).concentration(0.0);
        ZoneFigures {
            area_m2: self.total_m2(x.iter().copied()),
            score: mean_score(&self.area_m2, &prepared.scores.score, |at| x[at]),
            concentration: concentration.index,
            blocks: concentration.blocks,
            worth: self.yardstick.objective(x),
            gain_share: None,
        }
    }

    fn moved(&self, before: &[bool], after: &[bool], to: bool) -> MovedLand {
        let moves = || before.iter().zip(after).map(|(now, then)| now != then && *then == to);
        MovedLand { parcels: moves().filter(|m| *m).count(), area_m2: self.total_m2(moves()) }
    }

    fn step(&self, prepared: &Prepared, before: &[bool], found: Found<'_>) -> YearPlan {
        YearPlan {
            status: found.status,
            objective: found.objective,
            gap: found.gap,
            moved_in: self.moved(before, found.after, true),
            moved_out: self.moved(before, found.after, false),
            zone: self.zone(prepared, found.after),
        }
    }
}

/// A plan, however it was found.
#[derive(Clone, Copy)]
struct Found<'a> {
    status: Status,
    objective: f64,
    gap: Option<f64>,
    after: &'a [bool],
}

impl<'a> Found<'a> {
    fn in_solution(solution: &'a Solution) -> Self {
        let Solution { status, objective, ref x, .. } = *solution;
        Self { status, objective, gap: solution.gap(), after: x }
    }

    fn in_record(record: &PlanRecord, after: &'a [bool]) -> Self {
        let of = &record.objective;
        Self { status: of.status, objective: of.value, gap: of.gap, after }
    }
}

impl YearPlan {
    /// Why the path ends with this step, if it does.
    fn ends(&self) -> Option<End> {
        match (self.status, self.moved_in.parcels + self.moved_out.parcels) {
            (Status::Infeasible, _) => Some(End::Infeasible),
            (_, 0) => Some(End::Settled),
            _ => None,
        }
    }
}

/// Says of every zone how much of the gain it has reached.
fn shares<'a>(
    today: &mut ZoneFigures,
    uncapped: &mut YearPlan,
    steps: impl Iterator<Item = &'a mut YearPlan>,
) {
    let (start, goal) = (today.worth, uncapped.zone.worth);
    // The least bad of plans that all break a rule is no goal.
    let comparable = uncapped.status != Status::Infeasible;
    let share = |zone: &mut ZoneFigures| {
        zone.gain_share = share_reached(start, zone.worth, goal).filter(|_| comparable);
    };
    share(today);
    share(&mut uncapped.zone);
    steps.for_each(|step| share(&mut step.zone));
}

fn compiled(prepared: &Prepared, policy: &Policy) -> Result<Compiled> {
    compiled_from(prepared, &prepared.layer, policy)
}

fn compiled_from(prepared: &Prepared, layer: &parcels::parcel::Layer, policy: &Policy) -> Result<Compiled> {
    compile(&PlanInputs { layer, ..prepared.inputs() }, policy)
        .map_err(|e| misfit(message!("fitting-policy"), e))
}

/// Plans year after year and writes a folder with every year's plan, which appears as a whole or not at all. The path ends
/// early with a year that moves nothing, or has no admissible plan; that year's plan is written too.
///
/// # Errors
/// As [`crate::app::planning::plan::plan`].
pub fn plan_years(request: &PlanRequest, years: usize, monitor: &dyn Monitor) -> Result<YearsReport> {
    let own = |name: &str| name == JSON || name == CSV || name.starts_with("year-");
    atomic_output::may_replace(&request.out, &message!("plans-of-years"), JSON, &own)?;
    let mut watch = Stopwatch::start();
    // Every year's folder lies at the same depth.
    let mut loaded = load_policy(&request.policy)?.planned_into(&request.out.join("year-1"));
    let stages = StageLimit::around(request.search.time_limit, monitor);
    let mut prepared = prepare(&request.input, &request.options, &loaded, &mut watch, &stages)
        .map_err(|error| stages.explained(error))?;
    let route = Route::new(&prepared, &loaded.policy)?;
    let staging = AtomicOutput::begin(&request.out)?;
    let (policy, policy_name) = (loaded.sha256.clone(), loaded.policy.name.clone());

    monitor.step("uncapped", 0);
    let deadline = Deadline::after(request.search.time_limit, monitor);
    let goal = solve(&route.uncapped(&prepared)?, &deadline);
    go_on(monitor)?;
    let mut zone = route.yardstick.in_zone.clone();
    let mut uncapped = route.step(&prepared, &zone, Found::in_solution(&goal));

    let (mut steps, mut findings, mut ended) = (Vec::new(), Vec::new(), End::Asked);
    for year in 1..=years {
        let folder = staging.path().join(format!("year-{year}"));
        let (record, found, after) = make(&loaded, &prepared, request.search, &mut watch, monitor, |out| {
            monitor.step("write", 0);
            write_plan(&folder, out, monitor)?;
            Ok(out.in_zone_after.to_vec())
        })?;
        let step = route.step(&prepared, &zone, Found::in_record(&record, &after));
        findings.extend(found.into_iter().map(|finding| (year, finding)));
        let end = step.ends();
        let later = route.later(&step.zone);
        steps.push(Year { year, step });
        if let Some(end) = end {
            ended = end;
            break;
        }
        prepared = Prepared { layer: prepared.layer.with_zone(&after), ..prepared };
        let LoadedPolicy { folder, from_plan, .. } = loaded;
        loaded = LoadedPolicy { folder, from_plan, ..LoadedPolicy::written(&later)? };
        zone = after;
        watch = Stopwatch::start();
    }
    let mut today = route.today;
    shares(&mut today, &mut uncapped, steps.iter_mut().map(|year| &mut year.step));
    let record = YearsRecord {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        policy,
        policy_name,
        asked: years,
        today,
        years: steps,
        uncapped,
        ended,
    };
    write_tables(staging.path(), &record)?;
    go_on(monitor)?;
    staging.commit_folder()?;
    Ok(YearsReport { record, findings, issues: prepared.issues })
}

fn write_tables(folder: &Path, record: &YearsRecord) -> Result<()> {
    let mut json =
        serde_json::to_vec_pretty(record).context(ErrorKind::Unwritable, message!("writing-years-json"))?;
    json.push(b'\n');
    write_file(&folder.join(JSON), &json)?;
    let putting = message!("putting-years-together");
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut row = |cells: &[String]| table.write_record(cells).context(ErrorKind::Unwritable, &putting);
    row(&[
        "year",
        "status",
        "parcels_in",
        "ha_in",
        "parcels_out",
        "ha_out",
        "area_ha",
        "score",
        "concentration",
        "blocks",
        "objective",
        "worth",
        "gain_share",
    ]
    .map(str::to_owned))?;
    for (name, step, zone) in record.rows() {
        let of = |cell: fn(&YearPlan) -> String| step.map(cell).unwrap_or_default();
        row(&[
            name,
            of(|s| status_word(s.status).to_owned()),
            of(|s| s.moved_in.parcels.to_string()),
            of(|s| (s.moved_in.area_m2 / M2_PER_HA).to_string()),
            of(|s| s.moved_out.parcels.to_string()),
            of(|s| (s.moved_out.area_m2 / M2_PER_HA).to_string()),
            (zone.area_m2 / M2_PER_HA).to_string(),
            zone.score.map_or_else(String::new, |s| s.to_string()),
            zone.concentration.to_string(),
            zone.blocks.to_string(),
            of(|s| s.objective.to_string()),
            zone.worth.to_string(),
            zone.gain_share.map_or_else(String::new, |s| s.to_string()),
        ])?;
    }
    let bytes = table.into_inner().context(ErrorKind::Unwritable, &putting)?;
    write_file(&folder.join(CSV), &bytes)
}

fn status_word(status: Status) -> &'static str {
    match status {
        Status::Optimal => "optimal",
        Status::Feasible => "feasible",
        Status::Stopped => "stopped",
        Status::Infeasible => "infeasible",
    }
}

impl YearsRecord {
    /// Today, every year, and all at once: name, plan, zone.
    fn rows(&self) -> Vec<(String, Option<&YearPlan>, &ZoneFigures)> {
        let mut rows = vec![("0".to_owned(), None, &self.today)];
        rows.extend(self.years.iter().map(|y| (y.year.to_string(), Some(&y.step), &y.step.zone)));
        rows.push(("uncapped".to_owned(), Some(&self.uncapped), &self.uncapped.zone));
        rows
    }

    /// The table for people, with why the path ends.
    #[must_use]
    pub fn to_text(&self, language: Language) -> String {
        let words = |message: &Message| render(message, language, Reader::Terminal);
        let head = [
            message!("years-year"),
            message!("years-in"),
            message!("years-out"),
            message!("years-area"),
            message!("years-score"),
            message!("years-index"),
            message!("years-blocks"),
            message!("years-gain"),
        ];
        let ha = |m2: f64| words(&message!("in-ha", value = number(SquareMetres(m2).ha(), 2)));
        let mut rows: Vec<Vec<String>> = vec![head.iter().map(words).collect()];
        for (name, step, zone) in self.rows() {
            let moved = |of: fn(&YearPlan) -> MovedLand| {
                let some = |m: MovedLand| format!("{} ({})", m.parcels, ha(m.area_m2));
                step.map(of).map_or_else(|| "–".to_owned(), some)
            };
            let name = match name.as_str() {
                "0" => words(&message!("years-today")),
                "uncapped" => words(&message!("years-uncapped")),
                _ => name,
            };
            rows.push(vec![
                name,
                moved(|s| s.moved_in),
                moved(|s| s.moved_out),
                ha(zone.area_m2),
                zone.score.map_or_else(|| "–".to_owned(), |s| format!("{s:.2}")),
                format!("{:.2}", zone.concentration),
                zone.blocks.to_string(),
                zone.gain_share.map_or_else(|| "–".to_owned(), |s| format!("{:.1} %", 100.0 * s)),
            ]);
        }
        let mut lines =
            vec![self.policy_name.clone(), columns(&rows, head.len()), words(&message!("years-gain-means"))];
        lines.extend(self.ending().iter().map(words));
        lines.join("\n")
    }

    /// Why the path ends, where it was not just that no more years were asked for.
    fn ending(&self) -> Vec<Message> {
        let last = self.years.last().map_or(0, |year| year.year);
        match self.ended {
            End::Asked => Vec::new(),
            End::Settled => vec![message!("years-settled", year = last)],
            End::Infeasible => {
                let mut said = vec![message!("years-infeasible", year = last)];
                if self.uncapped.status != Status::Infeasible {
                    said.push(message!("years-raise-cap"));
                }
                said
            }
        }
    }
}

impl PreviewSession {
    /// The path of `policy` over so many years at most, from memory; each year is a sketch of its plan. Ends early as
    /// [`plan_years`] does.
    ///
    /// # Errors
    /// A policy that does not fit the parcels, or a request to stop.
    pub fn years(&self, policy: &Policy, years: usize, monitor: &dyn Monitor) -> Result<Years> {
        let prepared = self.prepared();
        let route = Route::new(prepared, policy)?;
        let mut zone = route.yardstick.in_zone.clone();
        let goal = route.uncapped(prepared)?;
        let mut session = self.session();
        let mut uncapped = {
            let mut session = session.clone();
            let found = session.resolve(|problem| *problem = goal, monitor);
            go_on(monitor)?;
            route.step(prepared, &zone, Found::in_solution(found))
        };
        let (mut steps, mut ended): (Vec<YearMoves>, _) = (Vec::new(), End::Asked);
        for year in 1..=years {
            let problem = match steps.last() {
                None => compiled(prepared, policy)?.problem,
                Some(last) => {
                    let layer = prepared.layer.clone().with_zone(&zone);
                    compiled_from(prepared, &layer, &route.later(&last.year.step.zone))?.problem
                }
            };
            let found = session.resolve(|p| *p = problem, monitor);
            go_on(monitor)?;
            let step = route.step(prepared, &zone, Found::in_solution(found));
            let moved = |to: bool| {
                let sides = (1_u32..).zip(zone.iter().zip(&found.x));
                sides.filter(|(_, (now, then))| now != then && **then == to).map(|(fid, _)| fid).collect()
            };
            let (enter, leave, end) = (moved(true), moved(false), step.ends());
            steps.push(YearMoves { year: Year { year, step }, enter, leave });
            if let Some(end) = end {
                ended = end;
                break;
            }
            zone.clone_from(&found.x);
        }
        let mut today = route.today;
        shares(&mut today, &mut uncapped, steps.iter_mut().map(|moves| &mut moves.year.step));
        Ok(Years { today, years: steps, uncapped, ended })
    }
}
