//! Results of plans: transfers, blocks, sub-parks, files, the curve over λ, scenarios side by side.

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use parcels::message;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::park::{named, seen};
use super::{Actor, Served, refused, said, told};
use crate::api::cache::{Known, etag};
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::app::delivery::download::{ExportJob, Exported};
use crate::app::jobs::curve::{CurveJob, queue_curve};
use crate::app::jobs::export::queue_export;
use crate::app::planning::years::Years;
use crate::app::review::compare_scenarios::Comparison;
use crate::app::review::plan_tables::{SubParkRow, Transfers, sub_parks as rows_of, transfers as rows};
use crate::app::schemas::Areas;
use crate::store::{JobId, JobRecord, JobState, PlanId, ScenarioId};

/// What moves in a plan, and the swaps that it forms · 方案的调整与置换组
#[utoipa::path(get, path = "/plans/{id}/transfers", tag = "results", responses((status = 200, description = "What moves", body = Transfers)))]
pub(super) async fn transfers(Served(project): Served, known: Known, Path(id): Path<i64>) -> Response {
    let key = project.views.state_of_plan(PlanId(id)).await;
    seen(&project, &known, key, "transfers", |view| Ok(rows(view))).await
}

/// Which zone.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct When {
    /// `before` for the present zone; that of the plan when not given.
    #[serde(default)]
    #[param(inline)]
    when: Option<Side>,
}

/// Before or after the plan.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    /// The present zone.
    Before,
    /// The zone after the plan.
    After,
}

/// The blocks of the zone as GeoJSON · 区块（GeoJSON）
#[utoipa::path(get, path = "/plans/{id}/blocks", tag = "results", params(When), responses((status = 200, description = "The blocks", body = Areas, content_type = "application/geo+json")))]
pub(super) async fn blocks(
    Served(project): Served,
    known: Known,
    Path(id): Path<i64>,
    Query(When { when }): Query<When>,
) -> Response {
    let key = match project.views.state_of_plan(PlanId(id)).await {
        Ok(key) => key,
        Err(error) => return refused(&error),
    };
    let before = when == Some(Side::Before);
    let name = [&*key.version(), if before { "blocks before" } else { "blocks" }];
    if let Some(unchanged) = known.unchanged(&etag(&name)) {
        return unchanged;
    }
    let text = match project.views.of(key).await {
        Ok(view) => crate::app::review::plan_tables::blocks(view, before).await,
        Err(error) => Err(error),
    };
    match text {
        Ok(text) => {
            let headers = [(header::CONTENT_TYPE, "application/geo+json")];
            named((headers, text).into_response(), &name)
        }
        Err(error) => refused(&error),
    }
}

/// The sub-parks before and after a plan · 各子园调整前后
#[utoipa::path(get, path = "/plans/{id}/sub-parks", tag = "results", responses((status = 200, description = "The sub-parks", body = Vec<SubParkRow>)))]
pub(super) async fn sub_parks(Served(project): Served, known: Known, Path(id): Path<i64>) -> Response {
    let key = project.views.state_of_plan(PlanId(id)).await;
    seen(&project, &known, key, "sub-parks", |view| Ok(rows_of(view))).await
}

/// A file to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    /// `shp`, `gpkg`, `geojson`, `fgb`, or `folder` for all that `lianpian plan` writes.
    format: String,
    /// Such as EPSG:4528; the plan's own where not given.
    #[serde(default)]
    crs: Option<String>,
    /// Of a shapefile's texts: UTF-8 or GBK.
    #[serde(default)]
    encoding: Option<String>,
}

/// Queues a file of a plan; `/api/v1/exports/{job}` is its download · 导出方案（作业）
#[utoipa::path(post, path = "/plans/{id}/exports", tag = "results", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn export(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(new): Json<Export>,
) -> Response {
    let job = ExportJob { plan: PlanId(id), format: new.format, crs: new.crs, encoding: new.encoding };
    told(StatusCode::ACCEPTED, queue_export(&project, job, actor.0).await)
}

/// The file that a job made · 下载导出文件
#[utoipa::path(get, path = "/exports/{job}", tag = "results", responses((status = 200, description = "The file", content(
    (Vec<u8> = "application/zip"),
    (Vec<u8> = "application/geopackage+sqlite3"),
))))]
pub(super) async fn download(Served(project): Served, Path(job): Path<i64>) -> Response {
    let job = match project.store.job(JobId(job)).await {
        Ok(job) => job,
        Err(error) => return refused(&error),
    };
    let made = job.result.clone().and_then(|r: Value| serde_json::from_value::<Exported>(r).ok());
    let Some(made) = made.filter(|_| job.kind == "export" && job.state == JobState::Done) else {
        let detail = message!("job-without-file", job = job.id);
        return Problem::not_found(detail).into_response();
    };
    match project.store.file(&made.file).await {
        Ok(bytes) => {
            let name = utf8_percent_encode(&made.name, NON_ALPHANUMERIC);
            let disposition = format!("attachment; filename*=UTF-8''{name}");
            let mut response = bytes.into_response();
            for (header, value) in [
                (header::CONTENT_TYPE, HeaderValue::from_str(&made.media).ok()),
                (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).ok()),
            ] {
                if let Some(value) = value {
                    response.headers_mut().insert(header, value);
                }
            }
            named(response, &[&made.file.0])
        }
        Err(error) => refused(&error),
    }
}

/// A curve to be drawn.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Curve {
    /// How many points; 9 when not given.
    #[serde(default)]
    steps: Option<usize>,
}

/// Queues the curve over λ: worth of the land against boundary; the job's result is a Frontier · 权衡曲线（作业）
#[utoipa::path(post, path = "/scenarios/{id}/frontier", tag = "results", responses((status = 202, description = "The job", body = JobRecord)))]
pub(super) async fn frontier(
    Served(project): Served,
    actor: Actor,
    Path(id): Path<i64>,
    Json(curve): Json<Curve>,
) -> Response {
    let job = CurveJob { scenario: ScenarioId(id), steps: curve.steps.unwrap_or(9) };
    told(StatusCode::ACCEPTED, queue_curve(&project, job, actor.0).await)
}

/// How far to look ahead.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Ahead {
    /// How many years at most, 1 to 30; 3 when not given.
    #[serde(default)]
    years: Option<usize>,
}

/// What moves year by year under the yearly cap, from memory, and how much of the whole gain is reached · 分年调整路径
#[utoipa::path(get, path = "/scenarios/{id}/years", tag = "results", params(Ahead), responses((status = 200, description = "The path over years", body = Years)))]
pub(super) async fn years(
    Served(project): Served,
    Path(id): Path<i64>,
    Query(ahead): Query<Ahead>,
) -> Response {
    let question = super::preview::abandonable();
    said(project.previews.years(ScenarioId(id), ahead.years.unwrap_or(3), question.monitor()).await)
}

/// Which scenarios.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Their numbers, with commas between them; 8 at most.
    scenarios: String,
}

/// Scenarios side by side: the figures of their newest plans, and where their zones differ · 情景对比
#[utoipa::path(get, path = "/compare", tag = "results", params(Which), responses((status = 200, description = "Scenarios side by side", body = Comparison)))]
pub(super) async fn compare(Served(project): Served, Query(which): Query<Which>) -> Response {
    let ids: std::result::Result<Vec<i64>, _> =
        which.scenarios.split(',').map(|n| n.trim().parse()).collect();
    match ids {
        Ok(ids) if (1..=8).contains(&ids.len()) => {
            let ids: Vec<ScenarioId> = ids.into_iter().map(ScenarioId).collect();
            said(project.views.compare(&ids).await)
        }
        _ => Problem::bad_request(message!("scenarios-expected")).into_response(),
    }
}
