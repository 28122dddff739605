//! Messages that wait for a client, and those it has not acknowledged.

use super::{MessageObject, unknown_client};
use crate::api_state::ApiState;
use crate::path_part::PathPart;
use crate::query::Query;
use crate::{ErrorCode, Refusal};
use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Messages of one answer.
const LIMIT_MAX: u32 = 10_000;

/// Bytes of payloads in one answer, unless something else is asked for; at least one message is in it.
const PAYLOAD_BYTES: u64 = 1 << 20;

/// Bytes of payloads in one answer at most.
const PAYLOAD_BYTES_MAX: u64 = 16 << 20;

/// The place of a message that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuePosition {
    /// Priority of its topic.
    pub priority: u16,
    /// Its number there.
    pub sequence: u64,
}

/// A message that a node holds for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldMessage {
    /// Its place in the list.
    pub sequence: u64,
    /// The priority of its topic, of a message that waits.
    pub priority: Option<u16>,
    /// Its topic.
    pub topic: String,
    /// What it is sent with.
    pub qos: u8,
    /// When it was received, in milliseconds since 1970.
    pub received_at: u64,
    /// Who published it.
    pub publisher: String,
    /// Its payload; `None` where nobody asked for it.
    pub payload: Option<Vec<u8>>,
}

/// How much of a list of messages is wanted at once. There may be more behind the last one of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldPart {
    /// Messages at most.
    pub limit: usize,
    /// Bytes of payloads after which no more messages are collected; `None` wants no payloads.
    pub payload_bytes: Option<u64>,
}

/// Which messages are wanted, and how.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct MessagesQuery {
    /// Behind this place: `meta.position` of the answer before; absent, or `none`, is the beginning.
    position: Option<String>,
    /// Messages of one answer, 1 to 10000, 100 where nothing is said.
    #[param(minimum = 1, maximum = 10_000)]
    limit: Option<u32>,
    /// How payloads are written: `base64`, `plain` or `none`.
    #[param(inline)]
    payload: PayloadFormat,
    /// Bytes of payloads in one answer, 1 to 16777216, 1048576 where nothing is said; `1KB` and `1MB` are understood too.
    max_payload_bytes: Option<String>,
}

/// How payloads are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum PayloadFormat {
    /// Not at all.
    None,
    /// As base64.
    #[default]
    Base64,
    /// As text; refused where one is not.
    Plain,
}

/// Messages, and where the list goes on.
#[derive(Serialize, ToSchema)]
struct MessagesObject {
    data: Vec<MessageObject>,
    meta: MessagesMeta,
}

/// Where a list of messages goes on.
#[derive(Serialize, ToSchema)]
struct MessagesMeta {
    /// The place of the first message; `none` where there is none.
    start: String,
    /// The place of the last message, to ask for what is behind it; `none` where there is none.
    position: String,
}

pub(super) fn router() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(queued)).routes(routes!(inflight))
}

/// Messages that wait for a client. Of one that is connected, those on disk are here as far as they were fed to it; of one that is away, all.
#[utoipa::path(get, path = "/clients/{clientid}/mqueue_messages", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id."), MessagesQuery),
    responses((status = 200, body = MessagesObject), (status = 404, description = "There is none such.")))]
async fn queued(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<MessagesObject>, Refusal> {
    let (part, max_bytes) = (query.part()?, query.max_bytes()?);
    let after = query.position().map(|position| parse_queue_position(position).ok_or_else(bad_position)).transpose()?;
    let held = state.ask(move |node| node.queued_messages(&client_id, after, part)).await?;
    query.answer(held.ok_or_else(unknown_client)?, max_bytes)
}

/// Messages that a client was sent and has not acknowledged.
#[utoipa::path(get, path = "/clients/{clientid}/inflight_messages", tag = "Clients",
    params(("clientid" = String, Path, description = "Its client id."), MessagesQuery),
    responses((status = 200, body = MessagesObject), (status = 404, description = "There is none such.")))]
async fn inflight(
    State(state): State<ApiState>,
    PathPart(client_id): PathPart<String>,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<MessagesObject>, Refusal> {
    let (part, max_bytes) = (query.part()?, query.max_bytes()?);
    let after = query.position().map(|position| position.parse().map_err(|_| bad_position())).transpose()?;
    let held = state.ask(move |node| node.inflight_messages(&client_id, after, part)).await?;
    query.answer(held.ok_or_else(unknown_client)?, max_bytes)
}

fn bad_position() -> Refusal {
    Refusal::new(ErrorCode::InvalidParameter, "position: must be that of an answer before")
}

/// `{sequence}_{priority}`.
fn parse_queue_position(text: &str) -> Option<QueuePosition> {
    let (sequence, priority) = text.split_once('_')?;
    Some(QueuePosition { sequence: sequence.parse().ok()?, priority: priority.parse().ok()? })
}

impl MessagesQuery {
    fn position(&self) -> Option<&str> {
        self.position.as_deref().filter(|position| !matches!(*position, "" | "none"))
    }

    fn limit(&self) -> Result<usize, Refusal> {
        let limit = self.limit.unwrap_or(100);
        match (1..=LIMIT_MAX).contains(&limit) {
            true => Ok(limit as usize),
            false => Err(Refusal::new(ErrorCode::InvalidParameter, format!("limit: must be from 1 to {LIMIT_MAX}"))),
        }
    }

    /// Payloads are no shorter in the answer than they are held: what is collected is enough for it.
    fn part(&self) -> Result<HeldPart, Refusal> {
        let max_bytes = self.max_bytes()?;
        let payload_bytes = (self.payload != PayloadFormat::None).then_some(max_bytes);
        Ok(HeldPart { limit: self.limit()?, payload_bytes })
    }

    fn max_bytes(&self) -> Result<u64, Refusal> {
        let Some(text) = &self.max_payload_bytes else { return Ok(PAYLOAD_BYTES) };
        let upper = text.trim().to_ascii_uppercase();
        let (digits, unit) = match upper.strip_suffix("KB") {
            Some(digits) => (digits, 1 << 10),
            None => upper.strip_suffix("MB").map_or((&*upper, 1), |digits| (digits, 1 << 20)),
        };
        let bytes = digits.trim().parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
        bytes.filter(|bytes| (1..=PAYLOAD_BYTES_MAX).contains(bytes)).ok_or_else(|| {
            let message = format!("max_payload_bytes: must be from 1 to {PAYLOAD_BYTES_MAX}");
            Refusal::new(ErrorCode::InvalidParameter, message)
        })
    }

    /// As many messages as there is room for their payloads, the first in any case.
    fn answer(&self, held: Vec<HeldMessage>, max_bytes: u64) -> Result<Json<MessagesObject>, Refusal> {
        let place = |message: &HeldMessage| match message.priority {
            Some(priority) => format!("{}_{priority}", message.sequence),
            None => message.sequence.to_string(),
        };
        let start = held.first().map(place);
        let (mut data, mut position, mut bytes) = (Vec::new(), None, 0);
        for message in held {
            let here = place(&message);
            let object = self.object(message)?;
            bytes += object.payload.as_ref().map_or(0, |payload| payload.len() as u64);
            if !data.is_empty() && bytes > max_bytes {
                break;
            }
            position = Some(here);
            data.push(object);
        }
        let or_none = |place: Option<String>| place.unwrap_or_else(|| "none".to_owned());
        Ok(Json(MessagesObject { data, meta: MessagesMeta { start: or_none(start), position: or_none(position) } }))
    }

    fn object(&self, message: HeldMessage) -> Result<MessageObject, Refusal> {
        let payload = match (self.payload, message.payload) {
            (PayloadFormat::None, _) | (_, None) => None,
            (PayloadFormat::Base64, Some(payload)) => Some(STANDARD.encode(&payload)),
            (PayloadFormat::Plain, Some(payload)) => Some(String::from_utf8(payload).map_err(|_| {
                Refusal::new(ErrorCode::InvalidParameter, "Some message payloads are not JSON serializable")
            })?),
        };
        Ok(MessageObject {
            msgid: format!("{:016X}{:016X}", message.priority.unwrap_or(0), message.sequence),
            topic: message.topic,
            qos: message.qos,
            publish_at: message.received_at,
            from_clientid: message.publisher,
            from_username: String::new(),
            payload,
            inserted_at: message.sequence.to_string(),
            mqueue_priority: message.priority,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(sequence: u64, payload: &[u8]) -> HeldMessage {
        let (topic, publisher) = ("t".to_owned(), "p".to_owned());
        let payload = Some(payload.to_vec());
        HeldMessage { sequence, priority: Some(7), topic, qos: 1, received_at: 5, publisher, payload }
    }

    #[test]
    fn an_answer_has_room_for_so_many_payloads_and_one_message_at_least() {
        let query = MessagesQuery { payload: PayloadFormat::Plain, ..MessagesQuery::default() };
        for (max_bytes, count, position) in [(1, 1, "3_7"), (8, 2, "4_7"), (100, 3, "9_7")] {
            let messages = vec![held(3, b"four"), held(4, b"more"), held(9, b"last")];
            let Json(answer) = query.answer(messages, max_bytes).unwrap();
            assert_eq!((answer.data.len(), &*answer.meta.start, &*answer.meta.position), (count, "3_7", position));
        }
        let Json(answer) = query.answer(Vec::new(), 1).unwrap();
        assert_eq!((&*answer.meta.start, &*answer.meta.position), ("none", "none"));
        assert!(query.answer(vec![held(0, b"\xff")], 1).is_err(), "it is no text");
        let query = MessagesQuery::default();
        let Json(answer) = query.answer(vec![held(0, b"\xff")], 1).unwrap();
        assert_eq!(answer.data[0].payload.as_deref(), Some("/w=="));
    }

    #[test]
    fn no_more_is_collected_than_the_answer_has_room_for() {
        let part = |payload| MessagesQuery { payload, limit: Some(7), ..MessagesQuery::default() }.part().unwrap();
        assert_eq!(part(PayloadFormat::None), HeldPart { limit: 7, payload_bytes: None });
        assert_eq!(part(PayloadFormat::Base64), HeldPart { limit: 7, payload_bytes: Some(PAYLOAD_BYTES) });
    }

    #[test]
    fn places_and_sizes_are_read() {
        assert_eq!(parse_queue_position("12_7"), Some(QueuePosition { priority: 7, sequence: 12 }));
        for bad in ["", "1", "_", "1_", "1_70000", "x_1"] {
            assert_eq!(parse_queue_position(bad), None, "{bad}");
        }
        let bytes =
            |text: &str| MessagesQuery { max_payload_bytes: Some(text.into()), ..Default::default() }.max_bytes();
        assert_eq!([bytes("5"), bytes("2KB"), bytes("1mb")].map(Result::unwrap), [5, 2048, 1 << 20]);
        for bad in ["0", "17MB", "much", "-1", ""] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
        for (limit, is_good) in [(None, true), (Some(1), true), (Some(0), false), (Some(10_001), false)] {
            assert_eq!(MessagesQuery { limit, ..Default::default() }.limit().is_ok(), is_good, "{limit:?}");
        }
    }
}
