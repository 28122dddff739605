//! `traces.*`: traces of clients, topics and addresses.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::traces::{TraceDefinition, TraceFormatter, TraceState, Traces, subject_of, subject_words};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;

/// The longest trace, in seconds: a day.
const SPAN_SECS_MAX: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
    duration_secs: u64,
    formatter: Option<TraceFormatter>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

/// All traces, the newest first.
pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    Ok(traces(running)?.list().iter().map(told).collect())
}

/// Begins a trace; answers with it.
pub(super) fn start(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Wanted { name, kind, value, duration_secs, formatter } = arguments(given)?;
    let subject = subject_of(&kind, &value).map_err(|error| error.to_string())?;
    let mut definition = TraceDefinition::new(name, subject);
    definition.end_at = definition.start_at + Duration::from_secs(duration_secs.min(SPAN_SECS_MAX));
    definition.formatter = formatter.unwrap_or(TraceFormatter::Text);
    traces(running)?.create(definition).map(|state| told(&state)).map_err(|error| error.to_string())
}

/// Stops a trace.
pub(super) fn stop(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { name } = arguments(given)?;
    traces(running)?.stop(&name).map(|()| Value::Null).map_err(|error| error.to_string())
}

/// Deletes a trace and its file.
pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { name } = arguments(given)?;
    traces(running)?.delete(&name).map(|()| Value::Null).map_err(|error| error.to_string())
}

fn traces(running: &Running) -> Result<Traces, String> {
    running.node.traces().map_err(|error| error.to_string())
}

fn told(state: &TraceState) -> Value {
    let (kind, value) = subject_words(&state.definition.subject);
    json!({
        "name": state.definition.name,
        "type": kind,
        "value": value,
        "status": state.status.as_str(),
        "log_bytes": state.log_bytes,
        "path": state.path,
    })
}
