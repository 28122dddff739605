//! `retainer.*`: retained messages.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use dunlin_broker::RetainedMessages;
use dunlin_topic::validate_filter;
use serde::Deserialize;
use serde_json::{Value, json};

/// Topics in one answer at most: it is one line.
const PART: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    #[serde(default)]
    skip: usize,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    filter: Option<String>,
}

fn messages(running: &Running) -> Result<RetainedMessages, String> {
    running.node.retained_messages().map_err(|error| error.to_string())
}

/// How many there are.
pub(super) fn info(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    Ok(json!({"count": messages(running)?.len()}))
}

/// A part of their topics.
pub(super) fn topics(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Which { skip, limit } = arguments(given)?;
    let page = messages(running)?.page(None, skip, limit.unwrap_or(PART).min(PART));
    let data: Vec<_> = page.messages.iter().map(|message| json!({"topic": message.topic()})).collect();
    Ok(json!({"data": data, "hasnext": page.has_next}))
}

/// Forgets those that a filter selects, or all. Says how many there were.
pub(super) fn clean(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Filter { filter } = arguments(given)?;
    if let Some(Err(error)) = filter.as_deref().map(validate_filter) {
        return Err(error.to_string());
    }
    messages(running)?.forget_matching(filter.as_deref()).map(Value::from).map_err(|error| error.to_string())
}
