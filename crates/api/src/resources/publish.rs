//! Publishing over HTTP. Whoever may use the API may publish to any topic: authorization of clients is not asked.

use crate::api_state::ApiState;
use crate::json_body::JsonBody;
use crate::{Refusal, refusal::ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Messages of one request.
const MESSAGES_MAX: usize = 10_000;

/// The only cause of a refusal that is no reason code of MQTT.
const IMPLEMENTATION_SPECIFIC_ERROR: u8 = 0x83;

/// A node that publishes.
pub trait Publish {
    /// Publishes messages in this order; says of each what became of it. What has to be on disk is there then.
    ///
    /// # Errors
    /// [`NotPublished::Refused`], and none is published; [`NotPublished::Unknown`], and some may be.
    fn publish(&self, messages: Vec<PublishMessage>) -> Result<Vec<Outcome>, NotPublished>;
}

/// A message, its payload decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublishMessage {
    /// A topic name.
    pub topic: String,
    /// Quality of service, 0 to 2.
    pub qos: u8,
    /// Whether it is retained.
    pub retain: bool,
    /// The payload.
    pub payload: Vec<u8>,
    /// What else is said of it.
    pub properties: MessageProperties,
}

/// What can be said of a message besides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageProperties {
    /// 1 where the payload is UTF-8 text.
    #[schema(maximum = 1, example = 0)]
    pub payload_format_indicator: Option<u8>,
    /// Seconds the message may live.
    pub message_expiry_interval: Option<u32>,
    /// Where answers are to be sent.
    #[schema(example = "some_other_topic")]
    pub response_topic: Option<String>,
    /// What answers are to bring back.
    pub correlation_data: Option<String>,
    /// Names and values of your own.
    #[serde(default)]
    #[schema(example = json!({"foo": "bar"}))]
    pub user_properties: BTreeMap<String, String>,
    /// The content type.
    #[schema(example = "text/plain")]
    pub content_type: Option<String>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Somebody has it, or it waits for its time; its id.
    Delivered(String),
    /// Nobody subscribes to its topic.
    NobodySubscribes,
    /// It could not be handed to anybody; a reason code of MQTT and its name.
    Failed(u8, &'static str),
}

/// Why messages were not published.
#[derive(Clone, Debug, PartialEq)]
pub enum NotPublished {
    /// A message cannot be published; a reason code of MQTT, and what is wrong.
    Refused(u8, String),
    /// The node cannot say, or cannot publish now.
    Unknown(Refusal),
}

/// A message to be published.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    /// A topic name; `$delayed/{seconds}/{topic}` too.
    #[schema(example = "api/example/topic")]
    topic: String,
    /// Quality of service.
    #[serde(default)]
    #[schema(maximum = 2)]
    qos: u8,
    /// Without effect, as in EMQX: the publisher is `http_api`.
    #[serde(default)]
    #[schema(deprecated)]
    #[expect(dead_code, reason = "there for scripts that still send it")]
    clientid: Option<String>,
    /// The payload.
    #[schema(example = "hello emqx api")]
    payload: String,
    /// How the payload is written.
    #[serde(default)]
    #[schema(inline)]
    payload_encoding: PayloadEncoding,
    /// What else is said of the message.
    #[serde(default)]
    properties: MessageProperties,
    /// Whether it is retained.
    #[serde(default)]
    retain: bool,
}

/// How a payload is written.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PayloadEncoding {
    /// As it is.
    #[default]
    Plain,
    /// In Base64.
    Base64,
}

/// A message was published.
#[derive(Serialize, ToSchema)]
struct PublishOk {
    /// What identifies the message.
    id: String,
}

/// A message was not published, or nobody has it.
#[derive(Serialize, ToSchema)]
struct PublishError {
    /// A reason code of MQTT.
    #[schema(example = 16)]
    reason_code: u8,
    /// Its name.
    #[schema(example = "no_matching_subscribers")]
    message: String,
}

/// What became of one of several messages.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum PublishResult {
    /// Somebody has it.
    Ok(PublishOk),
    /// Nobody has it.
    Error(PublishError),
}

/// Why nothing was published.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what others answer")]
enum PublishRefusal {
    /// A message is not good.
    Message(PublishError),
    /// The request is not good.
    Request(ErrorBody),
}

/// Why some messages were not published.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what others answer")]
enum PublishFailure {
    /// Some were.
    Messages(Vec<PublishResult>),
    /// The node cannot publish now.
    Node(ErrorBody),
}

impl PublishBody {
    fn message(self) -> Result<PublishMessage, NotPublished> {
        if self.qos > 2 {
            return Err(NotPublished::Unknown(Refusal::bad_request("qos: must be from 0 to 2")));
        }
        let payload = match self.payload_encoding {
            PayloadEncoding::Plain => self.payload.into_bytes(),
            PayloadEncoding::Base64 => STANDARD.decode(self.payload.as_bytes()).map_err(|error| {
                let message = format!("decode_base64_payload_failed: {error}");
                NotPublished::Refused(IMPLEMENTATION_SPECIFIC_ERROR, message)
            })?,
        };
        let Self { topic, qos, retain, properties, .. } = self;
        Ok(PublishMessage { topic, qos, retain, payload, properties })
    }
}

impl IntoResponse for NotPublished {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(reason_code, message) => {
                (StatusCode::BAD_REQUEST, Json(PublishError { reason_code, message })).into_response()
            }
            Self::Unknown(refusal) => refusal.into_response(),
        }
    }
}

impl Outcome {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Delivered(_) => StatusCode::OK,
            Self::NobodySubscribes => StatusCode::ACCEPTED,
            Self::Failed(..) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn result(self) -> PublishResult {
        let error = |reason_code, message: &str| PublishError { reason_code, message: message.to_owned() };
        match self {
            Self::Delivered(id) => PublishResult::Ok(PublishOk { id }),
            Self::NobodySubscribes => PublishResult::Error(error(16, "no_matching_subscribers")),
            Self::Failed(code, name) => PublishResult::Error(error(code, name)),
        }
    }
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(publish)).routes(routes!(publish_many))
}

/// Publish a message. At QoS 1 and 2 what has to be on disk is there when this is answered.
#[utoipa::path(post, path = "/publish", tag = "Publish", request_body = PublishBody, responses(
    (status = 200, body = PublishOk), (status = 202, description = "Nobody subscribes to the topic.", body = PublishError),
    (status = 400, description = "The message or the request is not good.", body = PublishRefusal),
    (status = 503, description = "The message could not be stored, or the node cannot publish now.", body = PublishRefusal)))]
async fn publish(
    State(state): State<ApiState>,
    JsonBody(body): JsonBody<PublishBody>,
) -> Result<Response, NotPublished> {
    let mut outcomes = publish_all(&state, vec![body.message()?]).await?;
    let outcome = outcomes.pop().ok_or_else(|| NotPublished::Unknown(Refusal::internal("nothing was published")))?;
    Ok((outcome.status(), Json(outcome.result())).into_response())
}

/// Publish several messages, in order: all of them, unless one is not good.
#[utoipa::path(post, path = "/publish/bulk", tag = "Publish", request_body = Vec<PublishBody>, responses(
    (status = 200, description = "Somebody has each of them.", body = Vec<PublishOk>),
    (status = 202, description = "To the topics of some nobody subscribes.", body = Vec<PublishResult>),
    (status = 400, description = "A message or the request is not good.", body = PublishRefusal),
    (status = 503, description = "Some could not be stored, or the node cannot publish now.", body = PublishFailure)))]
async fn publish_many(
    State(state): State<ApiState>,
    JsonBody(bodies): JsonBody<Vec<PublishBody>>,
) -> Result<Response, NotPublished> {
    if bodies.is_empty() {
        return Err(NotPublished::Refused(IMPLEMENTATION_SPECIFIC_ERROR, "empty_batch".to_owned()));
    }
    if bodies.len() > MESSAGES_MAX {
        let message = format!("At most {MESSAGES_MAX} messages at a time");
        return Err(NotPublished::Unknown(Refusal::bad_request(message)));
    }
    let messages = bodies.into_iter().map(PublishBody::message).collect::<Result<_, _>>()?;
    let outcomes = publish_all(&state, messages).await?;
    let status = outcomes.iter().map(Outcome::status).max().unwrap_or(StatusCode::OK);
    let results: Vec<_> = outcomes.into_iter().map(Outcome::result).collect();
    Ok((status, Json(results)).into_response())
}

async fn publish_all(state: &ApiState, messages: Vec<PublishMessage>) -> Result<Vec<Outcome>, NotPublished> {
    let published = state.ask(move |node| Ok(node.publish(messages))).await;
    published.map_err(NotPublished::Unknown)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(body: serde_json::Value) -> Result<PublishMessage, NotPublished> {
        serde_json::from_value::<PublishBody>(body).expect("a body").message()
    }

    #[test]
    fn payloads_are_decoded() {
        let plain = message(json!({"topic": "a", "payload": "aGk="})).unwrap();
        assert_eq!((plain.payload, plain.qos, plain.retain), (b"aGk=".to_vec(), 0, false));
        let decoded =
            message(json!({"topic": "a", "payload": "aGk=", "payload_encoding": "base64", "qos": 2})).unwrap();
        assert_eq!((decoded.payload, decoded.qos), (b"hi".to_vec(), 2));
        let bad = message(json!({"topic": "a", "payload": "?", "payload_encoding": "base64"}));
        assert!(matches!(bad, Err(NotPublished::Refused(0x83, _))), "{bad:?}");
        assert!(matches!(message(json!({"topic": "a", "payload": "", "qos": 3})), Err(NotPublished::Unknown(_))));
    }

    #[test]
    fn the_worst_outcome_is_the_status() {
        let all = [Outcome::Delivered(String::new()), Outcome::NobodySubscribes, Outcome::Failed(131, "x")];
        let statuses = all.map(|outcome| outcome.status().as_u16());
        assert_eq!(statuses, [200, 202, 503]);
    }
}
