//! Retained messages: how they are kept, which there are, and forgetting them.

use super::configs::{RootBody, change_root_to, shown_root, without_masks};
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{MomentMillis, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::hash::{DefaultHasher, Hasher};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The root of the configuration.
const ROOT: &str = "retainer";

/// A larger payload is not shown, in bytes.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Stands in the place of a payload that is not shown.
const TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";

/// Retained messages of a node.
pub trait Retainer {
    /// One page of those whose topics a filter selects, or of all.
    ///
    /// # Errors
    /// A [`Refusal`] where it is no filter, or while the node does not run.
    fn retained_messages(&self, filter: Option<&str>, page: PageQuery) -> Result<Page<RetainedFacts>, Refusal>;

    /// That of a topic with its payload, `None` where there is none.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn retained_message(&self, topic: &str) -> Result<Option<RetainedFacts>, Refusal>;

    /// Forgets those whose topics a filter selects, or all. Says how many there were.
    ///
    /// # Errors
    /// A [`Refusal`] where it is no filter, or the disk did not take it.
    fn forget_retained(&self, filter: Option<&str>) -> Result<usize, Refusal>;
}

/// What is known of a retained message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedFacts {
    /// Its topic.
    pub topic: String,
    /// What it was published with.
    pub qos: u8,
    /// When it was received, in milliseconds since 1970.
    pub received_at: u64,
    /// Who published it.
    pub publisher: String,
    /// Its payload; empty where only a list was asked for.
    pub payload: Vec<u8>,
}

/// A retained message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct RetainedObject {
    /// Tells it apart from other messages.
    msgid: String,
    /// Its topic.
    topic: String,
    /// What it was published with.
    qos: u8,
    /// When it was received.
    publish_at: MomentMillis,
    /// Who published it.
    from_clientid: String,
    /// The user name of who published it, where that is known.
    from_username: String,
    /// Its payload as base64, `PAYLOAD_TOO_LARGE` for one of more than 1 MB; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RetainedQuery {
    /// Only topics that this filter selects.
    topic: Option<String>,
}

impl From<RetainedFacts> for RetainedObject {
    fn from(facts: RetainedFacts) -> Self {
        Self {
            // A topic has one message in a millisecond at most that is still there.
            msgid: format!("{:016X}{:016X}", facts.received_at, hash_of(&facts.topic)),
            topic: facts.topic,
            qos: facts.qos,
            publish_at: MomentMillis(facts.received_at),
            from_clientid: facts.publisher,
            from_username: String::new(),
            payload: None,
        }
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(settings, change_settings))
        .routes(routes!(list, remove_all))
        .routes(routes!(show, remove))
}

/// How retained messages are kept.
#[utoipa::path(get, path = "/mqtt/retainer", tag = "MQTT", responses((status = 200, body = Value)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    shown_root(&state, ROOT.to_owned()).await.map(Json)
}

/// Change how retained messages are kept.
#[utoipa::path(put, path = "/mqtt/retainer", tag = "MQTT", request_body = RootBody, responses((status = 200, body = Value)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    change_root_to(&state, ROOT, Value::Object(without_masks(body.fields))).await.map(Json)
}

/// Retained messages, a page at a time. They are counted where all are asked for.
#[utoipa::path(get, path = "/mqtt/retainer/messages", tag = "MQTT", params(PageQuery, RetainedQuery),
    responses((status = 200, body = Page<RetainedObject>), (status = 400, description = "It is no filter.")))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
    Query(query): Query<RetainedQuery>,
) -> Result<Json<Page<RetainedObject>>, Refusal> {
    let page = page.checked()?;
    let found = state.ask(move |node| node.retained_messages(query.topic.as_deref(), page)).await?;
    Ok(Json(Page { data: found.data.into_iter().map(RetainedObject::from).collect(), meta: found.meta }))
}

/// Forgets all retained messages.
#[utoipa::path(delete, path = "/mqtt/retainer/messages", tag = "MQTT", responses((status = 204, description = "Done.")))]
async fn remove_all(State(state): State<ApiState>) -> Result<StatusCode, Refusal> {
    state.ask(|node| node.forget_retained(None)).await.map(|_| StatusCode::NO_CONTENT)
}

/// The retained message of a topic, with its payload.
#[utoipa::path(get, path = "/mqtt/retainer/message/{topic}", tag = "MQTT",
    params(("topic" = String, Path, description = "The topic, percent-encoded")),
    responses((status = 200, body = RetainedObject), (status = 404, description = "There is none.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart(topic): PathPart<String>,
) -> Result<Json<RetainedObject>, Refusal> {
    let found = state.ask(move |node| node.retained_message(&topic)).await?;
    let mut facts = found.ok_or_else(unknown)?;
    let payload = std::mem::take(&mut facts.payload);
    let payload = if payload.len() > PAYLOAD_BYTES_MAX { TOO_LARGE.to_owned() } else { STANDARD.encode(payload) };
    Ok(Json(RetainedObject { payload: Some(payload), ..facts.into() }))
}

/// Forgets the retained message of a topic, or those whose topics a filter selects.
#[utoipa::path(delete, path = "/mqtt/retainer/message/{topic}", tag = "MQTT",
    params(("topic" = String, Path, description = "The topic or filter, percent-encoded")),
    responses((status = 204, description = "Done."), (status = 404, description = "There is none.")))]
async fn remove(State(state): State<ApiState>, PathPart(topic): PathPart<String>) -> Result<StatusCode, Refusal> {
    match state.ask(move |node| node.forget_retained(Some(&topic))).await? {
        0 => Err(unknown()),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// The same for the same topic, always.
fn hash_of(topic: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(topic.as_bytes());
    hasher.finish()
}

fn unknown() -> Refusal {
    Refusal::not_found("Viewed message doesn't exist")
}
