//! The main job: files and a policy in, a verified plan in a folder out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use parcels::adjacency::{Adjacency, GAPS_SHOWN_M, adjacency_by_gap};
use parcels::blocks::Blocks;
use parcels::id::ParcelId;
use parcels::message;
use parcels::optimise::{
    Compiled, LockReason, Session, Solution, Status, alternatives, compile, veto_prices_most, why_not,
};
use parcels::parcel::Layer;
use parcels::plan::{
    Alternative, AreaRecord, BeforeAfter, Certificate, ConcentrationRecord, GapRecord, IndicatorRecord,
    Inputs, ObjectiveRecord, PLAN_SCHEMA, PlanRecord, RobustnessRecord, Transfer,
};
use parcels::policy::{AreaMode, HoleRule, OverlayRule, Policy};
use parcels::progress::{Monitor, go_on};
use parcels::propose::{Context, propose};
use parcels::robustness::{SPREAD, Sampling, robustness};
use parcels::table::{Table, column_of};
use parcels::units::M2_PER_HA;
use parcels::validate::{Issue, Severity};
use parcels::verify::{Evidence, Finding, OverlayCover, Part, constraints, verify};
use parcels::worth::{Worth, mean_score};

use crate::app::planning::deadline::{Deadline, StageLimit};
use crate::app::planning::listed_finding::finding_message;
use crate::app::planning::prepare::{LoadedPolicy, Prepared, Stopwatch, load_policy, misfit, prepare};
use crate::error::{Error, ErrorKind, Result};
use crate::io::plan_features;
use crate::io::plan_output::PlanOutput;
use crate::io::read::ReadOptions;
use crate::io::source::Source;
use crate::io::write::write_plan;
use crate::messages::{tell, worded};

/// What to plan.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// The parcels.
    pub input: Source,
    /// How to read them.
    pub options: ReadOptions,
    /// The policy file.
    pub policy: PathBuf,
    /// The folder to write.
    pub out: PathBuf,
    /// How to search.
    pub search: Search,
}

/// How long to search, and what to find beside the plan.
#[derive(Debug, Clone, Copy, Default)]
pub struct Search {
    /// How long the search for the plan may take; none for as long as it needs.
    pub time_limit: Option<Duration>,
    /// How many other plans to look for.
    pub alternatives: usize,
    /// By how much each of them has to differ, as a share of the present zone's area.
    pub differ: f64,
    /// How often the indicators' weights are drawn anew to see which transfers stay; 0 for not at all. The time limit does
    /// not count these.
    pub robustness: usize,
}

/// What came of it.
pub struct PlanReport {
    /// `plan.json`.
    pub record: PlanRecord,
    /// What verification found; empty when the plan stands.
    pub findings: Vec<Finding>,
    /// What was wrong with the input.
    pub issues: Vec<Issue>,
    /// The folder written.
    pub out: PathBuf,
}

/// Plans and writes.
///
/// # Errors
/// An input that cannot be read, a policy that does not fit it, a folder that cannot be written, or a request to stop
/// before there was a plan. A plan that breaks a rule is still written, with findings; so is one that the time
/// limit cut short.
pub fn plan(request: &PlanRequest, monitor: &dyn Monitor) -> Result<PlanReport> {
    let mut watch = Stopwatch::start();
    let loaded = load_policy(&request.policy)?.planned_into(&request.out);
    let stages = StageLimit::around(request.search.time_limit, monitor);
    let prepared = prepare(&request.input, &request.options, &loaded, &mut watch, &stages)
        .map_err(|error| stages.explained(error))?;
    let (record, findings, ()) = make(&loaded, &prepared, request.search, &mut watch, monitor, |out| {
        monitor.step("write", 0);
        write_plan(&request.out, out, monitor)
    })?;
    Ok(PlanReport { record, findings, issues: prepared.issues, out: request.out.clone() })
}

/// Plans parcels that are read and prepared, verifies the plan, and hands it over. Returns its record, what verification
/// found, and what `hand_over` made of it.
///
/// # Errors
/// A policy that does not fit the parcels, a request to stop, and those of `hand_over`.
pub fn make<T>(
    loaded: &LoadedPolicy,
    prepared: &Prepared,
    search: Search,
    watch: &mut Stopwatch,
    monitor: &dyn Monitor,
    hand_over: impl FnOnce(&PlanOutput<'_>) -> Result<T>,
) -> Result<(PlanRecord, Vec<Finding>, T)> {
    let compiled =
        compile(&prepared.inputs(), &loaded.policy).map_err(|e| misfit(message!("fitting-policy"), e))?;
    let deadline = Deadline::after(search.time_limit, monitor);
    let mut session = Session::new(compiled.problem.clone(), &deadline);
    let cut_short = deadline.cancelled();
    watch.lap("optimise");
    // First, for one that is better takes the place of the plan.
    let before_ha = compiled.problem.area.iter().zip(&compiled.problem.in_zone);
    let apart_ha = search.differ * before_ha.filter(|(_, now)| **now).map(|(a, _)| a).sum::<f64>();
    let others = match session.solution().status {
        Status::Infeasible => Vec::new(),
        _ => alternatives(&mut session, search.alternatives, apart_ha, monitor),
    };
    watch.lap("alternatives");
    let moved: Vec<u32> = (0..session.solution().x.len() as u32)
        .filter(|&i| session.solution().x[i as usize] != compiled.problem.in_zone[i as usize])
        .collect();
    let verdicts = session.verdicts_of(&moved, monitor)?;
    let solution = session.solution();
    let vetoes = match solution.status {
        // What is no plan has nothing to veto.
        Status::Infeasible => vec![None; moved.len()],
        _ => {
            let known: Vec<&[bool]> = others.iter().map(|other| other.x.as_slice()).collect();
            veto_prices_most(&session, &moved, &known, monitor)?
        }
    };
    let vetoes = verdicts.iter().zip(vetoes).map(|(verdict, most)| Veto { price: verdict.veto_price, most });
    let vetoes = moved.into_iter().zip(vetoes).collect();
    // A search cut short has not shown that anything stands in the way.
    let obstacle = if solution.status == Status::Infeasible && !cut_short {
        let decided =
            |at: usize| matches!(compiled.hold[at], LockReason::In | LockReason::Out | LockReason::Freeze);
        why_not(&compiled.problem, decided, monitor)
    } else {
        None
    };
    go_on(monitor)?;
    watch.lap("prices");
    let sampled = if search.robustness > 0 {
        let sampling = Sampling { samples: search.robustness, spread: SPREAD };
        let (scores, policy) = (&prepared.scores, &loaded.policy);
        let stays = robustness(&session, &compiled, scores, policy, sampling, monitor)?;
        watch.lap("robustness");
        Some(Sampled { sampling, stays })
    } else {
        None
    };

    let stages = StageLimit::around(search.time_limit, monitor);
    let made = Made::new(loaded, prepared, &compiled, solution, vetoes, sampled, &stages)
        .map_err(|error| stages.explained(error))?;
    watch.lap("propose");
    let mut record = made.record()?;
    record.why_not = obstacle.map(|found| {
        let name = |unit: u32| prepared.layer.parcels()[unit as usize].id.clone();
        crate::app::planning::why_not::record(&found, &compiled.problem, true, name)
    });
    record.alternatives = made.alternatives(&others, apart_ha * M2_PER_HA);
    monitor.step("verify", 0);
    let findings = verify(&record, &made.evidence());
    watch.lap("verify");
    if monitor.cancelled() {
        return Err(Error::new(ErrorKind::Cancelled, message!("stopped-nothing-changed")));
    }
    record.elapsed_ms = watch.by_stage();
    let handed_over = made.hand_over(&record, hand_over)?;
    Ok((record, findings, handed_over))
}

/// What leaving a parcel where it was costs.
struct Veto {
    /// [`parcels::optimise::Persistency::veto_price`].
    price: f64,
    /// What it costs at most; none where no such plan is known.
    most: Option<f64>,
}

/// What sampled weights say of the plan.
struct Sampled {
    sampling: Sampling,
    /// The share of samples in which each parcel is on its side.
    stays: Vec<f64>,
}

impl Sampled {
    /// What the shares of `transfers` come to.
    fn record(&self, transfers: &[Transfer]) -> RobustnessRecord {
        let area_m2: f64 = transfers.iter().map(|t| t.area_m2).sum();
        let staying_m2: f64 = transfers.iter().map(|t| t.area_m2 * t.robustness.unwrap_or(0.0)).sum();
        RobustnessRecord {
            samples: self.sampling.samples,
            spread: self.sampling.spread,
            mean: (area_m2 > 0.0).then(|| staying_m2 / area_m2),
        }
    }
}

/// A solution with all that follows from it.
struct Made<'a> {
    loaded: &'a LoadedPolicy,
    prepared: &'a Prepared,
    compiled: &'a Compiled,
    solution: &'a Solution,
    /// Of the parcels that move.
    vetoes: BTreeMap<u32, Veto>,
    sampled: Option<Sampled>,
    by_gap: Vec<(f64, Adjacency)>,
    blocks_before: Blocks,
    blocks_after: Blocks,
    hold: Vec<String>,
    covers: Vec<OverlayCover>,
    columns: [&'a Table; 2],
    issue_counts: BTreeMap<String, usize>,
    parts: Vec<Part>,
    certificate: Vec<u8>,
}

impl<'a> Made<'a> {
    fn new(
        loaded: &'a LoadedPolicy,
        prepared: &'a Prepared,
        compiled: &'a Compiled,
        solution: &'a Solution,
        vetoes: BTreeMap<u32, Veto>,
        sampled: Option<Sampled>,
        monitor: &dyn Monitor,
    ) -> Result<Self> {
        let Prepared { layer, adjacency, .. } = prepared;
        let either: Vec<bool> =
            layer.parcels().iter().zip(&solution.x).map(|(p, after)| p.in_zone || *after).collect();
        let tables =
            adjacency_by_gap(layer, &prepared.index, &prepared.barriers, &GAPS_SHOWN_M, &either, monitor)?;
        let mut issue_counts: BTreeMap<String, usize> = BTreeMap::new();
        for issue in &prepared.issues {
            *issue_counts.entry(issue.kind.name().to_owned()).or_default() += 1;
        }
        let links = &compiled.problem.links;
        let pairs: Vec<(u32, u32)> = links.iter().map(|link| (link.a, link.b)).collect();
        let certificate = Certificate::new(solution.flow_scale, &solution.proof, &solution.cases, &pairs);
        Ok(Self {
            loaded,
            prepared,
            compiled,
            solution,
            vetoes,
            sampled,
            by_gap: GAPS_SHOWN_M.into_iter().zip(tables).collect(),
            blocks_before: Blocks::new(adjacency, &compiled.problem.in_zone, &compiled.area_m2),
            blocks_after: Blocks::new(adjacency, &solution.x, &compiled.area_m2),
            hold: compiled.hold.iter().map(|h| h.code()).collect(),
            covers: prepared
                .covered
                .iter()
                .map(|(name, covered)| OverlayCover { name: name.clone(), covered: covered.clone() })
                .collect(),
            columns: prepared.tables(),
            issue_counts,
            parts: prepared
                .scores
                .parts
                .iter()
                .map(|p| Part { id: p.id.clone(), raw: p.raw.clone(), normalised: p.normalised.clone() })
                .collect(),
            certificate: certificate.to_bytes(),
        })
    }

    fn evidence(&self) -> Evidence<'_> {
        Evidence {
            layer: &self.prepared.layer,
            scores: &self.prepared.scores.score,
            parts: &self.parts,
            adjacency: &self.prepared.adjacency,
            by_gap: &self.by_gap,
            in_zone_after: &self.solution.x,
            hold: &self.hold,
            overlays: &self.covers,
            columns: &self.columns,
            issues: Some(&self.issue_counts),
            policy: &self.loaded.policy,
            certificate: &self.certificate,
        }
    }

    fn total_m2(&self, zone: &[bool]) -> f64 {
        self.compiled.area_m2.iter().zip(zone).filter(|(_, x)| **x).map(|(a, _)| a).sum()
    }

    fn record(&self) -> Result<PlanRecord> {
        let policy = &self.loaded.policy;
        let (before, after) = (&self.compiled.problem.in_zone, &self.solution.x);
        let small_m2 = policy.constraints.min_block_ha * M2_PER_HA;
        let before_m2 = self.total_m2(before);
        let rule = policy.constraints.area;
        let tolerance = (rule.mode == AreaMode::Conserve).then_some(rule.tolerance);
        let worth = Worth::new(&policy.objective, self.compiled.tau);
        let names = self.compiled.sub_parks.iter().map(String::as_str);
        let prices: BTreeMap<&str, f64> =
            names.zip(self.solution.proof.limit_prices.iter().copied()).collect();
        let (mut transfers, swaps) = propose(&Context {
            layer: &self.prepared.layer,
            scores: &self.prepared.scores,
            adjacency: &self.prepared.adjacency,
            area_m2: &self.compiled.area_m2,
            in_zone_before: before,
            in_zone_after: after,
            worth: &worth,
            area_price: self.solution.proof.area_price,
            sub_park_price: &|parcel| {
                let name = self.prepared.layer[parcel].sub_park.as_deref();
                name.and_then(|name| prices.get(name)).copied().unwrap_or(0.0)
            },
            veto_price: &|parcel| self.vetoes.get(&parcel.0).map(|veto| veto.price).filter(|p| p.is_finite()),
            veto_price_most: &|parcel| self.vetoes.get(&parcel.0)?.most,
            robustness: self.sampled.as_ref().map(|s| s.stays.as_slice()),
            min_block_m2: self.compiled.problem.min_block * M2_PER_HA,
            fill_below_m2: match policy.constraints.holes {
                HoleRule::Fill => policy.constraints.min_hole_ha * M2_PER_HA,
                HoleRule::Report | HoleRule::Forbid => 0.0,
            },
            area_tolerance_m2: tolerance.map_or(f64::INFINITY, |t| t * before_m2),
        });
        for reason in transfers.iter_mut().flat_map(|transfer| &mut transfer.reasons) {
            *reason = worded(std::mem::take(reason));
        }
        let mut constraints = constraints(&self.evidence())
            .map_err(|found| Error::new(ErrorKind::Impossible, finding_message(&found)))?;
        for constraint in &mut constraints {
            constraint.text = worded(std::mem::take(&mut constraint.text));
        }
        let mean =
            |zone: &[bool]| mean_score(&self.compiled.area_m2, &self.prepared.scores.score, |at| zone[at]);
        let by_gap = self
            .by_gap
            .iter()
            .map(|(gap_m, adjacency)| {
                let at = |zone: &[bool]| {
                    Blocks::new(adjacency, zone, &self.compiled.area_m2).concentration(small_m2)
                };
                GapRecord { gap_m: *gap_m, before: at(before), after: at(after) }
            })
            .collect();
        let solution = self.solution;
        Ok(PlanRecord {
            schema: PLAN_SCHEMA.to_owned(),
            inputs: self.inputs(),
            area: AreaRecord { basis: rule.basis, before_m2, after_m2: self.total_m2(after), tolerance },
            objective: ObjectiveRecord {
                value: solution.objective,
                bound: solution.bound,
                gap: solution.gap(),
                before: solution.objective_before,
                status: solution.status,
                tau: self.compiled.tau,
                area_price: solution.proof.area_price,
                moved_price: solution.proof.moved_price,
                moved_unit_price: solution.proof.moved_unit_price,
                block_price: solution.proof.block_price,
                concentration_price: solution.proof.concentration_price,
                sub_park_prices: self
                    .compiled
                    .sub_parks
                    .iter()
                    .cloned()
                    .zip(solution.proof.limit_prices.iter().copied())
                    .collect(),
            },
            score: BeforeAfter { before: mean(before), after: mean(after) },
            indicators: self
                .prepared
                .scores
                .parts
                .iter()
                .map(|p| IndicatorRecord {
                    id: p.id.clone(),
                    zh: p.zh.clone(),
                    en: p.en.clone(),
                    unit: p.unit.clone(),
                    weight: p.weight,
                    derived: p.derived.clone(),
                })
                .collect(),
            concentration: ConcentrationRecord {
                gap_m: policy.contiguity.gap_m,
                before: self.blocks_before.concentration(small_m2),
                after: self.blocks_after.concentration(small_m2),
                by_gap,
            },
            constraints,
            robustness: self.sampled.as_ref().map(|s| s.record(&transfers)),
            transfers,
            swaps,
            alternatives: Vec::new(),
            issues: self.issue_counts.clone(),
            conflicts: solution.conflicts.iter().map(|why| tell(why).en).collect(),
            conflicts_told: solution.conflicts.iter().map(tell).collect(),
            why_not: None,
            elapsed_ms: BTreeMap::new(),
        })
    }

    fn alternatives(&self, others: &[Solution], apart_m2: f64) -> Vec<Alternative> {
        let after = &self.solution.x;
        let record = |(id, other): (usize, &Solution)| {
            let blocks = Blocks::new(&self.prepared.adjacency, &other.x, &self.compiled.area_m2);
            let changed: Vec<bool> = after.iter().zip(&other.x).map(|(a, b)| a != b).collect();
            let parcels = self.prepared.layer.parcels().iter().zip(&changed);
            let mut changes: Vec<ParcelId> =
                parcels.filter(|(_, c)| **c).map(|(p, _)| p.id.clone()).collect();
            changes.sort();
            Alternative {
                id,
                apart_m2,
                value: other.objective,
                bound: other.bound,
                // An alternative is admissible, or it is none.
                gap: other.gap().unwrap_or(1.0),
                price: self.solution.objective - other.objective,
                area_m2: self.total_m2(&other.x),
                differs_m2: self.total_m2(&changed),
                concentration: blocks.concentration(0.0).index,
                blocks: blocks.len(),
                changes,
            }
        };
        (1..).zip(others).map(record).collect()
    }

    fn inputs(&self) -> Inputs {
        let layer = &self.prepared.layer;
        let crs = layer.crs();
        Inputs {
            layer: layer.id().clone(),
            layer_name: layer.name().to_owned(),
            parcels: layer.len(),
            policy: self.loaded.sha256.clone(),
            policy_name: self.loaded.policy.name.clone(),
            reference_date: self.loaded.policy.reference_date.clone(),
            policy_folder: self.loaded.from_plan.clone(),
            files: self.prepared.files.clone(),
            seed: self.loaded.policy.seed,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            crs: crs.epsg.map_or_else(|| crs.wkt.clone(), |code| format!("EPSG:{code}")),
        }
    }

    fn hand_over<T>(&self, record: &PlanRecord, to: impl FnOnce(&PlanOutput<'_>) -> Result<T>) -> Result<T> {
        let written = PlanParts {
            loaded: self.loaded,
            prepared: self.prepared,
            record,
            in_zone_after: &self.solution.x,
            blocks_before: &self.blocks_before,
            blocks_after: &self.blocks_after,
            hold: &self.hold,
            robustness: self.sampled.as_ref().map(|s| s.stays.as_slice()),
            certificate: &self.certificate,
        };
        written.hand_over(to)
    }
}

/// What is written of a plan, whether it was just made or kept.
pub(crate) struct PlanParts<'a> {
    /// What it followed.
    pub(crate) loaded: &'a LoadedPolicy,
    /// What it was made from.
    pub(crate) prepared: &'a Prepared,
    /// `plan.json`.
    pub(crate) record: &'a PlanRecord,
    /// The zone after it.
    pub(crate) in_zone_after: &'a [bool],
    /// Blocks of the zone before it.
    pub(crate) blocks_before: &'a Blocks,
    /// Blocks of the zone after it.
    pub(crate) blocks_after: &'a Blocks,
    /// Why a parcel cannot move.
    pub(crate) hold: &'a [String],
    /// In what share of samples a parcel is on its side.
    pub(crate) robustness: Option<&'a [f64]>,
    /// The proof of its bound.
    pub(crate) certificate: &'a [u8],
}

impl PlanParts<'_> {
    /// Adds what the input says of parcels and overlays, and hands it over.
    pub(crate) fn hand_over<T>(&self, to: impl FnOnce(&PlanOutput<'_>) -> Result<T>) -> Result<T> {
        let Prepared { layer, scores, issues, barriers, input_crs, .. } = self.prepared;
        let overlays: Vec<_> = self
            .prepared
            .overlays
            .iter()
            .flat_map(|o| o.shapes.iter().map(|s| (o.name.clone(), rule_word(o.rule).to_owned(), s.clone())))
            .collect();
        let tables = self.prepared.tables();
        let sources = plan_features::source_columns(&self.loaded.policy).into_iter();
        to(&PlanOutput {
            layer,
            scores,
            sources: sources
                .filter_map(|(asked, written)| Some((written, column_of(&tables, &asked).ok()?)))
                .collect(),
            land_use: land_use(&self.loaded.policy, layer),
            record: self.record,
            in_zone_after: self.in_zone_after,
            blocks_before: self.blocks_before,
            blocks_after: self.blocks_after,
            hold: self.hold,
            robustness: self.robustness,
            issues,
            barriers,
            overlays: &overlays,
            policy_toml: &self.loaded.text,
            certificate: self.certificate,
            input_crs,
        })
    }
}

/// The land-use code of every parcel, where the policy names a column for it.
pub(crate) fn land_use(policy: &Policy, layer: &Layer) -> Vec<Option<String>> {
    let column = policy.columns.land_use.as_deref().and_then(|name| layer.table().column(name).ok());
    column.map_or_else(|| vec![None; layer.len()], |c| c.values.iter().map(|v| v.text()).collect())
}

fn rule_word(rule: OverlayRule) -> &'static str {
    match rule {
        OverlayRule::Forbid => "forbid",
        OverlayRule::Inside => "inside",
        OverlayRule::Prefer => "prefer",
    }
}

impl PlanReport {
    /// Whether the plan stands: admissible, and nothing was found against it.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.findings.iter().all(|f| f.severity != Severity::Error)
    }
}
