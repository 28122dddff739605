//! What became of a message that was given to the store.

/// What became of a message that was given to the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreOutcome {
    /// It is the first one of its topic.
    Stored,
    /// It took the place of the one that its topic had.
    Replaced,
    /// Its topic had a message and has none now: this one is empty, or its life was over on arrival.
    Removed,
    /// Its topic had no message and still has none, for the same reasons.
    Nothing,
    /// It would have been one topic too many. Nothing is changed.
    RejectedTableFull,
    /// Its payload is too long to be kept. Nothing is changed.
    RejectedPayloadTooLarge,
}

impl StoreOutcome {
    /// Whether the table is as it was before.
    #[must_use]
    pub const fn is_unchanged(self) -> bool {
        !matches!(self, Self::Stored | Self::Replaced | Self::Removed)
    }
}
