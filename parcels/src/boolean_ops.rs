//! Boolean operations on polygons: union, intersection and difference.
//!
//! i_overlay does the arithmetic, on whole numbers: coordinates are rounded to a grid of 2⁻²⁴ m (6e-8 m), whose points
//! floating point holds exactly up to half a million kilometres from the origin. So nothing is rounded on the way back,
//! and what does not cross on the grid does not cross in the result.
//!
//! It is used directly and not through geo's `BooleanOps` (0.33), which asks it for finished shapes: for some tangles of
//! rings it then looks for the shell of a hole that has none, and panics (`ShapeBinder` in i_overlay 4.5.2, and still in
//! 9.1.0). Here it gives bare contours, land on their left, and `polygons` makes polygons of them.

mod closing;

pub use closing::without_slits;

use geo::coordinate_position::CoordPos;
use geo::kernels::RobustKernel;
use geo::winding_order::{Winding, WindingOrder};
use geo::{BoundingRect, Coord, CoordsIter, Kernel, LineString, MultiPolygon, Orientation, Polygon, Rect};
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::i_shape::flat::buffer::FlatContoursBuffer;

use crate::index::SpatialIndex;
use crate::point_in_ring::locate;

/// The land that any of `shapes` covers. Exteriors must run counter-clockwise and holes clockwise, as those of a
/// [`Layer`](crate::parcel::Layer) do.
#[must_use]
pub fn union<'a>(shapes: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> MultiPolygon<f64> {
    let subject: Vec<&MultiPolygon<f64>> = shapes.into_iter().collect();
    operate(&subject, &[], OverlayRule::Subject, FillRule::Positive)
}

/// What the rings of `shape`, in any direction and order, enclose an odd number of times.
#[must_use]
pub fn even_odd(shape: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    operate(&[shape], &[], OverlayRule::Subject, FillRule::EvenOdd)
}

/// The land of both. Of each it is what the rings enclose an odd number of times.
#[must_use]
pub fn intersection(one: &MultiPolygon<f64>, two: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    operate(&[one], &[two], OverlayRule::Intersect, FillRule::EvenOdd)
}

/// The land of `one` that is not of `two`. Of each it is what the rings enclose an odd number of times.
#[must_use]
pub fn difference(one: &MultiPolygon<f64>, two: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    operate(&[one], &[two], OverlayRule::Difference, FillRule::EvenOdd)
}

/// The land of `shape` that any polygon of `covers`, which may overlap each other, covers. Rings must run as for
/// [`union`].
#[must_use]
pub fn intersection_with_any(shape: &MultiPolygon<f64>, covers: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    operate(&[shape], &[covers], OverlayRule::Intersect, FillRule::Positive)
}

fn operate(
    subject: &[&MultiPolygon<f64>],
    clip: &[&MultiPolygon<f64>],
    rule: OverlayRule,
    fill: FillRule,
) -> MultiPolygon<f64> {
    let grid = Grid::of(subject.iter().chain(clip).copied());
    // Corners along a straight edge are kept until the contours are cut: two pieces may touch there.
    let options = IntOverlayOptions { preserve_output_collinear: true, ..IntOverlayOptions::default() };
    let corners = subject.iter().chain(clip).map(|shape| shape.coords_count()).sum();
    let mut overlay = Overlay::<i64>::new_custom(corners, options, Default::default());
    for (shapes, kind) in [(subject, ShapeType::Subject), (clip, ShapeType::Clip)] {
        for ring in shapes.iter().flat_map(|shape| rings(shape)) {
            let open = &ring.0[..ring.0.len().saturating_sub(1)];
            overlay.add_path_iter(open.iter().map(|c| grid.cell(*c)), kind);
        }
    }
    let mut found = FlatContoursBuffer::default();
    overlay.overlay_into(rule, fill, &mut found);
    let contours = found.ranges.iter().map(|range| {
        let points = &found.points[range.clone()];
        points.iter().map(|p| grid.coord(*p)).collect()
    });
    assembled(simple_loops(contours).iter().filter_map(without_straight_corners).collect())
}

fn rings(shape: &MultiPolygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    shape.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()))
}

/// The grid of whole numbers that an operation computes on.
struct Grid {
    per_metre: f64,
}

impl Grid {
    /// log₂ of the grid points of a metre.
    const FINEST: i32 = 24;
    /// log₂ of the largest whole number; i_overlay leaves two of 64 bits to its sums, another goes to rounding.
    const LARGEST: i32 = 61;

    /// The grid for `shapes`: coarser than usual only where coordinates are no places on earth, but some mistake.
    fn of<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>>) -> Self {
        let corners = shapes.flat_map(|shape| shape.coords_iter());
        let furthest = corners.fold(1.0_f64, |most, c| most.max(c.x.abs()).max(c.y.abs()));
        let log2 = furthest.log2().ceil().min(1024.0) as i32;
        Self { per_metre: 2.0_f64.powi(Self::FINEST.min(Self::LARGEST - log2)) }
    }

    fn cell(&self, c: Coord<f64>) -> IntPoint<i64> {
        let largest = 2.0_f64.powi(Self::LARGEST);
        let whole = |metres: f64| (metres * self.per_metre).round().clamp(-largest, largest) as i64;
        IntPoint::new(whole(c.x), whole(c.y))
    }

    fn coord(&self, p: IntPoint<i64>) -> Coord<f64> {
        Coord { x: p.x as f64 / self.per_metre, y: p.y as f64 / self.per_metre }
    }
}

/// Polygons whose rings touch themselves nowhere, of closed rings that may, but do not cross: land is on the left of
/// every edge. What is connected only by a corner comes apart; a hole without a shell encloses no land and is dropped.
pub(crate) fn polygons(rings: impl Iterator<Item = LineString<f64>>) -> MultiPolygon<f64> {
    let open = |mut ring: LineString<f64>| {
        ring.0.pop();
        ring.0
    };
    assembled(simple_loops(rings.map(open)))
}

/// Closed rings that visit no corner twice, made of the edges of `contours`, whose last points lead back to their first.
///
/// Where several contours meet in a corner, each is left by the edge that bounds the same land as the one it was
/// entered by, so that holes which cut land in two by touching become part of its outline.
fn simple_loops(contours: impl Iterator<Item = Vec<Coord<f64>>>) -> Vec<LineString<f64>> {
    let (mut points, mut follows): (Vec<Coord<f64>>, Vec<usize>) = (Vec::new(), Vec::new());
    let mut ends = Vec::new();
    for contour in contours {
        let begin = points.len();
        follows.extend(begin + 1..begin + contour.len());
        follows.extend((!contour.is_empty()).then_some(begin));
        points.extend(contour);
        ends.push(points.len());
    }
    // Adding 0.0 makes one zero of the two.
    let key = |&at: &usize| (points[at].x + 0.0, points[at].y + 0.0);
    let mut by_place: Vec<usize> = (0..points.len()).collect();
    by_place.sort_by(|p, q| {
        let (p, q) = (key(p), key(q));
        p.0.total_cmp(&q.0).then(p.1.total_cmp(&q.1))
    });
    let closed = |numbers: &mut dyn Iterator<Item = usize>| {
        let mut ring: LineString<f64> = numbers.map(|at| points[at]).collect();
        ring.close();
        ring
    };
    let corners: Vec<&[usize]> = by_place.chunk_by(|p, q| key(p) == key(q)).collect();
    if corners.len() == points.len() {
        let begins = std::iter::once(0).chain(ends.iter().copied());
        return begins.zip(&ends).map(|(begin, end)| closed(&mut (begin..*end))).collect();
    }
    let mut corner_of = vec![0; points.len()];
    for (corner, here) in corners.iter().enumerate() {
        here.iter().for_each(|&at| corner_of[at] = corner);
    }
    let mut loops = Vec::new();
    let mut walked = vec![false; points.len()];
    // Where the path left a corner, if it did.
    let mut left: Vec<Option<usize>> = vec![None; corners.len()];
    for begin in 0..points.len() {
        let mut path: Vec<usize> = Vec::new();
        let mut next = (!walked[begin]).then_some(begin);
        while let Some(edge) = next {
            walked[edge] = true;
            left[corner_of[edge]] = Some(path.len());
            path.push(edge);
            let here = corner_of[follows[edge]];
            if let Some(since) = left[here] {
                path[since..].iter().for_each(|&at| left[corner_of[at]] = None);
                loops.push(closed(&mut path.drain(since..)));
            }
            let (at, from) = (points[follows[edge]], points[edge]);
            let ahead = corners[here].iter().copied().filter(|&out| !walked[out]);
            next = ahead.reduce(|best, out| {
                let (one, other) = (points[follows[out]], points[follows[best]]);
                if is_first_clockwise(at, from, one, other) { out } else { best }
            });
        }
        path.iter().for_each(|&at| left[corner_of[at]] = None);
    }
    loops
}

/// Whether a ray from `at` that turns clockwise from `from` meets `one` before `other`.
fn is_first_clockwise(at: Coord<f64>, from: Coord<f64>, one: Coord<f64>, other: Coord<f64>) -> bool {
    let turn = |to: Coord<f64>| {
        let (a, b) = (from - at, to - at);
        match RobustKernel::orient2d(at, from, to) {
            Orientation::Clockwise => 0,
            Orientation::Collinear if a.x * b.x + a.y * b.y < 0.0 => 1,
            Orientation::CounterClockwise => 2,
            // Back the way it came: that is a full turn.
            Orientation::Collinear => 3,
        }
    };
    let (p, q) = (turn(one), turn(other));
    p < q || p == q && RobustKernel::orient2d(at, one, other) == Orientation::Clockwise
}

/// A closed ring without corners on its own straight edges; none when nothing remains.
fn without_straight_corners(ring: &LineString<f64>) -> Option<LineString<f64>> {
    let straight = |a, b, c| RobustKernel::orient2d(a, b, c) == Orientation::Collinear;
    let mut kept: Vec<Coord<f64>> = Vec::with_capacity(ring.0.len());
    for &c in &ring.0[..ring.0.len().saturating_sub(1)] {
        while let [.., a, b] = kept[..]
            && straight(a, b, c)
        {
            kept.pop();
        }
        kept.push(c);
    }
    // Over the closure.
    let mut begin = 0;
    loop {
        match kept[begin..] {
            [first, .., before, last] if straight(before, last, first) => drop(kept.pop()),
            [first, second, .., last] if straight(last, first, second) => begin += 1,
            [_, _, ..] if kept.len() - begin > 2 => break,
            _ => return None,
        }
    }
    kept.drain(..begin);
    let mut ring = LineString::new(kept);
    ring.close();
    Some(ring)
}

/// Rings that visit no corner twice as polygons: those that run counter-clockwise are shells, the others holes.
fn assembled(loops: Vec<LineString<f64>>) -> MultiPolygon<f64> {
    let (mut shells, mut holes) = (Vec::new(), Vec::new());
    for ring in loops {
        match ring.winding_order() {
            Some(WindingOrder::CounterClockwise) => shells.extend(Shell::new(ring)),
            Some(WindingOrder::Clockwise) => holes.push(ring),
            None => {}
        }
    }
    if !holes.is_empty() {
        let boxes = shells.iter().zip(0..).map(|(shell, number)| (number, shell.extent));
        let index = SpatialIndex::of_boxes(boxes);
        for hole in holes {
            let Some(extent) = hole.bounding_rect() else { continue };
            let mut around: Vec<usize> = Vec::new();
            index.numbers_near(extent, 0.0, |number| around.push(number as usize));
            around.retain(|&at| is_within(extent, shells[at].extent));
            // Land may lie in the hole of other land: the smallest shell around the hole is its own.
            around.sort_by(|&p, &q| shells[p].area_m2.total_cmp(&shells[q].area_m2).then(p.cmp(&q)));
            if let Some(&own) = around.iter().find(|&&at| shells[at].encloses(&hole)) {
                shells[own].holes.push(hole);
            }
        }
    }
    let parts = shells.into_iter().map(|shell| Polygon::new(shell.ring, shell.holes));
    MultiPolygon::new(parts.collect())
}

fn is_within(inner: Rect<f64>, outer: Rect<f64>) -> bool {
    let ((low, high), (outer_low, outer_high)) = ((inner.min(), inner.max()), (outer.min(), outer.max()));
    outer_low.x <= low.x && outer_low.y <= low.y && high.x <= outer_high.x && high.y <= outer_high.y
}

/// The area of a closed ring, m², positive when counter-clockwise.
pub(crate) fn ring_area(ring: &LineString<f64>) -> f64 {
    // Against the first point: coordinates of millions of metres would eat the digits of the products.
    let Some(&origin) = ring.0.first() else { return 0.0 };
    let twice: f64 = ring
        .0
        .windows(2)
        .map(|e| {
            let (p, q) = (e[0] - origin, e[1] - origin);
            p.x * q.y - q.x * p.y
        })
        .sum();
    twice / 2.0
}

/// A shell that waits for its holes.
struct Shell {
    ring: LineString<f64>,
    holes: Vec<LineString<f64>>,
    extent: Rect<f64>,
    area_m2: f64,
    /// The lowest and highest y of every [`RUN`] edges: an outline of a hundred thousand corners may have thousands of
    /// holes, each of which asks what is around it.
    runs: Vec<(f64, f64)>,
}

/// Edges of a run.
const RUN: usize = 64;

impl Shell {
    fn new(ring: LineString<f64>) -> Option<Self> {
        let extent = ring.bounding_rect()?;
        let runs = (0..ring.0.len() - 1).step_by(RUN).map(|begin| {
            let run = &ring.0[begin..ring.0.len().min(begin + RUN + 1)];
            run.iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), c| (low.min(c.y), high.max(c.y)))
        });
        let runs = runs.collect();
        Some(Self { area_m2: ring_area(&ring), holes: Vec::new(), extent, runs, ring })
    }

    /// Whether `hole`, which crosses no ring, lies within.
    fn encloses(&self, hole: &LineString<f64>) -> bool {
        // Its corners may lie on the shell; of its corners and edge middles one that does not tells.
        let middles = hole.0.windows(2).map(|ends| (ends[0] + ends[1]) / 2.0);
        let mut points = hole.0.iter().copied().chain(middles);
        let told = points.find_map(|p| match self.position(p) {
            CoordPos::Inside => Some(true),
            CoordPos::Outside => Some(false),
            CoordPos::OnBoundary => None,
        });
        told.unwrap_or(false)
    }

    /// Where `p` lies of the ring: only runs that the ray to its right may meet are asked.
    fn position(&self, p: Coord<f64>) -> CoordPos {
        let near = self.runs.iter().enumerate().filter(|(_, (low, high))| *low <= p.y && p.y <= *high);
        let edges = near.flat_map(|(run, _)| {
            let begin = run * RUN;
            let points = &self.ring.0[begin..self.ring.0.len().min(begin + RUN + 1)];
            points.windows(2).map(|ends| (ends[0], ends[1]))
        });
        locate(p, edges)
    }
}

#[cfg(test)]
mod tests {
    use geo::{Area, MapCoordsInPlace};
    use proptest::prelude::*;

    use super::*;
    use crate::validate::ring_validity::{defects, inside};

    fn ring(points: &[(f64, f64)]) -> LineString<f64> {
        let mut ring = LineString::from(points.to_vec());
        ring.close();
        ring
    }

    fn shape(rings: &[&[(f64, f64)]]) -> MultiPolygon<f64> {
        let mut rings = rings.iter().map(|points| ring(points));
        Polygon::new(rings.next().unwrap(), rings.collect()).into()
    }

    fn square(x: f64, y: f64, side: f64) -> [(f64, f64); 4] {
        [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    }

    /// (corners of the exterior, holes, area) of each polygon, and that there is nothing wrong with them.
    #[track_caller]
    fn figures(shape: &MultiPolygon<f64>) -> Vec<(usize, usize, f64)> {
        assert!(defects(shape).none(), "{shape:?}: {:?}", defects(shape));
        shape.iter().map(|p| (p.exterior().0.len() - 1, p.interiors().len(), p.unsigned_area())).collect()
    }

    #[test]
    fn squares_by_hand() {
        let (a, b) = (shape(&[&square(0.0, 0.0, 4.0)]), shape(&[&square(2.0, 2.0, 4.0)]));
        assert_eq!(figures(&union([&a, &b])), [(8, 0, 28.0)]);
        assert_eq!(figures(&intersection(&a, &b)), [(4, 0, 4.0)]);
        assert_eq!(figures(&difference(&a, &b)), [(6, 0, 12.0)]);
        let both = MultiPolygon::new([a.0.clone(), b.0.clone()].concat());
        assert_eq!(figures(&even_odd(&both)), [(6, 0, 12.0), (6, 0, 12.0)]);
        assert_eq!(figures(&intersection_with_any(&shape(&[&square(1.0, 1.0, 3.0)]), &both)), [(4, 0, 9.0)]);
        let none = MultiPolygon::new(vec![]);
        assert_eq!(union([]), none);
        assert_eq!(intersection(&a, &none), none);
        assert_eq!(difference(&a, &a), none);
        assert_eq!(figures(&difference(&a, &none)), [(4, 0, 16.0)]);
    }

    #[test]
    fn land_within_a_hole_keeps_its_own_holes() {
        let ring_of = |at: f64| {
            shape(&[&square(at, at, 100.0 - 2.0 * at), &square(at + 10.0, at + 10.0, 80.0 - 2.0 * at)])
        };
        let all: Vec<_> = [0.0, 20.0, 40.0].map(ring_of).to_vec();
        let nested = even_odd(&MultiPolygon::new(all.into_iter().flatten().collect()));
        let mut found = figures(&nested);
        found.sort_by(|p, q| p.2.total_cmp(&q.2));
        assert_eq!(found, [(4, 0, 400.0), (4, 1, 2000.0), (4, 1, 3600.0)]);
    }

    #[test]
    fn holes_that_cut_land_in_two_by_touching_become_outline() {
        let land = shape(&[&square(0.0, 0.0, 5.0)]);
        // Two holes that touch in two corners, and one that touches the outline in two.
        let lakes = MultiPolygon::new(vec![
            Polygon::new(ring(&[(1., 2.), (1., 4.), (3., 4.), (3., 3.), (2., 3.), (2., 2.)]), vec![]),
            Polygon::new(ring(&[(2., 1.), (2., 2.), (3., 2.), (3., 3.), (4., 3.), (4., 1.)]), vec![]),
        ]);
        assert_eq!(figures(&difference(&land, &lakes)), [(4, 1, 18.0), (4, 0, 1.0)]);
        let across = shape(&[&[(2.0, 0.0), (3.0, 2.0), (2.0, 5.0), (1.0, 2.0)]]);
        assert_eq!(figures(&difference(&land, &across)), [(5, 0, 7.5), (5, 0, 12.5)]);
        let ashore = shape(&[&[(2.0, 0.0), (3.0, 2.0), (1.0, 2.0)]]);
        assert_eq!(figures(&difference(&land, &ashore)), [(4, 1, 23.0)]);
    }

    #[test]
    fn coordinates_that_are_no_places_do_no_harm() {
        for far in [1e9, 1e15, 1e100, f64::MAX / 4.0] {
            let (a, b) = (shape(&[&square(far, far, far)]), shape(&[&square(far * 1.5, far, far)]));
            let share = intersection(&a, &b).unsigned_area() / a.unsigned_area();
            assert!(far > 1e100 || (share - 0.5).abs() < 1e-6, "{far}: {share}");
        }
        for bad in [f64::NAN, f64::INFINITY] {
            let _ = union([&shape(&[&[(0.0, 0.0), (1.0, bad), (bad, 1.0)]])]);
        }
    }

    /// Rings on a small grid, where corners fall onto edges and edges onto each other all the time.
    fn tangle() -> impl Strategy<Value = MultiPolygon<f64>> {
        let ring = prop::collection::vec((0..9_u8, 0..9_u8), 3..9).prop_map(|points| {
            let mut ring: LineString<f64> =
                points.iter().map(|(x, y)| (f64::from(*x), f64::from(*y))).collect();
            ring.close();
            Polygon::new(ring, vec![])
        });
        prop::collection::vec(ring, 1..4).prop_map(MultiPolygon::new)
    }

    /// The same far from the origin and off every grid.
    fn far(c: Coord<f64>) -> Coord<f64> {
        Coord { x: 40_512_345.678 + c.x * 3.37 + c.y * 0.71, y: 3_451_234.567 + c.y * 3.37 - c.x * 0.71 }
    }

    /// Whether the rings of `shape` enclose `p` an odd number of times.
    fn odd(shape: &MultiPolygon<f64>, p: Coord<f64>) -> bool {
        let crossed = rings(shape).flat_map(|r| r.0.windows(2)).filter(|e| {
            let (a, b) = (e[0], e[1]);
            (a.y > p.y) != (b.y > p.y) && p.x < a.x + (p.y - a.y) / (b.y - a.y) * (b.x - a.x)
        });
        crossed.count() % 2 == 1
    }

    /// Points that lie on no edge of a tangle.
    fn samples() -> impl Iterator<Item = Coord<f64>> {
        let columns = (0..8).flat_map(|x| (0..8).map(move |y| (f64::from(x), f64::from(y))));
        columns.map(|(x, y)| Coord { x: x + 0.377, y: y + 0.419 })
    }

    /// Tangles for which i_overlay 4.5.2, and geo 0.33.1 with it, panics: "index out of bounds: the len is 2 but the index
    /// is 9223372036854775807".
    #[test]
    fn holes_without_a_shell_do_no_harm() {
        let tangles: [&[&[(f64, f64)]]; 4] = [
            &[
                &[(5., 7.), (4., 6.), (7., 7.)],
                &[(6., 2.), (1., 5.), (0., 1.), (8., 3.), (4., 0.), (7., 7.), (3., 4.), (5., 0.)],
                &[(1., 8.), (2., 3.), (6., 2.), (8., 5.), (4., 4.), (8., 3.), (6., 6.), (7., 7.)],
            ],
            &[
                &[(8., 1.), (5., 7.), (6., 0.), (5., 8.), (7., 2.), (6., 3.), (8., 5.)],
                &[(2., 8.), (8., 2.), (3., 0.), (6., 6.)],
                &[(4., 2.), (5., 2.), (3., 6.), (2., 4.), (5., 1.)],
            ],
            &[
                &[(5., 2.), (5., 7.), (0., 3.), (3., 3.)],
                &[(8., 1.), (4., 5.), (5., 7.), (7., 0.)],
                &[(5., 4.), (8., 7.), (5., 7.), (4., 1.)],
            ],
            &[
                &[(8., 8.), (0., 1.), (0., 0.)],
                &[(4., 3.), (7., 4.), (8., 6.), (7., 4.), (4., 7.), (2., 3.), (8., 1.), (7., 8.)],
            ],
        ];
        for (tangle, place) in tangles.iter().flat_map(|t| [(t, far as fn(_) -> _), (t, |c| c)]) {
            let rings = tangle.iter().map(|points| Polygon::new(ring(points), vec![]));
            let mut tangle = MultiPolygon::new(rings.collect());
            tangle.map_coords_in_place(place);
            let clean = even_odd(&tangle);
            assert!(defects(&clean).none(), "{clean:?}");
            for p in samples().map(place) {
                assert_eq!(clean.iter().any(|part| inside(p, part)), odd(&tangle, p), "{tangle:?} at {p:?}");
            }
            assert!(defects(&union([&tangle])).none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn every_point_is_where_it_should_be(mut one in tangle(), mut two in tangle(), is_far: bool) {
            let place = |c| if is_far { far(c) } else { c };
            one.map_coords_in_place(place);
            two.map_coords_in_place(place);
            let (clean_one, clean_two) = (even_odd(&one), even_odd(&two));
            let results = [
                (clean_one.clone(), "one"),
                (clean_two.clone(), "two"),
                (intersection(&one, &two), "intersection"),
                (difference(&one, &two), "difference"),
                (union([&clean_one, &clean_two]), "union"),
                (intersection_with_any(&clean_one, &MultiPolygon::new([clean_two.0.clone(), clean_two.0].concat())), "any"),
            ];
            for (result, name) in &results {
                prop_assert!(defects(result).none(), "{}: {:?} {:?}", name, defects(result), result);
            }
            for p in samples().map(place) {
                let (in_one, in_two) = (odd(&one, p), odd(&two, p));
                let wanted = [in_one, in_two, in_one && in_two, in_one && !in_two, in_one || in_two, in_one && in_two];
                for ((result, name), wanted) in results.iter().zip(wanted) {
                    prop_assert_eq!(result.iter().any(|part| inside(p, part)), wanted, "{} at {:?}", name, p);
                }
            }
        }
    }
}
