//! The whole configuration, and loading it.

use crate::error::{ConfigErrors, Warning};
use crate::section::{Findings, Section};
use crate::settings::{
    self, ConsoleLog, Delayed, DurableSessions, ForceShutdown, Mqtt, Node, Retainer, SharedGroup, TcpListener,
};
use crate::source;
use std::collections::BTreeMap;

/// Everything a node can be told. The defaults are those of an empty file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `node`: this node and its machine.
    pub node: Node,
    /// `listeners.tcp`: where to accept MQTT over TCP, ordered by name. Disabled ones are listed too. A file that configures
    /// none gets `tcp:default` on 0.0.0.0:1883.
    pub tcp_listeners: Vec<TcpListener>,
    /// `mqtt`: protocol and session limits.
    pub mqtt: Mqtt,
    /// `durable_sessions`: what sessions that outlive their connections keep on disk.
    pub durable_sessions: DurableSessions,
    /// `retainer`: retained messages.
    pub retainer: Retainer,
    /// `delayed`: messages published to `$delayed/{seconds}/{topic}`.
    pub delayed: Delayed,
    /// `force_shutdown`: limits that close a single connection.
    pub force_shutdown: ForceShutdown,
    /// `broker.shared_subscription_group.<name>`: groups that differ from [`Mqtt::shared_subscription_strategy`].
    pub shared_groups: BTreeMap<String, SharedGroup>,
    /// `log.console`: the log on standard output.
    pub console_log: ConsoleLog,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node: Node::default(),
            tcp_listeners: vec![TcpListener::default()],
            mqtt: Mqtt::default(),
            durable_sessions: DurableSessions::default(),
            retainer: Retainer::default(),
            delayed: Delayed::default(),
            force_shutdown: ForceShutdown::default(),
            shared_groups: BTreeMap::new(),
            console_log: ConsoleLog::default(),
        }
    }
}

/// A configuration that may be used, and what its author should know about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The effective configuration.
    pub config: Config,
    /// What was read but does not do what the author may expect, ordered by key.
    pub warnings: Vec<Warning>,
}

/// Reads a configuration: built-in defaults, overridden by `text`, overridden by `environment`.
///
/// `file_name` is where `text` came from: it is named in errors, and an `include` is looked up beside it.
/// From `environment` the variables `DUNLIN_A__B` and `EMQX_A__B` set the key `a.b`; the former win. Their value is HOCON, or
/// plain text where it is no valid HOCON. Every variable can be used in the text as `${NAME}`.
///
/// # Errors
/// Everything that is wrong, not only the first thing.
pub fn load(
    text: &str,
    file_name: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, ConfigErrors> {
    let environment = environment.into_iter().collect();
    let root = source::read(text, file_name, &environment, settings::ROOTS)?;
    let mut findings = Findings::new(file_name);
    let config = Section::read_root(&root, &mut findings, read_config);
    let warnings = findings.into_warnings()?;
    Ok(Loaded { config, warnings })
}

fn read_config(root: &mut Section<'_>) -> Config {
    let config = Config {
        node: root.child("node", Node::read),
        tcp_listeners: root.child("listeners", settings::read_listeners),
        mqtt: root.child("mqtt", Mqtt::read),
        durable_sessions: root.child("durable_sessions", DurableSessions::read),
        retainer: root.child("retainer", Retainer::read),
        delayed: root.child("delayed", Delayed::read),
        force_shutdown: root.child("force_shutdown", ForceShutdown::read),
        shared_groups: root.child("broker", settings::read_shared_groups),
        console_log: root.child("log", ConsoleLog::read),
    };
    for (key, consequence) in settings::UNSUPPORTED_WITH_CONSEQUENCE {
        root.not_supported_because(key, consequence);
    }
    root.not_supported(settings::UNSUPPORTED_ROOTS);
    config
}
