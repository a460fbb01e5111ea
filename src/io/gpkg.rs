//! Layers into a GeoPackage that QGIS opens styled, and into FlatGeobuf, both through GDAL.
//!
//! Same rows, same bytes: the times that a GeoPackage records are set to a fixed one.

use std::path::Path;

use gdal::vector::{Feature, FieldDefn, LayerAccess as _, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use gdal::{Dataset, errors};
use parcels::message;
use parcels::parcel::Crs;
use parcels::progress::Monitor;

use super::crs::spatial_ref;
use super::feature_layer::{Features, Kind, unique_names};
use super::gdal_layer::{self, Field, Settings};
use super::project;
use super::qgis_style;
use crate::error::{Context as _, ErrorKind, Result};

/// A file that nobody else reads yet needs no journal; it is thrown away when anything fails.
const SETTINGS: &[(&str, &str)] = &[
    ("OGR_CURRENT_DATE", "2000-01-01T00:00:00.000Z"),
    ("OGR_SQLITE_SYNCHRONOUS", "OFF"),
    ("OGR_SQLITE_JOURNAL", "OFF"),
    ("OGR_SQLITE_CACHE", "256"),
];

/// Writes the layers, whose shapes are in the CRS `from`, into a new GeoPackage at `path` in the CRS `to`.
///
/// # Errors
/// When the file cannot be written, or the monitor says stop.
pub fn write(
    path: &Path,
    layers: &[&Features<'_>],
    from: &Crs,
    to: &Crs,
    monitor: &dyn Monitor,
) -> Result<()> {
    let _settings = Settings::set(SETTINGS)?;
    let failed = || message!("writing-file", file = path.display());
    let mut dataset = gdal_layer::create("GPKG", path)?;
    let mut all = dataset.start_transaction().context(ErrorKind::Unwritable, failed())?;
    let added = add_layers(&mut all, layers, from, to, monitor)
        .and_then(|()| add_styles(&mut all, layers).context(ErrorKind::Unwritable, failed()));
    // Without a journal there is no going back: after a failure too the file is closed in order, then thrown away.
    let committed = all.commit().context(ErrorKind::Unwritable, failed());
    added.and(committed)?;
    let rows: Vec<_> = layers.iter().map(|l| (l.name.as_str(), l.len())).collect();
    gdal_layer::close(dataset, path, &rows)
}

fn add_layers(
    dataset: &mut Dataset,
    layers: &[&Features<'_>],
    from: &Crs,
    to: &Crs,
    monitor: &dyn Monitor,
) -> Result<()> {
    let srs = spatial_ref(to)?;
    for features in layers {
        let options = ["GEOMETRY_NAME=geom", "FID=fid"];
        let shapes = project::as_needed(&features.shapes, from, to)?;
        gdal_layer::add_layer(dataset, features, &shapes, &fields(features), &srs, &options, None, monitor)?;
    }
    Ok(())
}

/// Writes one layer, whose shapes are in the CRS `from`, into a new FlatGeobuf file at `path` in the CRS `to`.
///
/// # Errors
/// When the file cannot be written, or the monitor says stop.
pub fn write_flatgeobuf(
    path: &Path,
    features: &Features<'_>,
    from: &Crs,
    to: &Crs,
    monitor: &dyn Monitor,
) -> Result<()> {
    let srs = spatial_ref(to)?;
    let shapes = project::as_needed(&features.shapes, from, to)?;
    let mut dataset = gdal_layer::create("FlatGeobuf", path)?;
    gdal_layer::add_layer(&mut dataset, features, &shapes, &fields(features), &srs, &[], None, monitor)?;
    gdal_layer::close(dataset, path, &[(features.name.as_str(), features.len())])
}

fn fields<'c, 'a>(features: &'c Features<'a>) -> Vec<Field<'c, 'a>> {
    let columns: Vec<_> = features.columns.iter().filter(|c| c.kind != Kind::Json).collect();
    let names: Vec<&str> = columns.iter().map(|c| c.name.as_str()).collect();
    let names = unique_names(&names, usize::MAX);
    columns.into_iter().zip(names).map(|(column, name)| Field { column, name, width: None }).collect()
}

/// The table in which QGIS keeps the styles of a GeoPackage's layers.
fn add_styles(dataset: &mut Dataset, layers: &[&Features<'_>]) -> errors::Result<()> {
    use OGRFieldType::{OFTDateTime, OFTInteger, OFTString};
    let options = LayerOptions {
        name: "layer_styles",
        ty: OGRwkbGeometryType::wkbNone,
        options: Some(&["FID=id"]),
        ..LayerOptions::default()
    };
    let table = dataset.create_layer(options)?;
    let columns = [
        ("f_table_catalog", OFTString),
        ("f_table_schema", OFTString),
        ("f_table_name", OFTString),
        ("f_geometry_column", OFTString),
        ("styleName", OFTString),
        ("styleQML", OFTString),
        ("styleSLD", OFTString),
        ("useAsDefault", OFTInteger),
        ("description", OFTString),
        ("owner", OFTString),
        ("ui", OFTString),
        ("update_time", OFTDateTime),
    ];
    for (name, ty) in columns {
        FieldDefn::new(name, ty)?.add_to_layer(&table)?;
    }
    for features in layers {
        let Some(qml) = qgis_style::of_layer(&features.name) else { continue };
        let mut style = Feature::new(table.defn())?;
        let texts = ["", "", &features.name, "geom", &features.name, &qml, ""];
        for (at, text) in texts.into_iter().enumerate() {
            style.set_field_string(at, text)?;
        }
        style.set_field_integer(7, 1)?;
        style.set_field_string(8, "lianpian")?;
        style.set_field_string(9, "")?;
        style.set_field_null(10)?;
        style.set_field_string(11, "2000/01/01 00:00:00+00")?;
        style.create(&table)?;
    }
    Ok(())
}
