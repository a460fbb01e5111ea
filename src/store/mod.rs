//! What a project stores: one trait in the words of its users. The only folder that knows databases.
//! Called by `app`, and by `commands` to open a project.
//!
//! Two backends, one for a GeoPackage file and one for PostgreSQL with PostGIS, chosen by the address. What is
//! acknowledged is on disk. Data sets, versions of policies, decisions and the content of plans are only ever added; the
//! database itself refuses to change them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use parcels::id::LayerId;
use parcels::parcel::Crs;

use crate::error::Result;
use crate::io::feature_layer::Features;

// What is stored.
mod records;

// Statements, for both databases.
mod database;

// The trait in SQL, for both databases.
mod data_sets;
mod files;
mod publish;
mod queue;
mod review;
mod rows;
mod sql;

// What differs between them: making, recognising, opening.
mod geopackage;
mod migrate;
mod postgis;

pub use records::*;

/// Opens a project: `postgres://…` is a database, everything else the path of a GeoPackage. With `new`, makes the project
/// where there is none yet.
///
/// # Errors
/// Of kind `NotFound` when there is none and `new` does not say to make one; otherwise when what is there is no project,
/// was made by a newer version, or cannot be opened. What is no project is left untouched.
pub async fn open(address: &str, new: Option<&NewProject>) -> Result<Arc<dyn Store>> {
    sqlx::any::install_default_drivers();
    if is_server(address) {
        Ok(Arc::new(postgis::open(address, new).await?))
    } else {
        Ok(Arc::new(geopackage::open(Path::new(address), new).await?))
    }
}

/// Takes a project's file away that was just made, with what its database left beside it. A database of a server stays.
pub fn remove(address: &str) {
    if !is_server(address) {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let _ = std::fs::remove_file(format!("{address}{ending}"));
        }
    }
}

/// Whether the address is that of a database server.
fn is_server(address: &str) -> bool {
    address.starts_with("postgres://") || address.starts_with("postgresql://")
}

/// The layers of [`Store::publish`], in this order.
pub const PUBLISHED: [&str; 3] = ["parcels", "blocks", "transfers"];

/// How often a job may lose its worker before it is given up.
pub const ATTEMPTS_MAX: i64 = 3;

/// A project. Every write is one transaction: when it returns, it is on disk; when it fails, nothing of it is there.
///
/// Errors, unless a method says more: of kind `NotFound` where something named does not exist, `Unreadable` or
/// `Unwritable` where the database refuses.
#[async_trait]
pub trait Store: Send + Sync {
    /// The project itself.
    async fn project(&self) -> Result<Project>;

    /// Whether the database answers.
    async fn ready(&self) -> Result<()>;

    /// Ends all connections, and leaves one whole file where the project is one.
    async fn close(&self);

    /// Keeps a file; the same bytes are kept once.
    async fn put_file(&self, bytes: &[u8]) -> Result<FileHash>;

    /// Keeps a file on disk, whose hash is known, without holding all of it in memory.
    ///
    /// # Errors
    /// Of kind `Unreadable` when it cannot be read, or its bytes have another hash.
    async fn put_file_at(&self, path: &Path, hash: &FileHash) -> Result<()>;

    /// Writes a file to disk, piece by piece.
    async fn write_file(&self, hash: &FileHash, to: &Path) -> Result<()>;

    /// The bytes of a file.
    async fn file(&self, hash: &FileHash) -> Result<Vec<u8>>;

    /// Keeps a data set, whose files are kept already, and its layer where that is not there yet. One that is there stays as
    /// it is; answers with what is there then.
    ///
    /// # Errors
    /// Of kind `Usage` where it has a zone of its own without a plan, or the other way round.
    async fn add_data_set(&self, data_set: &NewDataSet) -> Result<DataSetRecord>;

    /// All data sets, in the order they came.
    async fn data_sets(&self) -> Result<Vec<DataSetRecord>>;

    /// One data set.
    async fn data_set(&self, id: &DataSetId) -> Result<DataSetRecord>;

    /// What `check` said of it.
    async fn data_set_report(&self, id: &DataSetId) -> Result<serde_json::Value>;

    /// Its present zone where a plan made it; none where the zone is as the files have it.
    async fn data_set_zone(&self, id: &DataSetId) -> Result<Option<Zone>>;

    /// Keeps what the files of a data set are to a policy. Where that is kept already, it stays; answers with what is kept.
    async fn add_reading(&self, data_set: &DataSetId, reading: &Reading) -> Result<Reading>;

    /// What the files of a data set are to policies, in the order it was kept.
    async fn readings(&self, data_set: &DataSetId) -> Result<Vec<Reading>>;

    /// All layers, in the order they came.
    async fn layers(&self) -> Result<Vec<LayerRecord>>;

    /// One layer.
    async fn layer(&self, id: &LayerId) -> Result<LayerRecord>;

    /// Keeps the next version of a policy; `based_on` is the version that was edited, 0 for a new policy.
    ///
    /// # Errors
    /// Of kind `Conflict` when the newest version is another than `based_on`.
    async fn add_policy(
        &self,
        name: &str,
        based_on: i64,
        text: &str,
        by: &str,
        at: Moment,
    ) -> Result<PolicyRef>;

    /// All versions of all policies, by name and version.
    async fn policies(&self) -> Result<Vec<PolicyRecord>>;

    /// One version.
    async fn policy(&self, policy: &PolicyRef) -> Result<PolicyRecord>;

    /// Makes a scenario with the decisions it begins with, at version 0 where there are none. For a job that made one
    /// already, that scenario.
    ///
    /// # Errors
    /// Of kind `Usage` when one of the decisions makes no sense (see [`NewDecision`]).
    async fn add_scenario(&self, scenario: &NewScenario) -> Result<ScenarioRecord>;

    /// All scenarios, in the order they were made.
    async fn scenarios(&self) -> Result<Vec<ScenarioRecord>>;

    /// One scenario.
    async fn scenario(&self, id: ScenarioId) -> Result<ScenarioRecord>;

    /// Changes a scenario that is at version `based_on`.
    ///
    /// # Errors
    /// Of kind `Conflict`, with a [`Conflict`], when it is at another.
    async fn change_scenario(
        &self,
        id: ScenarioId,
        based_on: i64,
        change: &ScenarioChange,
    ) -> Result<ScenarioRecord>;

    /// Records decisions on a scenario that is at version `based_on`: all of them or none.
    ///
    /// # Errors
    /// Of kind `Conflict`, with a [`Conflict`] that holds the decisions made since, when it is at another version; of
    /// kind `Usage` when one of them makes no sense (see [`NewDecision`]).
    async fn decide(
        &self,
        scenario: ScenarioId,
        based_on: i64,
        decisions: &[NewDecision],
        by: &str,
        at: Moment,
    ) -> Result<Vec<DecisionRecord>>;

    /// The decisions of one scenario, or of all, made after `after`, oldest first.
    async fn decisions(
        &self,
        scenario: Option<ScenarioId>,
        after: DecisionSeq,
    ) -> Result<Vec<DecisionRecord>>;

    /// Keeps a plan as a draft. For a job that left a plan already, that plan.
    async fn add_plan(&self, plan: &NewPlan) -> Result<StoredPlan>;

    /// The plans of one scenario, or of all, in the order they were made.
    async fn plans(&self, scenario: Option<ScenarioId>) -> Result<Vec<StoredPlan>>;

    /// One plan.
    async fn plan(&self, id: PlanId) -> Result<StoredPlan>;

    /// What it says.
    async fn plan_content(&self, id: PlanId) -> Result<PlanContent>;

    /// How it came to its status, oldest first: being made as a draft is the first step.
    async fn plan_steps(&self, id: PlanId) -> Result<Vec<PlanStep>>;

    /// Takes a plan from a status to the one of `step`.
    ///
    /// # Errors
    /// Of kind `Conflict` when its status is not `from`, `Usage` when no plan may go that way.
    async fn move_plan(&self, id: PlanId, from: PlanStatus, step: &PlanStep) -> Result<StoredPlan>;

    /// Removes a draft.
    ///
    /// # Errors
    /// Of kind `Conflict` when the plan is no draft any more.
    async fn discard_draft(&self, id: PlanId) -> Result<()>;

    /// Replaces what a GIS sees in the project by the layers of a plan that is kept: `parcels`, `blocks` and `transfers`
    /// ([`PUBLISHED`]), whose shapes are in `crs`. A layer that is not given is emptied. The tables stay, with the rights on
    /// them and what else refers to them. Where a newer plan is published, that stands, and the answer is no. Done twice, it is
    /// as done once.
    ///
    /// # Errors
    /// Of kind `Usage` for a layer of another name.
    async fn publish(&self, plan: PlanId, layers: &[&Features<'_>], crs: &Crs) -> Result<bool>;

    /// The plan that a GIS sees; none where none was published yet.
    async fn published(&self) -> Result<Option<PlanId>>;

    /// Queues a job, or finds the one that was queued with the same key.
    async fn enqueue(&self, job: &NewJob) -> Result<JobRecord>;

    /// Takes the oldest job that waits, for `owner`, who holds it for `hold` by the clock of the database. No two workers get
    /// the same.
    async fn claim_job(&self, owner: &str, hold: Duration) -> Result<Option<(Lease, JobRecord)>>;

    /// Says how far a job is and holds it for `hold` from now on. Answers whether it is to stop.
    ///
    /// # Errors
    /// Of kind `Conflict` when the job is no longer this worker's, and only then.
    async fn job_progress(
        &self,
        lease: &Lease,
        step: &str,
        done: u64,
        total: u64,
        hold: Duration,
    ) -> Result<bool>;

    /// Gives a job back that was begun and cannot be ended now, as when the service stops: it waits again, and the attempt does
    /// not count. One that is to stop is cancelled.
    ///
    /// # Errors
    /// Of kind `Conflict` when the job is no longer this worker's.
    async fn release_job(&self, lease: &Lease) -> Result<JobRecord>;

    /// Ends a job. It happens once.
    ///
    /// # Errors
    /// Of kind `Conflict` when the job is no longer this worker's, or has ended.
    async fn end_job(&self, lease: &Lease, end: &JobEnd) -> Result<JobRecord>;

    /// Asks a job to stop: one that waits is cancelled at once, one that runs when its worker hears of it, one that has
    /// ended stays as it is.
    async fn cancel_job(&self, id: JobId) -> Result<JobRecord>;

    /// Takes back the jobs whose workers hold them no longer: they wait again, or fail after [`ATTEMPTS_MAX`] attempts. Answers
    /// with the jobs taken back.
    async fn recover_jobs(&self) -> Result<Vec<JobRecord>>;

    /// The newest `limit` jobs, newest first.
    async fn jobs(&self, limit: u32) -> Result<Vec<JobRecord>>;

    /// One job.
    async fn job(&self, id: JobId) -> Result<JobRecord>;
}
