//! SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK (MQTT 5.0 §3.8 to §3.11).
//!
//! ```text
//! | packet identifier | properties (5.0) | filters, or one reason code for each |
//! ```

use super::reason_code;
use crate::{
    error::DecodeError,
    filters,
    packet::{SubAck, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters},
    packet_type::PacketType,
    property::Property,
    property_id::PropertySet,
    property_section::PropertySection,
    reader::Reader,
};
use dunlin_model::ProtocolVersion;

pub(super) fn decode_subscribe(
    version: ProtocolVersion,
    strict: bool,
    body: &[u8],
) -> Result<Subscribe<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let mut subscribe = Subscribe {
        packet_id: reader.packet_id()?,
        subscription_id: None,
        user_properties: Default::default(),
        filters: SubscribeFilters::Values(&[]),
    };
    if version.is_v5() {
        let mut section = PropertySection::open(&mut reader, PropertySet::SUBSCRIBE, PropertySet::USER, strict)?;
        while let Some(property) = section.next()? {
            if let Property::SubscriptionIdentifier(id) = property {
                subscribe.subscription_id = Some(id);
            }
        }
        subscribe.user_properties = section.user_properties();
    }
    let payload = reader.rest();
    // At least one filter [MQTT-3.8.3-2].
    if payload.is_empty() {
        return Err(DecodeError::NoFilter);
    }
    while !reader.is_empty() {
        reader.text(strict)?;
        filters::decode_options(version, reader.byte()?)?;
    }
    subscribe.filters = SubscribeFilters::Wire(payload, version);
    Ok(subscribe)
}

pub(super) fn decode_unsubscribe(
    version: ProtocolVersion,
    strict: bool,
    body: &[u8],
) -> Result<Unsubscribe<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let mut unsubscribe = Unsubscribe {
        packet_id: reader.packet_id()?,
        user_properties: Default::default(),
        filters: UnsubscribeFilters::Values(&[]),
    };
    if version.is_v5() {
        let mut section = PropertySection::open(&mut reader, PropertySet::USER, PropertySet::USER, strict)?;
        while section.next()?.is_some() {}
        unsubscribe.user_properties = section.user_properties();
    }
    let payload = reader.rest();
    // At least one filter [MQTT-3.10.3-2].
    if payload.is_empty() {
        return Err(DecodeError::NoFilter);
    }
    while !reader.is_empty() {
        reader.text(strict)?;
    }
    unsubscribe.filters = UnsubscribeFilters::Wire(payload);
    Ok(unsubscribe)
}

pub(super) fn decode_suback(version: ProtocolVersion, strict: bool, body: &[u8]) -> Result<SubAck<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let suback = read_suback(&mut reader, PacketType::SubAck, version, strict)?;
    if !version.is_v5() {
        // Only 0x00, 0x01, 0x02 and 0x80 exist here [MQTT-3.9.3-2 of 3.1.1].
        if let Some(&code) = suback.reason_codes.iter().find(|code| !matches!(code, 0..=2 | 0x80)) {
            return Err(DecodeError::UnknownReasonCode { code });
        }
    }
    Ok(suback)
}

pub(super) fn decode_unsuback(version: ProtocolVersion, strict: bool, body: &[u8]) -> Result<SubAck<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    if version.is_v5() {
        return read_suback(&mut reader, PacketType::UnsubAck, version, strict);
    }
    let unsuback = SubAck { packet_id: reader.packet_id()?, ..SubAck::default() };
    reader.finish()?;
    Ok(unsuback)
}

fn read_suback<'a>(
    reader: &mut Reader<'a>,
    packet_type: PacketType,
    version: ProtocolVersion,
    strict: bool,
) -> Result<SubAck<'a>, DecodeError> {
    let mut suback = SubAck { packet_id: reader.packet_id()?, ..SubAck::default() };
    if version.is_v5() {
        let mut section = PropertySection::open(reader, PropertySet::ACK, PropertySet::USER, strict)?;
        while let Some(property) = section.next()? {
            if let Property::ReasonString(text) = property {
                suback.reason_string = Some(text);
            }
        }
        suback.user_properties = section.user_properties();
    }
    suback.reason_codes = reader.rest();
    if suback.reason_codes.is_empty() {
        return Err(DecodeError::NoReasonCode);
    }
    if version.is_v5() {
        for &code in suback.reason_codes {
            reason_code::check(code, packet_type, strict)?;
        }
    }
    Ok(suback)
}
