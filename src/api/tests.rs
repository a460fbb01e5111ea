//! The layers around the routes, tested on routes made for that: bodies, panics, slow work.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use serde_json::Value;
use tower::ServiceExt as _;

use super::extract::Json;
use super::problem::PROBLEM_JSON;
use super::settings::Settings;
use super::{State, wrapped};
use crate::app::layers::source::Collections;
use crate::features::collection::Collection;

struct Nothing;

impl Collections for Nothing {
    fn list(&self) -> Vec<Arc<Collection>> {
        Vec::new()
    }
}

fn app(settings: Settings) -> Router {
    let routes = Router::new()
        .route("/echo", post(|Json(body): Json<Vec<u32>>| async move { axum::Json(body) }))
        .route("/panic", get(panics))
        .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }));
    wrapped(routes, State::new(Arc::new(Nothing), Vec::new(), settings))
}

async fn panics() {
    panic!("a secret of the inside");
}

fn asked(method: &str, path: &str, media: &str, body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
    request.header(header::CONTENT_TYPE, media).body(body).unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(work)
}

async fn problem(response: Response, status: StatusCode) -> String {
    assert_eq!(response.status(), status);
    assert_eq!(response.headers()[header::CONTENT_TYPE], PROBLEM_JSON);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let json: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(json["status"], status.as_u16());
    json["detail"].as_str().unwrap().to_owned()
}

#[test]
fn bodies_that_are_not_what_they_should_be_are_problems() {
    run(async {
        let app = app(Settings { body_bytes_max: 1000, ..Settings::default() });
        let json = "application/json";
        let fine = app.clone().oneshot(asked("POST", "/echo", json, Body::from("[1,2]"))).await.unwrap();
        assert_eq!(fine.status(), StatusCode::OK);
        for (media, body, status) in [
            (json, "[1,".to_owned(), StatusCode::BAD_REQUEST),
            (json, "{}".to_owned(), StatusCode::UNPROCESSABLE_ENTITY),
            (json, "[".repeat(900), StatusCode::BAD_REQUEST),
            ("text/plain", "[1]".to_owned(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
            (json, format!("[{}1]", " ".repeat(2000)), StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let response =
                app.clone().oneshot(asked("POST", "/echo", media, Body::from(body))).await.unwrap();
            problem(response, status).await;
        }
        // The same without a length said before.
        let pieces = Body::new(Pieces { left: 4, ends: true });
        let response = app.clone().oneshot(asked("POST", "/echo", json, pieces)).await.unwrap();
        problem(response, StatusCode::PAYLOAD_TOO_LARGE).await;
    });
}

#[test]
fn what_is_slow_is_ended() {
    run(async {
        let app = app(Settings { request_time: Duration::from_secs(5), ..Settings::default() });
        let slow = Body::new(Pieces { left: 2, ends: false });
        let response = app.clone().oneshot(asked("POST", "/echo", "application/json", slow)).await.unwrap();
        assert!(problem(response, StatusCode::REQUEST_TIMEOUT).await.contains("body"));
        let response = app.clone().oneshot(asked("GET", "/slow", "", Body::empty())).await.unwrap();
        assert!(response.headers().contains_key(header::RETRY_AFTER));
        problem(response, StatusCode::SERVICE_UNAVAILABLE).await;
    });
}

#[test]
fn a_panic_tells_nothing_and_ends_nothing() {
    run(async {
        let app = app(Settings::default());
        let response = app.clone().oneshot(asked("GET", "/panic", "", Body::empty())).await.unwrap();
        assert!(!problem(response, StatusCode::INTERNAL_SERVER_ERROR).await.contains("secret"));
        let response = app.oneshot(asked("GET", "/nowhere", "", Body::empty())).await.unwrap();
        problem(response, StatusCode::NOT_FOUND).await;
    });
}

#[test]
fn more_at_once_than_there_are_places_is_turned_away() {
    run(async {
        let app = app(Settings { requests_max: 2, ..Settings::default() });
        let slow: Vec<_> = (0..2)
            .map(|_| tokio::spawn(app.clone().oneshot(asked("GET", "/slow", "", Body::empty()))))
            .collect();
        tokio::time::sleep(Duration::from_millis(1)).await;
        let response = app.clone().oneshot(asked("GET", "/nowhere", "", Body::empty())).await.unwrap();
        problem(response, StatusCode::SERVICE_UNAVAILABLE).await;
        for one in slow {
            one.await.unwrap().unwrap();
        }
        let response = app.oneshot(asked("GET", "/nowhere", "", Body::empty())).await.unwrap();
        problem(response, StatusCode::NOT_FOUND).await;
    });
}

#[test]
fn pages_of_strangers_change_nothing() {
    run(async {
        let here = app(Settings::default());
        let named =
            app(Settings { public_url: Some("https://park.example.org/zone".into()), ..Settings::default() });
        for (app, origin, fine) in [
            (&here, "http://localhost", true),
            (&here, "http://localhost:8080", false),
            (&here, "https://evil.example", false),
            (&here, "null", false),
            (&named, "https://park.example.org", true),
            (&named, "http://localhost", false),
        ] {
            let mut request = asked("POST", "/echo", "application/json", Body::from("[1]"));
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
            let response = app.clone().oneshot(request).await.unwrap();
            if fine {
                assert_eq!(response.status(), StatusCode::OK, "{origin}");
            } else {
                problem(response, StatusCode::FORBIDDEN).await;
            }
        }
    });
}

/// A body that comes in pieces of 600 spaces, and then ends or never does.
struct Pieces {
    left: usize,
    ends: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left > 0 {
            self.left -= 1;
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b' '; 600])))));
        }
        if self.ends { Poll::Ready(None) } else { Poll::Pending }
    }
}

#[test]
fn a_problem_is_told_in_the_language_asked_for() {
    run(async {
        for (path, header, language, detail) in [
            ("/nowhere", Some("zh-CN,en;q=0.5"), "zh", "/nowhere 处没有内容；/ogc 列出了现有内容"),
            ("/nowhere?lang=zh", Some("en"), "zh", "/nowhere 处没有内容；/ogc 列出了现有内容"),
            ("/nowhere", None, "en", "there is nothing at /nowhere; /ogc lists what there is"),
            ("/panic", Some("zh"), "zh", "服务出错，原因见其日志"),
        ] {
            let mut request = asked("GET", path, "text/plain", Body::empty());
            if let Some(header) = header {
                request.headers_mut().insert(header::ACCEPT_LANGUAGE, header.parse().unwrap());
            }
            let response = app(Settings::default()).oneshot(request).await.unwrap();
            assert_eq!(response.headers()[header::CONTENT_LANGUAGE], language);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let json: Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(json["detail"], detail);
            assert_eq!(json[language], detail);
            assert!(json["en"].as_str().unwrap().is_ascii() && !json["zh"].as_str().unwrap().is_ascii());
            if path.starts_with("/nowhere") {
                assert_eq!(
                    (&json["code"], &json["params"]["path"]["text"]),
                    (&"no-such-page".into(), &"/nowhere".into())
                );
            }
        }
    });
}
