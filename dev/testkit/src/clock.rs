//! Real time, for tests about intervals and for giving up.

use std::time::{Duration, Instant};

/// How long an expectation may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

#[expect(clippy::disallowed_methods, reason = "tests of intervals measure real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Lets an interval of the protocol run out: a message expires, a session ends. Not for waiting until something has happened.
pub fn let_time_pass(duration: Duration) {
    let end = now() + duration;
    loop {
        let left = end.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}

/// Measures real time from its start on.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts.
    #[must_use]
    pub fn start() -> Self {
        Self(now())
    }

    /// How much time has passed.
    #[must_use]
    pub fn passed(self) -> Duration {
        self.0.elapsed()
    }

    /// At least this much time has passed. A broker that counts whole milliseconds may be almost one ahead.
    pub fn assert_passed(self, interval: Duration) {
        let passed = self.0.elapsed();
        assert!(passed + Duration::from_millis(1) >= interval, "expected {interval:?} to pass, but it was {passed:?}");
    }
}

/// Looks again and again until `condition` holds; false when [`PATIENCE`] is over.
pub(crate) fn comes_true(mut condition: impl FnMut() -> bool) -> bool {
    let end = now() + PATIENCE;
    loop {
        if condition() {
            return true;
        }
        if now() >= end {
            return false;
        }
        std::thread::park_timeout(LOOK_AGAIN);
    }
}
