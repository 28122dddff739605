//! Nanoseconds per operation of a session on the path every message takes, and its size: `cargo bench -p dunlin-session`.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; nothing else in this crate does")]

use dunlin_codec::{Connect, Publish};
use dunlin_model::{Message, MessageParts, ProtocolVersion, Qos, SubscriptionIds};
use dunlin_session::{
    Delivery, Durable, Mountpoint, Opening, Outbox, Output, PublishOutcome, Sent, Session, SessionSettings, SlowWatch,
    Traffic, Turn,
};
use std::{hint::black_box, time::Instant};

/// Many short rounds: on a machine that is shared, some are undisturbed.
const ROUNDS: u32 = 200;
const ITERATIONS: u32 = 20_000;
/// The broker flushes and empties the out-buffer about this often.
const WIRE_BYTES: usize = 16 * 1024;

/// A connected session and where its results go.
struct Bench {
    settings: SessionSettings,
    session: Session,
    wire: Vec<u8>,
    outputs: Vec<Output>,
    sent: Sent,
    traffic: Traffic,
}

impl Bench {
    fn new(version: ProtocolVersion) -> Self {
        Self::with(version, Opening::default())
    }

    fn with(version: ProtocolVersion, opening: Opening<'_>) -> Self {
        let mut bench = Self {
            settings: SessionSettings::default(),
            session: Session::new("bench-client-0042".into()),
            wire: Vec::with_capacity(2 * WIRE_BYTES),
            outputs: Vec::with_capacity(16),
            sent: Sent::default(),
            traffic: Traffic::default(),
        };
        let connect = Connect {
            version,
            client_id: "bench-client-0042",
            session_expiry_interval: Some(60),
            ..Connect::default()
        };
        bench.input(|session, turn, out| session.attach(turn, &connect, false, opening, out));
        bench
    }

    #[inline]
    fn input(&mut self, act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>)) {
        if self.wire.len() > WIRE_BYTES {
            self.wire.clear();
        }
        let turn = Turn { now: 1_000_000, settings: &self.settings, slow: SlowWatch::OFF, latencies: None };
        let mut out = Outbox {
            wire: &mut self.wire,
            outputs: &mut self.outputs,
            sent: &mut self.sent,
            traffic: &mut self.traffic,
        };
        act(&mut self.session, turn, &mut out);
        black_box(&self.outputs);
        self.outputs.clear();
    }
}

/// The best of some rounds: what the code costs when nothing disturbs it.
fn report(name: &str, mut operation: impl FnMut(u32)) {
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for n in 0..ITERATIONS {
            operation(n);
        }
        best = best.min(start.elapsed().as_nanos() as f64 / f64::from(ITERATIONS));
    }
    println!("{name:<52} {best:>7.1} ns");
}

fn delivery(qos: Qos) -> Delivery {
    let message = Message::new(&MessageParts {
        topic: "bench/client-0042/telemetry",
        properties: &[],
        payload: &[b'x'; 64],
        qos,
        retain: false,
        expiry_secs: None,
        publisher: "publisher",
        received_at: 1_000_000,
    });
    Delivery { message, qos, retain: false, subscription_ids: SubscriptionIds::None, shared: None, durable: None }
}

/// The identifier the session gives to its n-th message.
fn nth_id(n: u64) -> u16 {
    u16::try_from(n % 65_535 + 1).unwrap_or(1)
}

fn deliveries(version: ProtocolVersion, name: &str) {
    let mut bench = Bench::new(version);
    let qos0 = delivery(Qos::AtMostOnce);
    report(&format!("deliver QoS 0, {name}"), |_| {
        bench.input(|session, turn, out| session.deliver(turn, black_box(&qos0).clone(), out));
    });
    let qos1 = delivery(Qos::AtLeastOnce);
    let mut sent = 0;
    report(&format!("deliver QoS 1 and its PUBACK, {name}"), |_| {
        bench.input(|session, turn, out| session.deliver(turn, black_box(&qos1).clone(), out));
        let id = nth_id(sent);
        sent += 1;
        bench.input(|session, turn, out| session.handle_puback(turn, id, out).expect("it was sent"));
    });
    // Twenty open at a time, acknowledged in order: the usual shape of a busy subscriber.
    let mut acknowledged = sent;
    report(&format!("deliver QoS 1 and its PUBACK, 20 open, {name}"), |_| {
        bench.input(|session, turn, out| session.deliver(turn, black_box(&qos1).clone(), out));
        sent += 1;
        if sent - acknowledged == 20 {
            for _ in 0..20 {
                let id = nth_id(acknowledged);
                acknowledged += 1;
                bench.input(|session, turn, out| session.handle_puback(turn, id, out).expect("it was sent"));
            }
        }
    });
}

fn publishes(version: ProtocolVersion, name: &str) {
    let mut bench = Bench::new(version);
    let publish = Publish { topic: "bench/client-0042/telemetry", payload: &[b'x'; 64], ..Publish::default() };
    report(&format!("publish QoS 0, {name}"), |_| {
        bench
            .input(|session, turn, out| session.handle_publish(turn, black_box(&publish), out).expect("it is allowed"));
    });
    let publish = Publish { qos: Qos::AtLeastOnce, packet_id: 7, ..publish };
    report(&format!("publish QoS 1 and its PUBACK, {name}"), |_| {
        bench
            .input(|session, turn, out| session.handle_publish(turn, black_box(&publish), out).expect("it is allowed"));
        bench.input(|session, _, out| session.published(Qos::AtLeastOnce, 7, PublishOutcome::Routed, out));
    });
}

fn durable_deliveries() {
    let mut bench = Bench::new(ProtocolVersion::V5);
    bench.session.set_durable(true);
    let qos1 = delivery(Qos::AtLeastOnce);
    let mut position = 0;
    report("deliver durable QoS 1 and its PUBACK, 5.0", |_| {
        let delivery = Delivery { durable: Some(Durable::new(position, false)), ..black_box(&qos1).clone() };
        bench.input(|session, turn, out| session.deliver(turn, delivery, out));
        let id = nth_id(position);
        position += 1;
        bench.input(|session, turn, out| session.handle_puback(turn, id, out).expect("it was sent"));
    });
}

/// What a mountpoint adds: a text in front of every publish, one less in front of every delivery.
fn mounted() {
    let mountpoint = Mountpoint::new("bench/client-0042/").expect("a good one");
    let opening = Opening { mountpoint: Some(&mountpoint), ..Opening::default() };
    let mut bench = Bench::with(ProtocolVersion::V5, opening);
    let qos0 = delivery(Qos::AtMostOnce);
    report("deliver QoS 0 behind a mountpoint, 5.0", |_| {
        bench.input(|session, turn, out| session.deliver(turn, black_box(&qos0).clone(), out));
    });
    let publish = Publish { topic: "telemetry", payload: &[b'x'; 64], ..Publish::default() };
    report("publish QoS 0 behind a mountpoint, 5.0", |_| {
        bench
            .input(|session, turn, out| session.handle_publish(turn, black_box(&publish), out).expect("it is allowed"));
    });
}

fn queue() {
    let mut bench = Bench::new(ProtocolVersion::V5);
    let qos0 = delivery(Qos::AtMostOnce);
    report("queue QoS 0 while congested, send it later", |n| {
        if n % 100 == 0 {
            bench.input(|session, turn, out| session.set_congested(turn, false, out));
            bench.input(|session, turn, out| session.set_congested(turn, true, out));
        }
        bench.input(|session, turn, out| session.deliver(turn, black_box(&qos0).clone(), out));
    });
}

fn main() {
    for (version, name) in [(ProtocolVersion::V4, "3.1.1"), (ProtocolVersion::V5, "5.0")] {
        deliveries(version, name);
        publishes(version, name);
    }
    durable_deliveries();
    mounted();
    queue();
    println!("size of a session {} bytes, of a delivery {} bytes", size_of::<Session>(), size_of::<Delivery>());
}
