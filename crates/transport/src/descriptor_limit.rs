//! The operating system's limit of open files, which is also the limit of connections.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The limit in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorLimit {
    /// Before.
    pub soft_before: u64,
    /// Now; `u64::MAX` is unlimited.
    pub now: u64,
}

/// Raises the soft limit of open files to the hard one. A refusal leaves it as it is.
#[must_use]
pub fn raise_descriptor_limit() -> DescriptorLimit {
    let limit = getrlimit(Resource::Nofile);
    let before = limit.current.unwrap_or(u64::MAX);
    let wanted = limit.maximum.unwrap_or(u64::MAX);
    let raised = wanted > before
        && setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_ok();
    DescriptorLimit { soft_before: before, now: if raised { wanted } else { before } }
}
