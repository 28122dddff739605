//! Commands as bytes of the log. The log frames them and checks the frames; a frame holds any number of commands, one after the
//! other.
//!
//! ```text
//! kind, 1 byte
//!  1 set session          session | session record
//!  2 end session          session
//!  3 set subscription     session | subscription record
//!  4 remove subscription  session | filter
//!  5 queue                stored message | count, recipients | 0, or 1, session, packet id
//!  6 release              session | packet id
//!  7 sent                 session | position
//!  8 received             session | position
//!  9 done                 session | position
//! 10 drop                 session | position | length of the range
//! 11 move group           filter | session | position | length of the range | count, members
//! 12 relocate             stored message | place before: segment, offset, length | count, entries: session | position
//! 13 set                  space, 1 byte | key | value
//! 14 unset                space, 1 byte | key
//! recipient               session | position | flags, 1 byte | count, identifiers | shared filter
//!                         flags: bit 0 QoS 2, 1 RETAIN, 2 identifiers follow, 3 a shared filter follows,
//!                         4 QoS 0
//! member                  session | QoS, 1 byte | subscription identifier | position
//! ```
//! Integers are LEB128; text, keys, values and stored messages stand behind their length. A changed layout gets a new kind.

use super::{Command, GroupMember, Recipient};
use crate::{
    Position, SessionNumber, Space, encoded_message_len,
    stored_message::put_message,
    wire::{VARINT_LEN_MAX, put_bytes, put_place, put_varint},
};
use dunlin_model::{Message, Qos};
use std::ops::Range;

pub(super) const SET_SESSION: u8 = 1;
pub(super) const END_SESSION: u8 = 2;
pub(super) const SET_SUBSCRIPTION: u8 = 3;
pub(super) const REMOVE_SUBSCRIPTION: u8 = 4;
pub(super) const QUEUE: u8 = 5;
pub(super) const RELEASE: u8 = 6;
pub(super) const SENT: u8 = 7;
pub(super) const RECEIVED: u8 = 8;
pub(super) const DONE: u8 = 9;
pub(super) const DROP: u8 = 10;
pub(super) const MOVE_GROUP: u8 = 11;
pub(super) const RELOCATE: u8 = 12;
pub(super) const SET: u8 = 13;
pub(super) const UNSET: u8 = 14;

pub(super) const RECIPIENT_QOS_2: u8 = 1;
pub(super) const RECIPIENT_RETAIN: u8 = 1 << 1;
pub(super) const RECIPIENT_IDS: u8 = 1 << 2;
pub(super) const RECIPIENT_SHARED: u8 = 1 << 3;
pub(super) const RECIPIENT_QOS_0: u8 = 1 << 4;

impl Command {
    /// Appends the command and says where in `out` the stored message of a `Queue` or `Relocate` lies.
    pub fn encode(&self, out: &mut Vec<u8>) -> Option<Range<usize>> {
        match self {
            Self::Queue { message, recipients, awaiting_release } => {
                return Some(encode_queue(message, recipients, *awaiting_release, out));
            }
            Self::Relocate { message, from, entries } => {
                out.push(RELOCATE);
                let stored = put_message(out, message);
                put_place(out, *from);
                put_varint(out, entries.len() as u64);
                for &(session, position) in entries {
                    put_varint(out, session.0);
                    put_varint(out, position);
                }
                return Some(stored);
            }
            Self::SetSession { session, record } => {
                put_kind(out, SET_SESSION, *session);
                record.encode(out);
            }
            Self::EndSession { session } => put_kind(out, END_SESSION, *session),
            Self::SetSubscription { session, subscription } => {
                put_kind(out, SET_SUBSCRIPTION, *session);
                subscription.encode(out);
            }
            Self::RemoveSubscription { session, filter } => {
                put_kind(out, REMOVE_SUBSCRIPTION, *session);
                put_bytes(out, filter.as_bytes());
            }
            Self::Release { session, packet_id } => put_position(out, RELEASE, *session, u64::from(*packet_id)),
            Self::Sent { session, sent_to } => put_position(out, SENT, *session, *sent_to),
            Self::Received { session, position } => put_position(out, RECEIVED, *session, *position),
            Self::Done { session, position } => put_position(out, DONE, *session, *position),
            Self::Drop { session, from, below } => {
                put_kind(out, DROP, *session);
                put_range(out, &(*from..*below));
            }
            Self::MoveGroup { filter, from, range, to } => {
                out.push(MOVE_GROUP);
                put_bytes(out, filter.as_bytes());
                put_varint(out, from.0);
                put_range(out, range);
                put_varint(out, to.len() as u64);
                to.iter().for_each(|&(member, position)| put_member(out, member, position));
            }
            Self::Set { space, key, value } => {
                out.extend_from_slice(&[SET, *space as u8]);
                put_bytes(out, key);
                put_bytes(out, value);
            }
            Self::Retain { message } => {
                out.extend_from_slice(&[SET, Space::Retained as u8]);
                put_bytes(out, message.topic_bytes());
                put_message(out, message);
            }
            Self::Unset { space, key } => {
                out.extend_from_slice(&[UNSET, *space as u8]);
                put_bytes(out, key);
            }
        }
        None
    }

    /// Most bytes [`Self::encode`] appends.
    #[must_use]
    pub fn encoded_len_max(&self) -> usize {
        let rest = match self {
            Self::SetSession { record, .. } => record.encoded_len_max(),
            Self::SetSubscription { subscription, .. } => subscription.encoded_len_max(),
            Self::RemoveSubscription { filter, .. } => filter.len(),
            Self::Queue { message, recipients, .. } => {
                encoded_message_len(message) + recipients.iter().map(recipient_len_max).sum::<usize>()
            }
            Self::MoveGroup { filter, to, .. } => filter.len() + to.len() * (3 * VARINT_LEN_MAX + 1),
            Self::Relocate { message, entries, .. } => {
                encoded_message_len(message) + entries.len() * 2 * VARINT_LEN_MAX
            }
            Self::Set { key, value, .. } => key.len() + value.len(),
            Self::Retain { message } => message.topic_bytes().len() + encoded_message_len(message),
            Self::Unset { key, .. } => key.len(),
            Self::EndSession { .. }
            | Self::Release { .. }
            | Self::Sent { .. }
            | Self::Received { .. }
            | Self::Done { .. }
            | Self::Drop { .. } => 0,
        };
        // The kind and up to five integers stand outside of what is counted above.
        1 + 5 * VARINT_LEN_MAX + rest
    }
}

/// Appends a [`Command::Queue`] made of its parts, without building one, and says where in `out` the stored message lies.
pub fn encode_queue(
    message: &Message,
    recipients: &[Recipient],
    awaiting_release: Option<(SessionNumber, u16)>,
    out: &mut Vec<u8>,
) -> Range<usize> {
    out.push(QUEUE);
    let stored = put_message(out, message);
    put_varint(out, recipients.len() as u64);
    for recipient in recipients {
        put_recipient(out, recipient);
    }
    match awaiting_release {
        None => out.push(0),
        Some((session, packet_id)) => put_position(out, 1, session, u64::from(packet_id)),
    }
    stored
}

fn put_kind(out: &mut Vec<u8>, kind: u8, session: SessionNumber) {
    out.push(kind);
    put_varint(out, session.0);
}

fn put_position(out: &mut Vec<u8>, kind: u8, session: SessionNumber, position: Position) {
    put_kind(out, kind, session);
    put_varint(out, position);
}

fn put_range(out: &mut Vec<u8>, range: &Range<Position>) {
    put_varint(out, range.start);
    put_varint(out, range.end.saturating_sub(range.start));
}

fn put_member(out: &mut Vec<u8>, member: GroupMember, position: Position) {
    put_varint(out, member.session.0);
    out.push(member.qos.as_u8());
    put_varint(out, u64::from(member.subscription_id));
    put_varint(out, position);
}

fn put_recipient(out: &mut Vec<u8>, recipient: &Recipient) {
    put_varint(out, recipient.session.0);
    put_varint(out, recipient.position);
    let ids = recipient.subscription_ids.as_slice();
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    out.push(
        flag(recipient.qos == Qos::ExactlyOnce, RECIPIENT_QOS_2)
            | flag(recipient.qos == Qos::AtMostOnce, RECIPIENT_QOS_0)
            | flag(recipient.retain, RECIPIENT_RETAIN)
            | flag(!ids.is_empty(), RECIPIENT_IDS)
            | flag(recipient.shared.is_some(), RECIPIENT_SHARED),
    );
    if !ids.is_empty() {
        put_varint(out, ids.len() as u64);
        ids.iter().for_each(|&id| put_varint(out, u64::from(id)));
    }
    if let Some(filter) = &recipient.shared {
        put_bytes(out, filter.as_bytes());
    }
}

fn recipient_len_max(recipient: &Recipient) -> usize {
    let ids = recipient.subscription_ids.as_slice().len();
    let shared = recipient.shared.as_ref().map_or(0, |filter| VARINT_LEN_MAX + filter.len());
    3 * VARINT_LEN_MAX + 1 + ids * VARINT_LEN_MAX + shared
}
