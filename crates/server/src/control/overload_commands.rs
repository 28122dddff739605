//! `overload.*`: whether there is more to do than can be done.

use super::answerer::{Answerer, Running};
use serde_json::{Value, json};

/// Whether it is so, and whether anybody would know.
pub(super) fn status(answerer: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let state = running.node.overload().map_err(|error| error.to_string())?;
    Ok(json!({
        "node": answerer.identity.node_name,
        "enable": state.enable,
        "is_overloaded": state.is_overloaded,
    }))
}
