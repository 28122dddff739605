//! Delayed messages: how they are kept, which there are, and forgetting them.

use super::configs::{RootBody, change_root_to, shown_root, without_masks};
use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, MomentMillis, Page, PageQuery, Refusal};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The root of the configuration.
const ROOT: &str = "delayed";

/// A larger payload is not shown, in bytes.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Stands in the place of a payload that is not shown.
const TOO_LARGE: &str = "PAYLOAD_TOO_LARGE";

/// Digits of a message id, as EMQX has them.
const ID_DIGITS: usize = 32;

/// Delayed messages of a node.
pub trait Delayed {
    /// One page, in the order in which they are due.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn delayed_messages(&self, page: PageQuery) -> Result<Page<DelayedFacts>, Refusal>;

    /// One of them with its payload, `None` where there is none.
    ///
    /// # Errors
    /// A [`Refusal`] while the node does not run.
    fn delayed_message(&self, id: u64) -> Result<Option<DelayedFacts>, Refusal>;

    /// Forgets one; false where there is none.
    ///
    /// # Errors
    /// A [`Refusal`] where the disk did not take it.
    fn forget_delayed(&self, id: u64) -> Result<bool, Refusal>;

    /// Forgets those for a topic. Says how many there were.
    ///
    /// # Errors
    /// A [`Refusal`] where the disk did not take it.
    fn forget_delayed_of_topic(&self, topic: &str) -> Result<usize, Refusal>;
}

/// What is known of a delayed message. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayedFacts {
    /// Its name.
    pub id: u64,
    /// The topic it will have.
    pub topic: String,
    /// What it was published with.
    pub qos: u8,
    /// When it was received.
    pub received_at: u64,
    /// When it is published.
    pub due_at: u64,
    /// What time it is.
    pub now: u64,
    /// Who published it.
    pub publisher: String,
    /// Its payload; empty where only a list was asked for.
    pub payload: Vec<u8>,
}

/// A delayed message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
struct DelayedObject {
    /// Its name on its node.
    msgid: String,
    /// The node that keeps it.
    node: String,
    /// When it was received.
    publish_at: MomentMillis,
    /// Seconds from then to its time.
    delayed_interval: u64,
    /// Seconds that are left.
    delayed_remaining: u64,
    /// When it is published.
    expected_at: MomentMillis,
    /// The topic it will have.
    topic: String,
    /// What it was published with.
    qos: u8,
    /// Who published it.
    from_clientid: String,
    /// The user name of who published it, where that is known.
    from_username: String,
    /// Its payload as base64, `PAYLOAD_TOO_LARGE` for one of more than 1 MB; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
}

impl DelayedObject {
    fn of(facts: DelayedFacts, node: &str) -> Self {
        Self {
            msgid: format!("{:0ID_DIGITS$X}", facts.id),
            node: node.to_owned(),
            publish_at: MomentMillis(facts.received_at),
            delayed_interval: facts.due_at.saturating_sub(facts.received_at) / 1000,
            delayed_remaining: facts.due_at.saturating_sub(facts.now) / 1000,
            expected_at: MomentMillis(facts.due_at),
            topic: facts.topic,
            qos: facts.qos,
            from_clientid: facts.publisher,
            from_username: String::new(),
            payload: None,
        }
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(settings, change_settings))
        .routes(routes!(list))
        .routes(routes!(show, remove))
        .routes(routes!(remove_of_topic))
}

/// How delayed messages are kept.
#[utoipa::path(get, path = "/mqtt/delayed", tag = "MQTT", responses((status = 200, body = Value)))]
async fn settings(State(state): State<ApiState>) -> Result<Json<Value>, Refusal> {
    shown_root(&state, ROOT.to_owned()).await.map(Json)
}

/// Change how delayed messages are kept. Those that wait are forgotten where `enable` is false.
#[utoipa::path(put, path = "/mqtt/delayed", tag = "MQTT", request_body = RootBody, responses((status = 200, body = Value)))]
async fn change_settings(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<RootBody>,
) -> Result<Json<Value>, Refusal> {
    change_root_to(&state, ROOT, Value::Object(without_masks(body.fields))).await.map(Json)
}

/// Delayed messages in the order in which they are due, a page at a time.
#[utoipa::path(get, path = "/mqtt/delayed/messages", tag = "MQTT", params(PageQuery),
    responses((status = 200, body = Page<DelayedObject>)))]
async fn list(
    State(state): State<ApiState>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DelayedObject>>, Refusal> {
    let page = page.checked()?;
    let found = state.ask(move |node| node.delayed_messages(page)).await?;
    let node = state.node().status().node_name;
    Ok(Json(Page {
        data: found.data.into_iter().map(|facts| DelayedObject::of(facts, &node)).collect(),
        meta: found.meta,
    }))
}

/// A delayed message, with its payload.
#[utoipa::path(get, path = "/mqtt/delayed/messages/{node}/{msgid}", tag = "MQTT",
    params(("node" = String, Path, description = "The node that keeps it."), ("msgid" = String, Path, description = "Its name there.")),
    responses((status = 200, body = DelayedObject), (status = 400, description = "There is no such node, or no such name."),
        (status = 404, description = "There is none such.")))]
async fn show(
    State(state): State<ApiState>,
    PathPart((node, msgid)): PathPart<(String, String)>,
) -> Result<Json<DelayedObject>, Refusal> {
    let id = id_on(&state, &node, &msgid)?;
    let found = state.ask(move |node| node.delayed_message(id)).await?;
    let mut facts = found.ok_or_else(|| unknown(&msgid))?;
    let payload = std::mem::take(&mut facts.payload);
    let payload = if payload.len() > PAYLOAD_BYTES_MAX { TOO_LARGE.to_owned() } else { STANDARD.encode(payload) };
    Ok(Json(DelayedObject { payload: Some(payload), ..DelayedObject::of(facts, &node) }))
}

/// Forgets a delayed message.
#[utoipa::path(delete, path = "/mqtt/delayed/messages/{node}/{msgid}", tag = "MQTT",
    params(("node" = String, Path, description = "The node that keeps it."), ("msgid" = String, Path, description = "Its name there.")),
    responses((status = 204, description = "Done."), (status = 400, description = "There is no such node, or no such name."),
        (status = 404, description = "There is none such.")))]
async fn remove(
    State(state): State<ApiState>,
    PathPart((node, msgid)): PathPart<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let id = id_on(&state, &node, &msgid)?;
    match state.ask(move |node| node.forget_delayed(id)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(unknown(&msgid)),
    }
}

/// Forgets the delayed messages for a topic.
#[utoipa::path(delete, path = "/mqtt/delayed/messages/{topic}", tag = "MQTT",
    params(("topic" = String, Path, description = "The topic, percent-encoded")),
    responses((status = 204, description = "Done."), (status = 400, description = "It is no topic."),
        (status = 404, description = "There is none for it.")))]
async fn remove_of_topic(
    State(state): State<ApiState>,
    PathPart(topic): PathPart<String>,
) -> Result<StatusCode, Refusal> {
    let named = topic.clone();
    match state.ask(move |node| node.forget_delayed_of_topic(&topic)).await? {
        0 => Err(Refusal::new(ErrorCode::MessageIdNotFound, format!("No delayed message is for the topic {named}"))),
        _ => Ok(StatusCode::NO_CONTENT),
    }
}

/// The id that a text stands for on this node.
fn id_on(state: &ApiState, node: &str, msgid: &str) -> Result<u64, Refusal> {
    if state.node().status().node_name != node {
        return Err(Refusal::bad_request(format!("There is no node {node}")));
    }
    parse_id(msgid)
        .ok_or_else(|| Refusal::new(ErrorCode::MessageIdSchemaError, format!("Message ID {msgid} schema error")))
}

fn parse_id(text: &str) -> Option<u64> {
    let is_one = text.len() == ID_DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    // What does not fit was never given to a message.
    is_one.then(|| u128::from_str_radix(text, 16).ok()).flatten().map(|id| u64::try_from(id).unwrap_or(u64::MAX))
}

fn unknown(msgid: &str) -> Refusal {
    Refusal::new(ErrorCode::MessageIdNotFound, format!("Message ID {msgid} not found"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_hexadecimal() {
        let facts = DelayedFacts {
            id: 0x1F,
            topic: "t".into(),
            qos: 1,
            received_at: 1_000,
            due_at: 61_999,
            now: 31_000,
            publisher: "p".into(),
            payload: Vec::new(),
        };
        let object = DelayedObject::of(facts, "n@h");
        assert_eq!(parse_id(&object.msgid), Some(0x1F));
        assert_eq!((object.delayed_interval, object.delayed_remaining), (60, 30));
        for bad in ["", "1F", "x", "+000000000000000000000000000001F", "0000000000000000000000000000001G"] {
            assert_eq!(parse_id(bad), None, "{bad}");
        }
        assert_eq!(parse_id(&"F".repeat(32)), Some(u64::MAX));
    }
}
