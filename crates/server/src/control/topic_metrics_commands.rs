//! `topic_metrics.*`: topics that are counted.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use dunlin_broker::{TOPIC_METRIC_NAMES, TopicMetrics, TopicMetricsError, TopicReport};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    topic: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicOrAll {
    topic: Option<String>,
}

pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    Ok(topics(running)?.list().iter().map(shown).collect())
}

pub(super) fn add(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Topic { topic } = arguments(given)?;
    done(topics(running)?.add(&topic))
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Topic { topic } = arguments(given)?;
    done(topics(running)?.remove(&topic))
}

pub(super) fn reset(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let TopicOrAll { topic } = arguments(given)?;
    done(topics(running)?.reset(topic.as_deref()))
}

fn topics(running: &Running) -> Result<TopicMetrics, String> {
    running.node.topic_metrics().map_err(|error| error.to_string())
}

fn done(result: Result<(), TopicMetricsError>) -> Result<Value, String> {
    result.map(|()| Value::Null).map_err(|error| error.to_string())
}

fn shown(report: &TopicReport) -> Value {
    let mut metrics = Map::new();
    for (name, (count, rate)) in TOPIC_METRIC_NAMES.iter().zip(report.counts.iter().zip(report.rates)) {
        metrics.insert(format!("{name}.count"), (*count).into());
        metrics.insert(format!("{name}.rate"), json!((rate * 100.0).round() / 100.0));
    }
    json!({"topic": report.topic, "metrics": metrics})
}
