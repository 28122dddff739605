//! `authz.rules.*`: the rules of the built-in database.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use super::paging::Paging;
use dunlin_access::Row;
use dunlin_auth_built_in_database::{RuleSubject, SubjectKind};
use serde::Deserialize;
use serde_json::{Value, json};

/// Whom rules are about: a client id, a user name, or all clients.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subject {
    clientid: Option<String>,
    username: Option<String>,
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// `clientid` or `username`.
    subjects: String,
    #[serde(default)]
    paging: Paging,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ruled {
    subject: Subject,
    rules: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    list: Vec<Ruled>,
}

/// One page of subjects with their rules, as EMQX's API gives it.
pub(super) fn list(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Wanted { subjects, paging } = arguments(given)?;
    let (kind, name) = match subjects.as_str() {
        "clientid" => (SubjectKind::ClientId, "clientid"),
        "username" => (SubjectKind::Username, "username"),
        _ => return Err("`subjects` is `clientid` or `username`".to_owned()),
    };
    let rules = running.node.rules().map_err(|error| error.to_string())?;
    let page = rules.list(kind, &paging.query());
    Ok(paging.answer(page, |(subject, rules)| json!({name: subject, "rules": rules})))
}

/// The rules of one subject.
pub(super) fn show(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let subject: Subject = arguments(given)?;
    let subject = subject.rule_subject()?;
    let rules = running.node.rules().map_err(|error| error.to_string())?;
    rules.get(subject).map(|rules| json!({"rules": rules})).ok_or_else(|| "there are no rules for it".to_owned())
}

/// Gives subjects rules instead of those they have. Answers with how many there are.
pub(super) fn set(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Given { list } = arguments(given)?;
    let list = list.iter().map(|Ruled { subject, rules }| Ok((subject.rule_subject()?, rules.clone())));
    let list = list.collect::<Result<Vec<_>, String>>()?;
    let count = list.len();
    running.node.set_rules(list).map_err(|error| error.to_string())?;
    Ok(json!({"subjects": count}))
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let subject: Subject = arguments(given)?;
    let removed = running.node.remove_rules(Some(subject.rule_subject()?));
    removed.map(|()| Value::Null).map_err(|error| error.to_string())
}

/// Of all subjects.
pub(super) fn clear(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.node.remove_rules(None).map(|()| Value::Null).map_err(|error| error.to_string())
}

impl Subject {
    fn rule_subject(&self) -> Result<RuleSubject<'_>, String> {
        match (&self.clientid, &self.username, self.all) {
            (Some(client_id), None, false) => Ok(RuleSubject::ClientId(client_id)),
            (None, Some(username), false) => Ok(RuleSubject::Username(username)),
            (None, None, true) => Ok(RuleSubject::All),
            _ => Err("rules are about one of `clientid`, `username`, and `all`: true".to_owned()),
        }
    }
}
