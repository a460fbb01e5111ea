//! The layers of a written `plan.gpkg`, as they were written.

use std::borrow::Cow;
use std::path::Path;

use gdal::vector::{FieldValue, LayerAccess as _, OGRFieldType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};
use geo::MultiPolygon;
use parcels::message;
use parcels::parcel::Crs;
use parcels::progress::{Monitor, go_on};

use super::feature_layer::{Cell, Column, Features, Kind, Shapes};
use super::{plan_features, setup, wkb};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// The columns that hold yes or no.
const FLAGS: [&str; 3] = ["zone_before", "zone_after", "small"];

/// Opens the GeoPackage of a plan's folder.
///
/// # Errors
/// When there is none or it cannot be read.
pub fn open(plan_dir: &Path) -> Result<Dataset> {
    setup::gdal();
    let path = plan_dir.join("plan.gpkg");
    let options = DatasetOptions {
        open_flags: GdalOpenFlags::GDAL_OF_VECTOR | GdalOpenFlags::GDAL_OF_READONLY,
        ..DatasetOptions::default()
    };
    Dataset::open_ex(&path, options).map_err(|why| {
        Error::new(ErrorKind::Unreadable, message!("opening-file", file = path.display()))
            .because(why)
            .try_this(message!("folder-of-plan"))
    })
}

/// The CRS of the layers.
///
/// # Errors
/// When the parcels are not there.
pub fn crs(plan: &Dataset) -> Result<Crs> {
    let layer =
        plan.layer_by_name("parcels").context(ErrorKind::Unreadable, message!("reading-plans-parcels"))?;
    layer.spatial_ref().map_or_else(|| Ok(Crs::default()), |srs| super::crs::describe(&srs))
}

/// Reads a layer of polygons; `filter`: only the rows that meet this SQL condition.
///
/// # Errors
/// When the layer is not there or cannot be read, or the monitor says stop.
pub fn layer(
    plan: &Dataset,
    name: &str,
    filter: Option<&str>,
    monitor: &dyn Monitor,
) -> Result<Features<'static>> {
    let failed = || message!("reading-plans-layer", layer = name);
    let mut layer = plan.layer_by_name(name).context(ErrorKind::Unreadable, failed())?;
    if let Some(filter) = filter {
        layer.set_attribute_filter(filter).context(ErrorKind::Unreadable, failed())?;
    }
    let fields: Vec<(String, Kind)> = layer.defn().fields().map(|f| kind(f.name(), f.field_type())).collect();
    let mut cells: Vec<Vec<Cell<'static>>> = vec![Vec::new(); fields.len()];
    let mut shapes = Vec::new();
    for feature in layer.features() {
        if shapes.len() % 4096 == 0 {
            go_on(monitor)?;
        }
        let bytes =
            feature.geometry().map(|g| g.wkb()).transpose().context(ErrorKind::Unreadable, failed())?;
        let read = bytes.as_deref().and_then(wkb::parse).filter(|read| !read.polygons.is_empty());
        let row = shapes.len() + 1;
        let read = read.ok_or_else(|| {
            Error::new(ErrorKind::Unreadable, message!("row-no-polygon", doing = failed(), row = row))
        })?;
        shapes.push(Cow::Owned(MultiPolygon(read.polygons)));
        for (at, (_, kind)) in fields.iter().enumerate() {
            let value = feature.field(at).context(ErrorKind::Unreadable, failed())?;
            cells[at].push(cell(value, *kind));
        }
    }
    let column = |((name, kind), cells): ((String, Kind), Vec<Cell<'static>>)| {
        Column::new(name, kind, move |row| cells[row].clone())
    };
    let mut columns: Vec<_> = fields.into_iter().zip(cells).map(column).collect();
    plan_features::shorten(&mut columns);
    Ok(Features { name: name.to_owned(), columns, shapes: Shapes::Areas(shapes) })
}

fn kind(name: String, ty: OGRFieldType::Type) -> (String, Kind) {
    let kind = match ty {
        OGRFieldType::OFTInteger if FLAGS.contains(&name.as_str()) => Kind::Flag,
        OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => Kind::Whole,
        OGRFieldType::OFTReal if name.ends_with("_m2") => plan_features::AREA,
        OGRFieldType::OFTReal => plan_features::SCORE,
        _ => Kind::Text,
    };
    (name, kind)
}

fn cell(value: Option<FieldValue>, kind: Kind) -> Cell<'static> {
    let whole = |n: i64| if kind == Kind::Flag { Cell::Flag(n != 0) } else { Cell::Whole(n) };
    match value {
        Some(FieldValue::IntegerValue(n)) => whole(n.into()),
        Some(FieldValue::Integer64Value(n)) => whole(n),
        Some(FieldValue::RealValue(n)) => Cell::Real(n),
        Some(FieldValue::StringValue(text)) => Cell::Text(Cow::Owned(text)),
        _ => Cell::Null,
    }
}
