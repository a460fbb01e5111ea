//! How the engine tells of its progress and hears that it should stop, without knowing a terminal or a server.

use crate::message;
use crate::message::Message;

/// Receives the named steps of long work and answers whether to go on. `()` is the silent one that never cancels.
pub trait Monitor: Sync {
    /// A step begins; `total` is its number of units of work (parcels, cuts), 0 when unknown.
    fn step(&self, name: &'static str, total: u64) {
        let _ = (name, total);
    }

    /// `done` more units of the current step are finished.
    fn advance(&self, done: u64) {
        let _ = done;
    }

    /// Whether the caller wants the work to stop.
    fn cancelled(&self) -> bool {
        false
    }

    /// Whether the work will be told to stop when a time that was asked for is up: then that time may be used.
    fn has_time_limit(&self) -> bool {
        false
    }
}

impl Monitor for () {}

/// Passes on nothing but the wish to stop: for steps within a step, which would only flicker.
pub struct OnlyCancel<'a>(pub &'a dyn Monitor);

impl Monitor for OnlyCancel<'_> {
    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}

/// Returned by work that was told to stop before it had anything to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.message())]
pub struct Cancelled;

impl Cancelled {
    /// For people.
    #[must_use]
    pub fn message(self) -> Message {
        message!("stopped-on-request")
    }
}

/// `Err` once the monitor says so, to be used with `?` between units of work.
///
/// # Errors
/// [`Cancelled`] when [`Monitor::cancelled`] answers yes.
pub fn go_on(monitor: &dyn Monitor) -> Result<(), Cancelled> {
    if monitor.cancelled() { Err(Cancelled) } else { Ok(()) }
}
