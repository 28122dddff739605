//! A layer whose first bytes were looked at before they were given to anybody.

use crate::{Naming, layer::Layer};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use std::io::{self, IoSlice, Read, Write};

/// Bytes read at once while looking.
const PEEK_BYTES: usize = 4 * 1024;

/// A layer, and what was read from it in advance: that comes first.
pub(crate) struct Peeked<L> {
    below: L,
    /// Not given yet.
    seen: Vec<u8>,
    /// Something was given from `seen`: whether there is more below is known only after asking.
    may_have_more: bool,
}

impl<L: Layer> Peeked<L> {
    /// Nothing was looked at yet.
    pub(crate) fn new(below: L) -> Self {
        Self { below, seen: Vec::new(), may_have_more: false }
    }

    /// What was looked at.
    pub(crate) fn seen(&self) -> &[u8] {
        &self.seen
    }

    /// Looks at more, once; so many bytes more are to be seen now.
    pub(crate) fn look(&mut self) -> io::Result<usize> {
        let mut buffer = [0; PEEK_BYTES];
        let count = self.below.read(&mut buffer)?;
        self.seen.extend_from_slice(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl<L: Layer> Read for Peeked<L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.may_have_more = false;
        if self.seen.is_empty() || buffer.is_empty() {
            return self.below.read(buffer);
        }
        let count = buffer.len().min(self.seen.len());
        buffer[..count].copy_from_slice(&self.seen[..count]);
        if count == self.seen.len() {
            self.seen = Vec::new();
        } else {
            self.seen.drain(..count);
        }
        self.may_have_more = true;
        Ok(count)
    }
}

impl<L: Layer> Write for Peeked<L> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.below.write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.below.write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

impl<L: Layer> Layer for Peeked<L> {
    type Wire = L::Wire;

    fn wire(&mut self) -> &mut L::Wire {
        self.below.wire()
    }

    fn has_pending_read(&self) -> bool {
        self.may_have_more || !self.seen.is_empty() || self.below.has_pending_read()
    }

    fn wants_write(&self) -> bool {
        self.below.wants_write()
    }

    fn stage(&self) -> Stage {
        self.below.stage()
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        self.below.take_facts(naming)
    }

    fn ending(&self) -> Option<LayerEnding> {
        self.below.ending()
    }

    fn farewell(&mut self) -> bool {
        self.below.farewell()
    }
}
