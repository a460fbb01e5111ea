//! What the page asks for first.

use axum::extract::State as Shared;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Actor, Served, said};
use crate::api::State;

/// How the service is set up.
#[derive(Serialize, ToSchema)]
pub(super) struct Config {
    /// Version of the program.
    version: &'static str,
    /// The project's title.
    title: String,
    /// What the map lies on; none where nothing is configured.
    basemap: Option<BasemapConfig>,
    /// The number of the map review (审图号).
    review_number: Option<String>,
    /// Who asks, as the service knows them.
    user: String,
    /// Languages of the pages.
    languages: [&'static str; 2],
}

/// Tiles of somebody else's map.
#[derive(Serialize, ToSchema)]
pub(super) struct BasemapConfig {
    /// Addresses with {z}, {x} and {y}, the lowest layer first.
    urls: Vec<String>,
    /// Whose map it is.
    attribution: String,
}

/// How the service is set up · 服务配置
#[utoipa::path(get, path = "/config", tag = "project", responses((status = 200, description = "How the service is set up", body = Config)))]
pub(super) async fn config(
    Shared(state): Shared<State>,
    Served(project): Served,
    Actor(user): Actor,
) -> Response {
    let settings = state.settings();
    let basemap = settings.basemap.as_ref().map(|basemap| BasemapConfig {
        urls: basemap.urls().to_vec(),
        attribution: basemap.attribution().to_owned(),
    });
    let project = project.store.project().await;
    said(project.map(|project| Config {
        version: env!("CARGO_PKG_VERSION"),
        title: project.title,
        basemap,
        review_number: settings.review_number.clone(),
        user,
        languages: ["zh", "en"],
    }))
}
