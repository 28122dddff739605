//! The summary of a queue as a value of the key-value store.
//!
//! ```text
//! format version, 1 | head | tail | sent to | bytes | open entries | hole, from and below
//! ```
//! Integers after the version are LEB128.

use super::{POSITION_MAX, Queue, Resident};
use crate::{
    DecodeError,
    wire::{Reader, put_varint},
};

const FORMAT: u8 = 1;

impl Queue {
    /// The stored form of the summary.
    pub(crate) fn value(&self) -> Vec<u8> {
        let hole = self.resident.as_ref().map_or(0..0, |resident| resident.hole.clone());
        let mut value = Vec::with_capacity(24);
        value.push(FORMAT);
        let fields = [self.head, self.tail, self.sent_to, self.bytes, u64::from(self.len), hole.start, hole.end];
        fields.iter().for_each(|&field| put_varint(&mut value, field));
        value
    }

    /// A queue none of whose chunks is in memory.
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(value, FORMAT)?;
        let (head, tail, sent_to) = (reader.varint()?, reader.varint()?, reader.varint()?);
        let (bytes, len) = (reader.varint()?, reader.varint_u32()?);
        let hole = reader.varint()?..reader.varint()?;
        reader.finish()?;
        if head > tail || tail > POSITION_MAX || sent_to > tail {
            return Err(DecodeError::Invalid("positions of a queue"));
        }
        let has_hole = !hole.is_empty();
        if has_hole && (hole.start < head || hole.end > tail) {
            return Err(DecodeError::Invalid("hole of a queue"));
        }
        let resident = has_hole.then(|| Box::new(Resident { hole, ..Resident::default() }));
        Ok(Self { head, tail, sent_to, bytes, len, resident, stored: true, ..Self::default() })
    }
}
