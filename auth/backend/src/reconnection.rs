//! When to try again to reach a back end that could not be reached.
//!
//! After a failure one question at a time tries, and after a pause that doubles each time. All others fail at once for the same
//! reason: clients are not kept waiting for a server that is known to be away.

use dunlin_access::BackendFailure;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause: a server that is back is found after this time.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// When to try again to reach a back end that could not be reached.
#[derive(Debug, Default)]
pub struct Reconnection(Mutex<Option<Outage>>);

#[derive(Debug)]
struct Outage {
    reason: BackendFailure,
    pause: Duration,
    next_try: Instant,
    is_trying: bool,
}

impl Reconnection {
    /// Leave to connect now.
    ///
    /// # Errors
    /// The reason of the last failure, where it is not yet time.
    pub fn begin(&self) -> Result<Attempt<'_>, BackendFailure> {
        if let Some(outage) = self.0.lock().as_mut() {
            if outage.is_trying || Instant::now() < outage.next_try {
                return Err(outage.reason.clone());
            }
            outage.is_trying = true;
        }
        Ok(Attempt { reconnection: self })
    }
}

/// An attempt to connect. One that ends otherwise was given up by whoever asked, which says nothing of the back end.
pub struct Attempt<'a> {
    reconnection: &'a Reconnection,
}

impl Attempt<'_> {
    /// The back end was reached.
    pub fn succeed(self) {
        *self.reconnection.0.lock() = None;
    }

    /// It was not reached. Several who tried at the same time make the pause no longer.
    pub fn fail(self, reason: BackendFailure) {
        let now = Instant::now();
        let mut outage = self.reconnection.0.lock();
        let pause = match &*outage {
            Some(outage) if now < outage.next_try => return,
            Some(outage) => (outage.pause * 2).min(LONGEST_PAUSE),
            None => FIRST_PAUSE,
        };
        *outage = Some(Outage { reason, pause, next_try: now + pause, is_trying: false });
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(outage) = self.reconnection.0.lock().as_mut() {
            outage.is_trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    fn refused() -> BackendFailure {
        BackendFailure::Unreachable("connection refused".into())
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_double_until_a_success() {
        let reconnection = Reconnection::default();
        let mut pause = FIRST_PAUSE;
        for _ in 0..8 {
            reconnection.begin().expect("an attempt").fail(refused());
            advance(pause - Duration::from_millis(1)).await;
            assert_eq!(reconnection.begin().err(), Some(refused()));
            advance(Duration::from_millis(1)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        reconnection.begin().expect("an attempt").succeed();
        let first = reconnection.begin().expect("no outage");
        let second = reconnection.begin().expect("without an outage, many may connect");
        first.fail(refused());
        second.fail(refused());
        advance(FIRST_PAUSE).await;
        assert!(reconnection.begin().is_ok(), "two who failed at the same time make the pause no longer");
    }

    #[tokio::test(start_paused = true)]
    async fn one_tries_for_all() {
        let reconnection = Reconnection::default();
        reconnection.begin().expect("an attempt").fail(refused());
        advance(FIRST_PAUSE).await;
        let attempt = reconnection.begin().expect("an attempt");
        assert_eq!(reconnection.begin().err(), Some(refused()));
        drop(attempt);
        assert!(reconnection.begin().is_ok(), "one that was given up does not stand in the way of the next");
    }
}
