//! Tokens that the broker shows to a web service.

use super::{ClientSsl, QUERY_TIMEOUT, is_https, timeout, url};
use crate::redaction::url_without_secrets;
use crate::rule::{Flag, OneOf, OrEmpty, Rule as _, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use std::fmt;
use std::time::Duration;

/// `oauth2`, where it is enabled: each request to a web service shows a token that is got from somebody else (RFC 6749 §4.4).
#[derive(Clone, PartialEq, Eq)]
pub struct OAuth2 {
    /// `token_endpoint`: who gives tokens.
    pub token_endpoint: String,
    /// `client_id`.
    pub client_id: String,
    /// `client_secret`, or `file://` and where it is.
    pub client_secret: Secret,
    /// `scope`, default `None`.
    pub scope: Option<String>,
    /// `timeout` of one request for a token: 1 ms to 1 day, default 5 s.
    pub timeout: Duration,
    /// `ssl` to the token endpoint; enabled for `https`.
    pub ssl: ClientSsl,
}

/// `grant_type`; there is no other.
const GRANT_TYPES: &[(&str, ())] = &[("client_credentials", ())];

impl OAuth2 {
    /// `None` where it is not enabled.
    pub(super) fn read(section: &mut Section<'_>) -> Option<Self> {
        let origin = section.origin_of("token_endpoint");
        let is_enabled = section.value("enable", &Flag, false);
        section.value("grant_type", &OneOf(GRANT_TYPES), ());
        let token_endpoint = section.value("token_endpoint", &OrEmpty(url()), None);
        let client_id = section.value("client_id", &OrEmpty(filled_text()), None);
        let client_secret = section.value("client_secret", &OrEmpty(secret()), None);
        let scope = section.value("scope", &OrEmpty(filled_text()), None);
        let timeout = section.value("timeout", &timeout(), QUERY_TIMEOUT);
        let speaks_tls = is_enabled && token_endpoint.as_deref().is_some_and(is_https);
        let ssl = ClientSsl::unless_said(section, "ssl", speaks_tls);
        if !is_enabled {
            return None;
        }
        for (key, is_missing, allowed) in [
            ("token_endpoint", token_endpoint.is_none(), url().allowed()),
            ("client_id", client_id.is_none(), filled_text().allowed()),
            ("client_secret", client_secret.is_none(), secret().allowed()),
        ] {
            if is_missing {
                section.missing(key, allowed);
            }
        }
        let read = Self {
            token_endpoint: token_endpoint?,
            client_id: client_id?,
            client_secret: client_secret?,
            scope,
            timeout,
            ssl,
        };
        if is_https(&read.token_endpoint) && !read.ssl.enable {
            section.conflict("token_endpoint", &origin, "begins with `https://`; leave `ssl.enable = false` out");
        }
        Some(read)
    }
}

/// Without what may be a secret.
impl fmt::Debug for OAuth2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("OAuth2");
        shown.field("token_endpoint", &url_without_secrets(&self.token_endpoint)).field("client_id", &self.client_id);
        shown.field("client_secret", &self.client_secret).field("scope", &self.scope);
        shown.field("timeout", &self.timeout).field("ssl", &self.ssl).finish()
    }
}
