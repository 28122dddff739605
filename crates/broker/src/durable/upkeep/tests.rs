//! The budget over a simulated disk.

use super::*;
use crate::durable::DurableSettings;
use dunlin_inbox::{Command, Recipient, SessionRecord, space};
use dunlin_model::{Message, MessageParts, ProtocolVersion, Qos, SubscriptionIds};
use dunlin_storage::{
    disk::SimulatedDisk,
    key_value::MemoryKeyValue,
    store::{StoreSettings, StoreSpace},
};
use std::sync::Arc;

const SEGMENT_BYTES: u64 = 256 * 1024;
const LARGE: SessionNumber = SessionNumber(0);
const SMALL: SessionNumber = SessionNumber(1);

struct Scene {
    store: Store,
    checkpoints: Checkpoints,
    upkeep: Upkeep,
    now: Millis,
    dropped: u64,
}

impl Scene {
    fn new(overflow: Overflow, budget: DiskBudget) -> Self {
        let settings = StoreSettings { max_message_bytes: 4096, segment_bytes: SEGMENT_BYTES as u32 };
        let disk = Arc::new(SimulatedDisk::new(3));
        let key_value = Arc::new(MemoryKeyValue::new(4, &space::ALL));
        let (store, _) = Store::open(disk, key_value, settings).expect("it opens");
        let settings = DurableSettings { disk_budget: budget, overflow, ..DurableSettings::default() };
        let checkpoints = Checkpoints::start(&settings, 0).expect("threads can be made");
        let mut scene = Self { store, checkpoints, upkeep: Upkeep::new(&settings), now: 0, dropped: 0 };
        for session in [LARGE, SMALL] {
            let record = SessionRecord {
                client_id: "client".into(),
                version: ProtocolVersion::V5,
                expiry_secs: u32::MAX,
                connected: false,
                expires_at: None,
                will: None,
            };
            scene.write(&Command::SetSession { session, record });
        }
        scene
    }

    fn write(&mut self, command: &Command) {
        self.store.begin(command.encoded_len_max()).expect("there is room");
        self.store.push(command).expect("the key-value store works");
        self.store.append().expect("it was reserved");
    }

    fn queue(&mut self, session: SessionNumber) {
        let message = Message::new(&MessageParts {
            topic: "t",
            properties: &[],
            payload: &[0; 1_000],
            qos: Qos::AtLeastOnce,
            retain: false,
            expiry_secs: None,
            publisher: "publisher",
            received_at: 1_700_000_000_000,
        });
        let position = self.store.tail(session).expect("the session exists");
        let recipient = Recipient {
            session,
            position,
            qos: Qos::AtLeastOnce,
            retain: false,
            subscription_ids: SubscriptionIds::None,
            shared: None,
        };
        self.write(&Command::Queue { message, recipients: vec![recipient], awaiting_release: None });
    }

    /// The committer goes round: a millisecond passes.
    fn turn(&mut self) {
        self.now += 1;
        self.checkpoints.look_after(&mut self.store, self.now);
        let result = self.upkeep.look_after(&mut self.store, &mut self.checkpoints, self.now);
        self.dropped += result.expect("the disk works").map_or(0, |(_, count)| count);
    }

    /// Goes round until the log is within its budget and nothing is under way. False when that never happens.
    fn settle(&mut self) -> bool {
        for _ in 0..200_000 {
            self.turn();
            if !self.upkeep.is_short && !self.upkeep.is_busy && self.upkeep.excess_bytes(&self.store, self.now) == 0 {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }
}

#[test]
fn over_the_budget_the_oldest_messages_of_the_largest_queue_are_dropped() {
    let budget = 8 * SEGMENT_BYTES;
    let mut scene = Scene::new(Overflow::DropOldest, DiskBudget::Bytes(budget));
    (0..100).for_each(|_| scene.queue(SMALL));
    for _ in 0..8_000 {
        scene.queue(LARGE);
        scene.turn();
    }
    assert!(scene.settle());
    assert!(scene.store.bytes_on_disk() <= budget, "{} bytes", scene.store.bytes_on_disk());
    assert!(scene.dropped > 4_000, "{} were dropped", scene.dropped);
    let waits = |scene: &mut Scene, session| {
        let page = scene.store.page(session, None, 100_000, u64::MAX).expect("the key-value store works");
        (page.entries.first().map(|entry| entry.position), scene.store.tail(session))
    };
    assert_eq!(waits(&mut scene, SMALL), (Some(0), Some(100)), "the small queue is whole");
    let (first, tail) = waits(&mut scene, LARGE);
    assert_eq!((first, tail), (Some(scene.dropped), Some(8_000)), "the newest are kept");
    // A good part of the budget is used: not much more was dropped than had to be.
    assert!(scene.store.queued_bytes(LARGE) > budget / 4, "{} bytes", scene.store.queued_bytes(LARGE));
    assert!(!scene.upkeep.is_full());
}

#[test]
fn with_reject_nothing_is_dropped_and_new_messages_are_refused_until_there_is_space() {
    let mut scene = Scene::new(Overflow::Reject, DiskBudget::Bytes(8 * SEGMENT_BYTES));
    let mut accepted = 0;
    while !scene.upkeep.is_full() {
        scene.queue(LARGE);
        scene.turn();
        accepted += 1;
        assert!(accepted < 8_000, "it is never full");
    }
    assert!(accepted > 1_000, "after {accepted} messages");
    assert_eq!(scene.dropped, 0);
    for position in 0..accepted {
        scene.write(&Command::Done { session: LARGE, position });
    }
    assert!(scene.settle());
    assert!(!scene.upkeep.is_full());
}

#[test]
fn what_is_acknowledged_makes_room_without_a_loss() {
    let budget = 8 * SEGMENT_BYTES;
    let mut scene = Scene::new(Overflow::DropOldest, DiskBudget::Bytes(budget));
    for position in 0..10_000 {
        scene.queue(LARGE);
        if position % 100 == 0 {
            scene.queue(SMALL);
        }
        scene.write(&Command::Done { session: LARGE, position });
        scene.turn();
    }
    assert!(scene.settle());
    assert_eq!((scene.dropped, scene.store.tail(SMALL)), (0, Some(100)));
    assert!(scene.store.bytes_on_disk() <= budget);
}

#[test]
fn a_part_of_the_disk_stays_free_by_itself() {
    const GB: u64 = 1 << 30;
    let space = |used_bytes, free_bytes, total_bytes| StoreSpace { used_bytes, free_bytes, total_bytes };
    let limit = |space| DiskBudget::Auto.limit_bytes(space);
    assert_eq!(limit(space(0, 10 * GB, 10 * GB)), 10 * GB - GB / 2);
    assert_eq!(limit(space(2 * GB, 3 * GB, 1_000 * GB)), 4 * GB);
    assert_eq!(limit(space(0, 0, 10 * GB)), 0);
    assert_eq!(DiskBudget::Bytes(7).limit_bytes(space(9, 0, 10)), 7);
    assert_eq!(DiskBudget::Unlimited.limit_bytes(space(9, 0, 10)), u64::MAX);
    assert_eq!(DiskBudget::Bytes(80).segment_bytes(64), 10);
    assert_eq!(DiskBudget::Auto.segment_bytes(64), 64);
}

#[test]
fn who_asks_for_compaction_gets_half_empty_segments_back() {
    let mut scene = Scene::new(Overflow::DropOldest, DiskBudget::Unlimited);
    let messages = 2_000;
    (0..messages).for_each(|_| scene.queue(LARGE));
    // Two of three are done: too little to be worth it without need, enough when somebody asks.
    for position in (0..messages).filter(|position| position % 3 != 0) {
        scene.write(&Command::Done { session: LARGE, position });
    }
    let (asker, answer) = std::sync::mpsc::sync_channel(1);
    let before = scene.store.figures();
    scene.upkeep.ask(asker);
    let answered = (0..1_000_000).any(|_| {
        scene.turn();
        std::thread::yield_now();
        answer.try_recv().is_ok_and(|result| result == Ok(()))
    });
    assert!(answered);
    let after = scene.store.figures();
    assert!(after.log_segments * 3 < before.log_segments * 2, "{} -> {}", before.log_segments, after.log_segments);
    assert_eq!(after.queued_messages, before.queued_messages);
}
