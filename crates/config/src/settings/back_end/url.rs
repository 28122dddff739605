//! Where a web service is.

use crate::redaction::url_without_secrets;
use crate::rule::{Rule, Shown};
use dunlin_hocon::Value;

/// An address of the web. What stands behind the host may have placeholders.
pub(in crate::settings) fn url() -> impl Shown<Value = String> {
    Url
}

/// Whether TLS is spoken there.
pub(in crate::settings) fn is_https(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

struct Url;

impl Rule for Url {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, _) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
        let is_web = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let is_host = !host.is_empty() && !host.contains(['@', '$', '{', '}', '\\']);
        let is_whole = !text.contains(|c: char| c == '#' || c.is_whitespace() || c.is_control());
        (is_web && is_host && is_whole).then(|| text.to_owned())
    }

    fn allowed(&self) -> String {
        "a URL such as `http://127.0.0.1:8080/auth`, with a host, without placeholders in it, and without a name and a \
         password: these are for `headers`"
            .into()
    }
}

impl Shown for Url {
    fn shown(&self, value: &String) -> Option<Value> {
        Some(Value::Text(url_without_secrets(value)))
    }

    fn is_secret(&self, text: &str) -> bool {
        url_without_secrets(text) != text
    }
}
