//! Coordinate reference systems as the interface names them: by address, each with the order of its axes.

use geo::{Coord, LineString, MultiPolygon};
use parcels::parcel::Crs;

/// Longitude before latitude on WGS 84: what GeoJSON is in.
pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

/// A coordinate reference system that features are served in.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// Its address, as OGC forms it.
    pub uri: String,
    /// What it is to the projector; EPSG:4326 for CRS84 too, for x is always the longitude there.
    pub crs: Crs,
    /// Its definition puts latitude or northing first, and so do coordinates that are sent.
    pub northing_first: bool,
    /// Whether its unit is the degree.
    pub degrees: bool,
    /// Decimals of a coordinate: 7 of a degree are 1 cm, 4 of a metre 0.1 mm.
    pub decimals: u8,
}

impl System {
    /// CRS84.
    #[must_use]
    pub fn crs84() -> Self {
        let crs = Crs { name: "WGS 84".into(), epsg: Some(4326), wkt: String::new() };
        Self { uri: CRS84.into(), crs, northing_first: false, degrees: true, decimals: 7 }
    }

    /// A system of the EPSG's list. `northing_first` is what that list says of its axes.
    #[must_use]
    pub fn epsg(code: u32, name: &str, northing_first: bool, degrees: bool) -> Self {
        Self {
            uri: format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
            crs: Crs { name: name.into(), epsg: Some(code), wkt: String::new() },
            northing_first,
            degrees,
            decimals: if degrees { 7 } else { 4 },
        }
    }

    /// Easting and northing in the order of its axes.
    #[must_use]
    pub fn in_order(&self, x: f64, y: f64) -> (f64, f64) {
        if self.northing_first { (y, x) } else { (x, y) }
    }

    /// Whether a place can be asked about at all. Far outside of a system's region PROJ answers nonsense, and far outside
    /// of all sense it takes turns off a longitude one by one, for ever.
    #[must_use]
    pub fn plausible(&self, c: Coord<f64>) -> bool {
        // The largest eastings are those with a zone's number before them, up to 6·10⁷.
        let most = if self.degrees { 1e3 } else { 1e8 };
        c.x.abs() <= most && c.y.abs() <= most
    }

    /// Whether coordinates of the two differ by the order of their axes alone.
    #[must_use]
    pub fn same_place(&self, other: &Self) -> bool {
        self.crs.epsg == other.crs.epsg
    }
}

/// Takes coordinates from one system to another; x is the easting or longitude in all of them.
pub trait Projector: Send + Sync {
    /// In place; what has no place in the target becomes NaN.
    ///
    /// # Errors
    /// When there is no way from one to the other.
    fn project(&self, coords: &mut [Coord<f64>], from: &Crs, to: &Crs) -> crate::error::Result<()>;
}

/// Takes shapes to another system, all their coordinates in one go.
pub(crate) fn project_shapes(
    shapes: &mut [MultiPolygon<f64>],
    projector: &dyn Projector,
    from: &Crs,
    to: &Crs,
) -> crate::error::Result<()> {
    let mut coords: Vec<Coord<f64>> = Vec::new();
    every_ring(shapes, &mut |ring| coords.extend_from_slice(&ring.0));
    projector.project(&mut coords, from, to)?;
    let mut next = coords.into_iter();
    // In the order they were taken.
    every_ring(shapes, &mut |ring| {
        for (c, moved) in ring.0.iter_mut().zip(&mut next) {
            *c = moved;
        }
    });
    Ok(())
}

fn every_ring(shapes: &mut [MultiPolygon<f64>], work: &mut impl FnMut(&mut LineString<f64>)) {
    for polygon in shapes.iter_mut().flat_map(|shape| &mut shape.0) {
        polygon.exterior_mut(&mut *work);
        polygon.interiors_mut(|holes| holes.iter_mut().for_each(&mut *work));
    }
}
