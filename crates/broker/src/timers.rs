//! Deadlines of one worker. Each owner has at most one, and takes it back when it is no longer wanted: nothing piles up.

use dunlin_model::Millis;
use std::collections::BTreeSet;
use std::num::NonZero;

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

/// What an owner remembers of its deadline. Eight bytes, because every client has two of it; what is due in 1970 is due a millisecond
/// later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Armed(Option<NonZero<Millis>>);

impl Armed {
    /// With this deadline, or none.
    pub(crate) fn for_deadline(at: Option<Millis>) -> Self {
        Self(at.map(|at| NonZero::new(at).unwrap_or(NonZero::<Millis>::MIN)))
    }

    /// The deadline.
    pub(crate) fn deadline(self) -> Option<Millis> {
        self.0.map(NonZero::get)
    }
}

impl Timers {
    /// Moves an owner's deadline; `None` is no deadline. `armed` is where the owner remembers it.
    pub(crate) fn set(&mut self, owner: TimerOwner, armed: &mut Armed, wanted: Option<Millis>) {
        let wanted = Armed::for_deadline(wanted);
        if *armed == wanted {
            return;
        }
        if let Some(old) = std::mem::replace(armed, wanted).deadline() {
            self.deadlines.remove(&Deadline::new(old, owner));
        }
        if let Some(at) = wanted.deadline() {
            self.deadlines.insert(Deadline::new(at, owner));
        }
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
        let (mut first, mut second) = (Armed::default(), Armed::default());
        timers.set(TimerOwner::Connection(1), &mut first, Some(50));
        timers.set(TimerOwner::Session(1), &mut second, Some(20));
        timers.set(TimerOwner::Connection(1), &mut first, Some(10));
        assert_eq!((timers.next(), timers.deadlines.len()), (Some(10), 2));
        assert_eq!(timers.take_due(9), None);
        assert_eq!(timers.take_due(20), Some(TimerOwner::Connection(1)));
        timers.set(TimerOwner::Session(1), &mut second, None);
        assert_eq!((timers.take_due(u64::MAX), second), (None, Armed::default()));
        // A deadline long past is found again, too.
        timers.set(TimerOwner::Session(2), &mut second, Some(0));
        timers.set(TimerOwner::Session(2), &mut second, None);
        assert_eq!((timers.len(), size_of::<Armed>()), (0, 8));
    }
}
