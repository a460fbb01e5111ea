//! A limit on the time of a search, as one more reason to stop, and one on the stages around it.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use parcels::message;
use parcels::progress::Monitor;

use crate::error::{Error, ErrorKind};
use crate::messages::step;

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

/// How much longer than the search a stage may take that has to be whole: reading, checking, who faces whom.
const STAGE_TIMES: u32 = 10;
/// And what it may take however short the search is to be.
const STAGE_LEAST: Duration = Duration::from_secs(120);

/// A monitor for stages that have to be whole, of which there is no best so far: it says stop where one of them takes far
/// longer than the search may.
pub struct StageLimit<'a> {
    inner: &'a dyn Monitor,
    each: Option<Duration>,
    stage: Mutex<(&'static str, Instant)>,
    over: OnceLock<&'static str>,
}

impl<'a> StageLimit<'a> {
    /// For stages around a search that may take `limit`; for ever without one.
    #[must_use]
    pub fn around(limit: Option<Duration>, inner: &'a dyn Monitor) -> Self {
        let each = limit.map(|limit| limit.saturating_mul(STAGE_TIMES).max(STAGE_LEAST));
        Self::of(each, inner)
    }

    fn of(each: Option<Duration>, inner: &'a dyn Monitor) -> Self {
        Self { inner, each, stage: Mutex::new(("read", Instant::now())), over: OnceLock::new() }
    }

    /// The error that a stage ended with: which stage took too long, where that is why.
    #[must_use]
    pub fn explained(&self, error: Error) -> Error {
        let (Some(stage), Some(each), ErrorKind::Cancelled) = (self.over.get(), self.each, error.kind) else {
            return error;
        };
        let seconds = each.as_secs();
        let what = message!("stage-took-too-long", stage = step(stage), seconds = seconds);
        Error::new(ErrorKind::Impossible, what)
            .try_this(message!("longer-time-limit", seconds = seconds.max(1), times = STAGE_TIMES))
            .try_this(message!("check-outlines-of-many-corners"))
    }
}

impl Monitor for StageLimit<'_> {
    fn step(&self, name: &'static str, total: u64) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = (name, Instant::now());
        self.inner.step(name, total);
    }

    fn advance(&self, done: u64) {
        self.inner.advance(done);
    }

    fn cancelled(&self) -> bool {
        if self.inner.cancelled() {
            return true;
        }
        let Some(each) = self.each else { return false };
        let (name, since) = *self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let over = since.elapsed() > each;
        if over {
            self.over.get_or_init(|| name);
        }
        over
    }

    fn has_time_limit(&self) -> bool {
        self.inner.has_time_limit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_takes_too_long_is_named() {
        let stopped = || Error::from(parcels::progress::Cancelled);
        let limit = StageLimit::of(Some(Duration::ZERO), &());
        limit.step("adjacency", 3);
        assert!(limit.cancelled());
        let error = limit.explained(stopped());
        assert_eq!(error.kind, ErrorKind::Impossible);
        let what = message!("stage-took-too-long", stage = step("adjacency"), seconds = 0_u64);
        assert_eq!(error.what, what);
        // Another reason stays as it is; so does a stop that somebody asked for.
        let other = || message!("reading-policy");
        assert_eq!(limit.explained(Error::new(ErrorKind::Usage, other())).what, other());
        let asked = StageLimit::of(Some(Duration::ZERO), &Stopped);
        assert!(asked.cancelled());
        assert_eq!(asked.explained(stopped()).kind, ErrorKind::Cancelled);
        for (limit, each) in [(None, None), (Some(1), Some(120)), (Some(60), Some(600))] {
            let around = StageLimit::around(limit.map(Duration::from_secs), &());
            assert_eq!(around.each, each.map(Duration::from_secs));
            assert!(!around.cancelled() && !around.has_time_limit());
        }
    }

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
