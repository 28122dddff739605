//! The whole configuration, and loading it.

use crate::error::{ConfigErrors, Warning};
use crate::redaction::without_secrets;
use crate::section::{Findings, Section};
use crate::settings::authentication::Authenticator;
use crate::settings::{
    self, Alarm, ApiKeySettings, AuthenticationSettings, Authorization, AutoSubscription, Banned, ConnCongestion,
    CrlCache, DEFAULT_ZONE, Dashboard, Delayed, DurableSessions, FlappingDetect, ForceShutdown, Listener, Log,
    LogDefaults, Mqtt, Node, OpenTelemetry, OverloadProtection, Prometheus, PskAuthentication, Retainer, SharedGroup,
    SlowSubs, SysTopics, Sysmon, Trace, Zone,
};
use crate::source::Sources;
use dunlin_hocon::{Node as SourceNode, Origin, split_path};
use dunlin_rewrite::RewriteRule;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Where log files are in the data folder, unless the environment names another folder.
const LOG_FOLDER: &str = "log";

/// Everything a node can be told. The defaults are those of an empty file.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `node`: this node and its machine.
    pub node: Node,
    /// `listeners`: where to accept MQTT, ordered by kind and name. Disabled ones are listed too. `tcp:default` on port 1883,
    /// `ssl:default` on 8883, `ws:default` on 8083 and `wss:default` on 8084 are there unless their author writes
    /// `marked_for_deletion` in their place.
    pub listeners: Vec<Listener>,
    /// `mqtt`: protocol and session limits.
    pub mqtt: Mqtt,
    /// `zones`: what holds for the clients of listeners that name a zone, resolved. Always has `default`, and every zone that
    /// an enabled listener names.
    pub zones: BTreeMap<String, Zone>,
    /// `durable_sessions`: what sessions that outlive their connections keep on disk.
    pub durable_sessions: DurableSessions,
    /// `retainer`: retained messages.
    pub retainer: Retainer,
    /// `delayed`: messages published to `$delayed/{seconds}/{topic}`.
    pub delayed: Delayed,
    /// `rewrite`: topics that become others, in the order in which they are written.
    pub rewrite: Vec<RewriteRule>,
    /// `auto_subscribe.topics`: what every client is subscribed to as it comes.
    pub auto_subscribe: Vec<AutoSubscription>,
    /// `force_shutdown`: limits that close a single connection.
    pub force_shutdown: ForceShutdown,
    /// `flapping_detect`: clients that come and go all the time.
    pub flapping_detect: FlappingDetect,
    /// `conn_congestion`: an alarm for clients that read too slowly.
    pub conn_congestion: ConnCongestion,
    /// `overload_protection`: what is given up first while there is more to do than can be done.
    pub overload_protection: OverloadProtection,
    /// `slow_subs`: whose deliveries take longest.
    pub slow_subs: SlowSubs,
    /// `authentication`: who is asked whether a client may come in, in order; one of each kind. Default empty: everyone may.
    pub authentication: Vec<Authenticator>,
    /// `authentication_settings`: what is in common whoever is asked.
    pub authentication_settings: AuthenticationSettings,
    /// `authorization`: what a client may do.
    pub authorization: Authorization,
    /// `banned`: who is kept out from the beginning.
    pub banned: Banned,
    /// `broker.shared_subscription_group.<name>`: groups that differ from [`Mqtt::shared_subscription_strategy`].
    pub shared_groups: BTreeMap<String, SharedGroup>,
    /// `crl_cache`: revocation lists that are fetched.
    pub crl_cache: CrlCache,
    /// `psk_authentication`: pre-shared keys of TLS.
    pub psk_authentication: PskAuthentication,
    /// `dashboard`: the REST API and the dashboard, and who may log in there.
    pub dashboard: Dashboard,
    /// `api_key`: keys of programs that are there from the beginning.
    pub api_key: ApiKeySettings,
    /// `log`: where log lines go, and which.
    pub log: Log,
    /// `sys_topics`: what the broker publishes about itself.
    pub sys_topics: SysTopics,
    /// `alarm`: what is done about alarms.
    pub alarm: Alarm,
    /// `sysmon`: when the machine has too much to do.
    pub sysmon: Sysmon,
    /// `prometheus`: what may be scraped, and by whom; and what is pushed.
    pub prometheus: Prometheus,
    /// `opentelemetry`: what a collector gets.
    pub opentelemetry: OpenTelemetry,
    /// `trace`: how much may be traced.
    pub trace: Trace,
    /// `${EMQX_ETC_DIR}`, which is where the configuration file is unless the environment says otherwise; `None` without either.
    /// No key sets it.
    pub etc_dir: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            node: Node::default(),
            listeners: settings::default_listeners(),
            mqtt: Mqtt::default(),
            zones: BTreeMap::from([(DEFAULT_ZONE.to_owned(), Zone::default())]),
            durable_sessions: DurableSessions::default(),
            retainer: Retainer::default(),
            delayed: Delayed::default(),
            rewrite: Vec::new(),
            auto_subscribe: Vec::new(),
            force_shutdown: ForceShutdown::default(),
            flapping_detect: FlappingDetect::default(),
            conn_congestion: ConnCongestion::default(),
            overload_protection: OverloadProtection::default(),
            slow_subs: SlowSubs::default(),
            authentication: Vec::new(),
            authentication_settings: AuthenticationSettings::default(),
            authorization: Authorization::default(),
            banned: Banned::default(),
            shared_groups: BTreeMap::new(),
            crl_cache: CrlCache::default(),
            psk_authentication: PskAuthentication::default(),
            dashboard: Dashboard::default(),
            api_key: ApiKeySettings::default(),
            log: Log::default_in(&settings::Node::default().data_dir.join(LOG_FOLDER)),
            sys_topics: SysTopics::default(),
            alarm: Alarm::default(),
            sysmon: Sysmon::default(),
            prometheus: Prometheus::default(),
            opentelemetry: OpenTelemetry::default(),
            trace: Trace::default(),
            etc_dir: None,
        }
    }
}

/// A configuration that may be used, and what its author should know about it.
#[derive(Clone, PartialEq)]
pub struct Loaded {
    /// The effective configuration.
    pub config: Config,
    /// What was read but does not do what the author may expect, ordered by key.
    pub warnings: Vec<Warning>,
    /// Every value that somebody set, as it was written and with its place.
    pub values: SourceNode,
    /// Every key that has an effect: what was set, as it was written and with its place, and defaults. Without secrets.
    pub effective: SourceNode,
}

/// Without secrets.
impl fmt::Debug for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { config, warnings, values, effective } = self;
        let mut shown = f.debug_struct("Loaded");
        shown.field("config", config).field("warnings", warnings);
        shown.field("values", &without_secrets(values)).field("effective", effective).finish()
    }
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
        let log_folder = self.log_folder(&values);
        let log = LogDefaults { destination: self.log_destination(), folder: &log_folder };
        let (mut config, mut effective) =
            Section::read_root(&values, &mut findings, |root| read_config(root, &values, log));
        config.etc_dir = self.etc_dir();
        settings::show_what_zones_inherit(&mut effective);
        let warnings = findings.into_warnings(self.main_text())?;
        Ok(Loaded { config, warnings, values, effective })
    }

    /// The folder of log files that have no path of their own.
    fn log_folder(&self, values: &SourceNode) -> PathBuf {
        let data_dir = values.get(&["node", "data_dir"]).and_then(|node| node.value.as_text());
        let data_dir = data_dir.map_or_else(|| settings::Node::default().data_dir, PathBuf::from);
        self.log_folder_named().map_or_else(|| data_dir.join(LOG_FOLDER), PathBuf::from)
    }

    /// `node.data_dir`, for finding `cluster.hocon`, which cannot change it. Everything else is not looked at.
    ///
    /// # Errors
    /// If the file is no HOCON.
    pub fn data_dir(&self) -> Result<PathBuf, ConfigErrors> {
        let values = self.read_written(settings::ROOTS)?;
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

fn read_config(root: &mut Section<'_>, values: &SourceNode, log: LogDefaults<'_>) -> Config {
    let roots = Zone {
        mqtt: root.child("mqtt", |mqtt| Mqtt::read(mqtt, Mqtt::default())),
        force_shutdown: root.child("force_shutdown", |limits| ForceShutdown::read(limits, ForceShutdown::default())),
        flapping_detect: root
            .child("flapping_detect", |flapping| FlappingDetect::read(flapping, FlappingDetect::default())),
        conn_congestion: root.child("conn_congestion", |alarm| ConnCongestion::read(alarm, ConnCongestion::default())),
    };
    let config = Config {
        node: root.child("node", Node::read),
        listeners: root.child("listeners", settings::read_listeners),
        zones: root.child("zones", |zones| settings::read_zones(zones, &roots)),
        durable_sessions: root.child("durable_sessions", DurableSessions::read),
        retainer: root.child("retainer", Retainer::read),
        delayed: root.child("delayed", Delayed::read),
        rewrite: root.list("rewrite", settings::read_rewrite_rule).into_iter().flatten().collect(),
        auto_subscribe: root.child("auto_subscribe", settings::read_auto_subscribe),
        mqtt: roots.mqtt,
        force_shutdown: roots.force_shutdown,
        flapping_detect: roots.flapping_detect,
        conn_congestion: roots.conn_congestion,
        overload_protection: root.child("overload_protection", OverloadProtection::read),
        slow_subs: root.child("slow_subs", SlowSubs::read),
        authentication: settings::read_chain(root),
        authentication_settings: root.child("authentication_settings", AuthenticationSettings::read),
        authorization: root.child("authorization", Authorization::read),
        banned: root.child("banned", Banned::read),
        shared_groups: root.child("broker", settings::read_shared_groups),
        crl_cache: root.child("crl_cache", CrlCache::read),
        psk_authentication: root.child("psk_authentication", PskAuthentication::read),
        dashboard: root.child("dashboard", Dashboard::read),
        api_key: root.child("api_key", ApiKeySettings::read),
        log: root.child("log", |section| Log::read(section, log)),
        sys_topics: root.child("sys_topics", SysTopics::read),
        alarm: root.child("alarm", Alarm::read),
        sysmon: root.child("sysmon", Sysmon::read),
        prometheus: root.child("prometheus", Prometheus::read),
        opentelemetry: root.child("opentelemetry", OpenTelemetry::read),
        trace: root.child("trace", Trace::read),
        etc_dir: None,
    };
    settings::check_listeners(root, values, &config.listeners, &config.zones);
    root.not_supported(settings::UNSUPPORTED_ROOTS);
    root.without_counterpart(settings::ROOTS_WITHOUT_COUNTERPART);
    root.without_effect("stats", ": the figures of clients are always kept, and cost nothing until somebody asks");
    config
}
