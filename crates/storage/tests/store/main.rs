//! The store over a disk that loses power, fails, fills up and rots: random histories against an oracle.
//!
//! A driver ([`history`]) does what the committer of the broker does, a plain model ([`model`]) says what must come of it, and
//! every start is compared with it ([`observation`]).

mod damage;
mod full_disk;
mod histories;
mod history;
mod model;
mod observation;
mod random_commands;
mod read_ahead;
mod unreliable_key_value;

use dunlin_inbox::{SessionRecord, WillRecord, encoded_message_len};
use dunlin_model::{ClientId, Message, MessageParts, ProtocolVersion, Qos};
use dunlin_storage::store::StoreSettings;
use std::sync::LazyLock;

/// Segments that a few frames fill.
const SMALL_SEGMENTS: StoreSettings = StoreSettings { max_message_bytes: 4096, segment_bytes: 48 * 1024 };

/// Segments larger than what is read ahead.
const LARGE_SEGMENTS: StoreSettings = StoreSettings { max_message_bytes: 4096, segment_bytes: 128 * 1024 };

/// The message of a number. Most are of one size, so that in a segment that is used again they lie where old ones lay.
fn message(id: u64) -> Message {
    let length = match id % 16 {
        0 => 2000,
        1 | 2 => 300,
        _ => 40,
    };
    let mut payload = id.to_be_bytes().to_vec();
    payload.resize(payload.len() + length, id as u8);
    Message::new(&MessageParts {
        topic: if id.is_multiple_of(2) { "oracle/even" } else { "oracle/odd" },
        properties: if id.is_multiple_of(5) { &[1, 1] } else { &[] },
        payload: &payload,
        qos: if id.is_multiple_of(3) { Qos::ExactlyOnce } else { Qos::AtLeastOnce },
        retain: id.is_multiple_of(7),
        expiry_secs: id.is_multiple_of(4).then_some(60),
        publisher: "publisher",
        received_at: 1_700_000_000_000 + id,
    })
}

/// Bytes of a message as it is stored. What decides on them repeats with the number.
fn stored_bytes(id: u64) -> u64 {
    const PERIOD: u64 = 80;
    static BYTES: LazyLock<Vec<u64>> =
        LazyLock::new(|| (0..PERIOD).map(|id| encoded_message_len(&message(id)) as u64).collect());
    BYTES[(id % PERIOD) as usize]
}

/// The number of a message, which must be as it was made.
fn id_of(read: &Message) -> u64 {
    let id = read.payload().first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).expect("a payload holds a number");
    let made = message(id);
    assert_eq!((read.topic(), read.properties()), (made.topic(), made.properties()), "message {id}");
    assert!(read.payload() == made.payload(), "the payload of message {id}");
    assert_eq!((read.qos(), read.retain(), read.expiry_secs()), (made.qos(), made.retain(), made.expiry_secs()));
    assert_eq!((read.publisher(), read.received_at()), (made.publisher(), made.received_at()));
    id
}

/// The facts of a session, by a number that stands for all of them.
fn record(tag: u32) -> SessionRecord {
    let is_connected = tag.is_multiple_of(2);
    let will = WillRecord { message: message(tag.into()), delay_secs: tag, due_at: (!is_connected).then_some(99) };
    SessionRecord {
        client_id: ClientId::from(format!("client {tag}").as_str()),
        version: ProtocolVersion::V5,
        expiry_secs: tag,
        connected: is_connected,
        expires_at: (!is_connected).then_some(u64::from(tag) * 1000),
        will: tag.is_multiple_of(3).then_some(will),
    }
}

/// The number of a session's facts, which must be as they were made.
fn tag_of(read: &SessionRecord) -> u32 {
    let made = record(read.expiry_secs);
    assert_eq!((&read.client_id, read.version), (&made.client_id, made.version));
    assert_eq!((read.connected, read.expires_at), (made.connected, made.expires_at));
    let will =
        |record: &SessionRecord| record.will.as_ref().map(|will| (id_of(&will.message), will.delay_secs, will.due_at));
    assert_eq!(will(read), will(&made));
    read.expiry_secs
}
