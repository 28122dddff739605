//! QoS 2 publishes of the client that wait for PUBREL (the receiver's side of MQTT 5.0 §4.3.3).
//!
//! The message itself was routed when it came; only its identifier is kept, so that a repeated PUBLISH is acknowledged but
//! not delivered again.

use dunlin_model::Millis;

/// One open exchange.
#[derive(Clone, Copy, Debug)]
struct Open {
    packet_id: u16,
    /// False after `mqtt.await_rel_timeout`: the slot is free for counting, the identifier still recognised.
    counts: bool,
    /// Its PUBLISH came, for the first time or again, on the present connection.
    is_recent: bool,
    since: Millis,
}

/// Identifiers in the order they were opened.
#[derive(Debug, Default)]
pub(crate) struct AwaitingRelease {
    open: Vec<Open>,
}

impl AwaitingRelease {
    /// Whether a PUBLISH with this identifier is a repetition [MQTT-4.3.3-10].
    ///
    /// An exchange given up after the timeout is recognised only by a packet marked DUP: without the mark the client has
    /// started over with this identifier [MQTT-4.3.3-12].
    pub(crate) fn is_repeated(&mut self, packet_id: u16, dup: bool) -> bool {
        let Some(index) = self.open.iter().position(|open| open.packet_id == packet_id) else { return false };
        let open = &mut self.open[index];
        if open.counts || dup {
            open.is_recent = true;
            return true;
        }
        self.open.remove(index);
        false
    }

    /// Opens an exchange. Exchanges given up are forgotten, oldest first, beyond `remembered`.
    pub(crate) fn insert(&mut self, packet_id: u16, now: Millis, remembered: usize) {
        let given_up = self.open.len() - self.len();
        if given_up > remembered
            && let Some(oldest) = self.open.iter().position(|open| !open.counts)
        {
            self.open.remove(oldest);
        }
        self.open.push(Open { packet_id, counts: true, is_recent: true, since: now });
    }

    /// Ends an exchange; false when there was none.
    pub(crate) fn remove(&mut self, packet_id: u16) -> bool {
        match self.open.iter().position(|open| open.packet_id == packet_id) {
            Some(index) => {
                self.open.remove(index);
                true
            }
            None => false,
        }
    }

    /// Exchanges that count against `mqtt.max_awaiting_rel`.
    pub(crate) fn len(&self) -> usize {
        self.open.iter().filter(|open| open.counts).count()
    }

    /// Exchanges that count against the Receive Maximum: their PUBLISH came on the present connection.
    pub(crate) fn recent_len(&self) -> usize {
        self.open.iter().filter(|open| open.counts && open.is_recent).count()
    }

    /// A new connection begins: its quota is whole, whatever older ones have left open (MQTT 5.0 §4.9).
    pub(crate) fn forget_recent(&mut self) {
        for open in &mut self.open {
            open.is_recent = false;
        }
    }

    /// Whether nothing is remembered at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Gives up what is older than the timeout; returns how many.
    pub(crate) fn expire(&mut self, now: Millis, timeout_ms: u64) -> usize {
        let mut expired = 0;
        for open in &mut self.open {
            if open.counts && open.since.saturating_add(timeout_ms) <= now {
                open.counts = false;
                expired += 1;
            }
        }
        expired
    }

    /// When the next one is given up.
    pub(crate) fn next_deadline(&self, timeout_ms: u64) -> Option<Millis> {
        self.open.iter().find(|open| open.counts).map(|open| open.since.saturating_add(timeout_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqtt_4_3_3_10_an_open_identifier_is_a_repetition() {
        let mut awaiting = AwaitingRelease::default();
        assert!(!awaiting.is_repeated(1, false));
        awaiting.insert(1, 0, 100);
        assert!(awaiting.is_repeated(1, false));
        assert!(awaiting.remove(1));
        assert!(!awaiting.remove(1));
        assert!(!awaiting.is_repeated(1, true));
    }

    #[test]
    fn b070_after_the_timeout_only_a_dup_is_a_repetition() {
        let mut awaiting = AwaitingRelease::default();
        awaiting.insert(1, 0, 100);
        awaiting.insert(2, 0, 100);
        assert_eq!((awaiting.expire(299, 300), awaiting.expire(300, 300), awaiting.len()), (0, 2, 0));
        assert!(awaiting.is_repeated(1, true));
        assert!(!awaiting.is_repeated(2, false));
        assert!(!awaiting.is_repeated(2, true));
    }

    #[test]
    fn what_older_connections_left_open_counts_against_one_limit_only() {
        let mut awaiting = AwaitingRelease::default();
        for id in 1..=3 {
            awaiting.insert(id, 0, 100);
        }
        assert_eq!((awaiting.len(), awaiting.recent_len()), (3, 3));
        awaiting.forget_recent();
        assert_eq!((awaiting.len(), awaiting.recent_len()), (3, 0));
        assert!(awaiting.is_repeated(2, true));
        awaiting.insert(4, 0, 100);
        assert_eq!((awaiting.len(), awaiting.recent_len()), (4, 2));
    }

    #[test]
    fn given_up_exchanges_are_bounded() {
        let mut awaiting = AwaitingRelease::default();
        for id in 1..=50 {
            awaiting.insert(id, 0, 10);
            awaiting.expire(1_000, 1);
        }
        assert!(awaiting.open.len() <= 12);
    }
}
