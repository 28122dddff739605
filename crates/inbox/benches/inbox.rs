//! Memory of sessions and queues, and time per message: 1,000,000 sessions, 1,000,000 messages for 10,000 sessions that are
//! away. Times are CPU time, so that a busy machine does not change them much. Run with `cargo bench -p dunlin-inbox`.

use dunlin_inbox::{Change, Command, Inbox, Place, Recipient, SessionNumber, SessionRecord, encode_queue};
use dunlin_model::{Message, MessageParts, ProtocolVersion, Qos, SubscriptionIds};
use std::hint::black_box;
use std::time::Duration;

const IDLE_SESSIONS: u64 = 1_000_000;
const AWAY_SESSIONS: u64 = 10_000;
const CHANGED_SESSIONS: u64 = 100_000;
const MESSAGES: u64 = 1_000_000;

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4_096
}

/// CPU time of this thread since a moment.
struct Stopwatch(Duration);

impl Stopwatch {
    fn start() -> Self {
        Self(Self::cpu_time())
    }

    fn elapsed(&self) -> Duration {
        Self::cpu_time() - self.0
    }

    fn cpu_time() -> Duration {
        let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let nanos = schedstat.split(' ').next().and_then(|nanos| nanos.parse().ok());
        Duration::from_nanos(nanos.unwrap_or_default())
    }
}

fn print_time(what: &str, elapsed: Duration, count: u64) {
    println!("{what:<56} {:>9.1} ns each of {count}", elapsed.as_nanos() as f64 / count.max(1) as f64);
}

fn print_bytes(what: &str, bytes: usize, count: u64) {
    println!("{what:<56} {:>9.1} bytes each of {count}", bytes as f64 / count as f64);
}

fn message() -> Message {
    Message::new(&MessageParts {
        topic: "site/7/device-123/sensor-4",
        properties: &[],
        payload: &[b'x'; 64],
        qos: Qos::AtLeastOnce,
        retain: false,
        expiry_secs: None,
        publisher: "publisher-17",
        received_at: 1_700_000_000_000,
    })
}

fn record() -> SessionRecord {
    SessionRecord {
        client_id: "client".into(),
        version: ProtocolVersion::V5,
        expiry_secs: 3_600,
        connected: true,
        expires_at: None,
        will: None,
    }
}

fn recipient(inbox: &Inbox, session: SessionNumber) -> Recipient {
    let position = inbox.tail(session).unwrap_or(0);
    let subscription_ids = SubscriptionIds::None;
    Recipient { session, position, qos: Qos::AtLeastOnce, retain: false, subscription_ids, shared: None }
}

fn queue(inbox: &mut Inbox, message: &Message, recipients: Vec<Recipient>, number: u64) {
    let command = Command::Queue { message: message.clone(), recipients, awaiting_release: None };
    let place = Place { segment: (number / 400_000) as u32, offset: (number % 400_000) as u32 * 160, len: 126 };
    let applied = inbox.apply(&command, Some(place));
    assert!(applied.is_ok_and(|applied| applied.unknown_sessions.is_empty()));
}

fn begin_sessions(count: u64) -> Inbox {
    let mut inbox = Inbox::new();
    let record = record();
    for number in 0..count {
        let session = SessionNumber(number);
        assert!(inbox.apply(&Command::SetSession { session, record: record.clone() }, None).is_ok());
        if number % 10_000 == 0 {
            drop(inbox.begin_checkpoint());
            inbox.finish_checkpoint();
        }
    }
    inbox
}

/// Writes a checkpoint nowhere: how long the inbox stands still, and how long another thread encodes.
fn checkpoint(inbox: &mut Inbox, what: &str) -> Vec<Change> {
    let start = Stopwatch::start();
    let changes = inbox.begin_checkpoint();
    let begun = start.elapsed();
    let start = Stopwatch::start();
    let changes: Vec<Change> = changes.into_iter().collect();
    let encoded = start.elapsed();
    let start = Stopwatch::start();
    inbox.finish_checkpoint();
    let finished = start.elapsed();
    println!(
        "checkpoint: {what:<44} {begun:>9.1?} to begin, {finished:.1?} to finish, {encoded:.1?} to encode {} changes",
        changes.len()
    );
    changes
}

fn idle_sessions() {
    let before = resident_bytes();
    let start = Stopwatch::start();
    let mut inbox = begin_sessions(IDLE_SESSIONS);
    print_time("begin a session", start.elapsed(), IDLE_SESSIONS);
    drop(checkpoint(&mut inbox, "the last sessions"));
    print_bytes("resident per idle session", resident_bytes().saturating_sub(before), IDLE_SESSIONS);
    // Kept, so that what is measured next cannot use its memory.
    std::mem::forget(inbox);
}

/// Each of many sessions has got a message since the last checkpoint: the longest that a checkpoint makes commits wait.
fn many_changed() {
    let mut inbox = begin_sessions(CHANGED_SESSIONS);
    drop(checkpoint(&mut inbox, "100,000 sessions"));
    let message = message();
    for round in 0..3 {
        for number in 0..CHANGED_SESSIONS {
            let recipients = vec![recipient(&inbox, SessionNumber(number))];
            queue(&mut inbox, &message, recipients, round * CHANGED_SESSIONS + number);
        }
        drop(checkpoint(&mut inbox, "one more message in each of 100,000 queues"));
    }
}

fn away() {
    let message = message();
    let mut inbox = begin_sessions(AWAY_SESSIONS);
    drop(checkpoint(&mut inbox, "10,000 sessions"));
    let before = resident_bytes();
    let start = Stopwatch::start();
    for number in 0..MESSAGES {
        let session = SessionNumber(number.wrapping_mul(48_271) % AWAY_SESSIONS);
        let recipients = vec![recipient(&inbox, session)];
        queue(&mut inbox, &message, recipients, number);
    }
    print_time("queue for a session that is away", start.elapsed(), MESSAGES);
    print_bytes("resident per queued message", resident_bytes().saturating_sub(before), MESSAGES);
    let changes = checkpoint(&mut inbox, "1,000,000 messages in 10,000 queues");
    let written: usize = changes
        .iter()
        .map(|change| match change {
            Change::Set { key, value, .. } => key.len() + value.len(),
            _ => 0,
        })
        .sum();
    print_bytes("written per queued message", written, MESSAGES);

    let start = Stopwatch::start();
    let mut loaded = 0;
    for change in &changes {
        if let Change::Set { space: dunlin_inbox::space::CHUNKS, key, value } = change {
            let number = |at: usize| key[at..at + 8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
            let chunk = dunlin_inbox::ChunkId { session: SessionNumber(number(0)), index: number(8) };
            assert!(inbox.load_chunk(chunk, Some(value)).is_ok());
            loaded += 1;
        }
    }
    print_time("load a chunk of 100 messages", start.elapsed(), loaded);
    let start = Stopwatch::start();
    let mut read = 0;
    for number in 0..AWAY_SESSIONS {
        read += inbox.page(SessionNumber(number), 0, 1_000, u64::MAX).map_or(0, |page| page.entries.len());
    }
    print_time("read a message's entry by pages", start.elapsed(), read as u64);
}

fn online() {
    let message = message();
    let mut inbox = begin_sessions(100);
    (0..100).for_each(|number| inbox.set_in_use(SessionNumber(number), true));
    let start = Stopwatch::start();
    for number in 0..MESSAGES {
        let session = SessionNumber(number % 100);
        let recipients = vec![recipient(&inbox, session)];
        let position = recipients[0].position;
        queue(&mut inbox, &message, recipients, number);
        assert!(inbox.apply(&Command::Done { session, position }, None).is_ok());
    }
    print_time("queue and done, online, one recipient", start.elapsed(), MESSAGES);

    let start = Stopwatch::start();
    for number in 0..MESSAGES / 100 {
        let recipients: Vec<Recipient> = (0..100).map(|session| recipient(&inbox, SessionNumber(session))).collect();
        queue(&mut inbox, &message, recipients, number);
    }
    print_time("queue for 100 recipients at once, per recipient", start.elapsed(), MESSAGES);
    let start = Stopwatch::start();
    for _ in 0..MESSAGES / 100 {
        for number in 0..100 {
            let session = SessionNumber(number);
            let position = inbox.queue_info(session).map_or(0, |info| info.head);
            assert!(inbox.apply(&Command::Done { session, position }, None).is_ok());
        }
    }
    print_time("done, in order", start.elapsed(), MESSAGES);
}

fn bytes() {
    let message = message();
    let inbox = begin_sessions(1);
    let recipients = vec![recipient(&inbox, SessionNumber(0))];
    let mut out = Vec::new();
    let start = Stopwatch::start();
    for _ in 0..MESSAGES {
        out.clear();
        black_box(encode_queue(black_box(&message), &recipients, None, &mut out));
    }
    print_time("encode a queue command (64 bytes of payload)", start.elapsed(), MESSAGES);
    println!("{:<56} {:>9} bytes", "its length", out.len());
    let start = Stopwatch::start();
    for _ in 0..MESSAGES {
        assert!(black_box(Command::decode(black_box(&out))).is_ok());
    }
    print_time("decode it", start.elapsed(), MESSAGES);
}

fn main() {
    many_changed();
    idle_sessions();
    away();
    online();
    bytes();
}
