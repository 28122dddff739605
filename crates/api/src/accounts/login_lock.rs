//! Logins that fail too often: for some time nobody gets in under that name.

use crate::AccountPolicy;
use std::collections::{HashMap, VecDeque};

/// User names that are remembered. Names are made up by whoever tries them, so there has to be an end.
const NAMES_MAX: usize = 4_096;
/// Length of the longest name that is remembered, in bytes. Longer ones are nobody's.
const NAME_BYTES_MAX: usize = 128;

/// How often logins failed lately, by user name.
#[derive(Debug, Default)]
pub(super) struct LoginLock {
    failures: HashMap<String, Failures>,
    /// Names by the time of their first failure; those that are forgotten first are in front.
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Failures {
    count: u32,
    first: u64,
    locked_until: u64,
}

impl LoginLock {
    /// Whether nothing failed lately.
    pub(super) fn is_empty(&self) -> bool {
        self.failures.is_empty()
    }

    /// Whether nobody gets in under this name now.
    pub(super) fn is_locked(&self, username: &str, now: u64) -> bool {
        self.failures.get(username).is_some_and(|failures| now < failures.locked_until)
    }

    /// A login failed.
    pub(super) fn failed(&mut self, username: &str, policy: &AccountPolicy, now: u64) {
        if policy.max_failures == 0 || username.len() > NAME_BYTES_MAX {
            return;
        }
        if !self.failures.contains_key(username) {
            self.make_room(now);
            self.failures.insert(username.to_owned(), Failures { count: 0, first: now, locked_until: 0 });
            self.order.push_back(username.to_owned());
        }
        let Some(failures) = self.failures.get_mut(username) else { return };
        if now >= failures.first.saturating_add(policy.failure_window.as_secs()) {
            (failures.count, failures.first) = (0, now);
        }
        failures.count += 1;
        if failures.count >= policy.max_failures {
            failures.locked_until = now.saturating_add(policy.lock_duration.as_secs());
            (failures.count, failures.first) = (0, now);
        }
    }

    /// Somebody got in, or an operator says so.
    pub(super) fn reset(&mut self, username: &str) {
        if self.failures.remove(username).is_some() {
            self.order.retain(|name| name != username);
        }
    }

    /// The oldest name that is not locked goes; if all are, the oldest.
    fn make_room(&mut self, now: u64) {
        if self.order.len() < NAMES_MAX {
            return;
        }
        let index = self.order.iter().position(|name| !self.is_locked(name, now)).unwrap_or_default();
        if let Some(name) = self.order.remove(index) {
            self.failures.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn policy() -> AccountPolicy {
        AccountPolicy {
            max_failures: 3,
            failure_window: Duration::from_secs(10),
            lock_duration: Duration::from_secs(60),
            ..AccountPolicy::default()
        }
    }

    #[test]
    fn too_many_failures_lock_for_a_while() {
        let mut lock = LoginLock::default();
        for now in [100, 101] {
            lock.failed("ann", &policy(), now);
            assert!(!lock.is_locked("ann", now));
        }
        lock.failed("ann", &policy(), 102);
        assert!(lock.is_locked("ann", 102) && lock.is_locked("ann", 161) && !lock.is_locked("ann", 162));
        assert!(!lock.is_locked("bob", 102));
        lock.reset("ann");
        assert!(!lock.is_locked("ann", 103));
    }

    #[test]
    fn failures_long_ago_do_not_count() {
        let mut lock = LoginLock::default();
        for now in [100, 109, 110, 111] {
            lock.failed("ann", &policy(), now);
        }
        assert!(!lock.is_locked("ann", 111), "the third within ten seconds has not come");
        lock.failed("ann", &policy(), 112);
        assert!(lock.is_locked("ann", 112));
    }

    #[test]
    fn names_that_are_made_up_do_not_take_memory_without_end() {
        let mut lock = LoginLock::default();
        for _ in 0..3 {
            lock.failed("ann", &policy(), 100);
        }
        for number in 0..10_000 {
            lock.failed(&format!("x{number}"), &policy(), 100);
        }
        lock.failed(&"y".repeat(1000), &policy(), 100);
        assert_eq!((lock.failures.len(), lock.order.len()), (NAMES_MAX, NAMES_MAX));
        assert!(lock.is_locked("ann", 100), "whoever is locked stays so");
    }
}
