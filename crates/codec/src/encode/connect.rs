//! CONNECT on its way out, for clients and bridges. Layout: see `decode/connect.rs`.

use super::{
    error::EncodeError,
    fit_remaining_length,
    property_block::PropertyBlock,
    sink::{Counter, Sink},
};
use crate::{
    packet::{Connect, Will},
    property::Property,
};
use dunlin_model::ProtocolVersion;

pub(super) fn write<S: Sink>(connect: &Connect<'_>, sink: &mut S) -> Result<(), EncodeError> {
    let (name, level) = match connect.version {
        ProtocolVersion::V3 => (&b"MQIsdp"[..], 3),
        ProtocolVersion::V4 => (&b"MQTT"[..], 4),
        ProtocolVersion::V5 => (&b"MQTT"[..], 5),
    };
    let bridge_bit = if connect.is_bridge && !connect.version.is_v5() { 0x80 } else { 0 };
    sink.counted(name)?;
    sink.byte(level | bridge_bit);
    sink.byte(flags(connect));
    sink.two_bytes(connect.keep_alive);
    if connect.version.is_v5() {
        write_properties(connect, sink)?;
    }
    sink.counted(connect.client_id.as_bytes())?;
    if let Some(will) = &connect.will {
        if connect.version.is_v5() {
            let mut counter = Counter::default();
            write_will_properties(will, &mut counter)?;
            sink.variable_byte_integer(fit_remaining_length(counter.len())?);
            write_will_properties(will, sink)?;
        }
        sink.counted(will.topic.as_bytes())?;
        sink.counted(will.payload)?;
    }
    connect.username.map_or(Ok(()), |username| sink.counted(username.as_bytes()))?;
    connect.password.map_or(Ok(()), |password| sink.counted(password))
}

/// `| user name | password | will retain | will QoS (2) | will | clean start | reserved |`
fn flags(connect: &Connect<'_>) -> u8 {
    let will = connect.will.as_ref().map_or(0, |will| 0x04 | (will.qos.as_u8() << 3) | (u8::from(will.retain) << 5));
    (u8::from(connect.username.is_some()) << 7)
        | (u8::from(connect.password.is_some()) << 6)
        | will
        | (u8::from(connect.clean_start) << 1)
}

fn write_properties<S: Sink>(connect: &Connect<'_>, sink: &mut S) -> Result<(), EncodeError> {
    let properties = [
        connect.session_expiry_interval.map(Property::SessionExpiryInterval),
        connect.receive_maximum.map(Property::ReceiveMaximum),
        connect.maximum_packet_size.map(Property::MaximumPacketSize),
        connect.topic_alias_maximum.map(Property::TopicAliasMaximum),
        connect.request_response_information.then_some(Property::RequestResponseInformation(true)),
        connect.request_problem_information.map(Property::RequestProblemInformation),
        connect.authentication_method.map(Property::AuthenticationMethod),
        connect.authentication_data.map(Property::AuthenticationData),
    ];
    PropertyBlock { single: &properties, user: connect.user_properties }.write(sink)
}

fn write_will_properties<S: Sink>(will: &Will<'_>, sink: &mut S) -> Result<(), EncodeError> {
    let single = [
        (will.delay_interval != 0).then_some(Property::WillDelayInterval(will.delay_interval)),
        will.message_expiry_interval.map(Property::MessageExpiryInterval),
    ];
    single.iter().flatten().try_for_each(|property| property.write(sink))?;
    will.properties.for_each_piece(|piece| sink.bytes(piece));
    Ok(())
}
