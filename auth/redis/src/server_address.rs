//! Where a server listens.

use crate::SettingsError;
use std::fmt;
use std::str::FromStr;

/// Redis' own port.
const DEFAULT_PORT: u16 = 6379;

/// Where a server listens: `host`, `host:port`, `[address]:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerAddress {
    host: String,
    port: u16,
}

impl ServerAddress {
    /// A host by name or address, without brackets, and its port.
    #[must_use]
    pub fn new(host: &str, port: u16) -> Self {
        Self { host: host.to_owned(), port }
    }

    /// The host by name or address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same port elsewhere on the port's host, or the other way round: what a node of a cluster means that names a node
    /// without a host.
    pub(crate) fn with_port(&self, port: u16) -> Self {
        Self { host: self.host.clone(), port }
    }
}

impl FromStr for ServerAddress {
    type Err = SettingsError;

    fn from_str(text: &str) -> Result<Self, SettingsError> {
        let refused = || SettingsError::Address(text.to_owned());
        let (host, port) = match text.strip_prefix('[') {
            Some(bracketed) => {
                let (host, rest) = bracketed.split_once(']').ok_or_else(refused)?;
                (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some("")).ok_or_else(refused)?)
            }
            None => text.split_once(':').map_or(Ok((text, "")), |(host, port)| {
                if port.is_empty() { Err(refused()) } else { Ok((host, port)) }
            })?,
        };
        let port = if port.is_empty() { DEFAULT_PORT } else { port.parse().map_err(|_| refused())? };
        let is_host = !host.is_empty() && !host.contains(char::is_whitespace) && port != 0;
        if is_host { Ok(Self { host: host.to_owned(), port }) } else { Err(refused()) }
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(formatter, "[{}]:{}", self.host, self.port)
        } else {
            write!(formatter, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_written() {
        for (text, expected) in [
            ("redis", "redis:6379"),
            ("10.0.0.1:7000", "10.0.0.1:7000"),
            ("[::1]:7000", "[::1]:7000"),
            ("[::1]", "[::1]:6379"),
        ] {
            assert_eq!(text.parse::<ServerAddress>().unwrap().to_string(), expected);
        }
        for refused in ["", ":6379", "redis:", "redis:x", "redis:0", "redis:65536", "::1", "[::1", "[::1]x", "a b:1"] {
            assert!(refused.parse::<ServerAddress>().is_err(), "{refused}");
        }
    }
}
