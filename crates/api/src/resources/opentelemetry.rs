//! What goes to a collector of OpenTelemetry.

use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::resources::one_root;
use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const ROOT: &str = "opentelemetry";

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(settings, change_settings))
}

/// `opentelemetry` of the configuration, as it is in effect.
#[utoipa::path(get, path = "/opentelemetry", tag = "Monitor", responses((status = 200, body = Object)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    state.ask(|node| one_root::in_effect(node, ROOT)).await.map(Json)
}

/// Change `opentelemetry` of the configuration: what is left out is its default afterwards.
#[utoipa::path(put, path = "/opentelemetry", tag = "Monitor", request_body = Object,
    responses((status = 200, description = "As it is now.", body = Object)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<Value>, Refusal> {
    // A text has to say something.
    body.entry("type").or_insert("generic".into());
    one_root::replace(&state, ROOT, body).await.map(Json)
}
