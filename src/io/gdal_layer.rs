//! [`Features`] into a layer of any GDAL format: the part that GeoPackage, shapefile and FlatGeobuf have in common.

use std::borrow::Cow;
use std::path::Path;

use gdal::spatial_ref::SpatialRef;
use gdal::vector::{
    Feature, FieldDefn, Geometry, LayerAccess as _, LayerOptions, OGRFieldType, OGRwkbGeometryType,
};
use gdal::{Dataset, DriverManager};
use parcels::message;
use parcels::progress::{Monitor, go_on};

use super::dbf_text::Encoding;
use super::feature_layer::{Cell, Column, Features, Kind, Shapes};
use super::{geometry_bytes, setup};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// Rows between two looks at whether to go on.
const ROWS_BETWEEN_LOOKS: usize = 4096;

/// A field of a format: the column it is filled from, its name there and, where the format has them, fixed widths.
pub(super) struct Field<'c, 'a> {
    pub(super) column: &'c Column<'a>,
    pub(super) name: String,
    pub(super) width: Option<(i32, i32)>,
}

/// GDAL settings that hold for this thread until dropped.
pub(crate) struct Settings(&'static [(&'static str, &'static str)]);

impl Settings {
    pub(crate) fn set(settings: &'static [(&'static str, &'static str)]) -> Result<Self> {
        for (key, value) in settings {
            gdal::config::set_thread_local_config_option(key, value)
                .context(ErrorKind::Unwritable, message!("setting-option", key = key))?;
        }
        Ok(Self(settings))
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        for (key, _) in self.0 {
            let _ = gdal::config::clear_thread_local_config_option(key);
        }
    }
}

/// A new, empty dataset.
pub(super) fn create(driver: &str, path: &Path) -> Result<Dataset> {
    setup::gdal();
    DriverManager::get_driver_by_name(driver)
        .and_then(|driver| driver.create_vector_only(path))
        .context(ErrorKind::Unwritable, message!("creating-file", file = path.display()))
}

/// Adds a layer to `dataset` and writes every row with its one of `shapes`, which are in `srs`. `encoding`: of the
/// texts, where the format has not its own.
#[expect(
    clippy::too_many_arguments,
    reason = "what is written, where to, and how: none follows from another"
)]
pub(super) fn add_layer(
    dataset: &mut Dataset,
    features: &Features<'_>,
    shapes: &Shapes<'_>,
    fields: &[Field<'_, '_>],
    srs: &SpatialRef,
    options: &[&str],
    encoding: Option<Encoding>,
    monitor: &dyn Monitor,
) -> Result<()> {
    let failed = || message!("writing-layer", layer = features.name);
    let ty = match shapes {
        Shapes::Areas(_) => OGRwkbGeometryType::wkbMultiPolygon,
        Shapes::Lines(_) => OGRwkbGeometryType::wkbLineString,
    };
    let options = LayerOptions { name: &features.name, srs: Some(srs), ty, options: Some(options) };
    let layer = dataset.create_layer(options).context(ErrorKind::Unwritable, failed())?;
    for field in fields {
        add_field(&layer, field).context(ErrorKind::Unwritable, failed())?;
    }
    let mut geometry = Vec::new();
    for row in 0..features.len() {
        if row % ROWS_BETWEEN_LOOKS == 0 {
            go_on(monitor)?;
        }
        match shapes {
            Shapes::Areas(all) => geometry_bytes::put_area(&mut geometry, &all[row]),
            Shapes::Lines(all) => geometry_bytes::put_line(&mut geometry, &all[row]),
        }
        let written = Feature::new(layer.defn()).and_then(|mut feature| {
            feature.set_geometry(Geometry::from_wkb(&geometry)?)?;
            for (at, field) in fields.iter().enumerate() {
                put(&mut feature, at, field.column.cell(row), encoding)?;
            }
            feature.create(&layer)
        });
        written.context(ErrorKind::Unwritable, message!("writing-row", row = row, layer = features.name))?;
    }
    Ok(())
}

fn add_field(layer: &gdal::vector::Layer<'_>, field: &Field<'_, '_>) -> gdal::errors::Result<()> {
    let ty = match field.column.kind {
        Kind::Text | Kind::Json => OGRFieldType::OFTString,
        Kind::Whole => OGRFieldType::OFTInteger64,
        Kind::Flag => OGRFieldType::OFTInteger,
        Kind::Real { .. } => OGRFieldType::OFTReal,
    };
    let defn = FieldDefn::new(&field.name, ty)?;
    if let Some((width, precision)) = field.width {
        defn.set_width(width);
        defn.set_precision(precision);
    }
    defn.add_to_layer(layer)
}

fn put(
    feature: &mut Feature<'_>,
    at: usize,
    cell: Cell<'_>,
    encoding: Option<Encoding>,
) -> gdal::errors::Result<()> {
    match cell {
        Cell::Null => feature.set_field_null(at),
        Cell::Text(mut value) => {
            if value.contains('\0') {
                // C text cannot hold the character NUL.
                value = Cow::Owned(value.replace('\0', ""));
            }
            if let Some(encoding) = encoding {
                value = encoding.form(value);
            }
            feature.set_field_string(at, &value)
        }
        Cell::Json(value) => feature.set_field_string(at, &value),
        Cell::Whole(n) => feature.set_field_integer64(at, n),
        Cell::Flag(yes) => feature.set_field_integer(at, i32::from(yes)),
        Cell::Real(n) if n.is_finite() => feature.set_field_double(at, n),
        Cell::Real(_) => feature.set_field_null(at),
    }
}

/// Closes the dataset and looks whether every row reached the disk: GDAL before 3.7 does not tell of a failure to
/// close, such as a full disk. `layers`: names with numbers of rows.
pub(super) fn close(dataset: Dataset, path: &Path, layers: &[(&str, usize)]) -> Result<()> {
    let failed = || message!("closing-file", file = path.display());
    dataset.close().context(ErrorKind::Unwritable, failed())?;
    let written = Dataset::open(path).context(ErrorKind::Unwritable, failed())?;
    for (name, rows) in layers {
        let found = written.layer_by_name(name).context(ErrorKind::Unwritable, failed())?.feature_count();
        if found != *rows as u64 {
            let what = message!("rows-lost", file = path.display(), layer = name, found = found, rows = rows);
            return Err(Error::new(ErrorKind::Unwritable, what).try_this(message!("disk-full")));
        }
    }
    Ok(())
}
