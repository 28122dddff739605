//! Deadlines of one worker. Each owner has at most one, and takes it back when it is no longer wanted: nothing piles up.

use dunlin_model::Millis;
use std::collections::BTreeSet;

/// Who wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TimerOwner {
    /// A connection slot.
    Connection(u32),
    /// A session slot.
    Session(u32),
}

/// Deadlines, earliest first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    deadlines: BTreeSet<(Millis, TimerOwner)>,
}

impl Timers {
    /// Moves an owner's deadline; `None` is no deadline. `armed` is where the owner remembers it.
    pub(crate) fn set(&mut self, owner: TimerOwner, armed: &mut Option<Millis>, wanted: Option<Millis>) {
        if *armed == wanted {
            return;
        }
        if let Some(old) = armed.take() {
            self.deadlines.remove(&(old, owner));
        }
        if let Some(at) = wanted {
            self.deadlines.insert((at, owner));
        }
        *armed = wanted;
    }

    /// Owners with a deadline.
    pub(crate) fn len(&self) -> usize {
        self.deadlines.len()
    }

    /// The earliest deadline.
    pub(crate) fn next(&self) -> Option<Millis> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Takes one owner whose deadline has come. The owner must forget that it was armed.
    pub(crate) fn take_due(&mut self, now: Millis) -> Option<TimerOwner> {
        if self.next()? > now {
            return None;
        }
        self.deadlines.pop_first().map(|(_, owner)| owner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
