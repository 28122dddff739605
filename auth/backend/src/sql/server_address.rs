//! Where a server is.

use std::fmt;

/// Where a server is: `host`, `host:port` or `[address]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// A name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// Why a list of servers cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no server; write host:port, more of them with commas between")]
pub struct InvalidServer(String);

impl ServerAddress {
    /// Reads `server` of the settings: one server, or more with commas between, in the order in which they are tried.
    ///
    /// # Errors
    /// [`InvalidServer`] with the part that is none.
    pub fn parse_list(text: &str, default_port: u16) -> Result<Vec<Self>, InvalidServer> {
        let parts = text.split(',').map(str::trim);
        parts.map(|part| Self::parse(part, default_port).ok_or_else(|| InvalidServer(part.to_owned()))).collect()
    }

    fn parse(text: &str, default_port: u16) -> Option<Self> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (host, behind) = rest.split_once(']')?;
            (host, if behind.is_empty() { None } else { Some(behind.strip_prefix(':')?) })
        } else if text.matches(':').count() > 1 {
            // An IPv6 address alone.
            (text, None)
        } else {
            text.split_once(':').map_or((text, None), |(host, port)| (host, Some(port)))
        };
        let is_host = !host.is_empty() && !host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@');
        let port = port.map_or(Some(default_port), |port| port.parse().ok().filter(|port| *port != 0))?;
        is_host.then(|| Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for ServerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_in_order() {
        let servers = ServerAddress::parse_list("db1, db2:99,[::1]:7 ,::2,10.0.0.1", 5432).expect("servers");
        let texts: Vec<_> = servers.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["db1:5432", "db2:99", "[::1]:7", "[::2]:5432", "10.0.0.1:5432"]);
    }

    #[test]
    fn what_is_no_server_is_named() {
        for text in ["", "a,", ":5", "a:b", "a:0", "a:70000", "[::1", "[::1]x", "postgres://a", "u@h"] {
            assert!(ServerAddress::parse_list(text, 1).is_err(), "{text}");
        }
        assert_eq!(
            ServerAddress::parse_list("a,b:c", 1).expect_err("no port").to_string(),
            "`b:c` is no server; write host:port, more of them with commas between"
        );
    }
}
