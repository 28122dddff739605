//! Topic names: what a PUBLISH may carry (MQTT 5.0 §4.7).

use crate::TopicError;

/// Longest topic name or filter, in bytes: the length prefix on the wire has 16 bits [MQTT-4.7.3-3].
pub const MAX_TOPIC_BYTES: usize = 65_535;

/// Checks a topic name.
///
/// # Errors
/// It is empty, too long, or contains U+0000, `+` or `#`.
// [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3]
#[inline]
pub fn validate_name(name: &str) -> Result<(), TopicError> {
    // Every PUBLISH comes through here. One pass without a way out: names are short and nearly always good.
    let suspect = name.bytes().fold(false, |found, byte| found | (byte == 0) | (byte == b'+') | (byte == b'#'));
    if !suspect && !name.is_empty() && name.len() <= MAX_TOPIC_BYTES {
        return Ok(());
    }
    check_text(name)?;
    Err(TopicError::WildcardInName)
}

/// The number of levels of a name or filter: one more than it has slashes.
#[must_use]
pub fn level_count(topic: &str) -> usize {
    1 + topic.bytes().filter(|byte| *byte == b'/').count()
}

/// The rules that hold for names and filters alike.
pub(crate) fn check_text(text: &str) -> Result<(), TopicError> {
    if text.is_empty() {
        Err(TopicError::Empty)
    } else if text.len() > MAX_TOPIC_BYTES {
        Err(TopicError::TooLong)
    } else if text.as_bytes().contains(&0) {
        Err(TopicError::NullCharacter)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-4.7.3-3], [MQTT-3.3.2-2]
    #[test]
    fn mqtt_4_7_3_names_are_checked() {
        let longest = "x".repeat(MAX_TOPIC_BYTES);
        let too_long = "x".repeat(MAX_TOPIC_BYTES + 1);
        for (name, expected) in [
            ("a", Ok(())),
            ("/", Ok(())),
            ("//", Ok(())),
            ("a/b c/ä/", Ok(())),
            ("$SYS/x", Ok(())),
            (longest.as_str(), Ok(())),
            ("", Err(TopicError::Empty)),
            (too_long.as_str(), Err(TopicError::TooLong)),
            ("a/\0", Err(TopicError::NullCharacter)),
            ("a/+", Err(TopicError::WildcardInName)),
            ("a+b", Err(TopicError::WildcardInName)),
            ("#", Err(TopicError::WildcardInName)),
        ] {
            assert_eq!(validate_name(name), expected, "{:?}", name.get(..20).unwrap_or(name));
        }
    }

    #[test]
    fn levels_are_one_more_than_slashes() {
        for (topic, levels) in [("a", 1), ("/", 2), ("a/b", 2), ("/a/", 3)] {
            assert_eq!(level_count(topic), levels, "{topic}");
        }
    }
}
