//! The data sets of a project: what it plans on, year by year.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use parcels::id::LayerId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::uploads::{Named, uploads};
use super::{Actor, Served, refused, said, told};
use crate::api::extract::Json;
use crate::api::text::Title;
use crate::app::intake::import_requests::{Addition, AdditionRequest, DataSetFacts};
use crate::app::intake::sandbox::MainFile;
use crate::app::jobs::import::{queue_addition, queue_next_year};
use crate::app::schemas;
use crate::error::Result;
use crate::store::{DataSetId, DataSetRecord, JobRecord, PlanId, PolicyRef};

/// All data sets, in the order they came; each names the one that it follows · 全部数据集
#[utoipa::path(get, path = "/datasets", tag = "project", responses((status = 200, description = "All data sets, in the order they came", body = Vec<DataSetRecord>)))]
pub(super) async fn data_sets(Served(project): Served) -> Response {
    said(project.store.data_sets().await)
}

/// A data set with what checking it found · 数据集与检查报告
#[utoipa::path(get, path = "/datasets/{id}", tag = "project", responses((status = 200, description = "A data set with what checking it found", body = DataSetWithReport)))]
pub(super) async fn data_set(Served(project): Served, Path(id): Path<String>) -> Response {
    let id = DataSetId(id);
    let (data_set, report) = (project.store.data_set(&id).await, project.store.data_set_report(&id).await);
    said(data_set.and_then(|data_set| Ok(DataSetWithReport { data_set, report: report? })))
}

/// A data set and what checking it found.
#[derive(Serialize, ToSchema)]
pub(super) struct DataSetWithReport {
    data_set: DataSetRecord,
    /// Every defect with what was done about it.
    #[schema(value_type = BTreeMap<String, Value>)]
    report: Value,
}

/// Uploads that make another data set of one that is there.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewDataSet)]
#[serde(deny_unknown_fields)]
pub(super) struct AddDataSet {
    /// The uploads; one of a name that is there takes its place.
    #[serde(default)]
    files: Vec<Named>,
    /// The name of the one that holds the parcels, where they come anew.
    #[serde(default)]
    main: Option<String>,
    /// The layer in it, where it holds several.
    #[serde(default)]
    layer: Option<String>,
    /// Its coordinate reference system, where it states none or a wrong one.
    #[serde(default)]
    crs: Option<String>,
    /// Its encoding, where it states none or a wrong one.
    #[serde(default)]
    encoding: Option<String>,
    /// The data set that is added to; the newest of the layer where it is not said. Of no meaning after a plan, which has its own.
    #[serde(default)]
    data_set: Option<DataSetId>,
    /// What the scenario is called.
    #[schema(value_type = String, max_length = 200)]
    title: Title,
    /// What the data set is called.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    name: Option<Title>,
    /// The day that parcels and statistics are of, YYYY-MM-DD; otherwise that of the policy.
    #[serde(default)]
    reference_date: Option<String>,
    /// The day from which the zone holds, YYYY-MM-DD.
    #[serde(default)]
    effective_date: Option<String>,
    /// The policy to follow; otherwise that of the newest scenario on the data set.
    #[serde(default)]
    policy: Option<PolicyRef>,
    /// A policy that is not stored yet, TOML; instead of `policy`.
    #[serde(default)]
    policy_text: Option<String>,
    /// A change to it (RFC 7386), such as another table of firms.
    #[serde(default)]
    #[schema(value_type = Option<schemas::PolicyChange>)]
    change: Option<Value>,
}

impl AddDataSet {
    fn request(self) -> Result<AdditionRequest> {
        let (layer, crs, encoding) = (self.layer, self.crs, self.encoding);
        Ok(AdditionRequest {
            uploads: uploads(self.files)?,
            main: self.main.map(|file| MainFile { file, layer, crs, encoding }),
            title: self.title.into_string(),
            policy: self.policy,
            policy_text: self.policy_text,
            change: self.change.unwrap_or_else(|| json!({})),
            facts: DataSetFacts {
                name: self.name.map(Title::into_string),
                reference_date: self.reference_date,
                effective_date: self.effective_date,
                ..DataSetFacts::default()
            },
        })
    }
}

/// Queues another data set of a layer that is there, such as this year's statistics, and a scenario on it · 为已有图层添加数据集（作业）
#[utoipa::path(post, path = "/layers/{id}/datasets", tag = "project", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn add_data_set(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<String>,
    Json(new): Json<AddDataSet>,
) -> Response {
    let to = Addition { layer: Some(LayerId(id)), data_set: new.data_set.clone() };
    match new.request() {
        Ok(request) => told(StatusCode::ACCEPTED, queue_addition(&project, to, request, actor.0).await),
        Err(error) => refused(&error),
    }
}

/// Queues the year after an approved plan: its zone, this year's files, and a scenario on both · 以批准的方案转入下一年度（作业）
#[utoipa::path(post, path = "/plans/{id}/next-year", tag = "project", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn next_year(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<AddDataSet>,
) -> Response {
    match new.request() {
        Ok(request) => {
            told(StatusCode::ACCEPTED, queue_next_year(&project, PlanId(id), request, actor.0).await)
        }
        Err(error) => refused(&error),
    }
}
