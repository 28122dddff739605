//! Listeners of this node.

use super::configs::judge;
use super::operated_node::{OperatedNode, refusal};
use crate::configuration::{ChangeMode, What};
use crate::node::{ListenerState, Node};
use dunlin_api::Refusal;
use dunlin_api::listeners::{ListenerOperation, ListenerReport, ListenerStatus, Listeners};
use serde_json::{Map, Value};

/// The name of listeners that are there unless they are deleted.
const DEFAULT_NAME: &str = "default";

impl Listeners for OperatedNode {
    fn listeners(&self) -> Result<Vec<ListenerReport>, Refusal> {
        let states = Node::listeners(&*self.node).map_err(|error| refusal(&error))?;
        let running = self.running()?;
        let shown = running.configuration.show(Some("listeners"), What::Effective);
        let all = shown.map_err(|error| Refusal::internal(error.to_string()))?.values;
        Ok(states.into_iter().filter_map(|state| report(state, &all["listeners"])).collect())
    }

    fn operate_listener(&self, id: &str, operation: ListenerOperation) -> Result<(), Refusal> {
        let done = match operation {
            ListenerOperation::Start => Node::start_listener(&*self.node, id),
            ListenerOperation::Stop => Node::stop_listener(&*self.node, id),
            ListenerOperation::Restart => Node::restart_listener(&*self.node, id),
        };
        done.map_err(|error| refusal(&error))
    }

    fn remove_listener(&self, kind: &str, name: &str) -> Result<(), Refusal> {
        let running = self.running()?;
        let key = format!("listeners.{kind}.{name}");
        judge(if name == DEFAULT_NAME {
            // One that is there by itself has to be said not to be.
            let text = format!("{key} = marked_for_deletion");
            running.configuration.load(("request", &text), ChangeMode::Merge, &*running.node, &self.answerer.logs)
        } else {
            running.configuration.remove(&key, &*running.node, &self.answerer.logs)
        })
    }
}

fn report(state: ListenerState, all: &Value) -> Option<ListenerReport> {
    let (kind, name) = state.id.split_once(':')?;
    let configuration = all[kind][name].as_object().cloned().unwrap_or_else(Map::new);
    let status = ListenerStatus {
        running: state.running,
        current_connections: state.current_conn,
        max_connections: state.max_conns.map_or_else(|| "infinity".into(), Value::from),
        shutdown_count: state.shutdown_count.into_iter().collect(),
    };
    Some(ListenerReport { kind: kind.to_owned(), name: name.to_owned(), configuration, status })
}
