//! The store trait in SQL, the same for both backends except where it asks [`super::database::Backend`]. Placeholders are
//! `$1`, which both understand; sqlx's `Any` passes them to either.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use parcels::id::LayerId;
use parcels::message;
use parcels::message::Message;
use parcels::parcel::Crs;

use super::database::{SqlStore, all, commit, conflict, one, refused, run};
use super::records::*;
use super::{Store, data_sets, files, publish, queue, review, rows};
use crate::error::{Error, ErrorKind, Result};
use crate::io::feature_layer::Features;

/// What is listed of a plan.
macro_rules! plan_columns {
    () => {
        "id, scenario, decided, policy_name, policy_version, job, status, by, at"
    };
}

fn usage(what: Message) -> Error {
    Error::new(ErrorKind::Usage, what)
}

#[async_trait]
impl Store for SqlStore {
    async fn project(&self) -> Result<Project> {
        one(&self.read, &message!("record-of-itself"), sqlx::query("SELECT * FROM lp_project"), rows::project)
            .await
    }

    async fn ready(&self) -> Result<()> {
        let asked = sqlx::query("SELECT 1").fetch_one(&self.read).await;
        let asking = message!("asking-database");
        asked.map(|_| ()).map_err(|e| refused(&asking, ErrorKind::Unreadable, e))
    }

    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn put_file(&self, bytes: &[u8]) -> Result<FileHash> {
        files::put(self, bytes).await
    }

    async fn put_file_at(&self, path: &Path, hash: &FileHash) -> Result<()> {
        files::put_at(self, path, hash).await
    }

    async fn write_file(&self, hash: &FileHash, to: &Path) -> Result<()> {
        files::write(self, hash, to).await
    }

    async fn file(&self, hash: &FileHash) -> Result<Vec<u8>> {
        files::whole(self, hash).await
    }

    async fn add_data_set(&self, data_set: &NewDataSet) -> Result<DataSetRecord> {
        data_sets::add(self, data_set).await
    }

    async fn data_sets(&self) -> Result<Vec<DataSetRecord>> {
        data_sets::all_of_them(self).await
    }

    async fn data_set(&self, id: &DataSetId) -> Result<DataSetRecord> {
        data_sets::record(&self.read, id).await
    }

    async fn data_set_report(&self, id: &DataSetId) -> Result<serde_json::Value> {
        let query = sqlx::query("SELECT report FROM lp_data_sets WHERE id = $1").bind(&id.0);
        one(&self.read, &message!("data-set-of-id", id = id), query, rows::report).await
    }

    async fn data_set_zone(&self, id: &DataSetId) -> Result<Option<Zone>> {
        let query = sqlx::query("SELECT zone FROM lp_data_sets WHERE id = $1").bind(&id.0);
        one(&self.read, &message!("data-set-of-id", id = id), query, rows::data_set_zone).await
    }

    async fn add_reading(&self, data_set: &DataSetId, reading: &Reading) -> Result<Reading> {
        data_sets::add_reading(self, data_set, reading).await
    }

    async fn readings(&self, data_set: &DataSetId) -> Result<Vec<Reading>> {
        data_sets::readings(&self.read, data_set).await
    }

    async fn layers(&self) -> Result<Vec<LayerRecord>> {
        let query = sqlx::query("SELECT id, name, parcels, at, by FROM lp_layers ORDER BY number");
        all(&self.read, &message!("listing-layers"), query, rows::layer).await
    }

    async fn layer(&self, id: &LayerId) -> Result<LayerRecord> {
        let query = sqlx::query("SELECT id, name, parcels, at, by FROM lp_layers WHERE id = $1");
        one(&self.read, &message!("layer-of-id", id = id), query.bind(&id.0), rows::layer).await
    }

    async fn add_policy(
        &self,
        name: &str,
        based_on: i64,
        text: &str,
        by: &str,
        at: Moment,
    ) -> Result<PolicyRef> {
        let doing = message!("keeping-policy", name = name);
        let newest = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM lp_policies WHERE name = $1");
        let mut tx = self.begin().await?;
        let newest: i64 =
            one(&mut *tx, &message!("policies"), newest.bind(name), |row| sqlx::Row::try_get(row, 0)).await?;
        // Of two at once on PostgreSQL, both see the same newest version and one finds its number taken.
        let row = sqlx::query(
            "INSERT INTO lp_policies (name, version, text, at, by) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING",
        );
        let version = newest + 1;
        let row = row.bind(name).bind(version).bind(text).bind(at.0).bind(by);
        if newest != based_on || run(&mut *tx, &doing, row).await? == 0 {
            return Err(conflict(message!(
                "policy-newer",
                name = name,
                version = if newest == based_on { version } else { newest },
                based_on = based_on
            )));
        }
        commit(tx, &doing).await?;
        Ok(PolicyRef { name: name.to_owned(), version })
    }

    async fn policies(&self) -> Result<Vec<PolicyRecord>> {
        let query = sqlx::query("SELECT * FROM lp_policies ORDER BY name, version");
        all(&self.read, &message!("listing-policies"), query, rows::policy).await
    }

    async fn policy(&self, policy: &PolicyRef) -> Result<PolicyRecord> {
        let query = sqlx::query("SELECT * FROM lp_policies WHERE name = $1 AND version = $2");
        let query = query.bind(&policy.name).bind(policy.version);
        one(
            &self.read,
            &message!("policy-of-version", name = policy.name, version = policy.version),
            query,
            rows::policy,
        )
        .await
    }

    async fn add_scenario(&self, scenario: &NewScenario) -> Result<ScenarioRecord> {
        scenario.decisions.iter().try_for_each(review::sensible)?;
        let doing = message!("making-scenario");
        let mut tx = self.begin().await?;
        let data_set = data_sets::record(&mut *tx, &scenario.data_set).await?;
        let row = sqlx::query(
            "INSERT INTO lp_scenarios (title, layer, data_set, policy_name, policy_version, version, at, by, job) \
             VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8) ON CONFLICT (job) DO NOTHING RETURNING *",
        )
        .bind(&scenario.title)
        .bind(&data_set.layer.0)
        .bind(&data_set.id.0)
        .bind(&scenario.policy.name)
        .bind(scenario.policy.version)
        .bind(scenario.at.0)
        .bind(&scenario.by)
        .bind(scenario.job.map(|job| job.0));
        let made = match all(&mut *tx, &doing, row, rows::scenario).await?.pop() {
            Some(made) if scenario.decisions.is_empty() => made,
            Some(ScenarioRecord { id, .. }) => {
                review::record(&mut tx, id, 0, &scenario.decisions, &scenario.by, scenario.at).await?;
                review::scenario(&mut *tx, id).await?
            }
            None => {
                let same = sqlx::query("SELECT * FROM lp_scenarios WHERE job = $1");
                let same = same.bind(scenario.job.map(|job| job.0));
                one(&mut *tx, &message!("scenario-of-job"), same, rows::scenario).await?
            }
        };
        commit(tx, &doing).await?;
        Ok(made)
    }

    async fn scenarios(&self) -> Result<Vec<ScenarioRecord>> {
        let query = sqlx::query("SELECT * FROM lp_scenarios ORDER BY id");
        all(&self.read, &message!("listing-scenarios"), query, rows::scenario).await
    }

    async fn scenario(&self, id: ScenarioId) -> Result<ScenarioRecord> {
        review::scenario(&self.read, id).await
    }

    async fn change_scenario(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &ScenarioChange,
    ) -> Result<ScenarioRecord> {
        review::change_scenario(self, id, based_on, change).await
    }

    async fn decide(
        &self,
        scenario: ScenarioId,
        based_on: i64,
        decisions: &[NewDecision],
        by: &str,
        at: Moment,
    ) -> Result<Vec<DecisionRecord>> {
        review::decide(self, scenario, based_on, decisions, by, at).await
    }

    async fn decisions(
        &self,
        scenario: Option<ScenarioId>,
        after: DecisionSeq,
    ) -> Result<Vec<DecisionRecord>> {
        let query = match scenario {
            None => sqlx::query("SELECT * FROM lp_decisions WHERE seq > $1 ORDER BY seq").bind(after.0),
            Some(scenario) => {
                sqlx::query("SELECT * FROM lp_decisions WHERE seq > $1 AND scenario = $2 ORDER BY seq")
                    .bind(after.0)
                    .bind(scenario.0)
            }
        };
        all(&self.read, &message!("listing-decisions"), query, rows::decision).await
    }

    async fn add_plan(&self, plan: &NewPlan) -> Result<StoredPlan> {
        let doing = message!("keeping-plan");
        let row = sqlx::query(concat!(
            "INSERT INTO lp_plans (scenario, decided, policy_name, policy_version, job, status, record, zone, ",
            "certificate, at, by) VALUES ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, $9, $10) ",
            "ON CONFLICT (job) DO NOTHING RETURNING ",
            plan_columns!()
        ))
        .bind(plan.scenario.0)
        .bind(plan.decided.0)
        .bind(&plan.policy.name)
        .bind(plan.policy.version)
        .bind(plan.job.map(|job| job.0))
        .bind(&plan.content.record)
        .bind(rows::pack(&plan.content.zone))
        .bind(&plan.content.certificate)
        .bind(plan.at.0)
        .bind(&plan.by);
        let mut tx = self.begin().await?;
        let Some(made) = all(&mut *tx, &doing, row, rows::plan).await?.pop() else {
            let query = sqlx::query(concat!("SELECT ", plan_columns!(), " FROM lp_plans WHERE job = $1"));
            let query = query.bind(plan.job.map(|job| job.0));
            return one(&mut *tx, &message!("plan-of-job"), query, rows::plan).await;
        };
        let step = PlanStep { status: PlanStatus::Draft, reason: None, by: plan.by.clone(), at: plan.at };
        review::note_step(&mut tx, made.id, &step).await?;
        commit(tx, &doing).await?;
        Ok(made)
    }

    async fn plans(&self, scenario: Option<ScenarioId>) -> Result<Vec<StoredPlan>> {
        let query = match scenario {
            None => sqlx::query(concat!("SELECT ", plan_columns!(), " FROM lp_plans ORDER BY id")),
            Some(scenario) => sqlx::query(concat!(
                "SELECT ",
                plan_columns!(),
                " FROM lp_plans WHERE scenario = $1 ORDER BY id"
            ))
            .bind(scenario.0),
        };
        all(&self.read, &message!("listing-plans"), query, rows::plan).await
    }

    async fn plan(&self, id: PlanId) -> Result<StoredPlan> {
        let query = sqlx::query(concat!("SELECT ", plan_columns!(), " FROM lp_plans WHERE id = $1"));
        one(&self.read, &message!("plan-of-id", id = id), query.bind(id.0), rows::plan).await
    }

    async fn plan_content(&self, id: PlanId) -> Result<PlanContent> {
        let query = sqlx::query("SELECT record, zone, certificate FROM lp_plans WHERE id = $1").bind(id.0);
        one(&self.read, &message!("plan-of-id", id = id), query, rows::plan_content).await
    }

    async fn plan_steps(&self, id: PlanId) -> Result<Vec<PlanStep>> {
        self.plan(id).await?;
        let query = sqlx::query("SELECT * FROM lp_plan_steps WHERE plan = $1 ORDER BY number").bind(id.0);
        all(&self.read, &message!("listing-plan-steps", plan = id), query, rows::plan_step).await
    }

    async fn move_plan(&self, id: PlanId, from: PlanStatus, step: &PlanStep) -> Result<StoredPlan> {
        if !from.may_become(step.status) {
            let (from, to) = (from.name(), step.status.name());
            return Err(usage(message!("plan-does-not-become", from = from, to = to)));
        }
        let doing = message!("moving-plan", plan = id);
        let mut tx = self.begin().await?;
        let row = sqlx::query(concat!(
            "UPDATE lp_plans SET status = $1 WHERE id = $2 AND status = $3 RETURNING ",
            plan_columns!()
        ));
        let row = row.bind(step.status.name()).bind(id.0).bind(from.name());
        let Some(moved) = all(&mut *tx, &doing, row, rows::plan).await?.pop() else {
            drop(tx);
            return Err(review::other_status(self, id, from).await);
        };
        review::note_step(&mut tx, id, step).await?;
        commit(tx, &doing).await?;
        Ok(moved)
    }

    async fn discard_draft(&self, id: PlanId) -> Result<()> {
        let doing = message!("discarding-plan", plan = id);
        let mut tx = self.begin().await?;
        let draft = sqlx::query("SELECT id FROM lp_plans WHERE id = $1 AND status = 'draft'").bind(id.0);
        if all(&mut *tx, &doing, draft, |_| Ok(())).await?.is_empty() {
            drop(tx);
            return Err(review::other_status(self, id, PlanStatus::Draft).await);
        }
        run(&mut *tx, &doing, sqlx::query("DELETE FROM lp_plan_steps WHERE plan = $1").bind(id.0)).await?;
        run(&mut *tx, &doing, sqlx::query("DELETE FROM lp_plans WHERE id = $1").bind(id.0)).await?;
        commit(tx, &doing).await
    }

    async fn publish(&self, plan: PlanId, layers: &[&Features<'_>], crs: &Crs) -> Result<bool> {
        publish::publish(self, plan, layers, crs).await
    }

    async fn published(&self) -> Result<Option<PlanId>> {
        publish::published(self).await
    }

    async fn enqueue(&self, job: &NewJob) -> Result<JobRecord> {
        queue::enqueue(self, job).await
    }

    async fn claim_job(&self, owner: &str, hold: Duration) -> Result<Option<(Lease, JobRecord)>> {
        queue::claim(self, owner, hold).await
    }

    async fn job_progress(
        &self,
        lease: &Lease,
        step: &str,
        done: u64,
        total: u64,
        hold: Duration,
    ) -> Result<bool> {
        queue::progress(self, lease, step, (done, total), hold).await
    }

    async fn release_job(&self, lease: &Lease) -> Result<JobRecord> {
        queue::release(self, lease).await
    }

    async fn end_job(&self, lease: &Lease, end: &JobEnd) -> Result<JobRecord> {
        queue::end(self, lease, end).await
    }

    async fn cancel_job(&self, id: JobId) -> Result<JobRecord> {
        queue::cancel(self, id).await
    }

    async fn recover_jobs(&self) -> Result<Vec<JobRecord>> {
        queue::recover(self).await
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>> {
        let query = sqlx::query("SELECT * FROM lp_jobs ORDER BY id DESC LIMIT $1").bind(i64::from(limit));
        all(&self.read, &message!("listing-jobs"), query, rows::job).await
    }

    async fn job(&self, id: JobId) -> Result<JobRecord> {
        let query = sqlx::query("SELECT * FROM lp_jobs WHERE id = $1").bind(id.0);
        one(&self.read, &message!("job-of-id", id = id), query, rows::job).await
    }
}
