//! Geometry bytes (ISO well-known binary, as GDAL hands them out) into shapes of two dimensions. Curves become chords
//! here, for neither GDAL's binding nor `geo` knows them.

use geo::{Coord, CoordsIter, LineString, Polygon};

/// What one geometry holds.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parsed {
    /// Its type by the standard's name, `Point`, `MultiPolygon`, ….
    pub(crate) kind: &'static str,
    pub(crate) polygons: Vec<Polygon<f64>>,
    pub(crate) lines: Vec<LineString<f64>>,
    pub(crate) points: Vec<Coord<f64>>,
    pub(crate) had_z: bool,
    pub(crate) had_m: bool,
    pub(crate) had_curves: bool,
    /// Whether it is a surface made of faces, which meet or lie over each other in the plane.
    pub(crate) had_faces: bool,
}

impl Parsed {
    /// Every coordinate, in order.
    pub(crate) fn coords(&self) -> impl Iterator<Item = Coord<f64>> {
        let polygons = self.polygons.iter().flat_map(|p| p.coords_iter());
        polygons.chain(self.lines.iter().flat_map(|l| l.coords_iter())).chain(self.points.iter().copied())
    }

    /// Whether it has no point at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.polygons.is_empty() && self.lines.is_empty() && self.points.is_empty()
    }
}

/// The largest angle a chord may span: its sagitta is then 4·10⁻⁵ of the radius, 4 mm for a 100 m bend.
const CHORD_RADIANS: f64 = std::f64::consts::PI / 180.0;

/// Nested deeper than this, bytes are taken for damaged.
const DEEPEST: usize = 16;

/// Reads one geometry; none when the bytes are damaged or of a type that is neither point, line, curve nor surface.
pub(crate) fn parse(bytes: &[u8]) -> Option<Parsed> {
    let mut reader = Reader { rest: bytes, little: true };
    let mut parsed = Parsed::default();
    reader.geometry(&mut parsed, 0)?;
    Some(parsed)
}

struct Reader<'a> {
    rest: &'a [u8],
    little: bool,
}

/// Type and dimension of one geometry.
struct Head {
    kind: u32,
    z: bool,
    m: bool,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*head)
    }

    fn count(&mut self) -> Option<u32> {
        let bytes = self.take::<4>()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn number(&mut self) -> Option<f64> {
        let bytes = self.take::<8>()?;
        Some(if self.little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    fn head(&mut self) -> Option<Head> {
        self.little = self.take::<1>()?[0] == 1;
        let code = self.count()?;
        let dimension = code / 1000;
        (dimension <= 3).then_some(Head { kind: code % 1000, z: dimension & 1 == 1, m: dimension & 2 == 2 })
    }

    fn coord(&mut self, head: &Head) -> Option<Coord<f64>> {
        let coord = Coord { x: self.number()?, y: self.number()? };
        for _ in 0..u8::from(head.z) + u8::from(head.m) {
            self.number()?;
        }
        Some(coord)
    }

    fn coords(&mut self, head: &Head) -> Option<Vec<Coord<f64>>> {
        let count = self.count()? as usize;
        let size = 16 + 8 * (usize::from(head.z) + usize::from(head.m));
        if count.checked_mul(size)? > self.rest.len() {
            return None;
        }
        (0..count).map(|_| self.coord(head)).collect()
    }

    /// A line string, circular string or compound curve without its head.
    fn curve(&mut self, head: &Head, out: &mut Parsed, depth: usize) -> Option<Vec<Coord<f64>>> {
        match head.kind {
            2 => self.coords(head),
            8 => {
                out.had_curves = true;
                Some(chords(&self.coords(head)?))
            }
            9 if depth < DEEPEST => {
                out.had_curves = true;
                let mut all: Vec<Coord<f64>> = Vec::new();
                for _ in 0..self.count()? {
                    let part = self.head()?;
                    let part = self.curve(&part, out, depth + 1)?;
                    let joined = all.last().is_some() && all.last() == part.first();
                    all.extend(&part[usize::from(joined)..]);
                }
                Some(all)
            }
            _ => None,
        }
    }

    fn geometry(&mut self, out: &mut Parsed, depth: usize) -> Option<()> {
        let head = self.head()?;
        let kind = name(head.kind)?;
        if depth == 0 {
            out.kind = kind;
        }
        out.had_z |= head.z;
        out.had_m |= head.m;
        match head.kind {
            1 => {
                // An empty point is written as NaN.
                let at = self.coord(&head)?;
                if !(at.x.is_nan() && at.y.is_nan()) {
                    out.points.push(at);
                }
            }
            2 | 8 | 9 => {
                let line = self.curve(&head, out, depth)?;
                if !line.is_empty() {
                    out.lines.push(LineString(line));
                }
            }
            3 | 10 | 17 => {
                out.had_curves |= head.kind == 10;
                out.had_faces |= head.kind == 17;
                let mut rings = Vec::new();
                for _ in 0..self.count()? {
                    let ring = if head.kind != 10 {
                        self.coords(&head)?
                    } else {
                        let part = self.head()?;
                        self.curve(&part, out, depth + 1)?
                    };
                    rings.push(LineString(ring));
                }
                let mut rings = rings.into_iter();
                if let Some(exterior) = rings.next().filter(|r| !r.0.is_empty()) {
                    out.polygons.push(Polygon::new(exterior, rings.filter(|r| !r.0.is_empty()).collect()));
                }
            }
            4..=7 | 11 | 12 | 15 | 16 if depth < DEEPEST => {
                out.had_faces |= matches!(head.kind, 15 | 16);
                for _ in 0..self.count()? {
                    self.geometry(out, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

fn name(kind: u32) -> Option<&'static str> {
    Some(match kind {
        1 => "Point",
        2 => "LineString",
        3 => "Polygon",
        4 => "MultiPoint",
        5 => "MultiLineString",
        6 => "MultiPolygon",
        7 => "GeometryCollection",
        8 => "CircularString",
        9 => "CompoundCurve",
        10 => "CurvePolygon",
        11 => "MultiCurve",
        12 => "MultiSurface",
        15 => "PolyhedralSurface",
        16 => "TIN",
        17 => "Triangle",
        _ => return None,
    })
}

/// The chords of a circular string: arcs through points 0-1-2, 2-3-4, ….
fn chords(points: &[Coord<f64>]) -> Vec<Coord<f64>> {
    let mut line: Vec<Coord<f64>> = points.first().copied().into_iter().collect();
    for arc in points.windows(3).step_by(2) {
        let (start, end) = (arc[0], arc[2]);
        // Two neighbours run through their common arc in opposite directions and must get the same points.
        if (start.x, start.y) <= (end.x, end.y) {
            line.extend(between(start, arc[1], end));
        } else {
            line.extend(between(end, arc[1], start).iter().rev());
        }
        line.push(end);
    }
    line
}

/// The points strictly between start and end on the arc through `middle`.
fn between(start: Coord<f64>, middle: Coord<f64>, end: Coord<f64>) -> Vec<Coord<f64>> {
    use std::f64::consts::TAU;
    // Relative to the start, or the digits of large coordinates are lost.
    let (b, c) = (middle - start, end - start);
    let (centre, sweep) = if c.x == 0.0 && c.y == 0.0 {
        // A full circle: the middle lies opposite.
        (b / 2.0, TAU)
    } else {
        let cross = b.x * c.y - b.y * c.x;
        let (bb, cc) = (b.x * b.x + b.y * b.y, c.x * c.x + c.y * c.y);
        let centre =
            Coord { x: (c.y * bb - b.y * cc) / (2.0 * cross), y: (b.x * cc - c.x * bb) / (2.0 * cross) };
        let angle = |p: Coord<f64>| (p.y - centre.y).atan2(p.x - centre.x);
        let turn = (angle(c) - angle(Coord::zero())).rem_euclid(TAU);
        // The middle lies left of the chord when the arc runs clockwise.
        (centre, if cross < 0.0 { turn - TAU } else { turn })
    };
    let radius = centre.x.hypot(centre.y);
    // Three points on a line have no circle.
    if !radius.is_finite() || !sweep.is_finite() || radius > 1e9 {
        return vec![middle];
    }
    let steps = (sweep.abs() / CHORD_RADIANS).ceil().max(2.0);
    let from = (-centre.y).atan2(-centre.x);
    (1..steps as usize)
        .map(|step| {
            let angle = from + sweep * (step as f64) / steps;
            start + centre + Coord { x: radius * angle.cos(), y: radius * angle.sin() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::vector::Geometry;
    use geo::Area;

    fn read(wkt: &str) -> Parsed {
        parse(&Geometry::from_wkt(wkt).unwrap().iso_wkb().unwrap()).unwrap()
    }

    #[test]
    fn heights_and_measures_are_left_aside() {
        let flat = read("POLYGON ((0 0,4 0,4 4,0 4,0 0),(1 1,1 2,2 2,2 1,1 1))");
        assert_eq!(flat.polygons[0].unsigned_area(), 15.0);
        for (wkt, z, m) in [
            ("POLYGON Z ((0 0 7,4 0 7,4 4 7,0 4 7,0 0 7),(1 1 7,1 2 7,2 2 7,2 1 7,1 1 7))", true, false),
            ("POLYGON M ((0 0 7,4 0 7,4 4 7,0 4 7,0 0 7),(1 1 7,1 2 7,2 2 7,2 1 7,1 1 7))", false, true),
            (
                "POLYGON ZM ((0 0 7 8,4 0 7 8,4 4 7 8,0 4 7 8,0 0 7 8),(1 1 7 8,1 2 7 8,2 2 7 8,2 1 7 8,1 1 7 8))",
                true,
                true,
            ),
        ] {
            let parsed = read(wkt);
            assert_eq!(parsed.polygons, flat.polygons, "{wkt}");
            assert_eq!((parsed.had_z, parsed.had_m), (z, m), "{wkt}");
        }
    }

    #[test]
    fn surfaces_are_read_face_by_face() {
        let faces =
            read("POLYHEDRALSURFACE Z (((0 0 5,4 0 5,4 4 5,0 4 5,0 0 5)),((0 0 0,4 0 0,4 0 5,0 0 5,0 0 0)))");
        assert_eq!((faces.kind, faces.polygons.len(), faces.had_faces), ("PolyhedralSurface", 2, true));
        let tin = read("TIN Z (((0 0 5,4 0 5,4 4 5,0 0 5)),((0 0 5,4 4 5,0 4 5,0 0 5)))");
        assert_eq!((tin.kind, tin.polygons.len(), tin.had_faces), ("TIN", 2, true));
        assert_eq!(read("TRIANGLE ((0 0,4 0,4 4,0 0))").polygons[0].unsigned_area(), 8.0);
        assert!(!read("POLYGON ((0 0,4 0,4 4,0 0))").had_faces);
    }

    #[test]
    fn kinds_and_parts() {
        let mixed =
            read("GEOMETRYCOLLECTION (POINT (1 1),LINESTRING (0 0,1 1),MULTIPOLYGON (((0 0,1 0,0 1,0 0))))");
        assert_eq!(
            (mixed.kind, mixed.points.len(), mixed.lines.len(), mixed.polygons.len()),
            ("GeometryCollection", 1, 1, 1)
        );
        assert_eq!(read("POINT EMPTY").points.len(), 0);
        assert_eq!(read("MULTIPOLYGON EMPTY").kind, "MultiPolygon");
        assert!(read("POLYGON EMPTY").polygons.is_empty());
        assert_eq!(parse(&[1, 3, 0, 0, 0, 255, 255, 255, 255]), None);
        assert_eq!(parse(&[]), None);
    }

    #[test]
    fn arcs_become_chords_the_same_from_both_sides() {
        // A half disc of radius 100 m far from the origin, and the rest of the square it is cut from.
        let half = read(
            "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (500000 3000000,500100 3000100,500200 3000000),(500200 3000000,500000 3000000)))",
        );
        assert!(half.had_curves);
        let area = half.polygons[0].unsigned_area();
        let exact = std::f64::consts::PI * 5000.0;
        assert!((area / exact - 1.0).abs() < 1e-4, "{area} {exact}");
        let other = read(
            "CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (500200 3000000,500100 3000100,500000 3000000),(500000 3000000,500000 3000200,500200 3000200,500200 3000000)))",
        );
        let arc = |p: &Parsed| p.polygons[0].exterior().0[..180].to_vec();
        let mut back = arc(&other);
        let first = back.remove(0);
        assert_eq!(first, Coord { x: 500_200.0, y: 3_000_000.0 });
        back.reverse();
        assert_eq!(arc(&half)[1..], back[..]);
        let total = area + other.polygons[0].unsigned_area();
        assert!((total - 40_000.0).abs() < 1e-6, "{total}");
        let circle = read("CURVEPOLYGON (CIRCULARSTRING (0 0,2 0,0 0))").polygons[0].unsigned_area();
        assert!((circle - std::f64::consts::PI).abs() < 2e-4, "{circle}");
        let straight = read("CIRCULARSTRING (0 0,1 1,2 2)");
        assert_eq!(straight.lines[0].0.len(), 3);
    }
}
