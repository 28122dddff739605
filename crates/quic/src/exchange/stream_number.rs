//! Which stream of a connection.

/// A stream's number in its connection; numbers grow and do not come again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct StreamNumber(pub(crate) u64);

impl StreamNumber {
    /// The first stream of the client.
    pub(crate) const CONTROL: Self = Self(0);

    pub(crate) fn is_control(self) -> bool {
        self == Self::CONTROL
    }
}
