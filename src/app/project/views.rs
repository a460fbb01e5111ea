//! Views of scenarios and plans, made once for each state and kept in memory.

use std::sync::Arc;

use crate::app::planning::policy_change::standing;
use crate::app::project::data_sets::DataSets;
use crate::app::review::compare_scenarios::{Comparison, compare};
use crate::app::review::scenario_view::{View, ViewKey, record};
use crate::error::Result;
use crate::store::{DecisionRecord, DecisionSeq, PlanId, ScenarioId, ScenarioRecord, Store};
use crate::threads::single_flight::SingleFlightCache;

/// How many views are kept.
const VIEWS: usize = 8;

/// Views of scenarios and plans.
pub struct Views {
    store: Arc<dyn Store>,
    data_sets: Arc<DataSets>,
    /// Scenarios as they were viewed last.
    views: SingleFlightCache<ViewKey, Arc<View>>,
}

impl Views {
    pub(super) fn new(store: Arc<dyn Store>, data_sets: Arc<DataSets>) -> Self {
        Self { store, data_sets, views: SingleFlightCache::new(VIEWS) }
    }

    /// What a view of a scenario would be made of now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none.
    pub async fn state(&self, id: ScenarioId) -> Result<ViewKey> {
        let scenario = self.store.scenario(id).await?;
        let plan = self.store.plans(Some(id)).await?.pop();
        Ok(ViewKey { scenario, plan })
    }

    /// What a view of a plan would be made of now: the plan under the policy it followed, and what is decided by now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is no such plan.
    pub async fn state_of_plan(&self, id: PlanId) -> Result<ViewKey> {
        let plan = self.store.plan(id).await?;
        let scenario = self.store.scenario(plan.scenario).await?;
        let scenario = ScenarioRecord { policy: plan.policy.clone(), ..scenario };
        Ok(ViewKey { scenario, plan: Some(plan) })
    }

    /// A scenario as it stands now.
    ///
    /// # Errors
    /// Of kind `NotFound` where there is none; a data set or policy that do not fit.
    pub async fn of_scenario(&self, id: ScenarioId) -> Result<Arc<View>> {
        self.of(self.state(id).await?).await
    }

    /// The view that is made of this.
    ///
    /// # Errors
    /// A data set or policy that do not fit.
    pub async fn of(&self, key: ViewKey) -> Result<Arc<View>> {
        let (id, version) = (key.scenario.id, key.scenario.version);
        self.views.retain(|other| !key.replaces(other));
        let ViewKey { scenario, plan } = key.clone();
        let read = async {
            let log = self.store.decisions(Some(id), DecisionSeq(0)).await?;
            // Somebody may have decided since the state was read.
            let log: Vec<DecisionRecord> = log.into_iter().filter(|d| d.version <= version).collect();
            let plan = match plan {
                Some(plan) => {
                    let content = self.store.plan_content(plan.id).await?;
                    Some((plan, record(&content.record)?, content.zone.0))
                }
                None => None,
            };
            let ready = self.data_sets.read_decided(&scenario.data_set, &scenario.policy, &log).await?;
            Ok(move || {
                let decided = standing(&log);
                Ok(Arc::new(View::new(scenario, ready, log, decided, plan)?))
            })
        };
        self.views.get(key, read).await
    }

    /// Compares the newest plans of scenarios of one layer.
    ///
    /// # Errors
    /// Of kind `NotFound` where one is not there, `Usage` where they speak of different parcels.
    pub async fn compare(&self, ids: &[ScenarioId]) -> Result<Comparison> {
        let mut views = Vec::with_capacity(ids.len());
        for id in ids {
            views.push(self.of_scenario(*id).await?);
        }
        compare(&views)
    }
}
