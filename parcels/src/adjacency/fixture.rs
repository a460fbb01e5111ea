//! Small layers for tests.

use geo::{Area as _, Coord, LineString, MapCoords, MultiPolygon, Orient, Polygon, orient::Direction};

use crate::id::ParcelId;
use crate::parcel::{Barrier, Crs, Layer, Parcel};
use crate::table::Table;
use crate::units::{Area, SquareMetres};

/// A ring through `points`.
pub(crate) fn ring(points: &[(f64, f64)]) -> LineString<f64> {
    let mut ring = LineString::from(points.to_vec());
    ring.close();
    ring
}

/// A polygon without holes.
pub(crate) fn polygon(points: &[(f64, f64)]) -> MultiPolygon<f64> {
    MultiPolygon(vec![Polygon::new(ring(points), vec![])])
}

/// An upright rectangle from its lower left to its upper right corner.
pub(crate) fn rectangle(x0: f64, y0: f64, x1: f64, y1: f64) -> MultiPolygon<f64> {
    polygon(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
}

/// The same shape with every point mapped.
pub(crate) fn mapped(
    shape: &MultiPolygon<f64>,
    map: impl Fn(Coord<f64>) -> Coord<f64> + Copy,
) -> MultiPolygon<f64> {
    shape.map_coords(map)
}

/// A layer of these shapes, oriented as layers are.
pub(crate) fn layer(shapes: &[MultiPolygon<f64>]) -> Layer {
    let parcels = shapes
        .iter()
        .enumerate()
        .map(|(at, shape)| {
            let shape = shape.orient(Direction::Default);
            let area = SquareMetres(shape.unsigned_area());
            Parcel {
                id: ParcelId(format!("P{at}")),
                code: None,
                area: Area { ellipsoidal: area, planar: area, registered: None },
                shape,
                in_zone: true,
                sub_park: None,
                source_row: at,
            }
        })
        .collect();
    let table = Table::new(shapes.len(), vec![]);
    Layer::new("test".to_owned(), Crs::default(), parcels, table)
}

/// A barrier line.
pub(crate) fn barrier(points: &[(f64, f64)], half_width_m: f64) -> Barrier {
    Barrier { line: LineString::from(points.to_vec()), half_width_m, kind: "road".to_owned() }
}
