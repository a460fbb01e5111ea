//! The map page: built from `web/`, embedded in the program.

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use parcels::message;
use rust_embed::Embed;

use super::cache::etag;
use super::problem::Problem;
use super::settings::Basemap;
use super::{PREFIX, State};

/// What is built from `web/`. A program compiled without it serves everything but the map.
#[derive(Embed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Built;

const INDEX: &str = "index.html";
/// Files under here carry a hash of their content in their names.
const HASHED: &str = "assets/";

pub(super) fn routes() -> Router<State> {
    let mut router = Router::new().route("/", get(index)).route("/assets/{*path}", get(hashed));
    let others = Built::iter().filter(|name| name != INDEX && !name.starts_with(HASHED));
    for name in others.map(|name| format!("/{name}")) {
        router = router.route(&name, get(other));
    }
    router
}

async fn index(Shared(state): Shared<State>) -> Response {
    // A written plan has no decisions, so there is nothing the map could do with it.
    match Built::get(INDEX).filter(|_| state.served_project().is_some()) {
        Some(_) => page(INDEX, &state),
        None if state.collections().list().is_empty() && !state.tilesets().is_empty() => {
            Redirect::to(&format!("{PREFIX}/tilesets")).into_response()
        }
        None => Redirect::to("/ogc").into_response(),
    }
}

async fn hashed(Path(path): Path<String>, Shared(state): Shared<State>) -> Response {
    let mut response = page(&format!("{HASHED}{path}"), &state);
    if response.status().is_success() {
        let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(header::CACHE_CONTROL, forever);
    }
    response
}

async fn other(uri: Uri, Shared(state): Shared<State>) -> Response {
    page(uri.path().trim_start_matches('/'), &state)
}

fn page(name: &str, state: &State) -> Response {
    let Some(file) = Built::get(name) else {
        return Problem::not_found(message!("no-such-asset", name = name)).into_response();
    };
    let hash: String = file.metadata.sha256_hash().iter().map(|b| format!("{b:02x}")).collect();
    let text = file.metadata.mimetype();
    let media_type = if text.starts_with("text/") || text.ends_with("javascript") {
        format!("{text}; charset=utf-8")
    } else {
        text.to_owned()
    };
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, HeaderValue::from_str(&media_type).ok()),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_str(&csp(state.settings().basemap.as_ref())).ok(),
        ),
        (header::CACHE_CONTROL, Some(HeaderValue::from_static("no-cache"))),
        (header::ETAG, Some(etag(&[&hash]))),
    ] {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
    response
}

/// What the map may load: what this server serves, and the basemap where one is configured. The map draws in a worker.
fn csp(basemap: Option<&Basemap>) -> String {
    let others: String = basemap.into_iter().flat_map(Basemap::origins).map(|o| format!(" {o}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; worker-src 'self' blob:; style-src 'self'; font-src 'self'; \
         img-src 'self' data: blob:{others}; connect-src 'self'{others}; manifest-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_basemap_is_let_through() {
        assert!(!csp(None).contains("http"));
        let url = "https://tiles.example.org/{z}/{x}/{y}.png".to_owned();
        let with = csp(Some(&Basemap::new(vec![url], String::new()).unwrap()));
        assert!(with.contains("connect-src 'self' https://tiles.example.org;"), "{with}");
        assert!(with.contains("script-src 'self';"), "{with}");
    }
}
