//! Which message a payload is: every payload says it, and its filler is known from it, so that changed bytes are seen.
//!
//! ```text
//! | run (4) | stream (2) | sequence (4) | filler (0 to 8,191) |      integers little endian
//! ```
//! `run` keeps messages of another run, left in a data directory, from being taken for ours.

/// Number of a [`crate::oracle::Stream`].
pub type StreamNumber = u16;

const HEAD_BYTES: usize = 10;

/// One message: the `sequence`-th of its stream, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// Publisher and topic.
    pub stream: StreamNumber,
    /// Place in the stream.
    pub sequence: u32,
}

/// A payload that no client of this run has written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPayload {
    /// Too short, or of another run.
    #[error("a message of another run, or none of ours")]
    Foreign,
    /// The head is ours, the filler is not what belongs to it.
    #[error("a payload with changed bytes, or cut off")]
    Damaged,
}

impl std::fmt::Display for MessageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "number {} of stream {}", self.sequence, self.stream)
    }
}

impl MessageId {
    /// The payload of this message in this run. Most are short, some take several kilobytes: half a kilobyte in the mean, so that
    /// a run fills several segments of a log.
    #[must_use]
    pub fn payload(self, run: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + 64);
        bytes.extend_from_slice(&run.to_le_bytes());
        bytes.extend_from_slice(&self.stream.to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        let mut filler = self.filler(run);
        let length = match filler.u8(..) {
            0..=23 => filler.usize(..8_192),
            24..=79 => filler.usize(..1_024),
            _ => filler.usize(..64),
        };
        bytes.extend(std::iter::repeat_with(|| filler.u8(..)).take(length));
        bytes
    }

    /// Reads a payload back.
    ///
    /// # Errors
    /// It is none of this run, or its bytes have changed.
    pub fn read(run: u32, payload: &[u8]) -> Result<Self, BadPayload> {
        let Some((head, _)) = payload.split_first_chunk::<HEAD_BYTES>() else { return Err(BadPayload::Foreign) };
        let [r0, r1, r2, r3, s0, s1, n0, n1, n2, n3] = *head;
        if u32::from_le_bytes([r0, r1, r2, r3]) != run {
            return Err(BadPayload::Foreign);
        }
        let message = Self { stream: u16::from_le_bytes([s0, s1]), sequence: u32::from_le_bytes([n0, n1, n2, n3]) };
        if message.payload(run) == payload { Ok(message) } else { Err(BadPayload::Damaged) }
    }

    fn filler(self, run: u32) -> fastrand::Rng {
        fastrand::Rng::with_seed(u64::from(run) << 48 ^ u64::from(self.stream) << 32 ^ u64::from(self.sequence))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_read_back_and_damage_is_seen() {
        for sequence in 0..200 {
            let message = MessageId { stream: 7, sequence };
            let payload = message.payload(99);
            assert_eq!(MessageId::read(99, &payload), Ok(message));
            assert_eq!(MessageId::read(98, &payload), Err(BadPayload::Foreign));
            assert_eq!(MessageId::read(99, &payload[..9]), Err(BadPayload::Foreign));
            let mut damaged = payload.clone();
            damaged.push(0);
            assert_eq!(MessageId::read(99, &damaged), Err(BadPayload::Damaged));
            // Another head with the filler of this message.
            let mut damaged = payload;
            damaged[6] ^= 0xFF;
            let is_short = damaged.len() < HEAD_BYTES + 4;
            assert!(is_short || MessageId::read(99, &damaged) == Err(BadPayload::Damaged));
        }
    }
}
