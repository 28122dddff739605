//! Variable byte integers: seven bits a byte, lowest first, one to four bytes (MQTT 5.0 §1.5.5).

use crate::error::DecodeError;

/// The largest value four bytes hold.
pub(crate) const MAX_VALUE: u32 = 268_435_455;

/// A value read from the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VariableByteInteger {
    pub(crate) value: u32,
    /// Bytes it took, 1 to 4.
    pub(crate) len: usize,
}

impl VariableByteInteger {
    /// Reads from the front; `None` while bytes are missing, an error when a fifth byte would follow.
    #[inline]
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        match bytes.first() {
            None => Ok(None),
            Some(&byte) if byte < 0x80 => Ok(Some(Self { value: u32::from(byte), len: 1 })),
            Some(_) => Self::read_long(bytes),
        }
    }

    fn read_long(bytes: &[u8]) -> Result<Option<Self>, DecodeError> {
        let mut value = 0;
        for (index, &byte) in bytes.iter().take(4).enumerate() {
            value |= u32::from(byte & 0x7F) << (7 * index);
            if byte < 0x80 {
                return Ok(Some(Self { value, len: index + 1 }));
            }
        }
        if bytes.len() < 4 { Ok(None) } else { Err(DecodeError::VariableByteIntegerTooLong) }
    }

    /// Whether it was written with the fewest bytes possible [MQTT-1.5.5-1].
    #[inline]
    pub(crate) const fn is_minimal(self) -> bool {
        self.len == 1 || self.len == encoded_len(self.value)
    }
}

/// Bytes the value takes on the wire, 1 to 4 (values above [`MAX_VALUE`] do not fit).
#[inline]
pub(crate) const fn encoded_len(value: u32) -> usize {
    match value {
        0..=0x7F => 1,
        0x80..=0x3FFF => 2,
        0x4000..=0x1F_FFFF => 3,
        _ => 4,
    }
}

/// The wire form in the first [`encoded_len`] bytes of the result. Bits above [`MAX_VALUE`] are cut off.
#[inline]
pub(crate) fn to_bytes(value: u32) -> ([u8; 4], usize) {
    let group = |shift: u32| (value >> shift) as u8 & 0x7F;
    let (a, b, c, d) = (group(0), group(7), group(14), group(21));
    match encoded_len(value) {
        1 => ([a, 0, 0, 0], 1),
        2 => ([a | 0x80, b, 0, 0], 2),
        3 => ([a | 0x80, b | 0x80, c, 0], 3),
        _ => ([a | 0x80, b | 0x80, c | 0x80, d], 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_each_length_round_trip() {
        for (value, wire) in [
            (0, &[0x00][..]),
            (127, &[0x7F]),
            (128, &[0x80, 0x01]),
            (16_383, &[0xFF, 0x7F]),
            (16_384, &[0x80, 0x80, 0x01]),
            (2_097_151, &[0xFF, 0xFF, 0x7F]),
            (2_097_152, &[0x80, 0x80, 0x80, 0x01]),
            (MAX_VALUE, &[0xFF, 0xFF, 0xFF, 0x7F]),
        ] {
            let (bytes, len) = to_bytes(value);
            assert_eq!(&bytes[..len], wire, "{value}");
            assert_eq!(VariableByteInteger::read(wire), Ok(Some(VariableByteInteger { value, len })));
            assert_eq!(VariableByteInteger::read(&wire[..len - 1]), Ok(None), "{value} cut short");
        }
    }

    #[test]
    fn a_fifth_byte_is_refused_as_soon_as_it_is_announced() {
        assert_eq!(VariableByteInteger::read(&[0x80; 4]), Err(DecodeError::VariableByteIntegerTooLong));
        assert_eq!(VariableByteInteger::read(&[0x80; 3]), Ok(None));
    }

    #[test]
    fn mqtt_1_5_5_1_padding_is_noticed() {
        for padded in [&[0x80, 0x00][..], &[0xFF, 0x80, 0x00], &[0x81, 0x80, 0x80, 0x00]] {
            let read = VariableByteInteger::read(padded).unwrap().unwrap();
            assert!(!read.is_minimal(), "{padded:02x?}");
        }
    }
}
