//! Slow subscriptions: whose deliveries take longest, and of which topics.

use super::configs::{RootBody, change_root_to, shown_root, without_masks};
use crate::Refusal;
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The root of the configuration.
const ROOT: &str = "slow_subs";

/// Slow subscriptions of a node.
pub trait SlowSubscriptions {
    /// All of them, slowest first.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn slow_subscriptions(&self) -> Result<Vec<SlowSubscriptionObject>, Refusal>;

    /// Forgets them.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn forget_slow_subscriptions(&self) -> Result<(), Refusal>;
}

/// A client and a topic whose messages take long to reach it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlowSubscriptionObject {
    /// The client.
    pub clientid: String,
    /// The node it is connected to.
    pub node: String,
    /// The topic.
    pub topic: String,
    /// The longest that a delivery took, in milliseconds.
    pub timespan: u64,
    /// When that was, in milliseconds since 1970.
    pub last_update_time: u64,
}

/// The list.
#[derive(Serialize, ToSchema)]
struct SlowSubscriptionList {
    /// Slowest first, 1,000 at most.
    data: Vec<SlowSubscriptionObject>,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, forget)).routes(routes!(settings, change_settings))
}

/// Slow subscriptions, all at once: `page` and `limit` have no effect, as in EMQX.
#[utoipa::path(get, path = "/slow_subscriptions", tag = "Slow Subscriptions",
    responses((status = 200, body = SlowSubscriptionList)))]
async fn list(State(state): State<ApiState>) -> Result<Json<SlowSubscriptionList>, Refusal> {
    let data = state.ask(|node| node.slow_subscriptions()).await?;
    Ok(Json(SlowSubscriptionList { data }))
}

/// Forgets all of them.
#[utoipa::path(delete, path = "/slow_subscriptions", tag = "Slow Subscriptions",
    responses((status = 204, description = "Done.")))]
async fn forget(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_slow_subscriptions()).await.map(|()| StatusCode::NO_CONTENT)
}

/// What counts as slow.
#[utoipa::path(get, path = "/slow_subscriptions/settings", tag = "Slow Subscriptions",
    responses((status = 200, body = Value)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    shown_root(&state, ROOT.to_owned()).await.map(Json)
}

/// Change what counts as slow.
#[utoipa::path(put, path = "/slow_subscriptions/settings", tag = "Slow Subscriptions", request_body = RootBody,
    responses((status = 200, body = Value)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    change_root_to(&state, ROOT, Value::Object(without_masks(body.fields))).await.map(Json)
}
