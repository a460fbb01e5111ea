//! Reading real and awkward files: what is read, what is refused, and what is said about it.

#![expect(clippy::unwrap_used, reason = "a test fails where its ground is not as expected")]

mod awkward;
mod formats;
mod kept;
mod lying;
mod merged;
mod numbers;
mod real;
mod sandbox;
mod sheets;
mod systems;
mod tables;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use geo::{Area, BoundingRect, Coord, MultiPolygon};
use lianpian::error::{ErrorKind, Result};
use lianpian::io::crs::{self, Proj};
use lianpian::io::read::{ReadLayer, ReadOptions, read_layer, read_lines, read_polygons};
use lianpian::io::source::Source;
use lianpian::io::table::{ReadTable, read_table};
use parcels::parcel::{Crs, Geodesy, RawShape};
use parcels::progress::Monitor;
use parcels::validate::{Issue, IssueKind, Severity};

/// The folder of real data; none when it is not on this machine, which continuous integration does not allow.
fn data(below: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/real")).join(below);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{} is missing", folder.display());
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    {
        eprintln!("skipped: {} is not on this machine", folder.display());
    }
    None
}

fn read(source: &str, crs: Option<&str>) -> Result<ReadLayer> {
    let Ok(source) = source.parse::<Source>();
    read_layer(&source, &ReadOptions { crs: crs.map(str::to_owned), encoding: None }, &())
}

fn read_from(folder: &Path, file: &str, crs: Option<&str>) -> Result<ReadLayer> {
    read(&format!("{}/{file}", folder.display()), crs)
}

fn refusal(folder: &Path, file: &str) -> String {
    let failure = read_from(folder, file, None).map(|r| r.raw.name).unwrap_err();
    assert_eq!(failure.kind, ErrorKind::Unreadable, "{file}");
    failure.for_people()
}

fn kinds(issues: &[Issue]) -> Vec<IssueKind> {
    let mut kinds: Vec<IssueKind> = issues.iter().map(|i| i.kind).collect();
    kinds.dedup();
    kinds
}

fn text(layer: &ReadLayer, column: &str, row: usize) -> String {
    layer.raw.table.column(column).unwrap().values[row].text().unwrap_or_default()
}

fn polygons(layer: &ReadLayer) -> Vec<&MultiPolygon<f64>> {
    let shapes = layer.raw.shapes.iter();
    shapes.filter_map(|s| if let RawShape::Polygons { shape, .. } = s { Some(shape) } else { None }).collect()
}

fn area_m2(layer: &ReadLayer) -> f64 {
    polygons(layer).iter().map(|p| p.unsigned_area()).sum()
}

fn epsg(code: u32) -> Crs {
    crs::parse(&code.to_string()).unwrap()
}
