//! Who may come in and do what: authenticators and sources of rules as they are, and what is kept of their answers.

use super::configs::{ConfigMode, RootBody, without_masks};
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Keys of `authorization` that are about all sources.
const SETTINGS: &[&str] = &["cache", "deny_action", "no_match"];

/// Access control of a node. What it is to be is its configuration.
pub trait Access {
    /// How authenticators of all clients do, in the order in which they are asked.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn authenticators(&self) -> Result<Vec<PartState>, Refusal>;

    /// How sources of rules do, in the order in which they are asked.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn sources(&self) -> Result<Vec<PartState>, Refusal>;

    /// Forgets what was decided about what clients may do.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn forget_all_verdicts(&self) -> Result<(), Refusal>;
}

/// How an authenticator or a source of rules does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartState {
    /// `password_based:redis`, or the type of a source.
    pub id: String,
    /// `connected` or `disconnected`.
    pub status: String,
    /// What it has said, by name.
    pub metrics: Map<String, Value>,
}

/// How an authenticator or a source of rules does.
#[derive(Serialize, ToSchema)]
struct StatusObject {
    /// `connected` or `disconnected`.
    status: String,
    /// What it has said.
    #[schema(value_type = Object)]
    metrics: Map<String, Value>,
    /// The same by node.
    node_status: Vec<Value>,
    /// The same by node.
    node_metrics: Vec<Value>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(authenticators))
        .routes(routes!(authenticator))
        .routes(routes!(authenticator_status))
        .routes(routes!(sources))
        .routes(routes!(source))
        .routes(routes!(source_status))
        .routes(routes!(settings, change_settings))
        .routes(routes!(forget))
}

/// Authenticators, as they are configured.
#[utoipa::path(get, path = "/authentication", tag = "Authentication", responses((status = 200, body = Vec<Value>)))]
async fn authenticators(State(state): State<ApiState>) -> Result<Json<Vec<Value>>, Refusal> {
    authenticators_of(&state).await.map(Json)
}

/// An authenticator, as it is configured.
#[utoipa::path(get, path = "/authentication/{id}", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn authenticator(State(state): State<ApiState>, PathPart(id): PathPart<String>) -> Result<Json<Value>, Refusal> {
    let found = authenticators_of(&state).await?.into_iter().find(|one| one["id"] == id.as_str());
    found.map(Json).ok_or_else(|| Refusal::not_found(format!("Authenticator '{id}' does not exist")))
}

/// How an authenticator does.
#[utoipa::path(get, path = "/authentication/{id}/status", tag = "Authentication",
    params(("id" = String, Path, description = "`password_based:built_in_database`")),
    responses((status = 200, body = StatusObject), (status = 404, description = "There is none such.")))]
async fn authenticator_status(
    State(state): State<ApiState>,
    PathPart(id): PathPart<String>,
) -> Result<Json<StatusObject>, Refusal> {
    let found = state.ask(|node| node.authenticators()).await?.into_iter().find(|part| part.id == id);
    let part = found.ok_or_else(|| Refusal::not_found(format!("Authenticator '{id}' does not exist")))?;
    Ok(Json(status_of(&state, part)))
}

/// Sources of rules, as they are configured.
#[utoipa::path(get, path = "/authorization/sources", tag = "Authorization", responses((status = 200, body = Value)))]
async fn sources(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    Ok(Json(json!({"sources": sources_of(&state).await?})))
}

/// A source of rules, as it is configured.
#[utoipa::path(get, path = "/authorization/sources/{type}", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 200, body = Value), (status = 404, description = "There is none such.")))]
async fn source(State(state): State<ApiState>, PathPart(kind): PathPart<String>) -> Result<Json<Value>, Refusal> {
    let found = sources_of(&state).await?.into_iter().find(|one| one["type"] == kind.as_str());
    found.map(Json).ok_or_else(|| Refusal::not_found(format!("Not found: {kind}")))
}

/// How a source of rules does.
#[utoipa::path(get, path = "/authorization/sources/{type}/status", tag = "Authorization",
    params(("type" = String, Path, description = "`file`, `built_in_database` and the like.")),
    responses((status = 200, body = StatusObject), (status = 404, description = "There is none such.")))]
async fn source_status(
    State(state): State<ApiState>,
    PathPart(kind): PathPart<String>,
) -> Result<Json<StatusObject>, Refusal> {
    let found = state.ask(|node| node.sources()).await?.into_iter().find(|part| part.id == kind);
    let part = found.ok_or_else(|| Refusal::not_found(format!("Not found: {kind}")))?;
    Ok(Json(status_of(&state, part)))
}

/// What holds whatever the source is.
#[utoipa::path(get, path = "/authorization/settings", tag = "Authorization", responses((status = 200, body = Value)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    settings_of(&state).await.map(Json)
}

/// Change what holds whatever the source is.
#[utoipa::path(put, path = "/authorization/settings", tag = "Authorization", request_body = RootBody,
    responses((status = 200, body = Value)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    let fields = without_masks(body.fields);
    if let Some(unknown) = fields.keys().find(|key| !SETTINGS.contains(&key.as_str())) {
        return Err(Refusal::new(ErrorCode::BadRequest, format!("{unknown}: is none of {}", SETTINGS.join(", "))));
    }
    let text = json!({"authorization": fields}).to_string();
    state.ask(move |node| node.change_configuration(&text, ConfigMode::Merge, false)).await?;
    settings_of(&state).await.map(Json)
}

/// Forget what was decided about what clients may do, on all nodes.
#[utoipa::path(delete, path = "/authorization/cache", tag = "Authorization", responses((status = 204, description = "Done.")))]
async fn forget(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_all_verdicts()).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn authenticators_of(state: &ApiState) -> Result<Vec<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authentication"))).await?;
    let with_id = |one: &Value| {
        let mut one = one.clone();
        let part = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let (mechanism, backend) = (part("mechanism"), part("backend"));
        let id = if backend.is_empty() { mechanism } else { format!("{mechanism}:{backend}") };
        if let Value::Object(fields) = &mut one {
            fields.insert("id".to_owned(), id.into());
        }
        one
    };
    Ok(shown.values["authentication"].as_array().into_iter().flatten().map(with_id).collect())
}

async fn sources_of(state: &ApiState) -> Result<Vec<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authorization"))).await?;
    Ok(shown.values["authorization"]["sources"].as_array().cloned().unwrap_or_default())
}

async fn settings_of(state: &ApiState) -> Result<Value, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authorization"))).await?;
    let all = &shown.values["authorization"];
    Ok(Value::Object(SETTINGS.iter().map(|key| ((*key).to_owned(), all[*key].clone())).collect()))
}

fn status_of(state: &ApiState, part: PartState) -> StatusObject {
    let node = state.node().status().node_name;
    StatusObject {
        node_status: vec![json!({"node": node, "status": part.status})],
        node_metrics: vec![json!({"node": node, "metrics": part.metrics})],
        status: part.status,
        metrics: part.metrics,
    }
}
