//! A project's database, and how rows are asked for and changed in it: what all statements share.

use parcels::message;
use parcels::message::Message;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::{Any, AnyExecutor, AnyPool, Transaction};
use tokio::sync::Mutex;

use crate::error::{Context as _, Error, ErrorKind, Result};

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    GeoPackage,
    PostGis,
}

/// A project in either database.
pub(super) struct SqlStore {
    pub(super) backend: Backend,
    /// For reading outside transactions.
    pub(super) read: AnyPool,
    /// For transactions.
    pub(super) write: AnyPool,
    /// Held while layers are published: one at a time.
    pub(super) publishing: Mutex<()>,
}

pub(super) type Query<'q> = sqlx::query::Query<'q, Any, AnyArguments>;

impl SqlStore {
    /// A transaction that writes; on SQLite it has the lock from the start, so that it never fails half way for want of
    /// it.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Any>> {
        let begun = match self.backend {
            Backend::GeoPackage => self.write.begin_with("BEGIN IMMEDIATE").await,
            Backend::PostGis => self.write.begin().await,
        };
        begun.context(ErrorKind::Unwritable, message!("beginning-to-write"))
    }
}

/// All rows.
pub(super) async fn all<T>(
    db: impl AnyExecutor<'_>,
    doing: &Message,
    query: Query<'_>,
    read: impl Fn(&AnyRow) -> sqlx::Result<T>,
) -> Result<Vec<T>> {
    let rows = query.fetch_all(db).await.map_err(|e| refused(doing, e))?;
    rows.iter().map(read).collect::<sqlx::Result<_>>().context(ErrorKind::Unreadable, doing)
}

/// The one row that there should be of `what`.
pub(super) async fn one<T>(
    db: impl AnyExecutor<'_>,
    what: &Message,
    query: Query<'_>,
    read: impl Fn(&AnyRow) -> sqlx::Result<T>,
) -> Result<T> {
    let found = all(db, &message!("asking-for", what = what), query, read).await?;
    let none = || Error::new(ErrorKind::NotFound, message!("project-has-no", what = what));
    found.into_iter().next().ok_or_else(none)
}

/// Changes rows and says how many.
pub(super) async fn run(db: impl AnyExecutor<'_>, doing: &Message, query: Query<'_>) -> Result<u64> {
    let done = query.execute(db).await.map_err(|e| refused(doing, e))?;
    Ok(done.rows_affected())
}

fn refused(doing: &Message, error: sqlx::Error) -> Error {
    let kind = match error.as_database_error() {
        Some(e) if e.is_foreign_key_violation() => ErrorKind::NotFound,
        Some(e) if e.is_unique_violation() => ErrorKind::Conflict,
        _ => ErrorKind::Unwritable,
    };
    Error::new(kind, doing).because(error)
}

pub(super) async fn commit(tx: Transaction<'_, Any>, doing: &Message) -> Result<()> {
    tx.commit().await.map_err(|e| refused(doing, e))
}

pub(super) fn conflict(what: Message) -> Error {
    Error::new(ErrorKind::Conflict, what)
}

/// A number of things as the databases count.
pub(super) fn counted(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
