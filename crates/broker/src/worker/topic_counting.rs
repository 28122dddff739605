//! Messages of topics that are counted.

use super::Worker;
use crate::topic_metrics::{TopicCounters, TopicTable};
use dunlin_model::Message;
use std::sync::Arc;

impl Worker {
    /// Other topics are counted from now on.
    pub(super) fn take_counted_topics(&mut self, topics: Option<Arc<TopicTable>>) {
        self.counted_topics = topics;
        self.note_watched_topics();
    }

    /// Messages are looked at where a trace is about topics, some are counted, or there are spans.
    pub(super) fn note_watched_topics(&mut self) {
        let traces_topics = self.traces.as_ref().is_some_and(|traces| traces.has_topics());
        self.watches_topics = traces_topics || self.counted_topics.is_some() || self.spans.is_some();
    }

    /// Counts a message, if its topic is among those that are counted.
    #[cold]
    pub(super) fn count_topic(&self, message: &Message, count: impl FnOnce(&TopicCounters)) {
        if let Some(counters) = self.counted_topics.as_ref().and_then(|topics| topics.get(message.topic_bytes())) {
            count(counters);
        }
    }
}
