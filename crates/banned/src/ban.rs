//! One ban.

use crate::Who;

/// One ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Whom it is about.
    pub who: Who,
    /// What is known of it beside that.
    pub terms: Terms,
}

/// By whom somebody was banned, why, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// `by`: who banned them.
    pub by: Box<str>,
    /// `reason`, for people; may be empty.
    pub reason: Box<str>,
    /// `at`: since when, in seconds since 1970.
    pub at: u64,
    /// `until`: from this second on it is over; `None` is never (written `infinity`).
    pub until: Option<u64>,
}

impl Terms {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, now: u64) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}
