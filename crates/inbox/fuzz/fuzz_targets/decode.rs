//! Any bytes, read as everything that is read from disk: no panic, and what is read is written the same again.
#![no_main]

use dunlin_inbox::{
    ChunkId, Command, Inbox, Place, SessionNumber, decode_awaiting, decode_message, decode_session, decode_subscription,
    encode_message, space,
};
use libfuzzer_sys::fuzz_target;

/// A session with two chunks, 0..256 and 256..300, of which the first has to be loaded.
const QUEUE: [u8; 10] = [1, 0, 0xac, 2, 0, 0xac, 2, 0xac, 2, 0];

fuzz_target!(|bytes: &[u8]| {
    check_command(bytes);
    check_message(bytes);
    check_records(bytes);
    check_chunk(bytes);
    // The checksums keep most bytes out; here they are right.
    let message = with_checksum(bytes);
    check_message(&message);
    if let [kind, split, rest @ ..] = bytes {
        let (message, rest) = rest.split_at(usize::from(*split).min(rest.len()));
        check_command(&queue_command(*kind, &with_checksum(message), rest));
    }
});

fn with_checksum(body: &[u8]) -> Vec<u8> {
    [&[1], &crc32c::crc32c(body).to_le_bytes()[..], body].concat()
}

/// A `Queue` or `Relocate` around a stored message.
fn queue_command(kind: u8, message: &[u8], rest: &[u8]) -> Vec<u8> {
    let kind = if kind % 2 == 0 { 5 } else { 12 };
    let mut command = vec![kind];
    let mut len = message.len();
    while len >= 0x80 {
        command.push(len as u8 | 0x80);
        len >>= 7;
    }
    command.push(len as u8);
    [&command, message, rest].concat()
}

fn check_command(bytes: &[u8]) {
    let Ok((decoded, taken)) = Command::decode(bytes) else { return };
    assert!(Command::decode(&bytes[..taken - 1]).is_err(), "a command cut short is not read");
    let mut again = Vec::new();
    assert_eq!(decoded.command.encode(&mut again), decoded.stored);
    assert!(again.len() <= decoded.command.encoded_len_max());
    assert_eq!(again, bytes[..taken], "there is one form of each command");
}

fn check_message(bytes: &[u8]) {
    let Ok(message) = decode_message(bytes) else { return };
    let mut again = Vec::new();
    encode_message(&message, &mut again);
    assert_eq!(again, bytes, "there is one form of each message");
}

fn check_records(bytes: &[u8]) {
    let key = [0; 8];
    let _ = decode_session(&key, bytes);
    let _ = decode_subscription(&key, bytes);
    let _ = decode_subscription(bytes, &[1, 0, 0]);
    let _ = decode_awaiting(bytes);
    let mut inbox = Inbox::new();
    let _ = inbox.load_queue(&key, bytes);
    let _ = inbox.load_meta(space::NEXT_SESSION_NUMBER, bytes);
    let _ = inbox.load_meta(space::LIVE_REFERENCES, bytes);
}

fn check_chunk(bytes: &[u8]) {
    let session = SessionNumber(0);
    let mut inbox = Inbox::new();
    inbox.load_queue(&session.key(), &QUEUE).expect("a valid queue");
    if inbox.load_chunk(ChunkId { session, index: 0 }, Some(bytes)).is_err() {
        return;
    }
    let page = inbox.page(session, 0, 999, u64::MAX);
    inbox.load_chunk(ChunkId { session, index: 1 }, None).expect("there is none");
    for entry in page.map(|page| page.entries).unwrap_or_default() {
        assert!(entry.position < 256);
        inbox.apply(&Command::Received { session, position: entry.position }, None).expect("nothing is missing");
        inbox.apply(&Command::Done { session, position: entry.position }, None).expect("nothing is missing");
    }
    let place = Place::default();
    assert_eq!(inbox.live_references(place.segment), 0);
}
