//! Bodies that are JSON, and a problem when they are not.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Request};
use parcels::message;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// A JSON body. Another content type is 415, what does not fit 422, what is no JSON 400, what is too large 413.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(refused(&rejection)),
        }
    }
}

fn refused(rejection: &JsonRejection) -> Problem {
    Problem::new(rejection.status(), message!("json-refused", why = rejection.body_text()))
}
