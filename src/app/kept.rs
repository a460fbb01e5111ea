//! A plan as the store kept it: its zone, its record and its proof, with the park it was made for. Nothing is searched for
//! again, so a plan that a time limit cut short, and one that another version made, is written as it was made.

use std::path::PathBuf;
use std::sync::Arc;

use parcels::blocks::Blocks;
use parcels::optimise::Hold;
use parcels::plan::PlanRecord;
use parcels::policy::Policy;
use parcels::progress::Monitor;

use super::live::compiled;
use super::parks::Park;
use super::plan::Written;
use super::prepare::{LoadedPolicy, Prepared};
use super::view::record;
use super::workshop::{Workshop, blocking};
use crate::error::{Error, ErrorKind, Result};
use crate::io::write::{PlanOutput, write_plan};
use crate::store::{DecisionRecord, DecisionSeq, PlanContent, PlanId, StoredPlan};

/// A plan that was kept, with the park it was made for.
pub(super) struct Kept {
    park: Park,
    record: PlanRecord,
    content: PlanContent,
}

impl Kept {
    /// Puts together what was kept and what is read again.
    ///
    /// # Errors
    /// Of kind `Impossible` where the layer's files make other parcels than the plan speaks of.
    pub(super) fn new(plan: &StoredPlan, content: PlanContent, park: Park) -> Result<Self> {
        let record = record(&content.record)?;
        let layer = &park.prepared.layer;
        if record.inputs.layer != *layer.id() || content.zone.0.len() != layer.len() {
            let what = format!("plan {} speaks of other parcels than its layer now has", plan.id);
            return Err(Error::new(ErrorKind::Impossible, what)
                .try_this("another version of the program read them: plan again"));
        }
        Ok(Self { park, record, content })
    }

    /// The policy it followed, the decisions of then as locks.
    pub(super) fn policy(&self) -> &Policy {
        &self.park.policy
    }

    /// Hands over all that is written of the plan.
    ///
    /// # Errors
    /// Those of `to`; a policy that does not fit the parcels.
    pub(super) fn hand_over<T>(&self, to: impl FnOnce(&PlanOutput<'_>) -> Result<T>) -> Result<T> {
        let Park { prepared, policy } = &self.park;
        let Prepared { layer, adjacency, .. } = &**prepared;
        let compiled = compiled(prepared, policy)?;
        let before: Vec<bool> = layer.parcels().iter().map(|p| p.in_zone).collect();
        let after = &self.content.zone.0;
        let hold: Vec<String> = compiled.hold.iter().map(Hold::code).collect();
        let robustness = self.robustness();
        let written = Written {
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
        Some(self.park.prepared.layer.parcels().iter().map(share).collect())
    }
}

impl Workshop {
    /// A plan as it was kept.
    pub(super) async fn kept(&self, id: PlanId) -> Result<Kept> {
        let plan = self.store().plan(id).await?;
        let content = self.store().plan_content(id).await?;
        let log = self.store().decisions(Some(plan.scenario), DecisionSeq(0)).await?;
        let log: Vec<DecisionRecord> = log.into_iter().filter(|d| d.seq <= plan.decided).collect();
        let layer = self.store().scenario(plan.scenario).await?.layer;
        let park = self.park_with(&layer, &plan.policy, &log).await?;
        Kept::new(&plan, content, park)
    }

    /// Writes the folder of a plan as `lianpian plan` does, from what was kept of it.
    ///
    /// # Errors
    /// When the layer's files make other parcels than the plan speaks of, or the folder cannot be written.
    pub async fn write_plan(&self, id: PlanId, out: PathBuf, monitor: Arc<dyn Monitor + Send>) -> Result<()> {
        let kept = self.kept(id).await?;
        blocking(move || kept.hand_over(|made| write_plan(&out, made, &*monitor))).await
    }
}
