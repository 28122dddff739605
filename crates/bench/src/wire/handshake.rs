//! CONNECT and SUBSCRIBE, and the checks of their answers: the cold side of the wire.

use super::{WireError, write_variable_integer};
use dunlin_model::{ProtocolVersion, Qos};

/// PINGREQ, whole.
pub const PINGREQ: [u8; 2] = [0xC0, 0];
/// DISCONNECT with normal disconnection, whole; valid in every version (MQTT 5.0 §3.14.2.1).
pub const DISCONNECT: [u8; 2] = [0xE0, 0];

/// User name and password of every client of a run.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// User name.
    pub username: Option<String>,
    /// Password; 3.1.1 allows it only with a user name [MQTT-3.1.2-22 of 3.1.1].
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

fn write_field(out: &mut Vec<u8>, field: &[u8]) {
    out.extend_from_slice(&(field.len() as u16).to_be_bytes());
    out.extend_from_slice(field);
}

fn write_packet(out: &mut Vec<u8>, first: u8, body: &[u8]) {
    out.push(first);
    write_variable_integer(out, body.len());
    out.extend_from_slice(body);
}

/// Appends CONNECT. All texts must be shorter than 65,536 bytes; the command line has checked that.
pub fn write_connect(out: &mut Vec<u8>, options: &ConnectOptions<'_>) {
    let Credentials { username, password } = options.credentials;
    let flags = 2 | u8::from(username.is_some()) << 7 | u8::from(password.is_some()) << 6;
    let mut body = Vec::with_capacity(32 + options.client_id.len());
    write_field(&mut body, if options.version == ProtocolVersion::V3 { b"MQIsdp" } else { b"MQTT" });
    body.extend_from_slice(&[options.version as u8, flags]);
    body.extend_from_slice(&options.keep_alive_seconds.to_be_bytes());
    if options.version.is_v5() {
        body.push(0);
    }
    write_field(&mut body, options.client_id.as_bytes());
    for field in [username, password].into_iter().flatten() {
        write_field(&mut body, field.as_bytes());
    }
    write_packet(out, 0x10, &body);
}

/// Appends one SUBSCRIBE for all `filters`, of which there must be at least one [MQTT-3.8.3-2].
pub fn write_subscribe(
    out: &mut Vec<u8>,
    version: ProtocolVersion,
    packet_id: u16,
    filters: impl IntoIterator<Item = impl AsRef<str>>,
    qos: Qos,
) {
    let mut body = packet_id.to_be_bytes().to_vec();
    if version.is_v5() {
        body.push(0);
    }
    for filter in filters {
        write_field(&mut body, filter.as_ref().as_bytes());
        body.push(qos.as_u8());
    }
    // The flag bits of SUBSCRIBE are 0010 [MQTT-3.8.1-1].
    write_packet(out, 0x82, &body);
}

/// Reads CONNACK and returns how many QoS 1 and 2 publishes the broker takes at a time (65,535 when it does not say).
///
/// # Errors
/// A refusal, or a packet shorter than its fields.
pub fn check_connack(body: &[u8], version: ProtocolVersion) -> Result<u16, WireError> {
    const TRUNCATED: WireError = WireError::Truncated("CONNACK");
    let [_, code, properties @ ..] = body else { return Err(TRUNCATED) };
    if *code != 0 {
        return Err(WireError::Refused(*code));
    }
    if version.is_v5() { receive_maximum(properties) } else { Ok(u16::MAX) }
}

/// Finds Receive Maximum (0x21) among CONNACK properties (MQTT 5.0 §3.2.2.3).
fn receive_maximum(properties: &[u8]) -> Result<u16, WireError> {
    const TRUNCATED: WireError = WireError::Truncated("CONNACK properties");
    let (length, length_bytes) = super::read_variable_integer(properties)?.ok_or(TRUNCATED)?;
    let mut rest = properties.get(length_bytes..length_bytes + length).ok_or(TRUNCATED)?;
    let text_bytes = |bytes: &[u8]| -> Result<usize, WireError> {
        let length = bytes.first_chunk::<2>().ok_or(TRUNCATED)?;
        Ok(2 + usize::from(u16::from_be_bytes(*length)))
    };
    while let Some((&identifier, value)) = rest.split_first() {
        let value_bytes = match identifier {
            0x21 => {
                return value.first_chunk::<2>().map(|bytes| u16::from_be_bytes(*bytes)).ok_or(TRUNCATED);
            }
            0x11 | 0x27 => 4,
            0x13 | 0x22 => 2,
            0x24 | 0x25 | 0x28 | 0x29 | 0x2A => 1,
            0x12 | 0x15 | 0x16 | 0x1A | 0x1C | 0x1F => text_bytes(value)?,
            0x26 => {
                let name_bytes = text_bytes(value)?;
                name_bytes + text_bytes(value.get(name_bytes..).ok_or(TRUNCATED)?)?
            }
            other => return Err(WireError::Unexpected(other)),
        };
        rest = value.get(value_bytes..).ok_or(TRUNCATED)?;
    }
    Ok(u16::MAX)
}

/// Reads SUBACK and returns its packet identifier and how many filters it answers.
///
/// # Errors
/// The first refused filter, or a packet shorter than its fields.
pub fn check_suback(body: &[u8], version: ProtocolVersion) -> Result<(u16, usize), WireError> {
    const TRUNCATED: WireError = WireError::Truncated("SUBACK");
    let (packet_id, mut codes) = body.split_first_chunk::<2>().ok_or(TRUNCATED)?;
    if version.is_v5() {
        let (length, length_bytes) = super::read_variable_integer(codes)?.ok_or(TRUNCATED)?;
        codes = codes.get(length_bytes + length..).ok_or(TRUNCATED)?;
    }
    match codes.iter().find(|code| **code >= 0x80) {
        Some(code) => Err(WireError::SubscriptionRefused(*code)),
        None => Ok((u16::from_be_bytes(*packet_id), codes.len())),
    }
}
