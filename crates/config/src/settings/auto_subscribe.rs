//! `auto_subscribe`: what clients are subscribed to as they come.

use crate::rule::{Parsed, Shown, Whole};
use crate::section::Section;
use dunlin_model::{Qos, RetainHandling, SubscriptionOptions};
use dunlin_topic::SubscriptionFilter;

/// Entries there may be.
const ENTRIES_MAX: usize = 100;

/// An entry of `auto_subscribe.topics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoSubscription {
    /// `topic`: a filter, in which `${clientid}`, `${username}`, `${host}` and `${port}` may stand.
    pub topic: String,
    /// `qos`, `rh`, `rap` and `nl`, each 0 by default.
    pub options: SubscriptionOptions,
}

/// Reads `auto_subscribe`.
pub(crate) fn read_auto_subscribe(section: &mut Section<'_>) -> Vec<AutoSubscription> {
    let entries: Vec<_> = section.list("topics", AutoSubscription::read).into_iter().flatten().collect();
    if entries.len() > ENTRIES_MAX {
        section.conflict_here(format!("there are more than {ENTRIES_MAX} entries"));
    }
    entries
}

impl AutoSubscription {
    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let topic = entry.required("topic", &filter());
        let qos = entry.value("qos", &Whole(0..=2_u8), 0);
        let retain_handling = entry.value("rh", &Whole(0..=2_u8), 0);
        let retain_as_published = entry.value("rap", &Whole(0..=1_u8), 0);
        let no_local = entry.value("nl", &Whole(0..=1_u8), 0);
        let options = SubscriptionOptions {
            qos: Qos::from_u8(qos).unwrap_or_default(),
            no_local: no_local == 1,
            retain_as_published: retain_as_published == 1,
            retain_handling: RetainHandling::from_u8(retain_handling).unwrap_or_default(),
        };
        Some(Self { topic: topic?, options })
    }
}

/// Placeholders are good parts of levels, so what they stand for does not matter.
fn filter() -> impl Shown<Value = String> {
    Parsed::new(|text| SubscriptionFilter::parse(text).ok().map(|_| text.to_owned()), "a topic filter")
}
