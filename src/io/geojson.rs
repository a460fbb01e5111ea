//! Layers as GeoJSON after RFC 7946: WGS 84 in degrees with 7 decimals (1 cm), exterior rings counter-clockwise, no
//! `crs` member, one feature a line in the order of the rows.
//!
//! Written by hand, in parallel chunks: a million parcels through a general serialiser take many times as long.
//! Where a shape cannot be placed on Earth (a local grid, a coordinate outside its CRS), the feature is *unlocated*
//! in the sense of the RFC: its geometry is null.

use std::io::Write;
use std::path::Path;

use geo::{Coord, LineString, MapCoordsInPlace as _, MultiPolygon, Polygon};
use parcels::message;
use parcels::parcel::{Crs, RawShape};
use parcels::progress::{Monitor, go_on};
use parcels::validate::{is_valid, usable};
use rayon::prelude::*;

use super::crs::transform;
use super::feature_layer::{Cell, Features, Shapes};
use super::project;
use crate::digits::put_fixed;
use crate::error::{Context as _, Error, ErrorKind, Result};

/// Rows that one thread formats at a time.
const CHUNK: usize = 8192;
/// Of degrees: 1 cm.
const DEGREE_DECIMALS: u8 = 7;
/// Units of the last decimal in a degree.
const UNITS: f64 = 1e7;
/// How often a shape is repaired and rounded again.
const ROUNDS: usize = 4;

/// Writes the layer, whose shapes are in `crs`, into the file `path`.
///
/// # Errors
/// When the file cannot be written, or the monitor says stop.
pub fn write(path: &Path, features: &Features<'_>, crs: &Crs, monitor: &dyn Monitor) -> Result<()> {
    let failed = || message!("writing-file", file = path.display());
    let mut file = std::fs::File::create(path).context(ErrorKind::Unwritable, failed())?;
    write_to(&mut file, features, crs, monitor).map_err(|e| match e.kind {
        ErrorKind::Cancelled => e,
        _ => Error::new(ErrorKind::Unwritable, failed()).because(e),
    })
}

/// The layer, whose shapes are in `crs`, as text.
///
/// # Errors
/// When a name cannot be written as JSON.
pub fn text(features: &Features<'_>, crs: &Crs) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    write_to(&mut text, features, crs, &())?;
    Ok(text)
}

fn write_to(file: &mut impl Write, features: &Features<'_>, crs: &Crs, monitor: &dyn Monitor) -> Result<()> {
    let failed = || message!("writing-geojson");
    let name = serde_json::to_string(&features.name).context(ErrorKind::Unwritable, failed())?;
    write!(file, "{{\"type\":\"FeatureCollection\",\"name\":{name},\"features\":[")
        .context(ErrorKind::Unwritable, failed())?;
    let starts: Vec<usize> = (0..features.len()).step_by(CHUNK).collect();
    // As many chunks at a time as threads: the memory they take stays small.
    for group in starts.chunks(rayon::current_num_threads().max(1)) {
        go_on(monitor)?;
        let texts: Vec<Vec<u8>> = group.par_iter().map(|start| chunk(features, *start, crs)).collect();
        for text in texts {
            file.write_all(&text).context(ErrorKind::Unwritable, failed())?;
        }
    }
    file.write_all(b"\n]}\n").context(ErrorKind::Unwritable, failed())
}

fn chunk(features: &Features<'_>, start: usize, crs: &Crs) -> Vec<u8> {
    let end = features.len().min(start + CHUNK);
    let mut coords = match &features.shapes {
        Shapes::Areas(all) => project::coords_of(all[start..end].iter().map(AsRef::as_ref)),
        Shapes::Lines(all) => all[start..end].iter().flat_map(|line| line.0.iter().copied()).collect(),
    };
    let wgs84 = project::wgs84();
    if !project::same(crs, &wgs84) {
        // No way there is known: the layer is on a local grid.
        if transform(&mut coords, crs, &wgs84).is_err() {
            coords.fill(Coord { x: f64::NAN, y: f64::NAN });
        }
    }
    let mut coords = coords.as_slice();
    let keys: Vec<String> = features
        .columns
        .iter()
        .map(|c| serde_json::Value::String(c.name.clone()).to_string() + ":")
        .collect();
    let mut out = Vec::with_capacity((end - start) * 512);
    for row in start..end {
        out.extend_from_slice(if row == 0 { b"\n" } else { b",\n" });
        out.extend_from_slice(b"{\"type\":\"Feature\",\"properties\":{");
        for (at, (column, key)) in features.columns.iter().zip(&keys).enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            put_cell(&mut out, column.cell(row));
        }
        out.extend_from_slice(b"},\"geometry\":");
        let before_geometry = out.len();
        let located = match &features.shapes {
            Shapes::Areas(all) => put_area(&mut out, &all[row], &mut coords),
            Shapes::Lines(all) => put_line(&mut out, &all[row], &mut coords),
        };
        if !located {
            out.truncate(before_geometry);
            out.extend_from_slice(b"null");
        }
        out.push(b'}');
    }
    out
}

fn put_cell(out: &mut Vec<u8>, cell: Cell<'_>) {
    // Writing JSON into memory cannot fail.
    let _ = match cell {
        Cell::Text(text) => serde_json::to_writer(&mut *out, text.as_ref()),
        Cell::Whole(n) => serde_json::to_writer(&mut *out, &n),
        Cell::Flag(yes) => serde_json::to_writer(&mut *out, &yes),
        // What is not finite becomes null.
        Cell::Real(n) => serde_json::to_writer(&mut *out, &n),
        Cell::Null => serde_json::to_writer(&mut *out, &()),
        Cell::Json(json) => {
            out.extend_from_slice(json.as_bytes());
            Ok(())
        }
    };
}

/// Writes a polygon or multipolygon with the shape's structure and the next of `coords`. Whether all were known.
fn put_area(out: &mut Vec<u8>, shape: &MultiPolygon<f64>, coords: &mut &[Coord<f64>]) -> bool {
    let Some(rounded) = rounded(shape, coords) else { return false };
    let several = rounded.0.len() != 1;
    out.extend_from_slice(if several {
        b"{\"type\":\"MultiPolygon\",\"coordinates\":["
    } else {
        b"{\"type\":\"Polygon\",\"coordinates\":"
    });
    for (at, polygon) in rounded.0.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        for (at, ring) in rings.enumerate() {
            out.push(if at > 0 { b',' } else { b'[' });
            put_coords(out, ring.0.iter().map(|c| Coord { x: c.x / UNITS, y: c.y / UNITS }));
        }
        out.push(b']');
    }
    out.extend_from_slice(if several { b"]}" } else { b"}" });
    true
}

/// The shape with the next of `coords`, in whole units of the last decimal, and valid: corners a hair apart fall together by
/// rounding, which may pinch or turn a ring. None where a coordinate is not known.
fn rounded(shape: &MultiPolygon<f64>, coords: &mut &[Coord<f64>]) -> Option<MultiPolygon<f64>> {
    let mut located = true;
    let mut ring = |ring: &LineString<f64>| {
        let (own, rest) = coords.split_at(ring.0.len().min(coords.len()));
        *coords = rest;
        located &= own.iter().all(|c| c.x.is_finite() && c.y.is_finite());
        LineString(own.iter().map(|c| in_units(*c)).collect())
    };
    let polygons = shape.iter().map(|p| {
        let exterior = ring(p.exterior());
        Polygon::new(exterior, p.interiors().iter().map(&mut ring).collect())
    });
    let as_it_is = MultiPolygon(polygons.collect());
    if !located {
        return None;
    }
    let mut shape = without_repeats(&as_it_is);
    for _ in 0..ROUNDS {
        if is_valid(&shape) {
            return Some(shape);
        }
        let raw = RawShape::Polygons { shape, had_z: false, had_m: false, had_curves: false };
        // What vanishes by rounding is shown as it is rather than not at all.
        let Some(mut repaired) = usable(raw) else { return Some(as_it_is) };
        repaired.map_coords_in_place(|c| Coord { x: c.x.round(), y: c.y.round() });
        shape = without_repeats(&repaired);
    }
    Some(if is_valid(&shape) { shape } else { as_it_is })
}

/// The shape without points that follow themselves, and without rings that are none any more.
fn without_repeats(shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let tidy = |ring: &LineString<f64>| {
        let mut ring = ring.clone();
        ring.0.dedup();
        (ring.0.len() > 3).then_some(ring)
    };
    let polygon = |p: &Polygon<f64>| {
        Some(Polygon::new(tidy(p.exterior())?, p.interiors().iter().filter_map(tidy).collect()))
    };
    MultiPolygon(shape.iter().filter_map(polygon).collect())
}

fn in_units(c: Coord<f64>) -> Coord<f64> {
    Coord { x: (c.x * UNITS).round(), y: (c.y * UNITS).round() }
}

fn put_line(out: &mut Vec<u8>, line: &LineString<f64>, coords: &mut &[Coord<f64>]) -> bool {
    out.extend_from_slice(b"{\"type\":\"LineString\",\"coordinates\":");
    let located = put_points(out, line, coords);
    out.push(b'}');
    located
}

fn put_points(out: &mut Vec<u8>, line: &LineString<f64>, coords: &mut &[Coord<f64>]) -> bool {
    let (own, rest) = coords.split_at(line.0.len().min(coords.len()));
    *coords = rest;
    put_coords(out, own.iter().copied());
    own.iter().all(|c| c.x.is_finite() && c.y.is_finite())
}

fn put_coords(out: &mut Vec<u8>, points: impl Iterator<Item = Coord<f64>>) {
    out.push(b'[');
    for (at, c) in points.enumerate() {
        out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        put_fixed(out, c.x, DEGREE_DECIMALS);
        out.push(b',');
        put_fixed(out, c.y, DEGREE_DECIMALS);
        out.push(b']');
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area as _, polygon};

    fn written(shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let coords = project::coords_of([shape]);
        rounded(shape, &mut coords.as_slice()).unwrap()
    }

    #[test]
    fn shapes_stay_valid_when_they_are_rounded() {
        // A corner half a unit from an edge that it does not touch, and a spike that rounding folds.
        let near: MultiPolygon<f64> = polygon![
            (x: 121.0, y: 31.0), (x: 121.001, y: 31.0), (x: 121.001, y: 31.001), (x: 121.000_5, y: 31.000_000_04),
            (x: 121.0, y: 31.001),
        ]
        .into();
        let spike: MultiPolygon<f64> = polygon![
            (x: 121.0, y: 31.0), (x: 121.001, y: 31.0), (x: 121.001, y: 31.001), (x: 121.000_500_04, y: 31.001),
            (x: 121.000_5, y: 31.002), (x: 121.000_499_96, y: 31.001), (x: 121.0, y: 31.001),
        ]
        .into();
        for shape in [near, spike] {
            assert!(is_valid(&shape));
            let area = shape.unsigned_area() * UNITS * UNITS;
            let written = written(&shape);
            assert!(is_valid(&written));
            assert!((written.unsigned_area() / area - 1.0).abs() < 1e-3);
        }
        let plain: MultiPolygon<f64> =
            polygon![(x: 121.0, y: 31.0), (x: 121.001, y: 31.0), (x: 121.0, y: 31.001)].into();
        let mut out = Vec::new();
        let coords = project::coords_of([&plain]);
        assert!(put_area(&mut out, &plain, &mut coords.as_slice()));
        let text = "{\"type\":\"Polygon\",\"coordinates\":[[[121.0000000,31.0000000],[121.0010000,31.0000000],\
                    [121.0000000,31.0010000],[121.0000000,31.0000000]]]}";
        assert_eq!(String::from_utf8(out).unwrap(), text);
    }
}
