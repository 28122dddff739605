//! What the filter of a rule covers: names to publish to and filters to subscribe to.

use crate::Permission;

/// Whether the filter of a rule covers a topic: a name, or a filter that a client wants to subscribe to.
///
/// A name is covered if the filter selects it (MQTT 5.0 §4.7). A filter is covered by the same comparison, level by level:
/// `t/#` covers `t/+/x` and `t/+` covers itself. One case has two sides to be on: `+` selects names of one level, and the
/// `#` of a client selects any number of them. So `t/+` of a rule that allows does not cover `t/#`, which would select more
/// than was allowed; and `t/+` of a rule that denies covers it, because `t/#` would select all that is denied.
pub(crate) fn covers(permission: Permission, filter: &[u8], topic: &[u8]) -> bool {
    // [MQTT-4.7.2-1]
    if topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#')) {
        return false;
    }
    let (mut filter, mut topic) = (filter, topic);
    loop {
        // Both are at the beginning of a level.
        match filter {
            [b'#'] | [b'#', b'/', ..] => return true,
            [b'+', after @ ..] if matches!(after, [] | [b'/', ..]) => {
                let level_bytes = topic.iter().position(|byte| *byte == b'/').unwrap_or(topic.len());
                let (level, rest) = topic.split_at(level_bytes);
                if level == b"#" && permission == Permission::Allow {
                    return false;
                }
                (filter, topic) = (after, rest);
            }
            _ => {
                let is_same = |(expected, byte): &(&u8, &u8)| expected == byte && **expected != b'/';
                let same_bytes = filter.iter().zip(topic).take_while(is_same).count();
                (filter, topic) = (&filter[same_bytes..], &topic[same_bytes..]);
            }
        }
        (filter, topic) = match (filter, topic) {
            ([], []) => return true,
            ([b'/', filter @ ..], [b'/', topic @ ..]) => (filter, topic),
            // The parent level is selected too: "a/#" selects "a" (§4.7.1.2).
            ([b'/', b'#'] | [b'/', b'#', b'/', ..], []) => return true,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Permission::{Allow, Deny};

    fn both(filter: &str, topic: &str) -> (bool, bool) {
        (covers(Allow, filter.as_bytes(), topic.as_bytes()), covers(Deny, filter.as_bytes(), topic.as_bytes()))
    }

    /// [MQTT-4.7.2-1]
    #[test]
    fn names_are_covered_as_subscriptions_select_them() {
        let names = ["a", "a/b", "a/b/c", "/", "/a", "a/", "a//c", "$SYS", "$SYS/a", "$SYS/a/b", "b"];
        let filters = ["#", "+", "a", "a/#", "a/+", "+/+", "+/b/#", "a/+/c", "$SYS/#", "$SYS/+", "/+", "+/", "a/b/c/#"];
        for (filter, name) in filters.iter().flat_map(|filter| names.map(|name| (filter, name))) {
            let expected = dunlin_topic::matches(filter, name);
            assert_eq!(both(filter, name), (expected, expected), "{filter} {name}");
        }
    }

    #[test]
    fn filters_are_covered_level_by_level() {
        for (filter, topic, expected) in [
            ("t/#", "t/+/x", true),
            ("t/#", "t/#", true),
            ("t/#", "t", true),
            ("t/+", "t/+", true),
            ("t/+/x", "t/+/x", true),
            ("#", "#", true),
            ("#", "+/#", true),
            ("#", "$SYS/#", false),
            ("+/#", "$SYS/#", false),
            ("t/1", "t/+", false),
            ("t/1", "t/#", false),
            ("t/1/#", "t/#", false),
            ("t/+/#", "t/#/#", true),
            ("+/+", "#", false),
        ] {
            let (is_allowed, is_denied) = both(filter, topic);
            assert_eq!(is_denied, expected || filter == "t/+/#", "{filter} {topic}");
            assert_eq!(is_allowed, expected && filter != "t/+/#", "{filter} {topic}");
        }
    }

    #[test]
    fn one_level_does_not_allow_all_of_them_but_denies_them() {
        for (filter, topic) in [("t/+", "t/#"), ("+", "#"), ("+/+", "+/#"), ("t/+/x/+", "t/a/x/#")] {
            assert_eq!(both(filter, topic), (false, true), "{filter} {topic}");
        }
    }
}
