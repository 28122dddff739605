//! Where a broker is, and over what it is spoken to.

use std::fmt;

/// The path of a WebSocket listener, unless another is named.
const PATH_DEFAULT: &str = "/mqtt";

/// What MQTT is carried over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carrier {
    /// TCP.
    #[default]
    Tcp,
    /// TLS.
    Tls,
    /// WebSocket.
    WebSocket,
    /// WebSocket over TLS.
    SecureWebSocket,
}

impl Carrier {
    /// Whether there is TLS in it.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::SecureWebSocket)
    }

    /// Whether there is WebSocket in it.
    #[must_use]
    pub const fn is_websocket(self) -> bool {
        matches!(self, Self::WebSocket | Self::SecureWebSocket)
    }

    /// The port that a broker listens on for it.
    #[must_use]
    pub const fn usual_port(self) -> u16 {
        match self {
            Self::Tcp => 1883,
            Self::Tls => 8883,
            Self::WebSocket => 8083,
            Self::SecureWebSocket => 8084,
        }
    }

    fn from_scheme(scheme: &str) -> Option<Self> {
        Some(match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => Self::Tcp,
            "mqtts" | "ssl" | "tls" => Self::Tls,
            "ws" => Self::WebSocket,
            "wss" => Self::SecureWebSocket,
            _ => return None,
        })
    }
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is spoken to.
    pub carrier: Carrier,
    /// Name or address; an address of IPv6 without its brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What is asked for with WebSocket, from the first slash on.
    pub path: String,
    /// User name of a URL.
    pub username: Option<String>,
    /// Password of a URL.
    pub password: Option<String>,
    /// What a URL without WebSocket has for a path: the topic.
    pub topic: Option<String>,
}

impl Endpoint {
    /// A broker by its parts.
    #[must_use]
    pub fn new(carrier: Carrier, host: impl Into<String>, port: Option<u16>) -> Self {
        Self {
            carrier,
            host: host.into(),
            port: port.unwrap_or_else(|| carrier.usual_port()),
            path: PATH_DEFAULT.to_owned(),
            username: None,
            password: None,
            topic: None,
        }
    }

    /// Reads `mqtt://user:password@host:port/topic`, with the schemes `mqtt`, `mqtts`, `ws` and `wss`; for the last two what follows
    /// the port is the path of the listener.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let (scheme, rest) = url.split_once("://").ok_or("a URL begins with mqtt://, mqtts://, ws:// or wss://")?;
        let carrier = Carrier::from_scheme(scheme)
            .ok_or_else(|| format!("unknown scheme {scheme}: mqtt, mqtts, ws and wss are known"))?;
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (user, address) = authority.rsplit_once('@').map_or((None, authority), |(user, at)| (Some(user), at));
        let (host, port) = split_address(address)?;
        let mut endpoint = Self::new(carrier, host, port);
        if let Some(user) = user {
            let (name, password) = user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word)));
            endpoint.username = Some(decode(name)?);
            endpoint.password = password.map(decode).transpose()?;
        }
        if carrier.is_websocket() {
            if !matches!(path, "" | "/") {
                endpoint.path = path.to_owned();
            }
        } else {
            endpoint.topic = path.get(1..).filter(|topic| !topic.is_empty()).map(decode).transpose()?;
        }
        Ok(endpoint)
    }

    /// Host and port as they stand in a URL.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address())
    }
}

/// Host and port of `host`, `host:port`, `[address]` and `[address]:port`.
fn split_address(address: &str) -> Result<(&str, Option<u16>), String> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']').ok_or("an address of IPv6 ends with ]")?;
            match rest.strip_prefix(':') {
                None if rest.is_empty() => (host, None),
                None => return Err(format!("{rest} behind the address is no port")),
                port => (host, port),
            }
        }
        None => address.split_once(':').map_or((address, None), |(host, port)| (host, Some(port))),
    };
    if host.is_empty() {
        return Err("there is no host in it".to_owned());
    }
    let port = port.map(|port| port.parse().map_err(|_| format!("{port} is no port"))).transpose()?;
    Ok((host, port))
}

/// Percent-decodes (RFC 3986 §2.1).
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(value.ok_or_else(|| format!("{text}: two digits follow %"))?);
        rest = rest.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| format!("{text} is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read() {
        let read = Endpoint::parse("mqtts://ann:a%40b@broker.example.com:8884/a/b%20c").unwrap();
        assert_eq!((read.carrier, read.address().as_str()), (Carrier::Tls, "broker.example.com:8884"));
        assert_eq!((read.username.as_deref(), read.password.as_deref()), (Some("ann"), Some("a@b")));
        assert_eq!(read.topic.as_deref(), Some("a/b c"));
        let read = Endpoint::parse("wss://[::1]/other").unwrap();
        assert_eq!((read.address().as_str(), read.path.as_str(), read.topic), ("[::1]:8084", "/other", None));
        let read = Endpoint::parse("ws://localhost/").unwrap();
        assert_eq!((read.port, read.path.as_str()), (8083, "/mqtt"));
        let read = Endpoint::parse("mqtt://localhost").unwrap();
        assert_eq!((read.port, read.topic, read.username), (1883, None, None));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let rows = [
            ("localhost", "begins with"),
            ("http://localhost", "unknown scheme http"),
            ("mqtt://", "no host"),
            ("mqtt://h:70000", "70000 is no port"),
            ("mqtt://[::1", "ends with ]"),
            ("mqtt://[::1]1883", "is no port"),
            ("mqtt://a%zz@h", "two digits"),
            ("mqtt://%ff@h", "is no text"),
        ];
        for (url, expected) in rows {
            let error = Endpoint::parse(url).unwrap_err();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }
}
