//! An event in bytes, so that an idle client's timeline takes tens of bytes and not hundreds.
//!
//! A byte says which event it is; its fields follow in the order of [`TimelineEvent`]: numbers in groups of seven bits (LEB128),
//! a text behind its length, an address as its family, its bytes and its port. These bytes never leave the process.

use super::{TimelineEvent, TimelineVerdict};
use dunlin_model::{DisconnectReason, ProtocolVersion, Qos, ReasonCode};
use dunlin_telemetry::Metric;
use std::net::{IpAddr, SocketAddr};

const CONNECTED: u8 = 0;
const REFUSED: u8 = 1;
const NOT_AUTHENTICATED: u8 = 2;
const SUBSCRIBE_ALLOWED: u8 = 3;
const SUBSCRIBE_DENIED: u8 = 4;
const PUBLISH_DENIED: u8 = 5;
const PUBLISH_OVER_LIMIT: u8 = 6;
const SUBSCRIBED: u8 = 7;
const UNSUBSCRIBED: u8 = 8;
const DROPPED: u8 = 9;
const RELEASE_TIMED_OUT: u8 = 10;
const DISCONNECTED: u8 = 11;
const SESSION_ENDED: u8 = 12;

/// Appends an event.
pub(super) fn pack(event: &TimelineEvent<'_>, out: &mut Vec<u8>) {
    match *event {
        TimelineEvent::Connected { peer, listener, version, is_resumed, authenticator } => {
            out.push(CONNECTED);
            pack_address(peer, out);
            pack_text(listener, out);
            out.extend([version as u8, u8::from(is_resumed)]);
            pack_optional(authenticator, out);
        }
        TimelineEvent::Refused { peer, code } => {
            out.push(REFUSED);
            pack_address(peer, out);
            out.push(code.as_u8());
        }
        TimelineEvent::NotAuthenticated { authenticator, code } => {
            out.push(NOT_AUTHENTICATED);
            pack_optional(authenticator, out);
            out.push(code.as_u8());
        }
        TimelineEvent::SubscribeAllowed(verdict) => pack_verdict(SUBSCRIBE_ALLOWED, verdict, out),
        TimelineEvent::SubscribeDenied(verdict) => pack_verdict(SUBSCRIBE_DENIED, verdict, out),
        TimelineEvent::PublishDenied(verdict) => pack_verdict(PUBLISH_DENIED, verdict, out),
        TimelineEvent::PublishOverLimit { topic } => {
            out.push(PUBLISH_OVER_LIMIT);
            pack_text(topic, out);
        }
        TimelineEvent::Subscribed { filter, qos } => {
            out.push(SUBSCRIBED);
            pack_text(filter, out);
            out.push(qos.as_u8());
        }
        TimelineEvent::Unsubscribed { filter } => {
            out.push(UNSUBSCRIBED);
            pack_text(filter, out);
        }
        TimelineEvent::Dropped { reason, topic } => {
            out.push(DROPPED);
            pack_number(reason as u64, out);
            pack_optional(topic, out);
        }
        TimelineEvent::ReleaseTimedOut => out.push(RELEASE_TIMED_OUT),
        TimelineEvent::Disconnected { reason } => out.extend([DISCONNECTED, reason as u8]),
        TimelineEvent::SessionEnded => out.push(SESSION_ENDED),
    }
}

/// Appends a number, seven bits a byte, the lowest first; the highest bit says that there are more.
pub(super) fn pack_number(mut number: u64, out: &mut impl Extend<u8>) {
    while number >= 0x80 {
        out.extend([number as u8 | 0x80]);
        number >>= 7;
    }
    out.extend([number as u8]);
}

fn pack_text(text: &str, out: &mut Vec<u8>) {
    pack_number(text.len() as u64, out);
    out.extend(text.as_bytes());
}

fn pack_optional(text: Option<&str>, out: &mut Vec<u8>) {
    out.push(u8::from(text.is_some()));
    if let Some(text) = text {
        pack_text(text, out);
    }
}

fn pack_address(address: SocketAddr, out: &mut Vec<u8>) {
    match address.ip() {
        IpAddr::V4(ip) => {
            out.push(4);
            out.extend(ip.octets());
        }
        IpAddr::V6(ip) => {
            out.push(6);
            out.extend(ip.octets());
        }
    }
    out.extend(address.port().to_le_bytes());
}

fn pack_verdict(kind: u8, verdict: TimelineVerdict<'_>, out: &mut Vec<u8>) {
    out.push(kind);
    pack_text(verdict.topic, out);
    pack_text(verdict.source, out);
    // Rules are counted from 1.
    pack_number(verdict.rule.map_or(0, |rule| rule as u64), out);
}

/// Reads an event, which is all the bytes; `None` where they are none.
pub(super) fn unpack(bytes: &[u8]) -> Option<TimelineEvent<'_>> {
    let mut fields = Fields(bytes);
    Some(match fields.byte()? {
        CONNECTED => TimelineEvent::Connected {
            peer: fields.address()?,
            listener: fields.text()?,
            version: match fields.byte()? {
                3 => ProtocolVersion::V3,
                4 => ProtocolVersion::V4,
                _ => ProtocolVersion::V5,
            },
            is_resumed: fields.byte()? != 0,
            authenticator: fields.optional()?,
        },
        REFUSED => TimelineEvent::Refused { peer: fields.address()?, code: fields.code()? },
        NOT_AUTHENTICATED => {
            TimelineEvent::NotAuthenticated { authenticator: fields.optional()?, code: fields.code()? }
        }
        SUBSCRIBE_ALLOWED => TimelineEvent::SubscribeAllowed(fields.verdict()?),
        SUBSCRIBE_DENIED => TimelineEvent::SubscribeDenied(fields.verdict()?),
        PUBLISH_DENIED => TimelineEvent::PublishDenied(fields.verdict()?),
        PUBLISH_OVER_LIMIT => TimelineEvent::PublishOverLimit { topic: fields.text()? },
        SUBSCRIBED => TimelineEvent::Subscribed { filter: fields.text()?, qos: Qos::from_u8(fields.byte()?)? },
        UNSUBSCRIBED => TimelineEvent::Unsubscribed { filter: fields.text()? },
        DROPPED => {
            TimelineEvent::Dropped { reason: *Metric::ALL.get(fields.number()? as usize)?, topic: fields.optional()? }
        }
        RELEASE_TIMED_OUT => TimelineEvent::ReleaseTimedOut,
        DISCONNECTED => {
            TimelineEvent::Disconnected { reason: *DisconnectReason::ALL.get(usize::from(fields.byte()?))? }
        }
        SESSION_ENDED => TimelineEvent::SessionEnded,
        _ => return None,
    })
}

/// Bytes that are not read yet.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take::<1>().map(|[byte]| byte)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn code(&mut self) -> Option<ReasonCode> {
        ReasonCode::from_u8(self.byte()?)
    }

    /// What is behind its length.
    pub(super) fn chunk(&mut self) -> Option<&'a [u8]> {
        let length = self.number()? as usize;
        let (chunk, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(chunk)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.chunk()?).ok()
    }

    /// Whether it is there, then the text.
    fn optional(&mut self) -> Option<Option<&'a str>> {
        if self.byte()? == 0 { Some(None) } else { self.text().map(Some) }
    }

    fn address(&mut self) -> Option<SocketAddr> {
        let ip = if self.byte()? == 4 { IpAddr::from(self.take::<4>()?) } else { IpAddr::from(self.take::<16>()?) };
        Some(SocketAddr::new(ip, u16::from_le_bytes(self.take()?)))
    }

    fn verdict(&mut self) -> Option<TimelineVerdict<'a>> {
        let (topic, source) = (self.text()?, self.text()?);
        let rule = self.number()? as usize;
        Some(TimelineVerdict { topic, source, rule: (rule != 0).then_some(rule) })
    }
}
