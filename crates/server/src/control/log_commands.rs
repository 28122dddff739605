//! Commands about the log.

use super::answerer::Answerer;
use super::commands::arguments;
use crate::logging::{LogHandler, level_name, parse_level};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Level {
    level: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionalLevel {
    level: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandlerName {
    handler: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HandlerLevel {
    handler: String,
    level: String,
}

pub(super) fn handlers(answerer: &Answerer, _: &Value) -> Result<Value, String> {
    let shown = |handler: LogHandler| {
        json!({
            "id": handler.name,
            "level": level_name(handler.level),
            "destination": handler.destination,
            "started": handler.is_started,
        })
    };
    Ok(answerer.logs.handlers().into_iter().map(shown).collect())
}

pub(super) fn set_level(answerer: &Answerer, given: &Value) -> Result<Value, String> {
    let Level { level } = arguments(given)?;
    answerer.logs.set_level(parse_level(&level)?);
    primary_level(answerer, &Value::Null)
}

/// Changes it where a level is given.
pub(super) fn primary_level(answerer: &Answerer, given: &Value) -> Result<Value, String> {
    if let OptionalLevel { level: Some(level) } = arguments(given)? {
        answerer.logs.set_primary_level(parse_level(&level)?);
    }
    Ok(json!({"level": level_name(answerer.logs.primary_level())}))
}

pub(super) fn set_handler_level(answerer: &Answerer, given: &Value) -> Result<Value, String> {
    let HandlerLevel { handler, level } = arguments(given)?;
    let level = parse_level(&level)?;
    answerer.logs.set_handler_level(&handler, level).map_err(|error| error.to_string())?;
    Ok(json!({"level": level_name(level)}))
}

pub(super) fn start_handler(answerer: &Answerer, given: &Value) -> Result<Value, String> {
    set_started(answerer, given, true)
}

pub(super) fn stop_handler(answerer: &Answerer, given: &Value) -> Result<Value, String> {
    set_started(answerer, given, false)
}

fn set_started(answerer: &Answerer, given: &Value, is_started: bool) -> Result<Value, String> {
    let HandlerName { handler } = arguments(given)?;
    answerer.logs.set_started(&handler, is_started).map_err(|error| error.to_string())?;
    Ok(Value::Null)
}
