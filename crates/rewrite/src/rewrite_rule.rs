//! A rule as it is written down.

/// A rule as it is written down: an entry of `rewrite`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewriteRule {
    /// What it is about.
    pub action: RewriteAction,
    /// A filter that selects topics.
    pub source_topic: String,
    /// What they become: text with `$1` for a part that the expression has captured, and `${clientid}` and `${username}`.
    pub dest_topic: String,
    /// A regular expression that the topic has to match somewhere.
    pub pattern: String,
}

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RewriteAction {
    /// Messages.
    Publish,
    /// Filters of SUBSCRIBE and UNSUBSCRIBE.
    Subscribe,
    /// Both.
    All,
}

impl RewriteAction {
    /// Whether it is about messages.
    #[must_use]
    pub const fn is_about_messages(self) -> bool {
        matches!(self, Self::Publish | Self::All)
    }

    /// Whether it is about filters.
    #[must_use]
    pub const fn is_about_filters(self) -> bool {
        matches!(self, Self::Subscribe | Self::All)
    }
}
