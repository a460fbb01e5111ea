//! Measures along the boundary of one part of a parcel which others it faces: parts of its own parcel as those of any other.
//!
//! Edge by edge, in the frame of the edge: first the parcels that coincide with it (shared edges, overlaps), which also
//! occlude everything behind them; then, along what is left, the lines of sight to every other parcel's nearest point,
//! piece by piece of the lower envelope of distances. All limits (45°, reach, occlusion) are roots of linear or quadratic equations, so
//! lengths are exact up to rounding and nothing is sampled.

use geo::{Coord, Rect};

use super::COINCIDENT_M;
use super::context::{Neighbourhood, Owner, Side, SpatialContext, grown};
use super::frame::{self, Frame};
use super::intervals::{Interval, complement, merge};
use super::nearest::Envelope;
use super::sight::{SLACK, SightLines};
use crate::graph::Rows;
use crate::id::PartIdx;
use crate::long_outline::Edge;
use crate::progress::{Cancelled, Monitor, go_on};

/// Edges of one part measured between two looks at the monitor.
const EDGES: usize = 256;

/// One-sided facing lengths of a run of parts.
#[derive(Default)]
pub(super) struct OneSided {
    /// Per part those it faces, ascending.
    pub(super) neighbours: Rows<PartIdx>,
    /// Per neighbour, the length at every reach, m.
    pub(super) lengths_m: Vec<f64>,
    /// Per part, the length that faces nobody at every reach, m.
    pub(super) exposed_m: Vec<f64>,
}

impl OneSided {
    /// Appends a part that is not measured.
    pub(super) fn skip(&mut self, reaches: usize) {
        self.neighbours.end_row();
        self.exposed_m.resize(self.exposed_m.len() + reaches, 0.0);
    }
}

/// A stretch of the edge that faces somebody from a reach on.
struct Covered {
    interval: Interval,
    from_reach: usize,
}

/// Measures one part after another; holds the memory that takes.
pub(super) struct FacingMeasurer<'a> {
    context: &'a SpatialContext<'a>,
    /// Ascending.
    reaches_m: &'a [f64],
    neighbourhood: Neighbourhood,
    /// Per near part and reach, m.
    lengths_m: Vec<f64>,
    exposed_m: Vec<f64>,
    /// The near sides, in the frame of the edge.
    local: Vec<Side>,
    /// Those of `local` that can stand in a line of sight.
    blockers: Vec<Side>,
    /// The near parts that have sides in `local`, ascending, and which.
    ranges: Vec<(usize, std::ops::Range<usize>)>,
    /// The near parts whose box meets the edge.
    slots: Vec<usize>,
    /// As `looked_at()`.
    looked_at: u64,
    /// Stretches that coincide with a part, by its slot.
    coincides: Vec<(usize, Interval)>,
    /// Stretches occluded by a part that begins right behind them.
    occluded: Vec<Interval>,
    /// Stretches cut by a barrier that runs along them.
    cut_by_barrier: Vec<Interval>,
    covered: Vec<Covered>,
    envelope: Envelope,
    intervals: Vec<Interval>,
    more_intervals: Vec<Interval>,
    crossings: Vec<f64>,
}

impl<'a> FacingMeasurer<'a> {
    pub(super) fn new(context: &'a SpatialContext<'a>, reaches_m: &'a [f64]) -> Self {
        Self {
            context,
            reaches_m,
            neighbourhood: Neighbourhood::default(),
            lengths_m: Vec::new(),
            exposed_m: vec![0.0; reaches_m.len()],
            local: Vec::new(),
            blockers: Vec::new(),
            ranges: Vec::new(),
            slots: Vec::new(),
            looked_at: 0,
            coincides: Vec::new(),
            occluded: Vec::new(),
            cut_by_barrier: Vec::new(),
            covered: Vec::new(),
            envelope: Envelope::default(),
            intervals: Vec::new(),
            more_intervals: Vec::new(),
            crossings: Vec::new(),
        }
    }

    /// Appends what `part` faces; its boundary is `edges`.
    ///
    /// # Errors
    /// [`Cancelled`] when the monitor says so.
    pub(super) fn measure(
        &mut self,
        part: PartIdx,
        edges: impl Iterator<Item = Edge>,
        one_sided: &mut OneSided,
        monitor: &dyn Monitor,
    ) -> Result<(), Cancelled> {
        let reaches = self.reaches_m.len();
        self.context.collect(part, &mut self.neighbourhood);
        self.lengths_m.clear();
        self.lengths_m.resize(self.neighbourhood.parts.len() * reaches, 0.0);
        self.exposed_m.fill(0.0);
        for (number, (from, to)) in edges.enumerate() {
            if number % EDGES == 0 {
                go_on(monitor)?;
            }
            if let Some(frame) = Frame::new(from, to) {
                self.gather(&frame, Rect::new(from, to));
                self.find_coinciding(&frame, Rect::new(from, to));
                self.find_across_gaps(&frame);
                self.measure_exposed(&frame);
            }
        }
        for (slot, other) in self.neighbourhood.parts.iter().enumerate() {
            let lengths = &self.lengths_m[slot * reaches..(slot + 1) * reaches];
            if lengths.iter().any(|l| *l > 0.0) {
                one_sided.neighbours.push(*other);
                one_sided.lengths_m.extend_from_slice(lengths);
            }
        }
        one_sided.neighbours.end_row();
        one_sided.exposed_m.extend_from_slice(&self.exposed_m);
        Ok(())
    }

    /// How many sides and parcels were looked at so far, as a measure of the work.
    #[cfg(test)]
    pub(super) fn looked_at(&self) -> u64 {
        self.looked_at
    }

    /// Brings the sides near the edge into its frame.
    fn gather(&mut self, frame: &Frame, area: Rect<f64>) {
        let Self { context, neighbourhood, local, ranges, looked_at, .. } = self;
        local.clear();
        context.visit(neighbourhood, area, |side| {
            let (from, to) = (frame.local(side.from), frame.local(side.to));
            let reach = context.reach_m(side.owner) + SLACK;
            if from.y.min(to.y) <= reach
                && from.y.max(to.y) >= -reach
                && from.x.min(to.x) <= frame.length_m + reach
                && from.x.max(to.x) >= -reach
            {
                local.push(Side { from, to, owner: side.owner });
            }
        });
        ranges.clear();
        let mut start = 0;
        for own in local.chunk_by(|p, q| p.owner == q.owner) {
            if let Owner::Other(slot) = own[0].owner {
                ranges.push((slot, start..start + own.len()));
            }
            start += own.len();
        }
        *looked_at += local.len() as u64;
    }

    /// Fills `cut_by_barrier`, `coincides` and `occluded`, and counts what coincides and is not cut by a barrier.
    fn find_coinciding(&mut self, frame: &Frame, area: Rect<f64>) {
        self.cut_by_barrier.clear();
        self.coincides.clear();
        self.occluded.clear();
        self.covered.clear();
        for side in &self.local {
            if let Owner::Barrier(half_width_m) = side.owner {
                let d = side.to - side.from;
                if d.x.abs() + SLACK >= d.y.abs() {
                    self.cut_by_barrier.extend(frame::within(side.from, side.to, half_width_m + SLACK));
                }
            }
        }
        merge(&mut self.cut_by_barrier);
        self.context.near(&self.neighbourhood, grown(area, COINCIDENT_M + SLACK), &mut self.slots);
        self.looked_at += self.slots.len() as u64;
        for at in 0..self.slots.len() {
            let slot = self.slots[at];
            self.coincide_with(slot, self.neighbourhood.parts[slot], frame);
        }
        merge(&mut self.occluded);
        for at in 0..self.coincides.len() {
            let (slot, interval) = self.coincides[at];
            let Self { lengths_m, covered, cut_by_barrier, reaches_m, .. } = self;
            complement(interval, cut_by_barrier, |free| {
                for length in &mut lengths_m[slot * reaches_m.len()..(slot + 1) * reaches_m.len()] {
                    *length += free.len();
                }
                covered.push(Covered { interval: free, from_reach: 0 });
            });
        }
    }

    /// Adds where the edge coincides with one part to `coincides`, and where that begins behind it to `occluded`.
    fn coincide_with(&mut self, slot: usize, part: PartIdx, frame: &Frame) {
        let Self {
            context,
            local,
            ranges,
            coincides,
            occluded,
            intervals,
            more_intervals,
            crossings,
            looked_at,
            ..
        } = self;
        let own = ranges.binary_search_by_key(&slot, |(slot, _)| *slot);
        let sides = own.map_or(&[][..], |at| &local[ranges[at].1.clone()]);
        let mut inside = |x: f64, y: f64| context.contains(part, frame.world(Coord { x, y }), looked_at);

        // Neighbourhood its boundary, or between such stretches wholly inside it or wholly outside.
        intervals.clear();
        intervals.extend(
            sides
                .iter()
                .filter_map(|s| frame::within(s.from, s.to, COINCIDENT_M + SLACK)?.and(frame.interval())),
        );
        merge(intervals);
        more_intervals.clear();
        complement(frame.interval(), intervals, |gap| {
            if inside(gap.middle(), 0.0) {
                more_intervals.push(gap);
            }
        });
        intervals.append(more_intervals);
        merge(intervals);
        if intervals.is_empty() {
            return;
        }
        coincides.extend(intervals.iter().map(|interval| (slot, *interval)));

        // Its sides along the edge in the opposite direction have it behind them; elsewhere, look a touch behind.
        for s in sides {
            if s.to.x < s.from.x && s.from.y.abs() <= COINCIDENT_M && s.to.y.abs() <= COINCIDENT_M {
                more_intervals.extend(Interval::between(s.to.x, s.from.x).and(frame.interval()));
            }
        }
        merge(more_intervals);
        occluded.extend_from_slice(more_intervals);
        crossings.clear();
        for s in sides {
            if (s.from.y > COINCIDENT_M) != (s.to.y > COINCIDENT_M) {
                crossings
                    .push(s.from.x + (COINCIDENT_M - s.from.y) * (s.to.x - s.from.x) / (s.to.y - s.from.y));
            }
        }
        crossings.sort_unstable_by(f64::total_cmp);
        for interval in intervals.iter() {
            complement(*interval, more_intervals, |gap| {
                let mut from = gap.from;
                for to in crossings.iter().copied().chain([gap.to]) {
                    occluded.extend(
                        gap.and(Interval { from, to }).filter(|part| inside(part.middle(), COINCIDENT_M)),
                    );
                    from = from.max(to);
                }
            });
        }
    }

    /// Counts what faces parcels at a distance.
    fn find_across_gaps(&mut self, frame: &Frame) {
        let Some(&reach_max) = self.reaches_m.last() else { return };
        let mut open: Option<Interval> = None;
        complement(frame.interval(), &self.occluded, |gap| {
            open = Some(Interval { from: open.map_or(gap.from, |o| o.from), to: gap.to });
        });
        let Some(open) = open else { return };
        let Self {
            local,
            ranges,
            coincides,
            occluded,
            lengths_m,
            covered,
            reaches_m,
            envelope,
            intervals,
            blockers,
            looked_at,
            ..
        } = self;
        let mut gathered = false;
        for (slot, range) in ranges.iter().map(|(slot, range)| (*slot, range)) {
            let sides = &local[range.clone()];
            // Ahead of the edge, within 45° of it.
            let ahead = |s: &Side| {
                let height = s.from.y.max(s.to.y);
                height > 0.0
                    && height + SLACK >= s.from.x.min(s.to.x) - open.to
                    && height + SLACK >= open.from - s.from.x.max(s.to.x)
            };
            if !sides.iter().any(ahead) {
                continue;
            }
            if !gathered {
                // Only what lies in the cone of 45° over the edge can stand in a line of sight, whoever else is near.
                blockers.clear();
                blockers.extend(local.iter().filter(|s| {
                    let height = s.from.y.max(s.to.y) + 3.0 * COINCIDENT_M;
                    height >= 0.0
                        && height >= s.from.x.min(s.to.x) - open.to
                        && height >= open.from - s.from.x.max(s.to.x)
                }));
                gathered = true;
            }
            envelope.of(open, reach_max + SLACK, sides);
            // Those of the others, in two runs around its own.
            let up_to =
                |last: usize| blockers.partition_point(|s| matches!(s.owner, Owner::Other(o) if o < last));
            let (before, after) = (&blockers[..up_to(slot)], &blockers[up_to(slot + 1)..]);
            for piece in envelope.pieces() {
                let Some(sight) = SightLines::of(piece.nearest) else { continue };
                let seen = || piece.interval.and(sight.ahead()?)?.and(sight.within(reach_max)?);
                let Some(seen) = seen() else { continue };
                intervals.clear();
                intervals.extend_from_slice(occluded);
                intervals.extend(coincides.iter().filter(|(s, _)| *s == slot).map(|(_, interval)| *interval));
                *looked_at += (before.len() + after.len()) as u64;
                intervals.extend(before.iter().chain(after).filter_map(|side| match side.owner {
                    Owner::Other(_) | Owner::Own => sight.occluded_by(side.from, side.to),
                    Owner::Barrier(_) => sight.cut_by_barrier(side.from, side.to),
                }));
                merge(intervals);
                complement(seen, intervals, |free| {
                    let mut before = 0.0;
                    for (at, reach_m) in reaches_m.iter().enumerate() {
                        let part = sight.within(*reach_m).and_then(|w| w.and(free));
                        let Some(part) = part else { continue };
                        lengths_m[slot * reaches_m.len() + at] += part.len();
                        if part.len() > before {
                            covered.push(Covered { interval: part, from_reach: at });
                            before = part.len();
                        }
                    }
                });
            }
        }
    }

    /// Adds what of the edge faces nobody.
    fn measure_exposed(&mut self, frame: &Frame) {
        for (at, exposed_m) in self.exposed_m.iter_mut().enumerate() {
            self.intervals.clear();
            self.intervals.extend(self.covered.iter().filter(|c| c.from_reach <= at).map(|c| c.interval));
            merge(&mut self.intervals);
            complement(frame.interval(), &self.intervals, |gap| *exposed_m += gap.len());
        }
    }
}
