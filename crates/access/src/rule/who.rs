//! The clients that a rule is about.

use super::{RuleSettings, SecurityProfile, TextPattern};
use crate::ClientInfo;
use ipnet::IpNet;

/// The clients that a rule is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Every client.
    All,
    /// Those with such a user name. Who has none is not one of them.
    Username(TextPattern),
    /// Those with such a client id.
    ClientId(TextPattern),
    /// Those whose address is in one of these networks. IPv4 in IPv6 clothes is IPv4.
    Address(Box<[IpNet]>),
    /// Those with such a value in one of their `client_attrs`.
    Attribute {
        /// Name of the attribute.
        name: Box<str>,
        /// Its value.
        value: TextPattern,
    },
    /// Those in such a zone.
    Zone(TextPattern),
    /// Those who came through such a listener, such as `tcp:default`.
    Listener(TextPattern),
    /// Every client, while the node has this profile; else none.
    SecurityProfile(SecurityProfile),
    /// Those that are all of these; every client, where there are none.
    And(Box<[Who]>),
    /// Those that are one of these; none, where there are none.
    Or(Box<[Who]>),
}

impl Who {
    /// Whether a client is one of them.
    #[must_use]
    pub fn is(&self, settings: &RuleSettings, client: &ClientInfo) -> bool {
        match self {
            Self::All => true,
            Self::Username(pattern) => client.username.as_ref().is_some_and(|name| pattern.is_match(name)),
            Self::ClientId(pattern) => pattern.is_match(&client.client_id),
            Self::Address(networks) => {
                let address = client.peer.ip().to_canonical();
                networks.iter().any(|network| network.contains(&address))
            }
            Self::Attribute { name, value } => client.attributes.get(&**name).is_some_and(|text| value.is_match(text)),
            Self::Zone(pattern) => pattern.is_match(&client.zone),
            Self::Listener(pattern) => pattern.is_match(&client.listener),
            Self::SecurityProfile(profile) => *profile == settings.security_profile,
            Self::And(all) => all.iter().all(|who| who.is(settings, client)),
            Self::Or(any) => any.iter().any(|who| who.is(settings, client)),
        }
    }
}

/// Reads an address or a network: `10.0.0.1`, `10.0.0.0/8`, `::1`, `fd00::/8`.
#[must_use]
pub fn parse_network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from))
}
