//! The scenarios of a project: a data set, a policy, and what was decided.

use std::sync::Arc;

use parcels::id::ParcelId;
use parcels::message;
use parcels::policy::Policy;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::planning::policy_change::{changed, standing};
use crate::app::project::data_sets::DataSets;
use crate::app::project::events::{Event, Events, Who};
use crate::app::project::policies::Policies;
use crate::app::schemas;
use crate::error::{Context as _, ErrorKind, Result};
use crate::store::{
    DataSetId, DecisionSeq, NewDecision, NewScenario, PolicyRef, ScenarioChange, ScenarioId, ScenarioRecord,
    Store,
};
use crate::threads::blocking;

/// A policy of a scenario, in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScenarioPolicy {
    /// Which.
    pub policy: PolicyRef,
    /// All of it, with the defaults of what it does not say; as in the file.
    #[schema(value_type = schemas::PolicyShape)]
    pub content: Value,
}

/// A scenario in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ListedScenario {
    /// The scenario.
    #[serde(flatten)]
    pub scenario: ScenarioRecord,
    /// What its data set is called.
    pub data_set_name: String,
    /// The day that its parcels and statistics are of, where its data set or its policy says so.
    pub reference_date: Option<String>,
    /// The day from which its present zone holds, where its data set says so.
    pub effective_date: Option<String>,
}

/// The scenarios of a project.
pub struct Scenarios {
    store: Arc<dyn Store>,
    events: Events,
    data_sets: Arc<DataSets>,
    policies: Arc<Policies>,
}

impl Scenarios {
    pub(super) fn new(
        store: Arc<dyn Store>,
        events: Events,
        data_sets: Arc<DataSets>,
        policies: Arc<Policies>,
    ) -> Self {
        Self { store, events, data_sets, policies }
    }

    /// All scenarios, in the order they were made, each with its day.
    ///
    /// # Errors
    /// A project that cannot be read.
    pub async fn list(&self) -> Result<Vec<ListedScenario>> {
        let policies = self.store.policies().await?;
        let date = |of: &PolicyRef| {
            let text = &policies.iter().find(|p| p.policy == *of)?.text;
            Policy::from_toml(text).ok()?.reference_date
        };
        let data_sets = self.store.data_sets().await?;
        let listed = |scenario: ScenarioRecord| {
            let of = data_sets.iter().find(|one| one.id == scenario.data_set);
            ListedScenario {
                data_set_name: of.map(|of| of.name.clone()).unwrap_or_default(),
                reference_date: of
                    .and_then(|of| of.reference_date.clone())
                    .or_else(|| date(&scenario.policy)),
                effective_date: of.and_then(|of| of.effective_date.clone()),
                scenario,
            }
        };
        Ok(self.store.scenarios().await?.into_iter().map(listed).collect())
    }

    /// Makes a scenario whose data set and policy are there.
    ///
    /// # Errors
    /// Of kind `NotFound` where one of them is not.
    pub async fn add(
        &self,
        title: String,
        data_set: DataSetId,
        policy: PolicyRef,
        who: Who,
    ) -> Result<ScenarioRecord> {
        let Who { by, at } = who;
        let decisions = Vec::new();
        self.begin(&NewScenario { title, data_set, policy, job: None, decisions, by, at }).await
    }

    /// The policy that the newest scenario on a data set follows, if there is one.
    pub(crate) async fn policy_on(&self, data_set: &DataSetId) -> Result<Option<PolicyRef>> {
        let all = self.store.scenarios().await?;
        Ok(all.into_iter().rfind(|scenario| scenario.data_set == *data_set).map(|scenario| scenario.policy))
    }

    /// Makes a scenario, with what is decided in it from the start, and tells of it.
    pub(crate) async fn begin(&self, new: &NewScenario) -> Result<ScenarioRecord> {
        let made = self.store.add_scenario(new).await?;
        self.events.tell(Event::Scenario(made.clone()));
        for decision in self.store.decisions(Some(made.id), DecisionSeq(0)).await? {
            self.events.tell(Event::Decision(decision));
        }
        Ok(made)
    }

    /// Makes a scenario like another one, in one write: its data set, its policy, and what was decided in it as it now stands.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario.
    pub async fn copy(&self, of: ScenarioId, title: String, who: Who) -> Result<ScenarioRecord> {
        let other = self.store.scenario(of).await?;
        let log = self.store.decisions(Some(of), DecisionSeq(0)).await?;
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
            data_set: other.data_set,
            policy: other.policy,
            job: None,
            decisions: decisions.collect(),
            by: who.by,
            at: who.at,
        };
        self.begin(&new).await
    }

    /// Changes a scenario.
    ///
    /// # Errors
    /// As [`Store::change_scenario`], and of kind `Usage` for a policy that does not fit the data set, or contradicts what stands
    /// decided, so that no plan could follow both.
    pub async fn change(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &ScenarioChange,
    ) -> Result<ScenarioRecord> {
        if let Some(policy) = &change.policy {
            let of = self.store.scenario(id).await?;
            // Where nothing fits as it is, any policy is allowed that may lead out.
            if let Err(why) = self.admits(&of, policy).await
                && self.admits(&of, &of.policy).await.is_ok()
            {
                return Err(why);
            }
        }
        let now = self.store.change_scenario(id, based_on, change).await?;
        self.events.tell(Event::Scenario(now.clone()));
        Ok(now)
    }

    /// Whether the scenario's data set and what stands decided in it go together with a policy.
    async fn admits(&self, scenario: &ScenarioRecord, policy: &PolicyRef) -> Result<()> {
        let log = self.store.decisions(Some(scenario.id), DecisionSeq(0)).await?;
        let ready = self.data_sets.read(&scenario.data_set, policy).await?;
        blocking(move || ready.admits(&standing(&log))).await
    }

    /// The policy of a scenario, in full.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such scenario.
    pub async fn policy(&self, id: ScenarioId) -> Result<ScenarioPolicy> {
        let scenario = self.store.scenario(id).await?;
        let policy = self.policies.content(&scenario.policy).await?;
        let content =
            serde_json::to_value(&policy).context(ErrorKind::Unwritable, message!("writing-policy"))?;
        Ok(ScenarioPolicy { policy: scenario.policy, content })
    }

    /// Merges `change` into the scenario's policy (RFC 7386), saves that as the policy's next version, and moves the
    /// scenario to it.
    ///
    /// # Errors
    /// As [`changed`], [`Policies::save`] and [`Scenarios::change`].
    pub async fn change_policy(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &Value,
        who: Who,
    ) -> Result<ScenarioRecord> {
        let scenario = self.store.scenario(id).await?;
        if scenario.version != based_on {
            // Says what changed.
            return self.change(id, based_on, &ScenarioChange::default()).await;
        }
        let policy = changed(&self.policies.content(&scenario.policy).await?, change)?;
        let policy = self.policies.save_next(&scenario.policy.name, &policy, who).await?;
        let change = ScenarioChange { policy: Some(policy), ..ScenarioChange::default() };
        self.change(id, based_on, &change).await
    }
}
