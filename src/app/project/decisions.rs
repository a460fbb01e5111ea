//! Decisions on parcels: what planners accept, reject, lock and say.

use std::collections::BTreeSet;
use std::sync::Arc;

use parcels::id::ParcelId;
use parcels::message;

use crate::app::planning::policy_change::{standing, standing_then};
use crate::app::project::data_sets::DataSets;
use crate::app::project::events::{Event, Events, Who};
use crate::error::{Error, ErrorKind, Result};
use crate::store::{DecisionKind, DecisionRecord, DecisionSeq, NewDecision, ScenarioId, Store};
use crate::threads::blocking;

/// The decisions of a project: a log that only grows.
pub struct Decisions {
    store: Arc<dyn Store>,
    events: Events,
    data_sets: Arc<DataSets>,
}

impl Decisions {
    pub(super) fn new(store: Arc<dyn Store>, events: Events, data_sets: Arc<DataSets>) -> Self {
        Self { store, events, data_sets }
    }

    /// Records decisions, all or none.
    ///
    /// # Errors
    /// As [`Store::decide`], and of kind `Usage` for a parcel that the layer does not have, or a decision that contradicts a
    /// rule, so that no plan could follow it.
    pub async fn decide(
        &self,
        scenario: ScenarioId,
        based_on: i64,
        decisions: &[NewDecision],
        who: Who,
    ) -> Result<Vec<DecisionRecord>> {
        let of = self.store.scenario(scenario).await?;
        let ready = self.data_sets.read(&of.data_set, &of.policy).await?;
        let known: BTreeSet<&ParcelId> = ready.prepared.layer.parcels().iter().map(|p| &p.id).collect();
        if let Some(stranger) =
            decisions.iter().filter_map(|d| d.parcel.as_ref()).find(|p| !known.contains(p))
        {
            return Err(Error::new(ErrorKind::Usage, message!("layer-without-parcel", parcel = stranger)));
        }
        if decisions.iter().any(|d| !matches!(d.kind, DecisionKind::Comment | DecisionKind::Reject)) {
            let log = self.store.decisions(Some(scenario), DecisionSeq(0)).await?;
            let (now, then) = (standing(&log), standing_then(&log, decisions));
            // Where they contradict a rule already, every step is allowed that may lead out.
            blocking(move || {
                ready.admits(&then).or_else(|why| ready.admits(&now).map_or(Ok(()), |()| Err(why)))
            })
            .await?;
        }
        let made = self.store.decide(scenario, based_on, decisions, &who.by, who.at).await?;
        for decision in &made {
            self.events.tell(Event::Decision(decision.clone()));
        }
        Ok(made)
    }
}
