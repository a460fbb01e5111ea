//! Layers as GeoJSON after RFC 7946: WGS 84 in degrees with 7 decimals (1 cm), exterior rings counter-clockwise, no
//! `crs` member, one feature a line in the order of the rows.
//!
//! Written by hand, in parallel chunks: a million parcels through a general serialiser take many times as long.
//! Where a shape cannot be placed on Earth (a local grid, a coordinate outside its CRS), the feature is *unlocated*
//! in the sense of the RFC: its geometry is null.

use std::io::Write;
use std::path::Path;

use geo::{Coord, LineString};
use parcels::parcel::Crs;
use parcels::progress::{Monitor, go_on};
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

/// Writes the layer, whose shapes are in `crs`, into the file `path`.
///
/// # Errors
/// When the file cannot be written, or the monitor says stop.
pub fn write(path: &Path, features: &Features<'_>, crs: &Crs, monitor: &dyn Monitor) -> Result<()> {
    let failed = || format!("writing {}", path.display());
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
    let failed = || "writing GeoJSON";
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
fn put_area(out: &mut Vec<u8>, shape: &geo::MultiPolygon<f64>, coords: &mut &[Coord<f64>]) -> bool {
    let several = shape.0.len() != 1;
    out.extend_from_slice(if several {
        b"{\"type\":\"MultiPolygon\",\"coordinates\":["
    } else {
        b"{\"type\":\"Polygon\",\"coordinates\":"
    });
    let mut located = true;
    for (at, polygon) in shape.0.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        for (at, ring) in rings.enumerate() {
            out.push(if at > 0 { b',' } else { b'[' });
            located &= put_points(out, ring, coords);
        }
        out.push(b']');
    }
    out.extend_from_slice(if several { b"]}" } else { b"}" });
    located
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
    out.push(b'[');
    for (at, c) in own.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",[" } else { b"[" });
        put_fixed(out, c.x, DEGREE_DECIMALS);
        out.push(b',');
        put_fixed(out, c.y, DEGREE_DECIMALS);
        out.push(b']');
    }
    out.push(b']');
    own.iter().all(|c| c.x.is_finite() && c.y.is_finite())
}
