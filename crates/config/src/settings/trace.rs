//! `trace`: how much may be traced.

use crate::rule::{Bytes, Whole};
use crate::section::Section;

/// `trace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// `max_traces`: traces there may be, those too that are over, 1 to 1000, default 30.
    pub max_traces: u32,
    /// `max_file_size`: bytes of the file of one trace, 1 KB to 16 GB, default 128 MB.
    pub max_file_size_bytes: u64,
}

impl Default for Trace {
    fn default() -> Self {
        Self { max_traces: 30, max_file_size_bytes: 128 << 20 }
    }
}

impl Trace {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Each trace says itself how it shows payloads.
        section.ignored(&["payload_encode"]);
        Self {
            max_traces: section.value("max_traces", &Whole(1..=1000), default.max_traces),
            max_file_size_bytes: section.value(
                "max_file_size",
                &Bytes(1024..=16_u64 << 30),
                default.max_file_size_bytes,
            ),
        }
    }
}
