//! Which parcels face each other, over what length: [`Adjacency`].
//!
//! A point p on the boundary of parcel i **faces** parcel j when its nearest point q on j is at most the gap tolerance
//! away, q − p lies within 45° of the outward normal at p (or p and q coincide on a shared edge), and the segment pq
//! meets no other parcel and no barrier. A barrier that runs along a shared edge within its half width cuts it too.
//!
//! In numbers: what is at most 1 cm apart, or overlaps, coincides; blockers in the first and last centimetre of pq do not
//! count, for they belong to parcels that touch there; "within 45°" and "at most the tolerance" include the limit. All
//! parcels occlude, the land of i itself too. A barrier line along the edge of i or j cuts like one between.
//!
//! The facing length of i and j is the mean of the lengths facing each other from both sides: the shared edge where
//! they touch. A corner touch is no contiguity.

mod by_gap;
mod context;
mod facing;
mod frame;
mod intervals;
mod nearest;
mod sight;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::by_gap::FacingByGap;
use crate::graph::Rows;
use crate::id::ParcelIdx;
use crate::index::SpatialIndex;
use crate::parcel::{Barrier, Layer};
use crate::progress::{Cancelled, Monitor};
use crate::table::Filter;

/// Facing length from which two parcels are contiguous, m.
pub const CONTIGUOUS_M: f64 = 1.0;

/// Boundaries this near coincide, m: two surveys of one boundary point differ by that much.
const COINCIDENT_M: f64 = 0.01;

/// Pairs that face each other over less are left out, m.
const MIN_FACING_M: f64 = 0.001;

/// The gap tolerances (m) at which concentration is shown beside the policy's own.
pub const GAPS_SHOWN_M: [f64; 5] = [0.0, 12.0, 20.0, 30.0, 50.0];

/// When parcels count as contiguous (policy section `[contiguity]`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Contiguity {
    /// Gap tolerance d, m.
    pub gap_m: f64,
    /// Lines that cut contiguity.
    pub barriers: Vec<BarrierSource>,
}

impl Default for Contiguity {
    fn default() -> Self {
        Self { gap_m: 20.0, barriers: Vec::new() }
    }
}

/// A line layer whose features cut contiguity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BarrierSource {
    /// The layer (`file` or `file:layer`), relative to the policy file.
    pub layer: String,
    /// Its CRS where the file states none or a wrong one, such as `EPSG:4547`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// Only features for which all of these hold (roads by class).
    #[serde(default, rename = "where", skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Filter>,
    /// Half width of every line, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width_m: Option<f64>,
    /// Column with each line's half width, m; where missing, `half_width_m` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width_column: Option<String>,
    /// Column with the kind shown to people; the layer's name where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind_column: Option<String>,
}

/// Facing lengths in compressed rows, symmetric; every row ascending by neighbour.
#[derive(Debug, Clone, PartialEq)]
pub struct Adjacency {
    neighbours: Rows<ParcelIdx>,
    /// Beside the neighbours, m.
    facing_m: Vec<f64>,
    exposed_m: Vec<f64>,
}

/// One pair of parcels that face each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facing {
    /// The one with the lower position.
    pub a: ParcelIdx,
    /// The one with the higher position.
    pub b: ParcelIdx,
    /// Facing length w, m; always > 0, contiguous from [`CONTIGUOUS_M`].
    pub facing_m: f64,
}

impl Adjacency {
    /// From pairs (each once, in any order, `a` ≠ `b`, length > 0) and the exposed length of every parcel, m.
    ///
    /// # Panics
    /// When a pair names a parcel beyond `exposed_m`.
    #[must_use]
    pub fn from_pairs(mut pairs: Vec<Facing>, exposed_m: Vec<f64>) -> Self {
        pairs.sort_unstable_by_key(|p| (p.a.min(p.b), p.a.max(p.b)));
        // Lower neighbours first, then higher ones: pairs are sorted, so every row comes out ascending.
        let ends = |p: &Facing| (p.a.min(p.b), p.a.max(p.b));
        let lower = pairs.iter().map(|p| (ends(p).1.0, (ends(p).0, p.facing_m)));
        let higher = pairs.iter().map(|p| (ends(p).0.0, (ends(p).1, p.facing_m)));
        let rows = Rows::from_pairs(exposed_m.len(), lower.chain(higher));
        let facing_m = rows.items().iter().map(|(_, facing_m)| *facing_m).collect();
        Self { neighbours: rows.map(|(other, _)| other), facing_m, exposed_m }
    }

    /// The neighbours of `parcel`, ascending, each with the facing length in m.
    pub fn of(&self, parcel: ParcelIdx) -> impl Iterator<Item = (ParcelIdx, f64)> + '_ {
        let lengths_m = &self.facing_m[self.neighbours.range(parcel.at())];
        self.neighbours.row(parcel.at()).iter().copied().zip(lengths_m.iter().copied())
    }

    /// The neighbours of `parcel` that are contiguous with it.
    pub fn contiguous(&self, parcel: ParcelIdx) -> impl Iterator<Item = ParcelIdx> + '_ {
        self.of(parcel).filter(|(_, w)| *w >= CONTIGUOUS_M).map(|(other, _)| other)
    }

    /// Every pair once, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = Facing> + '_ {
        (0..self.exposed_m.len()).flat_map(move |at| {
            let a = ParcelIdx::from_at(at);
            self.of(a).filter(move |(b, _)| *b > a).map(move |(b, facing_m)| Facing { a, b, facing_m })
        })
    }

    /// Length of each parcel's boundary that faces no parcel, m.
    #[must_use]
    pub fn exposed_m(&self) -> &[f64] {
        &self.exposed_m
    }

    /// Number of parcels.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exposed_m.len()
    }

    /// Whether there is no parcel.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.exposed_m.is_empty()
    }

    /// Number of pairs.
    #[must_use]
    pub fn pair_count(&self) -> usize {
        self.facing_m.len() / 2
    }
}

/// Facing lengths of all parcels of `layer` at one gap tolerance `gap_m`.
///
/// # Errors
/// [`Cancelled`] when the monitor says so.
pub fn adjacency(
    layer: &Layer,
    index: &SpatialIndex,
    barriers: &[Barrier],
    gap_m: f64,
    monitor: &dyn Monitor,
) -> Result<Adjacency, Cancelled> {
    let wanted = vec![true; layer.len()];
    let mut all = adjacency_by_gap(layer, index, barriers, &[gap_m], &wanted, monitor)?;
    Ok(all.remove(0))
}

/// Facing lengths at several gap tolerances at once, in one pass over the boundaries. Only boundaries of parcels for
/// which `wanted` holds are measured, and only pairs of two such parcels are listed; all parcels occlude. The
/// exposed length of a wanted parcel counts all parcels as faced, that of any other is 0.
///
/// # Errors
/// [`Cancelled`] when the monitor says so.
///
/// # Panics
/// When `wanted` holds not one answer a parcel.
pub fn adjacency_by_gap(
    layer: &Layer,
    index: &SpatialIndex,
    barriers: &[Barrier],
    gaps_m: &[f64],
    wanted: &[bool],
    monitor: &dyn Monitor,
) -> Result<Vec<Adjacency>, Cancelled> {
    let facing = FacingByGap::new(layer, index, barriers, gaps_m, wanted, monitor)?;
    Ok(gaps_m.iter().filter_map(|gap_m| facing.at(*gap_m)).collect())
}
