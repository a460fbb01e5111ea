//! Shapes from one CRS to another for writing, and as they are wherever that is allowed.

use std::borrow::Cow;

use geo::{Coord, LineString, MultiPolygon};
use parcels::message;
use parcels::parcel::Crs;
use rayon::prelude::*;

use super::crs;
use super::feature_layer::Shapes;
use crate::error::{Error, ErrorKind, Result};

/// Shapes that one thread takes at a time.
const AT_ONCE: usize = 4096;

/// WGS 84 in degrees.
#[must_use]
pub fn wgs84() -> Crs {
    Crs { name: "WGS 84".into(), epsg: Some(4326), wkt: String::new() }
}

/// Whether the two are one CRS, so that coordinates can be kept bit for bit.
#[must_use]
pub fn same(a: &Crs, b: &Crs) -> bool {
    a == b || (a.epsg.is_some() && a.epsg == b.epsg)
}

/// All coordinates of some polygons in one row, as [`crs::transform`] wants them.
pub(super) fn coords_of<'a>(shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> Vec<Coord<f64>> {
    let rings = shapes
        .into_iter()
        .flatten()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()));
    rings.flat_map(|ring| ring.0.iter().copied()).collect()
}

/// The shapes in the CRS `to`: as they are, bit for bit, where that is their own.
///
/// # Errors
/// See [`in_crs`].
pub fn as_needed<'s, 'a>(shapes: &'s Shapes<'a>, from: &Crs, to: &Crs) -> Result<Cow<'s, Shapes<'a>>> {
    Ok(if same(from, to) { Cow::Borrowed(shapes) } else { Cow::Owned(in_crs(shapes, from, to)?) })
}

/// The shapes in another CRS.
///
/// # Errors
/// When there is no way between the two, or a shape lies outside the region where it is defined.
pub fn in_crs(shapes: &Shapes<'_>, from: &Crs, to: &Crs) -> Result<Shapes<'static>> {
    let outside = || {
        Error::new(ErrorKind::Unwritable, message!("shape-outside-crs", crs = to.name))
            .try_this(message!("another-crs"))
    };
    Ok(match shapes {
        Shapes::Areas(all) => Shapes::Areas(in_chunks(all, |chunk| {
            let mut moved = coords_of(chunk.iter().map(AsRef::as_ref));
            crs::transform(&mut moved, from, to)?;
            if moved.iter().any(|c| c.x.is_nan()) {
                return Err(outside());
            }
            let mut next = moved.into_iter();
            let mut one = |shape: &Cow<'_, MultiPolygon<f64>>| {
                let mut shape = shape.clone().into_owned();
                // In the order of `coords_of`.
                let mut put = |ring: &mut LineString<f64>| {
                    for (c, moved) in ring.0.iter_mut().zip(&mut next) {
                        *c = moved;
                    }
                };
                for polygon in &mut shape {
                    polygon.exterior_mut(&mut put);
                    polygon.interiors_mut(|holes| holes.iter_mut().for_each(&mut put));
                }
                Cow::Owned(shape)
            };
            Ok(chunk.iter().map(&mut one).collect())
        })?),
        Shapes::Lines(all) => Shapes::Lines(in_chunks(all, |chunk| {
            let one = |line: &Cow<'_, LineString<f64>>| {
                let mut line = line.clone().into_owned();
                crs::transform(&mut line.0, from, to)?;
                if line.0.iter().any(|c| c.x.is_nan()) { Err(outside()) } else { Ok(Cow::Owned(line)) }
            };
            chunk.iter().map(one).collect()
        })?),
    })
}

fn in_chunks<T: Sync, U: Send>(
    all: &[T],
    work: impl Fn(&[T]) -> Result<Vec<U>> + Sync + Send,
) -> Result<Vec<U>> {
    let chunks: Vec<Result<Vec<U>>> = all.par_chunks(AT_ONCE).map(work).collect();
    let mut joined = Vec::with_capacity(all.len());
    for chunk in chunks {
        joined.extend(chunk?);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{MapCoordsInPlace as _, wkt};

    fn zone_40() -> Crs {
        Crs { name: "CGCS2000 zone 40".into(), epsg: Some(4528), wkt: String::new() }
    }

    #[test]
    fn there_and_back_is_the_same_place_with_the_same_rings() {
        let x = 40_604_892.0;
        let y = 3_448_125.0;
        let shape = wkt!(MULTIPOLYGON(((0. 0.,9. 0.,9. 9.,0. 0.),(5. 2.,6. 3.,6. 2.,5. 2.)),((20. 0.,29. 0.,29. 9.,20. 0.))));
        let mut shape: MultiPolygon<f64> = shape;
        shape.map_coords_in_place(|c| Coord { x: c.x + x, y: c.y + y });
        let there = in_crs(&Shapes::Areas(vec![Cow::Borrowed(&shape)]), &zone_40(), &wgs84()).unwrap();
        let Shapes::Areas(back) = in_crs(&there, &wgs84(), &zone_40()).unwrap() else { panic!() };
        let (was, is) = (coords_of([&shape]), coords_of([back[0].as_ref()]));
        assert_eq!(was.len(), is.len());
        for (a, b) in was.iter().zip(&is) {
            assert!((a.x - b.x).hypot(a.y - b.y) < 1e-6, "{a:?} {b:?}");
        }
    }
}
