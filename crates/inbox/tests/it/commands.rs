//! Each command and what comes of it.

use crate::{A, B, C, Q1, Q2, message, recipient, record, store::Store};
use dunlin_inbox::{
    Applied, ApplyError, Command, Dropped, Inbox, PageEntry, Place, QueueInfo, Recipient, SubscriptionRecord,
};
use dunlin_model::{SubscriptionIds, SubscriptionOptions};

fn one_message_len() -> u64 {
    dunlin_inbox::encoded_message_len(&message(1)) as u64
}

/// What `apply` says of a session that does not exist.
fn unknown(count: usize) -> Applied {
    Applied { unknown_sessions: vec![A; count], ..Applied::default() }
}

#[test]
fn a_session_exists_from_its_first_command_to_its_end() {
    let mut inbox = Inbox::new();
    assert_eq!((inbox.session_exists(B), inbox.next_session_number(), inbox.tail(B)), (false, A, None));
    for _ in 0..2 {
        let begun = inbox.apply(&Command::SetSession { session: B, record: record("b") }, None);
        assert_eq!(begun, Ok(Applied::default()));
        assert_eq!((inbox.session_exists(B), inbox.next_session_number(), inbox.tail(B)), (true, C, Some(0)));
    }
    assert!(inbox.sessions().eq([B]));
    assert_eq!(inbox.apply(&Command::EndSession { session: B }, None), Ok(Applied::default()));
    assert_eq!((inbox.session_exists(B), inbox.next_session_number()), (false, C), "numbers are given once");
    assert_eq!(inbox.session_count(), 0);
}

#[test]
fn commands_for_a_session_that_does_not_exist_change_nothing() {
    let filter = dunlin_model::ArcStr::from("a/#");
    let subscription =
        SubscriptionRecord { filter: filter.clone(), options: SubscriptionOptions::default(), subscription_id: 0 };
    let recipients = vec![recipient(A, 0, Q1)];
    let commands = [
        (Command::EndSession { session: A }, 1),
        (Command::SetSubscription { session: A, subscription }, 1),
        (Command::RemoveSubscription { session: A, filter: filter.clone() }, 1),
        (Command::Queue { message: message(1), recipients, awaiting_release: Some((A, 1)) }, 2),
        (Command::Release { session: A, packet_id: 1 }, 1),
        (Command::Sent { session: A, sent_to: 1 }, 1),
        (Command::Received { session: A, position: 0 }, 1),
        (Command::Done { session: A, position: 0 }, 1),
        (Command::Drop { session: A, from: 0, below: 1 }, 1),
        (Command::MoveGroup { filter, from: A, range: 0..1, to: vec![] }, 0),
        (Command::Relocate { message: message(1), from: Place::default(), entries: vec![(A, 0)] }, 1),
    ];
    let mut store = Store::default();
    for (command, count) in commands {
        assert_eq!(store.apply(&command), unknown(count), "{command:?}");
    }
    assert_eq!(store.inbox.changes_bytes(), 0);
    assert!(store.inbox.begin_checkpoint().is_empty());
    assert!(store.inbox.referenced_segments().next().is_none());
}

#[test]
fn a_message_is_queued_once_for_each_recipient() {
    let mut store = Store::with_sessions(3);
    let ids = SubscriptionIds::from_ids([7, 8]);
    let shared = Some("$share/g/a/b".into());
    let second =
        Recipient { retain: true, subscription_ids: ids.clone(), shared: shared.clone(), ..recipient(B, 0, Q2) };
    let place = store.place(&(0..one_message_len() as usize));
    store.queue(1, vec![recipient(A, 0, Q1), second, recipient(A, 1, Q1)]);

    let plain = PageEntry {
        position: 0,
        place,
        qos: Q1,
        retain: false,
        dup: false,
        received: false,
        subscription_ids: SubscriptionIds::None,
        shared: None,
    };
    assert_eq!(store.entries(A), [plain.clone(), PageEntry { position: 1, ..plain.clone() }]);
    assert_eq!(store.entries(B), [PageEntry { qos: Q2, retain: true, subscription_ids: ids, shared, ..plain }]);
    assert_eq!(store.entries(C), []);
    let len = one_message_len();
    let info = QueueInfo { head: 0, tail: 2, sent_to: 0, bytes: 2 * len, len: 2 };
    assert_eq!(store.inbox.queue_info(A), Some(info), "a queue counts all bytes it keeps from being recycled");
    assert_eq!(store.inbox.live_references(place.segment), 3);
    assert_eq!(store.inbox.live_place(A, 1), Ok(Some(place)));
}

#[test]
fn a_position_is_given_once_and_a_gap_is_closed() {
    let mut store = Store::with_sessions(1);
    for (position, stale) in [(0, 0), (0, 1), (4, 0), (3, 1), (700, 0), (u64::MAX, 1)] {
        let applied = store.queue(1, vec![recipient(A, position, Q1)]);
        assert_eq!(applied.stale_recipients, stale, "{position}");
    }
    assert_eq!(store.positions(A), [0, 4, 700]);
    store.done(A, [1, 699, 701, u64::MAX]);
    assert_eq!(store.positions(A), [0, 4, 700], "nothing is there");
    store.done(A, [0, 4]);
    let info = store.inbox.queue_info(A).unwrap();
    assert_eq!((info.head, info.tail, info.len), (700, 701, 1));
}

#[test]
fn a_message_without_a_place_is_refused() {
    let mut inbox = Inbox::new();
    inbox.apply(&Command::SetSession { session: A, record: record("a") }, None).unwrap();
    let recipients = vec![recipient(A, 0, Q1)];
    let queue = Command::Queue { message: message(1), recipients, awaiting_release: None };
    assert_eq!(inbox.apply(&queue, None), Err(ApplyError::NoPlace));
    assert_eq!(inbox.tail(A), Some(0));
    let nobody = Command::Queue { message: message(1), recipients: vec![], awaiting_release: Some((A, 1)) };
    assert_eq!(inbox.apply(&nobody, None), Ok(Applied::default()));
}

#[test]
fn the_head_follows_the_oldest_that_is_not_done() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 5, Q1);
    for (done, head, len) in [(1, 0, 4), (1, 0, 4), (0, 2, 3), (3, 2, 2), (2, 4, 1), (4, 5, 0), (4, 5, 0)] {
        store.done(A, [done]);
        let info = store.inbox.queue_info(A).unwrap();
        assert_eq!((info.head, info.len), (head, len), "after {done}");
        assert_eq!(info.bytes, u64::from(len) * one_message_len());
        assert_eq!(store.inbox.live_references(0), u64::from(len));
    }
}

/// [MQTT-3.3.1-1] a second try is marked as one.
#[test]
fn what_was_sent_before_is_a_duplicate() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 3, Q1);
    for (sent_to, dups) in [(0, [false; 3]), (2, [true, true, false]), (1, [true, true, false]), (9, [true; 3])] {
        store.apply(&Command::Sent { session: A, sent_to });
        let found: Vec<bool> = store.entries(A).iter().map(|entry| entry.dup).collect();
        assert_eq!(found, dups, "sent to {sent_to}");
    }
    store.fill(A, 1, Q1);
    assert!(!store.entries(A)[3].dup, "nothing is sent before it is queued");
}

/// [MQTT-4.3.3-6] after PUBREC the message is not sent again; the identifier stays in use until PUBCOMP.
#[test]
fn a_received_message_needs_its_body_no_more() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 1, Q2);
    store.fill(A, 1, Q1);
    for position in [0, 0, 1, 2] {
        store.apply(&Command::Received { session: A, position });
    }
    let received: Vec<bool> = store.entries(A).iter().map(|entry| entry.received).collect();
    assert_eq!(received, [true, false], "QoS 1 knows no PUBREC");
    let info = store.inbox.queue_info(A).unwrap();
    assert_eq!((info.head, info.len, info.bytes), (0, 2, one_message_len()));
    assert_eq!(store.inbox.live_references(0), 1);
    assert_eq!((store.inbox.is_live(A, 0), store.inbox.is_live(A, 1)), (Ok(false), Ok(true)));
    store.done(A, [0, 1]);
    assert_eq!(store.inbox.referenced_segments().count(), 0);
}

#[test]
fn dropping_spares_what_was_received() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 4, Q2);
    store.apply(&Command::Received { session: A, position: 1 });
    let expected = [0, 2].map(|position| Dropped { position, place: store.entries(A)[position as usize].place });
    let applied = store.apply(&Command::Drop { session: A, from: 0, below: 3 });
    assert_eq!(applied.dropped, expected);
    assert_eq!(store.positions(A), [1, 3]);
    assert_eq!(store.inbox.queue_info(A).unwrap().head, 1);
}

/// The head moves into a chunk that is not in memory, and past what is done there.
#[test]
fn dropping_finds_the_new_head_in_the_next_chunk() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 600, Q1);
    store.done(A, [256, 257]);
    store.evict();
    store.apply(&Command::Drop { session: A, from: 0, below: 256 });
    assert_eq!(store.inbox.queue_info(A).unwrap().head, 258);
}

#[test]
fn the_end_of_a_session_frees_what_it_held() {
    let mut store = Store::with_sessions(2);
    store.fill(A, 600, Q2);
    store.fill(B, 1, Q1);
    store.apply(&Command::Received { session: A, position: 0 });
    store.done(A, [1]);
    store.evict();
    let applied = store.apply(&Command::EndSession { session: A });
    assert!(applied.dropped.iter().map(|dropped| dropped.position).eq(2..600));
    let references: u64 = store.inbox.referenced_segments().map(|(_, count)| count).sum();
    assert_eq!(references, 1, "of the other session");
    let free = store.inbox.segments_without_references(0..16);
    assert_eq!((free.len(), free.contains(&15)), (15, false));
}

#[test]
fn a_body_can_move() {
    let mut store = Store::with_sessions(2);
    let everybody = vec![recipient(A, 0, Q2), recipient(A, 1, Q1), recipient(B, 0, Q2), recipient(B, 1, Q1)];
    store.queue(1, everybody);
    store.done(A, [0]);
    store.apply(&Command::Received { session: B, position: 0 });
    let before = store.inbox.live_place(A, 1).unwrap().unwrap();
    let entries = vec![(A, 0), (A, 1), (B, 0), (B, 1), (B, 2)];
    let relocate = |from| Command::Relocate { message: message(5), from, entries: entries.clone() };
    let place = Place { segment: 9, offset: 8, len: 77 };
    store.inbox.apply(&relocate(Place { offset: before.offset + 1, ..before }), Some(place)).unwrap();
    assert!(
        store.inbox.referenced_segments().eq([(before.segment, 2)]),
        "a message that lies elsewhere is not this one"
    );
    store.inbox.apply(&relocate(before), Some(place)).unwrap();
    assert!(store.inbox.referenced_segments().eq([(9, 2)]));
    assert_eq!((store.inbox.live_place(A, 1), store.inbox.live_place(B, 1)), (Ok(Some(place)), Ok(Some(place))));
    assert_eq!((store.inbox.live_place(A, 0), store.inbox.live_place(B, 0)), (Ok(None), Ok(None)));
    assert_eq!(store.inbox.queue_info(A).unwrap().bytes, 77);
}
