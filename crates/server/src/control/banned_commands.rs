//! `banned.*`: who is kept out.

use super::answerer::{Answerer, Running};
use super::commands::arguments;
use crate::banned::now_secs;
use dunlin_banned::{Ban, BanFilter, Who, WhoKind};
use serde::Deserialize;
use serde_json::{Value, json};

/// Bans on one page, unless more or fewer are asked for.
const LIMIT_DEFAULT: usize = 100;

/// Bans on one page at most: an answer is one line.
const LIMIT_MAX: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(rename = "as")]
    kind: Option<String>,
    like: Option<String>,
    by: Option<String>,
    /// From 1.
    page: Option<usize>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    /// As EMQX's API takes it.
    ban: Value,
    #[serde(default)]
    replace: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    #[serde(rename = "as")]
    kind: String,
    who: String,
}

/// One page, as EMQX's API gives it.
pub(super) fn list(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Wanted { kind, like, by, page, limit } = arguments(given)?;
    let kind = kind.map(|word| WhoKind::parse(&word)).transpose().map_err(|error| error.to_string())?;
    let filter = BanFilter { kind, like, by };
    let (page, limit) = (page.unwrap_or(1).max(1), limit.unwrap_or(LIMIT_DEFAULT).clamp(1, LIMIT_MAX));
    let skip = (page - 1).saturating_mul(limit);
    let found = running.node.bans(&filter, skip, limit).map_err(|error| error.to_string())?;
    let has_next = skip.saturating_add(found.bans.len()) < found.count;
    let bans: Vec<_> = found.bans.iter().map(Ban::to_json).collect();
    let meta = json!({"page": page, "limit": limit, "count": found.count, "hasnext": has_next});
    Ok(json!({"data": bans, "meta": meta}))
}

/// Answers with the ban as it is.
pub(super) fn add(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Added { ban, replace } = arguments(given)?;
    let ban = Ban::from_json(&ban, now_secs()).map_err(|error| error.to_string())?;
    let shown = ban.to_json();
    running.node.ban(ban, replace).map_err(|error| error.to_string())?;
    Ok(shown)
}

pub(super) fn delete(_: &Answerer, running: &Running, given: &Value) -> Result<Value, String> {
    let Named { kind, who } = arguments(given)?;
    let parsed = WhoKind::parse(&kind).and_then(|kind| Who::parse(kind, &who)).map_err(|error| error.to_string())?;
    match running.node.unban(&parsed) {
        Ok(true) => Ok(Value::Null),
        Ok(false) => Err(format!("{kind} `{who}` is not banned")),
        Err(error) => Err(error.to_string()),
    }
}

/// Answers with how many there were.
pub(super) fn clear(_: &Answerer, running: &Running, _: &Value) -> Result<Value, String> {
    running.node.clear_bans().map(|count| json!({"count": count})).map_err(|error| error.to_string())
}
