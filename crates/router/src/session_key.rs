//! Where a session lives.

/// The address of a session on this node: its worker, its place there, and how often that place was reused before.
/// A key is never valid for two sessions.
///
/// The order is by worker first, so that what belongs to one worker lies together in a sorted list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    /// The worker that owns the session.
    pub worker: u16,
    /// The place in the worker's table of sessions.
    pub slot: u32,
    /// Tells apart the sessions that have had this place.
    pub generation: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_small_and_sort_by_worker() {
        assert_eq!(size_of::<SessionKey>(), 8);
        let low = SessionKey { worker: 0, slot: 9, generation: 9 };
        assert!(low < SessionKey { worker: 1, slot: 0, generation: 0 });
    }
}
