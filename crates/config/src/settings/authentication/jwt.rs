//! `jwt`: tokens that say who a client is.

use crate::pem::Pem;
use crate::redaction::url_without_secrets;
use crate::rule::{AnyText, Flag, OneOf, Span, filled_text, pem, secret};
use crate::secret::Secret;
use crate::section::Section;
use crate::settings::back_end::{ClientSsl, headers, is_https, timeout, url, warn_of_unknown_placeholders};
use std::fmt;
use std::time::Duration;

/// `jwt`: tokens that say who a client is (RFC 7519).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwt {
    /// `use_jwks` and `algorithm`: what signatures are checked with.
    pub keys: JwtKeys,
    /// `from`, default `password`.
    pub from: TokenField,
    /// `verify_claims`, `{ name = "text" }` or a list of `{ name = …, value = … }`: texts that claims must be; `${clientid}` and
    /// `${username}` stand for what they name. Default empty.
    pub verify_claims: Vec<(String, String)>,
    /// `acl_claim_name`: the claim with rules for the client, default `acl`.
    pub acl_claim_name: String,
    /// `disconnect_after_expire`: a client has to go when its token expires, default true.
    pub disconnect_after_expire: bool,
    /// `on_missing_jwt`: what is said of a client without a token, default `ignore`.
    pub on_missing_jwt: OnToken,
    /// `on_bad_signature` (Dunlin's own key): what is said of a client whose token nobody signed that is known. Default `deny`;
    /// EMQX asks the next authenticator.
    pub on_bad_signature: OnToken,
}

/// What signatures are checked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwtKeys {
    /// `algorithm = hmac-based`: HS256, HS384, HS512.
    Secret {
        /// `secret`, or `file://` and where it is.
        secret: Secret,
        /// `secret_base64_encoded`, default false.
        is_base64: bool,
    },
    /// `algorithm = public-key`: `public_key`; RS, PS and ES256 to 512, EdDSA.
    PublicKey(Pem),
    /// `use_jwks = true`: keys that are fetched.
    Endpoint(Box<JwtEndpoint>),
}

/// Where keys are fetched from (RFC 7517).
#[derive(Clone, PartialEq, Eq)]
pub struct JwtEndpoint {
    /// `endpoint`: the URL of a JSON Web Key Set.
    pub endpoint: String,
    /// `refresh_interval`: from one fetch to the next, 1 s to 7 days, default 5 min; a bare number counts seconds.
    pub refresh_interval: Duration,
    /// `request_timeout` (Dunlin's own key): of one fetch, 1 ms to 1 day, default 5 s.
    pub request_timeout: Duration,
    /// `headers` that are sent along. Default empty.
    pub headers: Vec<(String, String)>,
    /// `ssl`, for `https`.
    pub ssl: ClientSsl,
}

/// `from`: where the token stands in CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenField {
    /// `password`.
    Password,
    /// `username`.
    Username,
}

/// What is said of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnToken {
    /// `ignore`: the next authenticator is asked.
    Ignore,
    /// `deny`: it is refused.
    Deny,
}

#[derive(Clone, Copy, PartialEq)]
enum Algorithm {
    Hmac,
    PublicKey,
}

const FIELDS: &[(&str, TokenField)] = &[("password", TokenField::Password), ("username", TokenField::Username)];
const ON_TOKEN: &[(&str, OnToken)] = &[("ignore", OnToken::Ignore), ("deny", OnToken::Deny)];
const ALGORITHMS: &[(&str, Algorithm)] = &[("hmac-based", Algorithm::Hmac), ("public-key", Algorithm::PublicKey)];
const PLACEHOLDERS: [&str; 2] = ["clientid", "username"];
const WEEK: Duration = Duration::from_secs(7 * 86_400);

impl Jwt {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let keys = JwtKeys::read(entry);
        warn_of_unknown_placeholders(entry, "verify_claims", &PLACEHOLDERS);
        let read = Self {
            from: entry.value("from", &OneOf(FIELDS), TokenField::Password),
            verify_claims: read_claims(entry),
            acl_claim_name: entry.value("acl_claim_name", &AnyText, "acl".into()),
            disconnect_after_expire: entry.value("disconnect_after_expire", &Flag, true),
            on_missing_jwt: entry.value("on_missing_jwt", &OneOf(ON_TOKEN), OnToken::Ignore),
            on_bad_signature: entry.value("on_bad_signature", &OneOf(ON_TOKEN), OnToken::Deny),
            keys: keys?,
        };
        Some(read)
    }
}

impl JwtKeys {
    fn read(entry: &mut Section<'_>) -> Option<Self> {
        if entry.value("use_jwks", &Flag, false) {
            entry.ignored(&["algorithm", "pool_size", "secret", "secret_base64_encoded", "public_key"]);
            return JwtEndpoint::read(entry).map(|endpoint| Self::Endpoint(Box::new(endpoint)));
        }
        // Left behind by whoever went back to a key of his own.
        entry.ignored(&["endpoint", "pool_size", "refresh_interval", "ssl", "headers"]);
        let Some(algorithm) = entry.required("algorithm", &OneOf(ALGORITHMS)) else {
            entry.ignored(&["public_key", "secret", "secret_base64_encoded"]);
            return None;
        };
        match algorithm {
            Algorithm::Hmac => {
                entry.ignored(&["public_key"]);
                let is_base64 = entry.value("secret_base64_encoded", &Flag, false);
                entry.required("secret", &secret()).map(|secret| Self::Secret { secret, is_base64 })
            }
            Algorithm::PublicKey => {
                entry.ignored(&["secret", "secret_base64_encoded"]);
                entry.required("public_key", &pem()).map(Self::PublicKey)
            }
        }
    }
}

impl JwtEndpoint {
    fn read(entry: &mut Section<'_>) -> Option<Self> {
        // One connection is enough to fetch a few keys now and then.
        entry.ignored(&["pool_size"]);
        let origin = entry.origin_of("endpoint");
        let endpoint = entry.required("endpoint", &url());
        let interval = Span::in_seconds(Duration::from_secs(1)..=WEEK);
        let read = Self {
            refresh_interval: entry.value("refresh_interval", &interval, Duration::from_secs(300)),
            request_timeout: entry.value("request_timeout", &timeout(), Duration::from_secs(5)),
            headers: headers(entry),
            ssl: ClientSsl::of(entry),
            endpoint: endpoint?,
        };
        if is_https(&read.endpoint) && !read.ssl.enable {
            entry.conflict("endpoint", &origin, "begins with `https://`; write `ssl.enable = true` beside it");
        }
        Some(read)
    }
}

/// Without what may be a secret.
impl fmt::Debug for JwtEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("JwtEndpoint");
        shown.field("endpoint", &url_without_secrets(&self.endpoint)).field("headers", &names);
        shown.field("refresh_interval", &self.refresh_interval);
        shown.field("request_timeout", &self.request_timeout).field("ssl", &self.ssl).finish()
    }
}

/// Times of a token (RFC 7519 §4.1), which are checked anyway and are no texts.
const TIMES: [&str; 3] = ["exp", "iat", "nbf"];

/// Reads `verify_claims`: an object of names and texts, or a list of objects with `name` and `value`.
fn read_claims(entry: &mut Section<'_>) -> Vec<(String, String)> {
    let origin = entry.origin_of("verify_claims");
    let is_list = entry.peek("verify_claims").is_some_and(|node| node.value.as_list().is_some());
    let claims: Vec<(String, String)> = if is_list {
        let read = entry.list("verify_claims", |claim| {
            let (name, value) = (claim.required("name", &filled_text()), claim.required("value", &AnyText));
            Some((name?, value?))
        });
        read.into_iter().flatten().collect()
    } else {
        entry.child("verify_claims", |claims| {
            let entries = claims.take_entries().into_iter();
            entries.filter_map(|(name, node)| Some((name.to_owned(), claims.check(name, node, &AnyText)?))).collect()
        })
    };
    if let Some((name, _)) = claims.iter().find(|(name, _)| TIMES.contains(&name.as_str()) || name.is_empty()) {
        let message =
            format!("`{name}` cannot be compared with a text; take it away: times of tokens are checked anyway");
        entry.conflict("verify_claims", &origin, message);
    }
    claims
}
