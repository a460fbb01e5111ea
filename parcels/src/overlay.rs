//! How much of each parcel other polygons cover: red lines, urban boundaries, a zone drawn as an outline.
//!
//! A lake of ten thousand corners may cover ten thousand parcels. Most of them lie wholly within it or wholly outside:
//! where no edge of the lake meets a parcel's box, one point answers for the parcel. Only along the shore is an
//! intersection computed, and only with what a clip to the parcel's box leaves of the lake.

use geo::{Area, BoundingRect, MultiPolygon, Polygon, Rect};
use rayon::prelude::*;

use crate::boolean_ops;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::long_outline::{Land, LongOutline};
use crate::parcel::Layer;
use crate::progress::{Cancelled, Monitor, go_on};
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
///
/// # Errors
/// [`Cancelled`] when the monitor asks for it.
pub fn covered(
    layer: &Layer,
    index: &SpatialIndex,
    others: &[MultiPolygon<f64>],
    monitor: &dyn Monitor,
) -> Result<Vec<Covered>, Cancelled> {
    let covers: Vec<Vec<Cover>> = others
        .par_iter()
        .map(|shape| {
            go_on(monitor)?;
            Ok(Cover::parts_of(shape))
        })
        .collect::<Result<_, Cancelled>>()?;
    let covers: Vec<Cover> = covers.into_iter().flatten().collect();
    let mut pairs: Vec<(ParcelIdx, usize)> = covers
        .par_iter()
        .enumerate()
        .flat_map_iter(|(at, cover)| index.near(cover.extent, 0.0).into_iter().map(move |idx| (idx, at)))
        .collect();
    pairs.par_sort_unstable();
    let of_parcels: Vec<&[(ParcelIdx, usize)]> = pairs.chunk_by(|p, q| p.0 == q.0).collect();
    let found: Vec<Option<Covered>> = of_parcels
        .into_par_iter()
        .map(|own| {
            go_on(monitor)?;
            let parcel = own[0].0;
            let near = own.iter().map(|&(_, at)| &covers[at]);
            Ok(covered_by(&layer[parcel].shape, near).and_then(|piece| {
                let area_m2 = piece.unsigned_area();
                let share = (area_m2 / layer[parcel].area.planar.0).min(1.0);
                (area_m2 > TOUCH_M2).then_some(Covered { parcel, area_m2, share, piece })
            }))
        })
        .collect::<Result<_, Cancelled>>()?;
    Ok(found.into_iter().flatten().collect())
}

/// The part of `shape` within any of `covers`.
fn covered_by<'a>(
    shape: &MultiPolygon<f64>,
    covers: impl Iterator<Item = &'a Cover>,
) -> Option<MultiPolygon<f64>> {
    let extent = shape.bounding_rect()?;
    let mut clipped: Vec<Polygon<f64>> = Vec::new();
    for cover in covers {
        let land = cover.land();
        let mut edge_near = false;
        land.edges_near(extent, |_| edge_near = true);
        if edge_near {
            clipped.extend(land.clipped_to(extent).0);
        } else if land.contains(extent.min()) {
            return Some(shape.clone());
        }
    }
    if clipped.is_empty() {
        return None;
    }
    Some(boolean_ops::intersection_with_any(shape, &MultiPolygon::new(clipped)))
}

/// One valid polygon that covers.
struct Cover {
    shape: MultiPolygon<f64>,
    extent: Rect<f64>,
    long: Option<LongOutline>,
}

impl Cover {
    /// The parts of a shape, made valid.
    fn parts_of(shape: &MultiPolygon<f64>) -> Vec<Self> {
        let valid = valid_part(shape.clone());
        valid.into_iter().flatten().filter_map(Self::new).collect()
    }

    fn new(polygon: Polygon<f64>) -> Option<Self> {
        let extent = polygon.bounding_rect()?;
        let shape = MultiPolygon::new(vec![polygon]);
        Some(Self { extent, long: LongOutline::of(&shape.0), shape })
    }

    fn land(&self) -> Land<'_> {
        Land { shape: &self.shape, extent: self.extent, long: self.long.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use geo::{Coord, LineString};
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
        let found = covered(&layer, &index, others, &()).unwrap();
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
            let found = covered(&layer, &index, &others, &()).unwrap();
            for (idx, parcel) in layer.iter() {
                let area_m2 = found.iter().find(|c| c.parcel == idx).map_or(0.0, |c| c.area_m2);
                let wanted_m2 = by_definition(&parcel.shape);
                prop_assert!((area_m2 - wanted_m2).abs() < 0.02, "{area_m2} {wanted_m2}");
            }
        }
    }
}
