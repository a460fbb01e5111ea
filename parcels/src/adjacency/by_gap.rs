//! Facing lengths at many gap tolerances from one pass over the boundaries, kept small.

use rayon::prelude::*;

use super::context::SpatialContext;
use super::facing::{FacingMeasurer, OneSided};
use super::{Adjacency, COINCIDENT_M, Facing, MIN_FACING_M};
use crate::graph::Rows;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::long_outline::edges;
use crate::parcel::{Barrier, Layer};
use crate::progress::{Cancelled, Monitor, go_on};

/// Parcels measured between two looks at the monitor.
const CHUNK: usize = 512;

/// What every parcel faces from its own side at each of some gap tolerances. Most lengths are the same over long ranges of
/// gaps, so only the gaps at which one changes are kept.
pub struct FacingByGap {
    /// Ascending.
    reaches_m: Vec<f64>,
    wanted: Vec<bool>,
    /// Per parcel those it faces, ascending.
    neighbours: Rows<ParcelIdx>,
    /// Per neighbour: from which reach on, which length, m.
    stages: Rows<(u16, f64)>,
    /// Per parcel and reach, the length that faces nobody, m.
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
        monitor.step("adjacency", layer.len() as u64);
        let farthest_m = reaches_m.last().copied().unwrap_or(COINCIDENT_M);
        let context = SpatialContext::new(layer, index, barriers, farthest_m);
        let parts = wanted
            .par_chunks(CHUNK)
            .enumerate()
            .map_init(
                || FacingMeasurer::new(&context, &reaches_m),
                |measurer, (chunk, wanted)| {
                    go_on(monitor)?;
                    let mut one_sided = OneSided::default();
                    for (at, wanted) in wanted.iter().enumerate() {
                        let parcel = ParcelIdx::from_at(chunk * CHUNK + at);
                        if *wanted {
                            measurer.measure(parcel, edges(&layer[parcel].shape), &mut one_sided, monitor)?;
                        } else {
                            one_sided.skip(reaches_m.len());
                        }
                    }
                    monitor.advance(wanted.len() as u64);
                    let mut part = Self::empty(reaches_m.clone());
                    part.append_one_sided(one_sided);
                    Ok(part)
                },
            )
            .collect::<Result<Vec<_>, _>>()?;
        let mut all = Self { wanted: wanted.to_vec(), ..Self::empty(reaches_m.clone()) };
        for part in parts {
            all.append(part);
        }
        Ok(all)
    }

    fn empty(reaches_m: Vec<f64>) -> Self {
        Self {
            reaches_m,
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
        for parcel in (0..self.wanted.len()).map(ParcelIdx::from_at) {
            for at in self.neighbours.range(parcel.at()) {
                let other = self.neighbours.items()[at];
                if !self.wanted[other.at()] {
                    continue;
                }
                let back = self.neighbours.row(other.at()).binary_search(&parcel);
                // A pair seen from both sides is listed by its lower one.
                if other < parcel && back.is_ok() {
                    continue;
                }
                let back_m = back.map_or(0.0, |found| {
                    self.length_m(self.neighbours.range(other.at()).start + found, reach)
                });
                let facing_m = 0.5 * (self.length_m(at, reach) + back_m);
                if facing_m >= MIN_FACING_M {
                    pairs.push(Facing { a: parcel.min(other), b: parcel.max(other), facing_m });
                }
            }
        }
        let exposed_m = self.exposed_m.iter().skip(reach).step_by(self.reaches_m.len()).copied().collect();
        Some(Adjacency::from_pairs(pairs, exposed_m))
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
