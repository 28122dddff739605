//! Packet identifiers a publisher waits for, and since when.

use crate::wire::WireError;
use std::collections::VecDeque;

/// Unacknowledged publishes of one publisher, oldest first.
#[derive(Debug, Default)]
pub struct Inflight {
    ids: VecDeque<u16>,
    /// When each of `ids` was sent, in nanoseconds; apart, so that the scan of a wide window stays short.
    sent_at_ns: VecDeque<u64>,
    last: u16,
}

impl Inflight {
    /// Takes the next free packet identifier, never 0 [MQTT-2.2.1-3], for a publish of `sent_at_ns`.
    ///
    /// The caller keeps [`Self::len`] below 65,535, so a free one exists.
    #[inline]
    pub fn take(&mut self, sent_at_ns: u64) -> u16 {
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            // A scan, but of a window of a few dozen identifiers; a broker that leaves one unanswered makes it matter.
            if !self.ids.contains(&self.last) {
                self.ids.push_back(self.last);
                self.sent_at_ns.push_back(sent_at_ns);
                return self.last;
            }
        }
    }

    /// Removes an identifier that got its final acknowledgement, and returns when it was sent.
    ///
    /// # Errors
    /// It is not in flight.
    #[inline]
    pub fn finish(&mut self, packet_id: u16) -> Result<u64, WireError> {
        // The oldest is the one that is answered, nearly always.
        let at = self.ids.iter().position(|id| *id == packet_id).ok_or(WireError::UnknownPacketId(packet_id))?;
        self.ids.remove(at);
        self.sent_at_ns.remove(at).ok_or(WireError::UnknownPacketId(packet_id))
    }

    /// Checks that an identifier is in flight.
    ///
    /// # Errors
    /// It is not.
    #[inline]
    pub fn check(&self, packet_id: u16) -> Result<(), WireError> {
        if self.ids.contains(&packet_id) { Ok(()) } else { Err(WireError::UnknownPacketId(packet_id)) }
    }

    /// How many publishes wait.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_never_zero_and_never_in_use() {
        // [MQTT-2.2.1-3]
        let mut inflight = Inflight::default();
        let stuck = inflight.take(0);
        for _ in 0..140_000 {
            let id = inflight.take(0);
            assert!(id != 0 && id != stuck);
            inflight.finish(id).unwrap();
        }
        assert_eq!(inflight.len(), 1);
    }

    #[test]
    fn acknowledgements_out_of_order_are_taken_and_unknown_ones_refused() {
        let mut inflight = Inflight::default();
        let ids = [inflight.take(10), inflight.take(20), inflight.take(30)];
        assert_eq!(inflight.finish(ids[1]), Ok(20));
        inflight.check(ids[2]).unwrap();
        assert_eq!(inflight.finish(ids[1]), Err(WireError::UnknownPacketId(ids[1])));
        assert_eq!(inflight.finish(ids[0]), Ok(10));
        assert_eq!(inflight.finish(ids[2]), Ok(30));
        assert!(inflight.is_empty());
    }
}
