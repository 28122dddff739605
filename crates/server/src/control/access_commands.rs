//! `authn` and `authz`: who may come in, and what clients may do.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Of this client only.
    clientid: Option<String>,
}

pub(super) fn authenticators(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let state = running.node.authenticators().map_err(|error| error.to_string())?;
    serde_json::to_value(state).map_err(|error| error.to_string())
}

pub(super) fn authorization(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let state = running.node.authorization().map_err(|error| error.to_string())?;
    serde_json::to_value(state).map_err(|error| error.to_string())
}

pub(super) fn login_cache(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let state = running.node.login_cache().map_err(|error| error.to_string())?;
    serde_json::to_value(state).map_err(|error| error.to_string())
}

pub(super) fn verdict_cache(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let state = running.node.verdict_cache().map_err(|error| error.to_string())?;
    serde_json::to_value(state).map_err(|error| error.to_string())
}

pub(super) fn clean_verdicts(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Wanted { clientid } = arguments(given)?;
    running.node.clean_verdicts(clientid.as_deref()).map(|()| Value::Null).map_err(|error| error.to_string())
}
