//! Commands that change something are written down in the audit log.

use super::answerer::Answerer;
use super::protocol::Request;
use crate::calendar;
use dunlin_api::audit::{AuditEntry, AuditFrom, AuditResult};
use dunlin_api::without_secrets;
use serde_json::Value;
use std::fs;
use std::time::{Duration, SystemTime};

/// Last words of commands that only show something.
const SHOWING: &[&str] = &[
    "exclusive",
    "files",
    "handlers",
    "info",
    "keys",
    "list",
    "metrics",
    "node_cache",
    "show",
    "stats",
    "status",
    "timeline",
    "topics",
    "verify",
];

/// Commands of one word that only show something.
const SHOWING_ALONE: &[&str] = &["authn", "authz", "listeners"];

/// Whether a command is written down.
pub(super) fn is_audited(answerer: &Answerer, command: &str) -> bool {
    answerer.logs.audit().is_on(false) && !is_showing(command)
}

/// Writes down what a user of this machine did.
pub(super) fn write(
    answerer: &Answerer,
    request: &Request,
    user_id: Option<u32>,
    began: SystemTime,
    result: &Result<Value, String>,
) {
    let ended = calendar::now();
    let lasted = ended.duration_since(began).unwrap_or(Duration::ZERO);
    let entry = AuditEntry {
        from: AuditFrom::Cli,
        source: user_name(user_id),
        source_ip: String::new(),
        operation_id: request.command.clone(),
        operation_type: request.command.split('.').next().unwrap_or_default().to_owned(),
        operation_result: if result.is_ok() { AuditResult::Success } else { AuditResult::Failure },
        http_status_code: None,
        http_method: None,
        http_request: None,
        args: Some(without_secrets(&request.arguments)),
        failure: result.as_ref().err().cloned(),
        duration_ms: u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX),
    };
    answerer.logs.audit().write(&answerer.identity.node_name, calendar::now_millis(), entry);
}

fn is_showing(command: &str) -> bool {
    let last = command.rsplit('.').next().unwrap_or_default();
    SHOWING_ALONE.contains(&command) || (command.contains('.') && SHOWING.contains(&last))
}

/// The name of a user of this machine, or the number where it has none.
fn user_name(user_id: Option<u32>) -> String {
    let Some(user_id) = user_id else { return "unknown".to_owned() };
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let number = user_id.to_string();
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == number).then(|| name.to_owned())
    });
    named.unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_told_from_what_shows_it() {
        for command in
            ["clients.kick", "conf.load", "admins.passwd", "listeners.stop", "log.primary_level", "store.compact"]
        {
            assert!(!is_showing(command), "{command}");
        }
        for command in [
            "clients.list",
            "clients.timeline",
            "conf.keys",
            "authn",
            "authn.node_cache",
            "listeners",
            "node.status",
            "store.verify",
        ] {
            assert!(is_showing(command), "{command}");
        }
    }

    #[test]
    fn users_have_names_where_the_machine_knows_them() {
        assert_eq!(user_name(Some(0)), "root");
        assert_eq!((user_name(Some(4_000_000_000)).as_str(), user_name(None).as_str()), ("4000000000", "unknown"));
    }
}
