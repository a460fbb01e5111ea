//! How far each parcel is at odds with each overlay.

use std::collections::BTreeMap;

use geo::{Area, Euclidean, Length, MultiPolygon};

use super::Judged;
use crate::boolean_ops;
use crate::policy::{Overlay, OverlayRule};

/// For each overlay of the policy the area (m²) of every parcel that contradicts it: covered by land that forbids, or
/// outside land that a parcel has to be within. 0 where that is survey noise.
pub(super) fn conflicts<'a>(judged: &Judged<'a>) -> BTreeMap<&'a str, Vec<f64>> {
    let parcels = judged.evidence.layer.parcels();
    judged
        .evidence
        .policy
        .overlays
        .iter()
        .map(|(name, overlay)| {
            let mut covers = vec![None; parcels.len()];
            let given = judged.evidence.overlays.iter().filter(|o| &o.name == name);
            for cover in given.flat_map(|o| &o.covered).filter(|c| c.parcel.at() < parcels.len()) {
                covers[cover.parcel.at()] = Some(cover);
            }
            let conflict = |at: usize| {
                let shape = &parcels[at].shape;
                let whole_m2 = shape.unsigned_area();
                match (overlay.rule, covers[at]) {
                    (OverlayRule::Forbid, None) => 0.0,
                    (OverlayRule::Forbid, Some(cover)) => {
                        beyond_noise(overlay, cover.area_m2, whole_m2, || cover.piece.clone())
                    }
                    (OverlayRule::Inside | OverlayRule::Prefer, None) => whole_m2,
                    (OverlayRule::Inside | OverlayRule::Prefer, Some(cover)) => {
                        let outside_m2 = f64::max(whole_m2 - cover.area_m2, 0.0);
                        beyond_noise(overlay, outside_m2, whole_m2, || {
                            boolean_ops::difference(shape, &cover.piece)
                        })
                    }
                }
            };
            (name.as_str(), (0..parcels.len()).map(conflict).collect())
        })
        .collect()
}

/// `piece_m2`, or 0 when the policy calls it noise: too small, or a small share of the parcel and thin.
fn beyond_noise(
    overlay: &Overlay,
    piece_m2: f64,
    whole_m2: f64,
    piece: impl FnOnce() -> MultiPolygon<f64>,
) -> f64 {
    let noise = piece_m2 <= overlay.ignore_m2
        || piece_m2 <= overlay.ignore_share * whole_m2 && width_m(&piece()) < overlay.ignore_width_m;
    if noise { 0.0 } else { piece_m2 }
}

/// 2 · area ÷ perimeter.
fn width_m(piece: &MultiPolygon<f64>) -> f64 {
    let rings = piece.iter().flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    let perimeter_m: f64 = rings.map(|ring| Euclidean.length(ring)).sum();
    if perimeter_m > 0.0 { 2.0 * piece.unsigned_area() / perimeter_m } else { 0.0 }
}
