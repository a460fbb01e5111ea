//! The synthetic park as GeoPackages, the same bytes for the same park.

use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{
    Feature, FieldDefn, Geometry, LayerAccess as _, LayerOptions, OGRFieldType, OGRwkbGeometryType,
};
use gdal::{Dataset, DriverManager};
use parcels::message;
use parcels::progress::{Monitor, go_on};

use super::gdal_layer::Settings;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::park::streets::Way;
use crate::park::{EPSG, Park, to_map};

/// Says in every layer what the data are.
const SYNTHETIC: &str = "合成数据 synthetic";

/// Keeps GDAL from writing today's date.
const SETTINGS: &[(&str, &str)] = &[("OGR_CURRENT_DATE", "2025-01-01T00:00:00.000Z")];

/// Writes `parcels.gpkg` and `barriers.gpkg` into `folder`.
///
/// # Errors
/// When one cannot be written, or the monitor says stop.
pub(crate) fn write_geopackages(park: &Park, folder: &Path, monitor: &dyn Monitor) -> Result<()> {
    let _settings = Settings::set(SETTINGS)?;
    let path = folder.join("parcels.gpkg");
    write_parcels(park, &path, monitor)?;
    let path = folder.join("barriers.gpkg");
    write_barriers(park, &path)
        .context(ErrorKind::Unwritable, message!("writing-file", file = path.display()))
}

/// What stopped the writing of parcels: GDAL or the user.
fn gdal_failed(path: &Path) -> impl Fn(gdal::errors::GdalError) -> Error + '_ {
    move |e| Error::new(ErrorKind::Unwritable, message!("writing-file", file = path.display())).because(e)
}

fn create(path: &Path) -> gdal::errors::Result<Dataset> {
    DriverManager::get_driver_by_name("GPKG")?.create_vector_only(path)
}

/// Adds an empty layer that says it is synthetic.
fn add_layer<'d>(
    dataset: &'d mut Dataset,
    name: &str,
    shape: OGRwkbGeometryType::Type,
    fields: &[(&str, OGRFieldType::Type)],
) -> gdal::errors::Result<gdal::vector::Layer<'d>> {
    let crs = SpatialRef::from_epsg(EPSG)?;
    let identifier = format!("IDENTIFIER={name}（{SYNTHETIC}）");
    let description =
        format!("DESCRIPTION={SYNTHETIC}: 程序生成的示意数据，非真实地块 illustrative, no real place");
    let layer = dataset.create_layer(LayerOptions {
        name,
        srs: Some(&crs),
        ty: shape,
        options: Some(&[&identifier, &description, "GEOMETRY_NAME=geom"]),
    })?;
    for (field, kind) in fields {
        FieldDefn::new(field, *kind)?.add_to_layer(&layer)?;
    }
    Ok(layer)
}

fn write_parcels(park: &Park, path: &Path, monitor: &dyn Monitor) -> Result<()> {
    use OGRFieldType::{OFTInteger, OFTReal, OFTString};
    let failed = gdal_failed(path);
    let mut dataset = create(path).map_err(&failed)?;
    {
        let mut transaction = dataset.start_transaction().map_err(&failed)?;
        let layer = add_layer(
            &mut transaction,
            "parcels",
            OGRwkbGeometryType::wkbMultiPolygon,
            &[
                ("parcel_code", OFTString),
                ("in_zone", OFTInteger),
                ("sub_park", OFTString),
                ("area_mu_registered", OFTReal),
                ("land_use", OFTString),
                ("name", OFTString),
                ("note", OFTString),
            ],
        )
        .map_err(&failed)?;
        for (row, parcel) in park.parcels.iter().enumerate() {
            if row % 1_024 == 0 {
                go_on(monitor)?;
                monitor.advance(1_024.min(park.parcels.len() - row) as u64);
            }
            (|| {
                let mut feature = Feature::new(layer.defn())?;
                if let Some(code) = &parcel.code {
                    feature.set_field_string(0, code)?;
                }
                feature.set_field_integer(1, i32::from(parcel.in_zone))?;
                feature.set_field_string(2, &park.sub_parks[parcel.sub_park])?;
                if let Some(mu) = parcel.registered_mu {
                    feature.set_field_double(3, (mu * 100.0).round() / 100.0)?;
                }
                feature.set_field_string(4, parcel.land_use)?;
                feature.set_field_string(5, &format!("示意地块 {:05}", row + 1))?;
                feature.set_field_string(6, SYNTHETIC)?;
                let rings: Vec<Vec<(f64, f64)>> = parcel.rings().collect();
                if !rings.is_empty() {
                    feature.set_geometry(Geometry::from_wkb(&multi_polygon(&rings))?)?;
                }
                feature.create(&layer)
            })()
            .map_err(&failed)?;
        }
        transaction.commit().map_err(&failed)?;
    }
    dataset.close().map_err(&failed)
}

fn write_barriers(park: &Park, path: &Path) -> gdal::errors::Result<()> {
    use OGRFieldType::{OFTReal, OFTString};
    let mut dataset = create(path)?;
    {
        let mut transaction = dataset.start_transaction()?;
        let line_fields =
            [("class", OFTString), ("half_width_m", OFTReal), ("name", OFTString), ("note", OFTString)];
        for (name, rivers) in [("roads", false), ("rivers", true)] {
            let layer = add_layer(&mut transaction, name, OGRwkbGeometryType::wkbLineString, &line_fields)?;
            for course in park.courses.iter().filter(|c| (c.way == Way::River) == rivers) {
                let points: Vec<(f64, f64)> = course.line.iter().map(|p| to_map(*p)).collect();
                let mut feature = Feature::new(layer.defn())?;
                feature.set_field_string(0, course.way.class())?;
                feature.set_field_double(1, (course.half_width_m * 10.0).round() / 10.0)?;
                feature.set_field_string(2, &course.name)?;
                feature.set_field_string(3, SYNTHETIC)?;
                feature.set_geometry(Geometry::from_wkb(&line_string(&points))?)?;
                feature.create(&layer)?;
            }
        }
        let fields = [("kind", OFTString), ("note", OFTString)];
        let layer = add_layer(&mut transaction, "redlines", OGRwkbGeometryType::wkbMultiPolygon, &fields)?;
        for red in &park.red_lines {
            let mut feature = Feature::new(layer.defn())?;
            feature.set_field_string(0, red.kind)?;
            feature.set_field_string(1, SYNTHETIC)?;
            feature.set_geometry(Geometry::from_wkb(&multi_polygon(&[red.ring()]))?)?;
            feature.create(&layer)?;
        }
        transaction.commit()?;
    }
    dataset.close()
}

/// OGC well-known binary, little-endian: one polygon of one ring each.
fn multi_polygon(rings: &[Vec<(f64, f64)>]) -> Vec<u8> {
    let mut wkb = head(6, rings.len());
    for ring in rings {
        wkb.extend(head(3, 1));
        wkb.extend((ring.len() as u32).to_le_bytes());
        points(&mut wkb, ring);
    }
    wkb
}

fn line_string(line: &[(f64, f64)]) -> Vec<u8> {
    let mut wkb = head(2, line.len());
    points(&mut wkb, line);
    wkb
}

fn head(kind: u32, count: usize) -> Vec<u8> {
    let mut wkb = vec![1];
    wkb.extend(kind.to_le_bytes());
    wkb.extend((count as u32).to_le_bytes());
    wkb
}

fn points(wkb: &mut Vec<u8>, line: &[(f64, f64)]) {
    for (x, y) in line {
        wkb.extend(x.to_le_bytes());
        wkb.extend(y.to_le_bytes());
    }
}
