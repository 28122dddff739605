//! Everything of an outgoing PUBLISH up to its payload, prepared once and copied for each message.

use super::write_variable_integer;
use dunlin_model::{ProtocolVersion, Qos};

/// A prepared PUBLISH without packet identifier and payload.
#[derive(Clone, Debug)]
pub struct PublishHead {
    bytes: Box<[u8]>,
    packet_id_at: Option<usize>,
}

impl PublishHead {
    /// Prepares a PUBLISH to `topic` whose payload will have exactly `payload_bytes` bytes.
    ///
    /// The topic must be shorter than 65,536 bytes; the caller has checked that.
    #[must_use]
    pub fn new(topic: &str, qos: Qos, retain: bool, payload_bytes: usize, version: ProtocolVersion) -> Self {
        // A packet identifier only above QoS 0 [MQTT-2.2.1-2]; one byte of property length in 5.0.
        let packet_id_bytes = if qos == Qos::AtMostOnce { 0 } else { 2 };
        let property_bytes = usize::from(version.is_v5());
        let mut bytes = vec![0x30 | qos.as_u8() << 1 | u8::from(retain)];
        write_variable_integer(&mut bytes, 2 + topic.len() + packet_id_bytes + property_bytes + payload_bytes);
        bytes.extend_from_slice(&(topic.len() as u16).to_be_bytes());
        bytes.extend_from_slice(topic.as_bytes());
        let packet_id_at = (packet_id_bytes > 0).then_some(bytes.len());
        bytes.resize(bytes.len() + packet_id_bytes + property_bytes, 0);
        Self { bytes: bytes.into_boxed_slice(), packet_id_at }
    }

    /// Appends the head; `packet_id` is used above QoS 0 only and must not be 0 there [MQTT-2.2.1-3].
    #[inline]
    pub fn write(&self, out: &mut Vec<u8>, packet_id: u16) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        if let Some(at) = self.packet_id_at {
            out[start + at..start + at + 2].copy_from_slice(&packet_id.to_be_bytes());
        }
    }

    /// Bytes the head takes on the wire.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        self.bytes.len()
    }
}
