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
    /// The batch size that EMQX reads with, and looks at no more than ten times as many topics.
    fn default() -> Self {
        Self { max_messages: 1_000, max_visited: 10_000 }
    }
}
