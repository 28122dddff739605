//! How a directory is reached, and where in it clients are.

use super::servers::read_servers;
use super::{ClientSsl, POOL_SIZE, QUERY_TIMEOUT, pool_size, timeout, warn_of_unknown_placeholders};
use crate::rule::{AnyText, Flag, OrEmpty, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use dunlin_auth_backend::sql::ServerAddress;
use std::time::Duration;

/// How a directory is reached, and where in it clients are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LdapDirectory {
    /// `server`: asked in this order, until one can be reached; port 389 unless one is written.
    pub servers: Vec<ServerAddress>,
    /// `username`: the distinguished name that searches.
    pub username: String,
    /// `password` of that, or `file://` and where it is. Default `None`.
    pub password: Option<Secret>,
    /// `base_dn`: where the search begins; `${username}` and the like stand for what they name.
    pub base_dn: String,
    /// `filter` of the search, with placeholders as well; default `(objectClass=mqttUser)`.
    pub filter: String,
    /// `query_timeout`: from the question to its answer, waiting and connecting included; 1 ms to 1 day, default 5 s.
    pub query_timeout: Duration,
    /// `request_timeout`: how long one attempt to connect may take; 1 ms to 1 day, default 10 s.
    pub connect_timeout: Duration,
    /// `pool_size`: questions at a time, 1 to 10,000, default 8.
    pub pool_size: usize,
    /// `ssl`: TLS to the server.
    pub ssl: ClientSsl,
    /// `start_tls` (Dunlin's own key): TLS begins after StartTLS (RFC 4511 §4.14) and not with the first byte. Default false; needs
    /// `ssl.enable`.
    pub start_tls: bool,
}

/// The attributes of an entry that say what its client may do. `None`: not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LdapRuleAttributes {
    /// `publish_attribute`: topics to publish to.
    pub publish: Option<String>,
    /// `subscribe_attribute`: filters to subscribe to.
    pub subscribe: Option<String>,
    /// `all_attribute`: both.
    pub all: Option<String>,
    /// `acl_rule_attribute`: rules in JSON.
    pub acl_rule: Option<String>,
    /// `acl_ttl_attribute`: how long rules that came with a login count. An authenticator only.
    pub acl_ttl: Option<String>,
}

const DEFAULT_PORT: u16 = 389;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl LdapDirectory {
    /// `placeholders` are the names that stand for something in `base_dn` and `filter`.
    pub(in crate::settings) fn read(section: &mut Section<'_>, placeholders: &[&str]) -> Option<Self> {
        section.ignored(&["auto_reconnect"]);
        for key in ["base_dn", "filter"] {
            warn_of_unknown_placeholders(section, key, placeholders);
        }
        let (servers, ..) = read_servers(section, "server", DEFAULT_PORT);
        let username = section.required("username", &AnyText);
        let base_dn = section.required("base_dn", &filled_text());
        let start_tls_origin = section.origin_of("start_tls");
        let read = Self {
            servers,
            password: section.value("password", &OrEmpty(secret()), None),
            filter: section.value("filter", &filled_text(), "(objectClass=mqttUser)".into()),
            query_timeout: section.value("query_timeout", &timeout(), QUERY_TIMEOUT),
            connect_timeout: section.value("request_timeout", &timeout(), CONNECT_TIMEOUT),
            pool_size: section.value("pool_size", &pool_size(), POOL_SIZE),
            ssl: ClientSsl::of(section),
            start_tls: section.value("start_tls", &Flag, false),
            username: username?,
            base_dn: base_dn?,
        };
        if read.start_tls && !read.ssl.enable {
            section.conflict("start_tls", &start_tls_origin, "needs `ssl.enable = true` beside it");
        }
        Some(read)
    }
}

impl LdapRuleAttributes {
    /// Those of a source of rules.
    pub(in crate::settings) fn read_of_source(section: &mut Section<'_>) -> Self {
        let default = |name: &str| Some(name.to_owned());
        Self {
            publish: section.value("publish_attribute", &OrEmpty(AnyText), default("mqttPublishTopic")),
            subscribe: section.value("subscribe_attribute", &OrEmpty(AnyText), default("mqttSubscriptionTopic")),
            all: section.value("all_attribute", &OrEmpty(AnyText), default("mqttPubSubTopic")),
            acl_rule: section.value("acl_rule_attribute", &OrEmpty(AnyText), default("mqttAclRule")),
            acl_ttl: None,
        }
    }

    /// Those of an authenticator: none unless they are named.
    pub(in crate::settings) fn read_of_authenticator(section: &mut Section<'_>) -> Self {
        Self {
            publish: section.value("publish_attribute", &OrEmpty(AnyText), None),
            subscribe: section.value("subscribe_attribute", &OrEmpty(AnyText), None),
            all: section.value("all_attribute", &OrEmpty(AnyText), None),
            acl_rule: section.value("acl_rule_attribute", &OrEmpty(AnyText), None),
            acl_ttl: section.value("acl_ttl_attribute", &OrEmpty(AnyText), None),
        }
    }
}
