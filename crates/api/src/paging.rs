//! Answers in pages: `?page=2&limit=50` and `{"data": […], "meta": {"page": 2, "limit": 50, "count": 120, "hasnext": true}}`.

use crate::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The most objects of one page.
const LIMIT_MAX: u32 = 10_000;

/// Which page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct PageQuery {
    /// Number of the page, from 1.
    #[param(minimum = 1, default = 1)]
    pub page: u32,
    /// Objects of a page.
    #[param(minimum = 1, maximum = 10_000, default = 100)]
    pub limit: u32,
}

impl Default for PageQuery {
    fn default() -> Self {
        Self { page: 1, limit: 100 }
    }
}

impl PageQuery {
    /// The same, if there can be such a page.
    ///
    /// # Errors
    /// A [`Refusal`] otherwise.
    pub fn checked(self) -> Result<Self, Refusal> {
        if self.page == 0 {
            return Err(Refusal::bad_request("page: pages are counted from 1"));
        }
        if !(1..=LIMIT_MAX).contains(&self.limit) {
            return Err(Refusal::bad_request(format!("limit: must be from 1 to {LIMIT_MAX}")));
        }
        Ok(self)
    }

    /// How many objects are before the page.
    #[must_use]
    pub fn skip(self) -> usize {
        let skip = u64::from(self.page.saturating_sub(1)) * u64::from(self.limit);
        usize::try_from(skip).unwrap_or(usize::MAX)
    }

    /// How many objects a page has at most.
    #[must_use]
    pub const fn limit(self) -> usize {
        self.limit as usize
    }

    /// The page out of all objects.
    #[must_use]
    pub fn of<T>(self, all: Vec<T>) -> Page<T> {
        let count = all.len();
        let data = all.into_iter().skip(self.skip()).take(self.limit()).collect();
        Page::new(self, data, count)
    }
}

/// A page.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on it.
    pub data: Vec<T>,
    /// Which it is.
    pub meta: PageMeta,
}

/// Which page it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PageMeta {
    /// Number of the page, from 1.
    pub page: u32,
    /// Objects of a page.
    pub limit: u32,
    /// Objects on all pages; absent where nobody counted them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whether there is another page.
    pub hasnext: bool,
}

impl<T> Page<T> {
    /// A page of `count` objects.
    #[must_use]
    pub fn new(query: PageQuery, data: Vec<T>, count: usize) -> Self {
        let hasnext = query.skip().saturating_add(data.len()) < count && !data.is_empty();
        Self { data, meta: PageMeta { page: query.page, limit: query.limit, count: Some(count as u64), hasnext } }
    }

    /// A page of objects that were counted where `count` says so.
    #[must_use]
    pub fn counted_where_cheap(query: PageQuery, data: Vec<T>, count: Option<u64>, hasnext: bool) -> Self {
        Self { data, meta: PageMeta { page: query.page, limit: query.limit, count, hasnext } }
    }

    /// A page of objects that nobody counted.
    #[must_use]
    pub const fn uncounted(query: PageQuery, data: Vec<T>, hasnext: bool) -> Self {
        Self { data, meta: PageMeta { page: query.page, limit: query.limit, count: None, hasnext } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other() {
        let all: Vec<_> = (0..25).collect();
        let page = |page, limit| PageQuery { page, limit }.checked().unwrap().of(all.clone());
        assert_eq!((page(1, 10).data.len(), page(1, 10).meta.hasnext), (10, true));
        assert_eq!((page(3, 10).data, page(3, 10).meta.hasnext), ((20..25).collect(), false));
        assert_eq!((page(4, 10).data.len(), page(4, 10).meta.hasnext, page(4, 10).meta.count), (0, false, Some(25)));
        assert_eq!(page(u32::MAX, 10_000).data.len(), 0);
        for (page, limit) in [(0, 1), (1, 0), (1, 10_001)] {
            assert!(PageQuery { page, limit }.checked().is_err(), "{page} {limit}");
        }
    }
}
