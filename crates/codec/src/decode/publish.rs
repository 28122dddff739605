//! PUBLISH: the packet that has to be fast (MQTT 5.0 §3.3).
//!
//! ```text
//! | topic | packet identifier (QoS 1, 2) | properties (5.0) | payload |
//! ```

use crate::{
    error::DecodeError,
    packet::{Publish, SubscriptionIdList},
    property::Property,
    property_id::PropertySet,
    property_section::PropertySection,
    reader::Reader,
    text,
};
use dunlin_model::{ProtocolVersion, Qos};

#[inline]
pub(super) fn decode(
    version: ProtocolVersion,
    strict: bool,
    first_byte: u8,
    body: &[u8],
) -> Result<Publish<'_>, DecodeError> {
    // Both QoS bits set is malformed [MQTT-3.3.1-4].
    let qos = Qos::from_u8((first_byte >> 1) & 0b11).ok_or(DecodeError::InvalidPublishQos)?;
    // Slices in registers here, not a cursor in memory: it makes a difference of a third.
    let (topic, mut rest) = split_counted(body)?;
    let mut publish = Publish {
        dup: first_byte & 0b1000 != 0,
        qos,
        retain: first_byte & 0b0001 != 0,
        topic: text::check(topic, strict)?,
        ..Publish::default()
    };
    if qos == Qos::AtMostOnce {
        // DUP has no meaning here and must be 0 [MQTT-3.3.1-2]; a lenient receiver drops it.
        if publish.dup && strict {
            return Err(DecodeError::DupAtQos0);
        }
        publish.dup = false;
    } else {
        let (packet_id, after_id) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        publish.packet_id = u16::from_be_bytes(*packet_id);
        rest = after_id;
        // [MQTT-2.2.1-3]
        if publish.packet_id == 0 {
            return Err(DecodeError::ZeroPacketId);
        }
    }
    if version.is_v5() {
        rest = match rest.split_first() {
            // No properties.
            Some((0, payload)) => payload,
            _ => read_properties(&mut publish, rest, strict)?,
        };
    }
    // A topic name has at least one character [MQTT-4.7.3-1], unless an alias stands for it [MQTT-3.3.2-1].
    if topic.is_empty() && publish.topic_alias.is_none() {
        return Err(DecodeError::MissingTopic);
    }
    publish.payload = rest;
    Ok(publish)
}

#[inline]
fn split_counted(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (len, rest) = bytes.split_first_chunk().ok_or(DecodeError::Truncated)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(DecodeError::Truncated)
}

/// Reads the property section and returns what follows it.
fn read_properties<'a>(publish: &mut Publish<'a>, bytes: &'a [u8], strict: bool) -> Result<&'a [u8], DecodeError> {
    let mut reader = Reader::new(bytes);
    let mut section = PropertySection::open(&mut reader, PropertySet::PUBLISH, PropertySet::FORWARDED, strict)?;
    while let Some(raw) = section.next_unread()? {
        match Property::read(raw, strict)? {
            Property::TopicAlias(alias) => publish.topic_alias = Some(alias),
            Property::MessageExpiryInterval(secs) => publish.message_expiry_interval = Some(secs),
            Property::SubscriptionIdentifier(_) => {
                publish.subscription_ids = SubscriptionIdList::Wire(section.as_bytes());
            }
            // The rest stays in wire form.
            _ => {}
        }
    }
    publish.properties = section.forwarded();
    Ok(reader.rest())
}
