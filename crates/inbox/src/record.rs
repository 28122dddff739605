//! Records of sessions and subscriptions, their keys, and their stored form.
//!
//! ```text
//! session        client id | protocol level, 1 byte | flags, 1 byte | expiry, seconds | expires at | will
//!                flags: bit 0 connected, bit 1 expires at follows, bit 2 will follows, bit 3 the will has a due time
//! will           delay, seconds | due at | stored message behind its length
//! subscription   filter | options, 1 byte: bits 0-1 QoS, 2 no local, 3 retain as published, 4-5 retain handling | identifier
//! ```
//! Text is UTF-8 behind its length; integers are LEB128. In the key-value store a value begins with the format version, and the
//! filter of a subscription stands in the key alone.

use crate::{
    DecodeError, SessionNumber, decode_message, encoded_message_len,
    stored_message::put_message,
    wire::{Reader, VARINT_LEN_MAX, put_bytes, put_varint},
};
use dunlin_model::{ArcStr, ClientId, Message, Millis, ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};

const FORMAT: u8 = 1;

const CONNECTED: u8 = 1;
const EXPIRES: u8 = 1 << 1;
const HAS_WILL: u8 = 1 << 2;
const WILL_IS_DUE: u8 = 1 << 3;

const NO_LOCAL: u8 = 1 << 2;
const RETAIN_AS_PUBLISHED: u8 = 1 << 3;
const RETAIN_HANDLING_SHIFT: u8 = 4;

/// The facts of a durable session.
#[derive(Clone, Debug)]
pub struct SessionRecord {
    /// Whose session it is.
    pub client_id: ClientId,
    /// Protocol version of its last connection.
    pub version: ProtocolVersion,
    /// Seconds it outlives its connection; `u32::MAX` is for ever.
    pub expiry_secs: u32,
    /// Whether it has a connection. After a start that is one which was lost.
    pub connected: bool,
    /// When it ends; `None` while it is connected, and for one that never does.
    pub expires_at: Option<Millis>,
    /// The will that is still to be published.
    pub will: Option<WillRecord>,
}

/// A will that is still to be published.
#[derive(Clone, Debug)]
pub struct WillRecord {
    /// The message; when it is published it counts as received then.
    pub message: Message,
    /// Seconds between the end of the connection and the publication.
    pub delay_secs: u32,
    /// When it is published; `None` while the connection lasts.
    pub due_at: Option<Millis>,
}

/// One subscription of a durable session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionRecord {
    /// The filter as the client wrote it, `$share/…` included.
    pub filter: ArcStr,
    /// Its options.
    pub options: SubscriptionOptions,
    /// Its identifier; 0 is none.
    pub subscription_id: u32,
}

impl SessionRecord {
    pub(crate) fn encoded_len_max(&self) -> usize {
        let will = self.will.as_ref().map_or(0, |will| 3 * VARINT_LEN_MAX + encoded_message_len(&will.message));
        self.client_id.len() + 3 * VARINT_LEN_MAX + 2 + will
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.client_id.as_bytes());
        out.push(self.version as u8);
        let due_at = self.will.as_ref().and_then(|will| will.due_at);
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        out.push(
            flag(self.connected, CONNECTED)
                | flag(self.expires_at.is_some(), EXPIRES)
                | flag(self.will.is_some(), HAS_WILL)
                | flag(due_at.is_some(), WILL_IS_DUE),
        );
        put_varint(out, u64::from(self.expiry_secs));
        if let Some(at) = self.expires_at {
            put_varint(out, at);
        }
        if let Some(will) = &self.will {
            put_varint(out, u64::from(will.delay_secs));
            if let Some(at) = due_at {
                put_varint(out, at);
            }
            put_message(out, &will.message);
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let client_id = ClientId::from(reader.text()?);
        let version = match reader.byte()? {
            3 => ProtocolVersion::V3,
            4 => ProtocolVersion::V4,
            5 => ProtocolVersion::V5,
            _ => return Err(DecodeError::Invalid("protocol level")),
        };
        let flags = reader.flags(CONNECTED | EXPIRES | HAS_WILL | WILL_IS_DUE)?;
        let expiry_secs = reader.varint_u32()?;
        let expires_at = if flags & EXPIRES == 0 { None } else { Some(reader.varint()?) };
        let will = match flags & (HAS_WILL | WILL_IS_DUE) {
            0 => None,
            WILL_IS_DUE => return Err(DecodeError::Invalid("flags")),
            _ => Some(WillRecord {
                delay_secs: reader.varint_u32()?,
                due_at: if flags & WILL_IS_DUE == 0 { None } else { Some(reader.varint()?) },
                message: decode_message(reader.bytes()?)?,
            }),
        };
        Ok(Self { client_id, version, expiry_secs, connected: flags & CONNECTED != 0, expires_at, will })
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(1 + self.encoded_len_max());
        value.push(FORMAT);
        self.encode(&mut value);
        value
    }
}

impl SubscriptionRecord {
    pub(crate) fn encoded_len_max(&self) -> usize {
        self.filter.len() + 2 * VARINT_LEN_MAX + 1
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        put_bytes(out, self.filter.as_bytes());
        self.encode_facts(out);
    }

    fn encode_facts(&self, out: &mut Vec<u8>) {
        let options = self.options;
        let mut flags = options.qos.as_u8() | (options.retain_handling as u8) << RETAIN_HANDLING_SHIFT;
        if options.no_local {
            flags |= NO_LOCAL;
        }
        if options.retain_as_published {
            flags |= RETAIN_AS_PUBLISHED;
        }
        out.push(flags);
        put_varint(out, u64::from(self.subscription_id));
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let filter = ArcStr::from(reader.text()?);
        Self::decode_facts(filter, reader)
    }

    fn decode_facts(filter: ArcStr, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let flags = reader.flags(0b11_1111)?;
        let options = SubscriptionOptions {
            qos: Qos::from_u8(flags & 0b11).ok_or(DecodeError::Invalid("quality of service"))?,
            no_local: flags & NO_LOCAL != 0,
            retain_as_published: flags & RETAIN_AS_PUBLISHED != 0,
            retain_handling: RetainHandling::from_u8(flags >> RETAIN_HANDLING_SHIFT)
                .ok_or(DecodeError::Invalid("retain handling"))?,
        };
        Ok(Self { filter, options, subscription_id: reader.varint_u32()? })
    }

    pub(crate) fn value(&self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        self.encode_facts(&mut value);
        value
    }
}

/// Key of a subscription.
pub(crate) fn subscription_key(session: SessionNumber, filter: &str) -> Vec<u8> {
    [&session.key(), filter.as_bytes()].concat()
}

/// Key of a QoS 2 exchange that a client has begun.
pub(crate) fn awaiting_key(session: SessionNumber, packet_id: u16) -> Vec<u8> {
    [&session.key()[..], &packet_id.to_be_bytes()].concat()
}

/// Value of a QoS 2 exchange that a client has begun.
pub(crate) fn awaiting_value() -> Vec<u8> {
    vec![FORMAT]
}

/// Reads an entry of [`crate::space::SESSIONS`].
///
/// # Errors
/// When it is damaged or in a newer format.
pub fn decode_session(key: &[u8], value: &[u8]) -> Result<(SessionNumber, SessionRecord), DecodeError> {
    let session = SessionNumber::from_key(key)?;
    let mut reader = Reader::versioned(value, FORMAT)?;
    let record = SessionRecord::decode(&mut reader)?;
    reader.finish()?;
    Ok((session, record))
}

/// Reads an entry of [`crate::space::SUBSCRIPTIONS`].
///
/// # Errors
/// When it is damaged or in a newer format.
pub fn decode_subscription(key: &[u8], value: &[u8]) -> Result<(SessionNumber, SubscriptionRecord), DecodeError> {
    let (session, filter) = SessionNumber::split_key(key)?;
    let filter = std::str::from_utf8(filter).map_err(|_| DecodeError::Invalid("text"))?;
    let mut reader = Reader::versioned(value, FORMAT)?;
    let record = SubscriptionRecord::decode_facts(ArcStr::from(filter), &mut reader)?;
    reader.finish()?;
    Ok((session, record))
}

/// Reads a key of [`crate::space::AWAITING`]: the session and the packet identifier of a QoS 2 exchange its client has begun.
///
/// # Errors
/// When it is damaged.
pub fn decode_awaiting(key: &[u8]) -> Result<(SessionNumber, u16), DecodeError> {
    let (session, rest) = SessionNumber::split_key(key)?;
    let packet_id = rest.try_into().map_err(|_| DecodeError::Invalid("length of a packet identifier"))?;
    Ok((session, u16::from_be_bytes(packet_id)))
}
