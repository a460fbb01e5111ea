//! ETag, 304 and Vary.
//!
//! A handler sets an ETag that ignores compression. This layer lies outside the compression and adds the encoding to the
//! ETag: two encodings of one text are different bytes, and a strong ETag must differ.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use sha2::{Digest as _, Sha256};

use super::accept::takes;
use crate::io::coding::Coding;

/// An ETag of these parts.
pub(super) fn etag(parts: &[&str]) -> HeaderValue {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let name: String = hash.finalize()[..12].iter().map(|b| format!("{b:02x}")).collect();
    HeaderValue::from_str(&format!("\"{name}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The ETags that a client has, and the encodings that it accepts.
pub(super) struct Known {
    names: Vec<HeaderValue>,
    /// The client's Accept-Encoding.
    accepted: HeaderMap,
}

impl<S: Sync> FromRequestParts<S> for Known {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut accepted = HeaderMap::new();
        for value in parts.headers.get_all(header::ACCEPT_ENCODING) {
            accepted.append(header::ACCEPT_ENCODING, value.clone());
        }
        Ok(Self { names: parts.headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect(), accepted })
    }
}

impl Known {
    /// 304 for a client that has this version, plain or in an encoding that it accepts. A handler calls this before it
    /// computes anything.
    pub(super) fn unchanged(&self, name: &HeaderValue) -> Option<Response> {
        let plain = name.to_str().ok()?.trim_matches('"');
        let lists = self.names.iter().filter_map(|list| list.to_str().ok());
        let names = lists.flat_map(|list| list.split(',')).map(|one| one.trim().trim_start_matches("W/"));
        let own = names.into_iter().find(|one| match one.trim_matches('"').strip_prefix(plain) {
            _ if *one == "*" => true,
            Some("") => true,
            Some(rest) => rest.strip_prefix('-').is_some_and(|encoding| self.takes(encoding)),
            None => false,
        })?;
        let own = if own == "*" { name.clone() } else { HeaderValue::from_str(own).ok()? };
        let headers = [
            (header::ETAG, own),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        Some((StatusCode::NOT_MODIFIED, headers).into_response())
    }

    fn takes(&self, encoding: &str) -> bool {
        let coding = [Coding::Gzip, Coding::Brotli, Coding::Zstd].into_iter().find(|c| c.name() == encoding);
        coding.is_some_and(|coding| takes(&self.accepted, coding))
    }
}

pub(super) async fn conditional(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known: Vec<HeaderValue> = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    let Some(own) = etag_with_encoding(response.headers()) else { return response };
    let matches = reads && response.status() == StatusCode::OK && known.iter().any(|list| lists(list, &own));
    response.headers_mut().insert(header::ETAG, own);
    if matches {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        for gone in [header::CONTENT_LENGTH, header::CONTENT_TYPE, header::CONTENT_ENCODING] {
            response.headers_mut().remove(gone);
        }
    }
    response
}

fn etag_with_encoding(headers: &HeaderMap) -> Option<HeaderValue> {
    let own = headers.get(header::ETAG)?;
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Some(own.clone()) };
    let name = own.to_str().ok()?.trim_matches('"');
    HeaderValue::from_str(&format!("\"{name}-{}\"", encoding.to_str().ok()?)).ok()
}

/// Whether a value of If-None-Match holds `own`. Weak comparison, as RFC 9110 has it for this header.
fn lists(value: &HeaderValue, own: &HeaderValue) -> bool {
    let (Ok(value), Ok(own)) = (value.to_str(), own.to_str()) else { return false };
    value.split(',').map(str::trim).any(|one| one == "*" || one.trim_start_matches("W/") == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_in_an_encoding_it_takes_has_it() {
        let name = HeaderValue::from_static("\"0a1b\"");
        for (known, fine) in [
            ("\"0a1b\"", true),
            ("\"other\", W/\"0a1b-gzip\"", true),
            ("*", true),
            ("\"0a1b-zstd\"", false),
            ("\"0a1b0\"", false),
            ("\"-gzip\"", false),
            ("", false),
        ] {
            let names = vec![HeaderValue::from_static(known)];
            let mut accepted = HeaderMap::new();
            accepted.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip;q=0.8, zstd;q=0"));
            let answer = Known { names, accepted }.unchanged(&name);
            assert_eq!(answer.is_some(), fine, "{known}");
            let Some(answer) = answer else { continue };
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            let own = answer.headers()[header::ETAG].to_str().unwrap();
            assert!(own == "\"0a1b\"" || known.contains(own), "{own}");
        }
    }
}
