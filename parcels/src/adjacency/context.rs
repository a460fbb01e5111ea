//! The spatial context of a parcel: the sides of the others near it, its own, and barriers.

use geo::{BoundingRect, Coord, Intersects, Rect};
use rayon::prelude::*;

use super::COINCIDENT_M;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::long_outline::{IndexedEdges, LongOutline, MANY_EDGES, edges};
use crate::parcel::{Barrier, Layer};
use crate::point_in_ring;

/// Up to this number of parcels are looked at one by one.
const FEW_PARCELS: usize = 32;

/// Whose side it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Owner {
    /// Another parcel, by its position among the near ones.
    Other(usize),
    /// The parcel itself.
    Own,
    /// A barrier line with this half width, m.
    Barrier(f64),
}

/// One side of an outline, or one segment of a barrier line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side {
    pub(super) from: Coord<f64>,
    pub(super) to: Coord<f64>,
    pub(super) owner: Owner,
}

impl Side {
    fn meets(&self, area: Rect<f64>) -> bool {
        self.from.x.min(self.to.x) <= area.max().x
            && self.from.x.max(self.to.x) >= area.min().x
            && self.from.y.min(self.to.y) <= area.max().y
            && self.from.y.max(self.to.y) >= area.min().y
    }
}

/// All parcels and barriers, ready to be asked for the neighbourhood of one.
pub(super) struct SpatialContext<'a> {
    layer: &'a Layer,
    index: &'a SpatialIndex,
    bounds: Vec<Option<Rect<f64>>>,
    /// The outlines of many sides.
    long: Vec<Option<Box<LongOutline>>>,
    barriers: IndexedEdges,
    barrier_half_widths_m: Vec<f64>,
    widest_m: f64,
    reach_m: f64,
}

/// The neighbourhood of one parcel: what is within reach. Kept between parcels for its memory.
#[derive(Default)]
pub(super) struct Neighbourhood {
    /// The parcels whose box is within reach, ascending.
    pub(super) parcels: Vec<ParcelIdx>,
    /// Sides: of the others in the order of `parcels`, then its own, then barriers.
    sides: Vec<Side>,
    /// An index of `sides` where they are many.
    index: Option<SpatialIndex>,
    numbers: Vec<u32>,
}

impl<'a> SpatialContext<'a> {
    pub(super) fn new(
        layer: &'a Layer,
        index: &'a SpatialIndex,
        barriers: &'a [Barrier],
        reach_m: f64,
    ) -> Self {
        let bounds = layer.parcels().par_iter().map(|p| p.shape.bounding_rect()).collect();
        let long = layer.parcels().par_iter().map(|p| LongOutline::of(&p.shape).map(Box::new)).collect();
        // A segment without length has no direction and cuts nothing; one without a place cannot be indexed.
        let is_line = |pair: &[Coord<f64>]| {
            let length = (pair[1] - pair[0]).x.hypot((pair[1] - pair[0]).y);
            length > 0.0 && length.is_finite()
        };
        let segments = || {
            barriers.iter().flat_map(move |b| {
                b.line.0.windows(2).filter(move |pair| is_line(pair)).map(move |pair| (b, pair))
            })
        };
        // A line along an edge cuts it whatever its width, as long as it lies on it.
        let barrier_half_widths_m: Vec<f64> =
            segments().map(|(b, _)| b.half_width_m.max(COINCIDENT_M)).collect();
        Self {
            layer,
            index,
            bounds,
            long,
            barriers: IndexedEdges::new(segments().map(|(_, pair)| (pair[0], pair[1])).collect()),
            widest_m: barrier_half_widths_m.iter().copied().fold(0.0, f64::max),
            barrier_half_widths_m,
            reach_m,
        }
    }

    /// How far from an edge sides of `owner` matter, m.
    pub(super) fn reach_m(&self, owner: Owner) -> f64 {
        match owner {
            Owner::Barrier(half_width_m) => self.reach_m.max(half_width_m),
            Owner::Other(_) | Owner::Own => self.reach_m,
        }
    }

    pub(super) fn bounds(&self, parcel: ParcelIdx) -> Option<Rect<f64>> {
        self.bounds[parcel.at()]
    }

    /// Fills `neighbourhood` with what is near `parcel`.
    pub(super) fn collect(&self, parcel: ParcelIdx, neighbourhood: &mut Neighbourhood) {
        let Neighbourhood { parcels, sides: found, index, numbers } = neighbourhood;
        parcels.clear();
        found.clear();
        *index = None;
        let Some(bounds) = self.bounds(parcel) else { return };
        self.index.numbers_near(bounds, self.reach_m, |n| {
            if n != parcel.0 {
                parcels.push(ParcelIdx(n));
            }
        });
        parcels.sort_unstable();
        let area = grown(bounds, self.reach_m);
        for (slot, other) in parcels.iter().enumerate() {
            let owner = Owner::Other(slot);
            if let Some(long) = &self.long[other.at()] {
                long.edges.meeting(area, numbers);
                found.extend(numbers.iter().map(|n| {
                    let (from, to) = long.edges.edge(*n);
                    Side { from, to, owner }
                }));
            } else {
                found.extend(
                    edges(&self.layer[*other].shape)
                        .map(|(from, to)| Side { from, to, owner })
                        .filter(|side| side.meets(area)),
                );
            }
        }
        found.extend(edges(&self.layer[parcel].shape).map(|(from, to)| Side { from, to, owner: Owner::Own }));
        if !self.barriers.is_empty() {
            self.barriers.meeting(grown(bounds, self.reach_m.max(self.widest_m)), numbers);
            found.extend(numbers.iter().map(|n| {
                let (from, to) = self.barriers.edge(*n);
                Side { from, to, owner: Owner::Barrier(self.barrier_half_widths_m[*n as usize]) }
            }));
        }
        if found.len() > MANY_EDGES {
            *index =
                Some(SpatialIndex::of_boxes((0u32..).zip(found.iter().map(|s| Rect::new(s.from, s.to)))));
        }
    }

    /// Calls `visit` with the near sides whose box may be within reach of `area`, in their order.
    pub(super) fn visit(
        &self,
        neighbourhood: &mut Neighbourhood,
        area: Rect<f64>,
        mut visit: impl FnMut(Side),
    ) {
        let area = grown(area, self.reach_m.max(self.widest_m));
        let Neighbourhood { sides, index, numbers, .. } = neighbourhood;
        if let Some(index) = index {
            numbers.clear();
            index.numbers_near(area, 0.0, |n| numbers.push(n));
            numbers.sort_unstable();
            numbers.iter().for_each(|n| visit(sides[*n as usize]));
        } else {
            sides.iter().filter(|side| side.meets(area)).for_each(|side| visit(*side));
        }
    }

    /// The places in `neighbourhood` of the parcels whose box meets `area`, ascending.
    pub(super) fn near(&self, neighbourhood: &Neighbourhood, area: Rect<f64>, slots: &mut Vec<usize>) {
        let parcels = &neighbourhood.parcels;
        let meets = |slot: &usize| self.bounds(parcels[*slot]).is_some_and(|b| b.intersects(&area));
        slots.clear();
        if parcels.len() <= FEW_PARCELS {
            slots.extend((0..parcels.len()).filter(meets));
            return;
        }
        // A river has thousands of neighbours, and one of its edges two or three.
        self.index.numbers_near(area, 0.0, |n| slots.extend(parcels.binary_search(&ParcelIdx(n)).ok()));
        slots.retain(meets);
        slots.sort_unstable();
    }

    /// Whether `point` lies inside `parcel`. Adds to `looked_at` how many sides that took.
    pub(super) fn contains(&self, parcel: ParcelIdx, point: Coord<f64>, looked_at: &mut u64) -> bool {
        if !self.bounds(parcel).is_some_and(|b| b.intersects(&point)) {
            return false;
        }
        match &self.long[parcel.at()] {
            Some(long) => long.contains(point, looked_at),
            None => {
                *looked_at += 1;
                point_in_ring::contains(point, edges(&self.layer[parcel].shape))
            }
        }
    }
}

/// `area` with `margin_m` more on every side.
pub(super) fn grown(area: Rect<f64>, margin_m: f64) -> Rect<f64> {
    let margin = Coord { x: margin_m, y: margin_m };
    Rect::new(area.min() - margin, area.max() + margin)
}
