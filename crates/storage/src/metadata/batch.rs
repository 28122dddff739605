//! Changes that are made together.

use super::frame::{FrameKind, FrameWriter};

/// Changes to any tables, in order: a later one overrules an earlier one. It is kept as the frame that goes into the log, so
/// that what is applied and what is replayed is the same.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MetadataBatch {
    /// None while it is empty.
    frame: Option<FrameWriter>,
}

impl MetadataBatch {
    /// Gives a key of a table a value. A table begins to exist with its first key.
    pub fn set(&mut self, table: &str, key: &[u8], value: &[u8]) {
        self.frame().set(table, key, value);
    }

    /// Removes a key from a table, if it is there.
    pub fn remove(&mut self, table: &str, key: &[u8]) {
        self.frame().remove(table, key);
    }

    /// Removes all keys of a table.
    pub fn clear(&mut self, table: &str) {
        self.frame().clear(table);
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frame.is_none()
    }

    /// Empty where the batch is.
    pub(super) fn as_frame(&self) -> &[u8] {
        self.frame.as_ref().map_or(&[], FrameWriter::bytes)
    }

    fn frame(&mut self) -> &mut FrameWriter {
        self.frame.get_or_insert_with(|| FrameWriter::new(FrameKind::Batch))
    }
}

/// Without keys and values, which are secret.
impl std::fmt::Debug for MetadataBatch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MetadataBatch").field("bytes", &self.as_frame().len()).finish()
    }
}
