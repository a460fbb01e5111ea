//! Data sets with their layers, and what their files are to policies.

use parcels::message;
use sqlx::AnyExecutor;

use super::database::{SqlStore, all, commit, counted, one, run};
use super::records::*;
use super::rows;
use crate::error::{Context as _, Error, ErrorKind, Result};

/// What is listed of a data set, up to its conditions.
macro_rules! data_sets_sql {
    ($which:literal) => {
        concat!(
            "SELECT s.id, s.layer, s.name, s.main_file, s.main_layer, s.files, s.crs, s.encoding, l.parcels, \
             s.reference_date, s.effective_date, s.previous, s.plan, s.at, s.by \
             FROM lp_data_sets s JOIN lp_layers l ON l.id = s.layer ",
            $which
        )
    };
}

pub(super) async fn all_of_them(store: &SqlStore) -> Result<Vec<DataSetRecord>> {
    let query = sqlx::query(data_sets_sql!("ORDER BY s.number"));
    all(&store.read, &message!("listing-data-sets"), query, rows::data_set).await
}

pub(super) async fn record(db: impl AnyExecutor<'_>, id: &DataSetId) -> Result<DataSetRecord> {
    let query = sqlx::query(data_sets_sql!("WHERE s.id = $1")).bind(&id.0);
    one(db, &message!("data-set-of-id", id = id), query, rows::data_set).await
}

pub(super) async fn readings(db: impl AnyExecutor<'_>, id: &DataSetId) -> Result<Vec<Reading>> {
    let query = sqlx::query(
        "SELECT policy_name, policy_version, file FROM lp_readings WHERE data_set = $1 ORDER BY number",
    );
    all(db, &message!("listing-readings"), query.bind(&id.0), rows::reading).await
}

pub(super) async fn add(store: &SqlStore, new: &NewDataSet) -> Result<DataSetRecord> {
    let record = &new.record;
    let doing = message!("keeping-data-set", data_set = record.name);
    if record.plan.is_some() != new.zone.is_some() || (record.plan.is_some() && record.previous.is_none()) {
        return Err(Error::new(ErrorKind::Usage, message!("zone-only-by-plan")));
    }
    let files = serde_json::to_string(&record.files).context(ErrorKind::Unwritable, &doing)?;
    // Columns that once said what now stands with data sets are filled with nothing.
    let layer = sqlx::query(
        "INSERT INTO lp_layers (id, name, main_file, files, parcels, report, at, by) \
         VALUES ($1, $2, '', '{}', $3, '{}', $4, $5) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&record.layer.0)
    .bind(&new.layer_name)
    .bind(counted(record.parcels))
    .bind(record.at.0)
    .bind(&record.by);
    let row = sqlx::query(
        "INSERT INTO lp_data_sets (id, layer, name, main_file, main_layer, files, crs, encoding, reference_date, \
         effective_date, report, previous, plan, zone, at, by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT (id) DO NOTHING",
    )
    .bind(&record.id.0)
    .bind(&record.layer.0)
    .bind(&record.name)
    .bind(&record.main_file)
    .bind(record.main_layer.as_deref())
    .bind(files)
    .bind(record.crs.as_deref())
    .bind(record.encoding.as_deref())
    .bind(record.reference_date.as_deref())
    .bind(record.effective_date.as_deref())
    .bind(new.report.to_string())
    .bind(record.previous.as_ref().map(|previous| previous.0.as_str()))
    .bind(record.plan.map(|plan| plan.0))
    .bind(new.zone.as_ref().map(rows::pack))
    .bind(record.at.0)
    .bind(&record.by);
    let mut tx = store.begin().await?;
    for (name, hash) in &record.files {
        let file = sqlx::query("SELECT size FROM lp_files WHERE sha256 = $1").bind(&hash.0);
        one(&mut *tx, &message!("file-of-hash-named", hash = hash.0, name = name), file, |_| Ok(())).await?;
    }
    run(&mut *tx, &doing, layer).await?;
    run(&mut *tx, &doing, row).await?;
    if let Some(reading) = &new.reading {
        run(&mut *tx, &doing, insert(&record.id, reading)).await?;
    }
    let kept = self::record(&mut *tx, &record.id).await?;
    commit(tx, &doing).await?;
    Ok(kept)
}

pub(super) async fn add_reading(store: &SqlStore, of: &DataSetId, reading: &Reading) -> Result<Reading> {
    let doing = message!("keeping-reading");
    let mut tx = store.begin().await?;
    run(&mut *tx, &doing, insert(of, reading)).await?;
    let kept = sqlx::query(
        "SELECT policy_name, policy_version, file FROM lp_readings \
         WHERE data_set = $1 AND policy_name = $2 AND policy_version = $3",
    );
    let kept = kept.bind(&of.0).bind(&reading.policy.name).bind(reading.policy.version);
    let kept = one(&mut *tx, &message!("reading-of-policy"), kept, rows::reading).await?;
    commit(tx, &doing).await?;
    Ok(kept)
}

fn insert<'q>(of: &'q DataSetId, reading: &'q Reading) -> super::database::Query<'q> {
    sqlx::query(
        "INSERT INTO lp_readings (data_set, policy_name, policy_version, file) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (data_set, policy_name, policy_version) DO NOTHING",
    )
    .bind(&of.0)
    .bind(&reading.policy.name)
    .bind(reading.policy.version)
    .bind(&reading.file.0)
}
