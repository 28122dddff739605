//! Random commands, checkpoints, evictions and crashes against the naive model.

use crate::{image::Image, message, message_on, naive::Naive, record, store::Store};
use dunlin_inbox::{
    ChunkId, Command, GroupMember, QueueTotals, Recipient, SessionNumber, Space, SubscriptionRecord, decode_awaiting,
    decode_session, decode_subscription, space,
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds, SubscriptionOptions};
use proptest::{collection::vec, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of sessions that come and go; half of the highest are never begun.
const SESSIONS: u64 = 6;

/// Something that happens. Numbers that choose among what there is are taken modulo its count.
#[derive(Clone, Debug)]
enum Step {
    SetSession(u64),
    EndSession(u64),
    Subscribe { session: u64, filter: u8, id: u32 },
    Unsubscribe { session: u64, filter: u8 },
    Publish { sessions: Vec<u64>, delivery: Delivery, packet_id: Option<u16> },
    Burst { session: u64, count: u16, delivery: Delivery },
    Lose { session: u64, count: u16 },
    Release { session: u64, packet_id: u16 },
    Send { session: u64, share: u8 },
    Receive { session: u64, pick: u16 },
    Done { session: u64, pick: u16, count: u16 },
    DoneAtHead { session: u64, count: u16 },
    MakeRoom { session: u64, keep: u8 },
    Drop { session: u64, pick: u16, count: u16 },
    MoveGroup { filter: u8, from: u64, to: Vec<(u64, u8, u32)>, lost: Option<(u8, u8)> },
    Relocate { sessions: Vec<u64>, pick: u16 },
    Set { space: u8, key: u8, len: u8 },
    Unset { space: u8, key: u8 },
    Retain { key: u8, len: u8 },
    InUse { session: u64, in_use: bool },
    BeginCheckpoint,
    FinishCheckpoint,
    Crash { frozen_is_written: bool },
    Look(u64),
}

#[derive(Clone, Debug)]
struct Delivery {
    payload_len: u8,
    qos: Qos,
    retain: bool,
    ids: Vec<u32>,
    shared: Option<u8>,
}

fn delivery() -> impl Strategy<Value = Delivery> {
    let qos = prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)];
    (any::<u8>(), qos, any::<bool>(), vec(1_u32..300, 0..3), proptest::option::of(0_u8..3))
        .prop_map(|(payload_len, qos, retain, ids, shared)| Delivery { payload_len, qos, retain, ids, shared })
}

fn step() -> impl Strategy<Value = Step> {
    let session = || 0..SESSIONS;
    prop_oneof![
        5 => session().prop_map(Step::SetSession),
        1 => session().prop_map(Step::EndSession),
        2 => (session(), 0_u8..4, 0_u32..9).prop_map(|(session, filter, id)| Step::Subscribe { session, filter, id }),
        1 => (session(), 0_u8..4).prop_map(|(session, filter)| Step::Unsubscribe { session, filter }),
        6 => (vec(session(), 0..5), delivery(), proptest::option::of(1_u16..6)).prop_map(
            |(sessions, delivery, packet_id)| Step::Publish { sessions, delivery, packet_id }
        ),
        8 => (session(), 1_u16..400, delivery())
            .prop_map(|(session, count, delivery)| Step::Burst { session, count, delivery }),
        1 => (session(), 1_u16..700).prop_map(|(session, count)| Step::Lose { session, count }),
        2 => (session(), 1_u16..6).prop_map(|(session, packet_id)| Step::Release { session, packet_id }),
        3 => (session(), any::<u8>()).prop_map(|(session, share)| Step::Send { session, share }),
        4 => (session(), any::<u16>()).prop_map(|(session, pick)| Step::Receive { session, pick }),
        4 => (session(), any::<u16>(), 1_u16..500)
            .prop_map(|(session, pick, count)| Step::Done { session, pick, count }),
        6 => (session(), 1_u16..500).prop_map(|(session, count)| Step::DoneAtHead { session, count }),
        4 => (session(), any::<u8>()).prop_map(|(session, keep)| Step::MakeRoom { session, keep }),
        2 => (session(), any::<u16>(), 1_u16..600)
            .prop_map(|(session, pick, count)| Step::Drop { session, pick, count }),
        3 => (
            0_u8..3,
            session(),
            vec((session(), 0_u8..3, 0_u32..4), 0..4),
            proptest::option::of((any::<u8>(), any::<u8>())),
        )
            .prop_map(|(filter, from, to, lost)| Step::MoveGroup { filter, from, to, lost }),
        2 => (vec(session(), 1..4), any::<u16>()).prop_map(|(sessions, pick)| Step::Relocate { sessions, pick }),
        1 => (0_u8..3, b'a'..b'e', any::<u8>()).prop_map(|(space, key, len)| Step::Set { space, key, len }),
        1 => (0_u8..3, b'a'..b'e').prop_map(|(space, key)| Step::Unset { space, key }),
        1 => (b'a'..b'e', any::<u8>()).prop_map(|(key, len)| Step::Retain { key, len }),
        2 => (session(), any::<bool>()).prop_map(|(session, in_use)| Step::InUse { session, in_use }),
        5 => Just(Step::BeginCheckpoint),
        5 => Just(Step::FinishCheckpoint),
        2 => any::<bool>().prop_map(|frozen_is_written| Step::Crash { frozen_is_written }),
        2 => session().prop_map(Step::Look),
    ]
}

/// The inbox and the model side by side.
#[derive(Default)]
struct Pair {
    store: Store,
    naive: Naive,
}

impl Pair {
    fn apply(&mut self, command: &Command) {
        let mut bytes = Vec::new();
        let place = command.encode(&mut bytes).map(|range| self.store.place(&range));
        let expected = self.naive.apply(command, place);
        assert_eq!(self.store.apply(command), expected, "{command:?}");
    }

    fn tail(&self, session: SessionNumber) -> u64 {
        self.naive.sessions.get(&session).map_or(0, super::naive::Session::tail)
    }

    /// One of the open positions of a session, or one beyond.
    fn pick(&self, session: SessionNumber, pick: u16) -> u64 {
        let info = self.naive.sessions.get(&session).map(super::naive::Session::info).unwrap_or_default();
        info.head + u64::from(pick) % (info.tail - info.head + 2)
    }

    fn publish(&mut self, sessions: &[u64], delivery: &Delivery, awaiting_release: Option<(SessionNumber, u16)>) {
        let mut recipients: Vec<Recipient> = Vec::new();
        for &number in sessions {
            let session = SessionNumber(number);
            let before = recipients.iter().filter(|recipient| recipient.session == session).count() as u64;
            recipients.push(Recipient {
                session,
                position: self.tail(session) + before,
                qos: delivery.qos,
                retain: delivery.retain,
                subscription_ids: SubscriptionIds::from_ids(delivery.ids.iter().copied()),
                shared: delivery.shared.map(shared_filter),
            });
        }
        let message = message(delivery.payload_len.into());
        self.apply(&Command::Queue { message, recipients, awaiting_release });
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::SetSession(session) => {
                let record = record(&format!("client {session}"));
                self.apply(&Command::SetSession { session: SessionNumber(session), record });
            }
            Step::EndSession(session) => self.apply(&Command::EndSession { session: SessionNumber(session) }),
            Step::Subscribe { session, filter, id } => {
                let options = SubscriptionOptions::default();
                let subscription = SubscriptionRecord { filter: shared_filter(filter), options, subscription_id: id };
                self.apply(&Command::SetSubscription { session: SessionNumber(session), subscription });
            }
            Step::Unsubscribe { session, filter } => {
                let filter = shared_filter(filter);
                self.apply(&Command::RemoveSubscription { session: SessionNumber(session), filter });
            }
            Step::Publish { sessions, delivery, packet_id } => {
                let awaiting_release = packet_id.map(|id| (SessionNumber(u64::from(id) % SESSIONS), id));
                self.publish(&sessions, &delivery, awaiting_release);
            }
            Step::Burst { session, count, delivery } => {
                for _ in 0..count {
                    self.publish(&[session], &delivery, None);
                }
            }
            Step::Release { session, packet_id } => {
                self.apply(&Command::Release { session: SessionNumber(session), packet_id });
            }
            Step::Set { space, key, len } => {
                let value = vec![key; len.into()];
                self.apply(&Command::Set { space: some_space(space), key: vec![key], value });
            }
            Step::Unset { space, key } => self.apply(&Command::Unset { space: some_space(space), key: vec![key] }),
            Step::Retain { key, len } => {
                let message = message_on(&char::from(key).to_string(), len.into());
                self.apply(&Command::Retain { message });
            }
            Step::InUse { session, in_use } => self.store.inbox.set_in_use(SessionNumber(session), in_use),
            Step::BeginCheckpoint => self.store.begin_checkpoint(),
            Step::FinishCheckpoint => self.store.finish_checkpoint(),
            Step::Crash { frozen_is_written } => self.store.crash(frozen_is_written),
            Step::Look(session) => self.compare_entries(SessionNumber(session)),
            other => self.step_in_queue(other),
        }
    }

    fn step_in_queue(&mut self, step: Step) {
        match step {
            Step::Lose { session, count } => {
                let session = SessionNumber(session);
                let lost = recipient_at(session, self.tail(session) + u64::from(count));
                self.apply(&Command::Queue { message: message(1), recipients: vec![lost], awaiting_release: None });
            }
            Step::Send { session, share } => {
                let session = SessionNumber(session);
                let sent_to = self.tail(session) * u64::from(share) / 250;
                self.apply(&Command::Sent { session, sent_to });
            }
            Step::Receive { session, pick } => {
                let session = SessionNumber(session);
                self.apply(&Command::Received { session, position: self.pick(session, pick) });
            }
            Step::Done { session, pick, count } => {
                let session = SessionNumber(session);
                let first = self.pick(session, pick);
                for position in first..first + u64::from(count) {
                    self.apply(&Command::Done { session, position });
                }
            }
            Step::DoneAtHead { session, count } => {
                let session = SessionNumber(session);
                for _ in 0..count {
                    self.apply(&Command::Done { session, position: self.pick(session, 0) });
                }
            }
            Step::MakeRoom { session, keep } => self.make_room(SessionNumber(session), keep),
            Step::Drop { session, pick, count } => {
                let session = SessionNumber(session);
                let from = self.pick(session, pick);
                self.apply(&Command::Drop { session, from, below: from + u64::from(count) });
            }
            Step::MoveGroup { filter, from, to, lost } => {
                let member = |(number, qos, subscription_id)| GroupMember {
                    session: SessionNumber(number),
                    qos: Qos::from_u8(qos).unwrap(),
                    subscription_id,
                };
                let to = to.into_iter().map(member).collect();
                self.move_group(shared_filter(filter), SessionNumber(from), to, lost);
            }
            Step::Relocate { sessions, pick } => {
                let entries =
                    sessions.into_iter().map(SessionNumber).map(|session| (session, self.pick(session, pick)));
                let entries: Vec<_> = entries.collect();
                let place = entries.first().and_then(|&(session, position)| self.naive.place(session, position));
                self.apply(&Command::Relocate { message: message(9), from: place.unwrap_or_default(), entries });
            }
            other => panic!("{other:?}"),
        }
    }

    /// As things are, or as they were before `lost`: other positions are in the range, and the first ones were given or are
    /// still far away.
    fn move_group(&mut self, filter: ArcStr, from: SessionNumber, members: Vec<GroupMember>, lost: Option<(u8, u8)>) {
        let Some((before, behind)) = lost else {
            if let Some(command) = self.store.group_move(&filter, from, &members) {
                self.apply(&command);
            }
            return;
        };
        let info = self.naive.sessions.get(&from).map(super::naive::Session::info).unwrap_or_default();
        let start = info.head + u64::from(before) / 16;
        let range = start..start.max(info.tail + u64::from(behind) / 16);
        let position = |member: &GroupMember| (self.tail(member.session) + u64::from(behind)).saturating_sub(40);
        let to = members.into_iter().map(|member| (member, position(&member))).collect();
        self.apply(&Command::MoveGroup { filter, from, range, to });
    }

    fn make_room(&mut self, session: SessionNumber, keep: u8) {
        let Some(max) = self.naive.sessions.get(&session).map(|session| session.info().bytes) else { return };
        let max = max * u64::from(keep) / 256;
        for round in 0.. {
            let range = self.store.oldest_to_drop(session, 7, max);
            assert_eq!(range, self.naive.sessions[&session].oldest_to_drop(7, max));
            let Some(range) = range else { break };
            assert!(round < 2, "two parts at most");
            self.apply(&Command::Drop { session, from: range.start, below: range.end });
        }
    }

    /// What can be asked without loading anything.
    fn compare_summaries(&self) {
        let inbox = &self.store.inbox;
        assert_eq!(inbox.session_count(), self.naive.sessions.len());
        assert_eq!(inbox.next_session_number().0, self.naive.next_session_number);
        for number in (0..SESSIONS).map(SessionNumber) {
            let expected = self.naive.sessions.get(&number).map(super::naive::Session::info);
            assert_eq!(inbox.queue_info(number), expected, "session {number}");
        }
        let infos = || self.naive.sessions.values().map(super::naive::Session::info);
        let (len, bytes) = (infos().map(|info| u64::from(info.len)).sum(), infos().map(|info| info.bytes).sum());
        assert_eq!(inbox.totals(), QueueTotals { len, bytes });
        assert!(inbox.referenced_segments().eq(self.naive.references()));
    }

    /// Right after a start, one chunk is damaged. What is left is counted, whether it is in memory or not.
    fn lose_a_chunk(&mut self) {
        let damaged = (0..SESSIONS).map(SessionNumber).find_map(|session| {
            let chunks = self.store.image.chunks(session);
            Some(ChunkId { session, index: *chunks.get(chunks.len() / 2)? })
        });
        let Some(damaged) = damaged else { return };
        for number in damaged.session.0 + 1..SESSIONS {
            if number % 2 == 0 {
                self.compare_entries(SessionNumber(number));
            }
        }
        self.store.inbox.give_up_chunk(damaged);
        self.naive.lose(damaged.session, damaged.index * 256..(damaged.index + 1) * 256);
        self.store.recount();
        for number in (0..SESSIONS).map(SessionNumber) {
            self.compare_entries(number);
        }
        // Where the head is may take a look at the next chunk to find out.
        let done = self.pick(damaged.session, 0);
        self.apply(&Command::Done { session: damaged.session, position: done });
        self.compare_summaries();
        self.store.checkpoint();
        self.compare_image();
    }

    fn compare_entries(&mut self, session: SessionNumber) {
        let expected = self.naive.sessions.get(&session).map(super::naive::Session::entries).unwrap_or_default();
        assert_eq!(self.store.entries(session), expected, "session {session}");
    }

    /// What a start loads besides the queues.
    fn compare_image(&self) {
        let image = &self.store.image;
        let clients = image.space(space::SESSIONS).map(|(key, value)| {
            let (session, record) = decode_session(key, value).unwrap();
            (session, record.client_id)
        });
        let expected = self.naive.sessions.iter().map(|(number, session)| (*number, session.client_id.clone()));
        assert!(clients.eq(expected));
        for (number, session) in &self.naive.sessions {
            assert_eq!(&subscriptions(image, *number), &session.subscriptions);
            assert_eq!(&awaiting(image, *number), &session.awaiting);
        }
        for space in [Space::Retained, Space::Delayed, Space::Metadata] {
            let of_space = self.naive.values.iter().filter(|((other, _), _)| *other == space);
            let expected = of_space.map(|((_, key), value)| (key.as_slice(), value.as_slice()));
            assert!(image.space(space.name()).eq(expected));
        }
        let known = |key: &[u8]| self.naive.sessions.keys().any(|session| key.starts_with(&session.key()));
        for space in [space::SUBSCRIPTIONS, space::AWAITING, space::QUEUES, space::CHUNKS] {
            assert!(image.space(space).all(|(key, _)| known(key)), "{space} of a session that has ended");
        }
        for (number, session) in &self.naive.sessions {
            let needed: BTreeSet<u64> = session.entries().iter().map(|entry| entry.position / 256).collect();
            assert!(image.chunks(*number).into_iter().eq(needed), "chunks of session {number}");
        }
    }
}

fn subscriptions(image: &Image, session: SessionNumber) -> BTreeMap<ArcStr, u32> {
    let all = image.space(space::SUBSCRIPTIONS).map(|(key, value)| decode_subscription(key, value).unwrap());
    let of_session = all.filter(|(number, _)| *number == session);
    of_session.map(|(_, subscription)| (subscription.filter, subscription.subscription_id)).collect()
}

fn awaiting(image: &Image, session: SessionNumber) -> BTreeSet<u16> {
    let all = image.space(space::AWAITING).map(|(key, _)| decode_awaiting(key).unwrap());
    all.filter(|(number, _)| *number == session).map(|(_, packet_id)| packet_id).collect()
}

fn shared_filter(number: u8) -> ArcStr {
    ArcStr::from(format!("$share/g/filter/{number}"))
}

fn some_space(number: u8) -> Space {
    [Space::Retained, Space::Delayed, Space::Metadata][usize::from(number)]
}

fn recipient_at(session: SessionNumber, position: u64) -> Recipient {
    crate::recipient(session, position, Qos::ExactlyOnce)
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_like_the_naive_model(steps in vec(step(), 1..120)) {
        let mut pair = Pair::default();
        for session in 0..SESSIONS / 2 {
            pair.step(Step::SetSession(session));
        }
        for step in steps {
            pair.step(step);
            pair.compare_summaries();
        }
        for number in 0..SESSIONS {
            pair.compare_entries(SessionNumber(number));
        }
        pair.store.checkpoint();
        pair.compare_image();
        pair.store.crash(false);
        pair.compare_summaries();
        for number in 0..SESSIONS {
            pair.compare_entries(SessionNumber(number));
        }
        pair.store.crash(false);
        pair.lose_a_chunk();
    }
}
