//! The API of this node: opened when the node serves clients, changed when its configuration is, closed before the node stops.

use super::accounts::{default_user, policy};
use crate::Certificates;
use crate::listening::HTTPS;
use crate::node::Applied;
use dunlin_api::{Accounts, Api, ApiListener, ListenError, ListenerSettings, Node, ServerConfigSource};
use dunlin_config::{Change, Config, Dashboard, DashboardListener};
use dunlin_storage::metadata::MetadataStore;
use parking_lot::{Mutex, RwLock};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, info};

/// Why a listener of the API cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenApiError {
    #[error("listener {name} {source}")]
    Listen { name: &'static str, source: ListenError },
    #[error("{0}")]
    Certificates(String),
    #[error("listener {name}: {source}")]
    Runtime { name: &'static str, source: io::Error },
}

impl OpenApiError {
    /// The key whose value cannot be used.
    pub(crate) fn key(&self) -> Option<String> {
        match self {
            Self::Listen { name, .. } => Some(format!("dashboard.listeners.{}.bind", kind_of(name))),
            Self::Certificates(_) | Self::Runtime { .. } => None,
        }
    }
}

/// The addresses of the API, taken before anything else is started: a node that cannot have them does not serve clients either.
#[derive(Default)]
pub(crate) struct ApiSockets(Vec<(&'static str, ApiListener)>);

impl ApiSockets {
    /// Takes all that the configuration names.
    pub(crate) fn bind(dashboard: &Dashboard) -> Result<Self, OpenApiError> {
        let bind = |(name, listener)| bind(name, listener).map(|socket| (name, socket));
        dashboard.listeners().map(bind).collect::<Result<_, _>>().map(Self)
    }
}

/// See the head of the file.
pub(crate) struct ApiService {
    accounts: Arc<Accounts>,
    certificates: Arc<Certificates>,
    /// Asked by the API. `None` before there is a node, and after it has stopped.
    node: RwLock<Option<Arc<dyn Node>>>,
    /// `None` while nothing listens: most of what is here costs threads.
    api: Mutex<Option<Api>>,
}

impl ApiService {
    /// Knows who may use the API; nothing listens yet.
    pub(crate) fn new(config: &Config, metadata: &Arc<MetadataStore>, certificates: Arc<Certificates>) -> Self {
        let accounts = Accounts::new(metadata, default_user(&config.dashboard), policy(&config.dashboard));
        let service =
            Self { accounts: Arc::new(accounts), certificates, node: RwLock::default(), api: Mutex::default() };
        if let Err(reason) = service.load_keys(config) {
            error!(msg = "init_bootstrap_api_keys_from_file_failed", reason, hint = "none of its keys is taken over");
        }
        service
    }

    /// Who may use the API.
    pub(crate) const fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// Serves over the addresses that were taken. Says where.
    pub(crate) fn open(
        &self,
        node: Arc<dyn Node>,
        sockets: ApiSockets,
        dashboard: &Dashboard,
    ) -> Result<Vec<(String, SocketAddr)>, OpenApiError> {
        *self.node.write() = Some(node);
        let mut opened = Vec::new();
        for (name, socket) in sockets.0 {
            opened.push((name.to_owned(), self.serve(name, socket, dashboard)?));
        }
        Ok(opened)
    }

    /// Where it listens: `http:dashboard`, `https:dashboard`.
    pub(crate) fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        let api = self.api.lock();
        let found = ["http:dashboard", HTTPS].into_iter().map(|name| Some((name, api.as_ref()?.address(name)?)));
        found.flatten().collect()
    }

    /// Closes everything; waits at most `grace` for answers that are on their way.
    pub(crate) fn close(&self, grace: Duration) {
        *self.node.write() = None;
        let api = self.api.lock().take();
        if let Some(api) = api {
            api.stop(grace);
        }
    }

    /// Takes over what is new about `dashboard` and `api_key`.
    pub(crate) fn change(&self, new: &Config, changes: &[&Change], applied: &mut Applied) {
        let dashboard = &new.dashboard;
        self.accounts.change(default_user(dashboard), policy(dashboard));
        for change in changes {
            let name = match change.key.as_str() {
                "dashboard.listeners.http" => Some("http:dashboard"),
                "dashboard.listeners.https" => Some(HTTPS),
                _ => None,
            };
            let result = match (name, change.key.as_str()) {
                (Some(name), _) => self.change_listener(name, dashboard).map_err(|error| error.to_string()),
                (None, "dashboard.listeners.https.ssl_options") => {
                    self.change_certificates(dashboard).map_err(|error| error.to_string())
                }
                (None, "api_key.bootstrap_file") => self.load_keys(new),
                (None, _) => Ok(()),
            };
            match result {
                Ok(()) => applied.live.push(change.key.clone()),
                Err(reason) => applied.failed.push(reason),
            }
        }
    }

    fn change_listener(&self, name: &'static str, dashboard: &Dashboard) -> Result<(), OpenApiError> {
        let wanted = dashboard.listeners().find(|(other, _)| *other == name).map(|(_, listener)| listener);
        let before = self.api.lock().as_ref().and_then(|api| api.settings(name));
        let Some(listener) = wanted else {
            self.close_listener(name);
            return Ok(());
        };
        // The address that is there already is free once nobody has it.
        let is_same_address = before.as_ref().is_some_and(|before| Some(before.bind) == listener.bind);
        if is_same_address {
            self.close_listener(name);
        }
        let socket = bind(name, listener).inspect_err(|_| {
            if let (true, Some(before)) = (is_same_address, before)
                && let Ok(socket) = ApiListener::bind(before)
            {
                let _ = self.serve(name, socket, dashboard);
            }
        })?;
        self.close_listener(name);
        self.serve(name, socket, dashboard).map(drop)
    }

    fn close_listener(&self, name: &str) {
        if let Some(api) = &*self.api.lock() {
            api.close(name);
        }
        if name == HTTPS {
            self.certificates.forget(name);
        }
    }

    /// New connections get what is in the files that are named now.
    fn change_certificates(&self, dashboard: &Dashboard) -> Result<(), OpenApiError> {
        match self.api.lock().as_ref().and_then(|api| api.address(HTTPS)) {
            Some(_) => self.load_certificates(dashboard).map(drop),
            None => Ok(()),
        }
    }

    fn serve(
        &self,
        name: &'static str,
        socket: ApiListener,
        dashboard: &Dashboard,
    ) -> Result<SocketAddr, OpenApiError> {
        let failed = |source| OpenApiError::Runtime { name, source };
        let tls = if name == HTTPS { Some(self.load_certificates(dashboard)?) } else { None };
        let node = self.node.read().clone().ok_or_else(|| failed(io::Error::other("the node is stopping")))?;
        let mut api = self.api.lock();
        if api.is_none() {
            *api = Some(Api::new(node, Arc::clone(&self.accounts), dunlin_dashboard::router()).map_err(failed)?);
        }
        let Some(api) = &*api else { return Err(failed(io::Error::other("the API has ended"))) };
        let address = api.open(name, socket, tls).map_err(failed)?;
        info!(msg = "api_listener_started", listener = name, %address);
        Ok(address)
    }

    fn load_certificates(&self, dashboard: &Dashboard) -> Result<ServerConfigSource, OpenApiError> {
        let loaded = self.certificates.load_https(HTTPS, &dashboard.ssl);
        loaded.map_err(|error| OpenApiError::Certificates(error.to_string()))?;
        let certificates = Arc::clone(&self.certificates);
        Ok(Arc::new(move || certificates.https_server_config(HTTPS)))
    }

    fn load_keys(&self, config: &Config) -> Result<(), String> {
        let Some(file) = &config.api_key.bootstrap_file else { return Ok(()) };
        let loaded = self.accounts.keys().load_file(file);
        let count = loaded.map_err(|error| format!("api_key.bootstrap_file {}: {error}", file.display()))?;
        info!(msg = "init_bootstrap_api_keys_from_file_ok", file = %file.display(), count);
        Ok(())
    }
}

fn bind(name: &'static str, listener: &DashboardListener) -> Result<ApiListener, OpenApiError> {
    let &DashboardListener { bind, max_connections, backlog, send_timeout, ipv6_v6only } = listener;
    // A listener without an address is not asked for.
    let bind = bind.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)));
    let settings = ListenerSettings { bind, ipv6_v6only, backlog, max_connections, send_timeout };
    ApiListener::bind(settings).map_err(|source| OpenApiError::Listen { name, source })
}

fn kind_of(name: &str) -> &str {
    name.split(':').next().unwrap_or_default()
}
