//! A publishing client: what it may still send.
//!
//! Two credits bound a publisher: at most `window` unacknowledged publishes (QoS 1 and 2) and at most `backlog` messages
//! that have not reached their subscribers. The second keeps a slow broker from piling up messages, so that even QoS 0 has
//! to arrive complete and latency means something.

use super::Inflight;
use std::ops::Range;

/// State of one publisher.
#[derive(Debug)]
pub struct Publisher {
    /// Index of its connection.
    pub client: usize,
    /// Its streams, used in turn.
    pub streams: Range<usize>,
    /// Unacknowledged publishes.
    pub inflight: Inflight,
    /// Messages that have not reached all their subscribers.
    pub undelivered: u64,
    /// Messages published so far.
    pub sent: u64,
    /// Messages it sends in all.
    pub amount: u64,
    /// Messages it may have sent by now: its share of the pace, or no limit.
    pub due: u64,
    /// Whether it waits in the list of those that may be able to send.
    pub queued: bool,
    /// A due message had to wait for credit: until the publisher has caught up, latency counts from when it was due.
    pub behind: bool,
    window: usize,
    backlog: u64,
    cursor: usize,
}

impl Publisher {
    /// A publisher that has sent nothing; messages without subscribers in this run use no backlog.
    #[must_use]
    pub fn new(client: usize, streams: Range<usize>, window: usize, backlog: u64) -> Self {
        Self {
            client,
            cursor: streams.start,
            streams,
            inflight: Inflight::default(),
            undelivered: 0,
            sent: 0,
            amount: u64::MAX,
            due: u64::MAX,
            queued: false,
            behind: false,
            window,
            backlog,
        }
    }

    /// Whether pace and amount ask for another message.
    #[inline]
    #[must_use]
    pub fn wants_to_send(&self) -> bool {
        self.sent < self.due && self.sent < self.amount
    }

    /// Whether both credits allow a message.
    #[inline]
    #[must_use]
    pub fn has_credit(&self) -> bool {
        self.inflight.len() < self.window && self.undelivered < self.backlog
    }

    /// Uses credit for one message to `fan_out` subscribers and says which stream it goes to.
    #[inline]
    pub fn spend(&mut self, fan_out: u32) -> usize {
        self.undelivered += u64::from(fan_out > 0);
        self.sent += 1;
        let stream = self.cursor;
        self.cursor = if stream + 1 < self.streams.end { stream + 1 } else { self.streams.start };
        stream
    }

    /// Lowers the window to what the broker takes (Receive Maximum) [MQTT-3.3.4-7].
    pub fn limit_window(&mut self, receive_maximum: u16) {
        self.window = self.window.min(usize::from(receive_maximum));
    }

    /// Nothing unacknowledged and nothing undelivered.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.inflight.is_empty() && self.undelivered == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_holds_until_an_acknowledgement() {
        // Never more than Receive Maximum unacknowledged [MQTT-3.3.4-7].
        let mut publisher = Publisher::new(0, 0..1, 16, u64::MAX);
        publisher.limit_window(2);
        let mut ids = Vec::new();
        while publisher.has_credit() {
            publisher.spend(1);
            ids.push(publisher.inflight.take(0));
        }
        assert_eq!(ids.len(), 2);
        publisher.inflight.finish(ids[0]).unwrap();
        assert!(publisher.has_credit());
    }

    #[test]
    fn the_backlog_counts_messages_and_only_those_somebody_gets() {
        let mut publisher = Publisher::new(0, 0..1, 16, 2);
        publisher.spend(1000);
        publisher.spend(1);
        assert!(!publisher.has_credit());
        publisher.undelivered -= 1;
        publisher.spend(0);
        assert!(publisher.has_credit());
    }

    #[test]
    fn streams_take_turns() {
        let mut publisher = Publisher::new(0, 3..5, 16, 100);
        let order: Vec<_> = (0..5).map(|_| publisher.spend(1)).collect();
        assert_eq!(order, [3, 4, 3, 4, 3]);
    }
}
