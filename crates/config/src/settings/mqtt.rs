//! `mqtt`: protocol and session limits.

use super::client_attribute::{ClientAttribute, expression};
use super::limiter::{Limiter, OVER_LIMIT, OverLimit};
use super::shared_group::{STICKY_PICKS, STRATEGIES, SharedStrategy, StickyPick};
use crate::rule::{
    AnyText, Bytes, Decimal, EachSecond, Flag, OneOf, OrWord, Parsed, Rule, Shown, Span, Whole, ZeroIsNone,
};
use crate::section::Section;
use dunlin_hocon::Value;
use dunlin_hocon::unit::Rate;
use dunlin_model::Qos;
use std::collections::BTreeMap;
use std::num::NonZeroU16;
use std::time::Duration;

/// `mqtt`: what the broker offers to clients and how much of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mqtt {
    /// `idle_timeout`: how long a new connection may take to send CONNECT, default 15 s. `None` = for ever (written `infinity`).
    pub idle_timeout: Option<Duration>,
    /// `max_packet_size` in bytes, 1 to 268,435,455, default 1 MB; announced as Maximum Packet Size (MQTT 5.0 §3.2.2.3.6).
    pub max_packet_size_bytes: u32,
    /// `max_clientid_len` in bytes, 23 to 65,535, default 65,535.
    pub max_clientid_len_bytes: u16,
    /// `max_topic_levels`, default 128. `None` = no limit (written 0).
    pub max_topic_levels: Option<u16>,
    /// `max_topic_alias`: topic aliases a client may set, default 65,535; 0 = none (MQTT 5.0 §3.2.2.3.8).
    pub max_topic_alias: u16,
    /// `max_qos_allowed`: the highest quality of service for publishing and subscribing, default 2 (MQTT 5.0 §3.2.2.3.4).
    pub max_qos_allowed: Qos,
    /// `retain_available`: accept retained messages, default true (MQTT 5.0 §3.2.2.3.5).
    pub retain_available: bool,
    /// `wildcard_subscription`: accept `+` and `#`, default true.
    pub wildcard_subscription: bool,
    /// `shared_subscription`: accept `$share/…` and `$queue/…`, default true.
    pub shared_subscription: bool,
    /// `exclusive_subscription`: accept `$exclusive/…`, default false.
    pub exclusive_subscription: bool,
    /// `shared_subscription_strategy`, default `round_robin`.
    pub shared_subscription_strategy: SharedStrategy,
    /// `shared_subscription_initial_sticky_pick`, default `random`.
    pub shared_subscription_initial_sticky_pick: StickyPick,
    /// `ignore_loop_deliver`: never send clients of MQTT 3.1 and 3.1.1 their own messages, default false.
    pub ignore_loop_deliver: bool,
    /// `strict_mode`: refuse what breaks the specification even where it could be tolerated, default true.
    pub strict_mode: bool,
    /// `response_information`: sent to clients that ask for it, default empty = not sent (MQTT 5.0 §3.2.2.3.15).
    pub response_information: String,
    /// `server_keepalive` in seconds: replaces what the client asked for, default `None` (written `disabled`;
    /// MQTT 5.0 §3.2.2.3.14).
    pub server_keepalive_secs: Option<NonZeroU16>,
    /// `keepalive_multiplier`: a client is gone after keep alive × this much silence, 1 to 65,535, default 1.5. Its older name,
    /// `keepalive_backoff`, is half of that.
    pub keepalive_multiplier: f64,
    /// `session_expiry_interval`: lifetime of an offline session of MQTT 3.1 and 3.1.1 with clean session 0, default 2 h.
    /// `None` = for ever (written `infinity`).
    pub session_expiry_interval: Option<Duration>,
    /// `max_session_expiry_interval`: cap on what a client of MQTT 5.0 may ask for, default `None` (written `infinity`).
    pub max_session_expiry_interval: Option<Duration>,
    /// `message_expiry_interval`: cap on the lifetime of a message, and the lifetime of one that brings none, default `None`
    /// (written `infinity`).
    pub message_expiry_interval: Option<Duration>,
    /// `max_inflight`: QoS 1 and 2 messages unacknowledged at a time in either direction, 1 to 65,535, default 32; announced
    /// as Receive Maximum (MQTT 5.0 §3.2.2.3.3).
    pub max_inflight: NonZeroU16,
    /// `max_mqueue_len`: messages that may wait for one session in memory, default 1000. `None` = no limit (written 0 or
    /// `infinity`). The queue of a durable session is measured in bytes: [`DurableSessions`](super::DurableSessions).
    pub max_mqueue_len: Option<u32>,
    /// `mqueue_priorities`: topic name to priority, 1 to 255, higher first; default empty (written `disabled`).
    pub mqueue_priorities: BTreeMap<String, u8>,
    /// `mqueue_default_priority`: priority of every other topic, default lowest.
    pub mqueue_default_priority: QueuePriority,
    /// `mqueue_store_qos0`: let QoS 0 messages wait for offline and busy clients too, default true.
    pub mqueue_store_qos0: bool,
    /// `retry_interval`: time after which an unacknowledged message is sent again on a live connection, default `None`
    /// (written `infinity`): only on reconnect, as MQTT 5.0 demands [MQTT-4.4.0-1].
    pub retry_interval: Option<Duration>,
    /// `await_rel_timeout`: how long a QoS 2 message may wait for PUBREL, default 300 s.
    pub await_rel_timeout: Duration,
    /// `max_awaiting_rel`: QoS 2 messages of one client that wait for PUBREL, default 100. `None` = no limit (written 0 or
    /// `infinity`).
    pub max_awaiting_rel: Option<u32>,
    /// `max_subscriptions` of one client, default `None` (written `infinity`).
    pub max_subscriptions: Option<u32>,
    /// `upgrade_qos`: deliver with the higher of the publisher's and the subscriber's quality of service, default false.
    pub upgrade_qos: bool,
    /// `use_username_as_clientid`: the username takes the place of the client id, default false.
    pub use_username_as_clientid: bool,
    /// `peer_cert_as_username`: what of a client's certificate takes the place of the username, default `None` (written
    /// `disabled`).
    pub peer_cert_as_username: Option<CertificatePart>,
    /// `peer_cert_as_clientid`: what of a client's certificate takes the place of the client id, default `None` (written
    /// `disabled`).
    pub peer_cert_as_clientid: Option<CertificatePart>,
    /// `client_attrs_init`: what is known of a client from its beginning, by names of your own; default empty.
    pub client_attrs_init: Vec<ClientAttribute>,
    /// `clientid_override`: an expression whose value takes the place of the client id, default `None` (written `disabled`).
    pub clientid_override: Option<String>,
    /// `limiter`: what all clients together may send and get.
    pub limiter: Limiter,
    /// `limiter.over_limit`: what becomes of messages beyond a limit of the zone or of a listener, default pause.
    pub over_limit: OverLimit,
    /// `limiter.max_conn_rate`: connections that all listeners of a zone accept together, default `None` = no limit (written
    /// `infinity`).
    pub max_conn_rate: Option<Rate>,
    /// `limiter.max_conn_burst`: connections accepted beyond that now and then, default `None` = none.
    pub max_conn_burst: Option<Rate>,
    /// `limiter.max_connections_per_username`: connections with one user name at a time, default `None` = no limit (written
    /// `infinity`). EMQX has no such key.
    pub max_connections_per_username: Option<u32>,
    /// `limiter.max_connections_per_client_attr`: by the name of a client attribute, how many connections there may be with one value
    /// of it at a time; default empty. EMQX has no such key.
    pub max_connections_per_client_attr: BTreeMap<String, u32>,
}

/// What of a client's certificate names the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificatePart {
    /// `cn`: the common name of the subject.
    CommonName,
    /// `dn`: the whole subject.
    Subject,
    /// `crt`: the certificate in DER form.
    Der,
    /// `pem`: the certificate in PEM form.
    Pem,
    /// `md5`: the MD5 digest of the DER form, in hexadecimal digits.
    Md5,
}

/// Priority of a topic that [`Mqtt::mqueue_priorities`] does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueuePriority {
    /// `lowest`: after every named one.
    Lowest,
    /// `highest`: before every named one.
    Highest,
}

const QUEUE_PRIORITIES: &[(&str, QueuePriority)] =
    &[("lowest", QueuePriority::Lowest), ("highest", QueuePriority::Highest)];
const CERTIFICATE_PARTS: &[(&str, CertificatePart)] = &[
    ("cn", CertificatePart::CommonName),
    ("dn", CertificatePart::Subject),
    ("crt", CertificatePart::Der),
    ("pem", CertificatePart::Pem),
    ("md5", CertificatePart::Md5),
];
const QOS_LEVELS: &[(&str, Qos)] = &[("0", Qos::AtMostOnce), ("1", Qos::AtLeastOnce), ("2", Qos::ExactlyOnce)];

/// The longest interval that MQTT 5.0 can carry: one second less than its word for "never" (§3.1.2.11.2).
const LONGEST_INTERVAL: Duration = Duration::from_secs(u32::MAX as u64 - 1);
const DAY: Duration = Duration::from_secs(86_400);

impl Default for Mqtt {
    fn default() -> Self {
        Self {
            idle_timeout: Some(Duration::from_secs(15)),
            max_packet_size_bytes: 1 << 20,
            max_clientid_len_bytes: u16::MAX,
            max_topic_levels: Some(128),
            max_topic_alias: u16::MAX,
            max_qos_allowed: Qos::ExactlyOnce,
            retain_available: true,
            wildcard_subscription: true,
            shared_subscription: true,
            exclusive_subscription: false,
            shared_subscription_strategy: SharedStrategy::RoundRobin,
            shared_subscription_initial_sticky_pick: StickyPick::Random,
            ignore_loop_deliver: false,
            strict_mode: true,
            response_information: String::new(),
            server_keepalive_secs: None,
            keepalive_multiplier: 1.5,
            session_expiry_interval: Some(Duration::from_secs(7200)),
            max_session_expiry_interval: None,
            message_expiry_interval: None,
            max_inflight: NonZeroU16::new(32).expect("32 is not zero"),
            max_mqueue_len: Some(1000),
            mqueue_priorities: BTreeMap::new(),
            mqueue_default_priority: QueuePriority::Lowest,
            mqueue_store_qos0: true,
            retry_interval: None,
            await_rel_timeout: Duration::from_secs(300),
            max_awaiting_rel: Some(100),
            max_subscriptions: None,
            upgrade_qos: false,
            use_username_as_clientid: false,
            peer_cert_as_username: None,
            peer_cert_as_clientid: None,
            client_attrs_init: Vec::new(),
            clientid_override: None,
            limiter: Limiter::default(),
            over_limit: OverLimit::default(),
            max_conn_rate: None,
            max_conn_burst: None,
            max_connections_per_username: None,
            max_connections_per_client_attr: BTreeMap::new(),
        }
    }
}

impl Mqtt {
    /// Reads it over `default`.
    pub(crate) fn read(section: &mut Section<'_>, default: Self) -> Self {
        let mut read = default;
        read.read_identity(section);
        read.read_protocol(section);
        read.read_subscription(section);
        read.read_intervals(section);
        read.read_queues(section);
        section.not_supported(&["subscription_message_filter", "keepalive_check_interval", "namespace_as_mountpoint"]);
        read
    }

    fn read_identity(&mut self, section: &mut Section<'_>) {
        let part = OrWord("disabled", OneOf(CERTIFICATE_PARTS));
        self.use_username_as_clientid = section.value("use_username_as_clientid", &Flag, self.use_username_as_clientid);
        self.peer_cert_as_username = section.value("peer_cert_as_username", &part, self.peer_cert_as_username);
        self.peer_cert_as_clientid = section.value("peer_cert_as_clientid", &part, self.peer_cert_as_clientid);
        let has_attributes = section.peek("client_attrs_init").is_some_and(|node| node.value != Value::Null);
        let attributes = section.list("client_attrs_init", ClientAttribute::read);
        if has_attributes {
            self.client_attrs_init = attributes.into_iter().flatten().collect();
        }
        let rule = OrWord("disabled", expression());
        self.clientid_override = section.value("clientid_override", &rule, self.clientid_override.take());
        section.child("limiter", |limiter| self.read_limiter(limiter));
    }

    fn read_limiter(&mut self, section: &mut Section<'_>) {
        let rate = OrWord("infinity", EachSecond);
        let count = OrWord("infinity", connections());
        self.limiter = Limiter::read(section, self.limiter);
        self.over_limit = section.value("over_limit", &OneOf(OVER_LIMIT), self.over_limit);
        self.max_conn_rate = section.value("max_conn_rate", &rate, self.max_conn_rate);
        self.max_conn_burst = section.value("max_conn_burst", &rate, self.max_conn_burst);
        self.max_connections_per_username =
            section.value("max_connections_per_username", &count, self.max_connections_per_username);
        self.read_attribute_quotas(section);
    }

    fn read_attribute_quotas(&mut self, section: &mut Section<'_>) {
        const KEY: &str = "max_connections_per_client_attr";
        let is_set = section.peek(KEY).is_some_and(|node| node.value != Value::Null);
        if is_set {
            self.max_connections_per_client_attr.clear();
        }
        section.child(KEY, |attributes| {
            for (name, node) in attributes.take_entries() {
                if let Some(max) = attributes.check(name, node, &connections()) {
                    self.max_connections_per_client_attr.insert(name.to_owned(), max);
                }
            }
        });
    }

    fn read_protocol(&mut self, section: &mut Section<'_>) {
        let idle_timeout = OrWord("infinity", Span::in_millis(Duration::from_millis(1)..=DAY));
        let topic_levels = ZeroIsNone(OrWord("infinity", Whole(0..=u16::MAX)));
        let keepalive = OrWord("disabled", seconds());
        self.idle_timeout = section.value("idle_timeout", &idle_timeout, self.idle_timeout);
        self.max_packet_size_bytes =
            section.value("max_packet_size", &Bytes(1..=268_435_455), self.max_packet_size_bytes);
        self.max_clientid_len_bytes =
            section.value("max_clientid_len", &Whole(23..=u16::MAX), self.max_clientid_len_bytes);
        self.max_topic_levels = section.value("max_topic_levels", &topic_levels, self.max_topic_levels);
        self.max_topic_alias = section.value("max_topic_alias", &Whole(0..=u16::MAX), self.max_topic_alias);
        self.max_qos_allowed = section.value("max_qos_allowed", &OneOf(QOS_LEVELS), self.max_qos_allowed);
        self.retain_available = section.value("retain_available", &Flag, self.retain_available);
        self.strict_mode = section.value("strict_mode", &Flag, self.strict_mode);
        self.response_information =
            section.value("response_information", &AnyText, std::mem::take(&mut self.response_information));
        self.server_keepalive_secs = section.value("server_keepalive", &keepalive, self.server_keepalive_secs);
        // The older key counts in halves: the server waited for twice as long as it says.
        let backoff = section.without_showing(|section| {
            section.value("keepalive_backoff", &Decimal(0.5..=32_767.5), self.keepalive_multiplier / 2.0)
        });
        self.keepalive_multiplier = section.value("keepalive_multiplier", &Decimal(1.0..=65_535.0), backoff * 2.0);
    }

    fn read_subscription(&mut self, section: &mut Section<'_>) {
        let limit = OrWord("infinity", Whole(1..=u32::MAX));
        self.wildcard_subscription = section.value("wildcard_subscription", &Flag, self.wildcard_subscription);
        self.shared_subscription = section.value("shared_subscription", &Flag, self.shared_subscription);
        self.exclusive_subscription = section.value("exclusive_subscription", &Flag, self.exclusive_subscription);
        self.shared_subscription_strategy =
            section.value("shared_subscription_strategy", &OneOf(STRATEGIES), self.shared_subscription_strategy);
        self.shared_subscription_initial_sticky_pick = section.value(
            "shared_subscription_initial_sticky_pick",
            &OneOf(STICKY_PICKS),
            self.shared_subscription_initial_sticky_pick,
        );
        self.ignore_loop_deliver = section.value("ignore_loop_deliver", &Flag, self.ignore_loop_deliver);
        self.max_subscriptions = section.value("max_subscriptions", &limit, self.max_subscriptions);
        self.upgrade_qos = section.value("upgrade_qos", &Flag, self.upgrade_qos);
    }

    fn read_intervals(&mut self, section: &mut Section<'_>) {
        let expiry = OrWord("infinity", Span::in_seconds(Duration::ZERO..=LONGEST_INTERVAL));
        let message_expiry = OrWord("infinity", Span::in_millis(Duration::from_secs(1)..=LONGEST_INTERVAL));
        let retry = OrWord("infinity", Span::in_millis(Duration::from_secs(1)..=DAY));
        let release = Span::in_millis(Duration::from_secs(1)..=DAY);
        self.session_expiry_interval = section.value("session_expiry_interval", &expiry, self.session_expiry_interval);
        self.max_session_expiry_interval =
            section.value("max_session_expiry_interval", &expiry, self.max_session_expiry_interval);
        self.message_expiry_interval =
            section.value("message_expiry_interval", &message_expiry, self.message_expiry_interval);
        let retry_node = section.peek("retry_interval");
        self.retry_interval = section.value("retry_interval", &retry, self.retry_interval);
        if let (Some(_), Some(node)) = (self.retry_interval, retry_node) {
            let message = "has no effect: messages are sent again when a client reconnects and at no other time, as MQTT 5.0 demands";
            section.warn_value("retry_interval", node, message);
        }
        self.await_rel_timeout = section.value("await_rel_timeout", &release, self.await_rel_timeout);
    }

    fn read_queues(&mut self, section: &mut Section<'_>) {
        let limit = ZeroIsNone(OrWord("infinity", Whole(0..=u32::MAX)));
        self.max_inflight = section.value("max_inflight", &window(), self.max_inflight);
        self.max_mqueue_len = section.value("max_mqueue_len", &limit, self.max_mqueue_len);
        self.max_awaiting_rel = section.value("max_awaiting_rel", &limit, self.max_awaiting_rel);
        self.mqueue_priorities = read_priorities(section, std::mem::take(&mut self.mqueue_priorities));
        self.mqueue_default_priority =
            section.value("mqueue_default_priority", &OneOf(QUEUE_PRIORITIES), self.mqueue_default_priority);
        self.mqueue_store_qos0 = section.value("mqueue_store_qos0", &Flag, self.mqueue_store_qos0);
    }
}

/// `disabled` or an object of topic names and priorities.
fn read_priorities(section: &mut Section<'_>, default: BTreeMap<String, u8>) -> BTreeMap<String, u8> {
    const KEY: &str = "mqueue_priorities";
    let node = section.peek(KEY).filter(|node| node.value != Value::Null);
    if let Some(node) = node.filter(|node| matches!(&node.value, Value::Text(text) if text == "disabled")) {
        section.ignored(&[KEY]);
        section.keep(KEY, node);
        return BTreeMap::new();
    }
    section.child(KEY, |priorities| {
        let mut read = if node.is_none() { default } else { BTreeMap::new() };
        for (topic, node) in priorities.take_entries() {
            if let Some(priority) = priorities.check(topic, node, &Whole(1..=u8::MAX)) {
                read.insert(topic.to_owned(), priority);
            }
        }
        read
    })
}

/// Whole seconds, with or without a unit, as MQTT carries a keep alive: 1 to 65,535.
fn seconds() -> impl Shown<Value = NonZeroU16> {
    let range = Span::in_seconds(Duration::from_secs(1)..=Duration::from_secs(u64::from(u16::MAX)));
    let parse = move |text: &str| {
        let span = range.read(text).filter(|span| span.subsec_nanos() == 0)?;
        NonZeroU16::new(u16::try_from(span.as_secs()).ok()?)
    };
    Parsed::new(parse, "whole seconds from 1 to 65535")
}

fn connections() -> Whole<u32> {
    Whole(1..=u32::MAX)
}

fn window() -> impl Shown<Value = NonZeroU16> {
    let range = Whole(1..=u16::MAX);
    Parsed::new(move |text: &str| range.read(text).and_then(NonZeroU16::new), "a whole number from 1 to 65535")
}
