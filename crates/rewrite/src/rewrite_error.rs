//! Why a rule makes no sense.

use dunlin_topic::TopicError;

/// Why a rule makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RewriteError {
    /// The source is no filter.
    #[error("source_topic is no topic filter: {0}")]
    Source(TopicError),
    /// The expression is none, or too large.
    #[error("re is no regular expression that is understood here: {0}")]
    Pattern(String),
    /// Messages would get topics with wildcards.
    #[error("dest_topic has a wildcard, and no message can have one in its topic")]
    WildcardInDestination,
    /// Nothing would be left of a topic.
    #[error("dest_topic is empty")]
    EmptyDestination,
}
