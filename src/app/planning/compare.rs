//! `compare`: written plans of one layer side by side in one picture, the present zone first.
//!
//! Everything is read from the plans' folders. Plans of the same parcels must measure the present zone alike, or their figures
//! could not be compared; a different objective is allowed and reported. Plans that set aside different features (streets
//! that were delivered as parcels) are compared by the parcels that all of them have, and it is said which those are.

// What the plans have in common.
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use geo::{LineString, MultiPolygon};
use parcels::message;
use parcels::message::Message;
use parcels::optimise::gap;
use parcels::parcel::Crs;
use parcels::plan::PlanRecord;
use parcels::policy::{Policy, SmallBlockRule, Strictness};
use parcels::progress::{Monitor, go_on};
use parcels::table::{Table, Value};
use parcels::units::M2_PER_HA;
use parcels::worth::Worth;

use shared::Shared;

use crate::app::planning::prepare::load_policy;
use crate::app::planning::verify::read_record;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::atomic::write_file;
use crate::io::compare_svg::{self, Block, Compared, Figures, Proof, Zone};
use crate::io::crs;
use crate::io::read::{ReadOptions, layer_counts, read_lines, read_polygons};
use crate::io::source::Source;
use crate::messages::{as_said, tell};

/// The title of the first panel.
const PRESENT: &str = "现状 Present zone";

/// What to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompareRequest {
    /// The folders that `plan` wrote, at least one.
    pub plans: Vec<PathBuf>,
    /// One title a plan, or none: then the names of the folders.
    pub titles: Vec<String>,
    /// The picture to write (SVG).
    pub out: PathBuf,
    /// A table to write (CSV): every parcel with its side in each plan.
    pub table: Option<PathBuf>,
}

/// The figures of one panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// Its figures.
    pub figures: Figures,
}

/// What was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareReport {
    /// The present zone, then the plans.
    pub panels: Vec<Panel>,
    /// What a person should know before holding figures against each other.
    pub warnings: Vec<Message>,
}

/// Draws the present zone and the plans into one picture, which replaces the one before only when it is complete.
///
/// # Errors
/// A folder that holds no plan, plans of different layers or with a differently measured present zone, titles that do not
/// fit, a picture that cannot be written, or a stop.
pub fn compare(request: &CompareRequest, monitor: &dyn Monitor) -> Result<CompareReport> {
    let titles = titles(request)?;
    let mut folders = Vec::with_capacity(request.plans.len());
    for dir in &request.plans {
        folders.push(Folder::open(dir)?);
    }
    let Some(first) = folders.first() else {
        return Err(Error::new(ErrorKind::Usage, message!("no-plan-to-draw")));
    };
    for other in &folders[1..] {
        first.must_match(other)?;
    }
    // One yardstick for all, or a plan with a milder rule would look better.
    let small_ha = folders.iter().map(|f| f.policy.constraints.min_block_ha).fold(0.0, f64::max);

    monitor.step("read", folders.len() as u64);
    let mut read = Vec::with_capacity(folders.len());
    for folder in &folders {
        read.push(folder.parcels(monitor)?);
        monitor.advance(1);
    }
    let shared = Shared::of(&folders, &titles, &read)?;
    let barriers = first.barriers(monitor)?;
    let mut zones = Vec::new();
    // Which of the zones are plans.
    let mut planned = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        let mut zone = |when, title: &str| {
            let figures = shared.figures(&read[at], at, when);
            let zone = folder.zone(&read[at], when, title, small_ha, monitor)?;
            let in_zone = shared.parcels.iter().map(|of| zone.in_zone[of[at]]).collect();
            let figures = Figures { common: figures, ..zone.figures };
            zones.push(Zone { in_zone, figures, ..zone });
            Ok::<_, Error>(())
        };
        if !folders[..at].iter().any(|before| before.record.inputs.layer == folder.record.inputs.layer) {
            let several = shared.differ.then(|| format!("{PRESENT} · {}", titles[at]));
            zone(When::Before, several.as_deref().unwrap_or(PRESENT))?;
        }
        zone(When::After, &titles[at])?;
        planned.push(zones.len() - 1);
    }
    go_on(monitor)?;
    let inputs = &first.record.inputs;
    let mut warnings = shared.warnings(&folders, &titles, &read);
    let goals = || folders.iter().map(|f| &f.record.objective);
    if goals().all(|goal| close(goal.before, first.record.objective.before)) {
        // Locks of a plan's own bring its bound down without making it better.
        let bound = goals().map(|goal| goal.bound).fold(f64::NEG_INFINITY, f64::max);
        for (at, goal) in planned.into_iter().zip(goals()) {
            zones[at].figures.common_gap = Some(gap(bound, goal.value, goal.before));
        }
    } else {
        warnings.push(message!("objectives-not-comparable"));
    }
    // The picture speaks both languages.
    let notes: Vec<String> =
        warnings.iter().map(tell).map(|told| format!("{} / {}", told.en, told.zh)).collect();
    let svg = compare_svg::draw(&Compared {
        name: &inputs.policy_name,
        subtitle: &format!(
            "{} · {} 宗 parcels · lianpian {}",
            inputs.layer_name,
            shared.parcels.len(),
            inputs.version
        ),
        shapes: &shared.parcels.iter().map(|of| read[0].shapes[of[0]].clone()).collect::<Vec<_>>(),
        barriers: &barriers,
        small_ha,
        zones: &zones,
        notes: &notes,
    });
    if let Some(table) = &request.table {
        write_file(table, &shared.table(&titles, &read)?)?;
    }
    write_file(&request.out, svg.as_bytes())?;
    let panels = zones.into_iter().map(|z| Panel { title: z.title, figures: z.figures }).collect();
    Ok(CompareReport { panels, warnings })
}

fn titles(request: &CompareRequest) -> Result<Vec<String>> {
    if request.titles.is_empty() {
        // A path such as `.` has no name of its own until it is resolved.
        let name = |dir: &PathBuf| {
            let full = dir.canonicalize().unwrap_or_else(|_| dir.clone());
            full.file_name().map_or_else(|| dir.display().to_string(), |n| n.to_string_lossy().into_owned())
        };
        return Ok(request.plans.iter().map(name).collect());
    }
    if request.titles.len() != request.plans.len() {
        let what = message!("titles-for-plans", titles = request.titles.len(), plans = request.plans.len());
        return Err(Error::new(ErrorKind::Usage, what).try_this(message!("one-title-a-plan")));
    }
    Ok(request.titles.clone())
}

/// Equal but for rounding.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}

/// A plan's folder.
struct Folder {
    dir: PathBuf,
    record: PlanRecord,
    policy: Policy,
    crs: Crs,
    /// Layers of `plan.gpkg`.
    layers: BTreeMap<String, u64>,
}

/// The parcels of a plan: one value a parcel.
struct Parcels {
    ids: Vec<String>,
    shapes: Vec<MultiPolygon<f64>>,
    before: Vec<bool>,
    after: Vec<bool>,
    block_before: Vec<Option<f64>>,
    block_after: Vec<Option<f64>>,
    /// A rule or decision holds it where it is: in, when it is in.
    held: Vec<bool>,
    area_m2: Vec<Option<f64>>,
    score: Vec<Option<f64>>,
}

impl Folder {
    fn open(dir: &Path) -> Result<Self> {
        let record = read_record(&dir.join("plan.json"))?;
        let policy = load_policy(&dir.join("policy.toml"))?.policy;
        let crs = crs::parse(&record.inputs.crs).map_err(|e| {
            let what = message!("reading-plan-crs", file = dir.join("plan.json").display());
            Error::new(ErrorKind::Unreadable, what).because(e)
        })?;
        let layers = layer_counts(&dir.join("plan.gpkg"))?;
        Ok(Self { dir: dir.to_owned(), record, policy, crs, layers })
    }

    /// Refuses another plan of the same parcels that measures the present zone otherwise, and one of other parcels that
    /// measures anything otherwise.
    fn must_match(&self, other: &Self) -> Result<()> {
        let (first, second) = (self.dir.display(), other.dir.display());
        let (a, b) = (&self.record, &other.record);
        if a.inputs.layer != b.inputs.layer {
            let (gap_a, gap_b) = (self.policy.contiguity.gap_m, other.policy.contiguity.gap_m);
            let alike = a.area.basis == b.area.basis && gap_a == gap_b && self.crs == other.crs;
            if alike {
                return Ok(());
            }
            let what = message!("other-parcels-measured-differently", first = first, second = second);
            return Err(Error::new(ErrorKind::Usage, what).try_this(message!("policies-same-gap-and-basis")));
        }
        let (blocks_a, blocks_b) = (&a.concentration.before, &b.concentration.before);
        let alike = close(a.area.before_m2, b.area.before_m2)
            && blocks_a.blocks == blocks_b.blocks
            && close(blocks_a.index, blocks_b.index);
        if !alike {
            let what = message!(
                "present-zone-measured-differently",
                first = first,
                second = second,
                first_ha = message::number(a.area.before_m2 / M2_PER_HA, 2),
                first_blocks = blocks_a.blocks,
                first_index = message::number(blocks_a.index, 2),
                second_ha = message::number(b.area.before_m2 / M2_PER_HA, 2),
                second_blocks = blocks_b.blocks,
                second_index = message::number(blocks_b.index, 2)
            );
            return Err(Error::new(ErrorKind::Usage, what).try_this(message!("policies-same-contiguity")));
        }
        Ok(())
    }

    fn source(&self, layer: &str) -> Source {
        Source { path: self.dir.join("plan.gpkg"), layer: Some(layer.to_owned()) }
    }

    fn parcels(&self, monitor: &dyn Monitor) -> Result<Parcels> {
        let source = self.source("parcels");
        let read = read_polygons(&source, &ReadOptions::default(), &self.crs, monitor)?;
        if read.shapes.len() != self.record.inputs.parcels {
            let what = message!(
                "parcels-miscounted",
                file = source,
                found = read.shapes.len(),
                claimed = self.record.inputs.parcels
            );
            return Err(Error::new(ErrorKind::Unreadable, what));
        }
        let column = |name: &str| cells(&read.table, name, &source);
        let flags =
            |name: &str| Ok::<_, Error>(column(name)?.iter().map(|v| v.truth() == Some(true)).collect());
        let numbers = |name: &str| Ok::<_, Error>(column(name)?.iter().map(Value::number).collect());
        // What forbids to come in does not hold a parcel that is in.
        let holds_in = |v: &Value| v.text().is_some_and(|why| why != "out" && !why.starts_with("overlay:"));
        Ok(Parcels {
            ids: column("parcel")?.iter().map(|v| v.text().unwrap_or_default()).collect(),
            before: flags("zone_before")?,
            after: flags("zone_after")?,
            block_before: numbers("block_before")?,
            block_after: numbers("block_after")?,
            held: column("hold")?.iter().map(holds_in).collect(),
            area_m2: numbers("area_m2")?,
            score: numbers("score")?,
            shapes: read.shapes,
        })
    }

    fn barriers(&self, monitor: &dyn Monitor) -> Result<Vec<LineString<f64>>> {
        if !self.layers.contains_key("barriers") {
            return Ok(Vec::new());
        }
        Ok(read_lines(&self.source("barriers"), &ReadOptions::default(), &self.crs, monitor)?.shapes)
    }

    /// The blocks of the zone, largest first.
    fn blocks(&self, parcels: &Parcels, when: When, monitor: &dyn Monitor) -> Result<Vec<Block>> {
        let (layer, of) = match when {
            When::Before => ("blocks_before", &parcels.block_before),
            When::After => ("blocks", &parcels.block_after),
        };
        // A layer without features may have no table at all.
        if self.layers.get(layer).copied().unwrap_or(0) == 0 {
            return Ok(Vec::new());
        }
        let held: BTreeSet<u64> = of
            .iter()
            .zip(&parcels.held)
            .filter_map(|(block, held)| block.filter(|_| *held).map(|block| block as u64))
            .collect();
        let source = self.source(layer);
        let read = read_polygons(&source, &ReadOptions::default(), &self.crs, monitor)?;
        let numbers = cells(&read.table, "block", &source)?;
        let areas = cells(&read.table, "area_m2", &source)?;
        let blocks = read.shapes.into_iter().enumerate().map(|(row, outline)| Block {
            outline,
            area_m2: areas[row].number().unwrap_or(0.0),
            held: numbers[row].number().is_some_and(|n| held.contains(&(n as u64))),
        });
        Ok(blocks.collect())
    }

    fn zone(
        &self,
        parcels: &Parcels,
        when: When,
        title: &str,
        small_ha: f64,
        monitor: &dyn Monitor,
    ) -> Result<Zone> {
        let blocks = self.blocks(parcels, when, monitor)?;
        let (record, goal) = (&self.record, &self.record.objective);
        let (in_zone, objective, proof, concentration, area_m2, score) = match when {
            When::Before => (
                &parcels.before,
                goal.before,
                None,
                &record.concentration.before,
                record.area.before_m2,
                record.score.before,
            ),
            When::After => {
                let proof = goal.gap.map_or(Proof::NotAdmissible, Proof::Gap);
                (
                    &parcels.after,
                    goal.value,
                    Some(proof),
                    &record.concentration.after,
                    record.area.after_m2,
                    record.score.after,
                )
            }
        };
        let small = || blocks.iter().filter(|b| b.area_m2 < small_ha * M2_PER_HA);
        let figures = Figures {
            objective,
            proof,
            common_gap: None,
            common: None,
            concentration: concentration.index,
            blocks: concentration.blocks,
            small_blocks: small().count(),
            small_held: small().filter(|b| b.held).count(),
            small_share: small().fold(0.0, |sum, b| sum + b.area_m2) / area_m2.max(f64::MIN_POSITIVE),
            boundary_m: self.boundary_m(parcels, in_zone, objective, &blocks),
            area_m2,
            score,
            moved_m2: (when == When::After)
                .then(|| record.transfers.iter().fold(0.0, |sum, t| sum + t.area_m2)),
        };
        Ok(Zone { title: title.to_owned(), in_zone: in_zone.clone(), blocks, figures })
    }

    /// The boundary length that λ prices, m: what the objective lacks to the worth of the land and the price of moving.
    /// None where λ is 0, sub-parks or concentration have a price of their own, or an area is unknown.
    fn boundary_m(
        &self,
        parcels: &Parcels,
        in_zone: &[bool],
        objective: f64,
        blocks: &[Block],
    ) -> Option<f64> {
        let (rules, prices) = (&self.policy.constraints, &self.policy.objective);
        let worth = Worth::new(prices, self.record.objective.tau);
        let priced = |strictness: Strictness, price: f64| strictness == Strictness::Soft && price > 0.0;
        if worth.lambda <= 0.0
            || priced(rules.sub_park, prices.sub_park_price)
            || priced(rules.concentrated().strictness, prices.concentration_price)
        {
            return None;
        }
        let mut left = -objective;
        if matches!(rules.small_blocks(), SmallBlockRule::Soft | SmallBlockRule::NoNew) {
            let least_m2 = rules.min_block_ha * M2_PER_HA;
            let small = blocks.iter().filter(|block| block.area_m2 < least_m2 && !block.held);
            left -= prices.small_block_price * small.count() as f64;
        }
        for (at, area_m2) in parcels.area_m2.iter().enumerate() {
            let area_ha = (*area_m2)? / M2_PER_HA;
            if in_zone[at] {
                left += parcels.score[at].map_or(0.0, |score| area_ha * (score - worth.tau));
            }
            if in_zone[at] != parcels.before[at] {
                left -= worth.kappa * area_ha;
            }
        }
        Some((left / worth.of_length(1.0)).max(0.0))
    }
}

fn cells<'a>(table: &'a Table, name: &str, source: &Source) -> Result<&'a [Value]> {
    let column =
        table.column(name).context(ErrorKind::Unreadable, message!("reading-file", file = source))?;
    Ok(&column.values)
}

impl CompareReport {
    /// The figures as a table for people, a line a panel.
    #[must_use]
    pub fn lines(&self) -> Vec<Message> {
        let mut lines = Vec::new();
        for Panel { title, figures } in &self.panels {
            lines.push(as_said(title.as_str()));
            let rows = figures.rows().into_iter();
            lines.extend(rows.map(|(label, value)| message!("figure-line", label = label, value = value)));
        }
        lines
    }
}
