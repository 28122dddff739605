//! A cursor over the bytes of one packet; whatever it is asked for, it never reads past the end.

use crate::{error::DecodeError, text, variable_byte_integer::VariableByteInteger};

/// What is left of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, rest) = self.rest.split_at_checked(len).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(head)
    }

    #[inline]
    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.take_array::<1>().map(|[byte]| byte)
    }

    #[inline]
    pub(crate) fn two_bytes(&mut self) -> Result<u16, DecodeError> {
        self.take_array().map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn four_bytes(&mut self) -> Result<u32, DecodeError> {
        self.take_array().map(u32::from_be_bytes)
    }

    /// Packet identifier: 1 to 65,535 [MQTT-2.2.1-3].
    #[inline]
    pub(crate) fn packet_id(&mut self) -> Result<u16, DecodeError> {
        match self.two_bytes()? {
            0 => Err(DecodeError::ZeroPacketId),
            packet_id => Ok(packet_id),
        }
    }

    /// Bytes after their two-byte length.
    #[inline]
    pub(crate) fn binary(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.two_bytes()?;
        self.take(usize::from(len))
    }

    /// Text after its two-byte length.
    #[inline]
    pub(crate) fn text(&mut self, strict: bool) -> Result<&'a str, DecodeError> {
        text::check(self.binary()?, strict)
    }

    /// A variable byte integer in its shortest form [MQTT-1.5.5-1].
    #[inline]
    pub(crate) fn variable_byte_integer(&mut self) -> Result<u32, DecodeError> {
        let integer = VariableByteInteger::read(self.rest)?.ok_or(DecodeError::Truncated)?;
        if !integer.is_minimal() {
            return Err(DecodeError::VariableByteIntegerNotMinimal);
        }
        self.take(integer.len)?;
        Ok(integer.value)
    }

    /// Nothing may follow the last field.
    #[inline]
    pub(crate) const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
    }
}
