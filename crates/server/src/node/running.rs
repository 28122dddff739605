//! The node of this process.

use super::listener_change::{self, ListenerChange};
use super::{Applied, ListenerState, Node, NodeError, OverloadState};
use crate::access_control::of_cache;
use crate::backup::{StoredRow, TableSet};
use crate::listening::Reread;
use crate::observing::check_export;
use crate::operate::ApiService;
use crate::settings::live_settings;
use crate::traces::Traces;
use crate::{AnswerCacheState, AuthenticatorState, AuthorizationState, Server};
use dunlin_access::Row;
use dunlin_api::Accounts;
use dunlin_auth_built_in_database::{RuleDatabase, RuleSubject, UserDatabase};
use dunlin_banned::{Ban, BanFilter, BanPage, Who};
use dunlin_broker::{Broker, Clients, Gauge, RetainedMessages, SlowSubscriptions, TopicMetrics};
use dunlin_config::{Change, Config, Effect, Listener};
use dunlin_storage::metadata::MetadataStore;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// One thread accepts for all listeners.
const ACCEPTORS: u32 = 1;

/// How long a stop waits for answers of the API that are on their way.
const API_GRACE: Duration = Duration::from_secs(2);

/// The node of this process. Commands share it with the thread that stops it.
pub(crate) struct RunningNode {
    /// `None` once it stops.
    server: RwLock<Option<Server>>,
    config: RwLock<Config>,
    /// The API, while it may be open.
    api: RwLock<Option<Arc<ApiService>>>,
}

impl RunningNode {
    pub(crate) fn new(server: Server, config: Config) -> Self {
        let api = ApiService::new(&config, server.metadata(), Arc::clone(server.certificates()));
        Self { server: RwLock::new(Some(server)), config: RwLock::new(config), api: RwLock::new(Some(Arc::new(api))) }
    }

    /// Says goodbye to all clients and stops; waits at most `grace` for those that read slowly. Commands that are being carried
    /// out end first.
    pub(crate) fn stop(&self, grace: Duration) {
        // What it is asked while it stops would not be answered anyway.
        let api = self.api.write().take();
        if let Some(api) = api {
            api.close(API_GRACE);
        }
        let server = self.server.write().take();
        if let Some(server) = server {
            server.stop(grace);
        }
    }

    /// Connections open now.
    pub(crate) fn connections(&self) -> u64 {
        self.with_broker(Broker::connections).unwrap_or(0)
    }

    /// The API of this node, until it stops.
    pub(crate) fn api(&self) -> Result<Arc<ApiService>, NodeError> {
        self.api.read().clone().ok_or(NodeError::Stopping)
    }

    /// Looks at the configuration in effect.
    pub(crate) fn with_config<T>(&self, look: impl FnOnce(&Config) -> T) -> T {
        look(&self.config.read())
    }

    pub(crate) fn with_broker<T>(&self, ask: impl FnOnce(&Broker) -> T) -> Result<T, NodeError> {
        self.with_server(|server| ask(server.broker()))
    }

    pub(crate) fn with_server<T>(&self, ask: impl FnOnce(&Server) -> T) -> Result<T, NodeError> {
        self.server.read().as_ref().map(ask).ok_or(NodeError::Stopping)
    }

    /// Does something with a listener of the configuration.
    fn with_listener(
        &self,
        id: &str,
        work: impl FnOnce(&Server, &Listener, &Config) -> Result<(), NodeError>,
    ) -> Result<(), NodeError> {
        let config = self.config.read();
        let listener = listener_change::find(&config, id).ok_or_else(|| {
            let known = config.listeners.iter().map(Listener::id).collect();
            NodeError::UnknownListener { id: id.into(), known }
        })?;
        self.with_server(|server| work(server, listener, &config))?
    }
}

impl RunningNode {
    /// Access control follows first: listeners are told whom to ask.
    fn apply_access(&self, new: &Config, changes: Vec<&Change>, others: &[&Change], applied: &mut Applied) {
        let changed = match self.with_server(|server| server.change_access(new)) {
            Ok(Ok(changed)) => changed,
            Ok(Err(error)) => return applied.failed.push(error.to_string()),
            Err(error) => return applied.failed.push(error.to_string()),
        };
        let has_listener_key = |id: &str| others.iter().any(|change| change.effect == Effect::Listener(id.to_owned()));
        if changed.is_different && changes.is_empty() && others.is_empty() {
            applied.live.push("files of authentication and authorization".to_owned());
        }
        applied.live.extend(changes.into_iter().map(|change| change.key.clone()));
        for id in changed.listeners.iter().filter(|id| !has_listener_key(id)) {
            let Some(listener) = listener_change::find(new, id) else { continue };
            let change = |server: &Server| match listener_change::is_open(server, id) {
                true => listener_change::change(server, listener, new),
                false => Ok(()),
            };
            match self.with_server(change).and_then(|result| result) {
                Ok(()) => applied.new_connections.push(format!("authenticators of {id}")),
                Err(error) => applied.failed.push(error.to_string()),
            }
        }
    }
}

/// Whether it is about the API.
fn is_of_api(change: &Change) -> bool {
    matches!(change.key.split('.').next().unwrap_or_default(), "api_key" | "dashboard")
}

/// Whether it is about who may come in and do what, on all listeners.
fn is_of_access(change: &Change) -> bool {
    let root = change.key.split('.').next().unwrap_or_default();
    matches!(root, "authentication" | "authentication_settings" | "authorization")
}

impl Node for RunningNode {
    fn stats(&self) -> Result<Vec<(String, u64)>, NodeError> {
        self.with_broker(|broker| {
            let gauges = broker.readings().gauges();
            let values = |gauge: Gauge| {
                [("count", gauge.count), ("max", gauge.max)]
                    .map(|(end, value)| (format!("{}.{end}", gauge.name), value))
            };
            gauges.into_iter().flat_map(values).collect()
        })
    }

    fn metrics(&self) -> Result<Vec<(String, u64)>, NodeError> {
        self.with_broker(|broker| {
            broker.readings().metrics().into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
        })
    }

    fn listeners(&self) -> Result<Vec<ListenerState>, NodeError> {
        let config = self.config.read();
        self.with_broker(|broker| {
            let reports = broker.listeners();
            let state = |listener: &Listener| {
                let id = listener.id();
                let report = reports.iter().find(|report| report.id == id);
                let running = report.filter(|report| report.is_running);
                let failed = report.into_iter().flat_map(|report| &report.handshakes_failed);
                let ended: Vec<_> = report.into_iter().flat_map(|report| &report.disconnects).collect();
                // A word that is also the reason of the end is counted once.
                let failed = failed.filter(|(word, _)| ended.iter().all(|(reason, _)| reason.as_str() != *word));
                let ended = ended.iter().map(|(reason, count)| (reason.as_str(), *count));
                ListenerState {
                    listen_on: running.map_or(listener.bind, |report| report.address).to_string(),
                    acceptors: ACCEPTORS,
                    proxy_protocol: listener.proxy_protocol,
                    enable: listener.enable,
                    running: running.is_some(),
                    current_conn: report.map_or(0, |report| report.connections),
                    max_conns: listener.max_connections.map(u64::from),
                    shutdown_count: ended
                        .chain(failed.map(|(word, count)| (*word, *count)))
                        .map(|(word, count)| (word.to_owned(), count))
                        .collect(),
                    id,
                }
            };
            let mut states: Vec<_> = config.listeners.iter().map(state).collect();
            states.sort_by(|a, b| a.id.cmp(&b.id));
            states
        })
    }

    fn start_listener(&self, id: &str) -> Result<(), NodeError> {
        self.with_listener(id, listener_change::open)
    }

    fn stop_listener(&self, id: &str) -> Result<(), NodeError> {
        self.with_listener(id, |server, _, _| match listener_change::is_open(server, id) {
            true => listener_change::close(server, id),
            false => Err(NodeError::NotRunning),
        })
    }

    fn restart_listener(&self, id: &str) -> Result<(), NodeError> {
        self.with_listener(id, |server, listener, config| {
            if listener_change::is_open(server, id) {
                listener_change::close(server, id)?;
            }
            listener_change::open(server, listener, config)
        })
    }

    fn check(&self, config: &Config) -> Result<(), NodeError> {
        let checked = self.with_server(|server| server.certificates().check_bundles(config))?;
        checked.map_err(|error| NodeError::Refused(error.to_string()))?;
        check_export(config).map_err(NodeError::Refused)?;
        let checked = self.with_server(|server| server.access().check(config))?;
        checked.map_err(|error| NodeError::Refused(error.to_string()))
    }

    /// Listeners follow at once, and with them what their connections begin with, and what the broker can change for everybody;
    /// it reads everything else at the start only.
    fn apply(&self, new: &Config, changes: &[Change]) -> Applied {
        let old = std::mem::replace(&mut *self.config.write(), new.clone());
        let mut applied = Applied::default();
        let (of_api, changes): (Vec<_>, Vec<_>) = changes.iter().partition(|change| is_of_api(change));
        if let (false, Ok(api)) = (of_api.is_empty(), self.api()) {
            api.change(new, &of_api, &mut applied);
        }
        let (of_access, changes): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| is_of_access(change));
        self.apply_access(new, of_access, &changes, &mut applied);
        let mut of_listeners = BTreeMap::<&str, Vec<&Change>>::new();
        let (mut of_connections, mut of_all) = (Vec::new(), Vec::new());
        for change in changes {
            let key = &change.key;
            match &change.effect {
                // A socket keeps the options it was opened with.
                Effect::Listener(_) if key.contains(".tcp_options.") => applied.restart.push(key.clone()),
                Effect::Listener(id) => of_listeners.entry(id).or_default().push(change),
                Effect::NewConnections => of_connections.push(key.clone()),
                Effect::Live => of_all.push(key.clone()),
                Effect::Restart => applied.restart.push(key.clone()),
            }
        }
        // The limits of a zone that is new are among what the broker keeps of zones.
        if !of_all.is_empty() || !of_connections.is_empty() {
            let change = |server: &Server| {
                server.broker().change(&live_settings(new));
                server.change_observing(new);
            };
            match self.with_server(change) {
                Ok(()) => applied.live.append(&mut of_all),
                Err(error) => applied.failed.push(error.to_string()),
            }
        }
        if !of_connections.is_empty() {
            // A listener that changes for reasons of its own gets it in passing.
            let others = new.listeners.iter().filter(|listener| !of_listeners.contains_key(listener.id().as_str()));
            let changed = self.with_server(|server| {
                let mut open = others.filter(|listener| listener_change::is_open(server, &listener.id()));
                open.try_for_each(|listener| listener_change::change(server, listener, new))
            });
            match changed.and_then(|result| result) {
                Ok(()) => applied.new_connections.append(&mut of_connections),
                Err(error) => applied.failed.push(error.to_string()),
            }
        }
        for (id, keys) in of_listeners {
            let take_over = |server: &Server| listener_change::take_over(server, id, &old, new);
            match self.with_server(take_over).and_then(|result| result) {
                Ok(ListenerChange::Started) => applied.listeners.push(format!("{id} was started")),
                Ok(ListenerChange::Stopped) => applied.listeners.push(format!("{id} was stopped")),
                Ok(ListenerChange::Restarted) => applied.listeners.push(format!("{id} was restarted")),
                Ok(ListenerChange::Changed) => {
                    let (of_all, of_new): (Vec<_>, Vec<_>) = keys.into_iter().partition(|change| change.is_limit());
                    applied.live.extend(of_all.into_iter().map(|change| change.key.clone()));
                    applied.new_connections.extend(of_new.into_iter().map(|change| change.key.clone()));
                }
                Ok(ListenerChange::Unused) => applied.live.extend(keys.into_iter().map(|change| change.key.clone())),
                Err(error) => applied.failed.push(error.to_string()),
            }
        }
        applied
    }

    fn traces(&self) -> Result<Traces, NodeError> {
        self.with_server(|server| server.traces().clone())
    }

    fn ban(&self, ban: Ban, replaces: bool) -> Result<(), NodeError> {
        Ok(self.with_server(|server| server.ban(ban, replaces))??)
    }

    fn unban(&self, who: &Who) -> Result<bool, NodeError> {
        Ok(self.with_server(|server| server.unban(who))??)
    }

    fn authenticators(&self) -> Result<Vec<AuthenticatorState>, NodeError> {
        self.with_server(Server::authenticators)
    }

    fn authorization(&self) -> Result<Option<AuthorizationState>, NodeError> {
        self.with_server(Server::authorization)
    }

    fn login_cache(&self) -> Result<AnswerCacheState, NodeError> {
        let enable = self.config.read().authentication_settings.node_cache.enable;
        self.with_server(|server| of_cache(enable, server.access().login_cache()))
    }

    fn verdict_cache(&self) -> Result<AnswerCacheState, NodeError> {
        let enable = self.config.read().authorization.node_cache.enable;
        self.with_server(|server| of_cache(enable, server.access().verdict_cache()))
    }

    fn overload(&self) -> Result<OverloadState, NodeError> {
        let enable = self.config.read().overload_protection.enable;
        self.with_broker(|broker| OverloadState { enable, is_overloaded: broker.is_overloaded() })
    }

    fn users(&self, listener: Option<&str>, id: &str) -> Result<UserDatabase, NodeError> {
        Ok(self.with_server(|server| server.users(listener, id))??)
    }

    fn rules(&self) -> Result<Arc<RuleDatabase>, NodeError> {
        Ok(self.with_server(Server::rules)??)
    }

    fn set_rules(&self, list: Vec<(RuleSubject<'_>, Vec<Row>)>) -> Result<(), NodeError> {
        Ok(self.with_server(|server| server.set_rules(list, true))??)
    }

    fn remove_rules(&self, subject: Option<RuleSubject<'_>>) -> Result<(), NodeError> {
        Ok(self.with_server(|server| match subject {
            Some(subject) => server.remove_rules(subject),
            None => server.clear_rules(),
        })??)
    }

    fn clean_verdicts(&self, client_id: Option<&str>) -> Result<(), NodeError> {
        self.with_server(|server| server.forget_verdicts(client_id))
    }

    fn clear_bans(&self) -> Result<usize, NodeError> {
        Ok(self.with_server(Server::clear_bans)??)
    }

    fn clients(&self) -> Result<Clients, NodeError> {
        self.with_broker(Broker::clients)
    }

    fn retained_messages(&self) -> Result<RetainedMessages, NodeError> {
        self.with_broker(Broker::retained_messages)
    }

    fn bans(&self, filter: &BanFilter, skip: usize, limit: usize) -> Result<BanPage, NodeError> {
        self.with_server(|server| server.bans(filter, skip, limit))
    }

    fn metadata(&self) -> Result<Arc<MetadataStore>, NodeError> {
        self.with_server(|server| Arc::clone(server.metadata()))
    }

    fn import_tables(&self, rows: &[StoredRow]) -> Result<(), NodeError> {
        let imported = self.with_server(|server| server.import_tables(rows))?;
        imported.map_err(|error| NodeError::Refused(error.to_string()))?;
        self.accounts()?.reload(rows.iter().filter(|row| row.set == TableSet::DashboardUsers).map(|row| &*row.key));
        Ok(())
    }

    fn slow_subscriptions(&self) -> Result<SlowSubscriptions, NodeError> {
        self.with_broker(Broker::slow_subscriptions)
    }

    fn topic_metrics(&self) -> Result<TopicMetrics, NodeError> {
        self.with_broker(Broker::topic_metrics)
    }

    fn api_addresses(&self) -> Result<Vec<(&'static str, SocketAddr)>, NodeError> {
        Ok(self.api()?.addresses())
    }

    fn accounts(&self) -> Result<Arc<Accounts>, NodeError> {
        Ok(Arc::clone(self.api()?.accounts()))
    }

    fn clean_pem_cache(&self) -> Result<Reread, NodeError> {
        self.with_server(|server| server.certificates().clean_pem_cache())
    }
}
