//! Walks the boundary of one parcel and measures which others it faces.
//!
//! Edge by edge, in the frame of the edge: first the parcels that coincide with it (shared edges, overlaps), which also
//! hide everything behind them; then, along what is left, the view to every other parcel's nearest point, piece by
//! piece of the distance envelope. All limits (45°, reach, shadows) are roots of linear or quadratic equations, so
//! lengths are exact up to rounding and nothing is sampled.

use geo::{Coord, Intersects, Rect};

use super::TOUCH_M;
use super::frame::{self, Frame};
use super::near::{Near, Owner, Side, Surroundings, grown};
use super::nearest::Envelope;
use super::spans::{Span, gaps, merge};
use super::view::{SLACK, View};
use crate::id::ParcelIdx;

/// One-sided facing lengths of a run of parcels.
#[derive(Default)]
pub(super) struct Walked {
    /// Per parcel, the end of its rows in `neighbours`.
    pub(super) ends: Vec<usize>,
    /// Parcels faced, ascending per parcel.
    pub(super) neighbours: Vec<ParcelIdx>,
    /// Per neighbour, the length at every reach, m.
    pub(super) lengths_m: Vec<f64>,
    /// Per parcel, the length that faces nobody at every reach, m.
    pub(super) exposed_m: Vec<f64>,
}

impl Walked {
    /// Appends a parcel that is not walked.
    pub(super) fn skip(&mut self, reaches: usize) {
        self.ends.push(self.neighbours.len());
        self.exposed_m.resize(self.exposed_m.len() + reaches, 0.0);
    }
}

/// A stretch of the edge that faces somebody from a reach on.
struct Covered {
    span: Span,
    from_reach: usize,
}

/// Walks one parcel after another; holds the memory that takes.
pub(super) struct Walker<'a> {
    around: &'a Surroundings<'a>,
    /// Ascending.
    reaches_m: &'a [f64],
    near: Near,
    /// Per near parcel and reach, m.
    lengths_m: Vec<f64>,
    exposed_m: Vec<f64>,
    /// The near sides, in the frame of the edge.
    local: Vec<Side>,
    /// The part of `local` of every near parcel.
    ranges: Vec<std::ops::Range<usize>>,
    /// Stretches that coincide with a parcel, by its slot.
    coincides: Vec<(usize, Span)>,
    /// Stretches right behind which a parcel begins.
    shut: Vec<Span>,
    /// Stretches along which a barrier runs.
    barred: Vec<Span>,
    covered: Vec<Covered>,
    envelope: Envelope,
    spans: Vec<Span>,
    more_spans: Vec<Span>,
    crossings: Vec<f64>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(around: &'a Surroundings<'a>, reaches_m: &'a [f64]) -> Self {
        Self {
            around,
            reaches_m,
            near: Near::default(),
            lengths_m: Vec::new(),
            exposed_m: vec![0.0; reaches_m.len()],
            local: Vec::new(),
            ranges: Vec::new(),
            coincides: Vec::new(),
            shut: Vec::new(),
            barred: Vec::new(),
            covered: Vec::new(),
            envelope: Envelope::default(),
            spans: Vec::new(),
            more_spans: Vec::new(),
            crossings: Vec::new(),
        }
    }

    /// Appends what `parcel` faces; its boundary is `edges`.
    pub(super) fn walk(
        &mut self,
        parcel: ParcelIdx,
        edges: impl Iterator<Item = (Coord<f64>, Coord<f64>)>,
        walked: &mut Walked,
    ) {
        let reaches = self.reaches_m.len();
        self.around.collect(parcel, &mut self.near);
        self.lengths_m.clear();
        self.lengths_m.resize(self.near.parcels.len() * reaches, 0.0);
        self.exposed_m.fill(0.0);
        for (from, to) in edges {
            if let Some(frame) = Frame::new(from, to) {
                self.gather(&frame, Rect::new(from, to));
                self.find_coinciding(&frame, Rect::new(from, to));
                self.find_views(&frame);
                self.measure_exposed(&frame);
            }
        }
        for (slot, other) in self.near.parcels.iter().enumerate() {
            let lengths = &self.lengths_m[slot * reaches..(slot + 1) * reaches];
            if lengths.iter().any(|l| *l > 0.0) {
                walked.neighbours.push(*other);
                walked.lengths_m.extend_from_slice(lengths);
            }
        }
        walked.ends.push(walked.neighbours.len());
        walked.exposed_m.extend_from_slice(&self.exposed_m);
    }

    /// Brings the sides near the edge into its frame.
    fn gather(&mut self, frame: &Frame, area: Rect<f64>) {
        let Self { around, near, local, ranges, .. } = self;
        local.clear();
        around.visit(near, area, |side| {
            let (from, to) = (frame.local(side.from), frame.local(side.to));
            let reach = around.reach_m(side.owner) + SLACK;
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
        for slot in 0..near.parcels.len() {
            let count = local[start..].iter().take_while(|s| s.owner == Owner::Other(slot)).count();
            ranges.push(start..start + count);
            start += count;
        }
    }

    /// Fills `barred`, `coincides` and `shut`, and counts what coincides and is not barred.
    fn find_coinciding(&mut self, frame: &Frame, area: Rect<f64>) {
        self.barred.clear();
        self.coincides.clear();
        self.shut.clear();
        self.covered.clear();
        for side in &self.local {
            if let Owner::Barrier(half_width_m) = side.owner {
                let d = side.to - side.from;
                if d.x.abs() + SLACK >= d.y.abs() {
                    self.barred.extend(frame::within(side.from, side.to, half_width_m + SLACK));
                }
            }
        }
        merge(&mut self.barred);
        let area = grown(area, TOUCH_M + SLACK);
        for slot in 0..self.near.parcels.len() {
            let parcel = self.near.parcels[slot];
            if !self.around.bounds(parcel).is_some_and(|b| b.intersects(&area)) {
                continue;
            }
            self.coincide_with(slot, parcel, frame);
        }
        merge(&mut self.shut);
        for at in 0..self.coincides.len() {
            let (slot, span) = self.coincides[at];
            let Self { lengths_m, covered, barred, reaches_m, .. } = self;
            gaps(span, barred, |free| {
                for length in &mut lengths_m[slot * reaches_m.len()..(slot + 1) * reaches_m.len()] {
                    *length += free.len();
                }
                covered.push(Covered { span: free, from_reach: 0 });
            });
        }
    }

    /// Adds where the edge coincides with one parcel to `coincides`, and where that begins behind it to `shut`.
    fn coincide_with(&mut self, slot: usize, parcel: ParcelIdx, frame: &Frame) {
        let Self { around, local, ranges, coincides, shut, spans, more_spans, crossings, .. } = self;
        let sides = &local[ranges[slot].clone()];
        let inside = |x: f64, y: f64| around.contains(parcel, frame.world(Coord { x, y }));

        // Near its boundary, or between such stretches wholly inside it or wholly outside.
        spans.clear();
        spans.extend(
            sides.iter().filter_map(|s| frame::within(s.from, s.to, TOUCH_M + SLACK)?.and(frame.span())),
        );
        merge(spans);
        more_spans.clear();
        gaps(frame.span(), spans, |gap| {
            if inside(gap.middle(), 0.0) {
                more_spans.push(gap);
            }
        });
        spans.append(more_spans);
        merge(spans);
        if spans.is_empty() {
            return;
        }
        coincides.extend(spans.iter().map(|span| (slot, *span)));

        // Its sides along the edge in the opposite direction have it behind them; elsewhere, look a touch behind.
        for s in sides {
            if s.to.x < s.from.x && s.from.y.abs() <= TOUCH_M && s.to.y.abs() <= TOUCH_M {
                more_spans.extend(Span::between(s.to.x, s.from.x).and(frame.span()));
            }
        }
        merge(more_spans);
        shut.extend_from_slice(more_spans);
        crossings.clear();
        for s in sides {
            if (s.from.y > TOUCH_M) != (s.to.y > TOUCH_M) {
                crossings.push(s.from.x + (TOUCH_M - s.from.y) * (s.to.x - s.from.x) / (s.to.y - s.from.y));
            }
        }
        crossings.sort_unstable_by(f64::total_cmp);
        for span in spans.iter() {
            gaps(*span, more_spans, |gap| {
                let mut from = gap.from;
                for to in crossings.iter().copied().chain([gap.to]) {
                    shut.extend(gap.and(Span { from, to }).filter(|part| inside(part.middle(), TOUCH_M)));
                    from = from.max(to);
                }
            });
        }
    }

    /// Counts what faces parcels at a distance.
    fn find_views(&mut self, frame: &Frame) {
        let Some(&reach_max) = self.reaches_m.last() else { return };
        let mut open: Option<Span> = None;
        gaps(frame.span(), &self.shut, |gap| {
            open = Some(Span { from: open.map_or(gap.from, |o| o.from), to: gap.to });
        });
        let Some(open) = open else { return };
        let Self { local, ranges, coincides, shut, lengths_m, covered, reaches_m, envelope, spans, .. } =
            self;
        for (slot, range) in ranges.iter().enumerate() {
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
            envelope.reset(open, reach_max + SLACK);
            for side in sides {
                envelope.add(side.from, side.to);
            }
            for piece in envelope.pieces() {
                let Some(view) = View::of(piece.nearest) else { continue };
                let seen = || piece.span.and(view.ahead()?)?.and(view.within(reach_max)?);
                let Some(seen) = seen() else { continue };
                spans.clear();
                spans.extend_from_slice(shut);
                spans.extend(coincides.iter().filter(|(s, _)| *s == slot).map(|(_, span)| *span));
                spans.extend(local.iter().filter_map(|side| match side.owner {
                    Owner::Other(other) if other == slot => None,
                    Owner::Other(_) | Owner::Own => view.hidden_by(side.from, side.to),
                    Owner::Barrier(_) => view.cut_by(side.from, side.to),
                }));
                merge(spans);
                gaps(seen, spans, |free| {
                    let mut before = 0.0;
                    for (at, reach_m) in reaches_m.iter().enumerate() {
                        let part = view.within(*reach_m).and_then(|w| w.and(free));
                        let Some(part) = part else { continue };
                        lengths_m[slot * reaches_m.len() + at] += part.len();
                        if part.len() > before {
                            covered.push(Covered { span: part, from_reach: at });
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
            self.spans.clear();
            self.spans.extend(self.covered.iter().filter(|c| c.from_reach <= at).map(|c| c.span));
            merge(&mut self.spans);
            gaps(frame.span(), &self.spans, |gap| *exposed_m += gap.len());
        }
    }
}
