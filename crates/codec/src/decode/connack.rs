//! CONNACK (MQTT 5.0 §3.2), read by clients and bridges.
//!
//! ```text
//! | flags: session present | reason code, or return code before 5.0 | properties (5.0) |
//! ```

use super::reason_code;
use crate::{
    error::DecodeError, packet::ConnAck, packet_type::PacketType, property::Property, property_id::PropertySet,
    property_section::PropertySection, reader::Reader,
};
use dunlin_model::{ProtocolVersion, ReasonCode};

pub(super) fn decode(version: ProtocolVersion, strict: bool, body: &[u8]) -> Result<ConnAck<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let flags = reader.byte()?;
    let mut connack = ConnAck::default();
    // 3.1 does not use this byte.
    if version != ProtocolVersion::V3 {
        // Bits 7 to 1 are reserved [MQTT-3.2.2-1].
        if flags & !1 != 0 {
            return Err(DecodeError::ReservedConnAckFlags);
        }
        connack.session_present = flags == 1;
    }
    connack.reason_code = if version.is_v5() {
        reason_code::read(&mut reader, PacketType::ConnAck, strict)?
    } else {
        return_code(reader.byte()?)?
    };
    // A refusal has no session [MQTT-3.2.2-6].
    if connack.session_present && connack.reason_code != ReasonCode::Success {
        return Err(DecodeError::SessionPresentWithError);
    }
    if version.is_v5() {
        read_properties(&mut connack, &mut reader, strict)?;
    }
    reader.finish()?;
    Ok(connack)
}

/// Return codes of 3.1 and 3.1.1; all others are reserved (3.1.1 §3.2.2.3).
const fn return_code(code: u8) -> Result<ReasonCode, DecodeError> {
    Ok(match code {
        0 => ReasonCode::Success,
        1 => ReasonCode::UnsupportedProtocolVersion,
        2 => ReasonCode::ClientIdentifierNotValid,
        3 => ReasonCode::ServerUnavailable,
        4 => ReasonCode::BadUserNameOrPassword,
        5 => ReasonCode::NotAuthorized,
        _ => return Err(DecodeError::UnknownReasonCode { code }),
    })
}

fn read_properties<'a>(connack: &mut ConnAck<'a>, reader: &mut Reader<'a>, strict: bool) -> Result<(), DecodeError> {
    let mut section = PropertySection::open(reader, PropertySet::CONNACK, PropertySet::USER, strict)?;
    while let Some(property) = section.next()? {
        match property {
            Property::SessionExpiryInterval(secs) => connack.session_expiry_interval = Some(secs),
            Property::ReceiveMaximum(maximum) => connack.receive_maximum = Some(maximum),
            Property::MaximumQos(qos) => connack.maximum_qos = Some(qos),
            Property::RetainAvailable(available) => connack.retain_available = Some(available),
            Property::MaximumPacketSize(size) => connack.maximum_packet_size = Some(size),
            Property::AssignedClientIdentifier(id) => connack.assigned_client_identifier = Some(id),
            Property::TopicAliasMaximum(maximum) => connack.topic_alias_maximum = Some(maximum),
            Property::ReasonString(text) => connack.reason_string = Some(text),
            Property::WildcardSubscriptionAvailable(available) => {
                connack.wildcard_subscription_available = Some(available);
            }
            Property::SubscriptionIdentifierAvailable(available) => {
                connack.subscription_identifiers_available = Some(available);
            }
            Property::SharedSubscriptionAvailable(available) => connack.shared_subscription_available = Some(available),
            Property::ServerKeepAlive(secs) => connack.server_keep_alive = Some(secs),
            Property::ResponseInformation(text) => connack.response_information = Some(text),
            Property::ServerReference(text) => connack.server_reference = Some(text),
            Property::AuthenticationMethod(method) => connack.authentication_method = Some(method),
            Property::AuthenticationData(data) => connack.authentication_data = Some(data),
            // User properties stay in wire form.
            _ => {}
        }
    }
    connack.user_properties = section.user_properties();
    Ok(())
}
