//! What is known of one subscription, and which of them are wanted.

use dunlin_model::{ArcStr, ClientId, Qos, SubscriptionOptions};
use dunlin_topic::{SubscriptionFilter, matches};

/// One subscription of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionFacts {
    /// Whose.
    pub client_id: ClientId,
    /// Its filter as the router knows it: with `$share/{group}/` and the like in front, and the mountpoint behind that.
    pub filter: ArcStr,
    /// Its options, with the QoS that was granted.
    pub options: SubscriptionOptions,
    /// Its identifier; 0 is none.
    pub subscription_id: u32,
    /// Whether it is on disk.
    pub is_durable: bool,
}

/// Which subscriptions are wanted: those of which everything holds that is said here. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionQuery {
    /// Of this client.
    pub client_id: Option<String>,
    /// Granted with this.
    pub qos: Option<Qos>,
    /// Of this shared group.
    pub share_group: Option<String>,
    /// To exactly this, as it is shown or without what stands in front of it.
    pub filter: Option<String>,
    /// Whose filter is selected by this filter, read as if it were a topic.
    pub selected_by: Option<String>,
    /// On disk, or not.
    pub is_durable: Option<bool>,
}

impl SubscriptionQuery {
    /// Whether it wants all subscriptions.
    #[must_use]
    pub fn wants_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it wants this subscription, whosever it is.
    pub(crate) fn wants(&self, filter: &str, granted: Qos, is_durable: bool) -> bool {
        if self.qos.is_some_and(|qos| qos != granted) || self.is_durable.is_some_and(|wanted| wanted != is_durable) {
            return false;
        }
        let Ok(parsed) = SubscriptionFilter::parse(filter) else { return false };
        let is_it = |wanted: &String| wanted == filter || wanted == parsed.filter();
        self.share_group.as_deref().is_none_or(|group| parsed.group() == Some(group))
            && self.filter.as_ref().is_none_or(is_it)
            && self.selected_by.as_deref().is_none_or(|by| matches(by, parsed.filter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_said_has_to_hold() {
        let all = SubscriptionQuery::default();
        let text = |text: &str| Some(text.to_owned());
        for (query, wants_plain, wants_shared) in [
            (all.clone(), true, true),
            (SubscriptionQuery { qos: Some(Qos::AtLeastOnce), ..all.clone() }, true, false),
            (SubscriptionQuery { share_group: text("g"), ..all.clone() }, false, true),
            (SubscriptionQuery { share_group: text("h"), ..all.clone() }, false, false),
            (SubscriptionQuery { filter: text("a/b"), ..all.clone() }, true, false),
            (SubscriptionQuery { filter: text("a/+"), ..all.clone() }, false, true),
            (SubscriptionQuery { filter: text("$share/g/a/+"), ..all.clone() }, false, true),
            (SubscriptionQuery { selected_by: text("a/#"), ..all.clone() }, true, true),
            (SubscriptionQuery { is_durable: Some(true), ..all.clone() }, true, false),
            (SubscriptionQuery { selected_by: text("b/#"), ..all.clone() }, false, false),
            (SubscriptionQuery { selected_by: text("a/#"), qos: Some(Qos::AtMostOnce), ..all }, false, true),
        ] {
            let plain = query.wants("a/b", Qos::AtLeastOnce, true);
            let shared = query.wants("$share/g/a/+", Qos::AtMostOnce, false);
            assert_eq!((plain, shared), (wants_plain, wants_shared), "{query:?}");
        }
    }
}
