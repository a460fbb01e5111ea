//! How work that blocks or takes long is run from async code: on threads that may block, on a low-priority pool, or once
//! for all who ask for the same. Knows nothing of parcels or projects.
//! Called by `app` and `api`.

// A pool that yields to everything else.
pub(crate) mod low_priority;

// A cache that computes each entry once.
pub(crate) mod single_flight;

use crate::error::Result;

/// Runs blocking work on a thread that may block. A panic of the work is the caller's.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
