//! Parcels found by the beginning of their code, or by part of the name of a firm on them.

use parcels::id::ParcelIdx;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::review::parcel_card::middle;
use crate::app::review::scenario_view::View;
use crate::app::schemas;

/// A parcel found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Found {
    /// Its number, from 1.
    pub fid: u32,
    /// Its code.
    pub parcel: String,
    /// The firms on it.
    pub name: Option<String>,
    /// The middle of its bounds.
    #[schema(value_type = schemas::Place)]
    pub centre: [f64; 2],
    /// Where it lies.
    #[schema(value_type = schemas::Bounds)]
    pub bounds: [f64; 4],
}

/// At most `limit` parcels: those whose code begins with `text` first, then those of firms whose name has it; each in the
/// layer's order. Case does not matter.
#[must_use]
pub fn search(view: &View, text: &str, limit: usize) -> Vec<Found> {
    let asked = text.trim().to_lowercase();
    if asked.is_empty() {
        return Vec::new();
    }
    let all = || (0..view.parcels().len()).map(ParcelIdx::from_at);
    let by_code = |idx: &ParcelIdx| {
        let parcel = &view.parcels()[idx.at()];
        let begins = |code: &str| code.to_lowercase().starts_with(&asked);
        begins(&parcel.id.0) || parcel.code.as_deref().is_some_and(begins)
    };
    let by_firm = |idx: &ParcelIdx| {
        view.prepared().firms[idx.at()].iter().any(|firm| firm.to_lowercase().contains(&asked))
    };
    let found: Vec<ParcelIdx> =
        all().filter(by_code).chain(all().filter(|idx| !by_code(idx) && by_firm(idx))).take(limit).collect();
    let bounds = view.bounds(&found);
    let each = found.into_iter().zip(bounds).map(|(idx, bounds)| Found {
        fid: idx.0 + 1,
        parcel: view.parcels()[idx.at()].id.0.clone(),
        name: view.name(idx),
        centre: middle(bounds),
        bounds,
    });
    each.collect()
}
