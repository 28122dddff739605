//! How much one call may do.

/// How much one call for a page may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// Messages in a page, at most (and one at least).
    pub max_messages: usize,
    /// Topics to look at, at most (and one at least), be they selected or not.
    pub max_visited: usize,
}

impl Default for PageLimits {
    /// The batch size that EMQX reads with, and looks at four times as many topics at most: about a millisecond.
    fn default() -> Self {
        Self { max_messages: 1_000, max_visited: 4_000 }
    }
}
