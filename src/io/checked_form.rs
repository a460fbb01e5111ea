//! What a data set was read and checked as, in the form it is kept in for ever: a plan that was signed on it is opened with
//! these parcels, however later versions would check the files.
//!
//! The bytes are a line that names the form, its number, and the content packed by zstd; the same content makes the same
//! bytes. Every form that was ever written stays readable: a change of anything below is a new number with a reader of its
//! own beside this one. Geometry and tables are in postcard, whose meaning lies in the order of members; what is wrong with
//! the data is in JSON, for its codes come and go.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use geo::MultiPolygon;
use parcels::id::{LayerId, ParcelId};
use parcels::message;
use parcels::parcel::{Crs, Layer, Parcel};
use parcels::units::{Area, SquareMetres};
use parcels::validate::Issue;
use serde::{Deserialize, Serialize};

use super::read::ReadShapes;
use super::reads::{Bundle, CheckedLayer, Parcels};
use super::table::ReadTable;
use super::wire::{Cells, Points, Rings, from_table, line, points, polygon, rings, to_table};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// What the bytes begin with.
const NAME: &[u8] = b"lianpian checked data set\n";

/// The form that is written.
const FORM: u32 = 1;

/// How hard zstd tries: its usual middle.
const PACKING: i32 = 3;

#[derive(Serialize, Deserialize)]
struct Whole {
    input: String,
    layer: LayerKept,
    polygons: BTreeMap<String, ShapesKept<Vec<Rings>>>,
    lines: BTreeMap<String, ShapesKept<Points>>,
    tables: BTreeMap<String, TableKept>,
}

#[derive(Serialize, Deserialize)]
struct LayerKept {
    id: String,
    name: String,
    crs: System,
    parcels: Vec<ParcelKept>,
    table: Cells,
    input_crs: System,
    issues: String,
    files: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct System {
    name: String,
    epsg: Option<u32>,
    wkt: String,
}

#[derive(Serialize, Deserialize)]
struct ParcelKept {
    id: String,
    code: Option<String>,
    shape: Vec<Rings>,
    ellipsoidal_m2: f64,
    planar_m2: f64,
    registered_m2: Option<f64>,
    in_zone: bool,
    sub_park: Option<String>,
    source_row: usize,
}

#[derive(Serialize, Deserialize)]
struct ShapesKept<G> {
    shapes: Vec<G>,
    table: Cells,
    issues: String,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct TableKept {
    table: Cells,
    encoding: String,
    issues: String,
    repeated: BTreeMap<String, Vec<usize>>,
    sha256: String,
}

/// Writes a bundle whose parcels are checked.
///
/// # Errors
/// When the file cannot be written, or the parcels are not checked.
pub fn write(bundle: Bundle, path: &Path) -> Result<()> {
    let writing = || message!("writing-checked-data-set");
    let parcels = bundle.parcels.into_inner().unwrap_or_else(PoisonError::into_inner);
    let Some(Parcels::Checked(checked)) = parcels else {
        return Err(Error::new(ErrorKind::Unwritable, message!("parcels-taken")));
    };
    let layer = &checked.layer;
    let whole = Whole {
        input: bundle.input,
        layer: LayerKept {
            id: layer.id().0.clone(),
            name: layer.name().to_owned(),
            crs: from_crs(layer.crs()),
            parcels: layer.parcels().iter().map(from_parcel).collect(),
            table: from_table(layer.table()),
            input_crs: from_crs(&checked.input_crs),
            issues: from_issues(&checked.issues)?,
            files: checked.files,
        },
        polygons: all(bundle.polygons, |read| {
            from_shapes(read, |shape: MultiPolygon<f64>| shape.0.iter().map(rings).collect())
        })?,
        lines: all(bundle.lines, |read| from_shapes(read, points))?,
        tables: all(bundle.tables, |read| {
            Ok(TableKept {
                table: from_table(&read.table),
                encoding: read.encoding,
                issues: from_issues(&read.issues)?,
                repeated: read.repeated,
                sha256: read.sha256,
            })
        })?,
    };
    let mut file = std::fs::File::create(path).context(ErrorKind::Unwritable, writing())?;
    file.write_all(NAME).context(ErrorKind::Unwritable, writing())?;
    file.write_all(&FORM.to_le_bytes()).context(ErrorKind::Unwritable, writing())?;
    let file = std::io::BufWriter::new(file);
    let mut packed =
        zstd::stream::write::Encoder::new(file, PACKING).context(ErrorKind::Unwritable, writing())?;
    // What is torn on the way through a database is found out.
    packed.include_checksum(true).context(ErrorKind::Unwritable, writing())?;
    postcard::to_io(&whole, &mut packed).context(ErrorKind::Unwritable, writing())?;
    let mut file = packed.finish().context(ErrorKind::Unwritable, writing())?;
    file.flush().context(ErrorKind::Unwritable, writing())
}

/// Reads what [`write()`] wrote, in this version or an earlier one.
///
/// # Errors
/// Of kind `Unreadable` for bytes that are damaged, or of a form that only a later version knows.
pub fn read(bytes: &[u8]) -> Result<Bundle> {
    let reading = || message!("reading-checked-data-set");
    let damaged = || Error::new(ErrorKind::Unreadable, reading());
    let content = bytes.strip_prefix(NAME).ok_or_else(damaged)?;
    let (form, packed) = content.split_first_chunk().ok_or_else(damaged)?;
    let form = u32::from_le_bytes(*form);
    if form != FORM {
        let what = message!("data-set-of-newer-version", found = form, known = FORM);
        return Err(Error::new(ErrorKind::Unreadable, what).try_this(message!("update-lianpian")));
    }
    let mut plain = Vec::new();
    let mut unpacking = zstd::stream::read::Decoder::new(packed).context(ErrorKind::Unreadable, reading())?;
    unpacking.read_to_end(&mut plain).context(ErrorKind::Unreadable, reading())?;
    let whole: Whole = postcard::from_bytes(&plain).context(ErrorKind::Unreadable, reading())?;
    drop(plain);
    let polygons = |parts: Vec<Rings>| MultiPolygon(parts.into_iter().map(polygon).collect());
    let kept = whole.layer;
    let layer = Layer::restored(
        LayerId(kept.id),
        kept.name,
        to_crs(kept.crs),
        kept.parcels.into_iter().map(to_parcel).collect(),
        to_table(kept.table).ok_or_else(damaged)?,
    );
    let checked = CheckedLayer {
        layer: layer.ok_or_else(damaged)?,
        input_crs: to_crs(kept.input_crs),
        issues: to_issues(&kept.issues)?,
        files: kept.files,
    };
    Ok(Bundle {
        input: whole.input,
        parcels: Mutex::new(Some(Parcels::Checked(checked))),
        polygons: all(whole.polygons, |kept| to_shapes(kept, polygons))?,
        lines: all(whole.lines, |kept| to_shapes(kept, line))?,
        tables: all(whole.tables, |kept| {
            Ok(ReadTable {
                table: to_table(kept.table).ok_or_else(damaged)?,
                encoding: kept.encoding,
                issues: to_issues(&kept.issues)?,
                repeated: kept.repeated,
                sha256: kept.sha256,
            })
        })?,
    })
}

fn all<A, B>(from: BTreeMap<String, A>, one: impl Fn(A) -> Result<B>) -> Result<BTreeMap<String, B>> {
    from.into_iter().map(|(name, read)| Ok((name, one(read)?))).collect()
}

fn from_crs(crs: &Crs) -> System {
    System { name: crs.name.clone(), epsg: crs.epsg, wkt: crs.wkt.clone() }
}

fn to_crs(System { name, epsg, wkt }: System) -> Crs {
    Crs { name, epsg, wkt }
}

fn from_parcel(parcel: &Parcel) -> ParcelKept {
    let Area { ellipsoidal, planar, registered } = parcel.area;
    ParcelKept {
        id: parcel.id.0.clone(),
        code: parcel.code.clone(),
        shape: parcel.shape.0.iter().map(rings).collect(),
        ellipsoidal_m2: ellipsoidal.0,
        planar_m2: planar.0,
        registered_m2: registered.map(|area| area.0),
        in_zone: parcel.in_zone,
        sub_park: parcel.sub_park.clone(),
        source_row: parcel.source_row,
    }
}

fn to_parcel(kept: ParcelKept) -> Parcel {
    Parcel {
        id: ParcelId(kept.id),
        code: kept.code,
        shape: MultiPolygon(kept.shape.into_iter().map(polygon).collect()),
        area: Area {
            ellipsoidal: SquareMetres(kept.ellipsoidal_m2),
            planar: SquareMetres(kept.planar_m2),
            registered: kept.registered_m2.map(SquareMetres),
        },
        in_zone: kept.in_zone,
        sub_park: kept.sub_park,
        source_row: kept.source_row,
    }
}

fn from_issues(issues: &[Issue]) -> Result<String> {
    serde_json::to_string(issues).context(ErrorKind::Unwritable, message!("writing-checked-data-set"))
}

fn to_issues(text: &str) -> Result<Vec<Issue>> {
    serde_json::from_str(text).context(ErrorKind::Unreadable, message!("reading-checked-data-set"))
}

fn from_shapes<G, W>(read: ReadShapes<G>, one: impl Fn(G) -> W) -> Result<ShapesKept<W>> {
    Ok(ShapesKept {
        shapes: read.shapes.into_iter().map(one).collect(),
        table: from_table(&read.table),
        issues: from_issues(&read.issues)?,
        sha256: read.sha256,
    })
}

fn to_shapes<W, G>(kept: ShapesKept<W>, one: impl Fn(W) -> G) -> Result<ReadShapes<G>> {
    let damaged = || Error::new(ErrorKind::Unreadable, message!("reading-checked-data-set"));
    let table = to_table(kept.table).ok_or_else(damaged)?;
    let shapes: Vec<G> = kept.shapes.into_iter().map(one).collect();
    if table.rows() != shapes.len() {
        return Err(damaged());
    }
    Ok(ReadShapes { shapes, table, issues: to_issues(&kept.issues)?, sha256: kept.sha256 })
}
