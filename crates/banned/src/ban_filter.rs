//! Which bans to list.

use crate::{Ban, Terms, Who, WhoKind};

/// Which bans to list: those for which everything here is true.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanFilter {
    /// They name somebody by this.
    pub kind: Option<WhoKind>,
    /// This is found in `who`.
    pub like: Option<String>,
    /// `by` is this.
    pub by: Option<String>,
}

impl BanFilter {
    /// Whether a ban is among them, but for its kind. `who` is made only where it is looked at.
    pub(crate) fn is_about(&self, who: &dyn Fn() -> Who, terms: &Terms) -> bool {
        self.by.as_deref().is_none_or(|by| *terms.by == *by)
            && self.like.as_deref().is_none_or(|like| who().text().contains(like))
    }
}

/// Some of the bans that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanPage {
    /// In order of their kind, and of whom they are about.
    pub bans: Vec<Ban>,
    /// How many there are in all.
    pub count: usize,
}
