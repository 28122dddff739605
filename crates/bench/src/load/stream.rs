//! One (publisher, topic).

use crate::wire::PublishHead;
use std::collections::VecDeque;

/// A topic a publisher writes to, and how far it has come.
#[derive(Debug)]
pub struct Stream {
    /// Prepared PUBLISH.
    pub head: PublishHead,
    /// Index of the publisher.
    pub publisher: u32,
    /// Messages sent so far, and so the next sequence number.
    pub sent: u64,
    /// Deliveries that the oldest messages still wait for, in order; used when a message goes to more than one subscriber.
    waiting: VecDeque<u32>,
}

impl Stream {
    /// A stream nothing was sent on.
    #[must_use]
    pub fn new(head: PublishHead, publisher: u32) -> Self {
        Self { head, publisher, sent: 0, waiting: VecDeque::new() }
    }

    /// Counts a message that goes to `fan_out` subscribers and returns its sequence number.
    #[inline]
    pub fn send(&mut self, fan_out: u32) -> u64 {
        let sequence = self.sent;
        self.sent += 1;
        if fan_out > 1 {
            self.waiting.push_back(fan_out);
        }
        sequence
    }

    /// Notes one delivery of message `sequence`. Returns how many messages have now reached all their subscribers.
    #[inline]
    pub fn delivered(&mut self, sequence: u64, fan_out: u32) -> u64 {
        if fan_out <= 1 {
            return 1;
        }
        let oldest = self.sent - self.waiting.len() as u64;
        let index = sequence.checked_sub(oldest).and_then(|index| usize::try_from(index).ok());
        if let Some(waiting) = index.and_then(|index| self.waiting.get_mut(index)) {
            *waiting = waiting.saturating_sub(1);
        }
        let mut complete = 0;
        while self.waiting.front() == Some(&0) {
            self.waiting.pop_front();
            complete += 1;
        }
        complete
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_model::{ProtocolVersion, Qos};

    #[test]
    fn a_message_is_delivered_when_the_last_subscriber_has_it() {
        let head = PublishHead::new("t", Qos::AtMostOnce, false, 24, ProtocolVersion::V4);
        let mut stream = Stream::new(head, 0);
        assert_eq!((stream.send(2), stream.send(2)), (0, 1));
        // The fast subscriber is a message ahead; the slow one completes both, one by one.
        assert_eq!([0, 1, 0, 1].map(|sequence| stream.delivered(sequence, 2)), [0, 0, 1, 1]);
        assert_eq!(stream.delivered(0, 2), 0);
        assert_eq!(stream.delivered(7, 2), 0);
    }
}
