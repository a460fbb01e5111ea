//! What one process read, for another: every bit of every number, NaN included, so that the same layer comes of it.
//!
//! The bytes are our own, but the process that wrote them had opened a stranger's file: what does not make sense in them
//! is an error, never a panic.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use parcels::message;
use parcels::parcel::{Crs, RawLayer, RawShape};
use parcels::table::{Column, Table, Value};
use parcels::validate::Issue;
use serde::{Deserialize, Serialize};

use super::read::{ReadLayer, ReadShapes};
use super::reads::{Bundle, Parcels};
use super::table::ReadTable;
use crate::error::{Context as _, Error, ErrorKind, Result};

/// Changes whenever the form below does: what an older version left is not read.
const FORM: u32 = 2;

/// The longest definition of a coordinate reference system that is taken.
const WKT_BYTES_MAX: usize = 64 << 10;

#[derive(Serialize, Deserialize)]
struct Whole {
    form: u32,
    input: String,
    layer: ParcelsRead,
    polygons: BTreeMap<String, ShapesRead<Vec<Rings>>>,
    lines: BTreeMap<String, ShapesRead<Points>>,
    tables: BTreeMap<String, TableRead>,
}

#[derive(Serialize, Deserialize)]
struct ParcelsRead {
    name: String,
    crs: Crs,
    shapes: Vec<Shape>,
    table: Cells,
    layers: Vec<String>,
    input_crs: Crs,
    encoding: String,
    issues: Vec<Issue>,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
enum Shape {
    Null,
    Empty,
    Other(String),
    Polygons { parts: Vec<Rings>, had_z: bool, had_m: bool, had_curves: bool },
}

/// The exterior ring first. Data sets are kept in these for ever, too, as in what follows: they do not change.
pub(super) type Rings = Vec<Points>;
pub(super) type Points = Vec<(f64, f64)>;

/// A table.
#[derive(Serialize, Deserialize)]
pub(super) struct Cells {
    rows: usize,
    columns: Vec<(String, Vec<One>)>,
}

/// A value of one.
#[derive(Serialize, Deserialize)]
enum One {
    Missing,
    Number(f64),
    Text(String),
}

#[derive(Serialize, Deserialize)]
struct ShapesRead<G> {
    shapes: Vec<G>,
    table: Cells,
    issues: Vec<Issue>,
    sha256: String,
}

#[derive(Serialize, Deserialize)]
struct TableRead {
    table: Cells,
    encoding: String,
    issues: Vec<Issue>,
    repeated: BTreeMap<String, Vec<usize>>,
    sha256: String,
}

/// Writes a bundle.
///
/// # Errors
/// When the file cannot be written.
pub fn write(bundle: Bundle, path: &Path) -> Result<()> {
    let writing = || message!("writing-what-was-read");
    let parcels = bundle.parcels.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let Some(Parcels::Raw(layer)) = parcels else {
        return Err(Error::new(ErrorKind::Unwritable, message!("parcels-taken")));
    };
    let whole = Whole {
        form: FORM,
        input: bundle.input,
        layer: ParcelsRead {
            name: layer.raw.name,
            crs: layer.raw.crs,
            shapes: layer.raw.shapes.into_iter().map(from_shape).collect(),
            table: from_table(&layer.raw.table),
            layers: layer.layers,
            input_crs: layer.input_crs,
            encoding: layer.encoding,
            issues: layer.issues,
            sha256: layer.sha256,
        },
        polygons: all(bundle.polygons, |read| shapes_read(read, |shape| shape.0.iter().map(rings).collect())),
        lines: all(bundle.lines, |read| shapes_read(read, points)),
        tables: all(bundle.tables, |read| TableRead {
            table: from_table(&read.table),
            encoding: read.encoding,
            issues: read.issues,
            repeated: read.repeated,
            sha256: read.sha256,
        }),
    };
    let file = std::fs::File::create(path).context(ErrorKind::Unwritable, writing())?;
    let mut file = std::io::BufWriter::new(file);
    postcard::to_io(&whole, &mut file).context(ErrorKind::Unwritable, writing())?;
    file.flush().context(ErrorKind::Unwritable, writing())
}

/// Reads what [`write()`] wrote.
///
/// # Errors
/// Of kind `Unreadable` for bytes that are damaged, of another version, or state a coordinate reference system that
/// points to files of this machine.
pub fn read(path: &Path) -> Result<Bundle> {
    let reading = || message!("taking-over-what-was-read");
    let damaged = || Error::new(ErrorKind::Unreadable, reading());
    let bytes = std::fs::read(path).context(ErrorKind::Unreadable, reading())?;
    let (form, _) = postcard::take_from_bytes::<u32>(&bytes).context(ErrorKind::Unreadable, reading())?;
    if form != FORM {
        return Err(damaged());
    }
    let whole: Whole = postcard::from_bytes(&bytes).context(ErrorKind::Unreadable, reading())?;
    drop(bytes);
    let layer = whole.layer;
    let table = to_table(layer.table).ok_or_else(damaged)?;
    if table.rows() != layer.shapes.len() {
        return Err(damaged());
    }
    let raw = RawLayer {
        name: layer.name,
        crs: layer.crs,
        shapes: layer.shapes.into_iter().map(shape).collect(),
        table,
    };
    let layer = ReadLayer {
        raw,
        layers: layer.layers,
        input_crs: layer.input_crs,
        encoding: layer.encoding,
        issues: layer.issues,
        sha256: layer.sha256,
    };
    let polygons = |parts: Vec<Rings>| MultiPolygon(parts.into_iter().map(polygon).collect());
    let bundle = Bundle {
        input: whole.input,
        parcels: Mutex::new(Some(Parcels::Raw(layer))),
        polygons: each(whole.polygons, |read| shapes(read, polygons)).ok_or_else(damaged)?,
        lines: each(whole.lines, |read| shapes(read, line)).ok_or_else(damaged)?,
        tables: each(whole.tables, |read| {
            let table = to_table(read.table)?;
            let there = |(name, at): (&String, &Vec<usize>)| {
                table.column(name).is_ok() && at.iter().all(|row| *row < table.rows())
            };
            let good = read.repeated.iter().all(there);
            good.then_some(ReadTable {
                table,
                encoding: read.encoding,
                issues: read.issues,
                repeated: read.repeated,
                sha256: read.sha256,
            })
        })
        .ok_or_else(damaged)?,
    };
    for crs in bundle.systems() {
        refuse_files(&crs)?;
    }
    Ok(bundle)
}

/// A definition may name grids of corrections, which PROJ then looks for on this machine.
fn refuse_files(crs: &Crs) -> Result<()> {
    let text = crs.wkt.to_lowercase();
    let points =
        ["parameterfile", "nadgrids", "geoidgrids", "extension["].iter().any(|word| text.contains(word));
    // What has a code is taken by its code.
    if crs.wkt.len() > WKT_BYTES_MAX || (points && crs.epsg.is_none()) {
        let what = message!("crs-refers-to-files", crs = crs.name);
        return Err(Error::new(ErrorKind::Unreadable, what).try_this(message!("say-which-epsg")));
    }
    Ok(())
}

fn all<A, B>(from: BTreeMap<String, A>, one: impl Fn(A) -> B) -> BTreeMap<String, B> {
    from.into_iter().map(|(name, read)| (name, one(read))).collect()
}

fn each<A, B>(from: BTreeMap<String, A>, one: impl Fn(A) -> Option<B>) -> Option<BTreeMap<String, B>> {
    from.into_iter().map(|(name, read)| Some((name, one(read)?))).collect()
}

fn shapes_read<G, W>(read: ReadShapes<G>, one: impl Fn(G) -> W) -> ShapesRead<W> {
    ShapesRead {
        shapes: read.shapes.into_iter().map(one).collect(),
        table: from_table(&read.table),
        issues: read.issues,
        sha256: read.sha256,
    }
}

fn shapes<W, G>(read: ShapesRead<W>, one: impl Fn(W) -> G) -> Option<ReadShapes<G>> {
    let table = to_table(read.table)?;
    let shapes: Vec<G> = read.shapes.into_iter().map(one).collect();
    (table.rows() == shapes.len()).then_some(ReadShapes {
        shapes,
        table,
        issues: read.issues,
        sha256: read.sha256,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "shapes are handed over one by one")]
pub(super) fn points(line: LineString<f64>) -> Points {
    line.0.iter().map(|c| (c.x, c.y)).collect()
}

pub(super) fn line(points: Points) -> LineString<f64> {
    LineString(points.into_iter().map(|(x, y)| Coord { x, y }).collect())
}

pub(super) fn rings(polygon: &Polygon<f64>) -> Rings {
    let ring = |ring: &LineString<f64>| ring.0.iter().map(|c| (c.x, c.y)).collect();
    std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(ring).collect()
}

pub(super) fn polygon(rings: Rings) -> Polygon<f64> {
    let mut rings = rings.into_iter().map(|mut ring| {
        // A ring that begins with NaN never counts as closed, and would get its first point once more.
        let nan = ring.len() > 1 && ring.first().is_some_and(|(x, y)| x.is_nan() || y.is_nan());
        if nan {
            ring.pop();
        }
        line(ring)
    });
    let exterior = rings.next().unwrap_or_else(|| LineString(Vec::new()));
    Polygon::new(exterior, rings.collect())
}

fn from_shape(shape: RawShape) -> Shape {
    match shape {
        RawShape::Null => Shape::Null,
        RawShape::Empty => Shape::Empty,
        RawShape::Other(kind) => Shape::Other(kind),
        RawShape::Polygons { shape, had_z, had_m, had_curves } => {
            Shape::Polygons { parts: shape.0.iter().map(rings).collect(), had_z, had_m, had_curves }
        }
    }
}

fn shape(shape: Shape) -> RawShape {
    match shape {
        Shape::Null => RawShape::Null,
        Shape::Empty => RawShape::Empty,
        Shape::Other(kind) => RawShape::Other(kind),
        Shape::Polygons { parts, had_z, had_m, had_curves } => {
            let shape = MultiPolygon(parts.into_iter().map(polygon).collect());
            RawShape::Polygons { shape, had_z, had_m, had_curves }
        }
    }
}

pub(super) fn from_table(table: &Table) -> Cells {
    let one = |value: &Value| match value {
        Value::Missing => One::Missing,
        Value::Number(n) => One::Number(*n),
        Value::Text(t) => One::Text(t.clone()),
    };
    let columns = table.columns().iter().map(|c| (c.name.clone(), c.values.iter().map(one).collect()));
    Cells { rows: table.rows(), columns: columns.collect() }
}

/// None when a column has another length than its table.
pub(super) fn to_table(cells: Cells) -> Option<Table> {
    let one = |one: One| match one {
        One::Missing => Value::Missing,
        One::Number(n) => Value::from_number(n),
        One::Text(t) => Value::Text(t),
    };
    if cells.columns.iter().any(|(_, values)| values.len() != cells.rows) {
        return None;
    }
    let columns = cells.columns.into_iter();
    let columns =
        columns.map(|(name, values)| Column { name, values: values.into_iter().map(one).collect() });
    Some(Table::new(cells.rows, columns.collect()))
}
