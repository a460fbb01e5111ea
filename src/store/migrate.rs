//! From an older schema to the one this program knows. A step adds tables, columns and indexes; it takes nothing away, so
//! that what was written by an older version stays readable.

use parcels::message;
use sqlx::AnyConnection;

use super::database::{Backend, one, run};
use super::{Moment, NewProject};
use crate::error::{Context as _, Error, ErrorKind, Result};

/// The steps, from no schema to the newest, for both backends.
const STEPS: [[&str; 2]; 5] = [
    [include_str!("migrations/geopackage/0001.sql"), include_str!("migrations/postgis/0001.sql")],
    [include_str!("migrations/geopackage/0002.sql"), include_str!("migrations/postgis/0002.sql")],
    [include_str!("migrations/geopackage/0003.sql"), include_str!("migrations/postgis/0003.sql")],
    [include_str!("migrations/geopackage/0004.sql"), include_str!("migrations/postgis/0004.sql")],
    [include_str!("migrations/geopackage/0005.sql"), include_str!("migrations/postgis/0005.sql")],
];

/// The schema this program writes.
pub(super) const NEWEST: i64 = STEPS.len() as i64;

/// Makes a project where there is none, inside a transaction.
pub(super) async fn create(tx: &mut AnyConnection, backend: Backend, project: &NewProject) -> Result<()> {
    steps(tx, backend, 0).await?;
    let Moment(created) = project.at;
    let row =
        sqlx::query("INSERT INTO lp_project (id, title, created, schema_version) VALUES (1, $1, $2, $3)");
    run(tx, &message!("making-project"), row.bind(&project.title).bind(created).bind(NEWEST)).await?;
    Ok(())
}

/// Brings a project to the newest schema, inside a transaction that excludes others.
pub(super) async fn update(tx: &mut AnyConnection, backend: Backend) -> Result<()> {
    // Asked again: somebody else may have done it in the meantime.
    let found = version(tx).await?;
    refuse_newer(found)?;
    if found < NEWEST {
        steps(tx, backend, found).await?;
        let row = sqlx::query("UPDATE lp_project SET schema_version = $1").bind(NEWEST);
        run(tx, &message!("noting-schema"), row).await?;
    }
    Ok(())
}

/// The schema a project is in.
pub(super) async fn version(db: &mut AnyConnection) -> Result<i64> {
    let asked = sqlx::query("SELECT schema_version FROM lp_project");
    one(db, &message!("record-of-project"), asked, |row| sqlx::Row::try_get(row, 0)).await
}

/// # Errors
/// For a schema that this program does not know.
pub(super) fn refuse_newer(found: i64) -> Result<()> {
    if found <= NEWEST {
        return Ok(());
    }
    let what = message!("project-of-newer-version", found = found, known = NEWEST);
    Err(Error::new(ErrorKind::Unreadable, what).try_this(message!("update-lianpian")))
}

async fn steps(tx: &mut AnyConnection, backend: Backend, from: i64) -> Result<()> {
    for (at, step) in STEPS.iter().enumerate().skip(usize::try_from(from).unwrap_or(0)) {
        let sql = match backend {
            Backend::GeoPackage => step[0],
            Backend::PostGis => step[1],
        };
        let doing = message!("bringing-to-schema", schema = at + 1);
        sqlx::raw_sql(sql).execute(&mut *tx).await.context(ErrorKind::Unwritable, &doing)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_only_add() {
        for step in STEPS.iter().flatten() {
            for taking in ["DROP ", "RENAME ", "DELETE FROM", "UPDATE lp_"] {
                assert!(!step.contains(taking), "a step says {taking}");
            }
        }
    }
}
