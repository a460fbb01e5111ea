//! Bodies that are JSON, and a problem when they are not.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use parcels::message;
use parcels::policy::read_error;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::Problem;
use super::text::control_character_at;

/// A JSON body. Another content type is 415, what does not fit or holds control characters 422, what is no JSON 400, what is too
/// large 413.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let refused =
            |status, why: &str| Problem::new(status, message!("json-refused", why = read_error(why)));
        let axum::Json(value) = axum::Json::<Value>::from_request(request, state)
            .await
            .map_err(|rejection| refused(rejection.status(), &rejection.body_text()))?;
        if let Some(place) = control_character_at(&value) {
            let detail = message!("text-with-control", place = place);
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        serde_json::from_value(value)
            .map(Self)
            .map_err(|why| refused(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()))
    }
}
