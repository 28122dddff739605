//! When a server that could not be reached is tried again.

use dunlin_access::BackendFailure;
use parking_lot::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// Keeps everybody who asks from knocking at a door that is closed: until the pause is over they are told the last failure at
/// once. Pauses double from [`Backoff::SHORTEST`] to [`Backoff::LONGEST`].
#[derive(Debug, Default)]
pub struct Backoff {
    pause: Mutex<Option<Pause>>,
}

#[derive(Debug)]
struct Pause {
    length: Duration,
    ends_at: Instant,
    failure: BackendFailure,
}

impl Backoff {
    /// After the first failure.
    pub const SHORTEST: Duration = Duration::from_millis(50);
    /// A server that is back is in use after this time at the latest.
    pub const LONGEST: Duration = Duration::from_secs(1);

    /// Whether the server may be tried now.
    ///
    /// # Errors
    /// The failure that the pause follows.
    pub fn may_try(&self) -> Result<(), BackendFailure> {
        match &*self.pause.lock() {
            Some(pause) if Instant::now() < pause.ends_at => Err(pause.failure.clone()),
            _ => Ok(()),
        }
    }

    /// The server was reached.
    pub fn reached(&self) {
        *self.pause.lock() = None;
    }

    /// The server was not reached. Several who tried at the same time make the pause no longer.
    pub fn failed(&self, failure: &BackendFailure) {
        let now = Instant::now();
        let mut pause = self.pause.lock();
        let length = match &*pause {
            Some(pause) if now < pause.ends_at => return,
            Some(pause) => pause.length.saturating_mul(2).min(Self::LONGEST),
            None => Self::SHORTEST,
        };
        *pause = Some(Pause { length, ends_at: now + length, failure: failure.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_double_and_end_with_success() {
        let backoff = Backoff::default();
        let failure = BackendFailure::Unreachable("refused".into());
        for pause_ms in [50, 100, 200, 400, 800, 1_000, 1_000] {
            assert_eq!(backoff.may_try(), Ok(()));
            backoff.failed(&failure);
            backoff.failed(&failure);
            tokio::time::advance(Duration::from_millis(pause_ms - 1)).await;
            assert_eq!(backoff.may_try(), Err(failure.clone()), "{pause_ms}");
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        backoff.reached();
        assert_eq!(backoff.may_try(), Ok(()));
    }
}
