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
        begun.map_err(|e| refused(&message!("beginning-to-write"), ErrorKind::Unwritable, e))
    }
}

/// All rows.
pub(super) async fn all<T>(
    db: impl AnyExecutor<'_>,
    doing: &Message,
    query: Query<'_>,
    read: impl Fn(&AnyRow) -> sqlx::Result<T>,
) -> Result<Vec<T>> {
    let rows = query.fetch_all(db).await.map_err(|e| refused(doing, ErrorKind::Unwritable, e))?;
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
    let done = query.execute(db).await.map_err(|e| refused(doing, ErrorKind::Unwritable, e))?;
    Ok(done.rows_affected())
}

/// What the database refuses, of kind `otherwise` where it does not say more.
pub(super) fn refused(doing: &Message, otherwise: ErrorKind, error: sqlx::Error) -> Error {
    let kind = match error.as_database_error() {
        Some(e) if e.is_foreign_key_violation() => ErrorKind::NotFound,
        Some(e) if e.is_unique_violation() => ErrorKind::Conflict,
        _ if out_of_reach(&error) => ErrorKind::Unavailable,
        _ => otherwise,
    };
    Error::new(kind, doing).because(error)
}

/// Whether a database cannot be reached now, and may be later: the way to it broke, or it is starting or ending.
fn out_of_reach(error: &sqlx::Error) -> bool {
    // https://www.postgresql.org/docs/15/errcodes-appendix.html: connection exceptions, and an operator's intervention.
    let says = |code: &str| code.starts_with("08") || code.starts_with("57P");
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => {
            true
        }
        sqlx::Error::Database(e) => e.code().is_some_and(|code| says(&code)),
        _ => false,
    }
}

pub(super) async fn commit(tx: Transaction<'_, Any>, doing: &Message) -> Result<()> {
    tx.commit().await.map_err(|e| refused(doing, ErrorKind::Unwritable, e))
}

pub(super) fn conflict(what: Message) -> Error {
    Error::new(ErrorKind::Conflict, what)
}

/// A number of things as the databases count.
pub(super) fn counted(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
