//! An application message on its way through the broker.

use crate::{Millis, Qos, TraceContext};
use triomphe::ThinArc;

/// Everything a [`Message`] is made of, for building one.
#[derive(Clone, Debug)]
pub struct MessageParts<'a> {
    /// Topic name: at most 65,535 bytes, no wildcards, aliases resolved.
    pub topic: &'a str,
    /// MQTT 5.0 properties that travel with the message unchanged (payload format, content type, response topic,
    /// correlation data, user properties), in wire form and in the order they came.
    pub properties: &'a [u8],
    /// The payload.
    pub payload: &'a [u8],
    /// Quality of service it was published with.
    pub qos: Qos,
    /// The RETAIN flag it was published with.
    pub retain: bool,
    /// Seconds it may live from `received_at` on; `None` is for ever.
    pub expiry_secs: Option<u32>,
    /// Client id of who published it: at most 65,535 bytes.
    pub publisher: &'a str,
    /// When the broker received it.
    pub received_at: Millis,
}

/// An application message: immutable, one allocation however many receivers share it, one pointer wide.
///
/// The bytes that are copied into outgoing packets lie together: topic, properties, payload. The publisher's client id comes
/// after them: as a reference it would be counted up and down for every message, by all cores that have to do with it.
#[derive(Clone)]
pub struct Message(ThinArc<Header, u8>);

struct Header {
    received_at: Millis,
    /// `u32::MAX` is "never expires"; the largest wire value is clamped one second below it.
    expiry_secs: u32,
    properties_len: u32,
    topic_len: u16,
    publisher_len: u16,
    qos: Qos,
    retain: bool,
    /// Bytes of the trace context, which comes last; 0 where there is none.
    trace_len: u8,
    was_delayed: bool,
}

const NEVER_EXPIRES: u32 = u32::MAX;

/// The header, and the whole of a small message: reading a longer one on from there is what processors foresee themselves.
const PREFETCH_BYTES: usize = 192;

impl Message {
    /// Builds a message. A topic or client id of more than 65,535 bytes is cut at that length: no packet can carry one.
    #[must_use]
    pub fn new(parts: &MessageParts<'_>) -> Self {
        thread_local! {
            static BODY: std::cell::RefCell<Vec<u8>> = const { std::cell::RefCell::new(Vec::new()) };
        }
        let (topic, topic_len) = cut(parts.topic);
        let (publisher, publisher_len) = cut(parts.publisher);
        let header = Header {
            received_at: parts.received_at,
            expiry_secs: parts.expiry_secs.map_or(NEVER_EXPIRES, |secs| secs.min(NEVER_EXPIRES - 1)),
            properties_len: u32::try_from(parts.properties.len()).unwrap_or(0),
            topic_len,
            publisher_len,
            qos: parts.qos,
            retain: parts.retain,
            trace_len: 0,
            was_delayed: false,
        };
        // The shared slice has to be filled from one piece; a scratch buffer per thread avoids a second allocation.
        BODY.with_borrow_mut(|body| {
            body.clear();
            body.extend_from_slice(topic);
            body.extend_from_slice(parts.properties);
            body.extend_from_slice(parts.payload);
            body.extend_from_slice(publisher);
            let message = Self(ThinArc::from_header_and_slice(header, body));
            if body.capacity() > 256 * 1024 {
                *body = Vec::new();
            }
            message
        })
    }

    /// The same message, handed on later than it was received because that was asked for. It is not written to disk that it was.
    #[must_use]
    pub fn delayed(&self) -> Self {
        let header = Header { was_delayed: true, ..*self.header() };
        Self(ThinArc::from_header_and_slice(header, self.body()))
    }

    /// The same message in a trace that somebody wants to know of, for the spans of those that get it.
    #[must_use]
    pub fn in_trace(&self, context: TraceContext) -> Self {
        let old = self.header();
        let body = &self.body()[..self.body().len() - usize::from(old.trace_len)];
        let trace = context.to_bytes();
        let header = Header { trace_len: trace.len() as u8, ..*old };
        Self(ThinArc::from_header_and_slice(header, &[body, &trace].concat()))
    }

    /// The trace it is in; `None` where nobody wants to know.
    #[must_use]
    pub fn trace(&self) -> Option<TraceContext> {
        let length = usize::from(self.header().trace_len);
        if length == 0 { None } else { TraceContext::from_bytes(&self.body()[self.body().len() - length..]) }
    }

    fn header(&self) -> &Header {
        &self.0.header.header
    }

    fn body(&self) -> &[u8] {
        &self.0.slice
    }

    /// Topic name as bytes; cheaper than [`Message::topic`] on the hot path.
    #[must_use]
    pub fn topic_bytes(&self) -> &[u8] {
        &self.body()[..usize::from(self.header().topic_len)]
    }

    /// Topic name.
    #[must_use]
    pub fn topic(&self) -> &str {
        std::str::from_utf8(self.topic_bytes()).unwrap_or_default()
    }

    /// Properties in wire form, without topic alias, message expiry and subscription identifiers.
    #[must_use]
    pub fn properties(&self) -> &[u8] {
        let start = usize::from(self.header().topic_len);
        &self.body()[start..start + self.header().properties_len as usize]
    }

    /// Payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        let start = usize::from(self.header().topic_len) + self.header().properties_len as usize;
        &self.body()[start..self.payload_end()]
    }

    /// Quality of service it was published with.
    #[must_use]
    pub fn qos(&self) -> Qos {
        self.header().qos
    }

    /// The RETAIN flag it was published with.
    #[must_use]
    pub fn retain(&self) -> bool {
        self.header().retain
    }

    fn payload_end(&self) -> usize {
        self.body().len() - usize::from(self.header().publisher_len) - usize::from(self.header().trace_len)
    }

    /// Client id of who published it.
    #[must_use]
    pub fn publisher(&self) -> &str {
        std::str::from_utf8(self.publisher_bytes()).unwrap_or_default()
    }

    /// Client id of who published it as bytes; cheaper than [`Message::publisher`] on the hot path.
    #[must_use]
    pub fn publisher_bytes(&self) -> &[u8] {
        &self.body()[self.payload_end()..self.body().len() - usize::from(self.header().trace_len)]
    }

    /// When the broker received it.
    #[must_use]
    pub fn received_at(&self) -> Millis {
        self.header().received_at
    }

    /// Whether the time since it was received says nothing about how long its way took: see [`Message::delayed`].
    #[must_use]
    pub fn was_delayed(&self) -> bool {
        self.header().was_delayed
    }

    /// Seconds of life it was published with; `None` is for ever.
    #[must_use]
    pub fn expiry_secs(&self) -> Option<u32> {
        (self.header().expiry_secs != NEVER_EXPIRES).then_some(self.header().expiry_secs)
    }

    /// When it stops being deliverable; `None` is never.
    #[must_use]
    pub fn expires_at(&self) -> Option<Millis> {
        self.expiry_secs().map(|secs| self.received_at().saturating_add(u64::from(secs) * 1000))
    }

    /// Whether its life is over at `now` [MQTT-3.3.2-5].
    #[must_use]
    pub fn is_expired(&self, now: Millis) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }

    /// The message expiry interval to send at `now`: what is left of it, in whole seconds rounded up [MQTT-3.3.2-6].
    /// Never more than it came with, also for a receiver whose clock was read before the message came.
    #[must_use]
    pub fn remaining_expiry_secs(&self, now: Millis) -> Option<u32> {
        let left = self.expires_at()?.saturating_sub(now.max(self.received_at()));
        Some(u32::try_from(left.div_ceil(1000)).unwrap_or(u32::MAX))
    }

    /// Bytes of memory this message holds, shared by everything that refers to it.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.body().len() + std::mem::size_of::<Header>() + 2 * std::mem::size_of::<usize>()
    }

    /// Has the beginning of the message brought into the cache of this core while something else is done.
    #[inline]
    pub fn prefetch(&self) {
        dunlin_prefetch::prefetch(self.0.ptr(), PREFETCH_BYTES);
    }

    /// Whether both are the same message in memory, not merely equal.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        std::ptr::eq(self.0.ptr(), other.0.ptr())
    }
}

/// As much of a text as a packet can carry, and how much that is.
fn cut(text: &str) -> (&[u8], u16) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    (&text.as_bytes()[..usize::from(length)], length)
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("topic", &self.topic())
            .field("qos", &self.qos())
            .field("retain", &self.retain())
            .field("publisher", &self.publisher())
            .field("payload_len", &self.payload().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> MessageParts<'static> {
        MessageParts {
            topic: "a/b",
            properties: &[1, 1],
            payload: b"hello",
            qos: Qos::AtLeastOnce,
            retain: true,
            expiry_secs: Some(10),
            publisher: "c1",
            received_at: 1_000,
        }
    }

    #[test]
    fn a_message_never_says_that_it_lives_longer_than_it_was_given() {
        let message = Message::new(&MessageParts { expiry_secs: Some(10), received_at: 5_000, ..parts() });
        for (now, left) in [(4_000, 10), (5_000, 10), (5_001, 10), (6_000, 9), (15_000, 0)] {
            assert_eq!(message.remaining_expiry_secs(now), Some(left), "{now}");
        }
    }

    #[test]
    fn gives_back_its_parts() {
        let message = Message::new(&parts());
        assert_eq!((message.topic(), message.properties(), message.payload()), ("a/b", &[1u8, 1][..], &b"hello"[..]));
        assert_eq!((message.qos(), message.retain(), message.publisher()), (Qos::AtLeastOnce, true, "c1"));
        assert_eq!(std::mem::size_of::<Message>(), 8);
    }

    #[test]
    fn a_trace_changes_nothing_else() {
        let context = TraceContext { trace_id: [7; 16], span_id: [9; 8], is_sampled: true };
        let other = TraceContext { span_id: [1; 8], ..context };
        let message = Message::new(&parts());
        assert_eq!(message.trace(), None);
        for (traced, expected) in
            [(message.in_trace(context), context), (message.in_trace(context).in_trace(other), other)]
        {
            assert_eq!(traced.trace(), Some(expected));
            assert_eq!((traced.topic(), traced.properties(), traced.payload()), ("a/b", &[1u8, 1][..], &b"hello"[..]));
            assert_eq!((traced.qos(), traced.publisher(), traced.expiry_secs()), (Qos::AtLeastOnce, "c1", Some(10)));
        }
    }

    #[test]
    fn mqtt_3_3_2_6_remaining_life_shrinks_and_ends() {
        let message = Message::new(&parts());
        for (now, left, expired) in [(1_000, 10, false), (3_500, 8, false), (10_999, 1, false), (11_000, 0, true)] {
            assert_eq!(
                (message.remaining_expiry_secs(now), message.is_expired(now)),
                (Some(left), expired),
                "at {now}"
            );
        }
        let forever = Message::new(&MessageParts { expiry_secs: None, ..parts() });
        assert_eq!((forever.expires_at(), forever.is_expired(u64::MAX)), (None, false));
    }
}
