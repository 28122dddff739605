//! The backlog of a member of a shared subscription goes to other members.

use crate::{A, B, C, Q1, Q2, recipient, store::Store};
use dunlin_inbox::{Command, GroupMember, Moved, Recipient, SessionNumber};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};

const FILTER: &str = "$share/g/a/b";

fn member(session: SessionNumber, qos: Qos) -> GroupMember {
    GroupMember { session, qos, subscription_id: 0 }
}

fn move_group(from: SessionNumber, to: Vec<GroupMember>) -> Command {
    Command::MoveGroup { filter: FILTER.into(), from, to }
}

/// Queues a message that came by a shared subscription.
fn queue_shared(store: &mut Store, session: SessionNumber, qos: Qos, filter: &str) {
    let position = store.inbox.tail(session).unwrap();
    let shared = Some(ArcStr::from(filter));
    store.queue(1, vec![Recipient { shared, ..recipient(session, position, qos) }]);
}

#[test]
fn the_backlog_goes_to_the_others_in_turn() {
    let mut store = Store::with_sessions(3);
    store.fill(B, 1, Q1);
    for _ in 0..3 {
        queue_shared(&mut store, A, Q1, FILTER);
        queue_shared(&mut store, A, Q1, "$share/other/a/b");
        store.fill(A, 1, Q1);
    }
    let places: Vec<_> = store.entries(A).iter().step_by(3).map(|entry| entry.place).collect();
    let applied = store.apply(&move_group(A, vec![member(B, Q1), member(C, Q2)]));
    assert_eq!(applied.moved, [Moved { to: B, positions: 1..3 }, Moved { to: C, positions: 0..1 }]);
    assert_eq!(store.positions(A), [1, 2, 4, 5, 7, 8]);
    let moved = |store: &mut Store, session| -> Vec<_> {
        let entries = store.entries(session).into_iter();
        entries.filter(|entry| entry.shared.as_deref() == Some(FILTER)).map(|entry| entry.place).collect()
    };
    assert_eq!(moved(&mut store, B), [places[0], places[2]]);
    assert_eq!(moved(&mut store, C), [places[1]]);
    assert_eq!(store.inbox.live_references(0), 10);
    assert!(store.apply(&move_group(A, vec![member(B, Q1)])).moved.is_empty(), "there is nothing left to move");
}

/// [MQTT-4.8.2-4] [MQTT-4.8.2-5] a QoS 2 message that was sent stays with its receiver; QoS 1 may go to another.
#[test]
fn what_was_sent_with_qos_2_stays() {
    let mut store = Store::with_sessions(2);
    for qos in [Q2, Q1, Q2, Q2, Q1] {
        queue_shared(&mut store, A, qos, FILTER);
    }
    store.apply(&Command::Sent { session: A, sent_to: 3 });
    store.apply(&Command::Received { session: A, position: 2 });
    store.apply(&move_group(A, vec![member(B, Q2)]));
    assert_eq!(store.positions(A), [0, 2]);
    let entries = store.entries(B);
    let qos: Vec<Qos> = entries.iter().map(|entry| entry.qos).collect();
    assert_eq!(qos, [Q1, Q2, Q1]);
    assert!(entries.iter().all(|entry| !entry.dup), "the new receiver never saw them");
}

#[test]
fn deliveries_take_on_the_subscription_of_the_new_member() {
    let mut store = Store::with_sessions(2);
    let ids = SubscriptionIds::from_id(7);
    let shared = Some(FILTER.into());
    store.queue(1, vec![Recipient { subscription_ids: ids, retain: true, shared, ..recipient(A, 0, Q2) }]);
    store.apply(&move_group(A, vec![GroupMember { session: B, qos: Q1, subscription_id: 9 }]));
    let entry = &store.entries(B)[0];
    assert_eq!((entry.qos, entry.retain, entry.subscription_ids.as_slice()), (Q1, true, &[9][..]));
}

#[test]
fn without_anybody_to_take_them_messages_stay() {
    let gone = SessionNumber(77);
    let cases = [
        (vec![], vec![]),
        (vec![member(gone, Q1)], vec![gone]),
        (vec![member(A, Q1)], vec![]),
        (vec![member(B, Qos::AtMostOnce)], vec![]),
    ];
    for (to, unknown) in cases {
        let mut store = Store::with_sessions(2);
        queue_shared(&mut store, A, Q1, FILTER);
        let applied = store.apply(&move_group(A, to));
        assert_eq!((applied.unknown_sessions, applied.moved), (unknown, vec![]));
        assert_eq!((store.positions(A), store.positions(B)), (vec![0], vec![]));
    }
}

#[test]
fn a_member_named_twice_counts_once() {
    let mut store = Store::with_sessions(3);
    for _ in 0..4 {
        queue_shared(&mut store, A, Q1, FILTER);
    }
    let applied = store.apply(&move_group(A, vec![member(B, Q1), member(B, Q1), member(C, Q1), member(A, Q1)]));
    assert_eq!(applied.moved, [Moved { to: B, positions: 0..2 }, Moved { to: C, positions: 0..2 }]);
}

#[test]
fn a_long_backlog_is_loaded_and_moved() {
    let mut store = Store::with_sessions(2);
    for _ in 0..1_000 {
        queue_shared(&mut store, A, Q1, FILTER);
    }
    store.evict();
    let command = move_group(A, vec![member(B, Q1)]);
    assert_eq!(store.inbox.missing_chunks(&command).len(), 4);
    assert_eq!(store.apply(&command).moved, [Moved { to: B, positions: 0..1_000 }]);
    store.checkpoint();
    assert_eq!((store.image.chunks(A), store.image.chunks(B)), (vec![], vec![0, 1, 2, 3]));
    store.queue(1, vec![recipient(A, 1_000, Q1)]);
    assert_eq!(store.positions(A), [1_000]);
}
