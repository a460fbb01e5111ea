//! The project's events as a stream.

use std::convert::Infallible;

use axum::response::sse::{self, KeepAlive, Sse};
use serde_json::json;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::{Stream, StreamExt as _};

use super::Served;
use crate::app::project::events::Event;

/// What happens to the project, as server-sent events: decision, job, plan, scenario, data_set; missed tells who fell behind to read everything anew · 项目事件流
#[utoipa::path(get, path = "/events", tag = "project", responses((status = 200, description = "What happens to the project, as server-sent events: decision, job, plan, scenario, data_set; missed tells who fell behind to read everything anew", body = String, content_type = "text/event-stream")))]
pub(super) async fn events(
    Served(project): Served,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>> + Send + 'static> {
    let heard = BroadcastStream::new(project.events.listen());
    let heard = heard.take_while(|event| !matches!(event, Ok(Event::Closing))).map(|event| {
        let event = match event {
            Ok(event) => serde_json::to_value(event).ok(),
            Err(_) => None,
        };
        let event = event.unwrap_or_else(|| json!({ "event": "missed", "data": null }));
        let name = event["event"].as_str().unwrap_or("missed").to_owned();
        Ok(sse::Event::default().event(name).data(event["data"].to_string()))
    });
    Sse::new(heard).keep_alive(KeepAlive::default())
}
