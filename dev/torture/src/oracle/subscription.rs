//! One subscription of one session, and what is known about when it held.
//!
//! Between the request and its answer nobody outside the broker can tell: then it may hold, and nothing is owed.

use super::Moment;
use super::stream::Sent;
use dunlin_model::Qos;

#[derive(Clone, Debug)]
pub(super) struct Subscription {
    /// As it was asked for, `$share/<group>/` included.
    pub(super) filter: String,
    pub(super) qos: Qos,
    /// SUBSCRIBE was sent: it may hold from here on.
    pub(super) asked_at: Moment,
    /// SUBACK came: it holds from here on.
    pub(super) granted_at: Option<Moment>,
    /// UNSUBSCRIBE or a clean start was sent: it may have ended from here on.
    pub(super) end_asked_at: Option<Moment>,
    /// UNSUBACK came: it has ended.
    pub(super) ended_at: Option<Moment>,
}

impl Subscription {
    pub(super) fn asked(filter: &str, qos: Qos, asked_at: Moment) -> Self {
        Self { filter: filter.to_owned(), qos, asked_at, granted_at: None, end_asked_at: None, ended_at: None }
    }

    pub(super) fn is_shared(&self) -> bool {
        self.filter.starts_with("$share/")
    }

    pub(super) fn matches(&self, topic: &str) -> bool {
        let filter = match self.filter.strip_prefix("$share/").and_then(|rest| rest.split_once('/')) {
            Some((_, filter)) => filter,
            None => &self.filter,
        };
        matches(filter, topic)
    }

    /// Since when it surely holds, if it does now.
    pub(super) fn holds_since(&self) -> Option<Moment> {
        self.granted_at.filter(|_| self.end_asked_at.is_none())
    }

    /// Whether a message may have been routed to it.
    pub(super) fn may_get(&self, sent: &Sent) -> bool {
        let routed_before = sent.completed_at.is_some_and(|completed| completed < self.asked_at);
        !routed_before && !self.has_ended_before(sent)
    }

    /// Whether a message was sent when it had ended.
    pub(super) fn has_ended_before(&self, sent: &Sent) -> bool {
        self.ended_at.is_some_and(|ended| ended < sent.at)
    }

    /// Whether a message has to be routed to it.
    pub(super) fn must_get(&self, sent: &Sent) -> bool {
        self.holds_since().is_some_and(|since| since < sent.at)
    }
}

/// Whether a topic matches a filter (MQTT 5.0 §4.7). Written anew, because the broker's own is under test.
fn matches(filter: &str, topic: &str) -> bool {
    let mut levels = topic.split('/');
    for part in filter.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_match_level_by_level() {
        for (filter, topic, expected) in [
            ("a/b", "a/b", true),
            ("a/+", "a/b", true),
            ("a/#", "a/b/c", true),
            ("a/#", "a", true),
            ("#", "a/b", true),
            ("a/b", "a", false),
            ("a", "a/b", false),
            ("a/+", "a/b/c", false),
            ("a/+", "a", false),
            ("b/#", "a/b", false),
        ] {
            assert_eq!(matches(filter, topic), expected, "{filter} {topic}");
            let shared = Subscription::asked(&format!("$share/group/{filter}"), Qos::AtLeastOnce, 0);
            assert!(shared.is_shared() && shared.matches(topic) == expected, "{filter} {topic}");
        }
    }
}
