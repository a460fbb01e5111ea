//! Shapes that share edges, as one: an edge that two of them have is inside and goes.

use std::collections::BTreeMap;

use crate::cut::exact_double_area;
use crate::feature::Ring;
use crate::mercator::Point;

/// A place, to the bit.
type Key = [u64; 2];

/// The outline of shapes that do not overlap. Edges go where both have the same two corners.
#[must_use]
pub fn dissolve<'a>(polygons: impl IntoIterator<Item = &'a Vec<Ring>>) -> Vec<Vec<Ring>> {
    let mut edges: Vec<(Key, Key)> = Vec::new();
    for rings in polygons {
        for (at, ring) in rings.iter().enumerate() {
            let backwards = (exact_double_area(ring) > 0.0) != (at == 0);
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let (a, b) = (key(*a), key(*b));
                if a != b {
                    edges.push(if backwards { (b, a) } else { (a, b) });
                }
            }
        }
    }
    polygons_of(loops(&outer(edges)))
}

/// The edges whose opposite is not among them.
fn outer(mut edges: Vec<(Key, Key)>) -> BTreeMap<Key, Vec<Key>> {
    edges.sort_unstable_by_key(|(a, b)| (*a.min(b), *a.max(b), a > b));
    let mut left: BTreeMap<Key, Vec<Key>> = BTreeMap::new();
    for same in edges
        .chunk_by(|one, two| one.0.min(one.1) == two.0.min(two.1) && one.0.max(one.1) == two.0.max(two.1))
    {
        let there = same.iter().filter(|(a, b)| a < b).count();
        let back = same.len() - there;
        // Those that go there come first.
        let kept = if there >= back { &same[back..there] } else { &same[2 * there..] };
        for (a, b) in kept {
            left.entry(*a).or_default().push(*b);
        }
    }
    left
}

/// Closed lines without a place twice.
fn loops(edges: &BTreeMap<Key, Vec<Key>>) -> Vec<Ring> {
    let mut left = edges.clone();
    let mut found = Vec::new();
    for start in edges.keys() {
        let mut path = vec![*start];
        let mut place_of = BTreeMap::from([(*start, 0)]);
        while let Some(next) = path.last().and_then(|end| left.get_mut(end)).and_then(Vec::pop) {
            match place_of.get(&next).copied() {
                None => {
                    place_of.insert(next, path.len());
                    path.push(next);
                }
                Some(from) => {
                    let gone: Vec<Key> = path.drain(from + 1..).collect();
                    for key in &gone {
                        place_of.remove(key);
                    }
                    let ring = std::iter::once(next).chain(gone).map(place).collect::<Ring>();
                    if ring.len() > 2 {
                        found.push(ring);
                    }
                }
            }
        }
    }
    found
}

/// Outer rings, each with the holes that lie in it and in none smaller.
fn polygons_of(rings: Vec<Ring>) -> Vec<Vec<Ring>> {
    let (mut outer, holes): (Vec<Ring>, Vec<Ring>) =
        rings.into_iter().partition(|ring| exact_double_area(ring) > 0.0);
    outer.sort_by(|a, b| exact_double_area(a).total_cmp(&exact_double_area(b)));
    let mut polygons: Vec<Vec<Ring>> = outer.into_iter().map(|ring| vec![ring]).collect();
    for hole in holes {
        let within = |polygon: &&mut Vec<Ring>| {
            let ring = &polygon[0];
            // A corner that is the ring's own says nothing.
            hole.iter().find(|p| !ring.contains(p)).is_some_and(|p| inside(ring, *p))
        };
        if let Some(polygon) = polygons.iter_mut().find(within) {
            polygon.push(hole);
        }
    }
    polygons
}

fn inside(ring: &[Point], p: Point) -> bool {
    let pairs = ring.iter().zip(ring.iter().cycle().skip(1));
    let crossed = pairs.filter(|(a, b)| {
        (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0] - a[0]) * (p[1] - a[1]) / (b[1] - a[1]) + a[0]
    });
    crossed.count() % 2 == 1
}

fn key(place: Point) -> Key {
    // Zero has two signs.
    place.map(|c| (c + 0.0).to_bits())
}

fn place(key: Key) -> Point {
    key.map(f64::from_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(x: f64, y: f64) -> Vec<Ring> {
        vec![vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]]]
    }

    #[test]
    fn neighbours_become_one() {
        let found = dissolve(&[square(0.0, 0.0), square(1.0, 0.0)]);
        assert_eq!((found.len(), found[0].len(), found[0][0].len()), (1, 1, 6));
        assert_eq!(exact_double_area(&found[0][0]), 4.0);
    }

    #[test]
    fn a_ring_of_squares_has_a_hole() {
        let around: Vec<Vec<Ring>> =
            (0..9).filter(|at| *at != 4).map(|at| square(f64::from(at % 3), f64::from(at / 3))).collect();
        let found = dissolve(&around);
        assert_eq!((found.len(), found[0].len()), (1, 2));
        let area: f64 = found[0].iter().map(|ring| exact_double_area(ring)).sum();
        assert_eq!(area, 16.0);
    }

    #[test]
    fn squares_that_touch_at_a_corner_stay_two() {
        assert_eq!(dissolve(&[square(0.0, 0.0), square(1.0, 1.0)]).len(), 2);
    }
}
