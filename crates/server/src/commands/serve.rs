//! Serving: the life of a node, from reading its configuration to the last byte on disk.

use super::EXIT_CONFIGURATION;
use super::notices::open_listeners;
use super::output::print;
use crate::StartServerError;
use crate::configuration::{Configuration, ConfigurationError, LiveConfiguration};
use crate::control::{Answerer, ControlServer, Identity, Running, StartControlError};
use crate::data_folder_lock::{DataFolderLock, LockDataFolderError};
use crate::logging::{CONSOLE, HandlerSettings, Logs};
use crate::node::RunningNode;
use crate::operate::{ApiSockets, OpenApiError, OperatedNode};
use crate::start_report::{StartOutcome, StartReport};
use crate::supervisor::Supervisor;
use crate::{GiveBack, Server};
use dunlin_config::{Config, LogDestination, LogLevel};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tracing::{info, warn};

/// How long a stop waits for clients that read slowly.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// Signals that wait to be looked at; each kind waits once, so these are more than there are.
const EVENTS_MAX: usize = 8;

/// What the thread that watches over a node waits for.
enum Event {
    Started(Result<Box<Server>, StartServerError>),
    Signal(i32),
}

/// For whom a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServeMode {
    /// For a supervisor, or a terminal.
    Foreground,
    /// For somebody who wants to see what happens.
    Console,
    /// For `dunlin start`, which is gone once clients are served.
    Background,
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    #[error(transparent)]
    Locked(#[from] LockDataFolderError),
    #[error(transparent)]
    Control(#[from] StartControlError),
    #[error("{error}{}", place.as_deref().unwrap_or_default())]
    Start {
        error: Box<StartServerError>,
        /// The key to change, and where it was set.
        place: Option<String>,
    },
    #[error("{error}{}", place.as_deref().unwrap_or_default())]
    Api {
        error: OpenApiError,
        /// The key to change, and where it was set.
        place: Option<String>,
    },
    #[error("cannot listen for signals: {0}")]
    Signals(io::Error),
    #[error("cannot start a thread: {0}")]
    Threads(io::Error),
    #[error("cannot leave the terminal: {0}")]
    Background(io::Error),
}

/// Serves clients until SIGTERM or SIGINT.
pub(super) fn serve(config: Option<&Path>, mode: ServeMode) -> ExitCode {
    let mut report = StartReport::default();
    match start_and_stop(config, mode, &mut report) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dunlin: {error}");
            report.tell(&StartOutcome::Failed(error.to_string()));
            match error {
                ServeError::Configuration(ConfigurationError::Invalid(_) | ConfigurationError::Unreadable { .. }) => {
                    ExitCode::from(EXIT_CONFIGURATION)
                }
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn start_and_stop(config: Option<&Path>, mode: ServeMode, report: &mut StartReport) -> Result<(), ServeError> {
    if mode == ServeMode::Background {
        *report = StartReport::from_standard_input().map_err(ServeError::Background)?;
        // The leader of a group is one already, and has its terminal.
        let _ = rustix::process::setsid();
    }
    // The console is for people in front of it: in the background a file takes its place, unless its author wants both.
    let destination = if mode == ServeMode::Background { LogDestination::File } else { LogDestination::Console };
    let configuration = Configuration::read_for(config, destination)?;
    let data_dir = configuration.config().node.data_dir.clone();
    let _lock = DataFolderLock::take(&data_dir)?;
    let logs = start_logs(&configuration, mode);
    announce(&configuration);
    let sockets =
        ApiSockets::bind(&configuration.config().dashboard).map_err(|error| api_error(error, &configuration))?;
    // Before the first thread, so that no signal is lost.
    let signals = Signals::new([SIGTERM, SIGINT, SIGHUP]).map_err(ServeError::Signals)?;
    let identity = Identity::new(configuration.config().node.name.as_str().to_owned());
    let answerer = Arc::new(Answerer::new(identity, logs));
    let control = open_control(&data_dir, &answerer, mode)?;
    let (sender, events) = sync_channel(EVENTS_MAX);
    watch_signals(signals, sender.clone()).map_err(ServeError::Threads)?;
    start_server(configuration.config().clone(), sender).map_err(ServeError::Threads)?;
    match events.iter().find(|event| !matches!(event, Event::Signal(SIGHUP))) {
        Some(Event::Started(Ok(server))) => {
            // In the background it is `dunlin start` that somebody may supervise.
            let is_supervised = mode != ServeMode::Background;
            let supervisor = is_supervised.then(Supervisor::from_environment).unwrap_or_default();
            let ready = || {
                supervisor.tell_ready();
                report.tell(&StartOutcome::Ready);
            };
            let node = run(*server, configuration, sockets, &answerer, &events, ready)?;
            supervisor.tell_stopping();
            answerer.set_stopping();
            node.stop(STOP_GRACE);
        }
        Some(Event::Started(Err(error))) => return Err(start_error(error, &configuration)),
        // What is on disk is safe at any moment of a start, and no client was served.
        Some(Event::Signal(signal)) => {
            info!(msg = "stopping", signal, hint = "the start was not done");
            report.tell(&StartOutcome::Failed(format!("the node was told to stop (signal {signal}) while it started")));
        }
        None => {}
    }
    info!(msg = "stopped");
    drop(control);
    Ok(())
}

/// Without it clients are served all the same; but nobody could wait for a node in the background, or stop it in order.
fn open_control(
    data_dir: &Path,
    answerer: &Arc<Answerer>,
    mode: ServeMode,
) -> Result<Option<ControlServer>, StartControlError> {
    match ControlServer::start(data_dir, Arc::clone(answerer)) {
        Err(error) if mode != ServeMode::Background => {
            warn!(msg = "control_socket_unavailable", %error);
            Ok(None)
        }
        result => result.map(Some),
    }
}

/// From the first client until the node is told to stop. `ready` is called once clients are served.
fn run(
    server: Server,
    configuration: Configuration,
    sockets: ApiSockets,
    answerer: &Arc<Answerer>,
    events: &Receiver<Event>,
    ready: impl FnOnce(),
) -> Result<Arc<RunningNode>, ServeError> {
    server.export_log(&answerer.logs);
    let mut addresses = server.broker().addresses();
    let store = server.broker().store_inspector();
    let dashboard = configuration.config().dashboard.clone();
    let node = Arc::new(RunningNode::new(server, configuration.config().clone()));
    let operated = Arc::new(OperatedNode::new(Arc::clone(answerer), Arc::clone(&node)));
    if let Ok(api) = node.api() {
        let opened = api.open(operated, sockets, &dashboard);
        addresses.extend(opened.map_err(|error| api_error(error, &configuration))?);
    }
    answerer.set_running(Running::new(Arc::clone(&node) as _, store, LiveConfiguration::new(configuration)));
    let _memory = GiveBack::start();
    // Nobody has to read it.
    let _ = print(&addresses.iter().map(listener_line).collect::<String>());
    ready();
    for event in events {
        match event {
            Event::Signal(SIGHUP) => reload(answerer),
            Event::Signal(signal) => {
                info!(msg = "stopping", signal, connections = node.connections());
                break;
            }
            Event::Started(_) => {}
        }
    }
    Ok(node)
}

/// `Listener tcp:default on 0.0.0.0:1883 started.`
fn listener_line((id, address): &(String, SocketAddr)) -> String {
    format!("Listener {id} on {address} started.\n")
}

fn watch_signals(mut signals: Signals, events: SyncSender<Event>) -> io::Result<()> {
    let watch = move || {
        for signal in signals.forever() {
            // The one who listens is gone when the process ends.
            if events.send(Event::Signal(signal)).is_err() {
                break;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

/// On a thread of its own: a large store takes its time, and a stop need not wait for it.
fn start_server(config: Config, events: SyncSender<Event>) -> io::Result<()> {
    let start = move || {
        let result = Server::start(&config).map(Box::new);
        // The one who listens is gone if the node was told to stop.
        let _ = events.send(Event::Started(result));
    };
    std::thread::Builder::new().name("start".into()).spawn(start).map(drop)
}

/// Whoever looks at the console wants to see what happens.
fn start_logs(configuration: &Configuration, mode: ServeMode) -> Logs {
    let logs = Logs::start(&HandlerSettings::all(&configuration.config().log));
    if let Err(error) = logs.change_audit(&configuration.config().log.audit) {
        eprintln!("dunlin: {error}");
        tracing::error!(msg = "audit_log_unwritable", %error);
    }
    if mode == ServeMode::Console {
        let level = LogLevel::Debug;
        let is_set = configuration.is_set("log.console.level");
        // There is always a console.
        let _ = logs.set_started(CONSOLE, true);
        if !is_set {
            let _ = logs.set_handler_level(CONSOLE, level);
            logs.set_primary_level(level);
        }
    }
    logs
}

fn announce(configuration: &Configuration) {
    let file = configuration.file().map_or_else(|| "built-in defaults".to_owned(), |path| path.display().to_string());
    info!(msg = "starting", version = env!("CARGO_PKG_VERSION"), config = %file);
    for warning in &configuration.loaded().warnings {
        warn!(msg = "config_warning", %warning);
    }
    let open = open_listeners(configuration.config());
    if !open.is_empty() {
        warn!(
            msg = "anonymous_access_allowed",
            listeners = open.join(", "),
            hint = "nobody asks who a client is: everyone who reaches these listeners is let in; set `authentication`"
        );
    }
}

/// Names the key to change, beside what went wrong.
fn start_error(error: StartServerError, configuration: &Configuration) -> ServeError {
    let place = error.unusable_bind().and_then(|id| id.split_once(':')).map(|(kind, name)| {
        let key = format!("listeners.{kind}.{name}.bind");
        let origin = configuration.loaded().origin_of(&key);
        format!(" (key `{key}`, {origin})")
    });
    ServeError::Start { error: Box::new(error), place }
}

fn api_error(error: OpenApiError, configuration: &Configuration) -> ServeError {
    let place = error.key().map(|key| {
        let origin = configuration.loaded().origin_of(&key);
        format!(" (key `{key}`, {origin})")
    });
    ServeError::Api { error, place }
}

fn reload(answerer: &Answerer) {
    match answerer.reload() {
        Some(Ok(report)) => {
            for warning in &report.warnings {
                warn!(msg = "config_warning", %warning);
            }
            for failure in &report.failed {
                warn!(msg = "config_not_applied", %failure);
            }
            if !report.restart.is_empty() {
                warn!(msg = "config_needs_restart", keys = report.restart.join(", "));
            }
            let [live, new_connections, listeners] =
                [&report.live, &report.new_connections, &report.listeners].map(|names| names.join(", "));
            info!(msg = "config_reloaded", live, new_connections, listeners);
        }
        Some(Err(error)) => warn!(msg = "config_reload_failed", %error, hint = "everything is as it was"),
        None => {}
    }
}
