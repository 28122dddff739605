//! Which data stream has subscribed to what: deliveries go there.

use super::stream_number::StreamNumber;
use dunlin_topic::{FilterIndex, SubscriptionFilter};

/// Memory for topic filters, in bytes, for one connection, and the same again for those whose SUBSCRIBE has no answer yet. Deliveries for
/// those that have no room go to the control stream.
const BYTES_MAX: usize = 256 * 1024;

/// What a filter takes beside its text, about.
const FILTER_BYTES: usize = 128;

/// The subscriptions of data streams. Those of the control stream need no entry.
#[derive(Debug, Default)]
pub(crate) struct SubscriptionStreams {
    index: FilterIndex<Vec<Entry>>,
    bytes: usize,
    asked_bytes: usize,
}

/// Subscriptions to one topic filter differ in their prefix: `t` and `$share/g/t`.
#[derive(Debug)]
struct Entry {
    text: Box<str>,
    stream: StreamNumber,
    subscription_id: Option<u32>,
}

/// The topic filters of a SUBSCRIBE or UNSUBSCRIBE the broker has not answered yet.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) filters: Vec<Box<str>>,
    /// That of the SUBSCRIBE.
    pub(crate) subscription_id: Option<u32>,
    bytes: usize,
}

impl SubscriptionStreams {
    pub(crate) fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Copies filters to wait for the answer. Without room for that they belong to the control stream from now on.
    pub(crate) fn ask<'a>(
        &mut self,
        filters: impl Iterator<Item = &'a str> + Clone,
        subscription_id: Option<u32>,
    ) -> Option<Asked> {
        let bytes = filters.clone().map(|filter| filter.len() + FILTER_BYTES).sum();
        if self.asked_bytes + bytes > BYTES_MAX {
            filters.for_each(|filter| self.unsubscribe(filter));
            return None;
        }
        self.asked_bytes += bytes;
        Some(Asked { filters: filters.map(Box::from).collect(), subscription_id, bytes })
    }

    /// The answer has come, or does not matter any more.
    pub(crate) fn forget(&mut self, asked: &Asked) {
        self.asked_bytes -= asked.bytes;
    }

    /// A subscription has been made, or made anew by another stream.
    pub(crate) fn subscribe(&mut self, text: &str, stream: StreamNumber, subscription_id: Option<u32>) {
        self.unsubscribe(text);
        let bytes = text.len() + FILTER_BYTES;
        let Ok(filter) = SubscriptionFilter::parse(text) else { return };
        if stream.is_control() || self.bytes + bytes > BYTES_MAX {
            return;
        }
        self.bytes += bytes;
        self.index.get_or_insert_with(filter.filter(), Vec::new).push(Entry {
            text: text.into(),
            stream,
            subscription_id,
        });
    }

    /// A subscription has ended.
    pub(crate) fn unsubscribe(&mut self, text: &str) {
        if let Ok(filter) = SubscriptionFilter::parse(text) {
            self.retain(filter.filter(), |entry| &*entry.text != text);
        }
    }

    /// A stream has gone: deliveries for its subscriptions go to the control stream.
    pub(crate) fn forget_stream(&mut self, stream: StreamNumber) {
        let is_concerned = |entries: &&Vec<Entry>| entries.iter().any(|entry| entry.stream == stream);
        let concerned: Vec<_> =
            self.index.iter().filter(|(_, entries)| is_concerned(entries)).map(|(filter, _)| filter).collect();
        for filter in concerned {
            self.retain(&filter, |entry| entry.stream != stream);
        }
    }

    fn retain(&mut self, filter: &str, keeps: impl Fn(&Entry) -> bool) {
        let Some(entries) = self.index.get_mut(filter) else { return };
        let bytes = |entries: &[Entry]| entries.iter().map(|entry| entry.text.len() + FILTER_BYTES).sum::<usize>();
        let before = bytes(entries);
        entries.retain(keeps);
        self.bytes -= before - bytes(entries);
        if entries.is_empty() {
            self.index.remove(filter);
        }
    }

    /// The stream that wants a message: the one with the subscription identifier the message carries, or else the one that opened
    /// first of those whose filter matches.
    pub(crate) fn stream_for(
        &self,
        topic: &str,
        subscription_ids: &(impl Iterator<Item = u32> + Clone),
    ) -> Option<StreamNumber> {
        let mut best: Option<(bool, StreamNumber)> = None;
        self.index.for_each_match(topic, |entries| {
            for entry in entries {
                let is_named =
                    entry.subscription_id.is_some_and(|id| subscription_ids.clone().any(|other| other == id));
                let candidate = (!is_named, entry.stream);
                best = Some(best.map_or(candidate, |best| best.min(candidate)));
            }
        });
        best.map(|(_, stream)| stream)
    }
}
