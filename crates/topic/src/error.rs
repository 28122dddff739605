//! Why a text is not a topic name or a topic filter.

/// What is wrong with a topic name or a topic filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// There is no text [MQTT-4.7.3-1].
    #[error("topic is empty")]
    Empty,
    /// The text has more than 65,535 bytes [MQTT-4.7.3-3].
    #[error("topic is longer than 65,535 bytes")]
    TooLong,
    /// The text contains U+0000 [MQTT-4.7.3-2].
    #[error("topic contains the null character")]
    NullCharacter,
    /// A topic name contains `+` or `#` [MQTT-4.7.1-1].
    #[error("topic name contains a wildcard")]
    WildcardInName,
    /// `#` is not the whole last level [MQTT-4.7.1-1], or `+` not a whole level [MQTT-4.7.1-2].
    #[error("wildcard is not alone in its level, or '#' is not the last level")]
    MisplacedWildcard,
    /// The group of a shared subscription is empty or contains `+` or `#` [MQTT-4.8.2-1], [MQTT-4.8.2-2].
    #[error("shared subscription has no valid group name")]
    InvalidGroup,
    /// `$share/{group}`, `$queue` or `$exclusive` is not followed by a filter.
    #[error("subscription prefix is not followed by a topic filter")]
    MissingFilter,
    /// A subscription prefix follows another one.
    #[error("subscription prefixes cannot be combined")]
    NestedPrefix,
}
