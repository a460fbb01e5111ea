//! Previews of a scenario under another policy: for the slider, for a veto, for the curve over λ, for coming years.

use std::sync::Arc;

use parcels::message;
use parcels::policy::{Locks, Policy};
use parcels::progress::{Monitor, OnlyCancel, go_on};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::planning::policy_change::changed;
use crate::app::planning::preview::Preview;
use crate::app::planning::years::{YEARS_MAX, Years};
use crate::app::project::data_sets::DataSets;
use crate::app::project::views::Views;
use crate::app::schemas;
use crate::error::{Error, ErrorKind, Result};
use crate::store::ScenarioId;
use crate::threads::blocking;
use crate::threads::low_priority::low_priority;

/// What it takes to forbid a transfer.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Veto {
    /// How much F falls, score · ha; the search may have found a plan that is a little better, then it is 0.
    pub veto_price: f64,
    /// F of the plan as it is (before) and around the veto (after).
    #[schema(value_type = schemas::BeforeAfter<f64>)]
    pub objective: parcels::plan::BeforeAfter<f64>,
    /// Parcels that are then in the zone and otherwise would not be.
    pub enter: Vec<u32>,
    /// Parcels that are then out of the zone and otherwise would not be.
    pub leave: Vec<u32>,
}

/// The curve along which λ trades the worth of the land against the length of the boundary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Frontier {
    /// By λ, ascending.
    pub points: Vec<FrontierPoint>,
    /// At the policy's own λ.
    pub current: FrontierPoint,
}

/// A plan on that curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FrontierPoint {
    /// λ, score · ha a 100 m.
    pub lambda: f64,
    /// F, score · ha.
    pub objective: f64,
    /// Σ area · (score − τ), score · ha.
    pub value: f64,
    /// The boundary that λ prices.
    pub boundary_m: f64,
    /// Area-weighted mean of the known scores.
    pub score: Option<f64>,
    /// Concentration index.
    pub concentration: f64,
    /// Number of blocks.
    pub blocks: usize,
    /// Area of the zone.
    pub area_m2: f64,
    /// The proven share of the achievable improvement that may be missing.
    pub gap: Option<f64>,
    /// Number of parcels that move.
    pub moved: usize,
}

impl FrontierPoint {
    fn of(lambda: f64, preview: &Preview) -> Self {
        Self {
            lambda,
            objective: preview.objective.after,
            value: preview.point.after.value,
            boundary_m: preview.point.after.boundary_m,
            score: preview.score.after,
            concentration: preview.concentration.after.index,
            blocks: preview.concentration.after.blocks,
            area_m2: preview.area_m2.after,
            gap: preview.gap,
            moved: preview.enter.len() + preview.leave.len(),
        }
    }
}

/// Previews of scenarios.
pub struct Previews {
    data_sets: Arc<DataSets>,
    views: Arc<Views>,
}

impl Previews {
    pub(super) fn new(data_sets: Arc<DataSets>, views: Arc<Views>) -> Self {
        Self { data_sets, views }
    }

    /// What a change to the scenario's policy would lead to, its decisions kept.
    ///
    /// # Errors
    /// A change that makes no sense or asks for other data; a request to stop.
    pub async fn of_change(
        &self,
        scenario: ScenarioId,
        change: Value,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<Preview> {
        let (session, policy) = self.data_sets.preview_session(scenario).await?;
        low_priority(move || session.preview(&changed(&policy, &change)?, &*monitor)).await
    }

    /// What forbidding what is proposed for a parcel leads to.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario or parcel; a request to stop.
    pub async fn veto(&self, id: ScenarioId, fid: u32, monitor: Arc<dyn Monitor + Send>) -> Result<Veto> {
        let view = self.views.of_scenario(id).await?;
        let parcel = view.parcel(fid)?.1.id.0.clone();
        let (session, policy) = self.data_sets.preview_session(id).await?;
        blocking(move || {
            let mut locks: Locks = policy.locks.clone();
            for list in [&mut locks.inside, &mut locks.outside] {
                list.retain(|code| *code != parcel);
            }
            if !locks.freeze.contains(&parcel) {
                locks.freeze.push(parcel);
            }
            let now = session.preview(&policy, &*monitor)?;
            let then = session.preview(&Policy { locks, ..policy }, &*monitor)?;
            let zone = |preview: &Preview| {
                let mut zone: Vec<bool> = view.parcels().iter().map(|p| p.in_zone).collect();
                for (fids, side) in [(&preview.enter, true), (&preview.leave, false)] {
                    for fid in fids {
                        zone[*fid as usize - 1] = side;
                    }
                }
                zone
            };
            let (own, other) = (zone(&now), zone(&then));
            let differ = |to: bool| {
                let sides = (1_u32..).zip(own.iter().zip(&other));
                sides.filter(|(_, (a, b))| a != b && **b == to).map(|(fid, _)| fid).collect()
            };
            let (before, after) = (now.objective.after, then.objective.after);
            Ok(Veto {
                veto_price: (before - after).max(0.0),
                objective: parcels::plan::BeforeAfter { before, after },
                enter: differ(true),
                leave: differ(false),
            })
        })
        .await
    }

    /// The curve over λ, from an eighth of the policy's own to eight times it, in `steps` points.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario; a request to stop.
    pub async fn lambda_curve(
        &self,
        id: ScenarioId,
        steps: usize,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<Frontier> {
        let (session, policy) = self.data_sets.preview_session(id).await?;
        blocking(move || {
            let own = policy.objective.lambda;
            let middle = if own > 0.0 { own } else { 1.0 };
            let at = |step: usize| middle * 8_f64.powf(2.0 * step as f64 / (steps - 1) as f64 - 1.0);
            monitor.step("curve", steps as u64 + 1);
            let mut points = Vec::with_capacity(steps);
            let point = |lambda: f64| {
                let mut policy = policy.clone();
                policy.objective.lambda = lambda;
                let preview = session.preview(&policy, &OnlyCancel(&*monitor))?;
                monitor.advance(1);
                go_on(&*monitor)?;
                Ok::<_, Error>(FrontierPoint::of(lambda, &preview))
            };
            for step in 0..steps {
                points.push(point(at(step))?);
            }
            Ok(Frontier { points, current: point(own)? })
        })
        .await
    }

    /// The path of a scenario over so many years at most, its decisions kept.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario, `Usage` for a number of years that makes no path; a request to
    /// stop.
    pub async fn years(
        &self,
        id: ScenarioId,
        years: usize,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<Years> {
        if !(1..=YEARS_MAX).contains(&years) {
            let what = message!("years-expected", years = years, most = YEARS_MAX);
            return Err(Error::new(ErrorKind::Usage, what));
        }
        let (session, policy) = self.data_sets.preview_session(id).await?;
        low_priority(move || session.years(&policy, years, &*monitor)).await
    }
}
