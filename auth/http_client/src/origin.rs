//! Where a server is (RFC 9110 §4.3.1).

use http::uri::Authority;
use std::fmt;

/// Where a server is: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    is_tls: bool,
    host: String,
    port: u16,
}

/// Why a text is not the address of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// Neither `http://` nor `https://`.
    #[error("must start with http:// or https://")]
    Scheme,
    /// There is no host in it, or something that cannot be one.
    #[error("has no valid host")]
    Host,
    /// Names and passwords have a place of their own: a header.
    #[error("must have no user name or password in it; use a header")]
    UserInfo,
}

impl Origin {
    /// Splits `http://host:port/path?query` into the origin and all that follows it, which may have placeholders.
    ///
    /// # Errors
    /// [`OriginError`].
    pub fn split(url: &str) -> Result<(Self, &str), OriginError> {
        let (scheme, rest) = url.split_once("://").ok_or(OriginError::Scheme)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at_checked(end).ok_or(OriginError::Host)?;
        Ok((Self::new(scheme, authority)?, target))
    }

    fn new(scheme: &str, authority: &str) -> Result<Self, OriginError> {
        let is_tls = scheme.eq_ignore_ascii_case("https");
        if !is_tls && !scheme.eq_ignore_ascii_case("http") {
            return Err(OriginError::Scheme);
        }
        if authority.contains('@') {
            return Err(OriginError::UserInfo);
        }
        // The parser of the crate takes `$`, `{` and more for parts of a host; such a host is a placeholder gone astray.
        if authority.contains(['$', '{', '}']) {
            return Err(OriginError::Host);
        }
        let authority: Authority = authority.parse().map_err(|_| OriginError::Host)?;
        let host = authority.host();
        let has_port = authority.as_str().len() > host.len();
        let port = match authority.port_u16() {
            Some(port) if port > 0 => port,
            None if !has_port => {
                if is_tls {
                    443
                } else {
                    80
                }
            }
            _ => return Err(OriginError::Host),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err(OriginError::Host);
        }
        Ok(Self { is_tls, host: host.to_owned(), port })
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// A name or an address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, that of the scheme where none was given.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What the `host` header says: without the port of the scheme.
    pub(crate) fn host_header(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.is_tls, self.port) {
            (false, 80) | (true, 443) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// What follows the origin in an address, as a request names it: with a path, without a fragment (RFC 9112 §3.2.1).
#[must_use]
pub fn origin_form(target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    if target.starts_with('/') { target.to_owned() } else { format!("/{target}") }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.is_tls { "https" } else { "http" }, self.host_header())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_split_where_the_path_begins() {
        let cases = [
            ("http://a", "http://a", ""),
            ("http://a:80/x?y=${clientid}", "http://a", "/x?y=${clientid}"),
            ("https://a.b?c=d", "https://a.b", "?c=d"),
            ("HTTPS://a.b:8443/", "https://a.b:8443", "/"),
            ("http://[::1]:8080/${username}", "http://[::1]:8080", "/${username}"),
            ("http://127.0.0.1#f", "http://127.0.0.1", "#f"),
        ];
        for (url, origin, target) in cases {
            let (split, rest) = Origin::split(url).expect(url);
            assert_eq!((split.to_string().as_str(), rest), (origin, target), "{url}");
        }
        let (split, _) = Origin::split("http://[::1]:8080/").expect("an address");
        assert_eq!((split.host(), split.port()), ("::1", 8080));
    }

    #[test]
    fn what_is_no_server_is_refused() {
        let cases = [
            ("", OriginError::Scheme),
            ("a/b", OriginError::Scheme),
            ("ftp://a", OriginError::Scheme),
            ("http://", OriginError::Host),
            ("http:///x", OriginError::Host),
            ("http://${username}/x", OriginError::Host),
            ("http://a b/x", OriginError::Host),
            ("http://a:99999/x", OriginError::Host),
            ("http://a:0/x", OriginError::Host),
            ("http://a:/x", OriginError::Host),
            ("http://u:p@a/x", OriginError::UserInfo),
        ];
        for (url, error) in cases {
            assert_eq!(Origin::split(url), Err(error), "{url}");
        }
    }
}
