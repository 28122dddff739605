//! Topic metrics: what happens to the messages of single topics, counted.
//!
//! Workers have a table of the topics that are counted, or none: then a message costs one look at a switch, which it shares with
//! the traces of topics. The counters are shared by all workers; a topic that is counted is one somebody looks at for a while.

use crate::{Broker, mailbox::Mail, shared::Shared};
use dunlin_model::{Millis, Qos};
use dunlin_topic::{has_wildcard, validate_name};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Topics that may be counted, as in EMQX.
pub const TOPIC_METRICS_MAX: usize = 512;

/// What is counted of a topic, in order.
pub const TOPIC_METRIC_NAMES: [&str; 9] = [
    "messages.in",
    "messages.out",
    "messages.qos0.in",
    "messages.qos0.out",
    "messages.qos1.in",
    "messages.qos1.out",
    "messages.qos2.in",
    "messages.qos2.out",
    "messages.dropped",
];

const COUNT: usize = TOPIC_METRIC_NAMES.len();
const DROPPED: usize = COUNT - 1;

/// Why a topic is not counted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicMetricsError {
    /// It is no topic name.
    #[error("{0} is no topic name: wildcards are not allowed")]
    NoTopic(String),
    /// It is counted already.
    #[error("the topic {0} is counted already")]
    Known(String),
    /// As many are counted as may be.
    #[error("{0} topics are counted, and there may be no more")]
    TooMany(usize),
    /// It is not counted.
    #[error("the topic {0} is not counted")]
    Unknown(String),
}

/// A topic that is counted.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicReport {
    /// The topic.
    pub topic: String,
    /// Since when, in milliseconds since 1970.
    pub created_at: Millis,
    /// When the counters were last set to 0 since.
    pub reset_at: Option<Millis>,
    /// [`TOPIC_METRIC_NAMES`]
    pub counts: [u64; COUNT],
    /// How much of each there was a second, lately.
    pub rates: [f64; COUNT],
}

/// Counters of one topic.
#[derive(Debug, Default)]
pub(crate) struct TopicCounters {
    values: [AtomicU64; COUNT],
}

impl TopicCounters {
    fn add(&self, index: usize) {
        self.values[index].fetch_add(1, Ordering::Relaxed);
    }

    fn counts(&self) -> [u64; COUNT] {
        std::array::from_fn(|index| self.values[index].load(Ordering::Relaxed))
    }

    /// A message was published.
    pub(crate) fn count_in(&self, qos: Qos) {
        self.add(0);
        self.add(2 + 2 * qos as usize);
    }

    /// A message was handed to a session.
    pub(crate) fn count_out(&self, qos: Qos) {
        self.add(1);
        self.add(3 + 2 * qos as usize);
    }

    /// A message went to nobody.
    pub(crate) fn count_dropped(&self) {
        self.add(DROPPED);
    }
}

/// The topics that workers count.
pub(crate) type TopicTable = HashMap<Box<[u8]>, Arc<TopicCounters>>;

/// A topic, its counters, and how they were when they were last looked at.
#[derive(Debug)]
pub(crate) struct CountedTopic {
    report: TopicReport,
    counters: Arc<TopicCounters>,
    looked_at: Millis,
    seen: [u64; COUNT],
}

/// Says which topics are counted, and what was counted. Clones do the same.
#[derive(Clone)]
pub struct TopicMetrics {
    shared: Arc<Shared>,
}

impl Broker {
    /// For those who count topics.
    #[must_use]
    pub fn topic_metrics(&self) -> TopicMetrics {
        TopicMetrics { shared: Arc::clone(&self.shared) }
    }
}

impl TopicMetrics {
    /// Counts a topic from now on.
    ///
    /// # Errors
    /// [`TopicMetricsError`]
    pub fn add(&self, topic: &str) -> Result<(), TopicMetricsError> {
        if has_wildcard(topic) || validate_name(topic).is_err() {
            return Err(TopicMetricsError::NoTopic(topic.to_owned()));
        }
        let mut topics = self.shared.observed.topics.lock();
        if topics.iter().any(|counted| counted.report.topic == topic) {
            return Err(TopicMetricsError::Known(topic.to_owned()));
        }
        if topics.len() >= TOPIC_METRICS_MAX {
            return Err(TopicMetricsError::TooMany(TOPIC_METRICS_MAX));
        }
        let now = self.shared.clock.now();
        let topic = topic.to_owned();
        let report = TopicReport { topic, created_at: now, reset_at: None, counts: [0; COUNT], rates: [0.0; COUNT] };
        topics.push(CountedTopic { report, counters: Arc::default(), looked_at: now, seen: [0; COUNT] });
        self.tell(&topics);
        Ok(())
    }

    /// Counts a topic no longer.
    ///
    /// # Errors
    /// [`TopicMetricsError::Unknown`]
    pub fn remove(&self, topic: &str) -> Result<(), TopicMetricsError> {
        let mut topics = self.shared.observed.topics.lock();
        let place = topics.iter().position(|counted| counted.report.topic == topic);
        topics.remove(place.ok_or_else(|| TopicMetricsError::Unknown(topic.to_owned()))?);
        self.tell(&topics);
        Ok(())
    }

    /// Begins with 0 again: for one topic, or for all.
    ///
    /// # Errors
    /// [`TopicMetricsError::Unknown`]
    pub fn reset(&self, topic: Option<&str>) -> Result<(), TopicMetricsError> {
        let mut topics = self.shared.observed.topics.lock();
        let now = self.shared.clock.now();
        let mut is_found = topic.is_none();
        for counted in topics.iter_mut().filter(|counted| topic.is_none_or(|topic| counted.report.topic == topic)) {
            is_found = true;
            counted.counters = Arc::default();
            counted.report.reset_at = Some(now);
            (counted.seen, counted.report.rates) = ([0; COUNT], [0.0; COUNT]);
        }
        self.tell(&topics);
        if is_found { Ok(()) } else { Err(TopicMetricsError::Unknown(topic.unwrap_or_default().to_owned())) }
    }

    /// All topics that are counted.
    #[must_use]
    pub fn list(&self) -> Vec<TopicReport> {
        let topics = self.shared.observed.topics.lock();
        topics
            .iter()
            .map(|counted| TopicReport { counts: counted.counters.counts(), ..counted.report.clone() })
            .collect()
    }

    /// Works out how much there is a second. To be called once in a while.
    pub fn refresh_rates(&self) {
        let now = self.shared.clock.now();
        for counted in self.shared.observed.topics.lock().iter_mut() {
            let passed_ms = now.saturating_sub(counted.looked_at);
            if passed_ms == 0 {
                continue;
            }
            let counts = counted.counters.counts();
            let rate =
                |index: usize| counts[index].saturating_sub(counted.seen[index]) as f64 * 1000.0 / passed_ms as f64;
            counted.report.rates = std::array::from_fn(rate);
            (counted.seen, counted.looked_at) = (counts, now);
        }
    }

    fn tell(&self, topics: &[CountedTopic]) {
        let entry =
            |counted: &CountedTopic| (Box::from(counted.report.topic.as_bytes()), Arc::clone(&counted.counters));
        let table: TopicTable = topics.iter().map(entry).collect();
        let table = Some(table).filter(|table| !table.is_empty()).map(Arc::new);
        for mailbox in &self.shared.mailboxes {
            mailbox.post(Mail::CountTopics(table.clone()));
        }
    }
}
