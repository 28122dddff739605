//! SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK on their way out. Layout: see `decode/subscribe.rs`.

use super::{error::EncodeError, property_block::PropertyBlock, sink::Sink};
use crate::{
    filters,
    packet::{SubAck, Subscribe, Unsubscribe},
    property::Property,
};
use dunlin_model::{ProtocolVersion, ReasonCode};

pub(super) fn write_subscribe<S: Sink>(
    version: ProtocolVersion,
    subscribe: &Subscribe<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    sink.packet_id(subscribe.packet_id)?;
    if version.is_v5() {
        let properties = [subscribe.subscription_id.map(Property::SubscriptionIdentifier)];
        PropertyBlock { single: &properties, user: subscribe.user_properties }.write(sink)?;
    }
    // [MQTT-3.8.3-2]
    if subscribe.filters.is_empty() {
        return Err(EncodeError::EmptyList);
    }
    for (filter, options) in subscribe.filters.iter() {
        sink.counted(filter.as_bytes())?;
        sink.byte(filters::encode_options(version, options));
    }
    Ok(())
}

pub(super) fn write_unsubscribe<S: Sink>(
    version: ProtocolVersion,
    unsubscribe: &Unsubscribe<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    sink.packet_id(unsubscribe.packet_id)?;
    if version.is_v5() {
        PropertyBlock { single: &[], user: unsubscribe.user_properties }.write(sink)?;
    }
    // [MQTT-3.10.3-2]
    if unsubscribe.filters.is_empty() {
        return Err(EncodeError::EmptyList);
    }
    unsubscribe.filters.iter().try_for_each(|filter| sink.counted(filter.as_bytes()))
}

pub(super) fn write_suback<S: Sink>(
    version: ProtocolVersion,
    suback: &SubAck<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    sink.packet_id(suback.packet_id)?;
    if suback.reason_codes.is_empty() {
        return Err(EncodeError::EmptyList);
    }
    if version.is_v5() {
        return write_properties_and_codes(suback, sink);
    }
    for &code in suback.reason_codes {
        sink.byte(known(code)?.as_v3_suback());
    }
    Ok(())
}

/// Before 5.0 an UNSUBACK is its packet identifier and nothing else.
pub(super) fn write_unsuback<S: Sink>(
    version: ProtocolVersion,
    unsuback: &SubAck<'_>,
    sink: &mut S,
) -> Result<(), EncodeError> {
    sink.packet_id(unsuback.packet_id)?;
    if !version.is_v5() {
        return Ok(());
    }
    if unsuback.reason_codes.is_empty() {
        return Err(EncodeError::EmptyList);
    }
    write_properties_and_codes(unsuback, sink)
}

fn write_properties_and_codes<S: Sink>(suback: &SubAck<'_>, sink: &mut S) -> Result<(), EncodeError> {
    let properties = [suback.reason_string.map(Property::ReasonString)];
    PropertyBlock { single: &properties, user: suback.user_properties }.write(sink)?;
    suback.reason_codes.iter().try_for_each(|&code| known(code).map(|_| ()))?;
    sink.bytes(suback.reason_codes);
    Ok(())
}

fn known(code: u8) -> Result<ReasonCode, EncodeError> {
    ReasonCode::from_u8(code).ok_or(EncodeError::UnknownReasonCode { code })
}
