//! `admins.*`: users of the API and the dashboard, for whoever has the machine.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::banned::now_secs;
use dunlin_api::Role;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    username: String,
    password: String,
    #[serde(default)]
    description: String,
    role: Option<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Password {
    username: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecondFactor {
    username: String,
    enable: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    username: String,
}

pub(super) fn list(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    Ok(json!(accounts.users().all()))
}

/// As in EMQX: an administrator unless it is said otherwise.
pub(super) fn add(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let New { username, password, description, role } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    let role = role.unwrap_or(Role::Administrator);
    let added = accounts.users().add(&username, &password, role, &description, now_secs());
    added.map(|user| json!(user)).map_err(|error| error.to_string())
}

/// Ends a lock too, and everybody who is logged in under this name is not any more.
pub(super) fn set_password(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Password { username, password } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    accounts.reset_password(&username, &password).map(|()| Value::Null).map_err(|error| error.to_string())
}

/// With a second factor, the secret is shown at the next login. Without it, a lost telephone locks nobody out.
pub(super) fn set_mfa(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let SecondFactor { username, enable } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    let done = if enable { accounts.begin_totp(&username) } else { accounts.end_totp(&username) };
    done.map(|()| Value::Null).map_err(|error| error.to_string())
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { username } = arguments(given)?;
    let accounts = running.node.accounts().map_err(|error| error.to_string())?;
    accounts.remove_user(&username).map(|()| Value::Null).map_err(|error| error.to_string())
}
