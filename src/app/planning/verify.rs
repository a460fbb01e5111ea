//! A written plan, judged from what stands in its folder alone: parcels, barriers and overlays are read from `plan.gpkg`,
//! who faces whom is computed again, and every figure of `plan.json` is compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use parcels::adjacency::{Adjacency, GAPS_SHOWN_M, adjacency, adjacency_by_gap};
use parcels::index::SpatialIndex;
use parcels::message;
use parcels::message::{AsParam, Message};
use parcels::overlay::covered;
use parcels::parcel::{Barrier, Crs, Layer, RawLayer, RawShape};
use parcels::plan::{PLAN_SCHEMA, PlanRecord};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::table::{Column, Table, Value};
use parcels::units::AreaUnit;
use parcels::validate::{Columns, Severity, validate};
use parcels::verify::{Evidence, Finding, OverlayCover, Part, verify};
use serde::Deserialize;

use crate::app::planning::prepare::{LoadedPolicy, load_policy, misfit};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs::{self, Proj};
use crate::io::plan_features::source_columns;
use crate::io::read::{ReadOptions, layer_counts, read_lines, read_polygons};
use crate::io::source::Source;

/// Judges the plan in the folder `dir`. An empty list: the plan stands.
///
/// What cannot be judged from the folder is not: whether the parcels and the columns that rules speak of are those of the
/// input (its hash is not computed again), and raw indicator values against the firm table. Beyond that [`parcels::verify`] says what
/// is taken on trust.
///
/// # Errors
/// When `dir` holds no plan, or files that cannot be read, or the monitor says stop.
pub fn verify_folder(dir: &Path, monitor: &dyn Monitor) -> Result<Vec<Finding>> {
    let plan = WrittenPlan::read(dir, monitor)?;
    monitor.step("verify", 0);
    Ok(plan.findings())
}

/// All that the folder of a plan holds, and who faces whom.
pub struct WrittenPlan {
    /// `plan.json`.
    pub record: PlanRecord,
    /// `certificate.bin`.
    pub certificate: Vec<u8>,
    /// `policy.toml`.
    pub loaded: LoadedPolicy,
    written: WrittenParcels,
    barriers: Vec<Barrier>,
    overlays: BTreeMap<String, Vec<MultiPolygon<f64>>>,
    covers: Vec<OverlayCover>,
    adjacency: Adjacency,
    by_gap: Vec<(f64, Adjacency)>,
    issues: BTreeMap<String, usize>,
    /// Number of features by layer, in each file that holds the layer.
    counts: Vec<(&'static str, String, u64)>,
    /// `parcels.geojson`.
    geojson: Collection,
}

impl WrittenPlan {
    /// Reads the folder `dir`.
    ///
    /// # Errors
    /// When `dir` holds no plan, or files that cannot be read, or the monitor says stop.
    pub fn read(dir: &Path, monitor: &dyn Monitor) -> Result<Self> {
        let record = read_record(&dir.join("plan.json"))?;
        let loaded = load_policy(&dir.join("policy.toml"))?;
        let certificate = read_bytes(&dir.join("certificate.bin"))?;
        let crs = crs::parse(&record.inputs.crs)
            .map_err(|e| Error::new(ErrorKind::Unreadable, message!("reading-plan-crs-own")).because(e))?;
        let gpkg = Geopackage { path: dir.join("plan.gpkg"), crs };
        let layers = layer_counts(&gpkg.path)?;

        let written = gpkg.parcels(&record, &loaded.policy, monitor)?;
        let layer = &written.layer;
        let index = SpatialIndex::new(layer);
        let barriers = if layers.contains_key("barriers") { gpkg.barriers(monitor)? } else { Vec::new() };
        let overlays =
            if layers.contains_key("overlays") { gpkg.overlays(monitor)? } else { BTreeMap::new() };
        let faced = adjacency(layer, &index, &barriers, loaded.policy.contiguity.gap_m, monitor)?;
        let sides = layer.parcels().iter().zip(&written.in_zone_after);
        let either: Vec<bool> = sides.map(|(p, after)| p.in_zone || *after).collect();
        let tables = adjacency_by_gap(layer, &index, &barriers, &GAPS_SHOWN_M, &either, monitor)?;
        let mut covers = Vec::new();
        for (name, shapes) in &overlays {
            let covered = covered(layer, &index, shapes, monitor)?;
            covers.push(OverlayCover { name: name.clone(), covered });
        }
        let mut counts = Vec::new();
        for name in ["parcels", "transfers", "blocks"] {
            // A layer without features may have no table at all.
            counts.push((name, format!("plan.gpkg:{name}"), layers.get(name).copied().unwrap_or(0)));
            let shapefile = dir.join("shp").join(format!("{name}.shp"));
            counts.push((name, format!("shp/{name}.shp"), layer_counts(&shapefile)?.values().sum()));
            let features = read_geojson(dir, name)?.features.len() as u64;
            counts.push((name, format!("{name}.geojson"), features));
        }
        Ok(Self {
            covers,
            by_gap: GAPS_SHOWN_M.into_iter().zip(tables).collect(),
            issues: count_issues(&dir.join("issues.csv"))?,
            geojson: read_geojson(dir, "parcels")?,
            adjacency: faced,
            record,
            certificate,
            loaded,
            written,
            barriers,
            overlays,
            counts,
        })
    }

    /// Everything that is wrong with the plan.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.stories();
        findings.extend(strangers(&self.loaded.policy, &self.barriers, &self.overlays));
        let written = &self.written;
        let policy = with_locks_by_id(&self.loaded.policy, written);
        findings.extend(verify(
            &self.record,
            &Evidence {
                layer: &written.layer,
                scores: &written.scores,
                parts: &written.parts,
                adjacency: &self.adjacency,
                by_gap: &self.by_gap,
                in_zone_after: &written.in_zone_after,
                hold: &written.hold,
                overlays: &self.covers,
                columns: &[&written.sources],
                issues: Some(&self.issues),
                policy: &policy,
                certificate: &self.certificate,
            },
        ));
        findings
    }

    /// Whether the files of the folder tell the same story: hashes, numbers of features, sides.
    fn stories(&self) -> Vec<Finding> {
        let Self { record, loaded, written, .. } = self;
        let mut findings = Vec::new();
        if record.inputs.policy != loaded.sha256 {
            let other = message!("finding-other-policy");
            findings.push(finding("inputs.policy", &record.inputs.policy, &loaded.sha256, other));
        }
        for (name, file, found) in &self.counts {
            let wanted = match *name {
                "parcels" => written.layer.len(),
                "transfers" => record.transfers.len(),
                _ => record.concentration.after.blocks,
            };
            if *found != wanted as u64 {
                findings.push(finding(file, wanted, found, message!("finding-feature-count")));
            }
        }
        let parcels = written.layer.parcels().iter().zip(&written.in_zone_after);
        for ((parcel, after), Feature { properties }) in parcels.zip(&self.geojson.features) {
            let same = properties.parcel.as_deref() == Some(parcel.id.0.as_str())
                && properties.zone_after == Some(*after);
            if !same {
                findings.push(finding(
                    format!("parcels.geojson[{}]", parcel.id),
                    said(properties.parcel.as_deref(), properties.zone_after),
                    said(Some(&parcel.id.0), Some(*after)),
                    message!("finding-not-as-geopackage"),
                ));
            }
        }
        findings
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| {
        let folder = path.parent().unwrap_or(path).display();
        Error::new(ErrorKind::Unreadable, message!("reading-file", file = path.display()))
            .because(cause)
            .try_this(message!("folder-of-plan-as-written", file = folder))
    })
}

/// `plan.json` of a plan's folder.
///
/// # Errors
/// When it is not there, or of another version.
pub(crate) fn read_record(path: &Path) -> Result<PlanRecord> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let bytes = read_bytes(path)?;
    let reading = || message!("reading-file", file = path.display());
    let Schema { schema } = serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, reading())?;
    if schema != PLAN_SCHEMA {
        return Err(Error::new(
            ErrorKind::Unreadable,
            message!("plan-of-other-schema", file = path.display(), schema = schema, known = PLAN_SCHEMA),
        )
        .try_this(message!("use-version-that-wrote")));
    }
    serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, reading())
}

/// The parcels as written, with what the plan says of each.
struct WrittenParcels {
    layer: Layer,
    /// The codes of the input, which locks may name.
    codes: Vec<Option<String>>,
    scores: Vec<Option<f64>>,
    parts: Vec<Part>,
    in_zone_after: Vec<bool>,
    hold: Vec<String>,
    /// What filters and locks speak of, under the names the policy has for it.
    sources: Table,
}

/// `plan.gpkg`, read in the CRS the plan was computed in.
struct Geopackage {
    path: PathBuf,
    crs: Crs,
}

impl Geopackage {
    fn layer(&self, name: &str) -> Source {
        Source { path: self.path.clone(), layer: Some(name.to_owned()) }
    }

    fn parcels(&self, record: &PlanRecord, policy: &Policy, monitor: &dyn Monitor) -> Result<WrittenParcels> {
        let source = self.layer("parcels");
        let read = read_polygons(&source, &ReadOptions::default(), &self.crs, monitor)?;
        let shapes = read
            .shapes
            .into_iter()
            .map(|shape| RawShape::Polygons { shape, had_z: false, had_m: false, had_curves: false })
            .collect();
        let raw = RawLayer {
            name: record.inputs.layer_name.clone(),
            crs: self.crs.clone(),
            shapes,
            table: read.table,
        };
        let named = |name: &str| Some(name.to_owned());
        let columns = Columns {
            parcel_code: Some("parcel".into()),
            in_zone: named("zone_before"),
            in_zone_yes: Vec::new(),
            sub_park: named("sub_park"),
            registered_area: named("area_registered_m2"),
            registered_area_unit: AreaUnit::M2,
            land_use: named("land_use"),
        };
        let geodesy = Proj::new(&self.crs)?;
        // What was wrong with the input is in issues.csv; a repaired layer is not repaired again.
        let (layer, _) = validate(raw, &columns, &[], &policy.checks, &geodesy, monitor)
            .map_err(|e| misfit(message!("checking-file", file = source), e))?;
        let column = |name: &str| {
            layer.table().column(name).map_err(|e| {
                Error::new(ErrorKind::Unreadable, message!("reading-file", file = source)).because(e)
            })
        };
        let numbers = |c: &Column| c.values.iter().map(Value::number).collect::<Vec<_>>();
        let texts = |c: &Column| c.values.iter().map(Value::text).collect::<Vec<_>>();
        let parts = policy
            .indicators
            .keys()
            .map(|id| {
                let numbers = |kind: &str| Ok::<_, Error>(numbers(column(&format!("{kind}_{id}"))?));
                Ok(Part { id: id.clone(), raw: numbers("raw")?, normalised: numbers("part")? })
            })
            .collect::<Result<_>>()?;
        let sources = source_columns(policy).into_iter().filter_map(|(asked, written)| {
            Some(Column { name: asked, values: layer.table().column(&written).ok()?.values.clone() })
        });
        let sources = Table::new(layer.len(), sources.collect());
        Ok(WrittenParcels {
            sources,
            codes: texts(column("code")?),
            scores: numbers(column("score")?),
            parts,
            in_zone_after: column("zone_after")?.values.iter().map(|v| v.truth() == Some(true)).collect(),
            hold: texts(column("hold")?).into_iter().map(Option::unwrap_or_default).collect(),
            layer,
        })
    }

    fn barriers(&self, monitor: &dyn Monitor) -> Result<Vec<Barrier>> {
        let source = self.layer("barriers");
        let read = read_lines(&source, &ReadOptions::default(), &self.crs, monitor)?;
        let column = |name| {
            read.table.column(name).context(ErrorKind::Unreadable, message!("reading-file", file = source))
        };
        let (kinds, widths) = (column("kind")?, column("half_width_m")?);
        Ok(read
            .shapes
            .into_iter()
            .enumerate()
            .map(|(row, line)| Barrier {
                line,
                half_width_m: widths.values[row].number().unwrap_or(0.0).max(0.0),
                kind: kinds.values[row].text().unwrap_or_default(),
            })
            .collect())
    }

    /// The overlays' polygons by name.
    fn overlays(&self, monitor: &dyn Monitor) -> Result<BTreeMap<String, Vec<MultiPolygon<f64>>>> {
        let source = self.layer("overlays");
        let read = read_polygons(&source, &ReadOptions::default(), &self.crs, monitor)?;
        let names = read
            .table
            .column("name")
            .context(ErrorKind::Unreadable, message!("reading-file", file = source))?;
        let mut overlays: BTreeMap<String, Vec<MultiPolygon<f64>>> = BTreeMap::new();
        for (shape, name) in read.shapes.into_iter().zip(&names.values) {
            overlays.entry(name.text().unwrap_or_default()).or_default().push(shape);
        }
        Ok(overlays)
    }
}

/// Locks name parcels by id or by the code of the input. A written layer is keyed by id, so ids take the codes' place.
fn with_locks_by_id(policy: &Policy, written: &WrittenParcels) -> Policy {
    let mut policy = policy.clone();
    for list in [&mut policy.locks.inside, &mut policy.locks.outside, &mut policy.locks.freeze] {
        let named = |code: &Option<String>| code.as_ref().is_some_and(|c| list.contains(c));
        let ids: Vec<String> = written
            .layer
            .parcels()
            .iter()
            .zip(&written.codes)
            .filter(|(_, code)| named(code))
            .map(|(parcel, _)| parcel.id.0.clone())
            .collect();
        list.extend(ids);
    }
    policy
}

/// Number of issues by kind.
fn count_issues(path: &Path) -> Result<BTreeMap<String, usize>> {
    let bytes = read_bytes(path)?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let reading = || message!("reading-file", file = path.display());
    let mut rows = csv::Reader::from_reader(text);
    let header = rows.headers().context(ErrorKind::Unreadable, reading())?;
    let Some(kind) = header.iter().position(|name| name == "kind") else {
        return Err(Error::new(ErrorKind::Unreadable, message!("no-kind-column", file = path.display())));
    };
    let mut counts = BTreeMap::new();
    for row in rows.records() {
        let row = row.context(ErrorKind::Unreadable, reading())?;
        *counts.entry(row.get(kind).unwrap_or_default().to_owned()).or_default() += 1;
    }
    Ok(counts)
}

/// A parcel and its side, as `parcels.geojson` has them.
fn said(parcel: Option<&str>, zone_after: Option<bool>) -> String {
    serde_json::json!({ "parcel": parcel, "zone_after": zone_after }).to_string()
}

fn finding(what: impl Into<String>, claimed: impl AsParam, found: impl AsParam, message: Message) -> Finding {
    Finding {
        severity: Severity::Error,
        what: what.into(),
        claimed: Some(claimed.as_param()),
        found: Some(found.as_param()),
        message,
    }
}

/// Barriers and overlays that the policy knows nothing of.
fn strangers(
    policy: &Policy,
    barriers: &[Barrier],
    overlays: &BTreeMap<String, Vec<MultiPolygon<f64>>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if policy.contiguity.barriers.is_empty() && !barriers.is_empty() {
        let none = message!("finding-no-barriers");
        findings.push(finding("plan.gpkg:barriers", barriers.len(), 0_usize, none));
    }
    for (name, shapes) in overlays.iter().filter(|(name, _)| !policy.overlays.contains_key(*name)) {
        findings.push(finding(
            format!("plan.gpkg:overlays[{name}]"),
            shapes.len(),
            0_usize,
            message!("finding-no-such-overlay"),
        ));
    }
    findings
}

/// The parts of a GeoJSON file that are compared.
#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Feature {
    properties: Properties,
}

#[derive(Deserialize)]
struct Properties {
    parcel: Option<String>,
    zone_after: Option<bool>,
}

fn read_geojson(dir: &Path, name: &str) -> Result<Collection> {
    let path = dir.join(format!("{name}.geojson"));
    let bytes = read_bytes(&path)?;
    serde_json::from_slice(&bytes)
        .context(ErrorKind::Unreadable, message!("reading-file", file = path.display()))
}
