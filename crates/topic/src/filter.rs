//! Topic filters: names in which whole levels may be wildcards (MQTT 5.0 §4.7.1).

use crate::{TopicError, name::check_text};

/// Checks a topic filter, without regard to `$share` and the other prefixes: see
/// [`SubscriptionFilter`](crate::SubscriptionFilter) for those.
///
/// # Errors
/// It is empty, too long, contains U+0000, or a wildcard stands where none may.
// [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3]
pub fn validate_filter(filter: &str) -> Result<(), TopicError> {
    check_text(filter)?;
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let is_placed = match level {
            // [MQTT-4.7.1-2]: a whole level, anywhere.
            "+" => true,
            // [MQTT-4.7.1-1]: a whole level, and the last.
            "#" => levels.peek().is_none(),
            literal => !literal.bytes().any(|byte| matches!(byte, b'+' | b'#')),
        };
        if !is_placed {
            return Err(TopicError::MisplacedWildcard);
        }
    }
    Ok(())
}

/// Whether a valid filter contains a wildcard.
#[must_use]
pub fn has_wildcard(filter: &str) -> bool {
    filter.bytes().any(|byte| matches!(byte, b'+' | b'#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-1], [MQTT-4.7.3-2]
    #[test]
    fn mqtt_4_7_1_wildcards_stand_alone_in_their_level() {
        for filter in ["#", "+", "/", "a", "a/#", "+/#", "/#", "/+", "+/", "+/a/+", "a//b", "$SYS/#", "a b/ä"] {
            assert_eq!(validate_filter(filter), Ok(()), "{filter}");
        }
        for filter in ["a#", "a/#/b", "#/", "a+", "+/a+", "+a/b", "##", "++", "+#", "a/b#/c", "#/#"] {
            assert_eq!(validate_filter(filter), Err(TopicError::MisplacedWildcard), "{filter}");
        }
        assert_eq!(validate_filter(""), Err(TopicError::Empty));
        assert_eq!(validate_filter("a/\0/#"), Err(TopicError::NullCharacter));
        assert_eq!(validate_filter(&"+/".repeat(32_767)), Ok(()));
        assert_eq!(validate_filter(&"+/".repeat(32_768)), Err(TopicError::TooLong));
    }

    #[test]
    fn finds_wildcards() {
        for (filter, expected) in [("a/b", false), ("$SYS", false), ("+", true), ("a/#", true), ("a/+/b", true)] {
            assert_eq!(has_wildcard(filter), expected, "{filter}");
        }
    }
}
