//! Streets delivered as a parcel: thin for its perimeter, holes included, and beside half of the layer. Left among the
//! parcels it joins everything with everything, or parts what it lies between.

use geo::MultiPolygon;

use crate::adjacency::Adjacency;
use crate::boolean_ops::ring_area;
use crate::id::ParcelIdx;
use crate::parcel::Layer;

/// 4πA/P² with the perimeter of the holes below which a parcel is thin.
const THIN: f64 = 0.05;
/// The fewest neighbours that make a network.
const NEIGHBOURS: usize = 6;

/// The parcels that look like a network of streets, with the number of their neighbours.
#[must_use]
pub fn networks(layer: &Layer, adjacency: &Adjacency) -> Vec<(ParcelIdx, usize)> {
    let half = layer.len().saturating_sub(1).div_ceil(2).max(NEIGHBOURS);
    (0..layer.len())
        .map(ParcelIdx::from_at)
        .map(|idx| (idx, adjacency.contiguous(idx).count()))
        .filter(|(idx, beside)| *beside >= half && thinness(&layer[*idx].shape) < THIN)
        .collect()
}

/// 4πA/P², 1 for a disc; a part of several counts with all of them.
fn thinness(shape: &MultiPolygon<f64>) -> f64 {
    let (mut area_m2, mut perimeter_m) = (0.0, 0.0);
    for polygon in shape {
        area_m2 += ring_area(polygon.exterior()).abs();
        area_m2 -= polygon.interiors().iter().map(|hole| ring_area(hole).abs()).sum::<f64>();
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            perimeter_m += ring.0.windows(2).map(|e| (e[1].x - e[0].x).hypot(e[1].y - e[0].y)).sum::<f64>();
        }
    }
    4.0 * std::f64::consts::PI * area_m2 / (perimeter_m * perimeter_m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adjacency::Facing;
    use crate::id::ParcelId;
    use crate::parcel::{Crs, Parcel};
    use crate::table::Table;
    use crate::units::{Area, SquareMetres};
    use geo::{Area as _, LineString, Polygon, Rect, coord};

    fn square(x: f64, y: f64, side: f64) -> Polygon<f64> {
        Rect::new(coord! { x: x, y: y }, coord! { x: x + side, y: y + side }).to_polygon()
    }

    fn layer(shapes: impl Iterator<Item = Polygon<f64>>) -> Layer {
        let parcel = |(row, shape): (usize, Polygon<f64>)| {
            let area = SquareMetres(shape.unsigned_area());
            Parcel {
                id: ParcelId(row.to_string()),
                code: None,
                shape: MultiPolygon::new(vec![shape]),
                area: Area { ellipsoidal: area, planar: area, registered: None },
                in_zone: false,
                sub_park: None,
                source_row: row,
            }
        };
        let parcels: Vec<Parcel> = shapes.enumerate().map(parcel).collect();
        let table = Table::new(parcels.len(), Vec::new());
        Layer::new("streets".into(), Crs::default(), parcels, table)
    }

    #[test]
    fn a_grid_of_streets_is_thin_by_its_holes() {
        let lots: Vec<Polygon<f64>> =
            (0..64).map(|i| square(f64::from(i % 8) * 60.0, f64::from(i / 8) * 60.0, 50.0)).collect();
        let holes: Vec<LineString<f64>> = lots.iter().map(|lot| lot.exterior().clone()).collect();
        let streets = Polygon::new(square(-10.0, -10.0, 490.0).exterior().clone(), holes);
        assert!(thinness(&MultiPolygon::new(vec![streets.clone()])) < 0.02);
        assert!(thinness(&MultiPolygon::new(vec![square(0.0, 0.0, 50.0)])) > 0.7);
        let all = layer(lots.into_iter().chain([streets]));
        let beside =
            |a: usize| Facing { a: ParcelIdx::from_at(a), b: ParcelIdx::from_at(64), facing_m: 200.0 };
        let everywhere = Adjacency::from_pairs((0..64).map(beside).collect(), vec![0.0; 65]);
        assert_eq!(networks(&all, &everywhere), [(ParcelIdx::from_at(64), 64)]);
        let here_and_there = Adjacency::from_pairs((0..20).map(beside).collect(), vec![0.0; 65]);
        assert_eq!(networks(&all, &here_and_there), []);
    }
}
