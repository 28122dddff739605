//! One property with its value read and checked.

use crate::{error::DecodeError, property_id::PropertyId, raw_property::RawProperty, reader::Reader};
use dunlin_model::Qos;

/// Any property of MQTT 5.0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Property<'a> {
    PayloadFormatIndicator(u8),
    MessageExpiryInterval(u32),
    ContentType(&'a str),
    ResponseTopic(&'a str),
    CorrelationData(&'a [u8]),
    SubscriptionIdentifier(u32),
    SessionExpiryInterval(u32),
    AssignedClientIdentifier(&'a str),
    ServerKeepAlive(u16),
    AuthenticationMethod(&'a str),
    AuthenticationData(&'a [u8]),
    RequestProblemInformation(bool),
    WillDelayInterval(u32),
    RequestResponseInformation(bool),
    ResponseInformation(&'a str),
    ServerReference(&'a str),
    ReasonString(&'a str),
    ReceiveMaximum(u16),
    TopicAliasMaximum(u16),
    TopicAlias(u16),
    MaximumQos(Qos),
    RetainAvailable(bool),
    User(&'a str, &'a str),
    MaximumPacketSize(u32),
    WildcardSubscriptionAvailable(bool),
    SubscriptionIdentifierAvailable(bool),
    SharedSubscriptionAvailable(bool),
}

impl<'a> Property<'a> {
    /// Reads and checks the value.
    #[inline]
    pub(crate) fn read(raw: &RawProperty<'a>, strict: bool) -> Result<Self, DecodeError> {
        let mut value = Reader::new(raw.value);
        Ok(match raw.id {
            PropertyId::PayloadFormatIndicator => match value.byte()? {
                indicator @ 0..=1 => Self::PayloadFormatIndicator(indicator),
                _ => return Err(DecodeError::InvalidPayloadFormatIndicator),
            },
            PropertyId::MessageExpiryInterval => Self::MessageExpiryInterval(value.four_bytes()?),
            PropertyId::ContentType => Self::ContentType(value.text(strict)?),
            PropertyId::ResponseTopic => Self::ResponseTopic(response_topic(value.text(strict)?)?),
            PropertyId::CorrelationData => Self::CorrelationData(value.binary()?),
            PropertyId::SubscriptionIdentifier => match value.variable_byte_integer()? {
                0 => return Err(DecodeError::SubscriptionIdZero),
                id => Self::SubscriptionIdentifier(id),
            },
            PropertyId::SessionExpiryInterval => Self::SessionExpiryInterval(value.four_bytes()?),
            PropertyId::AssignedClientIdentifier => Self::AssignedClientIdentifier(value.text(strict)?),
            PropertyId::ServerKeepAlive => Self::ServerKeepAlive(value.two_bytes()?),
            PropertyId::AuthenticationMethod => Self::AuthenticationMethod(value.text(strict)?),
            PropertyId::AuthenticationData => Self::AuthenticationData(value.binary()?),
            PropertyId::RequestProblemInformation => Self::RequestProblemInformation(boolean(raw)?),
            PropertyId::WillDelayInterval => Self::WillDelayInterval(value.four_bytes()?),
            PropertyId::RequestResponseInformation => Self::RequestResponseInformation(boolean(raw)?),
            PropertyId::ResponseInformation => Self::ResponseInformation(value.text(strict)?),
            PropertyId::ServerReference => Self::ServerReference(value.text(strict)?),
            PropertyId::ReasonString => Self::ReasonString(value.text(strict)?),
            PropertyId::ReceiveMaximum => match value.two_bytes()? {
                0 => return Err(DecodeError::ReceiveMaximumZero),
                maximum => Self::ReceiveMaximum(maximum),
            },
            PropertyId::TopicAliasMaximum => Self::TopicAliasMaximum(value.two_bytes()?),
            // A topic alias of 0 is not permitted [MQTT-3.3.2-8].
            PropertyId::TopicAlias => match value.two_bytes()? {
                0 => return Err(DecodeError::TopicAliasZero),
                alias => Self::TopicAlias(alias),
            },
            PropertyId::MaximumQos => match value.byte()? {
                0 => Self::MaximumQos(Qos::AtMostOnce),
                1 => Self::MaximumQos(Qos::AtLeastOnce),
                _ => return Err(DecodeError::InvalidMaximumQos),
            },
            PropertyId::RetainAvailable => Self::RetainAvailable(boolean(raw)?),
            PropertyId::UserProperty => Self::User(value.text(strict)?, value.text(strict)?),
            PropertyId::MaximumPacketSize => match value.four_bytes()? {
                0 => return Err(DecodeError::MaximumPacketSizeZero),
                size => Self::MaximumPacketSize(size),
            },
            PropertyId::WildcardSubscriptionAvailable => Self::WildcardSubscriptionAvailable(boolean(raw)?),
            PropertyId::SubscriptionIdentifierAvailable => Self::SubscriptionIdentifierAvailable(boolean(raw)?),
            PropertyId::SharedSubscriptionAvailable => Self::SharedSubscriptionAvailable(boolean(raw)?),
        })
    }
}

fn boolean(raw: &RawProperty<'_>) -> Result<bool, DecodeError> {
    match raw.value {
        [0] => Ok(false),
        [1] => Ok(true),
        _ => Err(DecodeError::NotBoolean { id: raw.id }),
    }
}

/// A response topic is a topic name, and so must hold no wildcard [MQTT-3.3.2-14].
fn response_topic(topic: &str) -> Result<&str, DecodeError> {
    if topic.bytes().any(|byte| matches!(byte, b'+' | b'#')) {
        return Err(DecodeError::WildcardInResponseTopic);
    }
    Ok(topic)
}
