//! Room for many sockets.

use crate::error::RunError;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside the client sockets: standard streams, epoll, /proc files.
const OTHER_FILES: u64 = 32;

/// Raises the soft limit of open files to the hard one and returns it.
#[must_use]
pub fn raise_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    current.unwrap_or(u64::MAX)
}

/// Fails when `clients` sockets are more than this process may open.
///
/// # Errors
/// [`RunError::Usage`] that names the limit.
pub fn check_file_limit(clients: usize) -> Result<(), RunError> {
    let limit = raise_file_limit();
    if (clients as u64).saturating_add(OTHER_FILES) > limit {
        let text = format!("{clients} clients need more open files than the limit of {limit} (see ulimit -n)");
        return Err(RunError::Usage(text));
    }
    Ok(())
}
