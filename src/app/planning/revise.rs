//! Next year's layer against this year's: what became of every parcel, written as tables and layers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parcels::id::ParcelIdx;
use parcels::message;
use parcels::message::{Message, Told, number};
use parcels::parcel::{Crs, Layer, RawLayer};
use parcels::policy::Policy;
use parcels::progress::{Monitor, go_on};
use parcels::revise::{Kind, Revision, Total, revise as compare};
use parcels::units::{M2_PER_HA, SquareCentimetres};
use parcels::validate::{Columns, Issue, Severity, validate, without_lost_codes};
use serde::Serialize;

use crate::app::planning::check::usual_columns;
use crate::app::planning::prepare::{load_policy, misfit};
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::io::crs::Proj;
use crate::io::read::{ReadOptions, brought_to, read_layer};
use crate::io::revision::{REVISION_FILES, RevisionOutput, name, write};
use crate::io::source::Source;
use crate::io::{atomic_output, issues_csv};
use crate::messages::{Language, Reader, columns, render, tell};

/// Version of `revision.json`.
const SCHEMA: &str = "lianpian-revision-1";
/// Parcels named in one remark.
const NAMED: usize = 5;

/// What to compare.
#[derive(Debug, Clone)]
pub struct ReviseRequest {
    /// The parcels of the earlier year, and how to read them.
    pub old: (Source, ReadOptions),
    /// The parcels of the later year.
    pub new: (Source, ReadOptions),
    /// Whose code column, checks and features that are no parcels apply; without one, usual column names are looked for.
    pub policy: Option<PathBuf>,
    /// The folder to write.
    pub out: PathBuf,
}

/// One of the two layers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Year {
    /// The input as named.
    pub input: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Content hash of the valid layer.
    pub layer: String,
    /// The columns taken for the parcels' code.
    pub code_column: Option<String>,
    /// Number of parcels.
    pub parcels: usize,
    /// Their area on the ellipsoid, m².
    pub area_m2: f64,
    /// Number of issues by kind.
    pub issues: BTreeMap<String, usize>,
}

/// Number and area of the parcels of one kind of change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindRecord {
    /// The kind.
    pub kind: Kind,
    /// Parcels of the old layer.
    pub old_parcels: usize,
    /// Their area on the ellipsoid, m².
    pub old_area_m2: f64,
    /// Parcels of the new layer.
    pub new_parcels: usize,
    /// Their area on the ellipsoid, m².
    pub new_area_m2: f64,
}

/// `revision.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RevisionRecord {
    /// Version of this record.
    pub schema: &'static str,
    /// Version of the program.
    pub version: &'static str,
    /// SHA-256 of the policy, where there is one.
    pub policy: Option<String>,
    /// The CRS in which land was compared.
    pub crs: String,
    /// The earlier layer.
    pub old: Year,
    /// The later layer.
    pub new: Year,
    /// Kinds of changes, all of them.
    pub kinds: Vec<KindRecord>,
    /// What a person should look at.
    pub remarks: Vec<Told>,
}

/// A layer as it is compared.
struct Read {
    raw: RawLayer,
    columns: Columns,
    input_crs: Crs,
    issues: Vec<Issue>,
    sha256: String,
}

/// Compares and writes.
///
/// # Errors
/// An input that cannot be read, a policy that does not fit it, layers that cannot be brought into one CRS, a folder that
/// cannot be written, or a request to stop.
pub fn revise(request: &ReviseRequest, monitor: &dyn Monitor) -> Result<RevisionRecord> {
    let own = |name: &str| REVISION_FILES.contains(&name) || name.starts_with("revision.gpkg-");
    atomic_output::may_replace(&request.out, &message!("a-revision"), "revision.json", &own)?;
    let loaded = request.policy.as_deref().map(load_policy).transpose()?;
    let policy = loaded.as_ref().map(|l| &l.policy);
    let mut old = read(&request.old, policy, monitor)?;
    let mut new = read(&request.new, policy, monitor)?;
    let between = || message!("bringing-to-crs-of", file = request.new.0, other = request.old.0);
    let raw =
        brought_to(new.raw, &old.raw.crs).map_err(|e| Error::new(ErrorKind::Usage, between()).because(e))?;
    new.raw = raw;
    let crs = old.raw.crs.name.clone();
    let input_crs = new.input_crs.clone();
    let defaults = Policy::default();
    let rules = policy.unwrap_or(&defaults);
    let geodesy = Proj::new(&old.raw.crs)?;
    let valid = |read: &mut Read, source: &Source| -> Result<Layer> {
        read.issues.extend(without_lost_codes(&mut read.raw.table, &read.columns));
        let raw = std::mem::replace(&mut read.raw, empty());
        let (layer, found) =
            validate(raw, &read.columns, &rules.eligible.not_parcels, &rules.checks, &geodesy, monitor)
                .map_err(|e| misfit(message!("checking-file", file = source), e))?;
        read.issues.extend(found);
        if layer.is_empty() {
            let what = message!("no-usable-parcel", file = source);
            return Err(Error::new(ErrorKind::Impossible, what)
                .try_this(message!("check-lists-found", file = source)));
        }
        Ok(layer)
    };
    let old_layer = valid(&mut old, &request.old.0)?;
    let new_layer = valid(&mut new, &request.new.0)?;
    let revision = compare(&old_layer, &new_layer, &rules.checks, &geodesy, monitor)?;
    let record = RevisionRecord {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        policy: loaded.as_ref().map(|l| l.sha256.clone()),
        crs,
        old: year(&request.old.0, &old, &old_layer, &revision.old_area),
        new: year(&request.new.0, &new, &new_layer, &revision.new_area),
        kinds: kinds(&revision),
        remarks: remarks(&old_layer, &new_layer, &revision).iter().map(tell).collect(),
    };
    monitor.step("write", 0);
    let staging = atomic_output::AtomicOutput::begin(&request.out)?;
    let out = RevisionOutput { old: &old_layer, new: &new_layer, revision: &revision, to: &input_crs };
    write(staging.path(), &out, monitor)?;
    for (name, read) in [("issues_old.csv", &old), ("issues_new.csv", &new)] {
        issues_csv::write(&staging.path().join(name), &read.issues)?;
    }
    let mut json = serde_json::to_vec_pretty(&record)
        .context(ErrorKind::Unwritable, message!("writing-file", file = "revision.json"))?;
    json.push(b'\n');
    let path = staging.path().join("revision.json");
    std::fs::write(&path, json)
        .context(ErrorKind::Unwritable, message!("writing-file", file = "revision.json"))?;
    go_on(monitor)?;
    staging.commit_folder()?;
    Ok(record)
}

fn empty() -> RawLayer {
    let table = parcels::table::Table::new(0, Vec::new());
    RawLayer { name: String::new(), crs: Crs::default(), shapes: Vec::new(), table }
}

fn read(
    (source, options): &(Source, ReadOptions),
    policy: Option<&Policy>,
    monitor: &dyn Monitor,
) -> Result<Read> {
    let read = read_layer(source, options, monitor)?;
    // Only codes match parcels; what else a policy names need not be in both years.
    let parcel_code = match policy {
        Some(policy) => policy.columns.parcel_code.clone(),
        None => usual_columns(&read.raw).parcel_code,
    };
    let columns = Columns { parcel_code, ..Columns::default() };
    Ok(Read { raw: read.raw, columns, input_crs: read.input_crs, issues: read.issues, sha256: read.sha256 })
}

fn year(source: &Source, read: &Read, layer: &Layer, area: &[SquareCentimetres]) -> Year {
    let mut issues: BTreeMap<String, usize> = BTreeMap::new();
    for issue in read.issues.iter().filter(|i| i.severity != Severity::Note) {
        *issues.entry(issue.kind.name().to_owned()).or_default() += 1;
    }
    Year {
        input: source.path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned()),
        sha256: read.sha256.clone(),
        layer: layer.id().to_string(),
        code_column: read.columns.parcel_code.as_ref().map(ToString::to_string),
        parcels: layer.len(),
        area_m2: area.iter().copied().sum::<SquareCentimetres>().m2(),
        issues,
    }
}

fn kinds(revision: &Revision) -> Vec<KindRecord> {
    let totals = revision.totals();
    let record = |kind: Kind| {
        let Total { old, old_area, new, new_area } = totals.get(&kind).copied().unwrap_or_default();
        KindRecord {
            kind,
            old_parcels: old,
            old_area_m2: old_area.m2(),
            new_parcels: new,
            new_area_m2: new_area.m2(),
        }
    };
    Kind::ALL.into_iter().map(record).collect()
}

/// What a person should look at: exchanged, moved and repeated codes, land that is counted twice.
fn remarks(old: &Layer, new: &Layer, revision: &Revision) -> Vec<Message> {
    let mut remarks = Vec::new();
    let code = |idx: ParcelIdx| old[idx].code.clone().unwrap_or_default();
    let swapped = &revision.swapped_codes;
    if !swapped.is_empty() {
        let pairs = swapped.iter().map(|(a, b)| message::all([code(*a), code(*b)]));
        let pairs = message::some(pairs, NAMED);
        remarks.push(message!("codes-exchanged", count = swapped.len(), pairs = pairs));
    }
    let exchanged: Vec<ParcelIdx> = swapped.iter().flat_map(|(a, b)| [*a, *b]).collect();
    let moved: Vec<String> =
        revision.moved_codes.iter().filter(|m| !exchanged.contains(&m.old)).map(|m| code(m.old)).collect();
    if !moved.is_empty() {
        let codes = message::some(&moved, NAMED);
        remarks.push(message!("codes-on-other-land", count = moved.len(), codes = codes));
    }
    if moved.len() * 2 > old.len() {
        remarks.push(message!("most-codes-on-other-land"));
    }
    let years = || (message!("year-old"), message!("year-new"));
    let ((old_year, new_year), (repeated_old, repeated_new)) =
        (years(), (&revision.repeated_old, &revision.repeated_new));
    for (year, repeated) in [(old_year, repeated_old), (new_year, repeated_new)] {
        if !repeated.is_empty() {
            let codes = message::some(repeated, NAMED);
            remarks.push(message!("codes-repeated", year = year, count = repeated.len(), codes = codes));
        }
    }
    let twice = |of: &[SquareCentimetres], layer: &Layer| -> Vec<String> {
        // A survey errs by that much in either layer.
        let below = of.iter().enumerate().filter(|(_, area)| area.m2() < -1.0);
        below.map(|(at, _)| layer.parcels()[at].id.0.clone()).collect()
    };
    let (old_year, new_year) = years();
    for (twice, year) in [(twice(&revision.lost, old), new_year), (twice(&revision.gained, new), old_year)] {
        if !twice.is_empty() {
            let parcels = message::some(&twice, NAMED);
            remarks.push(message!("land-counts-twice", year = year, count = twice.len(), parcels = parcels));
        }
    }
    remarks
}

impl RevisionRecord {
    /// As a table for people.
    #[must_use]
    pub fn to_text(&self, language: Language) -> String {
        let words = |message: &Message| render(message, language, Reader::Terminal);
        let ha = |m2: f64| words(&message!("in-ha", value = number(m2 / M2_PER_HA, 4)));
        let parcels = words(&message!("revised-parcels"));
        let head = |year: Message| format!("{} {parcels}", words(&year));
        let (old, new) = (head(message!("revised-head-old")), head(message!("revised-head-new")));
        let mut rows = vec![vec![String::new(), old, String::new(), new, String::new()]];
        let mut row = |name: String, old: usize, old_m2: f64, new: usize, new_m2: f64| {
            rows.push(vec![name, old.to_string(), ha(old_m2), new.to_string(), ha(new_m2)]);
        };
        for k in &self.kinds {
            let name = words(&name(k.kind));
            row(name, k.old_parcels, k.old_area_m2, k.new_parcels, k.new_area_m2);
        }
        let (old, new) = (&self.old, &self.new);
        row(words(&message!("revised-total")), old.parcels, old.area_m2, new.parcels, new.area_m2);
        columns(&rows, 1)
    }
}
