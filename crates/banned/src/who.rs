//! Whom a ban is about.

use crate::{InvalidBan, NamePattern};
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::IpAddr;

/// The longest client id or user name that can be banned, in bytes: the longest that MQTT can carry.
pub const MAX_WHO_BYTES: usize = 65_535;

/// By what somebody is named: `as` in EMQX's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WhoKind {
    /// `clientid`
    ClientId,
    /// `username`
    UserName,
    /// `peerhost`
    PeerHost,
    /// `clientid_re`
    ClientIdPattern,
    /// `username_re`
    UserNamePattern,
    /// `peerhost_net`
    PeerNetwork,
}

impl WhoKind {
    /// All there are, in the order in which bans are listed.
    pub const ALL: [Self; 6] = [
        Self::ClientId,
        Self::UserName,
        Self::PeerHost,
        Self::ClientIdPattern,
        Self::UserNamePattern,
        Self::PeerNetwork,
    ];

    /// Its public word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientId => "clientid",
            Self::UserName => "username",
            Self::PeerHost => "peerhost",
            Self::ClientIdPattern => "clientid_re",
            Self::UserNamePattern => "username_re",
            Self::PeerNetwork => "peerhost_net",
        }
    }

    /// The kind that a word stands for.
    ///
    /// # Errors
    /// It is none of them.
    pub fn parse(word: &str) -> Result<Self, InvalidBan> {
        let kind = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        kind.ok_or_else(|| InvalidBan::Kind(word.to_owned()))
    }
}

/// Whom a ban is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The client with this id.
    ClientId(Box<str>),
    /// Clients with this user name.
    UserName(Box<str>),
    /// Clients at this address. One of IPv6 that stands for one of IPv4 is that one.
    PeerHost(IpAddr),
    /// Clients in whose id this is found.
    ClientIdPattern(NamePattern),
    /// Clients in whose user name this is found.
    UserNamePattern(NamePattern),
    /// Clients in this network; its address has no bits beyond its prefix.
    PeerNetwork(IpNet),
}

impl Who {
    /// Reads whom `who` names as a kind.
    ///
    /// # Errors
    /// [`InvalidBan`].
    pub fn parse(kind: WhoKind, who: &str) -> Result<Self, InvalidBan> {
        if who.is_empty() {
            return Err(InvalidBan::Nobody);
        }
        if who.len() > MAX_WHO_BYTES {
            return Err(InvalidBan::TooLong);
        }
        Ok(match kind {
            WhoKind::ClientId => Self::ClientId(who.into()),
            WhoKind::UserName => Self::UserName(who.into()),
            WhoKind::PeerHost => Self::PeerHost(address(who).ok_or_else(|| InvalidBan::Address(who.to_owned()))?),
            WhoKind::ClientIdPattern => Self::ClientIdPattern(NamePattern::parse(who)?),
            WhoKind::UserNamePattern => Self::UserNamePattern(NamePattern::parse(who)?),
            WhoKind::PeerNetwork => Self::PeerNetwork(network(who).ok_or_else(|| InvalidBan::Network(who.to_owned()))?),
        })
    }

    /// By what it names somebody.
    #[must_use]
    pub const fn kind(&self) -> WhoKind {
        match self {
            Self::ClientId(_) => WhoKind::ClientId,
            Self::UserName(_) => WhoKind::UserName,
            Self::PeerHost(_) => WhoKind::PeerHost,
            Self::ClientIdPattern(_) => WhoKind::ClientIdPattern,
            Self::UserNamePattern(_) => WhoKind::UserNamePattern,
            Self::PeerNetwork(_) => WhoKind::PeerNetwork,
        }
    }

    /// The name, address or expression. [`Who::parse`] makes the same of it.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            Self::ClientId(name) | Self::UserName(name) => Cow::Borrowed(name),
            Self::ClientIdPattern(pattern) | Self::UserNamePattern(pattern) => Cow::Borrowed(pattern.as_str()),
            Self::PeerHost(address) => Cow::Owned(address.to_string()),
            Self::PeerNetwork(network) => Cow::Owned(network.to_string()),
        }
    }
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A single address is a network too.
fn network(text: &str) -> Option<IpNet> {
    let network = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    Some(network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_as_the_same() {
        for (kind, text, written) in [
            ("clientid", "c 1", "c 1"),
            ("username", "ann", "ann"),
            ("peerhost", "192.0.2.1", "192.0.2.1"),
            ("peerhost", "::ffff:192.0.2.1", "192.0.2.1"),
            ("peerhost", "2001:DB8::0:1", "2001:db8::1"),
            ("clientid_re", "^a+$", "^a+$"),
            ("username_re", ".", "."),
            ("peerhost_net", "192.0.2.77/24", "192.0.2.0/24"),
            ("peerhost_net", "192.0.2.77", "192.0.2.77/32"),
            ("peerhost_net", "2001:db8::1/32", "2001:db8::/32"),
        ] {
            let kind = WhoKind::parse(kind).expect("a kind");
            let who = Who::parse(kind, text).expect(text);
            assert_eq!((who.kind(), &*who.text()), (kind, written));
            assert_eq!(Who::parse(kind, &who.text()), Ok(who));
        }
    }

    #[test]
    fn what_is_nobody_is_refused() {
        for (kind, text) in [
            (WhoKind::ClientId, ""),
            (WhoKind::PeerHost, "192.0.2"),
            (WhoKind::PeerHost, "192.0.2.1:1883"),
            (WhoKind::PeerHost, "localhost"),
            (WhoKind::PeerNetwork, "192.0.2.0/33"),
            (WhoKind::PeerNetwork, "192.0.2.0/"),
            (WhoKind::ClientIdPattern, "["),
        ] {
            assert!(Who::parse(kind, text).is_err(), "{text}");
        }
        assert_eq!(Who::parse(WhoKind::UserName, &"a".repeat(MAX_WHO_BYTES + 1)), Err(InvalidBan::TooLong));
        assert_eq!(WhoKind::parse("client_id"), Err(InvalidBan::Kind("client_id".into())));
    }
}
