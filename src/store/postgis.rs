//! A project as the schema `lianpian` of a PostgreSQL database with PostGIS: how it is made, recognised and opened.

use std::time::Duration;

use parcels::message;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, ConnectOptions as _, Row as _};
use tokio::sync::Mutex;

use super::database::{Backend, SqlStore, one, run};
use super::{NewProject, migrate};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// How many connections this process may hold.
const CONNECTIONS: u32 = 12;

/// How long a server may take to answer before it counts as out of reach.
const PATIENCE: Duration = Duration::from_secs(10);

/// For every connection: our tables first, then wherever the database keeps PostGIS; and what is acknowledged is on disk
/// whatever the server's default is.
const SETTINGS: &str = "SET synchronous_commit = on; \
     SELECT set_config('search_path', 'lianpian, ' || current_setting('search_path'), false);";

/// Held while the schema is made or brought up to date; the number means nothing.
const SCHEMA_LOCK: &str = "SELECT pg_advisory_xact_lock(7264512091)";

/// Opens the project in the database at `url`, or makes it as `new` where there is none.
pub(super) async fn open(url: &str, new: Option<&NewProject>) -> Result<SqlStore> {
    // The address may hold a password and is not repeated.
    let opening = message!("opening-postgresql");
    let address: AnyConnectOptions = url.parse().context(ErrorKind::Usage, &opening)?;
    let pool = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|db, _| Box::pin(async move { sqlx::raw_sql(SETTINGS).execute(db).await.map(|_| ()) }))
        .connect_with(address.disable_statement_logging())
        .await
        .context(ErrorKind::Unreadable, &opening)?;
    let store =
        SqlStore { backend: Backend::PostGis, read: pool.clone(), write: pool, publishing: Mutex::default() };
    let mut tx = store.begin().await?;
    run(&mut *tx, &opening, sqlx::query(SCHEMA_LOCK)).await?;
    if count(
        &mut tx,
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'lianpian' AND tablename = 'lp_project'",
    )
    .await?
        > 0
    {
        migrate::update(&mut tx, Backend::PostGis).await?;
    } else if let Some(project) = new {
        need_postgis(&mut tx).await?;
        migrate::create(&mut tx, Backend::PostGis, project).await?;
    } else {
        return Err(Error::new(ErrorKind::NotFound, message!("no-project-in-database")));
    }
    tx.commit().await.context(ErrorKind::Unwritable, &opening)?;
    Ok(store)
}

async fn need_postgis(tx: &mut AnyConnection) -> Result<()> {
    if count(tx, "SELECT COUNT(*) FROM pg_extension WHERE extname = 'postgis'").await? > 0 {
        return Ok(());
    }
    sqlx::raw_sql("CREATE EXTENSION postgis").execute(tx).await.map(|_| ()).map_err(|cause| {
        Error::new(ErrorKind::Unwritable, message!("no-postgis"))
            .because(cause)
            .try_this(message!("add-postgis"))
    })
}

async fn count(tx: &mut AnyConnection, sql: &'static str) -> Result<i64> {
    one(tx, &message!("list-of-tables"), sqlx::query(sql), |row| row.try_get(0)).await
}
