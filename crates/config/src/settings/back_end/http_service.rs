//! What is asked of a web service.

use super::{
    ClientSsl, OAuth2, POOL_SIZE, is_https, json_object, pool_size, timeout, url, warn_of_unknown_placeholders,
};
use crate::redaction::{is_public_header, url_without_secrets};
use crate::rule::{OneOf, Rule, Shown, filled_text};
use crate::secret::MASK;
use crate::section::Section;
use dunlin_hocon::Value;
use serde_json::Map;
use std::fmt;
use std::time::Duration;

/// What is asked of a web service.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpService {
    /// `method`.
    pub method: HttpMethod,
    /// `url`: path and query may have placeholders.
    pub url: String,
    /// `headers`, added to those that are sent anyway: the same name replaces. Names in lower case, ordered; values may have
    /// placeholders. Default empty.
    pub headers: Vec<(String, String)>,
    /// `body`: texts in it may have placeholders. Default empty.
    pub body: Map<String, serde_json::Value>,
    /// `request_timeout`: from the question to its answer, waiting and connecting included; 1 ms to 1 day, default 5 s for an
    /// authenticator and 30 s for a source of rules.
    pub request_timeout: Duration,
    /// `connect_timeout`: 1 ms to 1 day, default 15 s.
    pub connect_timeout: Duration,
    /// `pool_size`: connections, and questions at a time; 1 to 10,000, default 8.
    pub pool_size: usize,
    /// `max_inactive`: a connection that nobody used for so long is closed; 1 ms to 1 day, default 10 s.
    pub max_inactive: Duration,
    /// `ssl`, for `https`.
    pub ssl: ClientSsl,
    /// `oauth2`: a token that each request shows; `None` where it is not enabled.
    pub oauth2: Option<OAuth2>,
}

/// `method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// `get`: the body stands in the query.
    Get,
    /// `post`: the body is JSON, or a form where `headers` has `content-type = application/x-www-form-urlencoded`.
    Post,
}

const METHODS: &[(&str, HttpMethod)] = &[("get", HttpMethod::Get), ("post", HttpMethod::Post)];
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const MAX_INACTIVE: Duration = Duration::from_secs(10);

impl HttpService {
    /// `placeholders` are the names that stand for something.
    pub(in crate::settings) fn read(
        section: &mut Section<'_>,
        request_timeout: Duration,
        placeholders: &[&str],
    ) -> Option<Self> {
        // How EMQX uses its connections; here each has one request at a time, and nothing is asked twice.
        section.ignored(&["enable_pipelining", "pool_type", "max_retries", "retry_interval", "request"]);
        // The name of a host is looked up for each connection, and none is older than its questions.
        section.ignored(&["hostname_resolution"]);
        for key in ["url", "headers", "body"] {
            warn_of_unknown_placeholders(section, key, placeholders);
        }
        let [url_origin, headers_origin] = ["url", "headers"].map(|key| section.origin_of(key));
        let method = section.required("method", &OneOf(METHODS));
        let url = section.required("url", &url());
        let mut headers = headers(section);
        if method == Some(HttpMethod::Get) && headers.iter().any(|(name, _)| name == "content-type") {
            headers.retain(|(name, _)| name != "content-type");
            let message = "has a `content-type`, which is not sent: a request with `method = get` has no body";
            section.warn_at("headers", &headers_origin, message);
        }
        let body = section.child("body", json_object);
        let read = Self {
            headers,
            body,
            request_timeout: section.value("request_timeout", &timeout(), request_timeout),
            connect_timeout: section.value("connect_timeout", &timeout(), CONNECT_TIMEOUT),
            pool_size: section.value("pool_size", &pool_size(), POOL_SIZE),
            max_inactive: section.value("max_inactive", &timeout(), MAX_INACTIVE),
            ssl: ClientSsl::of(section),
            oauth2: section.child("oauth2", OAuth2::read),
            method: method?,
            url: url?,
        };
        if is_https(&read.url) && !read.ssl.enable {
            section.conflict("url", &url_origin, "begins with `https://`; write `ssl.enable = true` beside it");
        }
        if read.oauth2.is_some() && read.headers.iter().any(|(name, _)| name == "authorization") {
            let message = "has an `authorization`, which is where the token of `oauth2` stands; leave one of them out";
            section.conflict("headers", &headers_origin, message);
        }
        Some(read)
    }
}

/// Without what may be a secret.
impl fmt::Debug for HttpService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = url_without_secrets(&self.url);
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("HttpService");
        shown.field("method", &self.method).field("url", &url).field("headers", &names);
        shown.field("body", &self.body.keys()).field("request_timeout", &self.request_timeout);
        shown.field("connect_timeout", &self.connect_timeout).field("pool_size", &self.pool_size);
        shown.field("max_inactive", &self.max_inactive).field("ssl", &self.ssl);
        shown.field("oauth2", &self.oauth2).finish()
    }
}

/// Reads `headers`: names in lower case, as HTTP does not tell them apart (RFC 9110 §5.1).
pub(in crate::settings) fn headers(section: &mut Section<'_>) -> Vec<(String, String)> {
    section.child("headers", |entries| {
        let mut headers = Vec::new();
        for (name, node) in entries.take_entries() {
            let rule = HeaderText { is_public: is_public_header(name) };
            if let Some(value) = entries.check(name, node, &rule) {
                headers.push((name.to_ascii_lowercase(), value));
            }
        }
        headers
    })
}

/// The value of a header. Nobody knows which of them is a secret.
struct HeaderText {
    is_public: bool,
}

impl Rule for HeaderText {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        filled_text().read(text).filter(|text| !text.contains(['\r', '\n', '\0']))
    }

    fn allowed(&self) -> String {
        "the text of a header, in one line".into()
    }
}

impl Shown for HeaderText {
    fn shown(&self, value: &String) -> Option<Value> {
        Some(Value::Text(if self.is_public { value.clone() } else { MASK.into() }))
    }

    fn is_secret(&self, _: &str) -> bool {
        !self.is_public
    }
}
