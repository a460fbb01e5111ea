//! Which plans may be put forward, signed and applied: none that breaks a hard rule, and one that misses a soft rule only with
//! a reason in writing, which stands with the step.

use parcels::message;
use parcels::message::list;
use parcels::optimise::Status;
use parcels::plan::{ConstraintStatus, PlanRecord};

use crate::error::{Error, ErrorKind, Result};
use crate::store::{PlanId, PlanStatus, PlanStep};

/// Refuses a plan that breaks a hard rule.
///
/// # Errors
/// Of kind `Conflict`, with the rules by their ids.
pub(super) fn keeps_hard_rules(id: PlanId, record: &PlanRecord) -> Result<()> {
    let mut broken = rules(record, ConstraintStatus::Broken);
    if broken.is_empty() && record.objective.status == Status::Infeasible {
        broken = record.why_not.iter().flat_map(|why| why.rules.iter().map(String::as_str)).collect();
    } else if broken.is_empty() {
        return Ok(());
    }
    let what = message!("plan-breaks-rules", plan = id, rules = list(broken));
    Err(Error::new(ErrorKind::Conflict, what).try_this(message!("change-rules-or-decisions")))
}

/// Refuses a step by which a plan would be put forward or signed that must not be; one that sends it back is never refused.
///
/// # Errors
/// As [`keeps_hard_rules`]; of kind `Usage` where a soft rule is missed and neither this step nor an earlier one says why.
pub(super) fn may_go(id: PlanId, record: &PlanRecord, step: &PlanStep, earlier: &[PlanStep]) -> Result<()> {
    if !matches!(step.status, PlanStatus::Submitted | PlanStatus::Approved) {
        return Ok(());
    }
    keeps_hard_rules(id, record)?;
    let missed = rules(record, ConstraintStatus::Missed);
    let says_why = |step: &PlanStep| step.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    if missed.is_empty() || says_why(step) || earlier.iter().any(says_why) {
        return Ok(());
    }
    let what = message!("missed-rules-need-reason", plan = id, rules = list(missed));
    Err(Error::new(ErrorKind::Usage, what).try_this(message!("give-reason")))
}

/// The ids of the rules that stand so.
fn rules(record: &PlanRecord, status: ConstraintStatus) -> Vec<&str> {
    record.constraints.iter().filter(|c| c.status == status).map(|c| c.id.as_str()).collect()
}
