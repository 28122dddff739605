//! The node of this process.

use super::{Applied, ListenerState, Node, NodeError};
use crate::Server;
use dunlin_broker::{Broker, Metric};
use dunlin_config::{Change, Config, Listener};
use parking_lot::RwLock;
use std::time::Duration;

/// One thread accepts for all listeners.
const ACCEPTORS: u32 = 1;

/// The node of this process. Commands share it with the thread that stops it.
pub(crate) struct RunningNode {
    /// `None` once it stops.
    server: RwLock<Option<Server>>,
    config: RwLock<Config>,
}

impl RunningNode {
    pub(crate) fn new(server: Server, config: Config) -> Self {
        Self { server: RwLock::new(Some(server)), config: RwLock::new(config) }
    }

    /// Says goodbye to all clients and stops; waits at most `grace` for those that read slowly. Commands that are being carried
    /// out end first.
    pub(crate) fn stop(&self, grace: Duration) {
        let server = self.server.write().take();
        if let Some(server) = server {
            server.stop(grace);
        }
    }

    /// Connections open now.
    pub(crate) fn connections(&self) -> u64 {
        self.with_broker(Broker::connections).unwrap_or(0)
    }

    fn with_broker<T>(&self, ask: impl FnOnce(&Broker) -> T) -> Result<T, NodeError> {
        self.server.read().as_ref().map(|server| ask(server.broker())).ok_or(NodeError::Stopping)
    }

    fn refuse(&self, id: &str, why: &'static str) -> Result<(), NodeError> {
        let known: Vec<_> = self.listeners()?.into_iter().map(|listener| listener.id).collect();
        if known.iter().any(|other| other == id) {
            return Err(NodeError::NeedsRestart(why));
        }
        Err(NodeError::UnknownListener { id: id.into(), known })
    }
}

impl Node for RunningNode {
    fn stats(&self) -> Result<Vec<(String, u64)>, NodeError> {
        let count = |number: usize| number as u64;
        self.with_broker(|broker| {
            let mut stats = vec![
                ("connections.count", broker.connections()),
                ("sessions.count", broker.sessions()),
                ("suboptions.count", count(broker.subscriptions())),
                ("subscriptions.count", count(broker.subscriptions())),
                ("retained.count", count(broker.retained())),
                ("delayed.count", count(broker.delayed())),
            ];
            stats.sort_unstable();
            stats.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        })
    }

    fn metrics(&self) -> Result<Vec<(String, u64)>, NodeError> {
        self.with_broker(|broker| {
            let mut metrics: Vec<_> =
                Metric::ALL.iter().map(|metric| (metric.as_str().to_owned(), broker.metric(*metric))).collect();
            metrics.sort_unstable();
            metrics
        })
    }

    fn listeners(&self) -> Result<Vec<ListenerState>, NodeError> {
        let config = self.config.read();
        self.with_broker(|broker| {
            let state = |listener: &Listener| {
                let id = listener.id();
                let address = broker.addresses().iter().find(|(other, _)| *other == id).map(|(_, address)| *address);
                let ended = broker.listener_disconnects(&id).into_iter();
                ListenerState {
                    listen_on: address.unwrap_or(listener.bind).to_string(),
                    acceptors: ACCEPTORS,
                    proxy_protocol: listener.proxy_protocol,
                    enable: listener.enable,
                    running: address.is_some(),
                    current_conn: broker.listener_connections(&id).unwrap_or(0),
                    max_conns: listener.max_connections.map(u64::from),
                    shutdown_count: ended.map(|(reason, count)| (reason.as_str().to_owned(), count)).collect(),
                    id,
                }
            };
            let mut states: Vec<_> = config.listeners.iter().map(state).collect();
            states.sort_by(|a, b| a.id.cmp(&b.id));
            states
        })
    }

    fn start_listener(&self, id: &str) -> Result<(), NodeError> {
        self.refuse(id, "a listener cannot be started while the node runs yet")
    }

    fn stop_listener(&self, id: &str) -> Result<(), NodeError> {
        self.refuse(id, "a listener cannot be stopped while the node runs yet")
    }

    fn restart_listener(&self, id: &str) -> Result<(), NodeError> {
        self.refuse(id, "a listener cannot be restarted while the node runs yet")
    }

    /// The broker reads its settings at the start only.
    fn apply(&self, _: &Config, changes: &[Change]) -> Applied {
        Applied { restart: changes.iter().map(|change| change.key.clone()).collect(), ..Applied::default() }
    }

    fn clean_pem_cache(&self) -> Result<u64, NodeError> {
        // No listener has a certificate.
        self.with_broker(|_| 0)
    }
}
