//! The spatial context of a part of a parcel: the sides of the others near it, its own, and barriers.

use geo::{BoundingRect, Coord, Intersects, Polygon, Rect};
use rayon::prelude::*;

use super::COINCIDENT_M;
use super::outlines::Outlines;
use crate::id::PartIdx;
use crate::index::SpatialIndex;
use crate::long_outline::{IndexedEdges, LongOutline, MANY_EDGES, edges};
use crate::parcel::Barrier;
use crate::point_in_ring;

/// Up to this number of parts are looked at one by one.
const FEW_PARTS: usize = 32;

/// Whose side it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Owner {
    /// Another part, by its position among the near ones.
    Other(usize),
    /// The part itself.
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

/// All parts and barriers, ready to be asked for the neighbourhood of one part.
pub(super) struct SpatialContext<'a> {
    outlines: Outlines<'a>,
    index: &'a SpatialIndex,
    bounds: Vec<Option<Rect<f64>>>,
    /// The outlines of many sides.
    long: Vec<Option<Box<LongOutline>>>,
    barriers: IndexedEdges,
    barrier_half_widths_m: Vec<f64>,
    widest_m: f64,
    reach_m: f64,
}

/// The neighbourhood of one part: what is within reach. Kept between parts for its memory.
#[derive(Default)]
pub(super) struct Neighbourhood {
    /// The parts whose box is within reach, ascending.
    pub(super) parts: Vec<PartIdx>,
    /// Sides: of the others in the order of `parts`, then its own, then barriers.
    sides: Vec<Side>,
    /// An index of `sides` where they are many.
    index: Option<SpatialIndex>,
    numbers: Vec<u32>,
}

impl<'a> SpatialContext<'a> {
    pub(super) fn new(
        outlines: Outlines<'a>,
        index: &'a SpatialIndex,
        barriers: &'a [Barrier],
        reach_m: f64,
    ) -> Self {
        let each = (0..outlines.len()).into_par_iter().map(|at| outlines.of(PartIdx::from_at(at)));
        let bounds = each.clone().map(bounds_of).collect();
        let long = each.map(|outline| LongOutline::of(outline).map(Box::new)).collect();
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
            outlines,
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

    pub(super) fn bounds(&self, part: PartIdx) -> Option<Rect<f64>> {
        self.bounds[part.at()]
    }

    /// Fills `neighbourhood` with what is near `part`.
    pub(super) fn collect(&self, part: PartIdx, neighbourhood: &mut Neighbourhood) {
        let Neighbourhood { parts, sides: found, index, numbers } = neighbourhood;
        parts.clear();
        found.clear();
        *index = None;
        let Some(bounds) = self.bounds(part) else { return };
        self.index.numbers_near(bounds, self.reach_m, |n| {
            if n != part.0 {
                parts.push(PartIdx(n));
            }
        });
        parts.sort_unstable();
        let area = grown(bounds, self.reach_m);
        for (slot, other) in parts.iter().enumerate() {
            let owner = Owner::Other(slot);
            if let Some(long) = &self.long[other.at()] {
                long.edges.meeting(area, numbers);
                found.extend(numbers.iter().map(|n| {
                    let (from, to) = long.edges.edge(*n);
                    Side { from, to, owner }
                }));
            } else {
                found.extend(
                    edges(self.outlines.of(*other))
                        .map(|(from, to)| Side { from, to, owner })
                        .filter(|side| side.meets(area)),
                );
            }
        }
        found.extend(edges(self.outlines.of(part)).map(|(from, to)| Side { from, to, owner: Owner::Own }));
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

    /// The places in `neighbourhood` of the parts whose box meets `area`, ascending.
    pub(super) fn near(&self, neighbourhood: &Neighbourhood, area: Rect<f64>, slots: &mut Vec<usize>) {
        let parts = &neighbourhood.parts;
        let meets = |slot: &usize| self.bounds(parts[*slot]).is_some_and(|b| b.intersects(&area));
        slots.clear();
        if parts.len() <= FEW_PARTS {
            slots.extend((0..parts.len()).filter(meets));
            return;
        }
        // A river has thousands of neighbours, and one of its edges two or three.
        self.index.numbers_near(area, 0.0, |n| slots.extend(parts.binary_search(&PartIdx(n)).ok()));
        slots.retain(meets);
        slots.sort_unstable();
    }

    /// Whether `point` lies inside `part`. Adds to `looked_at` how many sides that took.
    pub(super) fn contains(&self, part: PartIdx, point: Coord<f64>, looked_at: &mut u64) -> bool {
        if !self.bounds(part).is_some_and(|b| b.intersects(&point)) {
            return false;
        }
        match &self.long[part.at()] {
            Some(long) => long.contains(point, looked_at),
            None => {
                *looked_at += 1;
                point_in_ring::contains(point, edges(self.outlines.of(part)))
            }
        }
    }
}

/// The box around an outline; none where there is none.
pub(super) fn bounds_of(outline: &[Polygon<f64>]) -> Option<Rect<f64>> {
    outline.first()?.bounding_rect()
}

/// `area` with `margin_m` more on every side.
pub(super) fn grown(area: Rect<f64>, margin_m: f64) -> Rect<f64> {
    let margin = Coord { x: margin_m, y: margin_m };
    Rect::new(area.min() - margin, area.max() + margin)
}
