//! `slow_subs.*`: subscriptions that are served slowest.

use super::answerer::{Answerer, Running};
use crate::clients::slow_subscription_object;
use serde_json::{Value, json};

/// All of them, slowest first.
pub(super) fn list(answerer: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let slow = running.node.slow_subscriptions().map_err(|error| error.to_string())?;
    let object = |slow| slow_subscription_object(&answerer.identity.node_name, slow);
    Ok(json!(slow.list().into_iter().map(object).collect::<Vec<_>>()))
}

/// Forgets them.
pub(super) fn clean(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.node.slow_subscriptions().map_err(|error| error.to_string())?.clear();
    Ok(Value::Null)
}
