//! The summary of a queue as a value of the key-value store.
//!
//! ```text
//! format version, 1 | head | tail | sent to | bytes | open entries | count, holes: from, below
//! ```
//! Integers after the version are LEB128.

use super::{POSITION_MAX, Queue, Resident, holes::Holes};
use crate::{
    DecodeError,
    wire::{Reader, put_varint},
};

const FORMAT: u8 = 1;

impl Queue {
    /// The stored form of the summary.
    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(24);
        value.push(FORMAT);
        let fields = [self.head, self.tail, self.sent_to(), self.bytes, u64::from(self.len)];
        fields.iter().for_each(|&field| put_varint(&mut value, field));
        let holes = self.resident.iter().flat_map(|resident| resident.holes.iter());
        put_varint(&mut value, holes.clone().count() as u64);
        for hole in holes {
            put_varint(&mut value, hole.start);
            put_varint(&mut value, hole.end);
        }
        value
    }

    /// A queue none of whose chunks is in memory.
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(value, FORMAT)?;
        let (head, tail, sent_to) = (reader.varint()?, reader.varint()?, reader.varint()?);
        let (bytes, len) = (reader.varint()?, reader.varint_u32()?);
        if head > tail || tail > POSITION_MAX || sent_to > tail {
            return Err(DecodeError::Invalid("positions of a queue"));
        }
        let mut holes = Holes::default();
        for _ in 0..reader.count(2)? {
            let hole = reader.varint()?..reader.varint()?;
            if hole.is_empty() || hole.start < head || hole.end > tail {
                return Err(DecodeError::Invalid("hole of a queue"));
            }
            holes.add(hole);
        }
        reader.finish()?;
        let resident = (!holes.is_empty()).then(|| Box::new(Resident { holes, ..Resident::default() }));
        Ok(Self { head, tail, sent_to, bytes, len, resident, stored: true, ..Self::default() })
    }
}
