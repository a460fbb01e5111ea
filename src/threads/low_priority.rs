//! Threads for previews: as many as there are cores, and behind all others in line for them.
//!
//! A slider that is dragged asks for tens of milliseconds of computing many times a second. On threads like all others a few
//! of them would keep everybody's cards, lists and decisions waiting; here they take turns among themselves, in the order in
//! which they came, and whoever asks for less goes first.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::threads::blocking;

/// How far behind, as `nice` counts: about a tenth of a core's time while others want all of it.
const NICE: i32 = 10;

/// None where they cannot be started; the work is then done on threads like all others.
static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let step_back = |_| {
        // On Linux this is of the thread that asks. Where it is refused, it goes without.
        let _ = rustix::process::setpriority_process(None, NICE);
    };
    let named = |nth| format!("preview-{nth}");
    ThreadPoolBuilder::new().thread_name(named).start_handler(step_back).build().ok()
});

/// Does the work there; what it does in parallel stays there too.
pub(crate) async fn low_priority<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let Some(threads) = &*THREADS else { return blocking(work).await };
    let (send, receive) = oneshot::channel();
    threads.spawn_fifo(move || {
        // Who asked may be gone.
        let _ = send.send(catch_unwind(AssertUnwindSafe(work)));
    });
    match receive.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(Error::new(ErrorKind::Impossible, "a thread let go of its work")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_behind_others_and_its_panic_is_the_askers() {
        let nice = || Ok(rustix::process::getpriority_process(None).unwrap());
        assert_eq!(low_priority(nice).await.unwrap(), NICE);
        assert_eq!(nice().unwrap(), 0, "other threads stay where they are");
        let failed = tokio::spawn(low_priority(|| -> Result<()> { panic!("on purpose") })).await;
        assert!(failed.unwrap_err().is_panic());
        // The threads outlive it.
        let both = || Ok(rayon::join(rayon::current_thread_index, rayon::current_thread_index));
        assert!(matches!(low_priority(both).await.unwrap(), (Some(_), Some(_))));
    }
}
