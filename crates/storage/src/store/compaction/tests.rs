//! Compaction over a simulated disk: what is needed survives, what is not needed goes.

use super::*;
use crate::{
    disk::{Disk, SimulatedDisk},
    key_value::{KeyValue, MemoryKeyValue},
    store::StoreSettings,
};
use dunlin_inbox::{GroupMember, Recipient, SessionRecord, space};
use dunlin_model::{ArcStr, MessageParts, ProtocolVersion, Qos, SubscriptionIds};
use std::sync::Arc;

const SEGMENT_BYTES: u32 = 64 * 1024;

/// Absent sessions that keep everything, and one that acknowledges at once.
const ABSENT: SessionNumber = SessionNumber(0);
const PRESENT: SessionNumber = SessionNumber(1);
const OTHER: SessionNumber = SessionNumber(2);

const GROUP: &str = "$share/g/t";

struct Scene {
    disk: SimulatedDisk,
    key_value: Arc<dyn KeyValue>,
    store: Store,
}

impl Scene {
    fn new() -> Self {
        let disk = SimulatedDisk::new(11);
        let key_value: Arc<dyn KeyValue> = Arc::new(MemoryKeyValue::new(5, &space::ALL));
        let store = open(&disk, &key_value);
        let mut scene = Self { disk, key_value, store };
        for session in [ABSENT, PRESENT, OTHER] {
            scene.command(&Command::SetSession { session, record: record() });
        }
        scene
    }

    /// The power goes and comes back.
    fn crash(&mut self) {
        self.disk.crash();
        self.store = open(&self.disk, &self.key_value);
    }

    fn command(&mut self, command: &Command) {
        self.store.begin(command.encoded_len_max()).expect("there is room");
        self.store.push(command).expect("the key-value store works");
        self.store.append().expect("it was reserved");
    }

    fn queue(&mut self, number: u32, bytes: usize, sessions: &[SessionNumber]) {
        let shared = || Some(ArcStr::from(GROUP));
        let recipient = |&session: &SessionNumber| Recipient {
            session,
            position: self.store.tail(session).expect("the session exists"),
            qos: Qos::AtLeastOnce,
            retain: false,
            subscription_ids: SubscriptionIds::None,
            shared: shared(),
        };
        let recipients = sessions.iter().map(recipient).collect();
        self.command(&Command::Queue { message: message(number, bytes), recipients, awaiting_release: None });
    }

    fn acknowledge_all(&mut self, session: SessionNumber) {
        let below = self.store.tail(session).expect("the session exists");
        for position in 0..below {
            self.command(&Command::Done { session, position });
        }
    }

    fn checkpoint(&mut self) {
        let mut checkpoint = self.store.begin_checkpoint().expect("the disk works");
        checkpoint.write().expect("the key-value store works");
        self.store.end_checkpoint(checkpoint).expect("the disk works");
    }

    /// Compacts until nothing is left to do. How many segments were emptied.
    fn compact(&mut self, effort: CompactEffort) -> usize {
        let mut emptied = 0;
        for _ in 0..10_000 {
            match self.store.compact_step(effort, 4096).expect("the disk works") {
                CompactStep::Idle => return emptied,
                CompactStep::Working => {}
                CompactStep::Emptied(_) => emptied += 1,
            }
        }
        panic!("compaction does not end");
    }

    fn segments(&self) -> usize {
        self.store.log.segments().len()
    }

    /// The numbers of the messages that wait for a session, each read from the log.
    fn waiting(&mut self, session: SessionNumber) -> Vec<u32> {
        let mut bodies = self.store.body_reader();
        let mut numbers = Vec::new();
        let mut from = 0;
        loop {
            let page = self.store.page(session, Some(from), 100, u64::MAX).expect("the key-value store works");
            numbers.extend(page.entries.iter().map(|entry| {
                let message = bodies.read(entry.place).expect("the message is there");
                number_of(&message)
            }));
            from = page.next;
            if page.at_tail {
                return numbers;
            }
        }
    }
}

fn open(disk: &SimulatedDisk, key_value: &Arc<dyn KeyValue>) -> Store {
    let settings = StoreSettings { max_message_bytes: 4096, segment_bytes: SEGMENT_BYTES };
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Store::open(disk, Arc::clone(key_value), settings).expect("it opens").0
}

fn record() -> SessionRecord {
    SessionRecord {
        client_id: "client".into(),
        version: ProtocolVersion::V5,
        expiry_secs: u32::MAX,
        connected: false,
        expires_at: None,
        will: None,
    }
}

fn message(number: u32, bytes: usize) -> Message {
    let mut payload = vec![b'.'; bytes];
    payload[..4].copy_from_slice(&number.to_le_bytes());
    Message::new(&MessageParts {
        topic: "t",
        properties: &[],
        payload: &payload,
        qos: Qos::AtLeastOnce,
        retain: false,
        expiry_secs: None,
        publisher: "publisher",
        received_at: 1_700_000_000_000,
    })
}

fn number_of(message: &Message) -> u32 {
    u32::from_le_bytes(message.payload()[..4].try_into().expect("four bytes"))
}

#[test]
fn one_old_message_does_not_keep_a_segment() {
    let mut scene = Scene::new();
    for round in 0..8 {
        scene.queue(round, 100, &[ABSENT]);
        (0..200).for_each(|_| scene.queue(0, 400, &[PRESENT]));
        scene.acknowledge_all(PRESENT);
    }
    scene.checkpoint();
    let before = scene.segments();
    assert!(before > 8, "each of them keeps a segment: {before}");
    assert!(scene.compact(CompactEffort::Background) >= 7);
    scene.checkpoint();
    assert!(scene.segments() <= 2, "{} segments", scene.segments());
    assert_eq!(scene.waiting(ABSENT), (0..8).collect::<Vec<_>>());
    scene.crash();
    assert_eq!(scene.waiting(ABSENT), (0..8).collect::<Vec<_>>());
}

#[test]
fn a_message_for_many_is_written_once_more_and_not_once_for_each() {
    let mut scene = Scene::new();
    for session in 10..60 {
        scene.command(&Command::SetSession { session: SessionNumber(session), record: record() });
    }
    let all: Vec<_> = (10..60).map(SessionNumber).collect();
    // 25 messages of 1,000 bytes: less than half a segment, though references to them seem to be twenty segments.
    for number in 0..25 {
        scene.queue(number, 1_000, &all);
        scene.queue(0, 1_500, &[PRESENT]);
    }
    (0..40).for_each(|_| scene.queue(0, 1_500, &[PRESENT]));
    scene.acknowledge_all(PRESENT);
    assert_eq!(scene.compact(CompactEffort::Background), 0, "it cannot be told without a look");
    let written = scene.store.log_bytes_since_checkpoint();
    assert!(scene.compact(CompactEffort::Thorough) >= 1);
    let written = scene.store.log_bytes_since_checkpoint() - written;
    assert!(written < 60_000, "{written} bytes");
    scene.checkpoint();
    for session in all {
        assert_eq!(scene.waiting(session), (0..25).collect::<Vec<_>>());
    }
}

#[test]
fn a_full_segment_is_left_alone_and_not_looked_at_again() {
    let mut scene = Scene::new();
    (0..300).for_each(|number| scene.queue(number, 1_000, &[ABSENT]));
    scene.checkpoint();
    let before = scene.store.log.end();
    assert_eq!(scene.compact(CompactEffort::Thorough), 0);
    assert_eq!(scene.store.log.end(), before, "nothing was written");
}

#[test]
fn messages_that_changed_the_queue_are_found() {
    let mut scene = Scene::new();
    for number in 0..5 {
        scene.queue(number, 100, &[ABSENT]);
    }
    (0..200).for_each(|_| scene.queue(0, 400, &[PRESENT]));
    let to = [GroupMember { session: OTHER, qos: Qos::AtLeastOnce, subscription_id: 0 }];
    scene.store.begin(500).expect("there is room");
    let moved = scene.store.move_group(&GROUP.into(), ABSENT, &to).expect("the key-value store works");
    assert_eq!(moved.len(), 1);
    scene.store.append().expect("it was reserved");
    scene.acknowledge_all(PRESENT);
    scene.checkpoint();
    assert!(scene.compact(CompactEffort::Background) >= 1);
    scene.checkpoint();
    scene.crash();
    assert_eq!(scene.waiting(ABSENT), []);
    assert_eq!(scene.waiting(OTHER), [0, 1, 2, 3, 4]);
    assert_eq!(scene.store.log.segments()[0].number, scene.store.inbox.referenced_segments().next().expect("some").0);
}

#[test]
fn queues_go_on_while_a_segment_is_emptied() {
    let mut scene = Scene::new();
    for number in 0..40 {
        scene.queue(number, 100, &[ABSENT, OTHER]);
        (0..10).for_each(|_| scene.queue(0, 400, &[PRESENT]));
    }
    scene.acknowledge_all(PRESENT);
    let mut done = 0;
    for step in 0..2_000 {
        if scene.store.compact_step(CompactEffort::Thorough, 256).expect("the disk works") == CompactStep::Idle {
            break;
        }
        if step % 5 == 0 && done < 30 {
            scene.command(&Command::Done { session: OTHER, position: done });
            done += 1;
        }
        if step % 37 == 0 {
            scene.checkpoint();
        }
    }
    assert!(done > 0);
    scene.checkpoint();
    scene.crash();
    assert_eq!(scene.waiting(ABSENT), (0..40).collect::<Vec<_>>());
    assert_eq!(scene.waiting(OTHER), (done as u32..40).collect::<Vec<_>>());
}

/// The power goes at every point of a compaction and of the checkpoint after it.
#[test]
fn a_crash_at_any_point_loses_nothing() {
    let mut survived = 0;
    for nth in 1..200 {
        let mut scene = Scene::new();
        for number in 0..10 {
            scene.queue(number, 200, &[ABSENT]);
            (0..20).for_each(|_| scene.queue(0, 400, &[PRESENT]));
        }
        scene.acknowledge_all(PRESENT);
        scene.checkpoint();
        scene.disk.cut_power_at(nth);
        let finished = compact_and_free(&mut scene.store).is_ok() && !scene.disk.is_without_power();
        scene.crash();
        assert_eq!(scene.waiting(ABSENT), (0..10).collect::<Vec<_>>(), "the power went in operation {nth}");
        if finished {
            survived += 1;
            if survived == 2 {
                return;
            }
        }
    }
    panic!("compaction was never finished");
}

fn compact_and_free(store: &mut Store) -> Result<(), StoreError> {
    while store.compact_step(CompactEffort::Background, 512)? != CompactStep::Idle {}
    let mut checkpoint = store.begin_checkpoint()?;
    checkpoint.write()?;
    store.end_checkpoint(checkpoint)
}

#[test]
fn a_full_disk_stops_compaction_until_there_is_space() {
    let mut scene = Scene::new();
    for number in 0..30 {
        scene.queue(number, 400, &[ABSENT]);
        (0..10).for_each(|_| scene.queue(0, 400, &[PRESENT]));
    }
    scene.acknowledge_all(PRESENT);
    // The current segment is filled up, but for the few bytes that end the other session.
    while scene.store.has_room(2_500) {
        scene.queue(0, 2_000, &[PRESENT]);
    }
    scene.command(&Command::EndSession { session: PRESENT });
    scene.disk.set_capacity(0);
    let mut refused = false;
    for _ in 0..2_000 {
        match scene.store.compact_step(CompactEffort::Thorough, 8192) {
            Err(StoreError::NoSpace) => {
                refused = true;
                break;
            }
            Ok(CompactStep::Idle) => break,
            other => assert!(other.is_ok(), "{other:?}"),
        }
    }
    assert!(refused, "there was no room for what had to be moved");
    scene.disk.set_capacity(1 << 30);
    assert!(scene.compact(CompactEffort::Thorough) >= 1);
    scene.checkpoint();
    assert_eq!(scene.waiting(ABSENT), (0..30).collect::<Vec<_>>());
}

/// A publisher, a client that acknowledges, and one that is away and gets every hundredth message: hours of it, in short.
#[test]
fn the_log_stays_within_a_small_multiple_of_what_is_needed() {
    let mut scene = Scene::new();
    let mut numbers = Vec::new();
    let mut done = 0;
    let mut most = 0;
    for step in 0..30_000_u32 {
        if step % 100 == 0 {
            numbers.push(step);
            scene.queue(step, 300, &[ABSENT, PRESENT]);
        } else {
            scene.queue(step, 300, &[PRESENT]);
        }
        if step >= 20 {
            scene.command(&Command::Done { session: PRESENT, position: done });
            done += 1;
        }
        if step % 10 == 0 {
            scene.store.compact_step(CompactEffort::Background, 8192).expect("the disk works");
        }
        if step % 500 == 0 {
            scene.checkpoint();
            let live = scene.store.inbox.totals().bytes;
            most = most.max(scene.store.bytes_on_disk().saturating_sub(8 * u64::from(SEGMENT_BYTES)) / live.max(1));
        }
    }
    assert!(most <= 4, "the log took {most} times what was needed, beside eight segments");
    let live = scene.store.inbox.totals().bytes;
    assert!(scene.store.bytes_on_disk() < 4 * live + 8 * u64::from(SEGMENT_BYTES));
    assert!(scene.store.log.end().segment > 100, "the log went round many times");
    scene.crash();
    assert_eq!(scene.waiting(ABSENT), numbers);
}
