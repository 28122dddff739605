//! Commands about the configuration.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::configuration::{ChangeError, ChangeMode, ChangeReport, What};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Show {
    key: Option<String>,
    #[serde(default)]
    what: What,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default)]
    what: What,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reload {
    #[serde(default)]
    mode: ChangeMode,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Load {
    #[serde(default)]
    mode: ChangeMode,
    /// For messages.
    name: String,
    /// HOCON.
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Remove {
    key: String,
}

pub(super) fn keys(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Keys { what } = arguments(given)?;
    Ok(json!(running.configuration.roots(what)))
}

pub(super) fn show(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Show { key, what } = arguments(given)?;
    let shown = running.configuration.show(key.as_deref(), what).map_err(|error| error.to_string())?;
    serde_json::to_value(shown).map_err(|error| error.to_string())
}

pub(super) fn reload(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Reload { mode } = arguments(given)?;
    answer(running.configuration.reload(mode, &*running.node, &answerer.logs))
}

pub(super) fn load(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Load { mode, name, text } = arguments(given)?;
    answer(running.configuration.load((&name, &text), mode, &*running.node, &answerer.logs))
}

pub(super) fn remove(answerer: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Remove { key } = arguments(given)?;
    answer(running.configuration.remove(&key, &*running.node, &answerer.logs))
}

fn answer(result: Result<ChangeReport, ChangeError>) -> Result<Value, String> {
    let report = result.map_err(|error| error.to_string())?;
    serde_json::to_value(report).map_err(|error| error.to_string())
}
