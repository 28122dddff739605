//! Settings of the broker, resolved from the configuration by the server.

use crate::{
    AccessControl, AlarmSettings, Authentication, BanKeeper, Bans, ClientEvent, DurableSettings, Limits,
    OverloadSettings, SlowSubscriptionsSettings, TaskRuntime, ZoneLimits,
};
use dunlin_banned::FlappingLimit;
use dunlin_expression::{Expression, Template};
use dunlin_limits::Rate;
use dunlin_model::{ArcStr, SubscriptionOptions};
use dunlin_rewrite::RewriteRules;
use dunlin_router::RouterConfig;
use dunlin_session::SessionSettings;
use dunlin_transport::{Layering, TcpOptions};
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Settings of the broker.
#[derive(Clone)]
pub struct BrokerSettings {
    /// Event loops, 1 to 256.
    pub workers: usize,
    /// The zone `default`, also that of sessions from before the start until their clients come back.
    pub zone: Arc<ZoneSettings>,
    /// `node.name`: a part of the topics that tell of the broker.
    pub node_name: ArcStr,
    /// `sys_topics.sys_event_messages`: what clients do that is published.
    pub client_events: Vec<ClientEvent>,
    /// `alarm.*`
    pub alarms: AlarmSettings,
    /// `tcp_options.high_watermark` in bytes: more than this in an out-buffer makes deliveries wait in the queue.
    pub high_watermark_bytes: usize,
    /// `tcp_options.send_timeout` in milliseconds.
    pub send_timeout_ms: u64,
    /// The largest packet that any zone may ever take, in bytes: what is stored on disk is laid out for it.
    pub max_packet_size: u32,
    /// Shared subscription strategies.
    pub router: RouterConfig,
    /// `retainer.*`.
    pub retainer: RetainerSettings,
    /// `delayed.max_delayed_messages`, 0 is unlimited; `None` where `delayed.enable` is off.
    pub max_delayed_messages: Option<usize>,
    /// `rewrite`.
    pub rewrite: Arc<RewriteRules>,
    /// `auto_subscribe.topics`.
    pub auto_subscriptions: Vec<AutoSubscription>,
    /// `slow_subs.*`
    pub slow_subscriptions: SlowSubscriptionsSettings,
    /// `prometheus.latency_buckets`: the bounds of histograms, ascending.
    pub latency_bounds_ms: Vec<u64>,
    /// `log.throttling.time_window` in milliseconds: one line of each kind that clients can provoke is written in it.
    pub log_window_ms: u64,
    /// `durable_sessions.*`.
    pub durable: DurableSettings,
    /// File descriptors for the connections of all listeners together, see [`ListenerSettings::descriptors_each`]; `u64::MAX` is
    /// unlimited.
    pub max_descriptors: u64,
    /// `mqtt.limiter`, by zone. Clients of zones that are not listed have the limits of their listeners only.
    pub zone_limits: Vec<ZoneLimits>,
    /// `overload_protection`; `None` where it is off.
    pub overload: Option<OverloadSettings>,
    /// Who may come in and do what, until [`Broker::change_access`](crate::Broker::change_access).
    pub access: AccessControl,
    /// Who is kept out.
    pub bans: Arc<Bans>,
    /// Keeps the bans that `flapping_detect` makes; without it they are gone when the broker stops.
    pub ban_keeper: Option<Arc<dyn BanKeeper>>,
    /// Runs what asks back ends of authentication and authorization. Without it none can be asked, and whoever needs one is
    /// refused.
    pub runtime: Option<Arc<dyn TaskRuntime>>,
}

impl Default for BrokerSettings {
    fn default() -> Self {
        Self {
            workers: 1,
            zone: Arc::default(),
            node_name: ArcStr::from("dunlin@127.0.0.1"),
            client_events: vec![ClientEvent::Connected, ClientEvent::Disconnected],
            alarms: AlarmSettings::default(),
            high_watermark_bytes: 1 << 20,
            send_timeout_ms: 15_000,
            max_packet_size: 1 << 20,
            router: RouterConfig::default(),
            retainer: RetainerSettings::default(),
            max_delayed_messages: Some(0),
            rewrite: Arc::default(),
            auto_subscriptions: Vec::new(),
            slow_subscriptions: SlowSubscriptionsSettings::default(),
            latency_bounds_ms: crate::latencies::DEFAULT_BOUNDS_MS.to_vec(),
            log_window_ms: 60_000,
            durable: DurableSettings::default(),
            max_descriptors: u64::MAX,
            zone_limits: Vec::new(),
            overload: None,
            access: AccessControl::default(),
            bans: Arc::default(),
            ban_keeper: None,
            runtime: None,
        }
    }
}

/// What may differ from zone to zone. A session has the settings of the listener its client came through last, as they were then.
#[derive(Clone, Debug)]
pub struct ZoneSettings {
    /// A key of `zones`, or `default`.
    pub name: ArcStr,
    /// `mqtt.*` and `force_shutdown.*`.
    pub session: SessionSettings,
    /// `mqtt.strict_mode`.
    pub strict: bool,
    /// `mqtt.idle_timeout` in milliseconds: time for CONNECT after the connection was accepted.
    pub idle_timeout_ms: u64,
    /// `mqtt.use_username_as_clientid`.
    pub use_username_as_client_id: bool,
    /// `mqtt.client_attrs_init`, in order: an expression may use the attributes before it.
    pub client_attributes: Vec<ClientAttribute>,
    /// `mqtt.clientid_override`: the client id is what this says.
    pub client_id_override: Option<Expression>,
    /// `flapping_detect`; `None` where nobody comes too often.
    pub flapping: Option<FlappingSettings>,
    /// `conn_congestion`: how long an alarm about a client that reads slowly lasts at least, in milliseconds; `None` is no alarm.
    pub congestion_alarm_ms: Option<u64>,
}

/// An entry of `mqtt.client_attrs_init`.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientAttribute {
    /// `set_as_attr`
    pub name: String,
    /// `expression`
    pub expression: Expression,
}

/// An entry of `auto_subscribe.topics`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoSubscription {
    /// `topic`, with [`Self::PLACEHOLDERS`].
    pub filter: Template,
    /// `qos`, `rh`, `rap` and `nl`.
    pub options: SubscriptionOptions,
}

impl AutoSubscription {
    /// What may stand in a filter, as `${clientid}`.
    pub const PLACEHOLDERS: &[&str] = &["clientid", "username", "host", "port"];
}

/// `flapping_detect`: what is too often, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlappingSettings {
    /// `window_time` and `max_count`.
    pub limit: FlappingLimit,
    /// `ban_time` in seconds.
    pub ban_secs: u64,
}

impl Default for ZoneSettings {
    fn default() -> Self {
        Self {
            name: ArcStr::from("default"),
            session: SessionSettings::default(),
            strict: true,
            idle_timeout_ms: 15_000,
            use_username_as_client_id: false,
            client_attributes: Vec::new(),
            client_id_override: None,
            flapping: None,
            congestion_alarm_ms: None,
        }
    }
}

/// `retainer.*`.
#[derive(Clone, Debug)]
pub struct RetainerSettings {
    /// `retainer.enable`.
    pub enable: bool,
    /// `retainer.stop_publish_clear_msg`: an empty retained message clears the topic without being delivered.
    pub stop_publish_clear: bool,
    /// `retainer.msg_clear_interval` in milliseconds; `None` is no sweep.
    pub clear_interval_ms: Option<u64>,
    /// `retainer.msg_clear_limit`: messages one sweep removes at most.
    pub clear_limit: usize,
    /// `retainer.flow_control.batch_read_number`: messages looked up at a time for one new subscriber, at least 1.
    pub page_messages: usize,
    /// `retainer.flow_control.batch_deliver_number`: messages sent at a time to one new subscriber, at least 1.
    pub batch_messages: usize,
    /// `retainer.max_publish_rate`: messages that are kept; what is beyond it is delivered and not kept. `None` is unlimited.
    pub max_publish_rate: Option<Rate>,
    /// `retainer.delivery_rate`: messages sent to new subscribers, all together; what is beyond it waits. `None` is unlimited.
    pub delivery_rate: Option<Rate>,
    /// Limits of the store.
    pub limits: dunlin_retained::RetainedConfig,
}

impl Default for RetainerSettings {
    fn default() -> Self {
        Self {
            enable: true,
            stop_publish_clear: false,
            clear_interval_ms: None,
            clear_limit: 50_000,
            page_messages: 1_000,
            batch_messages: usize::MAX,
            max_publish_rate: None,
            delivery_rate: None,
            limits: dunlin_retained::RetainedConfig::default(),
        }
    }
}

/// One listener.
#[derive(Clone, Debug)]
pub struct ListenerSettings {
    /// `tcp:default`.
    pub id: ArcStr,
    /// Where to listen; port 0 picks a free one.
    pub address: SocketAddr,
    /// Socket options.
    pub tcp: TcpOptions,
    /// `max_connections`; `None` is unlimited.
    pub max_connections: Option<u64>,
    /// File descriptors that each of its connections takes, 1 or more: those of QUIC come over a pair of sockets.
    pub descriptors_each: u64,
    /// `max_conn_rate` and `max_conn_burst`; `None` is unlimited.
    pub max_connection_rate: Option<Rate>,
    /// What each of its clients may send and get.
    pub limits: Limits,
    /// `access_rules`: asked before anything is read from a connection; `None` lets everyone in.
    pub access: Option<Access>,
    /// `allow_log_packet_data_from`: whose bytes may appear in logs; `None` is nobody's.
    pub log_data_from: Option<Access>,
    /// What lies between the socket and MQTT; `None` is nothing.
    pub layering: Option<Arc<dyn Layering>>,
    /// `zone`.
    pub zone: Arc<ZoneSettings>,
    /// `mountpoint`, with placeholders; may be empty.
    pub mountpoint: String,
    /// `enable_authn = quick_deny_anonymous`: clients without a user name are refused.
    pub deny_anonymous: bool,
    /// `enable_authn` and `authentication`.
    pub authentication: ListenerAuthentication,
}

/// Whose authenticators a listener asks about its clients.
#[derive(Clone, Debug, Default)]
pub enum ListenerAuthentication {
    /// Those for all listeners.
    #[default]
    Shared,
    /// Its own.
    Own(Arc<Authentication>),
    /// Nobody: everyone may come in.
    Off,
}

impl ListenerSettings {
    /// A plain listener without limits.
    #[must_use]
    pub fn new(id: impl Into<ArcStr>, address: SocketAddr) -> Self {
        Self {
            id: id.into(),
            address,
            tcp: TcpOptions::default(),
            max_connections: None,
            descriptors_each: 1,
            max_connection_rate: None,
            limits: Limits::default(),
            access: None,
            log_data_from: None,
            layering: None,
            zone: Arc::default(),
            mountpoint: String::new(),
            deny_anonymous: false,
            authentication: ListenerAuthentication::Shared,
        }
    }
}

/// Decides which addresses may do something, such as connect.
#[derive(Clone)]
pub struct Access(Arc<dyn Fn(IpAddr) -> bool + Send + Sync>);

impl Access {
    /// Those addresses for which `admits` is true. As `access_rules` it is asked for every connection, by the thread that accepts.
    pub fn new(admits: impl Fn(IpAddr) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(admits))
    }

    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        (self.0)(address)
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access")
    }
}
