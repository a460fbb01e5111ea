//! Shapes given in a filter: rings closed, boxes as polygons, GeoJSON read.

use geo::{Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Polygon, Rect};
use parcels::message;
use serde_json::Value;

use super::{Refused, Result};

/// A box from 4 numbers, or 6 with heights.
pub(super) fn of_box(numbers: &[f64]) -> Result<Geometry<f64>> {
    let [west, south, east, north] = match *numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => [a, b, c, d],
        _ => return Err(Refused::new(message!("filter-bbox-four"))),
    };
    if west >= east || south >= north {
        return Err(Refused::new(message!("filter-bbox-order")));
    }
    let rect = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    Ok(Geometry::Polygon(rect.to_polygon()))
}

pub(super) fn line(coords: Vec<Coord<f64>>) -> Result<LineString<f64>> {
    if coords.len() < 2 {
        return Err(Refused::new(message!("filter-line-points")));
    }
    Ok(LineString(coords))
}

pub(super) fn polygon(rings: Vec<Vec<Coord<f64>>>) -> Result<Polygon<f64>> {
    let mut rings = rings.into_iter().map(|ring| {
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(Refused::new(message!("filter-ring-points")));
        }
        Ok(LineString(ring))
    });
    let exterior = rings.next().ok_or_else(|| Refused::new(message!("filter-polygon-ring")))??;
    Ok(Polygon::new(exterior, rings.collect::<Result<_>>()?))
}

/// A GeoJSON geometry. How deep it may be nested is set by its type.
pub(super) fn of_json(value: &Value) -> Result<Geometry<f64>> {
    let coordinates = &value["coordinates"];
    Ok(match value["type"].as_str() {
        Some("Point") => Geometry::Point(coord(coordinates)?.into()),
        Some("MultiPoint") => {
            Geometry::MultiPoint(MultiPoint(all(coordinates, |one| Ok(coord(one)?.into()))?))
        }
        Some("LineString") => Geometry::LineString(line(all(coordinates, coord)?)?),
        Some("MultiLineString") => {
            Geometry::MultiLineString(MultiLineString(all(coordinates, |one| line(all(one, coord)?))?))
        }
        Some("Polygon") => Geometry::Polygon(rings(coordinates)?),
        Some("MultiPolygon") => Geometry::MultiPolygon(MultiPolygon(all(coordinates, rings)?)),
        _ => {
            return Err(Refused::new(message!("filter-shape-geojson")));
        }
    })
}

fn rings(value: &Value) -> Result<Polygon<f64>> {
    polygon(all(value, |ring| all(ring, coord))?)
}

fn all<T>(value: &Value, one: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    let list = value.as_array().filter(|list| !list.is_empty());
    list.ok_or_else(|| Refused::new(message!("filter-shape-nesting")))?.iter().map(one).collect()
}

fn coord(value: &Value) -> Result<Coord<f64>> {
    let numbers: Option<Vec<f64>> = value.as_array().and_then(|n| n.iter().map(Value::as_f64).collect());
    match numbers.as_deref() {
        Some([x, y] | [x, y, _]) => Ok(Coord { x: *x, y: *y }),
        _ => Err(Refused::new(message!("filter-position"))),
    }
}
