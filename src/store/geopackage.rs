//! A project as a GeoPackage file: how it is made, recognised and opened.

use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use parcels::message;
use parcels::message::Message;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, ConnectOptions as _, Connection as _, Row as _};
use tokio::sync::Mutex;

use super::database::{Backend, SqlStore, one};
use super::{NewProject, migrate};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// How many connections may read at once. The one that writes is apart, so that nobody waits for SQLite's lock but in
/// the order they came.
const READERS: u32 = 8;

/// For every connection. FULL makes the log durable at each commit, against loss of power too. Triggers that other
/// programs left in the file run no function of theirs.
const SETTINGS: &str = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

/// For the one that writes. A table may be renamed although triggers of other tables call functions that only a GIS has.
const WRITING: &str = "PRAGMA legacy_alter_table = ON;";

/// For those that read.
const READING: &str = "PRAGMA query_only = ON;";

/// Opens the project at `path`, or makes it as `new` where there is nothing.
pub(super) async fn open(path: &Path, new: Option<&NewProject>) -> Result<SqlStore> {
    if let Some(project) = new
        && !path.exists()
    {
        create(path, project).await?;
    }
    let found = recognise(path).await?;
    migrate::refuse_newer(found)?;
    let address = address(path, "rw")?;
    let store = SqlStore {
        backend: Backend::GeoPackage,
        write: pool(&address, 1, WRITING).await.context(ErrorKind::Unreadable, opening(path))?,
        read: pool(&address, READERS, READING).await.context(ErrorKind::Unreadable, opening(path))?,
        publishing: Mutex::default(),
    };
    if found < migrate::NEWEST {
        let mut tx = store.begin().await?;
        migrate::update(&mut tx, Backend::GeoPackage).await?;
        tx.commit().await.context(ErrorKind::Unwritable, opening(path))?;
    }
    Ok(store)
}

fn opening(path: &Path) -> Message {
    message!("opening-project", file = path.display())
}

async fn pool(address: &AnyConnectOptions, connections: u32, more: &'static str) -> sqlx::Result<AnyPool> {
    AnyPoolOptions::new()
        .max_connections(connections)
        // Who writes waits for its turn behind others who do; that is not the time for an error.
        .acquire_timeout(Duration::from_secs(60))
        .after_connect(move |db, _| {
            Box::pin(async move {
                sqlx::raw_sql(SETTINGS).execute(&mut *db).await?;
                sqlx::raw_sql(more).execute(db).await.map(|_| ())
            })
        })
        .connect_with(address.clone().disable_statement_logging())
        .await
}

/// Written beside its place and renamed when it is whole: no half-made project, whenever the power goes.
async fn create(path: &Path, project: &NewProject) -> Result<()> {
    let making = || message!("making-project-file", file = path.display());
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new()
        .prefix(".lianpian-")
        .suffix(".gpkg")
        .tempfile_in(folder)
        .context(ErrorKind::Unwritable, making())?;
    let address = address(beside.path(), "rw")?;
    let mut db = AnyConnection::connect_with(&address).await.context(ErrorKind::Unwritable, making())?;
    let mut tx = db.begin_with("BEGIN IMMEDIATE").await.context(ErrorKind::Unwritable, making())?;
    migrate::create(&mut tx, Backend::GeoPackage, project).await?;
    tx.commit().await.context(ErrorKind::Unwritable, making())?;
    db.close().await.context(ErrorKind::Unwritable, making())?;
    beside.as_file().sync_all().context(ErrorKind::Unwritable, making())?;
    match beside.persist_noclobber(path) {
        // Somebody else made it in the meantime; theirs is opened.
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        done => done.context(ErrorKind::Unwritable, making())?,
    };
    // The name is durable only once its folder is.
    let folder = std::fs::File::open(folder).context(ErrorKind::Unwritable, making())?;
    folder.sync_all().context(ErrorKind::Unwritable, making())
}

/// The schema of the project at `path`. Whatever else is there is left untouched.
async fn recognise(path: &Path) -> Result<i64> {
    let no_project = |why: Message| {
        Error::new(
            ErrorKind::Unreadable,
            message!("no-project-of-lianpian", file = path.display(), why = why),
        )
    };
    if !path.exists() {
        let what = message!("no-such-project", file = path.display());
        return Err(Error::new(ErrorKind::NotFound, what));
    }
    let mut head = Vec::new();
    let file = std::fs::File::open(path).context(ErrorKind::Unreadable, opening(path))?;
    file.take(100).read_to_end(&mut head).context(ErrorKind::Unreadable, opening(path))?;
    // https://sqlite.org/fileformat.html, 1.3
    if !head.starts_with(b"SQLite format 3\0") {
        return Err(no_project(message!("no-geopackage")));
    }
    if head.get(68..72) != Some(b"GPKG") {
        return Err(no_project(message!("sqlite-no-geopackage")));
    }
    let asking = || opening(path);
    let mut db =
        AnyConnection::connect_with(&address(path, "ro")?).await.context(ErrorKind::Unreadable, asking())?;
    let tables = sqlx::query("SELECT COUNT(*) FROM sqlite_master WHERE name = 'lp_project'");
    let tables: i64 = one(&mut db, &message!("list-of-tables"), tables, |row| row.try_get(0)).await?;
    if tables == 0 {
        return Err(no_project(message!("geopackage-of-other")).try_this(message!("make-project-and-import")));
    }
    let found = migrate::version(&mut db).await?;
    db.close().await.context(ErrorKind::Unreadable, asking())?;
    Ok(found)
}

/// `sqlite:` with the absolute path, whose bytes stand as they are only where an address allows.
fn address(path: &Path, mode: &str) -> Result<AnyConnectOptions> {
    let opening = || opening(path);
    let whole = path.canonicalize().context(ErrorKind::Unreadable, opening())?;
    let mut address = String::from("sqlite://");
    for byte in whole.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                address.push(char::from(*byte));
            }
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address.push_str(&format!("?mode={mode}"));
    address.parse().context(ErrorKind::Unreadable, opening())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Moment;

    #[tokio::test]
    async fn connections_are_set_as_promised() {
        sqlx::any::install_default_drivers();
        let folder = tempfile::tempdir().unwrap();
        let new = NewProject { title: "x".into(), at: Moment(0) };
        let store = open(&folder.path().join("x.gpkg"), Some(&new)).await.unwrap();
        for (pool, settings) in [
            (&store.write, [("synchronous", 2), ("foreign_keys", 1), ("query_only", 0)]),
            (&store.read, [("synchronous", 2), ("foreign_keys", 1), ("query_only", 1)]),
        ] {
            for (name, expected) in settings {
                let asked = sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA {name}")));
                let set: i64 = asked.fetch_one(pool).await.unwrap().try_get(0).unwrap();
                assert_eq!(set, expected, "{name}");
            }
            let mode = sqlx::query("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(mode.try_get::<String, _>(0).unwrap(), "wal");
        }
    }
}
