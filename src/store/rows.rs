//! Rows of the tables as records, the same for both backends.

use parcels::id::{LayerId, ParcelId};
use sqlx::any::AnyRow;
use sqlx::{Error, Result, Row as _};

use super::records::*;
use crate::error::Failure;
use crate::messages::{Language, Reader, as_said, step, tell};

type Cause = Box<dyn std::error::Error + Send + Sync>;

fn misread(cause: impl Into<Cause>) -> Error {
    Error::Decode(cause.into())
}

fn whole(row: &AnyRow, column: &str) -> Result<u64> {
    u64::try_from(row.try_get::<i64, _>(column)?).map_err(misread)
}

fn yes(row: &AnyRow, column: &str) -> Result<bool> {
    Ok(row.try_get::<i64, _>(column)? != 0)
}

fn moment(row: &AnyRow, column: &str) -> Result<Moment> {
    row.try_get(column).map(Moment)
}

fn json(row: &AnyRow, column: &str) -> Result<serde_json::Value> {
    serde_json::from_str(&row.try_get::<String, _>(column)?).map_err(misread)
}

fn policy_ref(row: &AnyRow) -> Result<PolicyRef> {
    Ok(PolicyRef { name: row.try_get("policy_name")?, version: row.try_get("policy_version")? })
}

pub(super) fn project(row: &AnyRow) -> Result<Project> {
    Ok(Project {
        title: row.try_get("title")?,
        schema: row.try_get("schema_version")?,
        created: moment(row, "created")?,
    })
}

pub(super) fn layer(row: &AnyRow) -> Result<LayerRecord> {
    Ok(LayerRecord {
        id: LayerId(row.try_get("id")?),
        name: row.try_get("name")?,
        parcels: whole(row, "parcels")?,
        at: moment(row, "at")?,
        by: row.try_get("by")?,
    })
}

pub(super) fn data_set(row: &AnyRow) -> Result<DataSetRecord> {
    Ok(DataSetRecord {
        id: DataSetId(row.try_get("id")?),
        layer: LayerId(row.try_get("layer")?),
        name: row.try_get("name")?,
        main_file: row.try_get("main_file")?,
        main_layer: row.try_get("main_layer")?,
        files: serde_json::from_value(json(row, "files")?).map_err(misread)?,
        crs: row.try_get("crs")?,
        encoding: row.try_get("encoding")?,
        parcels: whole(row, "parcels")?,
        reference_date: row.try_get("reference_date")?,
        effective_date: row.try_get("effective_date")?,
        previous: row.try_get::<Option<String>, _>("previous")?.map(DataSetId),
        plan: row.try_get::<Option<i64>, _>("plan")?.map(PlanId),
        at: moment(row, "at")?,
        by: row.try_get("by")?,
    })
}

pub(super) fn reading(row: &AnyRow) -> Result<Reading> {
    Ok(Reading { policy: policy_ref(row)?, file: FileHash(row.try_get("file")?) })
}

pub(super) fn report(row: &AnyRow) -> Result<serde_json::Value> {
    json(row, "report")
}

pub(super) fn policy(row: &AnyRow) -> Result<PolicyRecord> {
    Ok(PolicyRecord {
        policy: PolicyRef { name: row.try_get("name")?, version: row.try_get("version")? },
        text: row.try_get("text")?,
        by: row.try_get("by")?,
        at: moment(row, "at")?,
    })
}

pub(super) fn scenario(row: &AnyRow) -> Result<ScenarioRecord> {
    let layer: String = row.try_get("layer")?;
    // Where scenarios named layers alone, each layer had the data set of its own id.
    let data_set: Option<String> = row.try_get("data_set")?;
    Ok(ScenarioRecord {
        id: ScenarioId(row.try_get("id")?),
        title: row.try_get("title")?,
        data_set: DataSetId(data_set.unwrap_or_else(|| layer.clone())),
        layer: LayerId(layer),
        policy: policy_ref(row)?,
        version: row.try_get("version")?,
        archived: yes(row, "archived")?,
        at: moment(row, "at")?,
        by: row.try_get("by")?,
    })
}

pub(super) fn decision(row: &AnyRow) -> Result<DecisionRecord> {
    Ok(DecisionRecord {
        seq: DecisionSeq(row.try_get("seq")?),
        scenario: ScenarioId(row.try_get("scenario")?),
        version: row.try_get("version")?,
        kind: DecisionKind::from_name(row.try_get("kind")?).map_err(misread)?,
        parcel: row.try_get::<Option<String>, _>("parcel")?.map(ParcelId),
        undoes: row.try_get::<Option<i64>, _>("undoes")?.map(DecisionSeq),
        reason: row.try_get("reason")?,
        by: row.try_get("by")?,
        at: moment(row, "at")?,
    })
}

pub(super) fn plan(row: &AnyRow) -> Result<StoredPlan> {
    Ok(StoredPlan {
        id: PlanId(row.try_get("id")?),
        scenario: ScenarioId(row.try_get("scenario")?),
        decided: DecisionSeq(row.try_get("decided")?),
        policy: policy_ref(row)?,
        job: row.try_get::<Option<i64>, _>("job")?.map(JobId),
        status: PlanStatus::from_name(row.try_get("status")?).map_err(misread)?,
        by: row.try_get("by")?,
        at: moment(row, "at")?,
    })
}

pub(super) fn plan_content(row: &AnyRow) -> Result<PlanContent> {
    Ok(PlanContent {
        record: row.try_get("record")?,
        zone: unpack(&row.try_get::<Vec<u8>, _>("zone")?)?,
        certificate: row.try_get("certificate")?,
    })
}

pub(super) fn plan_step(row: &AnyRow) -> Result<PlanStep> {
    Ok(PlanStep {
        status: PlanStatus::from_name(row.try_get("status")?).map_err(misread)?,
        reason: row.try_get("reason")?,
        by: row.try_get("by")?,
        at: moment(row, "at")?,
    })
}

pub(super) fn data_set_zone(row: &AnyRow) -> Result<Option<Zone>> {
    row.try_get::<Option<Vec<u8>>, _>("zone")?.map(|bytes| unpack(&bytes)).transpose()
}

pub(super) fn job(row: &AnyRow) -> Result<JobRecord> {
    let result: Option<String> = row.try_get("result")?;
    let named: Option<String> = row.try_get("step")?;
    let failure: Option<String> = row.try_get("error")?;
    let failure = failure.map(|text| {
        // Jobs of before messages had codes failed with a text.
        serde_json::from_str::<Failure>(&text).unwrap_or_else(|_| as_said(text).into())
    });
    Ok(JobRecord {
        id: JobId(row.try_get("id")?),
        kind: row.try_get("kind")?,
        payload: json(row, "payload")?,
        key: row.try_get("key")?,
        state: JobState::from_name(row.try_get("state")?).map_err(misread)?,
        attempts: row.try_get("attempts")?,
        cancel_requested: yes(row, "cancel_requested")?,
        step_told: named.as_deref().map(|name| tell(&step(name))),
        step: named,
        done: whole(row, "done")?,
        total: whole(row, "total")?,
        result: result.map(|text| serde_json::from_str(&text)).transpose().map_err(misread)?,
        error: failure.as_ref().map(|f| f.lines(Language::En, Reader::Terminal)),
        failure: failure.as_ref().map(Failure::told),
        by: row.try_get("by")?,
        created: moment(row, "created")?,
        started: row.try_get::<Option<i64>, _>("started")?.map(Moment),
        ended: row.try_get::<Option<i64>, _>("ended")?.map(Moment),
    })
}

/// A zone as bytes: the number of parcels, 64 bits little-endian, then one bit a parcel, the lowest first.
pub(super) fn pack(zone: &Zone) -> Vec<u8> {
    let mut bytes = (zone.0.len() as u64).to_le_bytes().to_vec();
    bytes.extend(zone.0.chunks(8).map(|eight| {
        eight.iter().enumerate().fold(0_u8, |byte, (bit, inside)| byte | (u8::from(*inside) << bit))
    }));
    bytes
}

fn unpack(bytes: &[u8]) -> Result<Zone> {
    let torn = || misread("a zone is torn");
    let (count, bits) = bytes.split_first_chunk().ok_or_else(torn)?;
    let count = usize::try_from(u64::from_le_bytes(*count)).map_err(misread)?;
    if count.div_ceil(8) != bits.len() {
        return Err(torn());
    }
    Ok(Zone((0..count).map(|at| bits[at / 8] >> (at % 8) & 1 == 1).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_survives_its_bytes() {
        for count in [0_usize, 1, 7, 8, 9, 100] {
            let zone = Zone((0..count).map(|at| at % 3 == 0).collect());
            let bytes = pack(&zone);
            assert_eq!(bytes.len(), 8 + count.div_ceil(8));
            assert_eq!(unpack(&bytes).unwrap(), zone);
            assert!(unpack(&bytes[1..]).is_err());
        }
    }
}
