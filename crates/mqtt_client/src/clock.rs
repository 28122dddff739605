//! The clock of a connection.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "a blocking client has nobody above it who could tell the time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
