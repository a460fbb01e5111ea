//! What each parcel measures: planar in its CRS, and on the ellipsoid.
//!
//! On the ellipsoid the edges are geodesics: Karney, "Algorithms for geodesics", J. Geodesy 87 (2013), section 6.

use geo::{Coord, MultiPolygon};
use geographiclib_rs::{Geodesic, PolygonArea, Winding};
use rayon::prelude::*;

use crate::boolean_ops::ring_area;
use crate::parcel::Geodesy;
use crate::progress::{Cancelled, Monitor, go_on};

/// One shape's areas, m².
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub(crate) planar_m2: f64,
    /// None where the CRS does not reach.
    pub(crate) ellipsoidal_m2: Option<f64>,
}

/// Shapes taken to longitude and latitude in one call.
const BATCH: usize = 1024;
/// Batches between two looks at the monitor.
const BATCHES: usize = 16;

/// Measures every shape.
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
pub(crate) fn measure(
    shapes: &[MultiPolygon<f64>],
    geodesy: &dyn Geodesy,
    monitor: &dyn Monitor,
) -> Result<Vec<Measured>, Cancelled> {
    let (semi_major_m, flattening) = geodesy.ellipsoid();
    let ellipsoid = Geodesic::new(semi_major_m, flattening);
    monitor.step("areas", shapes.len() as u64);
    let mut measured = Vec::with_capacity(shapes.len());
    for stretch in shapes.chunks(BATCH * BATCHES) {
        go_on(monitor)?;
        let batches: Vec<Vec<Measured>> =
            stretch.par_chunks(BATCH).map(|batch| measure_batch(batch, geodesy, &ellipsoid)).collect();
        measured.extend(batches.into_iter().flatten());
        monitor.advance(stretch.len() as u64);
    }
    Ok(measured)
}

fn measure_batch(shapes: &[MultiPolygon<f64>], geodesy: &dyn Geodesy, ellipsoid: &Geodesic) -> Vec<Measured> {
    let rings = || shapes.iter().flatten().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let mut degrees: Vec<Coord<f64>> = rings().flat_map(|r| r.0.iter().copied()).collect();
    geodesy.to_lonlat(&mut degrees);
    let mut rest = degrees.as_slice();
    shapes
        .iter()
        .map(|shape| {
            let mut measured = Measured { planar_m2: 0.0, ellipsoidal_m2: Some(0.0) };
            for polygon in shape {
                let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                for (number, ring) in rings.enumerate() {
                    let (own, others) = rest.split_at(ring.0.len());
                    rest = others;
                    let sign = if number == 0 { 1.0 } else { -1.0 };
                    measured.planar_m2 += sign * ring_area(ring).abs();
                    measured.ellipsoidal_m2 = measured
                        .ellipsoidal_m2
                        .zip(ring_area_on(ellipsoid, own))
                        .map(|(sum, area)| sum + sign * area);
                }
            }
            measured
        })
        .collect()
}

/// The area within a closed ring of longitudes and latitudes, m², whatever its direction; none when one of them is
/// no place on Earth.
fn ring_area_on(ellipsoid: &Geodesic, ring: &[Coord<f64>]) -> Option<f64> {
    if !ring.iter().all(|c| c.x.is_finite() && (-90.0..=90.0).contains(&c.y)) {
        return None;
    }
    let mut area = PolygonArea::new(ellipsoid, Winding::CounterClockwise);
    // The closing point would be one more geodesic, of no length.
    for c in ring.split_last().map_or(ring, |(_, open)| open) {
        area.add_point(c.y, c.x);
    }
    let (_, area_m2, _) = area.compute(true);
    Some(area_m2.abs())
}

#[cfg(test)]
mod tests {
    use geo::{LineString, Polygon};

    use super::*;

    /// Coordinates that are degrees already, on WGS 84.
    struct Degrees;

    impl Geodesy for Degrees {
        fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
            for c in coords {
                c.x = if c.x > 180.0 { f64::NAN } else { c.x };
            }
        }
        fn ellipsoid(&self) -> (f64, f64) {
            (6_378_137.0, 1.0 / 298.257_223_563)
        }
    }

    fn square(from: f64, size: f64) -> LineString<f64> {
        LineString::from(vec![
            (from, from),
            (from + size, from),
            (from + size, from + size),
            (from, from + size),
            (from, from),
        ])
    }

    #[test]
    fn the_first_degree_cell_measures_what_geographiclib_documents() {
        let cell = MultiPolygon::new(vec![Polygon::new(square(0.0, 1.0), vec![])]);
        let m = measure(&[cell], &Degrees, &()).unwrap()[0];
        assert_eq!(m.planar_m2, 1.0);
        let documented_m2 = 12_308_778_361.469_452;
        assert!((m.ellipsoidal_m2.unwrap() - documented_m2).abs() < 0.001, "{m:?}");
    }

    #[test]
    fn holes_are_taken_away_and_parts_added() {
        let mut hole = square(0.25, 0.5);
        hole.0.reverse();
        let ring_shaped = MultiPolygon::new(vec![Polygon::new(square(0.0, 1.0), vec![hole])]);
        let two = MultiPolygon::new(vec![
            Polygon::new(square(0.0, 1.0), vec![]),
            Polygon::new(square(0.25, 0.5), vec![]),
        ]);
        let m = measure(&[ring_shaped, two], &Degrees, &()).unwrap();
        assert_eq!((m[0].planar_m2, m[1].planar_m2), (0.75, 1.25));
        let sum_m2 = m[0].ellipsoidal_m2.unwrap() + m[1].ellipsoidal_m2.unwrap();
        assert!((sum_m2 - 2.0 * 12_308_778_361.469_452).abs() < 0.01, "{m:?}");
    }

    #[test]
    fn beyond_the_crs_there_is_no_area_on_the_ellipsoid() {
        let far = MultiPolygon::new(vec![Polygon::new(square(200.0, 1.0), vec![])]);
        assert_eq!(measure(&[far], &Degrees, &()).unwrap()[0].ellipsoidal_m2, None);
    }
}
