//! The plans of a project: made, signed, applied, written again.

use std::path::PathBuf;
use std::sync::Arc;

use parcels::message;
use parcels::progress::Monitor;
use tokio::runtime::Handle;

use crate::app::intake::import_requests::{DataSetFacts, ImportFiles};
use crate::app::layers::published::{Published, content, publish_plan};
use crate::app::planning::plan::{Search, make};
use crate::app::planning::prepare::{LoadedPolicy, Stopwatch};
use crate::app::planning::ready_layer::ReadyLayer;
use crate::app::project::data_sets::DataSets;
use crate::app::project::events::{Event, Events, Who};
use crate::app::project::signing::{keeps_hard_rules, may_go};
use crate::app::project::stored_plan::ReopenedPlan;
use crate::app::review::scenario_view::record;
use crate::error::{Error, ErrorKind, Result};
use crate::io::plan_output::PlanOutput;
use crate::io::write::write_plan;
use crate::store::{
    DataSetRecord, DecisionRecord, DecisionSeq, JobId, NewPlan, PlanId, PlanStatus, PlanStep, ScenarioId,
    Store, StoredPlan,
};
use crate::threads::blocking;

/// The plans of a project.
pub struct Plans {
    store: Arc<dyn Store>,
    events: Events,
    data_sets: Arc<DataSets>,
    published: Arc<Published>,
}

impl Plans {
    pub(super) fn new(
        store: Arc<dyn Store>,
        events: Events,
        data_sets: Arc<DataSets>,
        published: Arc<Published>,
    ) -> Self {
        Self { store, events, data_sets, published }
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
            self.data_sets.read_decided(&of.data_set, &of.policy, &decided).await?;
        let (store, runtime, layer) = (self.store.clone(), Handle::current(), of.layer.clone());
        let (plan, layers) = blocking(move || {
            let loaded = LoadedPolicy::written(&policy)?;
            let mut watch = Stopwatch::start();
            let keep = |out: &PlanOutput<'_>| {
                let (content, by, at) = (content(out)?, who.by.clone(), who.at);
                let new = NewPlan { scenario, decided: last, policy: of.policy, job, content, by, at };
                // Whatever becomes of its tables, the plan is not lost.
                let plan = runtime.block_on(store.add_plan(&new))?;
                let layers = publish_plan(plan.id, out, &policy, &*store, &runtime);
                Ok((plan, layers))
            };
            let (_, _, kept) = make(&loaded, &prepared, search, &mut watch, &*monitor, keep)?;
            Ok(kept)
        })
        .await?;
        self.published.put(Some(plan.id), layer, layers);
        self.events.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }

    /// Takes a plan a step further: submit, approve, reject.
    ///
    /// # Errors
    /// As [`Store::move_plan`]; of kind `Conflict` where a plan that breaks a hard rule would be put forward or signed, of kind
    /// `Usage` where one that misses a soft rule would be without a reason.
    pub async fn step(
        &self,
        id: PlanId,
        from: PlanStatus,
        to: PlanStatus,
        reason: Option<String>,
        who: Who,
    ) -> Result<StoredPlan> {
        let step = PlanStep { status: to, reason, by: who.by, at: who.at };
        let content = self.store.plan_content(id).await?;
        may_go(id, &record(&content.record)?, &step, &self.store.plan_steps(id).await?)?;
        let plan = self.store.move_plan(id, from, &step).await?;
        self.events.tell(Event::Plan(plan.clone()));
        Ok(plan)
    }

    /// Makes the next data set from an approved plan: all of the present one, with the plan's zone as the present zone.
    ///
    /// # Errors
    /// Of kind `Conflict` when the plan is not approved, or breaks a hard rule.
    pub async fn apply(&self, id: PlanId, who: Who) -> Result<DataSetRecord> {
        let plan = self.store.plan(id).await?;
        let before = self.applicable(&plan).await?;
        let facts = DataSetFacts {
            name: Some(before.name.clone()),
            reference_date: before.reference_date.clone(),
            effective_date: None,
            previous: Some(before.id.clone()),
            plan: Some(id),
        };
        let incoming = ImportFiles { main: before.main(), files: before.files };
        let policy = self.store.policy(&plan.policy).await?.text;
        let checked = self.data_sets.check(incoming, None, facts, policy, who, Arc::new(())).await?;
        self.data_sets.add(checked, None, plan.policy).await
    }

    /// The data set of a plan whose zone may become the present one.
    ///
    /// # Errors
    /// Of kind `Conflict` when the plan is not approved, or breaks a hard rule.
    pub(crate) async fn applicable(&self, plan: &StoredPlan) -> Result<DataSetRecord> {
        if plan.status != PlanStatus::Approved {
            let (id, status) = (plan.id, plan.status.name());
            let what = message!("only-approved-applies", plan = id, status = status);
            return Err(Error::new(ErrorKind::Conflict, what));
        }
        keeps_hard_rules(plan.id, &record(&self.store.plan_content(plan.id).await?.record)?)?;
        let of = self.store.scenario(plan.scenario).await?.data_set;
        self.store.data_set(&of).await
    }

    /// A stored plan with its data set.
    pub(crate) async fn reopen(&self, id: PlanId) -> Result<ReopenedPlan> {
        let plan = self.store.plan(id).await?;
        let content = self.store.plan_content(id).await?;
        let log = self.store.decisions(Some(plan.scenario), DecisionSeq(0)).await?;
        let log: Vec<DecisionRecord> = log.into_iter().filter(|d| d.seq <= plan.decided).collect();
        let data_set = self.store.scenario(plan.scenario).await?.data_set;
        let ready = self.data_sets.read_decided(&data_set, &plan.policy, &log).await?;
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
