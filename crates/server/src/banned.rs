//! Bans of a node: on disk in its metadata, in memory where the broker looks at them.

mod ban_error;
mod ban_store;
mod ban_upkeep;
mod bootstrap;
#[cfg(test)]
mod tests;

pub use ban_error::BanError;
pub(crate) use ban_store::BanStore;
pub(crate) use ban_upkeep::BanUpkeep;
pub(crate) use bootstrap::load_bootstrap_file;

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in seconds since 1970.
pub(crate) fn now_secs() -> u64 {
    seconds(crate::calendar::now())
}

fn seconds(moment: SystemTime) -> u64 {
    moment.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
