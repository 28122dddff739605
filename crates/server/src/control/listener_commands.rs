//! Commands about listeners.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::listening::Reread;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListenerId {
    /// `tcp:default`.
    id: String,
}

pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let listeners = running.node.listeners().map_err(|error| error.to_string())?;
    serde_json::to_value(listeners).map_err(|error| error.to_string())
}

pub(super) fn start(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let ListenerId { id } = arguments(given)?;
    running.node.start_listener(&id).map(|()| Value::Null).map_err(|error| error.to_string())
}

pub(super) fn stop(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let ListenerId { id } = arguments(given)?;
    running.node.stop_listener(&id).map(|()| Value::Null).map_err(|error| error.to_string())
}

pub(super) fn restart(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let ListenerId { id } = arguments(given)?;
    running.node.restart_listener(&id).map(|()| Value::Null).map_err(|error| error.to_string())
}

pub(super) fn clean_pem_cache(answerer: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let Reread { renewed, failed } = running.node.clean_pem_cache().map_err(|error| error.to_string())?;
    Ok(json!({"node": answerer.identity.node_name, "listeners": renewed, "failed": failed}))
}
