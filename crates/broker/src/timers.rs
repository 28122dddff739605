//! Deadlines of one worker. Each owner has at most one, and takes it back when it is no longer wanted: nothing piles up.

use dunlin_model::Millis;
use std::collections::BTreeSet;

/// Who wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimerOwner {
    /// A connection slot.
    Connection(u32),
    /// A session slot.
    Session(u32),
}

/// A deadline and its owner in 12 bytes: one of a million sessions that wait to expire. Earlier ones are smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Deadline {
    at_high: u32,
    at_low: u32,
    /// Slots are far fewer than half of what 32 bits can tell apart: the lowest bit is set for a session.
    owner: u32,
}

impl Deadline {
    const fn new(at: Millis, owner: TimerOwner) -> Self {
        let owner = match owner {
            TimerOwner::Connection(slot) => slot << 1,
            TimerOwner::Session(slot) => slot << 1 | 1,
        };
        Self { at_high: (at >> 32) as u32, at_low: at as u32, owner }
    }

    const fn at(self) -> Millis {
        (self.at_high as Millis) << 32 | self.at_low as Millis
    }

    const fn owner(self) -> TimerOwner {
        let slot = self.owner >> 1;
        if self.owner & 1 == 0 { TimerOwner::Connection(slot) } else { TimerOwner::Session(slot) }
    }
}

/// Deadlines, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: BTreeSet<Deadline>,
}

impl Timers {
    /// Moves an owner's deadline; `None` is no deadline. `armed` is where the owner remembers it.
    pub(crate) fn set(&mut self, owner: TimerOwner, armed: &mut Option<Millis>, wanted: Option<Millis>) {
        if *armed == wanted {
            return;
        }
        if let Some(old) = armed.take() {
            self.deadlines.remove(&Deadline::new(old, owner));
        }
        if let Some(at) = wanted {
            self.deadlines.insert(Deadline::new(at, owner));
        }
        *armed = wanted;
    }

    /// Owners with a deadline.
    pub(crate) fn len(&self) -> usize {
        self.deadlines.len()
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.deadlines.first().map(|deadline| deadline.at())
    }

    /// Takes one owner whose deadline has come. The owner must forget that it was armed.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<TimerOwner> {
        if self.next()? > now {
            return None;
        }
        self.deadlines.pop_first().map(Deadline::owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_small_and_tells_all() {
        assert_eq!(size_of::<Deadline>(), 12);
        for at in [0, 1, u64::from(u32::MAX) + 1, 1 << 50] {
            for owner in [TimerOwner::Connection(0), TimerOwner::Session(7), TimerOwner::Session((1 << 31) - 1)] {
                let deadline = Deadline::new(at, owner);
                assert_eq!((deadline.at(), deadline.owner()), (at, owner));
                assert!(deadline < Deadline::new(at + 1, TimerOwner::Connection(0)));
            }
        }
    }

    #[test]
    fn one_deadline_for_each_owner_in_time_order() {
        let mut timers = Timers::default();
        let (mut first, mut second) = (None, None);
        timers.set(TimerOwner::Connection(1), &mut first, Some(50));
        timers.set(TimerOwner::Session(1), &mut second, Some(20));
        timers.set(TimerOwner::Connection(1), &mut first, Some(10));
        assert_eq!((timers.next(), timers.deadlines.len()), (Some(10), 2));
        assert_eq!(timers.take_due(9), None);
        assert_eq!(timers.take_due(20), Some(TimerOwner::Connection(1)));
        timers.set(TimerOwner::Session(1), &mut second, None);
        assert_eq!((timers.take_due(u64::MAX), second), (None, None));
    }
}
