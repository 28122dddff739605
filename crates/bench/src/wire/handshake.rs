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

/// Session expiry of persistent sessions in 5.0, in seconds; before 5.0 the broker decides.
const SESSION_EXPIRY_SECONDS: u32 = 3600;

/// Which session a client asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionKind {
    /// A new one that ends with the connection.
    #[default]
    Clean,
    /// The one that the broker keeps for the client identifier, or else a new one that it keeps from now on.
    Persistent,
}

/// What CONNACK says to an accepted client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// How many QoS 1 and 2 publishes the broker takes at a time; 65,535 when it does not say.
    pub receive_maximum: u16,
    /// The broker had kept a session for the client identifier [MQTT-3.2.2-3].
    pub session_present: bool,
}

/// What a CONNECT of the generator says.
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
    /// Clean or persistent.
    pub session: SessionKind,
}

/// Appends CONNECT.
///
/// # Errors
/// A text that is too long for MQTT.
pub fn write_connect(out: &mut Vec<u8>, options: &ConnectOptions<'_>) -> Result<(), WireError> {
    let persistent = options.session == SessionKind::Persistent;
    let connect = Connect {
        version: options.version,
        // In 3.1.1 this flag is Clean Session: unset, the session also outlives the connection [MQTT-3.1.2-4].
        clean_start: !persistent,
        session_expiry_interval: (persistent && options.version.is_v5()).then_some(SESSION_EXPIRY_SECONDS),
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

/// Reads CONNACK.
///
/// # Errors
/// A refusal, or bytes that are no CONNACK.
pub fn check_connack(frame: Frame<'_>, version: ProtocolVersion) -> Result<Accepted, WireError> {
    match decode_next(version, &LENIENT, frame.bytes)? {
        Some((Packet::ConnAck(connack), _)) if connack.reason_code.is_error() => {
            Err(WireError::Refused(connack.reason_code))
        }
        Some((Packet::ConnAck(connack), _)) => Ok(Accepted {
            receive_maximum: connack.receive_maximum.unwrap_or(u16::MAX),
            session_present: connack.session_present,
        }),
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
