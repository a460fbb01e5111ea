//! What a page asks a project for: a scenario as it stands, what a veto costs, the curve over λ, the policy's content.

use std::sync::Arc;

use parcels::id::ParcelId;
use parcels::policy::{Locks, Policy};
use parcels::progress::{Monitor, OnlyCancel, go_on};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::planning::preview::Preview;
use crate::app::project::policy_change::{changed, standing};
use crate::app::project::services::{ProjectServices, Who};
use crate::app::review::scenario_view::{View, ViewKey, record};
use crate::app::schemas;
use crate::error::{Context as _, Error, ErrorKind, Result};
use crate::store::{
    DecisionRecord, DecisionSeq, NewDecision, NewScenario, PlanId, PolicyRef, ScenarioChange, ScenarioId,
    ScenarioRecord,
};
use crate::threads::blocking;

/// A policy of a scenario, in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScenarioPolicy {
    /// Which.
    pub policy: PolicyRef,
    /// All of it, with the defaults of what it does not say; as in the file.
    #[schema(value_type = Object)]
    pub content: Value,
}

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

impl ProjectServices {
    /// What a view of a scenario would be made of now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none.
    pub async fn state(&self, id: ScenarioId) -> Result<ViewKey> {
        let scenario = self.store().scenario(id).await?;
        let plan = self.store().plans(Some(id)).await?.pop();
        Ok(ViewKey { scenario, plan })
    }

    /// What a view of a plan would be made of now: the plan under the policy it followed, and what is decided by now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such plan.
    pub async fn state_of_plan(&self, id: PlanId) -> Result<ViewKey> {
        let plan = self.store().plan(id).await?;
        let scenario = self.store().scenario(plan.scenario).await?;
        let scenario = ScenarioRecord { policy: plan.policy.clone(), ..scenario };
        Ok(ViewKey { scenario, plan: Some(plan) })
    }

    /// A scenario as it stands now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none; a layer or policy that do not fit.
    pub async fn view(&self, id: ScenarioId) -> Result<Arc<View>> {
        self.view_of(self.state(id).await?).await
    }

    /// The view that is made of this.
    ///
    /// # Errors
    /// A layer or policy that do not fit.
    pub async fn view_of(&self, key: ViewKey) -> Result<Arc<View>> {
        let (id, version) = (key.scenario.id, key.scenario.version);
        self.views.retain(|other| !key.replaces(other));
        let ViewKey { scenario, plan } = key.clone();
        let read = async {
            let log = self.store().decisions(Some(id), DecisionSeq(0)).await?;
            // Somebody may have decided since the state was read.
            let log: Vec<DecisionRecord> = log.into_iter().filter(|d| d.version <= version).collect();
            let plan = match plan {
                Some(plan) => {
                    let content = self.store().plan_content(plan.id).await?;
                    Some((plan, record(&content.record)?, content.zone.0))
                }
                None => None,
            };
            let ready = self.decided_layer(&scenario.layer, &scenario.policy, &log).await?;
            Ok(move || {
                let decided = standing(&log);
                Ok(Arc::new(View::new(scenario, ready, log, decided, plan)?))
            })
        };
        self.views.get(key, read).await
    }

    /// What forbidding what is proposed for a parcel leads to.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario or parcel; a request to stop.
    pub async fn veto(&self, id: ScenarioId, fid: u32, monitor: Arc<dyn Monitor + Send>) -> Result<Veto> {
        let view = self.view(id).await?;
        let parcel = view.parcel(fid)?.1.id.0.clone();
        let (live, policy) = self.preview_session(id).await?;
        blocking(move || {
            let mut locks: Locks = policy.locks.clone();
            for list in [&mut locks.inside, &mut locks.outside] {
                list.retain(|code| *code != parcel);
            }
            if !locks.freeze.contains(&parcel) {
                locks.freeze.push(parcel);
            }
            let now = live.preview(&policy, &*monitor)?;
            let then = live.preview(&Policy { locks, ..policy }, &*monitor)?;
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
        let (live, policy) = self.preview_session(id).await?;
        blocking(move || {
            let own = policy.objective.lambda;
            let middle = if own > 0.0 { own } else { 1.0 };
            let at = |step: usize| middle * 8_f64.powf(2.0 * step as f64 / (steps - 1) as f64 - 1.0);
            monitor.step("curve", steps as u64 + 1);
            let mut points = Vec::with_capacity(steps);
            let point = |lambda: f64| {
                let mut policy = policy.clone();
                policy.objective.lambda = lambda;
                let preview = live.preview(&policy, &OnlyCancel(&*monitor))?;
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

    /// The policy of a scenario, in full.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario.
    pub async fn scenario_policy(&self, id: ScenarioId) -> Result<ScenarioPolicy> {
        let scenario = self.store().scenario(id).await?;
        let policy = self.policy_text(&scenario.policy).await?;
        let content = serde_json::to_value(&policy).context(ErrorKind::Unwritable, "writing the policy")?;
        Ok(ScenarioPolicy { policy: scenario.policy, content })
    }

    async fn policy_text(&self, policy: &PolicyRef) -> Result<Policy> {
        let text = self.store().policy(policy).await?.text;
        Policy::from_toml(&text)
            .map_err(|e| Error::new(ErrorKind::Unreadable, "reading a kept policy").because(e))
    }

    /// Merges `change` into the scenario's policy (RFC 7386), keeps that as the policy's next version, and moves the
    /// scenario to it.
    ///
    /// # Errors
    /// As [`changed`], [`ProjectServices::save_policy`] and [`ProjectServices::change_scenario`].
    pub async fn change_policy(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &Value,
        who: Who,
    ) -> Result<ScenarioRecord> {
        let scenario = self.store().scenario(id).await?;
        if scenario.version != based_on {
            // Says what changed.
            return self.change_scenario(id, based_on, &ScenarioChange::default()).await;
        }
        let policy = changed(&self.policy_text(&scenario.policy).await?, change)?;
        let text = toml::to_string(&policy).context(ErrorKind::Unwritable, "writing the policy")?;
        let name = scenario.policy.name;
        let known = self.store().policies().await?;
        let newest = known.iter().filter(|p| p.policy.name == name).map(|p| p.policy.version).max();
        let policy = self.save_policy(&name, newest.unwrap_or(0), &text, who).await?;
        let change = ScenarioChange { policy: Some(policy), ..ScenarioChange::default() };
        self.change_scenario(id, based_on, &change).await
    }

    /// Makes a scenario like another one, in one write: its layer, its policy, and what was decided in it as it now stands.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario.
    pub async fn copy_scenario(&self, of: ScenarioId, title: String, who: Who) -> Result<ScenarioRecord> {
        let other = self.store().scenario(of).await?;
        let log = self.store().decisions(Some(of), DecisionSeq(0)).await?;
        let reason = |parcel: &ParcelId| {
            let about = log.iter().rev().find(|d| d.parcel.as_ref() == Some(parcel) && d.reason.is_some());
            about.and_then(|d| d.reason.clone())
        };
        let decisions = standing(&log).into_iter().map(|(parcel, kind)| NewDecision {
            kind,
            reason: reason(&parcel),
            parcel: Some(parcel),
            undoes: None,
        });
        let new = NewScenario {
            title,
            layer: other.layer,
            policy: other.policy,
            job: None,
            decisions: decisions.collect(),
            by: who.by,
            at: who.at,
        };
        self.begin_scenario(&new).await
    }
}
