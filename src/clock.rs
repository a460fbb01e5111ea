//! The one place that asks what time it is for what is kept.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::store::Moment;

/// Now. A clock set before 1970 says 1970.
#[must_use]
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
