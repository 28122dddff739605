//! PUBLISH on its way out: the packet that has to be fast. Layout: see `decode/publish.rs`.

use super::{
    error::EncodeError,
    fit_remaining_length,
    property_block::check_subscription_id,
    sink::{Counter, Sink},
};
use crate::{
    packet::Publish, packet_type::PacketType, property::Property, property_id::PropertyId, variable_byte_integer,
};
use dunlin_model::{ProtocolVersion, Qos};

/// A message for one receiver, made of what a broker has at hand: no text is checked again, properties are copied as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct OutgoingPublish<'a> {
    /// Redelivery flag; left out at QoS 0.
    pub dup: bool,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Packet identifier, ignored at QoS 0. 0 is written as it is, for a frame whose identifier is filled in later
    /// (see [`OutgoingPublish::packet_id_offset`]).
    pub packet_id: u16,
    /// Topic name; empty where an alias stands for it.
    pub topic: &'a [u8],
    /// Topic alias (5.0).
    pub topic_alias: Option<u16>,
    /// Message expiry interval in seconds (5.0).
    pub message_expiry_interval: Option<u32>,
    /// Subscription identifiers, 1 to 268,435,455 each (5.0).
    pub subscription_ids: &'a [u32],
    /// The properties that are passed on, in wire form without their length (5.0), as `Properties::as_bytes` gives them.
    pub properties: &'a [u8],
    /// Payload.
    pub payload: &'a [u8],
}

impl OutgoingPublish<'_> {
    /// Bytes of the whole packet; what it would be where it is too large to encode.
    #[must_use]
    #[inline]
    pub fn encoded_len(&self, version: ProtocolVersion) -> usize {
        let remaining = self.remaining_len(self.properties_len(version));
        let remaining_u32 = u32::try_from(remaining).unwrap_or(u32::MAX);
        1 + variable_byte_integer::encoded_len(remaining_u32) + remaining
    }

    /// Where in the packet its two-byte identifier lies, so that one frame can serve many receivers; `None` at QoS 0.
    #[must_use]
    #[inline]
    pub fn packet_id_offset(&self, version: ProtocolVersion) -> Option<usize> {
        if self.qos == Qos::AtMostOnce {
            return None;
        }
        let remaining = self.remaining_len(self.properties_len(version));
        let remaining = u32::try_from(remaining).unwrap_or(u32::MAX);
        Some(1 + variable_byte_integer::encoded_len(remaining) + 2 + self.topic.len())
    }

    /// Bytes of the property section without its length; `None` before 5.0.
    #[inline]
    fn properties_len(&self, version: ProtocolVersion) -> Option<usize> {
        if !version.is_v5() {
            return None;
        }
        let alias = if self.topic_alias.is_some() { 3 } else { 0 };
        let expiry = if self.message_expiry_interval.is_some() { 5 } else { 0 };
        let ids: usize = self.subscription_ids.iter().map(|&id| 1 + variable_byte_integer::encoded_len(id)).sum();
        Some(alias + expiry + ids + self.properties.len())
    }

    #[inline]
    fn remaining_len(&self, properties_len: Option<usize>) -> usize {
        let packet_id = if self.qos == Qos::AtMostOnce { 0 } else { 2 };
        let properties = properties_len
            .map_or(0, |len| variable_byte_integer::encoded_len(u32::try_from(len).unwrap_or(u32::MAX)) + len);
        2 + self.topic.len() + packet_id + properties + self.payload.len()
    }
}

/// `| type (4) | DUP | QoS (2) | RETAIN |`; DUP is 0 at QoS 0 [MQTT-3.3.1-2].
#[inline]
pub(super) const fn first_byte(dup: bool, qos: Qos, retain: bool) -> u8 {
    let dup = dup && !matches!(qos, Qos::AtMostOnce);
    PacketType::Publish.first_byte() | ((dup as u8) << 3) | (qos.as_u8() << 1) | retain as u8
}

/// Appends a PUBLISH to `out`: one reservation, one copy for each of topic, properties and payload.
///
/// # Errors
/// Topic, packet or subscription identifier out of range; `out` is as it was then.
#[inline]
pub fn encode_publish(
    version: ProtocolVersion,
    publish: &OutgoingPublish<'_>,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let topic_len =
        u16::try_from(publish.topic.len()).map_err(|_| EncodeError::FieldTooLong { len: publish.topic.len() })?;
    for &id in publish.subscription_ids {
        check_subscription_id(id)?;
    }
    let properties_len = publish.properties_len(version);
    let remaining = fit_remaining_length(publish.remaining_len(properties_len))?;

    let first_byte = first_byte(publish.dup, publish.qos, publish.retain);
    let [high, low] = topic_len.to_be_bytes();
    out.reserve(5 + remaining as usize);
    // Pieces of a fixed size become single stores.
    match variable_byte_integer::to_bytes(remaining) {
        ([a, ..], 1) => out.extend_from_slice(&[first_byte, a, high, low]),
        ([a, b, ..], 2) => out.extend_from_slice(&[first_byte, a, b, high, low]),
        ([a, b, c, _], 3) => out.extend_from_slice(&[first_byte, a, b, c, high, low]),
        ([a, b, c, d], _) => out.extend_from_slice(&[first_byte, a, b, c, d, high, low]),
    }
    out.extend_from_slice(publish.topic);
    if publish.qos != Qos::AtMostOnce {
        out.extend_from_slice(&publish.packet_id.to_be_bytes());
    }
    match properties_len {
        None => {}
        Some(0) => out.push(0),
        Some(len) => append_properties(publish, len, out),
    }
    out.extend_from_slice(publish.payload);
    Ok(())
}

fn append_properties(publish: &OutgoingPublish<'_>, properties_len: usize, out: &mut Vec<u8>) {
    // Part of a remaining length that fits, so this does.
    out.variable_byte_integer(properties_len as u32);
    if let Some(alias) = publish.topic_alias {
        let [a, b] = alias.to_be_bytes();
        out.extend_from_slice(&[PropertyId::TopicAlias.as_u8(), a, b]);
    }
    if let Some(secs) = publish.message_expiry_interval {
        let [a, b, c, d] = secs.to_be_bytes();
        out.extend_from_slice(&[PropertyId::MessageExpiryInterval.as_u8(), a, b, c, d]);
    }
    for &id in publish.subscription_ids {
        out.push(PropertyId::SubscriptionIdentifier.as_u8());
        out.variable_byte_integer(id);
    }
    out.extend_from_slice(publish.properties);
}

/// The general form, for a [`Publish`] that may come straight from a decoder.
pub(super) fn write<S: Sink>(version: ProtocolVersion, publish: &Publish<'_>, sink: &mut S) -> Result<(), EncodeError> {
    sink.counted(publish.topic.as_bytes())?;
    if publish.qos != Qos::AtMostOnce {
        sink.packet_id(publish.packet_id)?;
    }
    if version.is_v5() {
        let mut counter = Counter::default();
        write_properties(publish, &mut counter)?;
        sink.variable_byte_integer(fit_remaining_length(counter.len())?);
        write_properties(publish, sink)?;
    }
    sink.bytes(publish.payload);
    Ok(())
}

fn write_properties<S: Sink>(publish: &Publish<'_>, sink: &mut S) -> Result<(), EncodeError> {
    let single = [
        publish.topic_alias.map(Property::TopicAlias),
        publish.message_expiry_interval.map(Property::MessageExpiryInterval),
    ];
    single.iter().flatten().try_for_each(|property| property.write(sink))?;
    publish.subscription_ids.iter().try_for_each(|id| Property::SubscriptionIdentifier(id).write(sink))?;
    publish.properties.for_each_piece(|piece| sink.bytes(piece));
    Ok(())
}
