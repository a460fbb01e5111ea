//! A written plan, judged from what stands in its folder alone: parcels, barriers and overlays are read from `plan.gpkg`,
//! who faces whom is computed again, and every figure of `plan.json` is compared.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use geo::MultiPolygon;
use parcels::adjacency::{GAPS_SHOWN_M, adjacency, adjacency_by_gap};
use parcels::index::SpatialIndex;
use parcels::overlay::covered;
use parcels::parcel::{Barrier, Crs, Layer, RawLayer, RawShape};
use parcels::plan::{PLAN_SCHEMA, PlanRecord};
use parcels::policy::Policy;
use parcels::progress::Monitor;
use parcels::table::{Column, Value};
use parcels::units::AreaUnit;
use parcels::validate::{Columns, Severity, validate};
use parcels::verify::{Evidence, Finding, OverlayCover, Part, verify};
use serde::Deserialize;

use super::prepare::{LoadedPolicy, load_policy, misfit};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs::{self, Proj};
use crate::io::read::{ReadOptions, layer_counts, read_lines, read_polygons};
use crate::io::source::Source;

/// Judges the plan in the folder `dir`. An empty list: the plan stands.
///
/// What cannot be judged from the folder is not: whether the parcels are those of the input (its hash is not computed
/// again), raw indicator values against the firm table, and filters over columns that are not written.
///
/// # Errors
/// When `dir` holds no plan, or files that cannot be read, or the monitor says stop.
pub fn verify_folder(dir: &Path, monitor: &dyn Monitor) -> Result<Vec<Finding>> {
    let record = read_record(&dir.join("plan.json"))?;
    let loaded = load_policy(&dir.join("policy.toml"))?;
    let certificate = read_bytes(&dir.join("certificate.bin"))?;
    let crs = crs::parse(&record.inputs.crs)
        .map_err(|e| Error::new(ErrorKind::Unreadable, "reading inputs.crs of plan.json").because(e))?;
    let gpkg = Geopackage { path: dir.join("plan.gpkg"), crs };
    let layers = layer_counts(&gpkg.path)?;

    let written = gpkg.parcels(&record, &loaded.policy, monitor)?;
    let index = SpatialIndex::new(&written.layer);
    let barriers = if layers.contains_key("barriers") { gpkg.barriers(monitor)? } else { Vec::new() };
    let overlays = if layers.contains_key("overlays") { gpkg.overlays(monitor)? } else { BTreeMap::new() };
    let faced = adjacency(&written.layer, &index, &barriers, loaded.policy.contiguity.gap_m, monitor)?;
    let either: Vec<bool> = written
        .layer
        .parcels()
        .iter()
        .zip(&written.in_zone_after)
        .map(|(p, after)| p.in_zone || *after)
        .collect();
    let tables = adjacency_by_gap(&written.layer, &index, &barriers, &GAPS_SHOWN_M, &either, monitor)?;
    let covers: Vec<OverlayCover> = overlays
        .iter()
        .map(|(name, shapes)| OverlayCover {
            name: name.clone(),
            covered: covered(&written.layer, &index, shapes),
        })
        .collect();
    let issues = count_issues(&dir.join("issues.csv"))?;

    let mut findings = folder(dir, &record, &loaded, &written, &layers)?;
    findings.extend(strangers(&loaded.policy, &barriers, &overlays));
    monitor.step("verify", 0);
    let policy = with_locks_by_id(&loaded.policy, &written);
    let by_gap: Vec<_> = GAPS_SHOWN_M.into_iter().zip(tables).collect();
    findings.extend(verify(
        &record,
        &Evidence {
            layer: &written.layer,
            scores: &written.scores,
            parts: &written.parts,
            adjacency: &faced,
            by_gap: &by_gap,
            in_zone_after: &written.in_zone_after,
            hold: &written.hold,
            overlays: &covers,
            issues: Some(&issues),
            policy: &policy,
            certificate: &certificate,
        },
    ));
    Ok(findings)
}

fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| {
        let folder = path.parent().unwrap_or(path).display();
        Error::new(ErrorKind::Unreadable, format!("reading {}", path.display()))
            .because(cause)
            .try_this(format!("{folder} has to be a folder that `lianpian plan` wrote, as it was written"))
    })
}

/// `plan.json` of a plan's folder.
///
/// # Errors
/// When it is not there, or of another version.
pub(super) fn read_record(path: &Path) -> Result<PlanRecord> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let bytes = read_bytes(path)?;
    let reading = || format!("reading {}", path.display());
    let Schema { schema } = serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, reading())?;
    if schema != PLAN_SCHEMA {
        return Err(Error::new(
            ErrorKind::Unreadable,
            format!("{} has schema \"{schema}\"; this program reads \"{PLAN_SCHEMA}\"", path.display()),
        )
        .try_this("use the version of lianpian that wrote it; it is in inputs.version"));
    }
    serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, reading())
}

/// The parcels as written, with what the plan says of each.
struct Written {
    layer: Layer,
    /// The codes of the input, which locks may name.
    codes: Vec<Option<String>>,
    scores: Vec<Option<f64>>,
    parts: Vec<Part>,
    in_zone_after: Vec<bool>,
    hold: Vec<String>,
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

    fn parcels(&self, record: &PlanRecord, policy: &Policy, monitor: &dyn Monitor) -> Result<Written> {
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
            parcel_code: named("parcel"),
            in_zone: named("zone_before"),
            sub_park: named("sub_park"),
            registered_area: named("area_registered_m2"),
            registered_area_unit: AreaUnit::M2,
            land_use: named("land_use"),
        };
        let geodesy = Proj::new(&self.crs)?;
        // What was wrong with the input is in issues.csv; a repaired layer is not repaired again.
        let (layer, _) = validate(raw, &columns, &[], &policy.checks, &geodesy, monitor)
            .map_err(|e| misfit(&format!("checking {source}"), e))?;
        let column = |name: &str| {
            layer
                .table()
                .column(name)
                .map_err(|e| Error::new(ErrorKind::Unreadable, format!("reading {source}")).because(e))
        };
        let numbers = |c: &Column| c.values.iter().map(Value::number).collect::<Vec<_>>();
        let texts = |c: &Column| c.values.iter().map(Value::text).collect::<Vec<_>>();
        let parts = policy
            .indicators
            .keys()
            .map(|id| Ok(Part { id: id.clone(), normalised: numbers(column(&format!("part_{id}"))?) }))
            .collect::<Result<_>>()?;
        Ok(Written {
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
        let column =
            |name| read.table.column(name).context(ErrorKind::Unreadable, format_args!("reading {source}"));
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
        let names =
            read.table.column("name").context(ErrorKind::Unreadable, format_args!("reading {source}"))?;
        let mut overlays: BTreeMap<String, Vec<MultiPolygon<f64>>> = BTreeMap::new();
        for (shape, name) in read.shapes.into_iter().zip(&names.values) {
            overlays.entry(name.text().unwrap_or_default()).or_default().push(shape);
        }
        Ok(overlays)
    }
}

/// Locks name parcels by id or by the code of the input. A written layer is keyed by id, so ids take the codes' place.
fn with_locks_by_id(policy: &Policy, written: &Written) -> Policy {
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
    let reading = || format!("reading {}", path.display());
    let mut rows = csv::Reader::from_reader(text);
    let header = rows.headers().context(ErrorKind::Unreadable, reading())?;
    let Some(kind) = header.iter().position(|name| name == "kind") else {
        return Err(Error::new(ErrorKind::Unreadable, format!("{} has no column \"kind\"", path.display())));
    };
    let mut counts = BTreeMap::new();
    for row in rows.records() {
        let row = row.context(ErrorKind::Unreadable, reading())?;
        *counts.entry(row.get(kind).unwrap_or_default().to_owned()).or_default() += 1;
    }
    Ok(counts)
}

#[expect(clippy::needless_pass_by_value, reason = "callers have plain numbers and words at hand")]
fn finding(what: impl Into<String>, claimed: impl ToString, found: impl ToString, text: &str) -> Finding {
    Finding {
        severity: Severity::Error,
        what: what.into(),
        claimed: Some(claimed.to_string()),
        found: Some(found.to_string()),
        text: text.to_owned(),
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
        findings.push(finding("plan.gpkg:barriers", barriers.len(), 0, "the policy names no barriers"));
    }
    for (name, shapes) in overlays.iter().filter(|(name, _)| !policy.overlays.contains_key(*name)) {
        findings.push(finding(
            format!("plan.gpkg:overlays: {name}"),
            shapes.len(),
            0,
            "the policy has no such overlay",
        ));
    }
    findings
}

/// Whether the files of the folder tell the same story: hashes, numbers of features, sides.
fn folder(
    dir: &Path,
    record: &PlanRecord,
    loaded: &LoadedPolicy,
    written: &Written,
    layers: &BTreeMap<String, u64>,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    if record.inputs.policy != loaded.sha256 {
        let text = "policy.toml is not the policy that the plan was made with";
        findings.push(finding("inputs.policy", &record.inputs.policy, &loaded.sha256, text));
    }
    let parcels = written.layer.len();
    let (transfers, blocks) = (record.transfers.len(), record.concentration.after.blocks);
    for (name, wanted) in [("parcels", parcels), ("transfers", transfers), ("blocks", blocks)] {
        let mut compare = |file: String, found: u64| {
            if found != wanted as u64 {
                findings.push(finding(file, wanted, found, "the number of features differs"));
            }
        };
        // A layer without features may have no table at all.
        compare(format!("plan.gpkg:{name}"), layers.get(name).copied().unwrap_or(0));
        let shapefile = dir.join("shp").join(format!("{name}.shp"));
        compare(format!("shp/{name}.shp"), layer_counts(&shapefile)?.values().sum());
        compare(format!("{name}.geojson"), read_geojson(dir, name)?.features.len() as u64);
    }
    let geojson = read_geojson(dir, "parcels")?;
    for ((parcel, after), feature) in
        written.layer.parcels().iter().zip(&written.in_zone_after).zip(&geojson.features)
    {
        let properties = &feature.properties;
        if properties.parcel.as_deref() != Some(parcel.id.0.as_str()) || properties.zone_after != Some(*after)
        {
            findings.push(finding(
                format!("parcels.geojson: {}", parcel.id),
                format!("{:?} {:?}", properties.parcel, properties.zone_after),
                format!("{} {after}", parcel.id),
                "it differs from plan.gpkg",
            ));
        }
    }
    Ok(findings)
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
    serde_json::from_slice(&bytes).context(ErrorKind::Unreadable, format_args!("reading {}", path.display()))
}
