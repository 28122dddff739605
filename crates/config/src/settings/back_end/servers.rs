//! Where servers are.

use crate::rule::{Rule, Shown};
use crate::section::Section;
use dunlin_auth_backend::sql::ServerAddress;
use dunlin_hocon::{Origin, Value};

/// The most servers that one list can have.
const MAX_SERVERS: usize = 64;

/// `host`, `host:port` or `[address]:port`.
struct ServerText {
    default_port: u16,
}

impl Rule for ServerText {
    type Value = ServerAddress;

    fn read(&self, text: &str) -> Option<ServerAddress> {
        let mut servers = ServerAddress::parse_list(text, self.default_port).ok()?;
        servers.pop().filter(|_| servers.is_empty())
    }

    fn allowed(&self) -> String {
        format!(
            "`host` or `host:port` such as `db.example.com:{}`, more of them with commas between",
            self.default_port
        )
    }
}

impl Shown for ServerText {
    fn shown(&self, value: &ServerAddress) -> Option<Value> {
        Some(Value::Text(value.to_string()))
    }
}

/// Reads `server` or `servers`, whichever is written, with commas or as a list. There is always one, or an error. `usual` is the
/// name that is missed. Gives back also the name and its place.
pub(super) fn read_servers(
    section: &mut Section<'_>,
    usual: &'static str,
    default_port: u16,
) -> (Vec<ServerAddress>, &'static str, Origin) {
    let rule = ServerText { default_port };
    read_list(section, usual, &rule)
}

/// As [`read_servers`], of names whose servers are found in the DNS.
pub(super) fn read_service_names(section: &mut Section<'_>, usual: &'static str) -> Vec<String> {
    read_list(section, usual, &ServiceName).0
}

fn read_list<R: Shown>(
    section: &mut Section<'_>,
    usual: &'static str,
    rule: &R,
) -> (Vec<R::Value>, &'static str, Origin) {
    // Whoever changes from one server to several, or back, forgets to add or to take away an `s`.
    let other = if usual == "server" { "servers" } else { "server" };
    let is_other = section.peek(usual).is_none() && section.peek(other).is_some();
    let (key, unused) = if is_other { (other, usual) } else { (usual, other) };
    let Some(node) = section.peek(key).filter(|node| node.value != Value::Null) else {
        section.missing(key, rule.allowed());
        section.ignored(&[key, unused]);
        return (Vec::new(), key, Origin::Default);
    };
    if section.peek(unused).is_some() {
        let message = format!("stands beside `{unused}`, and both mean the same; take one of them away");
        section.conflict(key, &node.origin, message);
        section.ignored(&[unused]);
    }
    let is_empty = node.value.as_text().is_some_and(|text| text.trim().is_empty())
        || node.value.as_list().is_some_and(|items| items.is_empty());
    let servers = section.texts(key, rule, Vec::new());
    if is_empty || servers.len() > MAX_SERVERS {
        let message = format!("names {} servers, but must name 1 to {MAX_SERVERS}", servers.len());
        section.conflict(key, &node.origin, message);
    }
    (servers, key, node.origin.clone())
}

/// A name without a port.
struct ServiceName;

impl Rule for ServiceName {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        let is_name = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        is_name.then(|| text.to_owned())
    }

    fn allowed(&self) -> String {
        "a name such as `cluster.example.com`, without a port: `srv_record = true` finds servers and ports in the DNS"
            .into()
    }
}

impl Shown for ServiceName {
    fn shown(&self, value: &String) -> Option<Value> {
        Some(Value::Text(value.clone()))
    }
}
