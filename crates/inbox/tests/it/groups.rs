//! The backlog of a member of a shared subscription goes to other members.

use crate::{A, B, C, Q1, Q2, message, recipient, store::Store};
use dunlin_inbox::{Command, GroupMember, Moved, Recipient, SessionNumber};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};

const FILTER: &str = "$share/g/a/b";

fn member(session: SessionNumber, qos: Qos) -> GroupMember {
    GroupMember { session, qos, subscription_id: 0 }
}

/// Moves what waits for a member to others, if they can have it.
fn move_group(store: &mut Store, from: SessionNumber, to: &[GroupMember]) -> Vec<Moved> {
    let command = store.group_move(FILTER, from, to);
    command.map_or(Vec::new(), |command| store.apply(&command).moved)
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
    let moved = move_group(&mut store, A, &[member(B, Q1), member(C, Q2)]);
    // The positions 0 and 6 belong to B and become 1 and 4; 3 belongs to C and becomes 1.
    assert_eq!(moved, [Moved { to: B, positions: 1..5 }, Moved { to: C, positions: 1..2 }]);
    assert_eq!(
        (store.inbox.tail(B), store.inbox.tail(C)),
        (Some(5), Some(3)),
        "what was passed over is not given again"
    );
    assert_eq!(store.positions(A), [1, 2, 4, 5, 7, 8]);
    let moved = |store: &mut Store, session| -> Vec<_> {
        let entries = store.entries(session).into_iter();
        entries.filter(|entry| entry.shared.as_deref() == Some(FILTER)).map(|entry| entry.place).collect()
    };
    assert_eq!(moved(&mut store, B), [places[0], places[2]]);
    assert_eq!(moved(&mut store, C), [places[1]]);
    assert_eq!(store.inbox.live_references(0), 10);
    assert!(move_group(&mut store, A, &[member(B, Q1)]).is_empty(), "there is nothing left to move");
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
    move_group(&mut store, A, &[member(B, Q2)]);
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
    move_group(&mut store, A, &[GroupMember { session: B, qos: Q1, subscription_id: 9 }]);
    let entry = &store.entries(B)[0];
    assert_eq!((entry.qos, entry.retain, entry.subscription_ids.as_slice()), (Q1, true, &[9][..]));
}

#[test]
fn without_anybody_to_take_them_messages_stay() {
    let gone = SessionNumber(77);
    for to in [vec![], vec![member(gone, Q1)], vec![member(A, Q1)], vec![member(B, Qos::AtMostOnce)]] {
        let mut store = Store::with_sessions(2);
        queue_shared(&mut store, A, Q1, FILTER);
        assert!(store.group_move(FILTER, A, &to).is_none(), "{to:?}");
        let unknown: Vec<_> = to.iter().map(|member| member.session).filter(|session| *session == gone).collect();
        let to = to.into_iter().map(|member| (member, 0)).collect();
        let applied = store.apply(&Command::MoveGroup { filter: FILTER.into(), from: A, range: 0..1, to });
        assert_eq!((applied.unknown_sessions, applied.moved), (unknown, vec![]));
        assert_eq!((store.positions(A), store.positions(B)), (vec![0], vec![]));
    }
}

/// What commands say of a position later they must never say of another message.
#[test]
fn a_command_that_was_lost_shifts_nothing() {
    let mut log = Vec::new();
    let mut whole = Store::with_sessions(3);
    let mut write = |whole: &mut Store, command: Command| {
        whole.apply(&command);
        log.push(command);
    };
    for number in 0..60 {
        let position = whole.inbox.tail(A).unwrap();
        let recipients = vec![Recipient { shared: Some(FILTER.into()), ..recipient(A, position, Q1) }];
        write(&mut whole, Command::Queue { message: message(number), recipients, awaiting_release: None });
        if number % 7 == 3 {
            write(&mut whole, Command::Done { session: A, position });
        }
        if number % 10 == 9 {
            let to = [member(B, Q1), member(C, Q1)];
            let command = whole.group_move(FILTER, A, &to).unwrap();
            write(&mut whole, command);
        }
    }
    let place = |store: &Store, session, position| store.inbox.live_place(session, position).unwrap();
    for lost in 0..log.len() {
        let mut damaged = Store::with_sessions(3);
        for (index, command) in log.iter().enumerate() {
            if index == lost {
                damaged.lose();
            } else {
                assert_eq!(damaged.apply(command).stale_recipients, 0);
            }
        }
        for session in [B, C] {
            for position in 0..whole.inbox.tail(session).unwrap() {
                let found = place(&damaged, session, position);
                let expected = place(&whole, session, position);
                // Where the whole one has nothing there never was anything.
                let is_another = found.is_some() && expected.is_some() && found != expected;
                assert!(!is_another, "{session} {position} without {lost}");
            }
        }
    }
}

#[test]
fn a_member_named_twice_counts_once() {
    let mut store = Store::with_sessions(3);
    for _ in 0..4 {
        queue_shared(&mut store, A, Q1, FILTER);
    }
    let moved = move_group(&mut store, A, &[member(B, Q1), member(B, Q1), member(C, Q1), member(A, Q1)]);
    assert_eq!(moved, [Moved { to: B, positions: 0..2 }, Moved { to: C, positions: 0..2 }]);
}

#[test]
fn a_long_backlog_is_loaded_and_moved() {
    let mut store = Store::with_sessions(2);
    for _ in 0..1_000 {
        queue_shared(&mut store, A, Q1, FILTER);
    }
    store.evict();
    let members = [member(B, Q1)];
    let missing = |store: &Store, index| {
        store.inbox.group_move(&FILTER.into(), A, &members).is_err_and(|chunk| chunk.index == index)
    };
    assert!(missing(&store, 0));
    let command = store.group_move(FILTER, A, &members).unwrap();
    store.evict();
    assert!(missing(&store, 0));
    assert_eq!(store.inbox.missing_chunks(&command).len(), 4);
    assert_eq!(store.apply(&command).moved, [Moved { to: B, positions: 0..1_000 }]);
    store.checkpoint();
    assert_eq!((store.image.chunks(A), store.image.chunks(B)), (vec![], vec![0, 1, 2, 3]));
    store.queue(1, vec![recipient(A, 1_000, Q1)]);
    assert_eq!(store.positions(A), [1_000]);
}
