//! Facing lengths at many gap tolerances from one pass over the boundaries, kept small.

use rayon::prelude::*;

use super::context::{self, SpatialContext};
use super::facing::{FacingMeasurer, OneSided};
use super::outlines::{Outlines, parts_of};
use super::{Adjacency, COINCIDENT_M, Facing, MIN_FACING_M};
use crate::graph::Rows;
use crate::id::PartIdx;
use crate::index::SpatialIndex;
use crate::long_outline::edges;
use crate::parcel::{Barrier, Layer};
use crate::parts::Parts;
use crate::progress::{Cancelled, Monitor, go_on};

/// Parts measured between two looks at the monitor.
const CHUNK: usize = 512;

/// What every part of a parcel faces from its own side at each of some gap tolerances. Most lengths are the same over long ranges of
/// gaps, so only the gaps at which one changes are kept.
pub struct FacingByGap {
    /// Ascending.
    reaches_m: Vec<f64>,
    parts: Parts,
    /// One answer a part.
    wanted: Vec<bool>,
    /// Per part those it faces, ascending.
    neighbours: Rows<PartIdx>,
    /// Per neighbour: from which reach on, which length, m.
    stages: Rows<(u16, f64)>,
    /// Per part and reach, the length that faces nobody, m.
    exposed_m: Vec<f64>,
}

impl FacingByGap {
    /// Measures all wanted parcels, in parallel, in pieces put together in order. Only pairs of two wanted parcels will be
    /// listed; all parcels occlude.
    ///
    /// # Errors
    /// [`Cancelled`] when the monitor says so.
    ///
    /// # Panics
    /// When `wanted` holds not one answer a parcel.
    pub fn new(
        layer: &Layer,
        index: &SpatialIndex,
        barriers: &[Barrier],
        gaps_m: &[f64],
        wanted: &[bool],
        monitor: &dyn Monitor,
    ) -> Result<Self, Cancelled> {
        assert_eq!(wanted.len(), layer.len(), "one answer a parcel");
        let mut reaches_m: Vec<f64> = gaps_m.iter().copied().map(reach_m).collect();
        reaches_m.sort_unstable_by(f64::total_cmp);
        reaches_m.dedup();
        let parts = parts_of(layer);
        let outlines = Outlines::new(layer, &parts);
        let each = || (0..outlines.len()).map(PartIdx::from_at);
        let wanted: Vec<bool> = each().map(|part| wanted[outlines.parcel(part).at()]).collect();
        let index_of_parts = (!parts.is_empty()).then(|| {
            let boxes = each().filter_map(|part| Some((part.0, context::bounds_of(outlines.of(part))?)));
            SpatialIndex::of_boxes(boxes)
        });
        monitor.step("adjacency", wanted.len() as u64);
        let farthest_m = reaches_m.last().copied().unwrap_or(COINCIDENT_M);
        let index = index_of_parts.as_ref().unwrap_or(index);
        let context = SpatialContext::new(outlines, index, barriers, farthest_m);
        let runs = wanted
            .par_chunks(CHUNK)
            .enumerate()
            .map_init(
                || FacingMeasurer::new(&context, &reaches_m),
                |measurer, (chunk, wanted)| {
                    go_on(monitor)?;
                    let mut one_sided = OneSided::default();
                    for (at, wanted) in wanted.iter().enumerate() {
                        let part = PartIdx::from_at(chunk * CHUNK + at);
                        if *wanted {
                            measurer.measure(part, edges(outlines.of(part)), &mut one_sided, monitor)?;
                        } else {
                            one_sided.skip(reaches_m.len());
                        }
                    }
                    monitor.advance(wanted.len() as u64);
                    let mut run = Self::empty(reaches_m.clone());
                    run.append_one_sided(one_sided);
                    Ok(run)
                },
            )
            .collect::<Result<Vec<_>, _>>()?;
        let mut all = Self::empty(reaches_m.clone());
        for run in runs {
            all.append(run);
        }
        Ok(Self { parts, wanted, ..all })
    }

    fn empty(reaches_m: Vec<f64>) -> Self {
        Self {
            reaches_m,
            parts: Parts::default(),
            wanted: Vec::new(),
            neighbours: Rows::default(),
            stages: Rows::default(),
            exposed_m: Vec::new(),
        }
    }

    fn append_one_sided(&mut self, one_sided: OneSided) {
        self.neighbours = one_sided.neighbours;
        self.exposed_m = one_sided.exposed_m;
        for lengths in one_sided.lengths_m.chunks(self.reaches_m.len()) {
            let mut before = 0.0;
            for (reach, length) in (0_u16..).zip(lengths) {
                if *length != before {
                    self.stages.push((reach, *length));
                    before = *length;
                }
            }
            self.stages.end_row();
        }
    }

    fn append(&mut self, mut next: Self) {
        self.neighbours.append(next.neighbours);
        self.stages.append(next.stages);
        self.exposed_m.append(&mut next.exposed_m);
    }

    /// Both sides together at gap tolerance `gap_m`; none when that is not one of those asked for.
    #[must_use]
    pub fn at(&self, gap_m: f64) -> Option<Adjacency> {
        let reach = self.reaches_m.binary_search_by(|r| r.total_cmp(&reach_m(gap_m))).ok()?;
        let mut pairs = Vec::new();
        for part in (0..self.wanted.len()).map(PartIdx::from_at) {
            for at in self.neighbours.range(part.at()) {
                let other = self.neighbours.items()[at];
                if !self.wanted[other.at()] {
                    continue;
                }
                let back = self.neighbours.row(other.at()).binary_search(&part);
                // A pair seen from both sides is listed by its lower one.
                if other < part && back.is_ok() {
                    continue;
                }
                let back_m = back.map_or(0.0, |found| {
                    self.length_m(self.neighbours.range(other.at()).start + found, reach)
                });
                let facing_m = 0.5 * (self.length_m(at, reach) + back_m);
                if facing_m >= MIN_FACING_M {
                    pairs.push(Facing { a: part.min(other), b: part.max(other), facing_m });
                }
            }
        }
        let exposed_m = self.exposed_m.iter().skip(reach).step_by(self.reaches_m.len()).copied().collect();
        Some(Adjacency::from_parts(self.parts.clone(), pairs, exposed_m))
    }

    /// What neighbour `at` is faced over at a reach, m.
    fn length_m(&self, at: usize, reach: usize) -> f64 {
        let stages = self.stages.row(at);
        let until = stages.partition_point(|(from, _)| usize::from(*from) <= reach);
        until.checked_sub(1).map_or(0.0, |last| stages[last].1)
    }
}

/// How far a parcel sees at a gap tolerance: what coincides is always faced.
fn reach_m(gap_m: f64) -> f64 {
    gap_m.max(COINCIDENT_M)
}
