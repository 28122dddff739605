//! One page of a list.

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageQuery {
    /// `page`, counted from 1; 0 is taken for 1.
    pub page: usize,
    /// `limit`: how many on a page.
    pub limit: usize,
    /// `like_…`: only those whose name has this in it; all where it is empty.
    pub like: String,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { page: 1, limit: 100, like: String::new() }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// How many there are on all pages; `None` where all of them would have to be looked at to know.
    pub count: Option<usize>,
    /// Whether there is another page.
    pub has_next: bool,
}

impl PageQuery {
    /// The page of a list that was filtered already. `count` is the length of the whole list, where that is known.
    pub(crate) fn page_of<T>(&self, list: impl Iterator<Item = T>, count: Option<usize>) -> Page<T> {
        let first = self.page.saturating_sub(1).saturating_mul(self.limit);
        let mut rest = list.skip(first);
        let data = rest.by_ref().take(self.limit).collect();
        Page { data, count, has_next: rest.next().is_some() }
    }

    /// Whether a name, as it is stored, is wanted.
    pub(crate) fn is_for(&self, name: &[u8]) -> bool {
        let like = self.like.as_bytes();
        like.is_empty() || name.windows(like.len()).any(|window| window == like)
    }
}
