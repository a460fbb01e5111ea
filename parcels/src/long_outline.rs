//! An outline of many corners, such as a river's or a coast's, that thousands of neighbours ask: which of its edges are near a
//! place, whether a point lies within, and what of it lies in a box.
//!
//! Edges lie in an R-tree. Runs of edges have boxes, and so have runs of runs: what lies beyond one side of a box is passed over
//! as a whole when the outline is cut to it. For points, a segment tree over the heights of the corners holds every edge in the O(log n) spans of
//! heights that it crosses as a whole; edges that cross one span do not cross each other, so they are in order from left to
//! right, and a point finds its place among them by halving: O(log² n), however the outline winds (Preparata and Shamos,
//! Computational Geometry, 1985, 2.2.2).

use geo::kernels::RobustKernel;
use geo::{
    BoundingRect as _, Coord, CoordsIter as _, Kernel, LineString, MultiPolygon, Orientation, Polygon, Rect,
};

use crate::index::SpatialIndex;
use crate::point_in_ring;

/// From this number of edges on, looking at all of them costs more than an index of them.
pub(crate) const MANY_EDGES: usize = 256;

/// One directed edge: land lies to its left.
pub(crate) type Edge = (Coord<f64>, Coord<f64>);

/// Every ring's edges, in order.
pub(crate) fn edges(polygons: &[Polygon<f64>]) -> impl Iterator<Item = Edge> + '_ {
    polygons
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .flat_map(|ring| ring.0.windows(2).map(|pair| (pair[0], pair[1])))
}

/// Edges that are indexed.
pub(crate) struct IndexedEdges {
    edges: Vec<Edge>,
    index: SpatialIndex,
}

impl IndexedEdges {
    pub(crate) fn new(edges: Vec<Edge>) -> Self {
        let index = SpatialIndex::of_boxes((0u32..).zip(edges.iter().map(|(a, b)| Rect::new(*a, *b))));
        Self { edges, index }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    pub(crate) fn edge(&self, number: u32) -> Edge {
        self.edges[number as usize]
    }

    /// The numbers of the edges whose box meets `area`, ascending.
    pub(crate) fn meeting(&self, area: Rect<f64>, numbers: &mut Vec<u32>) {
        numbers.clear();
        self.index.numbers_near(area, 0.0, |n| numbers.push(n));
        numbers.sort_unstable();
    }
}

/// A valid shape with its box, and its outline where that is long.
#[derive(Clone, Copy)]
pub(crate) struct Land<'a> {
    pub(crate) shape: &'a MultiPolygon<f64>,
    pub(crate) extent: Rect<f64>,
    pub(crate) long: Option<&'a LongOutline>,
}

impl<'a> Land<'a> {
    /// None for a shape that is nowhere. `long` is the outline of `shape`.
    pub(crate) fn new(shape: &'a MultiPolygon<f64>, long: Option<&'a LongOutline>) -> Option<Self> {
        Some(Self { shape, extent: shape.bounding_rect()?, long })
    }

    /// Calls `visit` with every edge whose box meets `area`.
    pub(crate) fn edges_near(&self, area: Rect<f64>, mut visit: impl FnMut(Edge)) {
        match self.long {
            Some(long) => {
                let mut numbers = Vec::new();
                long.edges.meeting(area, &mut numbers);
                numbers.into_iter().for_each(|n| visit(long.edges.edge(n)));
            }
            None => edges(&self.shape.0).filter(|edge| meets(*edge, area)).for_each(visit),
        }
    }

    /// Whether `point` lies within. Of a point on the outline either may be said.
    pub(crate) fn contains(&self, point: Coord<f64>) -> bool {
        match self.long {
            Some(long) => long.contains(point, &mut 0),
            None => point_in_ring::contains(point, edges(&self.shape.0)),
        }
    }

    /// What lies in `extent`, by Sutherland and Hodgman (1974): pieces may hang together by edges along its border, which
    /// enclose nothing.
    pub(crate) fn clipped_to(&self, extent: Rect<f64>) -> MultiPolygon<f64> {
        let part = |at: usize, polygon: &Polygon<f64>| {
            let ring = |number: usize, ring: &LineString<f64>| {
                let clipped = match self.long {
                    Some(long) => clipped_ring(&long.rings[at][number].condensed(extent), extent),
                    None => clipped_ring(&ring.0, extent),
                };
                (clipped.len() > 3).then_some(LineString::new(clipped))
            };
            let exterior = ring(0, polygon.exterior())?;
            let interiors = (1..).zip(polygon.interiors()).filter_map(|(number, hole)| ring(number, hole));
            Some(Polygon::new(exterior, interiors.collect()))
        };
        MultiPolygon::new(
            self.shape.iter().enumerate().filter_map(|(at, polygon)| part(at, polygon)).collect(),
        )
    }
}

fn meets((a, b): Edge, area: Rect<f64>) -> bool {
    a.x.min(b.x) <= area.max().x
        && a.x.max(b.x) >= area.min().x
        && a.y.min(b.y) <= area.max().y
        && a.y.max(b.y) >= area.min().y
}

/// A closed ring cut to `extent`.
fn clipped_ring(ring: &[Coord<f64>], extent: Rect<f64>) -> Vec<Coord<f64>> {
    let (low, high) = (extent.min(), extent.max());
    let ring = half_plane(ring, |c| c.x - low.x, |c| c.x = low.x);
    let ring = half_plane(&ring, |c| high.x - c.x, |c| c.x = high.x);
    let ring = half_plane(&ring, |c| c.y - low.y, |c| c.y = low.y);
    half_plane(&ring, |c| high.y - c.y, |c| c.y = high.y)
}

/// A closed ring cut to where `depth` is not negative; `onto` puts a point exactly on the cut.
fn half_plane(
    ring: &[Coord<f64>],
    depth: impl Fn(Coord<f64>) -> f64,
    onto: impl Fn(&mut Coord<f64>),
) -> Vec<Coord<f64>> {
    let mut out = Vec::new();
    for ends in ring.windows(2) {
        let (a, b) = (depth(ends[0]), depth(ends[1]));
        if a >= 0.0 {
            out.push(ends[0]);
        }
        if (a >= 0.0) != (b >= 0.0) {
            let mut on = ends[0] + (ends[1] - ends[0]) * (a / (a - b));
            onto(&mut on);
            out.push(on);
        }
    }
    if let Some(&first) = out.first() {
        out.push(first);
    }
    out
}

/// A closed ring in runs of edges, each with its box, and runs of runs.
struct Runs {
    points: Vec<Coord<f64>>,
    /// The boxes of [`RUN`] edges, then of [`RUN`] of those, and so on.
    levels: Vec<Vec<Rect<f64>>>,
}

/// Edges of a run, and runs of a longer one.
const RUN: usize = 16;

impl Runs {
    fn new(ring: &LineString<f64>) -> Self {
        let points = ring.0.clone();
        let around = |a: Rect<f64>, b: Rect<f64>| {
            let (low, high) = ((a.min(), b.min()), (a.max(), b.max()));
            Rect::new(
                Coord { x: low.0.x.min(low.1.x), y: low.0.y.min(low.1.y) },
                Coord { x: high.0.x.max(high.1.x), y: high.0.y.max(high.1.y) },
            )
        };
        let edges: Vec<Rect<f64>> = points.windows(2).map(|ends| Rect::new(ends[0], ends[1])).collect();
        let runs = |below: &[Rect<f64>]| -> Vec<Rect<f64>> {
            below.chunks(RUN).filter_map(|run| run.iter().copied().reduce(around)).collect()
        };
        let mut levels = vec![runs(&edges)];
        while let Some(last) = levels.last().filter(|last| last.len() > RUN) {
            levels.push(runs(last));
        }
        Self { points, levels }
    }

    /// The ring without corners on its ways beyond one side of `extent`, which the cut takes away whole.
    fn condensed(&self, extent: Rect<f64>) -> Vec<Coord<f64>> {
        let mut kept = Vec::new();
        let top = self.levels.len() - 1;
        (0..self.levels[top].len()).for_each(|run| self.condense(top, run, extent, &mut kept));
        kept.extend(self.points.last());
        kept
    }

    fn condense(&self, level: usize, run: usize, extent: Rect<f64>, kept: &mut Vec<Coord<f64>>) {
        let around = self.levels[level][run];
        let (low, high) = (extent.min(), extent.max());
        let beyond = around.max().x < low.x
            || around.min().x > high.x
            || around.max().y < low.y
            || around.min().y > high.y;
        let begin = run * RUN.pow(level as u32 + 1);
        if beyond {
            kept.push(self.points[begin]);
        } else if level == 0 {
            kept.extend_from_slice(&self.points[begin..(begin + RUN).min(self.points.len() - 1)]);
        } else {
            let below = run * RUN..((run + 1) * RUN).min(self.levels[level - 1].len());
            below.for_each(|run| self.condense(level - 1, run, extent, kept));
        }
    }
}

/// The outline of a valid shape.
pub(crate) struct LongOutline {
    pub(crate) edges: IndexedEdges,
    spans: Spans,
    /// By polygon, its exterior and its holes.
    rings: Vec<Vec<Runs>>,
}

impl LongOutline {
    /// The outline of `polygons`, where it has many edges.
    pub(crate) fn of(polygons: &[Polygon<f64>]) -> Option<Self> {
        let corners: usize = polygons.iter().map(|polygon| polygon.coords_count()).sum();
        (corners > MANY_EDGES).then(|| Self::new(polygons))
    }

    /// The outline of any `polygons`.
    pub(crate) fn new(polygons: &[Polygon<f64>]) -> Self {
        let edges: Vec<Edge> = edges(polygons).collect();
        let spans = Spans::new(&edges);
        let rings =
            |p: &Polygon<f64>| std::iter::once(p.exterior()).chain(p.interiors()).map(Runs::new).collect();
        Self { edges: IndexedEdges::new(edges), spans, rings: polygons.iter().map(rings).collect() }
    }

    /// Whether `point` lies within. Of a point on the outline either may be said. Adds to `looked_at` how many edges it was
    /// held against.
    pub(crate) fn contains(&self, point: Coord<f64>, looked_at: &mut u64) -> bool {
        self.spans.right_of(point, &self.edges.edges, looked_at) % 2 == 1
    }
}

/// Edges by the spans of heights that they cross.
struct Spans {
    /// The heights of all corners, ascending, each once.
    heights: Vec<f64>,
    /// A segment tree over the spans between them: node 1 is all of them, nodes 2n and 2n + 1 are the halves of node n. Of each
    /// the edges that cross its span and not all of its parent's, from left to right.
    nodes: Vec<Vec<u32>>,
}

impl Spans {
    fn new(edges: &[Edge]) -> Self {
        let mut heights: Vec<f64> = edges.iter().map(|(a, _)| a.y + 0.0).collect();
        heights.sort_unstable_by(f64::total_cmp);
        heights.dedup();
        let spans = heights.len().saturating_sub(1);
        let leaves = spans.next_power_of_two().max(1);
        let mut nodes: Vec<Vec<u32>> = vec![Vec::new(); 2 * leaves];
        for ((a, b), number) in edges.iter().zip(0_u32..) {
            let at = |y: f64| heights.partition_point(|h| *h < y);
            let (mut low, mut high) = (at(a.y.min(b.y)) + leaves, at(a.y.max(b.y)) + leaves);
            // The fewest nodes that make up the spans from `low` to before `high`.
            while low < high {
                if low % 2 == 1 {
                    nodes[low].push(number);
                    low += 1;
                }
                if high % 2 == 1 {
                    high -= 1;
                    nodes[high].push(number);
                }
                low /= 2;
                high /= 2;
            }
        }
        let depth = leaves.trailing_zeros();
        for (node, own) in nodes.iter_mut().enumerate().filter(|(_, own)| own.len() > 1) {
            // The span of a node: as many leaves as its depth leaves it.
            let level = usize::BITS - 1 - node.leading_zeros();
            let width = 1_usize << (depth - level);
            let first = (node << (depth - level)) - leaves;
            let middle = 0.5 * (heights[first] + heights[(first + width).min(spans)]);
            let across = |n: &u32| {
                let (a, b) = edges[*n as usize];
                a.x + (b.x - a.x) * ((middle - a.y) / (b.y - a.y))
            };
            own.sort_by(|p, q| across(p).total_cmp(&across(q)).then(p.cmp(q)));
        }
        Self { heights, nodes }
    }

    /// How many edges a ray from `point` to its right crosses.
    fn right_of(&self, point: Coord<f64>, edges: &[Edge], looked_at: &mut u64) -> usize {
        let above = self.heights.partition_point(|h| *h <= point.y);
        if above == 0 || above == self.heights.len() {
            return 0;
        }
        let mut node = above - 1 + self.nodes.len() / 2;
        let mut crossed = 0;
        while node > 0 {
            let own = &self.nodes[node];
            let passed = own.partition_point(|n| {
                *looked_at += 1;
                let (a, b) = edges[*n as usize];
                // An edge that runs up has what is right of it to its right.
                let right = if b.y > a.y { Orientation::Clockwise } else { Orientation::CounterClockwise };
                RobustKernel::orient2d(a, b, point) == right
            });
            crossed += own.len() - passed;
            node /= 2;
        }
        crossed
    }
}

#[cfg(test)]
mod tests {
    use geo::Area as _;
    use proptest::prelude::*;

    use super::*;
    use crate::boolean_ops::{even_odd, intersection};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn it_agrees_with_a_ray_through_all_edges(
            corners in prop::collection::vec((0..40_u16, 0..40_u16), 3..60),
            is_far: bool,
        ) {
            let place = |x: f64, y: f64| {
                let (dx, dy, scale) = if is_far { (40_512_345.678, 3_451_234.567, 0.371) } else { (0.0, 0.0, 1.0) };
                Coord { x: dx + scale * x, y: dy + scale * y }
            };
            let tangle: LineString<f64> =
                corners.iter().map(|(x, y)| place(f64::from(*x), f64::from(*y))).collect();
            // Parts and holes that touch each other at corners, and cross nowhere.
            let shape = even_odd(&Polygon::new(tangle, vec![]).into());
            let all: Vec<Edge> = edges(&shape.0).collect();
            let spans = Spans::new(&all);
            for (x, y) in (0..40).flat_map(|x| (0..40).map(move |y| (f64::from(x) + 0.31, f64::from(y) + 0.17))) {
                let p = place(x, y);
                let inside = spans.right_of(p, &all, &mut 0) % 2 == 1;
                prop_assert_eq!(inside, point_in_ring::contains(p, all.iter().copied()), "{:?}", p);
            }
        }
    }

    /// A comb of `teeth` teeth that all reach from top to bottom: any ray through it meets most of its edges.
    fn comb(teeth: usize) -> MultiPolygon<f64> {
        let mut ring = vec![Coord { x: 0.0, y: 100.0 }];
        for tooth in 0..teeth {
            let x = tooth as f64;
            ring.push(Coord { x, y: (tooth % 7) as f64 * 0.1 });
            ring.push(Coord { x: x + 0.4, y: (tooth % 5) as f64 * 0.1 });
            ring.push(Coord { x: x + 0.5, y: 90.0 });
            ring.push(Coord { x: x + 0.9, y: 90.0 });
        }
        ring.push(Coord { x: teeth as f64, y: 100.0 });
        MultiPolygon::new(vec![Polygon::new(LineString::new(ring), vec![])])
    }

    #[test]
    fn an_outline_is_cut_to_a_box_without_looking_at_all_of_it() {
        let comb = comb(4000);
        let long = LongOutline::of(&comb.0).unwrap();
        let land = Land::new(&comb, Some(&long)).unwrap();
        let plain = Land { long: None, ..land };
        for (x, y, width, height) in [
            (100.0, 20.0, 50.0, 30.0),
            (0.0, 95.0, 4000.0, 10.0),
            (3999.0, -5.0, 10.0, 120.0),
            (-5.0, -5.0, 2.0, 2.0),
        ] {
            let area = Rect::new(Coord { x, y }, Coord { x: x + width, y: y + height });
            let (cut, whole) = (land.clipped_to(area), plain.clipped_to(area));
            let expected = intersection(&comb, &area.to_polygon().into()).unsigned_area();
            for found in [&cut, &whole] {
                let area_m2 = even_odd(found).unsigned_area();
                assert!((area_m2 - expected).abs() < 1e-3, "{area_m2} {expected}");
            }
            let (mut near, mut all) = (Vec::new(), Vec::new());
            land.edges_near(area, |edge| near.push(edge));
            plain.edges_near(area, |edge| all.push(edge));
            assert_eq!(near, all);
        }
        let area = Rect::new(Coord { x: 100.0, y: 20.0 }, Coord { x: 150.0, y: 50.0 });
        let condensed = long.rings[0][0].condensed(area);
        assert!(condensed.len() < 600, "{} of {}", condensed.len(), comb.0[0].exterior().0.len());
    }

    #[test]
    fn a_point_is_held_against_few_edges_however_the_outline_winds() {
        let looked_at = |teeth: usize| {
            let outline = LongOutline::of(&comb(teeth).0).unwrap();
            let mut count = 0;
            for tooth in 0..200 {
                let x = (tooth * teeth / 200) as f64;
                assert!(outline.contains(Coord { x: x + 0.2, y: 50.0 }, &mut count));
                assert!(!outline.contains(Coord { x: x + 0.7, y: 50.0 }, &mut count));
            }
            count / 400
        };
        let (few, many) = (looked_at(500), looked_at(16_000));
        // 32 times the edges, 5 more halvings in each of the few nodes on the way.
        assert!(few < 60 && many < 3 * few, "{few} {many}");
    }
}
