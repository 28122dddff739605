//! How many queue entries still need a body in each segment of the log.

use crate::{
    DecodeError,
    wire::{Reader, put_varint},
};
use std::collections::BTreeMap;

const FORMAT: u8 = 1;

/// Live references per segment; a segment without an entry here has none.
///
/// Stored as: format version | count | segment, references; integers are LEB128.
#[derive(Debug, Default)]
pub(crate) struct References {
    by_segment: BTreeMap<u32, u64>,
    pub(crate) changed: bool,
}

impl References {
    pub(crate) fn add(&mut self, segment: u32) {
        *self.by_segment.entry(segment).or_default() += 1;
        self.changed = true;
    }

    pub(crate) fn remove(&mut self, segment: u32) {
        if let Some(count) = self.by_segment.get_mut(&segment) {
            *count -= 1;
            if *count == 0 {
                self.by_segment.remove(&segment);
            }
            self.changed = true;
        }
    }

    pub(crate) fn of(&self, segment: u32) -> u64 {
        self.by_segment.get(&segment).copied().unwrap_or(0)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        self.by_segment.iter().map(|(&segment, &count)| (segment, count))
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        put_varint(&mut value, self.by_segment.len() as u64);
        for (segment, count) in self.iter() {
            put_varint(&mut value, u64::from(segment));
            put_varint(&mut value, count);
        }
        value
    }

    pub(crate) fn from_value(value: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(value, FORMAT)?;
        let mut by_segment = BTreeMap::new();
        for _ in 0..reader.count(2)? {
            let segment = reader.varint_u32()?;
            match reader.varint()? {
                0 => return Err(DecodeError::Invalid("number of references")),
                count => by_segment.insert(segment, count),
            };
        }
        reader.finish()?;
        Ok(Self { by_segment, changed: false })
    }
}
