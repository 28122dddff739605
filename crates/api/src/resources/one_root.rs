//! One root of the configuration as an object of its own, as some resources of EMQX are.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::resources::configs::ConfigMode;
use serde_json::{Map, Value, json};

/// A root as it is in effect, without secrets.
pub(super) fn in_effect(node: &dyn crate::Node, root: &str) -> Result<Value, Refusal> {
    let parts = node.configuration(Some(root))?;
    Ok(parts.values.get(root).cloned().unwrap_or(parts.values))
}

/// Puts an object in the place of a root: what it leaves out is its default afterwards. Gives back what is in effect then.
pub(super) async fn replace(
    state: &ApiState,
    root: &'static str,
    object: Map<String, Value>,
) -> Result<Value, Refusal> {
    let text = json!({ root: object }).to_string();
    let change = move |node: &dyn crate::Node| {
        node.change_configuration(&text, ConfigMode::Replace, false)?;
        in_effect(node, root)
    };
    state.ask(change).await
}
