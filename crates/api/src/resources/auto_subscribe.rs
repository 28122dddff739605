//! Subscriptions that clients get as they come.

use super::configs::{change_root_to, shown_root};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The root of the configuration.
const ROOT: &str = "auto_subscribe";

/// The key below it.
const TOPICS: &str = "topics";

/// A subscription that every client gets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AutoSubscribeObject {
    /// A filter, in which `${clientid}`, `${username}`, `${host}` and `${port}` may stand.
    #[schema(example = "c/${clientid}")]
    topic: String,
    /// The highest QoS of deliveries.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 2)]
    qos: u8,
    /// Retain handling: retained messages are sent always, if the subscription is new, or never.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 2)]
    rh: u8,
    /// Retain as published.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    rap: u8,
    /// No local.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1)]
    nl: u8,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(show, change))
}

/// What clients are subscribed to as they come.
#[utoipa::path(get, path = "/mqtt/auto_subscribe", tag = "MQTT", responses((status = 200, body = Vec<AutoSubscribeObject>)))]
async fn show(State(state): State<ApiState>) -> Result<Json<Vec<AutoSubscribeObject>>, Refusal> {
    shown_root(&state, ROOT.to_owned()).await.and_then(entries)
}

/// Others instead of those that there are, for clients that come from now on.
#[utoipa::path(put, path = "/mqtt/auto_subscribe", tag = "MQTT", request_body = Vec<AutoSubscribeObject>,
    responses((status = 200, body = Vec<AutoSubscribeObject>), (status = 400, description = "One makes no sense.")))]
async fn change(
    State(state): State<ApiState>,
    JsonBody(new): JsonBody<Vec<AutoSubscribeObject>>,
) -> Result<Json<Vec<AutoSubscribeObject>>, Refusal> {
    change_root_to(&state, ROOT, json!({ TOPICS: new })).await.and_then(entries)
}

fn entries(shown: Value) -> Result<Json<Vec<AutoSubscribeObject>>, Refusal> {
    let topics = match shown {
        Value::Object(mut fields) => fields.remove(TOPICS),
        _ => None,
    };
    let topics = topics.unwrap_or_else(|| json!([]));
    serde_json::from_value(topics).map(Json).map_err(|error| Refusal::internal(error.to_string()))
}
