//! QoS 2 publishes of the client that wait for PUBREL (the receiver's side of MQTT 5.0 §4.3.3).
//!
//! The message itself was routed when it came; only its identifier is kept, so that a repeated PUBLISH is acknowledged but
//! not delivered again.

use crate::{Outbox, Output};
use dunlin_model::Millis;

/// One open exchange.
#[derive(Clone, Copy, Debug)]
struct Open {
    packet_id: u16,
    /// False after `mqtt.await_rel_timeout`: the slot is free for counting, the identifier still recognised.
    counts: bool,
    /// Its PUBLISH came, for the first time or again, on the present connection.
    is_recent: bool,
    /// On disk too: its end is said by [`Output::Released`].
    is_stored: bool,
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
    pub(crate) fn is_repeated(&mut self, packet_id: u16, dup: bool, out: &mut Outbox<'_>) -> bool {
        let Some(index) = self.index(packet_id) else { return false };
        let open = &mut self.open[index];
        if open.counts || dup {
            open.is_recent = true;
            return true;
        }
        self.close(index, out);
        false
    }

    /// Opens an exchange. Exchanges given up are forgotten, oldest first, beyond `remembered`.
    pub(crate) fn insert(&mut self, packet_id: u16, now: Millis, remembered: usize, out: &mut Outbox<'_>) {
        let given_up = self.open.len() - self.len();
        if given_up > remembered
            && let Some(oldest) = self.open.iter().position(|open| !open.counts)
        {
            self.close(oldest, out);
        }
        self.open.push(Open { packet_id, counts: true, is_recent: true, is_stored: false, since: now });
    }

    /// The exchange is on disk.
    pub(crate) fn mark_stored(&mut self, packet_id: u16) {
        if let Some(index) = self.index(packet_id) {
            self.open[index].is_stored = true;
        }
    }

    /// Exchanges read from disk; their time runs from [`AwaitingRelease::restart`] on.
    pub(crate) fn restore(packet_ids: &[u16]) -> Self {
        let restored =
            |&packet_id| Open { packet_id, counts: true, is_recent: false, is_stored: true, since: Millis::MAX };
        Self { open: packet_ids.iter().map(restored).collect() }
    }

    /// Identifiers of the exchanges that are on disk, oldest first.
    pub(crate) fn stored(&self) -> impl Iterator<Item = u16> {
        self.open.iter().filter(|open| open.is_stored).map(|open| open.packet_id)
    }

    /// The time of every exchange begins anew.
    pub(crate) fn restart(&mut self, now: Millis) {
        for open in &mut self.open {
            open.since = now;
        }
    }

    /// Ends an exchange; false when there was none.
    pub(crate) fn remove(&mut self, packet_id: u16, out: &mut Outbox<'_>) -> bool {
        let index = self.index(packet_id);
        if let Some(index) = index {
            self.close(index, out);
        }
        index.is_some()
    }

    fn index(&self, packet_id: u16) -> Option<usize> {
        self.open.iter().position(|open| open.packet_id == packet_id)
    }

    fn close(&mut self, index: usize, out: &mut Outbox<'_>) {
        let Open { packet_id, is_stored, .. } = self.open.remove(index);
        if is_stored {
            out.push(Output::Released { packet_id });
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
    use crate::Sent;

    /// Lets the exchanges say what they have to say and returns the identifiers released.
    fn released(act: impl FnOnce(&mut Outbox<'_>)) -> Vec<u16> {
        let (mut wire, mut outputs, mut sent) = (Vec::new(), Vec::new(), Sent::default());
        act(&mut Outbox { wire: &mut wire, outputs: &mut outputs, sent: &mut sent, traffic: &mut Default::default() });
        let ids = outputs.iter().map(|output| match output {
            Output::Released { packet_id } => *packet_id,
            other => panic!("not expected: {other:?}"),
        });
        ids.collect()
    }

    #[test]
    fn mqtt_4_3_3_10_an_open_identifier_is_a_repetition() {
        let mut awaiting = AwaitingRelease::default();
        let said = released(|out| {
            assert!(!awaiting.is_repeated(1, false, out));
            awaiting.insert(1, 0, 100, out);
            assert!(awaiting.is_repeated(1, false, out));
            assert!(awaiting.remove(1, out));
            assert!(!awaiting.remove(1, out));
            assert!(!awaiting.is_repeated(1, true, out));
        });
        assert!(said.is_empty());
    }

    #[test]
    fn b070_after_the_timeout_only_a_dup_is_a_repetition() {
        let mut awaiting = AwaitingRelease::default();
        released(|out| {
            awaiting.insert(1, 0, 100, out);
            awaiting.insert(2, 0, 100, out);
            assert_eq!((awaiting.expire(299, 300), awaiting.expire(300, 300), awaiting.len()), (0, 2, 0));
            assert!(awaiting.is_repeated(1, true, out));
            assert!(!awaiting.is_repeated(2, false, out));
            assert!(!awaiting.is_repeated(2, true, out));
        });
    }

    #[test]
    fn what_older_connections_left_open_counts_against_one_limit_only() {
        let mut awaiting = AwaitingRelease::default();
        released(|out| {
            for id in 1..=3 {
                awaiting.insert(id, 0, 100, out);
            }
            assert_eq!((awaiting.len(), awaiting.recent_len()), (3, 3));
            awaiting.forget_recent();
            assert_eq!((awaiting.len(), awaiting.recent_len()), (3, 0));
            assert!(awaiting.is_repeated(2, true, out));
            awaiting.insert(4, 0, 100, out);
            assert_eq!((awaiting.len(), awaiting.recent_len()), (4, 2));
        });
    }

    #[test]
    fn given_up_exchanges_are_bounded() {
        let mut awaiting = AwaitingRelease::default();
        released(|out| {
            for id in 1..=50 {
                awaiting.insert(id, 0, 10, out);
                awaiting.expire(1_000, 1);
            }
        });
        assert!(awaiting.open.len() <= 12);
    }

    #[test]
    fn whatever_ends_a_stored_exchange_says_so() {
        let mut awaiting = AwaitingRelease::default();
        let said = released(|out| {
            for id in 1..=5 {
                awaiting.insert(id, 0, 1, out);
            }
            [2, 3, 4, 9].into_iter().for_each(|id| awaiting.mark_stored(id));
            assert!(awaiting.remove(1, out) && awaiting.remove(2, out));
            awaiting.expire(1_000, 1);
            // Started over with 4, and too many are given up: 3 is the oldest.
            assert!(!awaiting.is_repeated(4, false, out));
            awaiting.insert(4, 1_000, 1, out);
        });
        assert_eq!(said, [2, 4, 3]);
        assert_eq!(awaiting.stored().count(), 0, "5 and the new 4 are not on disk");
    }

    #[test]
    fn restored_exchanges_are_stored_and_their_time_begins_anew() {
        let mut awaiting = AwaitingRelease::restore(&[7, 5]);
        assert_eq!((awaiting.expire(u64::MAX - 1, 300), awaiting.len(), awaiting.recent_len()), (0, 2, 0));
        awaiting.restart(1_000);
        assert_eq!(awaiting.next_deadline(300), Some(1_300));
        assert_eq!(Vec::from_iter(awaiting.stored()), [7, 5]);
        assert_eq!(released(|out| assert!(awaiting.is_repeated(5, false, out) && awaiting.remove(5, out))), [5]);
    }
}
