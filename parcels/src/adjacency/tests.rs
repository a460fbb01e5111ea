//! Facing lengths worked out by hand, and what must not change them.

use geo::{Coord, MultiPolygon, Polygon};
use proptest::prelude::*;

use super::context::SpatialContext;
use super::facing::{FacingMeasurer, OneSided};
use super::fixture::{barrier, layer, mapped, polygon, rectangle, ring};
use super::outlines::{Outlines, parts_of};
use super::*;
use crate::id::PartIdx;
use crate::long_outline::edges;

fn measure(shapes: &[MultiPolygon<f64>], barriers: &[Barrier], gap_m: f64) -> Adjacency {
    let layer = layer(shapes);
    adjacency(&layer, &SpatialIndex::new(&layer), barriers, gap_m, &()).unwrap()
}

/// Checks all pairs (a, b, w) and all exposed lengths to the millimetre.
fn check(found: &Adjacency, pairs: &[(u32, u32, f64)], exposed_m: &[f64]) {
    let listed: Vec<_> = found.pairs().map(|p| (p.a.0, p.b.0, p.facing_m)).collect();
    let close = |a: f64, b: f64| (a - b).abs() < 1e-3;
    let same = listed.len() == pairs.len()
        && listed.iter().zip(pairs).all(|(l, p)| (l.0, l.1) == (p.0, p.1) && close(l.2, p.2));
    assert!(same, "pairs {listed:?}, not {pairs:?}");
    let exposed = found.exposed_m();
    assert!(
        exposed.len() == exposed_m.len() && exposed.iter().zip(exposed_m).all(|(a, b)| close(*a, *b)),
        "exposed {exposed:?}, not {exposed_m:?}"
    );
}

/// A square of 100 m whose lower left corner is at `x`, `y`.
fn square(x: f64, y: f64) -> MultiPolygon<f64> {
    rectangle(x, y, x + 100.0, y + 100.0)
}

/// What each edge that meets a shared one at its end coincides with beyond it.
const END_M: f64 = COINCIDENT_M;

#[test]
fn squares_that_share_an_edge() {
    let found = measure(&[square(0.0, 0.0), square(100.0, 0.0)], &[], 20.0);
    // Two edges of each meet the other's corners: a centimetre each coincides.
    check(&found, &[(0, 1, 100.0 + 2.0 * END_M)], &[300.0 - 2.0 * END_M; 2]);
}

#[test]
fn a_corner_touch_is_not_contiguous() {
    let found = measure(&[square(0.0, 0.0), square(100.0, 100.0)], &[], 20.0);
    check(&found, &[(0, 1, 2.0 * END_M)], &[400.0 - 2.0 * END_M; 2]);
    assert_eq!(found.contiguous(ParcelIdx(0)).count(), 0);
}

#[test]
fn across_a_street() {
    let shapes = [square(0.0, 0.0), square(115.0, 0.0)];
    check(&measure(&shapes, &[], 20.0), &[(0, 1, 100.0)], &[300.0; 2]);
    check(&measure(&shapes, &[], 15.0), &[(0, 1, 100.0)], &[300.0; 2]);
    check(&measure(&shapes, &[], 12.0), &[], &[400.0; 2]);
    let wider = [square(0.0, 0.0), rectangle(120.0, -50.0, 220.0, 150.0)];
    // The wide one sees the corners of the other as far as 45° and 25 m allow: 15 m more on either side.
    check(&measure(&wider, &[], 25.0), &[(0, 1, (100.0 + 130.0) / 2.0)], &[300.0, 470.0]);
}

#[test]
fn offset_across_a_street() {
    // Opposite each other over 40 m; the street is 10 m wide, so each sees 10 m more of the other at 45°.
    let found = measure(&[square(0.0, 0.0), square(110.0, 60.0)], &[], 20.0);
    check(&found, &[(0, 1, 50.0)], &[350.0; 2]);
}

#[test]
fn a_parcel_between_occludes() {
    let shapes = [square(0.0, 0.0), square(130.0, 0.0), rectangle(110.0, 0.0, 120.0, 100.0)];
    check(&measure(&shapes, &[], 50.0), &[(0, 2, 100.0), (1, 2, 100.0)], &[300.0, 300.0, 20.0]);
    // Half as long it leaves the other half of the view: the lines of sight are parallel.
    let shapes = [square(0.0, 0.0), square(130.0, 0.0), rectangle(110.0, 0.0, 120.0, 50.0)];
    let found = measure(&shapes, &[], 50.0);
    let w: Vec<_> = found.pairs().map(|p| ((p.a.0, p.b.0), p.facing_m)).collect();
    assert_eq!(w[0].0, (0, 1));
    assert!((w[0].1 - 50.0).abs() < 1e-3, "{w:?}");
    // Its upper corners are 10 m off, so 10 m more of the edges see them: (60 + 50) / 2; its top sees nobody.
    assert!((w[1].1 - 55.0).abs() < 1e-3 && (w[2].1 - 55.0).abs() < 1e-3, "{w:?}");
}

#[test]
fn nobody_sees_through_a_parcel_that_touches_both() {
    let shapes = [square(0.0, 0.0), rectangle(100.0, 0.0, 110.0, 100.0), square(110.0, 0.0)];
    let found = measure(&shapes, &[], 20.0);
    assert!(found.pairs().all(|p| (p.a.0, p.b.0) != (0, 2)), "{:?}", found.pairs().collect::<Vec<_>>());
}

#[test]
fn a_barrier_in_the_street_cuts() {
    let shapes = [square(0.0, 0.0), square(115.0, 0.0)];
    let along = barrier(&[(107.0, -20.0), (107.0, 150.0)], 0.0);
    check(&measure(&shapes, &[along], 20.0), &[], &[400.0; 2]);
    let half_way = barrier(&[(107.0, -20.0), (107.0, 30.0)], 0.0);
    check(&measure(&shapes, &[half_way], 20.0), &[(0, 1, 70.0)], &[330.0; 2]);
    let on_the_edge = barrier(&[(115.0, -20.0), (115.0, 150.0)], 3.0);
    check(&measure(&shapes, &[on_the_edge], 20.0), &[], &[400.0; 2]);
    let across = barrier(&[(90.0, 40.0), (130.0, 40.0)], 6.0);
    check(&measure(&shapes, &[across], 20.0), &[(0, 1, 100.0)], &[300.0; 2]);
}

#[test]
fn a_barrier_along_a_shared_edge_cuts_within_its_half_width() {
    let shapes = [square(0.0, 0.0), square(100.0, 0.0)];
    let line = |x, half_width| [barrier(&[(x, -50.0), (x, 150.0)], half_width)];
    check(&measure(&shapes, &line(104.0, 5.0), 20.0), &[(0, 1, 2.0 * END_M)], &[400.0 - 2.0 * END_M; 2]);
    check(&measure(&shapes, &line(100.0, 0.0), 0.0), &[(0, 1, 2.0 * END_M)], &[400.0 - 2.0 * END_M; 2]);
    let whole = (100.0 + 2.0 * END_M, 300.0 - 2.0 * END_M);
    check(&measure(&shapes, &line(104.0, 3.0), 20.0), &[(0, 1, whole.0)], &[whole.1; 2]);
    let across = [barrier(&[(50.0, 40.0), (150.0, 40.0)], 6.0)];
    check(&measure(&shapes, &across, 20.0), &[(0, 1, whole.0)], &[whole.1; 2]);
}

#[test]
fn two_short_edges_along_a_long_one() {
    let found = measure(&[rectangle(0.0, -50.0, 200.0, 0.0), square(0.0, 0.0), square(100.0, 0.0)], &[], 0.0);
    // From either side: the shared length, and a centimetre beyond both its ends.
    let shared = 100.0 + 2.0 * END_M;
    check(
        &found,
        &[(0, 1, shared), (0, 2, shared), (1, 2, shared)],
        &[300.0 - 2.0 * END_M, 200.0 - 2.0 * END_M, 200.0 - 2.0 * END_M],
    );
}

#[test]
fn a_parcel_in_a_hole_faces_all_round() {
    let hole = ring(&[(40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0)]);
    let outer = MultiPolygon(vec![Polygon::new(
        ring(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]),
        vec![hole],
    )]);
    let touching = measure(&[outer.clone(), rectangle(40.0, 40.0, 60.0, 60.0)], &[], 0.0);
    check(&touching, &[(0, 1, 80.0)], &[400.0, 0.0]);
    // Smaller by 5 m all round: it faces the hole's edges over its own perimeter, and they see its corners at 45°.
    let apart = measure(&[outer, rectangle(45.0, 45.0, 55.0, 55.0)], &[], 20.0);
    check(&apart, &[(0, 1, (40.0 + 80.0) / 2.0)], &[400.0, 0.0]);
}

#[test]
fn a_narrow_u_sees_neither_itself_nor_past_itself() {
    // A U with arms 10 m apart, and a parcel between its arms at the bottom.
    let u = polygon(&[
        (0.0, 0.0),
        (50.0, 0.0),
        (50.0, 100.0),
        (30.0, 100.0),
        (30.0, 20.0),
        (20.0, 20.0),
        (20.0, 100.0),
        (0.0, 100.0),
    ]);
    check(&measure(std::slice::from_ref(&u), &[], 20.0), &[], &[460.0]);
    // The right-hand parcel is 20 m from the left arm's inner edge's end, but the right arm stands between.
    let found = measure(&[u, rectangle(52.0, 30.0, 90.0, 100.0)], &[], 50.0);
    // The outer edge of the right arm, 70 m, and 2 m more below at 45°.
    check(&found, &[(0, 1, (72.0 + 70.0) / 2.0)], &[460.0 - 72.0, 216.0 - 70.0]);
}

#[test]
fn survey_noise_behaves_like_touching() {
    for shift in [-0.1, 0.1] {
        let found = measure(&[square(0.0, 0.0), square(100.0 + shift, 0.0)], &[], 20.0);
        let w = found.pairs().next().unwrap().facing_m;
        assert!((w - 100.0).abs() < 0.5, "{shift}: {w}");
        assert!(
            found.exposed_m().iter().all(|e| (e - 300.0).abs() < 0.5),
            "{shift}: {:?}",
            found.exposed_m()
        );
    }
    // Without a tolerance only a centimetre does.
    check(&measure(&[square(0.0, 0.0), square(100.1, 0.0)], &[], 0.0), &[], &[400.0; 2]);
    let found = measure(&[square(0.0, 0.0), square(100.009, 0.0)], &[], 0.0);
    assert!((found.pairs().next().unwrap().facing_m - 100.0).abs() < 0.02);
}

#[test]
fn parcels_on_top_of_each_other_face_each_other_and_see_past() {
    let found = measure(&[square(0.0, 0.0), square(0.0, 0.0), square(110.0, 0.0)], &[], 20.0);
    check(&found, &[(0, 1, 400.0), (0, 2, 100.0), (1, 2, 100.0)], &[0.0, 0.0, 300.0]);
    // One inside the other: its whole boundary coincides, the other's faces nobody.
    let found = measure(&[square(0.0, 0.0), rectangle(30.0, 30.0, 70.0, 70.0)], &[], 20.0);
    check(&found, &[(0, 1, 80.0)], &[400.0, 0.0]);
}

#[test]
fn all_gaps_in_one_pass_are_each_gap_alone() {
    let shapes = [
        square(0.0, 0.0),
        square(112.0, 20.0),
        square(-30.0, 117.0),
        square(90.0, 131.0),
        rectangle(-100.0, 0.0, 0.0, 80.0),
        polygon(&[(230.0, -20.0), (300.0, 40.0), (220.0, 190.0)]),
    ];
    let layer = layer(&shapes);
    let index = SpatialIndex::new(&layer);
    let lines = [barrier(&[(-50.0, 108.0), (60.0, 110.0), (80.0, 190.0)], 4.0)];
    let gaps_m = [30.0, 0.0, 12.0, 50.0, 20.0, 12.0];
    let together = adjacency_by_gap(&layer, &index, &lines, &gaps_m, &[true; 6], &()).unwrap();
    for (gap_m, found) in gaps_m.iter().zip(&together) {
        let alone = adjacency(&layer, &index, &lines, *gap_m, &()).unwrap();
        let pairs: Vec<_> = alone.pairs().map(|p| (p.a.0, p.b.0, p.facing_m)).collect();
        check(found, &pairs, alone.exposed_m());
    }
    assert!(together[1].pair_count() < together[3].pair_count());

    let wanted = [true, false, true, true, false, true];
    let some = adjacency_by_gap(&layer, &index, &lines, &[50.0], &wanted, &()).unwrap().remove(0);
    let expected: Vec<_> = together[3]
        .pairs()
        .filter(|p| wanted[p.a.at()] && wanted[p.b.at()])
        .map(|p| (p.a.0, p.b.0, p.facing_m))
        .collect();
    let exposed: Vec<_> =
        together[3].exposed_m().iter().zip(wanted).map(|(e, wanted)| if wanted { *e } else { 0.0 }).collect();
    check(&some, &expected, &exposed);
}

#[test]
fn an_outline_of_many_points_is_measured_like_a_plain_one() {
    // A square whose edges carry a point every 0.1 m, among plain neighbours and with one in its hole.
    let dense = |x: f64, y: f64, size: f64| {
        let step = |at: u32| f64::from(at) * size / 1000.0;
        let mut points = Vec::new();
        points.extend((0..1000).map(|at| (x + step(at), y)));
        points.extend((0..1000).map(|at| (x + size, y + step(at))));
        points.extend((0..1000).map(|at| (x + size - step(at), y + size)));
        points.extend((0..1000).map(|at| (x, y + size - step(at))));
        points
    };
    let lake = Polygon::new(ring(&dense(0.0, 0.0, 100.0)), vec![ring(&dense(40.0, 40.0, 20.0))]);
    let plain = Polygon::new(
        ring(&[(0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)]),
        vec![ring(&[(40.0, 40.0), (60.0, 40.0), (60.0, 60.0), (40.0, 60.0)])],
    );
    let others =
        [rectangle(45.0, 42.0, 55.0, 58.0), square(112.0, 30.0), square(-100.0, 0.0), square(50.0, 100.0)];
    let with = |first: Polygon<f64>| {
        let mut shapes = vec![MultiPolygon(vec![first])];
        shapes.extend(others.iter().cloned());
        measure(&shapes, &[barrier(&[(20.0, 100.0), (80.0, 100.0)], 2.0)], 20.0)
    };
    let (expected, found) = (with(plain), with(lake));
    let pairs: Vec<_> = expected.pairs().map(|p| (p.a.0, p.b.0, p.facing_m)).collect();
    assert!(pairs.len() >= 5);
    check(&found, &pairs, expected.exposed_m());
}

#[test]
fn the_number_of_threads_does_not_matter() {
    // More than two chunks of parcels, with streets of 0 to 14 m between them.
    let at = |n: u32| (f64::from(n % 40) * 100.0, f64::from(n / 40) * 100.0, f64::from(n * 7 % 15));
    let shapes: Vec<_> =
        (0..1200).map(at).map(|(x, y, gap)| rectangle(x, y, x + 100.0 - gap, y + 100.0)).collect();
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| measure(&shapes, &[], 20.0))
    };
    let one = on(1);
    assert!(one.pair_count() > 2000);
    assert_eq!(one, on(3));
}

#[test]
fn an_empty_layer_has_no_pairs_and_a_cancelled_measurement_no_result() {
    let found = measure(&[], &[], 20.0);
    assert!(found.is_empty() && found.pair_count() == 0);

    struct Stop;
    impl Monitor for Stop {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let layer = layer(&[square(0.0, 0.0)]);
    assert_eq!(adjacency(&layer, &SpatialIndex::new(&layer), &[], 20.0, &Stop), Err(Cancelled));
}

/// Boxes with some room around them on a grid of 50 m, some tilted.
fn boxes() -> impl Strategy<Value = Vec<MultiPolygon<f64>>> {
    let one = (0.0..12.0, 0.0..12.0, 0.0..12.0, 0.0..12.0, -0.1..0.1);
    prop::collection::vec(one, 2..10).prop_map(|all| {
        all.iter()
            .enumerate()
            .map(|(at, (left, right, low, high, tilt))| {
                let (x, y) = (f64::from(at as u32 % 3) * 50.0, f64::from(at as u32 / 3) * 50.0);
                let (x0, x1, y0, y1) = (x + left, x + 50.0 - right, y + low, y + 50.0 - high);
                polygon(&[(x0, y0), (x1, y0 + tilt), (x1 + tilt, y1), (x0, y1 - tilt)])
            })
            .collect()
    })
}

fn assert_same(a: &Adjacency, b: &Adjacency, tolerance_m: f64) -> Result<(), TestCaseError> {
    let pairs = |f: &Adjacency| f.pairs().collect::<Vec<_>>();
    let (one, other) = (pairs(a), pairs(b));
    let listed =
        |pairs: &[Facing]| pairs.iter().filter(|p| p.facing_m > 0.01).map(|p| (p.a, p.b)).collect::<Vec<_>>();
    prop_assert_eq!(listed(&one), listed(&other));
    for p in &one {
        let q = other.iter().find(|q| (q.a, q.b) == (p.a, p.b)).map_or(0.0, |q| q.facing_m);
        prop_assert!((p.facing_m - q).abs() < tolerance_m, "{:?}: {}", p, q);
    }
    for (e, f) in a.exposed_m().iter().zip(b.exposed_m()) {
        prop_assert!((e - f).abs() < tolerance_m, "exposed {} and {}", e, f);
    }
    Ok(())
}

fn perimeter_m(shape: &MultiPolygon<f64>) -> f64 {
    edges(&shape.0).map(|(a, b)| (b - a).x.hypot((b - a).y)).sum()
}

proptest! {
    #[test]
    fn place_and_direction_do_not_matter(shapes in boxes(), gap_m in 0.0..30.0) {
        let here = measure(&shapes, &[], gap_m);
        let moved: Vec<_> =
            shapes.iter().map(|s| mapped(s, |c| Coord { x: c.x + 1e6, y: c.y - 2e6 })).collect();
        assert_same(&here, &measure(&moved, &[], gap_m), 1e-3)?;
        let turned: Vec<_> = shapes.iter().map(|s| mapped(s, |c| Coord { x: -c.y, y: c.x })).collect();
        assert_same(&here, &measure(&turned, &[], gap_m), 1e-3)?;
    }

    #[test]
    fn numbering_does_not_matter(shapes in boxes(), gap_m in 0.0..30.0) {
        let there = measure(&shapes, &[], gap_m);
        let reversed: Vec<_> = shapes.iter().rev().cloned().collect();
        let back = measure(&reversed, &[], gap_m);
        let last = shapes.len() as u32 - 1;
        let renumbered = back
            .pairs()
            .map(|p| Facing { a: ParcelIdx(last - p.b.0), b: ParcelIdx(last - p.a.0), ..p })
            .collect();
        let exposed = back.exposed_m().iter().rev().copied().collect();
        assert_same(&there, &Adjacency::from_pairs(renumbered, exposed), 1e-9)?;
    }

    #[test]
    fn lengths_are_bounded_by_perimeters(shapes in boxes(), gap_m in 0.0..60.0) {
        let found = measure(&shapes, &[], gap_m);
        for p in found.pairs() {
            let (a, b) = (perimeter_m(&shapes[p.a.at()]), perimeter_m(&shapes[p.b.at()]));
            prop_assert!(p.facing_m >= MIN_FACING_M && p.facing_m <= a.max(b));
        }
        for (shape, exposed_m) in shapes.iter().zip(found.exposed_m()) {
            prop_assert!(*exposed_m >= 0.0 && *exposed_m <= perimeter_m(shape) + 1e-9);
        }
    }

    /// In a tiling of the plane everything not exposed is shared: Σ w + e is the perimeter, up to a centimetre at
    /// every corner where others meet.
    #[test]
    fn in_a_tiling_shared_and_exposed_make_the_perimeter(
        corners in prop::collection::vec((-8.0..8.0f64, -8.0..8.0f64), 25),
    ) {
        let at = |col: usize, row: usize| {
            let (dx, dy) = corners[row * 5 + col];
            (col as f64 * 40.0 + dx, row as f64 * 40.0 + dy)
        };
        let shapes: Vec<_> = (0..16)
            .map(|n| (n % 4, n / 4))
            .map(|(x, y)| polygon(&[at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)]))
            .collect();
        let found = measure(&shapes, &[], 0.0);
        for (n, shape) in shapes.iter().enumerate() {
            let shared: f64 = found.of(ParcelIdx::from_at(n)).map(|(_, w)| w).sum();
            let sum = shared + found.exposed_m()[n];
            prop_assert!((sum - perimeter_m(shape)).abs() < 0.3, "{} against {}", sum, perimeter_m(shape));
        }
    }
}

#[test]
fn pairs_come_out_ascending_and_symmetric_however_they_went_in() {
    let pair = |a, b, facing_m| Facing { a: ParcelIdx(a), b: ParcelIdx(b), facing_m };
    let found = Adjacency::from_pairs(
        vec![pair(3, 1, 0.5), pair(0, 1, 7.0), pair(2, 0, 1.0), pair(1, 2, 3.0)],
        vec![9.0; 5],
    );
    let expected = [pair(0, 1, 7.0), pair(0, 2, 1.0), pair(1, 2, 3.0), pair(1, 3, 0.5)];
    assert_eq!(found.pairs().collect::<Vec<_>>(), expected);
    assert_eq!((found.len(), found.pair_count()), (5, 4));
    let row: Vec<_> = found.of(ParcelIdx(1)).map(|(other, w)| (other.0, w)).collect();
    assert_eq!(row, [(0, 7.0), (2, 3.0), (3, 0.5)]);
    assert_eq!(found.contiguous(ParcelIdx(1)).collect::<Vec<_>>(), [ParcelIdx(0), ParcelIdx(2)]);
    assert_eq!(found.of(ParcelIdx(4)).count(), 0);
}

/// A river along the x axis whose banks wind with `corners` corners, and `lots` lots on both sides of it, 60 m each.
fn river(corners: usize, lots: usize) -> Vec<MultiPolygon<f64>> {
    let (length_m, per_bank) = (lots as f64 / 2.0 * 60.0, corners / 2);
    let bank = |side: f64| {
        (0..per_bank).map(move |k| {
            let x = length_m * k as f64 / (per_bank - 1) as f64;
            Coord { x, y: side * (30.0 + 1.5 * (x * 0.9).sin() + 0.3 * (x * 7.1 + side).sin()) }
        })
    };
    let mut outline: Vec<Coord<f64>> = bank(-1.0).collect();
    let mut other: Vec<Coord<f64>> = bank(1.0).collect();
    other.reverse();
    outline.extend(other);
    let mut shapes = vec![Polygon::new(outline.into(), vec![]).into()];
    for side in [-1.0_f64, 1.0] {
        shapes.extend((0..lots / 2).map(|i| {
            let (x, near, far) = (60.0 * i as f64, side * 38.0, side * 118.0);
            rectangle(x + 1.0, near.min(far), x + 59.0, near.max(far))
        }));
    }
    shapes
}

#[test]
fn a_long_outline_beside_many_parcels_takes_work_in_proportion() {
    let looked_at = |corners: usize, lots: usize| {
        let layer = layer(&river(corners, lots));
        let index = SpatialIndex::new(&layer);
        let parts = parts_of(&layer);
        let outlines = Outlines::new(&layer, &parts);
        let context = SpatialContext::new(outlines, &index, &[], 20.0);
        let mut measurer = FacingMeasurer::new(&context, &[20.0]);
        for part in (0..outlines.len()).map(PartIdx::from_at) {
            measurer.measure(part, edges(outlines.of(part)), &mut OneSided::default(), &()).unwrap();
        }
        measurer.looked_at() as f64
    };
    let (one, four) = (looked_at(4000, 100), looked_at(16_000, 400));
    // Four times the river: four times the work, and a little for the depth of the indexes.
    assert!(four < 4.6 * one, "{one} {four}");
    // Of its corners and its lots, no more than each with what is near it.
    assert!(one < 400.0 * 4100.0, "{one}");
}

#[test]
fn a_stop_is_heard_within_one_parcel() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    struct After(AtomicUsize);
    impl Monitor for After {
        fn cancelled(&self) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed) >= 3
        }
    }
    let layer = layer(&river(8000, 40)[..1]);
    let asked = After(AtomicUsize::new(0));
    let stopped = adjacency(&layer, &SpatialIndex::new(&layer), &[], 20.0, &asked);
    assert_eq!(stopped.map(|_| ()), Err(Cancelled));
    // It ended after 256 edges or so, not after 8,000.
    assert!(asked.0.load(Ordering::Relaxed) < 8);
}
