//! Plane geometry of small rings: area, inset, cuts. A ring is its corners in order, counter-clockwise, not closed.

/// A point or a vector, m.
pub(crate) type Point = [f64; 2];

/// Corners of a polygon without holes, counter-clockwise, the first not repeated.
pub(crate) type Ring = Vec<Point>;

pub(crate) fn add(a: Point, b: Point) -> Point {
    [a[0] + b[0], a[1] + b[1]]
}

pub(crate) fn sub(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

pub(crate) fn scale(a: Point, by: f64) -> Point {
    [a[0] * by, a[1] * by]
}

pub(crate) fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

pub(crate) fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

pub(crate) fn length(a: Point) -> f64 {
    dot(a, a).sqrt()
}

pub(crate) fn unit(a: Point) -> Point {
    scale(a, 1.0 / length(a).max(1e-12))
}

/// A quarter turn to the left.
pub(crate) fn left(a: Point) -> Point {
    [-a[1], a[0]]
}

/// Edges of a ring: each corner with the next.
pub(crate) fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Signed area, m²; positive when counter-clockwise.
pub(crate) fn area(ring: &[Point]) -> f64 {
    // Relative to the first corner: coordinates of 10⁷ m would otherwise cost seven digits.
    let Some(&origin) = ring.first() else { return 0.0 };
    edges(ring).map(|(a, b)| cross(sub(a, origin), sub(b, origin))).sum::<f64>() / 2.0
}

/// The centre of area; the mean of the corners where there is no area.
pub(crate) fn centroid(ring: &[Point]) -> Point {
    let Some(&origin) = ring.first() else { return [0.0, 0.0] };
    let (mut sum, mut doubled) = ([0.0, 0.0], 0.0);
    for (a, b) in edges(ring) {
        let (a, b) = (sub(a, origin), sub(b, origin));
        let twice = cross(a, b);
        doubled += twice;
        sum = add(sum, scale(add(a, b), twice));
    }
    if doubled.abs() < 1e-9 {
        let mean = ring.iter().fold([0.0, 0.0], |s, p| add(s, *p));
        return scale(mean, 1.0 / ring.len() as f64);
    }
    add(origin, scale(sum, 1.0 / (3.0 * doubled)))
}

/// Thinness 4πA/P²: 1 for a disc, 0.785 for a square.
pub(crate) fn thinness(ring: &[Point]) -> f64 {
    let perimeter: f64 = edges(ring).map(|(a, b)| length(sub(b, a))).sum();
    4.0 * std::f64::consts::PI * area(ring) / (perimeter * perimeter).max(1e-9)
}

/// Whether no two edges of the ring meet but neighbours in their common corner.
pub(crate) fn is_simple(ring: &[Point]) -> bool {
    let n = ring.len();
    if n < 3 {
        return false;
    }
    let side = |a: Point, b: Point, p: Point| cross(sub(b, a), sub(p, a));
    for i in 0..n {
        let (a, b) = (ring[i], ring[(i + 1) % n]);
        for j in i + 2..n {
            if i == 0 && j == n - 1 {
                continue;
            }
            let (c, d) = (ring[j], ring[(j + 1) % n]);
            let apart = side(a, b, c) * side(a, b, d) > 0.0 || side(c, d, a) * side(c, d, b) > 0.0;
            if !apart {
                return false;
            }
        }
    }
    true
}

/// The ring with edge k moved inwards by `widths[k]`, or none when nothing sound is left.
pub(crate) fn inset(ring: &[Point], widths: &[f64]) -> Option<Ring> {
    let n = ring.len();
    let inward: Vec<Point> = edges(ring).map(|(a, b)| left(unit(sub(b, a)))).collect();
    let moved: Ring = (0..n)
        .map(|k| {
            let before = (k + n - 1) % n;
            let (n1, n2, w1, w2) = (inward[before], inward[k], widths[before], widths[k]);
            let offset = if w1 == w2 {
                scale(add(n1, n2), w1 / (1.0 + dot(n1, n2)).max(0.2))
            } else {
                // The point at w1 from the one edge and w2 from the other; different widths meet at street corners,
                // which are never flat.
                let turn = cross(n1, n2);
                [(w1 * n2[1] - w2 * n1[1]) / turn, (w2 * n1[0] - w1 * n2[0]) / turn]
            };
            add(ring[k], offset)
        })
        .collect();
    let keeps_direction =
        edges(ring).zip(edges(&moved)).all(|((a, b), (c, d))| dot(sub(b, a), sub(d, c)) > 0.0);
    (keeps_direction && moved.iter().flatten().all(|x| x.is_finite()) && is_simple(&moved)).then_some(moved)
}

/// The ring with corner k cut off `by[k]` m from it along both edges, where both are four times as long.
pub(crate) fn chamfer(ring: &[Point], by: &[f64]) -> Ring {
    let n = ring.len();
    let mut cut = Ring::with_capacity(2 * n);
    for k in 0..n {
        let (before, here, next) = (ring[(k + n - 1) % n], ring[k], ring[(k + 1) % n]);
        let (back, ahead) = (sub(before, here), sub(next, here));
        if by[k] > 0.0 && length(back) > 4.0 * by[k] && length(ahead) > 4.0 * by[k] {
            cut.push(add(here, scale(unit(back), by[k])));
            cut.push(add(here, scale(unit(ahead), by[k])));
        } else {
            cut.push(here);
        }
    }
    cut
}

/// Area of the part of the ring on the left of the line through `at` along `along`, m².
pub(crate) fn area_left(ring: &[Point], at: Point, along: Point) -> f64 {
    let depth = |p: Point| cross(along, sub(p, at));
    let mut doubled = 0.0;
    let (mut first, mut last): (Option<Point>, Option<Point>) = (None, None);
    let mut put = |p: Point| {
        let p = sub(p, at);
        if let Some(before) = last {
            doubled += cross(before, p);
        }
        first.get_or_insert(p);
        last = Some(p);
    };
    for (a, b) in edges(ring) {
        let (da, db) = (depth(a), depth(b));
        if da >= 0.0 {
            put(a);
        }
        if (da >= 0.0) != (db >= 0.0) {
            put(add(a, scale(sub(b, a), da / (da - db))));
        }
    }
    if let (Some(first), Some(last)) = (first, last) {
        doubled += cross(last, first);
    }
    doubled / 2.0
}

/// The two parts of a ring beside a line, and where the line enters and leaves.
pub(crate) struct Cut {
    /// The part on the left of the line.
    pub(crate) left: Ring,
    /// The part on its right.
    pub(crate) right: Ring,
    /// The ends of the cut, in the direction of the line.
    pub(crate) ends: (Point, Point),
}

/// Cuts a ring along a line that meets its boundary exactly twice, not nearer than `clear_m` to a corner; else none. A
/// `kink` moves the middle of the cut sideways by so many m.
pub(crate) fn cut(ring: &[Point], at: Point, along: Point, kink: f64, clear_m: f64) -> Option<Cut> {
    let n = ring.len();
    let depth = |p: Point| cross(along, sub(p, at));
    let mut met: Vec<(usize, Point, bool)> = Vec::with_capacity(2);
    for (k, (a, b)) in edges(ring).enumerate() {
        let (da, db) = (depth(a), depth(b));
        if (da >= 0.0) != (db >= 0.0) {
            let p = add(a, scale(sub(b, a), da / (da - db)));
            if length(sub(p, a)) < clear_m || length(sub(p, b)) < clear_m {
                return None;
            }
            met.push((k, p, da >= 0.0));
        }
    }
    let [one, two] = met.as_slice() else { return None };
    // On a counter-clockwise ring the boundary leaves the left side where the line enters.
    let (enter, leave) = if one.2 { (one, two) } else { (two, one) };
    let (start, end) = (enter.1, leave.1);
    let middle =
        (kink != 0.0).then(|| add(scale(add(start, end), 0.5), scale(left(unit(sub(end, start))), kink)));
    let walk = |from: usize, to: usize, first: Point, last: Point| {
        let mut part = vec![first];
        let mut k = from;
        while k != to {
            k = (k + 1) % n;
            part.push(ring[k]);
        }
        part.push(last);
        part
    };
    let mut right = walk(enter.0, leave.0, start, end);
    let mut left_part = walk(leave.0, enter.0, end, start);
    right.extend(middle);
    left_part.extend(middle);
    Some(Cut { left: left_part, right, ends: (start, end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [Point; 4] = [[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]];

    #[test]
    fn areas_of_a_square_and_its_parts() {
        assert_eq!(area(&SQUARE), 10_000.0);
        assert_eq!(centroid(&SQUARE), [50.0, 50.0]);
        assert!((area_left(&SQUARE, [30.0, 0.0], [0.0, 1.0]) - 3_000.0).abs() < 1e-9);
        assert!((area_left(&SQUARE, [30.0, 0.0], [0.0, -1.0]) - 7_000.0).abs() < 1e-9);
    }

    #[test]
    fn an_inset_moves_every_edge_by_its_width() {
        let inner = inset(&SQUARE, &[10.0, 20.0, 10.0, 5.0]).unwrap();
        assert_eq!(inner, vec![[5.0, 10.0], [80.0, 10.0], [80.0, 90.0], [5.0, 90.0]]);
        assert!(inset(&SQUARE, &[60.0; 4]).is_none());
    }

    #[test]
    fn a_cut_gives_two_sound_parts_that_fill_the_whole() {
        let parts = cut(&SQUARE, [40.0, 0.0], [0.0, 1.0], 5.0, 1.0).unwrap();
        assert!((area(&parts.left) + area(&parts.right) - 10_000.0).abs() < 1e-9);
        assert!(is_simple(&parts.left) && is_simple(&parts.right));
        assert!(area(&parts.left) < 4_000.0, "the kink goes to the left");
        assert_eq!(parts.ends, ([40.0, 0.0], [40.0, 100.0]));
        assert!(cut(&SQUARE, [200.0, 0.0], [0.0, 1.0], 0.0, 1.0).is_none());
        assert!(cut(&SQUARE, [0.5, 0.0], [0.0, 1.0], 0.0, 1.0).is_none());
    }

    #[test]
    fn a_bow_tie_is_not_simple() {
        let mut tie = SQUARE;
        tie.swap(1, 2);
        assert!(is_simple(&SQUARE) && !is_simple(&tie));
        assert_eq!(chamfer(&SQUARE, &[10.0, 0.0, 0.0, 0.0]).len(), 5);
    }
}
