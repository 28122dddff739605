//! The oracle: is told everything that clients sent and received, and finds what the broker did wrong.
//!
//! Pure: no clock, no socket. Events come in the order in which the clients saw them; the oracle numbers them and reasons with
//! what surely was before what. Where nobody outside the broker can know (a SUBSCRIBE without SUBACK, a PUBLISH without
//! PUBACK when the broker died) both outcomes are right. Some violations are found at once, losses when [`Oracle::check`] is
//! asked, which is when everybody has had the time to receive what is owed.
//!
//! What overlapping subscriptions of one session get is told by [`Overlaps`].

mod counts;
mod diary;
mod event;
mod missing;
mod receipts;
mod reception;
mod retained;
mod session;
mod stream;
mod subscription;
mod violation;
mod wills;

#[cfg(test)]
mod tests;

pub use counts::Counts;
pub use event::{ConnectionEnd, Event, WillSent};
pub use stream::{Purpose, Stream};
pub use violation::{Violation, ViolationKind};
pub use wills::SHORT_DELAY_MAX_S;

use crate::message::{MessageId, StreamNumber};
use diary::Diary;
use dunlin_model::Qos;
use missing::{Loss, Missing};
use retained::RetainedFloor;
use session::{PresentVerdict, Session};
use std::collections::BTreeMap;
use stream::{Sent, StreamHistory};
use subscription::Subscription;
use wills::Wills;

/// Index of a client among those the oracle was made with.
pub type ClientNumber = usize;

/// Number of an event.
type Moment = u64;

/// What a session gets whose subscriptions overlap: the protocol leaves the broker a choice [MQTT-3.3.4-2].
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Overlaps {
    /// One copy with the highest QoS.
    Merged,
    /// A copy for each subscription, or fewer.
    Copied,
}

/// Of each kind. Violations beyond these are counted, not kept.
const VIOLATIONS_KEPT: u64 = 20;

/// Knows what has happened.
#[derive(Debug)]
pub struct Oracle {
    clients: Vec<(String, Session)>,
    streams: Vec<StreamHistory>,
    wills: Wills,
    diary: Diary,
    /// Messages of a group's stream before this number were looked for already.
    verified_groups: BTreeMap<(String, StreamNumber), usize>,
    retained_floor: RetainedFloor,
    overlaps: Overlaps,
    /// How many brokers were started.
    incarnation: u32,
    now: Moment,
    cycle: u32,
    counts: Counts,
    violations: Vec<Violation>,
    violation_counts: BTreeMap<ViolationKind, u64>,
}

impl Oracle {
    /// Starts with clients that have no session yet, and streams without messages.
    #[must_use]
    pub fn new(client_names: Vec<String>, streams: Vec<Stream>, overlaps: Overlaps) -> Self {
        let session = || Session::new(streams.len());
        Self {
            clients: client_names.into_iter().map(|name| (name, session())).collect(),
            streams: streams.into_iter().map(StreamHistory::new).collect(),
            wills: Wills::default(),
            diary: Diary::default(),
            verified_groups: BTreeMap::new(),
            retained_floor: RetainedFloor::default(),
            overlaps,
            incarnation: 0,
            now: 0,
            cycle: 0,
            counts: Counts::default(),
            violations: Vec::new(),
            violation_counts: BTreeMap::new(),
        }
    }

    /// What comes now belongs to this cycle.
    pub fn begin_cycle(&mut self, cycle: u32) {
        self.cycle = cycle;
    }

    /// Takes one event.
    pub fn record(&mut self, event: Event<'_>) {
        self.now += 1;
        self.diary.note(self.cycle, self.now, &event);
        match event {
            Event::BrokerStarted => {
                self.incarnation += 1;
                self.wills.broker_started();
            }
            Event::ConnectSent { client, clean_start, is_durable, will } => {
                if let Some(will) = will {
                    self.wills.connect_sent(client, will, self.cycle, self.now);
                }
                let now = self.now;
                self.with_session(client, |session| session.connect_sent(clean_start, is_durable, now));
            }
            Event::ConnectAcknowledged { client, session_present } => self.connected(client, session_present),
            Event::DisconnectSent { client } => self.wills.disconnect_sent(client),
            Event::ConnectionEnded { client, end } => {
                self.wills.connection_ended(client, end, self.incarnation, self.now);
                let now = self.now;
                self.with_session(client, |session| session.connection_ended(now));
            }
            Event::SubscribeSent { client, filters } => {
                let now = self.now;
                self.with_session(client, |session| session.subscribe_sent(filters, now));
            }
            Event::SubscribeAcknowledged { client, granted } => self.subscribed(client, granted),
            Event::UnsubscribeSent { client, filter } => {
                let now = self.now;
                self.with_session(client, |session| session.unsubscribe_sent(filter, now));
            }
            Event::UnsubscribeAcknowledged { client } => {
                let now = self.now;
                self.with_session(client, |session| session.unsubscribe_acknowledged(now));
            }
            Event::PublishSent { message } => self.publish_sent(message),
            Event::PublishAcknowledged { message } => self.publish_acknowledged(message),
            Event::PublishCompleted { message } => {
                let now = self.now;
                self.with_sent(message, |sent| sent.completed_at = Some(now));
            }
            Event::PublishRefused { message, code } => {
                self.with_sent(message, |sent| sent.is_refused = true);
                let text = format!("{} was refused with 0x{code:02X}", self.describe(message));
                self.violate(ViolationKind::PublishRefused, text);
            }
            Event::Received { client, message, topic, qos } => self.received(client, message, topic, qos),
            Event::RetainedAsked => self.retained_floor = RetainedFloor::of(&self.streams),
            Event::RetainedFound { messages } => self.retained_found(messages),
            Event::Misbehaved { client, what } => {
                let text = format!("{}: {what}", self.client_name(client));
                self.violate_by(ViolationKind::Misbehaved, client, text);
            }
            Event::BrokerFailed { what } => self.violate(ViolationKind::BrokerFailed, what),
        }
    }

    /// Whether nothing is owed to anybody any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.search().0.is_empty()
    }

    /// Whether these retained messages are what may be found since the last [`Event::RetainedAsked`].
    #[must_use]
    pub fn is_retained_right(&self, messages: &[MessageId]) -> bool {
        self.retained_floor.judge(&self.streams, messages).is_empty()
    }

    /// Everybody has had the time to receive what is owed to them: what has not come by now is lost. A loss is reported once.
    pub fn check(&mut self) {
        let (missing, looked) = self.search();
        self.counts.due += looked.at_clients;
        self.counts.due_to_groups += looked.at_groups;
        let (due, called_off) = self.wills.count_new();
        self.counts.wills_due += due;
        self.counts.wills_called_off += called_off;
        for one in missing {
            let (kind, text) = self.describe_missing(&one);
            match one {
                Missing::ToClient { client, .. } => self.violate_by(kind, client, text),
                Missing::Will(will) => self.violate_by(kind, self.publisher_of(will.message), text),
                _ => self.violate(kind, text),
            }
        }
        self.mark_verified();
    }

    /// The violations found so far, oldest first; the first twenty of each kind.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// How many violations were found, those not kept included.
    #[must_use]
    pub fn violation_count(&self) -> u64 {
        self.violation_counts.values().sum()
    }

    /// How many of each kind.
    #[must_use]
    pub fn violation_counts(&self) -> &BTreeMap<ViolationKind, u64> {
        &self.violation_counts
    }

    /// How much was checked.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    fn connected(&mut self, client: ClientNumber, session_present: bool) {
        self.wills.connect_acknowledged(client, session_present, self.incarnation);
        let owed = if session_present { 0 } else { self.owed_to(client) };
        let Some((name, session)) = self.clients.get_mut(client) else { return };
        match session.connect_acknowledged(session_present) {
            PresentVerdict::Right { is_present: true } => self.counts.sessions_present += 1,
            PresentVerdict::Right { is_present: false } => self.counts.sessions_absent += 1,
            PresentVerdict::Lost => {
                let text = format!(
                    "{name}: session present is 0, but it has a durable session; gone with it: {owed} acknowledged messages"
                );
                self.violate_by(ViolationKind::SessionLost, client, text);
            }
            PresentVerdict::NotEnded => {
                let text = format!("{name}: session present is 1, but it has no session or asked for a clean start");
                self.violate_by(ViolationKind::SessionNotEnded, client, text);
            }
            PresentVerdict::Open => {}
        }
    }

    fn subscribed(&mut self, client: ClientNumber, granted: &[Option<Qos>]) {
        let now = self.now;
        let Some((name, session)) = self.clients.get_mut(client) else { return };
        let refused = session.subscribe_acknowledged(granted, now);
        self.counts.subscriptions += (granted.len() - refused.len().min(granted.len())) as u64;
        let texts: Vec<_> = refused.iter().map(|filter| format!("{name}: {filter} was refused or changed")).collect();
        for text in texts {
            self.violate(ViolationKind::SubscriptionRefused, text);
        }
    }

    fn publish_sent(&mut self, message: MessageId) {
        let sent = Sent::new(self.now, self.cycle);
        if let Some(stream) = self.streams.get_mut(usize::from(message.stream)) {
            debug_assert_eq!(stream.sent.len(), message.sequence as usize, "numbers of a stream follow each other");
            stream.sent.push(sent);
        }
    }

    fn publish_acknowledged(&mut self, message: MessageId) {
        let now = self.now;
        self.with_sent(message, |sent| sent.acknowledged_at = Some(now));
        let Some(stream) = self.streams.get(usize::from(message.stream)) else { return };
        match stream.facts.qos {
            Qos::ExactlyOnce => self.counts.acknowledged_qos_2 += 1,
            _ => self.counts.acknowledged_qos_1 += 1,
        }
        // A retained message is stored whoever subscribes.
        if let Some(sent) = stream.get(message.sequence).filter(|_| stream.facts.purpose == Purpose::Retained) {
            self.wills.stored(sent.at);
        }
    }

    fn retained_found(&mut self, messages: &[MessageId]) {
        self.counts.retained += self.retained_floor.len();
        for text in self.retained_floor.judge(&self.streams, messages) {
            self.violate(ViolationKind::RetainedWrong, text);
        }
    }

    fn mark_verified(&mut self) {
        for (number, stream) in (0..).zip(&mut self.streams) {
            stream.answered_to = stream.sent.len();
            for (_, session) in &mut self.clients {
                if let Some(receipts) = session.receipts_mut(number) {
                    receipts.verified_to = stream.sent.len();
                }
            }
        }
        let mut verified = BTreeMap::new();
        for (number, stream) in self.numbered_streams() {
            for filter in self.groups_of(&stream.facts.topic).into_keys() {
                verified.insert((filter.to_owned(), number), stream.sent.len());
            }
        }
        self.verified_groups = verified;
    }

    fn describe_missing(&self, missing: &Missing) -> (ViolationKind, String) {
        let describe = |stream: StreamNumber, loss: &Loss| {
            let first = self.describe(MessageId { stream, sequence: loss.first });
            format!(
                "{} of {} acknowledged messages, the first: {first}, published in cycle {}",
                loss.count, loss.of, loss.published_in
            )
        };
        match missing {
            Missing::ToClient { client, stream, loss } => {
                (ViolationKind::Lost, format!("{} did not get {}", self.client_name(*client), describe(*stream, loss)))
            }
            Missing::ToGroup { filter, stream, loss } => {
                (ViolationKind::LostByGroup, format!("no member of {filter} got {}", describe(*stream, loss)))
            }
            Missing::Answers { stream, loss } => {
                let first = self.describe(MessageId { stream: *stream, sequence: loss.first });
                let text = format!("{} publishes were never acknowledged, the first: {first}", loss.count);
                (ViolationKind::Unanswered, text)
            }
            Missing::Will(will) => (
                ViolationKind::WillMissing,
                format!(
                    "{}, a will of cycle {} with a delay of {} s, due since event {}, was not published",
                    self.describe(will.message),
                    will.cycle,
                    will.delay_s,
                    will.due_since
                ),
            ),
        }
    }

    /// Publisher, topic and number of a message.
    fn describe(&self, message: MessageId) -> String {
        match self.streams.get(usize::from(message.stream)) {
            Some(stream) => format!(
                "number {} of {} on {} (QoS {})",
                message.sequence,
                self.client_name(stream.facts.publisher),
                stream.facts.topic,
                stream.facts.qos.as_u8()
            ),
            None => format!("number {} of stream {}, which does not exist", message.sequence, message.stream),
        }
    }

    /// Who publishes the stream of this message; nobody's number where there is none.
    fn publisher_of(&self, message: MessageId) -> ClientNumber {
        self.streams.get(usize::from(message.stream)).map_or(ClientNumber::MAX, |stream| stream.facts.publisher)
    }

    fn client_name(&self, client: ClientNumber) -> &str {
        self.clients.get(client).map_or("?", |(name, _)| name)
    }

    fn with_session(&mut self, client: ClientNumber, act: impl FnOnce(&mut Session)) {
        if let Some((_, session)) = self.clients.get_mut(client) {
            act(session);
        }
    }

    fn with_sent(&mut self, message: MessageId, act: impl FnOnce(&mut Sent)) {
        let stream = self.streams.get_mut(usize::from(message.stream));
        if let Some(sent) = stream.and_then(|stream| stream.get_mut(message.sequence)) {
            act(sent);
        }
    }

    fn violate(&mut self, kind: ViolationKind, text: String) {
        self.keep(Violation { kind, cycle: self.cycle, text, before: Vec::new() });
    }

    /// A violation that is better understood with what the client did before.
    fn violate_by(&mut self, kind: ViolationKind, client: ClientNumber, text: String) {
        self.keep(Violation { kind, cycle: self.cycle, text, before: self.diary.of(client) });
    }

    fn keep(&mut self, violation: Violation) {
        let count = self.violation_counts.entry(violation.kind).or_default();
        *count += 1;
        if *count <= VIOLATIONS_KEPT {
            self.violations.push(violation);
        }
    }
}
