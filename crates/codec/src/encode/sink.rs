//! Where encoded bytes go: into a buffer, or into a counter that finds out how many there will be.

use super::error::EncodeError;
use crate::variable_byte_integer;

/// Takes bytes. Writing a packet into a [`Counter`] first gives the length that has to precede it on the wire, and
/// finds every error before a byte is written.
pub(super) trait Sink {
    /// Takes bytes as they are.
    fn bytes(&mut self, bytes: &[u8]);

    fn byte(&mut self, value: u8) {
        self.bytes(&[value]);
    }

    fn two_bytes(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    fn four_bytes(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// The value must be at most [`variable_byte_integer::MAX_VALUE`].
    fn variable_byte_integer(&mut self, value: u32) {
        let (bytes, len) = variable_byte_integer::to_bytes(value);
        self.bytes(bytes.get(..len).unwrap_or_default());
    }

    /// Text or binary data after its two-byte length.
    fn counted(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let len = u16::try_from(bytes.len()).map_err(|_| EncodeError::FieldTooLong { len: bytes.len() })?;
        self.two_bytes(len);
        self.bytes(bytes);
        Ok(())
    }

    fn packet_id(&mut self, packet_id: u16) -> Result<(), EncodeError> {
        if packet_id == 0 {
            return Err(EncodeError::ZeroPacketId);
        }
        self.two_bytes(packet_id);
        Ok(())
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }

    #[inline]
    fn variable_byte_integer(&mut self, value: u32) {
        match variable_byte_integer::to_bytes(value) {
            ([a, ..], 1) => self.push(a),
            ([a, b, ..], 2) => self.extend_from_slice(&[a, b]),
            ([a, b, c, _], 3) => self.extend_from_slice(&[a, b, c]),
            (bytes, _) => self.extend_from_slice(&bytes),
        }
    }
}

/// Counts the bytes it is given.
#[derive(Debug, Default)]
pub(super) struct Counter(usize);

impl Counter {
    pub(super) const fn len(&self) -> usize {
        self.0
    }
}

impl Sink for Counter {
    fn bytes(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }
}
