//! A value that is fetched in the background, again and again: keys of tokens, tokens for a web service.

use dunlin_access::{BackendFailure, BackendStatus};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// After a failure, and before anybody who wants a newer value has it fetched earlier than in turn.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// No failure makes it wait longer than this for the next try.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Where a value comes from.
pub trait Source: Send + 'static {
    /// What is fetched.
    type Value: Send + Sync + 'static;

    /// Fetches it once, and says how long it is before it should be fetched again. Its time is limited by whoever calls.
    ///
    /// # Errors
    /// It cannot be had now.
    fn fetch(&self) -> impl Future<Output = Result<(Self::Value, Duration), BackendFailure>> + Send;
}

/// What is known of the value now.
struct Known<T> {
    /// Kept while fetching fails.
    value: Option<Arc<T>>,
    /// How the last fetch failed.
    failure: Option<BackendFailure>,
}

/// A value that is fetched in the background, until this is dropped.
pub struct Renewed<T> {
    known: watch::Receiver<Known<T>>,
    wanted: Arc<Notify>,
    timeout: Duration,
    task: JoinHandle<()>,
}

impl<T: Send + Sync + 'static> Renewed<T> {
    /// Begins to fetch; `timeout` is of one fetch, and of whoever comes before the first has ended. Must be called within a tokio
    /// runtime.
    #[must_use]
    pub fn start(source: impl Source<Value = T>, timeout: Duration) -> Self {
        let (publisher, known) = watch::channel(Known { value: None, failure: None });
        let wanted = Arc::new(Notify::new());
        let task = tokio::spawn(run(source, publisher, Arc::clone(&wanted), timeout));
        Self { known, wanted, timeout, task }
    }

    /// The value, as soon as the first fetch has ended. It may be an old one, while it cannot be fetched.
    ///
    /// # Errors
    /// How fetching failed, where it never succeeded. It is tried again soon then.
    pub async fn value(&self) -> Result<Arc<T>, BackendFailure> {
        let mut known = self.known.clone();
        let is_decided = |known: &Known<T>| known.value.is_some() || known.failure.is_some();
        let decided = match tokio::time::timeout(self.timeout, known.wait_for(is_decided)).await {
            Ok(Ok(known)) => known.value.clone().ok_or_else(|| known.failure.clone()),
            Ok(Err(_)) => Err(Some(BackendFailure::Unreachable("nothing is fetched any more".into()))),
            Err(_) => Err(Some(timed_out(self.timeout))),
        };
        decided.map_err(|failure| {
            self.want_newer();
            failure.unwrap_or(BackendFailure::Overloaded)
        })
    }

    /// The value is not good any more: it is fetched as soon as may be.
    pub fn want_newer(&self) {
        self.wanted.notify_one();
    }

    /// How the last fetch went.
    #[must_use]
    pub fn status(&self) -> BackendStatus {
        match &*self.known.borrow() {
            Known { failure: Some(failure), .. } => BackendStatus::Disconnected(failure.clone()),
            Known { value: Some(_), .. } => BackendStatus::Connected,
            Known { value: None, .. } => BackendStatus::Connecting,
        }
    }
}

impl<T> Drop for Renewed<T> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<T> fmt::Debug for Renewed<T> {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewed").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

async fn run<S: Source>(source: S, publisher: watch::Sender<Known<S::Value>>, wanted: Arc<Notify>, timeout: Duration) {
    let mut failures = 0_u32;
    let mut longest_pause = LONGEST_PAUSE;
    loop {
        let fetched = tokio::time::timeout(timeout, source.fetch()).await.unwrap_or_else(|_| Err(timed_out(timeout)));
        let (pause, known) = match fetched {
            Ok((value, pause)) => {
                // What is fetched more often than once a minute is tried as often while it fails.
                longest_pause = pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
                failures = 0;
                (pause.max(SHORTEST_PAUSE), Ok(value))
            }
            Err(failure) => {
                let pause = (SHORTEST_PAUSE * 2_u32.saturating_pow(failures)).min(longest_pause);
                failures = (failures + 1).min(16);
                (pause, Err(failure))
            }
        };
        publisher.send_modify(|place| match known {
            Ok(value) => *place = Known { value: Some(Arc::new(value)), failure: None },
            Err(failure) => place.failure = Some(failure),
        });
        tokio::time::sleep(SHORTEST_PAUSE).await;
        // Whether it is wanted or the time is over makes no difference to what comes next.
        let _ = tokio::time::timeout(pause.saturating_sub(SHORTEST_PAUSE), wanted.notified()).await;
    }
}

fn timed_out(timeout: Duration) -> BackendFailure {
    BackendFailure::Timeout(u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// Fails at first, and says each time how often it was asked.
    struct Counting {
        asked: Arc<AtomicU32>,
        failures: u32,
    }

    impl Source for Counting {
        type Value = u32;

        async fn fetch(&self) -> Result<(u32, Duration), BackendFailure> {
            let asked = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            if asked <= self.failures {
                return Err(BackendFailure::Unreachable("not yet".into()));
            }
            Ok((asked, Duration::from_secs(100)))
        }
    }

    fn counting(failures: u32) -> (Arc<AtomicU32>, Renewed<u32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let source = Counting { asked: Arc::clone(&asked), failures };
        (asked, Renewed::start(source, Duration::from_secs(5)))
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_fetched_when_its_time_is_over_and_earlier_when_somebody_wants_that() {
        let (asked, renewed) = counting(0);
        assert_eq!(*renewed.value().await.expect("a value"), 1);
        assert_eq!(renewed.status(), BackendStatus::Connected);
        tokio::time::sleep(Duration::from_secs(99)).await;
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(*renewed.value().await.expect("a value"), 2);
        for _ in 0..100 {
            renewed.want_newer();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let soon = asked.load(Ordering::Relaxed);
        assert!((3..=5).contains(&soon), "once a second, however many want it: {soon}");
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_tried_again_ever_later_and_at_once_for_whoever_comes() {
        let (asked, renewed) = counting(u32::MAX);
        assert!(renewed.value().await.is_err());
        assert!(renewed.status().failure().is_some());
        tokio::time::sleep(Duration::from_secs(600)).await;
        let alone = asked.load(Ordering::Relaxed);
        assert!((10..=20).contains(&alone), "{alone}");
        for _ in 0..10 {
            assert!(renewed.value().await.is_err());
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        assert!(asked.load(Ordering::Relaxed) >= alone + 9, "who comes does not wait for the longest pause");
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_first_waits_for_the_first_fetch() {
        struct Silent;
        impl Source for Silent {
            type Value = ();
            async fn fetch(&self) -> Result<((), Duration), BackendFailure> {
                std::future::pending().await
            }
        }
        let renewed = Renewed::start(Silent, Duration::from_millis(300));
        assert_eq!(renewed.status(), BackendStatus::Connecting);
        assert_eq!(renewed.value().await, Err(BackendFailure::Timeout(300)));
    }
}
