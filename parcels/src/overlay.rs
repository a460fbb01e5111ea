//! How much of each parcel other polygons cover: red lines, urban boundaries, a zone drawn as an outline.
//!
//! A lake of ten thousand corners may cover ten thousand parcels. Most of them lie wholly within it or wholly outside:
//! where no edge of the lake meets a parcel's box, one point answers for the parcel. Only along the shore is an
//! intersection computed, and only with what a clip to the parcel's box leaves of the lake.

use geo::{Area, BoundingRect, Coord, LineString, MultiPolygon, Polygon, Rect};
use rayon::prelude::*;

use crate::boolean_ops;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::parcel::Layer;
use crate::point_in_ring;
use crate::validate::valid_part;

/// One parcel's part that the other polygons cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Covered {
    /// The parcel.
    pub parcel: ParcelIdx,
    /// Area covered, m², planar.
    pub area_m2: f64,
    /// Area covered ÷ area of the parcel, 0 to 1.
    pub share: f64,
    /// The covered piece, in the layer's CRS.
    pub piece: MultiPolygon<f64>,
}

/// Pieces up to this area are what rounding leaves where a parcel only touches, m².
const TOUCH_M2: f64 = 0.01;

/// What `others` (which may be invalid or overlap each other) cover of each parcel of `layer`; parcels not covered are
/// left out; ascending by parcel. `index` is the layer's. A polygon of `others` that no repair helps covers nothing.
#[must_use]
pub fn covered(layer: &Layer, index: &SpatialIndex, others: &[MultiPolygon<f64>]) -> Vec<Covered> {
    let covers: Vec<Cover> = others.par_iter().flat_map_iter(Cover::parts_of).collect();
    let mut pairs: Vec<(ParcelIdx, usize)> = covers
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, cover)| index.near(cover.extent, 0.0).into_iter().map(move |idx| (idx, at)))
        .collect();
    pairs.par_sort_unstable();
    let of_parcels: Vec<&[(ParcelIdx, usize)]> = pairs.chunk_by(|p, q| p.0 == q.0).collect();
    of_parcels
        .into_par_iter()
        .filter_map(|own| {
            let near = own.iter().map(|&(_, at)| &covers[at]);
            covered_by(&layer[own[0].0].shape, near).map(|piece| (own[0].0, piece))
        })
        .filter_map(|(parcel, piece)| {
            let area_m2 = piece.unsigned_area();
            let share = (area_m2 / layer[parcel].area.planar.0).min(1.0);
            (area_m2 > TOUCH_M2).then_some(Covered { parcel, area_m2, share, piece })
        })
        .collect()
}

/// The part of `shape` within any of `covers`.
fn covered_by<'a>(
    shape: &MultiPolygon<f64>,
    covers: impl Iterator<Item = &'a Cover>,
) -> Option<MultiPolygon<f64>> {
    let extent = shape.bounding_rect()?;
    let mut clipped: Vec<Polygon<f64>> = Vec::new();
    for cover in covers {
        if cover.has_edge_in(extent) {
            clipped.extend(cover.clipped_to(extent));
        } else if cover.contains(extent.min()) {
            return Some(shape.clone());
        }
    }
    if clipped.is_empty() {
        return None;
    }
    Some(boolean_ops::intersection_with_any(shape, &MultiPolygon::new(clipped)))
}

/// One valid polygon that covers, its edges in runs with their boxes.
struct Cover {
    polygon: Polygon<f64>,
    extent: Rect<f64>,
    runs: Vec<Run>,
}

/// Up to [`RUN`] edges of one ring in a row.
struct Run {
    extent: Rect<f64>,
    ring: usize,
    begin: usize,
}

/// Edges of one run.
const RUN: usize = 32;

impl Cover {
    /// The parts of a shape, made valid.
    fn parts_of(shape: &MultiPolygon<f64>) -> Vec<Self> {
        let valid = valid_part(shape.clone());
        valid.into_iter().flatten().filter_map(Self::new).collect()
    }

    fn new(polygon: Polygon<f64>) -> Option<Self> {
        let extent = polygon.bounding_rect()?;
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate();
        let runs = rings
            .flat_map(|(ring, line)| {
                (0..line.0.len().saturating_sub(1)).step_by(RUN).map(move |begin| {
                    let points = &line.0[begin..line.0.len().min(begin + RUN + 1)];
                    let (low, high) = points.iter().fold((points[0], points[0]), |(low, high), c| {
                        (
                            Coord { x: low.x.min(c.x), y: low.y.min(c.y) },
                            Coord { x: high.x.max(c.x), y: high.y.max(c.y) },
                        )
                    });
                    Run { extent: Rect::new(low, high), ring, begin }
                })
            })
            .collect();
        Some(Self { polygon, extent, runs })
    }

    fn ring(&self, number: usize) -> &LineString<f64> {
        if number == 0 { self.polygon.exterior() } else { &self.polygon.interiors()[number - 1] }
    }

    /// The edges of the runs whose boxes `meets` takes.
    fn edges(&self, meets: impl Fn(Rect<f64>) -> bool) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> {
        self.runs.iter().filter(move |run| meets(run.extent)).flat_map(|run| {
            let ring = &self.ring(run.ring).0;
            let end = ring.len().min(run.begin + RUN + 1);
            ring[run.begin..end].windows(2).map(|ends| (ends[0], ends[1]))
        })
    }

    /// Whether the box of an edge meets `extent`.
    fn has_edge_in(&self, extent: Rect<f64>) -> bool {
        let (low, high) = (extent.min(), extent.max());
        let meets = move |a: Coord<f64>, b: Coord<f64>| {
            a.x.min(b.x) <= high.x && a.x.max(b.x) >= low.x && a.y.min(b.y) <= high.y && a.y.max(b.y) >= low.y
        };
        self.edges(move |run| meets(run.min(), run.max())).any(|(a, b)| meets(a, b))
    }

    /// Whether `p` lies within: only runs that the ray to its right may meet are asked.
    fn contains(&self, p: Coord<f64>) -> bool {
        let ahead = |run: Rect<f64>| run.min().y <= p.y && p.y <= run.max().y && run.max().x >= p.x;
        point_in_ring::contains(p, self.edges(ahead))
    }

    /// What lies within `extent`, by Sutherland and Hodgman (1974): pieces may hang together by edges along its
    /// border, which enclose nothing.
    fn clipped_to(&self, extent: Rect<f64>) -> Option<Polygon<f64>> {
        let clip = |ring: &LineString<f64>| {
            let clipped = clipped_ring(&ring.0, extent);
            (clipped.len() > 3).then_some(LineString::new(clipped))
        };
        let exterior = clip(self.polygon.exterior())?;
        Some(Polygon::new(exterior, self.polygon.interiors().iter().filter_map(clip).collect()))
    }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parcel::{Crs, Geodesy, RawLayer, RawShape};
    use crate::table::Table;
    use crate::validate::{Checks, Columns, validate};

    struct Nowhere;

    impl Geodesy for Nowhere {
        fn to_lonlat(&self, coords: &mut [Coord<f64>]) {
            coords.fill(Coord { x: f64::NAN, y: f64::NAN });
        }
    }

    /// `side` × `side` squares of 100 m with a road of 10 m around each.
    fn town(side: usize) -> (Layer, SpatialIndex) {
        let square = |i: usize| {
            let (x, y) = ((i % side) as f64 * 110.0, (i / side) as f64 * 110.0);
            RawShape::Polygons {
                shape: rect(x, y, 100.0, 100.0),
                had_z: false,
                had_m: false,
                had_curves: false,
            }
        };
        let shapes: Vec<_> = (0..side * side).map(square).collect();
        let table = Table::new(shapes.len(), vec![]);
        let raw = RawLayer { name: "town".into(), crs: Crs::default(), shapes, table };
        let (layer, _) = validate(raw, &Columns::default(), &[], &Checks::default(), &Nowhere, &()).unwrap();
        let index = SpatialIndex::new(&layer);
        (layer, index)
    }

    fn rect(x: f64, y: f64, width: f64, height: f64) -> MultiPolygon<f64> {
        Rect::new(Coord { x, y }, Coord { x: x + width, y: y + height }).to_polygon().into()
    }

    /// (parcel, area, share) of what is covered.
    fn figures(side: usize, others: &[MultiPolygon<f64>]) -> Vec<(u32, f64, f64)> {
        let (layer, index) = town(side);
        let round = |v: f64| (v * 1e4).round() / 1e4;
        let found = covered(&layer, &index, others);
        found.iter().map(|c| (c.parcel.0, round(c.area_m2), round(c.share))).collect()
    }

    #[test]
    fn overlapping_covers_count_once() {
        let others = [rect(0.0, 0.0, 100.0, 30.0), rect(0.0, 20.0, 100.0, 30.0), rect(90.0, 0.0, 30.0, 20.0)];
        assert_eq!(figures(2, &others), [(0, 5000.0, 0.5), (1, 200.0, 0.02)]);
    }

    #[test]
    fn whole_none_and_touching() {
        assert_eq!(
            figures(2, &[rect(-10.0, -10.0, 125.0, 300.0)]),
            [(0, 10_000.0, 1.0), (1, 500.0, 0.05), (2, 10_000.0, 1.0), (3, 500.0, 0.05),]
        );
        assert_eq!(figures(2, &[rect(100.0, 0.0, 10.0, 100.0), rect(101.0, 101.0, 8.0, 8.0)]), []);
    }

    #[test]
    fn a_cover_with_holes_and_one_that_crosses_itself() {
        let mut around = rect(-10.0, -10.0, 300.0, 300.0);
        around.0[0].interiors_push(LineString::from(vec![
            (-5.0, -5.0),
            (-5.0, 105.0),
            (105.0, 105.0),
            (105.0, -5.0),
        ]));
        around.0[0].interiors_push(LineString::from(vec![
            (120.0, 10.0),
            (130.0, 10.0),
            (130.0, 20.0),
            (120.0, 20.0),
        ]));
        assert_eq!(figures(2, &[around]), [(1, 9900.0, 0.99), (2, 10_000.0, 1.0), (3, 10_000.0, 1.0)]);
        let bow_tie = LineString::from(vec![(0.0, 0.0), (100.0, 100.0), (100.0, 0.0), (0.0, 100.0)]);
        assert_eq!(figures(1, &[Polygon::new(bow_tie, vec![]).into()]), [(0, 5000.0, 0.5)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn covered_is_the_intersection_with_the_union_of_the_others(
            points in prop::collection::vec((0..34_u8, 0..34_u8), 3..12),
            more in prop::collection::vec((0..34_u8, 0..34_u8), 3..12),
        ) {
            let ring = |points: &[(u8, u8)]| -> LineString<f64> {
                points.iter().map(|(x, y)| (f64::from(*x) * 9.7, f64::from(*y) * 9.7)).collect()
            };
            let others = [Polygon::new(ring(&points), vec![]).into(), Polygon::new(ring(&more), vec![]).into()];
            let (layer, index) = town(3);
            let by_definition = |shape: &MultiPolygon<f64>| {
                let valid = others.iter().cloned().filter_map(valid_part);
                let all = valid.fold(MultiPolygon::new(vec![]), |all, one| boolean_ops::union([&all, &one]));
                boolean_ops::intersection(shape, &all).unsigned_area()
            };
            let found = covered(&layer, &index, &others);
            for (idx, parcel) in layer.iter() {
                let area_m2 = found.iter().find(|c| c.parcel == idx).map_or(0.0, |c| c.area_m2);
                let wanted_m2 = by_definition(&parcel.shape);
                prop_assert!((area_m2 - wanted_m2).abs() < 0.02, "{area_m2} {wanted_m2}");
            }
        }
    }
}
