//! Lists that come page by page.

use dunlin_auth_built_in_database::{Page, PageQuery};
use serde::Deserialize;
use serde_json::{Value, json};

/// Entries on one page, unless more or fewer are asked for.
const LIMIT_DEFAULT: usize = 100;

/// Entries on one page at most: an answer is one line.
const LIMIT_MAX: usize = 1_000;

/// Which page of a list is wanted.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Paging {
    /// Only those with this in their names.
    like: Option<String>,
    /// From 1.
    page: Option<usize>,
    limit: Option<usize>,
}

impl Paging {
    pub(super) fn query(&self) -> PageQuery {
        PageQuery { page: self.page(), limit: self.limit(), like: self.like.clone().unwrap_or_default() }
    }

    /// The page as EMQX's API gives it. The count is missing where nobody knows it.
    pub(super) fn answer<T>(&self, page: Page<T>, show: impl Fn(T) -> Value) -> Value {
        let mut meta = json!({"page": self.page(), "limit": self.limit(), "hasnext": page.has_next});
        if let (Some(count), Some(meta)) = (page.count, meta.as_object_mut()) {
            meta.insert("count".to_owned(), count.into());
        }
        json!({"data": page.data.into_iter().map(show).collect::<Vec<_>>(), "meta": meta})
    }

    fn page(&self) -> usize {
        self.page.unwrap_or(1).max(1)
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX)
    }
}
