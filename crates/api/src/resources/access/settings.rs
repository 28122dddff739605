//! What holds whatever the authenticators and the sources of rules are.

use super::super::configs::{ConfigMode, RootBody, without_masks};
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Keys of `authorization` that are about all sources.
const OF_AUTHORIZATION: &[&str] = &["cache", "deny_action", "no_match"];

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(of_authentication, change_authentication))
        .routes(routes!(of_authorization, change_authorization))
        .routes(routes!(forget))
}

/// What holds whatever the authenticators are.
#[utoipa::path(get, path = "/authentication/settings", tag = "Authentication", responses((status = 200, body = Value)))]
async fn of_authentication(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authentication_settings"))).await?;
    Ok(Json(shown.values["authentication_settings"].clone()))
}

/// Change what holds whatever the authenticators are.
#[utoipa::path(put, path = "/authentication/settings", tag = "Authentication", request_body = RootBody,
    responses((status = 204, description = "Done.")))]
async fn change_authentication(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<StatusCode, Refusal> {
    change(&state, "authentication_settings", body.fields).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What holds whatever the source is.
#[utoipa::path(get, path = "/authorization/settings", tag = "Authorization", responses((status = 200, body = Value)))]
async fn of_authorization(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    authorization_settings(&state).await.map(Json)
}

/// Change what holds whatever the source is.
#[utoipa::path(put, path = "/authorization/settings", tag = "Authorization", request_body = RootBody,
    responses((status = 200, body = Value)))]
async fn change_authorization(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    let unknown = body.fields.keys().find(|key| !OF_AUTHORIZATION.contains(&key.as_str()));
    if let Some(key) = unknown {
        return Err(Refusal::new(ErrorCode::BadRequest, format!("{key}: no setting that all sources have")));
    }
    change(&state, "authorization", body.fields).await?;
    authorization_settings(&state).await.map(Json)
}

/// Forget what was decided about what clients may do, on all nodes.
#[utoipa::path(delete, path = "/authorization/cache", tag = "Authorization", responses((status = 204, description = "Done.")))]
async fn forget(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_all_verdicts()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes keys of a root; none changes nothing.
pub(super) async fn change(state: &ApiState, root: &str, fields: Map<String, Value>) -> Result<(), Refusal> {
    let fields = without_masks(fields);
    if fields.is_empty() {
        return Ok(());
    }
    let text = json!({root: fields}).to_string();
    state.ask(move |node| node.change_configuration(&text, ConfigMode::Merge, false)).await
}

async fn authorization_settings(state: &ApiState) -> Result<Value, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authorization"))).await?;
    let all = &shown.values["authorization"];
    Ok(Value::Object(OF_AUTHORIZATION.iter().map(|key| ((*key).to_owned(), all[*key].clone())).collect()))
}
