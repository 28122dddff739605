//! `listeners`: where clients connect.

use crate::rule::{Bytes, Flag, OrWord, Parsed, Rule, Span, Whole, bind_address};
use crate::section::Section;
use dunlin_hocon::{Value, unit};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// `listeners.tcp.<name>`: MQTT over plain TCP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpListener {
    /// The name; the listener's id is `tcp:<name>`.
    pub name: String,
    /// `enable`, default true.
    pub enable: bool,
    /// `bind`: a port, or an IP address and a port; default 0.0.0.0:1883. Port 0 takes any free port.
    pub bind: SocketAddr,
    /// `max_connections`, default `None` = no limit (written `infinity`).
    pub max_connections: Option<u32>,
    /// `tcp_options`.
    pub tcp_options: TcpOptions,
}

/// `tcp_options` of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpOptions {
    /// `backlog`: connections the kernel holds until they are accepted, default 1024.
    pub backlog: u32,
    /// `nodelay`: send small segments at once, default true.
    pub nodelay: bool,
    /// `send_timeout`: how long a peer may read nothing while acknowledged messages wait for it, default 15 s.
    pub send_timeout: Duration,
    /// `keepalive`: probes of the kernel on a silent connection, default `None` (written `none`).
    pub keepalive: Option<TcpKeepalive>,
    /// `sndbuf` in bytes, default `None` = what the kernel chooses (written `auto`).
    pub send_buffer_bytes: Option<u32>,
    /// `recbuf` in bytes, default `None` = what the kernel chooses (written `auto`).
    pub receive_buffer_bytes: Option<u32>,
    /// `high_watermark` in bytes: from this much unsent data on a connection counts as congested, default 1 MB.
    pub high_watermark_bytes: u64,
}

/// `tcp_options.keepalive = "Idle,Interval,Probes"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpKeepalive {
    /// Silence before the first probe, 1 s to 72,000 s.
    pub idle: Duration,
    /// Time between probes, 1 s to 750 s.
    pub interval: Duration,
    /// Unanswered probes that end the connection, 1 to 90.
    pub probes: u8,
}

impl Default for TcpListener {
    fn default() -> Self {
        Self {
            name: "default".into(),
            enable: true,
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 1883),
            max_connections: None,
            tcp_options: TcpOptions::default(),
        }
    }
}

impl Default for TcpOptions {
    fn default() -> Self {
        Self {
            backlog: 1024,
            nodelay: true,
            send_timeout: Duration::from_secs(15),
            keepalive: None,
            send_buffer_bytes: None,
            receive_buffer_bytes: None,
            high_watermark_bytes: 1 << 20,
        }
    }
}

/// Reads `listeners`. Without any entry under `tcp` there is `tcp:default`, as long as its author did not delete it.
pub(crate) fn read_listeners(section: &mut Section<'_>) -> Vec<TcpListener> {
    section.not_supported(&["ssl", "ws", "wss", "quic"]);
    let has_entries =
        section.peek("tcp").is_some_and(|tcp| matches!(&tcp.value, Value::Object(names) if !names.is_empty()));
    let listeners = section.named("tcp", TcpListener::read);
    if !has_entries {
        return vec![TcpListener::default()];
    }
    for (index, listener) in listeners.iter().enumerate() {
        let same = |other: &&TcpListener| other.enable && other.bind == listener.bind && other.bind.port() != 0;
        if let Some(other) = listeners[..index].iter().find(same).filter(|_| listener.enable) {
            let message = format!("{} is the address of listener tcp:{} too", listener.bind, other.name);
            section.conflict(&format!("tcp.{}.bind", listener.name), message);
        }
    }
    listeners
}

impl TcpListener {
    fn read(name: &str, section: &mut Section<'_>) -> Self {
        let default = Self::default();
        section.alias("enabled", "enable");
        // EMQX's accept loops; here every worker accepts.
        section.ignored(&["acceptors"]);
        section.not_supported(&[
            "max_conn_rate",
            "max_conn_burst",
            "messages_rate",
            "messages_burst",
            "bytes_rate",
            "bytes_burst",
            "delivery_messages_rate",
            "delivery_messages_burst",
            "delivery_bytes_rate",
            "delivery_bytes_burst",
            "subscribes_rate",
            "subscribes_burst",
            "limiter",
            "mountpoint",
            "zone",
            "proxy_protocol",
            "proxy_protocol_timeout",
            "allow_log_packet_data_from",
            "tcp_backend",
            "parse_unit",
        ]);
        for key in ["enable_authn", "authentication", "access_rules"] {
            section.not_supported_because(key, ": every client that reaches this listener may connect");
        }
        Self {
            name: name.into(),
            enable: section.value("enable", &Flag, default.enable),
            bind: section.value("bind", &bind_address(), default.bind),
            max_connections: section.value(
                "max_connections",
                &OrWord("infinity", Whole(1..=u32::MAX)),
                default.max_connections,
            ),
            tcp_options: section.child("tcp_options", TcpOptions::read),
        }
    }
}

impl TcpOptions {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Erlang's socket driver; nothing here answers to these, and nothing gets worse without them.
        section.ignored(&["active_n", "buffer", "reuseaddr", "send_timeout_close"]);
        section.not_supported(&["nolinger"]);
        let timeout = Span::in_millis(Duration::from_millis(1)..=Duration::from_secs(86_400));
        let socket_buffer = OrWord("auto", Bytes(1..=1_u32 << 30));
        Self {
            backlog: section.value("backlog", &Whole(1..=65_535), default.backlog),
            nodelay: section.value("nodelay", &Flag, default.nodelay),
            send_timeout: section.value("send_timeout", &timeout, default.send_timeout),
            keepalive: section.value("keepalive", &OrWord("none", tcp_keepalive()), default.keepalive),
            send_buffer_bytes: section.value("sndbuf", &socket_buffer, default.send_buffer_bytes),
            receive_buffer_bytes: section.value("recbuf", &socket_buffer, default.receive_buffer_bytes),
            high_watermark_bytes: section.value(
                "high_watermark",
                &Bytes(1..=1_u64 << 40),
                default.high_watermark_bytes,
            ),
        }
    }
}

fn tcp_keepalive() -> impl Rule<Value = TcpKeepalive> {
    let parse = |text: &str| {
        let numbers: Vec<u64> = text.split(',').map(unit::whole).collect::<Option<_>>()?;
        let [idle @ 1..=72_000, interval @ 1..=750, probes @ 1..=90] = numbers[..] else { return None };
        let (idle, interval) = (Duration::from_secs(idle), Duration::from_secs(interval));
        Some(TcpKeepalive { idle, interval, probes: u8::try_from(probes).ok()? })
    };
    Parsed::new(parse, "\"Idle,Interval,Probes\" with 1-72000 seconds, 1-750 seconds and 1-90, such as \"240,30,5\"")
}
