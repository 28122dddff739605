//! Random clients and brokers: whatever the streams do to each other's timing, it must look as if each were alone.

use super::{CONTROL, Exchange, Scene, StreamNumber};
use dunlin_codec::{Ack, DecodeOptions, Packet, Publish, SubAck, decode_next, frame_length};
use dunlin_model::{ProtocolVersion, Qos};
use proptest::prelude::*;
use std::collections::{HashMap, HashSet, VecDeque};

const STREAMS: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
    /// The client writes a packet to a stream.
    Write { stream: u64, kind: Kind, payload_bytes: usize },
    /// QUIC brings some of what was written.
    Arrive { stream: u64, bytes: usize },
    /// The broker reads some of what is there for it.
    Read { bytes: usize },
    /// The broker answers one of the questions it has read.
    Answer { index: usize },
    /// The broker sends a message.
    Deliver { stream: u64, qos: Qos },
    /// The client reads a stream.
    Take { stream: u64, bytes: usize },
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Publish(Qos),
    Subscribe,
    Ping,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let stream = 0..STREAMS;
    let qos = prop_oneof![Just(Qos::AtMostOnce), Just(Qos::AtLeastOnce), Just(Qos::ExactlyOnce)];
    let kind = prop_oneof![4 => qos.clone().prop_map(Kind::Publish), 1 => Just(Kind::Subscribe), 1 => Just(Kind::Ping)];
    let payload = prop_oneof![8 => 0..50_usize, 1 => 0..200_000_usize];
    let bytes = prop_oneof![3 => 1..20_usize, 2 => 1..100_000_usize];
    let step = prop_oneof![
        4 => (stream.clone(), kind, payload)
            .prop_map(|(stream, kind, payload_bytes)| Step::Write { stream, kind, payload_bytes }),
        6 => (stream.clone(), bytes.clone()).prop_map(|(stream, bytes)| Step::Arrive { stream, bytes }),
        3 => bytes.clone().prop_map(|bytes| Step::Read { bytes }),
        3 => any::<usize>().prop_map(|index| Step::Answer { index }),
        1 => (stream.clone(), qos).prop_map(|(stream, qos)| Step::Deliver { stream, qos }),
        3 => (stream, bytes).prop_map(|(stream, bytes)| Step::Take { stream, bytes }),
    ];
    prop::collection::vec(step, 1..150)
}

/// A client on one stream, as it would be without the others.
#[derive(Default)]
struct ClientStream {
    /// Written, not arrived.
    wire: VecDeque<u8>,
    /// Numbers of the packets the broker has to see, in order.
    expected: VecDeque<(Kind, u32)>,
    /// Questions without an answer: what is to come next.
    open: HashMap<u16, Vec<u8>>,
    pings: usize,
    /// Messages of the broker on their way to it.
    deliveries: VecDeque<Vec<u8>>,
    received: Vec<u8>,
    written: u32,
}

/// A question the broker has read: its answer.
struct Question {
    answer: Vec<u8>,
    /// Answered in order among themselves.
    is_ping: bool,
}

struct World {
    scene: Scene,
    streams: Vec<ClientStream>,
    at_broker: Vec<u8>,
    questions: Vec<Question>,
    /// What the broker takes for under way.
    broker_ids: HashSet<u16>,
    deliveries: u16,
}

impl World {
    fn new() -> Self {
        let mut scene = Scene { exchange: Exchange::new(1024 * 1024), version: ProtocolVersion::V5 };
        let connect = scene.connect();
        assert_eq!(scene.client(CONTROL, &connect), connect);
        let connack = scene.bytes(&Packet::ConnAck(Box::default()));
        assert_eq!(scene.broker(&connack), [(CONTROL, connack)]);
        for stream in 1..STREAMS {
            scene.exchange.open(StreamNumber(stream));
            let (subscribe, suback) = (scene.subscribe(1, &[&format!("to/{stream}")], None), scene.suback(1, &[0]));
            scene.client(StreamNumber(stream), &subscribe);
            scene.exchange.broker_sent(&suback);
            scene.exchange.advance();
            scene.exchange.client_took(StreamNumber(stream), suback.len());
        }
        let streams = (0..STREAMS).map(|_| ClientStream::default()).collect();
        let (at_broker, questions) = (Vec::new(), Vec::new());
        Self { scene, streams, at_broker, questions, broker_ids: HashSet::new(), deliveries: 0 }
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Write { stream, kind, payload_bytes } => self.write(stream, kind, payload_bytes),
            Step::Arrive { stream, bytes } => self.arrive(stream, bytes),
            Step::Read { bytes } => self.read(bytes),
            Step::Answer { index } => self.answer(index),
            Step::Deliver { stream, qos } => self.deliver(stream, qos),
            Step::Take { stream, bytes } => self.take(stream, bytes),
        }
        self.scene.exchange.advance();
    }

    /// Every stream counts its packet identifiers from 1 to 3.
    fn write(&mut self, stream: u64, kind: Kind, payload_bytes: usize) {
        let client = &mut self.streams[stream as usize];
        let number = client.written;
        let needs_id = !matches!(kind, Kind::Ping | Kind::Publish(Qos::AtMostOnce));
        let id = if needs_id { (1..=3).find(|id| !client.open.contains_key(id)) } else { Some(0) };
        let Some(id) = id else { return };
        let scene = &self.scene;
        let (bytes, answer) = match kind {
            Kind::Ping => {
                client.pings += 1;
                (scene.bytes(&Packet::PingReq), None)
            }
            Kind::Subscribe => {
                (scene.subscribe(id, &[&format!("{stream}/{number}")], None), Some(scene.suback(id, &[0])))
            }
            Kind::Publish(qos) => {
                let topic = format!("{stream}/{number}");
                let payload = vec![stream as u8; payload_bytes];
                let publish = Publish { qos, packet_id: id, topic: &topic, payload: &payload, ..Publish::default() };
                let answer = match qos {
                    Qos::AtMostOnce => None,
                    Qos::AtLeastOnce => Some(scene.ack(Packet::PubAck, id)),
                    Qos::ExactlyOnce => Some(scene.ack(Packet::PubRec, id)),
                };
                (scene.bytes(&Packet::Publish(publish)), answer)
            }
        };
        if let Some(answer) = answer {
            client.open.insert(id, answer);
        }
        client.written += 1;
        if kind != Kind::Ping {
            client.expected.push_back((kind, number));
        }
        client.wire.extend(bytes);
    }

    fn arrive(&mut self, stream: u64, bytes: usize) {
        if self.scene.exchange.takes_from(StreamNumber(stream)) {
            let wire = &mut self.streams[stream as usize].wire;
            let bytes: Vec<u8> = wire.drain(..bytes.min(wire.len())).collect();
            self.scene.exchange.client_sent(StreamNumber(stream), &bytes);
        }
    }

    fn read(&mut self, bytes: usize) {
        let there = self.scene.exchange.to_broker();
        let bytes = bytes.min(there.len());
        self.at_broker.extend(&there[..bytes]);
        self.scene.exchange.broker_took(bytes);
        while let Some(len) =
            frame_length(&self.at_broker, u32::MAX).unwrap().filter(|len| *len <= self.at_broker.len())
        {
            let packet: Vec<u8> = self.at_broker.drain(..len).collect();
            self.broker_sees(&packet);
        }
    }

    /// The broker gets packets whole, those of a stream in order, and never two questions with one identifier.
    fn broker_sees(&mut self, bytes: &[u8]) {
        let (packet, _) = decode_next(ProtocolVersion::V5, &DecodeOptions::default(), bytes).unwrap().unwrap();
        let scene = &self.scene;
        let answer = match &packet {
            Packet::Publish(publish) => {
                is_next(&mut self.streams, publish.topic, Kind::Publish(publish.qos), publish.payload);
                match publish.qos {
                    Qos::AtMostOnce => return,
                    Qos::AtLeastOnce => (publish.packet_id, scene.ack(Packet::PubAck, publish.packet_id)),
                    Qos::ExactlyOnce => (publish.packet_id, scene.ack(Packet::PubRec, publish.packet_id)),
                }
            }
            Packet::Subscribe(subscribe) => {
                let (filter, _) = subscribe.filters.iter().next().unwrap();
                is_next(&mut self.streams, filter, Kind::Subscribe, &[]);
                (subscribe.packet_id, scene.suback(subscribe.packet_id, &[0]))
            }
            Packet::PubRel(ack) => {
                assert!(self.broker_ids.remove(&ack.packet_id), "PUBREL {} is under way", ack.packet_id);
                (ack.packet_id, scene.ack(Packet::PubComp, ack.packet_id))
            }
            Packet::PingReq => {
                self.questions.push(Question { answer: scene.bytes(&Packet::PingResp), is_ping: true });
                return;
            }
            other => panic!("{other:?}"),
        };
        assert!(self.broker_ids.insert(answer.0), "{} is used twice", answer.0);
        self.questions.push(Question { answer: answer.1, is_ping: false });
    }

    fn answer(&mut self, index: usize) {
        if self.questions.is_empty() {
            return;
        }
        let mut index = index % self.questions.len();
        if self.questions[index].is_ping {
            index = self.questions.iter().position(|question| question.is_ping).unwrap();
        }
        let question = self.questions.remove(index);
        let (packet, _) =
            decode_next(ProtocolVersion::V5, &DecodeOptions::default(), &question.answer).unwrap().unwrap();
        match packet {
            Packet::PubAck(Ack { packet_id, .. })
            | Packet::PubComp(Ack { packet_id, .. })
            | Packet::SubAck(SubAck { packet_id, .. }) => assert!(self.broker_ids.remove(&packet_id)),
            _ => {}
        }
        self.scene.exchange.broker_sent(&question.answer);
    }

    fn deliver(&mut self, stream: u64, qos: Qos) {
        self.deliveries += 1;
        let packet_id = if qos == Qos::AtMostOnce { 0 } else { self.deliveries };
        let topic = format!("to/{stream}");
        let payload = self.deliveries.to_be_bytes();
        let publish = Publish { qos, packet_id, topic: &topic, payload: &payload, ..Publish::default() };
        let message = self.scene.bytes(&Packet::Publish(publish));
        self.streams[stream as usize].deliveries.push_back(message.clone());
        self.scene.exchange.broker_sent(&message);
    }

    fn take(&mut self, stream: u64, bytes: usize) {
        let there = self.scene.exchange.to_client(StreamNumber(stream));
        let bytes = bytes.min(there.len());
        let client = &mut self.streams[stream as usize];
        client.received.extend(&there[..bytes]);
        self.scene.exchange.client_took(StreamNumber(stream), bytes);
        while let Some(len) =
            frame_length(&client.received, u32::MAX).unwrap().filter(|len| *len <= client.received.len())
        {
            let packet: Vec<u8> = client.received.drain(..len).collect();
            client_sees(&self.scene, client, &packet);
        }
    }

    /// Until nothing is on its way any more.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            for stream in 0..STREAMS {
                self.run(&Step::Arrive { stream, bytes: usize::MAX });
                self.run(&Step::Take { stream, bytes: usize::MAX });
            }
            self.run(&Step::Read { bytes: usize::MAX });
            self.run(&Step::Answer { index: 0 });
            let is_quiet = |client: &ClientStream| {
                let is_sent = client.wire.is_empty() && client.expected.is_empty();
                is_sent && client.open.is_empty() && client.pings == 0 && client.deliveries.is_empty()
            };
            if self.streams.iter().all(is_quiet) {
                break;
            }
        }
        for (stream, client) in self.streams.iter().enumerate() {
            assert!(client.wire.is_empty() && client.expected.is_empty(), "stream {stream}: the broker has seen all");
            assert!(client.open.is_empty() && client.pings == 0, "stream {stream}: all is answered");
            assert!(client.deliveries.is_empty(), "stream {stream}: all is delivered");
        }
        assert!(self.broker_ids.is_empty() && self.questions.is_empty());
    }
}

fn is_next(streams: &mut [ClientStream], label: &str, kind: Kind, payload: &[u8]) {
    let (stream, number) = label.split_once('/').unwrap();
    let stream: usize = stream.parse().unwrap();
    assert_eq!(streams[stream].expected.pop_front(), Some((kind, number.parse().unwrap())));
    assert!(payload.iter().all(|byte| usize::from(*byte) == stream));
}

/// A stream gets the answers to its own questions, with its own identifiers, and messages in order.
fn client_sees(scene: &Scene, client: &mut ClientStream, bytes: &[u8]) {
    let (packet, _) = decode_next(ProtocolVersion::V5, &DecodeOptions::default(), bytes).unwrap().unwrap();
    match packet {
        Packet::PingResp => client.pings = client.pings.checked_sub(1).expect("a ping of this stream"),
        Packet::Publish(_) => assert_eq!(client.deliveries.pop_front().as_deref(), Some(bytes)),
        Packet::PubRec(ack) => {
            assert_eq!(client.open.get(&ack.packet_id).map(Vec::as_slice), Some(bytes));
            client.open.insert(ack.packet_id, scene.ack(Packet::PubComp, ack.packet_id));
            client.wire.extend(scene.ack(Packet::PubRel, ack.packet_id));
        }
        Packet::PubAck(Ack { packet_id, .. })
        | Packet::PubComp(Ack { packet_id, .. })
        | Packet::SubAck(SubAck { packet_id, .. }) => {
            assert_eq!(client.open.remove(&packet_id).as_deref(), Some(bytes));
        }
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_stream_is_as_if_alone(steps in steps()) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
        }
        world.settle();
    }
}
