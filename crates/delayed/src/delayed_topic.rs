//! The topic prefix `$delayed/{seconds}/{topic}`.

use crate::{DelaySpec, DelayedTopicError};
use dunlin_topic::validate_name;

/// How the topic of a delayed message begins.
pub const DELAYED_PREFIX: &str = "$delayed/";

/// First levels that a delayed message may not have.
const RESERVED_LEVELS: [&str; 2] = ["$delayed", "$SYS"];

/// Splits the topic of a PUBLISH into when and where; `Ok(None)` is an ordinary topic. `$delayed` alone is one, too, as is
/// `$delayedx/1/a`.
///
/// # Errors
/// The topic begins with [`DELAYED_PREFIX`] and what follows is not a whole number of seconds, a slash and a topic name
/// outside `$delayed` and `$SYS`. Whether the time is near enough is for [`DelaySpec::due_at`] to say.
#[inline]
pub fn parse_topic(topic: &str) -> Result<Option<(DelaySpec, &str)>, DelayedTopicError> {
    // Every PUBLISH comes through here and hardly one goes on.
    match topic.strip_prefix(DELAYED_PREFIX) {
        None => Ok(None),
        Some(rest) => parse_rest(rest).map(Some),
    }
}

fn parse_rest(rest: &str) -> Result<(DelaySpec, &str), DelayedTopicError> {
    let (number, inner) = rest.split_once('/').unwrap_or((rest, ""));
    let spec = DelaySpec::parse(number)?;
    if inner.is_empty() {
        return Err(DelayedTopicError::MissingTopic);
    }
    // [MQTT-3.3.2-2], [MQTT-4.7.3-2], [MQTT-4.7.3-3]: what is published later is as good a name as any.
    validate_name(inner).map_err(DelayedTopicError::InvalidTopic)?;
    let first_level = inner.split('/').next().unwrap_or(inner);
    if RESERVED_LEVELS.contains(&first_level) {
        return Err(DelayedTopicError::ReservedTopic);
    }
    Ok((spec, inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_topic::TopicError;
    use proptest::prelude::*;

    #[test]
    fn ordinary_topics_are_left_alone() {
        for topic in ["", "a", "a/b", "/", "$delayed", "$delayedx/1/a", "$DELAYED/1/a", "/$delayed/1/a", "$SYS/a"] {
            assert_eq!(parse_topic(topic), Ok(None), "{topic}");
        }
    }

    #[test]
    fn a_delayed_topic_is_split_after_the_second_slash() {
        for (topic, spec, inner) in [
            ("$delayed/15/a", DelaySpec::After { secs: 15 }, "a"),
            ("$delayed/0/a/b/c", DelaySpec::After { secs: 0 }, "a/b/c"),
            ("$delayed/5//a", DelaySpec::After { secs: 5 }, "/a"),
            ("$delayed/5//", DelaySpec::After { secs: 5 }, "/"),
            ("$delayed/1700000000/15/a", DelaySpec::At { unix_secs: 1_700_000_000 }, "15/a"),
            ("$delayed/5/$delayedx/1", DelaySpec::After { secs: 5 }, "$delayedx/1"),
            ("$delayed/5/$SYSTEM/1", DelaySpec::After { secs: 5 }, "$SYSTEM/1"),
        ] {
            assert_eq!(parse_topic(topic), Ok(Some((spec, inner))), "{topic}");
        }
    }

    /// [MQTT-3.3.2-2], [MQTT-4.7.3-2]
    #[test]
    fn what_is_wrong_is_said() {
        for (topic, error) in [
            ("$delayed/", DelayedTopicError::InvalidDelay),
            ("$delayed//a", DelayedTopicError::InvalidDelay),
            ("$delayed/soon/a", DelayedTopicError::InvalidDelay),
            ("$delayed/-5/a", DelayedTopicError::InvalidDelay),
            ("$delayed/99999999999999999999/a", DelayedTopicError::TooFarAway),
            ("$delayed/5", DelayedTopicError::MissingTopic),
            ("$delayed/5/", DelayedTopicError::MissingTopic),
            ("$delayed/5/$delayed/5/a", DelayedTopicError::ReservedTopic),
            ("$delayed/5/$delayed", DelayedTopicError::ReservedTopic),
            ("$delayed/5/$SYS/uptime", DelayedTopicError::ReservedTopic),
            ("$delayed/5/a/+", DelayedTopicError::InvalidTopic(TopicError::WildcardInName)),
            ("$delayed/5/#", DelayedTopicError::InvalidTopic(TopicError::WildcardInName)),
            ("$delayed/5/a\0", DelayedTopicError::InvalidTopic(TopicError::NullCharacter)),
        ] {
            assert_eq!(parse_topic(topic), Err(error), "{topic}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_the_end_of_the_text_and_a_topic_name(text in "(\\$delayed/)?[0-9]{0,21}/?[a+#/$é]{0,6}") {
            if let Ok(Some((spec, inner))) = parse_topic(&text) {
                let number = match spec {
                    DelaySpec::After { secs } => u64::from(secs),
                    DelaySpec::At { unix_secs } => unix_secs,
                };
                let digits = text.strip_prefix(DELAYED_PREFIX).and_then(|rest| rest.strip_suffix(inner)).unwrap();
                prop_assert_eq!(digits.strip_suffix('/').unwrap().parse::<u64>(), Ok(number));
                prop_assert_eq!(validate_name(inner), Ok(()));
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _outcome = parse_topic(&format!("$delayed/{text}"));
        }
    }
}
