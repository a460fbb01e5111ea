//! Limits that refuse a request before its handler runs, and security headers for browsers.

use std::net::IpAddr;

use axum::body::HttpBody as _;
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use parcels::message;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use super::text::is_plain;
use super::{PREFIX, State};

/// Limits the number, size and time of requests, and refuses those meant for another host or sent by a foreign page.
pub(super) async fn limits(Shared(state): Shared<State>, mut request: Request, next: Next) -> Response {
    let settings = state.settings();
    if let Err(problem) = meant_for_us(&state, &request) {
        return problem.into_response();
    }
    if let Err(problem) = from_our_pages(&state, &request) {
        return problem.into_response();
    }
    if let Err(problem) = plain_address(&request) {
        return problem.into_response();
    }
    let Ok(_slot) = state.slots().clone().try_acquire_owned() else {
        let detail = message!("too-many-requests", most = settings.requests_max);
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    };
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    // Uploads have limits of their own: their size is counted, and what is too slow is cut off, where they are taken.
    let upload = *request.method() == Method::POST && request.uri().path() == super::project::UPLOADS;
    let bytes_max = if upload { settings.upload_bytes_max } else { settings.body_bytes_max as u64 };
    if length.is_some_and(|bytes| bytes > bytes_max) {
        let detail = message!("body-too-large", bytes = bytes_max);
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    }
    if upload {
        return next.run(request).await;
    }
    let has_body = !request.body().is_end_stream();
    // Extractors keep to it also where no length was said before.
    DefaultBodyLimit::max(settings.body_bytes_max).apply(&mut request);
    let seconds = settings.request_time.as_secs_f64();
    match tokio::time::timeout(settings.request_time, next.run(request)).await {
        Ok(response) => response,
        Err(_) if has_body => {
            let detail = message!("body-too-slow", seconds = seconds);
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
        }
        Err(_) => {
            let detail = message!("answer-too-slow", seconds = seconds);
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
    }
}

/// No name in the project has control characters, and a database may fail over them.
fn plain_address(request: &Request) -> Result<(), Problem> {
    let address = request.uri().path_and_query().map_or("", |all| all.as_str());
    let plain = is_plain(&percent_decode_str(address).decode_utf8_lossy());
    if plain || !address.starts_with(PREFIX) {
        return Ok(());
    }
    Err(Problem::bad_request(message!("address-with-control")))
}

/// Against DNS rebinding: a foreign page may point its own host name at this machine. Requests that name another host than
/// this machine are refused, unless the operator set a public name.
fn meant_for_us(state: &State, request: &Request) -> Result<(), Problem> {
    if state.settings().public_url.is_some() {
        return Ok(());
    }
    let Some(host) = host(request.headers()) else {
        return Err(Problem::bad_request(message!("host-missing")));
    };
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        // The last colon of an address in brackets is not before a port.
        if port.ends_with(']') { host } else { name }
    });
    let own =
        name.eq_ignore_ascii_case("localhost") || name.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    if own {
        return Ok(());
    }
    let detail = message!("host-unknown");
    Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, detail))
}

/// Against cross-site requests: without sign-in, every page open in a browser on this machine could write. A foreign page
/// may not change anything: browsers send the Origin of the page, other programs send none.
fn from_our_pages(state: &State, request: &Request) -> Result<(), Problem> {
    let origin = request.headers().get(header::ORIGIN);
    let Some(origin) = origin.filter(|_| !matches!(*request.method(), Method::GET | Method::HEAD)) else {
        return Ok(());
    };
    let ours = match &state.settings().public_url {
        // Scheme and name, without the path there may be.
        Some(url) => url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"),
        None => format!("http://{}", host(request.headers()).unwrap_or_default()),
    };
    if origin.as_bytes().eq_ignore_ascii_case(ours.as_bytes()) {
        return Ok(());
    }
    Err(Problem::new(StatusCode::FORBIDDEN, message!("foreign-origin")))
}

/// The host a request names.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok().filter(|host| !host.is_empty())
}

/// Only our own style sheet and pictures may be loaded; no other page may frame ours.
const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Security headers, where a handler has not set its own.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    const ALL: [(HeaderName, &str); 7] = [
        (header::CONTENT_SECURITY_POLICY, CSP),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "geolocation=(), camera=(), microphone=()"),
    ];
    let mut response = next.run(request).await;
    for (name, value) in ALL {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
