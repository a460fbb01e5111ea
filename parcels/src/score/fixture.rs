//! Layers for tests: rectangles side by side.

use geo::{MultiPolygon, Rect, coord};

use crate::id::ParcelId;
use crate::parcel::{Crs, Layer, Parcel};
use crate::table::{Column, Table, Value};
use crate::units::{Area, SquareMetres};

/// Parcels with these codes and areas (m²; each 100 m deep) and columns of attributes.
pub(crate) fn layer(parcels: &[(Option<&str>, f64)], columns: Vec<Column>) -> Layer {
    let mut west = 0.0;
    let made = parcels
        .iter()
        .enumerate()
        .map(|(at, (code, area_m2))| {
            let east = west + area_m2 / 100.0;
            let shape = Rect::new(coord! { x: west, y: 0.0 }, coord! { x: east, y: 100.0 }).to_polygon();
            west = east;
            let area_m2 = SquareMetres(*area_m2);
            Parcel {
                id: ParcelId(format!("p{at}")),
                code: code.map(str::to_owned),
                shape: MultiPolygon::from(shape),
                area: Area { ellipsoidal: area_m2, planar: area_m2, registered: None },
                in_zone: false,
                sub_park: None,
                source_row: at,
            }
        })
        .collect();
    Layer::new("fixture".to_owned(), Crs::default(), made, Table::new(parcels.len(), columns))
}

/// A column of numbers, missing where none.
pub(crate) fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    let values = values.iter().map(|v| v.map_or(Value::Missing, Value::Number)).collect();
    Column { name: name.to_owned(), values }
}

/// A column as read from text.
pub(crate) fn texts(name: &str, values: &[&str]) -> Column {
    Column { name: name.to_owned(), values: values.iter().map(|t| Value::from_text(t)).collect() }
}
