//! What the map shows of a scenario: the state of its parcels, one parcel explained, search.

use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use parcels::message;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Served, refused, said};
use crate::api::cache::{Known, etag};
use crate::api::extract::Json;
use crate::app::project::ProjectServices;
use crate::app::project::previews::Veto;
use crate::app::review::parcel_card::{ParcelCard, card as explain};
use crate::app::review::scenario_view::{IndicatorValues, ParcelColumns, View, ViewKey};
use crate::app::review::search::{Found, search as look_for};
use crate::error::Result;
use crate::store::ScenarioId;

/// A response from a view, with an ETag of the view's state; a client that has it gets 304 and nothing is computed.
pub(super) async fn seen<T: Serialize>(
    project: &ProjectServices,
    known: &Known,
    key: Result<ViewKey>,
    part: &str,
    of: impl FnOnce(&View) -> Result<T>,
) -> Response {
    let key = match key {
        Ok(key) => key,
        Err(error) => return refused(&error),
    };
    let name = [&*key.version(), part];
    if let Some(unchanged) = known.unchanged(&etag(&name)) {
        return unchanged;
    }
    match project.views.of(key).await.and_then(|view| of(&view)) {
        Ok(value) => named(axum::Json(value).into_response(), &name),
        Err(error) => refused(&error),
    }
}

pub(super) fn named(mut response: Response, parts: &[&str]) -> Response {
    response.headers_mut().insert(header::ETAG, etag(parts));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// The state of every parcel, one value each in the order of their numbers · 全部地块的状态
#[utoipa::path(get, path = "/scenarios/{id}/parcels", tag = "map", responses((status = 200, description = "The state of every parcel", body = ParcelColumns)))]
pub(super) async fn parcels(Served(project): Served, known: Known, Path(id): Path<i64>) -> Response {
    let key = project.views.state(ScenarioId(id)).await;
    seen(&project, &known, key, "parcels", |view| Ok(view.columns())).await
}

/// One indicator of every parcel · 全部地块的一项指标
#[utoipa::path(get, path = "/scenarios/{id}/indicators/{indicator}", tag = "map", responses((status = 200, description = "One indicator of every parcel", body = IndicatorValues)))]
pub(super) async fn indicator(
    Served(project): Served,
    known: Known,
    Path((id, indicator)): Path<(i64, String)>,
) -> Response {
    let key = project.views.state(ScenarioId(id)).await;
    let part = format!("indicator {indicator}");
    seen(&project, &known, key, &part, |view| view.indicator(&indicator)).await
}

/// A parcel explained · 地块说明卡
#[utoipa::path(get, path = "/scenarios/{id}/parcels/{fid}", tag = "map", responses((status = 200, description = "A parcel explained", body = ParcelCard)))]
pub(super) async fn card(
    Served(project): Served,
    known: Known,
    Path((id, fid)): Path<(i64, u32)>,
) -> Response {
    let key = project.views.state(ScenarioId(id)).await;
    seen(&project, &known, key, &format!("card {fid}"), |view| explain(view, fid)).await
}

/// Search text and limit.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Looking {
    /// The beginning of a parcel's code, or part of a firm's name.
    q: String,
    /// How many to find at most; 20 when not given, 200 at most.
    #[serde(default)]
    limit: Option<usize>,
}

/// Parcels by the beginning of their code or by part of a firm's name · 按宗地代码或企业名称查找
#[utoipa::path(get, path = "/scenarios/{id}/search", tag = "map", params(Looking), responses((status = 200, description = "Parcels found", body = Vec<Found>)))]
pub(super) async fn search(
    Served(project): Served,
    Path(id): Path<i64>,
    Query(looking): Query<Looking>,
) -> Response {
    let found = project.views.of_scenario(ScenarioId(id)).await;
    said(found.map(|view| look_for(&view, &looking.q, looking.limit.unwrap_or(20).min(200))))
}

/// What to forbid.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Forbid {
    /// The parcel's code; it stays where it is now.
    parcel: String,
}

/// What keeping a parcel where it is costs, and what would move instead · 否决的代价与替代地块
#[utoipa::path(post, path = "/scenarios/{id}/veto", tag = "map", responses((status = 200, description = "What it costs", body = Veto)))]
pub(super) async fn veto(
    Served(project): Served,
    Path(id): Path<i64>,
    Json(forbid): Json<Forbid>,
) -> Response {
    let scenario = ScenarioId(id);
    let view = match project.views.of_scenario(scenario).await {
        Ok(view) => view,
        Err(error) => return refused(&error),
    };
    let Some(fid) = view.fid(&parcels::id::ParcelId(forbid.parcel.clone())) else {
        let detail = message!("layer-without-parcel", parcel = forbid.parcel);
        return crate::api::problem::Problem::not_found(detail).into_response();
    };
    let question = super::preview::abandonable();
    said(project.previews.veto(scenario, fid, question.monitor()).await)
}
