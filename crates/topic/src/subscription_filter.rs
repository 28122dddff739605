//! What a SUBSCRIBE names: a topic filter, perhaps behind one of the prefixes that change who gets the messages.

use crate::{TopicError, has_wildcard, validate_filter};

/// The group that `$queue/{filter}` stands for. `$share/$queue/{filter}` is the same group.
pub const QUEUE_GROUP: &str = "$queue";

/// What a subscription filter may begin with that is not part of its topic filter.
pub const SUBSCRIPTION_PREFIXES: [&str; 3] = [SHARE_PREFIX, QUEUE_PREFIX, EXCLUSIVE_PREFIX];

const SHARE_PREFIX: &str = "$share/";
const QUEUE_PREFIX: &str = "$queue/";
const EXCLUSIVE_PREFIX: &str = "$exclusive/";

/// A parsed subscription filter, borrowed from the text of the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionFilter<'a> {
    /// Every subscriber gets every message.
    Plain {
        /// The topic filter.
        filter: &'a str,
    },
    /// `$share/{group}/{filter}` or `$queue/{filter}`: one member of the group gets each message (MQTT 5.0 §4.8.2).
    Shared {
        /// Name of the group; [`QUEUE_GROUP`] for `$queue/`. Groups of one name on different filters are different.
        group: &'a str,
        /// The topic filter behind the prefix.
        filter: &'a str,
    },
    /// `$exclusive/{filter}`: only one client at a time may hold it. Wildcards are allowed; what is exclusive is the
    /// filter as it is written.
    Exclusive {
        /// The topic filter behind the prefix.
        filter: &'a str,
    },
}

impl<'a> SubscriptionFilter<'a> {
    /// Takes the prefix off and checks the rest. A first level that only begins like a prefix (`$share`, `$shared/a`)
    /// is an ordinary level.
    ///
    /// # Errors
    /// The whole is not a valid filter text, the group name is not valid [MQTT-4.8.2-1], [MQTT-4.8.2-2], no filter
    /// follows the prefix, or another prefix does.
    pub fn parse(text: &'a str) -> Result<Self, TopicError> {
        if let Some(rest) = text.strip_prefix(SHARE_PREFIX) {
            // Checked first, so that a text that is too long or has U+0000 in its group is refused as such.
            crate::name::check_text(text)?;
            let (group, filter) = rest.split_once('/').ok_or(TopicError::MissingFilter)?;
            if group.is_empty() || has_wildcard(group) {
                return Err(TopicError::InvalidGroup);
            }
            Ok(Self::Shared { group, filter: inner_filter(filter)? })
        } else if let Some(filter) = text.strip_prefix(QUEUE_PREFIX) {
            Ok(Self::Shared { group: QUEUE_GROUP, filter: inner_filter(filter)? })
        } else if let Some(filter) = text.strip_prefix(EXCLUSIVE_PREFIX) {
            Ok(Self::Exclusive { filter: inner_filter(filter)? })
        } else {
            validate_filter(text)?;
            Ok(Self::Plain { filter: text })
        }
    }

    /// The topic filter without prefix: what names are matched against.
    #[must_use]
    pub const fn filter(&self) -> &'a str {
        match self {
            Self::Plain { filter } | Self::Shared { filter, .. } | Self::Exclusive { filter } => filter,
        }
    }

    /// The group of a shared subscription.
    #[must_use]
    pub const fn group(&self) -> Option<&'a str> {
        match self {
            Self::Shared { group, .. } => Some(group),
            Self::Plain { .. } | Self::Exclusive { .. } => None,
        }
    }

    /// Whether the filter contains a wildcard.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        has_wildcard(self.filter())
    }
}

fn inner_filter(filter: &str) -> Result<&str, TopicError> {
    if filter.is_empty() {
        return Err(TopicError::MissingFilter);
    }
    if SUBSCRIPTION_PREFIXES.iter().any(|prefix| filter.starts_with(prefix)) {
        return Err(TopicError::NestedPrefix);
    }
    validate_filter(filter)?;
    Ok(filter)
}

#[cfg(test)]
mod tests {
    use super::{SubscriptionFilter as Filter, *};

    #[test]
    fn prefixes_are_taken_off() {
        for (text, expected) in [
            ("a/+", Filter::Plain { filter: "a/+" }),
            ("$SYS/#", Filter::Plain { filter: "$SYS/#" }),
            ("$share", Filter::Plain { filter: "$share" }),
            ("$shared/g/t", Filter::Plain { filter: "$shared/g/t" }),
            ("$queue", Filter::Plain { filter: "$queue" }),
            ("a/$share/g/t", Filter::Plain { filter: "a/$share/g/t" }),
            ("$share/g/t", Filter::Shared { group: "g", filter: "t" }),
            ("$share/g//", Filter::Shared { group: "g", filter: "/" }),
            ("$share/g/a/+/#", Filter::Shared { group: "g", filter: "a/+/#" }),
            ("$share/g/$SYS/x", Filter::Shared { group: "g", filter: "$SYS/x" }),
            ("$queue/a/#", Filter::Shared { group: "$queue", filter: "a/#" }),
            ("$exclusive/a/b", Filter::Exclusive { filter: "a/b" }),
        ] {
            assert_eq!(Filter::parse(text), Ok(expected), "{text}");
        }
    }

    /// [MQTT-4.8.2-1], [MQTT-4.8.2-2]
    #[test]
    fn mqtt_4_8_2_1_and_2_bad_groups_and_filters_are_refused() {
        let long_group = format!("$share/{}/t", "g".repeat(65_530));
        for (text, expected) in [
            ("$share/", TopicError::MissingFilter),
            ("$share/g", TopicError::MissingFilter),
            ("$share/g/", TopicError::MissingFilter),
            ("$share//t", TopicError::InvalidGroup),
            ("$share/g+/t", TopicError::InvalidGroup),
            ("$share/#/t", TopicError::InvalidGroup),
            ("$share/g\0/t", TopicError::NullCharacter),
            ("$share/g/a#", TopicError::MisplacedWildcard),
            ("$share/g/$share/h/t", TopicError::NestedPrefix),
            ("$share/g/$queue/t", TopicError::NestedPrefix),
            ("$queue/$share/g/t", TopicError::NestedPrefix),
            ("$exclusive/$share/g/t", TopicError::NestedPrefix),
            ("$queue/", TopicError::MissingFilter),
            ("$exclusive/", TopicError::MissingFilter),
            ("$exclusive/#/a", TopicError::MisplacedWildcard),
            ("", TopicError::Empty),
            (long_group.as_str(), TopicError::TooLong),
        ] {
            assert_eq!(Filter::parse(text), Err(expected), "{:?}", text.get(..24).unwrap_or(text));
        }
    }

    #[test]
    fn parts_are_given_back() {
        let shared = Filter::parse("$share/g/a/+").unwrap();
        assert_eq!((shared.filter(), shared.group(), shared.is_wildcard()), ("a/+", Some("g"), true));
        let exclusive = Filter::parse("$exclusive/a").unwrap();
        assert_eq!((exclusive.filter(), exclusive.group(), exclusive.is_wildcard()), ("a", None, false));
    }
}
