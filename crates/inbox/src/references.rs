//! How many queue entries still need a body in each segment of the log.

use crate::{
    DecodeError, Place,
    wire::{Reader, put_varint},
};
use std::collections::BTreeMap;

const FORMAT: u8 = 2;

/// Live references per segment; a segment without an entry here has none.
///
/// Stored as: format version | count | segment, references, bytes; integers are LEB128. Version 1 had no bytes; they count
/// as none then.
#[derive(Debug, Default)]
pub(crate) struct References {
    by_segment: BTreeMap<u32, Count>,
    pub(crate) changed: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    references: u64,
    /// Stored bytes of the bodies, once for each reference.
    bytes: u64,
}

impl References {
    pub(crate) fn add(&mut self, place: Place) {
        let count = self.by_segment.entry(place.segment).or_default();
        count.references += 1;
        count.bytes = count.bytes.saturating_add(place.len.into());
        self.changed = true;
    }

    pub(crate) fn remove(&mut self, place: Place) {
        if let Some(count) = self.by_segment.get_mut(&place.segment) {
            count.references -= 1;
            count.bytes = count.bytes.saturating_sub(place.len.into());
            if count.references == 0 {
                self.by_segment.remove(&place.segment);
            }
            self.changed = true;
        }
    }

    pub(crate) fn of(&self, segment: u32) -> u64 {
        self.by_segment.get(&segment).map_or(0, |count| count.references)
    }

    pub(crate) fn bytes_of(&self, segment: u32) -> u64 {
        self.by_segment.get(&segment).map_or(0, |count| count.bytes)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        self.by_segment.iter().map(|(&segment, count)| (segment, count.references))
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        put_varint(&mut value, self.by_segment.len() as u64);
        for (&segment, count) in &self.by_segment {
            put_varint(&mut value, u64::from(segment));
            put_varint(&mut value, count.references);
            put_varint(&mut value, count.bytes);
        }
        value
    }

    pub(crate) fn from_value(value: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(value, FORMAT)?;
        let has_bytes = value.first() != Some(&1);
        let mut by_segment = BTreeMap::new();
        for _ in 0..reader.count(if has_bytes { 3 } else { 2 })? {
            let segment = reader.varint_u32()?;
            let references = reader.varint()?;
            if references == 0 {
                return Err(DecodeError::Invalid("number of references"));
            }
            let bytes = if has_bytes { reader.varint()? } else { 0 };
            by_segment.insert(segment, Count { references, bytes });
        }
        reader.finish()?;
        Ok(Self { by_segment, changed: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_bytes_are_stored() {
        let mut references = References::default();
        for (segment, len) in [(3, 100), (3, 50), (9, 7)] {
            references.add(Place { segment, offset: 0, len });
        }
        references.remove(Place { segment: 3, offset: 0, len: 100 });
        let value = references.value();
        assert_eq!(value, [2, 2, 3, 1, 50, 9, 1, 7]);
        let loaded = References::from_value(&value).expect("it was just written");
        assert!(loaded.iter().eq([(3, 1), (9, 1)]));
        assert_eq!((loaded.bytes_of(3), loaded.bytes_of(9), loaded.bytes_of(4)), (50, 7, 0));
    }

    #[test]
    fn the_first_format_is_read() {
        let loaded = References::from_value(&[1, 2, 3, 1, 9, 5]).expect("it is valid");
        assert!(loaded.iter().eq([(3, 1), (9, 5)]));
        assert_eq!(loaded.bytes_of(9), 0);
    }
}
