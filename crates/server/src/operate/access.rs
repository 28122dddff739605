//! Who may come in to this node and do what.

use super::operated_node::{OperatedNode, refusal};
use crate::node::Node;
use dunlin_api::Refusal;
use dunlin_api::access::{Access, PartState};
use serde::Serialize;
use serde_json::Value;

/// Fields of a state that are no counters.
const NO_COUNTERS: [&str; 6] = ["chain", "enable", "id", "reason", "status", "type"];

/// The authenticators of clients of listeners that have none of their own.
const GLOBAL: &str = "global";

impl Access for OperatedNode {
    fn authenticators(&self) -> Result<Vec<PartState>, Refusal> {
        let states = Node::authenticators(&*self.node).map_err(|error| refusal(&error))?;
        let global = states.iter().filter(|state| state.chain == GLOBAL);
        Ok(global.map(|state| part(&state.id, state.status, state)).collect())
    }

    fn sources(&self) -> Result<Vec<PartState>, Refusal> {
        let state = Node::authorization(&*self.node).map_err(|error| refusal(&error))?;
        let sources = state.map(|state| state.sources).unwrap_or_default();
        Ok(sources.iter().map(|source| part(&source.kind, source.status, source)).collect())
    }

    fn forget_all_verdicts(&self) -> Result<(), Refusal> {
        Node::clean_verdicts(&*self.node, None).map_err(|error| refusal(&error))
    }
}

fn part(id: &str, status: &str, state: &impl Serialize) -> PartState {
    let mut metrics = match serde_json::to_value(state) {
        Ok(Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    };
    metrics.retain(|name, _| !NO_COUNTERS.contains(&name.as_str()));
    PartState { id: id.to_owned(), status: status.to_owned(), metrics }
}
