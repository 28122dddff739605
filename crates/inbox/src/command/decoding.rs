//! Commands read from the log. The bytes are not trusted: a frame whose checksum matches may still come from another version.

use super::{Command, GroupMember, Recipient, encoding as kind};
use crate::{
    DecodeError, Position, SessionNumber, SessionRecord, Space, SubscriptionRecord, decode_message, wire::Reader,
};
use dunlin_model::{ArcStr, Message, Qos, SubscriptionIds};
use std::ops::Range;

/// A command that was read.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// The command.
    pub command: Command,
    /// Where in the bytes the stored message of a `Queue` or `Relocate` lies.
    pub stored: Option<Range<usize>>,
}

impl Command {
    /// Reads the command at the front of `bytes` and says how many bytes it takes.
    ///
    /// # Errors
    /// When there is no whole and valid command, or one of a newer version.
    pub fn decode(bytes: &[u8]) -> Result<(Decoded, usize), DecodeError> {
        let mut reader = Reader::new(bytes);
        let mut stored = None;
        let command = match reader.byte()? {
            kind::SET_SESSION => {
                Self::SetSession { session: session(&mut reader)?, record: SessionRecord::decode(&mut reader)? }
            }
            kind::END_SESSION => Self::EndSession { session: session(&mut reader)? },
            kind::SET_SUBSCRIPTION => Self::SetSubscription {
                session: session(&mut reader)?,
                subscription: SubscriptionRecord::decode(&mut reader)?,
            },
            kind::REMOVE_SUBSCRIPTION => {
                Self::RemoveSubscription { session: session(&mut reader)?, filter: ArcStr::from(reader.text()?) }
            }
            kind::QUEUE => {
                let message = message(&mut reader, &mut stored)?;
                let recipients = recipients(&mut reader)?;
                Self::Queue { message, recipients, awaiting_release: awaiting_release(&mut reader)? }
            }
            kind::RELEASE => Self::Release { session: session(&mut reader)?, packet_id: packet_id(&mut reader)? },
            kind::SENT => Self::Sent { session: session(&mut reader)?, sent_to: reader.varint()? },
            kind::RECEIVED => Self::Received { session: session(&mut reader)?, position: reader.varint()? },
            kind::DONE => Self::Done { session: session(&mut reader)?, position: reader.varint()? },
            kind::DROP => {
                let (session, Range { start: from, end: below }) = (session(&mut reader)?, range(&mut reader)?);
                Self::Drop { session, from, below }
            }
            kind::MOVE_GROUP => Self::MoveGroup {
                filter: ArcStr::from(reader.text()?),
                from: session(&mut reader)?,
                range: range(&mut reader)?,
                to: members(&mut reader)?,
            },
            kind::RELOCATE => Self::Relocate {
                message: message(&mut reader, &mut stored)?,
                from: reader.place()?,
                entries: entries(&mut reader)?,
            },
            kind::SET => {
                Self::Set { space: space(&mut reader)?, key: reader.bytes()?.to_vec(), value: reader.bytes()?.to_vec() }
            }
            kind::UNSET => Self::Unset { space: space(&mut reader)?, key: reader.bytes()?.to_vec() },
            unknown => return Err(DecodeError::UnknownCommand(unknown)),
        };
        Ok((Decoded { command, stored }, reader.at()))
    }
}

fn session(reader: &mut Reader<'_>) -> Result<SessionNumber, DecodeError> {
    reader.varint().map(SessionNumber)
}

fn packet_id(reader: &mut Reader<'_>) -> Result<u16, DecodeError> {
    u16::try_from(reader.varint()?).map_err(|_| DecodeError::Invalid("packet identifier"))
}

fn space(reader: &mut Reader<'_>) -> Result<Space, DecodeError> {
    Space::from_u8(reader.byte()?).ok_or(DecodeError::Invalid("space"))
}

fn message(reader: &mut Reader<'_>, stored: &mut Option<Range<usize>>) -> Result<Message, DecodeError> {
    let bytes = reader.bytes()?;
    *stored = Some(reader.at() - bytes.len()..reader.at());
    decode_message(bytes)
}

fn range(reader: &mut Reader<'_>) -> Result<Range<Position>, DecodeError> {
    let from: Position = reader.varint()?;
    let below = from.checked_add(reader.varint()?).ok_or(DecodeError::Invalid("range of positions"))?;
    Ok(from..below)
}

fn awaiting_release(reader: &mut Reader<'_>) -> Result<Option<(SessionNumber, u16)>, DecodeError> {
    match reader.byte()? {
        0 => Ok(None),
        1 => Ok(Some((session(reader)?, packet_id(reader)?))),
        _ => Err(DecodeError::Invalid("exchange")),
    }
}

fn recipients(reader: &mut Reader<'_>) -> Result<Vec<Recipient>, DecodeError> {
    let count = reader.count(3)?;
    (0..count).map(|_| recipient(reader)).collect()
}

fn recipient(reader: &mut Reader<'_>) -> Result<Recipient, DecodeError> {
    const KNOWN: u8 = kind::RECIPIENT_QOS_2
        | kind::RECIPIENT_RETAIN
        | kind::RECIPIENT_IDS
        | kind::RECIPIENT_SHARED
        | kind::RECIPIENT_QOS_0;
    let session = session(reader)?;
    let position = reader.varint()?;
    let flags = reader.flags(KNOWN)?;
    let subscription_ids =
        if flags & kind::RECIPIENT_IDS == 0 { SubscriptionIds::None } else { subscription_ids(reader)? };
    let shared = if flags & kind::RECIPIENT_SHARED == 0 { None } else { Some(ArcStr::from(reader.text()?)) };
    let qos = match flags & (kind::RECIPIENT_QOS_2 | kind::RECIPIENT_QOS_0) {
        0 => Qos::AtLeastOnce,
        kind::RECIPIENT_QOS_2 => Qos::ExactlyOnce,
        kind::RECIPIENT_QOS_0 => Qos::AtMostOnce,
        _ => return Err(DecodeError::Invalid("quality of service")),
    };
    Ok(Recipient { session, position, qos, retain: flags & kind::RECIPIENT_RETAIN != 0, subscription_ids, shared })
}

/// Reads a list of identifiers, which is never empty and holds no zero.
pub(crate) fn subscription_ids(reader: &mut Reader<'_>) -> Result<SubscriptionIds, DecodeError> {
    let invalid = DecodeError::Invalid("subscription identifiers");
    let count = reader.count(1)?;
    if count == 0 || count > SubscriptionIds::MAX_COUNT {
        return Err(invalid);
    }
    let first = reader.varint_u32()?;
    if count == 1 {
        return if first == 0 { Err(invalid) } else { Ok(SubscriptionIds::One(first)) };
    }
    let mut ids = Vec::with_capacity(count);
    ids.push(first);
    for _ in 1..count {
        ids.push(reader.varint_u32()?);
    }
    if ids.contains(&0) { Err(invalid) } else { Ok(SubscriptionIds::from_ids(ids)) }
}

fn members(reader: &mut Reader<'_>) -> Result<Vec<(GroupMember, Position)>, DecodeError> {
    let count = reader.count(4)?;
    (0..count)
        .map(|_| {
            let session = session(reader)?;
            let qos = Qos::from_u8(reader.byte()?).ok_or(DecodeError::Invalid("quality of service"))?;
            let member = GroupMember { session, qos, subscription_id: reader.varint_u32()? };
            Ok((member, reader.varint()?))
        })
        .collect()
}

fn entries(reader: &mut Reader<'_>) -> Result<Vec<(SessionNumber, Position)>, DecodeError> {
    let count = reader.count(2)?;
    (0..count).map(|_| Ok((session(reader)?, reader.varint()?))).collect()
}
