//! Where something lies in the log.

/// A byte of the log. Sorts in log order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Location {
    /// Number of the segment, from 1.
    pub segment: u32,
    /// Bytes from the start of its file.
    pub offset: u32,
}

impl Location {
    /// Before everything: where replay starts when there is no checkpoint.
    pub const START: Self = Self { segment: 0, offset: 0 };
}

impl std::fmt::Display for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.segment, self.offset)
    }
}
