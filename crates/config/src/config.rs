//! The whole configuration, and loading it.

use crate::error::{ConfigErrors, Warning};
use crate::section::{Findings, Section};
use crate::settings::{
    self, ConsoleLog, Delayed, DurableSessions, ForceShutdown, Mqtt, Node, Retainer, SharedGroup, TcpListener,
};
use crate::source::Sources;
use dunlin_hocon::{Node as SourceNode, Origin, split_path};
use std::collections::BTreeMap;
use std::path::PathBuf;

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
    /// Every value that somebody set, as it was written and with its place.
    pub values: SourceNode,
}

impl Loaded {
    /// Where the effective value of a key came from: `mqtt.max_inflight`, or an object for where it was last added to.
    #[must_use]
    pub fn origin_of(&self, key: &str) -> Origin {
        let node = split_path(key).and_then(|path| self.values.get(&path));
        node.map(|node| node.origin.clone()).unwrap_or_default()
    }
}

/// Reads a configuration of one text and the variables of an environment, as [`Sources`] does.
///
/// `file_name` is where `text` came from: it is named in errors, and an `include` is looked up beside it.
///
/// # Errors
/// Everything that is wrong, not only the first thing.
pub fn load(
    text: &str,
    file_name: &str,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Loaded, ConfigErrors> {
    Sources::new(environment).with_file(file_name, text).load()
}

impl Sources {
    /// Reads all sources over the built-in defaults.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first thing.
    pub fn load(&self) -> Result<Loaded, ConfigErrors> {
        let values = self.read(settings::ROOTS)?;
        let mut findings = Findings::new(self.main_name());
        let config = Section::read_root(&values, &mut findings, read_config);
        let warnings = findings.into_warnings(self.main_text())?;
        Ok(Loaded { config, warnings, values })
    }

    /// `node.data_dir`, for finding `cluster.hocon`, which cannot change it. Everything else is not looked at.
    ///
    /// # Errors
    /// If the file is no HOCON.
    pub fn data_dir(&self) -> Result<PathBuf, ConfigErrors> {
        let values = self.read_unchangeable(settings::ROOTS)?;
        let text = values.get(&["node", "data_dir"]).and_then(|node| node.value.as_text());
        Ok(text.map_or_else(|| settings::Node::default().data_dir, PathBuf::from))
    }

    /// What keeps a change of a key in `cluster.hocon` from having an effect: the file or the variable that sets the key, a part
    /// of it, or what it is a part of.
    ///
    /// # Errors
    /// If the file is no HOCON.
    pub fn masked_by(&self, key: &str) -> Result<Option<Origin>, ConfigErrors> {
        let values = self.read_unchangeable(settings::ROOTS)?;
        let path = split_path(key).unwrap_or_default();
        let whole_above = (1..path.len())
            .filter_map(|length| values.get(&path[..length]))
            .find(|node| node.value.as_object().is_none());
        let masking = whole_above.or_else(|| {
            let node = values.get(&path)?;
            let empty = node.value.as_object().is_some_and(BTreeMap::is_empty);
            node.leaves().first().filter(|_| !empty).map(|(_, leaf)| *leaf)
        });
        Ok(masking.map(|node| node.origin.clone()))
    }
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
    root.without_counterpart(settings::ROOTS_WITHOUT_COUNTERPART);
    config
}
