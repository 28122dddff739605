//! Who may come in and do what: authenticators with their users, sources of rules with theirs, and what is kept of their answers.
//! What there is to be is the configuration of the node; users and rules are its data.

mod authenticator_users;
mod authenticators;
mod check;
mod node_cache;
mod rules;
mod settings;
mod sources;

pub use authenticator_users::{AuthenticatorUsers, ImportReport, UserImport, UserObject, UsersWanted};
pub use check::{AccessCheck, CheckAction, CheckBody, CheckReport, CheckedAuthentication, CheckedSource};
pub use rules::{RuleRow, RuleSubject, RuleSubjects, Rules, SubjectRules};

use crate::Refusal;
use crate::api_state::ApiState;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

/// Access control of a node.
pub trait Access {
    /// How authenticators of all clients do, in the order in which they are asked.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn authenticators(&self) -> Result<Vec<PartState>, Refusal>;

    /// How sources of rules do, in the order in which they are asked.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn sources(&self) -> Result<Vec<PartState>, Refusal>;

    /// Changes the list of authenticators, each of which has an id such as `password_based:redis`.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn change_authenticators(&self, change: ListChange) -> Result<(), Refusal>;

    /// Changes the list of sources of rules, which are known by their types.
    ///
    /// # Errors
    /// A [`Refusal`]; nothing has changed then.
    fn change_sources(&self, change: ListChange) -> Result<(), Refusal>;

    /// Counts what an authenticator says from nothing again; false where there is none such.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn reset_authenticator(&self, id: &str) -> Result<bool, Refusal>;

    /// Counts what a source of rules says from nothing again; false where there is none such.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn reset_source(&self, kind: &str) -> Result<bool, Refusal>;

    /// The rules of the source `file`, as they are written; `None` where there is no such source, or nothing to read.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn file_rules(&self) -> Result<Option<String>, Refusal>;

    /// Forgets what was decided about what clients may do.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn forget_all_verdicts(&self) -> Result<(), Refusal>;

    /// What back ends answered a short while ago, in numbers by their names: of authenticators, or of sources of rules.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn node_cache(&self, cache: NodeCache) -> Result<Map<String, Value>, Refusal>;

    /// Forgets what back ends answered.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn clear_node_cache(&self, cache: NodeCache) -> Result<(), Refusal>;
}

/// Whose answers a `node_cache` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCache {
    /// Those of authenticators.
    Authentication,
    /// Those of sources of rules.
    Authorization,
}

/// What is to become of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum ListChange {
    /// One more.
    Add {
        /// What it is to be.
        entry: Value,
        /// Before all others, or behind them.
        is_first: bool,
    },
    /// Another in the place of one. Secrets that it has as they are shown stay what they are.
    Replace {
        /// Which.
        id: String,
        /// What it is to be.
        entry: Value,
    },
    /// One less.
    Remove {
        /// Which.
        id: String,
    },
    /// One at another place.
    Move {
        /// Which.
        id: String,
        /// `front`, `rear`, `before:ID` or `after:ID`.
        position: String,
    },
    /// All of them in this order.
    Order(Vec<String>),
}

/// How an authenticator or a source of rules does.
#[derive(Clone, Debug, PartialEq)]
pub struct PartState {
    /// `password_based:redis`, or the type of a source.
    pub id: String,
    /// `connected` or `disconnected`.
    pub status: String,
    /// Why it is `disconnected`.
    pub reason: Option<String>,
    /// What it has said, and how fast it is asked, by name.
    pub metrics: Map<String, Value>,
    /// What its back end was asked, by name; empty where it has none.
    pub resource_metrics: Map<String, Value>,
}

/// How an authenticator or a source of rules does.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessPartStatus)]
struct StatusObject {
    /// `connected` or `disconnected`.
    status: String,
    /// What it has said, and how fast it is asked: `rate` of the last ten seconds, `rate_last5m`, `rate_max`.
    #[schema(value_type = Object)]
    metrics: Map<String, Value>,
    /// What its back end was asked and how that ended; empty where it has none.
    #[schema(value_type = Object)]
    resource_metrics: Map<String, Value>,
    /// The same by node.
    node_status: Vec<Value>,
    /// The same by node.
    node_metrics: Vec<Value>,
    /// The same by node.
    node_resource_metrics: Vec<Value>,
    /// Why it is `disconnected`, by node; empty where it is not.
    node_error: Vec<Value>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .merge(authenticators::router())
        .merge(authenticator_users::router())
        .merge(sources::router())
        .merge(rules::router())
        .merge(settings::router())
        .merge(node_cache::router())
        .merge(check::router())
}

fn status_of(state: &ApiState, part: PartState) -> StatusObject {
    let node = state.node().status().node_name;
    StatusObject {
        node_status: vec![json!({"node": node, "status": part.status})],
        node_metrics: vec![json!({"node": node, "metrics": part.metrics})],
        node_resource_metrics: vec![json!({"node": node, "metrics": part.resource_metrics})],
        node_error: part.reason.iter().map(|reason| json!({"node": node, "error": reason})).collect(),
        status: part.status,
        metrics: part.metrics,
        resource_metrics: part.resource_metrics,
    }
}
