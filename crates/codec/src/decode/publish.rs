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
    let mut reader = Reader::new(body);
    let mut publish = Publish {
        dup: first_byte & 0b1000 != 0,
        qos,
        retain: first_byte & 0b0001 != 0,
        topic: reader.text(strict)?,
        ..Publish::default()
    };
    if qos == Qos::AtMostOnce {
        // DUP has no meaning here and must be 0 [MQTT-3.3.1-2]; a lenient receiver drops it.
        if publish.dup && strict {
            return Err(DecodeError::DupAtQos0);
        }
        publish.dup = false;
    } else {
        publish.packet_id = reader.packet_id()?;
    }
    if version.is_v5() {
        read_properties(&mut publish, &mut reader, strict)?;
    }
    // A topic name has at least one character [MQTT-4.7.3-1], unless an alias stands for it.
    if publish.topic.is_empty() && publish.topic_alias.is_none() {
        return Err(DecodeError::MissingTopic);
    }
    publish.payload = reader.rest();
    Ok(publish)
}

#[inline]
fn read_properties<'a>(publish: &mut Publish<'a>, reader: &mut Reader<'a>, strict: bool) -> Result<(), DecodeError> {
    let mut section = PropertySection::open(reader, PropertySet::PUBLISH, PropertySet::FORWARDED, strict)?;
    while let Some(property) = section.next()? {
        match property {
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
    Ok(())
}
