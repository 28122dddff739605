//! However bytes are cut on their way, both sides get what the other one has sent.

use super::client::Client;
use super::event_loop::{EventLoop, PEER};
use super::setting::{Combination, Keys};
use dunlin_transport::Stage;
use proptest::prelude::*;

/// Something happens on the way.
#[derive(Clone, Debug)]
enum Step {
    /// The client sends so many bytes of MQTT, in one frame if there are frames.
    ClientSends(usize),
    /// The broker has so many bytes of MQTT to send.
    BrokerSends(usize),
    /// At most so many of the client's bytes arrive.
    Arrive(usize),
    /// The client reads at most so many bytes.
    ClientReads(usize),
    /// The client pings.
    Ping,
}

/// A client and a connection of the broker.
struct Conversation {
    combination: Combination,
    client: Client,
    event_loop: EventLoop,
    /// How many bytes each side has sent; they are all different from those around them.
    client_sent: usize,
    broker_sent: usize,
}

fn payload(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|index| (index % 251) as u8 ^ (index / 251) as u8).collect()
}

impl Conversation {
    fn new(combination: Combination, buffer_bytes: usize, room: usize) -> Self {
        let event_loop = EventLoop::new(&combination.layers(), buffer_bytes, room);
        Self { combination, client: combination.client(), event_loop, client_sent: 0, broker_sent: 0 }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::ClientSends(count) => {
                let bytes = payload(self.client_sent, count);
                self.client_sent += count;
                self.client.send(&bytes);
            }
            Step::BrokerSends(count) => {
                self.event_loop.out.extend(payload(self.broker_sent, count));
                self.broker_sent += count;
                self.event_loop.write();
            }
            Step::Arrive(count) => {
                let count = count.min(self.client.to_wire.len());
                let bytes: Vec<u8> = self.client.to_wire.drain(..count).collect();
                if !bytes.is_empty() {
                    self.event_loop.peer.deliver(&bytes);
                    self.event_loop.readable();
                    self.event_loop.write();
                }
            }
            Step::ClientReads(count) => {
                let bytes = self.event_loop.peer.drain(count);
                self.client.take(&bytes);
                self.event_loop.writable();
                self.event_loop.write();
            }
            Step::Ping if self.combination.websocket => self.client.send_frame(0x89, b"are you there"),
            Step::Ping => {}
        }
    }

    /// Until nothing moves, each turn moving so many bytes at most.
    fn settle(&mut self, at_once: usize) {
        loop {
            self.step(&Step::Arrive(at_once));
            let bytes = self.event_loop.peer.drain(at_once);
            let nothing_moved = bytes.is_empty() && self.client.to_wire.is_empty();
            self.client.take(&bytes);
            self.event_loop.writable();
            self.event_loop.write();
            if nothing_moved && self.client.to_wire.is_empty() {
                return;
            }
        }
    }

    fn check(&self) {
        let combination = self.combination;
        assert_eq!(self.event_loop.ended, None, "{combination:?}");
        assert_eq!(self.event_loop.stack.ending(), None, "{combination:?}");
        assert_eq!(self.event_loop.stack.stage(), Stage::Open, "{combination:?}");
        assert!(
            self.event_loop.received == payload(0, self.client_sent),
            "{combination:?}: the broker got other bytes"
        );
        assert!(self.client.received == payload(0, self.broker_sent), "{combination:?}: the client got other bytes");
        assert!(!self.event_loop.stack.wants_write() && self.event_loop.out.is_empty(), "{combination:?}");
        let address = if combination.proxy { "203.0.113.9:4711" } else { PEER };
        assert_eq!(self.event_loop.facts.as_ref().map(|facts| facts.address), Some(address.parse().unwrap()));
    }
}

#[test]
fn bytes_arrive_one_by_one() {
    for combination in Combination::all() {
        let mut conversation = Conversation::new(combination, 1, 1);
        conversation.step(&Step::ClientSends(300));
        conversation.step(&Step::BrokerSends(300));
        conversation.settle(1);
        conversation.check();
    }
}

/// The answer to a ping has to wait until the frame that was begun is complete; then nothing is in its way, and no readiness
/// will tell so.
#[test]
fn an_answer_that_waited_for_the_end_of_a_frame_is_sent_after_it() {
    let combination = Combination { proxy: false, tls: false, websocket: true, compress: false, keys: Keys::None };
    let mut conversation = Conversation::new(combination, 64, 1);
    for step in [Step::BrokerSends(1), Step::Ping] {
        conversation.step(&step);
    }
    conversation.settle(usize::MAX);
    conversation.check();
    assert_eq!(conversation.client.pongs, [b"are you there"]);
}

#[test]
fn everything_arrives_at_once() {
    for combination in Combination::all() {
        let mut conversation = Conversation::new(combination, 64 * 1024, 1 << 20);
        conversation.step(&Step::ClientSends(200_000));
        conversation.step(&Step::BrokerSends(200_000));
        conversation.settle(usize::MAX);
        conversation.check();
    }
}

/// What does not fit at once has to wait in MQTT's buffer, not in the layers: that is where it is counted.
#[test]
fn a_slow_reader_makes_no_layer_grow() {
    for combination in Combination::all() {
        let mut conversation = Conversation::new(combination, 64 * 1024, 4096);
        conversation.step(&Step::ClientSends(10));
        conversation.settle(usize::MAX);
        conversation.step(&Step::BrokerSends(1 << 20));
        let kept = (1 << 20) - conversation.event_loop.out.len();
        assert!(kept <= 4096 + 64 * 1024, "{combination:?}: layers have taken {kept} bytes");
        conversation.settle(700);
        conversation.check();
    }
}

/// A frame's header and its payload go to the socket together, and so they do into one record.
#[test]
fn a_frame_costs_one_write() {
    for combination in
        Combination::all().into_iter().filter(|combination| combination.websocket && !combination.compress)
    {
        let mut conversation = Conversation::new(combination, 64 * 1024, 1 << 20);
        conversation.settle(usize::MAX);
        let before = conversation.event_loop.peer.vectored_writes();
        conversation.step(&Step::BrokerSends(1000));
        let sent = conversation.event_loop.peer.drain(usize::MAX);
        // Header of the frame 4 bytes; of the record 5, and 17 for what TLS 1.3 adds.
        let (expected_writes, overhead) = if combination.tls { (0, 4 + 5 + 17) } else { (1, 4) };
        assert_eq!(conversation.event_loop.peer.vectored_writes() - before, expected_writes, "{combination:?}");
        assert_eq!(sent.len(), 1000 + overhead, "{combination:?}");
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let count = prop_oneof![4 => 1_usize..40, 2 => 40_usize..2000, 1 => 2000_usize..70_000];
    let step = prop_oneof![
        2 => count.clone().prop_map(Step::ClientSends),
        2 => count.clone().prop_map(Step::BrokerSends),
        6 => count.clone().prop_map(Step::Arrive),
        6 => count.prop_map(Step::ClientReads),
        1 => Just(Step::Ping),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_gives_the_same_bytes(
        combination in prop::sample::select(Combination::all()),
        buffer_bytes in prop_oneof![1_usize..64, 64_usize..9000, Just(64 * 1024)],
        room in prop_oneof![1_usize..64, 64_usize..9000, Just(1 << 20)],
        at_once in prop_oneof![200_usize..9000, Just(usize::MAX)],
        steps in steps(),
    ) {
        let mut conversation = Conversation::new(combination, buffer_bytes, room);
        for step in &steps {
            conversation.step(step);
        }
        conversation.settle(at_once);
        conversation.check();
    }
}
