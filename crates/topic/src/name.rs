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
    // Every PUBLISH comes through here, and names are nearly always good.
    if !name.is_empty() && name.len() <= MAX_TOPIC_BYTES && !has_suspect(name.as_bytes()) {
        return Ok(());
    }
    check_text(name)?;
    Err(TopicError::WildcardInName)
}

/// Whether a byte is U+0000, `+` or `#`. Whole blocks without a branch inside, which become vector instructions; the last block
/// overlaps the one before it, instead of a loop over what is left.
#[inline]
fn has_suspect(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        blocks.iter().fold(any_suspect(last), |found, block| found | any_suspect(block))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        any_suspect(first) | any_suspect(last)
    } else {
        bytes.iter().any(is_suspect)
    }
}

#[inline]
fn any_suspect<const N: usize>(block: &[u8; N]) -> bool {
    block.iter().fold(false, |found, byte| found | is_suspect(byte))
}

#[inline]
fn is_suspect(byte: &u8) -> bool {
    // No short circuit: the three comparisons are made for all bytes of a block at once.
    (*byte == 0) | (*byte == b'+') | (*byte == b'#')
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
    fn every_byte_is_judged_the_same_at_every_place() {
        for length in 1..=50 {
            for place in 0..length {
                for byte in 0..=0x7F {
                    let mut name = vec![b'a'; length];
                    name[place] = byte;
                    let name = String::from_utf8(name).expect("ASCII");
                    let expected = match byte {
                        0 => Err(TopicError::NullCharacter),
                        b'+' | b'#' => Err(TopicError::WildcardInName),
                        _ => Ok(()),
                    };
                    assert_eq!(validate_name(&name), expected, "{byte:02x} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn levels_are_one_more_than_slashes() {
        for (topic, levels) in [("a", 1), ("/", 2), ("a/b", 2), ("/a/", 3)] {
            assert_eq!(level_count(topic), levels, "{topic}");
        }
    }
}
