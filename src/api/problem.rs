//! RFC 9457 problems: the one form of every failure response.

use std::any::Any;

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use parcels::message;
use parcels::message::Message;
use serde_json::{Map, Value, json};

use super::accept::language;
use crate::error::{Error, ErrorKind, Failure};
use crate::messages::{Language, Reader, render};

/// The media type.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A failure for a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The status.
    pub status: StatusCode,
    content: Box<Content>,
}

#[derive(Debug, Clone, PartialEq)]
struct Content {
    /// What is wrong with this request, and what to try.
    failure: Failure,
    /// Members of its own (RFC 9457, 3.2).
    more: Map<String, Value>,
}

impl Problem {
    /// A failure of this status.
    pub fn new(status: StatusCode, detail: impl Into<Message>) -> Self {
        Self::saying(status, detail.into().into())
    }

    /// A request that cannot be understood.
    pub fn bad_request(detail: impl Into<Message>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// A thing that is not there.
    pub fn not_found(detail: impl Into<Message>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A failure of ours. What failed goes into the log, not to the client.
    pub fn internal(why: &dyn std::fmt::Display) -> Self {
        tracing::error!("a request failed: {why}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message!("server-failed"))
    }

    /// The failure of a use case, all of which a client may see.
    pub fn of(status: StatusCode, error: &Error) -> Self {
        Self::saying(status, error.failure())
    }

    fn saying(status: StatusCode, failure: Failure) -> Self {
        Self { status, content: Box::new(Content { failure, more: Map::new() }) }
    }

    /// The same with members of its own.
    #[must_use]
    pub fn with(mut self, more: Value) -> Self {
        if let Value::Object(more) = more {
            self.content.more.extend(more);
        }
        self
    }

    fn body(&self, language: Language) -> Vec<u8> {
        let title = self.status.canonical_reason().unwrap_or("Failure");
        // One sentence stands by itself; causes and hints follow in lines of their own.
        let Content { failure, more } = &*self.content;
        let Failure { what, because, hints } = failure;
        let detail = if because.is_empty() && hints.is_empty() {
            render(what, language, Reader::Page)
        } else {
            failure.lines(language, Reader::Page)
        };
        let mut problem = json!({
            "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": detail,
        });
        if let (Some(problem), Ok(Value::Object(told))) =
            (problem.as_object_mut(), serde_json::to_value(failure.told()))
        {
            problem.extend(told);
            problem.extend(more.clone());
        }
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
            ErrorKind::Unavailable => {
                tracing::warn!("the project's database does not answer: {}", error.for_people());
                return Self::new(StatusCode::SERVICE_UNAVAILABLE, message!("store-unavailable"));
            }
            ErrorKind::Unreadable | ErrorKind::Unwritable => return Self::internal(&error.for_people()),
        };
        Self::of(status, error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers = [(header::CONTENT_TYPE, PROBLEM_JSON), (header::CACHE_CONTROL, "no-store")];
        let retry = matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        let mut response = (self.status, headers, self.body(Language::default())).into_response();
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        // In which language it is to be said is known further out.
        response.extensions_mut().insert(self);
        response
    }
}

pub(super) async fn no_such_page(uri: Uri) -> Problem {
    Problem::not_found(message!("no-such-page", path = uri.path()))
}

pub(super) async fn no_such_method(method: Method, uri: Uri) -> Problem {
    let detail = message!("no-such-method", path = uri.path(), method = method.as_str());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}

/// A panic is a mistake of ours; one request fails, the service goes on.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response<Full<Bytes>> {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
    let problem = Problem::internal(&format_args!("panic: {text}"));
    let mut response = Response::new(Full::from(problem.body(Language::default())));
    *response.status_mut() = problem.status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    response.extensions_mut().insert(problem);
    response
}

/// Says every failure in the language that the client asks for, and turns what libraries answer in plain text into problems
/// that quote the text.
pub(super) async fn all_failures(request: Request, next: Next) -> Response {
    let language = language(&request);
    let mut response = next.run(request).await;
    let status = response.status();
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(header::CONTENT_LENGTH);
        parts.headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()));
        return Response::from_parts(parts, problem.body(language).into());
    }
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = Limited::new(body, 4096).collect().await.map(|all| all.to_bytes()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let code = status.as_u16();
    let detail = if status.is_server_error() || text.is_empty() {
        message!("answered-with-status", status = i64::from(code))
    } else {
        message!("refused-by-library", status = i64::from(code), why = text)
    };
    let mut problem = Problem::new(status, detail).into_response();
    for kept in [header::ALLOW, header::RETRY_AFTER] {
        if let Some(value) = parts.headers.get(&kept) {
            problem.headers_mut().insert(kept, value.clone());
        }
    }
    problem
}
