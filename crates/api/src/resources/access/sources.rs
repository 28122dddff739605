//! Sources of rules about what clients may do.

use super::{ListChange, StatusObject, status_of};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The source that has its rules in a file, or in the configuration itself.
const FILE: &str = "file";

/// All sources.
#[derive(Serialize, ToSchema)]
struct SourcesObject {
    /// In the order in which they are asked.
    sources: Vec<Value>,
}

/// A source that is to be.
#[derive(Deserialize, ToSchema)]
#[serde(transparent)]
struct SourceBody {
    /// `type` and what else it needs. Of the type `file`: `rules`, the text of an `acl.conf`, or `path`.
    #[schema(example = json!({"type": "built_in_database", "enable": true}))]
    fields: Map<String, Value>,
}

/// A place in an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct OrderedSource {
    /// Whose.
    #[serde(rename = "type")]
    #[schema(example = "file")]
    kind: String,
}

/// Where a source is moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MoveBody {
    /// `front`, `rear`, `before:TYPE` or `after:TYPE`.
    #[schema(example = "before:file")]
    position: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(order))
        .routes(routes!(show, change, delete))
        .routes(routes!(status))
        .routes(routes!(place))
        .routes(routes!(reset))
}

/// Sources of rules, as they are configured. That of the type `file` has its `rules` too.
#[utoipa::path(get, path = "/authorization/sources", tag = "Authorization", responses((status = 200, body = SourcesObject)))]
async fn list(State(state): State<ApiState>) -> Result<Json<SourcesObject>, Refusal> {
    Ok(Json(SourcesObject { sources: configured(&state).await? }))
}

/// Add a source, to be asked before all others.
#[utoipa::path(post, path = "/authorization/sources", tag = "Authorization", request_body = SourceBody,
    responses((status = 204, description = "Done.")))]
async fn create(State(state): State<ApiState>, JsonBody(body): JsonBody<SourceBody>) -> Result<StatusCode, Refusal> {
    let entry = Value::Object(body.fields);
    state.ask(|node| node.change_sources(ListChange::Add { entry, is_first: true })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Have sources asked in another order. All of them are named.
#[utoipa::path(put, path = "/authorization/sources/order", tag = "Authorization", request_body = Vec<OrderedSource>,
    responses((status = 204, description = "Done.")))]
async fn order(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<Vec<OrderedSource>>,
) -> Result<StatusCode, Refusal> {
    let kinds = body.into_iter().map(|one| one.kind).collect();
    state.ask(|node| node.change_sources(ListChange::Order(kinds))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A source of rules, as it is configured.
#[utoipa::path(get, path = "/authorization/sources/{type}", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn show(State(state): State<ApiState>, PathPart(kind): PathPart<String>) -> Result<Json<Value>, Refusal> {
    find(&state, &kind).await.map(Json)
}

/// Change a source. Secrets that come as they are shown stay what they are, and so does a file whose rules come unchanged.
#[utoipa::path(put, path = "/authorization/sources/{type}", tag = "Authorization", request_body = SourceBody,
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn change(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<String>,
    JsonBody(body): JsonBody<SourceBody>,
) -> Result<StatusCode, Refusal> {
    let before = find(&state, &kind).await?;
    let mut fields = body.fields;
    if fields.get("type").is_some_and(|other| *other != kind.as_str()) {
        return Err(Refusal::bad_request("Type mismatch"));
    }
    if kind == FILE {
        keep_one_place(&mut fields, &before);
    }
    let entry = Value::Object(fields);
    state.ask(|node| node.change_sources(ListChange::Replace { id: kind, entry })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a source.
#[utoipa::path(delete, path = "/authorization/sources/{type}", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn delete(State(state): State<ApiState>, PathPart(kind): PathPart<String>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.change_sources(ListChange::Remove { id: kind })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How a source of rules does.
#[utoipa::path(get, path = "/authorization/sources/{type}/status", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 200, body = StatusObject), (status = 404, description = "There is none such.")))]
async fn status(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<String>,
) -> Result<Json<StatusObject>, Refusal> {
    let found = state.ask(|node| node.sources()).await?.into_iter().find(|part| part.id == kind);
    Ok(Json(status_of(&state, found.ok_or_else(|| unknown(&kind))?)))
}

/// Have a source asked earlier or later.
#[utoipa::path(post, path = "/authorization/sources/{type}/move", tag = "Authorization", request_body = MoveBody,
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn place(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<String>,
    JsonBody(body): JsonBody<MoveBody>,
) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.change_sources(ListChange::Move { id: kind, position: body.position })).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count what a source says from nothing again.
#[utoipa::path(post, path = "/authorization/sources/{type}/metrics/reset", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none such.")))]
async fn reset(State(state): State<ApiState>, PathPart(kind): PathPart<String>) -> Result<StatusCode, Refusal> {
    let missing = unknown(&kind);
    match state.ask(move |node| node.reset_source(&kind)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(missing),
    }
}

/// Rules come from one place: those that are sent as they were shown stay where they are, others take the place of a file.
fn keep_one_place(fields: &mut Map<String, Value>, before: &Value) {
    let is_shown_place = |fields: &Map<String, Value>| fields.get("path") == before.get("path");
    match fields.get("rules") {
        None => {}
        Some(rules) if Some(rules) == before.get("rules") && fields.contains_key("path") => {
            fields.remove("rules");
        }
        Some(_) if is_shown_place(fields) => {
            fields.remove("path");
        }
        Some(_) => {}
    }
}

async fn find(state: &ApiState, kind: &str) -> Result<Value, Refusal> {
    let found = configured(state).await?.into_iter().find(|one| one["type"] == kind);
    found.ok_or_else(|| unknown(kind))
}

async fn configured(state: &ApiState) -> Result<Vec<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authorization"))).await?;
    let mut sources = shown.values["authorization"]["sources"].as_array().cloned().unwrap_or_default();
    let file = sources.iter_mut().find(|source| source["type"] == FILE && source.get("rules").is_none());
    if let Some(Value::Object(fields)) = file
        && let Some(rules) = state.ask(|node| node.file_rules()).await?
    {
        fields.insert("rules".to_owned(), rules.into());
    }
    Ok(sources)
}

fn unknown(kind: &str) -> Refusal {
    Refusal::not_found(format!("Not found: {kind}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_come_from_one_place() {
        let before = json!({"type": "file", "path": "acl.conf", "rules": "{allow, all}."});
        for (sent, kept) in [
            (json!({"path": "acl.conf", "rules": "{allow, all}."}), json!({"path": "acl.conf"})),
            (json!({"path": "acl.conf", "rules": "{deny, all}."}), json!({"rules": "{deny, all}."})),
            (json!({"rules": "{deny, all}."}), json!({"rules": "{deny, all}."})),
            (json!({"rules": "{allow, all}."}), json!({"rules": "{allow, all}."})),
            (json!({"path": "other.conf"}), json!({"path": "other.conf"})),
            // Nobody knows which of them is meant: the configuration refuses it.
            (json!({"path": "b", "rules": "{deny, all}."}), json!({"path": "b", "rules": "{deny, all}."})),
        ] {
            let Value::Object(mut fields) = sent.clone() else { unreachable!("an object") };
            keep_one_place(&mut fields, &before);
            assert_eq!(Value::Object(fields), kept, "{sent}");
        }
    }
}
