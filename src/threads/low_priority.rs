//! Low-priority thread pool for previews, one thread a core.
//!
//! A dragged slider asks for tens of milliseconds of computing many times a second. On ordinary threads a few sliders would
//! delay everybody's cards, lists and decisions. Here previews compete only with each other, first come, first served.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::LazyLock;

use parcels::message;
use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::oneshot;

use crate::error::{Error, ErrorKind, Result};
use crate::threads::blocking;

/// Their `nice` value: about a tenth of a core's time while other threads want all of it.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// None if they cannot be started; the work then runs on ordinary blocking threads.
static THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let step_back = |_| {
        // On Linux this sets the priority of the calling thread, elsewhere that of the whole process. If it is refused, the
        // thread runs as it is.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, NICE);
    };
    let named = |nth| format!("preview-{nth}");
    ThreadPoolBuilder::new().thread_name(named).start_handler(step_back).build().ok()
});

/// Runs work on the pool; parallel work inside stays on the pool.
pub(crate) async fn low_priority<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let Some(threads) = &*THREADS else { return blocking(work).await };
    let (send, receive) = oneshot::channel();
    threads.spawn_fifo(move || {
        // The caller may have gone.
        let _ = send.send(catch_unwind(AssertUnwindSafe(work)));
    });
    match receive.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(Error::new(ErrorKind::Impossible, message!("thread-let-go"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_behind_others_and_its_panic_is_the_askers() {
        #[cfg(target_os = "linux")]
        {
            let nice = || Ok(rustix::process::getpriority_process(None).unwrap());
            let ordinary = nice().unwrap();
            assert_eq!(low_priority(nice).await.unwrap(), NICE);
            assert_eq!(nice().unwrap(), ordinary, "other threads stay where they are");
        }
        let failed = tokio::spawn(low_priority(|| -> Result<()> { panic!("on purpose") })).await;
        assert!(failed.unwrap_err().is_panic());
        // The threads outlive it.
        let both = || Ok(rayon::join(rayon::current_thread_index, rayon::current_thread_index));
        assert!(matches!(low_priority(both).await.unwrap(), (Some(_), Some(_))));
    }
}
