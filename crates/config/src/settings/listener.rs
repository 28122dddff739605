//! `listeners.<type>.<name>`: where clients connect.

mod access_rule;
mod all;
mod ip_network;
mod quic_options;
mod ssl_options;
mod tcp_options;
mod websocket_options;

pub use access_rule::AccessRule;
pub use ip_network::IpNetwork;
pub use quic_options::QuicOptions;
pub use ssl_options::{OcspOptions, PartialChain, SessionTickets, SniCertificate, SslOptions, TlsVersion};
pub use tcp_options::{TcpKeepalive, TcpOptions};
pub use websocket_options::{DeflateLevel, DeflateOptions, DeflateStrategy, Piggyback, WebSocketOptions};

pub(super) use ssl_options::{VERIFY, VersionWord};

pub(crate) use all::{check_listeners, default_listeners, read_listeners};

use crate::rule::{AnyText, EachSecond, Flag, OneOf, OrWord, Parsed, Shown, Span, Whole, bind_address};
use crate::section::Section;
use crate::settings::Limiter;
use crate::settings::authentication::{Authenticator, read_chain};
use access_rule::access_rule;
use dunlin_hocon::unit::Rate;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The zone of a listener that names none.
pub(crate) const DEFAULT_ZONE: &str = "default";

/// `listeners.<type>.<name>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// What is spoken below MQTT, with the options that only this kind has.
    pub kind: ListenerKind,
    /// The name, for example `default`.
    pub name: String,
    /// `enable` (also `enabled`), default true.
    pub enable: bool,
    /// `bind`: a port, or an IP address and a port. Only `default` has a default: [`ListenerKind::default_port`] of every IPv4
    /// address. Port 0 takes any free port.
    pub bind: SocketAddr,
    /// `max_connections`, default `None` = no limit (written `infinity`).
    pub max_connections: Option<u32>,
    /// `max_conn_rate`: connections accepted, default `None` = no limit (written `infinity`).
    pub max_conn_rate: Option<Rate>,
    /// `max_conn_burst`: connections accepted beyond `max_conn_rate` now and then, default `None` = none.
    pub max_conn_burst: Option<Rate>,
    /// `mountpoint`: what is put in front of every topic of this listener's clients, default empty. `${clientid}`,
    /// `${username}`, `${endpoint_name}`, `${peerhost}`, `${zone}` and `${client_attrs.NAME}` in it stand for what they name.
    pub mountpoint: String,
    /// `zone`: a key of [`Config::zones`](crate::Config::zones), default `default`.
    pub zone: String,
    /// `enable_authn`: who has to log in, default [`EnableAuthn::Yes`].
    pub enable_authn: EnableAuthn,
    /// `authentication`: who is asked about the clients of this listener, in the place of
    /// [`Config::authentication`](crate::Config::authentication). Default empty: that counts.
    pub authentication: Vec<Authenticator>,
    /// `access_rules`: which addresses may connect at all, in order; default `allow all`. See [`AccessRule::admits`].
    pub access_rules: Vec<AccessRule>,
    /// `proxy_protocol`: every connection begins with a header of the PROXY protocol, which says whose it is. Default false.
    pub proxy_protocol: bool,
    /// `proxy_protocol_timeout`: how long that header may take, 1 ms to 1 day, default 3 s.
    pub proxy_protocol_timeout: Duration,
    /// `allow_log_packet_data_from`, a list or one text with commas: clients whose bytes may appear in logs; those of others are
    /// shown as `******`. Default empty.
    pub allow_log_packet_data_from: Vec<IpNetwork>,
    /// Limits of each client of this listener: `messages_rate` and the like, which stand directly in the listener.
    pub limiter: Limiter,
    /// `tcp_options`; those of a `quic` listener mean nothing.
    pub tcp_options: TcpOptions,
}

/// The type of a listener: what is spoken below MQTT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerKind {
    /// `tcp`: MQTT over TCP.
    Tcp,
    /// `ssl`: MQTT over TLS.
    Ssl {
        /// `ssl_options`.
        ssl: Box<SslOptions>,
    },
    /// `ws`: MQTT over WebSocket.
    Ws {
        /// `websocket`.
        websocket: Box<WebSocketOptions>,
    },
    /// `wss`: MQTT over WebSocket over TLS.
    Wss {
        /// `websocket`.
        websocket: Box<WebSocketOptions>,
        /// `ssl_options`.
        ssl: Box<SslOptions>,
    },
    /// `quic`: MQTT over QUIC.
    Quic {
        /// The options that stand directly in the listener.
        quic: QuicOptions,
        /// `ssl_options`. Only certificates, `verify_peer` and `ciphers` (which stand directly in the listener) can be set.
        ssl: Box<SslOptions>,
    },
}

/// `enable_authn` of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnableAuthn {
    /// `true`: clients log in, if there is any authenticator.
    Yes,
    /// `false`: everyone is let in.
    No,
    /// `quick_deny_anonymous`: as `true`, but clients without a username are refused before any authenticator is asked.
    QuickDenyAnonymous,
}

const ENABLE_AUTHN: &[(&str, EnableAuthn)] = &[
    ("true", EnableAuthn::Yes),
    ("false", EnableAuthn::No),
    ("quick_deny_anonymous", EnableAuthn::QuickDenyAnonymous),
];
const DAY: Duration = Duration::from_secs(86_400);

impl ListenerKind {
    /// Every kind with its default options, in the order in which listeners are listed.
    pub(crate) fn all() -> [Self; 5] {
        [
            Self::Tcp,
            Self::Ssl { ssl: Box::default() },
            Self::Ws { websocket: Box::default() },
            Self::Wss { websocket: Box::default(), ssl: Box::default() },
            Self::Quic { quic: QuicOptions::default(), ssl: Box::new(SslOptions::of_quic()) },
        ]
    }

    /// The word for it in the configuration and in ids.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Ssl { .. } => "ssl",
            Self::Ws { .. } => "ws",
            Self::Wss { .. } => "wss",
            Self::Quic { .. } => "quic",
        }
    }

    /// The port of the listener `default` of this kind, unless it has another one.
    #[must_use]
    pub const fn default_port(&self) -> u16 {
        match self {
            Self::Tcp => 1883,
            Self::Ssl { .. } => 8883,
            Self::Ws { .. } => 8083,
            Self::Wss { .. } => 8084,
            Self::Quic { .. } => 14_567,
        }
    }

    /// `ssl_options`, where there are any.
    #[must_use]
    pub const fn ssl(&self) -> Option<&SslOptions> {
        match self {
            Self::Ssl { ssl } | Self::Wss { ssl, .. } | Self::Quic { ssl, .. } => Some(ssl),
            Self::Tcp | Self::Ws { .. } => None,
        }
    }

    /// `websocket`, where there is any.
    #[must_use]
    pub const fn websocket(&self) -> Option<&WebSocketOptions> {
        match self {
            Self::Ws { websocket } | Self::Wss { websocket, .. } => Some(websocket),
            Self::Tcp | Self::Ssl { .. } | Self::Quic { .. } => None,
        }
    }

    /// Reads the options that only this kind has.
    fn read(&self, section: &mut Section<'_>) -> Self {
        let read_ssl = |section: &mut Section<'_>| Box::new(section.child("ssl_options", SslOptions::read));
        let read_websocket = |section: &mut Section<'_>| Box::new(section.child("websocket", WebSocketOptions::read));
        match self {
            Self::Tcp => Self::Tcp,
            Self::Ssl { .. } => Self::Ssl { ssl: read_ssl(section) },
            Self::Ws { .. } => Self::Ws { websocket: read_websocket(section) },
            Self::Wss { .. } => Self::Wss { websocket: read_websocket(section), ssl: read_ssl(section) },
            Self::Quic { .. } => {
                let (quic, ciphers) = QuicOptions::read(section);
                let ssl = section.child("ssl_options", SslOptions::read_of_quic);
                Self::Quic { quic, ssl: Box::new(SslOptions { ciphers, ..ssl }) }
            }
        }
    }
}

impl Listener {
    /// A listener with the defaults of its kind.
    #[must_use]
    pub fn new(kind: ListenerKind, name: &str) -> Self {
        Self {
            name: name.into(),
            enable: true,
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), kind.default_port()),
            kind,
            max_connections: None,
            max_conn_rate: None,
            max_conn_burst: None,
            mountpoint: String::new(),
            zone: DEFAULT_ZONE.into(),
            enable_authn: EnableAuthn::Yes,
            authentication: Vec::new(),
            access_rules: vec![AccessRule::ALLOW_ALL],
            proxy_protocol: false,
            proxy_protocol_timeout: Duration::from_secs(3),
            allow_log_packet_data_from: Vec::new(),
            limiter: Limiter::default(),
            tcp_options: TcpOptions::default(),
        }
    }

    /// How it is called everywhere: `tcp:default`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}:{}", self.kind.word(), self.name)
    }

    fn read(kind: &ListenerKind, name: &str, section: &mut Section<'_>) -> Self {
        section.alias("enabled", "enable");
        // EMQX's accept loops; here every worker accepts.
        section.ignored(&["acceptors"]);
        section.without_counterpart(&["tcp_backend", "parse_unit"]);
        // Maps of EMQX 5.0.
        section.not_supported(&["limiter"]);
        let mut read = Self::new(kind.read(section), name);
        read.enable = section.value("enable", &Flag, read.enable);
        read.read_bind(section);
        read.read_limits(section);
        read.read_access(section);
        read.authentication = read_chain(section);
        read.limiter = Limiter::read(section, read.limiter);
        if !matches!(kind, ListenerKind::Quic { .. }) {
            read.read_tcp(section);
        }
        read
    }

    /// Whoever names a listener says where it listens; the default one has a port that everybody knows.
    fn read_bind(&mut self, section: &mut Section<'_>) {
        if self.enable && self.name != "default" {
            // A mistake here is an error already: any free port, so that no clash of ports is reported beside it.
            self.bind.set_port(0);
            self.bind = section.required("bind", &bind_address()).unwrap_or(self.bind);
        } else {
            self.bind = section.value("bind", &bind_address(), self.bind);
        }
    }

    fn read_limits(&mut self, section: &mut Section<'_>) {
        let connections = OrWord("infinity", Whole(1..=u32::MAX));
        let rate = OrWord("infinity", EachSecond);
        self.max_connections = section.value("max_connections", &connections, self.max_connections);
        self.max_conn_rate = section.value("max_conn_rate", &rate, self.max_conn_rate);
        self.max_conn_burst = section.value("max_conn_burst", &rate, self.max_conn_burst);
        self.mountpoint = section.value("mountpoint", &mountpoint(), std::mem::take(&mut self.mountpoint));
        self.zone = section.value("zone", &AnyText, std::mem::take(&mut self.zone));
    }

    fn read_access(&mut self, section: &mut Section<'_>) {
        self.enable_authn = section.value("enable_authn", &OneOf(ENABLE_AUTHN), self.enable_authn);
        self.access_rules = section.texts("access_rules", &access_rule(), std::mem::take(&mut self.access_rules));
        self.allow_log_packet_data_from = section.texts("allow_log_packet_data_from", &ip_network(), Vec::new());
    }

    fn read_tcp(&mut self, section: &mut Section<'_>) {
        let timeout = Span::in_millis(Duration::from_millis(1)..=DAY);
        self.proxy_protocol = section.value("proxy_protocol", &Flag, self.proxy_protocol);
        self.proxy_protocol_timeout = section.value("proxy_protocol_timeout", &timeout, self.proxy_protocol_timeout);
        self.tcp_options = section.child("tcp_options", TcpOptions::read);
    }
}

/// The beginning of a topic: what topics may not have cannot be in it either (MQTT 5.0 §4.7).
fn mountpoint() -> impl Shown<Value = String> {
    let parse = |text: &str| (!text.contains(['+', '#', '\0'])).then(|| text.to_owned());
    Parsed::new(parse, "the beginning of a topic such as `site-1/` or `${clientid}/`, without `+` and `#`")
}

fn ip_network() -> impl Shown<Value = IpNetwork> {
    Parsed::new(|text| text.parse().ok(), "an address or a network, such as `127.0.0.1` or `192.168.0.0/24`")
}
