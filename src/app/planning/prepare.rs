//! From files and a policy to everything a plan is made from: the first half of `plan`, shared by whatever plans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use geo::{BoundingRect, Coord, Intersects as _, MultiPolygon, Rect};
use parcels::adjacency::{Adjacency, adjacency};
use parcels::enterprise::{Paired, aggregate_paired, names};
use parcels::index::SpatialIndex;
use parcels::message;
use parcels::optimise::PlanInputs;
use parcels::overlay::{Covered, covered};
use parcels::parcel::{Barrier, Crs, Layer};
use parcels::policy::{OverlayRule, Policy};
use parcels::progress::{Monitor, go_on};
use parcels::score::{Scores, score_paired, sums_together};
use parcels::table::{Filter, Table};
use parcels::validate::{Issue, IssueKind, Severity, validate, without_lost_codes};
use serde::Deserialize;

pub(crate) use super::misfit::misfit;
use super::suspicions;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs::Proj;
use crate::io::file_issue;
use crate::io::hash::sha256_hex;
use crate::io::read::{ReadOptions, ReadShapes};
use crate::io::reads::{CheckedLayer, Files, Named, Reads};
use crate::io::source::{Source, way};

/// Wall time by stage, ms, in the order of the stages' names.
#[derive(Debug, Default)]
pub struct Stopwatch {
    by_stage: BTreeMap<String, u64>,
    since: Option<Instant>,
}

impl Stopwatch {
    /// Starts counting.
    #[must_use]
    pub fn start() -> Self {
        Self { by_stage: BTreeMap::new(), since: Some(Instant::now()) }
    }

    /// Books the time since the last call, or the start, on `stage`.
    pub fn lap(&mut self, stage: &str) {
        let now = Instant::now();
        if let Some(since) = self.since.replace(now) {
            let ms = u64::try_from(now.duration_since(since).as_millis()).unwrap_or(u64::MAX);
            *self.by_stage.entry(stage.to_owned()).or_default() += ms;
        }
    }

    /// The times so far.
    #[must_use]
    pub fn by_stage(&self) -> BTreeMap<String, u64> {
        self.by_stage.clone()
    }
}

/// A policy with the bytes it came from.
pub struct LoadedPolicy {
    /// The policy.
    pub policy: Policy,
    /// Its text, verbatim.
    pub text: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// The folder its paths are relative to.
    pub folder: PathBuf,
    /// The way from the plan's folder to that one, where the policy names files: with it, the policy beside a written plan
    /// plans again.
    pub from_plan: Option<String>,
}

impl LoadedPolicy {
    /// From the text of a file in `folder`.
    ///
    /// # Errors
    /// A text that is no policy.
    pub fn from_text(text: String, folder: &Path) -> Result<Self> {
        let policy = Policy::from_toml(&text)
            .map_err(|e| Error::new(ErrorKind::Usage, message!("reading-policy")).because(e))?;
        let sha256 = sha256_hex(text.as_bytes());
        Ok(Self { policy, sha256, text, folder: folder.to_owned(), from_plan: None })
    }

    /// The same for a plan that is written to the folder `out`.
    #[must_use]
    pub fn planned_into(self, out: &Path) -> Self {
        let Policy { zone, enterprises, contiguity, overlays, .. } = &self.policy;
        let names_files = zone.as_ref().is_some_and(|zone| zone.layer.is_some())
            || enterprises.is_some()
            || !contiguity.barriers.is_empty()
            || !overlays.is_empty();
        let from_plan = names_files.then(|| way(out, &self.folder).display().to_string());
        Self { from_plan, ..self }
    }

    /// A policy as if it had been read from a file: what is planned with it can be judged with it.
    ///
    /// # Errors
    /// None but a policy that cannot be written as TOML.
    pub fn written(policy: &Policy) -> Result<Self> {
        let text = toml::to_string(policy).context(ErrorKind::Unwritable, message!("writing-policy"))?;
        let sha256 = sha256_hex(text.as_bytes());
        Ok(Self { policy: policy.clone(), sha256, text, folder: PathBuf::new(), from_plan: None })
    }
}

/// Reads a policy file. The one beside a written plan names its files from where it was planned with, which `plan.json` says.
///
/// # Errors
/// A file that cannot be read, is no UTF-8, or is no policy.
pub fn load_policy(path: &Path) -> Result<LoadedPolicy> {
    let reading = || message!("reading-policy-file", file = path.display());
    let bytes = std::fs::read(path).context(ErrorKind::Unreadable, reading())?;
    let sha256 = sha256_hex(&bytes);
    let text = String::from_utf8(bytes).context(ErrorKind::Unreadable, reading())?;
    // Editors on Windows put a mark in front, which TOML does not know.
    let policy = Policy::from_toml(text.trim_start_matches('\u{feff}'))
        .map_err(|e| Error::new(ErrorKind::Usage, reading()).because(e))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let folder = planned_from(path, &folder).unwrap_or(folder);
    Ok(LoadedPolicy { policy, text, sha256, folder, from_plan: None })
}

/// Where the policy at `path` in the `folder` of a plan names its files from.
fn planned_from(path: &Path, folder: &Path) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Record {
        inputs: Inputs,
    }
    #[derive(Deserialize)]
    struct Inputs {
        policy_folder: Option<String>,
    }
    if path.file_name()? != "policy.toml" {
        return None;
    }
    let record: Record = serde_json::from_slice(&std::fs::read(folder.join("plan.json")).ok()?).ok()?;
    record.inputs.policy_folder.map(|way| folder.join(way))
}

/// An overlay as read.
pub struct OverlayLayer {
    /// Its name in the policy.
    pub name: String,
    /// What it means.
    pub rule: OverlayRule,
    /// Its polygons in the layer's CRS.
    pub shapes: Vec<MultiPolygon<f64>>,
}

/// Everything a plan is made from.
pub struct Prepared {
    /// The valid parcels.
    pub layer: Layer,
    /// The CRS of the input file; the layer's is metric.
    pub input_crs: Crs,
    /// Everything found wrong.
    pub issues: Vec<Issue>,
    /// Enterprise columns, one row a parcel.
    pub extra: Table,
    /// The sums among them that indicators set in proportion to each other, over the same firm rows.
    pub paired: Paired,
    /// The names of the firms on each parcel.
    pub firms: Vec<Vec<String>>,
    /// Scores with their parts.
    pub scores: Scores,
    /// Where parcels are.
    pub index: SpatialIndex,
    /// Lines that cut contiguity.
    pub barriers: Vec<Barrier>,
    /// Who faces whom at the policy's gap tolerance.
    pub adjacency: Adjacency,
    /// The overlays' polygons.
    pub overlays: Vec<OverlayLayer>,
    /// What each overlay covers.
    pub covered: BTreeMap<String, Vec<Covered>>,
    /// SHA-256 of every further file, by the name the policy gives it.
    pub files: BTreeMap<String, String>,
}

impl Prepared {
    /// The tables that filters and locks look columns up in, in that order.
    #[must_use]
    pub fn tables(&self) -> [&Table; 2] {
        [self.layer.table(), &self.extra]
    }

    /// What a plan is compiled from, at the policy's own gap tolerance.
    #[must_use]
    pub fn inputs(&self) -> PlanInputs<'_> {
        PlanInputs {
            layer: &self.layer,
            extra: &self.extra,
            scores: &self.scores,
            adjacency: &self.adjacency,
            overlays: &self.covered,
        }
    }
}

/// Reads, checks, joins, scores and finds who faces whom.
///
/// # Errors
/// An input that cannot be read, a policy that does not fit it, no parcel left, or a request to stop.
pub fn prepare(
    input: &Source,
    options: &ReadOptions,
    loaded: &LoadedPolicy,
    watch: &mut Stopwatch,
    monitor: &dyn Monitor,
) -> Result<Prepared> {
    let files = Files { input, options, folder: &loaded.folder, anywhere: true };
    prepare_from(&files, &loaded.policy, watch, monitor)
}

/// As [`prepare`], from what `reads` reads.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_from(
    reads: &dyn Reads,
    policy: &Policy,
    watch: &mut Stopwatch,
    monitor: &dyn Monitor,
) -> Result<Prepared> {
    let (checked, index) = match reads.checked() {
        Some(checked) => {
            let index = SpatialIndex::new(&checked.layer);
            watch.lap("read");
            (checked, index)
        }
        None => check_layer(reads, policy, watch, monitor)?,
    };
    let CheckedLayer { layer, input_crs, issues, files } = checked;
    let mut further = Further { reads, policy, files, issues, monitor };
    let (extra, paired, firms) = further.enterprises(&layer)?;
    watch.lap("join");
    go_on(monitor)?;
    monitor.step("score", 0);
    let scores = score_paired(&layer, extra.columns(), &paired, &policy.indicators, &policy.weights)
        .map_err(|e| misfit(message!("scoring-parcels"), e))?;
    further.issues.extend(suspicions::of_scores(&scores));
    watch.lap("score");

    let barriers = further.barriers(&layer)?;
    let mut overlays = Vec::new();
    let mut covers = BTreeMap::new();
    for (name, overlay) in &policy.overlays {
        let shapes = further.polygons(&overlay.layer, overlay.crs.as_ref(), &overlay.only, &layer)?;
        let meets = covered(&layer, &index, &shapes, monitor)?;
        if meets.is_empty() {
            let boxes = suspicions::around(shapes.iter().filter_map(BoundingRect::bounding_rect));
            further.issues.extend(suspicions::meets_nothing(
                &overlay.layer,
                &message!("the-overlay"),
                boxes,
                &layer,
            ));
        }
        covers.insert(name.clone(), meets);
        overlays.push(OverlayLayer { name: name.clone(), rule: overlay.rule, shapes });
    }
    let Further { files, mut issues, .. } = further;
    issues.extend(suspicions::conditions_on_parcels(policy, &[layer.table(), &extra])?);
    watch.lap("overlay");
    let adjacency = adjacency(&layer, &index, &barriers, policy.contiguity.gap_m, monitor)?;
    issues.extend(suspicions::streets(&layer, &adjacency, policy));
    watch.lap("adjacency");
    Ok(Prepared {
        layer,
        input_crs,
        issues,
        extra,
        paired,
        firms,
        scores,
        index,
        barriers,
        adjacency,
        overlays,
        covered: covers,
        files,
    })
}

/// Reads the parcels, checks them, and finds the present zone: what a policy's columns, checks, `eligible.not_parcels` and
/// zone decide. With where the parcels are.
///
/// # Errors
/// As [`prepare`].
pub(crate) fn check_layer(
    reads: &dyn Reads,
    policy: &Policy,
    watch: &mut Stopwatch,
    monitor: &dyn Monitor,
) -> Result<(CheckedLayer, SpatialIndex)> {
    let mut read = reads.layer(monitor)?;
    watch.lap("read");
    let geodesy = Proj::new(&read.raw.crs)?;
    let mut issues = read.issues;
    issues.extend(without_lost_codes(&mut read.raw.table, &policy.columns));
    let off_columns =
        suspicions::conditions("eligible.not_parcels", &policy.eligible.not_parcels, &[&read.raw.table])?;
    let (layer, found) =
        validate(read.raw, &policy.columns, &policy.eligible.not_parcels, &policy.checks, &geodesy, monitor)
            .map_err(|e| misfit(message!("checking-layer"), e))?;
    issues.extend(found);
    issues.extend(off_columns);
    watch.lap("check");
    if layer.is_empty() {
        let input = reads.input();
        return Err(Error::new(ErrorKind::Impossible, message!("no-usable-parcel", file = input))
            .try_this(message!("check-lists-found", file = input)));
    }
    issues.extend(suspicions::far_meridian(&layer)?);
    let index = SpatialIndex::new(&layer);
    let mut further = Further { reads, policy, files: BTreeMap::new(), issues, monitor };
    let layer = further.zone(layer, &index)?;
    let Further { files, issues, .. } = further;
    Ok((CheckedLayer { layer, input_crs: read.input_crs, issues, files }, index))
}

/// Whether two policies read the same parcels from the same files: then what one of them was read as serves the other.
#[must_use]
pub(crate) fn same_parcels(a: &Policy, b: &Policy) -> bool {
    let parts =
        |p: &Policy| (p.columns.clone(), p.eligible.not_parcels.clone(), p.checks.clone(), p.zone.clone());
    parts(a) == parts(b)
}

/// The names of the files, with the CRS that is stated, that a policy reads beside the parcels.
#[must_use]
pub(crate) fn further_names(policy: &Policy) -> BTreeSet<(&'static str, String, Option<String>)> {
    let zone = policy.zone.iter().filter_map(|z| Some((z.layer.clone()?, z.crs.clone())));
    let overlays = policy.overlays.values().map(|o| (o.layer.clone(), o.crs.clone()));
    let polygons = zone.chain(overlays).map(|(name, crs)| ("polygons", name, crs));
    let barriers = policy.contiguity.barriers.iter();
    let lines = barriers.map(|b| ("lines", b.layer.clone(), b.crs.clone()));
    let table = policy.enterprises.iter().map(|e| ("table", e.table.clone(), None));
    polygons.chain(lines).chain(table).collect()
}

/// What a policy names beside the parcels is read through this: it books hashes and issues.
struct Further<'a> {
    reads: &'a dyn Reads,
    policy: &'a Policy,
    files: BTreeMap<String, String>,
    issues: Vec<Issue>,
    monitor: &'a dyn Monitor,
}

impl Further<'_> {
    /// The polygons of a layer for which all filters hold, in the CRS of `layer`.
    fn polygons(
        &mut self,
        named: &str,
        crs: Option<&String>,
        only: &[Filter],
        layer: &Layer,
    ) -> Result<Vec<MultiPolygon<f64>>> {
        let of = Named { name: named, crs: crs.map(String::as_str) };
        let read = self.reads.polygons(of, layer.crs(), self.monitor)?;
        let shapes = self.keep(named, read, only)?;
        Ok(shapes.into_iter().map(|(shape, _)| shape).collect())
    }

    /// Books what was read and keeps the shapes for which all filters hold, each with its row.
    fn keep<G>(&mut self, named: &str, read: ReadShapes<G>, only: &[Filter]) -> Result<Vec<(G, usize)>> {
        self.files.insert(named.to_owned(), read.sha256);
        self.issues.extend(read.issues);
        let keep =
            Filter::all(only, &read.table).map_err(|e| misfit(message!("reading-file", file = named), e))?;
        self.issues.extend(suspicions::conditions(named, only, &[&read.table])?);
        let kept: Vec<(G, usize)> = read.shapes.into_iter().zip(0..).filter(|(_, row)| keep[*row]).collect();
        if kept.is_empty() {
            self.issues.push(file_issue(
                IssueKind::File,
                Severity::Warning,
                message!("no-feature-meets-filters", file = named),
                message!("entry-without-effect"),
            ));
        }
        Ok(kept)
    }

    fn zone(&mut self, layer: Layer, index: &SpatialIndex) -> Result<Layer> {
        let Some(zone) = &self.policy.zone else { return Ok(layer) };
        let in_zone = match &zone.layer {
            Some(named) => {
                let shapes = self.polygons(named, zone.crs.as_ref(), &zone.only, &layer)?;
                let mut in_zone = vec![false; layer.len()];
                let meets = covered(&layer, index, &shapes, self.monitor)?;
                if meets.is_empty() {
                    let boxes = suspicions::around(shapes.iter().filter_map(BoundingRect::bounding_rect));
                    self.issues.extend(suspicions::meets_nothing(
                        named,
                        &message!("the-zone"),
                        boxes,
                        &layer,
                    ));
                }
                for c in meets {
                    in_zone[c.parcel.at()] = c.share >= zone.share;
                }
                in_zone
            }
            None => {
                self.issues.extend(suspicions::conditions("zone.where", &zone.only, &[layer.table()])?);
                Filter::all(&zone.only, layer.table()).map_err(|e| misfit(message!("finding-zone"), e))?
            }
        };
        Ok(layer.with_zone(&in_zone))
    }

    /// The columns made from the firm table, those for ratios, and the names of the firms on each parcel.
    fn enterprises(&mut self, layer: &Layer) -> Result<(Table, Paired, Vec<Vec<String>>)> {
        let Some(rules) = &self.policy.enterprises else {
            let nothing = Table::new(layer.len(), Vec::new());
            return Ok((nothing, Paired::default(), vec![Vec::new(); layer.len()]));
        };
        self.monitor.step("join", 0);
        let mut read = self.reads.table(&rules.table)?;
        self.files.insert(rules.table.clone(), read.sha256);
        self.issues.extend(read.issues);
        // A figure in a merged cell is one figure, not one for each of its rows.
        for figure in rules.figures() {
            if let Ok(column) = read.table.column(figure).map(|c| c.name.clone())
                && let Some(rows) = read.repeated.get(&column)
            {
                read.table.forget(&column, rows);
            }
        }
        for (name, aggregate) in &rules.aggregates {
            let place = format!("enterprises.aggregates.{name}");
            self.issues.extend(suspicions::conditions(&place, &aggregate.only, &[&read.table])?);
        }
        let joining = |e| misfit(message!("joining-table", file = rules.table), e);
        let together = sums_together(layer, &self.policy.indicators, rules);
        let (columns, paired, found) =
            aggregate_paired(layer, &read.table, rules, &together).map_err(joining)?;
        self.issues.extend(found);
        Ok((Table::new(layer.len(), columns), paired, names(layer, &read.table, rules).map_err(joining)?))
    }

    fn barriers(&mut self, layer: &Layer) -> Result<Vec<Barrier>> {
        let mut barriers = Vec::new();
        for rule in &self.policy.contiguity.barriers {
            let of = Named { name: &rule.layer, crs: rule.crs.as_deref() };
            let lines = self.reads.lines(of, layer.crs(), self.monitor)?;
            let table = lines.table.clone();
            let column = |name: &Option<String>| match name {
                Some(name) => table
                    .column(name)
                    .map(Some)
                    .map_err(|e| misfit(message!("reading-barriers", file = rule.layer), e)),
                None => Ok(None),
            };
            let (widths, kinds) = (column(&rule.half_width_column)?, column(&rule.kind_column)?);
            let told = widths.and_then(|c| suspicions::widths(&rule.layer, c, rule.half_width_m));
            self.issues.extend(told);
            let kept = self.keep(&rule.layer, lines, &rule.only)?;
            // A barrier acts between parcels that face each other, so no further from them than the gap.
            let reach = suspicions::extent(layer).map(|e| {
                let gap = Coord { x: self.policy.contiguity.gap_m, y: self.policy.contiguity.gap_m };
                Rect::new(e.min() - gap, e.max() + gap)
            });
            let boxes = || kept.iter().filter_map(|(line, _)| line.bounding_rect());
            if reach.is_some_and(|reach| !boxes().any(|line| line.intersects(&reach))) {
                let all = suspicions::around(boxes());
                self.issues.extend(suspicions::meets_nothing(
                    &rule.layer,
                    &message!("the-barrier-layer"),
                    all,
                    layer,
                ));
            }
            for (line, row) in kept {
                let half_width_m =
                    widths.and_then(|c| c.values[row].number()).or(rule.half_width_m).unwrap_or(0.0);
                let kind = kinds.and_then(|c| c.values[row].text()).unwrap_or_else(|| rule.layer.clone());
                barriers.push(Barrier { line, half_width_m: half_width_m.max(0.0), kind });
            }
        }
        Ok(barriers)
    }
}
