//! What the tests share: certificates of a small authority, and a socket in memory.

pub(crate) mod authority;
pub(crate) mod memory_socket;
pub(crate) mod pair;

use std::time::{Duration, SystemTime};

/// A fixed time for what is checked at the start; certificates of the tests are valid then and now.
pub(crate) fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000)
}
