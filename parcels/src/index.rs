//! [`Layer`] → [`SpatialIndex`]: which parcels are near a box.

use geo::{BoundingRect, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use crate::id::ParcelIdx;
use crate::parcel::Layer;

type Entry = GeomWithData<Rectangle<[f64; 2]>, u32>;

/// The parcels' bounding boxes in an R-tree, bulk-loaded. Coordinates in the layer's CRS, m.
#[derive(Debug)]
pub struct SpatialIndex {
    tree: RTree<Entry>,
}

impl SpatialIndex {
    /// Indexes every parcel of `layer`.
    #[must_use]
    pub fn new(layer: &Layer) -> Self {
        Self::of_boxes(layer.iter().filter_map(|(idx, p)| Some((idx.0, p.shape.bounding_rect()?))))
    }

    /// Indexes numbered boxes of any kind.
    #[must_use]
    pub fn of_boxes(boxes: impl IntoIterator<Item = (u32, Rect<f64>)>) -> Self {
        let entries = boxes
            .into_iter()
            .map(|(number, b)| {
                GeomWithData::new(
                    Rectangle::from_corners([b.min().x, b.min().y], [b.max().x, b.max().y]),
                    number,
                )
            })
            .collect();
        Self { tree: RTree::bulk_load(entries) }
    }

    /// The parcels whose bounding box meets `area` grown by `margin_m` on every side, in ascending order.
    #[must_use]
    pub fn near(&self, area: Rect<f64>, margin_m: f64) -> Vec<ParcelIdx> {
        let mut found: Vec<ParcelIdx> = Vec::new();
        self.numbers_near(area, margin_m, |n| found.push(ParcelIdx(n)));
        found.sort_unstable();
        found
    }

    /// Calls `visit` with the number of every box that meets `area` grown by `margin_m`, in no stated order.
    pub fn numbers_near(&self, area: Rect<f64>, margin_m: f64, mut visit: impl FnMut(u32)) {
        let envelope = AABB::from_corners(
            [area.min().x - margin_m, area.min().y - margin_m],
            [area.max().x + margin_m, area.max().y + margin_m],
        );
        for entry in self.tree.locate_in_envelope_intersecting(&envelope) {
            visit(entry.data);
        }
    }
}
