//! Random commands that make sense for a state, as the broker would write them.

use crate::model::{Model, ModelSession};
use crate::{message, record};
use dunlin_inbox::{
    Command, GroupMember, Place, Position, Recipient, SessionNumber, Space, SubscriptionRecord, encode_message,
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds, SubscriptionOptions};
use fastrand::Rng;
use std::ops::RangeBounds;

const MAX_SESSIONS: usize = 5;

/// Makes commands.
#[derive(Debug)]
pub(crate) struct RandomCommands {
    pub(crate) random: Rng,
    next_message: u64,
    next_session: u64,
    /// Queues grow now, or shrink.
    is_filling: bool,
}

impl RandomCommands {
    pub(crate) fn new(random: Rng) -> Self {
        Self { random, next_message: 0, next_session: 1, is_filling: true }
    }

    /// One more.
    pub(crate) fn next(&mut self, state: &Model) -> Command {
        if self.random.u16(0..500) == 0 {
            self.is_filling ^= true;
        }
        let Some(session) = self.session(state) else { return self.begin_session() };
        let it = &state.sessions[&session];
        match self.random.u8(0..100) {
            0 if state.sessions.len() < MAX_SESSIONS => self.begin_session(),
            1 => Command::SetSession { session, record: record(self.random.u32(1..1000)) },
            2 if self.random.u8(0..8) == 0 => Command::EndSession { session },
            3 | 4 => self.subscription(session, it),
            5..=8 => self.value(),
            9 => self.move_group(state, session),
            10 | 11 => self.relocate(state, session, it),
            12 => self.publish(state, Vec::new(), true),
            13 => self.release(session, it),
            14..=16 => Command::Sent { session, sent_to: self.random.u64(..=it.queue.tail + 1) },
            17..=20 => Command::Received { session, position: self.open_position(it) },
            25..=80 if !self.is_filling => Command::Done { session, position: self.open_position(it) },
            25..=28 => Command::Done { session, position: self.open_position(it) },
            _ => self.queue(state),
        }
    }

    /// A message at QoS 1 for one session, always of the same size.
    pub(crate) fn plain_queue(&mut self, state: &Model, session: SessionNumber) -> Command {
        let id = self.next_message.next_multiple_of(16) + 5;
        self.next_message = id + 1;
        let recipients = vec![plain_recipient(session, state.sessions[&session].queue.tail)];
        Command::Queue { message: message(id), recipients, awaiting_release: None }
    }

    pub(crate) fn begin_session(&mut self) -> Command {
        let session = SessionNumber(self.next_session);
        self.next_session += self.random.u64(1..3);
        Command::SetSession { session, record: record(self.random.u32(1..1000)) }
    }

    pub(crate) fn session(&mut self, state: &Model) -> Option<SessionNumber> {
        self.random.choice(state.sessions.keys().copied().collect::<Vec<_>>())
    }

    fn queue(&mut self, state: &Model) -> Command {
        let mut recipients = Vec::new();
        let (every, is_exchange) = (self.random.u8(1..4), self.random.u8(0..8) == 0);
        for (session, it) in &state.sessions {
            if self.random.u8(0..every) > 0 {
                continue;
            }
            recipients.push(self.recipient(*session, it.queue.tail));
            if self.random.u8(0..20) == 0 {
                recipients.push(self.recipient(*session, it.queue.tail + 1));
            }
        }
        self.publish(state, recipients, is_exchange)
    }

    fn publish(&mut self, state: &Model, recipients: Vec<Recipient>, is_exchange: bool) -> Command {
        let message = message(self.next_message);
        self.next_message += 1;
        let publisher = self.session(state).filter(|_| is_exchange);
        let awaiting_release = publisher.map(|publisher| (publisher, self.random.u16(1..10)));
        Command::Queue { message, recipients, awaiting_release }
    }

    fn recipient(&mut self, session: SessionNumber, position: Position) -> Recipient {
        let ids = match self.random.u8(0..10) {
            0 => vec![7, 300_000],
            1..=3 => vec![self.random.u32(1..200)],
            _ => Vec::new(),
        };
        Recipient {
            session,
            position,
            qos: if self.random.u8(0..3) == 0 { Qos::ExactlyOnce } else { Qos::AtLeastOnce },
            retain: self.random.u8(0..9) == 0,
            subscription_ids: SubscriptionIds::from_ids(ids),
            shared: (self.random.u8(0..4) == 0).then(|| self.group()),
        }
    }

    fn group(&mut self) -> ArcStr {
        ArcStr::from(if self.random.bool() { "$share/a/x" } else { "$share/b/y" })
    }

    /// Nearly always the oldest that is open; sometimes another one, sometimes none.
    fn open_position(&mut self, it: &ModelSession) -> Position {
        let open = it.queue.entries.keys();
        let skipped = if self.random.u8(0..5) == 0 { self.random.usize(0..20) } else { 0 };
        open.copied().nth(skipped).unwrap_or(it.queue.tail)
    }

    fn subscription(&mut self, session: SessionNumber, it: &ModelSession) -> Command {
        let known = self.random.choice(it.subscriptions.keys().collect::<Vec<_>>());
        if let Some(filter) = known.filter(|_| self.random.bool()) {
            return Command::RemoveSubscription { session, filter: ArcStr::from(filter.as_str()) };
        }
        let filter = ArcStr::from(format!("filter/{}", self.random.u8(0..6)));
        let options = SubscriptionOptions { qos: Qos::ExactlyOnce, ..SubscriptionOptions::default() };
        let subscription = SubscriptionRecord { filter, options, subscription_id: self.random.u32(0..50) };
        Command::SetSubscription { session, subscription }
    }

    fn value(&mut self) -> Command {
        let key = vec![b'k', self.random.u8(0..12)];
        let space = if self.random.bool() { Space::Delayed } else { Space::Metadata };
        match self.random.u8(0..6) {
            0 => Command::Unset { space, key },
            1 => Command::Retain { message: message(self.random.u64(0..100)) },
            // As the log has it, and what undoes it.
            2 => {
                let message = message(self.random.u64(0..100));
                let (space, key) = (Space::Retained, message.topic_bytes().to_vec());
                if self.random.bool() {
                    return Command::Unset { space, key };
                }
                let mut value = Vec::new();
                encode_message(&message, &mut value);
                Command::Set { space, key, value }
            }
            _ => Command::Set { space, key, value: self.random.u64(..).to_be_bytes().to_vec() },
        }
    }

    fn move_group(&mut self, state: &Model, from: SessionNumber) -> Command {
        let mut to = Vec::new();
        for (session, it) in &state.sessions {
            if *session != from && self.random.bool() {
                let qos = if self.random.bool() { Qos::ExactlyOnce } else { Qos::AtLeastOnce };
                let member = GroupMember { session: *session, qos, subscription_id: self.random.u32(0..3) };
                to.push((member, it.queue.tail));
            }
        }
        let queue = &state.sessions[&from].queue;
        let head = queue.entries.keys().next().copied().unwrap_or(queue.tail);
        Command::MoveGroup { filter: self.group(), from, range: head..queue.tail, to }
    }

    /// Writes a waiting message again, as a compaction does. Where it lies only the store knows.
    fn relocate(&mut self, state: &Model, session: SessionNumber, it: &ModelSession) -> Command {
        match it.queue.entries.values().find_map(|entry| entry.id) {
            Some(id) => Command::Relocate { message: message(id), from: Place::default(), entries: state.waiting(id) },
            None => Command::Sent { session, sent_to: 0 },
        }
    }

    fn release(&mut self, session: SessionNumber, it: &ModelSession) -> Command {
        Command::Release { session, packet_id: it.awaiting.first().copied().unwrap_or(1) }
    }

    /// A number, to arm a fault with.
    pub(crate) fn nth(&mut self, range: impl RangeBounds<u64>) -> u64 {
        self.random.u64(range)
    }
}

/// A recipient at QoS 1.
pub(crate) fn plain_recipient(session: SessionNumber, position: Position) -> Recipient {
    let subscription_ids = SubscriptionIds::None;
    Recipient { session, position, qos: Qos::AtLeastOnce, retain: false, subscription_ids, shared: None }
}
