//! The first bytes of every payload: who sent it, its place in the order and when.
//!
//! ```text
//! 0        4         8             16            24
//! | run u32 | stream u32 | sequence u64 | sent_at_ns u64 | filler ... |      little endian
//! ```

/// The stamp of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Drawn per run, so that messages of other clients and earlier runs are told apart.
    pub run: u32,
    /// Which (publisher, topic).
    pub stream: u32,
    /// Counts from 0 per stream.
    pub sequence: u64,
    /// Monotonic clock of this machine, in nanoseconds.
    pub sent_at_ns: u64,
}

impl Stamp {
    /// Size of a stamp, and so the smallest payload.
    pub const BYTES: usize = 24;

    /// Appends the stamp.
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.run.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.stream.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..].copy_from_slice(&self.sent_at_ns.to_le_bytes());
        out.extend_from_slice(&bytes);
    }

    /// Reads the stamp of a payload; `None` when it is too short to have one.
    #[inline]
    #[must_use]
    pub fn read(payload: &[u8]) -> Option<Self> {
        let (run, rest) = payload.split_first_chunk::<4>()?;
        let (stream, rest) = rest.split_first_chunk::<4>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let sent_at_ns = rest.first_chunk::<8>()?;
        Some(Self {
            run: u32::from_le_bytes(*run),
            stream: u32::from_le_bytes(*stream),
            sequence: u64::from_le_bytes(*sequence),
            sent_at_ns: u64::from_le_bytes(*sent_at_ns),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_comes_back() {
        let stamp = Stamp { run: 7, stream: u32::MAX, sequence: 1 << 40, sent_at_ns: u64::MAX - 1 };
        let mut payload = Vec::new();
        stamp.write(&mut payload);
        assert_eq!(payload.len(), Stamp::BYTES);
        payload.extend_from_slice(b"filler");
        assert_eq!(Stamp::read(&payload), Some(stamp));
        assert_eq!(Stamp::read(&payload[..23]), None);
    }
}
