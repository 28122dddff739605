//! `dashboard`: where the REST API and the dashboard are, and who may log in there.

use crate::rule::{
    AnyText, Flag, Optional, OrWord, Parsed, Rule, Shown, Span, Whole, Written, ZeroIsNone, bind_address, secret,
};
use crate::secret::Secret;
use crate::section::Section;
use crate::settings::SslOptions;
use dunlin_hocon::{Value, unit};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// `dashboard`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dashboard {
    /// `listeners.http`.
    pub http: DashboardListener,
    /// `listeners.https`.
    pub https: DashboardListener,
    /// `listeners.https.ssl_options`.
    pub ssl: Box<SslOptions>,
    /// `default_username`: an administrator who is there before anybody made a user. Default `admin`; empty: nobody.
    pub default_username: String,
    /// `default_password` of that one, while nobody has changed it. Default `None` = `public`.
    pub default_password: Option<Secret>,
    /// `token_expired_time`: how long a login is good for after it was used last, 1 s to 1 year, default 1 h.
    pub token_expired_time: Duration,
    /// `password_expired_time`: age at which a password has to be changed, default `None` = never (written 0).
    pub password_expired_time: Option<Duration>,
    /// `unsuccessful_login_max_attempts`: so many logins may fail for a user name, 1 to 1,000,000, default 5.
    pub unsuccessful_login_max_attempts: u32,
    /// `unsuccessful_login_interval`: within this time, 1 s to 1 day, default 5 min.
    pub unsuccessful_login_interval: Duration,
    /// `unsuccessful_login_lock_duration`: for so long nobody gets in under that name then, 1 s to 1 day, default 10 min.
    pub unsuccessful_login_lock_duration: Duration,
    /// `cors`: pages of other origins may use the API, default false.
    pub cors: bool,
}

/// `dashboard.listeners.http` or `.https`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DashboardListener {
    /// `bind`: a port, or an IP address and a port. Default `None` = there is no such listener (written 0), as in EMQX, whose
    /// packages write 18083 for `http`. `127.0.0.1:0` takes any free port.
    pub bind: Option<SocketAddr>,
    /// `max_connections`, 1 to 65,535, default 512; others wait.
    pub max_connections: u32,
    /// `backlog`, 1 to 65,535, default 1024.
    pub backlog: u32,
    /// `send_timeout`: how long a client may take nothing of its answer, 1 ms to 1 day, default 10 s.
    pub send_timeout: Duration,
    /// `ipv6_v6only`: a listener on every IPv6 address takes no IPv4. Default false.
    pub ipv6_v6only: bool,
}

impl Default for Dashboard {
    fn default() -> Self {
        Self {
            http: DashboardListener::default(),
            https: DashboardListener::default(),
            ssl: Box::default(),
            default_username: "admin".to_owned(),
            default_password: None,
            token_expired_time: Duration::from_secs(3600),
            password_expired_time: None,
            unsuccessful_login_max_attempts: 5,
            unsuccessful_login_interval: Duration::from_secs(300),
            unsuccessful_login_lock_duration: Duration::from_secs(600),
            cors: false,
        }
    }
}

impl Default for DashboardListener {
    fn default() -> Self {
        Self {
            bind: None,
            max_connections: 512,
            backlog: 1024,
            send_timeout: Duration::from_secs(10),
            ipv6_v6only: false,
        }
    }
}

impl Dashboard {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Words of EMQX's own dashboard, and where its pages are.
        section.ignored(&["i18n_lang", "swagger_support"]);
        section.not_supported(&[
            "bootstrap_users_file",
            "default_mfa",
            "password_login_mode",
            "sample_interval",
            "sso",
        ]);
        let span = || Span::in_seconds(Duration::from_secs(1)..=DAY);
        // As in EMQX a bare number counts milliseconds here, and seconds below.
        let year = Span::in_millis(Duration::from_secs(1)..=DAY * 366);
        let age = ZeroIsNone(OrWord("infinity", Span::in_seconds(Duration::ZERO..=DAY * 36_500)));
        let (http, (https, ssl)) = section.child("listeners", |listeners| {
            let http = listeners.child("http", DashboardListener::read);
            let https = listeners.child("https", |https| {
                let ssl = https.child("ssl_options", SslOptions::read);
                (DashboardListener::read(https), ssl)
            });
            (http, https)
        });
        Self {
            http,
            https,
            ssl: Box::new(ssl),
            default_username: section.value("default_username", &AnyText, default.default_username),
            default_password: section.value("default_password", &Optional(secret()), default.default_password),
            token_expired_time: section.value("token_expired_time", &year, default.token_expired_time),
            password_expired_time: section.value("password_expired_time", &age, default.password_expired_time),
            unsuccessful_login_max_attempts: section.value(
                "unsuccessful_login_max_attempts",
                &Whole(1..=1_000_000_u32),
                default.unsuccessful_login_max_attempts,
            ),
            unsuccessful_login_interval: section.value(
                "unsuccessful_login_interval",
                &span(),
                default.unsuccessful_login_interval,
            ),
            unsuccessful_login_lock_duration: section.value(
                "unsuccessful_login_lock_duration",
                &span(),
                default.unsuccessful_login_lock_duration,
            ),
            cors: section.value("cors", &Flag, default.cors),
        }
    }

    /// `http:dashboard` and `https:dashboard`, as far as they are there.
    pub fn listeners(&self) -> impl Iterator<Item = (&'static str, &DashboardListener)> {
        let named = [("http:dashboard", &self.http), ("https:dashboard", &self.https)];
        named.into_iter().filter(|(_, listener)| listener.bind.is_some())
    }
}

impl DashboardListener {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Threads of Erlang's listeners.
        section.ignored(&["num_acceptors"]);
        section.not_honoured(&[("proxy_header", "false", ": the addresses of clients are those of the load balancer")]);
        section.ignored(&["proxy_header"]);
        let enable = section.value("enable", &Flag, true);
        let inet6 = section.value("inet6", &Flag, false);
        let ListenAddress(bind) = section.value("bind", &listen_address(), ListenAddress(default.bind));
        let timeout = Span::in_millis(Duration::from_millis(1)..=DAY);
        Self {
            bind: bind.filter(|_| enable).map(|bind| if inet6 { on_ipv6(bind) } else { bind }),
            max_connections: section.value("max_connections", &Whole(1..=65_535_u32), default.max_connections),
            backlog: section.value("backlog", &Whole(1..=65_535_u32), default.backlog),
            send_timeout: section.value("send_timeout", &timeout, default.send_timeout),
            ipv6_v6only: section.value("ipv6_v6only", &Flag, default.ipv6_v6only),
        }
    }
}

/// An address, or 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ListenAddress(Option<SocketAddr>);

impl Written for ListenAddress {
    fn written(&self) -> Value {
        self.0.map_or_else(|| Value::Number("0".to_owned()), |address| Value::Text(address.to_string()))
    }
}

fn listen_address() -> impl Shown<Value = ListenAddress> {
    let parse = |text: &str| match unit::whole(text) {
        Some(0) => Some(ListenAddress(None)),
        _ => bind_address().read(text).map(|address| ListenAddress(Some(address))),
    };
    Parsed::new(parse, "0, a port, or an IP address and a port, such as `18083`, `127.0.0.1:18083` or `[::1]:18083`")
}

/// The same port, on every IPv6 address.
fn on_ipv6(bind: SocketAddr) -> SocketAddr {
    match bind.ip() {
        IpAddr::V4(address) if address.is_unspecified() => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), bind.port()),
        _ => bind,
    }
}
