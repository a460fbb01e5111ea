//! Where a point lies: inside rings, outside or on them, by exact predicates.
//!
//! geo's `coord_pos_relative_to_ring` answers the same of a whole ring. This one takes edges, in any order, so that a
//! caller with an index hands over only those that may matter: an outline of a hundred thousand corners is asked of
//! thousands of points.

use geo::coordinate_position::CoordPos;
use geo::kernels::RobustKernel;
use geo::{Coord, Kernel, Orientation};

/// Where `p` lies of the closed rings that `edges` belong to: inside when a ray to its right crosses them an odd number of
/// times. Edges that do not meet that ray may be left out.
pub(crate) fn locate(p: Coord<f64>, edges: impl IntoIterator<Item = (Coord<f64>, Coord<f64>)>) -> CoordPos {
    let mut inside = false;
    for (a, b) in edges {
        let beside = a.y.max(b.y) < p.y || a.y.min(b.y) > p.y || a.x.max(b.x) < p.x;
        if beside {
            continue;
        }
        let straddles = (a.y > p.y) != (b.y > p.y);
        if straddles && a.x.min(b.x) > p.x {
            inside = !inside;
            continue;
        }
        match RobustKernel::orient2d(a, b, p) {
            Orientation::Collinear if a.x.min(b.x) <= p.x => return CoordPos::OnBoundary,
            Orientation::Collinear => {}
            // An edge that runs up has what is left of its line to its left, one that runs down to its right.
            side => inside ^= straddles && (side == Orientation::CounterClockwise) == (b.y > a.y),
        }
    }
    if inside { CoordPos::Inside } else { CoordPos::Outside }
}

/// Whether `p` lies inside the rings that `edges` belong to, and not on them.
pub(crate) fn contains(p: Coord<f64>, edges: impl IntoIterator<Item = (Coord<f64>, Coord<f64>)>) -> bool {
    locate(p, edges) == CoordPos::Inside
}

#[cfg(test)]
mod tests {
    use geo::coordinate_position::coord_pos_relative_to_ring;
    use geo::{LineString, Polygon};
    use proptest::prelude::*;

    use super::*;
    use crate::boolean_ops::even_odd;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn it_agrees_with_geo(corners in prop::collection::vec((0..6_u8, 0..6_u8), 3..9), is_far: bool) {
            let place = |x: f64, y: f64| {
                let (dx, dy, scale) = if is_far { (40_512_345.678, 3_451_234.567, 0.371) } else { (0.0, 0.0, 1.0) };
                Coord { x: dx + scale * x, y: dy + scale * y }
            };
            let tangle: LineString<f64> =
                corners.iter().map(|(x, y)| place(f64::from(*x), f64::from(*y))).collect();
            // geo counts how often a ring winds around a point, which differs where it crosses itself: rings that do not.
            for part in &even_odd(&Polygon::new(tangle, vec![]).into()) {
                let ring = part.exterior();
                for (x, y) in (0..12).flat_map(|x| (0..12).map(move |y| (f64::from(x) / 2.0, f64::from(y) / 2.0))) {
                    let p = place(x, y);
                    let edges = ring.0.windows(2).map(|ends| (ends[0], ends[1]));
                    prop_assert_eq!(locate(p, edges), coord_pos_relative_to_ring(p, ring), "{:?}", p);
                }
                let corner = ring.0[0];
                let edges = ring.0.windows(2).map(|ends| (ends[0], ends[1]));
                prop_assert_eq!(locate(corner, edges), CoordPos::OnBoundary);
            }
        }
    }
}
