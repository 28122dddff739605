//! A topic of a rule as it is for one client.

use dunlin_topic::MAX_TOPIC_BYTES;
use smallvec::SmallVec;

/// A topic of a rule as it is for one client. Most are short enough to need no allocation.
#[derive(Default)]
pub(super) struct FilledTopic {
    bytes: SmallVec<[u8; 256]>,
    level_start: usize,
    /// Something is missing in this level, so that it stands for any: what belongs to it is left out up to its end.
    is_level_open: bool,
    has_open_level: bool,
}

impl FilledTopic {
    /// Appends a text, which may bring more levels.
    pub(super) fn add(&mut self, text: &str) {
        let mut levels = text.split('/');
        let first = levels.next().unwrap_or_default();
        if !self.is_level_open {
            self.bytes.extend_from_slice(first.as_bytes());
        }
        for level in levels {
            self.bytes.push(b'/');
            self.level_start = self.bytes.len();
            self.is_level_open = false;
            self.bytes.extend_from_slice(level.as_bytes());
        }
    }

    /// Makes the level that is being written stand for any.
    pub(super) fn open_level(&mut self) {
        self.bytes.truncate(self.level_start);
        self.bytes.push(b'+');
        self.is_level_open = true;
        self.has_open_level = true;
    }

    pub(super) const fn has_open_level(&self) -> bool {
        self.has_open_level
    }

    /// Whether it is longer than any topic. Rules of many placeholders and clients with long names must not meet for free.
    pub(super) fn is_too_long(&self) -> bool {
        self.bytes.len() > MAX_TOPIC_BYTES
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
