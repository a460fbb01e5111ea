//! A stored plan with the layer it was made for. Nothing is searched for again: a plan that a time limit cut short, or that
//! another version made, is written exactly as it was made.

use parcels::blocks::Blocks;
use parcels::message;
use parcels::optimise::LockReason;
use parcels::plan::PlanRecord;
use parcels::policy::Policy;

use crate::app::planning::plan::PlanParts;
use crate::app::planning::prepare::{LoadedPolicy, Prepared};
use crate::app::planning::preview::compiled;
use crate::app::planning::ready_layer::ReadyLayer;
use crate::app::review::scenario_view::record;
use crate::error::{Error, ErrorKind, Result};
use crate::io::plan_output::PlanOutput;
use crate::store::{PlanContent, StoredPlan};

/// A stored plan, reopened with the layer it was made for.
pub(crate) struct ReopenedPlan {
    ready: ReadyLayer,
    record: PlanRecord,
    content: PlanContent,
}

impl ReopenedPlan {
    /// Puts the stored plan together with its layer.
    ///
    /// # Errors
    /// Of kind `Impossible` where the layer's files make other parcels than the plan speaks of.
    pub(crate) fn new(plan: &StoredPlan, content: PlanContent, ready: ReadyLayer) -> Result<Self> {
        let record = record(&content.record)?;
        let layer = &ready.prepared.layer;
        if record.inputs.layer != *layer.id() || content.zone.0.len() != layer.len() {
            let what = message!("plan-of-other-parcels", plan = plan.id);
            return Err(Error::new(ErrorKind::Impossible, what).try_this(message!("plan-again")));
        }
        Ok(Self { ready, record, content })
    }

    /// The policy it followed, the decisions of then as locks.
    pub(crate) fn policy(&self) -> &Policy {
        &self.ready.policy
    }

    /// Hands over all that is written of the plan.
    ///
    /// # Errors
    /// Those of `to`; a policy that does not fit the parcels.
    pub(crate) fn hand_over<T>(&self, to: impl FnOnce(&PlanOutput<'_>) -> Result<T>) -> Result<T> {
        let ReadyLayer { prepared, policy } = &self.ready;
        let Prepared { layer, adjacency, .. } = &**prepared;
        let compiled = compiled(prepared, policy)?;
        let before: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        let after = &self.content.zone.0;
        let hold: Vec<String> = compiled.hold.iter().map(LockReason::code).collect();
        let robustness = self.robustness();
        let written = PlanParts {
            loaded: &LoadedPolicy::written(policy)?,
            prepared,
            record: &self.record,
            in_zone_after: after,
            blocks_before: &Blocks::new(adjacency, &before, &compiled.area_m2),
            blocks_after: &Blocks::new(adjacency, after, &compiled.area_m2),
            hold: &hold,
            robustness: robustness.as_deref(),
            certificate: &self.content.certificate,
        };
        written.hand_over(to)
    }

    /// In what share of samples parcels stay on their side: kept of those that move, unknown of the others.
    fn robustness(&self) -> Option<Vec<f64>> {
        self.record.robustness?;
        let share = |parcel: &parcels::parcel::Parcel| {
            // They are ascending by parcel.
            let transfers = &self.record.transfers;
            let at = transfers.binary_search_by(|t| t.parcel.cmp(&parcel.id)).ok();
            at.and_then(|at| transfers[at].robustness).unwrap_or(f64::NAN)
        };
        Some(self.ready.prepared.layer.parcels().iter().map(share).collect())
    }
}
