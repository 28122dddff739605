//! `authn.users.*`: the users that authenticators keep themselves.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use super::paging::Paging;
use dunlin_auth_built_in_database::{
    ImportFile, ImportFormat, OnExisting, PasswordForm, User, UserChange, UserDatabase, UserQuery,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Whose users are meant, unless somebody says so: those that most nodes have.
const USUAL_ID: &str = "password_based:built_in_database";

/// How the node's own chain is called; every other name is that of a listener.
const GLOBAL: &str = "global";

/// Whose users.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    chain: Option<String>,
    id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    whose: Whose,
    is_superuser: Option<bool>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    #[serde(default)]
    whose: Whose,
    user_id: String,
    password: String,
    #[serde(default)]
    is_superuser: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changed {
    #[serde(default)]
    whose: Whose,
    user_id: String,
    password: Option<String>,
    is_superuser: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(default)]
    whose: Whose,
    user_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Imported {
    #[serde(default)]
    whose: Whose,
    /// `plain` or `hash`.
    passwords: String,
    #[serde(default)]
    replace: bool,
    /// As in a file of JSON.
    users: Value,
}

/// One page, as EMQX's API gives it.
pub(super) fn list(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Wanted { whose, is_superuser, paging } = arguments(given)?;
    let query = UserQuery { page: paging.query(), is_superuser };
    let page = users(running, &whose)?.list(&query);
    Ok(paging.answer(page, |user| shown(&user)))
}

/// Answers with the user as it is.
pub(super) fn add(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Added { whose, user_id, password, is_superuser } = arguments(given)?;
    let added = users(running, &whose)?.add(&user_id, &password, is_superuser);
    added.map(|user| shown(&user)).map_err(|error| format!("`{user_id}`: {error}"))
}

/// Answers with the user as it is.
pub(super) fn update(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Changed { whose, user_id, password, is_superuser } = arguments(given)?;
    let change = UserChange { password: password.as_deref(), is_superuser };
    let updated = users(running, &whose)?.update(&user_id, change);
    updated.map(|user| shown(&user)).map_err(|error| format!("`{user_id}`: {error}"))
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { whose, user_id } = arguments(given)?;
    let removed = users(running, &whose)?.remove(&user_id);
    removed.map(|()| Value::Null).map_err(|error| format!("`{user_id}`: {error}"))
}

/// Answers with what has come of it.
pub(super) fn import(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Imported { whose, passwords, replace, users: list } = arguments(given)?;
    let passwords = PasswordForm::from_name(&passwords).ok_or("`passwords` is `plain` or `hash`")?;
    let on_existing = if replace { OnExisting::Replace } else { OnExisting::Keep };
    let bytes = list.to_string();
    let file = ImportFile { format: ImportFormat::Json, passwords, bytes: bytes.as_bytes() };
    let report = users(running, &whose)?.import(&file, on_existing, |_| {}).map_err(|error| error.to_string())?;
    Ok(json!({
        "total": report.total, "added": report.added, "replaced": report.replaced,
        "unchanged": report.unchanged, "kept": report.kept,
    }))
}

fn users(running: &Running, Whose { chain, id }: &Whose) -> Result<UserDatabase, String> {
    let listener = chain.as_deref().filter(|chain| *chain != GLOBAL);
    let users = running.node.users(listener, id.as_deref().unwrap_or(USUAL_ID));
    users.map_err(|error| error.to_string())
}

fn shown(User { user_id, is_superuser }: &User) -> Value {
    json!({"user_id": user_id, "is_superuser": is_superuser})
}
