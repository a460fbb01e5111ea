//! Web Mercator as a unit square: x from the antimeridian eastwards, y from the north southwards.

use std::f64::consts::PI;

/// Radius of the sphere of EPSG:3857, m.
const RADIUS_M: f64 = 6_378_137.0;

/// A place in the unit square; x may lie beyond it where a shape crosses the antimeridian.
pub type Point = [f64; 2];

/// A place given in EPSG:3857, m.
#[must_use]
pub fn from_metres(x_m: f64, y_m: f64) -> Point {
    let around_m = 2.0 * PI * RADIUS_M;
    [0.5 + x_m / around_m, 0.5 - y_m / around_m]
}

/// A place given in degrees. Latitudes beyond the square's edge are put on it.
#[must_use]
pub fn from_degrees(lon: f64, lat: f64) -> Point {
    let sin = lat.to_radians().sin();
    let y = 0.5 - 0.25 * ((1.0 + sin) / (1.0 - sin)).ln() / PI;
    [lon / 360.0 + 0.5, y.clamp(0.0, 1.0)]
}

/// Longitude and latitude of a place, degrees.
#[must_use]
pub fn to_degrees([x, y]: Point) -> Point {
    [(x - 0.5) * 360.0, (PI * (1.0 - 2.0 * y)).sinh().atan().to_degrees()]
}

/// Brings together what longitudes from -180° to 180° tear apart: where a polygon's rings, or a line, jump by more than half
/// the world, they go on beyond its edge instead. A ring that goes around a pole stays as it is, and so does a jump by the
/// whole world, which is how such rings, and the world itself, are written.
pub fn rejoin(rings: &mut [Vec<Point>], closed: bool) {
    let Some((outer, holes)) = rings.split_first_mut() else { return };
    if !follow(outer, closed) {
        return;
    }
    let near = outer[0][0];
    for hole in holes {
        follow(hole, closed);
        let around = hole.first().map_or(0.0, |p| (near - p[0]).round());
        hole.iter_mut().for_each(|p| p[0] += around);
    }
}

/// Whether it jumped.
fn follow(ring: &mut [Point], closed: bool) -> bool {
    let jump = |from: &Point, to: &Point| {
        let step = to[0] - from[0];
        if step.abs() > 0.5 && step.abs() < 1.0 { -step.signum() } else { 0.0 }
    };
    let jumps: Vec<f64> = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| jump(a, b)).collect();
    let Some((back, on)) = jumps.split_last() else { return false };
    let total: f64 = on.iter().sum();
    if on.iter().all(|jump| *jump == 0.0) || (closed && total + back != 0.0) {
        return false;
    }
    let mut around = 0.0;
    for (place, jump) in ring[1..].iter_mut().zip(on) {
        around += jump;
        place[0] += around;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(degrees: &[(f64, f64)]) -> Vec<Point> {
        degrees.iter().map(|(lon, lat)| from_degrees(*lon, *lat)).collect()
    }

    /// Longitudes after rejoining, whole degrees.
    fn joined(mut rings: Vec<Vec<Point>>, closed: bool) -> Vec<Vec<i32>> {
        rejoin(&mut rings, closed);
        rings.iter().map(|ring| ring.iter().map(|p| to_degrees(*p)[0].round() as i32).collect()).collect()
    }

    #[test]
    fn what_the_antimeridian_tears_apart_is_brought_together() {
        let across = places(&[(179.0, 1.0), (-179.0, 1.0), (-178.0, -1.0), (178.0, -1.0)]);
        let east_of_it = places(&[(-179.5, 0.0), (-179.0, 0.5), (-179.0, 0.0)]);
        let hole = places(&[(179.5, 0.0), (-179.5, 0.2), (179.7, 0.4)]);
        let rings = vec![across.clone(), east_of_it, hole];
        assert_eq!(joined(rings, true), [vec![179, 181, 182, 178], vec![181, 181, 181], vec![180, 181, 180]]);
        assert_eq!(joined(vec![across[1..].to_vec()], false), [[-179, -178, -182]]);
        // Three times across, and back.
        let often = places(&[(179.0, 0.0), (-179.0, 1.0), (179.0, 2.0), (-179.0, 3.0)]);
        assert_eq!(joined(vec![often], false), [[179, 181, 179, 181]]);
    }

    #[test]
    fn the_world_and_what_goes_around_a_pole_stay_as_they_are() {
        let world = [(-180.0, -85.0), (180.0, -85.0), (180.0, 85.0), (-180.0, 85.0)];
        assert_eq!(joined(vec![places(&world)], true), [[-180, 180, 180, -180]]);
        let pole =
            [(-180.0, -80.0), (-90.0, -70.0), (90.0, -70.0), (180.0, -80.0), (180.0, -90.0), (-180.0, -90.0)];
        assert_eq!(joined(vec![places(&pole)], true), [[-180, -90, 90, 180, 180, -180]]);
        let around = [(0.0, 80.0), (120.0, 80.0), (-120.0, 80.0)];
        assert_eq!(joined(vec![places(&around)], true), [[0, 120, -120]]);
        assert!(joined(Vec::new(), true).is_empty());
        assert_eq!(joined(vec![Vec::new()], true), [[0; 0]]);
    }

    #[test]
    fn there_and_back() {
        let [lon, lat] = to_degrees(from_degrees(121.6, 31.2));
        assert!((lon - 121.6).abs() < 1e-9 && (lat - 31.2).abs() < 1e-9);
        assert_eq!(from_metres(0.0, 0.0), [0.5, 0.5]);
    }

    #[test]
    fn the_poles_lie_on_the_edge() {
        assert_eq!(from_degrees(0.0, 90.0)[1], 0.0);
        assert_eq!(from_degrees(0.0, -90.0)[1], 1.0);
    }
}
