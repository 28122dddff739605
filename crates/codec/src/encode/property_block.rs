//! The properties of one packet on their way out, with their length in front.

use super::{
    error::EncodeError,
    fit_remaining_length,
    sink::{Counter, Sink},
};
use crate::{property::Property, property_id::PropertyId, user_properties::UserProperties, variable_byte_integer};

/// What goes into the section: properties that are there at most once, then user properties.
pub(super) struct PropertyBlock<'a> {
    pub(super) single: &'a [Option<Property<'a>>],
    pub(super) user: UserProperties<'a>,
}

impl PropertyBlock<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.single.iter().all(Option::is_none) && self.user.is_empty()
    }

    /// Writes length and properties; no properties are a length of 0 [MQTT-2.2.2-1].
    pub(super) fn write<S: Sink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        let mut counter = Counter::default();
        self.write_properties(&mut counter)?;
        sink.variable_byte_integer(fit_remaining_length(counter.len())?);
        self.write_properties(sink)
    }

    fn write_properties<S: Sink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        self.single.iter().flatten().try_for_each(|property| property.write(sink))?;
        self.user.iter().try_for_each(|(name, value)| Property::User(name, value).write(sink))
    }
}

impl Property<'_> {
    const fn id(&self) -> PropertyId {
        match self {
            Self::PayloadFormatIndicator(_) => PropertyId::PayloadFormatIndicator,
            Self::MessageExpiryInterval(_) => PropertyId::MessageExpiryInterval,
            Self::ContentType(_) => PropertyId::ContentType,
            Self::ResponseTopic(_) => PropertyId::ResponseTopic,
            Self::CorrelationData(_) => PropertyId::CorrelationData,
            Self::SubscriptionIdentifier(_) => PropertyId::SubscriptionIdentifier,
            Self::SessionExpiryInterval(_) => PropertyId::SessionExpiryInterval,
            Self::AssignedClientIdentifier(_) => PropertyId::AssignedClientIdentifier,
            Self::ServerKeepAlive(_) => PropertyId::ServerKeepAlive,
            Self::AuthenticationMethod(_) => PropertyId::AuthenticationMethod,
            Self::AuthenticationData(_) => PropertyId::AuthenticationData,
            Self::RequestProblemInformation(_) => PropertyId::RequestProblemInformation,
            Self::WillDelayInterval(_) => PropertyId::WillDelayInterval,
            Self::RequestResponseInformation(_) => PropertyId::RequestResponseInformation,
            Self::ResponseInformation(_) => PropertyId::ResponseInformation,
            Self::ServerReference(_) => PropertyId::ServerReference,
            Self::ReasonString(_) => PropertyId::ReasonString,
            Self::ReceiveMaximum(_) => PropertyId::ReceiveMaximum,
            Self::TopicAliasMaximum(_) => PropertyId::TopicAliasMaximum,
            Self::TopicAlias(_) => PropertyId::TopicAlias,
            Self::MaximumQos(_) => PropertyId::MaximumQos,
            Self::RetainAvailable(_) => PropertyId::RetainAvailable,
            Self::User(..) => PropertyId::UserProperty,
            Self::MaximumPacketSize(_) => PropertyId::MaximumPacketSize,
            Self::WildcardSubscriptionAvailable(_) => PropertyId::WildcardSubscriptionAvailable,
            Self::SubscriptionIdentifierAvailable(_) => PropertyId::SubscriptionIdentifierAvailable,
            Self::SharedSubscriptionAvailable(_) => PropertyId::SharedSubscriptionAvailable,
        }
    }

    /// Writes identifier and value.
    pub(super) fn write<S: Sink>(&self, sink: &mut S) -> Result<(), EncodeError> {
        sink.byte(self.id().as_u8());
        match *self {
            Self::PayloadFormatIndicator(value) => sink.byte(value),
            Self::MaximumQos(qos) => sink.byte(qos.as_u8()),
            Self::RequestProblemInformation(value)
            | Self::RequestResponseInformation(value)
            | Self::RetainAvailable(value)
            | Self::WildcardSubscriptionAvailable(value)
            | Self::SubscriptionIdentifierAvailable(value)
            | Self::SharedSubscriptionAvailable(value) => sink.byte(u8::from(value)),
            Self::ServerKeepAlive(value)
            | Self::ReceiveMaximum(value)
            | Self::TopicAliasMaximum(value)
            | Self::TopicAlias(value) => sink.two_bytes(value),
            Self::MessageExpiryInterval(value)
            | Self::SessionExpiryInterval(value)
            | Self::WillDelayInterval(value)
            | Self::MaximumPacketSize(value) => sink.four_bytes(value),
            Self::SubscriptionIdentifier(id) => sink.variable_byte_integer(check_subscription_id(id)?),
            Self::ContentType(text)
            | Self::ResponseTopic(text)
            | Self::AssignedClientIdentifier(text)
            | Self::AuthenticationMethod(text)
            | Self::ResponseInformation(text)
            | Self::ServerReference(text)
            | Self::ReasonString(text) => sink.counted(text.as_bytes())?,
            Self::CorrelationData(data) | Self::AuthenticationData(data) => sink.counted(data)?,
            Self::User(name, value) => {
                sink.counted(name.as_bytes())?;
                sink.counted(value.as_bytes())?;
            }
        }
        Ok(())
    }
}

/// 1 to 268,435,455 (MQTT 5.0 §3.8.2.1.2).
#[inline]
pub(super) const fn check_subscription_id(id: u32) -> Result<u32, EncodeError> {
    match id {
        1..=variable_byte_integer::MAX_VALUE => Ok(id),
        _ => Err(EncodeError::SubscriptionIdOutOfRange { id }),
    }
}
