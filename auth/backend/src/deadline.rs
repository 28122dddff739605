//! The end of one question.

use dunlin_access::BackendFailure;
use std::future::Future;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The end of one question: everything that has to be done for its answer is done by then, or given up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    timeout: Duration,
}

impl Deadline {
    /// The end of a question that is asked now and may take this long.
    #[must_use]
    pub fn after(timeout: Duration) -> Self {
        Self { end: Instant::now() + timeout, timeout }
    }

    /// Waits for a part of the answer.
    ///
    /// # Errors
    /// [`BackendFailure::Timeout`] if it has not come when the question ends; the part is dropped then.
    pub async fn limit<T>(self, part: impl Future<Output = T>) -> Result<T, BackendFailure> {
        timeout_at(self.end, part).await.map_err(|_| BackendFailure::Timeout(self.timeout_ms()))
    }

    /// Whether less than half of the time is left.
    pub(crate) fn is_half_over(self) -> bool {
        self.end.saturating_duration_since(Instant::now()) < self.timeout / 2
    }

    fn timeout_ms(self) -> u64 {
        u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX)
    }
}
