//! How a queue lies in the table of sessions: small as long as it is empty, which nearly all are nearly always.
//!
//! ```text
//! idle   bits 0-55 head and tail, which are the same | 56 in use | 57 changed | 58 stored | 59 listed
//! ```

use super::{POSITION_MAX, Queue};
use crate::Position;
use std::ops::Deref;

const IN_USE: u64 = POSITION_MAX;
const CHANGED: u64 = POSITION_MAX << 1;
const STORED: u64 = POSITION_MAX << 2;
const LISTED: u64 = POSITION_MAX << 3;
const POSITION: u64 = POSITION_MAX - 1;

/// A queue in the table: 16 bytes, and a [`Queue`] on the heap unless it is empty.
#[derive(Debug)]
pub(crate) enum Slot {
    /// Nothing waits, and nothing is on the heap.
    Idle(Idle),
    /// Any other.
    Busy(Box<Queue>),
}

/// The only position and the flags of an empty queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Idle(u64);

/// A queue that is looked at.
pub(crate) enum QueueView<'a> {
    Idle(Queue),
    Busy(&'a Queue),
}

impl Slot {
    pub(crate) fn new(queue: Queue) -> Self {
        Idle::of(&queue).map_or_else(|| Self::Busy(Box::new(queue)), Self::Idle)
    }

    pub(crate) fn view(&self) -> QueueView<'_> {
        match self {
            Self::Idle(idle) => QueueView::Idle(idle.queue()),
            Self::Busy(queue) => QueueView::Busy(queue),
        }
    }

    /// Gives the queue to `change`.
    pub(crate) fn change<T>(&mut self, change: impl FnOnce(&mut Queue) -> T) -> T {
        match self {
            Self::Idle(idle) => {
                let mut queue = idle.queue();
                let answer = change(&mut queue);
                *self = Self::new(queue);
                answer
            }
            Self::Busy(queue) => {
                let answer = change(queue);
                if let Some(idle) = Idle::of(queue) {
                    *self = Self::Idle(idle);
                }
                answer
            }
        }
    }
}

impl Idle {
    /// The small form of a queue that has one.
    fn of(queue: &Queue) -> Option<Self> {
        let Queue { head, tail, sent_to, bytes, resident, len, in_use, changed, stored, listed } = queue;
        let is_idle = head == tail && sent_to <= tail && resident.is_none() && (*bytes, *len) == (0, 0);
        if !is_idle || *tail > POSITION {
            return None;
        }
        let flag = |set: bool, flag: u64| if set { flag } else { 0 };
        let flags = flag(*in_use, IN_USE) | flag(*changed, CHANGED) | flag(*stored, STORED) | flag(*listed, LISTED);
        Some(Self(tail | flags))
    }

    fn queue(self) -> Queue {
        let position: Position = self.0 & POSITION;
        let has = |flag: u64| self.0 & flag != 0;
        Queue {
            head: position,
            tail: position,
            sent_to: position,
            in_use: has(IN_USE),
            changed: has(CHANGED),
            stored: has(STORED),
            listed: has(LISTED),
            ..Queue::default()
        }
    }
}

impl Deref for QueueView<'_> {
    type Target = Queue;

    fn deref(&self) -> &Queue {
        match self {
            Self::Idle(queue) => queue,
            Self::Busy(queue) => queue,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_small() {
        assert_eq!(size_of::<Slot>(), 16);
    }

    #[test]
    fn an_empty_queue_is_the_same_in_its_small_form() {
        for flags in 0..16 {
            let has = |bit: u32| flags >> bit & 1 == 1;
            for position in [0, 1, 300, POSITION_MAX - 1] {
                let queue = || Queue {
                    head: position,
                    tail: position,
                    sent_to: position,
                    in_use: has(0),
                    changed: has(1),
                    stored: has(2),
                    listed: has(3),
                    ..Queue::default()
                };
                let slot = Slot::new(queue());
                assert!(matches!(slot, Slot::Idle(_)));
                assert_eq!(format!("{:?}", *slot.view()), format!("{:?}", queue()));
            }
        }
    }

    #[test]
    fn what_is_not_idle_is_kept_whole() {
        let base = || Queue { head: 5, tail: 5, sent_to: 5, ..Queue::default() };
        let others = [
            Queue { head: 4, len: 1, ..base() },
            Queue { bytes: 1, ..base() },
            Queue { resident: Some(Box::default()), ..base() },
            Queue { head: POSITION_MAX, tail: POSITION_MAX, sent_to: POSITION_MAX, ..base() },
        ];
        for queue in others {
            assert!(matches!(Slot::new(queue), Slot::Busy(_)));
        }
    }

    #[test]
    fn a_queue_that_becomes_empty_becomes_small() {
        let mut slot = Slot::new(Queue::default());
        slot.change(|queue| queue.tail = 1);
        assert!(matches!(slot, Slot::Busy(_)));
        slot.change(|queue| queue.head = 1);
        assert!(matches!(slot, Slot::Idle(_)));
        assert_eq!((slot.view().tail(), slot.view().sent_to()), (1, 1), "what is done was sent, or need not be");
    }
}
