//! How much a text may cost.

/// Limits of one [`Reader`](crate::Reader). Every one of them is an error with its place when it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// All texts together, includes too, in bytes. Default 4 MiB.
    pub max_text_bytes: usize,
    /// Objects and lists inside each other, each part of `a.b.c` counted as one. Default and most 64.
    pub max_depth: usize,
    /// Files that include each other. Default 16.
    pub max_include_depth: usize,
    /// Values after substitution, and the steps it takes to find them. Default 500,000.
    pub max_nodes: usize,
    /// All texts of values after substitution, in bytes. Default 16 MiB.
    pub max_value_bytes: usize,
}

impl Limits {
    /// The most that [`Limits::max_depth`] may be: reading is recursive, and the stack of a thread is not endless.
    pub(crate) const DEEPEST: usize = 64;

    pub(crate) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEEPEST)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_text_bytes: 4 << 20,
            max_depth: Self::DEEPEST,
            max_include_depth: 16,
            max_nodes: 500_000,
            max_value_bytes: 16 << 20,
        }
    }
}
