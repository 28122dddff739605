//! One filter against one name: the plain reading of MQTT 5.0 §4.7, which the indexes are tested against.

/// Whether a valid filter selects a valid topic name. Levels are compared byte by byte: no folding of case, no Unicode
/// normalisation [MQTT-4.7.3-4].
#[must_use]
pub fn matches(filter: &str, topic: &str) -> bool {
    // [MQTT-4.7.2-1]
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for level in filter.split('/') {
        match level {
            // The parent level is selected too: "a/#" selects "a" (§4.7.1.2).
            "#" => return true,
            "+" if levels.next().is_some() => {}
            literal if levels.next() == Some(literal) => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of §4.7.1 and some of our own. [MQTT-4.7.1-1], [MQTT-4.7.1-2], [MQTT-4.7.3-4]
    #[test]
    fn mqtt_4_7_1_filters_select_names() {
        for (filter, topic, expected) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/ranking", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/tennis/player1/#", "sport/tennis/player10", false),
            ("sport/#", "sport", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("+/tennis/#", "sport/tennis", true),
            ("+/#", "a", true),
            ("#", "/", true),
            ("a/+/c", "a//c", true),
            ("a/b", "a/b/c", false),
            ("a/b/c", "a/b", false),
            ("ACCOUNTS", "Accounts", false),
            ("a/", "a", false),
            ("\u{e9}", "e\u{301}", false),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} against {topic}");
        }
    }

    /// [MQTT-4.7.2-1]
    #[test]
    fn mqtt_4_7_2_1_leading_wildcards_do_not_select_dollar_names() {
        for (filter, topic, expected) in [
            ("#", "$SYS/a", false),
            ("+/a", "$SYS/a", false),
            ("+/#", "$SYS", false),
            ("+", "$x", false),
            ("$SYS/#", "$SYS/a", true),
            ("$SYS/+", "$SYS/a", true),
            ("a/+", "a/$b", true),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} against {topic}");
        }
    }
}
