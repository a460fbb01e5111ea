//! RFC 9457 problems: the one form of every failure response.

use std::any::Any;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::json;

use crate::error::{Error, ErrorKind};

/// The media type.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A failure for a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    /// What is wrong with this request, and what to try.
    pub detail: String,
}

impl Problem {
    /// A failure of this status.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    /// A request that cannot be understood.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A thing that is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A failure of ours. What failed goes into the log, not to the client.
    pub fn internal(why: &dyn std::fmt::Display) -> Self {
        tracing::error!("a request failed: {why}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log says why")
    }

    /// The same with members of its own (RFC 9457, 3.2).
    #[must_use]
    pub fn with(self, more: serde_json::Value) -> Response {
        let mut response = self.clone().into_response();
        if let (Ok(mut body), serde_json::Value::Object(more)) =
            (serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&self.body()), more)
        {
            body.extend(more);
            *response.body_mut() = serde_json::Value::Object(body).to_string().into();
            response.headers_mut().remove(header::CONTENT_LENGTH);
        }
        response
    }

    fn body(&self) -> Vec<u8> {
        let title = self.status.canonical_reason().unwrap_or("Failure");
        let status = self.status.as_u16();
        let problem =
            json!({ "type": "about:blank", "title": title, "status": status, "detail": self.detail });
        problem.to_string().into_bytes()
    }
}

/// A failure of a use case as a client may see it.
impl From<&Error> for Problem {
    fn from(error: &Error) -> Self {
        let status = match error.kind {
            ErrorKind::Usage | ErrorKind::Impossible => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict | ErrorKind::Cancelled => StatusCode::CONFLICT,
            ErrorKind::Unreadable | ErrorKind::Unwritable => return Self::internal(&error.for_people()),
        };
        Self::new(status, error.for_people())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")];
        let retry = matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let mut response = (self.status, headers, self.body()).into_response();
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

pub(super) async fn no_such_page(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}; /ogc lists what there is", uri.path()))
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let detail = format!("{} does not take {method}; the header Allow lists what it takes", uri.path());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// A panic is a mistake of ours; one request fails, the service goes on.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Full<Bytes>> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let problem = Problem::internal(&format_args!("panic: {text}"));
    let mut response = Response::new(Full::from(problem.body()));
    *response.status_mut() = problem.status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response
}

/// Turns what libraries answer in plain text into problems; the text becomes the detail.
pub(super) async fn all_failures(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_problem = response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t == PROBLEM_JSON);
    if !(status.is_client_error() || status.is_server_error()) || is_problem {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = Limited::new(body, 4096).collect().await.map(|all| all.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = if status.is_server_error() || text.is_empty() {
        status.canonical_reason().unwrap_or("it failed").to_owned()
    } else {
        text.into_owned()
    };
    let mut problem = Problem::new(status, detail).into_response();
    for kept in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&kept) {
            problem.headers_mut().insert(kept, value.clone());
        }
    }
    problem
}
