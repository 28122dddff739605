//! Answers what is asked over the control socket, from before the node serves clients until after it stopped.

use super::{
    commands,
    protocol::{Reply, Request},
};
use crate::configuration::{ChangeError, ChangeMode, ChangeReport, LiveConfiguration};
use crate::logging::Logs;
use crate::node::Node;
use dunlin_broker::StoreInspector;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is known of a node from its first moment on.
pub(crate) struct Identity {
    /// `node.name`.
    pub(crate) node_name: String,
    started: Instant,
}

impl Identity {
    /// Of a node that starts now.
    #[expect(clippy::disallowed_methods, reason = "operators are told how long a node has been running")]
    pub(crate) fn new(node_name: String) -> Self {
        Self { node_name, started: Instant::now() }
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }
}

/// A node that serves clients.
pub(crate) struct Running {
    pub(crate) node: Arc<dyn Node>,
    /// One command at a time: whatever is asked about the store takes at most one processor from the clients.
    pub(super) store: Mutex<StoreInspector>,
    pub(crate) configuration: LiveConfiguration,
}

impl Running {
    pub(crate) fn new(node: Arc<dyn Node>, store: StoreInspector, configuration: LiveConfiguration) -> Self {
        Self { node, store: Mutex::new(store), configuration }
    }
}

/// How far a node is.
#[derive(Clone)]
pub(super) enum Phase {
    /// It reads its store and opens its listeners.
    Starting,
    /// It serves clients.
    Running(Arc<Running>),
    /// It says goodbye to them.
    Stopping,
}

impl Phase {
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running(_) => "started",
            Self::Stopping => "stopping",
        }
    }
}

/// Answers requests about one node.
pub(crate) struct Answerer {
    pub(crate) identity: Identity,
    pub(crate) logs: Logs,
    phase: Mutex<Phase>,
}

impl Answerer {
    /// For a node that starts.
    pub(crate) fn new(identity: Identity, logs: Logs) -> Self {
        Self { identity, logs, phase: Mutex::new(Phase::Starting) }
    }

    /// From now on it serves clients.
    pub(crate) fn set_running(&self, running: Running) {
        *self.phase.lock() = Phase::Running(Arc::new(running));
    }

    /// From now on it stops.
    pub(crate) fn set_stopping(&self) {
        *self.phase.lock() = Phase::Stopping;
    }

    /// Reads the configuration anew, as `conf reload` does; nothing if the node does not run.
    pub(crate) fn reload(&self) -> Option<Result<ChangeReport, ChangeError>> {
        let Phase::Running(running) = self.phase() else { return None };
        Some(running.configuration.reload(ChangeMode::Merge, &*running.node, &self.logs))
    }

    /// The node with its configuration, while it serves clients.
    pub(crate) fn running(&self) -> Option<Arc<Running>> {
        match self.phase() {
            Phase::Running(running) => Some(running),
            Phase::Starting | Phase::Stopping => None,
        }
    }

    /// How far the node is: `starting`, `started` or `stopping`.
    pub(crate) fn phase_name(&self) -> &'static str {
        self.phase.lock().as_str()
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase.lock().clone()
    }

    /// Answers a line that came from a user of this machine.
    pub(super) fn answer(&self, line: &[u8], user_id: Option<u32>) -> Reply {
        let request: Request = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => return Reply::error(format!("the request is not understood: {error}")),
        };
        commands::carry_out(self, &request, user_id).map_or_else(Reply::error, Reply::Ok)
    }
}
