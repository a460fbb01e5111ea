//! The features of one layer as its file holds them, all or some at a time: shapes in the file's own coordinates, attributes,
//! and the coordinate reference system that the file states. Nothing is transformed here.

use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, Layer, LayerAccess};
use gdal::{DatasetOptions, GdalOpenFlags};
use parcels::message;
use parcels::message::Message;
use parcels::parcel::Crs;
use parcels::progress::{Monitor, go_on};
use parcels::table::{Table, nearest};
use parcels::validate::{Issue, IssueKind, Severity};

use super::crs::describe;
use super::crs_check::Extent;
use super::file_kind::Kind;
use super::rows::Rows;
use super::source::Source;
use super::unpack::{self, Dataset};
use super::wkb::{self, Parsed};
use super::{encoding, file_issue, setup};
use crate::error::{Context, Error, ErrorKind, Result};
use crate::messages::as_said;

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
    pub(crate) shapes: Vec<Shape>,
    pub(crate) table: Table,
    /// The bounds of the shapes; none when no feature has a finite point.
    pub(crate) extent: Option<Extent>,
    pub(crate) about: About,
}

/// What is known of a layer beside its features.
pub(crate) struct About {
    pub(crate) name: String,
    /// The names of all layers in the file.
    pub(crate) layers: Vec<String>,
    /// What the file states; none when it states nothing.
    pub(crate) crs: Option<Crs>,
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
    let mut all = None;
    let pass = Pass { attributes: true, features: None };
    let about = Input::open(source, encoding, wanted)?.each(pass, monitor, &mut |shapes, table| {
        all = Some((shapes, table));
        Ok(())
    })?;
    let (shapes, table) = all.unwrap_or_else(|| (Vec::new(), Table::new(0, Vec::new())));
    let bounds: Vec<Extent> = shapes.iter().filter_map(Shape::extent).collect();
    Ok(Features { shapes, table, extent: Extent::of(&bounds), about })
}

/// The names of the layers in the file that `source` names.
///
/// # Errors
/// When it is not there, of no format that is read, or cannot be opened.
pub(crate) fn names(source: &Source) -> Result<Vec<String>> {
    let input = Input::open(source, None, Wanted::Polygons)?;
    Ok(open(&input.dataset, source)?.layers().map(|layer| layer.name()).collect())
}

impl Shape {
    /// What is around it; none when it has no finite point.
    pub(crate) fn extent(&self) -> Option<Extent> {
        match self {
            Self::Known(parsed) => Extent::around(parsed.coords()),
            _ => None,
        }
    }
}

/// How a layer is gone through.
#[derive(Clone, Copy)]
pub(crate) struct Pass {
    /// Whether attributes are read; the tables have no column otherwise.
    pub(crate) attributes: bool,
    /// How many features are handed on at a time; all together where none is given.
    pub(crate) features: Option<usize>,
}

/// A file that is ready to be gone through, more than once if need be.
pub(crate) struct Input<'a> {
    source: &'a Source,
    dataset: Dataset,
    encoding: Option<&'static encoding_rs::Encoding>,
    wanted: Wanted,
}

impl<'a> Input<'a> {
    /// Finds what `source` names, unpacked where it is packed.
    ///
    /// # Errors
    /// When it is not there or of no format that is read, or there is no such encoding.
    pub(crate) fn open(source: &'a Source, encoding: Option<&str>, wanted: Wanted) -> Result<Self> {
        setup::gdal();
        let encoding = encoding.map(encoding::named).transpose()?;
        Ok(Self { source, dataset: unpack::dataset(source)?, encoding, wanted })
    }

    /// Hands on the features of the layer with their rows of attributes.
    ///
    /// # Errors
    /// When it cannot be opened, the layer is not clear or not there, or larger than may be handed on together; the first of
    /// `take`, or a stop.
    pub(crate) fn each(
        &self,
        pass: Pass,
        monitor: &dyn Monitor,
        take: &mut dyn FnMut(Vec<Shape>, Table) -> Result<()>,
    ) -> Result<About> {
        let (source, input) = (self.source, &self.dataset);
        let opened = open(input, source)?;
        let layers: Vec<String> = opened.layers().map(|l| l.name()).collect();
        let (position, note) = choose(&opened, source, input.layer.as_deref(), self.wanted)?;
        let mut issues = input.issues.clone();
        issues.extend(note);
        let mut layer =
            opened.layer(position).context(ErrorKind::Unreadable, message!("a-file", file = source))?;
        let crs = stated_crs(&layer)?;
        let count = layer.try_feature_count().unwrap_or(0);
        if count > FEATURES_MAX && pass.features.is_none() {
            return Err(Error::new(
                ErrorKind::Unreadable,
                message!("too-many-features", file = source, count = count, most = FEATURES_MAX),
            )
            .try_this(message!("cut-to-park")));
        }
        monitor.step("read", count);
        let name = layer.name();
        let at_once = pass.features.unwrap_or(count as usize);
        let mut rows = match pass.attributes {
            true => {
                let id = id_column(&opened, &layer, input);
                Rows::of(&layer, input, id, at_once, self.encoding, &mut issues)?
            }
            false => Rows::None(0),
        };
        let mut shapes = Vec::with_capacity(at_once);
        let mut read = 0;
        for feature in layer.features() {
            shapes.push(shape(&feature, input.surfaces)?);
            rows.push(&feature)?;
            read += 1;
            if read % BEAT == 0 {
                monitor.advance(BEAT as u64);
                go_on(monitor)?;
            }
            if Some(shapes.len()) == pass.features {
                take(std::mem::take(&mut shapes), rows.take())?;
            }
        }
        monitor.advance((read % BEAT) as u64);
        if read == 0 || !shapes.is_empty() {
            take(shapes, rows.take())?;
        }
        if ((read + rows.deleted()) as u64) < count {
            // A GeoPackage keeps a count for GDAL, which other programs do not know.
            let stale = input.kind == Kind::GeoPackage && counted(&opened, &name) == Some(read as u64);
            let (severity, found, done) = if stale {
                (
                    Severity::Note,
                    message!("note-out-of-date", count = count),
                    message!("all-features-read", count = read),
                )
            } else {
                let done = message!("others-missing-get-again");
                (Severity::Error, message!("features-damaged", read = read, count = count), done)
            };
            issues.push(file_issue(IssueKind::File, severity, found, done));
        }
        let encoding = rows.finish(read, &mut issues).name().to_owned();
        Ok(About { name, layers, crs, encoding, issues, sha256: input.sha256.clone() })
    }
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
    let failed = || message!("cannot-read-as", file = source, format = input.kind.driver());
    let whole = |result: Result<gdal::Dataset>| result.map_err(|e| e.try_this(message!("save-again")));
    if !input.without_shx {
        return whole(gdal::Dataset::open_ex(&input.path, options).context(ErrorKind::Unreadable, failed()));
    }
    gdal::config::set_thread_local_config_option(RESTORE, "YES").context(ErrorKind::Unreadable, failed())?;
    let opened = gdal::Dataset::open_ex(&input.path, options).context(ErrorKind::Unreadable, failed());
    gdal::config::clear_thread_local_config_option(RESTORE).context(ErrorKind::Unreadable, failed())?;
    whole(opened)
}

/// The rows of a table in a GeoPackage, counted.
fn counted(opened: &gdal::Dataset, table: &str) -> Option<u64> {
    let sql = format!("SELECT COUNT(*) FROM \"{}\"", table.replace('"', "\"\""));
    one(opened, &sql, |row| u64::try_from(row.field_as_integer64(0).ok()??).ok())
}

/// The name of the column that numbers the features, and whether its numbers are the file's own; none where they are only
/// the features' places in the file.
fn id_column(opened: &gdal::Dataset, layer: &Layer<'_>, input: &Dataset) -> Option<String> {
    let named = |name: &str| layer.defn().fields().any(|f| f.name().eq_ignore_ascii_case(name));
    let name = match input.kind {
        Kind::GeoPackage => {
            let table = layer.name().replace('\'', "''");
            let sql = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk = 1");
            one(opened, &sql, |row| row.field_as_string(0).ok()?)?
        }
        Kind::FileGdb => "OBJECTID".to_owned(),
        Kind::GeoJson | Kind::GeoJsonLines if has_ids(&input.path) => "id".to_owned(),
        _ => return None,
    };
    (!named(&name)).then_some(name)
}

/// Whether features of a GeoJSON file may state ids.
fn has_ids(path: &std::path::Path) -> bool {
    const KEY: &[u8] = b"\"id\"";
    std::fs::read(path).is_ok_and(|bytes| bytes.windows(KEY.len()).any(|w| w == KEY))
}

/// What is taken from the first row of a query's answer.
fn one<T>(opened: &gdal::Dataset, sql: &str, take: impl Fn(&Feature<'_>) -> Option<T>) -> Option<T> {
    let mut answer = opened.execute_sql(sql, None, Dialect::DEFAULT).ok()??;
    answer.features().next().and_then(|row| take(&row))
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
            error = error.try_this(message!(
                "layer-listed",
                file = source.path.display(),
                layer = layer.name(),
                geometry = describe_geometry(&mut layer),
                count = layer.try_feature_count().unwrap_or(0)
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
        let hint = hint.map(|name| message!("did-you-mean", name = name));
        let what = message!("no-such-layer", file = source.path.display(), layer = asked, hint = hint);
        return Err(list(Error::new(ErrorKind::Unreadable, what)));
    }
    match names.len() {
        0 => return Err(Error::new(ErrorKind::Unreadable, message!("no-layer-in-file", file = source))),
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
            let found = message!("no-layer-chosen", count = names.len());
            let done = if kinds[at] == Geometry::Lines {
                message!("read-only-with-lines", layer = names[at])
            } else {
                message!("read-only-with-polygons", layer = names[at])
            };
            Ok((at, Some(file_issue(IssueKind::File, Severity::Note, found, done))))
        }
        None => {
            let what = message!("choose-layer", file = source, count = names.len());
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
        "Polygon" | "MultiPolygon" | "CurvePolygon" | "MultiSurface" | "PolyhedralSurface" | "TIN"
        | "Triangle" => Geometry::Polygons,
        "LineString" | "MultiLineString" | "CircularString" | "CompoundCurve" | "MultiCurve" => {
            Geometry::Lines
        }
        _ => Geometry::Other,
    };
    match gdal::vector::geometry_type_flatten(layer.defn().geometry_type()) {
        3 | 6 | 10 | 12 | 15 | 16 | 17 => Geometry::Polygons,
        2 | 5 | 8 | 9 | 11 => Geometry::Lines,
        // Not stated: the first shapes tell.
        0 | 7 => layer
            .features()
            .take(100)
            .find_map(|feature| match shape(&feature, false) {
                Ok(Shape::Known(parsed)) if !parsed.polygons.is_empty() => Some(Geometry::Polygons),
                Ok(Shape::Known(parsed)) if !parsed.is_empty() => Some(by_name(parsed.kind)),
                _ => None,
            })
            .unwrap_or(Geometry::Other),
        _ => Geometry::Other,
    }
}

fn describe_geometry(layer: &mut Layer<'_>) -> Message {
    let stated = layer.defn().geometry_type();
    match gdal::vector::geometry_type_flatten(stated) {
        0 | 7 => match geometry_of(layer) {
            Geometry::Polygons => as_said("Polygon"),
            Geometry::Lines => as_said("Line String"),
            Geometry::Other => message!("geometry-not-known"),
        },
        100 => message!("no-geometry"),
        _ => as_said(gdal::vector::geometry_type_to_name(stated)),
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

/// The shape of a feature; `surfaces`: what looks like plain polygons are faces of a body.
fn shape(feature: &Feature<'_>, surfaces: bool) -> Result<Shape> {
    // An error here says that there is no geometry.
    let Ok(geometry) = feature.geometry_by_index(0) else { return Ok(Shape::Null) };
    let bytes = geometry.iso_wkb().context(ErrorKind::Unreadable, message!("geometry-unreadable"))?;
    Ok(match wkb::parse(&bytes) {
        Some(mut parsed) => {
            parsed.had_faces |= surfaces;
            Shape::Known(parsed)
        }
        None => Shape::Unknown(geometry.geometry_name()),
    })
}
