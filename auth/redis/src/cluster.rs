//! Servers that share the data by the hash of the key.

use crate::connection::Reply;
use crate::link::{Link, Question};
use crate::slot::Slot;
use crate::slot_map::SlotMap;
use crate::{RedisSettings, ServerAddress};
use dunlin_access::{BackendFailure, BackendStatus};
use dunlin_auth_backend::{Deadline, Pool};
use parking_lot::Mutex;
use redis::{Cmd, Value, cmd};
use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often one question follows nodes that name another one.
const MAX_REDIRECTIONS: usize = 5;
/// The map is not asked for more often than this, however many questions find it wrong.
const PAUSE_BETWEEN_MAPS: Duration = Duration::from_millis(200);

/// Servers that share the data by the hash of the key. A question goes to the one that has the key.
pub(crate) struct Cluster {
    settings: Arc<RedisSettings>,
    connections: NonZeroUsize,
    state: Mutex<State>,
    /// Held by the question that asks for the map, on behalf of all others.
    asking_for_map: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    map: SlotMap,
    pools: HashMap<ServerAddress, Arc<Pool<Link>>>,
    /// A node was not where the map says, or does not answer.
    is_stale: bool,
    mapped_at: Option<Instant>,
    /// Why there is no new map, while that is so.
    map_failure: Option<BackendFailure>,
}

impl Cluster {
    pub(crate) fn new(settings: Arc<RedisSettings>, connections: NonZeroUsize) -> Self {
        let state = Mutex::new(State { is_stale: true, ..State::default() });
        Self { settings, connections, state, asking_for_map: tokio::sync::Mutex::default() }
    }

    /// Asks the node that has `key`.
    pub(crate) async fn ask(&self, key: &[u8], command: Cmd, deadline: Deadline) -> Result<Value, BackendFailure> {
        let slot = Slot::of(key);
        let mut question = Question::from(command);
        let mut node = self.master(slot, deadline).await?;
        for _ in 0..MAX_REDIRECTIONS {
            question.is_asking = false;
            let mut reply = self.pool(&node).ask(&question, deadline).await;
            if let Ok(Reply::Ask(other)) = reply {
                question.is_asking = true;
                reply = self.pool(&reachable(other, &node)).ask(&question, deadline).await;
            }
            match reply {
                Ok(Reply::Value(value)) => return Ok(value),
                Ok(Reply::Moved(other) | Reply::Ask(other)) => {
                    self.state.lock().is_stale = true;
                    node = reachable(other, &node);
                }
                Err(failure @ BackendFailure::Unreachable(_)) => {
                    self.state.lock().is_stale = true;
                    let now = self.master(slot, deadline).await?;
                    if now == node {
                        return Err(failure);
                    }
                    node = now;
                }
                Err(failure) => {
                    self.state.lock().is_stale |= matches!(failure, BackendFailure::Timeout(_));
                    return Err(failure);
                }
            }
        }
        Err(BackendFailure::Unreachable(format!("the nodes of the cluster do not agree who has slot {slot}")))
    }

    /// The first failure of a node that has slots, or of the search for them.
    pub(crate) fn status(&self) -> BackendStatus {
        let state = self.state.lock();
        if let Some(failure) = &state.map_failure {
            return BackendStatus::Disconnected(failure.clone());
        }
        if state.mapped_at.is_none() {
            return BackendStatus::Connecting;
        }
        // One that nobody has asked yet is as good as the map it is on.
        let asked = state.map.masters().filter_map(|node| state.pools.get(node)).map(|pool| pool.status());
        let failed = asked.filter(|status| status.failure().is_some());
        failed.fold(BackendStatus::Connected, BackendStatus::and)
    }

    /// Looks for the nodes that have slots, where that is due, and asks each whether it is there.
    pub(crate) async fn probe(&self) {
        // How the search went is noted.
        let _ = self.renew_map_if_due(Deadline::after(self.settings.timeout)).await;
        let masters: Vec<_> = self.state.lock().map.masters().cloned().collect();
        for node in masters {
            let pool = self.pool(&node);
            pool.probe().await;
            if pool.status().failure().is_some() {
                self.state.lock().is_stale = true;
            }
        }
    }

    /// How many connections no question uses now, on the nodes that are known.
    pub(crate) fn free_connections(&self) -> usize {
        self.state.lock().pools.values().map(|pool| pool.free_connections()).sum()
    }

    fn pool(&self, node: &ServerAddress) -> Arc<Pool<Link>> {
        let mut state = self.state.lock();
        if let Some(pool) = state.pools.get(node) {
            return Arc::clone(pool);
        }
        let link = Link::to(Arc::clone(&self.settings), node.clone());
        let pool = Arc::new(Pool::new(link, self.connections, self.settings.timeout));
        state.pools.insert(node.clone(), Arc::clone(&pool));
        pool
    }

    /// The node that has a slot, by a map that is as new as can be had.
    async fn master(&self, slot: Slot, deadline: Deadline) -> Result<ServerAddress, BackendFailure> {
        self.renew_map_if_due(deadline).await?;
        let state = self.state.lock();
        let nobody = || BackendFailure::Unreachable(format!("no node of the cluster has slot {slot}"));
        state.map.master(slot).cloned().ok_or_else(|| state.map_failure.clone().unwrap_or_else(nobody))
    }

    async fn renew_map_if_due(&self, deadline: Deadline) -> Result<(), BackendFailure> {
        if self.needs_map() {
            let _turn = deadline.limit(self.asking_for_map.lock()).await?;
            if self.needs_map() {
                deadline.limit(self.renew_map()).await?;
            }
        }
        Ok(())
    }

    fn needs_map(&self) -> bool {
        let state = self.state.lock();
        state.is_stale && state.mapped_at.is_none_or(|then| then.elapsed() >= PAUSE_BETWEEN_MAPS)
    }

    /// Asks one node after the other, until one tells. The old map is kept where none does.
    async fn renew_map(&self) {
        let mut nodes: Vec<ServerAddress> = self.state.lock().map.nodes().cloned().collect();
        nodes.extend(self.settings.servers.iter().cloned());
        let mut seen = std::collections::HashSet::new();
        nodes.retain(|node| seen.insert(node.clone()));
        // One that hangs leaves time for the others.
        let patience = self.settings.timeout / u32::try_from(nodes.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut question = cmd("CLUSTER");
        question.arg("SLOTS");
        let question = Question::from(question);
        let mut last_failure = BackendFailure::Unreachable("no node".into());
        for node in nodes {
            match self.pool(&node).ask(&question, Deadline::after(patience)).await {
                Ok(Reply::Value(answer)) => match SlotMap::read(&answer, &node) {
                    Some(map) => return self.adopt(map),
                    None => last_failure = BackendFailure::Unreachable(format!("{node} tells no slots")),
                },
                Ok(_) => last_failure = BackendFailure::Unreachable(format!("{node} tells no slots")),
                // That it is no cluster is more than one question's bad luck.
                Err(BackendFailure::BadAnswer(text)) => last_failure = BackendFailure::Unreachable(text),
                Err(failure) => last_failure = failure,
            }
        }
        let mut state = self.state.lock();
        state.mapped_at = Some(Instant::now());
        state.map_failure = Some(last_failure);
    }

    fn adopt(&self, map: SlotMap) {
        let mut state = self.state.lock();
        let State { pools, .. } = &mut *state;
        pools.retain(|node, _| map.nodes().any(|known| known == node));
        *state = State {
            map,
            pools: std::mem::take(&mut state.pools),
            is_stale: false,
            mapped_at: Some(Instant::now()),
            map_failure: None,
        };
    }
}

/// A node without a host is on the host of the one that named it.
fn reachable(node: ServerAddress, named_by: &ServerAddress) -> ServerAddress {
    if node.host().is_empty() { named_by.with_port(node.port()) } else { node }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("redis cluster")?;
        self.settings.servers.iter().try_for_each(|node| write!(formatter, " {node}"))
    }
}
