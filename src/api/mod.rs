//! The HTTP interface: the map at `/`, the JSON API under [`PREFIX`], OGC API – Features and Tiles under `/ogc`, and what
//! running a service takes. The only folder that knows HTTP.
//! Called by the commands `serve` and `demo`.
//!
//! A request passes `observe` (number, log, count), `cache` (304, encodings) and `guard` (security headers; refuses what is
//! too large, too slow, too much or meant for another server), then the handler of its route. Every failure leaves as a
//! [`problem`].

// Failures as RFC 9457 problems.
pub mod problem;

// Bodies that are JSON.
pub mod extract;

// Text that clients send.
mod text;

// Filters.
pub mod cql2;

// Metrics.
pub mod metrics;

// Request ids and logs.
mod observe;

// Which encoding a client prefers.
mod accept;

// ETag, 304, Vary.
mod cache;

// Vector tiles as responses.
mod tiles;

// Tile archives.
mod tilesets;

// Limits and security headers.
mod guard;

// Health checks.
mod health;

// OGC API – Features.
pub mod ogc;

// The project.
mod project;

// The OpenAPI description.
mod description;

// The map.
mod page;

// What an operator may set.
pub mod settings;

// The server loop.
pub mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::any;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use utoipa_axum::router::OpenApiRouter;

use metrics::Metrics;
pub use server::serve;
use settings::Settings;

use crate::app::layers::source::Collections;
use crate::app::project::ProjectServices;
use crate::app::project::events::Event;
use crate::io::tile_file::TileFile;

/// State shared by all requests.
#[derive(Clone)]
pub struct State(Arc<Shared>);

struct Shared {
    collections: Arc<dyn Collections>,
    tilesets: Vec<Arc<TileFile>>,
    metrics: Metrics,
    settings: Settings,
    slots: Arc<Semaphore>,
    draining: AtomicBool,
    project: Option<Arc<ProjectServices>>,
    questions: project::LatestQuestions,
}

impl State {
    /// Serves collections and tile archives.
    #[must_use]
    pub fn new(collections: Arc<dyn Collections>, tilesets: Vec<Arc<TileFile>>, settings: Settings) -> Self {
        Self::of(collections, None, tilesets, settings)
    }

    /// Serves a project, with the layers of its current plan.
    #[must_use]
    pub fn project(project: Arc<ProjectServices>, tilesets: Vec<Arc<TileFile>>, settings: Settings) -> Self {
        Self::of(project.publishing.clone(), Some(project), tilesets, settings)
    }

    fn of(
        collections: Arc<dyn Collections>,
        project: Option<Arc<ProjectServices>>,
        tilesets: Vec<Arc<TileFile>>,
        settings: Settings,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(settings.requests_max));
        let metrics = Metrics::new();
        let draining = AtomicBool::new(false);
        let questions = project::LatestQuestions::default();
        Self(Arc::new(Shared {
            collections,
            tilesets,
            metrics,
            settings,
            slots,
            draining,
            project,
            questions,
        }))
    }

    fn settings(&self) -> &Settings {
        &self.0.settings
    }

    fn collections(&self) -> &dyn Collections {
        self.0.collections.as_ref()
    }

    fn tilesets(&self) -> &[Arc<TileFile>] {
        &self.0.tilesets
    }

    fn served_project(&self) -> Option<Arc<ProjectServices>> {
        self.0.project.clone()
    }

    fn questions(&self) -> &project::LatestQuestions {
        &self.0.questions
    }

    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    fn slots(&self) -> &Arc<Semaphore> {
        &self.0.slots
    }

    /// From now on `/readyz` says no, so that nobody sends more.
    fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
        if let Some(project) = &self.0.project {
            // Ends event streams, which would otherwise keep the server from stopping.
            project.events.tell(Event::Closing);
        }
    }

    fn ready(&self) -> bool {
        !self.0.draining.load(Ordering::Relaxed) && self.0.collections.ready()
    }

    /// Whether the project's database answers; there may be none.
    async fn store_answers(&self) -> bool {
        let Some(project) = &self.0.project else { return true };
        matches!(tokio::time::timeout(STORE_ANSWERS, project.store.ready()).await, Ok(Ok(())))
    }
}

/// How long the project's database may take to answer before the service counts as not ready.
const STORE_ANSWERS: Duration = Duration::from_secs(2);

/// Where the JSON API lies. A change that its clients could not follow would get another number.
pub const PREFIX: &str = "/api/v1";

/// All routes, with everything around them.
pub fn router(state: State) -> Router {
    let json = OpenApiRouter::new().nest(PREFIX, project::routes().merge(tilesets::routes()));
    let routes = Router::new()
        .merge(page::routes())
        .merge(ogc::routes())
        .merge(description::described(json))
        .route("/api/{*path}", any(without_version))
        .merge(health::routes());
    wrapped(routes, state)
}

/// Redirects addresses from before the API had a version.
async fn without_version(request: Request) -> Response {
    let asked = request.uri().path_and_query().map_or("", |all| all.as_str());
    match asked.strip_prefix("/api") {
        Some(path) if !asked.starts_with(PREFIX) => {
            Redirect::permanent(&format!("{PREFIX}{path}")).into_response()
        }
        _ => problem::no_such_page(request.uri().clone()).await.into_response(),
    }
}

/// Routes with the layers around them, the outermost last.
fn wrapped(routes: Router<State>, state: State) -> Router {
    // The fastest level: parcels shrink to a seventh, and the next level takes three times as long. No brotli: the layer
    // would prefer it to equally weighted codings, and it is the slowest. Tile archives are compressed already, and read by
    // byte ranges.
    let worth_it = DefaultPredicate::new().and(NotForContentType::const_new(tilesets::PMTILES));
    let compression =
        CompressionLayer::new().no_br().quality(CompressionLevel::Fastest).compress_when(worth_it);
    routes
        .fallback(problem::no_such_page)
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(from_fn_with_state(state.clone(), guard::limits))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(problem::all_failures))
        .layer(compression)
        .layer(from_fn(cache::conditional))
        .layer(from_fn(guard::headers))
        .layer(from_fn_with_state(state.clone(), observe::observe))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn(observe::only_plain_ids))
        .with_state(state)
}

#[cfg(test)]
mod tests;
