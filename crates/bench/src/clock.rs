//! The clock of a run.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of the machine's monotonic clock; the same in every process, so that `pub` and `sub` can be two of them.
#[inline]
#[must_use]
pub fn now_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    // Both parts of the monotonic clock are positive.
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
