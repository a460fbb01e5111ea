//! Scenarios, decisions and the status of plans: what several people change at once.
//!
//! A change moves the scenario from the version it was based on, by one UPDATE that finds no row when somebody was
//! faster. The number of a decision in the log is taken from the project's one row, whose lock is held until the commit:
//! so decisions become visible in the order of their numbers, and whoever reads on from the last one seen misses none.

use parcels::message;
use sqlx::{Any, AnyConnection, AnyExecutor, Transaction};

use super::database::{SqlStore, all, commit, conflict, one, run};
use super::records::*;
use super::rows;
use crate::error::{Error, ErrorKind, Result};

pub(super) async fn scenario(db: impl AnyExecutor<'_>, id: ScenarioId) -> Result<ScenarioRecord> {
    let query = sqlx::query("SELECT * FROM lp_scenarios WHERE id = $1").bind(id.0);
    one(db, &message!("scenario-of-id", id = id), query, rows::scenario).await
}

pub(super) async fn change_scenario(
    store: &SqlStore,
    id: ScenarioId,
    based_on: i64,
    change: &ScenarioChange,
) -> Result<ScenarioRecord> {
    let doing = message!("changing-scenario", id = id);
    let mut tx = store.begin().await?;
    advance(&mut tx, id, based_on, 1).await?;
    let policy = change.policy.as_ref();
    let row = sqlx::query(
        "UPDATE lp_scenarios SET title = COALESCE($1, title), policy_name = COALESCE($2, policy_name), \
         policy_version = COALESCE($3, policy_version), archived = COALESCE($4, archived) WHERE id = $5",
    )
    .bind(change.title.as_deref())
    .bind(policy.map(|p| p.name.as_str()))
    .bind(policy.map(|p| p.version))
    .bind(change.archived.map(i64::from))
    .bind(id.0);
    run(&mut *tx, &doing, row).await?;
    let changed = scenario(&mut *tx, id).await?;
    commit(tx, &doing).await?;
    Ok(changed)
}

pub(super) async fn decide(
    store: &SqlStore,
    scenario: ScenarioId,
    based_on: i64,
    decisions: &[NewDecision],
    by: &str,
    at: Moment,
) -> Result<Vec<DecisionRecord>> {
    let doing = message!("recording-decisions", id = scenario);
    decisions.iter().try_for_each(sensible)?;
    let mut tx = store.begin().await?;
    let recorded = record(&mut tx, scenario, based_on, decisions, by, at).await?;
    commit(tx, &doing).await?;
    Ok(recorded)
}

/// Records decisions that are sensible, as a part of `tx`.
pub(super) async fn record(
    tx: &mut Transaction<'_, Any>,
    scenario: ScenarioId,
    based_on: i64,
    decisions: &[NewDecision],
    by: &str,
    at: Moment,
) -> Result<Vec<DecisionRecord>> {
    let count = decisions.len() as i64;
    advance(tx, scenario, based_on, count).await?;
    let last =
        sqlx::query("UPDATE lp_project SET last_decision = last_decision + $1 RETURNING last_decision");
    let last: i64 =
        one(&mut **tx, &message!("record-of-itself"), last.bind(count), |row| sqlx::Row::try_get(row, 0))
            .await?;
    let mut recorded = Vec::with_capacity(decisions.len());
    for (nth, decision) in (1..).zip(decisions) {
        if let Some(undone) = decision.undoes {
            may_be_undone(tx, scenario, undone).await?;
        }
        let row = sqlx::query(
            "INSERT INTO lp_decisions (seq, scenario, version, kind, parcel, undoes, reason, by, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *",
        )
        .bind(last - count + nth)
        .bind(scenario.0)
        .bind(based_on + nth)
        .bind(decision.kind.name())
        .bind(decision.parcel.as_ref().map(|parcel| parcel.0.as_str()))
        .bind(decision.undoes.map(|undone| undone.0))
        .bind(decision.reason.as_deref())
        .bind(by)
        .bind(at.0);
        recorded.push(one(&mut **tx, &message!("new-decision"), row, rows::decision).await?);
    }
    Ok(recorded)
}

/// Takes a scenario from the version a change was based on to a later one, or reports who was faster.
async fn advance(tx: &mut Transaction<'_, Any>, id: ScenarioId, based_on: i64, by: i64) -> Result<()> {
    let row = sqlx::query("UPDATE lp_scenarios SET version = version + $1 WHERE id = $2 AND version = $3");
    let row = row.bind(by).bind(id.0).bind(based_on);
    if run(&mut **tx, &message!("changing-scenario", id = id), row).await? == 1 {
        return Ok(());
    }
    let now = scenario(&mut **tx, id).await?;
    let since =
        sqlx::query("SELECT * FROM lp_decisions WHERE scenario = $1 AND version > $2 ORDER BY version");
    let since = since.bind(id.0).bind(based_on);
    let since = all(&mut **tx, &message!("asking-who-was-faster"), since, rows::decision).await?;
    let what = message!("scenario-changed-meanwhile", id = id);
    Err(conflict(what).because(Conflict { based_on, now, since }))
}

/// What can be said of a decision without the log.
pub(super) fn sensible(decision: &NewDecision) -> Result<()> {
    let (parcel, undoes) = (decision.parcel.is_some(), decision.undoes.is_some());
    let fits = match decision.kind {
        DecisionKind::Undo => undoes && !parcel,
        DecisionKind::Comment => !undoes,
        _ => parcel && !undoes,
    };
    if fits {
        return Ok(());
    }
    let what = match decision.kind {
        DecisionKind::Undo => message!("undo-names-decision"),
        DecisionKind::Comment => message!("comment-undoes-nothing"),
        kind => message!("kind-names-parcel", kind = kind.name()),
    };
    Err(Error::new(ErrorKind::Usage, what))
}

async fn may_be_undone(tx: &mut AnyConnection, scenario: ScenarioId, seq: DecisionSeq) -> Result<()> {
    let query = sqlx::query("SELECT * FROM lp_decisions WHERE seq = $1").bind(seq.0);
    let decision = one(&mut *tx, &message!("decision-of-seq", seq = seq), query, rows::decision).await?;
    let undone = sqlx::query("SELECT seq FROM lp_decisions WHERE undoes = $1").bind(seq.0);
    let undone = !all(&mut *tx, &message!("asking-for-undone"), undone, |_| Ok(())).await?.is_empty();
    let why = if decision.scenario != scenario {
        message!("decision-of-other-scenario", seq = seq)
    } else if decision.kind == DecisionKind::Undo {
        message!("decision-is-undo", seq = seq)
    } else if undone {
        message!("decision-undone-already", seq = seq)
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Usage, why))
}

pub(super) async fn note_step(tx: &mut AnyConnection, plan: PlanId, step: &PlanStep) -> Result<()> {
    let row =
        sqlx::query("INSERT INTO lp_plan_steps (plan, status, reason, at, by) VALUES ($1, $2, $3, $4, $5)")
            .bind(plan.0)
            .bind(step.status.name())
            .bind(step.reason.as_deref())
            .bind(step.at.0)
            .bind(&step.by);
    run(tx, &message!("noting-plan-status", plan = plan), row).await?;
    Ok(())
}

/// Why a plan could not be moved from a status.
pub(super) async fn other_status(store: &SqlStore, id: PlanId, expected: PlanStatus) -> Error {
    match super::Store::plan(store, id).await {
        Ok(plan) => conflict(message!(
            "plan-no-longer",
            plan = id,
            status = plan.status.name(),
            before = expected.name()
        )),
        Err(error) => error,
    }
}
