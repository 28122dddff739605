//! Making room in a queue that has reached its limit.

use crate::{A, B, Q1, Q2, message, recipient, store::Store};
use dunlin_inbox::Command;

/// Drops what has to go, as the owner of the limit does, and says how many messages went.
fn make_room(store: &mut Store, adding: u64, max: u64) -> usize {
    let mut dropped = 0;
    while let Some(range) = store.oldest_to_drop(A, adding, max) {
        dropped += store.apply(&Command::Drop { session: A, from: range.start, below: range.end }).dropped.len();
    }
    dropped
}

fn message_len() -> u64 {
    dunlin_inbox::encoded_message_len(&message(1)) as u64
}

#[test]
fn the_oldest_never_sent_go_first_and_then_those_sent() {
    // Of ten messages, four were sent; (bytes of how many are to be added, what is left).
    let cases: [(u64, &[u64]); 6] = [
        (0, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (1, &[0, 1, 2, 3, 5, 6, 7, 8, 9]),
        (5, &[0, 1, 2, 3, 9]),
        (6, &[0, 1, 2, 3]),
        (7, &[1, 2, 3]),
        (99, &[]),
    ];
    for (added, left) in cases {
        let mut store = Store::with_sessions(1);
        store.fill(A, 10, Q1);
        store.apply(&Command::Sent { session: A, sent_to: 4 });
        let dropped = make_room(&mut store, added * message_len(), 10 * message_len());
        assert_eq!((store.positions(A), dropped), (left.to_vec(), 10 - left.len()), "{added} more");
    }
}

#[test]
fn what_was_received_stays_and_takes_no_room() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 3, Q2);
    store.apply(&Command::Sent { session: A, sent_to: 2 });
    store.apply(&Command::Received { session: A, position: 0 });
    assert_eq!(make_room(&mut store, 0, 2 * message_len()), 0);
    assert_eq!(make_room(&mut store, 0, 0), 2);
    assert_eq!(store.positions(A), [0]);
    assert_eq!(store.oldest_to_drop(A, u64::MAX, 0), None, "there is nothing left to drop");
    assert_eq!(store.oldest_to_drop(B, u64::MAX, 0), None, "there is no such session");
}

/// A client that stays away for ever, with messages on the way to it that it never acknowledged: however many messages go
/// by, each takes the same few steps, and the chunks between are not kept.
#[test]
fn a_full_queue_with_old_unacknowledged_messages_stays_cheap() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 10, Q1);
    store.apply(&Command::Sent { session: A, sent_to: 10 });
    let max = 300 * message_len();
    for round in 0..40 {
        for _ in 0..250 {
            make_room(&mut store, message_len(), max);
            let tail = store.inbox.tail(A).unwrap();
            store.queue(1, vec![recipient(A, tail, Q1)]);
        }
        store.checkpoint();
        assert!(store.image.chunks(A).len() <= 4, "{:?} in round {round}", store.image.chunks(A));
        if round % 3 == 0 {
            store.crash(true);
        }
    }
    // The first page reads what is there, not what was.
    store.evict();
    let mut loads = 0;
    while let Err(chunk) = store.inbox.page(A, 10, 1, u64::MAX) {
        store.image.load_chunk(&mut store.inbox, chunk);
        loads += 1;
    }
    assert!(loads <= 3, "{loads} loads");
    assert_eq!(store.positions(A), (0..10).chain(10_010 - 290..10_010).collect::<Vec<_>>());
    store.done(A, 0..10);
    assert_eq!(store.inbox.queue_info(A).unwrap().head, 10_010 - 290);
}
