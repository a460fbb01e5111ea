//! The features of one layer as its file holds them: shapes in the file's own coordinates, attributes, and what is
//! said about the coordinate reference system. Nothing is transformed here.

use gdal::vector::{Defn, Feature, Layer, LayerAccess, OGRFieldType};
use gdal::{DatasetOptions, GdalOpenFlags};
use parcels::parcel::Crs;
use parcels::progress::{Monitor, go_on};
use parcels::table::{Column, Table, Value, nearest};
use parcels::validate::{Issue, IssueKind, Severity};

use super::crs::describe;
use super::crs_check::Extent;
use super::dbf::Dbf;
use super::source::Source;
use super::unpack::{self, Dataset, Kind};
use super::wkb::{self, Parsed};
use super::{encoding, file_issue, setup};
use crate::error::{Context, Error, ErrorKind, Result};

/// The most features a layer may have.
const FEATURES_MAX: u64 = 10_000_000;
/// How often progress is told and cancellation heard, features.
const BEAT: usize = 4096;

/// What a layer is wanted for; it decides which of several is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Polygons,
    Lines,
}

/// One feature's shape.
pub(crate) enum Shape {
    Null,
    /// Of a type that is neither point, line, curve nor surface.
    Unknown(String),
    Known(Parsed),
}

/// A layer as its file holds it.
pub(crate) struct Features {
    pub(crate) name: String,
    /// The names of all layers in the file.
    pub(crate) layers: Vec<String>,
    pub(crate) shapes: Vec<Shape>,
    pub(crate) table: Table,
    /// What the file states; none when it states nothing.
    pub(crate) crs: Option<Crs>,
    /// The bounds of the shapes; none when no feature has a finite point.
    pub(crate) extent: Option<Extent>,
    pub(crate) encoding: String,
    pub(crate) issues: Vec<Issue>,
    pub(crate) sha256: String,
}

/// Reads the layer that `source` names.
///
/// # Errors
/// When it cannot be opened, the layer is not clear or not there, it is empty or too large, or the monitor stops it.
pub(crate) fn read(
    source: &Source,
    encoding: Option<&str>,
    wanted: Wanted,
    monitor: &dyn Monitor,
) -> Result<Features> {
    setup::gdal();
    let given = encoding.map(encoding::named).transpose()?;
    let mut input = unpack::dataset(source)?;
    let opened = open(&input, source)?;
    let layers: Vec<String> = opened.layers().map(|l| l.name()).collect();
    let (position, note) = choose(&opened, source, input.layer.as_deref(), wanted)?;
    let mut issues = std::mem::take(&mut input.issues);
    issues.extend(note);
    let mut layer = opened.layer(position).context(ErrorKind::Unreadable, source)?;
    let crs = stated_crs(&layer)?;
    let count = layer.try_feature_count().unwrap_or(0);
    if count > FEATURES_MAX {
        return Err(Error::new(
            ErrorKind::Unreadable,
            format!("{source}: it has {count} features; at most {FEATURES_MAX} are read"),
        )
        .try_this("cut it to the area of the park and its surroundings"));
    }
    monitor.step("read", count);
    let name = layer.name();
    let dbf = match input.kind {
        Kind::Shapefile => attributes(&input, &mut issues)?,
        _ => None,
    };
    let fields = if input.kind == Kind::Shapefile { Vec::new() } else { fields(layer.defn(), &mut issues) };
    let mut columns: Vec<Vec<Value>> = fields.iter().map(|_| Vec::with_capacity(count as usize)).collect();
    let mut shapes = Vec::with_capacity(count as usize);
    let mut records = Vec::new();
    let mut damaged = 0;
    for feature in layer.features() {
        shapes.push(shape(&feature)?);
        records.push(feature.fid().map(|fid| fid as usize));
        for (field, column) in fields.iter().zip(&mut columns) {
            column.push(field.value(&feature, &mut damaged)?);
        }
        if shapes.len() % BEAT == 0 {
            monitor.advance(BEAT as u64);
            go_on(monitor)?;
        }
    }
    monitor.advance((shapes.len() % BEAT) as u64);
    let deleted = dbf.as_ref().map_or(0, |dbf| (0..dbf.records).filter(|r| dbf.is_deleted(*r)).count());
    if ((shapes.len() + deleted) as u64) < count {
        let found = format!("the file is damaged: {} of {count} features can be read", shapes.len());
        issues.push(file_issue(
            IssueKind::File,
            Severity::Error,
            found,
            "the others are missing; get the file again",
        ));
    }
    let (table, encoding) = match dbf {
        Some(dbf) => dbf_table(&dbf, &records, &input, given, &mut issues)?,
        None => {
            if damaged > 0 {
                let found = format!("{damaged} texts are not UTF-8");
                issues.push(file_issue(
                    IssueKind::AssumedEncoding,
                    Severity::Warning,
                    found,
                    "read with replacement characters",
                ));
            }
            let named = fields.into_iter().zip(columns).map(|(f, values)| Column { name: f.name, values });
            (Table::new(shapes.len(), named.collect()), encoding_rs::UTF_8)
        }
    };
    let bounds: Vec<Extent> = shapes
        .iter()
        .filter_map(|s| match s {
            Shape::Known(parsed) => Extent::around(parsed.coords()),
            _ => None,
        })
        .collect();
    Ok(Features {
        name,
        layers,
        shapes,
        table,
        crs,
        extent: Extent::of(&bounds),
        encoding: encoding.name().to_owned(),
        issues,
        sha256: input.sha256,
    })
}

fn open(input: &Dataset, source: &Source) -> Result<gdal::Dataset> {
    const RESTORE: &str = "SHAPE_RESTORE_SHX";
    let drivers = [input.kind.driver()];
    // Text is decoded here, from the bytes.
    let raw = ["ENCODING="];
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
        allowed_drivers: Some(&drivers),
        open_options: (input.kind == Kind::Shapefile).then_some(&raw[..]),
        sibling_files: None,
    };
    let failed = || format!("{source} cannot be read as {}", input.kind.driver());
    if !input.without_shx {
        return gdal::Dataset::open_ex(&input.path, options).context(ErrorKind::Unreadable, failed());
    }
    gdal::config::set_thread_local_config_option(RESTORE, "YES").context(ErrorKind::Unreadable, failed())?;
    let opened = gdal::Dataset::open_ex(&input.path, options).context(ErrorKind::Unreadable, failed());
    gdal::config::clear_thread_local_config_option(RESTORE).context(ErrorKind::Unreadable, failed())?;
    opened
}

/// The position of the layer to read, and a note when it was not named but chosen among several.
fn choose(
    opened: &gdal::Dataset,
    source: &Source,
    asked: Option<&str>,
    wanted: Wanted,
) -> Result<(usize, Option<Issue>)> {
    let names: Vec<String> = opened.layers().map(|l| l.name()).collect();
    let list = |mut error: Error| {
        for mut layer in opened.layers().take(30) {
            error = error.try_this(format!(
                "{}:{} ({}, {} features)",
                source.path.display(),
                layer.name(),
                describe_geometry(&mut layer),
                layer.try_feature_count().unwrap_or(0)
            ));
        }
        error
    };
    if let Some(asked) = asked {
        if let Some(at) = names.iter().position(|n| n == asked) {
            return Ok((at, None));
        }
        let mut by_case = (0..names.len()).filter(|at| names[*at].to_lowercase() == asked.to_lowercase());
        if let (Some(at), None) = (by_case.next(), by_case.next()) {
            return Ok((at, None));
        }
        let hint = nearest(asked, names.iter().map(String::as_str));
        let hint = hint.map(|n| format!(" (did you mean \"{n}\"?)")).unwrap_or_default();
        let what = format!("{}: there is no layer \"{asked}\"{hint}", source.path.display());
        return Err(list(Error::new(ErrorKind::Unreadable, what)));
    }
    match names.len() {
        0 => return Err(Error::new(ErrorKind::Unreadable, format!("{source}: there is no layer in it"))),
        1 => return Ok((0, None)),
        _ => {}
    }
    let kinds: Vec<Geometry> = opened.layers().map(|mut l| geometry_of(&mut l)).collect();
    let only = |kind: Geometry| {
        let mut at = (0..kinds.len()).filter(|at| kinds[*at] == kind);
        at.next().filter(|_| at.next().is_none())
    };
    let lines = (wanted == Wanted::Lines).then(|| only(Geometry::Lines)).flatten();
    let has_lines = wanted == Wanted::Lines && kinds.contains(&Geometry::Lines);
    match lines.or_else(|| only(Geometry::Polygons).filter(|_| !has_lines)) {
        Some(at) => {
            let what = if kinds[at] == Geometry::Lines { "lines" } else { "polygons" };
            let found = format!("the file has {} layers and none was chosen", names.len());
            let done = format!("read {}, the only one with {what}", names[at]);
            Ok((at, Some(file_issue(IssueKind::File, Severity::Note, found, done))))
        }
        None => {
            let what = format!("{source}: it has {} layers; say which as PATH:LAYER", names.len());
            Err(list(Error::new(ErrorKind::Unreadable, what)))
        }
    }
}

/// What a layer holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Geometry {
    Polygons,
    Lines,
    Other,
}

fn geometry_of(layer: &mut Layer<'_>) -> Geometry {
    let by_name = |name: &str| match name {
        "Polygon" | "MultiPolygon" | "CurvePolygon" | "MultiSurface" => Geometry::Polygons,
        "LineString" | "MultiLineString" | "CircularString" | "CompoundCurve" | "MultiCurve" => {
            Geometry::Lines
        }
        _ => Geometry::Other,
    };
    match gdal::vector::geometry_type_flatten(layer.defn().geometry_type()) {
        3 | 6 | 10 | 12 => Geometry::Polygons,
        2 | 5 | 8 | 9 | 11 => Geometry::Lines,
        // Not stated: the first shapes tell.
        0 | 7 => layer
            .features()
            .take(100)
            .find_map(|feature| match shape(&feature) {
                Ok(Shape::Known(parsed)) if !parsed.polygons.is_empty() => Some(Geometry::Polygons),
                Ok(Shape::Known(parsed)) if !parsed.is_empty() => Some(by_name(parsed.kind)),
                _ => None,
            })
            .unwrap_or(Geometry::Other),
        _ => Geometry::Other,
    }
}

fn describe_geometry(layer: &mut Layer<'_>) -> String {
    let stated = layer.defn().geometry_type();
    match gdal::vector::geometry_type_flatten(stated) {
        0 | 7 => match geometry_of(layer) {
            Geometry::Polygons => "Polygon".into(),
            Geometry::Lines => "Line String".into(),
            Geometry::Other => "geometry not known".into(),
        },
        100 => "no geometry".into(),
        _ => gdal::vector::geometry_type_to_name(stated),
    }
}

/// What the file states about its coordinate reference system. "Undefined" is how GeoPackage says nothing.
fn stated_crs(layer: &Layer<'_>) -> Result<Option<Crs>> {
    let Some(srs) = layer.spatial_ref() else { return Ok(None) };
    if srs.name().is_some_and(|name| name.starts_with("Undefined")) {
        return Ok(None);
    }
    describe(&srs).map(Some)
}

fn shape(feature: &Feature<'_>) -> Result<Shape> {
    // An error here says that there is no geometry.
    let Ok(geometry) = feature.geometry_by_index(0) else { return Ok(Shape::Null) };
    let bytes = geometry.iso_wkb().context(ErrorKind::Unreadable, "a geometry cannot be read")?;
    Ok(match wkb::parse(&bytes) {
        Some(parsed) => Shape::Known(parsed),
        None => Shape::Unknown(geometry.geometry_name()),
    })
}

/// An attribute of a file that is not a shapefile.
struct Field {
    name: String,
    position: usize,
    kind: FieldKind,
}

enum FieldKind {
    Integer,
    Integer64,
    Real,
    Moment,
    Text,
}

fn fields(defn: &Defn, issues: &mut Vec<Issue>) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for (position, field) in defn.fields().enumerate() {
        let kind = match field.field_type() {
            OGRFieldType::OFTInteger => FieldKind::Integer,
            OGRFieldType::OFTInteger64 => FieldKind::Integer64,
            OGRFieldType::OFTReal => FieldKind::Real,
            OGRFieldType::OFTDate | OGRFieldType::OFTDateTime => FieldKind::Moment,
            OGRFieldType::OFTBinary => {
                let found = format!("the column {} holds binary data", field.name());
                issues.push(file_issue(IssueKind::File, Severity::Note, found, "left aside"));
                continue;
            }
            _ => FieldKind::Text,
        };
        fields.push(Field { name: field.name(), position, kind });
    }
    repeated_names(fields.iter().map(|f| f.name.as_str()), issues);
    fields
}

/// Tells of names that occur more than once; [`Table::new`] keeps them apart.
pub(crate) fn repeated_names<'a>(names: impl Iterator<Item = &'a str>, issues: &mut Vec<Issue>) {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            let found = format!("the column name {name} is repeated");
            issues.push(file_issue(
                IssueKind::File,
                Severity::Note,
                found,
                "the later one got a number appended",
            ));
        }
    }
}

impl Field {
    fn value(&self, feature: &Feature<'_>, damaged: &mut usize) -> Result<Value> {
        let at = self.position;
        let value = match self.kind {
            FieldKind::Integer => {
                feature.field_as_integer(at).map(|v| v.map(|n| Value::Number(f64::from(n))))
            }
            FieldKind::Integer64 => feature.field_as_integer64(at).map(|v| v.map(whole)),
            FieldKind::Real => feature.field_as_double(at).map(|v| v.map(Value::from_number)),
            FieldKind::Moment => {
                feature.field_as_string(at).map(|v| v.map(|t| Value::from_text(&iso_moment(&t))))
            }
            FieldKind::Text => feature.field_as_string(at).map(|v| {
                v.map(|text| {
                    *damaged += usize::from(text.contains('\u{fffd}'));
                    Value::from_text(&text)
                })
            }),
        };
        let value =
            value.context(ErrorKind::Unreadable, format!("the column {} cannot be read", self.name))?;
        Ok(value.unwrap_or(Value::Missing))
    }
}

/// A whole number, as text when a double does not hold all its digits: then it is a code.
fn whole(number: i64) -> Value {
    const EXACT: u64 = 1 << 53;
    if number.unsigned_abs() <= EXACT {
        Value::Number(number as f64)
    } else {
        Value::Text(number.to_string())
    }
}

/// GDAL's `2012/01/31 08:00:00+00` as ISO 8601.
fn iso_moment(text: &str) -> String {
    let text = text.replacen('/', "-", 2).replacen(' ', "T", 1);
    match text.len().checked_sub(3).and_then(|at| text.split_at_checked(at)) {
        Some((time, zone)) if time.contains('T') && zone.starts_with(['+', '-']) => format!("{text}:00"),
        _ => text,
    }
}

/// The dBASE part of a shapefile.
fn attributes(input: &Dataset, issues: &mut Vec<Issue>) -> Result<Option<Dbf>> {
    let Some(path) = &input.dbf else { return Ok(None) };
    let bytes = std::fs::read(path).context(ErrorKind::Unreadable, unpack::cannot(path))?;
    match Dbf::parse(bytes) {
        Ok(dbf) => Ok(Some(dbf)),
        Err(why) => {
            let found = format!("the .dbf part of the shapefile cannot be read: {why}");
            issues.push(file_issue(IssueKind::File, Severity::Error, found, "read without attributes"));
            Ok(None)
        }
    }
}

fn dbf_table(
    dbf: &Dbf,
    records: &[Option<usize>],
    input: &Dataset,
    given: Option<&'static encoding_rs::Encoding>,
    issues: &mut Vec<Issue>,
) -> Result<(Table, &'static encoding_rs::Encoding)> {
    let label = match &input.cpg {
        Some(cpg) => Some(std::fs::read(cpg).context(ErrorKind::Unreadable, unpack::cannot(cpg))?),
        None => None,
    };
    let label = label.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let by_cpg = label.as_deref().and_then(encoding::by_label).map(|e| (e, "the .cpg file"));
    let missing = records.iter().filter(|r| r.is_none_or(|r| r >= dbf.records)).count();
    if missing > 0 || dbf.records < dbf.promised {
        let found =
            format!("the .dbf part is too short: {missing} of {} features have no attributes", records.len());
        issues.push(file_issue(IssueKind::File, Severity::Error, found, "their attributes are missing"));
    }
    let (table, chosen) = super::table::decode_dbf(dbf, records, given, by_cpg, issues);
    Ok((table, chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_long_numbers() {
        assert_eq!(iso_moment("2012/01/31 08:00:00+00"), "2012-01-31T08:00:00+00:00");
        assert_eq!(iso_moment("2012/01/31 08:00:00.5+0530"), "2012-01-31T08:00:00.5+0530");
        assert_eq!(iso_moment("2012/01/31"), "2012-01-31");
        assert_eq!(iso_moment(""), "");
        assert_eq!(whole(1 << 53), Value::Number(9_007_199_254_740_992.0));
        assert_eq!(whole(3_101_180_010_020_030_004), Value::Text("3101180010020030004".into()));
    }
}
