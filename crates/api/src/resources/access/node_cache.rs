//! `node_cache`: what back ends answered a short while ago, as it is kept for all clients of a node.

use super::NodeCache;
use super::settings::change;
use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::resources::configs::RootBody;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How a cache does.
#[derive(Serialize, ToSchema)]
struct CacheStatus {
    /// Answers in it, what they take, and how often it was of use.
    #[schema(value_type = Object)]
    metrics: Map<String, Value>,
    /// The same by node.
    node_metrics: Vec<Value>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(authentication_status))
        .routes(routes!(reset_authentication))
        .routes(routes!(show, change_settings))
        .routes(routes!(authorization_status))
        .routes(routes!(reset_authorization))
}

/// How the cache of authenticators' answers does.
#[utoipa::path(get, path = "/authentication/node_cache/status", tag = "Authentication", responses((status = 200, body = CacheStatus)))]
async fn authentication_status(State(state): State<ApiState>) -> Result<Json<CacheStatus>, Refusal> {
    status(&state, NodeCache::Authentication).await
}

/// Forget what authenticators' back ends have answered.
#[utoipa::path(post, path = "/authentication/node_cache/reset", tag = "Authentication",
    responses((status = 204, description = "Done.")))]
async fn reset_authentication(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    reset(&state, NodeCache::Authentication).await
}

/// The settings of the cache of what sources of rules have answered.
#[utoipa::path(get, path = "/authorization/node_cache", tag = "Authorization", responses((status = 200, body = Value)))]
async fn show(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    let shown = state.ask(|node| node.configuration(Some("authorization"))).await?;
    Ok(Json(shown.values["authorization"]["node_cache"].clone()))
}

/// Change the settings of the cache of what sources of rules have answered.
#[utoipa::path(put, path = "/authorization/node_cache", tag = "Authorization", request_body = RootBody,
    responses((status = 204, description = "Done.")))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<StatusCode, Refusal> {
    if !body.fields.is_empty() {
        change(&state, "authorization", Map::from_iter([("node_cache".to_owned(), json!(body.fields))])).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How the cache of what sources of rules have answered does.
#[utoipa::path(get, path = "/authorization/node_cache/status", tag = "Authorization", responses((status = 200, body = CacheStatus)))]
async fn authorization_status(State(state): State<ApiState>) -> Result<Json<CacheStatus>, Refusal> {
    status(&state, NodeCache::Authorization).await
}

/// Forget what sources of rules have answered.
#[utoipa::path(post, path = "/authorization/node_cache/reset", tag = "Authorization",
    responses((status = 204, description = "Done.")))]
async fn reset_authorization(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    reset(&state, NodeCache::Authorization).await
}

async fn status(state: &ApiState, cache: NodeCache) -> Result<Json<CacheStatus>, Refusal> {
    let metrics = state.ask(move |node| node.node_cache(cache)).await?;
    let node = state.node().status().node_name;
    Ok(Json(CacheStatus { node_metrics: vec![json!({"node": node, "metrics": metrics})], metrics }))
}

async fn reset(state: &ApiState, cache: NodeCache) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.clear_node_cache(cache)).await?;
    Ok(StatusCode::NO_CONTENT)
}
