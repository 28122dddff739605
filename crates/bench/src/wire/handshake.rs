//! CONNECT and SUBSCRIBE, and the checks of their answers: the cold side of the wire, done by the codec.

use super::{Frame, WireError};
use dunlin_codec::{Connect, DecodeOptions, Packet, Subscribe, SubscribeFilters, UserProperties, decode_next, encode};
use dunlin_model::{ProtocolVersion, Qos, SubscriptionOptions};

/// PINGREQ, whole.
pub const PINGREQ: [u8; 2] = [0xC0, 0];
/// DISCONNECT with normal disconnection, whole; valid in every version (MQTT 5.0 §3.14.2.1).
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

/// A generator is no judge of peers: it takes what can be read.
const LENIENT: DecodeOptions = DecodeOptions { max_packet_size: u32::MAX, strict: false };

/// User name and password of every client of a run.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// User name.
    pub username: Option<String>,
    /// Password; before 5.0 only with a user name.
    pub password: Option<String>,
}

/// What a CONNECT of the generator says; the session is always clean.
#[derive(Clone, Debug)]
pub struct ConnectOptions<'a> {
    /// Protocol version.
    pub version: ProtocolVersion,
    /// Client identifier.
    pub client_id: &'a str,
    /// Keep alive in seconds, 0 is off.
    pub keep_alive_seconds: u16,
    /// User name and password.
    pub credentials: &'a Credentials,
}

/// Appends CONNECT.
///
/// # Errors
/// A text that is too long for MQTT.
pub fn write_connect(out: &mut Vec<u8>, options: &ConnectOptions<'_>) -> Result<(), WireError> {
    let connect = Connect {
        version: options.version,
        clean_start: true,
        keep_alive: options.keep_alive_seconds,
        client_id: options.client_id,
        username: options.credentials.username.as_deref(),
        password: options.credentials.password.as_deref().map(str::as_bytes),
        ..Connect::default()
    };
    Ok(encode(options.version, &Packet::Connect(Box::new(connect)), out)?)
}

/// Appends one SUBSCRIBE for all `filters`, of which there must be at least one [MQTT-3.8.3-2].
///
/// # Errors
/// A filter that is too long for MQTT.
pub fn write_subscribe(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: u16,
    filters: impl IntoIterator<Item = impl AsRef<str>>,
    qos: Qos,
) -> Result<(), WireError> {
    let filters: Vec<_> = filters.into_iter().collect();
    let options = SubscriptionOptions { qos, ..SubscriptionOptions::default() };
    let filters: Vec<_> = filters.iter().map(|filter| (filter.as_ref(), options)).collect();
    let subscribe = Subscribe {
        packet_id,
        subscription_id: None,
        user_properties: UserProperties::default(),
        filters: SubscribeFilters::Values(&filters),
    };
    Ok(encode(version, &Packet::Subscribe(subscribe), out)?)
}

/// Reads CONNACK and returns how many QoS 1 and 2 publishes the broker takes at a time (65,535 when it does not say).
///
/// # Errors
/// A refusal, or bytes that are no CONNACK.
pub fn check_connack(frame: Frame<'_>, version: ProtocolVersion) -> Result<u16, WireError> {
    match decode_next(version, &LENIENT, frame.bytes)? {
        Some((Packet::ConnAck(connack), _)) if connack.reason_code.is_error() => {
            Err(WireError::Refused(connack.reason_code))
        }
        Some((Packet::ConnAck(connack), _)) => Ok(connack.receive_maximum.unwrap_or(u16::MAX)),
        _ => Err(WireError::Unexpected(frame.first)),
    }
}

/// Reads SUBACK and returns how many filters it answers.
///
/// # Errors
/// The first refused filter, or bytes that are no SUBACK.
pub fn check_suback(frame: Frame<'_>, version: ProtocolVersion) -> Result<usize, WireError> {
    match decode_next(version, &LENIENT, frame.bytes)? {
        Some((Packet::SubAck(suback), _)) => match suback.reason_codes.iter().find(|code| **code >= 0x80) {
            Some(code) => Err(WireError::SubscriptionRefused(*code)),
            None => Ok(suback.reason_codes.len()),
        },
        _ => Err(WireError::Unexpected(frame.first)),
    }
}
