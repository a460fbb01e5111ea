//! The queue of jobs: who holds which job, and that each ends once.
//!
//! A worker shows its lease with everything it reports, and an UPDATE that names the lease finds no row once the job was
//! taken away or has ended.

use std::time::Duration;

use parcels::message;
use sqlx::AnyExecutor;

use super::database::{Backend, SqlStore, all, commit, conflict, counted, one, run};
use super::records::*;
use super::{ATTEMPTS_MAX, Store, rows};
use crate::error::{Context as _, Error, ErrorKind, Failure, Result};

/// What `claim` takes. On PostgreSQL, workers step over rows that others are just taking.
macro_rules! claim_sql {
    ($skip:literal) => {
        concat!(
            "UPDATE lp_jobs SET state = 'running', owner = $1, held_until = $2, started = $3, \
             attempts = attempts + 1, step = NULL, done = 0, total = 0 \
             WHERE id = (SELECT id FROM lp_jobs WHERE state = 'queued' ORDER BY id LIMIT 1",
            $skip,
            ") RETURNING *"
        )
    };
}

pub(super) async fn enqueue(store: &SqlStore, job: &NewJob) -> Result<JobRecord> {
    let doing = message!("queueing-job");
    let row = sqlx::query(
        "INSERT INTO lp_jobs (kind, payload, key, state, by, created) VALUES ($1, $2, $3, 'queued', $4, $5) \
         ON CONFLICT (key) DO NOTHING RETURNING *",
    )
    .bind(&job.kind)
    .bind(job.payload.to_string())
    .bind(job.key.as_deref())
    .bind(&job.by)
    .bind(job.at.0);
    let mut tx = store.begin().await?;
    let queued = match all(&mut *tx, &doing, row, rows::job).await?.pop() {
        Some(queued) => queued,
        None => {
            let same = sqlx::query("SELECT * FROM lp_jobs WHERE key = $1").bind(job.key.as_deref());
            one(&mut *tx, &message!("job-of-key"), same, rows::job).await?
        }
    };
    commit(tx, &doing).await?;
    Ok(queued)
}

/// The time by the clock of the database, which all workers share.
async fn now(db: impl AnyExecutor<'_>, backend: Backend) -> Result<i64> {
    let asked = sqlx::query(match backend {
        Backend::GeoPackage => "SELECT CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)",
        Backend::PostGis => "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::BIGINT",
    });
    one(db, &message!("time-of-database"), asked, |row| sqlx::Row::try_get(row, 0)).await
}

/// So much later.
fn later(now: i64, hold: Duration) -> i64 {
    now.saturating_add(i64::try_from(hold.as_millis()).unwrap_or(i64::MAX))
}

pub(super) async fn claim(
    store: &SqlStore,
    owner: &str,
    hold: Duration,
) -> Result<Option<(Lease, JobRecord)>> {
    let doing = message!("taking-job");
    // Workers ask often and mostly in vain; that takes no lock.
    let waiting = sqlx::query("SELECT id FROM lp_jobs WHERE state = 'queued' LIMIT 1");
    if all(&store.read, &doing, waiting, |_| Ok(())).await?.is_empty() {
        return Ok(None);
    }
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    let row = sqlx::query(match store.backend {
        Backend::GeoPackage => claim_sql!(""),
        Backend::PostGis => claim_sql!(" FOR UPDATE SKIP LOCKED"),
    });
    let row = row.bind(owner).bind(later(now, hold)).bind(now);
    let taken = all(&mut *tx, &doing, row, rows::job).await?.pop();
    commit(tx, &doing).await?;
    Ok(taken.map(|job| (Lease { job: job.id, owner: owner.to_owned(), attempt: job.attempts }, job)))
}

pub(super) async fn progress(
    store: &SqlStore,
    lease: &Lease,
    step: &str,
    (done, total): (u64, u64),
    hold: Duration,
) -> Result<bool> {
    let doing = message!("reporting-on-job", job = lease.job);
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    let row = sqlx::query(
        "UPDATE lp_jobs SET step = $1, done = $2, total = $3, held_until = $4 \
         WHERE id = $5 AND owner = $6 AND attempts = $7 AND state = 'running' RETURNING *",
    )
    .bind(step)
    .bind(counted(done))
    .bind(counted(total))
    .bind(later(now, hold))
    .bind(lease.job.0)
    .bind(&lease.owner)
    .bind(lease.attempt);
    let job = all(&mut *tx, &doing, row, rows::job).await?.pop().ok_or_else(|| lost(lease))?;
    commit(tx, &doing).await?;
    Ok(job.cancel_requested)
}

pub(super) async fn release(store: &SqlStore, lease: &Lease) -> Result<JobRecord> {
    let doing = message!("giving-job-back", job = lease.job);
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    let row = sqlx::query(
        "UPDATE lp_jobs SET owner = NULL, held_until = NULL, released = released + 1, step = NULL, done = 0, total = 0, \
         state = CASE cancel_requested WHEN 1 THEN 'cancelled' ELSE 'queued' END, \
         ended = CASE cancel_requested WHEN 1 THEN $1 END \
         WHERE id = $2 AND owner = $3 AND attempts = $4 AND state = 'running' RETURNING *",
    )
    .bind(now)
    .bind(lease.job.0)
    .bind(&lease.owner)
    .bind(lease.attempt);
    let job = all(&mut *tx, &doing, row, rows::job).await?.pop().ok_or_else(|| lost(lease))?;
    commit(tx, &doing).await?;
    Ok(job)
}

pub(super) async fn end(store: &SqlStore, lease: &Lease, end: &JobEnd) -> Result<JobRecord> {
    let doing = message!("ending-job", job = lease.job);
    let (state, result, error) = match end {
        JobEnd::Done(result) => (JobState::Done, Some(result.to_string()), None),
        JobEnd::Failed(why) => {
            (JobState::Failed, None, Some(serde_json::to_string(why).context(ErrorKind::Unwritable, &doing)?))
        }
        JobEnd::Cancelled => (JobState::Cancelled, None, None),
    };
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    let row = sqlx::query(
        "UPDATE lp_jobs SET state = $1, result = $2, error = $3, ended = $4, owner = NULL, held_until = NULL \
         WHERE id = $5 AND owner = $6 AND attempts = $7 AND state = 'running' RETURNING *",
    )
    .bind(state.name())
    .bind(result)
    .bind(error)
    .bind(now)
    .bind(lease.job.0)
    .bind(&lease.owner)
    .bind(lease.attempt);
    let job = all(&mut *tx, &doing, row, rows::job).await?.pop().ok_or_else(|| lost(lease))?;
    commit(tx, &doing).await?;
    Ok(job)
}

pub(super) async fn cancel(store: &SqlStore, id: JobId) -> Result<JobRecord> {
    let doing = message!("cancelling-job", job = id);
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    let row = sqlx::query(
        "UPDATE lp_jobs SET cancel_requested = 1, \
         ended = CASE state WHEN 'queued' THEN $1 ELSE ended END, \
         state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END \
         WHERE id = $2 AND state IN ('queued', 'running')",
    );
    run(&mut *tx, &doing, row.bind(now).bind(id.0)).await?;
    commit(tx, &doing).await?;
    store.job(id).await
}

pub(super) async fn recover(store: &SqlStore) -> Result<Vec<JobRecord>> {
    let doing = message!("taking-back-jobs");
    let lost = Failure::from(message!("worker-lost", count = ATTEMPTS_MAX));
    let lost = serde_json::to_string(&lost).context(ErrorKind::Unwritable, &doing)?;
    // Workers ask often and mostly in vain; that takes no lock.
    let over = sqlx::query("SELECT id FROM lp_jobs WHERE state = 'running' AND held_until <= $1 LIMIT 1");
    let over = over.bind(now(&store.read, store.backend).await?);
    if all(&store.read, &doing, over, |_| Ok(())).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = store.begin().await?;
    let now = now(&mut *tx, store.backend).await?;
    // What was to stop stops; what lost its worker too often is given up; the rest waits again.
    let row = sqlx::query(
        "UPDATE lp_jobs SET owner = NULL, held_until = NULL, \
         state = CASE WHEN cancel_requested = 1 THEN 'cancelled' WHEN attempts - released >= $1 THEN 'failed' ELSE 'queued' END, \
         error = CASE WHEN cancel_requested = 0 AND attempts - released >= $1 THEN $2 END, \
         ended = CASE WHEN cancel_requested = 1 OR attempts - released >= $1 THEN $3 END \
         WHERE state = 'running' AND held_until <= $3 RETURNING *",
    )
    .bind(ATTEMPTS_MAX)
    .bind(lost)
    .bind(now);
    let mut taken = all(&mut *tx, &doing, row, rows::job).await?;
    commit(tx, &doing).await?;
    taken.sort_by_key(|job| job.id);
    Ok(taken)
}

fn lost(lease: &Lease) -> Error {
    conflict(message!("job-not-held", job = lease.job, owner = lease.owner, attempt = lease.attempt))
}
