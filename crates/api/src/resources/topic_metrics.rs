//! Topic metrics: what happens to the messages of single topics.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::{ErrorCode, Moment, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Topics that are counted.
pub trait TopicMetrics {
    /// All of them.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn counted_topics(&self) -> Result<Vec<TopicMetricsObject>, Refusal>;

    /// Counts another one.
    ///
    /// # Errors
    /// A [`Refusal`] where it is none, or counted already.
    fn count_topic(&self, topic: &str) -> Result<(), Refusal>;

    /// Counts one no longer.
    ///
    /// # Errors
    /// A [`Refusal`] where it is not counted.
    fn count_topic_no_longer(&self, topic: &str) -> Result<(), Refusal>;

    /// Begins with 0 again, for one or all.
    ///
    /// # Errors
    /// A [`Refusal`] where it is not counted.
    fn reset_topic(&self, topic: Option<&str>) -> Result<(), Refusal>;
}

/// A topic that is counted.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TopicMetricsObject {
    /// The topic.
    pub topic: String,
    /// Since when.
    pub create_time: Moment,
    /// When it began with 0 again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset_time: Option<Moment>,
    /// `messages.in.count`, `messages.in.rate` and so on.
    pub metrics: BTreeMap<String, f64>,
}

/// A topic to count.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTopic {
    /// Without wildcards.
    #[schema(example = "a/b")]
    topic: String,
}

/// What to do.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TopicAction {
    /// `reset`.
    action: ActionWord,
    /// Which topic; all without it.
    topic: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ActionWord {
    /// Begin with 0 again.
    Reset,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list, add, act)).routes(routes!(show, remove))
}

/// All topics that are counted.
#[utoipa::path(get, path = "/mqtt/topic_metrics", tag = "MQTT", responses((status = 200, body = Vec<TopicMetricsObject>)))]
async fn list(State(state): State<ApiState>) -> Result<Json<Vec<TopicMetricsObject>>, Refusal> {
    state.ask(|node| node.counted_topics()).await.map(Json)
}

/// Counts a topic.
#[utoipa::path(post, path = "/mqtt/topic_metrics", tag = "MQTT", request_body = NewTopic, responses(
    (status = 200, description = "It is counted."),
    (status = 400, description = "It is no topic, or counted already."),
    (status = 409, description = "There are too many."),
))]
async fn add(State(state): State<ApiState>, JsonBody(new): JsonBody<NewTopic>) -> Result<StatusCode, Refusal> {
    let added = state.ask(move |node| node.count_topic(&new.topic)).await;
    let in_conflict = |refusal: Refusal| match refusal.code() {
        ErrorCode::ExceedLimit => refusal.with_status(StatusCode::CONFLICT),
        _ => refusal,
    };
    added.map(|()| StatusCode::OK).map_err(in_conflict)
}

/// Begins with 0 again, for one topic or all.
#[utoipa::path(put, path = "/mqtt/topic_metrics", tag = "MQTT", request_body = TopicAction, responses(
    (status = 204, description = "It is done."),
    (status = 404, description = "The topic is not counted."),
))]
async fn act(State(state): State<ApiState>, JsonBody(action): JsonBody<TopicAction>) -> Result<StatusCode, Refusal> {
    let TopicAction { action: ActionWord::Reset, topic } = action;
    state.ask(move |node| node.reset_topic(topic.as_deref())).await.map(|()| StatusCode::NO_CONTENT)
}

/// One topic.
#[utoipa::path(get, path = "/mqtt/topic_metrics/{topic}", tag = "MQTT",
    params(("topic" = String, Path, description = "The topic, percent-encoded")),
    responses((status = 200, body = TopicMetricsObject), (status = 404, description = "It is not counted.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart(topic): PathPart<String>,
) -> Result<Json<TopicMetricsObject>, Refusal> {
    let topics = state.ask(|node| node.counted_topics()).await?;
    let found = topics.into_iter().find(|object| object.topic == topic);
    found.map(Json).ok_or_else(|| Refusal::new(ErrorCode::TopicNotFound, "Topic not found"))
}

/// Counts a topic no longer.
#[utoipa::path(delete, path = "/mqtt/topic_metrics/{topic}", tag = "MQTT",
    params(("topic" = String, Path, description = "The topic, percent-encoded")),
    responses((status = 204, description = "It is not counted any more."), (status = 404, description = "It was not.")))]
async fn remove(State(state): State<ApiState>, PathPart(topic): PathPart<String>) -> Result<StatusCode, Refusal> {
    state.ask(move |node| node.count_topic_no_longer(&topic)).await.map(|()| StatusCode::NO_CONTENT)
}
