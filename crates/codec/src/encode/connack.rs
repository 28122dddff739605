//! CONNACK on its way out. Layout: see `decode/connack.rs`.

use super::{error::EncodeError, property_block::PropertyBlock, sink::Sink};
use crate::{packet::ConnAck, property::Property};
use dunlin_model::{ProtocolVersion, Qos, ReasonCode};

pub(super) fn write<S: Sink>(version: ProtocolVersion, connack: &ConnAck<'_>, sink: &mut S) -> Result<(), EncodeError> {
    // 3.1 has no such flag, and a refusal no session [MQTT-3.2.2-6].
    let session_present =
        connack.session_present && version != ProtocolVersion::V3 && connack.reason_code == ReasonCode::Success;
    sink.byte(u8::from(session_present));
    if !version.is_v5() {
        sink.byte(connack.reason_code.as_v3_connack());
        return Ok(());
    }
    sink.byte(connack.reason_code.as_u8());
    let properties = [
        connack.session_expiry_interval.map(Property::SessionExpiryInterval),
        connack.receive_maximum.map(Property::ReceiveMaximum),
        // 2 is said by leaving it out.
        connack.maximum_qos.filter(|&qos| qos < Qos::ExactlyOnce).map(Property::MaximumQos),
        connack.retain_available.map(Property::RetainAvailable),
        connack.maximum_packet_size.map(Property::MaximumPacketSize),
        connack.assigned_client_identifier.map(Property::AssignedClientIdentifier),
        connack.topic_alias_maximum.map(Property::TopicAliasMaximum),
        connack.reason_string.map(Property::ReasonString),
        connack.wildcard_subscription_available.map(Property::WildcardSubscriptionAvailable),
        connack.subscription_identifiers_available.map(Property::SubscriptionIdentifierAvailable),
        connack.shared_subscription_available.map(Property::SharedSubscriptionAvailable),
        connack.server_keep_alive.map(Property::ServerKeepAlive),
        connack.response_information.map(Property::ResponseInformation),
        connack.server_reference.map(Property::ServerReference),
        connack.authentication_method.map(Property::AuthenticationMethod),
        connack.authentication_data.map(Property::AuthenticationData),
    ];
    PropertyBlock { single: &properties, user: connack.user_properties }.write(sink)
}
