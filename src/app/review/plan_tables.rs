//! Tables of a plan: its transfers and swaps with their numbers on the map, and its sub-parks.

use std::sync::Arc;

use parcels::blocks::Blocks;
use parcels::id::ParcelIdx;
use parcels::message::Told;
use parcels::plan::{Direction, Unbalanced};
use parcels::units::M2_PER_HA;
use parcels::worth::mean_score;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::review::scenario_view::{Bounds, View};
use crate::app::schemas;
use crate::error::Result;
use crate::io::{geojson, plan_features};
use crate::messages::ToldShape;
use crate::store::DecisionKind;
use crate::threads::blocking;

/// The transfers of a plan, and the swaps they form.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Transfers {
    /// The plan.
    pub plan: i64,
    /// What moves, ascending by code.
    pub transfers: Vec<TransferRow>,
    /// What belongs together.
    pub swaps: Vec<SwapRow>,
}

/// One parcel that changes sides.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TransferRow {
    /// Its number, from 1.
    pub fid: u32,
    /// Its code.
    pub parcel: String,
    /// The firms on it.
    pub name: Option<String>,
    /// Which way.
    #[schema(value_type = schemas::Direction)]
    pub direction: Direction,
    /// The swap it belongs to.
    pub swap: usize,
    /// Area on the policy's basis.
    pub area_m2: f64,
    /// 0 to 100.
    pub score: Option<f64>,
    /// F of the plan less F with this parcel left where it was, score · ha.
    pub delta_objective: f64,
    /// What vetoing it takes from the bound, score · ha.
    pub veto_price: Option<f64>,
    /// What vetoing it costs the plan at least, score · ha.
    pub veto_price_least: Option<f64>,
    /// What vetoing it costs the plan at most; none where no plan without it is known.
    pub veto_price_most: Option<f64>,
    /// In what share of draws of the weights it stays on its side.
    pub robustness: Option<f64>,
    /// Why.
    #[schema(value_type = Vec<ToldShape>)]
    pub reasons: Vec<Told>,
    /// Its sub-park.
    pub sub_park: Option<String>,
    /// The last word on it.
    pub decision: Option<DecisionKind>,
    /// Where it lies: west, south, east, north.
    #[schema(value_type = schemas::Bounds)]
    pub bounds: [f64; 4],
}

/// Transfers that belong together.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SwapRow {
    /// From 1.
    pub id: usize,
    /// Codes of its parcels.
    pub parcels: Vec<String>,
    /// Their numbers.
    pub fids: Vec<u32>,
    /// Area in less area out.
    pub balance_m2: f64,
    /// Whether that is within the tolerance.
    pub balanced: bool,
    /// Why it is not; none where it is.
    #[schema(value_type = Option<schemas::Unbalanced>)]
    pub unbalanced: Option<Unbalanced>,
    /// F of the plan less F without this swap.
    pub delta_objective: f64,
    /// Concentration of the plan less that without this swap.
    pub delta_concentration: f64,
}

/// Transfers and swaps of the view's plan; none where there is no plan.
#[must_use]
pub fn transfers(view: &View) -> Option<Transfers> {
    let (plan, record) = view.plan.as_ref()?;
    let moving: Vec<_> = record.transfers.iter().filter_map(|t| Some((t, view.fid(&t.parcel)?))).collect();
    let places: Vec<ParcelIdx> = moving.iter().map(|(_, fid)| ParcelIdx(fid - 1)).collect();
    let bounds = view.bounds(&places);
    let rows = moving.into_iter().zip(bounds).map(|((t, fid), bounds)| TransferRow {
        fid,
        parcel: t.parcel.0.clone(),
        name: view.name(ParcelIdx(fid - 1)),
        direction: t.direction,
        swap: t.swap,
        area_m2: t.area_m2,
        score: t.score,
        delta_objective: t.delta_objective,
        veto_price: t.veto_price,
        veto_price_least: t.veto_price_least(&record.objective),
        veto_price_most: t.veto_price_most,
        robustness: t.robustness,
        reasons: t.reasons.clone(),
        sub_park: view.parcels()[fid as usize - 1].sub_park.clone(),
        decision: view.standing.get(&t.parcel).copied(),
        bounds,
    });
    let swaps = record.swaps.iter().map(|s| SwapRow {
        id: s.id,
        parcels: s.parcels.iter().map(|p| p.0.clone()).collect(),
        fids: s.parcels.iter().filter_map(|p| view.fid(p)).collect(),
        balance_m2: s.balance_m2,
        balanced: s.balanced,
        unbalanced: s.unbalanced,
        delta_objective: s.delta_objective,
        delta_concentration: s.delta_concentration,
    });
    Some(Transfers { plan: plan.id.0, transfers: rows.collect(), swaps: swaps.collect() })
}

/// The blocks of the present zone, or of the zone after the plan, as GeoJSON (RFC 7946).
///
/// # Errors
/// When the layer has no place on Earth.
pub async fn blocks(view: Arc<View>, before: bool) -> Result<Vec<u8>> {
    blocking(move || {
        let (blocks, when) =
            if before { (&view.blocks_before, "before") } else { (&view.blocks_after, "after") };
        let layer = &view.prepared().layer;
        let outlines = plan_features::outlines(layer, blocks, &view.policy().checks);
        let least_ha = view.policy().constraints.min_block_ha;
        let features = plan_features::blocks("blocks", when, blocks, &outlines, least_ha);
        geojson::text(&features, layer.crs())
    })
    .await
}

/// A sub-park before and after the plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubParkRow {
    /// Its name; none for the parcels of no sub-park.
    pub name: Option<String>,
    /// Number of its parcels, in the zone or not.
    pub parcels: usize,
    /// Its area in the zone.
    #[schema(value_type = schemas::BeforeAfter<f64>)]
    pub area_m2: parcels::plan::BeforeAfter<f64>,
    /// The area-weighted mean of the known scores of that.
    #[schema(value_type = schemas::BeforeAfter<Option<f64>>)]
    pub score: parcels::plan::BeforeAfter<Option<f64>>,
    /// How concentrated it is within itself.
    #[schema(value_type = schemas::BeforeAfter<schemas::Concentration>)]
    pub concentration: parcels::plan::BeforeAfter<parcels::blocks::Concentration>,
    /// What comes in.
    pub r#in: Moved,
    /// What goes out.
    pub out: Moved,
    /// Where its parcels lie, in the zone or not: west, south, east, north; none without a place on Earth.
    #[schema(value_type = Option<schemas::Bounds>)]
    pub bounds: Option<[f64; 4]>,
}

/// Parcels that move.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub struct Moved {
    /// How many.
    pub count: usize,
    /// Their area.
    pub area_m2: f64,
}

/// Every sub-park, by name, and last what belongs to none where that holds land of the zone.
#[must_use]
pub fn sub_parks(view: &View) -> Vec<SubParkRow> {
    let names = view.sub_parks.iter().map(|name| Some(name.as_str())).chain([None]);
    let rows = names.map(|name| sub_park(view, name));
    rows.filter(|row| row.name.is_some() || row.area_m2.before > 0.0 || row.area_m2.after > 0.0).collect()
}

fn sub_park(view: &View, name: Option<&str>) -> SubParkRow {
    let prepared = view.prepared();
    let area_m2 = &view.compiled.area_m2;
    let own: Vec<bool> = view.parcels().iter().map(|p| p.sub_park.as_deref() == name).collect();
    let before: Vec<bool> = own.iter().zip(view.parcels()).map(|(own, p)| *own && p.in_zone).collect();
    let after: Vec<bool> = own.iter().zip(&view.zone_after).map(|(own, x)| *own && *x).collect();
    let both =
        |of: &dyn Fn(&[bool]) -> f64| parcels::plan::BeforeAfter { before: of(&before), after: of(&after) };
    let small_m2 = view.policy().constraints.min_block_ha * M2_PER_HA;
    let concentration =
        |zone: &[bool]| Blocks::new(&prepared.adjacency, zone, area_m2).concentration(small_m2);
    let mean = |zone: &[bool]| mean_score(area_m2, &prepared.scores.score, |at| zone[at]);
    let moved = |from: &[bool], to: &[bool]| {
        let moving = (0..own.len()).filter(|at| !from[*at] && to[*at]);
        moving.fold(Moved::default(), |all, at| Moved {
            count: all.count + 1,
            area_m2: all.area_m2 + area_m2[at],
        })
    };
    let places: Vec<ParcelIdx> =
        (0u32..).zip(&own).filter(|(_, own)| **own).map(|(at, _)| ParcelIdx(at)).collect();
    SubParkRow {
        name: name.map(str::to_owned),
        parcels: own.iter().filter(|own| **own).count(),
        area_m2: both(&|zone| area_m2.iter().zip(zone).filter(|(_, x)| **x).map(|(a, _)| a).sum()),
        score: parcels::plan::BeforeAfter { before: mean(&before), after: mean(&after) },
        concentration: parcels::plan::BeforeAfter {
            before: concentration(&before),
            after: concentration(&after),
        },
        r#in: moved(&before, &after),
        out: moved(&after, &before),
        bounds: around(&view.bounds(&places)),
    }
}

/// What holds all of them; none where there are none, or any has no place on Earth.
fn around(all: &[Bounds]) -> Option<Bounds> {
    let placed = !all.contains(&[0.0; 4]);
    let joined =
        all.iter().copied().reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]);
    joined.filter(|_| placed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn around_holds_all_or_nothing() {
        assert_eq!(around(&[]), None);
        assert_eq!(around(&[[1.0, 2.0, 3.0, 4.0], [0.0, 3.0, 2.0, 5.0]]), Some([0.0, 2.0, 3.0, 5.0]));
        assert_eq!(around(&[[1.0, 2.0, 3.0, 4.0], [0.0; 4]]), None);
    }
}
