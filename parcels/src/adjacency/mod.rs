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
//!
//! All of this is said of *parts*: a parcel whose shape is several polygons is measured as if it were cut into them, its own
//! other parts like those of anybody else. What two parcels face each other over is the sum over their parts; two parcels are
//! contiguous when a part of the one is contiguous with a part of the other, and blocks are made of parts
//! ([`Adjacency::contiguous_parts`]). So cutting such a parcel into its parts changes neither a length nor a block.

mod by_gap;
mod context;
mod facing;
mod frame;
mod intervals;
mod nearest;
mod outlines;
mod sight;

#[cfg(test)]
mod cut;
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
use crate::id::{ParcelIdx, PartIdx};
use crate::index::SpatialIndex;
use crate::parcel::{Barrier, Layer};
use crate::parts::Parts;
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
    parts: Parts,
    /// Exposed length of every part of parcels with several, m.
    exposed_of_parts_m: Vec<(PartIdx, f64)>,
    /// Pairs that face each other over a metre in all, but with no two parts over that much; ascending.
    apart: Vec<(ParcelIdx, ParcelIdx)>,
}

/// One pair of parcels, or of parts of parcels, that face each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facing<I = ParcelIdx> {
    /// The one with the lower position.
    pub a: I,
    /// The one with the higher position.
    pub b: I,
    /// Facing length w, m; always > 0. Two parts are contiguous from [`CONTIGUOUS_M`].
    pub facing_m: f64,
}

impl Adjacency {
    /// From pairs (each once, in any order, `a` ≠ `b`, length > 0) and the exposed length of every parcel, m, where every
    /// parcel is one part.
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
        Self {
            neighbours: rows.map(|(other, _)| other),
            facing_m,
            exposed_m,
            parts: Parts::default(),
            exposed_of_parts_m: Vec::new(),
            apart: Vec::new(),
        }
    }

    /// From pairs of `parts` (each once, in any order, `a` ≠ `b`, length > 0) and the exposed length of every part, m.
    ///
    /// # Panics
    /// When a pair names a part beyond `exposed_m`.
    #[must_use]
    pub fn from_parts(parts: Parts, mut pairs: Vec<Facing<PartIdx>>, mut exposed_m: Vec<f64>) -> Self {
        let parcel = |part: PartIdx| ParcelIdx(parts.unit_of(part.0));
        let of_parcels = |pair: &Facing<PartIdx>| {
            let (a, b) = (parcel(pair.a), parcel(pair.b));
            Facing { a: a.min(b), b: a.max(b), facing_m: pair.facing_m }
        };
        if parts.is_empty() {
            return Self::from_pairs(pairs.iter().map(of_parcels).collect(), exposed_m);
        }
        // In one order, whatever that of the pairs is, so that sums come out the same.
        pairs.sort_unstable_by_key(|pair| (pair.a.min(pair.b), pair.a.max(pair.b)));
        let is_contiguous = |pair: &&Facing<PartIdx>| pair.facing_m >= CONTIGUOUS_M;
        let contiguous: Vec<(u32, u32)> =
            pairs.iter().filter(is_contiguous).map(|p| (p.a.0, p.b.0)).collect();
        // Each with the longest that two parts face each other over.
        let mut merged: Vec<(Facing, f64)> =
            pairs.iter().map(|pair| (of_parcels(pair), pair.facing_m)).collect();
        merged.retain(|(pair, _)| pair.a != pair.b);
        merged.sort_by_key(|(pair, _)| (pair.a, pair.b));
        merged.dedup_by(|(next, longest), (first, of_first)| {
            let same = (next.a, next.b) == (first.a, first.b);
            if same {
                first.facing_m += next.facing_m;
                *of_first = of_first.max(*longest);
            }
            same
        });
        let apart = |(pair, longest): &(Facing, f64)| {
            (pair.facing_m >= CONTIGUOUS_M && *longest < CONTIGUOUS_M).then_some((pair.a, pair.b))
        };
        let apart = merged.iter().filter_map(apart).collect();
        let of_several = parts.several().iter().flat_map(|unit| parts.of(*unit));
        let mut exposed_of_parts_m: Vec<(PartIdx, f64)> =
            of_several.map(|part| (PartIdx(part), exposed_m[part as usize])).collect();
        exposed_of_parts_m.sort_unstable_by_key(|(part, _)| *part);
        for (part, part_m) in &exposed_of_parts_m {
            let unit = parts.unit_of(part.0);
            if unit != part.0 {
                exposed_m[unit as usize] += part_m;
            }
        }
        let parcels = exposed_m.len() - (parts.count(0));
        exposed_m.truncate(parcels);
        Self {
            parts: parts.with_contiguous(&contiguous),
            exposed_of_parts_m,
            apart,
            ..Self::from_pairs(merged.into_iter().map(|(pair, _)| pair).collect(), exposed_m)
        }
    }

    /// The neighbours of `parcel`, ascending, each with the facing length in m.
    pub fn of(&self, parcel: ParcelIdx) -> impl Iterator<Item = (ParcelIdx, f64)> + '_ {
        let lengths_m = &self.facing_m[self.neighbours.range(parcel.at())];
        self.neighbours.row(parcel.at()).iter().copied().zip(lengths_m.iter().copied())
    }

    /// The neighbours of `parcel` that are contiguous with it, ascending: those of which a part is contiguous with a part of it.
    pub fn contiguous(&self, parcel: ParcelIdx) -> impl Iterator<Item = ParcelIdx> + '_ {
        let pair = move |(other, facing_m): &(ParcelIdx, f64)| Facing {
            a: parcel.min(*other),
            b: parcel.max(*other),
            facing_m: *facing_m,
        };
        self.of(parcel).filter(move |found| self.is_contiguous(&pair(found))).map(|(other, _)| other)
    }

    /// Whether the pair, one of [`Adjacency::pairs`], is contiguous.
    #[must_use]
    pub fn is_contiguous(&self, pair: &Facing) -> bool {
        pair.facing_m >= CONTIGUOUS_M
            && (self.apart.is_empty() || self.apart.binary_search(&(pair.a, pair.b)).is_err())
    }

    /// Which parcels have several parts, and which parts are contiguous there.
    #[must_use]
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Number of parts.
    #[must_use]
    pub fn part_count(&self) -> usize {
        self.parts.count(self.len())
    }

    /// The parts of a parcel, in their order.
    pub fn parts_of(&self, parcel: ParcelIdx) -> impl ExactSizeIterator<Item = PartIdx> + Clone + use<> {
        self.parts.of(parcel.0).map(PartIdx)
    }

    /// Area of a part in the unit of `area`, which holds that of every parcel.
    #[must_use]
    pub fn part_area(&self, area: &[f64], part: PartIdx) -> f64 {
        area[self.parcel_of(part).at()] * self.parts.share(part.0)
    }

    /// The parcel that a part belongs to.
    #[must_use]
    pub fn parcel_of(&self, part: PartIdx) -> ParcelIdx {
        ParcelIdx(self.parts.unit_of(part.0))
    }

    /// The parts that are contiguous with a part, ascending; one of its own parcel may be among them.
    pub fn contiguous_parts(&self, part: PartIdx) -> impl Iterator<Item = PartIdx> + '_ {
        let listed = self.parts.beside(part.0);
        // Where no parcel of several parts is about, parcels are their parts.
        let parcels = listed.is_none().then(|| self.contiguous(ParcelIdx(part.0)));
        let parcels = parcels.into_iter().flatten().map(|parcel| PartIdx(parcel.0));
        listed.unwrap_or_default().iter().map(|other| PartIdx(*other)).chain(parcels)
    }

    /// The length of a part's boundary that faces no part, m.
    #[must_use]
    pub fn exposed_of_part_m(&self, part: PartIdx) -> f64 {
        match self.exposed_of_parts_m.binary_search_by_key(&part, |(of, _)| *of) {
            Ok(at) => self.exposed_of_parts_m[at].1,
            Err(_) => self.exposed_m[part.at()],
        }
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
