//! Well-known binary (OGC 06-103r4, section 8), little-endian, two dimensions: how shapes go into GDAL with
//! their coordinates bit for bit.

use geo::{Coord, LineString, MultiPolygon};

const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// Writes `shape` as a MultiPolygon into `out`, replacing what was there.
pub fn put_area(out: &mut Vec<u8>, shape: &MultiPolygon<f64>) {
    out.clear();
    head(out, MULTI_POLYGON, shape.0.len());
    for polygon in shape {
        head(out, POLYGON, 1 + polygon.interiors().len());
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            count(out, ring.0.len());
            points(out, &ring.0);
        }
    }
}

/// Writes `line` as a LineString into `out`, replacing what was there.
pub fn put_line(out: &mut Vec<u8>, line: &LineString<f64>) {
    out.clear();
    head(out, LINE, line.0.len());
    points(out, &line.0);
}

fn head(out: &mut Vec<u8>, kind: u32, parts: usize) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
    count(out, parts);
}

fn count(out: &mut Vec<u8>, n: usize) {
    // A shape of 2³² points would not fit into memory.
    out.extend_from_slice(&u32::try_from(n).unwrap_or(u32::MAX).to_le_bytes());
}

fn points(out: &mut Vec<u8>, coords: &[Coord<f64>]) {
    for c in coords {
        out.extend_from_slice(&c.x.to_le_bytes());
        out.extend_from_slice(&c.y.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::wkb;
    use geo::wkt;

    #[test]
    fn what_is_put_is_read_bit_for_bit() {
        let shape = wkt!(MULTIPOLYGON(
            ((0.1 0.2,9.3 0.,9. 9.,0.1 0.2),(5. 2.,6. 3.,6. 2.,5. 2.)),
            ((40604892.905 3448225.826,40604893. 3448226.,40604892. 3448226.,40604892.905 3448225.826))
        ));
        let mut bytes = Vec::new();
        put_area(&mut bytes, &shape);
        assert_eq!(wkb::parse(&bytes).unwrap().polygons, shape.0);
        let line = wkt!(LINESTRING(0. 0.1,1. 1.));
        put_line(&mut bytes, &line);
        assert_eq!(wkb::parse(&bytes).unwrap().lines, [line]);
    }
}
