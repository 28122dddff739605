//! The numbers that name things: sessions, positions in a queue, places in the log, chunks.

use crate::DecodeError;

/// A durable session. Given once, never again, also after the session has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(pub u64);

/// Place of a message in the queue of one session, counted from 0 as they are queued, never given twice.
pub type Position = u64;

/// Where a stored message lies in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// Number of the log segment.
    pub segment: u32,
    /// Offset of its first byte in the segment.
    pub offset: u32,
    /// Length in bytes.
    pub len: u32,
}

/// One chunk of a queue: the positions `256 * index .. 256 * (index + 1)` of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId {
    /// Whose queue.
    pub session: SessionNumber,
    /// Which chunk of it.
    pub index: u64,
}

impl SessionNumber {
    /// The key of the session, and the beginning of the keys of all that belongs to it: big endian, so that keys sort by number.
    #[must_use]
    pub const fn key(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// Splits a key that begins with a session number.
    pub(crate) fn split_key(key: &[u8]) -> Result<(Self, &[u8]), DecodeError> {
        let (number, rest) = key.split_first_chunk().ok_or(DecodeError::Truncated)?;
        Ok((Self(u64::from_be_bytes(*number)), rest))
    }

    /// Reads a key that is a session number and nothing else.
    pub(crate) fn from_key(key: &[u8]) -> Result<Self, DecodeError> {
        match Self::split_key(key)? {
            (number, []) => Ok(number),
            _ => Err(DecodeError::Invalid("length of a session key")),
        }
    }
}

impl std::fmt::Display for SessionNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ChunkId {
    /// The key of the chunk in [`crate::space::CHUNKS`].
    #[must_use]
    pub fn key(self) -> [u8; 16] {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&self.session.key());
        key[8..].copy_from_slice(&self.index.to_be_bytes());
        key
    }

    /// Reads a key of [`crate::space::CHUNKS`].
    pub(crate) fn from_key(key: &[u8]) -> Result<Self, DecodeError> {
        let (session, index) = SessionNumber::split_key(key)?;
        let index = index.try_into().map_err(|_| DecodeError::Invalid("length of a chunk key"))?;
        Ok(Self { session, index: u64::from_be_bytes(index) })
    }
}
