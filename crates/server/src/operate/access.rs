//! Who may come in to this node and do what.

use super::configs::{change_refusal, judge};
use super::list_change::{ListKind, changed};
use super::operated_node::{OperatedNode, refusal};
use crate::access_control::{AskedRates, ResourceMetrics, file_rules_text};
use crate::configuration::ChangeError;
use crate::node::Node;
use crate::{AuthenticatorState, Server, SourceState};
use dunlin_api::access::{Access, ListChange, NodeCache, PartState};
use dunlin_api::{ErrorCode, Refusal};
use serde::Serialize;
use serde_json::{Map, Value};

/// Fields of a state that are no counters.
const NO_COUNTERS: [&str; 6] = ["chain", "enable", "id", "reason", "status", "type"];

/// The authenticators of clients of listeners that have none of their own.
const GLOBAL: &str = "global";

const AUTHENTICATORS: ListKind = ListKind {
    id_of: authenticator_id,
    unknown: |id| Refusal::not_found(format!("Authenticator '{id}' does not exist")),
    twice: |id| {
        let status = ErrorCode::Conflict.status();
        Refusal::new(ErrorCode::AlreadyExists, format!("Authenticator '{id}' already exist")).with_status(status)
    },
};

const SOURCES: ListKind = ListKind {
    id_of: |source| source["type"].as_str().unwrap_or_default().to_owned(),
    unknown: |kind| Refusal::not_found(format!("Not found: {kind}")),
    twice: |kind| Refusal::bad_request(format!("There is a source of the type {kind} already")),
};

/// Why a list is not changed.
enum ListError {
    Change(ChangeError),
    Refused(Refusal),
}

impl From<ChangeError> for ListError {
    fn from(error: ChangeError) -> Self {
        Self::Change(error)
    }
}

impl OperatedNode {
    fn change_list(&self, key: &str, kind: ListKind, change: ListChange) -> Result<(), Refusal> {
        let running = self.running()?;
        let edit = |list: &[_]| changed(kind, list, change).map_err(ListError::Refused);
        match running.configuration.change_list(key, edit, &*running.node, &self.answerer.logs) {
            Ok(report) => judge(Ok(report)),
            Err(ListError::Change(error)) => Err(change_refusal(&error)),
            Err(ListError::Refused(refusal)) => Err(refusal),
        }
    }
}

impl Access for OperatedNode {
    fn authenticators(&self) -> Result<Vec<PartState>, Refusal> {
        let states = Node::authenticators(&*self.node).map_err(|error| refusal(&error))?;
        let global = states.iter().filter(|state| state.chain == GLOBAL);
        let parts = |server: &Server| {
            let rates = |state: &AuthenticatorState| server.authenticator_rates(&state.id).unwrap_or_default();
            global.map(|state| part(&state.id, state.status, state.reason.as_ref(), state, rates(state))).collect()
        };
        self.node.with_server(parts).map_err(|error| refusal(&error))
    }

    fn sources(&self) -> Result<Vec<PartState>, Refusal> {
        let state = Node::authorization(&*self.node).map_err(|error| refusal(&error))?;
        let sources = state.map(|state| state.sources).unwrap_or_default();
        let parts = |server: &Server| {
            let rates = |source: &SourceState| server.source_rates(&source.kind).unwrap_or_default();
            let part =
                |source: &SourceState| part(&source.kind, source.status, source.reason.as_ref(), source, rates(source));
            sources.iter().map(part).collect()
        };
        self.node.with_server(parts).map_err(|error| refusal(&error))
    }

    fn change_authenticators(&self, change: ListChange) -> Result<(), Refusal> {
        self.change_list("authentication", AUTHENTICATORS, change)
    }

    fn change_sources(&self, change: ListChange) -> Result<(), Refusal> {
        self.change_list("authorization.sources", SOURCES, change)
    }

    fn reset_authenticator(&self, id: &str) -> Result<bool, Refusal> {
        self.node.with_server(|server| server.reset_authenticator(id)).map_err(|error| refusal(&error))
    }

    fn reset_source(&self, kind: &str) -> Result<bool, Refusal> {
        self.node.with_server(|server| server.reset_source(kind)).map_err(|error| refusal(&error))
    }

    fn file_rules(&self) -> Result<Option<String>, Refusal> {
        Ok(self.node.with_config(file_rules_text))
    }

    fn forget_all_verdicts(&self) -> Result<(), Refusal> {
        Node::clean_verdicts(&*self.node, None).map_err(|error| refusal(&error))
    }

    fn node_cache(&self, cache: NodeCache) -> Result<Map<String, Value>, Refusal> {
        let state = match cache {
            NodeCache::Authentication => Node::login_cache(&*self.node),
            NodeCache::Authorization => Node::verdict_cache(&*self.node),
        };
        Ok(counters(&state.map_err(|error| refusal(&error))?))
    }

    fn clear_node_cache(&self, cache: NodeCache) -> Result<(), Refusal> {
        let clear = self.node.with_server(|server| match cache {
            NodeCache::Authentication => server.access().clear_login_cache(),
            NodeCache::Authorization => server.access().clear_verdict_cache(),
        });
        clear.map_err(|error| refusal(&error))
    }
}

fn part(
    id: &str,
    status: &str,
    reason: Option<&String>,
    state: &impl Serialize,
    (rates, resource): (AskedRates, Option<ResourceMetrics>),
) -> PartState {
    let mut metrics = counters(state);
    metrics.extend(counters(&rates));
    let resource_metrics = resource.map(|resource| counters(&resource)).unwrap_or_default();
    PartState { id: id.to_owned(), status: status.to_owned(), reason: reason.cloned(), metrics, resource_metrics }
}

fn counters(state: &impl Serialize) -> Map<String, Value> {
    let mut counters = match serde_json::to_value(state) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    counters.retain(|name, _| !NO_COUNTERS.contains(&name.as_str()));
    counters
}

/// `password_based:redis`, or the mechanism alone.
fn authenticator_id(authenticator: &Value) -> String {
    let part = |key: &str| authenticator[key].as_str().filter(|text| !text.is_empty());
    let mechanism = part("mechanism").unwrap_or_default();
    part("backend").map_or_else(|| mechanism.to_owned(), |backend| format!("{mechanism}:{backend}"))
}
