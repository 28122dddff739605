//! Bytes that nobody wrote: whatever they are, reading them fails cleanly.

use crate::{A, B, Q1, encoding::any_command, message, recipient, record, store::Store};
use dunlin_inbox::{
    ChunkId, Command, Inbox, decode_awaiting, decode_message, decode_session, decode_subscription, space,
};
use proptest::{collection::vec, prelude::*};

/// Reads bytes as everything that is ever read.
fn read_as_everything(bytes: &[u8]) {
    let _ = decode_message(bytes);
    for key in [&[0; 8][..], bytes] {
        let _ = decode_session(key, bytes);
        let _ = decode_subscription(key, bytes);
        let _ = decode_awaiting(key);
        let _ = Inbox::new().load_queue(key, bytes);
    }
    let mut inbox = Inbox::new();
    for key in [space::NEXT_SESSION_NUMBER, space::LIVE_REFERENCES] {
        let _ = inbox.load_meta(key, bytes);
    }
    if let Ok((decoded, len)) = Command::decode(bytes) {
        assert!(len <= bytes.len());
        let mut again = Vec::new();
        decoded.command.encode(&mut again);
        assert_eq!(again, bytes[..len], "there is one form of each command");
    }
}

/// A store whose one session has two chunks on disk, and bytes to be taken for the first of them.
fn with_chunk(bytes: &[u8]) {
    let mut store = Store::with_sessions(1);
    store.fill(A, 300, Q1);
    store.checkpoint();
    let first = ChunkId { session: A, index: 0 };
    if store.inbox.load_chunk(first, Some(bytes)).is_err() {
        return;
    }
    let open = store.positions(A);
    assert!(open.is_sorted() && open.iter().all(|&position| position < 300));
    store.done(A, 0..300);
    let info = store.inbox.queue_info(A).unwrap();
    assert_eq!((info.head, info.len, info.bytes), (300, 0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in vec(any::<u8>(), 0..200), first in 0_u8..16) {
        read_as_everything(&bytes);
        // Begin like a command, or like a value of the first version.
        read_as_everything(&[&[first], &bytes[..]].concat());
    }

    #[test]
    fn damaged_commands_never_panic(command in any_command(), at in any::<usize>(), byte in any::<u8>()) {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        let at = at % bytes.len();
        bytes[at] = byte;
        read_as_everything(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_chunk_never_panics(changes in vec((any::<usize>(), any::<u8>()), 0..4), len in any::<usize>()) {
        let mut store = Store::with_sessions(1);
        store.fill(A, 300, Q1);
        store.done(A, [0, 7]);
        store.checkpoint();
        let (_, value) = store.image.space(space::CHUNKS).next().unwrap();
        let mut value = value.to_vec();
        for (at, byte) in changes {
            let at = at % value.len();
            value[at] = byte;
        }
        with_chunk(&value);
        value.truncate(len % value.len());
        with_chunk(&value);
    }

    /// Commands of a log that has nothing to do with the state: positions, sessions and places that make no sense.
    #[test]
    fn commands_from_elsewhere_never_panic(commands in vec(any_command(), 1..20)) {
        let mut store = Store::with_sessions(2);
        store.fill(B, 300, Q1);
        for command in commands {
            let shared = match command {
                Command::Queue { mut recipients, awaiting_release, .. } => {
                    recipients.iter_mut().for_each(|recipient| recipient.session.0 %= 3);
                    Command::Queue { message: message(1), recipients, awaiting_release }
                }
                Command::Done { position, .. } => Command::Done { session: B, position },
                Command::Received { position, .. } => Command::Received { session: B, position: position % 400 },
                Command::Sent { sent_to, .. } => Command::Sent { session: B, sent_to },
                Command::Drop { from, below, .. } => Command::Drop { session: B, from: from % 400, below },
                other => other,
            };
            store.apply(&shared);
        }
        store.checkpoint();
        store.apply(&Command::SetSession { session: A, record: record("a") });
        let tail = store.inbox.tail(A).unwrap();
        store.queue(1, vec![recipient(A, tail, Q1)]);
    }
}
