//! A limit on the time of a search, as one more reason to stop.

use std::time::{Duration, Instant};

use parcels::progress::Monitor;

/// A monitor that also says stop once the time is up. The optimiser then returns the best it has, with a valid bound.
pub struct Deadline<'a> {
    inner: &'a dyn Monitor,
    until: Option<Instant>,
}

impl<'a> Deadline<'a> {
    /// From now on for as long as `limit`; for ever without one.
    #[must_use]
    pub fn after(limit: Option<Duration>, inner: &'a dyn Monitor) -> Self {
        // A limit beyond the end of the clock is none.
        Self { inner, until: limit.and_then(|limit| Instant::now().checked_add(limit)) }
    }
}

impl Monitor for Deadline<'_> {
    fn step(&self, name: &'static str, total: u64) {
        self.inner.step(name, total);
    }

    fn advance(&self, done: u64) {
        self.inner.advance(done);
    }

    fn cancelled(&self) -> bool {
        self.inner.cancelled() || self.until.is_some_and(|until| Instant::now() >= until)
    }

    fn has_time_limit(&self) -> bool {
        self.until.is_some() || self.inner.has_time_limit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Monitor for Stopped {
        fn cancelled(&self) -> bool {
            true
        }
    }

    #[test]
    fn it_says_stop_when_the_time_is_up_or_somebody_says_so() {
        assert!(Deadline::after(Some(Duration::ZERO), &()).cancelled());
        assert!(Deadline::after(None, &Stopped).cancelled());
        for endless in [None, Some(Duration::from_secs(3600)), Some(Duration::MAX)] {
            assert!(!Deadline::after(endless, &()).cancelled());
        }
    }
}
