//! What the command line can ask of a node, and have done by it, while it runs.

mod listener_change;
mod running;

pub(crate) use running::RunningNode;

use crate::backup::StoredRow;
use crate::listening::Reread;
use crate::traces::Traces;
use crate::{AnswerCacheState, AuthenticatorState, AuthorizationState, BanError, NoUsersError, RulesError};
use dunlin_access::Row;
use dunlin_api::Accounts;
use dunlin_auth_built_in_database::{RuleDatabase, RuleSubject, UserDatabase};
use dunlin_banned::{Ban, BanFilter, BanPage, Who};
use dunlin_broker::{Clients, RetainedMessages, SlowSubscriptions, TopicMetrics};
use dunlin_config::{Change, Config};
use dunlin_storage::metadata::MetadataStore;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;

/// Why a node did not do as told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NodeError {
    /// No listener has this id.
    #[error("there is no listener {id}: there are {}", .known.join(", "))]
    UnknownListener {
        /// What was asked for.
        id: String,
        /// All listeners.
        known: Vec<String>,
    },
    /// The listener is closed already.
    #[error("it is not running")]
    NotRunning,
    /// The broker says why not.
    #[error("{0}")]
    Refused(String),
    /// The bans stay as they are.
    #[error(transparent)]
    Ban(#[from] BanError),
    /// There are no such users.
    #[error(transparent)]
    NoUsers(#[from] NoUsersError),
    /// The rules stay as they are.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// It stops.
    #[error("the node is stopping")]
    Stopping,
}

/// One listener of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ListenerState {
    /// `tcp:default`.
    pub(crate) id: String,
    /// The address, with the real port while it runs.
    pub(crate) listen_on: String,
    /// Threads that accept.
    pub(crate) acceptors: u32,
    /// `proxy_protocol`.
    pub(crate) proxy_protocol: bool,
    /// `enable`.
    pub(crate) enable: bool,
    /// Whether clients can connect.
    pub(crate) running: bool,
    /// Connections open now.
    pub(crate) current_conn: u64,
    /// The limit of connections; `None` is unlimited.
    pub(crate) max_conns: Option<u64>,
    /// How many connections ended for which reason.
    pub(crate) shutdown_count: Vec<(String, u64)>,
}

/// What became of each key that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Applied {
    /// In effect.
    pub(crate) live: Vec<String>,
    /// In effect for clients that connect from now on.
    pub(crate) new_connections: Vec<String>,
    /// Listeners and what became of them: `tcp:default was restarted`.
    pub(crate) listeners: Vec<String>,
    /// In effect after the next start.
    pub(crate) restart: Vec<String>,
    /// Should be in effect and is not: the key and the reason.
    pub(crate) failed: Vec<String>,
}

/// Whether there is more to do than can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverloadState {
    /// `overload_protection.enable`: else nobody looks.
    pub(crate) enable: bool,
    /// An event loop is overloaded.
    pub(crate) is_overloaded: bool,
}

/// A node that runs.
pub(crate) trait Node: Send + Sync {
    /// Gauges with their names: `connections.count`.
    fn stats(&self) -> Result<Vec<(String, u64)>, NodeError>;

    /// Counters with their names: `messages.received`.
    fn metrics(&self) -> Result<Vec<(String, u64)>, NodeError>;

    /// All listeners of the configuration, ordered by id.
    fn listeners(&self) -> Result<Vec<ListenerState>, NodeError>;

    /// Opens a listener that is not open.
    fn start_listener(&self, id: &str) -> Result<(), NodeError>;

    /// Closes a listener and its connections.
    fn stop_listener(&self, id: &str) -> Result<(), NodeError>;

    /// Closes a listener, if it is open, and opens it with the present configuration.
    fn restart_listener(&self, id: &str) -> Result<(), NodeError>;

    /// Whether what a configuration says of access control can be had: files that it names are read, and nothing changes.
    fn check(&self, config: &Config) -> Result<(), NodeError>;

    /// Takes over a configuration that is good, as far as that can be done while the node runs. `changes` says what is
    /// different from the one before; each of its keys is found in the answer, or its listener is. Without any, files that the
    /// configuration names may have changed.
    fn apply(&self, config: &Config, changes: &[Change]) -> Applied;

    /// Traces of clients, topics and addresses.
    fn traces(&self) -> Result<Traces, NodeError>;

    /// Bans somebody; with `replaces`, in the place of a ban about the same. It is on disk then.
    fn ban(&self, ban: Ban, replaces: bool) -> Result<(), NodeError>;

    /// Lets somebody in again; false where there is no such ban.
    fn unban(&self, who: &Who) -> Result<bool, NodeError>;

    /// How authenticators do.
    fn authenticators(&self) -> Result<Vec<AuthenticatorState>, NodeError>;

    /// What was decided about what clients may do, and how its sources do.
    fn authorization(&self) -> Result<Option<AuthorizationState>, NodeError>;

    /// The `node_cache` of authentication.
    fn login_cache(&self) -> Result<AnswerCacheState, NodeError>;

    /// That of authorization.
    fn verdict_cache(&self) -> Result<AnswerCacheState, NodeError>;

    /// Whether there is more to do than can be done.
    fn overload(&self) -> Result<OverloadState, NodeError>;

    /// The users that an authenticator keeps itself, of the node or of a listener's own. They may be changed.
    fn users(&self, listener: Option<&str>, id: &str) -> Result<UserDatabase, NodeError>;

    /// The rules of the built-in database, to be read.
    fn rules(&self) -> Result<Arc<RuleDatabase>, NodeError>;

    /// Gives subjects rules instead of those they have, if any: all of them or none.
    fn set_rules(&self, list: Vec<(RuleSubject<'_>, Vec<Row>)>) -> Result<(), NodeError>;

    /// Takes all rules from a subject, or from all.
    fn remove_rules(&self, subject: Option<RuleSubject<'_>>) -> Result<(), NodeError>;

    /// Forgets verdicts that are kept: of one client, or of all.
    fn clean_verdicts(&self, client_id: Option<&str>) -> Result<(), NodeError>;

    /// Lets everybody in again. Says how many bans there were.
    fn clear_bans(&self) -> Result<usize, NodeError>;

    /// Its clients, to ask about and to do something to.
    fn clients(&self) -> Result<Clients, NodeError>;

    /// Messages that are retained.
    fn retained_messages(&self) -> Result<RetainedMessages, NodeError>;

    /// Bans that are not over: `limit` of them, the first `skip` left out.
    fn bans(&self, filter: &BanFilter, skip: usize, limit: usize) -> Result<BanPage, NodeError>;

    /// Where the API listens.
    fn api_addresses(&self) -> Result<Vec<(&'static str, SocketAddr)>, NodeError>;

    /// Who may use the API.
    fn accounts(&self) -> Result<Arc<Accounts>, NodeError>;

    /// Subscriptions that are served slowest.
    fn slow_subscriptions(&self) -> Result<SlowSubscriptions, NodeError>;

    /// Topics that are counted.
    fn topic_metrics(&self) -> Result<TopicMetrics, NodeError>;

    /// What people and programs set up while it runs.
    fn metadata(&self) -> Result<Arc<MetadataStore>, NodeError>;

    /// Takes over entries of tables that were looked at, over those that are there. They count at once.
    fn import_tables(&self, rows: &[StoredRow]) -> Result<(), NodeError>;

    /// Reads certificates and keys anew. Says how many listeners have new ones.
    fn clean_pem_cache(&self) -> Result<Reread, NodeError>;
}
