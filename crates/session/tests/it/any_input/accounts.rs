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
                self.written.insert(number);
            }
            wire = &wire[len..];
        }
        assert_eq!(written, publishes, "every PUBLISH is counted");
    }

    /// What one input has asked for.
    pub(super) fn check_output(&mut self, output: &Output) {
        match output {
            Output::Dropped { message, .. } => {
                let number = self.gone(message);
                assert!(self.dropped.insert(number), "{number} is dropped once");
            }
            Output::Redispatch(delivery) => {
                let number = self.gone(&delivery.message);
                assert!(self.handed_back.insert(number), "{number} is handed back once");
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
