//! What a client said when it asked for a WebSocket connection.

use std::net::{IpAddr, SocketAddr};

/// What a client said when it asked for a WebSocket connection. Some hundred bytes: drop it when nobody needs it any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upgrade {
    /// The subprotocol both sides speak.
    pub subprotocol: Option<String>,
    /// The client's address as a proxy in front gave it.
    pub client_address: Option<IpAddr>,
    /// The client's port as a proxy in front gave it.
    pub client_port: Option<u16>,
    /// The request as it was sent, from its first line to the empty one.
    pub(crate) head: Box<[u8]>,
}

impl Upgrade {
    /// The first value of a header, without spaces around it; the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|(other, _)| other.eq_ignore_ascii_case(name.as_bytes())).map(|(_, value)| value)
    }

    /// Names and values of all headers in their order.
    pub fn headers(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.head.split(|byte| *byte == b'\n').skip(1).filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (name, value) = line.split_at_checked(colon)?;
            Some((name, value.get(1..)?.trim_ascii()))
        })
    }

    /// Names and values of the client's cookies.
    pub fn cookies(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let values = self.headers().filter(|(name, _)| name.eq_ignore_ascii_case(b"cookie"));
        values.flat_map(|(_, value)| value.split(|byte| *byte == b';')).filter_map(|pair| {
            let equals = pair.iter().position(|byte| *byte == b'=')?;
            let (name, value) = pair.split_at_checked(equals)?;
            Some((name.trim_ascii(), value.get(1..)?.trim_ascii()))
        })
    }

    /// What was asked for, the path and the query.
    #[must_use]
    pub fn target(&self) -> &[u8] {
        self.head.split(|byte| *byte == b' ').nth(1).unwrap_or_default()
    }

    /// The client's address where `peer` is the other end of the socket: what a proxy said stands in for it, each part alone.
    #[must_use]
    pub fn client(&self, peer: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.client_address.unwrap_or(peer.ip()), self.client_port.unwrap_or(peer.port()))
    }
}

/// The first of several addresses: the client, as the proxies after it append their own. It may be written with a port.
pub(crate) fn first_address(value: &str) -> Option<(IpAddr, Option<u16>)> {
    let first = first_of(value)?;
    if let Ok(address) = first.parse() {
        return Some((address, None));
    }
    if let Ok(address) = first.parse::<SocketAddr>() {
        return Some((address.ip(), Some(address.port())));
    }
    first.strip_prefix('[')?.strip_suffix(']')?.parse().ok().map(|address| (address, None))
}

pub(crate) fn first_port(value: &str) -> Option<u16> {
    first_of(value)?.parse().ok()
}

fn first_of(value: &str) -> Option<&str> {
    value.split([',', ' ']).find(|part| !part.is_empty())
}
