//! PUBLISH: the packet that has to be fast (MQTT 5.0 §3.3).
//!
//! ```text
//! | topic | packet identifier (QoS 1, 2) | properties (5.0) | payload |
//! ```

use crate::{
    error::DecodeError,
    packet::{Packet, Publish, SubscriptionIdList},
    properties::Properties,
    property::Property,
    property_id::{PropertyId, PropertySet},
    property_section::PropertySection,
    reader::Reader,
    text,
};
use dunlin_model::{ProtocolVersion, Qos};

/// Returns what [`crate::decode_next`] returns, `frame_len` included.
///
/// The packet is put together in one expression at the end, from values in registers, because a struct that is filled field
/// by field and then moved twice costs as much as the rest: the processor cannot forward small stores to wide loads.
#[inline]
pub(super) fn decode(
    version: ProtocolVersion,
    strict: bool,
    first_byte: u8,
    body: &[u8],
    frame_len: usize,
) -> Result<Option<(Packet<'_>, usize)>, DecodeError> {
    // Both QoS bits set is malformed [MQTT-3.3.1-4].
    let qos = Qos::from_u8((first_byte >> 1) & 0b11).ok_or(DecodeError::InvalidPublishQos)?;
    let (topic, mut rest) = split_counted(body)?;
    let topic = text::check(topic, strict)?;
    let mut dup = first_byte & 0b1000 != 0;
    let mut packet_id = 0;
    if qos == Qos::AtMostOnce {
        // DUP has no meaning here and must be 0 [MQTT-3.3.1-2]; a lenient receiver drops it.
        if dup && strict {
            return Err(DecodeError::DupAtQos0);
        }
        dup = false;
    } else {
        let (bytes, after_id) = rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        packet_id = u16::from_be_bytes(*bytes);
        rest = after_id;
        // [MQTT-2.2.1-3]
        if packet_id == 0 {
            return Err(DecodeError::ZeroPacketId);
        }
    }
    let (section, payload) = match rest.split_first() {
        _ if !version.is_v5() => (PublishProperties::default(), rest),
        Some((0, after_length)) => (PublishProperties::default(), after_length),
        _ => PublishProperties::read(rest, strict)?,
    };
    // A topic name has at least one character [MQTT-4.7.3-1], unless an alias stands for it [MQTT-3.3.2-1].
    if topic.is_empty() && section.topic_alias.is_none() {
        return Err(DecodeError::MissingTopic);
    }
    let publish = Publish {
        dup,
        qos,
        retain: first_byte & 0b0001 != 0,
        topic,
        packet_id,
        topic_alias: section.topic_alias,
        message_expiry_interval: section.message_expiry_interval,
        subscription_ids: section.subscription_ids,
        properties: section.forwarded,
        payload,
    };
    Ok(Some((Packet::Publish(publish), frame_len)))
}

/// A counted field and what follows it.
#[inline]
fn split_counted(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (len, rest) = bytes.split_first_chunk().ok_or(DecodeError::Truncated)?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*len))).ok_or(DecodeError::Truncated)
}

/// What the property section of a PUBLISH says.
#[derive(Default)]
struct PublishProperties<'a> {
    topic_alias: Option<u16>,
    message_expiry_interval: Option<u32>,
    subscription_ids: SubscriptionIdList<'a>,
    forwarded: Properties<'a>,
}

impl<'a> PublishProperties<'a> {
    /// Reads the section at the front of `bytes`; also returns what follows it.
    fn read(bytes: &'a [u8], strict: bool) -> Result<(Self, &'a [u8]), DecodeError> {
        let mut properties = Self::default();
        let mut reader = Reader::new(bytes);
        let mut section = PropertySection::open(&mut reader, PropertySet::PUBLISH, PropertySet::FORWARDED, strict)?;
        while section.advance()? {
            // User properties are the usual ones; they stay in wire form.
            if section.current().id == PropertyId::UserProperty {
                section.current().check_text_pair(strict)?;
                continue;
            }
            match Property::read(section.current(), strict)? {
                Property::TopicAlias(alias) => properties.topic_alias = Some(alias),
                Property::MessageExpiryInterval(secs) => properties.message_expiry_interval = Some(secs),
                Property::SubscriptionIdentifier(_) => {
                    properties.subscription_ids = SubscriptionIdList::Wire(section.as_bytes());
                }
                // So do the rest.
                _ => {}
            }
        }
        properties.forwarded = section.forwarded();
        Ok((properties, reader.rest()))
    }
}
