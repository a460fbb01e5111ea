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

#[cfg(test)]
mod tests {
    use super::*;

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
