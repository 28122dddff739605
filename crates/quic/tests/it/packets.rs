//! MQTT packets of the tests.

use dunlin_codec::{Ack, ConnAck, Connect, Disconnect, Packet, Publish, SubAck, Subscribe, SubscribeFilters, encode};
use dunlin_model::{ProtocolVersion, Qos, SubscriptionOptions};

pub(crate) fn encoded(packet: &Packet<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(ProtocolVersion::V5, packet, &mut bytes).unwrap();
    bytes
}

pub(crate) fn connect() -> Vec<u8> {
    let connect =
        Connect { version: ProtocolVersion::V5, client_id: "client", clean_start: true, ..Connect::default() };
    encoded(&Packet::Connect(Box::new(connect)))
}

pub(crate) fn connack() -> Vec<u8> {
    encoded(&Packet::ConnAck(Box::new(ConnAck { topic_alias_maximum: Some(10), ..ConnAck::default() })))
}

pub(crate) fn publish(qos: Qos, packet_id: u16, topic: &str, payload: &[u8]) -> Vec<u8> {
    encoded(&Packet::Publish(Publish { qos, packet_id, topic, payload, ..Publish::default() }))
}

pub(crate) fn puback(packet_id: u16) -> Vec<u8> {
    encoded(&Packet::PubAck(Ack { packet_id, ..Ack::default() }))
}

pub(crate) fn subscribe(packet_id: u16, filter: &str) -> Vec<u8> {
    let filters = [(filter, SubscriptionOptions::default())];
    encoded(&Packet::Subscribe(Subscribe {
        packet_id,
        subscription_id: None,
        user_properties: Default::default(),
        filters: SubscribeFilters::Values(&filters),
    }))
}

pub(crate) fn suback(packet_id: u16) -> Vec<u8> {
    encoded(&Packet::SubAck(SubAck { packet_id, reason_codes: &[0], ..SubAck::default() }))
}

pub(crate) fn disconnect() -> Vec<u8> {
    encoded(&Packet::Disconnect(Disconnect::default()))
}

pub(crate) const PINGREQ: [u8; 2] = [0xC0, 0];
pub(crate) const PINGRESP: [u8; 2] = [0xD0, 0];

/// Length of the packet that starts here, once it can be told.
pub(crate) fn packet_len(bytes: &[u8]) -> Option<usize> {
    dunlin_codec::frame_length(bytes, u32::MAX).unwrap()
}
