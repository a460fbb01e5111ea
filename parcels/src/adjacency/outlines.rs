//! The parts of a layer's parcels, each with its outline.

use geo::{Area as _, Polygon};

use crate::id::{ParcelIdx, PartIdx};
use crate::parcel::Layer;
use crate::parts::Parts;

/// The parts of all parcels of `layer`: every polygon is one. Each has the share of its parcel's area that it has in the
/// plane, whatever areas are taken: across one parcel the scale of a projection changes by a millionth.
pub(super) fn parts_of(layer: &Layer) -> Parts {
    let several = layer.iter().filter(|(_, parcel)| parcel.shape.0.len() > 1);
    let shares = several.map(|(idx, parcel)| {
        let area_m2: Vec<f64> = parcel.shape.iter().map(geo::Polygon::unsigned_area).collect();
        let whole_m2: f64 = area_m2.iter().sum();
        (idx.0, area_m2.into_iter().map(|part_m2| part_m2 / whole_m2).collect())
    });
    Parts::new(layer.len(), shares)
}

/// The outline of every part.
#[derive(Clone, Copy)]
pub(super) struct Outlines<'a> {
    layer: &'a Layer,
    parts: &'a Parts,
}

impl<'a> Outlines<'a> {
    /// `parts` are those of `layer`.
    pub(super) fn new(layer: &'a Layer, parts: &'a Parts) -> Self {
        Self { layer, parts }
    }

    /// Number of parts.
    pub(super) fn len(self) -> usize {
        self.parts.count(self.layer.len())
    }

    /// The parcel of a part.
    pub(super) fn parcel(self, part: PartIdx) -> ParcelIdx {
        ParcelIdx(self.parts.unit_of(part.0))
    }

    /// The polygon of a part, as a slice of one.
    pub(super) fn of(self, part: PartIdx) -> &'a [Polygon<f64>] {
        let place = self.parts.place(part.0) as usize;
        self.layer[self.parcel(part)].shape.0.get(place..=place).unwrap_or_default()
    }
}
