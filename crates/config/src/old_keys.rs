//! Keys of EMQX 4 and what to write instead of them today.
//!
//! Such a key is an error and not translated in silence: its author is to see what the new one means.

mod listener;
mod zone;

use crate::error::ConfigError;
use dunlin_hocon::{Node, Origin, Value};

/// What to write instead of a key of EMQX 4, as the end of a sentence; `None` if it is no such key.
pub(crate) fn advice(path: &[&str], value: &str) -> Option<String> {
    match path {
        ["listener", kind @ ("tcp" | "ssl" | "ws" | "wss"), name, option @ ..] => {
            // `external` is what comes with EMQX 4, as `default` does today: on the same port, so that nobody has to write it.
            let name = if *name == "external" { "default" } else { name };
            Some(listener::advice(kind, name, &option.join("."), value))
        }
        ["zone", zone, option @ ..] if !option.is_empty() => zone::advice(zone, &option.join("."), value),
        ["bridge", ..] => Some(go("bridges have become `connectors` and `actions`")),
        ["auth", ..] => Some(go("plugins for authentication have become entries of `authentication`")),
        ["mqtt", key] => access_advice(key, value),
        ["log", "level"] => Some(write_one("log.console.level", value)),
        ["reuse_sessions"] => Some(write_one("listeners.ssl.default.ssl_options.reuse_sessions", flag(value))),
        ["broker", "sys_interval"] => Some(write_one("sys_topics.sys_msg_interval", value)),
        ["broker", "sys_heartbeat"] => Some(write_one("sys_topics.sys_heartbeat_interval", value)),
        // A key of a zone, as the manual names it without saying where it goes.
        [key] => access_advice(key, value).or_else(|| zone::advice("external", key, value)),
        _ => None,
    }
}

/// The lines of a text that set keys of EMQX 4, which has no other form than `key = value`, each with the error for it.
///
/// What HOCON makes of such a text is not enough: `rate_limit = 1024,4096` is none, and of `listener.tcp.external = 1883` and
/// `listener.tcp.external.acceptors = 8` it keeps the second only.
pub(crate) fn in_text(file_name: &str, text: &str) -> Vec<(u32, ConfigError)> {
    let lines = text.lines().zip(1_u32..);
    let errors = lines.filter_map(|(text, line)| {
        let (key, value) = text.split_once('=')?;
        let path: Vec<&str> = key.trim().split('.').collect();
        let is_key = path.iter().all(|part| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let value = value.split(" #").next().unwrap_or(value).trim().trim_matches('"');
        let advice = advice(&path, value).filter(|_| is_key)?;
        let place = Origin::file(file_name, line).to_string();
        Some((line, ConfigError::OldKey { place, key: key.trim().into(), advice }))
    });
    errors.collect()
}

/// Who may connect and do what, which stood at the root or under `mqtt`.
fn access_advice(key: &str, value: &str) -> Option<String> {
    Some(match key {
        "acl_nomatch" => write_one("authorization.no_match", value),
        "acl_deny_action" => write_one("authorization.deny_action", value),
        "enable_acl_cache" | "cache_acl" => write_one("authorization.cache.enable", flag(value)),
        "acl_cache_max_size" => write_one("authorization.cache.max_size", value),
        "acl_cache_ttl" => write_one("authorization.cache.ttl", value),
        "acl_file" => format!("write `authorization.sources = [{{ type = file, path = {} }}]`", text_of(value)),
        "allow_anonymous" if flag(value) == "true" => {
            go("everybody may connect as long as `authentication` has no entry")
        }
        "allow_anonymous" => go("nobody may connect without a password once `authentication` has an entry"),
        _ => return None,
    })
}

/// "write `key = value`".
fn write_one(key: &str, value: &str) -> String {
    write_all(&[(key.to_owned(), value.to_owned())])
}

/// "write `a = 1` and `b = 2`".
fn write_all(lines: &[(String, String)]) -> String {
    let lines: Vec<_> = lines.iter().map(|(key, value)| format!("`{key} = {}`", text_of(value))).collect();
    format!("write {}", lines.join(" and "))
}

/// "take it away: …".
fn go(reason: &str) -> String {
    format!("take it away: {reason}")
}

/// The value as it is written today, in quotes where it needs them.
fn text_of(value: &str) -> String {
    let is_word = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let is_plain = is_word || value.parse::<f64>().is_ok();
    let is_list = value.starts_with('[');
    if is_plain || is_list {
        return value.into();
    }
    dunlin_hocon::write(&Node::new(Value::Text(value.into()), Origin::Default)).trim_end().to_owned()
}

/// `on` and `off` as true and false.
fn flag(value: &str) -> &str {
    match value {
        "on" => "true",
        "off" => "false",
        other => other,
    }
}

/// `1024,4096`, `10000|64MB`: two values in one.
fn two(value: &str, between: char) -> Option<(&str, &str)> {
    let (first, second) = value.split_once(between)?;
    Some((first.trim(), second.trim()))
}

/// `100KB,10s` or `100` as a rate: `100KB/10s`, `100/s`.
fn rate(value: &str) -> String {
    match two(value, ',') {
        Some((count, period)) => format!("{count}/{period}"),
        None => format!("{value}/s"),
    }
}

#[cfg(test)]
mod tests;
