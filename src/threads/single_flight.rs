//! A small cache that computes each entry once: callers that ask for an entry while it is being computed wait for it.

use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::threads::blocking;

type Slot<V> = Arc<tokio::sync::Mutex<Option<V>>>;

/// The entries used last, by key.
pub(crate) struct SingleFlightCache<K, V> {
    most: usize,
    slots: Mutex<Vec<(K, Slot<V>)>>,
}

impl<K: PartialEq, V: Clone + Send + 'static> SingleFlightCache<K, V> {
    /// Keeps at most `most` entries.
    pub(crate) fn new(most: usize) -> Self {
        Self { most, slots: Mutex::default() }
    }

    /// The entry of `key`. If there is none, `prepare` returns the work that computes it, which runs on a blocking thread.
    ///
    /// Work that has begun always finishes and is kept, even if its caller has gone: a caller that retries after a time limit
    /// would otherwise start over for ever. A failure is not kept.
    pub(crate) async fn get<W>(&self, key: K, prepare: impl Future<Output = Result<W>>) -> Result<V>
    where
        W: FnOnce() -> Result<V> + Send + 'static,
    {
        let mut kept = self.slot(key).lock_owned().await;
        if let Some(value) = &*kept {
            return Ok(value.clone());
        }
        let work = prepare.await?;
        blocking(move || {
            let value = work()?;
            *kept = Some(value.clone());
            Ok(value)
        })
        .await
    }

    /// An entry that is ready and fits; it counts as used now.
    pub(crate) fn ready(&self, fits: impl Fn(&K, &V) -> bool) -> Option<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let found = slots.iter().enumerate().find_map(|(at, (key, slot))| {
            // An entry that is being computed, or read by another caller, is found through `get`.
            let value = slot.try_lock().ok()?.clone()?;
            fits(key, &value).then_some((at, value))
        });
        let (at, value) = found?;
        slots[..=at].rotate_right(1);
        Some(value)
    }

    /// Drops all entries whose key is not to be kept.
    pub(crate) fn retain(&self, keep: impl Fn(&K) -> bool) {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).retain(|(key, _)| keep(key));
    }

    fn slot(&self, key: K) -> Slot<V> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let found = match slots.iter().position(|(k, _)| *k == key) {
            Some(at) => slots.remove(at),
            None => (key, Slot::default()),
        };
        let slot = found.1.clone();
        slots.insert(0, found);
        slots.truncate(self.most);
        slot
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use parcels::message;

    use super::*;
    use crate::error::{Error, ErrorKind};

    type Made = Arc<AtomicUsize>;

    async fn ask(warm: &SingleFlightCache<u32, u32>, key: u32, made: &Made) -> u32 {
        let made = made.clone();
        let prepare = async {
            Ok(move || {
                std::thread::sleep(Duration::from_millis(30));
                made.fetch_add(1, Ordering::SeqCst);
                Ok(10 * key)
            })
        };
        warm.get(key, prepare).await.unwrap()
    }

    #[tokio::test]
    async fn two_who_ask_at_once_make_it_once() {
        let (warm, made) = (SingleFlightCache::new(2), Made::default());
        let (a, b) = tokio::join!(ask(&warm, 1, &made), ask(&warm, 1, &made));
        assert_eq!((a, b, made.load(Ordering::SeqCst)), (10, 10, 1));
        // The oldest goes first.
        for key in [2, 3, 1] {
            ask(&warm, key, &made).await;
        }
        assert_eq!(made.load(Ordering::SeqCst), 4);
        warm.retain(|key| *key != 1);
        ask(&warm, 3, &made).await;
        ask(&warm, 1, &made).await;
        assert_eq!(made.load(Ordering::SeqCst), 5);
    }

    #[tokio::test]
    async fn what_is_ready_is_found_by_what_it_is_and_stays() {
        let (warm, made) = (SingleFlightCache::new(2), Made::default());
        assert_eq!(warm.ready(|_, _| true), None);
        ask(&warm, 1, &made).await;
        ask(&warm, 2, &made).await;
        assert_eq!(warm.ready(|key, value| *key == 1 && *value == 10), Some(10));
        assert_eq!(warm.ready(|key, value| *key == 2 && *value == 10), None);
        // It was asked for last, so the other one goes.
        ask(&warm, 3, &made).await;
        assert_eq!((warm.ready(|key, _| *key == 1), warm.ready(|key, _| *key == 2)), (Some(10), None));
    }

    #[tokio::test]
    async fn what_was_begun_is_kept_though_nobody_waits_and_what_failed_is_not() {
        let (warm, made) = (SingleFlightCache::new(2), Made::default());
        let gone = tokio::time::timeout(Duration::from_millis(5), ask(&warm, 1, &made)).await;
        assert!(gone.is_err());
        assert_eq!(ask(&warm, 1, &made).await, 10);
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let fails = async { Ok(|| Err(Error::new(ErrorKind::Usage, message!("thread-let-go")))) };
        assert!(warm.get(2, fails).await.is_err());
        assert_eq!(ask(&warm, 2, &made).await, 20);
    }
}
