//! Publishing on this node.

use super::clients::unanswered;
use super::operated_node::{OperatedNode, refusal};
use dunlin_api::publish::{MessageProperties, NotPublished, Outcome, Publish, PublishMessage};
use dunlin_broker::{OutsideMessage, Published};
use dunlin_codec::{Properties, PropertyList, UserProperties};
use dunlin_model::{Qos, ReasonCode};
use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

/// Who published, for those who ask where a message comes from; as in EMQX.
const PUBLISHER: &str = "http_api";

/// What `mqtt` says of messages; the API belongs to no zone.
#[derive(Clone, Copy)]
struct MessageLimits {
    bytes_max: usize,
    expiry_secs_max: Option<u32>,
}

impl Publish for OperatedNode {
    fn publish(&self, messages: Vec<PublishMessage>) -> Result<Vec<Outcome>, NotPublished> {
        let limits = self.node.with_config(|config| MessageLimits {
            bytes_max: usize::try_from(config.mqtt.max_packet_size_bytes).unwrap_or(usize::MAX),
            expiry_secs_max: config.mqtt.message_expiry_interval.map(whole_secs),
        });
        let messages = messages.into_iter().map(|message| checked(message, limits)).collect::<Result<Vec<_>, _>>()?;
        let publisher = self.node.with_broker(|broker| broker.publisher(PUBLISHER));
        let publisher = publisher.map_err(|error| NotPublished::Unknown(refusal(&error)))?;
        let published = publisher.publish(&messages).map_err(|error| NotPublished::Unknown(unanswered(error)))?;
        match published.as_slice() {
            // As late as it is known, but the same as for other topics that are none.
            [Published::Refused(ReasonCode::TopicNameInvalid)] => Err(invalid_topic()),
            _ => Ok(published.into_iter().map(outcome).collect()),
        }
    }
}

fn outcome(published: Published) -> Outcome {
    match published {
        Published::Delivered => Outcome::Delivered(new_id()),
        Published::NobodySubscribes => Outcome::NobodySubscribes,
        Published::Refused(code) => Outcome::Failed(code.as_u8(), code.as_str()),
        Published::NotStored => Outcome::Failed(ReasonCode::ImplementationSpecificError.as_u8(), "failed_to_dispatch"),
    }
}

fn checked(message: PublishMessage, limits: MessageLimits) -> Result<OutsideMessage, NotPublished> {
    if dunlin_topic::validate_name(&message.topic).is_err() {
        return Err(invalid_topic());
    }
    let properties = wire_properties(&message.properties)?;
    if message.topic.len() + properties.len() + message.payload.len() > limits.bytes_max {
        return Err(NotPublished::Refused(ReasonCode::QuotaExceeded.as_u8(), "packet_too_large".to_owned()));
    }
    let expiry = message.properties.message_expiry_interval;
    let PublishMessage { topic, qos, retain, payload, .. } = message;
    Ok(OutsideMessage {
        topic,
        properties,
        payload,
        qos: Qos::from_u8(qos).unwrap_or_default(),
        retain,
        expiry_secs: expiry.into_iter().chain(limits.expiry_secs_max).min(),
    })
}

fn invalid_topic() -> NotPublished {
    let code = ReasonCode::TopicNameInvalid;
    NotPublished::Refused(code.as_u8(), code.as_str().to_owned())
}

/// The properties as they go to clients, held to what they would be if a client had sent them.
fn wire_properties(properties: &MessageProperties) -> Result<Vec<u8>, NotPublished> {
    let pairs: Vec<_> =
        properties.user_properties.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let list = PropertyList {
        payload_format_indicator: properties.payload_format_indicator,
        content_type: properties.content_type.as_deref(),
        response_topic: properties.response_topic.as_deref(),
        correlation_data: properties.correlation_data.as_deref().map(str::as_bytes),
        user_properties: UserProperties::from_pairs(&pairs),
    };
    let refused = |reason: String| {
        NotPublished::Refused(ReasonCode::ImplementationSpecificError.as_u8(), format!("properties: {reason}"))
    };
    let bytes = list.to_wire().map_err(|error| refused(error.to_string()))?;
    Properties::parse(&bytes, true).map_err(|error| refused(error.to_string()))?;
    Ok(bytes)
}

fn whole_secs(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

/// What identifies a message to whoever published it: 32 digits that come once.
fn new_id() -> String {
    let mut bytes = [0; 16];
    // Without random numbers there is the time: an id is a name for people, nothing hangs on it.
    let _ = aws_lc_rs::rand::fill(&mut bytes[8..]);
    let micros = crate::calendar::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
    bytes[..8].copy_from_slice(&u64::try_from(micros).unwrap_or(u64::MAX).to_be_bytes());
    bytes.iter().fold(String::with_capacity(32), |mut id, byte| {
        let _ = write!(id, "{byte:02X}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MessageLimits = MessageLimits { bytes_max: 20, expiry_secs_max: Some(60) };

    fn message(topic: &str) -> PublishMessage {
        PublishMessage { topic: topic.to_owned(), ..PublishMessage::default() }
    }

    #[test]
    fn messages_are_held_to_what_clients_may_send() {
        for (message, code) in [
            (message("a/+"), 144),
            (message(""), 144),
            (PublishMessage { payload: vec![0; 20], ..message("a") }, 151),
            (
                PublishMessage {
                    properties: MessageProperties { response_topic: Some("a\0".into()), ..Default::default() },
                    ..message("a")
                },
                131,
            ),
            (
                PublishMessage {
                    properties: MessageProperties { payload_format_indicator: Some(2), ..Default::default() },
                    ..message("a")
                },
                131,
            ),
        ] {
            let refused = checked(message.clone(), LIMITS).map(|message| message.topic);
            assert!(matches!(refused, Err(NotPublished::Refused(found, _)) if found == code), "{message:?}");
        }
    }

    #[test]
    fn a_message_lives_no_longer_than_the_node_has_it() {
        let expiry = |asked| {
            let properties = MessageProperties { message_expiry_interval: asked, ..Default::default() };
            checked(PublishMessage { properties, ..message("a") }, LIMITS).unwrap().expiry_secs
        };
        assert_eq!((expiry(None), expiry(Some(5)), expiry(Some(500))), (Some(60), Some(5), Some(60)));
    }

    #[test]
    fn ids_are_hexadecimal_and_new() {
        let (one, other) = (new_id(), new_id());
        assert!(one.len() == 32 && one.bytes().all(|byte| byte.is_ascii_hexdigit()) && one != other, "{one} {other}");
    }
}
