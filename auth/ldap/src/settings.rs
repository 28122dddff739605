//! What is configured of a directory. The names are EMQX's.

use crate::entry_rules::RuleAttributes;
use dunlin_auth_backend::DeskSettings;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Where a directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// A name or an address, without brackets.
    pub host: String,
    /// 389 mostly.
    pub port: u16,
}

/// How what is said to a directory is kept secret.
#[derive(Clone, Default)]
pub enum Encryption {
    /// Not at all: whoever is on the way reads the passwords.
    #[default]
    None,
    /// TLS from the first byte (`ssl.enable`).
    Tls(Arc<rustls::ClientConfig>),
    /// TLS after StartTLS (RFC 4511 §4.14); nothing is said before, and nothing without it.
    StartTls(Arc<rustls::ClientConfig>),
}

impl fmt::Debug for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Tls(_) => "Tls",
            Self::StartTls(_) => "StartTls",
        })
    }
}

/// How a password is checked (`method`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordMethod {
    /// `hash`: the value of `password_attribute` is compared.
    Hash {
        /// `userPassword` mostly.
        password_attribute: String,
    },
    /// `bind`: the directory is asked, by a bind as the entry.
    Bind {
        /// `bind_password`, with placeholders.
        bind_password: String,
    },
}

impl PasswordMethod {
    /// `hash` with `userPassword`.
    #[must_use]
    pub fn hash() -> Self {
        Self::Hash { password_attribute: "userPassword".into() }
    }

    /// `bind` with the password of the client.
    #[must_use]
    pub fn bind() -> Self {
        Self::Bind { bind_password: "${password}".into() }
    }
}

/// What is configured of a directory.
#[derive(Clone)]
pub struct LdapSettings {
    /// `server`: asked in this order, until one can be reached.
    pub servers: Vec<Server>,
    /// Who searches; empty: nobody.
    pub username: String,
    /// The password of that.
    pub password: String,
    /// `ssl`.
    pub encryption: Encryption,
    /// The name in the certificate, where it is not the host (`ssl.server_name_indication`).
    pub server_name: Option<String>,
    /// `base_dn`, with placeholders.
    pub base_dn: String,
    /// `filter`, with placeholders.
    pub filter: String,
    /// `query_timeout`: from the question to its answer, waiting and connecting included.
    pub query_timeout: Duration,
    /// Of one attempt to connect, TLS and bind included.
    pub connect_timeout: Duration,
    /// `pool_size`: questions at a time. As many connections are there to search, and as many again to bind.
    pub pool_size: usize,
    /// Questions that wait beyond those.
    pub max_waiting: usize,
    /// A connection that nobody used for so long is closed.
    pub max_idle: Duration,
    /// Which attributes are rules.
    pub rules: RuleAttributes,
}

impl LdapSettings {
    /// EMQX's defaults for an authenticator: attributes are no rules.
    #[must_use]
    pub fn new(servers: Vec<Server>, base_dn: &str) -> Self {
        let query_timeout = Duration::from_secs(5);
        let desk = DeskSettings::new(query_timeout);
        Self {
            servers,
            username: String::new(),
            password: String::new(),
            encryption: Encryption::None,
            server_name: None,
            base_dn: base_dn.to_owned(),
            filter: "(objectClass=mqttUser)".into(),
            query_timeout,
            connect_timeout: query_timeout,
            pool_size: desk.slots,
            max_waiting: desk.max_waiting,
            max_idle: Duration::from_secs(60),
            rules: RuleAttributes::default(),
        }
    }

    /// EMQX's defaults for a source of rules.
    #[must_use]
    pub fn for_rules(servers: Vec<Server>, base_dn: &str) -> Self {
        Self { rules: RuleAttributes::for_rules(), ..Self::new(servers, base_dn) }
    }

    pub(crate) fn desk(&self) -> DeskSettings {
        DeskSettings { slots: self.pool_size, max_waiting: self.max_waiting, timeout: self.query_timeout }
    }
}

impl fmt::Debug for LdapSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LdapSettings")
            .field("servers", &self.servers)
            .field("username", &self.username)
            .field("encryption", &self.encryption)
            .field("base_dn", &self.base_dn)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}

/// Why nobody can be asked with settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LdapSettingsError {
    /// `server`.
    #[error("server is missing")]
    NoServer,
    /// A host that cannot be in a certificate.
    #[error("{0:?} cannot be the name in a certificate")]
    ServerName(String),
    /// `filter`.
    #[error("filter: {0}")]
    Filter(#[from] crate::FilterError),
    /// `base_dn`.
    #[error("base_dn is empty")]
    NoBase,
}
