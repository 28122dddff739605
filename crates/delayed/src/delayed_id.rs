//! The name of a delayed message.

/// The name of a delayed message, never given to another one. Later messages have greater ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DelayedId(pub u64);
