//! Topics that this node counts.

use super::operated_node::{OperatedNode, refusal};
use dunlin_api::topic_metrics::{TopicMetrics, TopicMetricsObject};
use dunlin_api::{ErrorCode, Moment, Refusal};
use dunlin_broker::{TOPIC_METRIC_NAMES, TopicMetricsError, TopicReport};

impl OperatedNode {
    fn with_topics<T>(
        &self,
        work: impl FnOnce(&dunlin_broker::TopicMetrics) -> Result<T, TopicMetricsError>,
    ) -> Result<T, Refusal> {
        let done = self.node.with_broker(|broker| work(&broker.topic_metrics())).map_err(|error| refusal(&error))?;
        done.map_err(|error| topic_refusal(&error))
    }
}

impl TopicMetrics for OperatedNode {
    fn counted_topics(&self) -> Result<Vec<TopicMetricsObject>, Refusal> {
        let reports = self.with_topics(|topics| Ok(topics.list()))?;
        Ok(reports.into_iter().map(object).collect())
    }

    fn count_topic(&self, topic: &str) -> Result<(), Refusal> {
        self.with_topics(|topics| topics.add(topic))
    }

    fn count_topic_no_longer(&self, topic: &str) -> Result<(), Refusal> {
        self.with_topics(|topics| topics.remove(topic))
    }

    fn reset_topic(&self, topic: Option<&str>) -> Result<(), Refusal> {
        self.with_topics(|topics| topics.reset(topic))
    }
}

fn object(report: TopicReport) -> TopicMetricsObject {
    let named = TOPIC_METRIC_NAMES.iter().zip(report.counts.into_iter().zip(report.rates));
    let metrics = named.flat_map(|(name, (count, rate))| {
        [(format!("{name}.count"), count as f64), (format!("{name}.rate"), (rate * 100.0).round() / 100.0)]
    });
    TopicMetricsObject {
        topic: report.topic,
        create_time: Moment::from_secs(report.created_at / 1000),
        reset_time: report.reset_at.map(|at| Moment::from_secs(at / 1000)),
        metrics: metrics.collect(),
    }
}

fn topic_refusal(error: &TopicMetricsError) -> Refusal {
    let code = match error {
        TopicMetricsError::TooMany(_) => ErrorCode::ExceedLimit,
        TopicMetricsError::Unknown(_) => ErrorCode::TopicNotFound,
        _ => ErrorCode::BadTopic,
    };
    Refusal::new(code, error.to_string())
}
