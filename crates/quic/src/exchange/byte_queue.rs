//! Bytes in at one end, out at the other, always in one piece; owns no memory while it is empty.

/// Bytes taken in front are moved out of the way from this many on.
const COMPACT_FROM_BYTES: usize = 4096;

/// A queue of bytes.
#[derive(Debug, Default)]
pub(crate) struct ByteQueue {
    bytes: Vec<u8>,
    taken: usize,
}

impl ByteQueue {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len() - self.taken
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes that many from the front, or all there are.
    pub(crate) fn take(&mut self, count: usize) {
        self.taken += count.min(self.len());
        if self.is_empty() {
            *self = Self::default();
        } else if self.taken >= COMPACT_FROM_BYTES && self.taken >= self.bytes.len() / 2 {
            self.bytes.drain(..self.taken);
            self.taken = 0;
        }
    }

    /// Overwrites bytes that have been pushed, `from_end` bytes before the end.
    pub(crate) fn patch(&mut self, from_end: usize, bytes: &[u8]) {
        let at = self.bytes.len().checked_sub(from_end);
        let place = at.and_then(|at| self.bytes.get_mut(at..)).and_then(|rest| rest.get_mut(..bytes.len()));
        if let Some(place) = place {
            place.copy_from_slice(bytes);
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
