//! The parts all stored bytes are made of: single bytes, LEB128 integers, and bytes behind their length.

use crate::{DecodeError, Place};

/// Longest LEB128 form of 64 bits.
pub(crate) const VARINT_LEN_MAX: usize = 10;

/// Appends an integer as LEB128: seven bits a byte, the lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends segment, offset and length.
pub(crate) fn put_place(out: &mut Vec<u8>, place: Place) {
    [place.segment, place.offset, place.len].into_iter().for_each(|field| put_varint(out, u64::from(field)));
}

/// How many bytes [`put_varint`] appends.
pub(crate) const fn varint_len(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}

/// Appends bytes behind their length.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads from the front of bytes that nobody vouches for.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Reads the format version a value begins with, which must be one of 1 to `supported`.
    pub(crate) fn versioned(bytes: &'a [u8], supported: u8) -> Result<Self, DecodeError> {
        let mut reader = Self::new(bytes);
        match reader.byte()? {
            0 => Err(DecodeError::Invalid("format version")),
            found if found > supported => Err(DecodeError::NewerFormat { found, supported }),
            _ => Ok(reader),
        }
    }

    /// How many bytes have been read.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// What has not been read yet.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// All must have been read.
    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.rest().is_empty() { Ok(()) } else { Err(DecodeError::Invalid("bytes behind the end")) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DecodeError> {
        let byte = *self.bytes.get(self.at).ok_or(DecodeError::Truncated)?;
        self.at += 1;
        Ok(byte)
    }

    /// An integer in its shortest form; any other form is never written.
    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (shift == 63 && bits > 1) || (byte == 0 && shift > 0) {
                return Err(DecodeError::Invalid("integer"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::Invalid("integer"))
    }

    pub(crate) fn varint_u32(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError::Invalid("integer"))
    }

    /// Segment, offset and length.
    pub(crate) fn place(&mut self) -> Result<Place, DecodeError> {
        Ok(Place { segment: self.varint_u32()?, offset: self.varint_u32()?, len: self.varint_u32()? })
    }

    /// A number of things that each take at least `bytes_each_min` bytes: more than can follow is refused, so that no allocation
    /// is larger than the input justifies.
    pub(crate) fn count(&mut self, bytes_each_min: usize) -> Result<usize, DecodeError> {
        let count = usize::try_from(self.varint()?).map_err(|_| DecodeError::Truncated)?;
        if count.checked_mul(bytes_each_min).is_some_and(|bytes| bytes <= self.rest().len()) {
            Ok(count)
        } else {
            Err(DecodeError::Truncated)
        }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let taken = self.rest().get(..len).ok_or(DecodeError::Truncated)?;
        self.at += len;
        Ok(taken)
    }

    /// Bytes behind their length.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.count(1)?;
        self.take(len)
    }

    /// Text behind its length.
    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeError::Invalid("text"))
    }

    /// A byte of flags of which only those in `known` are ever set.
    pub(crate) fn flags(&mut self, known: u8) -> Result<u8, DecodeError> {
        let flags = self.byte()?;
        if flags & !known == 0 { Ok(flags) } else { Err(DecodeError::Invalid("flags")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_one_form() {
        for value in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            assert_eq!(bytes.len(), varint_len(value));
            assert!(bytes.len() <= VARINT_LEN_MAX);
            let mut reader = Reader::new(&bytes);
            assert_eq!(reader.varint(), Ok(value));
            assert_eq!(reader.finish(), Ok(()));
            assert_eq!(Reader::new(&bytes[..bytes.len() - 1]).varint(), Err(DecodeError::Truncated));
        }
        let invalid = DecodeError::Invalid("integer");
        assert_eq!(Reader::new(&[0x80, 0]).varint(), Err(invalid), "longer than it has to be");
        let mut too_large = [0xff; 10];
        too_large[9] = 2;
        assert_eq!(Reader::new(&too_large).varint(), Err(invalid), "65 bits");
        assert_eq!(Reader::new(&[0xff; 11]).varint(), Err(invalid), "without an end");
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x1f]).varint_u32(), Err(invalid), "33 bits");
    }

    #[test]
    fn a_count_is_believed_only_as_far_as_bytes_follow() {
        let mut bytes = Vec::new();
        put_varint(&mut bytes, 3);
        bytes.extend_from_slice(&[0; 6]);
        assert_eq!(Reader::new(&bytes).count(2), Ok(3));
        assert_eq!(Reader::new(&bytes).count(3), Err(DecodeError::Truncated));
        assert_eq!(Reader::new(&bytes).count(usize::MAX), Err(DecodeError::Truncated));
    }

    #[test]
    fn versions_are_checked() {
        assert!(Reader::versioned(&[1], 2).is_ok());
        assert!(Reader::versioned(&[2], 2).is_ok());
        assert_eq!(Reader::versioned(&[3], 2).err(), Some(DecodeError::NewerFormat { found: 3, supported: 2 }));
        assert_eq!(Reader::versioned(&[0], 2).err(), Some(DecodeError::Invalid("format version")));
        assert_eq!(Reader::versioned(&[], 2).err(), Some(DecodeError::Truncated));
    }
}
