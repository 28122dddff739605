//! What a worker remembers about its picks from shared groups.

use crate::{SessionKey, recent_map::RecentMap};

/// Groups for which a worker remembers whose turn it is, at most. A group beyond that starts again anywhere.
pub const MAX_ROUND_ROBIN_POSITIONS: usize = 65_536;

/// Pairs of publisher and group for which a worker remembers the sticky member, at most. A pair beyond that is picked
/// for anew.
pub const MAX_STICKY_PICKS: usize = 131_072;

/// A worker's memory of its picks: at most 8 MB, and nothing until shared groups are used.
#[derive(Clone, Debug)]
pub struct PickMemory {
    /// Group -> position of the next member.
    pub(crate) positions: RecentMap<u64, u32>,
    /// (publisher, group) -> member, and where it stood in the list.
    pub(crate) sticky: RecentMap<(u64, u64), (SessionKey, u32)>,
}

impl PickMemory {
    /// An empty memory.
    #[must_use]
    pub fn new() -> Self {
        Self { positions: RecentMap::new(MAX_ROUND_ROBIN_POSITIONS / 2), sticky: RecentMap::new(MAX_STICKY_PICKS / 2) }
    }
}

impl Default for PickMemory {
    fn default() -> Self {
        Self::new()
    }
}
