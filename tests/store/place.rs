//! Where a case keeps its project, and the records that cases are made of.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use lianpian::error::{ErrorKind, Result};
use lianpian::store::*;
use parcels::id::{LayerId, ParcelId};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

/// A place for one project.
pub(crate) struct Place {
    /// As `open` takes it.
    pub(crate) address: String,
    /// As sqlx takes it.
    pub(crate) url: String,
    /// As GDAL takes it.
    pub(crate) gdal: String,
}

pub(crate) const NOON: Moment = Moment(1_767_240_000_000);

impl Place {
    pub(crate) fn file(folder: &Path) -> Self {
        let address = folder.join("park.gpkg").to_str().unwrap().to_owned();
        Self { url: format!("sqlite://{address}?mode=rw"), gdal: address.clone(), address }
    }

    pub(crate) fn is_file(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// The project, made on first use.
    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        let new = NewProject { title: "示范园 demo".into(), at: NOON };
        open(&self.address, Some(&new)).await.unwrap()
    }

    async fn connect(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        let options: AnyConnectOptions = self.url.parse().unwrap();
        let mut db = AnyConnection::connect_with(&options).await.unwrap();
        if !self.is_file() {
            sqlx::raw_sql("SET search_path = lianpian, public").execute(&mut db).await.unwrap();
        }
        db
    }

    /// Past the store.
    pub(crate) async fn sql(&self, sql: &str) -> sqlx::Result<u64> {
        let mut db = self.connect().await;
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut db).await;
        db.close().await.unwrap();
        done.map(|done| done.rows_affected())
    }

    /// The first value of every row, as text.
    pub(crate) async fn ask(&self, sql: &str) -> Vec<String> {
        let mut db = self.connect().await;
        let rows = sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut db).await.unwrap();
        db.close().await.unwrap();
        rows.iter().map(|row| row.try_get(0).unwrap()).collect()
    }
}

/// A data set of three parcels with its file, on the layer of this id.
pub(crate) async fn data_set(store: &dyn Store, id: &str, layer: &str) -> DataSetRecord {
    let file = store.put_file(b"parcels").await.unwrap();
    let record = DataSetRecord {
        id: DataSetId(id.into()),
        layer: LayerId(layer.into()),
        name: "2025 年".into(),
        main_file: "parcels.gpkg".into(),
        main_layer: Some("parcels".into()),
        files: BTreeMap::from([("parcels.gpkg".into(), file)]),
        crs: Some("EPSG:4528".into()),
        encoding: None,
        parcels: 3,
        reference_date: Some("2025-12-31".into()),
        effective_date: None,
        previous: None,
        plan: None,
        at: NOON,
        by: "li".into(),
    };
    store.add_data_set(&new_data_set(record)).await.unwrap()
}

pub(crate) fn new_data_set(record: DataSetRecord) -> NewDataSet {
    let report = serde_json::json!({"issues": [{"kind": "gap", "area_m2": 0.1}]});
    NewDataSet { record, layer_name: "地块".into(), report, zone: None, reading: None }
}

/// A scenario on a data set with a policy.
pub(crate) async fn scenario(store: &dyn Store) -> ScenarioRecord {
    let data_set = data_set(store, "data-1", "layer-1").await.id;
    let policy = match store.policies().await.unwrap().pop() {
        Some(kept) => kept.policy,
        None => store.add_policy("2026", 0, "seed = 1", "li", NOON).await.unwrap(),
    };
    let new = NewScenario {
        title: "基本方案".into(),
        data_set,
        policy,
        job: None,
        decisions: Vec::new(),
        by: "li".into(),
        at: NOON,
    };
    store.add_scenario(&new).await.unwrap()
}

pub(crate) fn decision(kind: DecisionKind, parcel: &str) -> NewDecision {
    NewDecision {
        kind, parcel: Some(ParcelId(parcel.into())), undoes: None, reason: Some("看过现场".into())
    }
}

pub(crate) fn undo(seq: DecisionSeq) -> NewDecision {
    NewDecision { kind: DecisionKind::Undo, parcel: None, undoes: Some(seq), reason: None }
}

pub(crate) fn plan(scenario: &ScenarioRecord, job: Option<JobId>) -> NewPlan {
    NewPlan {
        scenario: scenario.id,
        decided: DecisionSeq(0),
        policy: scenario.policy.clone(),
        job,
        content: PlanContent {
            record: "{\"schema\": \"方案\"}\n".into(),
            zone: Zone(vec![true, false, true]),
            certificate: vec![0, 255, 7],
        },
        by: "li".into(),
        at: NOON,
    }
}

pub(crate) fn step(status: PlanStatus, by: &str) -> PlanStep {
    PlanStep { status, reason: Some("同意".into()), by: by.into(), at: Moment(NOON.0 + 5) }
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind) -> lianpian::error::Error {
    let error = result.unwrap_err();
    assert_eq!(error.kind, kind, "{}", error.for_people());
    error
}
