//! The plans of a project: made, signed, applied, written again.

use std::path::PathBuf;
use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use tokio::runtime::Handle;

use crate::app::layers::published::{Published, publish_plan};
use crate::app::planning::plan::{Search, make};
use crate::app::planning::prepare::{LoadedPolicy, Stopwatch};
use crate::app::planning::ready_layer::ReadyLayer;
use crate::app::project::events::{Event, Events, Who};
use crate::app::project::layers::Layers;
use crate::app::project::stored_plan::ReopenedPlan;
use crate::error::{Error, ErrorKind, Result};
use crate::io::plan_output::PlanOutput;
use crate::io::write::write_plan;
use crate::store::{
    Applied, DecisionRecord, DecisionSeq, JobId, LayerRecord, NewLayer, NewPlan, PlanId, PlanStatus,
    PlanStep, ScenarioId, Store, StoredPlan,
};
use crate::threads::blocking;

/// The plans of a project.
pub struct Plans {
    store: Arc<dyn Store>,
    events: Events,
    layers: Arc<Layers>,
    published: Arc<Published>,
}

impl Plans {
    pub(super) fn new(
        store: Arc<dyn Store>,
        events: Events,
        layers: Arc<Layers>,
        published: Arc<Published>,
    ) -> Self {
        Self { store, events, layers, published }
    }

    /// Plans a scenario around its decisions, stores the plan as a draft and publishes it.
    ///
    /// # Errors
    /// A policy that does not fit the layer, a request to stop.
    pub async fn make(
        &self,
        scenario: ScenarioId,
        search: Search,
        job: Option<JobId>,
        who: Who,
        monitor: Arc<dyn Monitor + Send>,
    ) -> Result<StoredPlan> {
        let of = self.store.scenario(scenario).await?;
        let decided = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
        let last = decided.last().map_or(DecisionSeq(0), |d| d.seq);
        let ReadyLayer { prepared, policy } =
            self.layers.read_decided(&of.layer, &of.policy, &decided).await?;
        let (store, runtime) = (self.store.clone(), Handle::current());
        let (content, layers) = blocking(move || {
            let loaded = LoadedPolicy::written(&policy)?;
            let mut watch = Stopwatch::start();
            let keep = |out: &PlanOutput<'_>| publish_plan(out, &policy, &*store, &runtime);
            let (_, _, kept) = make(&loaded, &prepared, search, &mut watch, &*monitor, keep)?;
            Ok(kept)
        })
        .await?;
        let layer = of.layer.clone();
        let plan =
            NewPlan { scenario, decided: last, policy: of.policy, job, content, by: who.by, at: who.at };
        let plan = self.store.add_plan(&plan).await?;
        self.published.put(Some(plan.id), layer, layers);
        self.events.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }

    /// Takes a plan a step further: submit, approve, reject.
    ///
    /// # Errors
    /// As [`Store::move_plan`].
    pub async fn step(
        &self,
        id: PlanId,
        from: PlanStatus,
        to: PlanStatus,
        reason: Option<String>,
        who: Who,
    ) -> Result<StoredPlan> {
        let step = PlanStep { status: to, reason, by: who.by, at: who.at };
        let plan = self.store.move_plan(id, from, &step).await?;
        self.events.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }

    /// Makes the next layer from an approved plan: the same parcels, with the plan's zone as the present one.
    ///
    /// # Errors
    /// Of kind `Conflict` when the plan is not approved.
    pub async fn apply(&self, id: PlanId, who: Who) -> Result<LayerRecord> {
        let plan = self.store.plan(id).await?;
        if plan.status != PlanStatus::Approved {
            return Err(Error::new(
                ErrorKind::Conflict,
                message!("only-approved-applies", plan = id, status = plan.status.name()),
            ));
        }
        let content = self.store.plan_content(id).await?;
        let previous = self.store.scenario(plan.scenario).await?.layer;
        let ready = self.layers.read(&previous, &plan.policy).await?;
        let zone = content.zone;
        let next = ready.prepared.layer.clone().with_zone(&zone.0);
        let before = self.store.layer(&previous).await?;
        let record = LayerRecord {
            id: next.id().clone(),
            applied: Some(Applied { previous, plan: id }),
            at: who.at,
            by: who.by,
            ..before
        };
        let report = self.store.layer_report(ready.prepared.layer.id()).await?;
        self.store.add_layer(&NewLayer { record: record.clone(), report, zone: Some(zone) }).await?;
        self.events.tell(Event::Layer(record.clone()));
        Ok(record)
    }

    /// A stored plan with its layer.
    pub(crate) async fn reopen(&self, id: PlanId) -> Result<ReopenedPlan> {
        let plan = self.store.plan(id).await?;
        let content = self.store.plan_content(id).await?;
        let log = self.store.decisions(Some(plan.scenario), DecisionSeq(0)).await?;
        let log: Vec<DecisionRecord> = log.into_iter().filter(|d| d.seq <= plan.decided).collect();
        let layer = self.store.scenario(plan.scenario).await?.layer;
        let ready = self.layers.read_decided(&layer, &plan.policy, &log).await?;
        ReopenedPlan::new(&plan, content, ready)
    }

    /// Writes the folder of a plan as `lianpian plan` does, from what the store holds of it.
    ///
    /// # Errors
    /// When the layer's files make other parcels than the plan speaks of, or the folder cannot be written.
    pub async fn write(&self, id: PlanId, out: PathBuf, monitor: Arc<dyn Monitor + Send>) -> Result<()> {
        let kept = self.reopen(id).await?;
        blocking(move || kept.hand_over(|made| write_plan(&out, made, &*monitor))).await
    }
}
