//! A topic of a rule as it is for one client.

use dunlin_topic::MAX_TOPIC_BYTES;
use smallvec::SmallVec;

/// A topic of a rule as it is for one client. Most are short enough to need no allocation.
#[derive(Default)]
pub(super) struct FilledTopic {
    bytes: SmallVec<[u8; 256]>,
    /// Something is missing in the last level, so that it stands for any: what belongs to it is left out up to its end.
    is_last_level_open: bool,
    has_open_level: bool,
}

impl FilledTopic {
    /// Appends a text, which may bring more levels.
    pub(super) fn add(&mut self, text: &str) {
        if !self.is_last_level_open {
            self.bytes.extend_from_slice(text.as_bytes());
        } else if let Some(slash) = text.find('/') {
            self.is_last_level_open = false;
            self.bytes.extend_from_slice(&text.as_bytes()[slash..]);
        }
    }

    /// Makes the last level stand for any.
    pub(super) fn open_level(&mut self) {
        let level_start = self.bytes.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        self.bytes.truncate(level_start);
        self.bytes.push(b'+');
        self.is_last_level_open = true;
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
