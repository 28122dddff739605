//! Where every message has gone: nothing that was given to a session may vanish without a word.

use dunlin_codec::{DecodeOptions, Packet, decode_next};
use dunlin_model::{Message, ProtocolVersion};
use dunlin_session::Output;
use std::collections::BTreeSet;

/// The number a payload begins with.
fn number_of(payload: &[u8]) -> u32 {
    let digits = payload.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
    digits.and_then(|digits| digits.parse().ok()).expect("a number")
}

/// The number of every message of the durable queue, which is accounted for by its position.
pub(super) const FROM_DISK: u32 = 0;

/// A payload with this number and so many bytes more.
pub(super) fn payload(number: u32, more: usize) -> Vec<u8> {
    let mut payload = format!("{number:04}").into_bytes();
    payload.resize(4 + more, b'.');
    payload
}

/// Messages by what became of them.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    given: u32,
    written: BTreeSet<u32>,
    dropped: BTreeSet<u32>,
    handed_back: BTreeSet<u32>,
    /// Positions of the durable queue that the present connection was fed and that are not done.
    fed: BTreeSet<u64>,
    /// Of these, what was received.
    received: BTreeSet<u64>,
    /// The next position of the durable queue.
    position: u64,
    /// Nothing may be written: DISCONNECT was sent or received, or nobody is connected.
    pub(super) is_silent: bool,
}

impl Accounts {
    /// Before anybody is connected.
    pub(super) fn new() -> Self {
        Self { is_silent: true, ..Self::default() }
    }

    /// The number of another message for the session.
    pub(super) fn next(&mut self) -> u32 {
        self.given += 1;
        self.given
    }

    /// Another position for the session, after leaving out so many.
    pub(super) fn feed(&mut self, skipped: u64) -> u64 {
        let position = self.position + skipped;
        self.position = position + 1;
        self.fed.insert(position);
        position
    }

    /// The next position was received on an earlier connection.
    pub(super) fn feed_received(&mut self) {
        let position = self.feed(0);
        self.received.insert(position);
    }

    /// The next position.
    pub(super) fn next_position(&self) -> u64 {
        self.position
    }

    /// Positions that are open or wait.
    pub(super) fn fed_len(&self) -> usize {
        self.fed.len()
    }

    /// The connection is gone: what is not done will be fed again.
    pub(super) fn connection_ended(&mut self) {
        self.fed.clear();
        self.received.clear();
        self.is_silent = true;
    }

    /// What one input has written: whole packets, none larger than the client takes.
    pub(super) fn check_wire(&mut self, version: ProtocolVersion, largest: usize, mut wire: &[u8], publishes: u64) {
        assert!(!self.is_silent || wire.is_empty(), "nothing may be written: {wire:?}");
        let options = DecodeOptions { max_packet_size: u32::MAX, strict: true };
        let mut written = 0;
        while !wire.is_empty() {
            let (packet, len) = decode_next(version, &options, wire).expect("valid").expect("whole");
            assert!(len <= largest, "{len} bytes are more than {largest}: {packet:?} [MQTT-3.1.2-24]");
            if let Packet::Publish(publish) = packet {
                written += 1;
                let number = number_of(publish.payload);
                assert!(!self.handed_back.contains(&number), "{number} is somebody else's by now");
                if number != FROM_DISK {
                    self.written.insert(number);
                }
            }
            wire = &wire[len..];
        }
        assert_eq!(written, publishes, "every PUBLISH is counted");
    }

    /// What one input has asked for.
    pub(super) fn check_output(&mut self, output: &Output) {
        match output {
            Output::Dropped { message, .. } if number_of(message.payload()) == FROM_DISK => {}
            Output::Dropped { message, .. } => {
                let number = self.gone(message);
                assert!(self.dropped.insert(number), "{number} is dropped once");
            }
            Output::Redispatch(delivery) => {
                let number = self.gone(&delivery.message);
                assert!(self.handed_back.insert(number), "{number} is handed back once");
            }
            Output::Done { position } => assert!(self.fed.remove(position), "{position} is done once"),
            Output::Received { position } => {
                assert!(self.fed.contains(position) && self.received.insert(*position), "{position} is received once");
            }
            Output::Close(_) => self.is_silent = true,
            _ => {}
        }
    }

    /// The session is over.
    pub(super) fn close(&mut self) {
        for number in 1..=self.given {
            let accounts = [&self.written, &self.dropped, &self.handed_back];
            assert!(accounts.iter().any(|account| account.contains(&number)), "{number} of {} vanished", self.given);
        }
        *self = Self::new();
    }

    fn gone(&self, message: &Message) -> u32 {
        let number = number_of(message.payload());
        assert!(!self.dropped.contains(&number) && !self.handed_back.contains(&number), "{number} is gone already");
        number
    }
}
