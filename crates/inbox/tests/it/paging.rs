//! Reading a queue page by page.

use crate::{A, B, Q1, message, recipient, store::Store};
use dunlin_inbox::{ChunkId, Page};

/// From which position, how many entries, how many bytes.
type Limits = (u64, usize, u64);
/// Positions, where the next page begins, whether this is the last.
type Found = (&'static [u64], u64, bool);

fn positions(page: &Page) -> Vec<u64> {
    page.entries.iter().map(|entry| entry.position).collect()
}

#[test]
fn a_page_ends_at_its_limits() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 10, Q1);
    store.done(A, [0, 5]);
    let len = dunlin_inbox::encoded_message_len(&message(1)) as u64;
    let cases: [(Limits, Found); 8] = [
        ((0, 2, u64::MAX), (&[1, 2], 3, false)),
        ((3, 2, u64::MAX), (&[3, 4], 5, false)),
        ((5, 3, u64::MAX), (&[6, 7, 8], 9, false)),
        ((9, 3, u64::MAX), (&[9], 10, true)),
        ((10, 3, u64::MAX), (&[], 10, true)),
        ((99, 3, u64::MAX), (&[], 99, true)),
        ((0, 99, 3 * len), (&[1, 2, 3], 4, false)),
        ((0, 99, 1), (&[1], 2, false)),
    ];
    for ((from, max_entries, max_bytes), (found, next, at_tail)) in cases {
        let page = store.page(A, from, max_entries, max_bytes);
        assert_eq!((positions(&page).as_slice(), page.next, page.at_tail), (found, next, at_tail), "from {from}");
    }
}

#[test]
fn a_session_without_messages_has_an_empty_page() {
    let store = Store::with_sessions(1);
    for session in [A, B] {
        let empty = Page { entries: vec![], next: 0, at_tail: true };
        assert_eq!(store.inbox.page(session, 0, 9, u64::MAX), Ok(empty));
    }
}

#[test]
fn a_page_ends_before_a_chunk_that_is_not_in_memory() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 600, Q1);
    store.evict();
    let chunk = |index| ChunkId { session: A, index };
    assert_eq!(store.inbox.page(A, 0, 999, u64::MAX), Err(chunk(0)));
    store.image.load_chunk(&mut store.inbox, chunk(0));
    let page = store.inbox.page(A, 0, 999, u64::MAX).unwrap();
    assert_eq!((page.entries.len(), page.next, page.at_tail), (256, 256, false));
    assert_eq!(store.inbox.page(A, 256, 999, u64::MAX), Err(chunk(1)));
    assert_eq!(store.inbox.is_live(A, 599), Err(chunk(2)));
}

#[test]
fn the_end_of_a_queue_that_grows_stays_in_memory() {
    let mut store = Store::with_sessions(1);
    for round in 1..4 {
        store.fill(A, 10, Q1);
        store.checkpoint();
        assert_eq!(store.inbox.page(A, 0, 99, u64::MAX).map(|page| page.entries.len()), Ok(10 * round));
    }
    store.checkpoint();
    assert_eq!(store.inbox.page(A, 0, 99, u64::MAX), Err(ChunkId { session: A, index: 0 }));
    store.fill(A, 1, Q1);
    assert_eq!(store.positions(A).len(), 31);
}

#[test]
fn a_queue_in_use_stays_in_memory() {
    let mut store = Store::with_sessions(1);
    store.inbox.set_in_use(A, true);
    store.fill(A, 600, Q1);
    store.checkpoint();
    assert_eq!(store.inbox.page(A, 0, 999, u64::MAX).unwrap().entries.len(), 600);
    store.inbox.set_in_use(A, false);
    store.checkpoint();
    assert!(store.inbox.page(A, 0, 999, u64::MAX).is_err());
}

#[test]
fn what_changed_while_a_checkpoint_was_written_stays_in_memory() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 10, Q1);
    store.begin_checkpoint();
    store.done(A, [3]);
    store.finish_checkpoint();
    assert_eq!(store.inbox.page(A, 0, 999, u64::MAX).unwrap().entries.len(), 9);
    store.checkpoint();
    assert_eq!(store.positions(A), [0, 1, 2, 4, 5, 6, 7, 8, 9]);
}

/// A chunk is done with and its removal is being written. Then there are more holes than are remembered, so the inbox asks for
/// the chunk again: the version that is still in the store must not come back.
#[test]
fn a_removed_chunk_does_not_come_back_while_its_removal_is_written() {
    for begun in [false, true] {
        let mut store = Store::with_sessions(1);
        store.fill(A, 600, Q1);
        store.checkpoint();
        store.done(A, 256..512);
        if begun {
            store.begin_checkpoint();
        }
        let behind_gaps = (1..10).map(|gap| gap * 1_000);
        for position in behind_gaps.clone() {
            store.queue(1, vec![recipient(A, position, Q1)]);
        }
        let left: Vec<u64> = (0..256).chain(512..600).chain(behind_gaps).collect();
        assert_eq!(store.positions(A), left, "begun: {begun}");
        store.finish_checkpoint();
        store.crash(true);
        assert_eq!(store.positions(A), left, "begun: {begun}");
    }
}

#[test]
fn a_queue_that_is_read_to_its_end_leaves_nothing_behind() {
    let mut store = Store::with_sessions(1);
    store.fill(A, 1_000, Q1);
    store.checkpoint();
    assert_eq!(store.image.chunks(A), [0, 1, 2, 3]);
    store.inbox.set_in_use(A, true);
    store.done(A, 0..1_000);
    store.checkpoint();
    assert_eq!(store.image.chunks(A), [0; 0]);
    assert_eq!(store.inbox.referenced_segments().count(), 0);
    store.fill(A, 1, Q1);
    store.crash(false);
    assert_eq!(store.positions(A), [1_000]);
}
