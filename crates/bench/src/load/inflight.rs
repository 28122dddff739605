//! Packet identifiers a publisher waits for.

use crate::wire::WireError;
use std::collections::VecDeque;

/// Unacknowledged publishes of one publisher, oldest first.
#[derive(Debug, Default)]
pub struct Inflight {
    ids: VecDeque<u16>,
    last: u16,
}

impl Inflight {
    /// Takes the next free packet identifier, never 0 [MQTT-2.2.1-3].
    ///
    /// The caller keeps [`Self::len`] below 65,535, so a free one exists.
    #[inline]
    pub fn take(&mut self) -> u16 {
        loop {
            self.last = self.last.checked_add(1).unwrap_or(1);
            // A scan, but of a window of a few dozen identifiers; a broker that leaves one unanswered makes it matter.
            if !self.ids.contains(&self.last) {
                self.ids.push_back(self.last);
                return self.last;
            }
        }
    }

    /// Removes an identifier that got its final acknowledgement.
    ///
    /// # Errors
    /// It is not in flight.
    #[inline]
    pub fn finish(&mut self, packet_id: u16) -> Result<(), WireError> {
        if self.ids.front() == Some(&packet_id) {
            self.ids.pop_front();
            return Ok(());
        }
        let at = self.ids.iter().position(|id| *id == packet_id).ok_or(WireError::UnknownPacketId(packet_id))?;
        self.ids.remove(at);
        Ok(())
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
        let stuck = inflight.take();
        for _ in 0..140_000 {
            let id = inflight.take();
            assert!(id != 0 && id != stuck);
            inflight.finish(id).unwrap();
        }
        assert_eq!(inflight.len(), 1);
    }

    #[test]
    fn acknowledgements_out_of_order_are_taken_and_unknown_ones_refused() {
        let mut inflight = Inflight::default();
        let ids = [inflight.take(), inflight.take(), inflight.take()];
        inflight.finish(ids[1]).unwrap();
        inflight.check(ids[2]).unwrap();
        assert_eq!(inflight.finish(ids[1]), Err(WireError::UnknownPacketId(ids[1])));
        inflight.finish(ids[0]).unwrap();
        inflight.finish(ids[2]).unwrap();
        assert!(inflight.is_empty());
    }
}
