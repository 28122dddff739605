//! A session nobody uses, in as few bytes as it takes to make it again.
//!
//! ```text
//! | created at, 6 | left at, 6 | client id length, 2 | client id | subscriptions … |
//! moment:       milliseconds, 0 is not known
//! subscription: | options | identifier, 4, where the options say so | filter length, 2 | filter |
//! options:  bits 0-1 QoS, 2 no local, 3 retain as published, 4-5 retain handling, 6 has an identifier
//! ```
//! It lives in memory only; integers are little-endian.

use crate::{Session, SessionInfo, Subscription, session::known, subscriptions::Subscriptions};
use dunlin_model::{ClientId, Millis, ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};

const NO_LOCAL: u8 = 1 << 2;
const RETAIN_AS_PUBLISHED: u8 = 1 << 3;
const RETAIN_HANDLING_SHIFT: u8 = 4;
const HAS_IDENTIFIER: u8 = 1 << 6;

/// Until the year 10889.
const MOMENT_BYTES: usize = 6;

/// A durable session without connection, will and open exchanges.
#[derive(Debug)]
pub struct PackedSession {
    text: Box<[u8]>,
    /// `Millis::MAX` is never.
    expires_at: Millis,
    expiry_secs: u32,
    last_packet_id: u16,
    version: ProtocolVersion,
}

impl PackedSession {
    /// The client it belongs to.
    #[must_use]
    pub fn client_id(&self) -> &str {
        let mut text = self.text.get(2 * MOMENT_BYTES..).unwrap_or_default();
        let id = read_text(&mut text).unwrap_or_default();
        std::str::from_utf8(id).unwrap_or_default()
    }

    /// Version spoken on the last connection.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Facts for listings and tests.
    #[must_use]
    pub fn info(&self) -> SessionInfo {
        let mut rest = &*self.text;
        let (created_at, left_at) = (read_moment(&mut rest), read_moment(&mut rest));
        let _client_id = read_text(&mut rest);
        SessionInfo {
            subscriptions: std::iter::from_fn(|| read_subscription_text(&mut rest)).count(),
            inflight: 0,
            queued: 0,
            queued_durable: 0,
            queue_dropped: 0,
            awaiting_release: 0,
            expiry_secs: self.expiry_secs,
            connected: false,
            created_at: known(created_at),
            left_at: known(left_at),
        }
    }

    /// When it began; `None` where that is not known.
    #[must_use]
    pub fn created_at(&self) -> Option<Millis> {
        known(read_moment(&mut &*self.text))
    }

    /// Its subscriptions from a place on (0 is the first), in the order in which they lie. The place of the next is one more.
    pub fn subscriptions_from(&self, place: usize) -> impl Iterator<Item = Subscription> {
        let mut rest = self.text.get(2 * MOMENT_BYTES..).unwrap_or_default();
        let _client_id = read_text(&mut rest);
        for _ in 0..place {
            let _skipped = read_subscription_text(&mut rest);
        }
        std::iter::from_fn(move || read_subscription(&mut rest))
    }

    /// When it ends, unless its client comes back before; `None` is never. Nothing else happens to it before.
    #[must_use]
    pub fn expires_at(&self) -> Option<Millis> {
        (self.expires_at != Millis::MAX).then_some(self.expires_at)
    }

    /// The session as it was.
    #[must_use]
    pub fn unpack(&self) -> Session {
        let mut session = Session::new(ClientId::from(self.client_id()));
        session.is_durable = true;
        session.link.version = self.version;
        session.expires_at = self.expires_at;
        session.expiry_secs = self.expiry_secs;
        session.last_packet_id = self.last_packet_id;
        let mut rest = &*self.text;
        (session.created_at, session.since) = (read_moment(&mut rest), read_moment(&mut rest));
        let _client_id = read_text(&mut rest);
        let subscriptions = std::iter::from_fn(|| read_subscription(&mut rest));
        session.subscriptions = Subscriptions::from_list(subscriptions.collect());
        session
    }
}

impl Session {
    /// The session in little memory, where that is possible: it is durable, has no connection, no will and no open exchange.
    #[must_use]
    pub fn pack(&self) -> Option<PackedSession> {
        let is_idle = self.outgoing.is_none() && self.awaiting_release.is_none() && self.will.is_none();
        if !self.is_durable || self.link.attached || self.was_cut_off || !is_idle {
            return None;
        }
        let bytes = |subscription: &Subscription| 7 + subscription.filter.len();
        let fixed = 2 * MOMENT_BYTES + 2;
        let mut text =
            Vec::with_capacity(fixed + self.client_id.len() + self.subscriptions().map(bytes).sum::<usize>());
        for at in [self.created_at, self.since] {
            text.extend(at.to_le_bytes().iter().take(MOMENT_BYTES));
        }
        write_text(&self.client_id, &mut text)?;
        for subscription in self.subscriptions() {
            write_subscription(subscription, &mut text)?;
        }
        Some(PackedSession {
            text: text.into_boxed_slice(),
            expires_at: self.expires_at,
            expiry_secs: self.expiry_secs,
            last_packet_id: self.last_packet_id,
            version: self.link.version,
        })
    }
}

/// `None` for a text that no packet can carry [MQTT-1.5.4-1].
fn write_text(text: &str, into: &mut Vec<u8>) -> Option<()> {
    into.extend(u16::try_from(text.len()).ok()?.to_le_bytes());
    into.extend(text.as_bytes());
    Some(())
}

fn read_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u16::from_le_bytes(*bytes.split_off(..2)?.first_chunk()?);
    bytes.split_off(..usize::from(length))
}

fn write_subscription(subscription: &Subscription, into: &mut Vec<u8>) -> Option<()> {
    let SubscriptionOptions { qos, no_local, retain_as_published, retain_handling } = subscription.options;
    let flag = |is_set, flag| if is_set { flag } else { 0 };
    into.push(
        qos.as_u8()
            | flag(no_local, NO_LOCAL)
            | flag(retain_as_published, RETAIN_AS_PUBLISHED)
            | (retain_handling as u8) << RETAIN_HANDLING_SHIFT
            | flag(subscription.subscription_id != 0, HAS_IDENTIFIER),
    );
    if subscription.subscription_id != 0 {
        into.extend(subscription.subscription_id.to_le_bytes());
    }
    write_text(&subscription.filter, into)
}

/// 0 where nothing is left.
fn read_moment(bytes: &mut &[u8]) -> Millis {
    let mut whole = [0; 8];
    for (to, from) in whole.iter_mut().zip(bytes.split_off(..MOMENT_BYTES).unwrap_or_default()) {
        *to = *from;
    }
    Millis::from_le_bytes(whole)
}

/// Options, identifier and filter, as they lie there.
fn read_subscription_text<'a>(bytes: &mut &'a [u8]) -> Option<(u8, u32, &'a [u8])> {
    let options = *bytes.split_off_first()?;
    let subscription_id =
        if options & HAS_IDENTIFIER == 0 { 0 } else { u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?) };
    Some((options, subscription_id, read_text(bytes)?))
}

fn read_subscription(bytes: &mut &[u8]) -> Option<Subscription> {
    let (options, subscription_id, filter) = read_subscription_text(bytes)?;
    let filter = std::str::from_utf8(filter).ok()?;
    let options = SubscriptionOptions {
        qos: Qos::from_u8(options & 3)?,
        no_local: options & NO_LOCAL != 0,
        retain_as_published: options & RETAIN_AS_PUBLISHED != 0,
        retain_handling: RetainHandling::from_u8(options >> RETAIN_HANDLING_SHIFT & 3)?,
    };
    Some(Subscription { filter: filter.into(), options, subscription_id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SessionFacts, SessionSnapshot, WillSnapshot};
    use dunlin_model::{Message, MessageParts};
    use proptest::prelude::*;

    const FACTS: SessionFacts = SessionFacts {
        version: ProtocolVersion::V5,
        expiry_secs: 7,
        connected: false,
        expires_at: Some(70),
        will: None,
    };

    fn restore(facts: SessionFacts, awaiting_release: Vec<u16>) -> Session {
        Session::restore("c".into(), SessionSnapshot { facts, subscriptions: Vec::new(), awaiting_release })
    }

    fn message() -> Message {
        Message::new(&MessageParts {
            topic: "t",
            properties: &[],
            payload: b"gone",
            qos: Qos::AtMostOnce,
            retain: false,
            expiry_secs: None,
            publisher: "c",
            received_at: 0,
        })
    }

    fn subscriptions() -> impl Strategy<Value = Vec<Subscription>> {
        let options =
            (0..3_u8, any::<bool>(), any::<bool>(), 0..3_u8).prop_map(|(qos, no_local, as_published, handling)| {
                SubscriptionOptions {
                    qos: Qos::from_u8(qos).unwrap_or_default(),
                    no_local,
                    retain_as_published: as_published,
                    retain_handling: RetainHandling::from_u8(handling).unwrap_or_default(),
                }
            });
        let one = ("[a-zé/+]{1,40}", options, prop_oneof![Just(0), 1..=268_435_455_u32]).prop_map(
            |(filter, options, subscription_id)| Subscription {
                filter: filter.as_str().into(),
                options,
                subscription_id,
            },
        );
        proptest::collection::vec(one, 0..30)
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            client_id in "[a-z0-9é]{1,60}",
            subscriptions in subscriptions(),
            expires_at in proptest::option::of(0..u64::MAX),
            last_packet_id in any::<u16>(),
            moments in (0..1_u64 << 48, 0..1_u64 << 48),
        ) {
            let facts = SessionFacts { expires_at, ..FACTS };
            let snapshot = SessionSnapshot { facts, subscriptions, awaiting_release: Vec::new() };
            let mut session = Session::restore(client_id.as_str().into(), snapshot);
            session.last_packet_id = last_packet_id;
            (session.created_at, session.since) = moments;
            let packed = session.pack().expect("it is idle");
            prop_assert_eq!(packed.client_id(), &client_id);
            prop_assert_eq!(packed.expires_at(), expires_at);
            let again = packed.unpack();
            let sorted = |session: &Session| {
                let mut all: Vec<_> = session.subscriptions().cloned().collect();
                all.sort_by(|one, other| one.filter.cmp(&other.filter));
                all
            };
            prop_assert_eq!(sorted(&again), sorted(&session));
            prop_assert_eq!((again.last_packet_id, again.is_durable), (last_packet_id, true));
            prop_assert_eq!(format!("{:?}", again.facts()), format!("{:?}", session.facts()));
            prop_assert_eq!(packed.info(), session.info());
            prop_assert_eq!(again.info(), session.info());
            let from_second: Vec<_> = packed.subscriptions_from(1).collect();
            prop_assert_eq!(from_second, packed.subscriptions_from(0).skip(1).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_session_that_something_can_happen_to_is_not_packed() {
        assert!(restore(FACTS, Vec::new()).pack().is_some());
        let will = WillSnapshot { message: message(), delay_secs: 3, due_at: Some(5) };
        assert!(restore(SessionFacts { will: Some(will), ..FACTS }, Vec::new()).pack().is_none());
        assert!(restore(FACTS, vec![4]).pack().is_none());
        assert!(restore(SessionFacts { connected: true, ..FACTS }, Vec::new()).pack().is_none());
        let mut session = restore(FACTS, Vec::new());
        session.set_durable(false);
        assert!(session.pack().is_none(), "nothing else keeps what the session does not");
    }

    #[test]
    fn a_packed_session_is_small() {
        assert!(size_of::<PackedSession>() <= 32);
    }
}
