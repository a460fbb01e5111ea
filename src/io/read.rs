//! Layers of parcels, lines and polygons, brought to metres.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use gdal::vector::LayerAccess;
use geo::orient::Direction;
use geo::{Area as _, Coord, CoordsIter, LineString, MapCoordsInPlace, MultiPolygon, Orient as _, Polygon};
use parcels::boolean_ops;
use parcels::decimals::Decimals;
use parcels::message;
use parcels::parcel::{Crs, RawLayer, RawShape};
use parcels::progress::Monitor;
use parcels::table::Table;
use parcels::validate::{Issue, IssueKind, Severity};

use super::columns::settled;
use super::crs::{self, EXCHANGED, shown};
use super::crs_check::{Extent, metric_target, settle};
use super::features::{self, About, Features, Input, Pass, Shape, Wanted};
use super::file_issue;
use super::source::Source;
use super::wkb::Parsed;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::messages::as_said;

/// What the user says about a file, against or beyond what the file says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The coordinate reference system: `EPSG:4547`, WKT, a PROJ string, or `local:NAME`.
    pub crs: Option<String>,
    /// The encoding of text.
    pub encoding: Option<String>,
}

/// A layer of parcels as read.
#[derive(Debug, Clone)]
pub struct ReadLayer {
    /// The features, in a metric system.
    pub raw: RawLayer,
    /// The names of all layers in the file.
    pub layers: Vec<String>,
    /// The system the file is in.
    pub input_crs: Crs,
    /// The encoding its text was read in.
    pub encoding: String,
    /// What was found about the file.
    pub issues: Vec<Issue>,
    /// The hash of the input's bytes: of the file (an archive as it is); for a shapefile of its parts `.cpg`, `.dbf`,
    /// `.prj`, `.shp`, `.shx`, and for a FileGDB of its files, each with its extension and length before it.
    pub sha256: String,
}

/// Shapes of a further layer (barriers, overlays, outlines) in the parcels' system.
#[derive(Debug, Clone)]
pub struct ReadShapes<G> {
    /// The shapes.
    pub shapes: Vec<G>,
    /// One row of attributes a shape.
    pub table: Table,
    /// What was found about the file.
    pub issues: Vec<Issue>,
    /// The hash of the input's bytes, as in [`ReadLayer`].
    pub sha256: String,
}

/// Reads a layer of parcels and brings it to a metric system: the file's own when that is projected in metres;
/// otherwise, within 6° of longitude, the 3-degree zone of CGCS2000 in China or the UTM zone elsewhere; beyond that an
/// equal-area projection made for the data.
///
/// # Errors
/// When the file cannot be opened, the layer is not clear, no feature has a geometry, or the coordinate reference
/// system is missing or contradicts the coordinates and `options` do not say which it is.
pub fn read_layer(source: &Source, options: &ReadOptions, monitor: &dyn Monitor) -> Result<ReadLayer> {
    let Features { mut shapes, table, extent, about } =
        features::read(source, options.encoding.as_deref(), Wanted::Polygons, monitor)?;
    let mut issues = about.issues;
    let extent = somewhere(source, &about.name, shapes.len(), extent)?;
    let (given, extent) = said_by_user(options, &mut shapes, Some(extent), &mut issues);
    let (input_crs, about_crs) = settle(&source.to_string(), about.crs, given, extent.as_ref())?;
    let extent = extent.map(|extent| around_the_earth(&input_crs, &shapes, extent)).transpose()?;
    let extent = somewhere(source, &about.name, shapes.len(), extent)?;
    issues.extend(about_crs);
    let table = settled(table, Decimals::Unknown, &mut issues);
    let crs = match metric_target(&input_crs, &extent)? {
        None => input_crs.clone(),
        Some(target) => {
            reproject(&mut shapes, &input_crs, &target)?;
            issues.push(file_issue(
                IssueKind::File,
                Severity::Note,
                message!("not-in-metres", crs = shown(&input_crs)),
                message!("brought-to", crs = shown(&target)),
            ));
            target
        }
    };
    let shapes = raw_shapes(shapes, &mut issues);
    Ok(ReadLayer {
        raw: RawLayer { name: about.name, crs, shapes, table },
        layers: about.layers,
        input_crs,
        encoding: about.encoding,
        issues,
        sha256: about.sha256,
    })
}

/// As [`read_layer`], some features at a time, for a layer that need not be in memory as a whole: each part comes with the row
/// of its first feature. What is found about the file is not told, and any number of features is read. Of a shapefile the table,
/// at most 2 GB, is in memory nevertheless.
///
/// # Errors
/// As [`read_layer`], and the first of `take`.
pub fn read_parts(
    source: &Source,
    options: &ReadOptions,
    features: usize,
    monitor: &dyn Monitor,
    take: &mut dyn FnMut(usize, RawLayer) -> Result<()>,
) -> Result<()> {
    let input = Input::open(source, options.encoding.as_deref(), Wanted::Polygons)?;
    let pass = |attributes| Pass { attributes, features: Some(features) };
    // Where the features are decides which system they are brought to.
    let (mut count, mut bounds) = (0, Vec::new());
    let about = input.each(pass(false), monitor, &mut |shapes, _| {
        count += shapes.len();
        bounds.extend(shapes.iter().filter_map(Shape::extent));
        Ok(())
    })?;
    let extent = somewhere(source, &about.name, count, Extent::of(&bounds))?;
    drop(bounds);
    let (given, extent) = said_by_user(options, &mut [], Some(extent), &mut Vec::new());
    let (from, _) = settle(&source.to_string(), about.crs, given, extent.as_ref())?;
    let extent = somewhere(source, &about.name, count, extent)?;
    let target = metric_target(&from, &extent)?;
    let mut first = 0;
    input.each(pass(true), monitor, &mut |mut shapes, table| {
        said_by_user(options, &mut shapes, None, &mut Vec::new());
        if let Some(target) = &target {
            reproject(&mut shapes, &from, target)?;
        }
        let (row, crs) = (first, target.as_ref().unwrap_or(&from).clone());
        first += shapes.len();
        let shapes = raw_shapes(shapes, &mut Vec::new());
        take(row, RawLayer { name: about.name.clone(), crs, shapes, table })
    })?;
    Ok(())
}

/// What the user said of the system, with coordinates and extent exchanged where that was said too.
fn said_by_user<'o>(
    options: &'o ReadOptions,
    shapes: &mut [Shape],
    extent: Option<Extent>,
    issues: &mut Vec<Issue>,
) -> (Option<&'o str>, Option<Extent>) {
    let Some(said) = options.crs.as_deref() else { return (None, extent) };
    let Some(system) = said.trim().strip_prefix(EXCHANGED) else { return (Some(said), extent) };
    let exchange = |at: Coord<f64>| Coord { x: at.y, y: at.x };
    for shape in shapes {
        if let Shape::Known(parsed) = shape {
            parsed.polygons.iter_mut().for_each(|p| p.map_coords_in_place(exchange));
            parsed.lines.iter_mut().for_each(|l| l.map_coords_in_place(exchange));
        }
    }
    let found = message!("northing-first");
    issues.push(file_issue(IssueKind::AssumedCrs, Severity::Warning, found, message!("exchanged-as-asked")));
    let extent = extent.map(|extent| extent.exchanged());
    (Some(system).filter(|s| !s.trim().is_empty()), extent)
}

/// The extent of degrees on both sides of the antimeridian, as one stretch across it.
fn around_the_earth(crs: &Crs, shapes: &[Shape], extent: Extent) -> Result<Extent> {
    if extent.max.x - extent.min.x <= 180.0 || !crs::spatial_ref(crs)?.is_geographic() {
        return Ok(extent);
    }
    let eastward = |at: Coord<f64>| Coord { x: if at.x < 0.0 { at.x + 360.0 } else { at.x }, y: at.y };
    let bounds: Vec<Extent> = shapes
        .iter()
        .filter_map(|shape| match shape {
            Shape::Known(parsed) => Extent::around(parsed.coords().map(eastward)),
            _ => None,
        })
        .collect();
    Ok(Extent::of(&bounds).filter(|e| e.max.x - e.min.x < 180.0).unwrap_or(extent))
}

/// Where features are, if they are anywhere.
fn somewhere(source: &Source, layer: &str, features: usize, extent: Option<Extent>) -> Result<Extent> {
    if features == 0 {
        return Err(Error::new(
            ErrorKind::Unreadable,
            message!("layer-without-features", file = source, layer = layer),
        ));
    }
    extent.ok_or_else(|| {
        let what = message!("layer-without-geometry", file = source, features = features, layer = layer);
        Error::new(ErrorKind::Unreadable, what).try_this(message!("name-as-table"))
    })
}

fn raw_shapes(shapes: Vec<Shape>, issues: &mut Vec<Issue>) -> Vec<RawShape> {
    let raw = |(row, shape)| match shape {
        Shape::Null => RawShape::Null,
        Shape::Unknown(kind) => RawShape::Other(kind),
        Shape::Known(parsed) => raw_shape(parsed, row, issues),
    };
    shapes.into_iter().enumerate().map(raw).collect()
}

fn raw_shape(parsed: Parsed, row: usize, issues: &mut Vec<Issue>) -> RawShape {
    if parsed.is_empty() {
        return RawShape::Empty;
    }
    if parsed.polygons.is_empty() {
        return RawShape::Other(parsed.kind.to_owned());
    }
    if !parsed.lines.is_empty() || !parsed.points.is_empty() {
        let mut issue = file_issue(
            IssueKind::NotPolygon,
            Severity::Warning,
            message!("collection-holds", lines = parsed.lines.len(), points = parsed.points.len()),
            message!("only-polygons-read"),
        );
        issue.row = Some(row);
        issues.push(issue);
    }
    RawShape::Polygons {
        shape: areas(parsed.polygons, parsed.had_faces),
        had_z: parsed.had_z,
        had_m: parsed.had_m,
        had_curves: parsed.had_curves,
    }
}

/// The land under some polygons. The faces of a surface meet along their edges, stand upright or lie over each other: what
/// they cover together is the land.
fn areas(polygons: Vec<Polygon<f64>>, faces: bool) -> MultiPolygon<f64> {
    if !faces {
        return MultiPolygon(polygons);
    }
    let lying = polygons
        .into_iter()
        .map(|face| MultiPolygon(vec![face.orient(Direction::Default)]))
        .filter(|face| face.unsigned_area() > 0.0);
    boolean_ops::union(&lying.collect::<Vec<_>>())
}

/// Reads lines for the parcels' system `target`: one shape for each part, the rings of polygons included, with the
/// feature's row repeated.
///
/// # Errors
/// As [`read_layer`].
pub fn read_lines(
    source: &Source,
    options: &ReadOptions,
    target: &Crs,
    monitor: &dyn Monitor,
) -> Result<ReadShapes<LineString<f64>>> {
    read_shapes(source, options, target, Wanted::Lines, monitor, |parsed| {
        let rings = parsed.polygons.into_iter().flat_map(|polygon| {
            let (exterior, interiors) = polygon.into_inner();
            std::iter::once(exterior).chain(interiors)
        });
        parsed.lines.into_iter().chain(rings).collect()
    })
}

/// Reads polygons for the parcels' system `target`: one shape for each feature that has any.
///
/// # Errors
/// As [`read_layer`].
pub fn read_polygons(
    source: &Source,
    options: &ReadOptions,
    target: &Crs,
    monitor: &dyn Monitor,
) -> Result<ReadShapes<MultiPolygon<f64>>> {
    read_shapes(source, options, target, Wanted::Polygons, monitor, |parsed| {
        let shape = areas(parsed.polygons, parsed.had_faces);
        if shape.0.is_empty() { Vec::new() } else { vec![shape] }
    })
}

/// The names of the layers in a file, none of which is read.
///
/// # Errors
/// When it is not there or cannot be opened.
pub fn layer_names(source: &Source) -> Result<Vec<String>> {
    features::names(source)
}

/// The layers of a vector file on disk with their number of features, by name.
///
/// # Errors
/// When it cannot be opened.
pub fn layer_counts(path: &Path) -> Result<BTreeMap<String, u64>> {
    super::setup::gdal();
    let options = gdal::DatasetOptions {
        open_flags: gdal::GdalOpenFlags::GDAL_OF_VECTOR | gdal::GdalOpenFlags::GDAL_OF_READONLY,
        ..gdal::DatasetOptions::default()
    };
    let opened = gdal::Dataset::open_ex(path, options)
        .context(ErrorKind::Unreadable, message!("opening-file", file = path.display()))?;
    Ok(opened.layers().map(|layer| (layer.name(), layer.feature_count())).collect())
}

fn read_shapes<G>(
    source: &Source,
    options: &ReadOptions,
    target: &Crs,
    wanted: Wanted,
    monitor: &dyn Monitor,
    explode: impl Fn(Parsed) -> Vec<G>,
) -> Result<ReadShapes<G>> {
    let Features { mut shapes, table, extent, about } =
        features::read(source, options.encoding.as_deref(), wanted, monitor)?;
    let About { crs, mut issues, sha256, .. } = about;
    let (given, extent) = said_by_user(options, &mut shapes, extent, &mut issues);
    let (crs, about_crs) = settle(&source.to_string(), crs, given, extent.as_ref())?;
    issues.extend(about_crs);
    let table = settled(table, Decimals::Unknown, &mut issues);
    if (crs.epsg, &crs.wkt) != (target.epsg, &target.wkt) {
        reproject(&mut shapes, &crs, target)?;
    }
    let (mut found, mut rows) = (Vec::new(), Vec::new());
    for (row, shape) in shapes.into_iter().enumerate() {
        let what = match shape {
            Shape::Known(parsed) => {
                let kind = parsed.kind;
                let before = found.len();
                found.extend(explode(parsed));
                rows.extend(std::iter::repeat_n(row, found.len() - before));
                if found.len() > before {
                    continue;
                }
                as_said(kind)
            }
            Shape::Null => message!("no-geometry"),
            Shape::Unknown(kind) => as_said(kind),
        };
        let found = if wanted == Wanted::Lines {
            message!("feature-without-lines", file = source, what = what)
        } else {
            message!("feature-without-polygons", file = source, what = what)
        };
        let mut issue = file_issue(IssueKind::File, Severity::Warning, found, message!("left-aside"));
        issue.row = Some(row);
        issues.push(issue);
    }
    Ok(ReadShapes { shapes: found, table: table.select(&rows), issues, sha256 })
}

/// The same layer in the system `target`.
///
/// # Errors
/// When no way there is known.
pub fn brought_to(mut layer: RawLayer, target: &Crs) -> Result<RawLayer> {
    if (layer.crs.epsg, &layer.crs.wkt) == (target.epsg, &target.wkt) {
        return Ok(layer);
    }
    let land = |shape: &RawShape| match shape {
        RawShape::Polygons { shape, .. } => shape.coords_iter().collect(),
        RawShape::Null | RawShape::Empty | RawShape::Other(_) => Vec::new(),
    };
    let mut coords: Vec<Coord<f64>> = layer.shapes.iter().flat_map(land).collect();
    crs::transform(&mut coords, &layer.crs, target)?;
    // In the same order; there are as many as were taken.
    let next = RefCell::new(coords.into_iter());
    for shape in &mut layer.shapes {
        if let RawShape::Polygons { shape, .. } = shape {
            shape.map_coords_in_place(|old| next.borrow_mut().next().unwrap_or(old));
        }
    }
    layer.crs = target.clone();
    Ok(layer)
}

/// Brings all shapes from one system to the other, in one batch.
fn reproject(shapes: &mut [Shape], from: &Crs, to: &Crs) -> Result<()> {
    let mut coords: Vec<Coord<f64>> = Vec::new();
    for shape in shapes.iter() {
        if let Shape::Known(parsed) = shape {
            coords.extend(parsed.polygons.iter().flat_map(|p| p.coords_iter()));
            coords.extend(parsed.lines.iter().flat_map(|l| l.coords_iter()));
        }
    }
    crs::transform(&mut coords, from, to)?;
    // In the same order; there are as many as were taken.
    let next = RefCell::new(coords.into_iter());
    let replace = |old: Coord<f64>| next.borrow_mut().next().unwrap_or(old);
    for shape in shapes {
        if let Shape::Known(parsed) = shape {
            parsed.polygons.iter_mut().for_each(|p| p.map_coords_in_place(replace));
            parsed.lines.iter_mut().for_each(|l| l.map_coords_in_place(replace));
        }
    }
    Ok(())
}
