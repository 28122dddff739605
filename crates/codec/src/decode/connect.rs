//! CONNECT (MQTT 5.0 §3.1).
//!
//! ```text
//! | protocol name | level | flags | keep alive | properties (5.0) |
//! | client id | will properties (5.0) | will topic | will payload | user name | password |
//! ```

use crate::{
    error::DecodeError,
    packet::{Connect, Will},
    property::Property,
    property_id::PropertySet,
    property_section::PropertySection,
    reader::Reader,
};
use dunlin_model::{ProtocolVersion, Qos};

/// Set in the protocol level by mosquitto's bridges.
const BRIDGE_BIT: u8 = 0x80;

pub(super) fn decode(strict: bool, body: &[u8]) -> Result<Connect<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let (version, is_bridge) = read_version(&mut reader)?;
    let flags = ConnectFlags::read(reader.byte()?)?;
    let mut connect = Connect {
        version,
        is_bridge,
        clean_start: flags.clean_start,
        keep_alive: reader.two_bytes()?,
        ..Connect::default()
    };
    // A password without a user name came with 5.0 [MQTT-3.1.2-22 of 3.1.1].
    if strict && !version.is_v5() && flags.has_password && !flags.has_username {
        return Err(DecodeError::PasswordWithoutUserName);
    }
    if version.is_v5() {
        read_properties(&mut connect, &mut reader, strict)?;
    }
    // The fields follow in this order [MQTT-3.1.3-1].
    connect.client_id = reader.text(strict)?;
    connect.will = flags.has_will.then(|| read_will(&mut reader, flags, version, strict)).transpose()?;
    // In 3.1 the length of the packet has the last word: a flag without its field counts as not set (3.1 §3.1).
    let is_left_out = |reader: &Reader<'_>| version == ProtocolVersion::V3 && reader.is_empty();
    if flags.has_username && !is_left_out(&reader) {
        connect.username = Some(reader.text(strict)?);
    }
    if flags.has_password && !is_left_out(&reader) {
        connect.password = Some(reader.binary()?);
    }
    reader.finish()?;
    Ok(connect)
}

/// The name must be `MQTT`, or `MQIsdp` in 3.1 [MQTT-3.1.2-1], and the level must be one this crate speaks [MQTT-3.1.2-2].
fn read_version(reader: &mut Reader<'_>) -> Result<(ProtocolVersion, bool), DecodeError> {
    let name = reader.binary()?;
    if name != b"MQTT" && name != b"MQIsdp" {
        return Err(DecodeError::UnknownProtocolName);
    }
    let level = reader.byte()?;
    match (name, level) {
        (b"MQTT", 5) => Ok((ProtocolVersion::V5, false)),
        (b"MQTT", 4) => Ok((ProtocolVersion::V4, false)),
        (b"MQIsdp", 3) => Ok((ProtocolVersion::V3, false)),
        (b"MQTT", level) if level == BRIDGE_BIT | 4 => Ok((ProtocolVersion::V4, true)),
        (b"MQIsdp", level) if level == BRIDGE_BIT | 3 => Ok((ProtocolVersion::V3, true)),
        _ => Err(DecodeError::UnsupportedProtocolVersion { level }),
    }
}

/// `| user name | password | will retain | will QoS (2) | will | clean start | reserved |`
#[derive(Clone, Copy)]
struct ConnectFlags {
    has_username: bool,
    has_password: bool,
    has_will: bool,
    will_qos: Qos,
    will_retain: bool,
    clean_start: bool,
}

impl ConnectFlags {
    fn read(flags: u8) -> Result<Self, DecodeError> {
        // [MQTT-3.1.2-3]
        if flags & 0b0000_0001 != 0 {
            return Err(DecodeError::ReservedConnectFlag);
        }
        let has_will = flags & 0b0000_0100 != 0;
        // 3 is no QoS [MQTT-3.1.2-12].
        let will_qos = Qos::from_u8((flags >> 3) & 0b11).ok_or(DecodeError::InvalidWillQos)?;
        let will_retain = flags & 0b0010_0000 != 0;
        // Without a will its QoS [MQTT-3.1.2-11] and its retain flag [MQTT-3.1.2-13] are 0.
        if !has_will && will_qos != Qos::AtMostOnce {
            return Err(DecodeError::InvalidWillQos);
        }
        if !has_will && will_retain {
            return Err(DecodeError::WillRetainWithoutWill);
        }
        Ok(Self {
            has_username: flags & 0b1000_0000 != 0,
            has_password: flags & 0b0100_0000 != 0,
            has_will,
            will_qos,
            will_retain,
            clean_start: flags & 0b0000_0010 != 0,
        })
    }
}

fn read_properties<'a>(connect: &mut Connect<'a>, reader: &mut Reader<'a>, strict: bool) -> Result<(), DecodeError> {
    let mut section = PropertySection::open(reader, PropertySet::CONNECT, PropertySet::USER, strict)?;
    while let Some(property) = section.next()? {
        match property {
            Property::SessionExpiryInterval(secs) => connect.session_expiry_interval = Some(secs),
            Property::ReceiveMaximum(maximum) => connect.receive_maximum = Some(maximum),
            Property::MaximumPacketSize(size) => connect.maximum_packet_size = Some(size),
            Property::TopicAliasMaximum(maximum) => connect.topic_alias_maximum = Some(maximum),
            Property::RequestResponseInformation(wanted) => connect.request_response_information = wanted,
            Property::RequestProblemInformation(wanted) => connect.request_problem_information = Some(wanted),
            Property::AuthenticationMethod(method) => connect.authentication_method = Some(method),
            Property::AuthenticationData(data) => connect.authentication_data = Some(data),
            // User properties stay in wire form.
            _ => {}
        }
    }
    connect.user_properties = section.user_properties();
    if connect.authentication_data.is_some() && connect.authentication_method.is_none() {
        return Err(DecodeError::AuthenticationDataWithoutMethod);
    }
    Ok(())
}

fn read_will<'a>(
    reader: &mut Reader<'a>,
    flags: ConnectFlags,
    version: ProtocolVersion,
    strict: bool,
) -> Result<Will<'a>, DecodeError> {
    let mut will = Will { qos: flags.will_qos, retain: flags.will_retain, ..Will::default() };
    if version.is_v5() {
        let mut section = PropertySection::open(reader, PropertySet::WILL, PropertySet::FORWARDED, strict)?;
        while let Some(property) = section.next()? {
            match property {
                Property::WillDelayInterval(secs) => will.delay_interval = secs,
                Property::MessageExpiryInterval(secs) => will.message_expiry_interval = Some(secs),
                // The rest stays in wire form.
                _ => {}
            }
        }
        will.properties = section.forwarded();
    }
    will.topic = reader.text(strict)?;
    will.payload = reader.binary()?;
    Ok(will)
}
