//! Durable sessions whose queue is full, where the overflow policy is to refuse what does not fit.

use dunlin_router::SessionKey;
use hashbrown::HashSet;
use parking_lot::RwLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The sessions that take no more messages now. The committer changes it before it tells a worker that a message is on disk;
/// workers look before they take the next one. A message that is on its way meanwhile is still queued.
#[derive(Default)]
pub(crate) struct FullSessions {
    /// Apart from the set, so that a look costs nothing while no session is full.
    count: AtomicUsize,
    sessions: RwLock<HashSet<SessionKey>>,
}

impl FullSessions {
    /// No session is full.
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    pub(crate) fn contains(&self, session: SessionKey) -> bool {
        !self.is_empty() && self.sessions.read().contains(&session)
    }

    /// Notes whether a session is full.
    pub(crate) fn set(&self, session: SessionKey, is_full: bool) {
        if !is_full && self.is_empty() {
            return;
        }
        let mut sessions = self.sessions.write();
        if is_full {
            sessions.insert(session);
        } else {
            sessions.remove(&session);
        }
        self.count.store(sessions.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_full_until_it_is_not() {
        let full = FullSessions::default();
        let key = |slot| SessionKey { worker: 0, slot, generation: 1 };
        assert!(full.is_empty());
        full.set(key(1), false);
        full.set(key(1), true);
        full.set(key(1), true);
        full.set(key(2), true);
        assert!(full.contains(key(1)) && full.contains(key(2)) && !full.contains(key(3)));
        full.set(key(1), false);
        assert!(!full.contains(key(1)) && !full.is_empty());
        full.set(key(2), false);
        assert!(full.is_empty());
    }
}
