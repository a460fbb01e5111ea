//! Closing hairline slits: gaps between pieces of land, and cracks into one, that are no wider than a survey errs.
//!
//! Land is grown by half the width and shrunk again, on the grid of the other operations; what that adds are the slits, and
//! they alone are added to the land. Everywhere else its outline stays as it is, bit for bit.

use geo::{MultiPolygon, Polygon};
use i_overlay::i_float::int::angle::Angle;
use i_overlay::mesh::int::outline::offset::IntOutlineOffset as _;
use i_overlay::mesh::int::style::{IntLineJoin, IntOutlineStyle};

use super::{Grid, assembled, difference, ring_area, rings, simple_loops, union, without_straight_corners};

/// How many times longer than wide a slit is; what is less is a notch.
const LONG: f64 = 8.0;
/// Thinner pieces are what rounding leaves, m.
const ROUNDING_M: f64 = 1e-5;
/// Corners sharper than this are cut when land grows, of the whole turn of 2³² (10°).
const SHARP: u32 = (u32::MAX / 360) * 10;

/// The land of `shape` with its slits up to `width_m` closed. Rings must run as for [`union`].
#[must_use]
pub fn without_slits(shape: &MultiPolygon<f64>, width_m: f64) -> MultiPolygon<f64> {
    let slits: Vec<MultiPolygon<f64>> = slits(shape, width_m).map(|p| MultiPolygon::new(vec![p])).collect();
    if slits.is_empty() {
        return shape.clone();
    }
    union(std::iter::once(shape).chain(&slits))
}

fn slits(shape: &MultiPolygon<f64>, width_m: f64) -> impl Iterator<Item = Polygon<f64>> {
    let closed = if width_m > 0.0 { grown_and_shrunk(shape, width_m / 2.0) } else { None };
    let added =
        closed.map(|closed| difference(&closed, shape)).unwrap_or_else(|| MultiPolygon::new(Vec::new()));
    added.into_iter().filter(move |piece| {
        let area_m2 = ring_area(piece.exterior()).abs()
            - piece.interiors().iter().map(|hole| ring_area(hole).abs()).sum::<f64>();
        let all = std::iter::once(piece.exterior()).chain(piece.interiors());
        let edges = all.flat_map(|ring| ring.0.windows(2));
        let perimeter_m: f64 = edges.map(|e| (e[1].x - e[0].x).hypot(e[1].y - e[0].y)).sum();
        let mean_m = 2.0 * area_m2 / perimeter_m;
        mean_m > ROUNDING_M && perimeter_m / 2.0 > LONG * mean_m
    })
}

/// None where nothing is left, or coordinates are no places on earth.
fn grown_and_shrunk(shape: &MultiPolygon<f64>, by_m: f64) -> Option<MultiPolygon<f64>> {
    let grid = Grid::of(std::iter::once(shape));
    let by = (by_m * grid.per_metre).round() as i64;
    if by == 0 || shape.0.is_empty() {
        return None;
    }
    let contours: Vec<Vec<_>> = rings(shape)
        .map(|ring| ring.0[..ring.0.len().saturating_sub(1)].iter().map(|c| grid.cell(*c)).collect())
        .collect();
    let style = |by: i64| IntOutlineStyle::new(by).line_join(IntLineJoin::Miter(Angle::from_bits(SHARP)));
    let grown = contours.outline(&style(by)).ok()?;
    let shrunk = grown.outline(&style(-by)).ok()?;
    let contours = shrunk.iter().flatten().map(|contour| contour.iter().map(|p| grid.coord(*p)).collect());
    let closed = assembled(simple_loops(contours).iter().filter_map(without_straight_corners).collect());
    (!closed.0.is_empty()).then_some(closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area as _, BoundingRect as _, Coord, LineString, Rect, coord};
    use proptest::prelude::*;

    fn rectangle(x: f64, y: f64, width: f64, height: f64) -> MultiPolygon<f64> {
        let (low, high) = (coord! { x: x, y: y }, coord! { x: x + width, y: y + height });
        MultiPolygon::new(vec![Rect::new(low, high).to_polygon()])
    }

    fn perimeter_m(shape: &MultiPolygon<f64>) -> f64 {
        rings(shape).flat_map(|r| r.0.windows(2)).map(|e| (e[1].x - e[0].x).hypot(e[1].y - e[0].y)).sum()
    }

    #[test]
    fn squares_five_millimetres_apart_are_one() {
        let at = |i: u32| {
            rectangle(
                604_800.0 + f64::from(i % 3) * 100.005,
                3_448_100.0 + f64::from(i / 3) * 100.005,
                100.0,
                100.0,
            )
        };
        let squares: Vec<MultiPolygon<f64>> = (0..6).map(at).collect();
        let apart = union(&squares);
        assert_eq!(apart.0.len(), 6);
        let closed = without_slits(&apart, 0.5);
        assert_eq!(closed.0.len(), 1);
        assert_eq!(closed.0[0].interiors().len(), 0);
        assert!((perimeter_m(&closed) - 1000.03).abs() < 1e-3, "{}", perimeter_m(&closed));
        // What is wider than the tolerance stays.
        assert_eq!(without_slits(&apart, 0.004), apart);
        assert_eq!(without_slits(&apart, 0.0), apart);
    }

    #[test]
    fn cracks_and_long_holes_are_closed_and_notches_stay() {
        let crack: LineString<f64> = vec![
            (0.0, 0.0),
            (50.0, 0.0),
            (50.0, 80.0),
            (50.01, 80.0),
            (50.01, 0.0),
            (100.0, 0.0),
            (100.0, 100.0),
            (0.0, 100.0),
            (0.0, 0.0),
        ]
        .into();
        let closed = without_slits(&MultiPolygon::new(vec![Polygon::new(crack, vec![])]), 0.1);
        assert!((perimeter_m(&closed) - 400.0).abs() < 1e-3, "{}", perimeter_m(&closed));
        let mut hole = rectangle(20.0, 20.0, 0.02, 30.0).0.remove(0).exterior().clone();
        hole.0.reverse();
        let square = rectangle(0.0, 0.0, 100.0, 100.0).0.remove(0).exterior().clone();
        let closed = without_slits(&MultiPolygon::new(vec![Polygon::new(square, vec![hole])]), 0.1);
        assert_eq!(closed.0[0].interiors().len(), 0);
        let notched: LineString<f64> = vec![
            (0.0, 0.0),
            (100.0, 0.0),
            (100.0, 100.0),
            (51.0, 100.0),
            (50.0, 98.0),
            (49.0, 100.0),
            (0.0, 100.0),
            (0.0, 0.0),
        ]
        .into();
        let notched = MultiPolygon::new(vec![Polygon::new(notched, vec![])]);
        assert_eq!(without_slits(&notched, 0.1), notched);
    }

    proptest! {
        #[test]
        fn land_only_grows_and_only_by_slits(
            boxes in proptest::collection::vec((0_u32..400, 0_u32..400, 20_u32..120, 20_u32..120), 1..8),
        ) {
            let of = |b: &(u32, u32, u32, u32)| {
                rectangle(f64::from(b.0) * 0.25, f64::from(b.1) * 0.25, f64::from(b.2) * 0.25, f64::from(b.3) * 0.25)
            };
            let shapes: Vec<MultiPolygon<f64>> = boxes.iter().map(of).collect();
            let land = union(&shapes);
            // No gap is narrower than 0.25 m.
            prop_assert_eq!(&without_slits(&land, 0.2), &land);
            let closed = without_slits(&land, 0.6);
            prop_assert!(difference(&land, &closed).unsigned_area() < 1e-6);
            let (before, after) = (land.bounding_rect().unwrap(), closed.bounding_rect().unwrap());
            let near = |a: Coord<f64>, b: Coord<f64>| (a.x - b.x).hypot(a.y - b.y) < 1e-6;
            prop_assert!(near(before.min(), after.min()) && near(before.max(), after.max()));
        }
    }
}
