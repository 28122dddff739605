//! `api_keys.*`: keys of the API, for whoever has the machine.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::banned::now_secs;
use dunlin_api::{ApiKey, ApiKeyChange, Moment, MomentOrInfinity, NewApiKey, Role, Scope};
use serde::Deserialize;
use serde_json::{Value, json};

const SECS_PER_DAY: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    /// Without one it is made up.
    api_secret: Option<String>,
    /// Without it the key has no end.
    valid_days: Option<u32>,
    role: Option<Role>,
    scopes: Option<Vec<Scope>>,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switched {
    name: String,
    enable: bool,
}

pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    Ok(accounts.keys().all().iter().map(shown).collect())
}

/// Null where there is none.
pub(super) fn show(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { name } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    Ok(accounts.keys().find(&name).as_ref().map_or(Value::Null, shown))
}

/// As in EMQX: for an administrator unless it is said otherwise.
pub(super) fn add(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let New { name, api_secret, valid_days, role, scopes, description } = arguments(given)?;
    if let Some(scope) = scopes.iter().flatten().find(|scope| Scope::OF_PEOPLE.contains(scope)) {
        return Err(format!("no key can have the scope {}", scope.as_str()));
    }
    let expired_at = valid_days.map(|days| now_secs().saturating_add(u64::from(days).saturating_mul(SECS_PER_DAY)));
    let role = role.unwrap_or(Role::Administrator);
    let new = NewApiKey { name, enable: true, expired_at, desc: description, role, scopes };
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    let created = match api_secret {
        Some(secret) => accounts.keys().create_with_secret(new, &secret).map(|key| (key, secret)),
        None => accounts.keys().create(new),
    };
    let (key, secret) = created.map_err(|error| error.to_string())?;
    let mut object = shown(&key);
    if let Some(object) = object.as_object_mut() {
        object.insert("api_secret".to_owned(), secret.into());
    }
    Ok(object)
}

pub(super) fn switch(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Switched { name, enable } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    let change = ApiKeyChange { enable: Some(enable), ..ApiKeyChange::default() };
    accounts.keys().update(&name, change).map(|key| shown(&key)).map_err(|error| error.to_string())
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { name } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    accounts.keys().remove(&name).map(|()| Value::Null).map_err(|error| error.to_string())
}

/// As the API shows it.
fn shown(key: &ApiKey) -> Value {
    json!({
        "name": key.name,
        "api_key": key.api_key,
        "enable": key.enable,
        "expired": key.is_expired(now_secs()),
        "expired_at": MomentOrInfinity::from(key.expired_at),
        "created_at": Moment::from_secs(key.created_at),
        "desc": key.desc,
        "role": key.role,
        "scopes": key.scopes,
    })
}
