//! A layer that was read and checked, with the policy it was read for.

use std::collections::BTreeMap;
use std::sync::Arc;

use parcels::id::ParcelId;
use parcels::policy::Policy;

use crate::app::planning::policy_change::decided;
use crate::app::planning::prepare::Prepared;
use crate::app::planning::preview::holds_together;
use crate::error::Result;
use crate::store::DecisionKind;

/// A layer that was read and checked, with the policy it was read for.
#[derive(Clone)]
pub(crate) struct ReadyLayer {
    /// The layer, with everything a plan is made from.
    pub(crate) prepared: Arc<Prepared>,
    /// What its data mean; decisions stand in it as locks.
    pub(crate) policy: Policy,
}

impl ReadyLayer {
    /// The same, with these decisions as locks.
    pub(crate) fn decided(&self, decisions: &BTreeMap<ParcelId, DecisionKind>) -> Self {
        let sides: BTreeMap<&ParcelId, bool> = match decisions.is_empty() {
            true => BTreeMap::new(),
            false => self.prepared.layer.parcels().iter().map(|p| (&p.id, p.in_zone)).collect(),
        };
        let policy = decided(&self.policy, decisions, |parcel| sides.get(parcel).copied());
        Self { prepared: self.prepared.clone(), policy }
    }

    /// Whether these decisions go together with the policy's rules.
    ///
    /// # Errors
    /// Where they contradict one, so that no plan could follow both.
    pub(crate) fn admits(&self, decisions: &BTreeMap<ParcelId, DecisionKind>) -> Result<()> {
        holds_together(&self.prepared, &self.decided(decisions).policy)
    }
}
