//! Whether a coordinate reference system suits the place of the data: how far it distorts lengths and areas there, whether
//! it is used there at all, and which zone fits.

use geo::Coord;
use geographiclib_rs::{Geodesic, InverseGeodesic as _, PolygonArea, Winding};
use parcels::parcel::{Crs, Geodesy as _};

use super::crs::{Proj, parse, spatial_ref};
use crate::error::Result;

/// Half the length along which distortion is measured, m.
const ARM_M: f64 = 500.0;
/// A step of length 1 along a diagonal, on each axis.
const DIAGONAL: f64 = std::f64::consts::FRAC_1_SQRT_2;
/// Beyond the area of use by this much a system still serves, degrees: cities lie across the edges of zones.
const BESIDE: f64 = 0.1;
/// What is told from here on: lengths or areas off by 0.1 %.
pub(crate) const TOLD: f64 = 1e-3;

/// How much longer, and how much larger, things are in a plane system than on the ellipsoid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Distortion {
    /// The most in any direction, as a share; negative where things are shorter.
    pub(crate) length: f64,
    /// As a share.
    pub(crate) area: f64,
}

/// The distortion of a system in metres around a place of its plane; none on a local grid, and where the system reaches not.
pub(crate) fn distortion(crs: &Crs, at: Coord<f64>) -> Result<Option<Distortion>> {
    let proj = Proj::new(crs)?;
    let arms = [(1.0, 0.0), (0.0, 1.0), (DIAGONAL, DIAGONAL), (-DIAGONAL, DIAGONAL)];
    // The ends of each arm, one after the other.
    let mut ends: Vec<Coord<f64>> = arms
        .iter()
        .flat_map(|(x, y)| [-ARM_M, ARM_M].map(|m| Coord { x: at.x + x * m, y: at.y + y * m }))
        .collect();
    proj.to_lonlat(&mut ends);
    if ends.iter().any(|c| c.x.is_nan()) {
        return Ok(None);
    }
    let (a, flattening) = proj.ellipsoid();
    let earth = Geodesic::new(a, flattening);
    let off = |pair: &[Coord<f64>]| {
        let on_earth_m: f64 = earth.inverse(pair[0].y, pair[0].x, pair[1].y, pair[1].x);
        2.0 * ARM_M / on_earth_m - 1.0
    };
    let length = ends
        .chunks_exact(2)
        .map(off)
        .fold(0.0, |worst: f64, off| if off.abs() > worst.abs() { off } else { worst });
    // The square on the ends of the first two arms.
    let mut square = PolygonArea::new(&earth, Winding::CounterClockwise);
    for corner in [1, 3, 0, 2] {
        square.add_point(ends[corner].y, ends[corner].x);
    }
    let (_, on_earth_m2, _) = square.compute(true);
    Ok(Some(Distortion { length, area: 2.0 * ARM_M * ARM_M / on_earth_m2.abs() - 1.0 }))
}

/// Where a system is used, in words, if the place (longitude and latitude) lies outside.
pub(crate) fn used_elsewhere(crs: &Crs, at: Coord<f64>) -> Result<Option<String>> {
    let srs = spatial_ref(crs)?;
    if srs.is_local() {
        return Ok(None);
    }
    let Some(area) = srs.area_of_use() else { return Ok(None) };
    let (west, mut east) = (area.west_lon_degree - BESIDE, area.east_lon_degree + BESIDE);
    if east < west {
        east += 360.0;
    }
    let within_lon = [-360.0, 0.0, 360.0].iter().any(|turn| (west..=east).contains(&(at.x + turn)));
    let lat = area.south_lat_degree - BESIDE..=area.north_lat_degree + BESIDE;
    Ok((!within_lon || !lat.contains(&at.y)).then_some(area.name))
}

/// The zone that fits a place (longitude and latitude): of the family of `like` where that reaches so far, the 3-degree zone
/// of CGCS2000 in China, the UTM zone elsewhere.
pub(crate) fn zone_that_fits(at: Coord<f64>, like: Option<u32>) -> Option<Crs> {
    let china = (73.0..=135.5).contains(&at.x) && (3.0..=54.0).contains(&at.y);
    let three = (at.x / 3.0).round();
    let code = match like {
        Some(4513..=4533) if china && (25.0..=45.0).contains(&three) => 4488 + three as u32,
        _ if china && (25.0..=45.0).contains(&three) => 4509 + three as u32,
        _ => {
            let zone = ((at.x + 180.0) / 6.0).floor().rem_euclid(60.0) as u32 + 1;
            if at.y < 0.0 { 32700 + zone } else { 32600 + zone }
        }
    };
    parse(&code.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distortion_grows_away_from_the_meridian() {
        let off = |code: u32, lon: f64, lat: f64| {
            let crs = parse(&code.to_string()).unwrap();
            let mut at = [Coord { x: lon, y: lat }];
            super::super::crs::transform(&mut at, &parse("4326").unwrap(), &crs).unwrap();
            distortion(&crs, at[0]).unwrap().unwrap()
        };
        // domain.md 3.2: 0.0271 % at 121.10 E 31.15 N in EPSG:4549.
        assert!((off(4549, 121.10, 31.15).area - 0.000_271).abs() < 2e-6);
        assert!((off(32651, 123.0, 31.0).length + 0.0004).abs() < 1e-6);
        // Guangzhou in zone 40.
        let far = off(4528, 113.3, 23.1);
        assert!(far.area > 0.01 && far.length > 0.005, "{far:?}");
        // An equal-area system far from its centre keeps areas and not lengths.
        let europe = off(3035, 30.0, 60.0);
        assert!(europe.area.abs() < 1e-4 && europe.length.abs() > TOLD, "{europe:?}");
        assert_eq!(distortion(&parse("local:city").unwrap(), Coord { x: 0.0, y: 0.0 }).unwrap(), None);
    }

    #[test]
    fn a_place_has_its_zone() {
        let (guangzhou, boston, sydney) =
            (Coord { x: 113.3, y: 23.1 }, Coord { x: -71.06, y: 42.36 }, Coord { x: 151.2, y: -33.9 });
        for (at, like, code) in [
            (guangzhou, Some(4528), 4526),
            (guangzhou, Some(4549), 4547),
            (guangzhou, None, 4547),
            (boston, Some(4528), 32619),
            (sydney, None, 32756),
        ] {
            assert_eq!(zone_that_fits(at, like).unwrap().epsg, Some(code));
        }
        let zone_40 = parse("4528").unwrap();
        assert!(used_elsewhere(&zone_40, boston).unwrap().is_some());
        assert!(used_elsewhere(&zone_40, guangzhou).unwrap().is_some());
        assert!(used_elsewhere(&zone_40, Coord { x: 121.2, y: 31.1 }).unwrap().is_none());
        assert!(used_elsewhere(&parse("3832").unwrap(), Coord { x: -179.0, y: 0.0 }).unwrap().is_none());
        assert!(used_elsewhere(&parse("local:city").unwrap(), boston).unwrap().is_none());
    }
}
